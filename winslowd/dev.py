"""`winslowd dev`: everything on one machine with one word.

An etcd of our own, as a child process with its data in the dev directory. One that dies is started again on the same
data and ports, for as long as the daemon runs. A daemon that was killed leaves its etcd running; the next one finds
it by what was written down, goes on with it, and watches over it as over its own child.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import select
import shutil
import signal
import socket
import subprocess
from collections.abc import AsyncIterator, Iterator
from hashlib import blake2b
from pathlib import Path

import structlog

from winslow import __version__
from winslow.errors import FailedPrecondition, Unavailable, WinslowError
from winslowd.config import Settings
from winslowd.etcd.scope import alongside

log = structlog.get_logger(__name__)

READY_WITHIN = 30.0
ENDS_WITHIN = 10.0
BACKOFF_FIRST, BACKOFF_MOST = 0.1, 10.0
"""Seconds between the end of an etcd and its next start; each wait is twice the last."""
STEADY = 60.0
"""Seconds after which an etcd that ran is forgiven: its next end is waited for as briefly as the first."""


EXAMPLE = Path(__file__).resolve().parent.parent / ".winslow" / "example"
"""Where `scripts/setup example` puts what a newcomer begins with, in a source tree."""


def example() -> Path | None:
    """The example of the source tree that this runs from, where it is set up and no setting names another."""
    return EXAMPLE if EXAMPLE.is_dir() and "WINSLOW_EXAMPLE" not in os.environ else None


def cluster_name(directory: Path) -> str:
    """A name of the directory's own: several of them share one engine, and none may take another's containers for its own."""
    return f"dev-{blake2b(str(directory).encode(), digest_size=4).hexdigest()}"


def welcome(directory: Path, settings: Settings, *, at_home: bool) -> str:
    """What a newcomer should know once it serves: where it is, where things are, and what comes next."""
    socket_, *others = settings.listen
    command = "winslowctl status" if at_home else f"winslowctl --address {socket_} status"
    return "\n".join(
        [
            f"Winslow {__version__} is up.",
            f"  listens at  {socket_}" + "".join(f"\n              {address}" for address in others),
            *(f"  web UI      http://{address}" for address in settings.http if not address.startswith("unix:")),
            f"  keeps all   {directory} (files of projects: {settings.volume.name}/)",
            f"  next        {command}",
            "  stop        Ctrl-C",
        ]
    )


@contextlib.asynccontextmanager
async def etcd(directory: Path) -> AsyncIterator[str]:
    """The endpoint of an etcd with its data in `directory`, kept running while the scope lasts, and ended with it.

    One caller at a time. Raises FailedPrecondition (ETCD_NOT_INSTALLED), Unavailable (ETCD_NOT_READY).
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    keeper = Keeper(directory)
    await keeper.begin()
    try:
        async with alongside("dev: keeps etcd", keeper.keep()):
            yield keeper.endpoint
    finally:
        await keeper.end()


class Process:
    """A process by a handle (pidfd), so that none which has got its number since is waited for or signalled.

    Raises ProcessLookupError when there is none with this number.
    """

    def __init__(self, pid: int, child: subprocess.Popen[bytes] | None = None) -> None:
        self.pid = pid
        self._child = child
        self._handle = os.pidfd_open(pid)

    @property
    def alive(self) -> bool:
        poll = select.poll()
        poll.register(self._handle, select.POLLIN)
        return not poll.poll(0)

    async def ended(self) -> None:
        """Wait for its end, whoever's child it is; one waits at a time."""
        loop, over = asyncio.get_running_loop(), asyncio.Event()
        loop.add_reader(self._handle, over.set)
        try:
            await over.wait()
        finally:
            loop.remove_reader(self._handle)

    def signal(self, number: signal.Signals) -> None:
        """Nothing happens when it has ended."""
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._handle, number)

    async def end(self) -> None:
        """SIGTERM, SIGKILL where that does not help in time, and let go of it."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            self.signal(number)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(ENDS_WITHIN):
                    await self.ended()
                    break
        self.close()

    def close(self) -> None:
        """Let go of it; a child that has ended is reaped."""
        os.close(self._handle)
        if self._child:
            self._child.poll()


class Keeper:
    """Keeps one etcd running: `begin`, then `keep` until cancelled, then `end`."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._process: Process | None = None
        self.endpoint = ""

    async def begin(self) -> None:
        """Go on with the etcd that an earlier daemon left, or start one; it answers then."""
        if not await self._adopted():
            await self._start()

    async def keep(self) -> None:
        """Start it again whenever it ends, without end."""
        loop = asyncio.get_running_loop()
        wait = BACKOFF_FIRST
        while True:
            began = loop.time()
            if self._process:
                await self._process.ended()
                log.warning("etcd ended and is started again", pid=self._process.pid, wait=wait)
                self._let_go()
            if loop.time() - began > STEADY:
                wait = BACKOFF_FIRST
            await asyncio.sleep(wait)
            wait = min(2 * wait, BACKOFF_MOST)
            with _logged():
                await self._start()

    async def end(self) -> None:
        """Nothing happens when there is none."""
        if self._process:
            process, self._process = self._process, None
            await process.end()
            self._note.unlink(missing_ok=True)

    @property
    def _note(self) -> Path:
        return self._directory / "process.json"

    def _let_go(self) -> None:
        if self._process:
            self._process.close()
            self._process = None

    async def _adopted(self) -> bool:
        found = _noted(self._note, self._directory)
        if found is None:
            return False
        self._process, self.endpoint = found
        log.info("going on with the etcd that is running", pid=self._process.pid, endpoint=self.endpoint)
        try:
            await self._answers_in_time()
        except Unavailable:
            if self._process.alive:
                raise  # it holds the data: a second one would only fail on them
            self._let_go()
            return False
        return True

    async def _start(self) -> None:
        client, peer = _ports(self._directory)
        self.endpoint = f"127.0.0.1:{client}"
        self._process = _spawned(_command(self._directory, client, peer), self._directory / "etcd.log")
        _write(self._note, {"endpoint": self.endpoint, "pid": self._process.pid})
        try:
            await self._answers_in_time()
        except BaseException:
            await self.end()
            raise
        log.info("etcd is up", pid=self._process.pid, endpoint=self.endpoint)

    async def _answers_in_time(self) -> None:
        assert self._process
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(READY_WITHIN):
                while self._process.alive:
                    if await _answers(self.endpoint):
                        return
                    await asyncio.sleep(0.05)
        raise Unavailable(
            f"etcd does not answer at {self.endpoint} (process {self._process.pid})",
            reason="ETCD_NOT_READY",
            subject=self.endpoint,
            hint=f"Its log says why: {self._directory / 'etcd.log'}",
        )


@contextlib.contextmanager
def _logged() -> Iterator[None]:
    """What keeps etcd from being started is told; it is tried again."""
    try:
        yield
    except (WinslowError, OSError) as error:
        log.warning("etcd could not be started", error=str(error))


def _noted(note: Path, directory: Path) -> tuple[Process, str] | None:
    """The etcd that an earlier daemon left and its endpoint, if it still is the same process."""
    try:
        noted = json.loads(note.read_text(encoding="utf-8"))
        endpoint, process = str(noted["endpoint"]), Process(int(noted["pid"]))
    except (OSError, ValueError, KeyError):
        return None
    # Looked at after its handle was taken: what was looked at is what the handle holds.
    told = _command_line(process.pid)
    if b"etcd" in told and str(directory / "data").encode() in told and process.alive:
        return process, endpoint
    process.close()
    return None


def _command(directory: Path, client: int, peer: int) -> list[str]:
    program = shutil.which("etcd")
    if program is None:
        raise FailedPrecondition(
            "etcd is not installed",
            reason="ETCD_NOT_INSTALLED",
            hint="Install it (Debian: apt-get install etcd-server), or run scripts/setup",
        )
    return [
        *(program, "--name", "dev", "--data-dir", str(directory / "data")),
        *("--listen-client-urls", f"http://127.0.0.1:{client}"),
        *("--advertise-client-urls", f"http://127.0.0.1:{client}"),
        *("--listen-peer-urls", f"http://127.0.0.1:{peer}"),
        *("--initial-advertise-peer-urls", f"http://127.0.0.1:{peer}"),
        *("--initial-cluster", f"dev=http://127.0.0.1:{peer}"),
        *("--auto-compaction-mode", "periodic", "--auto-compaction-retention", "1h"),
        *("--logger", "zap"),
    ]


def _spawned(command: list[str], output: Path) -> Process:
    """In a session of its own: a Ctrl-C at the terminal is ours to act on, and a daemon's death not its."""
    with output.open("ab") as file:
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=file, stderr=file, start_new_session=True)
    return Process(child.pid, child)  # not reaped before `close`, so its number is its own


async def _answers(endpoint: str) -> bool:
    host, _, port = endpoint.rpartition(":")
    try:
        async with asyncio.timeout(2.0):
            reader, writer = await asyncio.open_connection(host, int(port))
            with contextlib.closing(writer):
                writer.write(b"GET /health HTTP/1.0\r\nHost: localhost\r\n\r\n")
                answer = await reader.read(4096)
    except (OSError, TimeoutError):
        return False
    return b'"health":"true"' in answer


def _command_line(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def _ports(directory: Path) -> tuple[int, int]:
    """The ports of last time, since a member keeps its addresses; free ones while it has no data yet."""
    noted = directory / "ports.json"
    if noted.exists() and (directory / "data" / "member").exists():
        client, peer = json.loads(noted.read_text(encoding="utf-8"))
        return int(client), int(peer)
    with socket.socket() as first, socket.socket() as second:
        first.bind(("127.0.0.1", 0))
        second.bind(("127.0.0.1", 0))
        ports = first.getsockname()[1], second.getsockname()[1]
    _write(noted, ports)
    return ports


def _write(path: Path, value: object) -> None:
    """Whole or not at all: a daemon may be killed at any instruction."""
    draft = path.with_suffix(".new")
    draft.write_text(json.dumps(value), encoding="utf-8")
    draft.replace(path)
