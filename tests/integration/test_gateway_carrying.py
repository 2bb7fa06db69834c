"""Bodies that pass the server by: connections lent to a real worker and taken back, over real sockets."""

from __future__ import annotations

import asyncio
import base64
import os
import random
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.unit.little import ANN, Little
from winslow.errors import Exhausted, Unavailable
from winslow.ports import Carried, Upload
from winslowd.files.process import FilesProcess, Patience, open_files
from winslowd.gateway import protocol, server
from winslowd.gateway.app import application
from winslowd.usecases.carrying import Carrying

CONTENT = random.Random(9).randbytes(6_000_000)
BODY = {"Tus-Resumable": "1.0.0", "Content-Type": "application/offset+octet-stream"}
IMPATIENT = protocol.Patience(head=1.0, idle=1.5)


@pytest.fixture
async def worker(tmp_path: Path) -> AsyncIterator[FilesProcess]:
    (tmp_path / "volume").mkdir()
    async with open_files(str(tmp_path / "volume"), Patience(ping_every=0.1, restart_max=0.2)) as process:
        yield process


@pytest.fixture
async def little(tmp_path: Path, worker: FilesProcess) -> AsyncIterator[Little]:
    async with Little.led(tmp_path / "volume") as one:
        one.use_cases.carrying = Carrying(worker.carrying, one.use_cases.files)
        yield one


@pytest.fixture
async def address(little: Little) -> AsyncIterator[str]:
    web = application(little.use_cases, lambda headers: ANN, lambda: little.now)
    async with server.listening(web, ["127.0.0.1:0"], IMPATIENT) as (bound,):
        yield bound


async def begun(address: str, path: str) -> str:
    said = f"path {base64.b64encode(path.encode()).decode()}"
    headers = {"Tus-Resumable": "1.0.0", "Upload-Length": str(len(CONTENT)), "Upload-Metadata": said}
    async with httpx.AsyncClient(base_url=f"http://{address}") as http:
        answer = await http.post("/files", headers=headers)
    assert answer.status_code == 201, answer.text
    return str(answer.headers["location"])


async def opened(address: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    host, _, port = address.rpartition(":")
    return await asyncio.open_connection(host, int(port))


def patch(place: str, offset: int, **more: str) -> bytes:
    headers = {**BODY, "Host": "127.0.0.1", "Upload-Offset": str(offset), "Content-Length": str(len(CONTENT) - offset)}
    lines = "".join(f"{name}: {value}\r\n" for name, value in {**headers, **more}.items())
    return f"PATCH {place} HTTP/1.1\r\n{lines}\r\n".encode()


async def answered(reader: asyncio.StreamReader) -> tuple[int, dict[str, str]]:
    head = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 20)).decode().split("\r\n")
    pairs = (line.split(": ", 1) for line in head[1:] if line)
    return int(head[0].split()[1]), {name.lower(): value for name, value in pairs}


async def test_a_connection_goes_on_after_it_was_lent(little: Little, address: str) -> None:
    """Up, a look, down and up again, all on one connection."""
    places = {name: await begun(address, f"resources/{name}") for name in ("a", "b")}
    reader, writer = await opened(address)
    for name, place in places.items():
        writer.write(patch(place, 0) + CONTENT)
        status, headers = await answered(reader)
        assert (status, headers["upload-offset"]) == (204, str(len(CONTENT)))
        writer.write(f"GET /files/resources/{name} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        status, headers = await answered(reader)
        assert (status, int(headers["content-length"])) == (200, len(CONTENT))
        assert await reader.readexactly(len(CONTENT)) == CONTENT
    writer.close()


async def test_who_waits_to_be_told_to_go_on_is_told(address: str) -> None:
    place = await begun(address, "resources/a")
    reader, writer = await opened(address)
    writer.write(patch(place, 0, Expect="100-continue"))
    assert (await answered(reader))[0] == 100
    writer.write(CONTENT)
    assert (await answered(reader))[0] == 204
    writer.close()


async def test_a_sender_that_pauses_goes_on_in_the_middle(little: Little, address: str) -> None:
    """Longer than it is waited for in the worker, shorter than it may be idle: it comes back by the ordinary way."""
    place = await begun(address, "resources/a")
    reader, writer = await opened(address)
    writer.write(patch(place, 0) + CONTENT[:2_000_000])
    await writer.drain()
    await asyncio.sleep(1.25)
    writer.write(CONTENT[2_000_000:])
    assert (await answered(reader))[0] == 204
    writer.close()
    assert Path(little.volume.workspaces.absolute("resources/a")).read_bytes() == CONTENT


async def test_a_reader_that_pauses_goes_on_in_the_middle(little: Little, address: str) -> None:
    size = 64 << 20
    content = random.Random(1).randbytes(1 << 20) * (size >> 20)
    Path(little.volume.workspaces.absolute("resources/big")).write_bytes(content)
    reader, writer = await opened(address)
    writer.write(b"GET /files/resources/big HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    assert (await answered(reader))[0] == 200
    await asyncio.sleep(1.25)
    assert await reader.readexactly(size) == content
    writer.write(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    assert (await answered(reader))[0] == 200
    writer.close()


async def test_an_error_in_the_middle_of_a_body_is_answered(little: Little, address: str) -> None:
    class Full:
        async def receive(
            self, connection: int, upload: Upload, offset: int, size: int, begun: bytes
        ) -> tuple[Upload, Carried]:
            os.read(connection, 100_000)
            raise Exhausted("The file system is full", reason="DISK_FULL", subject="a")

    little.use_cases.carrying = Carrying(Full(), little.use_cases.files)  # type: ignore[arg-type]
    web = application(little.use_cases, lambda headers: ANN, lambda: little.now)
    async with server.listening(web, ["127.0.0.1:0"]) as (other,):
        place = await begun(other, "resources/a")
        reader, writer = await opened(other)
        writer.write(patch(place, 0))
        for start in range(0, 4_000_000, 500_000):
            writer.write(CONTENT[start : start + 500_000])
            await asyncio.sleep(0.01)
        status, headers = await answered(reader)
        assert (status, headers["connection"]) == (507, "close")
        assert b"DISK_FULL" in await asyncio.wait_for(reader.read(), 20)
        writer.close()


async def test_what_a_worker_that_was_given_up_may_still_take_is_not_taken_from_it(
    little: Little, worker: FilesProcess
) -> None:
    """It would append what comes after a gap. So the connection ends for it, too."""

    class Late:
        async def receive(
            self, connection: int, upload: Upload, offset: int, size: int, begun: bytes
        ) -> tuple[Upload, Carried]:
            self.kept = os.dup(connection)
            raise Unavailable("The storage did not answer", reason="STORAGE_DEGRADED", subject="uploads.receive")

    late = Late()
    little.use_cases.carrying = Carrying(late, little.use_cases.files)  # type: ignore[arg-type]
    web = application(little.use_cases, lambda headers: ANN, lambda: little.now)
    async with server.listening(web, ["127.0.0.1:0"]) as (other,):
        place = await begun(other, "resources/a")
        reader, writer = await opened(other)
        writer.write(patch(place, 0) + CONTENT[:200_000])
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
            await answered(reader)
        writer.close()
        with os.fdopen(late.kept, "rb", buffering=0) as kept:
            received = b""
            while data := kept.read(1 << 20):
                received += data
        assert received in CONTENT[:200_000], "the bytes that came next, and then no more"


async def test_what_is_sent_behind_a_body_that_pauses_is_answered_after_it(little: Little, address: str) -> None:
    """The end of the first and the beginning of the next come at once, while the first is not lent."""
    first, second = await begun(address, "resources/a"), await begun(address, "resources/b")
    reader, writer = await opened(address)
    writer.write(patch(first, 0) + CONTENT[:-1000])
    await writer.drain()
    await asyncio.sleep(1.25)
    writer.write(CONTENT[-1000:] + patch(second, 0) + CONTENT)
    assert [(await answered(reader))[0] for _ in range(2)] == [204, 204]
    writer.close()
    for name in ("a", "b"):
        assert Path(little.volume.workspaces.absolute(f"resources/{name}")).read_bytes() == CONTENT


async def test_a_worker_that_dies_cuts_the_connection_and_the_next_one_goes_on(
    little: Little, worker: FilesProcess, address: str
) -> None:
    place = await begun(address, "resources/a")
    reader, writer = await opened(address)
    writer.write(patch(place, 0) + CONTENT[:3_000_000])
    await writer.drain()
    (data,) = Path(little.volume.workspaces.absolute(".")).rglob(f"{place.rpartition('/')[2]}/data")
    async with asyncio.timeout(20):
        while data.stat().st_size <= 1_000_000:
            await asyncio.sleep(0.01)
    assert worker.worker > 0
    os.kill(worker.worker, signal.SIGKILL)
    status, _ = await answered(reader)
    assert status == 503
    writer.close()
    headers = {"Tus-Resumable": "1.0.0"}
    async with httpx.AsyncClient(base_url=f"http://{address}", timeout=20) as http:
        offset = int((await http.head(place, headers=headers)).headers["upload-offset"])
        assert offset > 1_000_000
        sent = {**BODY, "Upload-Offset": str(offset)}
        while (answer := await http.patch(place, headers=sent, content=CONTENT[offset:])).status_code == 503:
            await asyncio.sleep(0.05)
            offset = int((await http.head(place, headers=headers)).headers["upload-offset"])
            sent["Upload-Offset"] = str(offset)
        assert answer.status_code == 204
    assert Path(little.volume.workspaces.absolute("resources/a")).read_bytes() == CONTENT
