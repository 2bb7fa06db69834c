"""What the port History promises."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.contract.volume.project import Project, Storage, refused
from winslow.domain.query import Facts, Query, Term
from winslow.domain.records import Comment, Kind, Ref
from winslow.domain.stage import ProjectId, RunId
from winslow.errors import DataLoss, NotFound
from winslow.ports import Archived

pytestmark = pytest.mark.asyncio(loop_scope="module")


def entry(project: Project, number: int, text: str = "", revision: int = 1) -> tuple[Archived, Facts]:
    """A comment: what records mean is nothing to the history."""
    author = ("ann", "bob")[number % 2]
    comment = Comment(project.id, RunId("000001"), number, author, float(number), text or f"number {number}")
    facts = Facts(f"{number:06d}", {"number": float(number)}, {"run": ("runs/000001", "000001"), "author": (author,)})
    return Archived(ref(project, number), comment, revision), facts


def ref(project: Project, number: int) -> Ref:
    return Ref(Kind.COMMENT, f"{project.id}/000001/{number:06d}")


async def filled(project: Project, *numbers: int, size: int = 0) -> None:
    await project.storage.history.append(project.id, [entry(project, number, "x" * size) for number in numbers])


async def numbers(project: Project, query: Query) -> list[int]:
    found = await project.storage.history.page(project.id, Kind.COMMENT, query)
    return [one.value.number for one in found if isinstance(one.value, Comment)]


async def test_records_come_back_as_they_were(project: Project) -> None:
    await filled(project, 1, 2, 3)
    await filled(project, 4)
    found = await project.storage.history.get(project.id, [ref(project, 2), ref(project, 9), ref(project, 4)])
    assert found == [entry(project, 2)[0], entry(project, 4)[0]]


async def test_where_nothing_was_archived_nothing_is_found(project: Project) -> None:
    history = project.storage.history
    assert await history.get(project.id, [ref(project, 1)]) == []
    assert await numbers(project, Query("number", 10)) == []
    assert not (project.path / "history").exists()


async def test_pages_go_on_behind_a_key_in_both_orders(project: Project) -> None:
    await filled(project, 3, 1, 5)
    await filled(project, 4, 2)
    assert await numbers(project, Query("number", 2)) == [1, 2]
    assert await numbers(project, Query("number", 9, after=(2.0, "000002"))) == [3, 4, 5]
    assert await numbers(project, Query("number", 9, after=(2.5, ""))) == [3, 4, 5]
    assert await numbers(project, Query("number", 2, backwards=True)) == [5, 4]
    assert await numbers(project, Query("number", 9, backwards=True, after=(4.0, "000004"))) == [3, 2, 1]
    assert await numbers(project, Query("", 2, after=("", ref(project, 3).key))) == [4, 5]


async def test_terms_search_what_the_records_are_found_by(project: Project) -> None:
    await filled(project, *range(1, 8))
    bobs = (Term("author", "=", "bob"),)
    assert await numbers(project, Query("number", 2, terms=bobs)) == [1, 3]
    assert await numbers(project, Query("number", 9, terms=(Term("author", "!=", "bob"),))) == [2, 4, 6]
    assert await numbers(project, Query("number", 9, terms=(*bobs, Term("author", ":", "an")))) == []
    assert await numbers(project, Query("number", 1, terms=(Term("", "", "runs/"),))) == [1]


async def test_appended_again_a_record_is_there_once_and_the_newest_counts(project: Project) -> None:
    history = project.storage.history
    await history.append(project.id, [entry(project, 1, "newest", revision=7)])
    await history.append(project.id, [entry(project, 1, "older", revision=3), entry(project, 2)])
    await history.append(project.id, [entry(project, 2)])
    found = await history.page(project.id, Kind.COMMENT, Query("number", 9))
    assert [(one.value.text, one.revision) for one in found if isinstance(one.value, Comment)] == [
        ("newest", 7),
        ("number 2", 1),
    ]


async def test_large_records_take_several_blocks_and_come_back(project: Project) -> None:
    await filled(project, *range(1, 6), size=50_000)
    found = await project.storage.history.page(project.id, Kind.COMMENT, Query("number", 9))
    assert [len(one.value.text) for one in found if isinstance(one.value, Comment)] == [50_000] * 5


async def test_a_damaged_record_is_told_and_the_others_can_be_read(project: Project) -> None:
    await filled(project, 1)
    await filled(project, 2)
    await numbers(project, Query("number", 1))
    (records,) = (project.path / "history").glob("*.records")
    data = bytearray(records.read_bytes())
    data[20] ^= 0xFF
    records.write_bytes(data)
    with refused(DataLoss, "HISTORY_DAMAGED"):
        await project.storage.history.get(project.id, [ref(project, 1)])
    assert await project.storage.history.get(project.id, [ref(project, 2)]) == [entry(project, 2)[0]]


async def test_a_deleted_project_has_no_history_and_gets_none(project: Project, volume: tuple[Storage, Path]) -> None:
    await filled(project, 1)
    await project.storage.workspaces.delete_project(project.id)
    assert await numbers(project, Query("number", 9)) == []
    with refused(NotFound, "FILE_NOT_FOUND"):
        await filled(project, 2)
    await project.storage.workspaces.make_project(ProjectId(project.id))
    await filled(project, 3)
    assert await numbers(project, Query("number", 9)) == [3]
