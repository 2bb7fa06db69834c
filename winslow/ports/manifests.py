"""Manifests: what an ended attempt's workspace and output held, as lists that stay when the files are dropped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from winslow.domain.stage import ProjectId, StageId, WorkspaceId


@dataclass(frozen=True, slots=True)
class Effort:
    """What work in the background may cost: `rate` in bytes a second, 0 for as fast as it goes; files of up to `hashed` bytes are read."""

    rate: float = 0.0
    hashed: int = 16 << 20


EFFORT = Effort()
"""For who waits."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One entry. `path` begins with `output/` or `workspace/`; entries are sorted by the parts of their paths, parents first.

    `kind` is "file", "directory", "symlink" or "special"; `size` in bytes, of files; `time` of the last change in
    nanoseconds; `target` where a link leads; `same_as` the first path of a file with several names; `sha256` of a file's
    content, lower-case hexadecimal, "" for one that was too large to be read.
    """

    path: str
    kind: str
    mode: int = 0
    time: int = 0
    size: int = 0
    target: str = ""
    same_as: str = ""
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a manifest says of itself. `made` in Unix seconds; `size` in bytes, a file with several names once.

    Without `workspace` none is listed: it was gone, or another attempt had gone on in it, when the manifest was made.
    """

    stage: StageId
    made: float
    workspace: bool
    files: int
    directories: int
    size: int


@dataclass(frozen=True, slots=True)
class ListedPage:
    """Some entries, in order; `next` is where the page behind it begins, 0 when there is none."""

    entries: tuple[Listed, ...]
    next: int


@dataclass(frozen=True, slots=True)
class Left:
    """Attempts that something is to be archived of; `after` is where to look on, "" when all were looked at."""

    stages: tuple[StageId, ...]
    after: str


class Manifests(Protocol):
    """Manifests of attempts. All raise NotFound (FILE_NOT_FOUND: no such attempt; MANIFEST_MISSING), DataLoss (ARCHIVE_DAMAGED)."""

    async def make(
        self, project: ProjectId, stage: StageId, workspace: WorkspaceId, effort: Effort = EFFORT
    ) -> Manifest:
        """Make the manifest of an ended attempt, whose workspace is `workspace`; one that is there stays as it is, but
        for one without a workspace that can be listed now.

        Takes as long as all its files take to be looked at, and the small ones to be read. Raises Exhausted (DISK_FULL).
        """

    async def get(self, project: ProjectId, stage: StageId) -> Manifest:
        """What the manifest says of itself."""

    async def left(self, project: ProjectId, after: str, limit: int) -> Left:
        """Of the next `limit` attempts by name behind `after`, those that have no manifest, or a log that could be compressed."""

    async def page(self, project: ProjectId, stage: StageId, at: int, limit: int) -> ListedPage:
        """Up to `limit` entries from `at` on: 0, or the `next` of another page."""
