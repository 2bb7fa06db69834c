"""The part of a leader's term that sees to sweeps: makes the runs that were acknowledged, and stops those that a failed point stops."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from winslow.domain import lifecycle
from winslow.domain.project import RunEnd, Sweep
from winslow.domain.records import Commit, Expect, Fence, Put, Record, Ref, project_ref, run_ref, stage_ref, sweep_ref
from winslow.domain.stage import WAITING
from winslow.domain.sweeping import Batch, next_batch, stop_of
from winslow.ports import Clock, Store
from winslowd.engines.commits import Commits, Fate


@dataclass(slots=True)
class Left:
    """Sweeps, by key, that are not through: `soon` are those to go on with at once, `later` those that could not be recorded."""

    soon: set[str] = field(default_factory=set)
    later: set[str] = field(default_factory=set)

    def note(self, sweep: Sweep, fate: Fate, *, more: bool) -> None:
        """What became of its last step; whether there is `more` to do when it was done."""
        if fate is Fate.UNFIT:
            self.later.add(sweep_ref(sweep).key)
        elif more or fate is Fate.LOST:
            self.soon.add(sweep_ref(sweep).key)


class Sweeper:
    """Repeatable: a sweep says how many of its runs are made."""

    def __init__(self, store: Store, clock: Clock, fence: Fence, commits: Commits) -> None:
        self._store = store
        self._clock = clock
        self._fence = fence
        self._commits = commits

    async def see_to(self, sweeps: Iterable[Sweep]) -> Left:
        """The next runs of each of them, or its stop; of a project that is going, neither."""
        left = Left()
        for sweep in sweeps:
            project = self._store.view.project(sweep.project)
            if project is None or project.deleting:
                continue
            stoppable = not (sweep.stopped or sweep.keep_going)
            stopped = stop_of(sweep, self._store.view.runs_of(sweep.project)) if stoppable else None
            if stopped:
                left.note(sweep, await self._stop(stopped), more=False)
            elif batch := next_batch(sweep, self._clock()):
                left.note(sweep, await self._make(sweep, batch), more=True)
        return left

    async def _make(self, sweep: Sweep, batch: Batch) -> Fate:
        """One that loses against somebody who stopped the sweep, or deletes the project, is looked at again with that in view."""
        view = self._store.view
        project = project_ref(sweep.project)
        return await self._all(
            Commit(
                puts=(Put(sweep_ref(sweep), batch.sweep), *(Put(run_ref(run), run) for run in batch.runs)),
                expects=(
                    Expect(sweep_ref(sweep), view.revision_of(sweep_ref(sweep))),
                    Expect(project, view.revision_of(project)),
                ),
                fence=self._fence,
            )
        )

    async def _stop(self, sweep: Sweep) -> Fate:
        """Its points that were not placed yet are aborted, or never begin; those that execute go on to their end.

        The sweep is stopped after them: until it is, whoever looks finds what is left to stop.
        """
        view, now = self._store.view, self._clock()
        runs = [run for run in view.active_runs_of(sweep.project) if run.sweep == sweep.id]
        waiting = [stage for run in runs for stage in view.stages_of_run(run) if stage.state in WAITING]
        aborted = [lifecycle.advance(stage, lifecycle.AbortRequested("winslow"), now) for stage in waiting]
        ended = [replace(run, end=RunEnd.FAILED, ended_at=now) for run in runs if not run.attempts]
        fate = await self._all(
            *(self._change(stage_ref(stage), stage) for stage in aborted),
            *(self._change(run_ref(run), run) for run in ended),
        )
        return fate if fate is not Fate.DONE else await self._all(self._change(sweep_ref(sweep), sweep))

    def _change(self, ref: Ref, record: Record) -> Commit:
        expects = (Expect(ref, self._store.view.revision_of(ref)),)
        return Commit(puts=(Put(ref, record),), expects=expects, fence=self._fence)

    async def _all(self, *commits: Commit) -> Fate:
        """DONE when all of them are."""
        fates = await self._commits.all(commits)
        return next((fate for fate in (Fate.UNFIT, Fate.LOST) if fate in fates), Fate.DONE)
