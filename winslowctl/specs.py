"""Pipeline files on this machine: read, checked and written without a server, and edited in the person's own editor."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

import typer

from winslow import pipelinefile
from winslow.errors import FailedPrecondition, InvalidArgument, NotFound
from winslow.pipelinefile import PipelineInvalid
from winslow.v1.pipeline_pb2 import PipelineSpec
from winslow.wire.pipeline import spec_from_proto, spec_to_proto
from winslowctl.arguments import is_asked

STDIN = "-"
FILE_MAX = 10 << 20
"""Bytes; what is larger is no pipeline file."""


def text_of(path: str) -> str:
    """A file's text, or standard input's for '-'. Raises NotFound, InvalidArgument."""
    try:
        if path == STDIN:
            return sys.stdin.read(FILE_MAX)
        with Path(path).open(encoding="utf-8") as file:
            return file.read(FILE_MAX)
    except FileNotFoundError:
        raise NotFound(
            f"There is no file {path}",
            reason="LOCAL_FILE_NOT_FOUND",
            subject=path,
            hint="Name a pipeline file, or '-' for standard input",
        ) from None
    except UnicodeDecodeError:
        raise InvalidArgument(
            f"{path} is not text", reason="LOCAL_FILE_FAULT", subject=path, hint="Pipeline files are YAML in UTF-8"
        ) from None
    except OSError as error:
        raise InvalidArgument(
            f"{path} cannot be read: {error.strerror}",
            reason="LOCAL_FILE_FAULT",
            subject=path,
            hint="Name a pipeline file, or '-' for standard input",
        ) from None


def parse(text: str, source: str) -> PipelineSpec:
    """Raises PipelineInvalid with every problem."""
    return spec_to_proto(pipelinefile.parse(text, source))


def read(path: str) -> PipelineSpec:
    return parse(text_of(path), "standard input" if path == STDIN else path)


def render(spec: PipelineSpec) -> str:
    return pipelinefile.render(spec_from_proto(spec))


def edit(spec: PipelineSpec, name: str) -> PipelineSpec | None:
    """What a person makes of it in $EDITOR; None when they changed nothing.

    Problems are shown and the editor is opened again; what was written is kept in a file when they give up.
    """
    before = render(spec)
    path = _draft(before, name)
    while True:
        _open(path)
        text = path.read_text(encoding="utf-8")
        if text.strip() in {"", before.strip()}:
            path.unlink()
            return None
        try:
            edited = parse(text, str(path))
        except PipelineInvalid as error:
            print(error.message, file=sys.stderr)
            if not typer.confirm("Edit it again?", default=True, err=True):
                print(f"What you wrote is kept in {path}", file=sys.stderr)
                raise typer.Abort from None
        else:
            path.unlink()
            return edited


def _draft(text: str, name: str) -> Path:
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", prefix=f"winslow-{name}-", suffix=".yaml", delete=False
    ) as file:
        file.write(text)
    return Path(file.name)


def _open(path: Path) -> None:
    if not is_asked():
        raise FailedPrecondition(
            "There is no terminal to edit in", reason="NO_TERMINAL", hint="Give a file with --file"
        )
    editor = shlex.split(os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi")
    try:
        subprocess.run([*editor, str(path)], check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        why = error.strerror if isinstance(error, OSError) else f"it ended with {error.returncode}"
        raise FailedPrecondition(
            f"The editor {editor[0]!r} did not do its work: {why}",
            reason="EDITOR_FAILED",
            hint=f"What you wrote is in {path}; set EDITOR to another one",
        ) from None
