"""Whether log parsers' patterns are regular expressions of RE2, which reads every log in linear time.

Apart from the pure checks of the graph because only RE2 itself can tell.
"""

from __future__ import annotations

from collections.abc import Iterator

from winslow.domain.definition import Fault
from winslow.domain.pipeline import Pipeline


def check(pipeline: Pipeline) -> tuple[Fault, ...]:
    """A fault (LOG_PARSER_INVALID) for each pattern that RE2 does not take, or that names no group."""
    return tuple(_faults(pipeline))


def _faults(pipeline: Pipeline) -> Iterator[Fault]:
    for index, stage in enumerate(pipeline.stages):
        for number, parser in enumerate(stage.log_parsers):
            if problem := _problem(parser.pattern):
                path = ("stages", index, "log_parsers", number, "pattern")
                yield Fault(path, "LOG_PARSER_INVALID", problem, "Patterns are RE2: no look-around, no back-references")


def _problem(pattern: str) -> str:
    import re2

    options = re2.Options()
    options.log_errors = False
    try:
        compiled = re2.compile(pattern, options)
    except (re2.error, UnicodeError) as error:
        reason = error.args[0] if error.args else ""
        return f"is no regular expression: {reason.decode(errors='replace') if isinstance(reason, bytes) else error}"
    return "" if compiled.groupindex else "has no named group"
