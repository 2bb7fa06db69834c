"""What lies between a daemon and an etcd in memory: calls that take time, are lost on the way there, or on the way back.

The real `Channels` is run over it: which call may be sent again, which failure leaves doubt, and when a member is given up,
is decided by the code that decides it in a daemon. A `Line` is one daemon's; the world cuts it, delays it, and says what
becomes of single calls. Whatever has left the daemon goes on without it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextvars import Context, copy_context
from enum import Enum
from typing import Any

import grpc

from tests.fakes.etcd import FakeEtcd, Refused, Watcher
from winslowd.etcd.channels import Channels, Method
from winslowd.etcd.wire import etcd_pb2 as pb

Metadata = tuple[tuple[str, str], ...]


BEHIND = 1e-6
"""Seconds between two things said one after the other: timers of the same moment fire in any order."""


class Fate(Enum):
    """What becomes of one call."""

    ANSWERED = "answered"
    REFUSED = "refused"
    """No connection: it certainly did not happen."""
    LOST = "lost on the way there"
    """Nothing happens and nobody says so."""
    UNANSWERED = "lost on the way back"
    """It happens and nobody says so."""
    LATE = "late"
    """It happens after the caller gave up."""


class Line:
    """One daemon's way to etcd. `latency` gives the seconds of one way, another each time; `fate` what becomes of a call.

    `lag`: streams are that much later. `cut`: what is sent is swallowed, nothing comes back, nobody is told. `refusing`:
    nobody is there, and that is known.
    """

    def __init__(
        self, etcd: FakeEtcd, latency: Callable[[], float], fate: Callable[[str], Fate] = lambda _: Fate.ANSWERED
    ) -> None:
        self.etcd = etcd
        self.latency = latency
        self.fate = fate
        self.cut = False
        self.lag = 0.0
        self.refusing = False
        self.context: Context = copy_context()
        """Where what happens beyond the daemon runs."""
        self.mark: Callable[[], Any] = lambda: None
        """Asked when a call is made; when a transaction is carried out, `witness` gets that and etcd's answer."""
        self.witness: Callable[[Any, Any], None] = lambda mark, answer: None
        self.streams: dict[_Stream, None] = {}

    def later(self, delay: float, act: Callable[..., None], *arguments: Any) -> None:
        loop = asyncio.get_running_loop()
        loop.call_later(delay, act, *arguments, context=self.context)

    def break_streams(self) -> None:
        """As when a member is restarted: every stream over it ends."""
        for stream in list(self.streams):
            stream.fail(grpc.StatusCode.UNAVAILABLE, "the member went away")

    def drop_streams(self) -> None:
        """The daemon is gone: nobody listens any more."""
        for stream in list(self.streams):
            stream.close()


class _Ready:
    """The part of a channel that waits for a connection."""

    def __init__(self, line: Line) -> None:
        self._line = line

    async def channel_ready(self) -> None:
        while self._line.refusing:
            await asyncio.sleep(0.1)

    async def close(self) -> None:
        return


class LineEndpoint:
    """Stands where `winslowd.etcd.channels.Endpoint` stands."""

    address = "line:2379"

    def __init__(self, line: Line) -> None:
        self._line = line
        self.channel = _Ready(line)

    @property
    def ready(self) -> bool:
        return not self._line.refusing

    def unary(self, method: Method[Any]) -> Callable[..., asyncio.Future[Any]]:
        return lambda request, metadata, timeout: _Call(self._line, method, request, timeout).answer

    def stream(self, method: Method[Any], requests: Iterator[Any] | AsyncIterator[Any], metadata: Metadata) -> _Stream:
        del metadata
        return _Stream(self._line, method, requests)


class LineChannels(Channels):
    """The real `Channels`, over a line instead of sockets."""

    def __init__(self, line: Line) -> None:
        self._line = line
        super().__init__([LineEndpoint.address])

    def _connect(self, address: str, tls: object) -> Any:
        return LineEndpoint(self._line)


class _Call:
    """One request and what comes back. It is on its way as soon as it is made."""

    def __init__(self, line: Line, method: Method[Any], request: Any, timeout: float) -> None:
        self._line = line
        self._method = method
        self._request = request
        self._mark = line.mark()
        loop = asyncio.get_running_loop()
        self.answer: asyncio.Future[Any] = loop.create_future()
        self._gives_up = loop.time() + timeout
        fate = Fate.REFUSED if line.refusing else Fate.LOST if line.cut else line.fate(method.path)
        self._fate = fate
        match fate:
            case Fate.REFUSED:
                self._after(line.latency(), self._fail, grpc.StatusCode.UNAVAILABLE, "failed to connect")
            case Fate.LOST:
                self._time_out()
            case Fate.LATE:
                self._after(timeout + line.latency() * 20, self._arrive)
                self._time_out()
            case _:
                self._after(line.latency(), self._arrive)

    def _after(self, delay: float, act: Callable[..., None], *arguments: Any) -> None:
        self._line.later(delay, act, *arguments)

    def _time_out(self) -> None:
        left = max(self._gives_up - asyncio.get_running_loop().time(), 0.0)
        self._after(left, self._fail, grpc.StatusCode.DEADLINE_EXCEEDED, "Deadline Exceeded")

    def _arrive(self) -> None:
        if self._line.cut or self._line.refusing:  # it did not come through
            return self._time_out()
        try:
            answer = self._line.etcd.answer(self._method.path, self._request)
        except Refused as refused:
            return self._come_back(self._fail, refused.code, refused.details)
        if isinstance(answer, pb.TxnResponse):
            self._line.witness(self._mark, answer)
        self._come_back(self._succeed, answer)

    def _come_back(self, act: Callable[..., None], *arguments: Any) -> None:
        delay = self._line.latency()
        late = asyncio.get_running_loop().time() + delay > self._gives_up
        if self._fate is not Fate.ANSWERED or late:
            return self._time_out()
        self._after(delay, self._unless_cut, act, arguments)

    def _unless_cut(self, act: Callable[..., None], arguments: tuple[Any, ...]) -> None:
        if self._line.cut or self._line.refusing:
            return self._time_out()
        act(*arguments)

    def _succeed(self, answer: Any) -> None:
        if not self.answer.done():
            self.answer.set_result(answer)

    def _fail(self, code: grpc.StatusCode, details: str) -> None:
        if not self.answer.done():
            self.answer.set_exception(_error(code, details))


class _Stream:
    """A watch, or one renewal of a lease. What etcd says comes in order, each thing as late as the line is slow."""

    def __init__(self, line: Line, method: Method[Any], requests: Iterator[Any] | AsyncIterator[Any]) -> None:
        self._line = line
        self._method = method
        self._inbox: asyncio.Queue[Any] = asyncio.Queue()
        self._watcher: Watcher | None = None
        self._over = False
        self._last = 0.0
        line.streams[self] = None
        loop = asyncio.get_running_loop()
        self._sending = loop.create_task(self._send(requests), name=f"stream {method.path}")

    async def read(self) -> Any:
        found = await self._inbox.get()
        if isinstance(found, BaseException):
            self._inbox.put_nowait(found)
            raise found
        return found

    def cancel(self) -> None:
        self.close()
        self._sending.cancel()

    def fail(self, code: grpc.StatusCode, details: str) -> None:
        if not self._over:
            self.close()
            self._line.later(0, self._inbox.put_nowait, _error(code, details))

    def close(self) -> None:
        self._over = True
        self._line.streams.pop(self, None)
        if self._watcher is not None:
            self._line.etcd.unwatch(self._watcher)

    async def _send(self, requests: Iterator[Any] | AsyncIterator[Any]) -> None:
        if isinstance(requests, AsyncIterator):
            async for request in requests:
                self._line.later(self._line.latency(), self._arrive, request)
        else:
            for request in requests:
                self._line.later(self._line.latency(), self._arrive, request)

    def _arrive(self, request: Any) -> None:
        if self._over:
            return
        if self._line.cut or self._line.refusing:
            return self._go_silent()
        if isinstance(request, pb.LeaseKeepAliveRequest):
            self._say(self._line.etcd.answer(self._method.path, request))
            self._say(grpc.aio.EOF)
        elif request.HasField("create_request"):
            asked = request.create_request
            self._watcher = Watcher(asked.key, asked.range_end, asked.start_revision, self._say)
            self._line.etcd.watch(self._watcher)
        else:
            self._say(self._line.etcd.progress())

    def _say(self, answer: Any) -> None:
        """In order; what was said while the line was cut is never heard."""
        now = asyncio.get_running_loop().time()
        self._last = max(self._last + BEHIND, now + self._line.latency() + self._line.lag)
        self._line.later(self._last - now, self._hear, answer)

    def _hear(self, answer: Any) -> None:
        if self._over:
            return
        if self._line.cut or self._line.refusing:
            return self._go_silent()
        self._inbox.put_nowait(answer)

    def _go_silent(self) -> None:
        """Something did not come through, and nothing that is said later may come before it: nothing comes any more."""
        self._over = True
        if self._watcher is not None:
            self._line.etcd.unwatch(self._watcher)


def _error(code: grpc.StatusCode, details: str) -> grpc.aio.AioRpcError:
    return grpc.aio.AioRpcError(code, grpc.aio.Metadata(), grpc.aio.Metadata(), details=details)
