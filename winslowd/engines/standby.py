"""Containers made ready before their turn.

What follows a stage is often known while it still executes (`progress.foresee`). Then the next stage's image is fetched
and its container brought up beside the running one, its launcher holding the process back. If the stage is made
as it was foreseen and awarded to this node, its attempt finds the container waiting and lets it go; otherwise it is removed.
It reserves nothing: the launcher that waits uses no memory to speak of and no CPU.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import structlog

from winslow.domain.container import ContainerSpec
from winslow.domain.pipeline import WorkspaceMode
from winslow.domain.progress import foresee, situation_of
from winslow.domain.resources import shortage
from winslow.domain.stage import PLACED, Stage, StageId
from winslow.errors import WinslowError
from winslowd.engines.containers import Containers, Tools

log = structlog.get_logger(__name__)

AT_MOST = 4
"""Containers held ready on a node at the same time."""


class Standbys:
    """This node's containers before their turn. `look` whenever the view has changed."""

    def __init__(self, tools: Tools, containers: Containers, group: asyncio.TaskGroup) -> None:
        self._tools = tools
        self._containers = containers
        self._group = group
        self._works: dict[StageId, asyncio.Task[None]] = {}
        self._made: dict[StageId, ContainerSpec] = {}

    @property
    def ids(self) -> frozenset[StageId]:
        """Stages whose containers are being made, held or removed here."""
        return frozenset(self._works)

    def look(self) -> None:
        """Begin to make what is foreseen now, and to remove what no longer is."""
        view = self._tools.store.view
        foreseen = self._foreseen()
        for id_ in self._works.keys() - foreseen.keys():
            stage = view.stage(id_)
            if not (stage and stage.live and stage.node in (None, self._tools.node)):
                self._begin(id_, self._discard(id_, self._works[id_]))
        for id_, stage in foreseen.items():
            if id_ not in self._works and len(self._works) < AT_MOST:
                self._begin(id_, self._make(stage))

    async def claim(self, id_: StageId) -> ContainerSpec | None:
        """The spec of the container that is held ready for the stage, if there is one; from now on it is its attempt's.

        Waits until nothing is done to it here any more.
        """
        work = self._works.get(id_)
        if work is not None:
            await asyncio.wait((work,))
            self._works.pop(id_, None)
        return self._made.pop(id_, None)

    def _foreseen(self) -> dict[StageId, Stage]:
        found: dict[StageId, Stage] = {}
        for stage in self._tools.store.view.live_on(self._tools.node):
            if stage.state in PLACED and not stage.abort:
                found.update({next_.id: next_ for next_ in self._next(stage)})
        return found

    def _next(self, stage: Stage) -> list[Stage]:
        view = self._tools.store.view
        run = view.run(stage.project, stage.run)
        situation = situation_of(view, run) if run else None
        if situation is None:
            return []
        made = foresee(situation, stage, self._tools.clock())
        return [next_ for next_ in made if view.stage(next_.id) is None and self._suits(next_)]

    def _suits(self, stage: Stage) -> bool:
        """Whether this node could execute it, and getting ready spoils nothing: GPUs and used workspaces are left alone."""
        need, me = stage.definition.resources, self._tools.node
        if need.gpus.count or stage.definition.workspace is WorkspaceMode.CONTINUE or stage.not_before:
            return False
        node = next((one for one in self._tools.store.view.nodes() if one.id == me), None)
        return node is not None and not shortage(need, node.capacity, node.tags)

    def _begin(self, id_: StageId, work: Coroutine[Any, Any, None]) -> None:
        self._works[id_] = self._group.create_task(work, name=f"standby {id_}")

    async def _make(self, stage: Stage) -> None:
        try:
            spec = await self._containers.spec(stage, hold=True)
            await self._tools.workspaces.reserve(self._containers.plan(stage), spec.user)
            await self._tools.driver.create(spec)
            await self._tools.driver.start(stage.id)
            self._made[stage.id] = spec
        except WinslowError as error:
            log.info("could not get ready before its turn", stage=stage.id, error=str(error))

    async def _discard(self, id_: StageId, work: asyncio.Task[None]) -> None:
        """Its directories stay: they are empty, and another node may be about to fill them."""
        await asyncio.wait((work,))
        self._made.pop(id_, None)
        try:
            await self._tools.driver.remove(id_)
            self._tools.journal.close(id_)
        except WinslowError as error:
            log.warning("a container that is not needed stays until the next start", stage=id_, error=str(error))
        finally:
            self._works.pop(id_, None)
