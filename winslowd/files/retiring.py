"""The port Retiring for the daemon: each method is one call to the worker."""

from __future__ import annotations

from winslow.domain.stage import ProjectId, StageId
from winslowd.files.client import Caller, Nothing


class RetiringClient:
    """`winslow.ports.Retiring`."""

    def __init__(self, caller: Caller) -> None:
        self._call = caller.call

    async def weigh(self, project: ProjectId, stage: StageId) -> int:
        return await self._call(int, "retiring.weigh", project, stage)

    async def retire(self, project: ProjectId, stage: StageId) -> None:
        await self._call(Nothing, "retiring.retire", project, stage)
