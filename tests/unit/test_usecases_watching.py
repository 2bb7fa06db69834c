"""Whoever watches, from whenever and however slowly, ends with the picture that one who begins now is given; and what was
derived once is what would be derived now."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.store import FakeStore
from tests.unit import world
from winslow.domain import view
from winslow.domain.pipeline import Confirmation, DefinitionName, PipelineId, PipelineRecord, UserInput
from winslow.domain.principal import Principal
from winslow.domain.project import Hold, Project, RunEnd, Sweep, SweepId
from winslow.domain.records import (
    Comment,
    Commit,
    Globals,
    Kind,
    Put,
    Record,
    Ref,
    pipeline_ref,
    project_ref,
    run_ref,
    stage_ref,
    sweep_ref,
)
from winslow.domain.stage import ProjectId, Reason, RunId, Stage, StageId, State
from winslow.errors import OutOfRange
from winslowd.usecases import bulletin, events
from winslowd.usecases.derivations import Derivations
from winslowd.usecases.derived import ProjectShown, project_shown, run_shown, sweep_shown
from winslowd.usecases.events import Batch, Events, Wanted
from winslowd.usecases.telling import Shown

ANN = Principal("ann")
NOW = 100.0
PIPELINES = (
    world.chain("a", "b"),
    world.pipeline(
        world.definition("a"),
        world.definition("b", "a", user_input=UserInput(("X",), Confirmation.ALWAYS)),
    ),
)
PROJECTS = ("p0", "p1", "p2")
ENDS = (None, RunEnd.SUCCEEDED, RunEnd.FAILED)
HOLD = Hold(Reason("PAUSED", "paused"), "ann", 5.0)

numbers = st.integers(0, 5)


@st.composite
def changes(draw: st.DrawFn) -> Commit:
    """One transaction: one to three records as they may be, or are no longer."""
    made = [draw(one_change()) for _ in range(draw(st.integers(1, 3)))]
    puts = {ref: value for ref, value in made if value is not None}
    gone = {ref for ref, value in made if value is None and ref not in puts}
    return Commit(puts=tuple(Put(ref, value) for ref, value in puts.items()), deletes=tuple(gone))


@st.composite
def one_change(draw: st.DrawFn) -> tuple[Ref, Record | None]:
    id_, number = ProjectId(draw(st.sampled_from(PROJECTS))), draw(numbers)
    project = replace(world.project(PIPELINES[number % 2]), id=id_, created_at=float(number))
    run = world.run(project, "a", number=number % 2 + 1)
    made: list[tuple[Ref, Record]] = [
        (project_ref(id_), replace(project, tags=frozenset({f"{number}"}), source=PipelineId(f"l{number % 2}"))),
        (project_ref(id_), replace(project, deleting=number == 0)),
        (
            run_ref(run),
            replace(
                run,
                attempts={DefinitionName("a"): (_stage(project, run.id, "a").id,)} if number % 3 else {},
                hold=HOLD if number == 4 else None,
                end=ENDS[number % 3],
                sweep=SweepId("s") if number % 2 else None,
            ),
        ),
        (
            stage_ref(_stage(project, run.id, "a")),
            _in_state(_stage(project, run.id, "a"), draw(st.sampled_from(State))),
        ),
        (sweep_ref(_sweep(id_)), _sweep(id_)),
        (Ref(Kind.COMMENT, f"{id_}/{run.id}/00001"), Comment(id_, run.id, 1, "ann", 1.0, f"{number}")),
        (Ref(Kind.GLOBALS, "environment"), Globals({"X": "1"} if number % 2 else {})),
        (
            pipeline_ref(f"l{number % 2}"),
            PipelineRecord(PipelineId(f"l{number % 2}"), number, PIPELINES[0], "ann", 1.0),
        ),
    ]
    ref, value = draw(st.sampled_from(made))
    return ref, None if draw(st.integers(0, 4)) == 0 else value


def _sweep(project: ProjectId) -> Sweep:
    return Sweep(SweepId("s"), project, DefinitionName("a"), (), 1, 1.0, "ann")


def _stage(project: Project, run: RunId, name: str) -> Stage:
    definition = project.pipeline.stage(name)
    assert definition
    return Stage(StageId(f"{name}-{run}-{project.id}"), project.id, run, definition, 1, 2.0, "ann")


def _in_state(stage: Stage, state: State) -> Stage:
    ended = 9.0 if state in (State.SUCCEEDED, State.FAILED, State.SKIPPED, State.LOST, State.ABORTED) else None
    node = None if state in (State.QUEUED, State.ELECTING, State.SKIPPED) else world.NODE
    return replace(stage, state=state, ended_at=ended, node=node)


class TestWhatIsDerived:
    @settings(max_examples=150)
    @given(st.lists(changes(), max_size=20))
    def test_once_is_what_would_be_derived_now_whatever_changed(self, commits: list[Commit]) -> None:
        store = FakeStore()
        derivations = Derivations(store, lambda: NOW)
        for commit in commits:
            store.cluster.transact(commit, 0)
            view = store.view
            for found in list(view.all(Kind.PROJECT).values()):
                project = found.value
                assert isinstance(project, Project)
                assert derivations.project(project) == project_shown(view, project, NOW)
                assert derivations.active_at(project) == project_shown(view, project, NOW).activity_at
                for run in view.runs_of(project.id):
                    assert derivations.run(run) == run_shown(view, run, NOW)
                for sweep in [one.value for one in view.all(Kind.SWEEP).values()]:
                    assert isinstance(sweep, Sweep)
                    assert derivations.sweep(sweep) == sweep_shown(view, sweep)

    def test_stays_the_same_object_until_something_of_the_project_changes(self) -> None:
        store = FakeStore()
        derivations = Derivations(store, lambda: NOW)
        one, other = (replace(world.project(PIPELINES[0]), id=ProjectId(id_)) for id_ in PROJECTS[:2])
        store.cluster.transact(Commit((Put(project_ref(one.id), one), Put(project_ref(other.id), other))), 0)
        before = derivations.project(one)
        store.cluster.transact(Commit((Put(project_ref(other.id), replace(other, name="x")),)), 0)
        assert derivations.project(one) is before

    def test_is_not_kept_of_projects_that_are_gone_however_many(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(view, "GONE_KEPT", 2)
        store = FakeStore()
        derivations = Derivations(store, lambda: NOW)
        all_ = [replace(world.project(PIPELINES[0]), id=ProjectId(f"q{number}")) for number in range(10)]
        for project in all_:
            store.cluster.transact(Commit((Put(project_ref(project.id), project),)), 0)
        for project in all_:
            derivations.project(project)
        for project in all_[1:]:
            store.cluster.transact(Commit(deletes=(project_ref(project.id),)), 0)
        derivations.project(all_[0])
        assert set(derivations._known) == {"q0"}


@dataclass
class Screen:
    """What a page would show: all it was told."""

    shown: dict[Ref, Shown]
    revision: int = 0

    def take(self, batch: Batch) -> None:
        self.revision = batch.revision or self.revision
        for told in batch.told:
            if told.shown is None:
                self.shown.pop(told.ref, None)
            else:
                self.shown[told.ref] = told.shown


async def quiet(batches: AsyncGenerator[Batch, None], screen: Screen, revision: int) -> None:
    """Read on until all up to `revision` was told, and nothing is under way any more."""
    async with asyncio.timeout(60):
        while screen.revision < revision:
            screen.take(await anext(batches))


async def begun(use_case: Events, wanted: Wanted) -> dict[Ref, Shown]:
    screen = Screen({})
    async with aclosing(use_case.watch(ANN, wanted)) as batches:
        async with asyncio.timeout(60):
            while screen.revision == 0:
                screen.take(await anext(batches))
    return screen.shown


def without_history(shown: dict[Ref, Shown], there: dict[Ref, Shown]) -> dict[Ref, Shown]:
    """A run, stage or comment that only went to its project's history is not told to have gone."""
    old = {Kind.RUN, Kind.STAGE, Kind.COMMENT}
    return {ref: one for ref, one in shown.items() if ref in there or ref.kind not in old}


WANTED = st.sampled_from(
    [
        Wanted(),
        Wanted(details=frozenset({"p0"})),
        Wanted(kinds=frozenset({Kind.PROJECT, Kind.PIPELINE})),
        Wanted(kinds=frozenset({Kind.PROJECT, Kind.RUN, Kind.STAGE}), projects=frozenset({"p1"})),
    ]
)


@pytest.fixture(autouse=True)
def brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small pieces, so that they come in many; and nobody waits."""
    monkeypatch.setattr(events, "PIECE", 3)
    monkeypatch.setattr(events, "PACE", 0.0)
    monkeypatch.setattr(events, "HEARTBEAT", 0.002)
    monkeypatch.setattr(bulletin, "SETTLE", 0.001)
    monkeypatch.setattr(bulletin, "AT_ONCE", 2)


class TestWhoWatches:
    @settings(max_examples=60, deadline=None)
    @given(
        before=st.lists(changes(), max_size=8),
        steps=st.lists(st.tuples(changes(), st.integers(0, 3)), max_size=12),
        cut=st.integers(0, 12),
        kept=st.sampled_from([1, 500]),
        wanted=WANTED,
    )
    def test_ends_with_what_one_who_begins_now_is_given(
        self, before: list[Commit], steps: list[tuple[Commit, int]], cut: int, kept: int, wanted: Wanted
    ) -> None:
        """While it draws the beginning, slower than what is kept for it, and cut off and gone on with."""

        async def play() -> None:
            store = FakeStore()
            use_case = Events(store, lambda: NOW, Derivations(store, lambda: NOW))
            for commit in before:
                store.cluster.transact(commit, 0)
            screen = Screen({})
            batches = use_case.watch(ANN, wanted)
            for number, (commit, reads) in enumerate(steps):
                if number == cut:
                    await batches.aclose()
                    if screen.revision == 0:
                        screen.shown.clear()  # as a page does that begins again
                    batches = use_case.watch(ANN, wanted, screen.revision)
                store.cluster.transact(commit, 0)
                for _ in range(reads):
                    screen.take(await anext(batches))
            await quiet(batches, screen, store.view.revision)
            await batches.aclose()
            there = await begun(use_case, wanted)
            assert without_history(screen.shown, there) == there

        bulletin_kept = bulletin.KEPT
        bulletin.KEPT = kept
        try:
            asyncio.run(play())
        finally:
            bulletin.KEPT = bulletin_kept

    async def test_a_project_of_which_the_last_run_goes_to_its_history_is_told_as_it_is_then(self) -> None:
        store = FakeStore()
        use_case = Events(store, lambda: NOW, Derivations(store, lambda: NOW))
        project = replace(world.project(PIPELINES[0]), id=ProjectId("p0"))
        run = replace(world.run(project, "a"), end=RunEnd.SUCCEEDED, ended_at=9.0)
        store.cluster.transact(Commit((Put(project_ref(project.id), project), Put(run_ref(run), run))), 0)
        async with aclosing(use_case.watch(ANN, Wanted())) as batches:
            await anext(batches)
            store.cluster.transact(Commit(deletes=(run_ref(run),)), 0)
            async with asyncio.timeout(30):
                while not (told := (await anext(batches)).told):
                    pass
        (one,) = told
        assert isinstance(one.shown, ProjectShown) and one.shown.latest_run is None

    async def test_when_nobody_reads_any_more_nothing_is_kept_for_readers(self) -> None:
        store = FakeStore()
        use_case = Events(store, lambda: NOW, Derivations(store, lambda: NOW))
        project = replace(world.project(PIPELINES[0]), id=ProjectId("p0"))
        store.cluster.transact(Commit((Put(project_ref(project.id), project),)), 0)
        async with aclosing(use_case.watch(ANN, Wanted())) as batches:
            assert (await anext(batches)).told
            assert use_case._telling._projects
        assert not use_case._telling._projects

    async def test_who_was_away_for_longer_than_is_kept_begins_again(self) -> None:
        store = FakeStore()
        use_case = Events(store, lambda: NOW, Derivations(store, lambda: NOW))
        store._history._limit = 2
        for number in range(6):
            store.cluster.transact(
                Commit((Put(project_ref("p0"), world.project(PIPELINES[0], next_run=number + 1)),)), 0
            )
        with pytest.raises(OutOfRange) as caught:
            await anext(use_case.watch(ANN, Wanted(), 1))
        assert caught.value.reason == "REVISION_COMPACTED"
