"""What people do with files, and files on their way in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from winslow.domain.layout import Location
from winslow.errors import WinslowError


@dataclass(frozen=True, slots=True)
class Entry:
    """A file or directory. `kind` is "file", "directory", "symlink" or "other"; `size` in bytes, `modified` in Unix seconds."""

    name: str
    kind: str
    size: int
    modified: float
    executable: bool = False

    def __reduce__(self) -> tuple[type[Entry], tuple[str, str, int, float, bool]]:
        """A page of a thousand goes from one process to another; what dataclasses do by themselves takes four times as long."""
        return Entry, (self.name, self.kind, self.size, self.modified, self.executable)


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of a directory. `next` is where the next one begins, None where there is none.

    It is a name where entries come in the order of their names, else a place of the file system's own: a very large
    directory is told in an order of its own.
    """

    entries: list[Entry]
    next: str | int | None


@dataclass(frozen=True, slots=True)
class Totals:
    """Recursive size in bytes and count of files and directories."""

    size: int
    files: int
    directories: int


class Files(Protocol):
    """What people do with files. No symlink leads out of a location's root; nothing but files and directories is opened."""

    async def stat(self, location: Location) -> Entry:
        """Raises NotFound (FILE_NOT_FOUND), FailedPrecondition (PATH_LEADS_OUT)."""

    async def entries(self, location: Location, after: str, limit: int) -> list[Entry]:
        """Up to `limit` entries whose names sort after `after`, sorted by name."""

    async def listing(self, location: Location, at: str | int, limit: int) -> Listing:
        """Up to `limit` entries from `at` on: "" for the beginning, else the `next` of the page before."""

    async def read(self, location: Location, offset: int, size: int) -> bytes:
        """Up to `size` bytes from `offset`; fewer only at the end of the file, b"" past it."""

    async def make_directory(self, location: Location) -> None:
        """With parents; what is there stays."""

    async def copy(self, source: Location, target: Location, mark: str = "") -> None:
        """A file, or a directory with all that is in it; shown at once.

        With the same `mark` (not "") and the target in place, nothing happens. Raises AlreadyExists (FILE_EXISTS),
        Exhausted (DISK_FULL).
        """

    async def delete(self, location: Location, recursive: bool) -> None:
        """Raises FailedPrecondition (DIRECTORY_NOT_EMPTY) when not `recursive`."""

    async def usage(self, location: Location) -> Totals:
        """Recursive size and counts. Where the file system adds up itself (CephFS), what was just written may be missing."""

    async def known_digest(self, location: Location) -> str:
        """SHA-256 that its upload was verified by, "" where nobody knows it or the file is another since. Reads nothing."""

    async def digest(self, location: Location) -> str:
        """SHA-256 of a file's content, lower-case hexadecimal."""


UNSAID = -1
"""The size of an upload whose sender does not know it yet."""


@dataclass(frozen=True, slots=True)
class Upload:
    """An upload under way: `offset` bytes are safe on disk. `size` (or `UNSAID`) and `sha256` are what the sender promised.

    `sha256` is "" until the sender knows it, at the latest at the commit, where `modified` (Unix seconds; 0 for now) and
    `executable` say how the file is shown.
    """

    id: str
    location: Location
    size: int
    sha256: str
    offset: int
    modified: float = 0.0
    executable: bool = False


class Uploads(Protocol):
    """Files on their way in: invisible until committed, resumed at the acknowledged offset."""

    async def begin(self, id: str, location: Location, size: int, sha256: str) -> Upload:
        """Begin or find an upload. The same id with other values raises Conflict (UPLOAD_DIFFERS). Raises Exhausted (DISK_FULL)."""

    async def require_room(self, upload: Upload, beside: Sequence[Upload]) -> None:
        """Raises Exhausted (DISK_FULL) where it and those `beside` it, all begun, do not fit together."""

    async def join(self, upload: Upload, part: Upload, offset: int) -> Upload:
        """Append all of another upload's bytes, which begin at `offset` of this one and are safe then; half done, it goes on."""

    async def append(self, upload: Upload, offset: int, data: bytes) -> Upload:
        """Write `data` at `offset`, which must be the upload's. Raises OutOfRange (OFFSET_MISMATCH)."""

    async def flush(self, upload: Upload) -> Upload:
        """Make everything appended so far safe (fsync); the offset returned may be acknowledged."""

    async def digest(self, upload: Upload) -> str:
        """SHA-256 of what has arrived, lower-case hexadecimal; of a file that was shown, what it was verified by."""

    async def commit(self, upload: Upload) -> Entry:
        """Verify size and SHA-256 and show the file, at once. Raises DataLoss (CHECKSUM_MISMATCH). Committed twice, answers the same."""

    async def cancel(self, upload: Upload) -> None:
        """Forget it."""

    async def expire(self, before: float) -> int:
        """Forget uploads that nobody touched since `before` (Unix seconds); returns how many. Files that were shown stay."""


@dataclass(frozen=True, slots=True)
class NewFile:
    """A small file on its way in, whole. `modified` in Unix seconds, 0 for now."""

    location: Location
    data: bytes
    sha256: str
    modified: float = 0.0
    executable: bool = False


class SmallFiles(Protocol):
    """Small files on their way in, many in one call; what one cannot have is its own error and stops no other."""

    async def put(self, files: Sequence[NewFile], replace: bool) -> list[Entry | WinslowError]:
        """One outcome for each, in their order. Each is shown at once or not at all, and safe on disk when this
        returns. What is there and the same is answered.

        Each may be DataLoss (CHECKSUM_MISMATCH), AlreadyExists (FILE_EXISTS) unless `replace`, Exhausted (DISK_FULL).
        """


class Pace(Enum):
    """How a lap between a client and a file ended."""

    STEADY = "steady"
    """The client keeps up: go on with what is left, if something is."""
    STALLED = "stalled"
    """The client gives or takes nothing at the moment: wait for it, then go on."""
    ENDED = "ended"
    """The file has no more bytes."""
    GONE = "gone"
    """The client has closed its end."""


@dataclass(frozen=True, slots=True)
class Carried:
    """`size` bytes were moved."""

    size: int
    pace: Pace


class Carrying(Protocol):
    """Bytes between a client's connection (its descriptor, which stays the caller's) and a file, beside the daemon.

    A lap is over within seconds and moves what it can. Where one raises, or is cancelled, it may still be under way:
    the connection is then good for nothing but to be shut down.
    """

    async def send(
        self, connection: int, location: Location, offset: int, size: int, expected: Entry | None
    ) -> Carried:
        """Send a part of a file; its last bytes leave only while size and time are as `expected` has them.

        Raises FailedPrecondition (FILE_CHANGED).
        """

    async def receive(
        self, connection: int, upload: Upload, offset: int, size: int, begun: bytes
    ) -> tuple[Upload, Carried]:
        """Append `begun`, then up to `size` bytes that the client sends. The upload's offset may be acknowledged.

        Raises OutOfRange (OFFSET_MISMATCH), and what the disk says; what was written before that is kept.
        """
