"""A request's connection, lent to whoever moves the bytes of a body past the server, and taken back where they ended.

While it is lent, the server neither reads nor writes. What goes wrong meanwhile ends the connection, since nobody knows
what was moved. It knows neither files nor what is asked; `winslowd.gateway.protocol` makes it.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from starlette.requests import Request
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from winslow.errors import WinslowError

if TYPE_CHECKING:
    from winslowd.gateway.protocol import Protocol

CONNECTION = "winslow.connection"
"""The extension of a request's scope that is its `Connection`."""


def _never(error: WinslowError) -> bool:
    """Nobody knows what was moved."""
    return False


class Connection:
    """The connection of one request."""

    def __init__(self, protocol: Protocol, cycle: RequestResponseCycle, body_left: int) -> None:
        self._protocol = protocol
        self._cycle = cycle
        self.body_left = body_left
        """Bytes of the request's body that have not come, where it said how many there are."""

    @property
    def lendable(self) -> bool:
        """Whether its socket is all there is of it now: not encrypted, nothing waits to be written, nothing follows."""
        transport = self._protocol.transport
        return not (
            self._cycle.disconnected
            or transport.is_closing()
            or transport.get_extra_info("sslcontext")
            or transport.get_write_buffer_size()
            or self._protocol.cycle is not self._cycle
        )

    @contextmanager
    def lent(self, answers: Callable[[WinslowError], bool] = _never) -> Iterator[int]:
        """The socket's descriptor. What is raised in the body of the scope ends the connection for both sides.

        An error for which `answers` says so may still be answered: the rest of the request's body is read and dropped. So
        whoever it was lent to must be done with it.
        """
        transport = self._protocol.transport
        one = transport.get_extra_info("socket")
        self._protocol.flow.pause_reading()
        self._protocol.lent = True
        try:
            yield one.fileno()
        except BaseException as error:
            answered = isinstance(error, WinslowError) and answers(error)
            if answered:
                self._protocol.refuse_rest()
            else:
                with suppress(OSError):  # also for who still has it
                    one.shutdown(socket.SHUT_RDWR)
                transport.abort()
            raise
        finally:
            self._protocol.lent = False

    def begun(self) -> bytes:
        """What of the body has come, taken away; the sender is told to send the rest."""
        if self._cycle.waiting_for_100_continue:
            self._protocol.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self._cycle.waiting_for_100_continue = False
        self._protocol.flow.pause_reading()
        body, self._cycle.body = bytes(self._cycle.body), bytearray()
        if self._cycle.more_body:
            self._cycle.message_event.clear()
        return body

    def received(self, count: int) -> None:
        """`count` bytes of the request's body were received by others."""
        self.body_left -= count
        self._protocol.go_on_with(self.body_left)

    def sent(self, count: int) -> None:
        """`count` bytes of the answer's body were sent by others."""
        self._cycle.expected_content_length -= count

    async def drained(self) -> None:
        """Wait until all that was written has left."""
        transport, flow = self._protocol.transport, self._protocol.flow
        transport.set_write_buffer_limits(0)  # pauses us where something waits, and wakes us when nothing does
        try:
            await flow.drain()
        finally:
            transport.set_write_buffer_limits()

    def cut(self) -> None:
        """End it: the client sees that something is missing."""
        self._protocol.transport.abort()


def connection_of(request: Request) -> Connection | None:
    """None where another server, or a test, carries the request."""
    found = (request.scope.get("extensions") or {}).get(CONNECTION)
    assert found is None or isinstance(found, Connection)
    return found
