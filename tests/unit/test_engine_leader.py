"""What the leader decides, and what happens to it: a test plays the nodes, and the store keeps the score."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.fakes.store import FakeCluster, FakeMembership, FakeStore, Write
from tests.unit import world
from tests.unit.house import NODE, PROJECT, House, going, leading, led
from winslow.domain import lifecycle
from winslow.domain.election import Refusal, idle_offer
from winslow.domain.node import NodePolicy
from winslow.domain.pipeline import DefinitionName, Edge, Pipeline, RetryPolicy
from winslow.domain.project import Axis, Hold, Run, RunEnd, Sweep, SweepId
from winslow.domain.records import (
    LIMITS_REF,
    Change,
    Commit,
    Fence,
    Kind,
    Limits,
    Put,
    node_policy_ref,
    project_ref,
    run_ref,
    stage_ref,
    sweep_ref,
)
from winslow.domain.resources import Capacity, Resources
from winslow.domain.stage import PLACED, Cause, NodeId, Outcome, ProjectId, Reason, Stage, State
from winslow.domain.sweeping import BATCH, run_of_point
from winslow.errors import Ambiguous, Conflict, Exhausted, InvalidArgument, Unavailable, WinslowError
from winslow.ports import Store
from winslowd.engines import term
from winslowd.engines.leader import Leader
from winslowd.engines.term import Term
from winslowd.usecases.attendance import Attendance
from winslowd.usecases.ledger import Ledger

pytestmark = pytest.mark.usefixtures("hurried")

SMALL = replace(NODE, capacity=Capacity(cpus=2, memory=1 << 30))
DIAMOND = world.pipeline(
    world.definition("split"),
    world.definition("left", "split"),
    world.definition("right", "split"),
    world.definition("join", "left", "right"),
)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    one = House(tmp_path)
    yield one
    one.close()


def wide(count: int, cpus: float = 1.0) -> Pipeline:
    """So many stages, all of them ready at the start."""
    return world.pipeline(*(world.definition(f"part-{n}", resources=Resources(cpus=cpus)) for n in range(count)))


async def begun(house: House, pipeline: Pipeline, **fields: object) -> Run:
    """A run of all that the pipeline begins with."""
    roots = [stage.name for stage in pipeline.stages if not stage.after]
    return await house.begin(pipeline, *roots, **fields)


def stages(house: House) -> dict[str, Stage]:
    return {stage.id: stage for stage in house.view.stages_of(PROJECT)}


def placed(house: House) -> list[Stage]:
    return [stage for stage in house.view.live_stages() if stage.state in PLACED]


def waiting(house: House) -> list[Stage]:
    return [stage for stage in house.view.live_stages() if stage.node is None]


async def end(house: House, stage: Stage, outcome: Outcome = world.OK) -> Stage:
    house.now += 1
    return await house.move(stage, lifecycle.Started(house.now, "sha256:1"), lifecycle.Ended(outcome, {}, house.now))


async def play(house: House) -> None:
    """Every node succeeds at once."""
    while True:
        revision = house.view.revision
        for stage in placed(house):
            await end(house, stage)
        await house.store.changed(revision)


async def note(house: House, seen: list[Change]) -> None:
    async for changes in house.store.changes(house.view.revision):
        seen.extend(changes)


def births(seen: list[Change]) -> Counter[str]:
    """How often each stage was made."""
    return Counter(change.ref.key for change in seen if change.ref.kind is Kind.STAGE and change.before is None)


def latest(house: House, number: int = -1) -> Run:
    return house.view.runs_of(PROJECT)[number]


async def looked(house: House) -> None:
    """Return once the leader has looked at all that happened until now: it has made what was asked for after that."""
    number = len(house.view.all(Kind.PROJECT))
    project = replace(
        world.project(world.chain("later", resources=Resources(cpus=64))), id=ProjectId(f"later-{number}")
    )
    run = world.run(project, "later")
    await house.put(Put(project_ref(project.id), project), Put(run_ref(run), run))
    await house.until(lambda: house.view.stages_of(project.id))


class Failing(FakeStore):
    """Takes nothing of a leader's that touches one of `kinds`, as long as it has an `error`."""

    def __init__(self, cluster: FakeCluster, error: WinslowError, *kinds: Kind) -> None:
        super().__init__(cluster)
        self.error: WinslowError | None = error
        self.kinds = frozenset(kinds)
        self.failed = 0

    async def commit(self, commit):
        if self.error and commit.fence and self.kinds & {put.ref.kind for put in commit.puts}:
            await asyncio.sleep(0)
            self.failed += 1
            raise self.error
        return await super().commit(commit)


FULL = Exhausted("no room", reason="ETCD_NOSPACE")
TOO_LARGE = InvalidArgument("too large", reason="COMMIT_TOO_LARGE")


class Aborting(Failing):
    """Takes no abort of a leader's, as long as it has an `error`."""

    def __init__(self, cluster: FakeCluster, error: WinslowError) -> None:
        super().__init__(cluster, error, Kind.STAGE)

    async def commit(self, commit):
        if all(isinstance(put.value, Stage) and put.value.abort for put in commit.puts):
            return await super().commit(commit)
        return await FakeStore.commit(self, commit)


class Narrow(FakeStore):
    """Takes so few stages in one transaction, as etcd does of large records."""

    async def commit(self, commit):
        if sum(put.ref.kind is Kind.STAGE for put in commit.puts) > 1:
            raise TOO_LARGE
        return await super().commit(commit)


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


class Refusing(FakeStore):
    """Refuses the commit of one number, from 1, that carries a leader's fence; `happens` says whether it was done."""

    def __init__(self, cluster: FakeCluster, nth: int, error: WinslowError, happens: bool = False) -> None:
        super().__init__(cluster)
        self.nth, self.error, self.happens = nth, error, happens
        self.fenced = 0
        self.refused = False

    async def commit(self, commit):
        self.fenced += commit.fence is not None
        if commit.fence and self.fenced == self.nth:
            self.refused = True
            self.fail_next(self.error, happens=self.happens)
        return await super().commit(commit)


def term_of(house: House, store: Store, fence: Fence) -> Term:
    """A term in which every node that was up when it began has answered."""
    attendance = Attendance()
    attendance.open()
    for node in store.view.nodes():
        attendance.hear(idle_offer(node))
    return Term(store, lambda: house.now, fence, attendance, Ledger(), time.monotonic)


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
        monkeypatch.setattr(term, "UNHEARD", 0.02)
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
