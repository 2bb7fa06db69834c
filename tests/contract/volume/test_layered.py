"""What the port Workspaces promises of layered workspaces: mounted where the node can, copied where it cannot (inline)."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from storage.overlay import mount_points
from tests.contract.volume.project import OTHER, OWNER, Project, as_root, refused
from tests.fakes.volume import InlineVolume
from winslow.domain.layers import MOST_LAYERS
from winslow.domain.layout import WorkspacePlan
from winslow.domain.mounts import Mounted
from winslow.domain.stage import StageId
from winslow.errors import FailedPrecondition, NotFound

pytestmark = [pytest.mark.asyncio(loop_scope="module"), as_root]


@pytest.fixture
def mounts(project: Project) -> None:
    if isinstance(project.storage, InlineVolume):
        pytest.skip("a node that mounts nothing")


def fill(project: Project) -> None:
    """The zeroth workspace."""
    top = project.path / "workspace"
    (top / "d").mkdir()
    for name in ("a", "b", "d/c"):
        (top / name).write_text(f"zeroth {name}")


async def begun(project: Project, plan: WorkspacePlan, owner: tuple[int, int] = OWNER) -> Path:
    """Where the stage's container would see its workspace."""
    mounted = await project.storage.workspaces.prepare(plan, owner)
    return Path(mounted.workspace or project.storage.workspaces.absolute(plan.target))


async def ended(project: Project, stage: str, source: str = "", owner: tuple[int, int] = OWNER) -> WorkspacePlan:
    """A layered attempt that has changed something: a file of its own, `b` rewritten, `a` deleted where it was there."""
    plan = project.plan(stage, source, layered=True)
    top = await begun(project, plan, owner)
    (top / stage).write_text(stage)
    (top / "b").write_text(f"by {stage}")
    (top / "a").unlink(missing_ok=True)
    await project.storage.workspaces.seal(plan)
    return plan


async def seen(project: Project, stage: str, path: str = "") -> dict[str, str]:
    """What people see of a workspace."""
    found: dict[str, str] = {}
    at = project.at("/".join(part for part in ("stages", stage, "workspace", path) if part))
    for entry in await project.storage.files.entries(at, "", 100):
        inner = f"{path}/{entry.name}" if path else entry.name
        if entry.kind == "directory":
            found |= await seen(project, stage, inner)
        else:
            place = project.at(f"stages/{stage}/workspace/{inner}")
            assert (await project.storage.files.stat(place)).size == entry.size
            found[inner] = (await project.storage.files.read(place, 0, 100)).decode()
    return found


def bases(project: Project) -> list[str]:
    place = project.path / "bases"
    return sorted(path.name for path in place.iterdir()) if place.exists() else []


async def test_it_is_its_parents_with_what_was_changed_and_its_parents_stays(project: Project) -> None:
    fill(project)
    await ended(project, "s1")
    await ended(project, "s2", "s1")
    assert await seen(project, "s1") == {"b": "by s1", "d/c": "zeroth d/c", "s1": "s1"}
    assert await seen(project, "s2") == {"b": "by s2", "d/c": "zeroth d/c", "s1": "s1", "s2": "s2"}
    assert (project.path / "workspace" / "a").read_text() == "zeroth a"


async def test_what_is_not_in_an_attempts_workspace_is_said_not_to_be_there(project: Project) -> None:
    fill(project)
    plain = project.plan("s1")
    await begun(project, plain)
    await project.storage.workspaces.seal(plain)
    await ended(project, "s2", "s1")
    for stage in ("s1", "s2"):
        with refused(NotFound, "FILE_NOT_FOUND"):
            await project.storage.files.stat(project.at(f"stages/{stage}/workspace/nothing"))


async def test_what_is_changed_in_the_zeroth_workspace_later_is_not_seen(project: Project) -> None:
    fill(project)
    await ended(project, "s1")
    (project.path / "workspace" / "d/c").write_text("later")
    assert (await seen(project, "s1"))["d/c"] == "zeroth d/c"
    await ended(project, "s2")
    assert (await seen(project, "s2"))["d/c"] == "later"


@pytest.mark.usefixtures("mounts")
async def test_attempts_from_an_unchanged_zeroth_workspace_share_one_base(project: Project) -> None:
    fill(project)
    await ended(project, "s1")
    await ended(project, "s2")
    (one,) = bases(project)
    (project.path / "workspace" / "more").touch()
    await ended(project, "s3")
    assert len(bases(project)) == 2
    for stage in ("s1", "s2"):
        assert await project.storage.workspaces.remove_bases(project.id) == 0
        await project.storage.workspaces.drop(project.id, StageId(stage))
    assert await project.storage.workspaces.remove_bases(project.id) == 1
    assert one not in bases(project) and len(bases(project)) == 1


@pytest.mark.usefixtures("mounts")
async def test_only_what_was_changed_lies_on_the_volume_and_nothing_on_the_node(project: Project) -> None:
    fill(project)
    await ended(project, "s1")
    layer = project.path / "stages/s1/layer/files"
    assert sorted(path.name for path in layer.iterdir()) == ["a", "b", "s1"]
    assert not project.workspace("s1").exists()
    assert await project.storage.workspaces.left() == []
    assert not [point for point in mount_points() if "s1/merged" in point]


@pytest.mark.usefixtures("mounts")
async def test_prepared_again_it_is_gone_on_with_and_once_sealed_only_read(project: Project) -> None:
    fill(project)
    plan = project.plan("s1", layered=True)
    (await begun(project, plan) / "half").write_text("half")
    (project.path / "workspace" / "d/c").write_text("later")
    top = await begun(project, plan)
    assert (top / "half").read_text() == "half" and (top / "d/c").read_text() == "zeroth d/c"
    for _ in range(2):
        await project.storage.workspaces.seal(plan)
    again = await begun(project, plan)
    assert (again / "half").read_text() == "half"
    with pytest.raises(OSError, match="Read-only"):
        (again / "more").touch()
    await project.storage.workspaces.seal(plan)
    assert await project.storage.workspaces.left() == []


@pytest.mark.usefixtures("mounts")
async def test_what_was_changed_survives_a_reboot_before_its_seal(project: Project) -> None:
    fill(project)
    plan = project.plan("s1", layered=True)
    top = await begun(project, plan)
    (top / "a").unlink()
    (top / "new").write_text("new")
    subprocess.run(["umount", top], check=True, timeout=60)
    assert await seen(project, "s1") == {"b": "zeroth b", "d/c": "zeroth d/c", "new": "new"}
    await project.storage.workspaces.seal(plan)
    assert await seen(project, "s1") == {"b": "zeroth b", "d/c": "zeroth d/c", "new": "new"}


@pytest.mark.usefixtures("mounts")
async def test_lost_with_its_scratch_disk_it_is_said(project: Project) -> None:
    fill(project)
    plan = project.plan("s1", layered=True)
    top = await begun(project, plan)
    subprocess.run(["umount", top], check=True, timeout=60)
    shutil.rmtree(top.parent)
    with refused(NotFound, "CHANGES_LOST"):
        await project.storage.workspaces.seal(plan)


async def test_a_copy_of_a_layered_workspace_is_plain_and_its_owners(project: Project) -> None:
    fill(project)
    await ended(project, "s1")
    plan = project.plan("s2", "s1")
    await project.storage.workspaces.reserve(plan, OTHER)
    inode = project.workspace("s2").stat().st_ino
    top = await begun(project, plan, OTHER)
    assert top.stat().st_ino == inode and (top / "b").read_text() == "by s1" and not (top / "a").exists()
    for path in [top, *top.rglob("*")]:
        assert (path.stat().st_uid, path.stat().st_gid) == OTHER, path


async def test_a_stage_of_another_user_can_change_all_of_it(project: Project) -> None:
    fill(project)
    await ended(project, "s1")
    top = await begun(project, project.plan("s2", "s1", layered=True), OTHER)
    for path in [top, *top.rglob("*")]:
        assert (path.stat().st_uid, path.stat().st_gid) == OTHER, path
    await project.storage.workspaces.seal(project.plan("s2", "s1", layered=True))
    await ended(project, "s3", "s2", OTHER)
    assert await seen(project, "s3") == {"b": "by s3", "d/c": "zeroth d/c", "s1": "s1", "s3": "s3"}


@pytest.mark.usefixtures("mounts")
async def test_what_a_layer_lies_on_is_not_gone_on_with(project: Project) -> None:
    fill(project)
    plain = project.plan("s1")
    await project.storage.workspaces.prepare(plain, OWNER)
    await project.storage.workspaces.seal(plain)
    running = project.plan("s2", "s1", layered=True)
    await begun(project, running)
    for _ in range(2):
        with refused(FailedPrecondition, "LAYER_IN_USE"):
            await project.storage.workspaces.prepare(project.plan("s3", in_place="s1"), OWNER)
        await project.storage.workspaces.seal(running)
    assert project.workspace("s1").stat().st_mode & 0o777 == 0o555
    await project.storage.workspaces.materialize(project.id, StageId("s2"))
    await project.storage.workspaces.prepare(project.plan("s3", in_place="s1"), OWNER)
    (project.workspace("s1") / "b").write_text("changed")
    assert (await seen(project, "s2"))["b"] == "zeroth b"


async def test_a_workspace_that_somebody_goes_on_in_is_taken_as_it_is_now(project: Project) -> None:
    fill(project)
    await project.storage.workspaces.prepare(project.plan("s1"), OWNER)
    top = await begun(project, project.plan("s2", "s1", layered=True))
    (project.workspace("s1") / "b").write_text("changed")
    assert (top / "b").read_text() == "zeroth b"
    await project.storage.workspaces.seal(project.plan("s2", "s1", layered=True))


@pytest.mark.usefixtures("mounts")
async def test_what_stands_on_what_is_told_before_its_end_too(project: Project) -> None:
    fill(project)
    await ended(project, "s1")
    await begun(project, project.plan("s2", "s1", layered=True))
    chains = await project.storage.workspaces.chains(project.id)
    (base,) = bases(project)
    assert {stage: (chain.base, chain.layers) for stage, chain in chains.items()} == {
        "s1": (f"projects/{project.id}/bases/{base}", ("s1",)),
        "s2": (f"projects/{project.id}/bases/{base}", ("s1",)),
    }
    await project.storage.workspaces.seal(project.plan("s2", "s1", layered=True))


async def test_materialized_it_is_plain_and_what_stands_on_it_keeps_its_layer(project: Project) -> None:
    fill(project)
    await ended(project, "s1")
    await ended(project, "s2", "s1")
    before = await seen(project, "s2")
    for _ in range(2):
        await project.storage.workspaces.materialize(project.id, StageId("s1"))
    assert (project.workspace("s1") / "b").read_text() == "by s1"
    assert project.workspace("s1").stat().st_mode & 0o777 == 0o555
    assert await seen(project, "s2") == before
    await project.storage.workspaces.materialize(project.id, StageId("s2"))
    await project.storage.workspaces.materialize(project.id, StageId("s1"))
    assert not list(project.path.glob("stages/*/layer"))
    assert await project.storage.workspaces.chains(project.id) == {}
    assert await seen(project, "s2") == before


@pytest.mark.usefixtures("mounts")
async def test_one_at_work_is_not_materialized(project: Project) -> None:
    await begun(project, project.plan("s1", layered=True))
    with refused(FailedPrecondition, "WORKSPACE_OPEN"):
        await project.storage.workspaces.materialize(project.id, StageId("s1"))
    await project.storage.workspaces.seal(project.plan("s1", layered=True))
    with refused(NotFound, "SOURCE_MISSING"):
        await project.storage.workspaces.materialize(project.id, StageId("never"))


@pytest.mark.usefixtures("mounts")
async def test_what_it_changes_is_seen_on_its_node_alone(project: Project) -> None:
    fill(project)
    top = await begun(project, project.plan("s1", layered=True))
    (top / "b").write_text("at work")
    assert (await seen(project, "s1"))["b"] == "at work"
    elsewhere = InlineVolume(str(project.volume))
    try:
        with refused(FailedPrecondition, "WORKSPACE_ELSEWHERE"):
            await elsewhere.files.entries(project.at("stages/s1/workspace"), "", 10)
        await project.storage.workspaces.seal(project.plan("s1", layered=True))
        assert [one.name for one in await elsewhere.files.entries(project.at("stages/s1/workspace"), "", 10)] == [
            "a",
            "b",
            "d",
        ]
    finally:
        elsewhere.close()


async def test_a_joined_layered_workspace_can_be_read_and_not_changed(project: Project) -> None:
    fill(project)
    await ended(project, "s1")
    plan = project.plan("s2", None, joined="s1")
    mounted: Mounted = await project.storage.workspaces.prepare(plan, OWNER)
    (parent,) = (Path(path) for path in mounted.parents.values()) if mounted.parents else (project.workspace("s1"),)
    assert (parent / "b").read_text() == "by s1" and not (parent / "a").exists()
    await project.storage.workspaces.seal(plan)
    assert await project.storage.workspaces.left() == []


@pytest.mark.usefixtures("mounts")
async def test_a_node_that_mounts_nothing_reads_what_others_sealed(project: Project) -> None:
    fill(project)
    await ended(project, "s1")
    other = InlineVolume(str(project.volume))
    try:
        plan = project.plan("s2", "s1", layered=True, joined="s1")
        mounted = await other.workspaces.prepare(plan, OWNER)
        assert not mounted.workspace and (project.workspace("s2") / "b").read_text() == "by s1"
        (parent,) = mounted.parents.values()
        assert (Path(parent) / "b").read_text() == "by s1"
        assert "copied" in (project.path / "stages/s2/log").read_text()
        await other.workspaces.seal(plan)
        assert not Path(parent).exists()
    finally:
        other.close()
    await ended(project, "s3", "s2")
    assert (await seen(project, "s3"))["s1"] == "s1"


@pytest.mark.usefixtures("mounts")
async def test_what_is_left_of_an_attempt_can_be_dropped(project: Project) -> None:
    top = await begun(project, project.plan("s1", layered=True))
    assert await project.storage.workspaces.left() == ["s1"]
    held = os.open(top, os.O_RDONLY)
    try:
        with pytest.raises(Exception, match="in use"):
            await project.storage.workspaces.discard(StageId("s1"))
    finally:
        os.close(held)
    await project.storage.workspaces.discard(StageId("s1"))
    assert await project.storage.workspaces.left() == []


@pytest.mark.usefixtures("mounts")
async def test_a_deep_chain_is_flattened(project: Project) -> None:
    fill(project)
    await ended(project, "s00")
    for number in range(1, MOST_LAYERS + 3):
        await ended(project, f"s{number:02}", f"s{number - 1:02}")
    last = f"s{MOST_LAYERS + 2:02}"
    chains = await project.storage.workspaces.chains(project.id)
    assert max(len(chain.layers) for chain in chains.values()) == MOST_LAYERS
    assert len(chains[StageId(last)].layers) == 3
    expected = {f"s{number:02}": f"s{number:02}" for number in range(MOST_LAYERS + 3)}
    assert await seen(project, last) == expected | {"b": f"by {last}", "d/c": "zeroth d/c"}


async def test_people_copy_files_and_directories_out_of_it(project: Project) -> None:
    fill(project)
    await ended(project, "s1")
    for source, target in (("workspace", "input/all"), ("workspace/d", "input/d"), ("workspace/b", "input/b")):
        await project.storage.files.copy(project.at(f"stages/s1/{source}"), project.at(target))
    given = project.path / "input"
    assert {str(path.relative_to(given)) for path in given.rglob("*") if path.is_file()} == {
        "all/b",
        "all/d/c",
        "all/s1",
        "b",
        "d/c",
    }
    assert (given / "all/b").read_text() == (given / "b").read_text() == "by s1"
    assert (given / "d/c").stat().st_mode & 0o777 == 0o644 and (given / "d/c").stat().st_uid == os.geteuid()
    assert (await project.storage.files.usage(project.at("stages/s1/workspace"))).files == 3
    assert len(await project.storage.files.digest(project.at("stages/s1/workspace/b"))) == 64
