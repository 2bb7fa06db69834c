"""The port Quotas for the daemon: each method is one call to the worker."""

from __future__ import annotations

from winslow.domain.project import Allowance
from winslow.domain.stage import ProjectId
from winslowd.files.client import Caller, Nothing


class QuotasClient:
    """`winslow.ports.Quotas`."""

    def __init__(self, caller: Caller) -> None:
        self._call = caller.call

    async def set(self, project: ProjectId, quota: int) -> None:
        await self._call(Nothing, "quotas.set", project, quota)

    async def allowance(self, project: ProjectId) -> Allowance:
        return await self._call(Allowance, "quotas.allowance", project)
