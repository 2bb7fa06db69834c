"""What the port Files promises of copies."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.contract.volume.project import OWNER, Project, as_root, refused
from winslow.errors import AlreadyExists, FailedPrecondition, InvalidArgument, NotFound

pytestmark = pytest.mark.asyncio(loop_scope="module")


def drafts(project: Project) -> list[str]:
    above = project.path / ".uploads"
    return os.listdir(above) if above.exists() else []


async def test_a_copied_file_is_another_file_with_the_same_content(project: Project) -> None:
    source = project.path / "input" / "a.bin"
    source.write_bytes(os.urandom(300_000))
    await project.storage.files.copy(project.at("input/a.bin"), project.at("workspace/deep/down/b.bin"))
    copied = project.path / "workspace" / "deep" / "down" / "b.bin"
    assert copied.read_bytes() == source.read_bytes()
    copied.write_bytes(b"changed")
    assert source.stat().st_size == 300_000
    assert drafts(project) == []


async def test_a_copied_directory_holds_all_that_is_in_it(project: Project) -> None:
    top = project.path / "input" / "tree"
    (top / "one" / "two").mkdir(parents=True)
    (top / "one" / "two" / "file").write_text("deep")
    (top / "link").symlink_to("one/two/file")
    (top / "empty").mkdir()
    await project.storage.files.copy(project.at("input/tree"), project.at("input/again"))
    again = project.path / "input" / "again"
    assert (again / "one" / "two" / "file").read_text() == "deep"
    assert (again / "link").readlink() == Path("one/two/file")
    assert (again / "empty").is_dir()


async def test_what_an_attempt_kept_to_itself_is_readable_once_copied(project: Project) -> None:
    plan = project.plan("s1", None)
    await project.storage.workspaces.prepare(plan, OWNER)
    inside = project.workspace("s1") / "private"
    inside.mkdir(mode=0o700)
    (inside / "tool").write_text("#!")
    (inside / "tool").chmod(0o700)
    (inside / "table").write_text("1,2")
    (inside / "table").chmod(0o600)
    await project.storage.files.copy(project.at("stages/s1/workspace/private"), project.at("input/public"))
    public = project.path / "input" / "public"
    modes = {name: (public / name).stat().st_mode & 0o777 for name in (".", "tool", "table")}
    assert modes == {".": 0o755, "tool": 0o755, "table": 0o644}


@as_root
async def test_a_copy_belongs_to_the_daemon(project: Project) -> None:
    plan = project.plan("s1", None)
    await project.storage.workspaces.prepare(plan, OWNER)
    (project.workspace("s1") / "table").write_text("1,2")
    os.chown(project.workspace("s1") / "table", *OWNER)
    await project.storage.files.copy(project.at("stages/s1/workspace/table"), project.at("input/table"))
    assert (project.path / "input" / "table").stat().st_uid == os.geteuid()


async def test_a_directory_is_copied_into_itself_as_it_was(project: Project) -> None:
    top = project.path / "input" / "tree"
    top.mkdir()
    (top / "file").write_text("x")
    await project.storage.files.copy(project.at("input/tree"), project.at("input/tree/copy"))
    assert os.listdir(top / "copy") == ["file"]


async def test_nothing_is_replaced_and_nothing_is_left_over(project: Project) -> None:
    (project.path / "input" / "a").write_text("new")
    (project.path / "input" / "b").write_text("old")
    with refused(AlreadyExists, "FILE_EXISTS"):
        await project.storage.files.copy(project.at("input/a"), project.at("input/b"))
    assert (project.path / "input" / "b").read_text() == "old"
    assert drafts(project) == []


async def test_what_is_not_there_or_no_file_cannot_be_copied(project: Project) -> None:
    os.mkfifo(project.path / "input" / "pipe")
    (project.path / "input" / "out").symlink_to("/etc/passwd")
    with refused(NotFound, "FILE_NOT_FOUND"):
        await project.storage.files.copy(project.at("input/nothing"), project.at("input/b"))
    with refused(FailedPrecondition, "NOT_A_FILE"):
        await project.storage.files.copy(project.at("input/pipe"), project.at("input/b"))
    with refused(FailedPrecondition, "PATH_LEADS_OUT"):
        await project.storage.files.copy(project.at("input/out"), project.at("input/b"))
    assert drafts(project) == []
    assert sorted(os.listdir(project.path / "input")) == ["out", "pipe"]


async def test_nothing_is_copied_into_an_attempt_or_in_place_of_a_pool(project: Project) -> None:
    (project.path / "input" / "a").write_text("x")
    plan = project.plan("s1", None)
    await project.storage.workspaces.prepare(plan, OWNER)
    with refused(FailedPrecondition, "POOL_READ_ONLY"):
        await project.storage.files.copy(project.at("input/a"), project.at("stages/s1/workspace/a"))
    with refused(InvalidArgument, "PATH_IS_ROOT"):
        await project.storage.files.copy(project.at("input/a"), project.at("workspace"))
