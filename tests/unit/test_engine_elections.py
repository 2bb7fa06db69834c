"""Awards, elections and retries as a leader holds them: a test plays the nodes, and the store keeps the score."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.fakes.store import FakeMembership, FakeStore
from tests.unit import world
from tests.unit.house import NODE, PROJECT, House, going, leading, led
from tests.unit.led import SMALL, begun, births, end, latest, looked, note, placed, waiting, wide
from winslow.domain.election import Refusal, idle_offer
from winslow.domain.node import NodePolicy
from winslow.domain.pipeline import RetryPolicy
from winslow.domain.project import Hold, RunEnd
from winslow.domain.records import (
    LIMITS_REF,
    Change,
    Kind,
    Limits,
    Put,
    node_policy_ref,
    project_ref,
    run_ref,
    stage_ref,
)
from winslow.domain.resources import Resources
from winslow.domain.stage import NodeId, ProjectId, Reason, Stage, State
from winslowd.engines import term
from winslowd.engines.leader import Leader

pytestmark = pytest.mark.usefixtures("hurried")


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    one = House(tmp_path)
    yield one
    one.close()


class TestAnAward:
    async def test_is_in_the_transaction_that_makes_the_stage(self, house: House) -> None:
        seen: list[Change] = []
        async with going(asyncio.ensure_future(note(house, seen))), led(house):
            await begun(house, world.chain("detect", "track"))
            await house.until(lambda: placed(house))
        [made] = [change for change in seen if change.ref.kind is Kind.STAGE]
        stage = made.now and made.now.value
        assert isinstance(stage, Stage)
        assert (stage.state, stage.node, stage.placed_at) == (State.PREPARING, NODE.id, 1000.0)
        assert {change.ref.kind for change in seen if change.revision == made.revision} == {
            Kind.RUN,
            Kind.STAGE,
            Kind.RESERVATION,
        }

    async def test_never_gives_a_node_more_than_it_has(self, house: House) -> None:
        await house.membership.join(SMALL)
        seen: list[int] = []

        async def count() -> None:
            while True:
                seen.append(len(placed(house)))
                await house.store.changed(house.view.revision)

        async with going(asyncio.ensure_future(count())), leading(house):
            await begun(house, wide(7))
            for done in range(7):
                expected = min(2, 7 - done)
                await house.until(lambda expected=expected: len(placed(house)) == expected)
                await end(house, placed(house)[0])
            await house.until(lambda: not latest(house).active)
        assert max(seen) == 2
        assert latest(house).end is RunEnd.SUCCEEDED

    async def test_waits_with_what_it_waits_for(self, house: House) -> None:
        async with leading(house):
            await begun(house, wide(3))
            await house.until(lambda: len(waiting(house)) == 3)
            assert {stage.reason and stage.reason.code for stage in waiting(house)} == {"NO_NODES"}
            await house.membership.join(SMALL)
            await house.until(lambda: len(placed(house)) == 2)
            await looked(house)
            reason = next(stage.reason for stage in waiting(house) if stage.project == PROJECT)
            assert reason == Reason("NODES_BUSY", "waits for room: node-1 needs 1 CPUs, 0 are free")

    async def test_that_waits_writes_its_reason_once(self, house: House) -> None:
        await house.membership.join(SMALL)
        async with leading(house):
            await begun(house, wide(3))
            await house.until(lambda: waiting(house) and waiting(house)[0].reason)
            [left] = waiting(house)
            revision = house.view.revision_of(stage_ref(left))
            other = replace(SMALL, id=NodeId("node-2"))
            await house.put(Put(node_policy_ref(other.id), NodePolicy(other.id, cordoned=True)))
            await FakeMembership(FakeStore(house.cluster), other.id).join(other)
            await looked(house)
            assert house.view.revision_of(stage_ref(left)) == revision

    async def test_waits_while_the_run_is_paused(self, house: House) -> None:
        await house.membership.join(SMALL)
        async with leading(house):
            await begun(house, wide(3))
            await house.until(lambda: waiting(house) and waiting(house)[0].reason)
            [left] = waiting(house)
            paused = replace(latest(house), hold=Hold(Reason("PAUSED", "paused by bob"), "bob", house.now))
            await house.put(Put(run_ref(paused), paused))
            await end(house, placed(house)[0])
            await house.until(lambda: (house.of(left).reason or Reason("", "")).code == "RUN_PAUSED")
            await looked(house)
            assert len(placed(house)) == 1
            await house.put(Put(run_ref(paused), replace(paused, hold=None)))
            await house.until(lambda: house.of(left).state is State.PREPARING)

    async def test_passes_a_cordoned_node_by(self, house: House) -> None:
        await house.put(Put(node_policy_ref(NODE.id), NodePolicy(NODE.id, cordoned=True, reason="a fan is broken")))
        async with led(house):
            await begun(house, world.chain("detect"))
            await house.until(lambda: waiting(house))
            reason = waiting(house)[0].reason
            assert reason and "a fan is broken" in reason.text


class TestAnElection:
    """Who takes part, and how long it is open."""

    OTHER = replace(NODE, id=NodeId("node-2"), images=frozenset({"busybox"}))

    @asynccontextmanager
    async def two_nodes(self, house: House) -> AsyncIterator[None]:
        """Both are up, and only the first has answered; the second would be the better one."""
        await house.membership.join(NODE)
        await FakeMembership(FakeStore(house.cluster), self.OTHER.id).join(self.OTHER)
        leading = Leader(house.store, house.membership, lambda: house.now, house.attendance, house.ledger)
        async with going(asyncio.ensure_future(leading.run())):
            await house.until(lambda: house.attendance.is_open)
            house.attendance.hear(idle_offer(NODE))
            yield

    async def test_is_open_for_a_moment_while_a_live_node_has_not_answered(
        self, house: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(term, "OPEN_FOR", 3600)
        async with self.two_nodes(house):
            await begun(house, world.chain("detect"))
            await house.until(lambda: waiting(house))
            assert waiting(house)[0].state is State.ELECTING
            house.attendance.hear(idle_offer(self.OTHER))
            await house.until(lambda: placed(house))
            assert placed(house)[0].node == self.OTHER.id

    async def test_is_closed_without_a_node_that_does_not_answer_in_time(
        self, house: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(term, "OPEN_FOR", 0.02)
        async with self.two_nodes(house):
            await begun(house, world.chain("detect"))
            await house.until(lambda: placed(house))
            assert placed(house)[0].node == NODE.id
            answers = house.ledger.of(placed(house)[0].id).answers  # type: ignore[union-attr]
            assert Refusal(self.OTHER.id, ("has not answered the leader",), ever=True) in answers

    async def test_that_finds_nobody_says_so_as_soon_as_it_is_closed(
        self, house: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(term, "OPEN_FOR", 3600)
        async with self.two_nodes(house):
            await begun(house, world.chain("detect", resources=Resources(cpus=64)))
            await house.until(lambda: waiting(house))
            assert waiting(house)[0].reason is None
            house.attendance.hear(idle_offer(self.OTHER))
            async with asyncio.timeout(0.5):  # before everything is looked at anew
                await house.until(lambda: waiting(house)[0].reason)
            assert waiting(house)[0].reason.code == "NO_NODE_ABLE"  # type: ignore[union-attr]

    async def test_waits_for_no_node_that_has_answered_or_had_its_time(self, house: House) -> None:
        async with led(house):
            await house.until(lambda: house.attendance.offers)
            seen: list[Change] = []
            async with going(asyncio.ensure_future(note(house, seen))):
                await begun(house, world.chain("detect"))
                await house.until(lambda: placed(house))
            assert births(seen).total() == len([one for one in seen if one.ref.kind is Kind.STAGE])  # in one write

    async def test_of_a_node_that_leaves_goes_on_without_it(self, house: House) -> None:
        async with self.two_nodes(house):
            house.attendance.hear(idle_offer(self.OTHER))
            house.attendance.leave(self.OTHER.id, self.OTHER.incarnation)
            await begun(house, world.chain("detect"))
            await house.until(lambda: placed(house))
            assert placed(house)[0].node == NODE.id

    async def test_obeys_limits_and_goes_on_when_they_are_lifted(self, house: House) -> None:
        await house.put(Put(LIMITS_REF, Limits(per_project=2)))
        async with led(house):
            await begun(house, wide(5))
            await house.until(lambda: len(placed(house)) == 2 and len(waiting(house)) == 3)
            assert {stage.reason.code for stage in waiting(house) if stage.reason} == {"LIMIT_REACHED"}
            await end(house, placed(house)[0])
            await looked(house)
            assert len(placed(house)) == 2
            await house.put(Put(LIMITS_REF, Limits()))
            await house.until(lambda: not waiting(house) or len(placed(house)) == 4)

    async def test_gives_room_to_the_project_of_higher_priority_first(self, house: House) -> None:
        await house.membership.join(SMALL)
        async with leading(house):
            await begun(house, wide(4))
            await house.until(lambda: len(placed(house)) == 2)
            urgent = replace(world.project(wide(2)), id=ProjectId("q-xyz789"), suffix="xyz789", priority=5)
            run = world.run(urgent, "part-0", "part-1")
            await house.put(Put(project_ref(urgent.id), urgent), Put(run_ref(run), run))
            await house.until(lambda: len(waiting(house)) == 4)
            for stage in placed(house):
                await end(house, stage)
            await house.until(lambda: {stage.project for stage in placed(house)} == {urgent.id})


class TestARetry:
    POLICY = RetryPolicy(attempts=2, backoff=60)

    async def test_begins_only_after_its_time(self, house: House) -> None:
        async with led(house):
            await begun(house, world.chain("detect", retry=self.POLICY))
            await house.until(lambda: placed(house))
            await end(house, placed(house)[0], world.FAILED)  # at 1001
            await house.until(lambda: waiting(house))
            [again] = waiting(house)
            assert (again.attempt, again.not_before) == (2, 1061.0)
            assert again.reason and again.reason.code == "RETRY_BACKOFF"
            house.now = 1060.9
            await looked(house)
            assert not placed(house)
            house.now = 1061.0
            await looked(house)
            assert [stage.id for stage in placed(house)] == [again.id]

    async def test_begins_by_itself_when_its_time_has_come(self, house: House) -> None:
        await house.membership.join(NODE)
        async with leading(house, time.time):
            await begun(house, world.chain("detect", retry=RetryPolicy(attempts=2, backoff=0.05)))
            await house.until(lambda: placed(house))
            house.now = time.time() - 1
            await end(house, placed(house)[0], world.FAILED)
            await house.until(lambda: placed(house))
            [again] = placed(house)
            assert (again.attempt, (again.placed_at or 0) >= again.not_before) == (2, True)

    async def test_that_is_hours_away_keeps_nothing_else_from_being_looked_at(
        self, house: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The resync makes up for a change that nobody told us, also while a back-off runs."""
        monkeypatch.setattr(term, "SLICE", 0.01)

        class Deaf(FakeStore):
            deaf = False

            async def changes(self, since: int) -> AsyncIterator[tuple[Change, ...]]:
                async for changes in super().changes(since):
                    if not self.deaf:
                        yield changes

        house.store = Deaf(house.cluster)
        house.membership = FakeMembership(house.store, NODE.id)
        async with led(house):
            await begun(house, world.chain("detect", retry=replace(self.POLICY, backoff=3600, backoff_max=3600)))
            await house.until(lambda: placed(house))
            await end(house, placed(house)[0], world.FAILED)
            await house.until(lambda: waiting(house))
            house.store.deaf = True
            run = world.run(house.project(), "detect", number=2)
            await house.put(Put(run_ref(run), run))
            await house.until(lambda: placed(house))
