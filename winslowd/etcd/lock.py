"""Locks and elections: etcd's own recipe. Everyone puts a claim under a session; the oldest claim holds.

A claim's create revision is its fence: compared inside the holder's transactions, it keeps out one who only
thinks that he still holds. An election is a lock whose holder is called leader.
"""

from __future__ import annotations

import asyncio

import structlog

from winslow.domain.records import Fence
from winslow.errors import Exhausted, NotFound, OutOfRange, Unavailable
from winslowd.etcd import kv
from winslowd.etcd.client import Client
from winslowd.etcd.keys import prefix_end
from winslowd.etcd.session import Session, lease_lost
from winslowd.etcd.watch import Batch
from winslowd.etcd.wire import etcd_pb2 as pb

log = structlog.get_logger(__name__)

RELEASE_TIMEOUT = 5.0
PAUSE, PAUSE_MAX = 0.2, 2.0


class Lock:
    """The claims under one prefix. `holder` is written into ours, for those who ask who holds."""

    def __init__(self, client: Client, prefix: bytes, holder: str) -> None:
        self._client = client
        self._prefix = prefix
        self._end = prefix_end(prefix)
        self._holder = holder.encode()

    async def acquire(self, session: Session, *, patient: bool = True) -> Fence:
        """Wait until our claim is the oldest. Cancelled or failed, it leaves no claim behind.

        Asked again in the same session, it finds its claim. Raises Unavailable (LEASE_LOST); not `patient`, what keeps
        the claim from being made: Unavailable, Exhausted.
        """
        key = self._key(session)
        try:
            async with session.held():
                revision = await self._claim(key, session, patient)
                await self._wait_for_turn(revision)
        except BaseException:
            await self._withdraw(key, session)
            raise
        return Fence(key.decode(), revision)

    async def confirm(self, fence: Fence, session: Session) -> int:
        """Write our claim again, under `session` from now on, and return the revision.

        Whoever follows the claims has then seen all that was before it. The claim's create revision, its fence, stays.
        Raises Unavailable (LEASE_LOST) when it is gone, Exhausted.
        """
        key = fence.key.encode()
        while True:
            try:
                answer = await self._client.kv.txn(
                    [kv.created(key, fence.revision)], [kv.put(key, self._holder, session.lease)]
                )
            except NotFound:
                answer = pb.TxnResponse(succeeded=False)
            except Unavailable:  # done twice it does no harm
                await asyncio.sleep(PAUSE)
                continue
            if not answer.succeeded:
                session.end()
                raise lease_lost()
            return answer.header.revision

    async def held_by(self) -> str | None:
        """Whoever's claim is the oldest; None while there is no claim. Raises Unavailable."""
        found = await self._client.kv.first_created(self._prefix, self._end)
        return found.value.decode(errors="replace") if found else None

    async def release(self, session: Session) -> None:
        """Take our claim back, so that the next in line holds. Nothing happens when it is gone."""
        await self._withdraw(self._key(session), session)

    def _key(self, session: Session) -> bytes:
        return self._prefix + f"{session.lease:016x}".encode()

    async def _claim(self, key: bytes, session: Session, patient: bool) -> int:
        """Put our claim and return its create revision. The key is ours alone, so doing it again is harmless."""
        pause = PAUSE
        while True:
            try:
                answer = await self._client.kv.txn(
                    [kv.created(key, 0)], [kv.put(key, self._holder, session.lease)], [kv.get(key, keys_only=True)]
                )
            except NotFound:
                session.end()
                raise lease_lost() from None
            except (Unavailable, Exhausted) as error:
                if not patient:
                    raise
                log.info("claim could not be made yet", key=key.decode(), error=str(error))
                await asyncio.sleep(pause)
                pause = min(2 * pause, PAUSE_MAX)
                continue
            if answer.succeeded:
                return answer.header.revision
            return answer.responses[0].response_range.kvs[0].create_revision

    async def _wait_for_turn(self, revision: int) -> None:
        while True:
            try:
                found = await self._client.kv.last_created_before(self._prefix, self._end, revision)
                if not found.kvs:
                    return
                await self._client.watch.follow(found.kvs[0].key, b"", found.header.revision + 1, _gone)
            except OutOfRange:
                continue  # compacted while we were cut off: look again at who is before us
            except Unavailable:
                await asyncio.sleep(PAUSE)

    async def _withdraw(self, key: bytes, session: Session) -> None:
        """A claim that cannot be taken back must not outlive us: then the whole session goes."""
        if not session.alive:
            return
        try:
            async with asyncio.timeout(RELEASE_TIMEOUT):
                await self._delete(key)
        except BaseException as error:
            log.warning("claim could not be taken back, the session is given up", key=key.decode(), error=str(error))
            session.end()
            if not isinstance(error, TimeoutError):
                raise

    async def _delete(self, key: bytes) -> None:
        while True:
            try:
                await self._client.kv.delete(key)
            except Unavailable:
                await asyncio.sleep(PAUSE)
            else:
                return


def _gone(batch: Batch) -> bool:
    return any(event.type == pb.Event.DELETE for event in batch.events)
