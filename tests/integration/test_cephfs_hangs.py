"""What hangs on CephFS hangs in a process that can be left behind, and comes free when whoever it waits for is shut out or back.

Whatever touches a mount whose client or servers do not answer is a child of the test's, with a deadline: a thread of pytest's own that
hung in the kernel would take pytest with it.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.ceph import Cluster, Mount
from winslow.domain.layout import parse
from winslow.domain.stage import ProjectId
from winslow.errors import Unavailable
from winslowd.files.process import FilesProcess, Patience, open_files

pytestmark = pytest.mark.ceph

IMPATIENT = Patience(quick=2.0, ping_every=0.2, ping=2.0, restart_max=0.5)
FREED = 30.0
"""Seconds by which a hanging call has come free; seen to take 4."""
READ = "import sys; sys.stdout.write(open(sys.argv[1]).read())"
WRITE = """
import os, sys
file = open(sys.argv[1], "wb", buffering=0)
for number in range(32):
    file.write(bytes([number]) * (1 << 20))
os.fsync(file.fileno())
"""
HOLD = """
import os, sys, time
file = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT, 0o644)
os.write(file, b"kept")
os.fsync(file)
os.write(file, b"not yet")  # so its client alone knows where the file ends
print("holding", flush=True)
time.sleep(600)
"""
LATE = """
import errno, sys
try:
    open(sys.argv[1], "a").write("late")
    file = open(sys.argv[1] + ".other", "w")
except OSError as error:
    print(errno.errorcode[error.errno])
"""


@contextmanager
def child(code: str, path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that touches `path`. Killed at the end, and not waited for any longer than it takes."""
    process = subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        with suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=10)


def hangs(process: subprocess.Popen[str], seconds: float = 1.0) -> bool:
    with suppress(subprocess.TimeoutExpired):
        process.wait(seconds)
    return process.returncode is None


def said(process: subprocess.Popen[str], within: float = FREED) -> str:
    """What it said, once it has ended by itself."""
    out, _ = process.communicate(timeout=within)
    assert process.returncode == 0
    return out.strip()


def test_who_reads_what_a_frozen_client_writes_comes_free_when_that_client_is_shut_out(ceph: Cluster) -> None:
    with (
        ceph.mounted_new() as frozen,
        ceph.mounted(frozen.directory) as other,
        child(HOLD, frozen.path / "shared") as writer,
    ):
        assert writer.stdout is not None and writer.stdout.readline() == "holding\n"
        frozen.freeze()
        with child(READ, other.path / "shared") as reader:
            assert hangs(reader)
            ceph.evict(frozen)
            assert said(reader).startswith("kept")
        frozen.thaw()
        with child(LATE, frozen.path / "late") as late:
            assert said(late) in ("ESHUTDOWN", "ENOTCONN"), "it is shut out"
        frozen.kill()  # what it still holds it can give to nobody


@pytest.fixture
def mount(ceph: Cluster) -> Iterator[Mount]:
    with ceph.mounted_new() as mount:
        yield mount


async def test_data_that_hang_while_names_are_answered_degrade_the_storage_and_a_write_is_whole_afterwards(
    ceph: Cluster, mount: Mount
) -> None:
    with ceph.mounted(mount.directory) as other:
        (other.path / "projects/p/input").mkdir(parents=True)
        (other.path / "projects/p/input/cold").write_bytes(bytes(1 << 20))
    async with open_files(str(mount.path), IMPATIENT) as storage:
        await until_well(storage)
        ceph.osd.freeze()
        try:
            with child(WRITE, mount.path / "big") as writer:
                with pytest.raises(Unavailable) as caught:
                    await storage.files.read(parse("projects/p/input/cold"), 0, 1 << 20)
                assert caught.value.reason == "STORAGE_DEGRADED"
                await until(lambda: "taken no data" in storage.degraded)
                assert (await storage.files.stat(parse("projects/p/input/cold"))).size == 1 << 20
                assert hangs(writer, 0.1)
                ceph.osd.thaw()
                await until_well(storage)
                assert said(writer) == ""
        finally:
            ceph.osd.thaw()
    with ceph.mounted(mount.directory) as other:
        content = (other.path / "big").read_bytes()
    assert content == b"".join(bytes([number]) * (1 << 20) for number in range(32))


async def test_a_mount_whose_process_was_killed_degrades_the_storage_until_it_is_mounted_again(
    ceph: Cluster, mount: Mount
) -> None:
    async with open_files(str(mount.path), IMPATIENT) as storage:
        await storage.workspaces.make_project(ProjectId("p"))
        mount.kill()
        with pytest.raises(Unavailable) as caught:
            await storage.files.stat(parse("projects/p/input"))
        assert caught.value.reason == "STORAGE_DEGRADED" and caught.value.hint
        await until(lambda: bool(storage.degraded))
        async with open_files(str(mount.path), IMPATIENT) as begun_without:
            await until(lambda: "does not answer" in begun_without.degraded)  # where it first says that it was slow
            with ceph.mounted_again(mount):
                await until_well(begun_without)
                await until_well(storage)
                assert (await storage.files.stat(parse("projects/p/input"))).kind == "directory"


async def test_a_connection_to_the_kernel_that_was_aborted_degrades_the_storage(mount: Mount, tmp_path: Path) -> None:
    async with open_files(str(mount.path), IMPATIENT) as storage:
        await storage.workspaces.make_project(ProjectId("p"))
        connection = os.minor(mount.path.stat().st_dev)
        subprocess.run(["mount", "-t", "fusectl", "fusectl", tmp_path], check=True, timeout=10)
        try:
            (tmp_path / str(connection) / "abort").write_text("1")
        finally:
            subprocess.run(["umount", "-l", tmp_path], check=True, timeout=10)
        with pytest.raises(Unavailable) as caught:
            await storage.files.stat(parse("projects/p/input"))
        assert caught.value.reason == "STORAGE_DEGRADED"
        await until(lambda: bool(storage.degraded))


async def until_well(storage: FilesProcess) -> None:
    await until(lambda: not storage.degraded and storage.space is not None)


async def until(condition: Callable[[], bool], within: float = 60.0) -> None:
    async with asyncio.timeout(within):
        while not condition():
            await asyncio.sleep(0.05)
