"""How what an attempt leaves is kept when it has ended: through outages of the volume, and for as long as it takes where
what is left lies on this node alone. It never needs to know how the attempt ended.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from winslow.domain.layout import WorkspacePlan
from winslow.domain.stage import StageId
from winslow.errors import DataLoss, Exhausted, NotFound, Unavailable, WinslowError
from winslowd.engines.containers import Tools
from winslowd.engines.patience import Patience, insist

log = structlog.get_logger(__name__)

Tell = Callable[[WinslowError], Awaitable[None]]
"""Says in the stage's record what is waited for."""


class Keeping:
    """Of the attempt `stage`; `aborted` is set once a person wants it over."""

    def __init__(self, stage: StageId, tools: Tools, aborted: asyncio.Event, tell: Tell) -> None:
        self._stage = stage
        self._tools = tools
        self._aborted = aborted
        self._tell = tell

    async def seal(self, plan: WorkspacePlan, *, launched: bool) -> WinslowError | None:
        """Seal the workspace; the error for which what was left is lost, where its process was `launched`."""
        try:
            await (self._take_in(plan) if plan.layered else self.through_outages(lambda: self._sealed(plan)))
        except NotFound as error:  # it ended before it had a workspace
            return error if plan.layered and launched else None
        except DataLoss as error:
            log.warning("what the stage left is damaged", stage=self._stage, error=str(error))
            return error if launched else None
        except WinslowError as error:
            log.warning("workspace was not sealed", stage=self._stage, error=str(error))
            return error if plan.layered and launched else None
        return None

    async def through_outages(self, step: Callable[[], Awaitable[None]]) -> None:
        """The step, for as long as the volume is away: an end must not lose what the stage said last.

        A stage that a person stopped ends without: who aborts it while the volume hangs wants it over.
        """
        patience = Patience()
        while True:
            try:
                return await step()
            except Unavailable as error:
                if self._aborted.is_set():
                    raise
                await self._tell(error)
                await patience.pause()

    async def _take_in(self, plan: WorkspacePlan) -> None:
        """Seal a layered workspace, whose changes lie on this node alone until then: so for as long as it takes.

        Where there is no room for them, a person makes some, or gives them up by an abort.
        """
        await insist(lambda: self._tools.driver.stop(self._stage, 0), "container is not at rest yet", stage=self._stage)
        patience = Patience()
        while True:
            try:
                return await self._sealed(plan)
            except (Unavailable, Exhausted) as error:
                if isinstance(error, Exhausted) and self._aborted.is_set():
                    raise
                await self._tell(error)
                await patience.pause()

    async def _sealed(self, plan: WorkspacePlan) -> None:
        await self._tools.workspaces.seal(plan)
