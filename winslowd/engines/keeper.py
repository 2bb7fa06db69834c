"""Archives what ended stages left on the volume: a manifest of their files, then their logs, then histories, compressed.

One stage after another, in one place of the cluster, and no faster than it is told, so that nobody who works feels it. Level-
triggered: what lies there unarchived is what is left to do. Stages among the records are looked at as they end, those that
are history by walking through their directories once a day. It never needs to know how an archive is made, nor who reads it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import structlog

from winslow.domain.archives import HISTORY, LOGS, Keeping, due, readable
from winslow.domain.project import Project
from winslow.domain.records import Kind, Ref
from winslow.domain.stage import ProjectId, Stage, StageId
from winslow.errors import Conflict, NotFound, Unavailable, WinslowError
from winslow.ports import Clock, Effort, History, Manifests, Membership, Steady, Store
from winslow.ports import Logs as LogsPort
from winslowd.usecases.unhurried import unhurried

log = structlog.get_logger(__name__)

EVERY = 30.0
"""Seconds between two looks; with a shorter `after`, half of that."""
SHORTEST = 0.25
AGAIN = 600.0
"""Seconds before a stage is tried again that could not be archived."""
WALK_EVERY = 86_400.0
"""Seconds between two walks through the directories of what is history."""
PIECE = 200
"""Stages of a project that are looked up at once."""


class Keeper:
    """Works while it holds the lock that one in the cluster has; runs until cancelled. `steady` is never set."""

    def __init__(
        self,
        store: Store,
        membership: Membership,
        history: History,
        manifests: Manifests,
        logs: LogsPort,
        clock: Clock,
        keeping: Keeping,
        effort: Effort,
        steady: Steady | None = None,
    ) -> None:
        self._store = store
        self._membership = membership
        self._history = history
        self._manifests = manifests
        self._logs = logs
        self._clock = clock
        self._keeping = keeping
        self._effort = effort
        self._steady = steady or (lambda: asyncio.get_running_loop().time())
        self._done: set[StageId] = set()
        self._again: dict[StageId, float] = {}
        """Stages that could not be archived: when to try again."""
        self._walked: float | None = None

    async def run(self) -> None:
        while True:
            try:
                async with self._membership.lock("keeper"):
                    self._done, self._again, self._walked = set(), {}, None
                    while True:
                        await self.look()
                        await asyncio.sleep(min(EVERY, max(self._keeping.after / 2, SHORTEST)))
            except (Unavailable, Conflict) as error:
                log.warning("the keeper's lock was lost", error=str(error))
            await asyncio.sleep(0.5)

    async def look(self) -> None:
        """Archive what is due now, as far as the volume is there."""
        if not readable(self._store.view, LOGS):
            return  # a node would find nothing where it looks
        try:
            await self._look()
        except Unavailable as error:
            log.warning("archived when the volume is back", error=str(error), reason=error.reason)

    async def _look(self) -> None:
        there: set[StageId] = set()
        async for stage in self._due():
            there.add(stage.id)
            if self._is_left(stage):
                await self._keep(stage)
        self._done &= there
        now = self._steady()
        if self._walked is None or self._walked + WALK_EVERY <= now:
            self._walked = now if await self._walk() else None

    async def _due(self) -> AsyncIterator[Stage]:
        view = self._store.view
        async for project in unhurried(list(view.all(Kind.PROJECT))):
            for stage in due(view, project, self._clock(), self._keeping):
                yield stage

    def _is_left(self, stage: Stage) -> bool:
        return stage.id not in self._done and self._again.get(stage.id, 0.0) <= self._steady()

    async def _keep(self, stage: Stage) -> None:
        """The manifest first: it may outlive the files. What cannot be archived now stays as it is, and is tried again."""
        try:
            if await self._archived(stage):
                self._done.add(stage.id)
                self._again.pop(stage.id, None)
                return
        except Unavailable:
            raise
        except WinslowError as error:
            log.warning("archived later", stage=stage.id, error=str(error), reason=error.reason)
        self._again[stage.id] = self._steady() + min(AGAIN, self._keeping.waits(stage))

    async def _archived(self, stage: Stage) -> bool:
        try:
            await self._manifests.make(stage.project, stage.id, stage.workspace, self._effort)
        except NotFound:
            return True  # it has no directory: it never began, or is deleted
        return await self._logs.archive(stage.project, stage.id, self._keeping.waits(stage), self._effort)

    async def _walk(self) -> bool:
        """Through the directories of all projects, for what left the records before its turn came. Whether all were seen."""
        whole = True
        for found in list(self._store.view.all(Kind.PROJECT).values()):
            if isinstance(found.value, Project) and not found.value.deleting:
                try:
                    await self._walk_through(found.value.id)
                    await self._condense(found.value.id)
                except Unavailable:
                    raise
                except WinslowError as error:
                    log.warning("looked through later", project=found.value.id, error=str(error), reason=error.reason)
                    whole = False
        return whole

    async def _walk_through(self, project: ProjectId) -> None:
        after = ""
        while True:
            left = await self._manifests.left(project, after, PIECE)
            for stage in await self._in_history(project, left.stages):
                await self._keep(stage)
            if not (after := left.after):
                return

    async def _condense(self, project: ProjectId) -> None:
        """The project's history, where every node reads it condensed."""
        if readable(self._store.view, HISTORY):
            await self._history.condense(project, self._keeping.history_quiet, self._effort)

    async def _in_history(self, project: ProjectId, stages: tuple[StageId, ...]) -> list[Stage]:
        """Those of them that are history for certain: a directory may be there before its stage is seen among the records."""
        unseen = [stage for stage in stages if self._store.view.stage(stage) is None]
        if not unseen:
            return []
        found = await self._history.get(project, tuple(Ref(Kind.STAGE, f"{project}/{stage}") for stage in unseen))
        now = self._clock()
        ended = (one.value for one in found if isinstance(one.value, Stage))
        return [one for one in ended if one.ended and (one.ended_at or 0.0) + self._keeping.waits(one) <= now]
