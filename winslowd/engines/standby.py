"""Containers made ready before their turn.

What follows a stage is often known while it still executes (`progress.foresee`), and so is which of those that wait
for room is next. Then the next stage's image is fetched and its container brought up beside the running one, its
launcher holding the process back. If the stage is made as it was foreseen and awarded to this node, its attempt finds
the container waiting and lets it go; otherwise it is removed. It reserves nothing: the launcher that waits uses no
memory to speak of and no CPU.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine
from dataclasses import dataclass
from heapq import nsmallest
from typing import Any

import structlog

from winslow.domain.container import ContainerSpec
from winslow.domain.pipeline import WorkspaceMode
from winslow.domain.progress import foresee
from winslow.domain.resources import shortage
from winslow.domain.stage import PLACED, Stage, StageId, State
from winslow.domain.standing import Situation, situation_of
from winslow.errors import WinslowError
from winslowd.engines.containers import Containers, Tools
from winslowd.engines.patience import insist

log = structlog.get_logger(__name__)

AT_MOST = 4
"""Containers held ready on a node at the same time."""
LEFT_ALONE = frozenset({WorkspaceMode.CONTINUE, WorkspaceMode.LAYERED})
AT_ONCE = 2
"""Of them, started at the same time: more of them only make each other late."""
LEADER_WITHIN = 10.0
"""Seconds after its parent's success in which a stage is still expected; then its container goes."""


class Turns:
    """At most so many starts at once, and evenly apart: begun together, they end together, late, and all wait for both."""

    def __init__(self, at_once: int) -> None:
        self._places = asyncio.Semaphore(at_once)
        self._apart = 0.0
        self._next = 0.0
        self._at_once = at_once

    @contextlib.asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """A turn; the distance kept is that of the latest starts, shared out."""
        loop = asyncio.get_running_loop()
        async with self._places:
            now = loop.time()
            began = max(now, self._next)
            self._next = began + self._apart
            await asyncio.sleep(began - now)
            yield
            self._apart = (self._apart + (loop.time() - began) / self._at_once) / 2


@dataclass(frozen=True, slots=True)
class Guess:
    """What follows `stage` as things stand: made anew when they have changed, and not whenever anything in the cluster has."""

    stage: Stage
    situation: Situation
    made: tuple[Stage, ...]


class Standbys:
    """This node's containers before their turn. `look` whenever the view has changed."""

    def __init__(self, tools: Tools, containers: Containers, group: asyncio.TaskGroup) -> None:
        self._tools = tools
        self._containers = containers
        self._group = group
        self._works: dict[StageId, asyncio.Task[None]] = {}
        self._stages: dict[StageId, Stage] = {}
        self._made: dict[StageId, ContainerSpec] = {}
        self._guesses: dict[StageId, Guess] = {}
        self._turns = Turns(AT_ONCE)

    @property
    def ids(self) -> frozenset[StageId]:
        """Stages whose containers are being made, held or removed here."""
        return frozenset(self._works)

    def look(self) -> None:
        """Begin to make what is foreseen now, and to remove what no longer can come."""
        foreseen = self._foreseen()
        for id_, stage in list(self._stages.items()):
            if not self._may_come(stage, foreseen):
                self._begin(id_, self._discard(id_, self._works[id_]))
                del self._stages[id_]
        for id_, stage in foreseen.items():
            if id_ not in self._works and len(self._works) < AT_MOST:
                self._stages[id_] = stage
                self._begin(id_, self._make(stage))

    def _may_come(self, stage: Stage, foreseen: dict[StageId, Stage]) -> bool:
        """Whether its turn may still come here. Between its parent's end and its making the leader is asked, not us."""
        if stage.id in foreseen:
            return True
        view = self._tools.store.view
        made, run = view.stage(stage.id), view.run(stage.project, stage.run)
        goes_on = run is not None and run.active and not run.hold
        if made is not None:
            return made.live and (made.node == self._tools.node or (made.node is None and goes_on))
        parent = view.stage(stage.parent) if stage.parent else None
        if parent is None:
            return stage.parent in self._stages
        just_ended = parent.state is State.SUCCEEDED and (parent.ended_at or 0) > self._tools.clock() - LEADER_WITHIN
        return just_ended and goes_on

    async def claim(self, id_: StageId) -> ContainerSpec | None:
        """The spec of the container that is held ready for the stage, if there is one; from now on it is its attempt's.

        Waits until nothing is done to it here any more; cancelled meanwhile, gives up what is being done.
        """
        self._stages.pop(id_, None)
        while (work := self._works.get(id_)) is not None:
            try:
                await asyncio.wait((work,))
            except asyncio.CancelledError:
                await _over(work)
                raise
            finally:
                self._forget(id_, work)
        return self._made.pop(id_, None)

    async def leave(self) -> None:
        """Remove every container that only waits."""
        for id_, work in list(self._works.items()):
            if id_ in self._stages:
                del self._stages[id_]
                self._begin(id_, self._discard(id_, work))
        if self._works:
            await asyncio.wait(list(self._works.values()))

    def occupy(self, id_: StageId, work: Coroutine[Any, Any, None]) -> None:
        """Have `work` done to a container that an earlier daemon left; whoever claims its stage waits for that."""
        self._begin(id_, self._release_after(id_, work))

    async def _release_after(self, id_: StageId, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception:
            log.exception("what an earlier daemon left stays until the next start", stage=id_)
        finally:
            self._forget(id_, asyncio.current_task())

    def _foreseen(self) -> dict[StageId, Stage]:
        found: dict[StageId, Stage] = {}
        before, self._guesses = self._guesses, {}
        for stage in self._tools.store.view.live_on(self._tools.node):
            if stage.state in PLACED and not stage.abort:
                found.update({next_.id: next_ for next_ in self._next(stage, before.get(stage.id))})
        found.update({stage.id: stage for stage in self._waiting()})
        return found

    def _waiting(self) -> list[Stage]:
        """The next in turn of those that wait for room, where no other node could be given them."""
        view, now = self._tools.store.view, self._tools.clock()
        if [node.id for node in view.nodes()] != [self._tools.node]:
            return []
        held = {(run.project, run.id) for run in view.active_runs() if run.hold}
        waiting = (
            stage
            for stage in view.live_stages()
            if stage.node is None and stage.due(now) and (stage.project, stage.run) not in held
        )
        turn = nsmallest(AT_MOST, waiting, key=lambda stage: (stage.created_at, stage.id))
        return [stage for stage in turn if self._suits(stage)]

    def _next(self, stage: Stage, before: Guess | None) -> list[Stage]:
        view = self._tools.store.view
        run = view.run(stage.project, stage.run)
        situation = situation_of(view, run) if run else None
        if situation is None:
            return []
        same = before is not None and before.stage is stage and before.situation == situation
        guess = before if before and same else Guess(stage, situation, foresee(situation, stage, self._tools.clock()))
        self._guesses[stage.id] = guess
        return [one for one in guess.made if view.stage(one.id) is None and not one.not_before and self._suits(one)]

    def _suits(self, stage: Stage) -> bool:
        """Whether this node could execute it, and getting ready spoils nothing: GPUs and used workspaces are left alone.

        So is what needs a mount, which takes no time once the parent has ended, and cannot be made before.
        """
        need, me = stage.definition.resources, self._tools.node
        if need.gpus.count or stage.definition.workspace in LEFT_ALONE:
            return False
        if any(self._may_be_layered(id_) for id_ in stage.joined.values()):
            return False
        node = next((one for one in self._tools.store.view.nodes() if one.id == me), None)
        return node is not None and not shortage(need, node.capacity, node.tags)

    def _may_be_layered(self, id_: StageId) -> bool:
        stage = self._tools.store.view.stage(id_)
        home = self._tools.store.view.stage(StageId(stage.workspace)) if stage and stage.workspace else stage
        return home is None or home.definition.workspace is WorkspaceMode.LAYERED

    def _begin(self, id_: StageId, work: Coroutine[Any, Any, None]) -> None:
        self._works[id_] = self._group.create_task(work, name=f"standby {id_}")

    async def _make(self, stage: Stage) -> None:
        try:
            spec = await self._containers.spec(stage, hold=True)
            await self._tools.workspaces.reserve(self._containers.plan(stage), spec.user)
            async with self._turns.one():
                with self._tools.quiet.disturbed():
                    await self._tools.driver.create(spec)
                    await self._tools.driver.start(stage.id)
            self._made[stage.id] = spec
        except WinslowError as error:
            log.info("could not get ready before its turn", stage=stage.id, error=str(error))
        except Exception:  # it only saves time: a fault of ours in it must not take the node's stages with it
            log.exception("could not get ready before its turn", stage=stage.id)

    async def _discard(self, id_: StageId, work: asyncio.Task[None]) -> None:
        """Its directories stay: they are empty, and another node may be about to fill them."""
        await _over(work)
        self._made.pop(id_, None)
        remove = self._tools.driver.remove
        try:
            await insist(lambda: remove(id_), "a container that is not needed is not removed yet", stage=id_)
            self._tools.journal.close(id_)
        except Exception:
            log.exception("a container that is not needed stays until the next start", stage=id_)
        finally:
            self._forget(id_, asyncio.current_task())

    def _forget(self, id_: StageId, work: asyncio.Task[None] | None) -> None:
        if self._works.get(id_) is work:
            del self._works[id_]


async def _over(work: asyncio.Task[None]) -> None:
    """Give the work up, and wait until nothing of it goes on."""
    work.cancel()
    await asyncio.wait((work,))
