"""Writes down beside an ended stage what it used, so that it is told when the node that measured it is gone.

Runs on every node, for the stages that it executed; each is a small file, written once. Level-triggered: what ended here and
is among the records is looked at again after a restart. It never needs to know how readings are measured or kept.
"""

from __future__ import annotations

import asyncio

import structlog

from winslow.domain.reading import OfStage
from winslow.domain.records import Kind
from winslow.domain.stage import NodeId, Stage, StageId
from winslow.errors import NotFound, Unavailable, WinslowError
from winslow.ports import Clock, KeptReadings, Readings, Store
from winslowd.usecases.readings import LATE
from winslowd.usecases.unhurried import unhurried

log = structlog.get_logger(__name__)

EVERY = 60.0


class Recorder:
    """Runs until cancelled."""

    def __init__(self, here: NodeId, store: Store, readings: Readings, kept: KeptReadings, clock: Clock) -> None:
        self._here = here
        self._store = store
        self._readings = readings
        self._kept = kept
        self._clock = clock
        self._done: set[StageId] = set()

    async def run(self) -> None:
        while True:
            await self.look()
            await asyncio.sleep(EVERY)

    async def look(self) -> None:
        """Write down what is not yet, of stages that ended long enough ago."""
        due: set[StageId] = set()
        async for one in unhurried(list(self._store.view.all(Kind.STAGE).values())):
            stage = one.value
            if not isinstance(stage, Stage) or not self._is_due(stage):
                continue
            due.add(stage.id)
            if stage.id not in self._done:
                try:
                    await self._record(stage)
                    self._done.add(stage.id)
                except Unavailable as error:  # so it is for all of them, and each would be waited for
                    log.warning("readings are kept when the volume is back", error=str(error), reason=error.reason)
                    return
                except WinslowError as error:
                    log.warning("readings are kept later", stage=stage.id, error=str(error), reason=error.reason)
        self._done &= due

    def _is_due(self, stage: Stage) -> bool:
        if stage.node != self._here or not stage.ended or stage.started_at is None or stage.ended_at is None:
            return False
        return stage.ended_at + LATE <= self._clock()

    async def _record(self, stage: Stage) -> None:
        subject = OfStage(stage.project, stage.id)
        if await self._kept.kept(subject):
            return
        assert stage.started_at is not None and stage.ended_at is not None  # it is due
        found = await self._readings.past(subject, stage.started_at, stage.ended_at + LATE)
        try:
            await self._kept.keep(subject, found)
        except NotFound:
            return  # deleted meanwhile
