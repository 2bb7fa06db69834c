"""Files over HTTP through real daemons: uploads that survive their node, public clients, and clients that behave badly."""

from __future__ import annotations

import contextlib
import hashlib
import json
import random
import select
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import httpx
import pytest

from tests.daemon import ROOT, NodeDaemon
from tests.etcd import Member, free_ports
from tests.sender import Sender

TUS = ROOT / "tests" / "tus"
CONTENT = random.Random(12).randbytes(24 << 20)
DIGEST = hashlib.sha256(CONTENT).hexdigest()


@dataclass(frozen=True, slots=True)
class Town:
    """Three nodes over one volume, each with an address for HTTP."""

    nodes: list[NodeDaemon]
    http: list[str]

    def url(self, node: int, path: str = "") -> str:
        return f"http://{self.http[node]}{path}"

    def well(self) -> None:
        for node in self.nodes:
            if not node.running:
                node.start()


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory, etcd: Member) -> Iterator[Town]:
    directory = tmp_path_factory.mktemp("http")
    http = [f"127.0.0.1:{port}" for port in free_ports(3)]
    settings = {"volume": str(directory / "volume"), "session_ttl": 5, "http_head": 1, "http_idle": 2}
    with contextlib.ExitStack() as stack:
        nodes = []
        for name, address in zip("abc", http, strict=True):
            one = NodeDaemon(directory / f"node-{name}", "http", [etcd.endpoint], http=[address], **settings)
            stack.callback(one.stop)
            one.start(wait=False)
            nodes.append(one)
        for one in nodes:
            one.ready()
        yield Town(nodes, http)


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    (tmp_path / "clip.mp4").write_bytes(CONTENT)
    return tmp_path / "clip.mp4"


def sent_whole(sender: Sender) -> None:
    """As a client does that is patient: refused or cut, it asks where to go on."""
    patience = threading.Event()
    giving_up = threading.Timer(60, patience.set)
    giving_up.start()
    sender.run(patience)
    giving_up.cancel()
    assert sender.acknowledged == sender.size


def got(town: Town, node: int, path: str) -> httpx.Response:
    """From a node whose view may be a moment behind."""
    deadline = time.monotonic() + 20
    while (answer := httpx.get(town.url(node, f"/files/{path}"), timeout=30)).status_code != 200:
        assert time.monotonic() < deadline, answer.text
        time.sleep(0.05)
    return answer


def test_an_upload_goes_on_on_another_node_after_its_own_was_killed_and_a_third_gives_it_in_ranges(
    town: Town, clip: Path
) -> None:
    sender = Sender(town.http[0], "resources/killed.mp4", str(clip))
    sender.begin()
    assert not sender.send(until=sender.acknowledged + 5_000_000)
    assert sender.look() > 1_000_000
    assert not sender.send(until=sender.acknowledged + 3_000_000)
    town.nodes[0].kill()
    sender.address = town.http[1]
    sent_whole(sender)
    assert max(sender.resent) <= 8 << 20
    url = town.url(2, "/files/resources/killed.mp4")
    got(town, 2, "resources/killed.mp4")
    etag = httpx.head(url).headers["etag"]
    assert httpx.head(town.url(1, "/files/resources/killed.mp4")).headers["etag"] == etag
    middle = httpx.get(url, headers={"Range": "bytes=5000000-20000000", "If-Range": etag})
    assert (middle.status_code, middle.headers["content-type"]) == (206, "video/mp4")
    assert middle.content == CONTENT[5_000_000:20_000_001]
    assert httpx.get(url, headers={"Range": "bytes=-2000000"}).content == CONTENT[-2_000_000:]
    town.well()


def test_whatever_is_cut_nothing_that_was_acknowledged_is_lost(town: Town, clip: Path) -> None:
    rng, sender = random.Random(3), Sender(town.http[0], "resources/cut.mp4", str(clip))
    sender.begin()
    for number in range(6):
        sender.send(until=sender.acknowledged + rng.randrange(1, 4_000_000))
        if number % 2:
            worker = [one for one in town.nodes[0].processes() if "winslowd.files.worker" in one.cmdline()]
            (town.nodes[0].kill if number == 3 else worker[0].kill)()
            town.well()
    sent_whole(sender)
    assert max(sender.resent) <= 8 << 20
    assert hashlib.sha256(got(town, 0, "resources/cut.mp4").content).hexdigest() == DIGEST


def sent(endpoint: str, file: Path, **options: object) -> dict[str, object]:
    """What the public client says."""
    command = ["node", "upload.mjs", endpoint, str(file), json.dumps(options)]
    done = subprocess.run(command, cwd=TUS, capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout, done.stderr
    said = json.loads(done.stdout)
    assert isinstance(said, dict)
    return said


@pytest.mark.skipif(not shutil.which("node") or not (TUS / "node_modules").is_dir(), reason="scripts/setup tests")
class TestAPublicClient:
    """tus-js-client, unchanged."""

    def test_is_cut_finds_its_upload_again_and_goes_on_on_another_node(
        self, town: Town, clip: Path, tmp_path: Path
    ) -> None:
        options = {"path": "resources/js.mp4", "store": str(tmp_path / "store.json"), "chunk": 3_000_000}
        cut = sent(town.url(0, "/files"), clip, cutAt=8_000_000, **options)
        assert cut["cut"]
        done = sent(town.url(0, "/files"), clip, host=town.url(1), **options)
        assert done.get("url"), done
        assert done["offsets"] > [0]  # type: ignore[operator]
        assert hashlib.sha256(got(town, 2, "resources/js.mp4").content).hexdigest() == DIGEST

    def test_sends_in_parallel_and_goes_on_after_a_cut(self, town: Town, clip: Path, tmp_path: Path) -> None:
        store = str(tmp_path / "store.json")
        options = {"path": "resources/parallel.mp4", "store": store, "parallel": 4, "chunk": 1_000_000}
        assert sent(town.url(0, "/files"), clip, cutAt=6_000_000, **options)["cut"]
        done = sent(town.url(0, "/files"), clip, **options)
        assert done.get("url"), done
        assert len(done["offsets"]) == 4  # type: ignore[arg-type]
        assert hashlib.sha256(got(town, 0, "resources/parallel.mp4").content).hexdigest() == DIGEST
        assert [one for one in (town.nodes[0].files / ".uploads").iterdir() if (one / "data").exists()] == []

    def test_sends_what_it_does_not_know_the_length_of(self, town: Town, clip: Path, tmp_path: Path) -> None:
        options = {"path": "resources/deferred.mp4", "store": str(tmp_path / "store.json"), "deferred": True}
        done = sent(town.url(0, "/files"), clip, chunk=5_000_000, **options)
        assert done.get("url"), done
        assert hashlib.sha256(got(town, 0, "resources/deferred.mp4").content).hexdigest() == DIGEST


def opened(address: str, head: str) -> socket.socket:
    host, _, port = address.rpartition(":")
    one = socket.create_connection((host, int(port)), timeout=30)
    one.sendall(head.encode())
    return one


def ended_after(one: socket.socket) -> float:
    """Seconds until the server has ended the connection; what it sends until then is left to lie."""
    began, poll = time.monotonic(), select.poll()
    poll.register(one, 0)  # only what cannot be ignored: POLLHUP, POLLERR
    assert poll.poll(20_000), "it was not cut off"
    return time.monotonic() - began


def test_clients_that_stop_reading_disturb_nobody_and_are_cut_off(town: Town, tmp_path: Path) -> None:
    volume = town.nodes[0].files / "resources"
    with (volume / "big").open("wb") as big:
        big.truncate(1 << 30)
    (volume / "small").write_bytes(b"hello")
    before = sum(process.memory_info().rss for process in town.nodes[0].processes())
    head = "GET /files/resources/big HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    stalled = [opened(town.http[0], head) for _ in range(40)]
    try:
        took = []
        with httpx.Client(timeout=10) as other:
            for _ in range(20):
                began = time.monotonic()
                assert other.get(town.url(0, "/files/resources/small")).content == b"hello"
                took.append(time.monotonic() - began)
        assert median(took) < 1.0
        began = time.monotonic()
        with httpx.stream("GET", town.url(0, "/files/resources/big"), timeout=30) as answer:
            assert sum(len(piece) for piece in answer.iter_bytes(1 << 20)) == 1 << 30
        assert time.monotonic() - began < 20
        grown = sum(process.memory_info().rss for process in town.nodes[0].processes()) - before
        assert grown < 150 << 20, "40 clients hold two MiB each at the most, and some of the allocator's"
        assert max(ended_after(one) for one in stalled) < 20
    finally:
        for one in stalled:
            one.close()
        (volume / "big").unlink()


def test_a_head_that_comes_a_byte_at_a_time_is_cut_off(town: Town) -> None:
    one = opened(town.http[0], "GET /files/resources HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ")
    began = time.monotonic()
    with pytest.raises(OSError):
        while time.monotonic() - began < 10:
            one.sendall(b"x")
            if one.recv(1, socket.MSG_DONTWAIT | socket.MSG_PEEK) == b"":
                raise ConnectionResetError
    assert time.monotonic() - began < 5


def test_a_sender_that_sends_nothing_more_is_cut_off_and_keeps_what_it_sent(town: Town, clip: Path) -> None:
    sender = Sender(town.http[0], "resources/stopped.mp4", str(clip))
    sender.begin()
    head = (
        f"PATCH {sender.place} HTTP/1.1\r\nHost: 127.0.0.1\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\n"
        f"Content-Type: application/offset+octet-stream\r\nContent-Length: {len(CONTENT)}\r\n\r\n"
    )
    with opened(town.http[0], head) as one:
        one.sendall(CONTENT[:3_000_000])
        assert ended_after(one) < 15
    assert sender.look() == 3_000_000
    sent_whole(sender)
