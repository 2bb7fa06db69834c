"""What a node does: its stages are seen through whatever dies, and whenever. A real leader decides what follows."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.fakes.driver import Script
from tests.unit import world
from tests.unit.house import PROJECT, House, daemon, going, led
from winslow.domain import lifecycle
from winslow.domain.container import ContainerSpec, Exit
from winslow.domain.pipeline import Pipeline, WorkspaceMode
from winslow.domain.records import Commit, stage_ref
from winslow.domain.stage import Cause, NodeId, Reason, Stage, StageId, State
from winslowd.engines.containers import Containers

pytestmark = pytest.mark.usefixtures("hurried")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    one = House(tmp_path)
    yield one
    one.close()


# ---- a daemon that dies at any moment


@dataclass(frozen=True)
class Play:
    """What happens in a run. `end` is how each process ends: once everybody knows that it runs, or `at_once`."""

    name: str
    pipeline: Pipeline
    end: Exit | None = Exit(0)  # noqa: RUF009 - a frozen value
    at_once: bool = False
    abort: State | None = None
    """The state in which somebody aborts the stage."""


PLAYS = [
    Play("a chain", world.chain("detect", "track")),
    Play("a chain of moments", world.chain("detect", "track"), at_once=True),
    Play("a failure", world.chain("detect", "track"), end=Exit(3)),
    Play("layered workspaces", world.chain("detect", "track", workspace=WorkspaceMode.LAYERED)),
    Play("an abort before it runs", world.chain("detect", "track"), end=None, abort=State.PREPARING),
    Play("an abort while it runs", world.chain("detect", "track"), end=None, abort=State.RUNNING),
    Play("a timeout", world.chain("detect", "track", timeout=0.002), end=None),
]


class Theatre(House):
    """A house in which a play is given."""

    def __init__(self, root: Path, play: Play) -> None:
        super().__init__(root, self._script)
        self.play = play

    def _script(self, spec: ContainerSpec) -> Script:
        return Script(end=self.play.end if self.play.at_once else None)

    async def act(self) -> None:
        """Whenever a record changes, do what the play says of a stage in that state."""
        done: set[tuple[StageId, State]] = set()
        while True:
            revision = self.view.revision
            for stage in list(self.view.live_stages()):
                if (stage.id, stage.state) not in done:
                    done.add((stage.id, stage.state))
                    await self._act(stage)
            await self.store.changed(revision)

    async def _act(self, stage: Stage) -> None:
        if stage.state is self.play.abort:
            await self.abort(stage)
        if stage.state is State.RUNNING and self.play.end and not self.play.at_once:
            self.says(stage, f"WINSLOW_RESULT: by={stage.id}")
            self.writes(stage, "made-by", stage.id)
            self.finish(stage, self.play.end)

    @property
    def over(self) -> bool:
        run = self.view.runs_of(PROJECT)[-1]
        return bool(run.end or run.hold) and not list(self.view.live_stages()) and self.clean


@dataclass(frozen=True)
class Ending:
    """All that is left of a run. Where in time its awards were is no matter."""

    stages: tuple[Stage, ...]
    launches: tuple[tuple[StageId, int], ...]
    outputs: tuple[str | None, ...]


async def given(root: Path, play: Play, last: tuple[int, str] | None) -> tuple[Ending, list[str], bool]:
    """How the play ends when the daemon dies at its `last` call and another one follows; the calls until then."""
    house = Theatre(root, play)
    await house.begin(play.pipeline)
    house.tap.last = last
    try:
        async with led(house), going(asyncio.ensure_future(house.act())):
            first = house.tap
            async with daemon(house):
                await house.until(lambda: house.over or first.dead.is_set())
            died = first.dead.is_set()
            if died:
                house.boot()
                async with daemon(house):
                    await house.until(lambda: house.over)
        stages = tuple(replace(stage, fence=0) for stage in house.view.stages_of(PROJECT))
        outputs = tuple(house.output(name) for name in ("detect", "track"))
        return Ending(stages, tuple(sorted(house.driver.launches.items())), outputs), first.calls, died
    finally:
        house.close()


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("play", PLAYS, ids=lambda play: play.name)
async def test_a_daemon_may_die_at_any_call_and_the_next_one_ends_the_same(
    tmp_path: Path, play: Play, when: str
) -> None:
    """The process is launched once, and the records, the outputs and the node are as if nothing had happened."""
    undisturbed, calls, _ = await given(tmp_path / "undisturbed", play, None)
    assert len(calls) > 8
    number, died = 0, True
    while died:
        ending, calls, died = await given(tmp_path / str(number), play, (number, when))
        where = f"it died {when} call {number} of {calls}"
        if play.abort is State.PREPARING:
            assert [(stage.state, stage.outcome and stage.outcome.cause) for stage in ending.stages] == [
                (State.ABORTED, Cause.ABORTED)
            ], where
            assert all(count == 1 for _, count in ending.launches), where
        else:
            assert ending == undisturbed, where
        number += 1
    assert number > 8


# ---- stages of others, and our own faults


@pytest.mark.parametrize("over", [Exit(0), None])
async def test_a_stage_that_is_taken_from_the_node_goes_at_once(house: House, over: Exit | None) -> None:
    """Deleted or ended by somebody else: nothing waits for the process to end by itself."""
    async with daemon(house):
        stage = await house.stage()
        await house.runs(stage)
        if over:
            await house.move(stage, lifecycle.Lost(Reason("NODE_LOST", "silent")))
        else:
            await house.store.commit(Commit(deletes=(stage_ref(stage),)))
        await house.until(lambda: house.clean)
    assert house.output() is None


async def test_an_abort_reaches_its_attempt(house: House) -> None:
    async with daemon(house):
        stage = await house.stage()
        await house.runs(stage)
        await house.abort(stage)
        await house.until(lambda: house.of(stage).state is State.ABORTED and house.clean)


async def test_an_attempt_that_breaks_off_is_begun_again_and_takes_no_other_with_it(house: House) -> None:
    house.tap.failing["driver.create"] = RuntimeError("a fault of ours")  # type: ignore[assignment]
    async with daemon(house) as task:
        stage = await house.stage()
        await house.until(lambda: house.tap.count("driver.create") > 1)
        assert not task.done()
        del house.tap.failing["driver.create"]
        await house.runs(stage)
        house.finish(stage)
        await house.until(lambda: house.clean)
    assert house.of(stage).state is State.SUCCEEDED


async def test_stages_of_another_node_are_left_alone(house: House) -> None:
    async with daemon(house):
        await house.begin(world.chain("detect"))
        await house.award(NodeId("node-2"))
        mine = await house.stage()
        await house.runs(mine)
        assert list(house.driver.containers) == [mine.id]


# ---- what an earlier daemon left


async def left_over(house: House, stage: Stage) -> None:
    """A container that waits for its turn, of a daemon that is no more."""
    containers = Containers(house.tools)
    spec = await containers.spec(stage, hold=True)
    await house.volume.workspaces.reserve(containers.plan(stage), spec.user)
    await house.driver.create(spec)
    await house.driver.start(stage.id)
    house.boot()


async def queued(house: House) -> Stage:
    """A stage that waits for room."""
    await house.begin(world.chain("detect"))
    return await house.award(None)


async def test_what_nobody_owns_is_removed(house: House) -> None:
    stage = await queued(house)
    await left_over(house, stage)
    await house.store.commit(Commit(deletes=(stage_ref(stage),)))
    async with daemon(house):
        await house.until(lambda: house.clean)


async def test_an_end_that_was_recorded_is_published_by_the_next_daemon(house: House) -> None:
    stage = await house.stage()
    async with daemon(house):
        await house.runs(stage)
        house.tap.held["workspaces.publish"] = asyncio.Event()
        house.finish(stage)
        await house.until(lambda: "workspaces.publish" in house.tap.calls)
    assert house.of(stage).state is State.SUCCEEDED
    assert house.output() is None
    house.boot()
    async with daemon(house):
        await house.until(lambda: house.clean)
    assert house.output() == stage.id


async def test_an_engine_that_is_away_at_the_start_is_waited_for(house: House) -> None:
    stage = await queued(house)
    await left_over(house, stage)
    house.driver.away = True
    async with daemon(house) as task:
        await house.until(lambda: house.tap.count("driver.recover") > 1)
        assert not task.done()
        house.driver.away = False
        await house.until(lambda: house.clean)


async def test_a_stage_that_is_awarded_while_its_old_container_goes_gets_a_new_one(house: House) -> None:
    """The attempt must neither let go a container that is being removed, nor lose its own to that removal."""
    stage = await queued(house)
    await left_over(house, stage)
    slow = house.tap.held["driver.remove"] = asyncio.Event()
    async with daemon(house):
        await house.until(lambda: "driver.remove" in house.tap.calls)
        await house.move(stage, lifecycle.Awarded(NodeId("node-1"), house.view.revision))
        assert house.own_store.view.stage(stage.id) == house.of(stage)
        assert "driver.release" not in house.tap.calls
        slow.set()
        await house.runs(stage)
        assert house.driver.launches == {stage.id: 1}
        house.finish(stage)
        await house.until(lambda: house.clean)
    assert house.of(stage).state is State.SUCCEEDED


async def test_a_fault_of_ours_in_tidying_up_costs_no_stage(house: House) -> None:
    old = await queued(house)
    await left_over(house, old)
    house.tap.failing["driver.remove"] = RuntimeError("a fault of ours")  # type: ignore[assignment]
    async with daemon(house) as task:
        await house.until(lambda: "driver.remove" in house.tap.calls)
        del house.tap.failing["driver.remove"]
        await house.move(old, lifecycle.Awarded(NodeId("node-1"), house.view.revision))
        await house.runs(old)
        assert not task.done()
    assert house.driver.launches == {old.id: 1}
