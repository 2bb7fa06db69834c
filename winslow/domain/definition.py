"""Whether the values of one stage definition make sense by themselves; its place in the graph is `graph`'s.

Every definition is held to this, however it came: from a file, a form, or a program. What is wrong is a value
(`Fault`), and all of it is found, so that a person mends a definition once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import reduce

from winslow.domain.pipeline import Pipeline, StageDefinition

PathPart = str | int
Path = tuple[PathPart, ...]

MIB = 1 << 20
YEAR = 366 * 86400
STAGES_MAX = 500
TEXT_MAX = 100_000
"""Characters of one argument or variable; Linux passes at most 128 KiB in one."""
RESERVED_PREFIX = "WINSLOW_"

PIPELINE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
STAGE_NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")
VARIABLE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,254}")
IMAGE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,511}")
TAG = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/=-]{0,62}")
USER = re.compile(r"[0-9]{1,10}(?::[0-9]{1,10})?|[a-z_][a-z0-9_-]{0,31}")
PARSER_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,62}")
PATTERN_MAX = 1000


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong at `path`, a way through fields and indices of a Pipeline, for instance ("stages", 0, "image").

    `column`, when it is not 0, is the 1-based character of the text at `path` where it goes wrong. `reason` is
    stable, `message` begins in lower case and can stand behind a place: "stages[0].image: is empty".
    """

    path: Path
    reason: str
    message: str
    hint: str = ""
    column: int = 0

    def __str__(self) -> str:
        said = f"{show_path(self.path)}: {self.message}" if self.path else self.message
        return f"{said}. {self.hint}" if self.hint else said


def show_path(path: Path) -> str:
    """`stages[0].after[1].when`"""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")


def check_pipeline_values(pipeline: Pipeline) -> Iterator[Fault]:
    """Faults of what a pipeline holds beside its stages."""
    if not PIPELINE_NAME.fullmatch(pipeline.name):
        yield Fault(
            ("name",),
            "NAME_INVALID",
            f"{_shown(pipeline.name)} cannot name a pipeline",
            "Use at most 63 letters, digits, '.', '_' and '-', a letter or digit first",
        )
    yield from _text(("description",), pipeline.description)
    yield from _environment(("environment",), pipeline.environment)


def check_definition(stage: StageDefinition, at: Path) -> Iterator[Fault]:
    """Faults of a stage definition's own values; `at` is the path of the definition."""
    if not STAGE_NAME.fullmatch(stage.name):
        yield Fault(
            (*at, "name"),
            "STAGE_NAME_INVALID",
            f"{_shown(stage.name)} cannot name a stage",
            "Use at most 40 small letters, digits and '-', a letter first",
        )
    if not IMAGE_NAME.fullmatch(stage.image):
        yield Fault(
            (*at, "image"),
            "IMAGE_INVALID",
            f"{_shown(stage.image)} is not the name of an image",
            "Write it as for docker run, for instance registry.example/team/tool:1.2",
        )
    if stage.user and not USER.fullmatch(stage.user):
        yield Fault(
            (*at, "user"), "USER_INVALID", f"{_shown(stage.user)} is not a user", "Write a name, UID or UID:GID"
        )
    yield from _text((*at, "description"), stage.description)
    for index, argument in enumerate(stage.arguments):
        yield from _text((*at, "arguments", index), argument)
    yield from _environment((*at, "environment"), stage.environment)
    yield from _numbers(stage, at)
    yield from _tags(stage, at)
    yield from _retry_on(stage, at)
    yield from _input(stage.user_input.variables, (*at, "user_input", "variables"))
    yield from _log_parsers(stage, (*at, "log_parsers"))


def variable_problem(name: str) -> tuple[str, str] | None:
    """Why nobody may set a variable of this name, as (reason, message); None when anybody may."""
    if not VARIABLE_NAME.fullmatch(name):
        return (
            "VARIABLE_NAME_INVALID",
            f"{_shown(name)} cannot name a variable: use letters, digits and '_', no digit first",
        )
    if name.startswith(RESERVED_PREFIX):
        return (
            "VARIABLE_RESERVED",
            f"{_shown(name)} is reserved: names with {RESERVED_PREFIX} are set by Winslow itself",
        )
    return None


def _variable(path: Path, name: str) -> Iterator[Fault]:
    if problem := variable_problem(name):
        yield Fault(path, *problem)


def _environment(at: Path, environment: Mapping[str, str]) -> Iterator[Fault]:
    for name, value in environment.items():
        yield from _variable((*at, name), name)
        yield from _text((*at, name), value)


def _text(path: Path, value: str) -> Iterator[Fault]:
    if "\0" in value:
        yield Fault(path, "TEXT_INVALID", "has a NUL character, which no process can be given")
    elif any("\ud800" <= character <= "\udfff" for character in value):
        yield Fault(path, "TEXT_INVALID", "has half a surrogate pair, which is no character")
    elif len(value) > TEXT_MAX:
        yield Fault(path, "TEXT_INVALID", f"is longer than {TEXT_MAX} characters", "Put long texts into a file")


@dataclass(frozen=True, slots=True)
class _Bound:
    path: tuple[str, ...]
    low: float
    high: float
    or_zero: bool = False

    def fault(self, stage: StageDefinition, at: Path) -> Fault | None:
        value = reduce(getattr, self.path, stage)
        assert isinstance(value, int | float)
        if self.low <= value <= self.high or (self.or_zero and value == 0):
            return None
        zero = "0, or " if self.or_zero else ""
        return Fault((*at, *self.path), "VALUE_OUT_OF_RANGE", f"is {value:g}, not {zero}{self.low:g} to {self.high:g}")


BOUNDS = (
    _Bound(("resources", "cpus"), 0.001, 4096),
    _Bound(("resources", "memory"), 6 * MIB, 1 << 50, or_zero=True),  # Docker refuses less than 6 MiB
    _Bound(("resources", "shared_memory"), 4096, 1 << 50, or_zero=True),
    _Bound(("resources", "pids"), 1, 1 << 22),
    _Bound(("resources", "gpus", "count"), 0, 256),
    _Bound(("resources", "gpus", "memory"), 0, 1 << 50),
    _Bound(("timeout",), 0, YEAR),
    _Bound(("lost_after",), 0, YEAR),
    _Bound(("retry", "attempts"), 1, 1000),
    _Bound(("retry", "backoff"), 0, YEAR),
    _Bound(("retry", "factor"), 1, 1000),
    _Bound(("retry", "backoff_max"), 0, YEAR),
    _Bound(("log_limit",), 1024, 1 << 50),
    _Bound(("grace",), 0, 86400),
)
"""Limits of every number; those of the published JSON Schema are the same (a test compares them)."""


def _numbers(stage: StageDefinition, at: Path) -> Iterator[Fault]:
    yield from (fault for bound in BOUNDS if (fault := bound.fault(stage, at)))


def _tags(stage: StageDefinition, at: Path) -> Iterator[Fault]:
    for tag in sorted(stage.resources.tags):
        if not TAG.fullmatch(tag):
            yield Fault(
                (*at, "resources", "tags"),
                "TAG_INVALID",
                f"{_shown(tag)} cannot be a tag",
                "Use at most 63 letters, digits and . _ : / = -, a letter or digit first",
            )


def _retry_on(stage: StageDefinition, at: Path) -> Iterator[Fault]:
    if not stage.retry.on:
        yield Fault((*at, "retry", "on"), "RETRY_NEVER", "names no failure", "Leave it out to retry after any failure")


def _input(variables: Iterable[str], at: Path) -> Iterator[Fault]:
    seen: set[str] = set()
    for index, name in enumerate(variables):
        yield from _variable((*at, index), name)
        if name in seen:
            yield Fault((*at, index), "VARIABLE_DUPLICATE", f"{_shown(name)} is there twice")
        seen.add(name)


def _log_parsers(stage: StageDefinition, at: Path) -> Iterator[Fault]:
    seen: set[str] = set()
    for index, parser in enumerate(stage.log_parsers):
        if not PARSER_NAME.fullmatch(parser.name):
            hint = "Use letters, digits, '_' and '-', a letter first"
            yield Fault((*at, index, "name"), "NAME_INVALID", f"{_shown(parser.name)} cannot name a log parser", hint)
        if parser.name in seen:
            yield Fault((*at, index, "name"), "LOG_PARSER_DUPLICATE", f"{_shown(parser.name)} is there twice")
        seen.add(parser.name)
        if len(parser.pattern) > PATTERN_MAX:
            yield Fault((*at, index, "pattern"), "LOG_PARSER_INVALID", f"is longer than {PATTERN_MAX} characters")
        elif not re.search(r"\(\?P?<[A-Za-z_]", parser.pattern):
            hint = "Write (?P<NAME>...) around what becomes the result NAME"
            yield Fault((*at, index, "pattern"), "LOG_PARSER_INVALID", "has no named group", hint)


def _shown(value: str) -> str:
    return repr(value if len(value) <= 80 else value[:77] + "...") if value else "an empty text"
