"""The port Manifests for the daemon: each method is one call to the worker."""

from __future__ import annotations

from winslow.domain.stage import ProjectId, StageId, WorkspaceId
from winslow.ports import EFFORT, Effort, Left, ListedPage, Manifest
from winslowd.files.client import Caller


class ManifestsClient:
    """`winslow.ports.Manifests`."""

    def __init__(self, caller: Caller) -> None:
        self._call = caller.call

    async def make(
        self, project: ProjectId, stage: StageId, workspace: WorkspaceId, effort: Effort = EFFORT
    ) -> Manifest:
        return await self._call(Manifest, "manifests.make", project, stage, workspace, effort)

    async def get(self, project: ProjectId, stage: StageId) -> Manifest:
        return await self._call(Manifest, "manifests.get", project, stage)

    async def left(self, project: ProjectId, after: str, limit: int) -> Left:
        return await self._call(Left, "manifests.left", project, after, limit)

    async def page(self, project: ProjectId, stage: StageId, at: int, limit: int) -> ListedPage:
        return await self._call(ListedPage, "manifests.page", project, stage, at, limit)
