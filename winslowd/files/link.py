"""The daemon's end of the socket pair: sends calls, matches answers, never blocks the loop.

It knows frames and futures; what a call means, how long it may take and who restarts a worker is elsewhere.
"""

from __future__ import annotations

import asyncio
from itertools import count
from typing import Any, cast

from winslow.errors import Unavailable
from winslowd.files.frames import HEADER, HELLO, Answer, Call, Cancel, Failure, Message, pack, unpack
from winslowd.files.passing import Passing

DIED = "STORAGE_RESTARTED"
"""The reason of an error that no worker told: it died."""
_BUFFER = 1 << 16


class Link(asyncio.BufferedProtocol):
    """One connection to one worker. Data is received straight into the buffer that it stays in."""

    def __init__(self, passing: Passing) -> None:
        self._passing = passing
        self.lost = asyncio.Event()
        """Set when the worker is gone; every call under way has failed then."""
        self._pending: dict[int, asyncio.Future[Any]] = {HELLO: asyncio.get_running_loop().create_future()}
        self._begun: dict[int, float] = {}
        """When calls were sent that the worker has not answered, also those that nobody waits for any more; the oldest first."""
        self._numbers = count(HELLO + 1)
        self._transport: asyncio.Transport | None = None
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._buffer = bytearray(_BUFFER)
        self._filled = 0
        self._data: bytearray | None = None
        self._data_filled = 0
        self._data_of: tuple[int, Message] = (HELLO, Cancel())

    async def hello(self) -> None:
        """Wait for the worker to be up. Raises the error that it could not start for, or Unavailable."""
        await self._pending[HELLO]

    async def request(
        self, name: str, arguments: tuple[Any, ...], data: bytes = b"", connection: int | None = None
    ) -> Any:
        """Have `name` done. When the caller is cancelled, the worker is told to stop, and is not waited for.

        A `connection` (descriptor) is passed to the worker as the first argument; ours stays ours.
        Raises the worker's error, or Unavailable (STORAGE_RESTARTED) when it died meanwhile.
        """
        await self._flowing.wait()
        transport = self._transport
        if transport is None or self.lost.is_set():
            raise _died()
        number = next(self._numbers)
        if connection is not None:
            arguments = (self._passing.send(connection), *arguments)
        future = self._pending[number] = asyncio.get_running_loop().create_future()
        self._begun[number] = asyncio.get_running_loop().time()
        transport.write(pack(number, Call(name, arguments), len(data)))
        if data:
            transport.write(data)
        try:
            return await future
        except asyncio.CancelledError:
            if self._pending.pop(number, None) is not None:
                transport.write(pack(number, Cancel()))
            raise

    def waiting(self) -> float:
        """For how many seconds the oldest call has been under way in the worker; 0 when there is none."""
        oldest = next(iter(self._begun.values()), None)
        return 0.0 if oldest is None else asyncio.get_running_loop().time() - oldest

    def close(self) -> None:
        """Close our end: the worker ends. Nothing happens the second time."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost.set()
        self._passing.close()
        self._flowing.set()
        pending, self._pending = self._pending, {}
        for future in pending.values():
            if not future.done():
                future.set_exception(_died())
                future.exception()  # who waits gets it; nobody waiting is no fault

    def pause_writing(self) -> None:
        self._flowing.clear()

    def resume_writing(self) -> None:
        self._flowing.set()

    def get_buffer(self, sizehint: int) -> memoryview:
        if self._data is not None:
            return memoryview(self._data)[self._data_filled :]
        if self._filled == len(self._buffer):
            self._buffer = self._buffer + bytes(len(self._buffer))
        return memoryview(self._buffer)[self._filled :]

    def buffer_updated(self, nbytes: int) -> None:
        if self._data is None:
            self._filled += nbytes
            self._take_frames()
            return
        self._data_filled += nbytes
        if self._data_filled == len(self._data):
            data, self._data = self._data, None
            self._settle(*self._data_of, bytes(data))

    def _take_frames(self) -> None:
        """Settle all whole frames in the buffer; data of which a part is missing is received in its own place."""
        view = memoryview(self._buffer)[: self._filled]
        at = 0
        while len(view) - at >= HEADER.size:
            number, size, data_size = HEADER.unpack_from(view, at)
            body = at + HEADER.size
            if len(view) - body < size:
                break
            message = unpack(view[body : body + size])
            at = body + size + data_size
            if at > len(view):
                self._await_data(number, message, view[body + size :], data_size)
                at = len(view)
                break
            self._settle(number, message, bytes(view[body + size : at]))
        rest = bytes(view[at:])
        if len(self._buffer) > _BUFFER:
            self._buffer = bytearray(max(_BUFFER, 2 * len(rest)))
        self._buffer[: len(rest)] = rest
        self._filled = len(rest)

    def _await_data(self, number: int, message: Message, begun: memoryview, size: int) -> None:
        self._data = bytearray(size)
        self._data[: len(begun)] = begun
        self._data_filled = len(begun)
        self._data_of = (number, message)

    def _settle(self, number: int, message: Message, data: bytes) -> None:
        self._begun.pop(number, None)
        future = self._pending.pop(number, None)
        if future is None or future.done():
            return  # the caller was cancelled
        match message:
            case Answer(value, has_data):
                future.set_result(data if has_data else value)
            case Failure():
                future.set_exception(message.error())
            case Call() | Cancel():
                raise AssertionError(f"the worker calls: {message!r}")


def _died() -> Unavailable:
    return Unavailable(
        "The process that does the storage work ended while it worked on this",
        reason=DIED,
        hint="It is started again by itself; try again",
    )
