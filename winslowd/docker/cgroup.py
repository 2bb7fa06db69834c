"""What a container uses, read from its cgroup: some small files, no engine, so that it can be asked each second.

Knows the layouts of cgroup v1 and v2. It never needs to know which engine made the container, or what a stage is: a
process of the container says where its cgroup is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from winslow.domain.container import Usage

CGROUP = Path("/sys/fs/cgroup")
PROC = Path("/proc")
LOOK_AGAIN = 10.0
"""Seconds before the engine is asked again about a container that was not found: it may have ended, or lie where we cannot see."""
PROCESSES_MOST = 256
"""Processes of a container that are looked at one by one, where that must be."""
V1 = ("cpuacct", "memory", "blkio")
"""The controllers of v1 that are read; each has a hierarchy of its own."""


@dataclass(frozen=True, slots=True)
class Cgroup:
    """Where a container's figures are: `unified` on v2, a directory for each of `V1` on v1. `process` is one of the container's."""

    process: Path
    unified: Path | None
    controllers: tuple[Path, ...] = ()

    def usage(self, proc: Path = PROC) -> Usage | None:
        """What it uses now; None when it is gone. Blocks for as long as the kernel adds up, a fraction of a millisecond."""
        try:
            used = self._v2(self.unified) if self.unified else self._v1(proc, *self.controllers)
        except (OSError, ValueError):
            return None
        received, sent = _network(self.process, proc)
        cpu_seconds, memory, read, written = used
        return Usage(cpu_seconds, memory, received, sent, read, written)

    def _v1(self, proc: Path, cpu: Path, memory: Path, io: Path) -> tuple[float, int, int, int]:
        cpu_seconds = int((cpu / "cpuacct.usage").read_text()) / 1e9
        used = int((memory / "memory.usage_in_bytes").read_text())
        cache = _keyed(memory / "memory.stat").get("total_inactive_file", 0)
        rows = (line.split() for line in _lines(io / "blkio.throttle.io_service_bytes_recursive"))
        moved = [(row[1], int(row[2])) for row in rows if len(row) == 3]
        read, written = (sum(size for name, size in moved if name == kind) for kind in ("Read", "Write"))
        if not moved:
            read, written = _moved_by_processes(memory, proc)
        return cpu_seconds, max(used - cache, 0), read, written

    def _v2(self, cgroup: Path) -> tuple[float, int, int, int]:
        cpu_seconds = _keyed(cgroup / "cpu.stat")["usage_usec"] / 1e6
        used = int((cgroup / "memory.current").read_text())
        cache = _keyed(cgroup / "memory.stat").get("inactive_file", 0)
        words = [word.partition("=") for line in _lines(cgroup / "io.stat") for word in line.split()[1:]]
        read, written = (sum(int(size) for name, _, size in words if name == kind) for kind in ("rbytes", "wbytes"))
        return cpu_seconds, max(used - cache, 0), read, written


class Cgroups:
    """Of containers by what they are called: each is looked for once, and then only read."""

    def __init__(self, root: Path = CGROUP, proc: Path = PROC) -> None:
        self._root, self._proc = root, proc
        self._found: dict[str, Cgroup] = {}
        self._not_before: dict[str, float] = {}

    async def usage(self, name: str, pid_of: Callable[[], Awaitable[int]]) -> Usage | None:
        """What it uses now; None when it does not run. `pid_of` names a process of it, 0 when there is none."""
        now = asyncio.get_running_loop().time()
        if name not in self._found:
            if now < self._not_before.get(name, 0.0):
                return None
            pid = await pid_of()
            place = await asyncio.to_thread(find, pid, self._root, self._proc) if pid else None
            if place is None:
                self._not_before[name] = now + LOOK_AGAIN
                return None
            self._found[name] = place
        used = await asyncio.to_thread(self._found[name].usage, self._proc)
        if used is None:
            self.forget(name)
            self._not_before[name] = now + LOOK_AGAIN
        return used

    def forget(self, name: str) -> None:
        """It began or is gone: what was found, or not found, holds no more."""
        self._found.pop(name, None)
        self._not_before.pop(name, None)


def find(pid: int, root: Path = CGROUP, proc: Path = PROC) -> Cgroup | None:
    """The cgroup of a process; None when the process is gone, or its cgroup cannot be seen from here."""
    try:
        lines = (proc / str(pid) / "cgroup").read_text().splitlines()
    except OSError:
        return None
    paths: dict[str, str] = {}
    for line in lines:
        _, controllers, path = line.split(":", 2)
        paths |= dict.fromkeys(controllers.split(","), path.lstrip("/"))
    if "memory" not in paths:
        unified = root / paths.get("", "")
        return Cgroup(proc / str(pid), unified) if (unified / "memory.current").exists() else None
    found = tuple(root / name / paths.get(name, "") for name in V1)
    return Cgroup(proc / str(pid), None, found) if (found[1] / "memory.usage_in_bytes").exists() else None


def _moved_by_processes(cgroup: Path, proc: Path) -> tuple[int, int]:
    """Newer kernels count no I/O of a v1 cgroup that has no limit on it. A process has what those it waited for moved, too."""
    read = written = 0
    for pid in islice(_lines(cgroup / "cgroup.procs"), PROCESSES_MOST):
        try:
            moved = _keyed(proc / pid / "io", ": ")
        except OSError:  # it has just ended, or we may not look
            continue
        read, written = read + moved["read_bytes"], written + moved["write_bytes"]
    return read, written


def _network(process: Path, proc: Path) -> tuple[int, int]:
    """Bytes received and sent on a network of the container's own; 0 where it has none, or shares the node's."""
    try:
        own = (process / "ns/net").readlink() != (proc / "self/ns/net").readlink()
        lines = (process / "net/dev").read_text().splitlines() if own else []
    except OSError:
        return 0, 0
    counts = [
        line.partition(":")[2].split() for line in lines[2:] if line.partition(":")[0].strip() != "lo"
    ]  # two lines of headers; then received bytes are the first figure, sent ones the ninth
    return sum(int(row[0]) for row in counts), sum(int(row[8]) for row in counts)


def _keyed(path: Path, between: str = " ") -> dict[str, int]:
    """`name number` lines."""
    return {name: int(value) for name, _, value in (line.partition(between) for line in path.read_text().splitlines())}


def _lines(path: Path) -> Iterator[str]:
    """Of a file that is not there when nothing is counted, as without the io controller."""
    try:
        yield from path.read_text().splitlines()
    except FileNotFoundError:
        return
