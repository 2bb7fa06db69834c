"""Giving up workspaces of ended attempts."""

from __future__ import annotations

from typing import Protocol

from winslow.domain.stage import ProjectId, StageId


class Retiring(Protocol):
    """What workspaces of ended attempts take, and their removal. Whether one may go is the caller's to know."""

    async def weigh(self, project: ProjectId, stage: StageId) -> int:
        """Bytes that giving up the attempt's workspace frees: all of a plain one, of a layered one what it changed."""

    async def retire(self, project: ProjectId, stage: StageId) -> None:
        """Remove the attempt's workspace, plain or layered; its output, log and manifest stay.

        It is gone from sight at once. Cut and called again, it goes on; nothing happens when it is gone.
        """
