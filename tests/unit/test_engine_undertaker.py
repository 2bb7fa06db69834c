"""What a leader does about nodes that go silent, on clocks that a test turns; and what becomes of such a node later."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from tests.fakes.store import FakeMembership
from tests.unit import world
from tests.unit.buried import Cluster, with_a_node
from tests.unit.house import NODE, PROJECT, House, daemon, going, led
from winslow.domain import lifecycle
from winslow.domain.container import Exit
from winslow.domain.node import Silence
from winslow.domain.pipeline import RetryOn, RetryPolicy
from winslow.domain.records import Commit, Put, silence_ref, stage_ref
from winslow.domain.silence import CHECKPOINT
from winslow.domain.stage import Cause, NodeId, Reason, Stage, State
from winslow.errors import Conflict, Unavailable
from winslowd.engines.undertaker import AT_ONCE, BATCH

DAY = 86_400.0
LOST = lifecycle.Lost(Reason("NODE_SILENT", "it was silent"))


@pytest.fixture
async def cluster() -> AsyncIterator[Cluster]:
    with capture_logs():
        yield await with_a_node()


class TestWaiting:
    async def test_a_node_that_lives_or_holds_nothing_is_not_written_down(self, cluster: Cluster) -> None:
        async with cluster.led() as lead:
            stage = await cluster.stage()
            await lead.wait(1000)
            assert cluster.silence is None
            await cluster.store.commit(Commit(deletes=(stage_ref(stage),)))
            cluster.falls_silent()
            await lead.wait(1000)
            assert cluster.silence is None

    async def test_a_silent_node_is_written_down_at_once_and_its_stages_are_waited_for(self, cluster: Cluster) -> None:
        async with cluster.led() as lead:
            stage = await cluster.stage()
            cluster.falls_silent()
            await lead.undertaker.look()
            assert cluster.silence == Silence(NODE.id, 1000.0)
            await lead.wait(299)
            assert cluster.of(stage).state is State.RUNNING
            assert cluster.silence
            assert cluster.silence.waited == pytest.approx(285, abs=1)

    async def test_when_its_time_is_over_the_stage_is_lost_and_the_record_goes(self, cluster: Cluster) -> None:
        async with cluster.led() as lead:
            stage = await cluster.stage()
            cluster.falls_silent()
            await lead.wait(301)
            lost = cluster.of(stage)
            assert lost.state is State.LOST
            assert lost.outcome and lost.outcome.cause is Cause.NODE_LOST
            assert "node-1 was silent for 300 s" in lost.outcome.message
            await lead.undertaker.look()
            assert cluster.silence is None

    async def test_a_stage_that_waits_for_nobody_is_lost_at_once(self, cluster: Cluster) -> None:
        async with cluster.led() as lead:
            stage = await cluster.stage(lost_after=0)
            patient = await cluster.stage("track")
            cluster.falls_silent()
            await lead.undertaker.look()
            assert cluster.of(stage).state is State.LOST
            assert cluster.of(patient).state is State.RUNNING

    async def test_a_node_that_is_back_in_time_goes_on_and_its_next_silence_counts_from_nothing(
        self, cluster: Cluster
    ) -> None:
        async with cluster.led() as lead:
            stage = await cluster.stage()
            cluster.falls_silent()
            await lead.wait(290)
            cluster.comes_back()
            assert cluster.silence is None, "it deletes the record itself, as it registers"
            cluster.falls_silent()  # before anybody looked
            await lead.wait(290)
            assert cluster.of(stage).state is State.RUNNING
            await lead.wait(11)
            assert cluster.of(stage).state is State.LOST

    async def test_more_stages_than_one_transaction_takes_are_all_given_up(self, cluster: Cluster) -> None:
        async with cluster.led() as lead:
            stages = [await cluster.stage(f"s{number}") for number in range(3 * BATCH + 1)]
            cluster.falls_silent()
            await lead.wait(301)
            assert {cluster.of(stage).state for stage in stages} == {State.LOST}


class TestClocks:
    async def test_what_one_leader_waited_the_next_one_does_not_wait_again(self, cluster: Cluster) -> None:
        stage = await cluster.stage()
        cluster.falls_silent()
        async with cluster.led("first") as lead:
            await lead.wait(200)
        assert cluster.silence and cluster.silence.waited >= 200 - CHECKPOINT
        async with cluster.led("second") as lead:
            await lead.wait(100 - CHECKPOINT)
            assert cluster.of(stage).state is State.RUNNING
            await lead.wait(2 * CHECKPOINT)
            assert cluster.of(stage).state is State.LOST

    @pytest.mark.parametrize("ahead", [DAY, -DAY])
    async def test_a_leader_whose_wall_clock_is_a_day_wrong_gives_nothing_up_for_it(
        self, cluster: Cluster, ahead: float
    ) -> None:
        stage = await cluster.stage()
        cluster.falls_silent()
        async with cluster.led("first") as lead:
            await lead.wait(100)
        async with cluster.led("second", wall=1000.0 + ahead) as lead:
            await lead.wait(180)
            assert cluster.of(stage).state is State.RUNNING
            await lead.wait(60)
            assert cluster.of(stage).state is State.LOST

    async def test_a_leader_that_was_frozen_heard_nobody_and_counts_little_of_it(self, cluster: Cluster) -> None:
        async with cluster.led() as lead:
            stage = await cluster.stage()
            cluster.falls_silent()
            await lead.wait(1)
            lead.steady += 10_000
            await lead.wait(0)
            assert cluster.of(stage).state is State.RUNNING
            assert cluster.silence and cluster.silence.waited <= AT_ONCE + 1

    async def test_while_the_store_takes_nothing_nobody_can_be_back_and_no_time_counts(self, cluster: Cluster) -> None:
        async with cluster.led() as lead:
            stage = await cluster.stage()
            cluster.falls_silent()
            await lead.wait(100)
            lead.store.disconnect()
            await lead.wait(1000)
            lead.store.reconnect()
            await lead.wait(150)
            assert cluster.of(stage).state is State.RUNNING
            await lead.wait(100)
            assert cluster.of(stage).state is State.LOST


class TestTheVeryMoment:
    async def test_a_node_that_is_back_before_its_stage_is_given_up_wins(self, cluster: Cluster) -> None:
        async with cluster.led() as lead:
            stage = await cluster.stage()
            cluster.falls_silent()
            await lead.wait(299)
            lead.steady += 5
            lead.store.meanwhile = cluster.comes_back
            await lead.undertaker.look()
            assert lead.store.meanwhile is None, "it tried"
            await lead.wait(1000)
            assert cluster.of(stage).state is State.RUNNING

    async def test_it_wins_even_where_nothing_was_waited_for(self, cluster: Cluster) -> None:
        async with cluster.led() as lead:
            stage = await cluster.stage(lost_after=0)
            cluster.falls_silent()
            lead.store.meanwhile = cluster.comes_back
            await lead.wait(1)
            assert cluster.of(stage).state is State.RUNNING

    async def test_nor_is_it_written_down_as_silent(self, cluster: Cluster) -> None:
        async with cluster.led() as lead:
            await cluster.stage()
            cluster.falls_silent()
            lead.store.meanwhile = cluster.comes_back
            await lead.undertaker.look()
            assert cluster.silence is None

    async def test_so_does_one_that_was_back_and_is_silent_again(self, cluster: Cluster) -> None:
        def blinks() -> None:
            cluster.comes_back()
            cluster.falls_silent()

        async with cluster.led() as lead:
            stage = await cluster.stage()
            cluster.falls_silent()
            await lead.wait(299)
            lead.steady += 5
            lead.store.meanwhile = blinks
            await lead.wait(250)
            assert cluster.of(stage).state is State.RUNNING
            await lead.wait(60)
            assert cluster.of(stage).state is State.LOST

    async def test_an_end_that_was_recorded_first_stays_the_end(self, cluster: Cluster) -> None:
        async with cluster.led() as lead:
            stage = await cluster.stage()
            cluster.falls_silent()
            await lead.wait(299)
            lead.steady += 5
            ended = lifecycle.advance(stage, lifecycle.Ended(world.OK, {}, 9.0), 9.0)
            lead.store.meanwhile = lambda: void(
                cluster.records.transact(Commit(puts=(Put(stage_ref(ended), ended),)), 0)
            )
            await lead.wait(60)
            assert cluster.of(stage).state is State.SUCCEEDED

    async def test_a_leader_that_does_not_know_better_gives_nothing_up(self, cluster: Cluster) -> None:
        async with cluster.led() as lead:
            stage = await cluster.stage(lost_after=0)
            cluster.falls_silent()
            assert lead.store.session
            cluster.records.withdraw("elections/leader", lead.store.session)
            with pytest.raises(Conflict) as refused:
                await lead.undertaker.look()
            assert refused.value.reason == "FENCED"
            assert cluster.of(stage).state is State.RUNNING

    async def test_nor_does_it_write_down_who_is_silent_or_forget_it(self, cluster: Cluster) -> None:
        async with cluster.led() as lead:
            stage = await cluster.stage()
            cluster.falls_silent()
            assert lead.store.session
            cluster.records.withdraw("elections/leader", lead.store.session)
            with pytest.raises(Conflict) as refused:
                await lead.undertaker.look()
            assert (refused.value.reason, cluster.silence) == ("FENCED", None)
            record = Put(silence_ref(NODE.id), Silence(NODE.id, 1.0))
            await cluster.store.commit(Commit(puts=(record,), deletes=(stage_ref(stage),)))
            with pytest.raises(Conflict) as refused:
                await lead.undertaker.look()
            assert (refused.value.reason, cluster.silence) == ("FENCED", record.value)

    async def test_a_commit_that_fails_is_tried_again(self, cluster: Cluster) -> None:
        async with cluster.led() as lead:
            stage = await cluster.stage(lost_after=0)
            cluster.falls_silent()
            lead.store.fail_next(Unavailable("cut off", reason="ETCD_UNAVAILABLE"))
            await lead.wait(1)
            assert cluster.of(stage).state is State.LOST


def void(_: object) -> None:
    return None


async def test_its_loop_wakes_when_a_node_falls_silent_and_not_for_what_other_nodes_do(cluster: Cluster) -> None:
    async with cluster.led() as lead, asyncio.timeout(10):
        quick = await cluster.stage(lost_after=0)
        looks = 0
        look = lead.undertaker.look

        async def counted() -> float:
            nonlocal looks
            looks += 1
            return await look()

        lead.undertaker.look = counted  # type: ignore[method-assign]
        async with going(asyncio.ensure_future(lead.undertaker.run())):
            for number in range(5):
                await cluster.stage(f"other-{number}")
                await asyncio.sleep(0)
            assert looks <= 2
            cluster.falls_silent()
            while cluster.of(quick).live:
                await cluster.store.changed(cluster.store.view.revision)


# ---- what becomes of the node, and of its stage


@pytest.fixture
def house(tmp_path: Path, hurried: None) -> Iterator[House]:
    one = House(tmp_path)
    yield one
    one.close()


async def running(house: House, **fields: object) -> Stage:
    """A stage of this node whose process runs, and its agent's."""
    stage = await house.stage(**fields)
    await house.runs(stage)
    return stage


class TestANodeThatIsBack:
    async def test_too_late_it_stops_its_container_and_publishes_nothing(self, house: House) -> None:
        async with daemon(house):
            stage = await running(house)
            house.writes(stage, "made-by", stage.id)
            house.own_store.disconnect()
            await house.move(stage, LOST)
            await asyncio.sleep(0.01)
            assert not house.clean, "cut off, it cannot know, and lets it run"
            house.own_store.reconnect()
            await house.until(lambda: house.clean)
            assert house.output() is None
            assert house.of(stage).state is State.LOST

    async def test_too_late_with_a_success_that_nobody_heard_of_it_publishes_nothing(self, house: House) -> None:
        async with daemon(house):
            stage = await running(house)
            house.writes(stage, "made-by", stage.id)
            house.own_store.disconnect()
            house.finish(stage, Exit(0))
            await house.move(stage, LOST)
            house.own_store.reconnect()
            await house.until(lambda: house.clean)
            assert house.output() is None
            assert house.of(stage).state is State.LOST

    async def test_too_late_and_started_anew_it_cleans_up_what_the_daemon_before_left(self, house: House) -> None:
        async with daemon(house):
            stage = await running(house)
        await house.move(stage, LOST)
        house.boot()
        async with daemon(house):
            await house.until(lambda: house.clean)
        assert house.output() is None
        assert house.driver.launches[stage.id] == 1

    async def test_too_late_it_does_not_wait_for_a_process_that_does_not_listen(self, house: House) -> None:
        async with daemon(house):
            stage = await running(house, grace=3600.0)
            container = house.driver.containers[stage.id]
            container.script = replace(container.script, terminated=None)
            await house.move(stage, LOST)
            await house.until(lambda: house.clean)

    async def test_in_time_it_goes_on_as_if_nothing_had_been(self, house: House) -> None:
        node = FakeMembership(house.own_store, NODE.id)
        await node.join(NODE)
        async with daemon(house):
            stage = await running(house)
            house.writes(stage, "made-by", stage.id)
            node.lose_session(regain=False)
            assert house.view.node(NODE.id) is None
            await asyncio.sleep(0.01)
            node.regain_session()
            assert house.view.node(NODE.id) == NODE
            house.finish(stage, Exit(0))
            await house.until(lambda: house.clean)
        assert house.of(stage).state is State.SUCCEEDED
        assert house.output() == stage.id
        assert house.tap.count("driver.stop") == 0
        assert house.driver.launches[stage.id] == 1


class TestWhatFollows:
    async def test_what_is_lost_is_tried_again_where_its_policy_says_so(self, house: House) -> None:
        retry = RetryPolicy(attempts=2, backoff=0.0, on=frozenset({RetryOn.NODE_LOST}))
        run = await house.begin(world.chain("detect", lost_after=0.0, retry=retry))
        stage = await house.award(NodeId("node-that-died"))
        async with led(house):
            await house.until(lambda: len(house.view.stages_of_run(run)) == 2)
        first, second = house.view.stages_of_run(run)
        assert (first.id, first.state) == (stage.id, State.LOST)
        assert second.retry_of == first.id

    async def test_without_one_the_run_pauses_for_a_person_and_says_why(self, house: House) -> None:
        await house.begin(world.chain("detect", lost_after=0.0))
        stage = await house.award(NodeId("node-that-died"))
        async with led(house):
            await house.until(lambda: house.view.runs_of(PROJECT)[-1].hold)
        hold = house.view.runs_of(PROJECT)[-1].hold
        assert hold and hold.stage == stage.id
        assert hold.reason.code == "STAGE_LOST"
        assert "node-that-died fell silent" in hold.reason.text
