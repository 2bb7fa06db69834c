"""The server's protocol: uvicorn's, with patience that ends and with connections that can be lent.

A head must be whole in time and small, and so must be what is around a body; a client that neither gives nor takes what is
due is cut off, and so is one too many. A request may lend its connection to whoever moves the body's bytes elsewhere
(`winslowd.gateway.lending`). What is asked and answered is unknown here.
"""

from __future__ import annotations

import asyncio
import fcntl
import socket
import struct
import termios
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, cast

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from winslowd.gateway.lending import CONNECTION, Connection

HEAD_MAX = 64 << 10
"""Bytes of a request's head: 8 KiB of path and what else browsers say, with room."""
PIPELINED_MAX = 16
"""Requests of one connection that wait behind the one that is answered; browsers send none like that."""
CONNECTIONS_MAX = 2000
"""At once: what people hold here must leave the daemon descriptors for etcd, for other nodes and for its stages."""
LINGER = 5.0
"""Seconds that a client has to read the answer to a body that it still sends."""
_ENDLESS = 1 << 60
_LOOKS = 4
"""How often in the idle time a client is looked at."""


@dataclass(frozen=True, slots=True)
class Patience:
    """In seconds: for a whole head, and for a client that neither gives nor takes a byte of what is due."""

    head: float = 10.0
    idle: float = 60.0


class _Lingering:
    """A transport that is closed in two steps: closed with bytes unread, it would take the answer back with it."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self.write, self.is_closing = transport.write, transport.is_closing

    def close(self) -> None:
        if not self._transport.is_closing():
            self._transport.write_eof()
            self._loop.call_later(LINGER, self._transport.abort)


class Protocol(HttpToolsProtocol):
    """One connection."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        patience: Patience,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.lent = False
        """Whether somebody else moves its bytes now."""
        self._request: Connection | None = None
        """Of the request that was read last; others may have been sent behind one that is still answered."""
        self._patience = patience
        self._head = 0
        """Bytes that came since there was a whole head, or a piece of a body: of a head, of chunks' sizes, of trailers."""
        self._head_timer: asyncio.TimerHandle | None = None
        self._look_timer: asyncio.TimerHandle | None = None
        self._priming = False
        self._came = 0
        self._mark: tuple[int, ...] = ()
        self._since = 0.0

    # ---- the connection

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > CONNECTIONS_MAX:
            transport.abort()
            return
        self._expect_head()
        self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_is_there()
        if self._look_timer is not None:
            self._look_timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._came += len(data)
        self._head += len(data)
        super().data_received(data)
        if self._head > HEAD_MAX or len(self.pipeline) > PIPELINED_MAX:
            self.transport.abort()

    # ---- the parser

    def on_message_begin(self) -> None:
        if not self._priming:
            super().on_message_begin()
            if self._head_timer is None:
                self._expect_head()

    def on_url(self, url: bytes) -> None:
        if not self._priming:
            super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._priming:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        if self._priming:
            return
        self._head_is_there()
        self._head = 0
        super().on_headers_complete()
        lengths = [value for name, value in self.headers if name == b"content-length"]
        self._request = Connection(self, self.cycle, int(lengths[0]) if lengths else 0)
        scope = cast(dict[str, Any], self.scope)
        scope.setdefault("extensions", {})[CONNECTION] = self._request

    def on_body(self, body: bytes) -> None:
        assert self._request is not None
        self._request.body_left -= len(body)
        self._head = 0
        super().on_body(body)

    def go_on_with(self, body_left: int) -> None:
        """Some of the body was taken past us, `body_left` bytes were not: read on with them."""
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
        if not body_left:
            self.on_message_complete()
            return
        # A new parser knows no other way into the middle of a body.
        self._priming = True
        self.parser.feed_data(b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % body_left)
        self._priming = False

    def refuse_rest(self) -> None:
        """Nobody knows how much of the body is left: drop what comes, and close once the answer has been read."""
        self.go_on_with(_ENDLESS)
        self.cycle.keep_alive = False
        self.cycle.transport = cast(asyncio.Transport, _Lingering(self.transport, self.loop))
        self.flow.resume_reading()

    # ---- patience

    def _expect_head(self) -> None:
        self._head = 0
        self._head_timer = self.loop.call_later(self._patience.head, self.transport.abort)

    def _head_is_there(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _look(self) -> None:
        """Cut off who owes something and has not moved a byte for too long."""
        now, mark = self.loop.time(), (self._came, self.transport.get_write_buffer_size(), self._unsent())
        if self.lent or not self._is_owed() or mark != self._mark:
            self._mark, self._since = mark, now
        elif now - self._since >= self._patience.idle:
            self._cut_off()
            return
        self._look_timer = self.loop.call_later(self._patience.idle / _LOOKS, self._look)

    def _cut_off(self) -> None:
        """At once: closed in order, the system would keep what the client does not take."""
        with suppress(OSError):
            at_once = struct.pack("ii", 1, 0)
            self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
        self.transport.abort()

    def _is_owed(self) -> bool:
        """Whether the client should take what we wrote, or give what we wait for."""
        waiting = self.cycle is not None and not self.cycle.response_complete and self.cycle.more_body
        return self.transport.get_write_buffer_size() > 0 or (waiting and not self.flow.read_paused)

    def _unsent(self) -> int:
        """Bytes that the system keeps for the client; it drains long before we may write again."""
        with suppress(OSError):
            known = fcntl.ioctl(self.transport.get_extra_info("socket").fileno(), termios.TIOCOUTQ, bytes(4))
            return int(struct.unpack("i", known)[0])
        return 0
