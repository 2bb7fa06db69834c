"""What the port Manifests promises."""

from __future__ import annotations

import gzip
import hashlib
import json
import os

import pytest

from tests.contract.volume.project import OWNER, Project, refused
from winslow.domain.stage import StageId, WorkspaceId
from winslow.errors import DataLoss, NotFound
from winslow.ports import Effort, Listed

pytestmark = pytest.mark.asyncio(loop_scope="module")
S1 = StageId("s1")


async def _ended(project: Project, stage: str = "s1", *, in_place: str = "") -> None:
    """An attempt that has made some files and is sealed."""
    plan = project.plan(stage, None, in_place=in_place)
    await project.storage.workspaces.prepare(plan, OWNER)
    workspace = project.workspace(in_place or stage)
    (workspace / "b").mkdir(exist_ok=True)
    (workspace / "b" / "large").write_bytes(b"x" * 3000)
    (workspace / "a.txt").write_bytes(stage.encode())
    (workspace / "b.txt").write_bytes(b"")
    if not in_place:
        (workspace / "link").symlink_to("a.txt")
        os.link(workspace / "a.txt", workspace / "z")
    (project.path / "stages" / stage / "output" / "out").write_bytes(b"made")
    await project.storage.workspaces.seal(plan)


async def _all(project: Project, stage: StageId = S1, limit: int = 1000) -> list[Listed]:
    found: list[Listed] = []
    at = 0
    while True:
        page = await project.storage.manifests.page(project.id, stage, at, limit)
        found += page.entries
        if not (at := page.next):
            return found


async def _made(project: Project, stage: str = "s1", workspace: str = "s1", hashed: int = 1000) -> list[Listed]:
    await project.storage.manifests.make(project.id, StageId(stage), WorkspaceId(workspace), Effort(hashed=hashed))
    return await _all(project, StageId(stage))


async def test_all_that_an_attempt_left_is_listed_in_order(project: Project) -> None:
    await _ended(project)
    found = await _made(project)
    assert [(one.path, one.kind, one.size) for one in found] == [
        ("output/out", "file", 4),
        ("workspace/a.txt", "file", 2),
        ("workspace/b", "directory", 0),
        ("workspace/b/large", "file", 3000),
        ("workspace/b.txt", "file", 0),
        ("workspace/link", "symlink", 0),
        ("workspace/z", "file", 2),
    ]
    by_path = {one.path: one for one in found}
    large = project.workspace("s1") / "b" / "large"
    assert by_path["workspace/b/large"].time == large.stat().st_mtime_ns
    assert by_path["workspace/b/large"].sha256 == "", "it was too large to be read"
    assert by_path["workspace/a.txt"].sha256 == hashlib.sha256(b"s1").hexdigest()
    assert by_path["workspace/link"].target == "a.txt"
    assert by_path["workspace/z"].same_as == "workspace/a.txt"
    manifest = await project.storage.manifests.get(project.id, S1)
    assert (manifest.stage, manifest.workspace) == ("s1", True)
    assert (manifest.files, manifest.directories, manifest.size) == (5, 1, 3006)


async def test_pages_are_all_of_it(project: Project) -> None:
    await _ended(project)
    whole = await _made(project)
    for limit in (1, 2, 3, 7):
        assert await _all(project, limit=limit) == whole


async def test_a_manifest_stays_as_it_is_and_outlives_the_files(project: Project) -> None:
    await _ended(project)
    whole = await _made(project)
    project.workspace("s1").rename(project.path / "stages" / "s1" / "gone")
    assert await _made(project) == whole


async def test_people_read_it_without_winslow(project: Project) -> None:
    await _ended(project)
    await _made(project)
    lines = gzip.decompress((project.path / "stages/s1/manifest.gz").read_bytes()).splitlines(keepends=True)
    assert json.loads(lines[0])["stage"] == "s1"
    assert json.loads(lines[2])["path"] == "workspace/a.txt"
    assert json.loads(lines[-1])["sha256"] == hashlib.sha256(b"".join(lines[:-1])).hexdigest()


async def test_a_workspace_in_which_another_attempt_went_on_is_not_listed_as_the_first_ones(project: Project) -> None:
    await _ended(project)
    await _ended(project, "s2", in_place="s1")
    assert [one.path for one in await _made(project)] == ["output/out"]
    assert not (await project.storage.manifests.get(project.id, S1)).workspace
    assert "workspace/a.txt" in [one.path for one in await _made(project, "s2", "s1")]


async def test_where_none_was_made_none_is_told(project: Project) -> None:
    await _ended(project)
    with refused(NotFound, "MANIFEST_MISSING"):
        await project.storage.manifests.get(project.id, S1)
    with refused(NotFound, "FILE_NOT_FOUND"):
        await project.storage.manifests.get(project.id, StageId("never"))
    with refused(NotFound, "FILE_NOT_FOUND"):
        await project.storage.manifests.make(project.id, StageId("never"), WorkspaceId("never"))


async def test_a_damaged_manifest_is_told(project: Project) -> None:
    await _ended(project)
    await _made(project)
    path = project.path / "stages/s1/manifest.gz"
    data = bytearray(path.read_bytes())
    data[100] ^= 0xFF
    path.unlink()
    path.write_bytes(data)
    with refused(DataLoss, "ARCHIVE_DAMAGED"):
        await _all(project)
