"""Stages, single attempts, as people look at them: list, abort, pin, and why one waits."""

from __future__ import annotations

from dataclasses import dataclass, replace

from winslow.domain import needs, silence
from winslow.domain.lifecycle import AbortRequested, advance
from winslow.domain.principal import Principal
from winslow.domain.records import Commit, Kind, Put, stage_ref
from winslow.domain.stage import PLACED, ProjectId, Stage, StageId
from winslow.domain.view import View
from winslow.ports import Clock, Store
from winslowd.usecases import known, past, refusals
from winslowd.usecases.derived import StageShown
from winslowd.usecases.listing import Ask, Listing, Page
from winslowd.usecases.past import Past
from winslowd.usecases.requests import Request, answered, expect, in_batches, once
from winslowd.usecases.sweeps import aborting

LISTING: Listing[StageShown] = Listing(
    name=lambda shown: shown.stage.id,
    order="create_time",
    orders={
        "create_time": lambda shown: shown.stage.created_at,
        "end_time": lambda shown: shown.stage.ended_at or 0.0,
    },
    fields={
        "run": lambda shown: (f"projects/{shown.stage.project}/runs/{shown.stage.run}", shown.stage.run),
        "definition": lambda shown: (shown.stage.definition.name,),
        "state": lambda shown: (shown.stage.state.value,),
        "node": lambda shown: (f"nodes/{shown.stage.node}", shown.stage.node) if shown.stage.node else (),
        "author": lambda shown: (shown.stage.created_by,),
        "workspace": lambda shown: () if shown.stage.workspace_dropped_at is None else ("dropped",),
    },
)


@dataclass(frozen=True, slots=True)
class Stages:
    """The use cases of stages. All raise NotFound (PROJECT_UNKNOWN, STAGE_UNKNOWN); a project may be `-` but in lists of it."""

    store: Store
    clock: Clock
    past: Past

    # ---- looking

    async def get(self, asker: Principal, project: str, id_: str) -> StageShown:
        """A stage, live, ended, or in its project's history."""
        found = await self.past.stage(project, id_)
        live = self.store.view.stage(id_)
        return shown(self.store.view, live, self.clock()) if live else past.stage_shown(found)

    async def list(self, asker: Principal, project: ProjectId | None, ask: Ask) -> Page[StageShown]:
        """Oldest first, with the project's history; None for those of all projects, without their histories."""
        view, now = self.store.view, self.clock()
        if project is not None:
            known.project(view, project)
            live = {stage_ref(stage).key: shown(view, stage, now) for stage in view.stages_of(project)}
            return await self.past.page(LISTING, Kind.STAGE, project, live, ask, past.stage_shown)
        every = [found.value for found in view.all(Kind.STAGE).values()]
        return LISTING.page([shown(view, stage, now) for stage in every if isinstance(stage, Stage)], ask)

    # ---- changing

    async def abort(self, request: Request, project: str, id_: StageId, expected: int = 0) -> str:
        """Abort it wherever it is on its way. Aborting twice is aborting once. Raises FailedPrecondition (STAGE_ENDED)."""

        def decide(view: View) -> tuple[Commit, str]:
            stage = known.stage(view, project, id_)
            name = f"projects/{stage.project}/stages/{stage.id}"
            expectation = expect(view, stage_ref(stage), expected)
            if stage.ended and not stage.stopped:
                raise refusals.stage_ended(stage)
            if stage.stopped:
                return Commit(), name
            moved = advance(stage, AbortRequested(request.principal.name), self.clock())
            return Commit(puts=(Put(stage_ref(stage), moved),), expects=(expectation,)), name

        return await self.past.recalling(lambda: once(self.store, request, decide))

    async def abort_all(self, request: Request, project: ProjectId) -> str:
        """Abort all that live in a project; answers the latest one's name. Raises FailedPrecondition (STAGE_ENDED) where none does."""
        view, by = self.store.view, request.principal.name
        known.project(view, project)
        live = [stage for stage in view.stages_of(project) if stage.live]
        before = answered(view, request)
        if before is not None:
            return before
        if not live:
            raise refusals.nothing_lives(project)
        name = f"projects/{project}/stages/{live[-1].id}"
        return await in_batches(
            self.store, request, live, lambda view, batch: (aborting(view, batch, by, self.clock()), name)
        )

    async def pin(self, request: Request, project: str, id_: StageId, *, pinned: bool, expected: int = 0) -> str:
        """Keep its workspace whatever the retention policy says, or let it go again.

        Raises FailedPrecondition (SOURCE_DROPPED) for one that was given up.
        """

        def decide(view: View) -> tuple[Commit, str]:
            stage = known.stage(view, project, id_)
            name = f"projects/{stage.project}/stages/{stage.id}"
            expectation = expect(view, stage_ref(stage), expected)
            if stage.pinned == pinned:
                return Commit(), name
            if pinned and needs.dropped(known.project(view, stage.project), stage):
                raise needs.source_dropped(stage)
            return Commit(puts=(Put(stage_ref(stage), replace(stage, pinned=pinned)),), expects=(expectation,)), name

        return await self.past.recalling(lambda: once(self.store, request, decide))


def shown(view: View, stage: Stage, now: float) -> StageShown:
    """A stage as it is at `now`, Unix seconds; one whose node is silent says for how long it is waited for."""
    revision = view.revision_of(stage_ref(stage))
    if stage.node is None or stage.state not in PLACED or view.node(stage.node):
        return StageShown(stage, revision)
    return StageShown(replace(stage, reason=silence.told(stage, view.silence(stage.node), now)), revision, suspect=True)
