"""Arguments and options that several verbs share, and how their values are read."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from winslow.domain.definition import variable_problem
from winslow.domain.quantity import parse_duration
from winslow.errors import InvalidArgument
from winslowctl import completion

PROJECT = Annotated[
    str,
    typer.Argument(
        metavar="PROJECT",
        help="Its id, the beginning of it, or its display name.",
        autocompletion=completion.projects,
    ),
]
PIPELINE = Annotated[
    str,
    typer.Argument(
        metavar="PIPELINE", help="Its id or name; NAME@3 for one version.", autocompletion=completion.pipelines
    ),
]
NODE = Annotated[
    str, typer.Argument(metavar="NODE", help="Its name, or the beginning of it.", autocompletion=completion.nodes)
]
STAGE = Annotated[
    str,
    typer.Argument(
        metavar="STAGE",
        help="Its id, the beginning of it, or [PROJECT/]DEFINITION for the latest attempt.",
        autocompletion=completion.stages,
    ),
]
RUN = Annotated[str | None, typer.Option("--run", "-r", metavar="RUN", help="A run's number; the latest otherwise.")]
AT_MOST = "How many stages at a time; 'none' for as many as fit."
YES = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
COMMENT = Annotated[str, typer.Option("--comment", "-m", help="A remark that is kept with it.")]
WAIT = Annotated[
    bool, typer.Option("--wait", "-w", help="Wait until it ends, pauses, or needs a person; the exit code says which.")
]
TIMEOUT = Annotated[
    str | None, typer.Option("--timeout", metavar="DURATION", help="With --wait: how long, for instance 90s or 2h.")
]


def seconds(text: str | None) -> float | None:
    """`90s`, `2h30m`, or seconds. Raises InvalidArgument (DURATION_INVALID)."""
    return None if text is None else parse_duration(text)


def at_most(text: str) -> int:
    """How many stages at a time, 0 for as many as fit. Raises InvalidArgument (LIMIT_INVALID)."""
    if text == "none":
        return 0
    if not (text.isascii() and text.isdecimal()) or len(text) > 9:
        raise InvalidArgument(
            f"{text!r} is not a number of stages", reason="LIMIT_INVALID", subject=text, hint="Write a number, or none"
        )
    return int(text)


def shown_limit(stages: int) -> str:
    return f"at most {stages} {'stage' if stages == 1 else 'stages'} at a time" if stages else "as many stages as fit"


def assignment(text: str) -> tuple[str, str]:
    """`NAME=VALUE`; the value may be empty. Raises InvalidArgument (ASSIGNMENT_INVALID)."""
    name, equals, value = text.partition("=")
    if not equals:
        raise InvalidArgument(
            f"{text!r} sets no variable", reason="ASSIGNMENT_INVALID", subject=text, hint="Write NAME=VALUE"
        )
    if problem := variable_problem(name):
        raise InvalidArgument(problem[1], reason=problem[0], subject=name)
    return name, value


def assignments(texts: Iterable[str]) -> dict[str, str]:
    return dict(assignment(text) for text in texts)


def moment(text: str) -> datetime:
    """A time: a duration means so long ago, otherwise ISO 8601, in the local zone where it names none."""
    try:
        return datetime.now(UTC) - timedelta(seconds=parse_duration(text))
    except InvalidArgument:
        pass
    try:
        return datetime.fromisoformat(text).astimezone()
    except ValueError:
        raise InvalidArgument(
            f"{text!r} is not a time",
            reason="TIME_INVALID",
            subject=text,
            hint="Write how long ago, such as 10m, or a time, such as 2026-01-31T14:00",
        ) from None


def is_asked() -> bool:
    """Whether there is a person to ask."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def confirm(question: str, yes: bool) -> None:
    """Ask before something that cannot be undone; without a terminal it must have been said with --yes."""
    if yes:
        return
    if not is_asked():
        raise InvalidArgument(
            f"Nobody can be asked here: {question}", reason="NOT_CONFIRMED", hint="Answer beforehand with --yes"
        )
    if not typer.confirm(question, err=True):
        raise typer.Abort
