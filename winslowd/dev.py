"""`winslowd dev`: everything on one machine with one word.

An etcd of our own, as a child process with its data in the dev directory. A daemon that was killed leaves its
etcd running; the next one finds it by the endpoints it wrote down, and goes on with it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import structlog

from winslow.errors import FailedPrecondition, Unavailable

log = structlog.get_logger(__name__)

READY_WITHIN = 30.0


@dataclass(frozen=True, slots=True)
class Etcd:
    """A running etcd: its client endpoint and its process."""

    endpoint: str
    pid: int


def cluster_name(directory: Path) -> str:
    """A name of the directory's own: several of them share one engine, and none may take another's containers for its own."""
    return f"dev-{blake2b(str(directory).encode(), digest_size=4).hexdigest()}"


@contextlib.asynccontextmanager
async def etcd(directory: Path) -> AsyncIterator[Etcd]:
    """An etcd with its data in `directory`, stopped when the scope is left in good order.

    Raises FailedPrecondition (ETCD_NOT_INSTALLED), Unavailable (ETCD_NOT_READY).
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    running = await _running(directory) or await _started(directory)
    yield running
    with contextlib.suppress(ProcessLookupError):
        os.kill(running.pid, signal.SIGTERM)
    await _gone(running.pid)
    (directory / "process.json").unlink(missing_ok=True)


async def _running(directory: Path) -> Etcd | None:
    """The etcd that an earlier daemon left, if it still is the same process and answers."""
    try:
        noted = json.loads((directory / "process.json").read_text(encoding="utf-8"))
        found = Etcd(noted["endpoint"], int(noted["pid"]))
    except (OSError, ValueError, KeyError):
        return None
    if b"etcd" not in _command(found.pid) or str(directory).encode() not in _command(found.pid):
        return None
    log.info("going on with the etcd that is running", pid=found.pid, endpoint=found.endpoint)
    return found if await _answers(found.endpoint) else None


async def _started(directory: Path) -> Etcd:
    program = shutil.which("etcd")
    if program is None:
        raise FailedPrecondition(
            "etcd is not installed",
            reason="ETCD_NOT_INSTALLED",
            hint="Install it (Debian: apt-get install etcd-server), or run scripts/setup",
        )
    client, peer = _ports(directory)
    with (directory / "etcd.log").open("ab") as output:
        process = await asyncio.create_subprocess_exec(
            program,
            *("--name", "dev", "--data-dir", str(directory / "data")),
            *("--listen-client-urls", f"http://127.0.0.1:{client}"),
            *("--advertise-client-urls", f"http://127.0.0.1:{client}"),
            *("--listen-peer-urls", f"http://127.0.0.1:{peer}"),
            *("--initial-advertise-peer-urls", f"http://127.0.0.1:{peer}"),
            *("--initial-cluster", f"dev=http://127.0.0.1:{peer}"),
            *("--auto-compaction-mode", "periodic", "--auto-compaction-retention", "1h"),
            *("--logger", "zap"),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    running = Etcd(f"127.0.0.1:{client}", process.pid)
    await _ready(running, process, directory)
    (directory / "process.json").write_text(json.dumps({"endpoint": running.endpoint, "pid": running.pid}))
    return running


async def _ready(running: Etcd, process: asyncio.subprocess.Process, directory: Path) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(READY_WITHIN):
            while process.returncode is None:
                if await _answers(running.endpoint):
                    return
                await asyncio.sleep(0.05)
    raise Unavailable(
        f"etcd did not come up (process {running.pid})",
        reason="ETCD_NOT_READY",
        hint=f"Its log says why: {directory / 'etcd.log'}",
    )


async def _answers(endpoint: str) -> bool:
    host, _, port = endpoint.rpartition(":")
    try:
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"GET /health HTTP/1.0\r\nHost: localhost\r\n\r\n")
        async with asyncio.timeout(2.0):
            answer = await reader.read(4096)
        writer.close()
    except (OSError, TimeoutError):
        return False
    return b'"health":"true"' in answer


async def _gone(pid: int) -> None:
    """Wait for the end of a process that may or may not be our child."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(10.0):
            while b"etcd" in _command(pid):
                await asyncio.sleep(0.05)


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def _ports(directory: Path) -> tuple[int, int]:
    """The ports of last time, since a member keeps its addresses; free ones the first time."""
    noted = directory / "ports.json"
    if noted.exists():
        client, peer = json.loads(noted.read_text(encoding="utf-8"))
        return int(client), int(peer)
    with socket.socket() as first, socket.socket() as second:
        first.bind(("127.0.0.1", 0))
        second.bind(("127.0.0.1", 0))
        ports = first.getsockname()[1], second.getsockname()[1]
    noted.write_text(json.dumps(ports), encoding="utf-8")
    return ports
