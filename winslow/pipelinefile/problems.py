"""What is wrong with a pipeline file, and where: values, so that a CLI, an editor and a web page can all show them.

It never needs to know how a problem was found.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from winslow.errors import InvalidArgument

PROBLEMS_MAX = 100
"""The most that is reported of one file; nobody reads more, and a hostile file could have a million."""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing wrong. `line` and `column` count from 1; `path` is of the file, `stages[0].image`, "" for the whole.

    `reason` is stable, for programs; `message` begins in lower case; `hint` says what to do, and may be empty.
    """

    line: int
    column: int
    path: str
    message: str
    reason: str
    hint: str = ""

    def __str__(self) -> str:
        where = f"{self.line}:{self.column}: {self.message}"
        return f"{where} ({self.hint})" if self.hint else where


class PipelineInvalid(InvalidArgument):
    """A file that is no pipeline. `problems` has all that is wrong, in the order of the file; its text, a line each.

    `reason` is PIPELINE_INVALID; the metadata has `line`, `column`, `path` and `problem` (the reason) of the first, and
    `problems`, how many there are.
    """

    def __init__(self, problems: Iterable[Problem], source: str = "") -> None:
        self.problems = tuple(sorted(problems))[:PROBLEMS_MAX]
        self.source = source
        first = self.problems[0]
        super().__init__(
            "\n".join(f"{source or 'pipeline'}:{problem}" for problem in self.problems),
            reason="PIPELINE_INVALID",
            subject=source,
            metadata={
                "line": str(first.line),
                "column": str(first.column),
                "path": first.path,
                "problem": first.reason,
                "problems": str(len(self.problems)),
            },
        )
