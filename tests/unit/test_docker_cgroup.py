"""A container's figures from trees as the kernel makes them, of both versions of cgroups."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from winslow.domain.container import Usage
from winslowd.docker import cgroup

ID = "3a736537088e60ed20b73900c134c7bf9862329e2297a945ec11ec8ba787913f"
PID = 4711
DEV = """Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:  999999    10    0    0    0     0          0         0   999999    10    0    0    0     0       0          0
  eth0:  123456    99    0    0    0     0          0         0     7890    50    0    0    0     0       0          0
"""


class Machine:
    """A /proc and a /sys/fs/cgroup of a machine with one container."""

    def __init__(self, root: Path) -> None:
        self.proc, self.cgroup = root / "proc", root / "cgroup"
        for pid, net in (("self", "net:[1]"), (str(PID), "net:[2]")):
            (self.proc / pid / "ns").mkdir(parents=True)
            (self.proc / pid / "ns/net").symlink_to(net)
        (self.proc / str(PID) / "net").mkdir()
        self.write(self.proc / str(PID) / "net/dev", DEV)

    def write(self, path: Path, text: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def member(self, text: str) -> None:
        self.write(self.proc / str(PID) / "cgroup", text)

    def find(self) -> cgroup.Cgroup | None:
        return cgroup.find(PID, self.cgroup, self.proc)

    def usage(self) -> Usage | None:
        found = self.find()
        assert found
        return found.usage(self.proc)


class V1(Machine):
    def __init__(self, root: Path, of: str = f"docker/{ID}") -> None:
        super().__init__(root)
        self.member(
            f"9:name=systemd:/{of}\n7:blkio:/{of}\n4:memory:/{of}\n2:cpu,cpuacct:/{of}\n0::/system.slice/docker.service\n"
        )
        self.write(self.cgroup / "cpuacct" / of / "cpuacct.usage", "2500000000\n")
        self.write(self.cgroup / "memory" / of / "memory.usage_in_bytes", "10000000\n")
        self.write(self.cgroup / "memory" / of / "memory.stat", "cache 5\ntotal_inactive_file 4000000\n")
        self.io = self.cgroup / "blkio" / of / "blkio.throttle.io_service_bytes_recursive"
        self.write(
            self.io,
            "8:0 Read 1000\n8:0 Write 200\n8:0 Sync 0\n8:16 Read 30\n8:16 Write 4\n8:16 Total 34\nTotal 1234\n",
        )
        self.memory = self.cgroup / "memory" / of


class V2(Machine):
    def __init__(self, root: Path, of: str = f"system.slice/docker-{ID}.scope") -> None:
        super().__init__(root)
        self.member(f"0::/{of}\n")
        self.memory = self.cgroup / of
        self.write(self.memory / "cpu.stat", "usage_usec 2500000\nuser_usec 2000000\nsystem_usec 500000\n")
        self.write(self.memory / "memory.current", "10000000\n")
        self.write(self.memory / "memory.stat", "anon 6000000\ninactive_file 4000000\n")
        self.io = self.memory / "io.stat"
        self.write(
            self.io,
            "8:0 rbytes=1000 wbytes=200 rios=1 wios=1 dbytes=0 dios=0\n8:16 rbytes=30 wbytes=4 rios=1 wios=1\n",
        )


@pytest.fixture(params=[V1, V2], ids=["v1", "v2"])
def machine(request: pytest.FixtureRequest, tmp_path: Path) -> V1 | V2:
    return request.param(tmp_path)


def test_both_versions_tell_the_same(machine: V1 | V2) -> None:
    assert machine.usage() == Usage(2.5, 6_000_000, 123_456, 7890, 1030, 204)


def test_a_container_that_moved_nothing_and_counts_no_io_has_moved_nothing(machine: V1 | V2) -> None:
    machine.write(machine.io, "")
    assert machine.usage() == Usage(2.5, 6_000_000, 123_456, 7890, 0, 0)
    machine.io.unlink()
    assert machine.usage() == Usage(2.5, 6_000_000, 123_456, 7890, 0, 0)


def test_a_v1_that_counts_no_io_is_told_by_its_processes(tmp_path: Path) -> None:
    machine = V1(tmp_path)
    machine.write(machine.io, "Total 0\n")
    machine.write(machine.memory / "cgroup.procs", f"{PID}\n4712\n4713\n")
    for pid, read, written in ((PID, 4096, 0), (4713, 100, 8192)):
        machine.write(machine.proc / str(pid) / "io", f"rchar: 9\nread_bytes: {read}\nwrite_bytes: {written}\n")
    used = machine.usage()
    assert used and (used.read, used.written) == (4196, 8192), "4712 has just ended"


def test_cache_that_was_counted_later_than_the_whole_makes_no_memory_negative(machine: V1 | V2) -> None:
    for name in ("memory.usage_in_bytes", "memory.current"):
        if (machine.memory / name).exists():
            (machine.memory / name).write_text("3000000\n")
    used = machine.usage()
    assert used and used.memory == 0


def test_who_shares_the_nodes_network_has_none_of_its_own(machine: V1 | V2) -> None:
    own = machine.proc / str(PID) / "ns/net"
    own.unlink()
    own.symlink_to("net:[1]")
    used = machine.usage()
    assert used and (used.received, used.sent) == (0, 0)


def test_a_network_that_may_not_be_seen_counts_nothing(machine: V1 | V2) -> None:
    (machine.proc / str(PID) / "ns/net").unlink()
    used = machine.usage()
    assert used and (used.received, used.sent) == (0, 0)


def test_what_is_gone_uses_nothing(machine: V1 | V2) -> None:
    found = machine.find()
    assert found
    for name in ("memory.usage_in_bytes", "memory.current"):
        (machine.memory / name).unlink(missing_ok=True)
    assert found.usage(machine.proc) is None
    assert machine.find() is None, "and its cgroup is not taken for another's"


def test_a_process_that_is_gone_has_no_cgroup(machine: V1 | V2) -> None:
    (machine.proc / str(PID) / "cgroup").unlink()
    assert machine.find() is None


def test_this_very_process_is_found() -> None:
    found = cgroup.find(os.getpid())
    assert found is None or found.usage() is not None


async def test_who_was_found_is_not_looked_for_again_and_who_was_not_only_after_a_while(machine: V1 | V2) -> None:
    asked = 0
    pid = 0

    async def pid_of() -> int:
        nonlocal asked
        asked += 1
        return pid

    cgroups = cgroup.Cgroups(machine.cgroup, machine.proc)
    assert [await cgroups.usage("detect", pid_of) for _ in range(3)] == [None] * 3
    assert asked == 1
    cgroups.forget("detect")
    pid = PID
    used = [await cgroups.usage("detect", pid_of) for _ in range(3)]
    assert all(one and one.cpu_seconds == 2.5 for one in used)
    assert asked == 2
    for name in ("memory.usage_in_bytes", "memory.current"):
        (machine.memory / name).unlink(missing_ok=True)
    assert [await cgroups.usage("detect", pid_of) for _ in range(3)] == [None] * 3
    assert asked == 2, "it has ended; nobody need be asked"
