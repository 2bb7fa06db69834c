"""What the ports Workspaces, Files, Uploads and Logs promise, held to the real worker and to the inline volume.

On a plain directory always, and on XFS with reflinks where that can be mounted.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import socket
import stat
import subprocess
import threading
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from tests import filesystems
from tests.fakes.volume import InlineVolume
from winslow.domain.layout import Location, Pool, WorkspacePlan, parse
from winslow.domain.pipeline import DefinitionName, LogParser
from winslow.domain.stage import ProjectId, StageId
from winslow.errors import (
    AlreadyExists,
    Conflict,
    DataLoss,
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    OutOfRange,
    WinslowError,
)
from winslow.ports import Entry, Totals, Upload
from winslowd.files.process import FilesProcess, open_files

pytestmark = pytest.mark.asyncio(loop_scope="module")

Storage = FilesProcess | InlineVolume
OWNER = (1000, 1000) if os.geteuid() == 0 else (os.geteuid(), os.getegid())
OTHER = (1001, 1001)
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to another user")


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=["inline", "plain", "xfs"])
async def volume(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[Storage, Path]]:
    place = tmp_path_factory.mktemp("volume")
    async with AsyncExitStack() as stack:
        if request.param == "xfs":
            if why := filesystems.why_no_xfs():
                pytest.skip(why)
            place = stack.enter_context(filesystems.xfs(place))
        place.chmod(0o755)
        if request.param == "inline":
            inline = InlineVolume(str(place))
            stack.callback(inline.close)
            yield inline, place
        else:
            yield await stack.enter_async_context(open_files(str(place))), place


@dataclass
class Project:
    """A project of its own for each test."""

    storage: Storage
    id: ProjectId
    path: Path
    volume: Path

    def plan(self, stage: str, source: str | None = "", *, in_place: str = "") -> WorkspacePlan:
        """A workspace for `stage` from that of `source` ("": the zeroth one; None: nothing)."""
        root = f"projects/{self.id}/stages/{stage}"
        above = f"projects/{self.id}/stages/{source}" if source else f"projects/{self.id}"
        return WorkspacePlan(
            stage=StageId(stage),
            project=self.id,
            target=f"projects/{self.id}/stages/{in_place or stage}/workspace",
            source=None if source is None or in_place else f"{above}/workspace",
            output=f"{root}/output",
            log=f"{root}/log",
            in_place=bool(in_place),
        )

    def at(self, path: str) -> Location:
        return parse(f"projects/{self.id}/{path}")

    def workspace(self, stage: str) -> Path:
        return self.path / "stages" / stage / "workspace"

    async def upload(self, path: str, content: bytes) -> Upload:
        """An upload with all of its bytes, not committed."""
        upload = await self.storage.uploads.begin(
            uuid.uuid4().hex, self.at(path), len(content), hashlib.sha256(content).hexdigest()
        )
        return await self.storage.uploads.append(upload, 0, content)


@pytest_asyncio.fixture(loop_scope="module")
async def project(volume: tuple[Storage, Path]) -> AsyncIterator[Project]:
    storage, place = volume
    id = ProjectId(f"p-{uuid.uuid4().hex[:12]}")
    await storage.workspaces.make_project(id)
    yield Project(storage, id, place / "projects" / id, place)
    await storage.workspaces.delete_project(id)


@contextmanager
def refused(kind: type[WinslowError], reason: str) -> Iterator[None]:
    """Refused, for this reason, with a hint."""
    with pytest.raises(kind) as caught:
        yield
    assert caught.value.reason == reason
    assert caught.value.hint


class TestWorkspaces:
    async def test_making_a_project_twice_keeps_what_is_in_it(self, project: Project) -> None:
        (project.path / "input" / "clip.mp4").write_text("video")
        await project.storage.workspaces.make_project(project.id)
        assert (project.path / "input" / "clip.mp4").read_text() == "video"

    async def test_a_workspace_is_a_faithful_copy_of_its_source(self, project: Project) -> None:
        source = project.path / "workspace"
        (source / "deep" / "er").mkdir(parents=True)
        (source / "deep" / "er" / "model.bin").write_bytes(os.urandom(100_000))
        (source / "run.sh").write_text("#!/bin/sh\n")
        (source / "run.sh").chmod(0o750)
        os.utime(source / "run.sh", ns=(10**18, 10**18 + 7))
        os.link(source / "run.sh", source / "deep" / "same.sh")
        (source / "deep").chmod(0o700)
        os.utime(source / "deep", ns=(10**18, 10**18 + 9))
        (source / "link").symlink_to("deep/er/model.bin")
        (source / "dangling").symlink_to("/nowhere")
        with (source / "sparse").open("wb") as file:
            file.truncate(64 << 20)
            file.seek(32 << 20)
            file.write(b"island")

        await project.storage.workspaces.prepare(project.plan("s1"), OWNER)

        copy = project.workspace("s1")
        assert (copy / "deep/er/model.bin").read_bytes() == (source / "deep/er/model.bin").read_bytes()
        assert stat.S_IMODE((copy / "run.sh").stat().st_mode) == 0o750
        assert (copy / "run.sh").stat().st_mtime_ns == 10**18 + 7
        assert stat.S_IMODE((copy / "deep").stat().st_mode) == 0o700
        assert (copy / "deep").stat().st_mtime_ns == 10**18 + 9
        assert str((copy / "link").readlink()) == "deep/er/model.bin"
        assert str((copy / "dangling").readlink()) == "/nowhere"
        assert (copy / "run.sh").stat().st_ino == (copy / "deep/same.sh").stat().st_ino
        assert (copy / "run.sh").stat().st_ino != (source / "run.sh").stat().st_ino
        assert (copy / "sparse").stat().st_size == 64 << 20
        assert (copy / "sparse").stat().st_blocks * 512 < 1 << 20
        with (copy / "sparse").open("rb") as file:
            file.seek(32 << 20)
            assert file.read(10) == b"island\0\0\0\0"
        for path in [copy, *copy.rglob("*"), project.path / "stages/s1/output", project.path / "stages/s1/log"]:
            assert (path.lstat().st_uid, path.lstat().st_gid) == OWNER, path

    async def test_changing_a_copy_does_not_change_its_source(self, project: Project) -> None:
        (project.path / "workspace" / "a").write_text("before")
        await project.storage.workspaces.prepare(project.plan("s1"), OWNER)
        (project.workspace("s1") / "a").write_text("after")
        assert (project.path / "workspace" / "a").read_text() == "before"

    async def test_preparing_twice_keeps_what_the_stage_has_written(self, project: Project) -> None:
        plan = project.plan("s1")
        await project.storage.workspaces.prepare(plan, OWNER)
        (project.workspace("s1") / "mine").write_text("1")
        (project.path / "stages/s1/log").write_text("T stdout F hello\n")
        (project.path / "workspace" / "later").write_text("2")
        await project.storage.workspaces.prepare(plan, OWNER)
        assert [path.name for path in project.workspace("s1").iterdir()] == ["mine"]
        assert (project.path / "stages/s1/log").read_text() == "T stdout F hello\n"

    async def test_a_copy_that_was_cut_is_begun_again(self, project: Project) -> None:
        (project.path / "workspace" / "a").write_text("whole")
        half = project.path / "stages" / "s1" / ".workspace.partial"
        half.mkdir(parents=True)
        (half / "a").write_text("ha")
        (half / "rubbish").mkdir(mode=0o500)
        await project.storage.workspaces.prepare(project.plan("s1"), OWNER)
        assert {path.name: path.read_text() for path in project.workspace("s1").iterdir()} == {"a": "whole"}
        assert not half.exists()

    async def test_many_files_are_all_copied(self, project: Project) -> None:
        for index in range(700):
            path = project.path / "workspace" / f"d{index % 7}" / f"e{index % 3}" / f"f{index}"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(str(index))
        await project.storage.workspaces.prepare(project.plan("s1"), OWNER)
        copies = [path for path in project.workspace("s1").rglob("*") if path.is_file()]
        assert sorted(int(path.read_text()) for path in copies) == list(range(700))
        assert all(path.read_text() == path.name[1:] for path in copies)

    async def test_special_files_are_left_out_and_the_log_says_so(self, project: Project) -> None:
        os.mkfifo(project.path / "workspace" / "pipe")
        (project.path / "workspace" / "file").write_text("x")
        await project.storage.workspaces.prepare(project.plan("s1"), OWNER)
        assert [path.name for path in project.workspace("s1").iterdir()] == ["file"]
        log = (await project.storage.logs.read(project.id, StageId("s1"), 0, 1 << 20)).decode()
        assert " winslow F 1 special files" in log
        assert "pipe" in log

    async def test_a_missing_source_is_told(self, project: Project) -> None:
        with refused(NotFound, "SOURCE_MISSING"):
            await project.storage.workspaces.prepare(project.plan("s2", "never"), OWNER)

    @as_root
    async def test_a_sealed_workspace_cannot_be_written_by_its_stage(self, project: Project) -> None:
        plan = project.plan("s1", None)
        await project.storage.workspaces.prepare(plan, OWNER)
        assert _write_as(OWNER, project.workspace("s1") / "before") == 0
        await project.storage.workspaces.seal(plan)
        await project.storage.workspaces.seal(plan)
        assert _write_as(OWNER, project.workspace("s1") / "after") != 0
        assert [path.name for path in project.workspace("s1").iterdir()] == ["before"]

    async def test_preparing_after_the_seal_does_not_break_it(self, project: Project) -> None:
        plan = project.plan("s1", None)
        await project.storage.workspaces.prepare(plan, OWNER)
        await project.storage.workspaces.seal(plan)
        await project.storage.workspaces.prepare(plan, OWNER)
        assert stat.S_IMODE(project.workspace("s1").stat().st_mode) == 0o555

    async def test_sealing_what_was_never_prepared_is_no_fault(self, project: Project) -> None:
        await project.storage.workspaces.seal(project.plan("s9", None))
        assert not project.workspace("s9").exists()

    async def test_a_workspace_made_from_a_sealed_one_can_be_written(self, project: Project) -> None:
        first, second = project.plan("s1", None), project.plan("s2", "s1")
        await project.storage.workspaces.prepare(first, OWNER)
        (project.workspace("s1") / "a").write_text("a")
        await project.storage.workspaces.seal(first)
        await project.storage.workspaces.prepare(second, OWNER)
        assert stat.S_IMODE(project.workspace("s2").stat().st_mode) == 0o755
        assert (project.workspace("s2") / "a").read_text() == "a"

    @as_root
    async def test_going_on_in_place_opens_the_sealed_workspace_for_its_new_owner(self, project: Project) -> None:
        first, second = project.plan("s1", None), project.plan("s2", in_place="s1")
        await project.storage.workspaces.prepare(first, OWNER)
        (project.workspace("s1") / "sub").mkdir()
        (project.workspace("s1") / "sub" / "a").write_text("a")
        await project.storage.workspaces.seal(first)

        await project.storage.workspaces.prepare(second, OTHER)
        assert _write_as(OTHER, project.workspace("s1") / "sub" / "b") == 0
        assert not project.workspace("s2").exists()
        assert (project.path / "stages/s2/output").is_dir()

        await project.storage.workspaces.seal(second)
        await project.storage.workspaces.prepare(second, OTHER)  # late, after its end
        assert stat.S_IMODE(project.workspace("s1").stat().st_mode) == 0o555

    async def test_going_on_in_a_workspace_that_is_gone_is_told(self, project: Project) -> None:
        with refused(NotFound, "SOURCE_MISSING"):
            await project.storage.workspaces.prepare(project.plan("s2", in_place="s1"), OWNER)

    async def test_a_published_output_replaces_the_last_one_at_once(self, project: Project) -> None:
        plans = [project.plan(f"s{index}", None) for index in range(20)]
        for plan in plans:
            await project.storage.workspaces.prepare(plan, OWNER)
            (project.volume / plan.output / "result").write_text(plan.stage)
        shown = project.path / "output" / "detect" / "result"
        await project.storage.workspaces.publish(plans[0], DefinitionName("detect"))
        seen: set[str] = set()
        done = threading.Event()

        def watch() -> None:
            while not done.is_set():
                seen.add(shown.read_text())  # raises, and so is missing from `seen`, if there is ever a gap

        watcher = threading.Thread(target=watch)
        watcher.start()
        for plan in plans:
            await project.storage.workspaces.publish(plan, DefinitionName("detect"))
            await project.storage.workspaces.publish(plan, DefinitionName("detect"))
        while shown.read_text() not in seen and watcher.is_alive():
            await asyncio.sleep(0.001)
        done.set()
        watcher.join()
        assert "s19" in seen
        assert [path.name for path in (project.path / "output").iterdir()] == ["detect"]

    async def test_an_output_that_is_not_there_is_not_published(self, project: Project) -> None:
        with refused(NotFound, "FILE_NOT_FOUND"):
            await project.storage.workspaces.publish(project.plan("s9"), DefinitionName("detect"))

    async def test_dropping_an_attempt_takes_its_published_output_with_it(self, project: Project) -> None:
        first, second = project.plan("s1", None), project.plan("s2", None)
        for plan, name in ((first, "detect"), (second, "track")):
            await project.storage.workspaces.prepare(plan, OWNER)
            await project.storage.workspaces.publish(plan, DefinitionName(name))
        await project.storage.workspaces.seal(first)
        await project.storage.workspaces.drop(project.id, StageId("s1"))
        await project.storage.workspaces.drop(project.id, StageId("s1"))
        assert [path.name for path in (project.path / "stages").iterdir()] == ["s2"]
        assert [path.name for path in (project.path / "output").iterdir()] == ["track"]

    async def test_deleting_a_project_goes_on_where_it_was_cut(self, project: Project) -> None:
        half = project.path.parent / f".removed.{project.id}"
        (half / "stages" / "old").mkdir(parents=True)
        (project.path / "input" / "a").write_text("a")
        await project.storage.workspaces.delete_project(project.id)
        assert not project.path.exists()
        assert not half.exists()
        await project.storage.workspaces.delete_project(project.id)

    async def test_deleting_never_follows_a_link(self, project: Project) -> None:
        outside = project.volume / f"outside-{project.id}"
        outside.mkdir()
        (outside / "precious").write_text("x")
        await project.storage.workspaces.prepare(project.plan("s1", None), OWNER)
        (project.workspace("s1") / "link").symlink_to(outside)
        (project.path / "input" / "link").symlink_to(outside / "precious")
        await project.storage.workspaces.delete_project(project.id)
        assert (outside / "precious").read_text() == "x"

    @pytest.mark.parametrize("stage", ["../../other", "a/b", "..", ".hidden", "/etc", "n\0ul"])
    async def test_an_id_that_leads_elsewhere_is_refused(self, project: Project, stage: str) -> None:
        with refused(InvalidArgument, "PATH_INVALID"):
            await project.storage.workspaces.drop(project.id, StageId(stage))
        with refused(InvalidArgument, "PATH_INVALID"):
            await project.storage.workspaces.prepare(project.plan(stage), OWNER)
        assert project.path.is_dir()

    async def test_absolute_is_the_path_on_this_node(self, project: Project) -> None:
        assert project.storage.workspaces.absolute(f"projects/{project.id}/input") == str(project.path / "input")


class TestFiles:
    async def test_entries_come_sorted_and_in_pages(self, project: Project) -> None:
        names = sorted(f"f{index:03}" for index in range(25))
        for name in names:
            (project.path / "input" / name).write_text(name)
        seen: list[str] = []
        while page := await project.storage.files.entries(project.at("input"), seen[-1] if seen else "", 10):
            assert len(page) <= 10
            seen.extend(entry.name for entry in page)
        assert seen == names

    async def test_an_entry_says_what_it_is(self, project: Project) -> None:
        top = project.path / "input"
        (top / "dir").mkdir()
        (top / "file").write_bytes(b"12345")
        os.utime(top / "file", (5.5, 5.5))
        (top / "link").symlink_to("file")
        os.mkfifo(top / "pipe")
        (top / os.fsdecode(b"caf\xe9")).write_text("latin")
        entries = {entry.name: entry for entry in await project.storage.files.entries(project.at("input"), "", 100)}
        assert entries["file"] == Entry("file", "file", 5, 5.5)
        assert {name: entry.kind for name, entry in entries.items()} == {
            "caf\\xe9": "other",
            "dir": "directory",
            "file": "file",
            "link": "symlink",
            "pipe": "other",
        }

    async def test_nothing_of_winslow_is_listed_in_a_pool(self, project: Project) -> None:
        await project.upload("input/coming.bin", b"half")
        assert await project.storage.files.entries(project.at("input"), "", 10) == []

    async def test_published_outputs_are_seen_as_directories(self, project: Project) -> None:
        plan = project.plan("s1", None)
        await project.storage.workspaces.prepare(plan, OWNER)
        (project.path / "stages/s1/output/sub").mkdir()
        (project.path / "stages/s1/output/sub/table.csv").write_text("a,b")
        await project.storage.workspaces.publish(plan, DefinitionName("detect"))
        (entry,) = await project.storage.files.entries(project.at("output"), "", 10)
        assert (entry.name, entry.kind) == ("detect", "directory")
        assert await project.storage.files.read(project.at("output/detect/sub/table.csv"), 0, 10) == b"a,b"
        assert await project.storage.files.usage(project.at("output")) == Totals(3, 1, 1)

    async def test_a_file_is_read_in_ranges(self, project: Project) -> None:
        content = os.urandom(3_000_000)
        (project.path / "input" / "a").write_bytes(content)
        location = project.at("input/a")
        assert await project.storage.files.read(location, 0, 4_000_000) == content
        assert await project.storage.files.read(location, 1_000_000, 1_500_000) == content[1_000_000:2_500_000]
        assert await project.storage.files.read(location, 2_999_999, 100) == content[-1:]
        assert await project.storage.files.read(location, 3_000_000, 100) == b""
        assert await project.storage.files.read(location, 1 << 62, 100) == b""
        assert await project.storage.files.read(location, 0, 0) == b""

    @pytest.mark.parametrize(("offset", "size"), [(-1, 10), (1 << 63, 10), (1 << 70, 1), (0, -1), (0, 1 << 40)])
    async def test_a_range_that_no_file_has_is_refused(self, project: Project, offset: int, size: int) -> None:
        (project.path / "input" / "a").write_text("a")
        with refused(InvalidArgument, "RANGE_INVALID"):
            await project.storage.files.read(project.at("input/a"), offset, size)

    async def test_what_is_not_there_is_told(self, project: Project) -> None:
        files = project.storage.files
        for call in (files.stat, files.usage, files.digest):
            with refused(NotFound, "FILE_NOT_FOUND"):
                await call(project.at("input/nothing"))
        with refused(NotFound, "FILE_NOT_FOUND"):
            await files.delete(project.at("input/nothing"), True)

    async def test_directories_are_made_with_those_above_them_and_stay(self, project: Project) -> None:
        location = project.at("input/a/b/c")
        await project.storage.files.make_directory(location)
        (project.path / "input/a/b/c/file").write_text("x")
        await project.storage.files.make_directory(location)
        assert (project.path / "input/a/b/c/file").read_text() == "x"
        with refused(FailedPrecondition, "NOT_A_DIRECTORY"):
            await project.storage.files.make_directory(project.at("input/a/b/c/file/d"))

    async def test_the_longest_path_of_all_can_be_made(self, project: Project) -> None:
        location = project.at("input/" + "/".join("d" * 1900))
        await project.storage.files.make_directory(location)
        assert (await project.storage.files.stat(location)).kind == "directory"

    async def test_renaming_never_replaces(self, project: Project) -> None:
        top = project.path / "input"
        (top / "a").write_text("a")
        (top / "b").write_text("b")
        (top / "dir").mkdir()
        await project.storage.files.rename(project.at("input/a"), project.at("input/dir/a"))
        assert (top / "dir" / "a").read_text() == "a"
        with refused(AlreadyExists, "FILE_EXISTS"):
            await project.storage.files.rename(project.at("input/dir/a"), project.at("input/b"))
        with refused(InvalidArgument, "PATH_INVALID"):
            await project.storage.files.rename(project.at("input/dir"), project.at("input/dir/below"))
        with refused(InvalidArgument, "DIFFERENT_ROOTS"):
            await project.storage.files.rename(project.at("input/b"), project.at("workspace/b"))
        with refused(NotFound, "FILE_NOT_FOUND"):
            await project.storage.files.rename(project.at("input/none"), project.at("input/c"))
        assert (top / "b").read_text() == "b"

    async def test_a_full_directory_is_deleted_only_when_asked(self, project: Project) -> None:
        await project.storage.files.make_directory(project.at("input/a/b"))
        with refused(FailedPrecondition, "DIRECTORY_NOT_EMPTY"):
            await project.storage.files.delete(project.at("input/a"), False)
        await project.storage.files.delete(project.at("input/a"), True)
        assert list((project.path / "input").iterdir()) == []
        with refused(InvalidArgument, "PATH_IS_ROOT"):
            await project.storage.files.delete(project.at("input"), True)

    async def test_usage_counts_each_file_once(self, project: Project) -> None:
        top = project.path / "input"
        (top / "sub" / "empty").mkdir(parents=True)
        (top / "sub" / "a").write_bytes(b"1234567")
        os.link(top / "sub" / "a", top / "again")
        (top / "out").symlink_to("/usr")
        assert await project.storage.files.usage(project.at("input")) == Totals(size=7, files=3, directories=2)

    async def test_the_digest_is_the_contents_sha256(self, project: Project) -> None:
        content = os.urandom(2_500_001)
        (project.path / "input" / "a").write_bytes(content)
        assert await project.storage.files.digest(project.at("input/a")) == hashlib.sha256(content).hexdigest()

    async def test_what_an_attempt_made_is_not_changed(self, project: Project) -> None:
        await project.storage.workspaces.prepare(project.plan("s1"), OWNER)
        made = project.at("stages/s1/output/a")
        with refused(FailedPrecondition, "POOL_READ_ONLY"):
            await project.storage.files.make_directory(made)
        with refused(FailedPrecondition, "POOL_READ_ONLY"):
            await project.storage.files.delete(made, True)
        with refused(FailedPrecondition, "POOL_READ_ONLY"):
            await project.upload("stages/s1/output/a", b"x")


class TestHostileFiles:
    @pytest.mark.parametrize(
        "target",
        ["/etc/passwd", "../../../../../../../../etc/passwd", "/proc/self/exe", "/proc/self/root/etc/passwd", "loop"],
    )
    async def test_a_link_that_leads_out_is_not_followed(self, project: Project, target: str) -> None:
        (project.path / "input" / "loop").symlink_to(target)
        for path in ("input/loop", "input/loop/below"):
            location = project.at(path)
            for call in (
                project.storage.files.stat,
                project.storage.files.digest,
                project.storage.files.make_directory,
            ):
                with refused(FailedPrecondition, "PATH_LEADS_OUT"):
                    await call(location)
            with refused(FailedPrecondition, "PATH_LEADS_OUT"):
                await project.storage.files.entries(location, "", 10)
            with refused(FailedPrecondition, "PATH_LEADS_OUT"):
                await project.storage.files.read(location, 0, 100)
            with refused(FailedPrecondition, "PATH_LEADS_OUT"):
                await project.upload(path, b"x")

    async def test_a_link_to_a_directory_outside_gives_nothing_away(self, project: Project) -> None:
        outside = project.volume / f"outside-{project.id}"
        outside.mkdir()
        (outside / "secret").write_text("secret")
        (project.path / "input" / "way").symlink_to(f"../../../outside-{project.id}")
        with refused(FailedPrecondition, "PATH_LEADS_OUT"):
            await project.storage.files.read(project.at("input/way/secret"), 0, 100)
        with refused(FailedPrecondition, "PATH_LEADS_OUT"):
            await project.storage.files.delete(project.at("input/way/secret"), False)
        with refused(FailedPrecondition, "PATH_LEADS_OUT"):
            await project.storage.files.rename(project.at("input/way/secret"), project.at("input/mine"))
        await project.storage.files.delete(project.at("input/way"), True)
        assert (outside / "secret").read_text() == "secret"

    async def test_a_link_within_the_pool_is_followed(self, project: Project) -> None:
        (project.path / "input" / "real").write_text("real")
        (project.path / "input" / "link").symlink_to("real")
        assert await project.storage.files.read(project.at("input/link"), 0, 10) == b"real"
        await project.storage.files.delete(project.at("input/link"), False)
        assert (project.path / "input" / "real").exists()

    async def test_fifos_sockets_and_devices_are_never_opened(self, project: Project) -> None:
        top = project.path / "input"
        os.mkfifo(top / "pipe")
        names = ["pipe", "sock"]
        with socket.socket(socket.AF_UNIX) as listener:
            with inside(top):  # the path of a socket is short
                listener.bind("sock")
            if os.geteuid() == 0:
                os.mknod(top / "zero", stat.S_IFCHR | 0o666, os.makedev(1, 5))
                names.append("zero")
            for name in names:
                async with asyncio.timeout(5):
                    with refused(FailedPrecondition, "NOT_A_FILE"):
                        await project.storage.files.read(project.at(f"input/{name}"), 0, 10)
                    with refused(FailedPrecondition, "NOT_A_FILE"):
                        await project.storage.files.digest(project.at(f"input/{name}"))
                assert (await project.storage.files.stat(project.at(f"input/{name}"))).kind == "other"

    @pytest.mark.parametrize(
        "relative", ["../secret", "/etc/passwd", "a/../../b", "a//b", ".", "n\0ul", "x" * 256, "bad\udcff"]
    )
    async def test_a_path_that_was_never_parsed_is_refused(self, project: Project, relative: str) -> None:
        location = Location(Pool.INPUT, f"projects/{project.id}/input", relative, project.id)
        with refused(InvalidArgument, "PATH_INVALID"):
            await project.storage.files.read(location, 0, 10)
        with refused(InvalidArgument, "PATH_INVALID"):
            await project.storage.files.delete(location, True)
        with refused(InvalidArgument, "PATH_INVALID"):
            await project.storage.uploads.begin("u", location, 1, "0" * 64)

    async def test_a_directory_is_no_file_and_a_file_no_directory(self, project: Project) -> None:
        (project.path / "input" / "file").write_text("x")
        with refused(FailedPrecondition, "IS_A_DIRECTORY"):
            await project.storage.files.read(project.at("input"), 0, 10)
        with refused(FailedPrecondition, "NOT_A_DIRECTORY"):
            await project.storage.files.entries(project.at("input/file"), "", 10)
        with refused(FailedPrecondition, "NOT_A_DIRECTORY"):
            await project.storage.files.stat(project.at("input/file/below"))


class TestUploads:
    async def test_a_file_is_seen_only_once_it_is_committed(self, project: Project) -> None:
        content = os.urandom(1_500_000)
        upload = await project.upload("input/new/clip.mp4", content)
        assert not (project.path / "input" / "new").exists()
        assert (await project.storage.uploads.flush(upload)).offset == len(content)
        entry = await project.storage.uploads.commit(upload)
        assert (entry.name, entry.kind, entry.size) == ("clip.mp4", "file", len(content))
        assert entry == await project.storage.files.stat(project.at("input/new/clip.mp4"))
        assert (project.path / "input/new/clip.mp4").read_bytes() == content
        assert stat.S_IMODE((project.path / "input/new/clip.mp4").stat().st_mode) == 0o644

    async def test_committing_again_answers_the_same(self, project: Project) -> None:
        upload = await project.upload("input/a", b"content")
        entry = await project.storage.uploads.commit(upload)
        (project.path / "input" / "a").unlink()
        assert await project.storage.uploads.commit(upload) == entry
        assert not (project.path / "input" / "a").exists()
        begun = await project.storage.uploads.begin(upload.id, upload.location, upload.size, upload.sha256)
        assert begun.offset == upload.size

    async def test_committing_at_once_from_many_sides_ends_the_same(self, project: Project) -> None:
        upload = await project.upload("input/a", b"content")
        entries = await asyncio.gather(*(project.storage.uploads.commit(upload) for _ in range(8)))
        assert len(set(entries)) == 1
        contents = [bytes([index]) * 1000 for index in range(8)]
        uploads = [await project.upload("input/same", content) for content in contents]
        await asyncio.gather(*(project.storage.uploads.commit(upload) for upload in uploads))
        assert (project.path / "input" / "same").read_bytes() in contents

    async def test_an_empty_file_can_be_uploaded(self, project: Project) -> None:
        upload = await project.storage.uploads.begin("e", project.at("input/e"), 0, hashlib.sha256().hexdigest())
        assert (await project.storage.uploads.append(upload, 0, b"")).offset == 0
        assert (await project.storage.uploads.commit(upload)).size == 0

    async def test_an_upload_replaces_a_file_but_no_directory(self, project: Project) -> None:
        (project.path / "input" / "a").write_text("old")
        await project.storage.uploads.commit(await project.upload("input/a", b"new"))
        assert (project.path / "input" / "a").read_text() == "new"
        (project.path / "input" / "dir").mkdir()
        with refused(FailedPrecondition, "IS_A_DIRECTORY"):
            await project.upload("input/dir", b"x")
        upload = await project.upload("input/becomes", b"x")
        (project.path / "input" / "becomes").mkdir()
        with refused(FailedPrecondition, "IS_A_DIRECTORY"):
            await project.storage.uploads.commit(upload)
        (project.path / "input" / "becomes").rmdir()
        await project.storage.uploads.commit(upload)
        assert (project.path / "input" / "becomes").read_text() == "x"

    async def test_bytes_go_only_where_the_upload_ends(self, project: Project) -> None:
        uploads = project.storage.uploads
        upload = await uploads.begin("lies", project.at("input/a"), 10, hashlib.sha256(b"0123456789").hexdigest())
        upload = await uploads.append(upload, 0, b"01234")
        for offset in (0, 4, 6, 10, -1, 1 << 62):
            with pytest.raises(OutOfRange) as caught:
                await uploads.append(upload, offset, b"x")
            assert (caught.value.reason, caught.value.metadata["offset"]) == ("OFFSET_MISMATCH", "5")
        with refused(InvalidArgument, "UPLOAD_TOO_LONG"):
            await uploads.append(upload, 5, b"567890")
        with refused(FailedPrecondition, "UPLOAD_INCOMPLETE"):
            await uploads.commit(upload)
        await uploads.append(upload, 5, b"56789")
        await uploads.commit(upload)
        assert (project.path / "input" / "a").read_text() == "0123456789"

    async def test_an_upload_is_found_again_where_it_stood(self, project: Project) -> None:
        upload = await project.storage.uploads.begin("again", project.at("input/a"), 6, "0" * 64)
        await project.storage.uploads.append(upload, 0, b"abc")
        found = await project.storage.uploads.begin("again", project.at("input/a"), 6, "0" * 64)
        assert found.offset == 3
        for size, digest, path in ((7, "0" * 64, "input/a"), (6, "1" * 64, "input/a"), (6, "0" * 64, "input/b")):
            with refused(Conflict, "UPLOAD_DIFFERS"):
                await project.storage.uploads.begin("again", project.at(path), size, digest)

    async def test_what_was_not_sent_is_not_shown(self, project: Project) -> None:
        uploads = project.storage.uploads
        upload = await uploads.begin("wrong", project.at("input/a"), 5, hashlib.sha256(b"right").hexdigest())
        upload = await uploads.append(upload, 0, b"wrong")
        with refused(DataLoss, "CHECKSUM_MISMATCH"):
            await uploads.commit(upload)
        assert not (project.path / "input" / "a").exists()
        upload = await uploads.begin("wrong", upload.location, upload.size, upload.sha256)
        assert upload.offset == 0
        await uploads.append(upload, 0, b"right")
        await uploads.commit(upload)
        assert (project.path / "input" / "a").read_text() == "right"

    async def test_a_committed_upload_takes_no_more_bytes(self, project: Project) -> None:
        upload = await project.upload("input/a", b"abc")
        await project.storage.uploads.commit(upload)
        with refused(FailedPrecondition, "UPLOAD_ENDED"):
            await project.storage.uploads.append(upload, 3, b"d")

    async def test_a_cancelled_upload_is_forgotten(self, project: Project) -> None:
        upload = await project.upload("input/a", b"abc")
        await project.storage.uploads.cancel(upload)
        await project.storage.uploads.cancel(upload)
        for call in (project.storage.uploads.commit, project.storage.uploads.flush):
            with refused(NotFound, "UPLOAD_NOT_FOUND"):
                await call(upload)
        assert list((project.path / ".uploads").iterdir()) == []

    async def test_uploads_of_two_projects_may_have_one_id(self, project: Project) -> None:
        other = ProjectId(f"{project.id}-b")
        await project.storage.workspaces.make_project(other)
        digest = hashlib.sha256(b"x").hexdigest()
        mine = await project.storage.uploads.begin("u", project.at("input/a"), 1, digest)
        theirs = await project.storage.uploads.begin("u", parse(f"projects/{other}/input/a"), 1, digest)
        for upload in (mine, theirs):
            await project.storage.uploads.append(upload, 0, b"x")
            await project.storage.uploads.commit(upload)
        assert (project.path.parent / other / "input" / "a").read_text() == "x"
        await project.storage.workspaces.delete_project(other)

    @pytest.mark.parametrize("id", ["", ".", "..", "../x", "a/b", "a\0b", "x" * 129, "-a", "a\n"])
    async def test_an_id_that_is_no_name_is_refused(self, project: Project, id: str) -> None:
        with refused(InvalidArgument, "UPLOAD_INVALID"):
            await project.storage.uploads.begin(id, project.at("input/a"), 1, "0" * 64)
        with refused(InvalidArgument, "UPLOAD_INVALID"):
            await project.storage.uploads.cancel(Upload(id, project.at("input/a"), 1, "0" * 64, 0))

    @pytest.mark.parametrize(("size", "digest"), [(-1, "0" * 64), (1 << 63, "0" * 64), (1, "0" * 63), (1, "G" * 64)])
    async def test_a_promise_that_cannot_be_kept_is_refused(self, project: Project, size: int, digest: str) -> None:
        with refused(InvalidArgument, "UPLOAD_INVALID"):
            await project.storage.uploads.begin("u", project.at("input/a"), size, digest)

    async def test_nothing_is_begun_in_a_project_that_is_not_there(self, project: Project) -> None:
        with refused(NotFound, "FILE_NOT_FOUND"):
            await project.storage.uploads.begin("u", parse("projects/never/input/a"), 1, "0" * 64)
        assert not (project.path.parent / "never").exists()

    async def test_the_global_pool_takes_uploads_beside_itself(self, project: Project) -> None:
        content = project.id.encode()
        location = parse(f"resources/models/{project.id}")
        upload = await project.storage.uploads.begin(
            project.id, location, len(content), hashlib.sha256(content).hexdigest()
        )
        await project.storage.uploads.append(upload, 0, content)
        assert [entry.name for entry in await project.storage.files.entries(parse("resources"), "", 10)] in (
            [],
            ["models"],
        )
        await project.storage.uploads.commit(upload)
        assert (project.volume / "resources" / "models" / project.id).read_bytes() == content

    async def test_abandoned_uploads_expire(self, project: Project) -> None:
        old, new = await project.upload("input/old", b"old"), await project.upload("input/new", b"new")
        place = project.path / ".uploads" / old.id
        for path in [*place.iterdir(), place]:
            os.utime(path, (1000.0, 1000.0))
        assert await project.storage.uploads.expire(2000.0) == 1
        with refused(NotFound, "UPLOAD_NOT_FOUND"):
            await project.storage.uploads.commit(old)
        await project.storage.uploads.commit(new)


class TestLogs:
    LINES = b"T1 stdout F one\nT2 stderr F two\nT3 stdout F three\n"

    async def stage(self, project: Project, content: bytes) -> StageId:
        await project.storage.workspaces.prepare(project.plan("s1", None), OWNER)
        (project.path / "stages/s1/log").write_bytes(content)
        return StageId("s1")

    async def test_a_log_is_read_in_whole_lines(self, project: Project) -> None:
        logs, stage = project.storage.logs, await self.stage(project, self.LINES + b"T4 stdout F begun")
        assert await logs.size(project.id, stage) == len(self.LINES) + 17
        assert await logs.read(project.id, stage, 0, 1000) == self.LINES
        assert await logs.read(project.id, stage, 0, 20) == b"T1 stdout F one\n"
        assert await logs.read(project.id, stage, 16, 20) == b"T2 stderr F two\n"
        assert await logs.read(project.id, stage, 0, 4) == b"T1 s"
        assert await logs.read(project.id, stage, len(self.LINES), 1000) == b""
        assert await logs.read(project.id, stage, 1 << 40, 1000) == b""

    async def test_no_log_is_an_empty_log(self, project: Project) -> None:
        assert await project.storage.logs.size(project.id, StageId("never")) == 0
        assert await project.storage.logs.read(project.id, StageId("never"), 0, 10) == b""
        assert (await project.storage.logs.scan(project.id, StageId("never"), 0, ())).offset == 0

    async def test_what_a_log_says_is_found_up_to_its_last_whole_line(self, project: Project) -> None:
        text = b"T stdout F WINSLOW_RESULT: frames=250\nT stderr F  50%|###  |\nT stdout F loss=0.5\n"
        logs, stage = project.storage.logs, await self.stage(project, text + b"T stdout F WINSLOW_RESULT: a=1")
        parsers = (LogParser("loss", r"loss=(?P<loss>[0-9.]+)"),)
        found = await logs.scan(project.id, stage, 0, parsers)
        assert found.offset == len(text)
        assert dict(found.results) == {"frames": "250", "loss": "0.5"}
        assert found.progress == 0.5
        assert (await logs.scan(project.id, stage, found.offset, parsers)).results == ()

    async def test_a_pattern_that_is_not_re2_is_told(self, project: Project) -> None:
        stage = await self.stage(project, self.LINES)
        with refused(InvalidArgument, "PATTERN_INVALID"):
            await project.storage.logs.scan(project.id, stage, 0, (LogParser("bad", r"(?P<a>x)(?=y)"),))

    async def test_winslows_own_lines_are_told_apart(self, project: Project) -> None:
        stage = await self.stage(project, self.LINES)
        await project.storage.logs.note(project.id, stage, "aborted by ada\nat 99% \udcff\0")
        lines = (await project.storage.logs.read(project.id, stage, len(self.LINES), 1000)).decode().splitlines()
        assert [line.split(" ", 2)[1:] for line in lines] == [
            ["winslow", "F aborted by ada"],
            ["winslow", "F at 99% \\udcff"],
        ]
        assert (await project.storage.logs.scan(project.id, stage, 0, ())).progress is None

    async def test_a_note_for_an_attempt_that_is_gone_makes_nothing(self, project: Project) -> None:
        with refused(NotFound, "FILE_NOT_FOUND"):
            await project.storage.logs.note(project.id, StageId("gone"), "late")
        assert not (project.path / "stages" / "gone").exists()

    async def test_a_log_that_is_a_link_or_a_fifo_is_not_read(self, project: Project) -> None:
        stage = await self.stage(project, b"")
        log = project.path / "stages/s1/log"
        log.unlink()
        log.symlink_to("/etc/passwd")
        with refused(FailedPrecondition, "PATH_LEADS_OUT"):
            await project.storage.logs.read(project.id, stage, 0, 100)
        with refused(FailedPrecondition, "PATH_LEADS_OUT"):
            await project.storage.logs.note(project.id, stage, "x")
        log.unlink()
        os.mkfifo(log)
        with refused(FailedPrecondition, "NOT_A_FILE"):
            await project.storage.logs.scan(project.id, stage, 0, ())


@contextmanager
def inside(path: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(path)
    try:
        yield
    finally:
        os.chdir(before)


def _write_as(owner: tuple[int, int], path: Path) -> int:
    """What the system answers when `owner` writes a file: 0 for success."""
    # The directories above belong to pytest's root, so the way there is given as the working directory.
    return subprocess.run(
        ["touch", path.name],
        user=owner[0],
        group=owner[1],
        extra_groups=[],
        cwd=path.parent,
        capture_output=True,
        timeout=30,
    ).returncode
