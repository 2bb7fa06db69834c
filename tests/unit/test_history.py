"""Which runs may become history, for every past that a project can have."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from tests.unit import world
from winslow.domain.branching import Beginning, begin
from winslow.domain.exits import published
from winslow.domain.history import ORPHANS_AFTER, Policy, Unit, archivable, noticed
from winslow.domain.pipeline import DefinitionName
from winslow.domain.project import Axis, Project, Run, RunEnd, Sweep, SweepId
from winslow.domain.records import Comment, Kind, Record, Ref, Versioned, project_ref, run_ref, stage_ref, sweep_ref
from winslow.domain.stage import NodeId, RunId, Stage, StageId, State
from winslow.domain.status import project_status
from winslow.domain.view import View

NAMES = ("detect", "track", "analyse")
PIPELINE = world.chain(*NAMES)
PROJECT = world.project(PIPELINE)
NOW = 10_000.0
HOUR = Policy(after=3600.0, newest=2, most=200)


def run(number: int, *, ended_at: float | None = 0.0, **fields: object) -> Run:
    end = {} if ended_at is None else {"end": RunEnd.SUCCEEDED, "ended_at": ended_at}
    return world.run(PROJECT, number=number, **{**end, **fields})


def stage(of: Run, name: str, state: State = State.SUCCEEDED, **fields: object) -> Stage:
    definition = PIPELINE.stage(DefinitionName(name))
    assert definition
    return Stage(
        id=StageId(f"{name}-{of.number}-1-{PROJECT.suffix}"),
        project=PROJECT.id,
        run=of.id,
        definition=definition,
        attempt=1,
        created_at=of.created_at,
        created_by="ann",
        state=state,
        ended_at=of.ended_at,
        node=NodeId("node-1"),
        **fields,  # type: ignore[arg-type]
    )


def of_a_view(*records: Record, recalled: Iterable[Run] = ()) -> View:
    """What is there; ended runs were changed after they were made, but for those that were recalled."""
    view = View()
    refs = {Project: lambda one: project_ref(one.id), Run: run_ref, Stage: stage_ref, Sweep: sweep_ref}
    once = {run_ref(one) for one in recalled}
    for record in (PROJECT, *records):
        if isinstance(record, Comment):
            ref = Ref(Kind.COMMENT, f"{record.project}/{record.run}/{record.number:06d}")
        else:
            ref = refs[type(record)](record)  # type: ignore[index]
        view.apply(2, [(ref, Versioned(record, 2, 2 if ref in once else 1))])
    return view


def going(view: View, now: float = NOW, policy: Policy = HOUR, seen: dict[Ref, float] | None = None) -> list[int]:
    return [int(unit.run) for unit in archivable(view, PROJECT.id, now, policy, seen or {})]


def chain_of(count: int, **fields: object) -> tuple[Record, ...]:
    """Runs 1 to `count`, each with one success of `detect`."""
    runs = [run(number, **fields) for number in range(1, count + 1)]
    stages = [stage(one, "detect") for one in runs]
    tried = [
        replace(one, attempts={DefinitionName("detect"): (made.id,)}) for one, made in zip(runs, stages, strict=True)
    ]
    return (*tried, *stages)


class TestAge:
    def test_old_runs_go_oldest_first_and_the_newest_stay(self) -> None:
        assert going(of_a_view(*chain_of(5))) == [1, 2, 3]

    def test_a_unit_has_its_run_first_then_its_stages_and_comments(self) -> None:
        said = Comment(PROJECT.id, RunId("000001"), 1, "ann", 1.0, "good")
        (unit, *_) = archivable(of_a_view(*chain_of(3), said), PROJECT.id, NOW, HOUR, {})
        assert [ref.kind for ref in unit.refs] == [Kind.RUN, Kind.STAGE, Kind.COMMENT]

    def test_young_runs_stay(self) -> None:
        assert going(of_a_view(*chain_of(5, ended_at=NOW - 3599))) == []

    def test_too_many_go_whatever_their_age(self) -> None:
        view = of_a_view(*chain_of(5, ended_at=NOW - 1))
        assert going(view, policy=replace(HOUR, most=3)) == [1, 2]

    def test_a_recalled_run_stays_as_long_as_one_that_has_just_ended_however_many_there_are(self) -> None:
        records = chain_of(5)
        first = records[0]
        assert isinstance(first, Run)
        view = of_a_view(*records, recalled=[first])
        assert list(noticed(view, PROJECT.id)) == [run_ref(first)]
        assert going(view) == [2, 3]
        assert going(view, policy=replace(HOUR, most=1)) == [2, 3]
        assert going(view, seen={run_ref(first): NOW - 3600}) == [1, 2, 3]


class TestWhatStays:
    def test_active_runs_and_what_they_stand_on(self) -> None:
        first, second, third = run(1), run(2), run(3)
        before, parent = stage(first, "detect"), stage(second, "track")
        active = run(6, ended_at=None, parent=parent.id, inherited={DefinitionName("detect"): before.id})
        newest = chain_of(5)[3:5]
        view = of_a_view(first, second, third, *newest, before, parent, stage(third, "analyse"), active)
        assert going(view) == []
        assert 3 in going(of_a_view(first, second, third, *newest, before, parent, active))

    def test_a_run_with_a_live_stage(self) -> None:
        records = chain_of(4)
        live = replace(stage(run(1), "track"), state=State.RUNNING, ended_at=None)
        assert going(of_a_view(*records, live)) == [2]

    def test_points_of_a_sweep_that_is_not_finished_and_what_it_stands_on(self) -> None:
        base = run(1)
        parent = stage(base, "detect")
        points = [run(number, sweep=SweepId("000002")) for number in (2, 3)]
        axes = (Axis("FPS", ("1", "2", "3")),)
        sweep = Sweep(
            SweepId("000002"), PROJECT.id, DefinitionName("track"), axes, 1.0, "ann", parent=parent.id, made=2
        )
        later = [run(number) for number in range(5, 9)]
        stages = [stage(one, "detect") for one in later]
        view = of_a_view(base, parent, *points, sweep, *later, *stages)
        assert going(view) == [5, 6]
        done = replace(sweep, made=3)
        assert going(of_a_view(base, parent, *points, done, *later, *stages)) == [1, 2, 3, 5, 6]

    def test_failures_of_the_last_sweep_that_the_projects_state_tells_of(self) -> None:
        sweep = SweepId("000001")
        failed = replace(run(1, sweep=sweep), end=RunEnd.FAILED)
        view = of_a_view(failed, *(run(number, sweep=sweep) for number in (2, 3, 4)))
        assert going(view) == [2]

    def test_nothing_of_a_project_that_is_being_deleted(self) -> None:
        view = of_a_view(*chain_of(5))
        view.apply(3, [(project_ref(PROJECT.id), Versioned(replace(PROJECT, deleting=True), 3, 1))])
        assert going(view) == []


class TestWhatIsLeftBehind:
    def test_records_without_their_run_go_once_no_recall_can_be_under_way(self) -> None:
        left = stage(run(1), "detect")
        said = Comment(PROJECT.id, RunId("000001"), 1, "ann", 1.0, "good")
        view = of_a_view(left, said)
        seen = dict.fromkeys(noticed(view, PROJECT.id), NOW)
        assert set(seen) == {stage_ref(left), Ref(Kind.COMMENT, f"{PROJECT.id}/000001/000001")}
        assert list(archivable(view, PROJECT.id, NOW, HOUR, seen)) == []
        (unit,) = archivable(view, PROJECT.id, NOW + ORPHANS_AFTER, HOUR, seen)
        assert set(unit.refs) == set(seen)


@st.composite
def pasts(draw: st.DrawFn) -> tuple[Record, ...]:
    """Runs with any ends and attempts; some take over earlier attempts, and the last may be active."""
    records: list[Record] = []
    done: list[Stage] = []
    count = draw(st.integers(1, 9))
    for number in range(1, count + 1):
        active = number == count and draw(st.booleans())
        ended_at = None if active else draw(st.floats(0, NOW))
        taken = draw(st.lists(st.sampled_from(done), max_size=2)) if done else []
        one = run(
            number,
            ended_at=ended_at,
            parent=taken[0].id if taken else None,
            inherited={found.definition.name: found.id for found in taken},
            sweep=draw(st.sampled_from([None, SweepId("000001")])),
        )
        if not active:
            one = replace(one, end=draw(st.sampled_from(RunEnd)))
        states = [State.SUCCEEDED, State.FAILED, State.ABORTED, State.LOST, State.SKIPPED]
        own = [stage(one, name, draw(st.sampled_from(states))) for name in draw(st.sets(st.sampled_from(NAMES)))]
        done += own
        records += [replace(one, attempts={made.definition.name: (made.id,) for made in own}), *own]
    return tuple(records)


POLICIES = st.builds(Policy, after=st.floats(0, NOW), newest=st.integers(0, 3), most=st.integers(0, 6))


def without(view: View, units: Iterable[Unit]) -> View:
    left = View()
    gone = {ref for unit in units for ref in unit.refs}
    for kind in Kind:
        left.apply(2, [(Ref(kind, key), one) for key, one in view.all(kind).items() if Ref(kind, key) not in gone])
    return left


def told(view: View) -> object:
    """What people see of the project, and every beginning that names no parent."""
    runs, stages = view.runs_of(PROJECT.id), view.stages_of(PROJECT.id)
    known = {one.id: one for one in stages}
    state = project_status(runs, stages, ()).state
    outputs = [published(stages, DefinitionName(name)) for name in NAMES]
    project = replace(PROJECT, next_run=99)
    begun = [begin(project, runs, known, Beginning((DefinitionName(name),)), "ann", NOW) for name in NAMES]
    return state, outputs, runs[-1:], begun


class TestWhateverThePast:
    @given(pasts(), POLICIES)
    def test_what_is_shown_and_how_runs_begin_stays_the_same(self, records: tuple[Record, ...], policy: Policy) -> None:
        view = of_a_view(*records)
        assert told(without(view, archivable(view, PROJECT.id, NOW, policy, {}))) == told(view)

    @given(pasts(), POLICIES)
    def test_only_whole_ended_runs_go_that_no_active_one_stands_on(
        self, records: tuple[Record, ...], policy: Policy
    ) -> None:
        view = of_a_view(*records)
        left = without(view, archivable(view, PROJECT.id, NOW, policy, {}))
        assert not list(left.live_stages()) and list(left.active_runs()) == list(view.active_runs())
        assert not list(noticed(left, PROJECT.id))
        for active in left.active_runs():
            assert all(left.stage(id_) for id_ in active.inherited.values())

    @given(pasts(), POLICIES)
    def test_asked_again_it_has_nothing_more_to_move(self, records: tuple[Record, ...], policy: Policy) -> None:
        view = of_a_view(*records)
        left = without(view, archivable(view, PROJECT.id, NOW, policy, {}))
        assert list(archivable(left, PROJECT.id, NOW, policy, {})) == []
