"""What uploads and downloads share: what is asked of them, what they tell, how they are stopped, and how local files are hashed."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Generic, TypeVar

from winslow.errors import Conflict, Exhausted, InvalidArgument, NotFound, PermissionDenied, Unavailable, WinslowError
from winslow.v1.file_pb2 import FILE_KIND_FILE, File

T = TypeVar("T")

Progress = Callable[[str, int, int], None]
"""Called with a name, bytes done and bytes in all; may be called from several threads, and may raise to stop a transfer."""

BLOCK = 1 << 20
"""Bytes of one message: what the contract allows."""
SMALL = 1 << 18
"""Bytes up to which a file travels with others in one call; past it a call of its own costs little beside its bytes."""
DIGEST_DEADLINE = 6 * 3600.0
"""Seconds; the server reads the whole file."""
BATCH_DEADLINE = 300.0
"""Seconds for a call with many small files, each of which the server makes safe on disk."""
SAME_TIME = 1e-5
"""Seconds that two times may differ and mean the same: each end keeps them as floats."""
TOLD_MAX = 1000
"""Names that are kept of what was left out or failed; beyond, they are counted."""


@dataclass(frozen=True, slots=True)
class Options:
    """`replace` puts files in place of others; `checksum` compares contents where size and time are the same; `jobs` at once."""

    replace: bool = False
    checksum: bool = False
    jobs: int = 4


class Halt:
    """Stops transfers in all their threads; set once and for all."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def set(self) -> None:
        self._event.set()

    def check(self) -> None:
        """Raises Unavailable (TRANSFER_STOPPED)."""
        if self._event.is_set():
            raise stopped()

    def sleep(self, seconds: float) -> None:
        """The same, after up to so many seconds."""
        self._event.wait(seconds)
        self.check()


class Meter:
    """How far a transfer is, for whoever looks on from another thread. Bytes and files that were there already count as skipped."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.sent = 0
        """Bytes that travelled, those sent again after a cut too."""
        self.done = 0
        """Bytes that are where they should be."""
        self.files = 0
        """Finished, without those that were there already."""
        self.size = 0
        """Bytes of the files that are where they should be, whole."""
        self.skipped = 0
        self.failed = 0
        self.name = ""
        """What was worked on last."""
        self.total_files: int | None = None
        self.total_size: int | None = None

    def moved(self, name: str, count: int, sent: bool = True) -> None:
        """`count` more bytes of `name` are there; negative where some are no longer."""
        with self._lock:
            self.name = name
            self.done += count
            self.sent += count if sent and count > 0 else 0

    def finished(self, name: str, size: int = 0, *, skipped: bool = False, failed: bool = False) -> None:
        with self._lock:
            self.name = name
            self.size += size
            self.files += not (skipped or failed)
            self.skipped += skipped
            self.failed += failed


@dataclass(slots=True)
class Told(Generic[T]):
    """Names with a remark each; the first thousand are kept, all are counted."""

    count: int = 0
    first: list[tuple[str, T]] = field(default_factory=list)

    def add(self, name: str, remark: T) -> None:
        self.count += 1
        if len(self.first) < TOLD_MAX:
            self.first.append((name, remark))


def unwatched(name: str, done: int, size: int) -> None:
    """For those who do not look."""


def is_same(file: File, status: os.stat_result) -> bool:
    """Whether size and time say that a file there and one here are the same."""
    there = file.modify_time.seconds + file.modify_time.nanos / 1e9
    is_file = file.kind == FILE_KIND_FILE
    return is_file and file.size == status.st_size and abs(there - status.st_mtime) < SAME_TIME


def is_executable(status: os.stat_result) -> bool:
    return bool(status.st_mode & 0o100)


def hash_of(path: Path, size: int | None = None, halt: Halt | None = None) -> str:
    """SHA-256 of a local file, lower-case hexadecimal; of its first `size` bytes when given."""
    with path.open("rb") as file:
        return hashed(file, size, halt).hexdigest()


def hashed(file: BinaryIO, size: int | None = None, halt: Halt | None = None) -> hashlib._Hash:
    """The hash of the next `size` bytes, or of all that follow, ready to be gone on with."""
    digest = hashlib.sha256()
    left = size
    while data := file.read(BLOCK if left is None else min(BLOCK, left)):
        if halt:
            halt.check()
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


def stopped() -> Unavailable:
    return Unavailable("The transfer was stopped", reason="TRANSFER_STOPPED", hint="Run it again to go on")


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
