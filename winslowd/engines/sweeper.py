"""The part of a leader's term that sees to sweeps: makes the runs that were acknowledged, and stops those that a failed point stops."""

from __future__ import annotations

from collections.abc import Iterable

from winslow.domain import lifecycle
from winslow.domain.project import Sweep
from winslow.domain.records import Commit, Expect, Fence, Put, project_ref, run_ref, stage_ref, sweep_ref
from winslow.domain.stage import WAITING
from winslow.domain.sweeping import Batch, next_batch, stop_of
from winslow.ports import Clock, Store
from winslowd.engines.commits import Commits


class Sweeper:
    """Repeatable: a sweep says how many of its runs are made."""

    def __init__(self, store: Store, clock: Clock, fence: Fence, commits: Commits) -> None:
        self._store = store
        self._clock = clock
        self._fence = fence
        self._commits = commits

    async def see_to(self, sweeps: Iterable[Sweep]) -> bool:
        """The next runs of each of them; whether some are left to make."""
        unfinished = False
        for sweep in sweeps:
            stoppable = not (sweep.stopped or sweep.keep_going)
            stopped = stop_of(sweep, self._store.view.runs_of(sweep.project)) if stoppable else None
            if stopped:
                await self._stop(stopped)
            elif batch := next_batch(sweep, self._clock()):
                unfinished = True
                await self._make(sweep, batch)
        return unfinished

    async def _make(self, sweep: Sweep, batch: Batch) -> None:
        """One that loses against somebody who stopped the sweep, or deletes the project, is looked at again with that in view."""
        view = self._store.view
        project = project_ref(sweep.project)
        await self._commits.all(
            [
                Commit(
                    puts=(Put(sweep_ref(sweep), batch.sweep), *(Put(run_ref(run), run) for run in batch.runs)),
                    expects=(
                        Expect(sweep_ref(sweep), view.revision_of(sweep_ref(sweep))),
                        Expect(project, view.revision_of(project)),
                    ),
                    fence=self._fence,
                )
            ]
        )

    async def _stop(self, sweep: Sweep) -> None:
        """Its points that were not placed yet are aborted; those that execute go on to their end."""
        view, now = self._store.view, self._clock()
        runs = [run for run in view.active_runs_of(sweep.project) if run.sweep == sweep.id]
        waiting = [stage for run in runs for stage in view.stages_of_run(run) if stage.state in WAITING]
        aborted = [lifecycle.advance(stage, lifecycle.AbortRequested("winslow"), now) for stage in waiting]
        await self._commits.all(
            [
                Commit(
                    puts=(Put(stage_ref(stage), stage),),
                    expects=(Expect(stage_ref(stage), view.revision_of(stage_ref(stage))),),
                    fence=self._fence,
                )
                for stage in aborted
            ]
        )
        expects = (Expect(sweep_ref(sweep), view.revision_of(sweep_ref(sweep))),)
        await self._commits.all([Commit(puts=(Put(sweep_ref(sweep), sweep),), expects=expects, fence=self._fence)])
