"""What must not stay, and what falls due: deleted projects, uploads that nobody goes on with, drains at their deadline.

Level-triggered and repeatable: each look at the records says what is left to do, so a janitor that was stopped at any
point goes on where it was. One in the cluster works at a time, and what it commits is fenced: another that takes its place
has it to itself. Files have no fence: before they are removed it is made sure that the project is still ours to remove.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable, Sequence
from dataclasses import replace

import structlog

from winslow.domain.node import NodePolicy
from winslow.domain.principal import SYSTEM
from winslow.domain.project import Project
from winslow.domain.records import (
    LIMITS_REF,
    Change,
    Commit,
    Expect,
    Fence,
    Kind,
    Put,
    Ref,
    node_policy_ref,
    project_ref,
    retention_ref,
)
from winslow.domain.stage import DRAIN, ProjectId, Stage
from winslow.domain.view import View
from winslow.errors import Conflict, OutOfRange, Unavailable, WinslowError
from winslow.ports import Clock, Membership, Store, Uploads, Workspaces
from winslowd.usecases.requests import BATCH
from winslowd.usecases.sweeps import aborting

log = structlog.get_logger(__name__)

RESYNC = 30.0
"""Seconds after which it looks again though nothing woke it."""
AGAIN = 2.0
"""Seconds before something that failed is tried again."""
RECORDS = 100
"""Records deleted in one transaction; etcd takes 128 operations in one by default."""
OWNED = (Kind.COMMENT, Kind.STAGE, Kind.RUN, Kind.SWEEP)
"""What a project's key leads. Stages go before runs, so that no run is seen without being able to tell why."""


NOTED = 60.0
"""Seconds after which it is noted how much of a drain is left, at least: what a change of janitors may add to it."""
TWENTIETH = 0.05
UPLOAD_KEPT = 7 * 86_400.0
"""Seconds that an upload may be left alone: a week's holiday, and it still goes on where it was."""
UPLOADS_EVERY = 3600.0


class Janitor:
    """Runs until cancelled."""

    def __init__(
        self,
        store: Store,
        membership: Membership,
        workspaces: Workspaces,
        uploads: Uploads,
        clock: Clock,
        steady: Clock | None = None,
    ) -> None:
        self._store = store
        self._membership = membership
        self._workspaces = workspaces
        self._uploads = uploads
        self._clock = clock
        self._drains = Drains(steady or (lambda: asyncio.get_running_loop().time()))
        self._fence: Fence | None = None
        self._wake = asyncio.Event()

    async def run(self) -> None:
        while True:
            try:
                async with self._membership.lock("janitor") as term:
                    self._fence = term.fence
                    self._drains.begin_anew()
                    await self._work()
            except Unavailable as error:
                log.warning("the janitor's lock was lost", error=str(error))
                await asyncio.sleep(0.5)

    async def _work(self) -> None:
        async with asyncio.TaskGroup() as group:
            beside = [
                group.create_task(self._listen(), name="janitor: listens for changes"),
                group.create_task(self._forget_uploads_hourly(), name="janitor: forgets uploads"),
            ]
            try:
                while True:
                    self._wake.clear()
                    await self._rest(await self.look())
            finally:
                for task in beside:
                    task.cancel()

    async def look(self) -> bool:
        """Do what can be done now; whether something failed and is to be tried again soon."""
        view = self._store.view
        failed = False
        for step in [
            *(self._remove(project) for project in _deleting(view)),
            *(self._drain(policy, left) for policy, left in self._drains.left(_policies(view), self._clock())),
        ]:
            try:
                await step
            except Conflict:
                failed = True  # somebody else changed it meanwhile: the next look sees how
            except WinslowError as error:
                log.warning("tried again soon", error=str(error), reason=error.reason)
                failed = True
        return failed

    async def _rest(self, failed: bool) -> None:
        due = [left for _, left in self._drains.left(_policies(self._store.view), self._clock()) if left > 0]
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(min([AGAIN if failed else RESYNC, *due])):
                await self._wake.wait()

    async def _listen(self) -> None:
        while True:
            with contextlib.suppress(OutOfRange):
                self._wake.set()
                async for changes in self._store.changes(self._store.view.revision):
                    if any(_matters(self._store.view, change) for change in changes):
                        self._wake.set()

    # ---- uploads

    async def _forget_uploads_hourly(self) -> None:
        """Beside the rest: a walk over all projects must not keep a drain waiting."""
        while True:
            await self.forget_uploads()
            await asyncio.sleep(UPLOADS_EVERY)

    async def forget_uploads(self) -> None:
        """Give back the room of uploads that nobody touched for a week."""
        try:
            count = await self._uploads.expire(self._clock() - UPLOAD_KEPT)
        except WinslowError as error:
            log.warning("old uploads stay until the next look", error=str(error), reason=error.reason)
        else:
            if count:
                log.info("old uploads are gone", count=count)

    # ---- deleted projects

    async def _remove(self, project: Project) -> None:
        """Stages, files, records, the project itself: in this order, each again after a stop."""
        live = [stage for stage in self._store.view.stages_of(project.id) if stage.live]
        if live:
            await self._abort([stage for stage in live if not stage.stopped], SYSTEM.name)
            return  # their ends wake us
        await self._remove_files(project)
        await self._delete_records(project.id)
        await self._remove_files(project)  # what a late publisher may have put there meanwhile
        await self._commit(_forgetting(self._store.view, project.id))
        log.info("project is gone", project=project.id)

    async def _remove_files(self, project: Project) -> None:
        """While it is still ours to do: whoever took our place may be through, and the id be a new project's by now.

        Who is frozen just here removes nothing of the new one all the same: it has another suffix.
        """
        ref = project_ref(project.id)
        await self._commit(Commit(expects=(Expect(ref, self._store.view.revision_of(ref)),)))
        await self._workspaces.delete_project(project.id, project.suffix)

    async def _abort(self, stages: Sequence[Stage], by: str) -> None:
        for start in range(0, len(stages), BATCH):
            commit = aborting(self._store.view, stages[start : start + BATCH], by, self._clock())
            if commit.puts:
                await self._commit(commit)

    async def _delete_records(self, project: ProjectId) -> None:
        """Until there are none: while its run is there, a leader that does not know yet may make another stage."""
        while owned := [ref for kind in OWNED for ref in _owned(self._store.view, kind, project)]:
            for start in range(0, len(owned), RECORDS):
                await self._commit(Commit(deletes=tuple(owned[start : start + RECORDS])))

    async def _commit(self, commit: Commit) -> None:
        """Only while nobody else has become the janitor."""
        await self._store.commit(replace(commit, fence=self._fence))

    # ---- drains

    async def _drain(self, policy: NodePolicy, left: float) -> None:
        """At the deadline, abort what still runs on the node, to be tried again, which is elsewhere: the node is cordoned."""
        if left <= 0:
            await self._abort([one for one in self._store.view.live_on(policy.id) if one.abort is None], DRAIN)
        elif policy.drain_left is not None and policy.drain_left - left >= max(NOTED, TWENTIETH * left):
            ref = node_policy_ref(policy.id)
            expect = Expect(ref, self._store.view.revision_of(ref))
            noted = replace(policy, drain_left=round(left, 3))
            await self._commit(Commit(puts=(Put(ref, noted),), expects=(expect,)))
            self._drains.noted(noted)


class Drains:
    """How long drained nodes still have, counted by a steady clock from when that was noted last.

    The wall clocks of the machine that was asked and of the janitor's may be a day apart: no stage may be aborted for that.
    """

    def __init__(self, steady: Clock) -> None:
        self._steady = steady
        self._since: dict[_Drain, float] = {}
        self._looked = 0.0

    def begin_anew(self) -> None:
        """Another may have counted meanwhile."""
        self._since.clear()

    def left(self, policies: Iterable[NodePolicy], now: float) -> list[tuple[NodePolicy, float]]:
        """The drains with the seconds that they have. `now` (Unix seconds) is for records of versions that did not count."""
        self._looked = self._steady()
        drained = [policy for policy in policies if policy.drain_deadline is not None]
        self._since = {_drain_of(one): self._since.get(_drain_of(one), self._looked) for one in drained}
        return [(one, self._left(one, now)) for one in drained]

    def noted(self, policy: NodePolicy) -> None:
        """What was left at the last look is in the records."""
        self._since[_drain_of(policy)] = self._looked

    def _left(self, policy: NodePolicy, now: float) -> float:
        if policy.drain_left is None:
            return (policy.drain_deadline or now) - now
        return policy.drain_left - (self._looked - self._since[_drain_of(policy)])


_Drain = tuple[str, float | None, float | None]


def _drain_of(policy: NodePolicy) -> _Drain:
    """Another drain of the same node is counted for itself; whatever else is decided about the node changes nothing."""
    return policy.id, policy.drain_deadline, policy.drain_left


def _owned(view: View, kind: Kind, project: ProjectId) -> list[Ref]:
    return [Ref(kind, key) for key in view.all(kind) if key.startswith(f"{project}/")]


def _forgetting(view: View, project: ProjectId) -> Commit:
    """The last transaction: the project, and what was set for it elsewhere, which the next one of its id must not inherit."""
    ref, limits = project_ref(project), view.limits()
    expects = [Expect(ref, view.revision_of(ref))]
    puts: tuple[Put, ...] = ()
    if project in limits.projects:
        others = {id_: most for id_, most in limits.projects.items() if id_ != project}
        puts = (Put(LIMITS_REF, replace(limits, projects=others)),)
        expects.append(Expect(LIMITS_REF, view.revision_of(LIMITS_REF)))
    return Commit(puts=puts, deletes=(ref, retention_ref(project)), expects=tuple(expects))


def _deleting(view: View) -> list[Project]:
    found = (one.value for one in view.all(Kind.PROJECT).values())
    return [project for project in found if isinstance(project, Project) and project.deleting]


def _policies(view: View) -> Iterable[NodePolicy]:
    found = (one.value for one in view.all(Kind.NODE_POLICY).values())
    return (policy for policy in found if isinstance(policy, NodePolicy))


def _matters(view: View, change: Change) -> bool:
    match change.ref.kind:
        case Kind.NODE_POLICY:
            return True
        case Kind.PROJECT:
            return change.now is not None and isinstance(change.now.value, Project) and change.now.value.deleting
        case Kind.STAGE:
            project = view.project(change.ref.key.partition("/")[0])
            return project is not None and project.deleting
        case _:
            return False
