"""What the port Files promises."""

from __future__ import annotations

import hashlib
import os

import pytest

from tests.contract.volume.project import OWNER, Project, refused
from winslow.domain.pipeline import DefinitionName
from winslow.errors import (
    AlreadyExists,
    FailedPrecondition,
    InvalidArgument,
    NotFound,
)
from winslow.ports import Entry, Totals

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_entries_come_sorted_and_in_pages(project: Project) -> None:
    names = sorted(f"f{index:03}" for index in range(25))
    for name in names:
        (project.path / "input" / name).write_text(name)
    seen: list[str] = []
    while page := await project.storage.files.entries(project.at("input"), seen[-1] if seen else "", 10):
        assert len(page) <= 10
        seen.extend(entry.name for entry in page)
    assert seen == names


async def test_an_entry_says_what_it_is(project: Project) -> None:
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


async def test_nothing_of_winslow_is_listed_in_a_pool(project: Project) -> None:
    await project.upload("input/coming.bin", b"half")
    assert await project.storage.files.entries(project.at("input"), "", 10) == []


async def test_published_outputs_are_seen_as_directories(project: Project) -> None:
    plan = project.plan("s1", None)
    await project.storage.workspaces.prepare(plan, OWNER)
    (project.path / "stages/s1/output/sub").mkdir()
    (project.path / "stages/s1/output/sub/table.csv").write_text("a,b")
    await project.storage.workspaces.publish(plan, DefinitionName("detect"))
    (entry,) = await project.storage.files.entries(project.at("output"), "", 10)
    assert (entry.name, entry.kind) == ("detect", "directory")
    assert await project.storage.files.read(project.at("output/detect/sub/table.csv"), 0, 10) == b"a,b"
    await project.measures("output", Totals(3, 1, 1), on_cephfs=Totals(3, 1, 1))


async def test_a_file_is_read_in_ranges(project: Project) -> None:
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
async def test_a_range_that_no_file_has_is_refused(project: Project, offset: int, size: int) -> None:
    (project.path / "input" / "a").write_text("a")
    with refused(InvalidArgument, "RANGE_INVALID"):
        await project.storage.files.read(project.at("input/a"), offset, size)


async def test_what_is_not_there_is_told(project: Project) -> None:
    files = project.storage.files
    for call in (files.stat, files.usage, files.digest):
        with refused(NotFound, "FILE_NOT_FOUND"):
            await call(project.at("input/nothing"))
    with refused(NotFound, "FILE_NOT_FOUND"):
        await files.delete(project.at("input/nothing"), True)


async def test_directories_are_made_with_those_above_them_and_stay(project: Project) -> None:
    location = project.at("input/a/b/c")
    await project.storage.files.make_directory(location)
    (project.path / "input/a/b/c/file").write_text("x")
    await project.storage.files.make_directory(location)
    assert (project.path / "input/a/b/c/file").read_text() == "x"
    with refused(FailedPrecondition, "NOT_A_DIRECTORY"):
        await project.storage.files.make_directory(project.at("input/a/b/c/file/d"))


async def test_the_longest_path_of_all_can_be_made(project: Project) -> None:
    location = project.at("input/" + "/".join("d" * 1900))
    await project.storage.files.make_directory(location)
    assert (await project.storage.files.stat(location)).kind == "directory"


async def test_moving_never_replaces(project: Project) -> None:
    top = project.path / "input"
    (top / "a").write_text("a")
    (top / "b").write_text("b")
    (top / "dir").mkdir()
    move = project.storage.trees.move
    await move(project.at("input/a"), project.at("input/dir/a"), "")
    assert (top / "dir" / "a").read_text() == "a"
    with refused(AlreadyExists, "FILE_EXISTS"):
        await move(project.at("input/dir/a"), project.at("input/b"), "")
    with refused(InvalidArgument, "PATH_INVALID"):
        await move(project.at("input/dir"), project.at("input/dir/below"), "")
    with refused(NotFound, "FILE_NOT_FOUND"):
        await move(project.at("input/none"), project.at("input/c"), "")
    assert (top / "b").read_text() == "b"


async def test_a_full_directory_is_deleted_only_when_asked(project: Project) -> None:
    await project.storage.files.make_directory(project.at("input/a/b"))
    with refused(FailedPrecondition, "DIRECTORY_NOT_EMPTY"):
        await project.storage.files.delete(project.at("input/a"), False)
    await project.storage.files.delete(project.at("input/a"), True)
    assert list((project.path / "input").iterdir()) == []
    with refused(InvalidArgument, "PATH_IS_ROOT"):
        await project.storage.files.delete(project.at("input"), True)


async def test_usage_counts_each_file_once(project: Project) -> None:
    top = project.path / "input"
    (top / "sub" / "empty").mkdir(parents=True)
    (top / "sub" / "a").write_bytes(b"1234567")
    os.link(top / "sub" / "a", top / "again")
    (top / "out").symlink_to("/usr")
    link = len("/usr")
    await project.measures("input", Totals(7, 3, 2), on_cephfs=Totals(7 + link, 2, 2))


async def test_the_digest_is_the_contents_sha256(project: Project) -> None:
    content = os.urandom(2_500_001)
    (project.path / "input" / "a").write_bytes(content)
    assert await project.storage.files.digest(project.at("input/a")) == hashlib.sha256(content).hexdigest()


async def test_what_an_attempt_made_is_not_changed(project: Project) -> None:
    await project.storage.workspaces.prepare(project.plan("s1"), OWNER)
    made = project.at("stages/s1/output/a")
    with refused(FailedPrecondition, "POOL_READ_ONLY"):
        await project.storage.files.make_directory(made)
    with refused(FailedPrecondition, "POOL_READ_ONLY"):
        await project.storage.files.delete(made, True)
    with refused(FailedPrecondition, "POOL_READ_ONLY"):
        await project.upload("stages/s1/output/a", b"x")


@pytest.mark.parametrize("path", ["input/.snap/mine", "input/sub/.snap", "input/.snap"])
async def test_nothing_is_changed_among_snapshots(project: Project, path: str) -> None:
    """On CephFS it would be a snapshot; elsewhere what is allowed today would be lost with the move."""
    (project.path / "input" / "sub").mkdir()
    (project.path / "input" / "a").write_text("x")
    files, location = project.storage.files, project.at(path)
    for change in (
        files.make_directory(location),
        files.delete(location, True),
        project.storage.trees.move(project.at("input/a"), location, ""),
        files.copy(project.at("input/a"), location),
        project.storage.uploads.begin("u", location, 1, "0" * 64),
    ):
        with refused(InvalidArgument, "PATH_RESERVED"):
            await change
    assert sorted(os.listdir(project.path / "input")) == ["a", "sub"]
