"""What differs between the files of two attempts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from winslow.domain.stage import ProjectId, StageId, WorkspaceId
from winslow.ports.manifests import Listed


@dataclass(frozen=True, slots=True)
class Side:
    """An attempt that is compared; `workspace` is the stage whose directory its workspace is."""

    project: ProjectId
    stage: StageId
    workspace: WorkspaceId


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a comparison goes on: behind `path`; `before` and `after` are bytes into the manifests, where there are any."""

    path: str = ""
    before: int = 0
    after: int = 0


@dataclass(frozen=True, slots=True)
class Differing:
    """A file that was added (no `before`), removed (no `after`) or changed; its path begins with `output/` or `workspace/`."""

    path: str
    before: Listed | None
    after: Listed | None


@dataclass(frozen=True, slots=True)
class Differences:
    """Some of what differs, by the parts of the paths; `next` is None when that was all.

    `unknown` are those of the two whose workspaces nobody can tell any more: then workspaces are not compared.
    """

    found: tuple[Differing, ...]
    next: Spot | None
    unknown: tuple[StageId, ...]


class Compares(Protocol):
    """Compares what attempts left: by their manifests where they have them, also when the files are gone, else by looking."""

    async def page(self, before: Side, after: Side, at: Spot, limit: int, hashed: int) -> Differences:
        """Up to `limit` differences from `at` on. A call looks at some ten thousand files: a page may be short, and not the last.

        Size and time come first. Of the same size but another time, what is not hashed yet is read up to `hashed` bytes; a
        larger one is taken for changed. Raises DataLoss (ARCHIVE_DAMAGED, LAYER_DAMAGED).
        """
