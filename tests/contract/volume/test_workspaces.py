"""What the port Workspaces promises."""

from __future__ import annotations

import asyncio
import os
import stat
import subprocess
import threading
from pathlib import Path

import pytest

from tests.contract.volume.project import OTHER, OWNER, Project, as_root, refused
from winslow.domain.pipeline import DefinitionName
from winslow.domain.stage import StageId
from winslow.errors import (
    InvalidArgument,
    NotFound,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_making_a_project_twice_keeps_what_is_in_it(project: Project) -> None:
    (project.path / "input" / "clip.mp4").write_text("video")
    await project.storage.workspaces.make_project(project.id)
    assert (project.path / "input" / "clip.mp4").read_text() == "video"


async def test_a_workspace_is_a_faithful_copy_of_its_source(project: Project) -> None:
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
    # CephFS says of every file that it has all its blocks; there, objects are counted (tests/integration/test_cephfs.py).
    assert (copy / "sparse").stat().st_blocks * 512 <= max(1 << 20, (source / "sparse").stat().st_blocks * 512)
    with (copy / "sparse").open("rb") as file:
        file.seek(32 << 20)
        assert file.read(10) == b"island\0\0\0\0"
    for path in [copy, *copy.rglob("*"), project.path / "stages/s1/output", project.path / "stages/s1/log"]:
        assert (path.lstat().st_uid, path.lstat().st_gid) == OWNER, path


async def test_changing_a_copy_does_not_change_its_source(project: Project) -> None:
    (project.path / "workspace" / "a").write_text("before")
    await project.storage.workspaces.prepare(project.plan("s1"), OWNER)
    (project.workspace("s1") / "a").write_text("after")
    assert (project.path / "workspace" / "a").read_text() == "before"


async def test_preparing_twice_keeps_what_the_stage_has_written(project: Project) -> None:
    plan = project.plan("s1")
    await project.storage.workspaces.prepare(plan, OWNER)
    (project.workspace("s1") / "mine").write_text("1")
    (project.path / "stages/s1/log").write_text("T stdout F hello\n")
    (project.path / "workspace" / "later").write_text("2")
    await project.storage.workspaces.prepare(plan, OWNER)
    assert [path.name for path in project.workspace("s1").iterdir()] == ["mine"]
    assert (project.path / "stages/s1/log").read_text() == "T stdout F hello\n"


async def test_a_copy_that_was_cut_is_begun_again(project: Project) -> None:
    (project.path / "workspace" / "a").write_text("whole")
    half = project.path / "stages" / "s1" / ".workspace.partial"
    half.mkdir(parents=True)
    (half / "a").write_text("ha")
    (half / "rubbish").mkdir(mode=0o500)
    await project.storage.workspaces.prepare(project.plan("s1"), OWNER)
    assert {path.name: path.read_text() for path in project.workspace("s1").iterdir()} == {"a": "whole"}
    assert not half.exists()


async def test_many_files_are_all_copied(project: Project) -> None:
    for index in range(700):
        path = project.path / "workspace" / f"d{index % 7}" / f"e{index % 3}" / f"f{index}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(str(index))
    await project.storage.workspaces.prepare(project.plan("s1"), OWNER)
    copies = [path for path in project.workspace("s1").rglob("*") if path.is_file()]
    assert sorted(int(path.read_text()) for path in copies) == list(range(700))
    assert all(path.read_text() == path.name[1:] for path in copies)


async def test_a_reserved_workspace_is_filled_where_it_is(project: Project) -> None:
    (project.path / "workspace" / "a").write_text("whole")
    (project.path / "workspace" / "dir").mkdir()
    plan = project.plan("s1")
    await project.storage.workspaces.reserve(plan, OWNER)
    await project.storage.workspaces.reserve(plan, OWNER)
    bound = project.workspace("s1").stat().st_ino
    assert list(project.workspace("s1").iterdir()) == []

    await project.storage.workspaces.prepare(plan, OWNER)
    assert project.workspace("s1").stat().st_ino == bound
    assert sorted(path.name for path in project.workspace("s1").iterdir()) == ["a", "dir"]

    (project.workspace("s1") / "mine").write_text("1")
    await project.storage.workspaces.reserve(plan, OWNER)
    await project.storage.workspaces.prepare(plan, OWNER)
    assert (project.workspace("s1") / "mine").read_text() == "1"


async def test_a_reservation_that_was_cut_does_no_harm(project: Project) -> None:
    plan = project.plan("s1")
    (project.path / "stages" / "s1").mkdir()
    (project.path / "stages" / "s1" / ".reserved").touch()
    await project.storage.workspaces.prepare(plan, OWNER)
    (project.workspace("s1") / "mine").write_text("1")
    await project.storage.workspaces.prepare(plan, OWNER)
    assert (project.workspace("s1") / "mine").read_text() == "1"


async def test_a_fill_of_a_reserved_workspace_that_was_cut_is_begun_again(project: Project) -> None:
    (project.path / "workspace" / "a").write_text("whole")
    plan = project.plan("s1")
    await project.storage.workspaces.reserve(plan, OWNER)
    (project.workspace("s1") / "a").write_text("ha")
    half = project.path / "stages" / "s1" / ".workspace.partial"
    half.mkdir()
    (half / "b").write_text("left")
    await project.storage.workspaces.prepare(plan, OWNER)
    assert {path.name: path.read_text() for path in project.workspace("s1").iterdir()} == {"a": "whole"}


async def test_special_files_are_left_out_and_the_log_says_so(project: Project) -> None:
    os.mkfifo(project.path / "workspace" / "pipe")
    (project.path / "workspace" / "file").write_text("x")
    await project.storage.workspaces.prepare(project.plan("s1"), OWNER)
    assert [path.name for path in project.workspace("s1").iterdir()] == ["file"]
    log = (await project.storage.logs.read(project.id, StageId("s1"), 0, 1 << 20)).decode()
    assert " winslow F 1 special files" in log
    assert "pipe" in log


async def test_a_missing_source_is_told(project: Project) -> None:
    with refused(NotFound, "SOURCE_MISSING"):
        await project.storage.workspaces.prepare(project.plan("s2", "never"), OWNER)


@as_root
async def test_a_sealed_workspace_cannot_be_written_by_its_stage(project: Project) -> None:
    plan = project.plan("s1", None)
    await project.storage.workspaces.prepare(plan, OWNER)
    assert _write_as(OWNER, project.workspace("s1") / "before") == 0
    await project.storage.workspaces.seal(plan)
    await project.storage.workspaces.seal(plan)
    assert _write_as(OWNER, project.workspace("s1") / "after") != 0
    assert [path.name for path in project.workspace("s1").iterdir()] == ["before"]


async def test_preparing_after_the_seal_does_not_break_it(project: Project) -> None:
    plan = project.plan("s1", None)
    await project.storage.workspaces.prepare(plan, OWNER)
    await project.storage.workspaces.seal(plan)
    await project.storage.workspaces.prepare(plan, OWNER)
    assert stat.S_IMODE(project.workspace("s1").stat().st_mode) == 0o555


async def test_sealing_what_was_never_prepared_is_no_fault(project: Project) -> None:
    await project.storage.workspaces.seal(project.plan("s9", None))
    assert not project.workspace("s9").exists()


async def test_a_workspace_made_from_a_sealed_one_can_be_written(project: Project) -> None:
    first, second = project.plan("s1", None), project.plan("s2", "s1")
    await project.storage.workspaces.prepare(first, OWNER)
    (project.workspace("s1") / "a").write_text("a")
    await project.storage.workspaces.seal(first)
    await project.storage.workspaces.prepare(second, OWNER)
    assert stat.S_IMODE(project.workspace("s2").stat().st_mode) == 0o755
    assert (project.workspace("s2") / "a").read_text() == "a"


@as_root
async def test_going_on_in_place_opens_the_sealed_workspace_for_its_new_owner(project: Project) -> None:
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


async def test_going_on_in_a_workspace_that_is_gone_is_told(project: Project) -> None:
    with refused(NotFound, "SOURCE_MISSING"):
        await project.storage.workspaces.prepare(project.plan("s2", in_place="s1"), OWNER)


async def test_a_published_output_replaces_the_last_one_at_once(project: Project) -> None:
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


async def test_an_output_that_is_not_there_is_not_published(project: Project) -> None:
    with refused(NotFound, "FILE_NOT_FOUND"):
        await project.storage.workspaces.publish(project.plan("s9"), DefinitionName("detect"))


async def test_dropping_an_attempt_takes_its_published_output_with_it(project: Project) -> None:
    first, second = project.plan("s1", None), project.plan("s2", None)
    for plan, name in ((first, "detect"), (second, "track")):
        await project.storage.workspaces.prepare(plan, OWNER)
        await project.storage.workspaces.publish(plan, DefinitionName(name))
    await project.storage.workspaces.seal(first)
    await project.storage.workspaces.drop(project.id, StageId("s1"))
    await project.storage.workspaces.drop(project.id, StageId("s1"))
    assert [path.name for path in (project.path / "stages").iterdir()] == ["s2"]
    assert [path.name for path in (project.path / "output").iterdir()] == ["track"]


async def test_deleting_a_project_goes_on_where_it_was_cut(project: Project) -> None:
    half = project.path.parent / f".removed.{project.id}"
    (half / "stages" / "old").mkdir(parents=True)
    (project.path / "input" / "a").write_text("a")
    await project.storage.workspaces.delete_project(project.id)
    assert not project.path.exists()
    assert not half.exists()
    await project.storage.workspaces.delete_project(project.id)


async def test_deleting_never_follows_a_link(project: Project) -> None:
    outside = project.volume / f"outside-{project.id}"
    outside.mkdir()
    (outside / "precious").write_text("x")
    await project.storage.workspaces.prepare(project.plan("s1", None), OWNER)
    (project.workspace("s1") / "link").symlink_to(outside)
    (project.path / "input" / "link").symlink_to(outside / "precious")
    await project.storage.workspaces.delete_project(project.id)
    assert (outside / "precious").read_text() == "x"


@pytest.mark.parametrize("stage", ["../../other", "a/b", "..", ".hidden", "/etc", "n\0ul"])
async def test_an_id_that_leads_elsewhere_is_refused(project: Project, stage: str) -> None:
    with refused(InvalidArgument, "PATH_INVALID"):
        await project.storage.workspaces.drop(project.id, StageId(stage))
    with refused(InvalidArgument, "PATH_INVALID"):
        await project.storage.workspaces.prepare(project.plan(stage), OWNER)
    assert project.path.is_dir()


async def test_absolute_is_the_path_on_this_node(project: Project) -> None:
    assert project.storage.workspaces.absolute(f"projects/{project.id}/input") == str(project.path / "input")


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
