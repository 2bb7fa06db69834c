"""A file of 4 GiB over HTTP, one stream over loopback: up against `dd` with fsync and against nginx's PUT, down against its sendfile.

Each round does each of them once, so that what the disk and the machine do meanwhile is done to all. nginx promises nothing
of the disk, so its PUT counts with the sync that makes it as safe as ours. `upload.resent` is the most that was sent again
after one of 50 cuts at random bytes: of the client, of the daemon, of the process that has the files; `upload.resent.mount`
the same where the mount is torn away beneath it.
`WINSLOW_BENCH_SIZE` is another size, in bytes.
"""

from __future__ import annotations

import os
import random
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

from bench import mount_cuts
from bench.figures import Figure, median
from bench.nginx import nginx
from tests.daemon import Daemon
from tests.etcd import free_ports
from tests.sender import Sender

SIZE = int(os.environ.get("WINSLOW_BENCH_SIZE", str(4 << 30)))
ROUNDS = 5
CUTS = 50
CUT_SIZE = 1 << 30
_MIB = 1 << 20
_PIECE = 4 << 20
_RESENT_AIM = 8.0
_GROWTH_AIM = 16.0


def measure() -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="winslow-bench-") as place:
        home = Path(place)
        (port,) = free_ports(1)
        address = f"127.0.0.1:{port}"
        os.environ["WINSLOW_HTTP"] = f'["{address}"]'
        with Daemon(home / "dev") as daemon, nginx(home / "nginx", home) as peer:
            rates, growth = _rates(daemon, home, address, peer)
            resent = _resent(daemon, home, address)
    os.environ.pop("WINSLOW_HTTP")
    up = rates["upload"]
    return [
        Figure("upload.rate", "MB/s", up, rates["dd"], ROUNDS),
        Figure("upload.rate.nginx", "MB/s", up, rates["put"], ROUNDS),
        Figure("upload.rate.nginx.unsynced", "MB/s", up, rates["put unsynced"], ROUNDS),
        Figure("download.rate", "MB/s", rates["download"], rates["get"], ROUNDS),
        Figure("transfer.memory", "MiB", growth, _GROWTH_AIM, ROUNDS),
        Figure("upload.resent", "MiB", max(resent) / _MIB, _RESENT_AIM, len(resent)),
        *mount_cuts.measure(),
    ]


def _rates(daemon: Daemon, home: Path, address: str, peer: str) -> tuple[dict[str, float], float]:
    """Medians in MB/s, and by how many MiB daemon and worker grew from the first round to the largest that was seen."""
    taken: dict[str, list[float]] = {}
    memory: list[int] = []

    def timed(name: str, work: Callable[[], None]) -> None:
        began = time.perf_counter()
        work()
        taken.setdefault(name, []).append(time.perf_counter() - began)

    for number in range(ROUNDS):
        unsynced, floor = home / "unsynced", home / "floor"
        timed("upload", partial(_upload, address, f"resources/{number}"))
        memory.append(_memory(daemon))
        timed("dd", partial(_dd, floor))
        floor.unlink()
        timed("put unsynced", partial(_sent, peer, "PUT /unsynced HTTP/1.1", "201"))
        with unsynced.open("rb") as file:
            timed("sync", partial(os.fsync, file.fileno()))
        taken.setdefault("put", []).append(taken["put unsynced"][-1] + taken["sync"][-1])
        timed("get", partial(_received, peer, "/unsynced"))
        timed("download", partial(_received, address, f"/files/resources/{number}"))
        memory.append(_memory(daemon))
        unsynced.unlink()
        (daemon.files / f"resources/{number}").unlink()
    return {name: SIZE / 1e6 / median(seconds) for name, seconds in taken.items()}, (max(memory) - memory[0]) / _MIB


def _memory(daemon: Daemon) -> int:
    """Bytes of the daemon and of its worker, without its etcd."""
    return sum(one.memory_info().rss for one in daemon.processes() if "etcd" not in one.name())


def _dd(path: Path) -> None:
    command = ["dd", "if=/dev/zero", f"of={path}", "bs=1M", f"count={SIZE >> 20}", "conv=fsync", "status=none"]
    subprocess.run(command, check=True)


def _upload(address: str, path: str) -> None:
    """Shown when this returns: on the disk, hashed and committed."""
    with closing(Sender(address, path, os.devnull)) as sender:
        sender.size = SIZE
        sender.begin()
        _sent(
            address,
            f"PATCH {sender.place} HTTP/1.1\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\n"
            "Content-Type: application/offset+octet-stream",
            "204",
        )


def _sent(address: str, head: str, status: str) -> None:
    """The same zeros, from memory, to each."""
    zeros = bytes(_PIECE)
    with _opened(address) as one:
        one.sendall(f"{head}\r\nHost: {address}\r\nContent-Length: {SIZE}\r\n\r\n".encode())
        for _ in range(SIZE // _PIECE):
            one.sendall(zeros)
        answer = one.recv(65536).decode()
    assert answer.startswith(f"HTTP/1.1 {status}"), answer


def _received(address: str, path: str) -> None:
    buffer = memoryview(bytearray(_PIECE))
    with _opened(address) as one:
        one.sendall(f"GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n".encode())
        count = 0
        while more := one.recv_into(buffer):
            count += more
    assert SIZE < count < SIZE + 4096, f"{count} bytes came"


def _opened(address: str) -> socket.socket:
    host, _, port = address.rpartition(":")
    return socket.create_connection((host, int(port)))


def _resent(daemon: Daemon, home: Path, address: str) -> list[int]:
    """Bytes that were sent again after each of the cuts."""
    rng, source = random.Random(50), home / "source"
    size = min(SIZE, CUT_SIZE)
    with source.open("wb") as file:
        for _ in range(size // _PIECE):
            file.write(rng.randbytes(_PIECE))
    with closing(Sender(address, "resources/cut", str(source))) as sender:
        sender.begin()
        for number in range(CUTS):
            until = sender.look() + rng.randrange(1, 2 * size // CUTS)
            if number % 5 in (3, 4):  # in the midst of it, from outside
                _cut_from_outside(daemon, sender, whole=number % 5 == 4, after=rng.random() * 0.1)
            else:
                sender.send(min(until, size - _PIECE))
        sender.run(threading.Event())
        resent = sender.resent
    subprocess.run(["cmp", source, daemon.files / "resources/cut"], check=True)
    return resent


def _cut_from_outside(daemon: Daemon, sender: Sender, *, whole: bool, after: float) -> None:
    """Kill the daemon (`whole`), or the process that has its files, while it receives."""
    sending = threading.Thread(target=sender.send)
    sending.start()
    time.sleep(after)
    if whole:
        daemon.kill()
        daemon.start()
    else:
        next(one for one in daemon.processes() if "winslowd.files.worker" in one.cmdline()).kill()
    sending.join()
    while not _looked(sender):
        time.sleep(0.05)


def _looked(sender: Sender) -> bool:
    try:
        sender.look()
    except OSError:
        return False
    return True
