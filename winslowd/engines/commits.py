"""Commits of a leader, some at a time: which took effect, and what an outage or another writer means for the rest."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from enum import Enum

import structlog

from winslow.domain.records import Commit
from winslow.errors import Conflict, Exhausted, Unavailable, WinslowError
from winslow.ports import Store

log = structlog.get_logger(__name__)

OUTAGE_PAUSE = 0.5
"""Seconds after a commit that the store could not take."""
TOGETHER = 32
"""Commits under way at the same time."""


class Fate(Enum):
    """What became of a commit. LOST: somebody was quicker, or the store was away or full; UNFIT: it can never be recorded."""

    DONE = "done"
    LOST = "lost"
    UNFIT = "unfit"


class Commits:
    """What did not take effect is to be decided anew; a fence that does not hold ends the term."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def all(self, commits: Sequence[Commit]) -> list[Fate]:
        """What became of each, in the order given. Raises Conflict (FENCED) when somebody else leads."""
        limit = asyncio.Semaphore(TOGETHER)
        fates = await asyncio.gather(*(self._one(commit, limit) for commit in commits), return_exceptions=True)
        for fate in fates:
            if isinstance(fate, BaseException):
                raise fate
        return [fate for fate in fates if isinstance(fate, Fate)]

    async def _one(self, commit: Commit, limit: asyncio.Semaphore) -> Fate:
        async with limit:
            try:
                await self._store.commit(commit)
            except Conflict as conflict:
                if conflict.reason == "FENCED":
                    raise
                return Fate.LOST
            except (Unavailable, Exhausted) as error:  # an outage awards nothing; it is decided anew when it is over
                log.warning("not recorded yet, decided anew", error=str(error))
                await asyncio.sleep(OUTAGE_PAUSE)
                return Fate.LOST
            except WinslowError as error:
                log.warning("cannot be recorded", error=str(error), records=[str(put.ref) for put in commit.puts[:3]])
                return Fate.UNFIT
            return Fate.DONE
