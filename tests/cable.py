"""A cable between a client and a server on loopback that a test can cut, mend, and hold in either direction."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from tests.etcd import free_ports


class Cable:
    """Connect to `endpoint` to reach the server. What is held is delivered on `mend`, unless the cable is cut before."""

    def __init__(self, server: str) -> None:
        self._port = free_ports(1)[0]
        self._host, _, port = server.partition(":")
        self._server_port = int(port)
        self.endpoint = f"127.0.0.1:{self._port}"
        self._listener: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._requests = asyncio.Event()
        self._answers = asyncio.Event()

    async def mend(self) -> None:
        """Everything flows again."""
        self._requests.set()
        self._answers.set()
        if self._listener is None:
            self._listener = await asyncio.start_server(self._connect, "127.0.0.1", self._port)

    def hold_requests(self) -> None:
        """What the client sends stays in the cable."""
        self._requests.clear()

    def hold_answers(self) -> None:
        """What the server sends stays in the cable."""
        self._answers.clear()

    async def cut(self) -> None:
        """End every connection, lose what is held, refuse new ones."""
        if self._listener:
            self._listener.close()
            self._listener = None
        for writer in self._writers:
            writer.transport.abort()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection(self._host, self._server_port)
        except OSError:
            writer.transport.abort()
            return
        self._writers |= {writer, far_writer}
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pump(reader, far_writer, self._requests), name="cable-requests")
                group.create_task(self._pump(far_reader, writer, self._answers), name="cable-answers")
        finally:
            self._writers -= {writer, far_writer}

    @staticmethod
    async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, flows: asyncio.Event) -> None:
        with suppress(OSError):
            while data := await reader.read(1 << 16):
                await flows.wait()
                writer.write(data)
                await writer.drain()
        writer.transport.abort()


@asynccontextmanager
async def cable(server: str) -> AsyncIterator[Cable]:
    """A whole cable to `server` (`host:port`)."""
    made = Cable(server)
    await made.mend()
    try:
        yield made
    finally:
        await made.cut()
        await made.mend()  # lets what was held go, so that its pumps end
        await made.cut()
