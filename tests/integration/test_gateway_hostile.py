"""What a hostile client may send to the gateway, at a real socket: it is cut off or refused, and others are served meanwhile."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from starlette.types import Receive, Scope, Send

from winslowd.gateway import grpc_web, protocol, server
from winslowd.gateway.grpc_web import GrpcWeb

PATIENT = 30.0
CHUNKED = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Reads all of the body and says how long it was."""
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        size, more = size + len(message["body"]), message["more_body"]
    body = str(size).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})


@pytest.fixture
async def port() -> AsyncIterator[int]:
    async with server.listening(echo, ["127.0.0.1:0"]) as (bound,):
        yield int(bound.rpartition(":")[2])


@asynccontextmanager
async def client(port: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        async with asyncio.timeout(PATIENT):
            yield reader, writer
    finally:
        writer.transport.abort()


async def answer(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    size = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
    return await reader.readexactly(size)


async def sent_until_cut(writer: asyncio.StreamWriter, piece: bytes, most: int) -> int:
    """Bytes that could be sent before the connection was cut."""
    sent = 0
    with suppress(ConnectionError):
        while sent < most:
            writer.write(piece)
            await writer.drain()
            sent += len(piece)
    return sent


class TestAConnection:
    @pytest.mark.parametrize("piece", [b"a: b\r\n" * 10_000, b"x" * 60_000], ids=["many", "long"])
    async def test_whose_trailers_never_end_is_cut(self, port: int, piece: bytes) -> None:
        most = 64 << 20
        async with client(port) as (_, writer):
            writer.write(CHUNKED + b"5\r\nhello\r\n0\r\na: ")
            assert await sent_until_cut(writer, piece, most) < most

    async def test_whose_chunks_have_endless_extensions_is_cut(self, port: int) -> None:
        most = 64 << 20
        async with client(port) as (_, writer):
            writer.write(CHUNKED + b"5;")
            assert await sent_until_cut(writer, b"x" * 60_000, most) < most

    async def test_that_says_trailers_and_sends_small_chunks_is_served(self, port: int) -> None:
        async with client(port) as (reader, writer):
            for _ in range(2):
                writer.write(CHUNKED + b"1\r\nx\r\n" * 50_000 + b"0\r\nDigest: x\r\n\r\n")
                assert await answer(reader) == b"50000"

    async def test_that_asks_a_thousand_things_at_once_is_cut(self, port: int) -> None:
        async with client(port) as (reader, writer):
            writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 1000)
            with suppress(ConnectionError):
                assert (await reader.read()).count(b"200 OK") < 1000

    async def test_that_is_one_too_many_is_closed_and_the_others_are_served(
        self, port: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(protocol, "CONNECTIONS_MAX", 2)
        ask = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
        async with client(port) as (reader, writer):
            async with client(port) as (second, _), client(port) as (third, asking):
                asking.write(ask)
                with suppress(ConnectionError):
                    assert await third.read() == b""
                writer.write(ask)
                assert await answer(reader) == b"0"
                assert not second.at_eof()
            while True:  # until it is known that the others have gone
                async with client(port) as (later, asking):
                    asking.write(ask)
                    with suppress(ConnectionError, asyncio.IncompleteReadError):
                        assert await answer(later) == b"0"
                        break


class NoServices:
    """A channel that is never asked, since no call becomes one."""

    def unary_stream(self, path: str) -> None:
        raise AssertionError("What was refused is passed on to no service")


class TestABody:
    """Of gRPC-Web; the head of a message promises what never comes."""

    HEAD = (
        b"POST /winslow.v1.ClusterService/GetCluster HTTP/1.1\r\nHost: x\r\n"
        b"Content-Type: application/grpc-web+proto\r\nContent-Length: %d\r\n\r\n"
    )

    @pytest.fixture
    async def port(self) -> AsyncIterator[int]:
        async with server.listening(GrpcWeb(NoServices()), ["127.0.0.1:0"]) as (bound,):  # type: ignore[arg-type]
            yield int(bound.rpartition(":")[2])

    async def test_that_does_not_come_in_time_is_waited_for_no_longer(
        self, port: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(grpc_web, "BODY_WITHIN", 0.2)
        async with client(port) as (reader, writer):
            writer.write(self.HEAD % 1000 + struct.pack(">BI", 0, 995))
            await reader.readuntil(b"had not come within")

    async def test_is_refused_while_others_send_more_than_there_is_room_for(
        self, port: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(grpc_web, "BODIES_MAX", 100_000)
        part = self.HEAD % 1_000_000 + b"x" * 60_000
        async with client(port) as (one, writes_one), client(port) as (other, writes_other):
            writes_one.write(part)
            writes_other.write(part)
            reading = [asyncio.create_task(each.readuntil(b"Many are sending"), name="reads") for each in (one, other)]
            _, waiting = await asyncio.wait(reading, return_when=asyncio.FIRST_COMPLETED)
            assert len(waiting) == 1, "who came first is not refused"
            waiting.pop().cancel()
        said = b"Many are sending"
        while b"Many are sending" in said:  # until what was held for both is given back
            async with client(port) as (reader, writer):
                writer.write(self.HEAD % 90_000 + b"x" * 90_000)
                said = await reader.readuntil(b"grpc-status-details-bin")
        assert b"A message has at most" in said
