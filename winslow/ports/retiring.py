"""Giving up workspaces of ended attempts."""

from __future__ import annotations

from typing import Protocol

from winslow.domain.layers import Chain
from winslow.domain.stage import ProjectId, StageId


class Retiring(Protocol):
    """What workspaces of ended attempts take, stand on, and their removal. Whether one may go is the caller's to know."""

    async def weigh(self, project: ProjectId, stage: StageId) -> int:
        """Bytes that giving up the attempt's workspace frees: all of a plain one, of a layered one what it changed."""

    async def chains(self, project: ProjectId) -> dict[StageId, Chain]:
        """What each layered workspace of the project is seen through. Raises DataLoss (LAYER_DAMAGED)."""

    async def retire(self, project: ProjectId, stage: StageId) -> None:
        """Remove the attempt's workspace, plain or layered; its output, log and manifest stay.

        It is gone from sight at once. Cut and called again, it goes on; nothing happens when it is gone.
        """
