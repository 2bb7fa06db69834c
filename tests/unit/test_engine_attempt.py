"""One attempt, seen through: what stops it, what it waits for, what it tells, and what it leaves behind."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.fakes.driver import Script
from tests.unit import world
from tests.unit.house import PROJECT, House, refenced
from winslow.domain import lifecycle
from winslow.domain.container import Exit, Image
from winslow.domain.pipeline import LogParser
from winslow.domain.project import Override
from winslow.domain.records import Commit, Put, run_ref, stage_ref
from winslow.domain.stage import Cause, NodeId, Reason, Stage, StageId, State
from winslow.errors import (
    Ambiguous,
    DataLoss,
    DeadlineExceeded,
    Exhausted,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    Unavailable,
)
from winslow.ports import Verdict
from winslowd.engines import attempt
from winslowd.engines.containers import Containers

AWAY = Unavailable("The volume does not answer", reason="STORAGE_DEGRADED")


pytestmark = pytest.mark.usefixtures("hurried")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    one = House(tmp_path)
    yield one
    one.close()


def seen(house: House, stage: Stage) -> tuple[State, Cause | None, str]:
    record = house.of(stage)
    assert record.outcome
    return record.state, record.outcome.cause, record.outcome.message


class TestAStageThatRuns:
    async def test_is_recorded_from_its_start_to_its_end_and_leaves_nothing_behind(self, house: House) -> None:
        stage = await house.stage()
        async with house.seeing_through(stage) as going:
            await house.runs(stage)
            assert house.of(stage).state is State.RUNNING
            house.now = 1010.0
            house.finish(stage)
            await going.over()
        record = house.of(stage)
        assert (record.state, record.started_at, record.ended_at) == (State.SUCCEEDED, 1000.0, 1010.0)
        assert (record.image_digest, record.outcome) == ("sha256:1", world.OK)
        assert house.clean
        assert house.output() == stage.id

    async def test_that_ends_at_once_is_recorded_in_one_transaction(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(attempt, "GLANCE", 5.0)
        house = House(tmp_path / "quick", lambda spec: Script(end=Exit(0)))
        stage = await house.stage()
        async with house.seeing_through(stage) as going:
            await going.over()
        assert (house.of(stage).state, house.of(stage).started_at) == (State.SUCCEEDED, 1000.0)
        assert house.tap.count("store.commit") == 1
        house.close()

    async def test_reports_what_its_log_says_while_it_runs(self, house: House) -> None:
        stage = await house.stage(log_parsers=(LogParser("cars", r"(?P<cars>\d+) cars"),))
        async with house.seeing_through(stage):
            await house.runs(stage)
            house.says(stage, "25% done", "WINSLOW_RESULT: tracks=7", "3 cars")
            await house.until(lambda: house.of(stage).progress == 0.25)
            assert house.of(stage).results == {"tracks": "7", "cars": "3"}

    async def test_is_reported_on_at_once_by_a_daemon_that_finds_it_running(
        self, house: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        stage = await house.stage()
        async with house.seeing_through(stage):
            await house.runs(stage)
        house.says(stage, "25% done")
        monkeypatch.setattr(attempt, "REPORT_EVERY", 3600.0)
        async with house.seeing_through(stage):
            await house.until(lambda: house.of(stage).progress == 0.25)

    async def test_is_told_its_last_results_though_nobody_looked_while_it_ran(self, house: House) -> None:
        stage = await house.stage()
        async with house.seeing_through(stage):
            await house.runs(stage)
        house.says(stage, "WINSLOW_RESULT: tracks=8")
        house.finish(stage)
        async with house.seeing_through(stage) as going:
            await going.over()
        assert house.of(stage).results == {"tracks": "8"}

    async def test_that_fails_publishes_nothing(self, house: House) -> None:
        stage = await house.stage()
        async with house.seeing_through(stage) as going:
            await house.runs(stage)
            house.finish(stage, Exit(3))
            await going.over()
        assert seen(house, stage) == (State.FAILED, Cause.EXIT_CODE, "it exited with code 3")
        assert house.output() is None
        assert house.clean

    async def test_whose_record_tells_no_start_still_ends(self, tmp_path: Path) -> None:
        house = House(tmp_path / "odd", lambda spec: Script(end=Exit(0)))
        house.now = 0.0  # then the process's own times are 0 too, as in a record that its user spoiled
        stage = await house.stage()
        async with house.seeing_through(stage) as going:
            await asyncio.sleep(0)
            house.now = 50.0
            await going.over()
        assert house.of(stage).state is State.SUCCEEDED
        house.close()

    async def test_whose_image_is_missing_fails_with_that_cause(self, house: House) -> None:
        house.driver.images.clear()
        stage = await house.stage()
        async with house.seeing_through(stage) as going:
            await going.over()
        assert seen(house, stage)[:2] == (State.FAILED, Cause.IMAGE_MISSING)
        assert house.clean


class TestAnAbort:
    @pytest.mark.parametrize("step", ["driver.pull", "workspaces.prepare", "driver.create", "driver.start"])
    async def test_before_it_runs_ends_it_at_once_and_leaves_no_container(self, house: House, step: str) -> None:
        house.tap.held[step] = asyncio.Event()
        stage = await house.stage()
        async with house.seeing_through(stage) as going:
            await house.until(lambda: step in house.tap.calls)
            going.attempt.look(await house.abort(stage))
            await going.over()
        assert seen(house, stage) == (State.ABORTED, Cause.ABORTED, "aborted by bob before it started")
        assert house.driver.launches == {}
        assert house.clean

    async def test_while_its_image_does_not_come_gives_up_the_fetch(self, house: House) -> None:
        house.driver.images.clear()
        house.driver.registry_open.clear()
        stage = await house.stage()
        async with house.seeing_through(stage) as going:
            await house.until(lambda: "driver.pull" in house.tap.calls)
            going.attempt.look(await house.abort(stage))
            await going.over()
        assert house.of(stage).state is State.ABORTED

    async def test_while_its_container_starts_stops_what_got_away(self, house: House) -> None:
        house.tap.unanswered["driver.start"] = asyncio.Event()
        stage = await house.stage()
        async with house.seeing_through(stage) as going:
            await house.until(lambda: house.driver.launches)
            going.attempt.look(await house.abort(stage))
            await going.over()
        assert seen(house, stage) == (State.ABORTED, Cause.ABORTED, "aborted by bob")
        assert (house.of(stage).image_digest, house.driver.launches) == ("sha256:1", {stage.id: 1})
        assert house.clean

    async def test_that_was_asked_for_before_the_daemon_looked_launches_nothing(self, house: House) -> None:
        stage = await house.stage()
        await house.abort(stage)
        async with house.seeing_through(stage) as going:
            await going.over()
        assert house.of(stage).state is State.ABORTED
        assert (house.driver.launches, house.driver.pulls) == ({}, {})

    async def test_while_it_runs_stops_it_and_says_who(self, house: House) -> None:
        stage = await house.stage()
        async with house.seeing_through(stage) as going:
            await house.runs(stage)
            going.attempt.look(await house.abort(stage))
            await going.over()
        assert seen(house, stage) == (State.ABORTED, Cause.ABORTED, "aborted by bob")
        assert house.output() is None
        assert house.clean

    async def test_that_comes_after_its_end_changes_nothing(self, house: House) -> None:
        stage = await house.stage()
        async with house.seeing_through(stage):
            await house.runs(stage)
        house.finish(stage)
        await house.abort(stage)
        async with house.seeing_through(stage) as going:
            await going.over()
        assert house.of(stage).state is State.SUCCEEDED
        assert house.output() == stage.id

    async def test_without_an_engine_is_through_once_it_is_certain_that_nothing_runs(self, house: House) -> None:
        house.tap.held["driver.create"] = asyncio.Event()
        stage = await house.stage()
        async with house.seeing_through(stage) as going:
            await house.until(lambda: "driver.create" in house.tap.calls)
            house.driver.away = True
            going.attempt.look(await house.abort(stage))
            await house.until(lambda: house.of(stage).reason)
            assert house.of(stage).reason == Reason("ENGINE_UNAVAILABLE", "The engine cannot be reached")
            house.driver.away = False
            await going.over()
        assert seen(house, stage)[:2] == (State.ABORTED, Cause.ABORTED)
        assert house.clean

    async def test_that_cannot_be_carried_out_keeps_the_stage_and_says_why(self, house: House) -> None:
        house.tap.failing["driver.stop"] = DeadlineExceeded("It hangs in the kernel", reason="STOP_TIMED_OUT")
        stage = await house.stage()
        async with house.seeing_through(stage) as going:
            await house.runs(stage)
            going.attempt.look(await house.abort(stage))
            await house.until(lambda: house.of(stage).reason)
            record = house.of(stage)
            assert (record.state, record.reason and record.reason.code) == (State.RUNNING, "STOP_TIMED_OUT")
            house.finish(stage, Exit(0, signal=9))
            await going.over()
        assert seen(house, stage) == (State.ABORTED, Cause.ABORTED, "aborted by bob")


class TestATimeout:
    async def test_stops_the_stage_and_fails_it(self, house: House) -> None:
        stage = await house.stage(timeout=0.005)
        async with house.seeing_through(stage) as going:
            await going.over()
        told = (State.FAILED, Cause.TIMEOUT, "it ran longer than its timeout of 0.005 s")
        assert seen(house, stage) == told
        assert house.output() is None

    async def test_counts_from_the_start_of_the_stage_not_of_the_daemon(self, house: House) -> None:
        stage = await house.stage(timeout=100)
        async with house.seeing_through(stage):
            await house.runs(stage)
        house.now += 101
        async with house.seeing_through(stage) as going:
            await going.over()
        assert seen(house, stage)[1] is Cause.TIMEOUT

    async def test_is_the_cause_though_the_daemon_dies_before_it_can_tell(self, tmp_path: Path) -> None:
        house = House(tmp_path / "stubborn", lambda spec: Script(terminated=None))
        stage = await house.stage(timeout=100, grace=3600)
        async with house.seeing_through(stage):
            await house.runs(stage)
        house.now += 101
        async with house.seeing_through(stage):
            await house.until(lambda: house.journal.verdict(stage.id))
        house.finish(stage, Exit(0, signal=9))
        async with house.seeing_through(stage) as going:
            await going.over()
        assert seen(house, stage)[1] is Cause.TIMEOUT
        assert house.journal.verdict(stage.id) is None
        house.close()


class TestOutages:
    async def test_an_engine_that_is_away_is_waited_for_and_the_stage_says_so(self, house: House) -> None:
        house.driver.away = True
        stage = await house.stage()
        async with house.seeing_through(stage):
            await house.until(lambda: house.of(stage).reason)
            record = house.of(stage)
            assert (record.state, record.reason and record.reason.code) == (State.PREPARING, "ENGINE_UNAVAILABLE")
            house.driver.away = False
            await house.runs(stage)
            assert house.of(stage).reason is None
        assert house.driver.launches == {stage.id: 1}

    async def test_an_end_without_a_store_is_recorded_later_with_its_own_time(self, house: House) -> None:
        stage = await house.stage()
        async with house.seeing_through(stage) as going:
            await house.runs(stage)
            house.own_store.disconnect()
            house.now = 1010.0
            house.finish(stage)
            tries = house.tap.count("store.commit")
            await house.until(lambda: house.tap.count("store.commit") > tries + 1)
            assert house.of(stage).state is State.RUNNING
            house.now = 5000.0
            house.own_store.reconnect()
            await going.over()
        assert (house.of(stage).state, house.of(stage).ended_at) == (State.SUCCEEDED, 1010.0)
        assert house.output() == stage.id

    @pytest.mark.parametrize("happens", [False, True])
    async def test_an_end_that_was_not_answered_is_published_all_the_same(self, house: House, happens: bool) -> None:
        stage = await house.stage()
        async with house.seeing_through(stage) as going:
            await house.runs(stage)
            house.own_store.fail_next(Ambiguous("No answer", reason="ETCD_AMBIGUOUS"), happens=happens)
            house.finish(stage)
            await going.over()
        assert house.of(stage).state is State.SUCCEEDED
        assert house.output() == stage.id
        assert house.clean

    async def test_a_store_that_is_full_costs_no_running_stage(self, house: House) -> None:
        stage = await house.stage()
        house.own_store.fail_next(Exhausted("etcd is full", reason="ETCD_NOSPACE"))
        async with house.seeing_through(stage) as going:
            await house.runs(stage)
            assert house.of(stage).state is State.RUNNING
            house.own_store.fail_next(Exhausted("etcd is full", reason="ETCD_NOSPACE"))
            house.finish(stage)
            await going.over()
        assert house.of(stage).state is State.SUCCEEDED

    async def test_results_that_no_record_can_hold_cost_no_end(self, house: House) -> None:
        stage = await house.stage()
        async with house.seeing_through(stage) as going:
            await house.runs(stage)
            refused = InvalidArgument("too large", reason="COMMIT_TOO_LARGE")
            house.own_store.fail_next(refused)
            house.says(stage, "WINSLOW_RESULT: tracks=7")
            await house.until(lambda: house.tap.count("store.commit") == 2)
            assert house.of(stage).state is State.RUNNING
            house.own_store.fail_next(refused)
            house.finish(stage)
            await going.over()
        assert (house.of(stage).state, house.of(stage).results) == (State.SUCCEEDED, {})

    @pytest.mark.parametrize("call", ["workspaces.publish", "driver.remove"])
    async def test_what_follows_the_end_is_tried_until_it_is_done(self, house: House, call: str) -> None:
        house.tap.failing[call] = AWAY
        stage = await house.stage()
        async with house.seeing_through(stage) as going:
            await house.runs(stage)
            house.finish(stage)
            await house.until(lambda: house.tap.count(call) > 1)
            assert house.of(stage).state is State.SUCCEEDED
            assert house.journal.has(stage.id)
            del house.tap.failing[call]
            await going.over()
        assert house.output() == stage.id
        assert house.clean

    async def test_a_container_that_nobody_heard_of_is_found_by_the_next_try(self, house: House) -> None:
        """As when the engine goes on with a `create` whose caller, the daemon before this one, was killed."""
        stage = await house.stage()
        spec = await Containers(house.tools).spec(stage)
        create = house.tap.held["driver.create"] = asyncio.Event()
        async with house.seeing_through(stage):
            await house.until(lambda: "driver.create" in house.tap.calls)
            await house.driver.create(spec)
            create.set()
            await house.runs(stage)
        assert house.driver.launches == {stage.id: 1}

    async def test_somebody_who_writes_first_delays_nothing_but_the_record(self, house: House) -> None:
        house.tap.held["store.commit"] = asyncio.Event()
        stage = await house.stage()
        async with house.seeing_through(stage):
            await house.until(lambda: "store.commit" in house.tap.calls)
            await house.put(Put(stage_ref(stage), replace(stage, comment="mine")))
            house.tap.held.pop("store.commit").set()
            await house.runs(stage)
        assert (house.of(stage).state, house.of(stage).comment) == (State.RUNNING, "mine")


async def fence_changes(house: House, stage: Stage) -> None:
    await house.put(Put(stage_ref(stage), refenced(house.of(stage))))


async def record_is_deleted(house: House, stage: Stage) -> None:
    await house.store.commit(Commit(deletes=(stage_ref(stage),)))


async def somebody_ends_it(house: House, stage: Stage) -> None:
    await house.move(stage, lifecycle.Lost(Reason("NODE_LOST", "silent")))


@pytest.mark.parametrize("fate", [fence_changes, record_is_deleted, somebody_ends_it])
class TestAStageThatIsNoLongerOurs:
    async def test_is_stopped_removed_and_not_published(self, house: House, fate) -> None:
        stage = await house.stage()
        async with house.seeing_through(stage) as going:
            await house.runs(stage)
            await fate(house, stage)
            before = house.view.stage(stage.id)
            going.attempt.look(None)
            await going.over()
        assert house.clean
        assert house.output() is None
        assert house.view.stage(stage.id) == before

    async def test_is_noticed_at_the_latest_by_its_end(self, house: House, fate) -> None:
        stage = await house.stage()
        async with house.seeing_through(stage) as going:
            await house.runs(stage)
            await fate(house, stage)
            before = house.view.stage(stage.id)
            house.finish(stage)
            await going.over()
        assert house.clean
        assert house.output() is None
        assert house.view.stage(stage.id) == before

    async def test_does_not_go_on_because_the_engine_is_away(self, house: House, fate) -> None:
        stage = await house.stage()
        async with house.seeing_through(stage) as going:
            await house.runs(stage)
            house.driver.away = True
            await fate(house, stage)
            going.attempt.look(None)
            await house.until(lambda: house.tap.count("driver.stop") > 1)
            house.driver.away = False
            await going.over()
        assert house.clean

    async def test_does_not_start_when_it_never_did(self, house: House, fate) -> None:
        house.tap.held["workspaces.prepare"] = asyncio.Event()
        stage = await house.stage()
        async with house.seeing_through(stage) as going:
            await house.until(lambda: "workspaces.prepare" in house.tap.calls)
            await fate(house, stage)
            going.attempt.look(None)
            await going.over()
        assert house.driver.launches == {}
        assert house.clean


class TestPublishing:
    async def succeeded(self, house: House, at: float, number: int) -> Stage:
        """Another run's success of the same definition, on another node, at a time."""
        run = world.run(house.project(), "detect", number=number)
        await house.put(Put(run_ref(run), run))
        other = await house.award(NodeId("node-2"))
        started = lifecycle.Started(at - 1, "sha256:1")
        other = await house.move(other, started, lifecycle.Ended(world.OK, {}, at))
        (house.root / "projects" / PROJECT / "stages" / other.id / "output").mkdir(parents=True)
        return other

    async def test_shows_the_latest_success_whoever_is_through_first(self, house: House) -> None:
        stage = await house.stage()
        async with house.seeing_through(stage) as going:
            await house.runs(stage)
            house.now = 1010.0
            await self.succeeded(house, 1020.0, number=2)
            house.finish(stage)
            await going.over()
        assert house.of(stage).state is State.SUCCEEDED
        assert "workspaces.publish" not in house.tap.calls

    async def test_overtaken_while_it_publishes_shows_the_other_in_the_end(self, house: House) -> None:
        slow = house.tap.held["workspaces.publish"] = asyncio.Event()
        stage = await house.stage()
        async with house.seeing_through(stage) as going:
            await house.runs(stage)
            house.finish(stage)
            await house.until(lambda: "workspaces.publish" in house.tap.calls)
            other = await self.succeeded(house, 1020.0, number=2)
            slow.set()
            await going.over()
        assert house.output() == other.id

    async def test_on_an_old_view_shows_nothing_until_it_has_caught_up(self, house: House) -> None:
        stage = await house.stage()
        ready = house.tap.held["store.caught_up"] = asyncio.Event()
        async with house.seeing_through(stage) as going:
            await house.runs(stage)
            house.finish(stage)
            await house.until(lambda: house.of(stage).ended)
            house.own_store.disconnect()
            await self.succeeded(house, 1020.0, number=2)
            ready.set()
            await house.until(lambda: house.tap.count("store.caught_up") > 2)  # tried in vain, and again
            assert "workspaces.publish" not in house.tap.calls
            house.own_store.reconnect()
            await going.over()
        assert "workspaces.publish" not in house.tap.calls

    async def test_ends_although_the_output_was_removed_meanwhile(self, house: House) -> None:
        stage = await house.stage()
        async with house.seeing_through(stage) as going:
            await house.runs(stage)
            shutil.rmtree(house.root / "projects" / PROJECT)
            house.finish(stage)
            await going.over()
        assert house.clean


class TestAContainerMadeBeforeItsTurn:
    async def held(self, house: House, stage: Stage, **changes: object):
        """What a standby leaves: a container that waits, and what it is made of."""
        containers = Containers(house.tools)
        spec = await containers.spec(replace(stage, **changes), hold=True)  # type: ignore[arg-type]
        await house.volume.workspaces.reserve(containers.plan(stage), spec.user)
        await house.driver.create(spec)
        await house.driver.start(stage.id)
        return spec

    async def seen_through(self, house: House, stage: Stage, spec) -> None:
        async def claim():
            return spec

        one = house.attempt(stage)
        task = asyncio.ensure_future(one.run(claim))
        await house.runs(stage)
        house.finish(stage)
        async with asyncio.timeout(10):
            await task

    async def test_is_let_go_and_the_engine_is_asked_nothing_else(self, house: House) -> None:
        stage = await house.stage()
        spec = await self.held(house, stage)
        house.tap.calls.clear()
        await self.seen_through(house, stage, spec)
        before_the_end = house.tap.calls[: house.tap.calls.index("driver.wait")]
        assert [call for call in before_the_end if call.startswith("driver")] == ["driver.pull", "driver.release"]
        assert (house.of(stage).state, house.driver.launches) == (State.SUCCEEDED, {stage.id: 1})
        assert house.of(stage).image_digest == "sha256:1"

    async def test_is_found_by_a_daemon_that_did_not_make_it(self, house: House) -> None:
        stage = await house.stage()
        await self.held(house, stage)
        await self.seen_through(house, stage, None)
        assert "driver.create" not in house.tap.calls
        assert house.of(stage).state is State.SUCCEEDED

    @pytest.mark.parametrize("told", [True, False])
    async def test_is_replaced_when_an_edit_changed_the_environment(self, house: House, told: bool) -> None:
        stage = await house.stage()
        old = await self.held(house, stage, environment=())
        assert stage.environment
        await self.seen_through(house, stage, old if told else None)
        assert house.tap.count("driver.create") == 1
        assert (house.of(stage).state, house.driver.launches) == (State.SUCCEEDED, {stage.id: 1})

    async def test_is_made_anew_when_somebody_removed_it(self, house: House) -> None:
        stage = await house.stage()
        spec = await self.held(house, stage)
        house.driver.vanish(stage.id)
        await self.seen_through(house, stage, spec)
        assert house.of(stage).state is State.SUCCEEDED

    async def test_is_made_anew_when_the_engine_fell_under_it(self, house: House) -> None:
        stage = await house.stage()
        spec = await self.held(house, stage)
        house.driver.fall(stage.id)
        await self.seen_through(house, stage, spec)
        assert (house.of(stage).state, house.driver.launches) == (State.SUCCEEDED, {stage.id: 1})

    async def test_is_never_launched_again_when_it_vanished_after_it_was_let_go(self, house: House) -> None:
        stage = await house.stage()
        spec = await self.held(house, stage)

        async def claim():
            return spec

        task = asyncio.ensure_future(house.attempt(stage).run(claim))
        await house.runs(stage)
        house.driver.vanish(stage.id)
        async with asyncio.timeout(10):
            await task
        assert (house.of(stage).state, house.driver.launches) == (State.FAILED, {stage.id: 1})

    async def test_is_removed_when_the_stage_was_aborted(self, house: House) -> None:
        stage = await house.stage()
        await self.held(house, stage)
        await house.abort(stage)
        async with house.seeing_through(stage) as going:
            await going.over()
        assert house.driver.launches == {}
        assert house.clean


class TestTheImageOfARun:
    async def two(self, house: House) -> list[Stage]:
        """Two stages of one run with the same image, the first of them through."""
        await house.begin(world.chain("detect", "track"))
        detect = await house.award()
        async with house.seeing_through(detect) as going:
            await house.runs(detect)
            house.finish(detect)
            await going.over()
        return [detect, await house.award()]

    async def test_is_what_was_resolved_first_though_the_name_moves(self, house: House) -> None:
        containers = Containers(house.tools)
        stage = await house.stage()
        first = await containers.spec(stage)
        house.driver.images["busybox"] = Image("busybox", "sha256:2")
        again = await containers.spec(replace(stage, id=StageId("track-1-1-abc123")))
        assert (first.image.digest, again.image.digest) == ("sha256:1", "sha256:1")

    async def test_is_one_for_stages_that_ask_at_the_same_time(self, house: House) -> None:
        containers = Containers(house.tools)
        stage = await house.stage()
        slow = house.tap.unanswered["driver.pull"] = asyncio.Event()
        first = asyncio.ensure_future(containers.spec(stage))
        await house.until(lambda: house.tap.count("driver.pull") == 1)
        house.driver.images["busybox"] = Image("busybox", "sha256:2")
        second = asyncio.ensure_future(containers.spec(stage))
        await house.until(lambda: house.tap.count("driver.pull") == 2)
        slow.set()
        assert (await first).image == (await second).image

    async def test_outlives_the_daemon(self, house: House) -> None:
        _, track = await self.two(house)
        house.driver.images |= {"busybox": Image("busybox", "sha256:2"), "sha256:1": Image("busybox", "sha256:1")}
        house.boot()
        assert (await Containers(house.tools).spec(track)).image.digest == "sha256:1"

    async def test_is_fetched_by_its_digest_on_another_node(self, house: House) -> None:
        house.driver.images["busybox"] = Image("busybox", "busybox@sha256:1")
        _, track = await self.two(house)
        house.driver.images = {"busybox": Image("busybox", "busybox@sha256:2")}
        house.driver.registry["busybox@sha256:1"] = Image("busybox", "busybox@sha256:1")
        house.boot()
        assert (await Containers(house.tools).spec(track)).image.digest == "busybox@sha256:1"

    async def test_is_a_run_s_own(self, house: House) -> None:
        await self.two(house)
        house.driver.images["busybox"] = Image("busybox", "sha256:2")
        run = world.run(house.project(), "detect", number=2, overrides={"detect": Override()})
        await house.put(Put(run_ref(run), run))
        other = await house.award()
        assert (await Containers(house.tools).spec(other)).image.digest == "sha256:2"


async def test_what_did_not_reach_the_disk_is_no_success(house: House) -> None:
    house.tap.failing["workspaces.seal"] = DataLoss("It did not reach the disk", reason="OUTPUT_DAMAGED")
    stage = await house.stage()
    async with house.seeing_through(stage) as going:
        await house.runs(stage)
        house.finish(stage)
        await going.over()
    ended = house.of(stage)
    assert ended.outcome is not None
    assert (ended.state, ended.outcome.cause) == (State.FAILED, Cause.STORAGE)
    assert "did not reach the disk" in ended.outcome.message


async def test_a_workspace_that_cannot_be_sealed_loses_no_end(house: House) -> None:
    house.tap.failing["workspaces.seal"] = PermissionDenied("It is root's", reason="FILE_PERMISSION")
    stage = await house.stage()
    async with house.seeing_through(stage) as going:
        await house.runs(stage)
        house.finish(stage)
        await going.over()
    assert house.of(stage).state is State.SUCCEEDED


async def test_an_end_while_the_volume_is_away_waits_for_it_and_says_so(house: House) -> None:
    house.tap.failing["workspaces.seal"] = AWAY
    stage = await house.stage()
    async with house.seeing_through(stage) as going:
        await house.runs(stage)
        house.finish(stage)
        await house.until(lambda: (reason := house.of(stage).reason) is not None and reason.code == AWAY.reason)
        assert house.of(stage).state is State.RUNNING
        del house.tap.failing["workspaces.seal"]
        await going.over()
    assert house.of(stage).state is State.SUCCEEDED


async def test_a_stage_that_a_person_stops_ends_though_the_volume_is_away(house: House) -> None:
    house.tap.failing["workspaces.seal"] = house.tap.failing["logs.scan"] = AWAY
    stage = await house.stage()
    async with house.seeing_through(stage) as going:
        await house.runs(stage)
        going.attempt.look(await house.abort(stage))
        await going.over()
    assert seen(house, stage)[:2] == (State.ABORTED, Cause.ABORTED)


async def test_a_container_that_vanished_without_a_trace_is_an_engine_s_failure(house: House) -> None:
    stage = await house.stage()
    async with house.seeing_through(stage) as going:
        await house.runs(stage)
        house.driver.vanish(stage.id)
        await going.over()
    assert seen(house, stage)[:2] == (State.FAILED, Cause.ENGINE)


async def test_a_source_that_is_gone_fails_the_stage(house: House) -> None:
    house.tap.failing["workspaces.prepare"] = NotFound("It is gone", reason="SOURCE_MISSING")
    stage = await house.stage()
    async with house.seeing_through(stage) as going:
        await going.over()
    assert seen(house, stage) == (State.FAILED, Cause.STORAGE, "It is gone")


async def test_the_first_verdict_is_the_one_that_is_told(house: House) -> None:
    stage = await house.stage(timeout=100)
    async with house.seeing_through(stage):
        await house.runs(stage)
    house.journal.judge(stage.id, Verdict(Cause.TIMEOUT, "too long"))
    await house.abort(stage)
    async with house.seeing_through(stage) as going:
        await going.over()
    assert seen(house, stage) == (State.FAILED, Cause.TIMEOUT, "too long")
