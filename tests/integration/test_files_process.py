"""The worker may die, freeze or hang in the kernel, its calls may be given up: the daemon goes on."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from storage.mounting import Mounting
from tests import filesystems
from winslow.domain.layout import WorkspacePlan, parse
from winslow.domain.stage import ProjectId, StageId
from winslow.errors import FailedPrecondition, NotFound, Unavailable
from winslowd.files import process
from winslowd.files.frames import HELLO, Answer, Call, pack
from winslowd.files.link import Link
from winslowd.files.process import FilesProcess, Patience, open_files
from winslowd.files.worker import Worker

PROJECT = ProjectId("p")
PATIENT = Patience(ping_every=0.1, restart_max=0.2)
IMPATIENT = Patience(start=0.5, quick=3.0, ping_every=0.1, ping=1.0, restart_max=0.2)
OWNER = (os.geteuid(), os.getegid())


def plan(stage: str) -> WorkspacePlan:
    root = f"projects/p/stages/{stage}"
    return WorkspacePlan(
        StageId(stage), PROJECT, f"{root}/workspace", "projects/p/workspace", f"{root}/output", f"{root}/log"
    )


@pytest.fixture
async def storage(tmp_path: Path) -> AsyncIterator[FilesProcess]:
    async with open_files(str(tmp_path), PATIENT) as storage:
        await storage.workspaces.make_project(PROJECT)
        yield storage


async def until_well(storage: FilesProcess) -> None:
    """Wait for a worker that answers pings."""
    async with asyncio.timeout(30):
        while storage.degraded or storage.space is None:
            await asyncio.sleep(0.01)
        while True:
            with contextlib.suppress(Unavailable):
                await storage.files.stat(parse("resources"))
                return


def there(storage: FilesProcess) -> int:
    """The worker's process id. Before there is one it is 0, and a signal to that is one to whoever runs the tests."""
    assert storage.worker > 0
    return storage.worker


async def test_a_root_that_is_not_there_is_made_at_the_start_and_by_no_later_worker(tmp_path: Path) -> None:
    """Later it is a mount that is absent: what was written there would be lost from sight once it is back."""
    root = tmp_path / "deep" / "root"
    async with open_files(str(root), PATIENT) as storage:
        assert (await storage.files.stat(parse("resources"))).kind == "directory"
        root.rename(tmp_path / "away")
        os.kill(there(storage), signal.SIGKILL)
        async with asyncio.timeout(30):
            while "There is no" not in storage.degraded:
                await asyncio.sleep(0.01)
        assert not root.exists()
        (tmp_path / "away").rename(root)
        await until_well(storage)


async def test_a_first_worker_that_dies_without_a_word_leaves_the_root_to_be_made_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start, begun = FilesProcess._start, list[int]()

    async def killed_at_once(self: FilesProcess) -> tuple[Link, asyncio.subprocess.Process]:
        link, worker = await start(self)
        if not begun:
            worker.kill()
        begun.append(worker.pid)
        return link, worker

    monkeypatch.setattr(FilesProcess, "_start", killed_at_once)
    async with open_files(str(tmp_path / "root"), PATIENT) as storage:
        await until_well(storage)
        assert len(begun) > 1 and (tmp_path / "root" / "resources").is_dir()


async def test_an_empty_directory_where_a_mount_was_is_left_empty(tmp_path: Path) -> None:
    """Some file systems are mounted on no directory that anything lies in."""
    root = tmp_path / "root"
    async with open_files(str(root), PATIENT) as storage:
        first = there(storage)
        root.rename(tmp_path / "away")
        root.mkdir()
        async with asyncio.timeout(30):
            while storage.worker == first or storage.degraded:
                await asyncio.sleep(0.01)
        with pytest.raises(NotFound):
            await storage.files.stat(parse("resources"))
        assert not [one for one in root.iterdir() if not one.name.startswith(".probe-")]
        root.rmdir()
        (tmp_path / "away").rename(root)
        async with asyncio.timeout(30):
            while True:
                with contextlib.suppress(Unavailable, NotFound):
                    await storage.files.stat(parse("resources"))
                    break
                await asyncio.sleep(0.01)


@pytest.mark.parametrize("root", ["file", "file/below"])
async def test_a_root_that_cannot_be_one_is_told_at_the_start(tmp_path: Path, root: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FailedPrecondition) as caught:
        async with open_files(str(tmp_path / root)):
            pytest.fail("it started")
    assert caught.value.reason == "NOT_A_DIRECTORY" and str(tmp_path / root) in str(caught.value)


async def test_space_is_known_and_the_storage_well(storage: FilesProcess, tmp_path: Path) -> None:
    await until_well(storage)
    assert storage.space is not None
    assert storage.space.total == os.statvfs(tmp_path).f_blocks * os.statvfs(tmp_path).f_frsize
    assert storage.degraded == ""


async def test_a_worker_that_dies_fails_what_it_was_doing_and_is_replaced(storage: FilesProcess) -> None:
    os.kill(there(storage), signal.SIGSTOP)
    call = asyncio.create_task(storage.files.stat(parse("projects/p/input")), name="call")
    await asyncio.sleep(0)
    dead = storage.worker
    os.kill(dead, signal.SIGKILL)
    with pytest.raises(Unavailable) as caught:
        await call
    assert caught.value.reason == "STORAGE_RESTARTED"
    assert (await storage.files.stat(parse("projects/p/input"))).kind == "directory"
    assert storage.worker != dead


async def test_a_worker_that_freezes_is_told_by_the_deadline_and_replaced(tmp_path: Path) -> None:
    async with open_files(str(tmp_path), IMPATIENT) as storage:
        await until_well(storage)  # a machine that is busy may not have started one in so little time
        frozen = there(storage)
        os.kill(frozen, signal.SIGSTOP)
        begun = time.monotonic()
        with pytest.raises(Unavailable) as caught:
            await storage.files.stat(parse("resources"))
        assert caught.value.reason in ("STORAGE_DEGRADED", "STORAGE_RESTARTED")
        assert time.monotonic() - begun < 20
        assert storage.degraded
        await until_well(storage)
        assert storage.worker != frozen
        assert not _alive(frozen)


async def test_an_upload_goes_on_after_the_worker_was_killed(storage: FilesProcess, tmp_path: Path) -> None:
    content = os.urandom(3_000_000)
    location = parse("projects/p/input/clip.mp4")
    digest = hashlib.sha256(content).hexdigest()
    upload = await storage.uploads.begin("u", location, len(content), digest)
    upload = await storage.uploads.flush(await storage.uploads.append(upload, 0, content[:2_000_000]))
    os.kill(there(storage), signal.SIGKILL)
    async with asyncio.timeout(30):
        while True:
            with contextlib.suppress(Unavailable):
                upload = await storage.uploads.append(upload, 2_000_000, content[2_000_000:])
                break
            await asyncio.sleep(
                0.01
            )  # a link that has just broken refuses at once, before anybody could have replaced it
    await storage.uploads.commit(upload)
    assert (tmp_path / "projects/p/input/clip.mp4").read_bytes() == content


@pytest.mark.parametrize("torn", ["header", "message", "data"])
async def test_of_a_call_that_its_daemon_died_in_the_middle_of_nothing_is_done(
    storage: FilesProcess, tmp_path: Path, torn: str
) -> None:
    """What was missing of the data was once made up of zeros, and written to the upload."""
    upload = await storage.uploads.begin("u", parse("projects/p/input/clip"), 2 << 20, "")
    upload = await storage.uploads.append(upload, 0, b"begun")
    frame = pack(1, Call("uploads.append", (upload, 5)), 1 << 20)
    parts = {"header": frame[:3], "message": frame[:-1], "data": frame + bytes(9)}
    ours, theirs = socket.socketpair()
    to_pass, to_take = socket.socketpair()
    with ours, theirs, to_pass, to_take:
        ours.settimeout(0.5)
        ours.sendall(parts[torn])
        ours.shutdown(socket.SHUT_WR)  # the other direction stays, to hear whether anything was done
        await asyncio.to_thread(Worker(theirs, to_take, str(tmp_path), Mounting("", "", ""), make=False).serve)
        answered = await asyncio.to_thread(ours.recv, 1 << 16)
        with pytest.raises(TimeoutError):
            answered += await asyncio.to_thread(ours.recv, 1 << 16)
    assert answered == pack(HELLO, Answer(os.getpid()))
    (data,) = tmp_path.rglob("u/data")
    assert data.read_bytes() == b"begun"


async def test_a_copy_that_nobody_waits_for_stops_at_once(storage: FilesProcess, tmp_path: Path) -> None:
    source = tmp_path / "projects/p/workspace"
    for index in range(3000):
        (source / f"{index:04}").write_bytes(b"x" * 4096)
    copy = tmp_path / "projects/p/stages/s1/.workspace.partial"
    call = asyncio.create_task(storage.workspaces.prepare(plan("s1"), OWNER), name="prepare")
    while not copy.exists() or not any(copy.iterdir()):
        await asyncio.sleep(0.001)
    begun = time.monotonic()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert time.monotonic() - begun < 1
    # What follows waits for the copy to let go, and removes what it left.
    await storage.workspaces.drop(PROJECT, StageId("s1"))
    assert list((tmp_path / "projects/p/stages").iterdir()) == []
    assert time.monotonic() - begun < 10


async def test_bulk_work_does_not_make_a_listing_wait(storage: FilesProcess, tmp_path: Path) -> None:
    for index in range(5000):
        (tmp_path / "projects/p/input" / f"{index}").touch()
    (tmp_path / "projects/p/input/big").write_bytes(bytes(200_000_000))
    async with asyncio.TaskGroup() as group:
        bulk = [
            group.create_task(storage.files.usage(parse("projects/p/input")), name=f"bulk {index}")
            for index in range(20)
        ]
        bulk += [
            group.create_task(storage.files.digest(parse("projects/p/input/big")), name=f"digest {index}")
            for index in range(20)
        ]
        await asyncio.sleep(0)
        await storage.files.stat(parse("projects/p/input/7"))
        assert not all(task.done() for task in bulk)
        for task in bulk:
            task.cancel()
    assert all(task.cancelled() or task.done() for task in bulk)


async def test_bulk_work_does_not_make_whoever_cancels_an_upload_wait(storage: FilesProcess, tmp_path: Path) -> None:
    """Who joins parts, or begins what does not fit, waits for that too."""
    for index in range(2000):
        (tmp_path / "projects/p/input" / f"{index}").touch()
    begun = await storage.uploads.begin("u", parse("projects/p/input/new"), 4, "0" * 64)
    async with asyncio.TaskGroup() as group:
        bulk = [
            group.create_task(storage.files.usage(parse("projects/p/input")), name=f"bulk {index}")
            for index in range(40)
        ]
        await asyncio.sleep(0)
        await storage.uploads.cancel(begun)
        assert sum(task.done() for task in bulk) < 20
        for task in bulk:
            task.cancel()


async def test_calls_that_were_cancelled_leave_nothing_behind(storage: FilesProcess) -> None:
    for _ in range(200):
        call = asyncio.create_task(storage.files.stat(parse("projects/p/input")), name="call")
        await asyncio.sleep(0)
        call.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await call
    assert (await storage.files.stat(parse("projects/p/input"))).kind == "directory"


async def test_many_calls_at_once_are_answered_each_with_its_own(storage: FilesProcess, tmp_path: Path) -> None:
    contents = [os.urandom(1 + index * 7919) for index in range(60)]
    for index, content in enumerate(contents):
        (tmp_path / "projects/p/input" / f"{index}").write_bytes(content)
    answers = await asyncio.gather(
        *(storage.files.read(parse(f"projects/p/input/{index}"), 0, 1 << 22) for index in range(60)),
        *(storage.files.digest(parse(f"projects/p/input/{index}")) for index in range(60)),
    )
    assert answers == [*contents, *(hashlib.sha256(content).hexdigest() for content in contents)]


async def test_a_page_of_thousands_of_names_arrives_whole(storage: FilesProcess, tmp_path: Path) -> None:
    for index in range(6000):
        (tmp_path / "projects/p/input" / f"{index:05}-{'x' * 60}").touch()
    page = await storage.files.entries(parse("projects/p/input"), "", 10_000)
    assert [entry.name[:5] for entry in page] == [f"{index:05}" for index in range(6000)]


async def test_the_worker_ends_with_its_daemon(tmp_path: Path) -> None:
    """Also when the daemon is killed: nothing is left that writes to the volume."""
    code = """
import asyncio, sys
from winslowd.files.process import open_files
async def main():
    async with open_files(sys.argv[1]) as storage:
        print(storage.worker, flush=True)
        await asyncio.sleep(60)
asyncio.run(main())
"""
    packages = str(Path(__file__).parents[2])
    arguments = [sys.executable, "-c", code, str(tmp_path)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": packages}) as daemon:
        assert daemon.stdout is not None
        worker = int(await asyncio.to_thread(daemon.stdout.readline))
        daemon.kill()
    async with asyncio.timeout(10):
        while _alive(worker):
            await asyncio.sleep(0.01)


async def test_the_worker_outlives_a_signal_to_the_whole_group(storage: FilesProcess) -> None:
    worker = storage.worker
    os.kill(worker, signal.SIGINT)
    os.kill(worker, signal.SIGTERM)
    await storage.files.stat(parse("projects/p/input"))
    assert storage.worker == worker


@pytest.mark.skipif(bool(filesystems.why_no_xfs()), reason=filesystems.why_no_xfs() or "-")
async def test_a_file_system_that_hangs_does_not_hang_the_daemon(tmp_path: Path) -> None:
    """A frozen XFS: whoever writes waits in the kernel, where no signal reaches, until it is thawed."""
    with filesystems.xfs(tmp_path) as place:
        async with open_files(str(place), IMPATIENT) as storage:
            await until_well(storage)
            await storage.workspaces.make_project(PROJECT)
            subprocess.run(["fsfreeze", "--freeze", place], check=True, timeout=30)
            try:
                begun = time.monotonic()
                calls = (storage.files.make_directory(parse(f"projects/p/input/{index}")) for index in range(20))
                results = await asyncio.gather(*calls, return_exceptions=True)
                assert time.monotonic() - begun < 20
                assert {type(result) for result in results} == {Unavailable}
                assert storage.degraded
            finally:
                subprocess.run(["fsfreeze", "--unfreeze", place], check=True, timeout=30)
            await until_well(storage)
            await storage.files.make_directory(parse("projects/p/input/after"))


@pytest.mark.skipif(bool(filesystems.why_no_xfs()), reason=filesystems.why_no_xfs() or "-")
async def test_a_file_system_that_hangs_at_the_start_is_waited_for_beside_it_by_few_small_workers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each hangs in the kernel before it can say hello: it is about to make what every volume has."""
    monkeypatch.setattr(process, "_END", 0.1)
    with filesystems.xfs(tmp_path) as place:
        subprocess.run(["fsfreeze", "--freeze", place], check=True, timeout=30)
        begun = time.monotonic()
        async with open_files(str(place), replace(IMPATIENT, up=3.0)) as storage:
            try:
                assert time.monotonic() - begun < 20
                assert "has not answered" in storage.degraded and storage.state().size == 0
                with pytest.raises(Unavailable) as caught:
                    await storage.files.stat(parse("resources"))
                assert caught.value.reason == "STORAGE_DEGRADED"
                async with asyncio.timeout(60):
                    while "processes hang in the kernel" not in storage.degraded:
                        await asyncio.sleep(0.05)
                await asyncio.sleep(2 * IMPATIENT.restart_max)  # in which no other is started
                left = workers()
                assert len(left) == 3
                assert sum(one.memory_info().rss for one in left) < 300 << 20
            finally:
                subprocess.run(["fsfreeze", "--unfreeze", place], check=True, timeout=30)
            await until_well(storage)
            await storage.workspaces.make_project(PROJECT)
            async with asyncio.timeout(10):
                while len(workers()) > 1:
                    await asyncio.sleep(0.05)


def workers() -> list[psutil.Process]:
    """That were started here and have not ended."""
    return [one for one in psutil.Process().children() if "winslowd.files.worker" in _command(one)]


def _command(process: psutil.Process) -> list[str]:
    with contextlib.suppress(psutil.Error):  # it has ended
        return process.cmdline()
    return []


def _alive(process: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{process}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
