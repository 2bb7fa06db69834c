"""What every node does: see the stages that it was awarded through, one `Attempt` each.

Level-triggered: a change of the store only wakes the loop, which compares the stages that are this node's with the
attempts that it has. After a restart the same comparison adopts the containers that went on without us.
"""

from __future__ import annotations

import asyncio
import contextlib

import structlog

from winslow.domain.stage import Stage, StageId
from winslow.errors import WinslowError
from winslowd.engines.attempt import Attempt, Finishing
from winslowd.engines.containers import Containers, Tools
from winslowd.engines.standby import Standbys

log = structlog.get_logger(__name__)

RESYNC = 30.0
"""Seconds after which the loop looks again though nothing woke it."""


class Agent:
    """Runs until cancelled. Containers go on when it ends: a restarted agent adopts them."""

    def __init__(self, tools: Tools) -> None:
        self._node = tools.node
        self._tools = tools
        self._containers = Containers(tools)
        self._attempts: dict[StageId, Attempt] = {}

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            standbys = Standbys(self._tools, self._containers, group)
            group.create_task(self._tidy_up(standbys), name="agent: what an earlier daemon left")
            while True:
                seen = self._tools.store.view.revision
                for stage in self._tools.store.view.live_on(self._node):
                    self._attend(stage, standbys, group)
                standbys.look()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(RESYNC):
                        await self._tools.store.changed(seen)

    def _attend(self, stage: Stage, standbys: Standbys, group: asyncio.TaskGroup) -> None:
        attempt = self._attempts.get(stage.id)
        if attempt is None:
            attempt = self._attempts[stage.id] = Attempt(stage, self._tools, self._containers)
            group.create_task(self._see_through(stage.id, attempt, standbys), name=f"attempt {stage.id}")
        if stage.abort:
            attempt.abort()

    async def _see_through(self, id_: StageId, attempt: Attempt, standbys: Standbys) -> None:
        """A fault of ours must not take the node's other stages with it; the next look begins the attempt again."""
        try:
            await attempt.run(await standbys.claim(id_))
        except Exception:
            log.exception("attempt broke off, it is begun again", stage=id_)
            await asyncio.sleep(1.0)
        finally:
            self._attempts.pop(id_, None)

    async def _tidy_up(self, standbys: Standbys) -> None:
        """Finish what an earlier daemon had recorded but not cleaned up, and remove containers that nobody owns."""
        mine = {stage.id for stage in self._tools.store.view.live_on(self._node)}
        left = set(self._tools.journal.entries())
        while True:
            try:
                left |= {found.stage for found in await self._tools.driver.recover()}
                for id_ in sorted(left - mine - self._attempts.keys() - standbys.ids):
                    log.info("finishing what an earlier daemon left", stage=id_)
                    await Finishing(self._tools).finish_id(id_)
            except WinslowError as error:
                log.warning("what is left cannot be tidied up yet", error=str(error))
                await asyncio.sleep(5.0)
            else:
                return
