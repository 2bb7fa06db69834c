"""What people do with whole trees of files: search them, take them away, unpack archives into them, move them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from winslow.domain.layout import Location
from winslow.ports.files import Entry

Trail = tuple[tuple[str, str | int], ...]
"""Where a walk through a tree goes on: each directory on the way, and the position in it. Empty is the beginning."""


@dataclass(frozen=True, slots=True)
class Found:
    """An entry of a tree, by its path beneath the place where the walk began."""

    path: str
    entry: Entry


@dataclass(frozen=True, slots=True)
class Matches:
    """What one look found. `next` is where the next one begins, None where all was looked at."""

    found: list[Found]
    next: Trail | None


@dataclass(frozen=True, slots=True)
class Gathered:
    """A file, a directory, or a link with where it leads (`link`), in the order of the walk.

    `content` is the whole of a small file, as long as `entry.size`; None for a larger one, which is read by itself.
    """

    path: str
    entry: Entry
    content: bytes | None = None
    link: str = ""


@dataclass(frozen=True, slots=True)
class Gathering:
    """`next` is where the next one begins, None where there is nothing more."""

    items: list[Gathered]
    next: Trail | None


@dataclass(frozen=True, slots=True)
class UnpackLimits:
    """What an archive may become: `size` in bytes, `entries`, and `ratio`, times its own size (past `slack` bytes).

    `reserve` are the bytes of the file system that are left free.
    """

    size: int = 1 << 40
    entries: int = 1_000_000
    ratio: int = 200
    slack: int = 64 << 20
    reserve: int = 256 << 20


class Trees(Protocol):
    """Whole trees. Everything lies beneath a location's root, as with `Files`; links are never followed in a walk."""

    async def search(self, location: Location, query: str, at: Trail, limit: int, seconds: float) -> Matches:
        """Up to `limit` entries beneath whose names match (`winslow.domain.pattern`), and after `seconds` what was found.

        Raises InvalidArgument (QUERY_INVALID), NotFound (FILE_NOT_FOUND), FailedPrecondition (NOT_A_DIRECTORY).
        """

    async def gather(self, location: Location, at: Trail, size: int) -> Gathering:
        """The next entries beneath, with about `size` bytes of content. Left out are special files, and names that are not UTF-8.

        Raises FailedPrecondition (FILE_CHANGED) for a file that is written all the time.
        """

    async def unpack(self, source: Location, target: Location, limits: UnpackLimits, mark: str) -> None:
        """Make the directory `target` of the archive `source`, shown at once; it must be new or empty.

        With the same `mark` (not "") and the directory in place, nothing happens. Raises FailedPrecondition
        (ARCHIVE_REFUSED), AlreadyExists (FILE_EXISTS), Exhausted (DISK_FULL, QUOTA_EXCEEDED).
        """

    async def move(self, source: Location, target: Location, mark: str) -> None:
        """From one root to another, at once where the file system can; else copied, compared and deleted.

        With the same `mark` (not "") what is done stays done. Raises AlreadyExists (FILE_EXISTS), Conflict (FILE_CHANGED).
        """
