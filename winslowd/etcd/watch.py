"""Following a range of keys: every change exactly once, whatever happens to connections and members.

It resumes from the revision after the last event it delivered, and from nothing else: replies to progress
requests have run ahead of events in several versions of etcd (etcd-io/etcd#15220). It knows keys, not records.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import grpc
import structlog

from winslow.errors import DataLoss, Internal, OutOfRange, PermissionDenied, Unavailable
from winslowd.etcd import faults
from winslowd.etcd.channels import WATCH, Channels, Stream
from winslowd.etcd.kv import Kv
from winslowd.etcd.wire import etcd_pb2 as pb

log = structlog.get_logger(__name__)

PING = 2.0
"""Seconds between two questions whether the stream is alive."""
SILENCE = 5.0
"""Seconds without any answer after which the stream is taken for dead: two pings and a little."""
BACKOFF_MAX = 2.0


@dataclass(frozen=True, slots=True)
class Batch:
    """Everything up to `revision` has been delivered with this; `events` in order, each revision's whole.

    No events: only a sign of life.
    """

    revision: int
    events: tuple[pb.Event, ...] = ()


Deliver = Callable[[Batch], bool]
"""Takes what came; True ends the watch."""


class _Broken(Exception):
    """The stream ended; the watch goes on over another."""


class _Denied(Exception):
    """The watch was refused: its token is no longer good, or never was enough."""


class Watch:
    """Watches over an etcd; one object serves any number of them."""

    def __init__(self, channels: Channels, kv: Kv) -> None:
        self._channels = channels
        self._kv = kv

    async def follow(self, key: bytes, end: bytes, start: int, deliver: Deliver) -> None:
        """Deliver every event from revision `start` (1 or more) on, until `deliver` says that it is enough.

        Raises OutOfRange (REVISION_COMPACTED) when history from there on is gone, DataLoss (ETCD_REWOUND) when etcd
        is older than what was delivered, PermissionDenied, Unauthenticated. An outage is waited out.
        """
        course = Course(key, end, start, deliver)
        while not course.done:
            before = course.next
            try:
                await self._stream(course)
            except (_Broken, Unavailable) as error:
                course.failures = 0 if course.next > before else course.failures + 1
                if course.failures <= 1:
                    log.info(
                        "watch is resumed", key=key.decode(errors="replace"), revision=course.next, because=str(error)
                    )
                await asyncio.sleep(min(0.05 * 2 ** min(course.failures, 10), BACKOFF_MAX))

    async def _stream(self, course: Course) -> None:
        """One stream, until the course is done; raises _Broken when it ends before."""
        loop = asyncio.get_running_loop()
        endpoint = await self._channels.ready(loop.time() + self._channels.timeout)
        metadata = await self._channels.metadata(("hasleader", "true"))
        call = endpoint.stream(WATCH, _requests(course), metadata)
        try:
            async with asyncio.timeout(SILENCE) as alive:
                while not course.done:
                    response = await _next(call)
                    alive.reschedule(loop.time() + SILENCE)
                    if response.created and response.header.revision < course.next - 1:
                        await self._suspect_rewind(course.create.key, course.next - 1)
                    course.take(response)
        except TimeoutError:
            self._channels.leave(endpoint)
            raise _Broken("the member went silent") from None
        except grpc.aio.AioRpcError as error:
            self._channels.leave(endpoint)
            if faults.stale_token(error):
                await self._channels.try_renew()
            elif not faults.transient(error):
                raise faults.translate(error, "watch", repeatable=True) from error
            raise _Broken(faults.details(error)) from error
        except _Denied as denied:
            # etcd 3.4 says "permission denied" on a watch for an expired token too: log in again, once.
            if course.denied and "permission denied" in str(denied):
                raise PermissionDenied(f"etcd: watch: {denied}", reason="ETCD_DENIED") from None
            course.denied = True
            await self._channels.try_renew()
            raise _Broken(str(denied)) from denied
        except _Broken:
            self._channels.leave(endpoint)
            raise
        finally:
            call.cancel()

    async def _suspect_rewind(self, key: bytes, seen: int) -> None:
        """This member is behind what was seen: it may be late, or all of etcd was restored from a backup."""
        current = await self._kv.revision(key)
        if current < seen:
            raise DataLoss(
                f"etcd is at revision {current}, but revision {seen} was already seen",
                reason="ETCD_REWOUND",
                hint="etcd was wiped or restored from a backup: restart every winslowd, so that none acts on what is gone",
            )


class Course:
    """Where one watch stands: what comes next, and the pieces of a response that has not come whole yet."""

    def __init__(self, key: bytes, end: bytes, start: int, deliver: Deliver) -> None:
        self.create = pb.WatchCreateRequest(key=key, range_end=end, progress_notify=True, fragment=True)
        self.next = start
        self.done = False
        self.denied = False
        self.failures = 0
        self._deliver = deliver
        self._pieces: list[pb.Event] = []

    def begin(self) -> pb.WatchCreateRequest:
        """The request for a stream that goes on where the last one broke; pieces of an unfinished response are void."""
        self._pieces.clear()
        self.create.start_revision = self.next
        return self.create

    def take(self, response: pb.WatchResponse) -> None:
        if response.compact_revision:
            raise OutOfRange(
                f"etcd: history before revision {response.compact_revision} was compacted",
                reason="REVISION_COMPACTED",
                hint="List again and go on from there",
            )
        if response.canceled:
            raise self._cancelled(response.cancel_reason)
        self.denied = False
        if response.events:
            self._pieces.extend(response.events)
            if not response.fragment:
                events, self._pieces = tuple(self._pieces), []
                self.next = events[-1].kv.mod_revision + 1
                self._hand_over(events)
            return
        # The watcher's own timed progress is in order with its events; a reply to a ping (watch_id -1) is not.
        if not response.created and response.watch_id != -1 and not self._pieces:
            self.next = max(self.next, response.header.revision + 1)
        self._hand_over(())

    def _hand_over(self, events: tuple[pb.Event, ...]) -> None:
        self.done = self._deliver(Batch(self.next - 1, events))

    @staticmethod
    def _cancelled(reason: str) -> Exception:
        if "permission denied" in reason or "auth" in reason:
            return _Denied(reason)
        if "no leader" in reason or not reason:
            return _Broken(reason or "the server cancelled the watch")
        return Internal(f"etcd cancelled a watch: {reason}", reason="ETCD_REFUSED")


async def _next(call: Stream) -> pb.WatchResponse:
    response: Any = await call.read()
    if response is grpc.aio.EOF:
        raise _Broken("the stream ended")
    assert isinstance(response, pb.WatchResponse)
    return response


async def _requests(course: Course) -> AsyncIterator[pb.WatchRequest]:
    """What a stream sends: the watch, then a ping now and then, so that silence means something."""
    yield pb.WatchRequest(create_request=course.begin())
    while not course.done:
        await asyncio.sleep(PING)
        yield pb.WatchRequest(progress_request=pb.WatchProgressRequest())
