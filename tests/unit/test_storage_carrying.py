"""Bytes between a connection and a file: laps that end, clients that stall or go, disks that fail beside."""

from __future__ import annotations

import errno
import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage import carrying, flushing
from storage.carrying import receive, send, send_unchanged
from storage.flushing import Flusher
from storage.stop import Stop, Stopped
from winslow.errors import FailedPrecondition
from winslow.ports import Entry, Pace

CONTENT = os.urandom(3_000_000)


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    """The server's, which does not block, and the client's."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname())
        ours, _ = listener.accept()
        ours.setblocking(False)
        with ours, client:
            yield ours, client


@pytest.fixture
def file(tmp_path: Path) -> Iterator[int]:
    (tmp_path / "file").write_bytes(CONTENT)
    fd = os.open(tmp_path / "file", os.O_RDWR)
    yield fd
    os.close(fd)


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carrying, "STALL", 0.05)


def read_all(client: socket.socket, size: int) -> bytes:
    data = bytearray()
    while len(data) < size and (more := client.recv(1 << 20)):
        data += more
    return bytes(data)


def test_a_file_is_sent_whole(ends: tuple[socket.socket, socket.socket], file: int) -> None:
    ours, client = ends
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append(read_all(client, 2_000_000)))
    reader.start()
    carried = send(ours.fileno(), file, 1_000_000, 2_000_000, Stop())
    reader.join()
    assert (carried.size, carried.pace) == (2_000_000, Pace.STEADY)
    assert got == [CONTENT[1_000_000:]]


@pytest.mark.usefixtures("hurried")
def test_a_client_that_reads_nothing_is_given_back(ends: tuple[socket.socket, socket.socket], tmp_path: Path) -> None:
    (tmp_path / "big").write_bytes(bytes(64 << 20))
    with (tmp_path / "big").open("rb") as big:
        carried = send(ends[0].fileno(), big.fileno(), 0, 64 << 20, Stop())
    assert carried.pace is Pace.STALLED
    assert 0 < carried.size < 64 << 20


def test_a_file_that_became_shorter_ends(ends: tuple[socket.socket, socket.socket], file: int) -> None:
    os.ftruncate(file, 1000)
    carried = send(ends[0].fileno(), file, 0, 5000, Stop())
    assert (carried.size, carried.pace) == (1000, Pace.ENDED)


def test_the_last_bytes_of_a_file_that_changed_never_leave(
    ends: tuple[socket.socket, socket.socket], file: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, client = ends
    status = os.fstat(file)
    expected = Entry("file", "file", status.st_size, status.st_mtime)
    assert send_unchanged(ours.fileno(), file, 0, 10_000, expected, Stop()).size == 10_000
    plain = carrying.send

    def changing(*arguments: object) -> object:
        carried = plain(*arguments)  # type: ignore[arg-type]
        os.utime(file, (1, 1))
        return carried

    monkeypatch.setattr(carrying, "send", changing)
    with pytest.raises(FailedPrecondition) as caught:
        send_unchanged(ours.fileno(), file, 0, 10_000, expected, Stop())
    assert caught.value.reason == "FILE_CHANGED"
    ours.shutdown(socket.SHUT_WR)
    assert len(read_all(client, 20_000)) < 20_000


def test_a_client_that_goes_away_leaves_what_came(ends: tuple[socket.socket, socket.socket]) -> None:
    ours, client = ends
    got = bytearray()

    def take(source: int, count: int) -> int:
        data = os.read(source, min(count, 1000))
        got.extend(data)
        return len(data)

    client.sendall(CONTENT[:70_000])
    client.close()
    carried = receive(ours.fileno(), 1_000_000, take, Stop())
    assert (carried.size, carried.pace) == (70_000, Pace.GONE)
    assert bytes(got) == CONTENT[:70_000]


@pytest.mark.usefixtures("hurried")
def test_a_client_that_sends_nothing_is_given_back(ends: tuple[socket.socket, socket.socket]) -> None:
    carried = receive(ends[0].fileno(), 1000, lambda source, count: count, Stop())
    assert (carried.size, carried.pace) == (0, Pace.STALLED)


def test_a_lap_ends_however_long_the_body_is(
    ends: tuple[socket.socket, socket.socket], file: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(carrying, "LAP", 0.0)
    assert send(ends[0].fileno(), file, 0, 1000, Stop()).size == 0
    stop = Stop()
    stop.request()
    with pytest.raises(Stopped):
        send(ends[0].fileno(), file, 0, 1000, stop)


def test_never_more_than_the_bound_is_unsafe() -> None:
    safe = 0
    behind: list[int] = []

    def sync(offset: int) -> None:
        nonlocal safe
        safe = offset

    with Flusher(sync, 0) as flusher:
        for written in range(0, 64 << 20, 300_000):
            flusher.wrote(written)
            behind.append(written - safe)
    assert max(behind) < flushing.UNSAFE + 300_000
    assert safe > 0


def test_a_disk_that_fails_beside_is_told_to_who_writes() -> None:
    def sync(offset: int) -> None:
        raise OSError(errno.EIO, "no")

    with pytest.raises(OSError, match="no"), Flusher(sync, 0) as flusher:
        for written in range(0, 64 << 20, 1 << 20):
            flusher.wrote(written)
        pytest.fail("it was not told")
