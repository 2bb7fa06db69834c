"""Bodies of requests and answers that move between a client's connection and a file, past the daemon.

A request lends its connection for laps of a few seconds. Where the client stalls, the server waits for it in the ordinary
way, a piece at a time and without a thread, and lends again. What is moved and where it may go is decided before.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import aclosing, contextmanager

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from winslow.errors import WinslowError
from winslow.ports import Pace
from winslowd.gateway.guard import asker
from winslowd.gateway.lending import Connection, connection_of
from winslowd.gateway.ranges import Span
from winslowd.usecases.archives import changed
from winslowd.usecases.carrying import Carrying
from winslowd.usecases.files import FileShown
from winslowd.usecases.uploads import Uploads, UploadShown

LENT_MIN = 1 << 20
"""Bytes of the smallest body for which it is worth it."""
LENT_MAX = 32
"""Requests that lend at once: two for each thread that moves bytes. All others take the ordinary way."""
PIECE = 1 << 20
"""Bytes of a piece that takes the ordinary way."""


class Lending:
    """Which requests lend their connection. Without `carrying` none does."""

    def __init__(self, carrying: Carrying | None) -> None:
        self._carrying = carrying
        self._lent = 0

    @contextmanager
    def of(self, request: Request, size: int) -> Iterator[tuple[Connection, Carrying] | None]:
        """What a body of `size` bytes may be moved with, until the scope ends."""
        connection = connection_of(request)
        if connection is None or self._carrying is None or size < LENT_MIN or self._lent >= LENT_MAX:
            yield None
            return
        self._lent += 1
        try:
            yield connection, self._carrying
        finally:
            self._lent -= 1


async def receive(
    request: Request, connection: Connection, carrying: Carrying, uploads: Uploads, shown: UploadShown
) -> UploadShown:
    """Append the request's body, of known length, to the upload. Cut off, with what of it came, which is safe.

    Raises what appending raises; the rest of the body is then refused, or the connection cut.
    """
    begun = connection.begun()
    while connection.body_left:
        pace = Pace.STALLED
        if connection.lendable:
            with connection.lent(_is_over) as descriptor:
                shown, carried = await carrying.receive(descriptor, shown, connection.body_left, begun)
            begun, pace = b"", carried.pace
            connection.received(carried.size)
        if pace is Pace.GONE:
            connection.cut()
            return shown
        if pace is Pace.STALLED:
            shown = await _appended(request, uploads, shown, begun)
            message = await request.receive()
            if message["type"] == "http.disconnect":
                return shown
            begun = message["body"]
    return await _appended(request, uploads, shown, begun)


def _is_over(error: WinslowError) -> bool:
    """Whether who moved the bytes has stopped: a worker that was given up is not waited for, and may still take some."""
    return error.reason != "STORAGE_DEGRADED"


async def _appended(request: Request, uploads: Uploads, shown: UploadShown, data: bytes) -> UploadShown:
    async def pieces() -> AsyncIterator[tuple[int, bytes]]:
        for start in range(0, len(data), PIECE):
            yield shown.upload.offset + start, data[start : start + PIECE]

    return await uploads.append(asker(request), shown.upload.id, pieces()) if data else shown


class SpanResponse(Response):
    """An answer whose body is a span of a file. `steady` gives the bytes of a part of it in the ordinary way."""

    def __init__(
        self,
        lending: Lending,
        request: Request,
        shown: FileShown,
        span: Span,
        steady: Callable[[Span], AsyncGenerator[bytes, None]],
        status: int,
        headers: dict[str, str],
    ) -> None:
        super().__init__(status_code=status, headers=headers)
        self._lending, self._request, self._shown, self._span, self._steady = lending, request, shown, span, steady

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._lending.of(self._request, self._span.size) as lent:
            if lent is None:
                plain = StreamingResponse(self._steady(self._span), self.status_code, dict(self.headers))
                await plain(scope, receive, send)
                return
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            await self._carried(*lent, send)
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _carried(self, connection: Connection, carrying: Carrying, send: Send) -> None:
        at, end = self._span.offset, self._span.offset + self._span.size
        while at < end:
            pace = Pace.STALLED
            if connection.lendable:
                with connection.lent() as descriptor:
                    carried = await carrying.send(descriptor, self._shown, at, end - at)
                connection.sent(carried.size)
                at, pace = at + carried.size, carried.pace
            if pace is Pace.GONE:
                connection.cut()
                raise ClientDisconnect
            if pace is Pace.ENDED:
                raise changed(self._shown)
            if pace is Pace.STALLED and at < end:
                at += await self._ordinary(connection, Span(at, min(PIECE, end - at)), send)

    async def _ordinary(self, connection: Connection, span: Span, send: Send) -> int:
        """A piece that the server waits for the client to take."""
        async with aclosing(self._steady(span)) as pieces:
            async for piece in pieces:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        await connection.drained()
        return span.size
