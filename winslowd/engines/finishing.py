"""What follows the record of an end: the output is shown, the container goes, the journal forgets.

Repeatable until the journal's entry is closed, by the attempt itself or by the daemon that comes after it. It never needs
to know how the stage was executed.
"""

from __future__ import annotations

import structlog

from winslow.domain import exits, layout
from winslow.domain.stage import Stage, StageId
from winslow.errors import NotFound
from winslowd.engines.containers import Tools
from winslowd.engines.patience import insist

log = structlog.get_logger(__name__)


class Finishing:
    """Finishes stages of this node that have ended, and what is left of stages that are not this node's."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    async def insist(self, id_: StageId) -> None:
        """Finish it, however long the engine or the volume cannot be reached."""
        await insist(lambda: self.finish(id_), "stage is not finished yet", stage=id_)

    async def finish(self, id_: StageId) -> None:
        """Publish the output of a success that nobody has overtaken, remove the container, close the journal.

        A stage that nobody knows is only cleaned up. Raises what the volume and the engine raise; then it is to be called again.
        """
        stage = self._tools.store.view.stage(id_)
        if stage is not None:
            await self._publish(stage)
        async with self._tools.quiet.moment():
            await self._tools.driver.remove(id_)
        self._tools.journal.close(id_)

    async def _publish(self, stage: Stage) -> None:
        """Whoever is overtaken by a later success while publishing shows that one's output in the place of its own.

        A node whose view is late must not show what another has overtaken: it catches up before it looks, and looks again
        after it has shown something, since it may have been frozen in between.
        """
        latest, shown = await self._latest(stage), None
        if latest != stage.id:
            return
        while latest and latest != shown:
            await self._show(latest)
            latest, shown = await self._latest(stage), latest

    async def _latest(self, stage: Stage) -> StageId | None:
        store = self._tools.store
        await store.caught_up(stage.project)
        return exits.published(store.view.stages_of(stage.project), stage.definition.name)

    async def _show(self, id_: StageId) -> None:
        stage = self._tools.store.view.stage(id_)
        assert stage is not None  # it was just read from the view
        try:
            await self._tools.workspaces.publish(layout.plan_workspace(stage, None), stage.definition.name)
        except NotFound as error:  # removed meanwhile, with its project perhaps: nothing is left to show
            log.warning("output is gone, nothing is published", stage=id_, error=str(error))
