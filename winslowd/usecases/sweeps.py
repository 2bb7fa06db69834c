"""Parameter sweeps: one definition over the product of several variables' values.

Starting one is one small record; the leader makes its runs, batch by batch. What a point does is decided like any run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from winslow.domain import sweep as expressions
from winslow.domain.lifecycle import AbortRequested, advance
from winslow.domain.pipeline import DefinitionName
from winslow.domain.principal import Principal
from winslow.domain.project import Axis, Override, Project, RunMode, Sweep, SweepId
from winslow.domain.records import Commit, Expect, Put, project_ref, stage_ref, sweep_ref
from winslow.domain.stage import ProjectId, Reason, Stage, StageId
from winslow.domain.view import View
from winslow.errors import FailedPrecondition
from winslow.ports import Clock, Store
from winslowd.usecases import beginnings, given, known
from winslowd.usecases.beginnings import Start
from winslowd.usecases.derived import SweepShown, sweep_shown, sweeps_of
from winslowd.usecases.listing import Ask, Listing, Page
from winslowd.usecases.past import Past
from winslowd.usecases.requests import Request, expect, in_batches, once

LISTING: Listing[SweepShown] = Listing(
    name=lambda shown: shown.sweep.id,
    order="create_time desc",
    orders={"create_time": lambda shown: shown.sweep.created_at},
    fields={"author": lambda shown: (shown.sweep.created_by,), "start": lambda shown: (shown.sweep.start,)},
)


@dataclass(frozen=True, slots=True)
class NewSweep:
    """What a person asks for. `parent` as in a start; `expected_count` 0: whatever it is."""

    start: DefinitionName
    axes: tuple[Axis, ...]
    mode: RunMode = RunMode.ONE_STAGE
    keep_going: bool = True
    parent: StageId | None = None
    override: Override = field(default_factory=Override)
    comment: str = ""
    expected_count: int = 0


@dataclass(frozen=True, slots=True)
class Sweeps:
    """The use cases of sweeps. All raise NotFound (PROJECT_UNKNOWN, SWEEP_UNKNOWN)."""

    store: Store
    clock: Clock
    past: Past

    def get(self, asker: Principal, project: ProjectId, id_: SweepId) -> SweepShown:
        view = self.store.view
        return sweep_shown(view, known.sweep(view, project, id_))

    def list(self, asker: Principal, project: ProjectId, ask: Ask) -> Page[SweepShown]:
        """Newest first."""
        view = self.store.view
        known.project(view, project)
        return LISTING.page([sweep_shown(view, one) for one in sweeps_of(view, project)], ask)

    def preview(self, asker: Principal, project: ProjectId, start: DefinitionName, axes: Sequence[Axis]) -> int:
        """How many points it would have. Raises InvalidArgument (SWEEP_INVALID, SWEEP_TOO_LARGE, DEFINITION_UNKNOWN)."""
        known.definition(known.project(self.store.view, project), start)
        expressions.check(axes)
        return expressions.count(axes)

    async def start(self, request: Request, project: ProjectId, new: NewSweep, expected: int = 0) -> str:
        """Start it; its runs are made after this answers.

        Raises InvalidArgument, FailedPrecondition (PROJECT_RUNNING, SWEEP_COUNT_DIFFERS).
        """
        expressions.check(new.axes)
        count = expressions.count(new.axes)
        if new.expected_count not in (0, count):
            raise _count_differs(project, new.expected_count, count)
        by, ref = request.principal.name, project_ref(project)

        def decide(view: View) -> tuple[Commit, str]:
            found = known.lasting_project(view, project)
            expectation = expect(view, ref, expected)
            sweep = self._made(view, found, new, by)
            _, ended = beginnings.superseding(view, found, self.clock())
            puts, expects = beginnings.puts(view, ended)
            changed = replace(found, next_run=found.next_run + count)
            commit = Commit(
                puts=(Put(ref, changed), Put(sweep_ref(sweep), sweep), *puts),
                expects=(
                    *(expectation, Expect(sweep_ref(sweep), 0)),
                    *(*expects, *beginnings.standing_on(view, sweep, expects)),
                ),
            )
            return commit, f"projects/{project}/sweeps/{sweep.id}"

        async def begin() -> str:
            await beginnings.end_earlier(self.store, request, project, self.clock, decide)
            return await once(self.store, request, decide)

        return await self.past.recalling(begin)

    def _made(self, view: View, project: Project, new: NewSweep, by: str) -> Sweep:
        given.override(known.definition(project, new.start), new.override)
        ask = Start((new.start,), new.parent, mode=new.mode)
        run = beginnings.begun(view, project, ask, by, self.clock())
        return Sweep(
            id=SweepId(f"{run.number:06d}"),
            project=project.id,
            start=new.start,
            axes=new.axes,
            created_at=self.clock(),
            created_by=by,
            mode=new.mode,
            keep_going=new.keep_going,
            parent=run.parent,
            inherited=run.inherited,
            override=new.override,
            first_number=run.number,
            comment=given.text("comment", new.comment),
        )

    async def stop(
        self, request: Request, project: ProjectId, id_: SweepId, *, abort_stages: bool = False, expected: int = 0
    ) -> str:
        """Make no more runs, and abort what lives of those there are if asked. Stopping twice is stopping once."""
        by, name = request.principal.name, f"projects/{project}/sweeps/{id_}"
        stopped = await once(
            self.store,
            replace(request, id="") if abort_stages else request,
            lambda view: (self._stop(view, project, id_, by, expected), name),
        )
        if not abort_stages:
            return stopped
        view = self.store.view
        runs = [run for run in view.runs_of(project) if run.sweep == id_]
        live = [stage for run in runs for stage in view.stages_of_run(run) if stage.live]
        return await in_batches(
            self.store, request, live, lambda view, batch: (aborting(view, batch, by, self.clock()), name)
        )

    def _stop(self, view: View, project: ProjectId, id_: SweepId, by: str, expected: int) -> Commit:
        sweep = known.sweep(view, project, id_)
        expectation = expect(view, sweep_ref(sweep), expected)
        if sweep.stopped or sweep.made >= expressions.count(sweep.axes):
            return Commit()
        stopped = replace(sweep, stopped=Reason("STOPPED", f"stopped by {by}"))
        return Commit(puts=(Put(sweep_ref(sweep), stopped),), expects=(expectation,))


def aborting(view: View, stages: Sequence[Stage], by: str, now: float) -> Commit:
    """Ask for the abort of those that still live and are not being stopped."""
    current = [found for stage in stages if (found := view.stage(stage.id))]
    moved = [advance(stage, AbortRequested(by), now) for stage in current if stage.live and not stage.stopped]
    return Commit(
        puts=tuple(Put(stage_ref(stage), stage) for stage in moved),
        expects=tuple(Expect(stage_ref(stage), view.revision_of(stage_ref(stage))) for stage in moved),
    )


def _count_differs(project: ProjectId, expected: int, count: int) -> FailedPrecondition:
    return FailedPrecondition(
        f"The sweep has {count} points, not the {expected} that were previewed",
        reason="SWEEP_COUNT_DIFFERS",
        subject=f"projects/{project}",
        hint="Preview it again",
        metadata={"count": str(count)},
    )
