"""What the port Carrying promises, on every file system: bytes that pass the daemon by are the same bytes, and are safe."""

from __future__ import annotations

import hashlib
import os
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.contract.volume.project import Project
from winslow.ports import Pace
from winslowd.files.process import FilesProcess

pytestmark = pytest.mark.asyncio(loop_scope="module")
CONTENT = os.urandom(7_000_001)


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    """The daemon's, which does not block, and the client's."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname())
        ours, _ = listener.accept()
        ours.setblocking(False)
        with ours, client:
            yield ours, client


async def test_a_body_goes_in_by_laps_and_comes_out_the_same(
    project: Project, ends: tuple[socket.socket, socket.socket]
) -> None:
    if not isinstance(project.storage, FilesProcess):
        pytest.skip("a connection is given to a process")
    (ours, client), carrying, uploads = ends, project.storage.carrying, project.storage.uploads
    digest = hashlib.sha256(CONTENT).hexdigest()
    upload = await uploads.begin("carried", project.at("input/carried"), len(CONTENT), digest)
    sending = threading.Thread(target=client.sendall, args=(CONTENT[100:],))
    sending.start()
    upload, carried = await carrying.receive(ours.fileno(), upload, 0, len(CONTENT) - 100, CONTENT[:100])
    while carried.pace is not Pace.GONE and upload.offset < upload.size:
        upload, carried = await carrying.receive(ours.fileno(), upload, upload.offset, upload.size - upload.offset, b"")
    sending.join()
    assert upload.offset == len(CONTENT)
    entry = await uploads.commit(upload)
    assert (project.path / "input/carried").read_bytes() == CONTENT
    got = bytearray()

    def read() -> None:
        while len(got) < len(CONTENT) and (more := client.recv(1 << 20)):
            got.extend(more)

    reading = threading.Thread(target=read)
    reading.start()
    sent = 0
    while sent < len(CONTENT):
        expected = replace(await project.storage.files.stat(project.at("input/carried")), name=entry.name)
        at = project.at("input/carried")
        sent += (await carrying.send(ours.fileno(), at, sent, len(CONTENT) - sent, expected)).size
    reading.join()
    assert bytes(got) == CONTENT
    assert await project.storage.files.known_digest(project.at("input/carried")) in ("", digest)
