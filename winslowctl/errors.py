"""Errors as a person and a script see them: two lines or a JSON object on stderr, and an exit code.

It never needs to know where an error comes from.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from enum import IntEnum
from typing import Any

import typer

from winslow.errors import Code, WinslowError
from winslowctl.render.style import plain, plain_lines
from winslowctl.session import Format


class ExitCode(IntEnum):
    """What scripts may rely on; docs/cli.md has the same table."""

    OK = 0
    ERROR = 1
    USAGE = 2
    NOT_FOUND = 3
    CONFLICT = 4
    UNAVAILABLE = 5
    WAITS = 6
    FAILED = 7
    TIMED_OUT = 8
    DENIED = 9
    INTERRUPTED = 130


EPILOG = """\
Exit codes: 0 done, 1 error, 2 usage or input, 3 not found, 4 not possible now or changed meanwhile, 5 no answer,
6 waits for a person, 7 run or stage failed, 8 --timeout passed, 9 not allowed, 130 interrupted."""

_CODES = {
    Code.INVALID_ARGUMENT: ExitCode.USAGE,
    Code.OUT_OF_RANGE: ExitCode.USAGE,
    Code.NOT_FOUND: ExitCode.NOT_FOUND,
    Code.ALREADY_EXISTS: ExitCode.CONFLICT,
    Code.FAILED_PRECONDITION: ExitCode.CONFLICT,
    Code.ABORTED: ExitCode.CONFLICT,
    Code.UNAVAILABLE: ExitCode.UNAVAILABLE,
    Code.DEADLINE_EXCEEDED: ExitCode.UNAVAILABLE,
    Code.PERMISSION_DENIED: ExitCode.DENIED,
    Code.UNAUTHENTICATED: ExitCode.DENIED,
}


def exit_code(error: WinslowError) -> ExitCode:
    if error.reason == "WAIT_TIMED_OUT":
        return ExitCode.TIMED_OUT
    return _CODES.get(error.code, ExitCode.ERROR)


def report(error: WinslowError, format: Format) -> int:
    """Say what happened and what to do, on stderr."""
    if format is Format.TABLE:
        _say(error.message, error.hint)
    else:
        _say_json(
            "error",
            code=error.code.name,
            reason=error.reason,
            message=error.message,
            subject=error.subject,
            hint=error.hint,
            metadata=error.metadata,
            problems=[asdict(one) for one in getattr(error, "problems", ())],
        )
    return exit_code(error)


def warn(message: str, hint: str, format: Format) -> None:
    """Say on stderr what one should know of an answer that is given all the same."""
    if format is Format.TABLE:
        _say(f"Warning: {message}", hint)
    else:
        _say_json("warning", message=message, hint=hint)


def report_usage(error: typer.TyperException, format: Format) -> int:
    """A command line that makes no sense: what is wrong with it, and where the right way is written."""
    if "NoArgsIsHelp" in type(error).__name__:
        typer.echo(error.format_message())
        return ExitCode.USAGE
    ctx: Any = getattr(error, "ctx", None)
    path = ctx.command_path if ctx else "winslowctl"
    hint = f"See: {path} --help"
    message = error.format_message().replace("Value error, ", "")  # the name of a class of typer's own
    if format is Format.TABLE:
        _say(message, hint)
    else:
        _say_json("error", code="INVALID_ARGUMENT", reason="USAGE", message=message, hint=hint)
    return ExitCode.USAGE


def interrupted(remark: str) -> int:
    """`remark` empty: whoever follows something without an end knows what they stopped."""
    if sys.stderr.isatty():
        print(file=sys.stderr)  # below the terminal's own ^C
    if remark:
        print(plain(remark), file=sys.stderr)
    return ExitCode.INTERRUPTED


def _say(message: str, hint: str) -> None:
    text = plain_lines(message)
    if "\n" in text:  # one problem a line, as compilers write them, so that editors find the places
        text = f"{text.count(chr(10)) + 1} problems:\n{text}"
    if text and text[-1] not in ".!?:)" and "\n" not in text:
        text += "."
    print(f"winslowctl: {text}", file=sys.stderr)
    if hint:
        print(f"  {plain(hint)}{'' if hint[-1] in '.!?' or _ends_with_command(hint) else '.'}", file=sys.stderr)


def _ends_with_command(hint: str) -> bool:
    """A full stop behind a command would be copied with it."""
    return ": winslowctl " in hint or hint.endswith(("--help", "'")) or hint.startswith("See: ")


def _say_json(what: str, **fields: Any) -> None:
    kept = {name: value for name, value in fields.items() if value}
    print(json.dumps({what: kept}, ensure_ascii=False), file=sys.stderr)
