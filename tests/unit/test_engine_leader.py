"""What happens to a leader: others lead, commits go wrong, one run must not keep the rest."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.fakes.store import FakeMembership, FakeStore, Write
from tests.unit import world
from tests.unit.house import NODE, House, going, led
from tests.unit.led import (
    DIAMOND,
    FULL,
    TOO_LARGE,
    Failing,
    Narrow,
    Refusing,
    begun,
    births,
    end,
    latest,
    looked,
    note,
    placed,
    play,
    stages,
    term_of,
    wide,
)
from winslow.domain.election import idle_offer
from winslow.domain.pipeline import DefinitionName, Edge, Pipeline
from winslow.domain.project import RunEnd
from winslow.domain.records import (
    Change,
    Commit,
    Fence,
    Kind,
    Put,
    project_ref,
    run_ref,
)
from winslow.domain.resources import Resources
from winslow.domain.rounds import Rounds
from winslow.domain.stage import Cause, NodeId, Outcome, ProjectId, Stage, StageId, State
from winslow.domain.view import View
from winslow.errors import Ambiguous, Conflict, InvalidArgument, Unavailable, WinslowError
from winslowd.engines import hearing, term
from winslowd.engines.leader import Leader

pytestmark = pytest.mark.usefixtures("hurried")


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    one = House(tmp_path)
    yield one
    one.close()


class TestALeaderThatIsNotAlone:
    async def test_changes_nothing_once_its_fence_is_lost(self, house: House) -> None:
        await house.membership.join(NODE)
        await begun(house, DIAMOND)
        revision = house.view.revision
        stale = term_of(house, house.store, Fence("elections/leader/0000000000000009", 1))
        with pytest.raises(ExceptionGroup) as caught:
            await stale.run()
        [error] = caught.value.exceptions
        assert isinstance(error, Conflict)
        assert error.reason == "FENCED"
        assert house.view.revision == revision

    async def test_lets_another_lead_when_no_other_node_reaches_it(
        self, house: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(hearing, "UNHEARD", 0.02)
        nodes = [replace(NODE, id=NodeId(f"node-{number}")) for number in range(3)]
        for node in nodes:
            await FakeMembership(FakeStore(house.cluster), node.id).join(node)
        async with house.membership.lead() as claim:
            heard, unheard = (term_of(house, house.store, claim.fence) for _ in range(2))
            for node in nodes[1:]:
                unheard.attendance.leave(node.id, node.incarnation)
            with pytest.raises(ExceptionGroup) as caught:
                await unheard.run()
            [error] = caught.value.exceptions
            assert isinstance(error, Unavailable)
            assert error.reason == "UNHEARD"
            async with going(asyncio.ensure_future(heard.run())) as leads:
                await begun(house, world.chain("detect"))
                await house.until(lambda: placed(house))
                await asyncio.wait([leads], timeout=0.1)
                assert not leads.done()

    async def test_stands_again_when_it_was_deposed(self, house: House) -> None:
        async with led(house):
            await begun(house, DIAMOND)
            await house.until(lambda: placed(house))
            house.membership.lose_session()
            await house.until(lambda: house.view.nodes())
            await end(house, placed(house)[0])
            await house.until(lambda: len(placed(house)) == 2)

    async def test_and_a_blind_one_beside_it_make_no_stage_twice(self, house: House) -> None:
        """As if both held the fence: what each stage and run was compared with keeps them apart."""

        class Blind(FakeStore):
            """Sees nothing more after it has been blinded."""

            blind = False
            tried = 0

            def take(self, revision: int, writes: list[Write]) -> None:
                if not self.blind:
                    super().take(revision, writes)

            async def commit(self, commit: Commit) -> int:
                self.tried += 1
                return await super().commit(commit)

        blind, seen = Blind(house.cluster), list[Change]()
        await house.membership.join(NODE)
        async with going(asyncio.ensure_future(note(house, seen))), house.membership.lead() as term:
            sighted = term_of(house, house.store, term.fence)
            beside = term_of(house, blind, term.fence)
            await begun(house, DIAMOND)
            blind.blind = True
            async with going(asyncio.ensure_future(sighted.run())), going(asyncio.ensure_future(play(house))):
                await house.until(lambda: not latest(house).active)
                revision = house.view.revision
                async with going(asyncio.ensure_future(beside.run())):
                    await house.until(lambda: blind.tried > 3)
                assert house.view.revision == revision
        assert set(births(seen).values()) == {1}
        assert len(births(seen)) == 4

    async def test_and_another_with_the_same_view_make_no_stage_twice(self, house: House) -> None:
        other, seen = FakeStore(house.cluster), list[Change]()
        await house.membership.join(NODE)
        async with going(asyncio.ensure_future(note(house, seen))), house.membership.lead() as term:
            both = [term_of(house, store, term.fence) for store in (house.store, other)]
            async with going(asyncio.ensure_future(both[0].run())), going(asyncio.ensure_future(both[1].run())):
                await begun(house, DIAMOND)
                async with going(asyncio.ensure_future(play(house))):
                    await house.until(lambda: not latest(house).active)
        assert (len(births(seen)), set(births(seen).values())) == (4, {1})


@pytest.mark.parametrize(
    ("error", "happens"),
    [
        (Unavailable("away", reason="ETCD_UNAVAILABLE"), False),
        (Ambiguous("no answer", reason="ETCD_AMBIGUOUS"), False),
        (Ambiguous("no answer", reason="ETCD_AMBIGUOUS"), True),
        (Conflict("somebody was quicker", reason="REVISION_MISMATCH"), False),
        (Conflict("deposed", reason="FENCED"), False),
    ],
    ids=["away", "unanswered", "unanswered, but done", "lost to somebody", "fenced"],
)
async def test_any_commit_may_go_wrong_and_the_run_ends_the_same(
    tmp_path: Path, error: WinslowError, happens: bool
) -> None:
    nth, refused = 0, True
    while refused:
        nth += 1
        house = House(tmp_path / str(nth))
        house.store = refusing = Refusing(house.cluster, nth, error, happens)
        house.membership = FakeMembership(refusing, NODE.id)
        seen: list[Change] = []
        async with going(asyncio.ensure_future(note(house, seen))), led(house):
            await begun(house, DIAMOND)
            async with going(asyncio.ensure_future(play(house))):
                await house.until(lambda house=house: not latest(house).active)
        assert latest(house).end is RunEnd.SUCCEEDED, nth
        assert (len(births(seen)), set(births(seen).values())) == (4, {1}), nth
        refused = refusing.refused
        house.close()
    assert nth > 4


class TestOneAmongMany:
    async def with_another(self, house: House, pipeline: Pipeline) -> None:
        """A second project, which is as it should be."""
        project = replace(world.project(pipeline), id=ProjectId("q-xyz789"), suffix="xyz789")
        run = replace(world.run(project, pipeline.stages[0].name))
        await house.put(Put(project_ref(project.id), project), Put(run_ref(run), run))

    async def test_run_that_cannot_be_planned_stops_no_other(self, house: House) -> None:
        broken = world.pipeline(
            world.definition("detect"),
            world.definition("track", Edge(DefinitionName("detect"), "results.tracks >")),
        )
        async with led(house):
            await begun(house, broken)
            await house.until(lambda: placed(house))
            await end(house, placed(house)[0])
            await self.with_another(house, world.chain("detect"))
            await house.until(lambda: placed(house))
            assert placed(house)[0].project == "q-xyz789"

    async def test_record_that_cannot_be_kept_stops_no_other(self, house: House) -> None:
        house.store = Refusing(house.cluster, 1, InvalidArgument("too large", reason="COMMIT_TOO_LARGE"))
        house.membership = FakeMembership(house.store, NODE.id)
        async with led(house):
            await begun(house, world.chain("detect"))
            await house.until(lambda: house.store.refused)  # type: ignore[attr-defined]
            assert not placed(house)
            await self.with_another(house, world.chain("detect"))
            await house.until(lambda: len(placed(house)) == 2)

    async def test_run_whose_stages_are_too_large_for_one_transaction_gets_them_one_by_one(self, house: House) -> None:
        house.store = Narrow(house.cluster)
        async with led(house):
            await begun(house, wide(5))
            async with asyncio.timeout(0.9):  # before everything is looked at anew
                await house.until(lambda: len(placed(house)) == 5)

    async def test_all_is_decided_though_there_is_time_for_one_thing_in_a_step(
        self, house: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As in a large cluster: what a step leaves is the next one's. Nothing here waits until all is looked at anew."""
        monkeypatch.setattr(term, "STRETCH", 0.0)
        monkeypatch.setattr(term, "SLICE", 1000.0)
        there = world.project(wide(3, cpus=NODE.capacity.cpus))
        async with led(house):
            for number in range(5):
                project = replace(there, id=ProjectId(f"q-{number}"), suffix=f"xyz78{number}")
                run = replace(world.run(project, "part-0", "part-1", "part-2"), project=project.id)
                await house.put(Put(project_ref(project.id), project), Put(run_ref(run), run))
            await house.until(lambda: len(list(house.view.live_stages())) == 15 and placed(house))
            waiting = [stage for stage in house.view.live_stages() if stage not in placed(house)]
            await house.until(lambda: all(house.of(stage).reason for stage in waiting))

    async def test_what_a_step_leaves_is_not_looked_at_again_by_those_that_follow(
        self, house: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A new leader of ten thousand runs needs hundreds of steps to decide on them."""
        monkeypatch.setattr(term, "STRETCH", 0.0)
        monkeypatch.setattr(term, "SLICE", 1000.0)
        seen, see = Counter[str](), Rounds.see_stage

        def counted(rounds: Rounds, view: View, id_: StageId, stage: Stage | None, now: float) -> None:
            seen[id_] += 1
            see(rounds, view, id_, stage, now)

        there = world.project(wide(3, cpus=NODE.capacity.cpus))
        async with led(house):
            for number in range(30):
                project = replace(there, id=ProjectId(f"a-{number:02}"), suffix=f"xyz{number:03}")
                run = replace(world.run(project, "part-0", "part-1", "part-2"), project=project.id)
                await house.put(Put(project_ref(project.id), project), Put(run_ref(run), run))
            await house.until(lambda: len(list(house.view.live_stages())) == 90)
            await looked(house)
        monkeypatch.setattr(Rounds, "see_stage", counted)
        async with led(house):
            await looked(house)
        assert len(seen) >= 90 and max(seen.values()) < 10

    async def test_award_that_cannot_be_kept_takes_no_room_from_others(self, house: House) -> None:
        house.store = store = Refusing(house.cluster, 1, TOO_LARGE)
        whole = world.chain("detect", resources=Resources(cpus=NODE.capacity.cpus))
        async with led(house):
            await begun(house, whole)
            await house.until(lambda: store.refused)
            await self.with_another(house, whole)
            async with asyncio.timeout(0.5):  # before everything is looked at anew
                await house.until(lambda: placed(house))
            assert placed(house)[0].project == "q-xyz789"

    @pytest.mark.parametrize("error", [FULL, TOO_LARGE])
    async def test_stage_that_could_not_be_recorded_is_awarded_to_nobody(
        self, house: House, error: WinslowError
    ) -> None:
        house.store = store = Failing(house.cluster, error, Kind.STAGE)
        await house.membership.join(NODE)
        leader = Leader(house.store, house.membership, lambda: house.now, house.attendance, house.ledger)
        async with going(asyncio.ensure_future(leader.run())) as leads:
            await house.until(lambda: house.attendance.is_open)
            house.attendance.hear(replace(idle_offer(NODE), obstacles=("its engine is away",)))
            await begun(house, world.chain("detect"))
            await house.until(lambda: store.failed)
            house.attendance.hear(replace(idle_offer(NODE), number=1))
            await asyncio.wait((leads,), timeout=0.05)
            assert not leads.done() and not placed(house)
            store.error = None
            await house.until(lambda: placed(house))

    async def test_full_store_is_tried_again_as_soon_as_it_may_have_room(self, house: House) -> None:
        house.store = store = Failing(house.cluster, FULL, Kind.STAGE)
        async with led(house):
            await begun(house, world.chain("detect"))
            await house.until(lambda: store.failed > 1)
            store.error = None
            async with asyncio.timeout(0.5):
                await house.until(lambda: placed(house))

    async def test_run_with_more_stages_than_a_transaction_holds_gets_them_all(self, house: House) -> None:
        names = [f"part-{number}" for number in range(290)]
        pipeline = world.pipeline(world.definition("split"), *(world.definition(name, "split") for name in names))
        async with led(house):
            await begun(house, pipeline)
            await house.until(lambda: placed(house))
            await end(house, placed(house)[0])
            await house.until(lambda: len(stages(house)) == 291)
        assert {name: len(tries) for name, tries in latest(house).attempts.items()} == dict.fromkeys(
            ["split", *names], 1
        )


async def test_a_failure_pauses_the_run_and_makes_nothing_more(house: House) -> None:
    async with led(house):
        await begun(house, DIAMOND)
        await house.until(lambda: placed(house))
        await end(house, placed(house)[0], Outcome(3, Cause.EXIT_CODE, "it exited with code 3"))
        await house.until(lambda: latest(house).hold)
        await looked(house)
    assert [stage.state for stage in stages(house).values()] == [State.FAILED]
