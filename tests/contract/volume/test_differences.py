"""What two attempts left is compared page by page, on plain and layered workspaces, from lists and from the files themselves."""

from __future__ import annotations

import hashlib
import os
import shutil

import pytest

from tests.contract.volume.project import OWNER, Project
from winslow.domain.stage import StageId, WorkspaceId
from winslow.ports import Differing, Side, Spot

pytestmark = pytest.mark.asyncio(loop_scope="module")
MOST = 1 << 20


async def attempt(project: Project, stage: str, files: dict[str, str]) -> Side:
    plan = project.plan(stage, None)
    await project.storage.workspaces.prepare(plan, OWNER)
    home = project.path / "stages" / stage
    for path, text in files.items():
        (home / path).parent.mkdir(parents=True, exist_ok=True)
        if text.startswith("-> "):
            (home / path).symlink_to(text[3:])
        else:
            (home / path).write_text(text)
    await project.storage.workspaces.seal(plan)
    return Side(project.id, StageId(stage), WorkspaceId(stage))


async def compared(project: Project, before: Side, after: Side, limit: int = 1000, most: int = MOST) -> list[Differing]:
    found: list[Differing] = []
    at: Spot | None = Spot()
    while at:
        page = await project.storage.compares.page(before, after, at, limit, most)
        found += page.found
        at = page.next
    return found


def told(found: list[Differing]) -> list[tuple[str, str]]:
    what = {(False, True): "added", (True, False): "removed", (True, True): "changed"}
    return [(one.path, what[one.before is not None, one.after is not None]) for one in found]


OLD = {
    "output/same": "1",
    "output/video": "long",
    "workspace/a/one": "1",
    "workspace/a.txt": "same",
    "workspace/gone/deep/x": "1",
    "workspace/kind": "a file",
    "workspace/link": "-> a.txt",
    "workspace/text": "old",
}
NEW = {
    "output/same": "1",
    "output/video": "longer",
    "workspace/a/one": "1",
    "workspace/a/two": "2",
    "workspace/a.txt": "same",
    "workspace/kind/of": "directory",
    "workspace/link": "-> a/one",
    "workspace/text": "new",
}
DIFFER = [
    ("output/video", "changed"),
    ("workspace/a/two", "added"),
    ("workspace/gone/deep/x", "removed"),
    ("workspace/kind", "removed"),
    ("workspace/kind/of", "added"),
    ("workspace/link", "changed"),
    ("workspace/text", "changed"),
]


@pytest.mark.parametrize("limit", [1, 2, 100])
@pytest.mark.parametrize("listed", [(), ("s1",), ("s1", "s2")], ids=["walked", "mixed", "listed"])
async def test_files_that_were_added_removed_and_changed_are_found_on_pages_of_any_size(
    project: Project, limit: int, listed: tuple[str, ...]
) -> None:
    sides = [await attempt(project, stage, files) for stage, files in (("s1", OLD), ("s2", NEW))]
    for side in sides:
        if side.stage in listed:
            await project.storage.manifests.make(side.project, side.stage, side.workspace)
    found = await compared(project, *sides, limit)
    assert told(found) == DIFFER
    (text,) = [one for one in found if one.path == "workspace/text"]
    assert text.before and text.after
    assert text.before.sha256 == hashlib.sha256(b"old").hexdigest()
    assert text.after.sha256 == hashlib.sha256(b"new").hexdigest()
    assert told(await compared(project, sides[0], sides[0])) == []


async def test_a_workspace_that_was_given_up_is_compared_by_what_was_listed_of_it(project: Project) -> None:
    sides = [await attempt(project, stage, files) for stage, files in (("s1", OLD), ("s2", NEW))]
    await project.storage.manifests.make(sides[0].project, sides[0].stage, sides[0].workspace)
    await project.storage.retiring.retire(project.id, sides[0].stage)
    assert told(await compared(project, *sides)) == DIFFER


async def test_without_a_list_only_outputs_are_compared_and_that_is_said(project: Project) -> None:
    sides = [await attempt(project, stage, files) for stage, files in (("s1", OLD), ("s2", NEW))]
    await project.storage.retiring.retire(project.id, sides[1].stage)
    page = await project.storage.compares.page(*sides, Spot(), 100, MOST)
    assert (told(list(page.found)), page.unknown) == (DIFFER[:1], (sides[1].stage,))


async def test_another_time_alone_is_no_difference_where_the_content_can_be_read(project: Project) -> None:
    files = {"workspace/small": "x", "workspace/large": "y" * 100}
    sides = [await attempt(project, stage, files) for stage in ("s1", "s2")]
    for name in ("small", "large"):
        os.utime(project.workspace("s2") / name, ns=(1, 1))
        os.utime(project.workspace("s1") / name, ns=(2, 2))
    assert told(await compared(project, *sides)) == []
    assert told(await compared(project, *sides, most=50)) == [("workspace/large", "changed")]


async def test_a_redo_of_a_stage_that_copies_is_compared_without_reading_anything(project: Project) -> None:
    before = await attempt(project, "s1", OLD)
    after = await attempt(project, "s2", {})
    shutil.copytree(project.workspace("s1"), project.workspace("s2"), symlinks=True, dirs_exist_ok=True)
    shutil.copytree(project.path / "stages/s1/output", project.path / "stages/s2/output", dirs_exist_ok=True)
    assert told(await compared(project, before, after, most=-1)) == []


async def test_two_that_worked_in_one_directory_differ_in_their_outputs_alone(project: Project) -> None:
    before = await attempt(project, "s1", OLD)
    plan = project.plan("s2", None, in_place="s1")
    await project.storage.workspaces.prepare(plan, OWNER)
    (project.path / "stages" / "s2" / "output" / "video").write_text("2")
    await project.storage.workspaces.seal(plan)
    after = Side(project.id, StageId("s2"), WorkspaceId("s1"))
    page = await project.storage.compares.page(before, after, Spot(), 100, MOST)
    assert told(list(page.found)) == [("output/same", "removed"), ("output/video", "changed")]
    assert page.unknown == ()


async def test_what_never_had_a_directory_is_unknown(project: Project) -> None:
    before = await attempt(project, "s1", OLD)
    never = Side(project.id, StageId("never"), WorkspaceId("never"))
    page = await project.storage.compares.page(before, never, Spot(), 100, MOST)
    assert page.unknown == (never.stage,)
    assert told(list(page.found)) == [("output/same", "removed"), ("output/video", "removed")]
