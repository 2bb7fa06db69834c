"""Gives up workspaces that the policies of retention let go, and those that somebody dropped by hand.

In two steps: the records say that a workspace is gone, in a transaction that fails when anything it was decided on has changed;
then a manifest of what was there is kept, and the files go. Level-triggered: what was begun is in the projects' records, so
whoever looks next finishes it, and each step may be done again. One in the cluster works at a time, its commits fenced.

Ages are judged by a time that no machine's clock moves forward faster than it is counted (`retention.counted`). It never
needs to know why a policy says what it says.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable, Sequence
from dataclasses import replace

import structlog

from winslow.domain import retention
from winslow.domain.project import Project
from winslow.domain.quantity import about_size
from winslow.domain.records import RETENTION_CLOCK_REF, Change, Commit, Expect, Fence, Kind, Put, project_ref, stage_ref
from winslow.domain.retention import Going, RetentionClock
from winslow.domain.stage import ProjectId, Stage, StageId, State
from winslow.domain.view import View
from winslow.errors import Conflict, DataLoss, Exhausted, NotFound, OutOfRange, Unavailable, WinslowError
from winslow.ports import Archived, Clock, History, Layers, Manifests, Membership, Retiring, Steady, Store
from winslowd.usecases import dropping
from winslowd.usecases.dropping import Dropping, Volume
from winslowd.usecases.filing import facts
from winslowd.usecases.past import Past
from winslowd.usecases.retention import EVERY, Weights
from winslowd.usecases.unhurried import unhurried

log = structlog.get_logger(__name__)

SETTLE = 0.2
"""Seconds in which what wakes it is taken together."""
PAUSE = 60.0
"""Seconds between two looks that ends of stages have woken it for; each goes through all that has a workspace."""
AGAIN = 5.0
"""Seconds before something that failed is tried again."""
BATCHES = 20
"""Transactions of one project in one look: others have their turn then, and the lock is looked at."""


class Retirer:
    """Runs until cancelled. `steady` counts seconds and is never set."""

    def __init__(
        self,
        store: Store,
        membership: Membership,
        history: History,
        layers: Layers,
        retiring: Retiring,
        manifests: Manifests,
        clock: Clock,
        steady: Steady | None = None,
    ) -> None:
        self._store = store
        self._membership = membership
        self._history = history
        self._retiring = retiring
        self._manifests = manifests
        self._clock = clock
        self._steady = steady or (lambda: asyncio.get_running_loop().time())
        self._layers = layers
        self._dropping = Dropping(Past(store, history), history, layers)
        self._weights = Weights(retiring)
        self._fence: Fence | None = None
        self._noted: float | None = None
        """When the time of retention was noted last, by the steady clock; None where somebody else did."""
        self._wake = asyncio.Event()
        self._soon = False
        """Something is to be done at once."""
        self._ended = False
        """A stage has ended: something may go that did not before."""

    async def run(self) -> None:
        while True:
            try:
                async with self._membership.lock("retirer") as term:
                    self._fence, self._noted = term.fence, None
                    await self._work()
            except* Unavailable as group:
                log.warning("the retirer's lock was lost", error=str(group.exceptions[0]))
            except* Conflict as group:
                log.warning("the retirer is another's", error=str(group.exceptions[0]))
            await asyncio.sleep(0.5)

    async def _work(self) -> None:
        async with asyncio.TaskGroup() as group:
            listening = group.create_task(self._listen(), name="retirer: listens for changes")
            try:
                while True:
                    self._soon = self._ended = False
                    looked = asyncio.get_running_loop().time()
                    await self._rest(looked, AGAIN if await self.look() else EVERY)
            finally:
                listening.cancel()

    async def _rest(self, looked: float, longest: float) -> None:
        """Until something is to be done at once, or an end of a stage is a while ago, or `longest` is over."""
        loop = asyncio.get_running_loop()
        while not self._soon:
            left = looked + (min(PAUSE, longest) if self._ended else longest) - loop.time()
            if left <= 0:
                return
            self._wake.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await self._wake.wait()
        await asyncio.sleep(SETTLE)

    async def _listen(self) -> None:
        while True:
            with contextlib.suppress(OutOfRange):
                self._soon = True  # what happened meanwhile nobody tells any more
                self._wake.set()
                async for changes in self._store.changes(self._store.view.revision):
                    self._soon = self._soon or any(map(_at_once, changes))
                    self._ended = self._ended or any(self._may_let_go(change) for change in changes)
                    self._wake.set()

    def _may_let_go(self, change: Change) -> bool:
        """Whether a stage has ended where some policy lets something go."""
        before, now = (one.value if one else None for one in (change.before, change.now))
        ended = isinstance(now, Stage) and now.ended and not (isinstance(before, Stage) and before.ended)
        return ended and not self._store.view.retention(change.ref.key.partition("/")[0]).keeps_all

    # ---- a look

    async def look(self) -> bool:
        """Do what can be done now; whether something failed, or is left, and is to be gone on with soon.

        Raises Conflict (FENCED) when somebody else has become the retirer.
        """
        unfinished = False
        async for project in unhurried(_projects(self._store.view)):
            try:
                if project.dropping:
                    await self._finish(project.id)
            except WinslowError as error:
                unfinished = _not_now(project.id, error)
        try:
            now = await self._time()
        except WinslowError as error:
            return _not_now("", error)
        async for project in unhurried(_projects(self._store.view)):
            try:
                unfinished |= await self._project(project.id, now)
            except WinslowError as error:
                unfinished = _not_now(project.id, error)
        return unfinished

    async def _time(self) -> float:
        """The time by which ages are judged, noted."""
        view, newest = self._store.view, await _newest(self._store.view)
        steady, said = self._steady(), self._clock()
        found = view.get(RETENTION_CLOCK_REF)
        before = found.value if found and isinstance(found.value, RetentionClock) else None
        elapsed = 0.0 if self._noted is None else steady - self._noted
        counted = retention.counted(before, elapsed, said, said if newest is None else newest)
        if said - counted.at > EVERY:
            log.warning(
                "this machine's clock is ahead of what was counted: ages are judged by that", ahead=said - counted.at
            )
        expect = Expect(RETENTION_CLOCK_REF, view.revision_of(RETENTION_CLOCK_REF))
        await self._commit(Commit(puts=(Put(RETENTION_CLOCK_REF, counted),), expects=(expect,)))
        self._noted = steady
        return counted.at

    async def _project(self, id_: ProjectId, now: float) -> bool:
        """Begin and finish what may go of one project; whether more is left."""
        if self._store.view.retention(id_).keeps_all:
            return False
        for _ in range(BATCHES):
            volume = await self._dropping.look(id_)
            sizes = await self._weighed(self._going(id_, volume, now))
            # Nothing is awaited from here to the commit: it expects all that was decided on as it is now.
            going = self._going(id_, volume, now)
            project = self._store.view.project(id_)
            if not going or project is None:
                return False
            commit, taken = dropping.giving_up(self._store.view, project, going, self._clock())
            await self._commit(commit)
            for one in taken:
                _tell(one, sizes.get(one.stage.id))
            await self._finish(id_, volume)
        return True

    def _going(self, id_: ProjectId, volume: Volume, now: float) -> Sequence[Going]:
        view = self._store.view
        project = view.project(id_)
        return dropping.going(view, project, view.retention(id_), volume, now) if project else ()

    async def _weighed(self, going: Sequence[Going]) -> dict[StageId, int]:
        """What the next ones free."""
        return {one.stage.id: await self._weights.of(one.stage) for one in going[: dropping.MARKED]}

    # ---- what was begun

    async def _finish(self, id_: ProjectId, volume: Volume | None = None) -> None:
        """Mark what is history, keep manifests, remove the files, and forget that it was begun. Each may be done again."""
        project = self._store.view.project(id_)
        if project is None or project.deleting or not project.dropping:
            return
        since = dict(project.dropping)
        for stage in await self._marked(id_, since, volume):
            await self._list(stage)
        for owner in since:
            # Files have no fence: while we hold the lock and the project says so, they are ours to remove.
            await self._commit(Commit(expects=(Expect(project_ref(id_), self._still(id_, since)),)))
            await self._retiring.retire(id_, owner)
        await self._layers.remove_bases(id_)
        await self._forget(id_, since)
        log.info("workspaces are gone", project=id_, count=len(since))

    async def _marked(self, id_: ProjectId, since: dict[StageId, float], volume: Volume | None) -> list[Stage]:
        """All attempts whose workspaces go, once the records of each say so, wherever they are."""
        view = self._store.view
        live = [stage for stage in view.stages_of(id_) if StageId(stage.workspace) in since]
        unmarked = [stage for stage in live if stage.workspace_dropped_at is None]
        if unmarked:
            await self._commit(_marking(view, unmarked, since))
        archived = volume.archived if volume else await self._dropping.archived(id_)
        there = {stage.id for stage in live}
        old = [one for at, one in archived.items() if at not in there and _workspace(one) in since]
        marked = [dropping.marked(one, since[_workspace(one)]) for one in old]
        if marked:
            await self._history.append(id_, [(one, facts(one)) for one in marked])
        return [*live, *(one.value for one in marked if isinstance(one.value, Stage))]

    async def _list(self, stage: Stage) -> None:
        """Keep what was there as a list, as far as there is room for it: what goes makes some."""
        if stage.state is State.SKIPPED:
            return
        try:
            await self._manifests.make(stage.project, stage.id, stage.workspace)
        except NotFound:
            return  # it never had a directory
        except (Exhausted, DataLoss) as error:
            log.warning(
                "nothing will tell what a workspace held", stage=stage.id, error=str(error), reason=error.reason
            )

    def _still(self, id_: ProjectId, since: dict[StageId, float]) -> int:
        """The project's revision, while it says what is being removed. Raises Conflict (REVISION_MISMATCH)."""
        project = self._store.view.project(id_)
        if project is None or project.deleting or not since.items() <= dict(project.dropping).items():
            raise Conflict(f"{id_} has changed", reason="REVISION_MISMATCH", subject=f"projects/{id_}")
        return self._store.view.revision_of(project_ref(id_))

    async def _forget(self, id_: ProjectId, since: dict[StageId, float]) -> None:
        revision = self._still(id_, since)
        project = self._store.view.project(id_)
        assert project
        rest = {owner: at for owner, at in project.dropping.items() if owner not in since}
        ref = project_ref(id_)
        await self._commit(Commit(puts=(Put(ref, replace(project, dropping=rest)),), expects=(Expect(ref, revision),)))

    async def _commit(self, commit: Commit) -> None:
        """Only while nobody else has become the retirer."""
        await self._store.commit(replace(commit, fence=self._fence))


def _at_once(change: Change) -> bool:
    """Whether a policy has changed, or somebody has dropped a workspace by hand."""
    now = change.now.value if change.now else None
    begun = isinstance(now, Project) and bool(now.dropping) and not now.deleting
    return change.ref.kind is Kind.RETENTION or begun


def _tell(one: Going, frees: int | None) -> None:
    size = "" if frees is None else about_size(frees)
    log.info("a workspace goes", stage=one.stage.id, project=one.stage.project, reason=one.reason, frees=size)


def _not_now(project: str, error: WinslowError) -> bool:
    """Told, to be tried again; True. Raises it where it ends the term."""
    if isinstance(error, Conflict) and error.reason == "FENCED":
        raise error
    if not isinstance(error, Conflict):  # somebody changed something meanwhile: the next look sees how
        log.warning("workspaces are given up later", project=project, error=str(error), reason=error.reason)
    return True


def _marking(view: View, stages: Iterable[Stage], since: dict[StageId, float]) -> Commit:
    """Marks those that were put back from the history just when it was being marked there."""
    puts = [Put(stage_ref(one), replace(one, workspace_dropped_at=since[StageId(one.workspace)])) for one in stages]
    return Commit(puts=tuple(puts), expects=tuple(Expect(put.ref, view.revision_of(put.ref)) for put in puts))


def _workspace(found: Archived) -> StageId:
    assert isinstance(found.value, Stage)
    return StageId(found.value.workspace)


def _projects(view: View) -> list[Project]:
    found = (one.value for one in view.all(Kind.PROJECT).values())
    return [one for one in found if isinstance(one, Project) and not one.deleting]


async def _newest(view: View) -> float | None:
    """The latest moment that any record tells of, in Unix seconds; None where there are none."""
    told = max((one.created_at for one in _projects(view)), default=None)
    async for found in unhurried(list(view.all(Kind.STAGE).values())):
        if isinstance(found.value, Stage):
            told = max(told or 0.0, retention.ended_at(found.value))
    return told
