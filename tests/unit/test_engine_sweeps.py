"""Sweeps as a leader sees to them."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.fakes.store import FakeMembership
from tests.unit import world
from tests.unit.house import NODE, PROJECT, House, going, led
from tests.unit.led import (
    TOO_LARGE,
    Aborting,
    Failing,
    Refusing,
    end,
    looked,
    note,
    placed,
    play,
    stages,
    waiting,
)
from winslow.domain.pipeline import DefinitionName
from winslow.domain.project import Axis, RunEnd, Sweep, SweepId
from winslow.domain.records import (
    Change,
    Kind,
    Put,
    project_ref,
    run_ref,
    sweep_ref,
)
from winslow.domain.stage import State
from winslow.domain.sweeping import BATCH, run_of_point
from winslow.errors import Conflict, Unavailable, WinslowError

pytestmark = pytest.mark.usefixtures("hurried")


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    one = House(tmp_path)
    yield one
    one.close()


class TestASweep:
    POINTS = 2 * BATCH + 20

    async def begun(self, house: House, **fields: object) -> Sweep:
        project = world.project(world.chain("detect"))
        axis = Axis("N", tuple(str(number) for number in range(self.POINTS)))
        sweep = Sweep(
            SweepId("s1"),
            PROJECT,
            DefinitionName("detect"),
            (axis,),
            1.0,
            "ann",
            first_number=1,
            **fields,  # type: ignore[arg-type]
        )
        await house.put(Put(project_ref(PROJECT), project), Put(sweep_ref(sweep), sweep))
        return sweep

    def of(self, house: House, sweep: Sweep) -> Sweep:
        found = house.view.get(sweep_ref(sweep))
        assert found and isinstance(found.value, Sweep)
        return found.value

    async def test_is_made_in_batches_that_one_transaction_holds(self, house: House) -> None:
        seen: list[Change] = []
        async with going(asyncio.ensure_future(note(house, seen))), led(house):
            sweep = await self.begun(house)
            await house.until(lambda: self.of(house, sweep).made == self.POINTS)
        made = Counter(change.revision for change in seen if change.ref.kind is Kind.RUN and change.before is None)
        assert sorted(made.values()) == [20, BATCH, BATCH]

    @pytest.mark.parametrize("nth", [1, 2, 3])
    async def test_loses_no_point_to_a_batch_that_somebody_was_quicker_than(self, house: House, nth: int) -> None:
        sweep = await self.begun(house)
        commits = Refusing(house.cluster, nth, Conflict("somebody was quicker", reason="REVISION_MISMATCH"))
        house.store, house.membership = commits, FakeMembership(commits, NODE.id)
        async with led(house):
            await house.until(lambda: self.of(house, sweep).made == self.POINTS)
        assert commits.refused
        assert [run.number for run in house.view.runs_of(PROJECT)] == list(range(1, self.POINTS + 1))

    async def test_stops_on_a_failure_what_was_not_begun(self, house: House) -> None:
        async with led(house):
            sweep = await self.begun(house, keep_going=False)
            await house.until(lambda: len(placed(house)) == 8 and len(waiting(house)) == self.POINTS - 8)
            first, *others = placed(house)
            await end(house, first, world.FAILED)
            await house.until(lambda: self.of(house, sweep).stopped)
            stopped = self.of(house, sweep).stopped
            assert stopped and stopped.code == "POINT_FAILED"
            await house.until(lambda: not waiting(house))
            still = {stage.id for stage in placed(house)}
            assert {stage.id for stage in others} <= still
            for stage in placed(house):
                await end(house, stage)
            await house.until(lambda: not list(house.view.active_runs()))
        states = Counter(stage.state for stage in stages(house).values())
        assert states[State.FAILED] == 1
        assert states[State.SUCCEEDED] == len(still)
        assert states[State.ABORTED] == self.POINTS - 1 - len(still)

    async def test_of_a_project_that_is_being_deleted_is_not_gone_on_with(self, house: House) -> None:
        """Runs that were made behind the janitor's back would stay for ever."""
        sweep = await self.begun(house)
        await house.put(Put(project_ref(PROJECT), replace(house.project(), deleting=True)))
        async with led(house):
            await looked(house)
            assert not house.view.runs_of(PROJECT)
            assert self.of(house, sweep).made == 0

    async def test_begins_nothing_of_what_was_just_made_when_it_stops(self, house: House) -> None:
        project = world.project(world.chain("detect"))
        axis = Axis("N", tuple(str(number) for number in range(3)))
        sweep = Sweep(SweepId("s1"), PROJECT, DefinitionName("detect"), (axis,), 1.0, "ann", keep_going=False)
        runs = [run_of_point(sweep, number, 1.0) for number in range(3)]
        runs[0] = replace(runs[0], end=RunEnd.FAILED, ended_at=2.0)
        sweep = replace(sweep, made=3)
        await house.put(Put(project_ref(PROJECT), project), *(Put(run_ref(run), run) for run in runs))
        await house.put(Put(sweep_ref(sweep), sweep))
        async with led(house):
            await house.until(lambda: self.of(house, sweep).stopped)
            await looked(house)
            assert not list(house.view.active_runs_of(PROJECT))
            assert not house.view.stages_of(PROJECT)

    @pytest.mark.parametrize("error", [Unavailable("away", reason="ETCD_UNAVAILABLE"), TOO_LARGE])
    async def test_stops_no_sooner_than_all_that_waited_is_aborted(self, house: House, error: WinslowError) -> None:
        house.store = store = Aborting(house.cluster, error)
        async with led(house):
            sweep = await self.begun(house, keep_going=False)
            await house.until(lambda: len(placed(house)) == 8 and len(waiting(house)) == self.POINTS - 8)
            await end(house, placed(house)[0], world.FAILED)
            await house.until(lambda: store.failed)
            assert not self.of(house, sweep).stopped
            store.error = None
            await house.until(lambda: self.of(house, sweep).stopped)
            assert not waiting(house)

    async def test_that_cannot_be_recorded_is_tried_again_with_the_resync_alone(self, house: House) -> None:
        house.store = store = Failing(house.cluster, TOO_LARGE, Kind.SWEEP)
        async with led(house):
            sweep = await self.begun(house)
            await house.until(lambda: store.failed)
            await asyncio.sleep(0.1)
            assert store.failed < 5
            store.error = None
            await house.until(lambda: self.of(house, sweep).made == self.POINTS)

    async def test_goes_on_after_a_failure_when_it_was_asked_to(self, house: House) -> None:
        async with led(house):
            sweep = await self.begun(house)
            await house.until(lambda: len(placed(house)) == 8)
            await end(house, placed(house)[0], world.FAILED)
            async with going(asyncio.ensure_future(play(house))):
                await house.until(lambda: house.view.runs_of(PROJECT) and not list(house.view.active_runs()))
        ends = Counter(run.end for run in house.view.runs_of(PROJECT))
        assert (ends[RunEnd.FAILED], ends[RunEnd.SUCCEEDED]) == (1, self.POINTS - 1)
        assert self.of(house, sweep).stopped is None
