"""Stages with layered workspaces, as their node sees them through: mounted, at rest before they are taken in, never lost unsaid."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from storage.overlay import Overlays
from tests.filesystems import why_no_mounts
from tests.overlays import ME
from tests.unit import world
from tests.unit.house import PROJECT, House, daemon
from winslow.domain.container import Exit
from winslow.domain.layout import workspace_path
from winslow.domain.pipeline import WorkspaceMode
from winslow.domain.stage import Cause, Stage, StageId, State
from winslow.errors import DataLoss, Exhausted, Unavailable
from winslowd.engines import agent

pytestmark = [
    pytest.mark.usefixtures("hurried"),
    pytest.mark.skipif(bool(why_no_mounts()), reason="mounting takes root"),
]
LAYERED = WorkspaceMode.LAYERED


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    one = House(tmp_path)
    yield one
    one.close()


def workspace(house: House, stage: Stage | StageId, target: str = "/workspace") -> Path:
    return Path(next(mount.source for mount in house.spec(stage).mounts if mount.target == target))


def layer(house: House, stage: Stage) -> Path:
    return (house.root / workspace_path(PROJECT, stage.workspace)).parent / "layer"


def has_ended(house: House, stage: Stage) -> bool:
    return house.of(stage).ended


async def test_its_container_is_bound_to_the_mount_and_what_it_changed_is_a_layer_in_the_end(house: House) -> None:
    stage = await house.stage(workspace=LAYERED)
    async with house.seeing_through(stage) as going:
        await house.runs(stage)
        mounted = workspace(house, stage)
        assert mounted.is_relative_to(house.scratch)
        (mounted / "new").write_text("new")
        house.finish(stage)
        await going.over()
    assert house.of(stage).state is State.SUCCEEDED
    assert (layer(house, stage) / "files" / "new").read_text() == "new"
    assert not list((house.scratch / "layered").iterdir()) and house.clean


async def test_a_join_reads_the_layered_workspaces_of_the_others_before_it(house: House) -> None:
    pipeline = world.pipeline(
        world.definition("one"), world.definition("two", workspace=LAYERED), world.definition("both", "one", "two")
    )
    async with daemon(house):
        await house.begin(pipeline, "one", "two")
        await house.award()
        both = StageId("both-1-1-abc123")
        await house.until(lambda: len(house.driver.containers) == 2)
        for name in ("one", "two"):
            stage = house.of(StageId(f"{name}-1-1-abc123"))
            await house.runs(stage)
            if name == "two":
                (workspace(house, stage) / "two").write_text("two")
            house.finish(stage)
            await house.until(partial(has_ended, house, stage))
        await house.award()
        await house.until(lambda: house.view.stage(both) and both in house.driver.containers)
        await house.runs(house.of(both))
        assert (workspace(house, both, "/parents/two") / "two").read_text() == "two"
        house.finish(house.of(both))
        await house.until(lambda: house.of(both).ended)
    assert not list((house.scratch / "layered").iterdir())


async def test_its_container_is_at_rest_before_it_is_taken_in(house: House) -> None:
    stage = await house.stage(workspace=LAYERED)
    async with house.seeing_through(stage) as going:
        await house.runs(stage)
        house.finish(stage)
        await going.over()
    calls = house.tap.calls
    assert calls.index("driver.stop") < calls.index("workspaces.seal") < calls.index("driver.remove")


@pytest.mark.parametrize(
    "trouble",
    [
        Unavailable("It is in use", reason="WORKSPACE_BUSY"),
        Unavailable("It does not answer", reason="STORAGE_DEGRADED"),
        Exhausted("There is no room", reason="DISK_FULL"),
    ],
    ids=lambda error: error.reason,
)
async def test_what_cannot_be_taken_in_yet_is_waited_for_and_the_record_says_so(
    house: House, trouble: Exhausted
) -> None:
    stage = await house.stage(workspace=LAYERED)
    house.tap.failing["workspaces.seal"] = trouble
    async with house.seeing_through(stage) as going:
        await house.runs(stage)
        house.finish(stage)
        await house.until(lambda: (reason := house.of(stage).reason) is not None and reason.code == trouble.reason)
        assert house.of(stage).live
        del house.tap.failing["workspaces.seal"]
        await going.over()
    assert house.of(stage).state is State.SUCCEEDED and layer(house, stage).is_dir()


async def test_a_person_gives_up_what_there_is_no_room_for(house: House) -> None:
    stage = await house.stage(workspace=LAYERED)
    house.tap.failing["workspaces.seal"] = Exhausted("There is no room", reason="DISK_FULL")
    async with house.seeing_through(stage) as going:
        await house.runs(stage)
        house.finish(stage)
        await house.until(lambda: house.tap.count("workspaces.seal") > 1)
        going.attempt.look(await house.abort(stage))
        await going.over()
    record = house.of(stage)
    assert record.ended and record.outcome
    assert (record.outcome.cause, "could not be kept" in record.outcome.message) == (Cause.DISK_FULL, True)


async def test_a_success_whose_changes_are_lost_is_none(house: House) -> None:
    stage = await house.stage(workspace=LAYERED)
    async with house.seeing_through(stage) as going:
        await house.runs(stage)
        Overlays(str(house.scratch)).unmount(stage.id)
        shutil.rmtree(house.scratch / "layered")
        house.finish(stage)
        await going.over()
    record = house.of(stage)
    assert record.outcome and (record.state, record.outcome.cause) == (State.FAILED, Cause.STORAGE)
    assert record.outcome.exit_code == 0 and "not on this node any more" in record.outcome.message


async def test_a_failure_stays_the_cause_where_its_changes_are_lost_too(house: House) -> None:
    stage = await house.stage(workspace=LAYERED)
    house.tap.failing["workspaces.seal"] = DataLoss("It differs", reason="LAYER_DIFFERS")
    async with house.seeing_through(stage) as going:
        await house.runs(stage)
        house.finish(stage, Exit(3))
        await going.over()
    record = house.of(stage)
    assert record.outcome and (record.outcome.cause, record.outcome.exit_code) == (Cause.EXIT_CODE, 3)
    assert "exited with code 3; its workspace could not be kept: It differs" in record.outcome.message


async def test_what_an_attempt_left_that_is_not_ours_any_more_is_dropped_and_ours_is_not(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(agent, "TIDY_EVERY", 0.01)
    for name in ("lost-1-1-abc123", "foreign-1-1-abc123"):
        Overlays(str(house.scratch)).mount(StageId(name), [], ME)
    stage = await house.stage(workspace=LAYERED)
    async with daemon(house):
        await house.runs(stage)
        await house.until(lambda: [one.name for one in (house.scratch / "layered").iterdir()] == [stage.id])
        before = house.tap.count("scratch.left")
        await house.until(lambda: house.tap.count("scratch.left") > before + 2)
        (workspace(house, stage) / "still").write_text("there")
        house.finish(stage)
        await house.until(lambda: house.of(stage).ended)
    assert house.of(stage).state is State.SUCCEEDED and (layer(house, stage) / "files/still").exists()
