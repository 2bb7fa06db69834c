"""What an attempt left, once a later one goes on in the same directory: kept where the file system has snapshots."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from storage.beneath import held
from storage.ceph import is_cephfs
from tests.contract.volume.project import OWNER, Project, refused
from winslow.domain.layout import Location, Pool, WorkspacePlan
from winslow.domain.stage import StageId
from winslow.errors import NotFound
from winslow.ports import Totals

pytestmark = pytest.mark.asyncio(loop_scope="module")


def has_snapshots(project: Project) -> bool:
    with held(os.open(project.path, os.O_RDONLY)) as directory:
        return is_cephfs(directory)


def snapshots(directory: Path) -> list[str]:
    return sorted(os.listdir(directory / ".snap"))


def at(project: Project, stage: str, relative: str) -> Location:
    """A path in the workspace of `stage`, which is the directory of s1."""
    root = f"projects/{project.id}/stages/s1/workspace"
    return Location(Pool.STAGE_WORKSPACE, root, relative, project.id, StageId(stage))


async def run(project: Project, plan: WorkspacePlan, **files: str) -> None:
    """The attempt, from its beginning to its end."""
    await project.storage.workspaces.prepare(plan, OWNER)
    await project.storage.workspaces.prepare(plan, OWNER)
    for name, content in files.items():
        (project.workspace("s1") / name).write_text(content)
    await project.storage.workspaces.seal(plan)


async def test_every_attempt_stays_what_it_was_when_others_go_on_in_its_directory(project: Project) -> None:
    if not has_snapshots(project):
        pytest.skip("the file system has no snapshots: the directory is the latest attempt's")
    await run(project, project.plan("s1", None), model="first")
    await run(project, project.plan("s2", in_place="s1"), model="second", notes="new")
    await run(project, project.plan("s3", in_place="s1"), model="third")
    assert snapshots(project.workspace("s1")) == ["s1", "s2"]
    read = project.storage.files.read
    shown = [await read(at(project, stage, "model"), 0, 99) for stage in ("s1", "s2", "s3")]
    assert shown == [b"first", b"second", b"third"]
    assert [entry.name for entry in await project.storage.files.entries(at(project, "s1", ""), "", 9)] == ["model"]
    with refused(NotFound, "FILE_NOT_FOUND"):
        await project.storage.files.stat(at(project, "s1", "notes"))
    assert isinstance(await project.storage.files.usage(at(project, "s1", "")), Totals)


async def test_a_branch_from_an_attempt_that_others_went_on_from_begins_with_what_it_left(project: Project) -> None:
    if not has_snapshots(project):
        pytest.skip("the file system has no snapshots: the directory is the latest attempt's")
    await run(project, project.plan("s1", None), model="first")
    await run(project, project.plan("s2", in_place="s1"), model="second")
    for source, expected in (("s1", "first"), ("s2", "second")):
        plan = WorkspacePlan(
            stage=StageId(f"from-{source}"),
            project=project.id,
            target=f"projects/{project.id}/stages/from-{source}/workspace",
            source=f"projects/{project.id}/stages/s1/workspace",
            output=f"projects/{project.id}/stages/from-{source}/output",
            log=f"projects/{project.id}/stages/from-{source}/log",
            source_stage=StageId(source),
        )
        await project.storage.workspaces.prepare(plan, OWNER)
        assert (project.workspace(f"from-{source}") / "model").read_text() == expected


async def test_what_is_kept_goes_with_the_attempt(project: Project) -> None:
    await run(project, project.plan("s1", None), model="first")
    (project.workspace("s1") / "deep").mkdir()
    (project.workspace("s1") / "deep" / "file").write_text("x")
    await run(project, project.plan("s2", in_place="s1"), model="second")
    await project.storage.workspaces.drop(project.id, StageId("s1"))
    assert os.listdir(project.path / "stages") == ["s2"]
    await run(project, project.plan("s1", None), model="again")
    await run(project, project.plan("s3", in_place="s1"), model="third")
    await project.storage.workspaces.delete_project(project.id)
    assert not project.path.exists()


async def test_a_directory_that_a_stage_called_like_a_snapshot_is_not_taken_for_one(project: Project) -> None:
    if has_snapshots(project):
        pytest.skip("on CephFS such a directory is a snapshot")
    plan = project.plan("s1", None)
    await project.storage.workspaces.prepare(plan, OWNER)
    lie = project.workspace("s1") / ".snap" / "s1"
    lie.mkdir(parents=True)
    (lie / "model").write_text("a lie")
    (project.workspace("s1") / "model").write_text("the truth")
    await project.storage.workspaces.seal(plan)
    assert await project.storage.files.read(at(project, "s1", "model"), 0, 99) == b"the truth"
