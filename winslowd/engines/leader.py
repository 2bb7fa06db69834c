"""Who leads: campaigns for it, and holds one term after another for as long as the daemon runs.

What a leader does is in `winslowd.engines.term`.
"""

from __future__ import annotations

import asyncio
import time

import structlog

from winslow.domain.records import Fence
from winslow.errors import Conflict, Unavailable
from winslow.ports import Clock, Fencer, Membership, Steady, Store
from winslowd.engines.term import Term
from winslowd.usecases.attendance import Attendance
from winslowd.usecases.ledger import Ledger

log = structlog.get_logger(__name__)

CAMPAIGN_PAUSE = 0.2
"""Seconds between the end of a term and standing for the next."""


class Leader:
    """Campaigns for as long as it runs; while it leads, it decides. Cancelled, it hands over."""

    def __init__(
        self,
        store: Store,
        membership: Membership,
        clock: Clock,
        attendance: Attendance,
        ledger: Ledger | None = None,
        steady: Steady = time.monotonic,
        fencer: Fencer | None = None,
    ) -> None:
        self._store = store
        self._membership = membership
        self._clock = clock
        self._attendance = attendance
        self._ledger = ledger or Ledger()
        self._steady = steady
        self._fencer = fencer

    async def run(self) -> None:
        while True:
            try:
                async with self._membership.lead() as term:
                    log.info("leading", fence=term.fence.revision)
                    await self._lead(term.fence)
            except* (Unavailable, Conflict) as errors:  # the scope of a term and its tasks raise groups
                log.warning("no longer leading", errors=[str(error) for error in errors.exceptions])
            await asyncio.sleep(CAMPAIGN_PAUSE)

    async def _lead(self, fence: Fence) -> None:
        self._attendance.open()
        term = Term(self._store, self._clock, fence, self._attendance, self._ledger, self._steady, self._fencer)
        self._ledger.rounds = term.rounds
        try:
            await term.run()
        finally:
            self._ledger.rounds = None
            self._attendance.close()
