"""The record that a workspace is sealed: who sealed it and who owned it, in a hidden file beside it.

Where the disk or a quota is full, a symbolic link holds the text instead of a file: it takes no block, and a stage that has
filled its disk is sealed like any other.

A seal costs the same for every size: the top directory is taken from its owner, the record says how to give it
back. The record is written before the directory changes, so a seal cut in between is finished by the next one.
"""

from __future__ import annotations

import errno
import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass

from storage.beneath import held
from storage.tree import own

_RECORD = ".seal"
_CLOSED = 0o555
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


@dataclass(frozen=True, slots=True)
class Seal:
    """`stage` is the attempt whose end sealed it; `uid` and `gid` owned the directory before."""

    stage: str
    uid: int
    gid: int


def read_seal(directory: int) -> Seal | None:
    """The record in a stage's directory; None when its workspace is not sealed."""
    with suppress(FileNotFoundError):
        fields = json.loads(_text(directory))
        return Seal(str(fields["stage"]), int(fields["uid"]), int(fields["gid"]))
    return None


def write_seal(directory: int, seal: Seal) -> None:
    """Set the record, whole or not at all."""
    draft, text = f"{_RECORD}.new", json.dumps(asdict(seal))
    with suppress(FileNotFoundError):
        os.unlink(draft, dir_fd=directory)
    try:
        with held(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644, dir_fd=directory)) as fd:
            os.write(fd, text.encode())
    except OSError as error:
        if error.errno not in _FULL:
            raise
        with suppress(FileNotFoundError):
            os.unlink(draft, dir_fd=directory)
        os.symlink(text, draft, dir_fd=directory)
    os.rename(draft, _RECORD, src_dir_fd=directory, dst_dir_fd=directory)


def _text(directory: int) -> str:
    try:
        with held(os.open(_RECORD, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=directory)) as fd:
            return os.read(fd, 4096).decode()
    except OSError as error:
        if error.errno != errno.ELOOP:
            raise
        return os.readlink(_RECORD, dir_fd=directory)


def close_directory(workspace: int) -> None:
    """Take a workspace's top from its owner, so that nothing more is put into it."""
    own(workspace, "", (os.geteuid(), os.getegid()))
    os.fchmod(workspace, _CLOSED)


def break_seal(directory: int) -> None:
    """Remove the record."""
    with suppress(FileNotFoundError):
        os.unlink(_RECORD, dir_fd=directory)
