"""A silent node is shut out of the volume before its stages are given up: by whom, when, and what happens when it fails."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from tests.fakes.ceph import FakeFencer, client_number
from tests.fakes.store import FakeMembership, FakeStore
from tests.unit.buried import Cluster, with_a_node
from tests.unit.house import NODE
from winslow.domain.node import Attachment
from winslow.domain.records import Commit, Put, attachment_ref
from winslow.domain.silence import FENCE_AGAIN, UNKNOWN_CLIENT
from winslow.domain.stage import NodeId, State
from winslow.errors import Unavailable

ONE, TWO = client_number(1), client_number(2)


@pytest.fixture
async def cluster() -> AsyncIterator[Cluster]:
    with capture_logs():
        yield await with_a_node()


@pytest.fixture
async def fenced(cluster: Cluster) -> Cluster:
    """One in which silent nodes can be shut out of the volume; the node has mounted it twice."""
    cluster.fencer = FakeFencer()
    attachment = Attachment(NODE.id, (ONE, TWO))
    await cluster.store.commit(Commit(puts=(Put(attachment_ref(NODE.id), attachment),)))
    return cluster


def of_fencer(cluster: Cluster) -> FakeFencer:
    assert cluster.fencer
    return cluster.fencer


class TestFencing:
    @pytest.mark.parametrize("lost_after", [0.0, 300.0])
    async def test_what_a_silent_node_writes_through_is_shut_out_before_its_stage_is_lost(
        self, fenced: Cluster, lost_after: float
    ) -> None:
        async with fenced.led() as lead:
            stage = await fenced.stage(lost_after=lost_after)
            fenced.falls_silent()
            await lead.wait(max(lost_after - 1, 0))
            assert fenced.of(stage).state is State.RUNNING
            assert lost_after == 0 or not of_fencer(fenced).asked, "it may be back: nothing is done to it"
            await lead.wait(1 + FENCE_AGAIN)
            assert of_fencer(fenced).shut_out == {ONE, TWO}
            assert fenced.of(stage).state is State.LOST

    async def test_while_that_fails_the_stage_is_waited_for_and_the_record_says_why(self, fenced: Cluster) -> None:
        fencer = of_fencer(fenced)
        fencer.error = Unavailable("Ceph's monitors do not answer", reason="CEPH_UNAVAILABLE")
        async with fenced.led() as lead:
            stage = await fenced.stage()
            fenced.falls_silent()
            await lead.wait(400)
            assert fenced.of(stage).state is State.RUNNING
            assert fenced.silence and fenced.silence.fault == "Ceph's monitors do not answer"
            assert 100 / FENCE_AGAIN / 2 < len(fencer.asked) <= 100 / FENCE_AGAIN + 1, "not without a pause"
            fencer.error = None
            await lead.wait(FENCE_AGAIN + 1)
            assert fenced.of(stage).state is State.LOST

    async def test_the_next_leader_goes_on_from_what_was_shut_out(self, fenced: Cluster) -> None:
        fencer = of_fencer(fenced)
        async with fenced.led("first") as lead:
            stage = await fenced.stage()
            fenced.falls_silent()
            await lead.wait(299)
            lead.steady += 2
            await lead.undertaker.look()
            assert fencer.shut_out == {ONE, TWO} and fenced.of(stage).live
        fencer.error = Unavailable("they are away now", reason="CEPH_UNAVAILABLE")
        async with fenced.led("second") as lead:
            await lead.wait(1)
            assert fenced.of(stage).state is State.LOST

    async def test_a_node_that_is_back_while_it_is_shut_out_keeps_its_stage(self, fenced: Cluster) -> None:
        """It is shut out all the same, and finds that out; but nobody does its stage again."""

        class Meanwhile(FakeFencer):
            async def fence(self, client: str) -> None:
                await super().fence(client)
                if client == TWO:
                    fenced.comes_back()

        fenced.fencer = Meanwhile()
        async with fenced.led() as lead:
            stage = await fenced.stage()
            fenced.falls_silent()
            await lead.wait(600)
            assert fenced.of(stage).state is State.RUNNING
            assert fenced.silence is None

    async def test_one_that_was_back_and_is_silent_again_is_waited_for_from_the_beginning(
        self, fenced: Cluster
    ) -> None:
        class Blinking(FakeFencer):
            async def fence(self, client: str) -> None:
                await super().fence(client)
                if len(self.asked) == 1:
                    fenced.comes_back()
                    fenced.falls_silent()

        fenced.fencer = Blinking()
        async with fenced.led() as lead:
            stage = await fenced.stage()
            fenced.falls_silent()
            await lead.wait(310)
            assert fenced.of(stage).state is State.RUNNING
            await lead.wait(310)
            assert fenced.of(stage).state is State.LOST

    async def test_a_client_that_is_told_of_at_the_last_moment_is_shut_out_too(self, fenced: Cluster) -> None:
        """The machine came up again with another mount, and its daemon is not registered yet."""
        three = client_number(3)

        def mounts_anew() -> None:
            ref = attachment_ref(NODE.id)
            fenced.records.transact(Commit(puts=(Put(ref, Attachment(NODE.id, (ONE, TWO, three))),)), 0)

        async with fenced.led() as lead:
            stage = await fenced.stage()
            fenced.falls_silent()
            await lead.wait(299)
            lead.steady += 2
            await lead.undertaker.look()
            assert of_fencer(fenced).shut_out == {ONE, TWO}, "what is left is to give the stage up"
            lead.store.meanwhile = mounts_anew
            await lead.undertaker.look()
            assert fenced.of(stage).state is State.RUNNING
            await lead.wait(FENCE_AGAIN)
            assert of_fencer(fenced).shut_out == {ONE, TWO, three}
            assert fenced.of(stage).state is State.LOST

    async def test_a_node_that_never_said_how_it_writes_is_waited_for_until_a_person_gives_it_up(
        self, cluster: Cluster
    ) -> None:
        cluster.fencer = FakeFencer()
        async with cluster.led() as lead:
            stage = await cluster.stage()
            cluster.falls_silent()
            await lead.wait(1000)
            assert cluster.of(stage).state is State.RUNNING
            assert cluster.silence and cluster.silence.fault == UNKNOWN_CLIENT

    async def test_a_node_that_cannot_be_shut_out_keeps_no_other_from_it(self, fenced: Cluster) -> None:
        away = NodeId("node-2")
        other = FakeMembership(FakeStore(fenced.records), away)
        await other.join(replace(NODE, id=away))
        await fenced.store.commit(Commit(puts=(Put(attachment_ref(away), Attachment(away, (client_number(3),))),)))
        here, there = await fenced.stage(), await fenced.stage("track", node=away)

        class Picky(FakeFencer):
            async def fence(self, client: str) -> None:
                if client == ONE:
                    raise Unavailable("not this one", reason="CEPH_UNAVAILABLE")
                await super().fence(client)

        fenced.fencer = Picky()
        async with fenced.led() as lead:
            fenced.falls_silent()
            other.lose_session(regain=False)
            await lead.wait(320)
            assert (fenced.of(here).state, fenced.of(there).state) == (State.RUNNING, State.LOST)

    async def test_without_a_fencer_it_is_said_once_that_nobody_is_shut_out(self, cluster: Cluster) -> None:
        with capture_logs() as said:
            async with cluster.led() as lead:
                stages = [await cluster.stage("a", 10), await cluster.stage("b", 20)]
                cluster.falls_silent()
                await lead.wait(30)
            assert {cluster.of(stage).state for stage in stages} == {State.LOST}
        assert sum("no fencing is configured" in one["event"] for one in said) == 1
