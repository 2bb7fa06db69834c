"""A daemon's session: a lease, kept alive, whose loss is noticed here no later than in etcd.

The deadline is counted on our own clock from before each renewal was sent, so that a daemon that was frozen or
cut off knows by itself that its time is over. It knows nothing of what hangs on the lease.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import structlog

from winslow.errors import NotFound, Unavailable, WinslowError
from winslowd.etcd import faults
from winslowd.etcd.channels import GRANT, KEEP_ALIVE, REVOKE, Channels, Endpoint, Metadata
from winslowd.etcd.scope import alongside
from winslowd.etcd.wire import etcd_pb2 as pb

log = structlog.get_logger(__name__)

TTL = 15
"""Seconds that a silent session lives; leaders of etcd change within two, so ten is the least that is wise."""
RENEWALS = 3
"""Renewals within one TTL, where nobody says how often."""
TENURE_TTL = 10
"""Seconds that a silent leader leads; the least that is wise."""
TENURE_RENEWALS = 4
ATTEMPT = 2.0
"""Seconds that one renewal may take before another member is asked: a frozen member must not cost the lease."""
NOT_SAID = 0.0
"""Of a moment until which a lease is good: nothing was said of it."""
PAUSE = 0.1
BACKOFF_MAX = 2.0


class Session:
    """One lease, good until `deadline` of the loop's time. Ended once, it stays ended; a new session has a new lease."""

    def __init__(self, lease: int, deadline: float) -> None:
        self.lease = lease
        self.ended = asyncio.Event()
        self.deadline = deadline
        self._scopes: dict[asyncio.Timeout, None] = {}

    @property
    def alive(self) -> bool:
        return not self.ended.is_set() and asyncio.get_running_loop().time() < self.deadline

    def extend(self, deadline: float) -> None:
        """It was renewed until `deadline`, in the loop's time."""
        if self.alive:
            self._reschedule(deadline)

    def end(self) -> None:
        """It is over: every scope that it holds is cancelled now."""
        self.ended.set()
        self._reschedule(asyncio.get_running_loop().time())

    def _reschedule(self, deadline: float) -> None:
        self.deadline = deadline
        for scope in self._scopes:
            if not scope.expired():
                scope.reschedule(deadline)

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """A scope that is cancelled when the session ends; raises Unavailable (LEASE_LOST) then."""
        try:
            async with asyncio.timeout_at(self.deadline) as scope:
                self._scopes[scope] = None
                try:
                    yield
                finally:
                    self._scopes.pop(scope, None)
        except TimeoutError:
            if not scope.expired():
                raise
            raise lease_lost() from None


def lease_lost() -> Unavailable:
    return Unavailable(
        "This daemon's session with etcd was lost",
        reason="LEASE_LOST",
        hint="It is granted anew by itself once etcd answers",
    )


class Sessions:
    """The session that a daemon has now, and the next one when that is lost.

    `memory` is a file in which the lease is remembered: a daemon that was killed leaves its session behind, and the next one
    with the same memory (it must be the only one) ends it at once, rather than wait until it runs out to lead again.
    """

    def __init__(
        self, channels: Channels, ttl: int = TTL, memory: Path | None = None, keepalive: float | None = None
    ) -> None:
        self._channels = channels
        self._ttl = ttl
        self._keepalive = keepalive or ttl / RENEWALS
        self._memory = memory
        self._session: Session | None = None
        self._beside: set[int] = set()
        self._wanted = asyncio.Event()
        self._granted = asyncio.Event()

    @classmethod
    @asynccontextmanager
    async def open(
        cls, channels: Channels, ttl: int = TTL, memory: Path | None = None, keepalive: float | None = None
    ) -> AsyncIterator[Sessions]:
        """Have a session of `ttl` seconds from now on, renewed every `keepalive` seconds (default: a third of `ttl`).

        It is given back at the end. Does not wait for the first.
        """
        sessions = cls(channels, ttl, memory, keepalive)
        sessions._wanted.set()
        async with alongside("etcd-session", sessions._keep()):
            try:
                yield sessions
            finally:
                await sessions.leave()

    @property
    def live(self) -> Session | None:
        """The session, if there is one now."""
        return self._session if self._session and self._session.alive else None

    async def current(self) -> Session:
        """The session, once there is one."""
        while (session := self.live) is None:
            self._granted.clear()
            await self._granted.wait()
        return session

    def rejoin(self) -> None:
        """Have a session again after `leave`."""
        self._wanted.set()

    async def leave(self) -> None:
        """End the session now, so that nobody waits for its lease to run out. Nothing happens when it is over."""
        self._wanted.clear()
        session, self._session = self._session, None
        if session is None or not session.alive:
            return
        session.end()
        await self._revoke(session.lease)

    async def _revoke(self, lease: int) -> None:
        try:
            await self._channels.call(REVOKE, pb.LeaseRevokeRequest(ID=lease), timeout=ATTEMPT)
        except NotFound:
            pass
        except WinslowError as error:
            log.warning("session was not given back, its lease runs out by itself", error=str(error))

    @asynccontextmanager
    async def tenure(self, ttl: int = TENURE_TTL) -> AsyncIterator[Session]:
        """A second lease, for what must be noticed sooner than a node's end: that its leader is gone.

        It is given back at the end of the scope; a daemon that was killed leaves it in the memory, as its session.
        """
        ttl = min(ttl, self._ttl)
        async with Sessions.open(self._channels, ttl, keepalive=ttl / TENURE_RENEWALS) as brisk:
            session = await brisk.current()
            self._beside.add(session.lease)
            self._remember()
            try:
                yield session
            finally:
                self._beside.discard(session.lease)
                self._remember()

    async def _end_predecessor(self) -> None:
        try:
            leases = (
                [int(word, 16) for word in self._memory.read_text(encoding="ascii").split()] if self._memory else []
            )
        except (OSError, ValueError):
            return
        for lease in leases:
            await self._revoke(lease)

    def _remember(self) -> None:
        if self._memory:
            leases = [*([self._session.lease] if self._session else []), *sorted(self._beside)]
            draft = self._memory.with_suffix(".new")
            draft.write_text(" ".join(f"{lease:x}" for lease in leases), encoding="ascii")
            draft.replace(self._memory)

    async def _keep(self) -> None:
        await self._end_predecessor()
        while True:
            await self._wanted.wait()
            session = await self._grant()
            if not self._wanted.is_set():
                continue  # left meanwhile: the lease runs out unused
            self._session = session
            self._remember()
            self._granted.set()
            try:
                async with session.held():
                    await self._renew_for_ever(session)
            except Unavailable:
                session.end()
                if self._wanted.is_set():
                    log.warning("session was lost, a new one is asked for", lease=f"{session.lease:x}")

    async def _grant(self) -> Session:
        loop = asyncio.get_running_loop()
        failures = 0
        while True:
            asked = loop.time()
            try:
                answer = await self._channels.call(GRANT, pb.LeaseGrantRequest(TTL=self._ttl))
                return Session(answer.ID, asked + answer.TTL)
            except WinslowError as error:
                if failures == 0:
                    log.warning("no session yet", error=str(error))
                await asyncio.sleep(min(0.1 * 2**failures, BACKOFF_MAX))
                failures = min(failures + 1, 10)

    async def _renew_for_ever(self, session: Session) -> None:
        """Never returns: the scope of the session ends it."""
        while True:
            await asyncio.sleep(self._keepalive)
            until = await self._renewed(session.lease)
            if until is None:
                session.end()
            else:
                session.extend(until)

    async def _renewed(self, lease: int) -> float | None:
        """Until when the lease is good, by the loop's clock; None when it is no more. Asks until there is an answer.

        Who does not answer in time is left, and another member asked beside him. He is not given up: an answer counts
        from when it was asked for, so it is as good where it comes late, and where our own loop is late to hear it.
        """
        asking: set[asyncio.Task[float | None]] = set()
        try:
            while True:
                asking.add(asyncio.create_task(self._asked(lease), name="etcd-session: asks"))
                done, asking = await asyncio.wait(asking, timeout=ATTEMPT, return_when=asyncio.FIRST_COMPLETED)
                for one in done:
                    if (until := one.result()) != NOT_SAID:
                        return until
                if not done:
                    log.info("session was not renewed yet", error="no answer in time")
        finally:
            for one in asking:
                one.cancel()
            await asyncio.gather(*asking, return_exceptions=True)

    async def _asked(self, lease: int) -> float | None:
        """As `_renewed`, of one member; NOT_SAID when it did not say."""
        loop = asyncio.get_running_loop()
        late = None
        try:
            endpoint = await self._channels.ready(loop.time() + ATTEMPT)
            late = loop.call_later(ATTEMPT, self._channels.leave, endpoint)
            metadata = await self._channels.metadata()
            asked = loop.time()
            left = await self._ask(endpoint, metadata, lease)
            if left is not None:
                return asked + left if left > 0 else None
            self._channels.leave(endpoint)
        except WinslowError as error:
            log.info("session was not renewed yet", error=str(error))
        except grpc.aio.AioRpcError as error:
            log.info("session was not renewed yet", error=faults.details(error))
            self._channels.leave(endpoint)
            if faults.stale_token(error):
                await self._channels.try_renew()
        finally:
            if late:
                late.cancel()
        await asyncio.sleep(PAUSE)
        return NOT_SAID

    @staticmethod
    async def _ask(endpoint: Endpoint, metadata: Metadata, lease: int) -> int | None:
        """A stream for each renewal: nothing to repair when a member goes, and at one in five seconds nothing to save."""
        call = endpoint.stream(KEEP_ALIVE, iter([pb.LeaseKeepAliveRequest(ID=lease)]), metadata)
        try:
            answer: Any = await call.read()
            if answer is grpc.aio.EOF:
                return None
            await call.read()  # its end; a stream cut short may cost a ping, and etcd counts those
            return int(answer.TTL)
        finally:
            call.cancel()
