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
from winslowd.engines.attempt import Attempt
from winslowd.engines.containers import Containers, Tools
from winslowd.engines.finishing import Finishing
from winslowd.engines.patience import insist
from winslowd.engines.standby import Standbys

log = structlog.get_logger(__name__)

RESYNC = 30.0
"""Seconds after which the loop looks again though nothing woke it."""
LEAVE_WITHIN = 5.0
"""Seconds that the clean-up of a stop may take."""
TIDY_EVERY = 60.0
"""Seconds between two looks at the scratch disk."""
AGAIN = 1.0
"""Seconds after which an attempt that broke off is begun again."""


class Agent:
    """Runs until cancelled. Stages go on when it ends: a restarted agent adopts them; what only waited is removed."""

    def __init__(self, tools: Tools) -> None:
        self._node = tools.node
        self._tools = tools
        self._containers = Containers(tools)
        self._attempts: dict[StageId, Attempt] = {}
        self._tasks: dict[StageId, asyncio.Task[None]] = {}

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            standbys = Standbys(self._tools, self._containers, group)
            group.create_task(self._tidy_up(standbys), name="agent: what an earlier daemon left")
            group.create_task(self._tidy_scratch(), name="agent: what is left on the scratch disk")
            try:
                await self._loop(standbys, group)
            except asyncio.CancelledError:
                await self._leave(standbys)
                raise

    async def _loop(self, standbys: Standbys, group: asyncio.TaskGroup) -> None:
        while True:
            seen = self._tools.store.view.revision
            self._attend(standbys, group)
            self._get_ready(standbys)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(RESYNC):
                    await self._tools.store.changed(seen)

    async def _leave(self, standbys: Standbys) -> None:
        """In good order: what was made ready goes, and so does what has ended; the next daemon would do it otherwise."""
        self._tools.quiet.hurry()
        ended = [task for id_, task in self._tasks.items() if self._mine(id_) is None and not task.done()]
        going = [*ended, asyncio.create_task(standbys.leave(), name="agent: standbys go")]
        await asyncio.wait(going, timeout=LEAVE_WITHIN)

    def _attend(self, standbys: Standbys, group: asyncio.TaskGroup) -> None:
        """Begin what is new, and show every attempt its record; one whose stage is no longer ours gets none."""
        mine = {stage.id: stage for stage in self._tools.store.view.live_on(self._node)}
        for id_, attempt in self._attempts.items():
            attempt.look(mine.get(id_))
        for id_, stage in mine.items():
            if id_ not in self._attempts:
                self._attempts[id_] = Attempt(stage, self._tools, self._containers)
                task = group.create_task(self._see_through(id_, standbys), name=f"attempt {id_}")
                self._tasks[id_] = task

    def _get_ready(self, standbys: Standbys) -> None:
        """It only saves time: a fault of ours in it must not take the node's stages with it."""
        try:
            standbys.look()
        except Exception:
            log.exception("nothing is made ready before its turn")

    async def _see_through(self, id_: StageId, standbys: Standbys) -> None:
        """A fault of ours must not take the node's other stages with it: the attempt is begun again."""
        try:
            while True:
                try:
                    await self._attempts[id_].run(lambda: standbys.claim(id_))
                except Exception:
                    log.exception("attempt broke off, it is begun again", stage=id_)
                    await asyncio.sleep(AGAIN)
                stage = self._mine(id_)
                if stage is None:
                    return
                self._attempts[id_] = Attempt(stage, self._tools, self._containers)
        finally:
            self._attempts.pop(id_, None)
            self._tasks.pop(id_, None)

    def _mine(self, id_: StageId) -> Stage | None:
        stage = self._tools.store.view.stage(id_)
        return stage if stage and stage.live and stage.node == self._node else None

    async def _tidy_up(self, standbys: Standbys) -> None:
        """Finish what an earlier daemon had recorded but not cleaned up, and remove containers that nobody owns.

        Nothing is waited for between the look at who owns what and the claim of what nobody does.
        """
        found = await insist(self._tools.driver.recover, "what an earlier daemon left is not known yet")
        left = {*self._tools.journal.entries(), *(one.stage for one in found)}
        for id_ in sorted(left - self._attempts.keys() - standbys.ids):
            if self._mine(id_) is None:
                log.info("finishing what an earlier daemon left", stage=id_)
                standbys.occupy(id_, Finishing(self._tools).insist(id_))

    async def _tidy_scratch(self) -> None:
        """Now and then, drop what attempts left on the scratch disk that this node no longer sees through: of lost ones, mostly.

        What is there is listed before it is asked whose it is, so an attempt that has just begun is never taken for an old one.
        """
        while True:
            try:
                left = await self._tools.scratch.left()
            except WinslowError as error:
                log.warning("what is left on the scratch disk is not known", error=str(error))
                left = []
            for id_ in left:
                if id_ not in self._attempts and self._mine(id_) is None:
                    await self._drop_scratch(id_)
            await asyncio.sleep(TIDY_EVERY)

    async def _drop_scratch(self, id_: StageId) -> None:
        log.info("dropping what an attempt left on the scratch disk", stage=id_)
        try:
            await self._tools.scratch.discard(id_)
        except WinslowError as error:  # a shell still works in it: the next look finds it again
            log.warning("it is not dropped yet", stage=id_, error=str(error))
