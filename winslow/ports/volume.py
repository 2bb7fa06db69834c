"""Directories and histories of projects on the shared file system."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from winslow.domain.layers import Chain
from winslow.domain.layout import WorkspacePlan
from winslow.domain.mounts import Mounted
from winslow.domain.pipeline import DefinitionName
from winslow.domain.project import Allowance
from winslow.domain.query import Facts, Query
from winslow.domain.records import Kind, Record, Ref
from winslow.domain.stage import ProjectId, StageId
from winslow.ports.manifests import EFFORT, Effort


class Workspaces(Protocol):
    """Directories of stages. Paths are relative to the volume's root."""

    def absolute(self, path: str) -> str:
        """Where a path of the layout is on this node, for binding into a container."""

    async def make_project(self, project: ProjectId, token: str = "") -> None:
        """Make the project's directories; those that are there stay. `token` is what only this project of the id has."""

    async def delete_project(self, project: ProjectId, token: str = "") -> None:
        """Remove everything the project owns. Half done and called again, it goes on.

        Whoever was frozen for so long that another project has the id by now removes nothing of it: with a `token`, only what
        was made with it goes.
        """

    async def reserve(self, plan: WorkspacePlan, owner: tuple[int, int]) -> None:
        """Make the attempt's directories before its turn, the workspace empty; `prepare` fills it where it is.

        So a container can be bound to it early. Nothing happens when the workspace is there.
        """

    async def prepare(self, plan: WorkspacePlan, owner: tuple[int, int]) -> Mounted:
        """Make the attempt's directories and log, owned by `owner` (uid, gid), and fill or mount the workspace.

        Says what is mounted elsewhere than it lies. A copy that was cut is begun again; a finished one is left alone. Where
        this node can mount nothing, what is layered is copied. Raises Exhausted (DISK_FULL), NotFound (SOURCE_MISSING),
        FailedPrecondition (LAYER_IN_USE).
        """

    async def seal(self, plan: WorkspacePlan) -> None:
        """Make the workspace immutable: from now on it is only read. It is on the disk then, and so is the output. Of a layered
        one what it changed is taken in, which lies on this node alone until then: its container must be at rest.

        Raises Exhausted (DISK_FULL), Unavailable (WORKSPACE_BUSY), NotFound (CHANGES_LOST), DataLoss (LAYER_DIFFERS,
        OUTPUT_DAMAGED).
        """

    async def publish(self, plan: WorkspacePlan, definition: DefinitionName) -> None:
        """Show the attempt's output as the project's, at once, in place of the last one's."""

    async def drop(self, project: ProjectId, stage: StageId) -> None:
        """Remove an attempt's directories. Whether a layered workspace stands on it is for the caller to ask: `Layers.chains`."""


class Layers(Protocol):
    """What layered workspaces stand on."""

    async def chains(self, project: ProjectId) -> dict[StageId, Chain]:
        """What each layered workspace of a project is seen through, those of stages at work too; plain ones are not told.

        Raises DataLoss (LAYER_DAMAGED).
        """

    async def materialize(self, project: ProjectId, stage: StageId) -> None:
        """Make a plain directory of a layered workspace, shown at once; what stands on it keeps its layer.

        Raises NotFound (SOURCE_MISSING), FailedPrecondition (WORKSPACE_OPEN), Exhausted (DISK_FULL).
        """

    async def remove_bases(self, project: ProjectId) -> int:
        """Remove the copies that no layer lies on any more; returns how many."""


class Scratch(Protocol):
    """What attempts have on this node's own disk."""

    async def left(self) -> list[StageId]:
        """Attempts that have something there, be they this node's or not."""

    async def discard(self, stage: StageId) -> None:
        """Unmount and remove it. Raises Unavailable (WORKSPACE_BUSY) while it is in use."""


class Quotas(Protocol):
    """What projects' files may take. Where the file system keeps no quotas, uploads, copies and stages are looked at beforehand."""

    async def set(self, project: ProjectId, quota: int) -> None:
        """In place of the one that is there; 0 for none. Raises NotFound (FILE_NOT_FOUND), PermissionDenied (QUOTA_FORBIDDEN)."""

    async def allowance(self, project: ProjectId) -> Allowance:
        """What it may take and takes. Elsewhere than on CephFS everything is looked at. Raises NotFound (FILE_NOT_FOUND)."""


@dataclass(frozen=True, slots=True)
class Storage:
    """How the volume was when it was last looked at: `fault` is why it is not well, "" when it is. Sizes in bytes.

    `full` is why no stage should begin to write to it, "" when one may; `warnings` are what somebody should see to.
    """

    fault: str = ""
    size: int = 0
    free: int = 0
    full: str = ""
    warnings: tuple[str, ...] = ()


StorageState = Callable[[], Storage]
"""How the volume is; answers at once, however the volume is."""


@dataclass(frozen=True, slots=True)
class Archived:
    """A record as it left the store, with the revision that it had there, and what only a newer version knows of it."""

    ref: Ref
    value: Record
    revision: int
    unknown: bytes = b""


class History(Protocol):
    """What ended long ago, by project, on the volume. It only grows; the newest version of a record is the one there is.

    What `append` returned for is found by every node from then on. Raises DataLoss (HISTORY_DAMAGED) for records that a
    bad disk has taken; all others can be read.
    """

    async def append(self, project: ProjectId, entries: Sequence[tuple[Archived, Facts]]) -> None:
        """Make them safe (fsync), with what they are found by. Appended again, they are there once."""

    async def condense(self, project: ProjectId, quiet: float, effort: Effort = EFFORT) -> bool:
        """Compress what nobody has added to for `quiet` seconds; whether there was something worth it.

        What is read stays the same, also meanwhile. Raises DataLoss (ARCHIVE_DIFFERS), Exhausted (DISK_FULL).
        """

    async def get(self, project: ProjectId, refs: Sequence[Ref]) -> list[Archived]:
        """Those of `refs` that there are."""

    async def page(self, project: ProjectId, kind: Kind, query: Query) -> list[Archived]:
        """What `query` asks for of one kind; fewer than its limit only where there are no more."""
