"""Keeps a storage worker alive, and gives every call a deadline: a hanging mount hangs the worker, never the daemon.

A ping asks the file system itself, in the lane of quick calls. When it is not answered in time, every thread of
that lane hangs or the file system does: the worker is killed and another started. A process that hangs in the
kernel may not die of that; it is left to itself, and there are never more than a few of them.

That holds from the start on: everything that touches the root, also making it, is the worker's. A file system that hangs
then is waited for beside the daemon, which is told why nothing can be done meanwhile.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

import winslowd
from storage.mounting import Mounting
from storage.volume import Space
from winslow.errors import Unavailable, WinslowError
from winslow.ports import Storage
from winslowd.files import passing
from winslowd.files.calls import CALLS, MAKE, PING, Lane
from winslowd.files.client import (
    CarryingClient,
    FilesClient,
    LogsClient,
    SmallFilesClient,
    UploadsClient,
    WorkspacesClient,
)
from winslowd.files.differences import ComparesClient
from winslowd.files.doubt import Doubt
from winslowd.files.history import HistoryClient
from winslowd.files.link import DIED, Link
from winslowd.files.manifests import ManifestsClient
from winslowd.files.passing import Passing
from winslowd.files.quotas import QuotasClient
from winslowd.files.readings import KeptReadingsClient
from winslowd.files.retiring import RetiringClient
from winslowd.files.trees import TreesClient

T = TypeVar("T")

_SOCKET_BUFFER = 4 << 20
_SO_SNDBUFFORCE = 32
"""Like SO_SNDBUF, past the system's limit; for root."""
_HANGING_MAX = 3
_END = 2.0
"""Seconds that a worker has to end, when it is asked to and when it is killed."""


@dataclass(frozen=True, slots=True)
class Patience:
    """In seconds: how long a quick call may take, how long any other, how often to ping, when an unanswered one is too old."""

    start: float = 4.0
    """How long the daemon's start waits for a first answer."""

    up: float = 10.0
    """How long a worker may take to be up: a process is started for it, on a machine that may be busy."""

    quick: float = 10.0
    bulk: float = 6 * 3600.0
    carry: float = 60.0
    """For a lap of bytes between a client and a file, which is over in seconds (`storage.carrying`)."""
    ping_every: float = 2.0
    ping: float = 10.0
    restart_max: float = 10.0
    """The longest wait before another worker is started; the first is a tenth of a second, each one twice the last."""


class FilesProcess:
    """The storage of this node: the ports as `workspaces`, `files`, `uploads`, `logs`, `history` and `quotas`. Made by `open_files`.

    Every call raises Unavailable (STORAGE_DEGRADED) past its deadline, and (STORAGE_RESTARTED) when the worker died.
    """

    def __init__(self, root: str, patience: Patience, mounting: Mounting) -> None:
        self.workspaces = WorkspacesClient(self, root)
        self.files = FilesClient(self)
        self.uploads = UploadsClient(self)
        self.carrying = CarryingClient(self)
        self.small = SmallFilesClient(self)
        self.logs = LogsClient(self)
        self.history = HistoryClient(self)
        self.manifests = ManifestsClient(self)
        self.readings = KeptReadingsClient(self)
        self.retiring = RetiringClient(self)
        self.compares = ComparesClient(self)
        self.quotas = QuotasClient(self)
        self.trees = TreesClient(self)
        self.space: Space | None = None
        """As the last ping found it."""
        self.worker: int = 0
        """The worker's process id."""
        self._replaced = asyncio.Event()
        """Set when another worker begins; whoever comes later waits for the next one."""
        self.admit: Callable[[str], None] = _everything
        """Asked before each call by its name; what it raises keeps the call out."""
        self._arguments = (root, mounting.scratch, mounting.engine, mounting.obstacle)
        self._patience = patience
        self._fault = ""
        self._begun = asyncio.Event()
        """Set once the daemon's start no longer waits for us."""
        self._seen = False
        """Whether a worker has looked at the root and said what it found, a fault or none."""
        self._doubt = Doubt(patience.quick)
        self._link: Link | None = None
        self._linked = asyncio.Event()
        self._hanging: list[Process] = []

    @property
    def degraded(self) -> str:
        """Why the storage is degraded, for people; empty while it is well."""
        return self._fault or self._doubt.text

    def state(self) -> Storage:
        """How it is, as the last ping found it."""
        return Storage(self.degraded, self.space.total, self.space.free) if self.space else Storage(self.degraded)

    async def call(
        self, kind: type[T], name: str, *arguments: object, data: bytes = b"", connection: int | None = None
    ) -> T:
        """Have the worker do `name`. Cancelled, it is told to stop and not waited for."""
        limit = self._limit(CALLS[name])
        link = await self._worker(name)
        try:
            async with asyncio.timeout(limit):
                self.admit(name)
                value = await link.request(name, arguments, data, connection)
        except TimeoutError:
            self._fault = self._fault or f"{name} was not answered within {limit:g} s"
            raise _late(name, limit) from None
        except Unavailable as error:
            if error.reason == DIED and self.degraded:  # it was killed because it hung
                raise _late(name, self._patience.ping) from error
            raise
        assert isinstance(value, kind), (name, value)
        return value

    async def another(self, worker: int) -> None:
        """Returns once the worker is another process than `worker`."""
        while self.worker == worker:
            await self._replaced.wait()

    def _limit(self, lane: Lane) -> float:
        if lane is Lane.CARRY:
            return self._patience.carry
        return self._patience.quick if lane in (Lane.QUICK, Lane.HISTORY) else self._patience.bulk

    async def _worker(self, name: str) -> Link:
        """Waits for one no longer than for a quick call: while the file system hangs there is none."""
        try:
            async with asyncio.timeout(self._patience.quick):
                while self._link is None:
                    await self._linked.wait()
                return self._link
        except TimeoutError:
            raise _late(name, self._patience.quick) from None

    async def begun(self) -> None:
        """Wait until a worker is up and its file system has answered, or it is clear that this takes long."""
        try:
            async with asyncio.timeout(self._patience.start):
                await self._begun.wait()
        except TimeoutError:
            late = f"the file system has not answered within {self._patience.start:g} s of the start"
            self._fault = self._fault or late
            self._begun.set()

    async def run(self) -> None:
        """Keep a worker alive, for ever. Raises what the first one could not start for, if waiting does not mend that."""
        wait = 0.1
        while True:
            try:
                async with self._started() as (link, process):
                    wait = 0.1
                    self._fault = await self._watched(link, process)
            except (WinslowError, OSError) as error:  # OSError: no process could be started
                if not self._begun.is_set() and not isinstance(error, Unavailable):
                    raise
                self._fault = str(error)
            self._begun.set()
            await asyncio.sleep(wait)
            wait = min(2 * wait, self._patience.restart_max)

    @asynccontextmanager
    async def _started(self) -> AsyncIterator[tuple[Link, Process]]:
        """A worker that is up. It is ended when the body is left, and calls wait for the next one."""
        await self._make_room()
        link, process = await self._start()
        try:
            try:
                async with asyncio.timeout(self._patience.up):
                    await link.hello()
            except TimeoutError:
                raise _late("the start of the worker", self._patience.up) from None
            except WinslowError as error:
                self._seen |= error.reason != DIED
                raise
            self._seen = True
            self.worker = process.pid
            self._replaced.set()
            self._replaced = asyncio.Event()
            self._link = link
            self._linked.set()
            yield link, process
        finally:
            self._unlink()
            link.close()
            await self._end(process)

    @property
    def _make(self) -> tuple[str, ...]:
        """Workers make the root, and its top, until one has said what is there. Later, none at its place is an absent mount."""
        return () if self._seen else (MAKE,)

    async def _start(self) -> tuple[Link, Process]:
        ours, theirs = socket.socketpair()
        to_pass, to_take = passing.pair()
        with theirs, to_take:
            for end in (ours, theirs):
                _widen(end)
            ours.setblocking(False)
            ends = (theirs.fileno(), to_take.fileno())
            arguments = (*map(str, ends), *self._arguments, *self._make)
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-X", "utf8", "-m", "winslowd.files.worker", *arguments),
                stdin=DEVNULL,
                stdout=DEVNULL,
                pass_fds=ends,
                env=_environment(),
            )
        made = partial(Link, Passing(to_pass))
        _, link = await asyncio.get_running_loop().create_unix_connection(made, sock=ours)
        return link, process

    async def _watched(self, link: Link, process: Process) -> str:
        doubting = asyncio.create_task(self._doubt.watch(link), name="files: doubts")
        try:
            return await self._watch(link, process)
        finally:
            self._unlink()  # before anything is waited for: no call may get a link that is lost
            doubting.cancel()
            await asyncio.gather(doubting, return_exceptions=True)

    def _unlink(self) -> None:
        self._link = None
        self._linked.clear()

    async def _watch(self, link: Link, process: Process) -> str:
        """Ping until the worker is lost, hangs (then it is killed), or cannot reach its root any more; returns which."""
        failed = 0
        while not link.lost.is_set():
            try:
                async with asyncio.timeout(self._patience.ping):
                    self.space = await link.request(PING, ())
            except TimeoutError:
                self._fault = f"the file system did not answer within {self._patience.ping:g} s"
                with suppress(ProcessLookupError):
                    process.kill()
                return self._fault
            except WinslowError as error:
                if link.lost.is_set():
                    break
                failed += 1
                if failed == 3:
                    return str(error)
                self._fault = str(error)
            else:
                failed = 0
                self._fault = ""
            self._begun.set()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._patience.ping_every):
                    await link.lost.wait()
        return "the process that does the storage work ended and is started again"

    async def _end(self, process: Process) -> None:
        """A worker ends when its link is closed. One that hangs is killed; one that hangs in the kernel is left."""
        for kill in (False, True):
            if kill:
                with suppress(ProcessLookupError):
                    process.kill()
            with suppress(TimeoutError):
                async with asyncio.timeout(_END):
                    await process.wait()
                    return
        self._hanging.append(process)

    async def _make_room(self) -> None:
        while True:
            self._hanging = [process for process in self._hanging if process.returncode is None]
            if len(self._hanging) < _HANGING_MAX:
                return
            self._fault = f"{len(self._hanging)} processes hang in the kernel, waiting for the file system"
            await asyncio.sleep(self._patience.restart_max)


@asynccontextmanager
async def open_files(
    root: str, patience: Patience | None = None, mounting: Mounting | None = None
) -> AsyncIterator[FilesProcess]:
    """The storage at the absolute path `root`, made where nothing is; its worker ends with the body.

    It is up when the body begins, or `degraded` where the file system does not answer: it comes up by itself when that does.
    Without `mounting`, layered workspaces are copied. Raises at once what no waiting mends: PermissionDenied (FILE_PERMISSION),
    FailedPrecondition (NOT_A_DIRECTORY) and what else `storage.volume.PlainVolume` raises.
    """
    process = FilesProcess(root, patience or Patience(), mounting or Mounting())
    keeper = asyncio.create_task(process.run(), name="files: worker")
    try:
        waiter = asyncio.create_task(process.begun(), name="files: start")
        await asyncio.wait({keeper, waiter}, return_when=asyncio.FIRST_COMPLETED)
        waiter.cancel()
        if keeper.done():
            await keeper
        yield process
    finally:
        keeper.cancel()
        with suppress(asyncio.CancelledError):
            await keeper


def _everything(name: str) -> None:
    """Every call is let in."""


def _widen(end: socket.socket) -> None:
    """Let a MiB of data go into the pair at once; without the right to that, it goes in steps."""
    end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SOCKET_BUFFER)
    with suppress(PermissionError):
        end.setsockopt(socket.SOL_SOCKET, _SO_SNDBUFFORCE, _SOCKET_BUFFER)


def _environment() -> dict[str, str]:
    """Ours, with the way to our packages; and with few arenas of memory, however many threads there are."""
    packages = str(Path(winslowd.__file__).parents[1])
    known = os.environ.get("PYTHONPATH", "")
    return {**os.environ, "PYTHONPATH": f"{packages}:{known}" if known else packages, "MALLOC_ARENA_MAX": "2"}


def _late(name: str, limit: float) -> Unavailable:
    return Unavailable(
        f"The storage did not answer {name} within {limit:g} s",
        reason="STORAGE_DEGRADED",
        subject=name,
        hint="Look at the mount and the servers behind it on this node; it may have happened all the same: read back",
    )
