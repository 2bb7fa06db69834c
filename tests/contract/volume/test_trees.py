"""What the port Trees promises of searches, of what is taken away, and of moves."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.contract.volume.project import Project, refused
from winslow.errors import AlreadyExists, FailedPrecondition, InvalidArgument, NotFound
from winslow.ports import Gathered

pytestmark = pytest.mark.asyncio(loop_scope="module")


def grow(top: Path) -> None:
    (top / "a" / "Deep" / "er").mkdir(parents=True)
    (top / "a" / "Deep" / "er" / "Report-1.CSV").write_text("1")
    (top / "a" / "report-2.csv").write_text("22")
    (top / "b").mkdir()
    (top / "b" / "notes.txt").write_text("no report")
    (top / "b" / "link").symlink_to("../a")
    (top / "report").mkdir()


async def searched(project: Project, query: str, limit: int = 100) -> list[str]:
    found: list[str] = []
    at = ()
    while True:
        matches = await project.storage.trees.search(project.at("input"), query, at, limit, 10.0)
        assert len(matches.found) <= limit
        found += [one.path for one in matches.found]
        if matches.next is None:
            return found
        at = matches.next


@pytest.mark.parametrize("limit", [1, 2, 100])
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("REPORT", ["a/Deep/er/Report-1.CSV", "a/report-2.csv", "report"]),
        ("report-?.csv", ["a/Deep/er/Report-1.CSV", "a/report-2.csv"]),
        ("*e*", ["a/Deep", "a/Deep/er", "a/Deep/er/Report-1.CSV", "a/report-2.csv", "b/notes.txt", "report"]),
        ("nothing", []),
    ],
)
async def test_a_search_finds_names_at_any_depth_in_pages(
    project: Project, query: str, expected: list[str], limit: int
) -> None:
    grow(project.path / "input")
    assert await searched(project, query, limit) == expected


async def test_a_search_follows_no_link(project: Project) -> None:
    top = project.path / "input"
    (top / "sub").mkdir()
    (top / "sub" / "up").symlink_to("..")
    (top / "sub" / "out").symlink_to("/etc")
    assert await searched(project, "passwd") == []
    assert await searched(project, "u") == ["sub", "sub/out", "sub/up"]


async def test_a_search_that_has_no_more_time_says_where_it_goes_on(project: Project) -> None:
    top = project.path / "input"
    for number in range(600):
        (top / f"f{number:03}").touch()
    first = await project.storage.trees.search(project.at("input"), "f599", (), 10, 0.0)
    assert first.found == []
    assert first.next
    rest = await project.storage.trees.search(project.at("input"), "f599", first.next, 10, 10.0)
    assert [one.path for one in rest.found] == ["f599"]


async def test_a_search_goes_on_where_directories_went_away(project: Project) -> None:
    grow(project.path / "input")
    first = await project.storage.trees.search(project.at("input"), "er", (), 1, 10.0)
    assert [one.path for one in first.found] == ["a/Deep/er"]
    (project.path / "input/a/Deep/er/Report-1.CSV").unlink()
    (project.path / "input/a/Deep/er").rmdir()
    assert first.next
    rest = await project.storage.trees.search(project.at("input"), "report", first.next, 10, 10.0)
    assert [one.path for one in rest.found] == ["a/report-2.csv", "report"]


async def test_a_search_for_nothing_or_from_nowhere_is_refused(project: Project) -> None:
    with refused(InvalidArgument, "QUERY_INVALID"):
        await project.storage.trees.search(project.at("input"), "", (), 10, 1.0)
    with refused(NotFound, "FILE_NOT_FOUND"):
        await project.storage.trees.search(project.at("input/none"), "x", (), 10, 1.0)


async def gathered(project: Project, path: str, size: int = 1 << 20) -> AsyncIterator[Gathered]:
    at = ()
    while at is not None:
        gathering = await project.storage.trees.gather(project.at(path), at, size)
        for item in gathering.items:
            yield item
        at = gathering.next


@pytest.mark.parametrize("size", [1, 1 << 20])
async def test_a_tree_is_gathered_with_what_is_in_its_files(project: Project, size: int) -> None:
    top = project.path / "input"
    grow(top)
    (top / "large").write_bytes(bytes(300_000))
    os.mkfifo(top / "pipe")
    items = {one.path: one async for one in gathered(project, "input", size)}
    assert sorted(items) == [
        "a", "a/Deep", "a/Deep/er", "a/Deep/er/Report-1.CSV", "a/report-2.csv", "b", "b/link", "b/notes.txt", "large", "report",
    ]  # fmt: skip
    assert items["b/notes.txt"].content == b"no report"
    assert (items["b/link"].link, items["b/link"].entry.kind) == ("../a", "symlink")
    assert (items["large"].content, items["large"].entry.size) == (None, 300_000)


async def test_what_is_moved_to_another_root_is_there_and_no_longer_here(project: Project) -> None:
    top = project.path
    grow(top / "input")
    await project.storage.trees.move(project.at("input/a"), project.at("workspace/deep/a"), "")
    assert (top / "workspace/deep/a/Deep/er/Report-1.CSV").read_text() == "1"
    assert not (top / "input/a").exists()
    with refused(AlreadyExists, "FILE_EXISTS"):
        await project.storage.trees.move(project.at("input/b"), project.at("workspace/deep"), "")
    with refused(NotFound, "FILE_NOT_FOUND"):
        await project.storage.trees.move(project.at("input/a"), project.at("workspace/else"), "")
    with refused(InvalidArgument, "PATH_INVALID"):
        await project.storage.trees.move(project.at("workspace/deep"), project.at("workspace/deep/in"), "")
    with refused(FailedPrecondition, "POOL_READ_ONLY"):
        await project.storage.trees.move(project.at("input/b"), project.at("stages/s/output/b"), "")


@pytest.mark.parametrize("name", ["b", "b/notes.txt"])
async def test_a_move_that_is_asked_for_again_has_been_done(project: Project, name: str) -> None:
    grow(project.path / "input")
    source, target = project.at(f"input/{name}"), project.at("workspace/moved")
    await project.storage.trees.move(source, target, "ann/1")
    await project.storage.trees.move(source, target, "ann/1")
    with refused(NotFound, "FILE_NOT_FOUND"):
        await project.storage.trees.move(source, target, "ann/2")
    assert (project.path / "workspace" / "moved").exists()
