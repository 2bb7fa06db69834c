"""The care of the store: old history is forgotten, room is given back, and a full store is mended.

One in the cluster works at a time. What it does may be done twice, so nothing of it is fenced; two at once would only
make more members busy than need be. It never needs to know what the records mean.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable, Sequence

import structlog

from winslow.errors import Unavailable, WinslowError
from winslow.ports import Clock, Membership, StoreMember, Upkeep

log = structlog.get_logger(__name__)

LOOK = 30.0
"""Seconds between two looks at the members."""
WITHIN = 5.0
"""Seconds in which a member answers a look."""
WORTH = 64 << 20
"""Bytes of a database below which nothing is given back: a smaller one is no burden."""
HEALTHY_WITHIN = 60.0
"""Seconds after which a member that was defragmented must be well again; until it is no other one is."""
POLL = 0.5
FREED = 0.9
"""A mended store takes at most this part of what it took; else there is nothing to be had by trying again soon."""
AGAIN = 300.0
"""Seconds until a store in which no room was found is tried again."""
NEGLECTED = 120.0
"""Seconds for which a store may be full before it is mended by whoever sees it: a full one grants no lease, and so no lock."""


class Caretaker:
    """Runs until cancelled. `steady` is a clock in seconds that nobody sets; `every` and `keep` in seconds."""

    def __init__(
        self,
        upkeep: Upkeep,
        membership: Membership,
        steady: Clock,
        *,
        every: float = 300.0,
        keep: float = 600.0,
        neglected: float = NEGLECTED,
    ) -> None:
        self._upkeep = upkeep
        self._membership = membership
        self._steady = steady
        self._every = every
        self._keep = keep
        self._neglected = neglected
        self._marks: deque[tuple[float, int]] = deque()
        self._compact_at = steady() + every
        self._mend_at = 0.0
        self._full_since: float | None = None

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._in_turn(), name="caretaker: cares")
            group.create_task(self._in_need(), name="caretaker: looks out for neglect")

    async def _in_turn(self) -> None:
        while True:
            try:
                async with self._membership.lock("caretaker"):
                    self._marks.clear()
                    while True:
                        await self.look()
                        await asyncio.sleep(LOOK)
            except Unavailable as error:
                log.info("the caretaker's lock was lost", error=str(error))
                await asyncio.sleep(POLL)

    async def _in_need(self) -> None:
        while True:
            await asyncio.sleep(LOOK)
            await self.look_out()

    async def look(self) -> None:
        """Do what is due now. What fails is said and tried again at a later look."""
        members, now = await self._upkeep.members(WITHIN), self._steady()
        self._marks.append((now, max((member.revision for member in members), default=0)))
        try:
            if _full(members):
                if now >= self._mend_at:
                    await self._mend(members)
            elif now >= self._compact_at:
                self._compact_at = now + self._every
                await self._forget(now - self._keep)
                await self._shrink(members)
        except WinslowError as error:
            log.warning("etcd could not be cared for", error=str(error), reason=error.reason)

    async def look_out(self) -> None:
        """Mend a store that has been full for so long that nobody seems to care."""
        members, now = await self._upkeep.members(WITHIN), self._steady()
        if not _full(members):
            self._full_since = None
            return
        self._full_since = now if self._full_since is None else self._full_since
        if now - self._full_since < self._neglected or now < self._mend_at:
            return
        try:
            await self._mend(members)
        except WinslowError as error:
            log.warning("etcd is full and could not be mended", error=str(error), reason=error.reason)

    # ---- history

    async def _forget(self, before: float) -> None:
        """Forget what was history at `before` already, as far as that was seen."""
        revision = 0
        while self._marks and self._marks[0][0] <= before:
            revision = self._marks.popleft()[1]
        if revision:
            await self._upkeep.compact(revision)
            log.info("old history is forgotten", revision=revision)

    # ---- room

    async def _shrink(self, members: Sequence[StoreMember]) -> None:
        """Not while a member is not well: a busy one more could be one too many."""
        if all(member.well for member in members):
            await self._defragment(member for member in members if _fragmented(member))

    async def _defragment(self, members: Iterable[StoreMember]) -> None:
        """One after the other, the leader last: it may lose the lead by it, and only once."""
        for member in sorted(members, key=lambda member: member.leads):
            await self._upkeep.defragment(member.address)
            now = await self._well_again(member.address)
            log.info("etcd member is defragmented", member=member.address, before=member.size, after=now.size)

    async def _well_again(self, address: str) -> StoreMember:
        try:
            async with asyncio.timeout(HEALTHY_WITHIN):
                while True:
                    for member in await self._upkeep.members(WITHIN):
                        if member.address == address and member.well:
                            return member
                    await asyncio.sleep(POLL)
        except TimeoutError:
            raise Unavailable(
                f"etcd's member {address} is not well since it was defragmented",
                reason="MEMBER_NOT_WELL",
                subject=address,
                hint="Look at its log",
            ) from None

    # ---- a full store

    async def _mend(self, members: Sequence[StoreMember]) -> None:
        log.warning("etcd is full and takes no changes: it is compacted and defragmented; stages go on")
        self._mend_at = self._steady() + AGAIN
        await self._upkeep.compact(max(member.revision for member in members))
        await self._defragment(member for member in members if member.well)
        after = await self._upkeep.members(WITHIN)
        if any(member.size >= member.quota for member in after if not member.fault):
            log.error("etcd is full of what is needed: raise its --quota-backend-bytes, or delete projects")
            return
        await self._upkeep.disarm()
        if _size(after) <= FREED * _size(members):
            self._mend_at = 0.0
        log.warning("etcd takes changes again", before=_size(members), after=_size(after))


def _full(members: Iterable[StoreMember]) -> bool:
    return any(member.full for member in members)


def _fragmented(member: StoreMember) -> bool:
    return member.size > WORTH and member.used < member.size / 2


def _size(members: Iterable[StoreMember]) -> int:
    return sum(member.size for member in members)
