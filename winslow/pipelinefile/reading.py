"""Reading a pipeline file: text to nodes, nodes against the schema, nodes to a Pipeline, the Pipeline's own checks.

Each step finds what the one before cannot see, and all that is found is told at once, with its place in the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from winslow.domain import graph
from winslow.domain.definition import Fault, Path, show_path
from winslow.domain.pipeline import Pipeline
from winslow.pipelinefile import decoding, nodes, patterns, structure
from winslow.pipelinefile.nodes import Node
from winslow.pipelinefile.problems import PipelineInvalid, Problem

_IN_FILE = {"user_input": "input"}
_STAGE_OR_NAME = re.compile(r"stages\[[0-9]+\](?:\.name)?")


def parse(text: str, source: str = "") -> Pipeline:
    """The pipeline that `text` (YAML 1.2 or JSON) describes; `source` is the file's name, for messages.

    Raises PipelineInvalid, with every problem of the file, and nothing else. Takes seconds for a file made to be slow,
    so a daemon calls it in a thread.
    """
    root, problems = nodes.read(text, source)
    problems += _new(problems, structure.check(root))
    pipeline = decoding.pipeline(root)
    for check in (graph.check, patterns.check):
        problems += _new(problems, [_problem(root, fault) for fault in check(pipeline)])
    if problems:
        raise PipelineInvalid(problems, source)
    return pipeline


def _new(known: list[Problem], found: Iterable[Problem]) -> list[Problem]:
    """Those that say more than what is known already: not the same field, nor what it is part of or what is in it."""
    unread = {(problem.line, problem.column) for problem in known if not problem.path}
    paths = [problem.path for problem in known if problem.path]
    unnamed = any(_STAGE_OR_NAME.fullmatch(path) for path in paths)
    return [
        problem
        for problem in found
        if (problem.line, problem.column) not in unread
        and not any(_within(problem.path, path) or _within(path, problem.path) for path in paths)
        and not (unnamed and problem.reason == "EDGE_UNKNOWN")  # it may be there under the name that is broken
    ]


def _within(path: str, of: str) -> bool:
    return path == of or (path.startswith(of) and path[len(of)] in ".[")


def _problem(root: Node, fault: Fault) -> Problem:
    path = _path_in_file(fault.path)
    line, column = structure.place(root, path, fault.column)
    hint = fault.hint[:1].lower() + fault.hint[1:]
    return Problem(line, column, show_path(path), fault.message, fault.reason, hint)


def _path_in_file(path: Path) -> Path:
    """Fields are spelt with hyphens in a file; variables stay as they are."""
    before: Path = ("", *path)
    return tuple(
        _IN_FILE.get(part, part.replace("_", "-")) if isinstance(part, str) and above != "environment" else part
        for above, part in zip(before, path, strict=False)
    )
