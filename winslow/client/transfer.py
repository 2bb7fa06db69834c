"""What uploads and downloads share: how they tell of their progress, and how a local file is hashed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from winslow.errors import Conflict, Exhausted, InvalidArgument, NotFound, PermissionDenied, WinslowError

Progress = Callable[[str, int, int], None]
"""Called with a name, bytes done and bytes in all; may be called from several threads, and may raise to stop a transfer."""

BLOCK = 1 << 19
"""Bytes of one message: half of what the contract allows, which is where throughput stops growing."""


def unwatched(name: str, done: int, size: int) -> None:
    """For those who do not look."""


def hash_of(path: Path, size: int | None = None) -> str:
    """SHA-256 of a local file, lower-case hexadecimal; of its first `size` bytes when given."""
    with path.open("rb") as file:
        return hashed(file, size).hexdigest()


def hashed(file: BinaryIO, size: int | None = None) -> hashlib._Hash:
    """The hash of the next `size` bytes, or of all that follow, ready to be gone on with."""
    digest = hashlib.sha256()
    left = size
    while data := file.read(BLOCK if left is None else min(BLOCK, left)):
        digest.update(data)
        left = None if left is None else left - len(data)
    return digest


def changed(path: Path) -> Conflict:
    """A file was written to while it was read."""
    return Conflict(
        f"{path} changed while it was being sent",
        reason="LOCAL_FILE_CHANGED",
        subject=str(path),
        hint="Send it again when nothing writes to it",
    )


def local_fault(error: OSError, path: Path) -> WinslowError:
    """What an error of this machine's file system means."""
    said = error.strerror or str(error)
    match error:
        case FileNotFoundError():
            return NotFound(f"There is no {path} on this machine", reason="LOCAL_FILE_NOT_FOUND", subject=str(path))
        case PermissionError():
            return PermissionDenied(f"{path}: {said}", reason="LOCAL_FILE_DENIED", subject=str(path))
        case OSError(errno=28 | 122):
            return Exhausted(
                f"{path}: {said}", reason="LOCAL_DISK_FULL", subject=str(path), hint="Make room, then run it again"
            )
        case _:
            return InvalidArgument(f"{path}: {said}", reason="LOCAL_FILE_FAULT", subject=str(path))
