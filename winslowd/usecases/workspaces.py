"""Workspaces of ended stages, as people keep them: a plain directory in the place of layers."""

from __future__ import annotations

from dataclasses import dataclass

from winslow.domain.stage import StageId
from winslow.errors import FailedPrecondition
from winslow.ports import Layers, Store
from winslowd.usecases import known, past
from winslowd.usecases.past import Past
from winslowd.usecases.requests import Request, after


@dataclass(frozen=True, slots=True)
class Workspaces:
    """The use cases of workspaces. All raise NotFound (PROJECT_UNKNOWN, STAGE_UNKNOWN); a project may be `-`."""

    store: Store
    layers: Layers
    past: Past

    async def materialize(self, request: Request, project: str, id_: StageId) -> str:
        """Make a plain directory of a stage's layered workspace; nothing happens when it is one.

        Takes as long as a copy. Raises FailedPrecondition (STAGE_LIVE, PROJECT_DELETING), NotFound (SOURCE_MISSING),
        Exhausted (DISK_FULL).
        """
        stage = past.stage_shown(await self.past.stage(project, id_)).stage
        if stage.live:
            raise FailedPrecondition(
                f"The stage {stage.id} has not ended",
                reason="STAGE_LIVE",
                subject=stage.id,
                hint="Wait for its end, or abort it",
            )
        known.lasting_project(self.store.view, stage.project)

        async def work() -> None:
            if stage.workspace:  # one that was skipped first of all shows the zeroth, which is plain
                await self.layers.materialize(stage.project, StageId(stage.workspace))

        return await after(self.store, request, work, f"projects/{stage.project}/stages/{stage.id}")
