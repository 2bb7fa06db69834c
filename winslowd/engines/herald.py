"""Notices what people want to be told: who waits for whom, what failed or ended, which nodes are lost, what storage warns of.

Level-triggered, in two steps: what is news is written down in the transaction that notes it, so that nothing is news twice and
nothing is lost; then the messenger tells it (`winslowd.engines.messenger`). One in the cluster works at a time, its commits fenced;
the next one goes on from what is noted. While nobody subscribes nothing is written: what is so then is old once somebody does.

It never needs to know how anybody is told (ADR 26).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable, Sequence
from typing import TypeVar

import structlog

from winslow.domain import notices
from winslow.domain.notices import CLUSTER, NODE_LOST_AFTER, Noted
from winslow.domain.project import Project
from winslow.domain.records import Change, Commit, Fence, Kind, Put, Ref, noted_ref, notice_ref
from winslow.domain.stage import NodeId, Stage
from winslow.domain.subscription import Notice
from winslow.domain.view import View
from winslow.errors import Conflict, OutOfRange, Unavailable, WinslowError
from winslow.ports import Clock, Membership, Steady, Store
from winslow.ports.telling import Teller
from winslowd.engines import sightings
from winslowd.engines.messenger import Messenger
from winslowd.usecases.subscriptions import every
from winslowd.usecases.unhurried import unhurried

log = structlog.get_logger(__name__)

SETTLE = 0.5
"""Seconds in which what happens is taken together: many things that fail at once are one message."""
SHARE = 20
"""It looks for at most a twentieth of the time, however much there is."""
SLOWEST = 5.0
RESYNC = 600.0
"""Seconds after which everything is looked at though nothing changed."""
AGAIN = 2.0
"""Seconds before what could not be written down is tried again."""
PIECE = 50
"""Projects that are written down, or records that are written, at once."""
OF_PROJECTS = frozenset({Kind.PROJECT, Kind.RUN, Kind.SWEEP, Kind.STAGE})
OF_NODES = frozenset({Kind.NODE, Kind.NODE_POLICY})
OF_TELLING = frozenset({Kind.SUBSCRIPTION, Kind.DELIVERY, Kind.NOTICE})
"""What the messenger looks at. With thousands of notices that wait it costs milliseconds, so not at every change of a stage."""

Seen = tuple[str, Noted, tuple[Notice, ...]]
"""A project's id or `CLUSTER`, what is to be noted of it, and what of that is news."""
T = TypeVar("T")


class Herald:
    """Runs until cancelled. `steady` counts seconds and is never set."""

    def __init__(
        self, store: Store, membership: Membership, teller: Teller, clock: Clock, steady: Steady | None = None
    ) -> None:
        self._store = store
        self._membership = membership
        self._clock = clock
        self._steady = steady or (lambda: asyncio.get_running_loop().time())
        self.messenger = Messenger(store, teller, clock, self._steady)
        self._fence: Fence | None = None
        self._noted: dict[str, Noted] = {}
        self._written = False
        """Whether what is noted is among the records: only while somebody subscribes."""
        self._away: dict[NodeId, float] = {}
        """Nodes that were there, and since when they have been away, by the steady clock."""
        self._dirty: set[str] = set()
        self._all = True
        self._wake = asyncio.Event()

    async def run(self) -> None:
        while True:
            try:
                async with self._membership.lock("herald") as term:
                    self._fence = term.fence
                    await self._work()
            except* Unavailable as group:
                log.warning("the herald's lock was lost", error=str(group.exceptions[0]))
            except* Conflict as group:
                log.warning("the herald is another's", error=str(group.exceptions[0]))
            await asyncio.sleep(0.5)

    async def _work(self) -> None:
        await self.begin()
        async with asyncio.TaskGroup() as group:
            listening = group.create_task(self._listen(), name="herald: listens for changes")
            telling = group.create_task(self.messenger.run(self._fence), name="herald: tells")
            try:
                while True:
                    self._wake.clear()
                    began = self._steady()
                    failed = await self.look()
                    took = self._steady() - began
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(AGAIN if failed else self._until_due()):
                            await self._wake.wait()
                    await asyncio.sleep(max(SETTLE, min(SHARE * took, SLOWEST)))
            finally:
                listening.cancel()
                telling.cancel()

    def _until_due(self) -> float:
        """Seconds until a node has been away for so long that it counts as lost; else until everything is looked at again."""
        known = self._noted.get(CLUSTER, Noted(CLUSTER))
        waited = [self._steady() - since for node, since in self._away.items() if node not in known.lost]
        return min([RESYNC, *(max(NODE_LOST_AFTER - each, 0.05) for each in waited)])

    async def _listen(self) -> None:
        while True:
            with contextlib.suppress(OutOfRange):
                self._all = True  # what happened meanwhile nobody tells any more
                self._wake.set()
                self.messenger.stir()
                async for changes in self._store.changes(self._store.view.revision):
                    touched = [self._touched(change) for change in changes]  # all of them, for what each notes
                    if any(touched):
                        self._wake.set()
                    if any(change.ref.kind in OF_TELLING for change in changes):
                        self.messenger.stir()

    def _touched(self, change: Change) -> bool:
        """Note what is to be looked at; whether there is anything to do."""
        kind = change.ref.kind
        if kind in OF_PROJECTS:
            if kind is Kind.STAGE and _stands_as_before(change):
                return False
            self._dirty.add(change.ref.key.partition("/")[0])
            return True
        if kind is Kind.GLOBALS:  # a variable may be missing no more
            self._all = True
        return kind in OF_NODES or kind in (Kind.GLOBALS, Kind.SUBSCRIPTION)

    # ---- noticing

    async def begin(self) -> None:
        """Go on from what is noted; where nothing is, what is so now is no news."""
        view = self._store.view
        found = {one.value.subject: one.value for one in view.all(Kind.NOTED).values() if isinstance(one.value, Noted)}
        self._written = CLUSTER in found
        self._away.clear()
        self._all = True
        if self._written:
            self._noted = found
            return
        self._noted = {}
        async for project in unhurried(_projects(view)):
            self._remember([(project.id, self._of_project(project.id)[0])])
        self._remember([(CLUSTER, self._of_cluster()[0])])

    async def look(self) -> bool:
        """Write down what is news; whether that failed, and is to be tried again soon.

        Raises Conflict (FENCED) when somebody else has become the herald.
        """
        dirty, everything = self._taken()
        try:
            if self._wanted:
                await self._begin_writing()
            elif self._written:
                await self._forget()
            seen: list[Seen] = []
            async for id_ in unhurried(sorted(dirty)):
                seen.append((id_, *self._of_project(id_)))
                if len(seen) == PIECE:
                    await self._take_in(seen)
                    seen.clear()
            await self._take_in([*seen, (CLUSTER, *self._of_cluster())])
        except WinslowError as error:
            self._dirty |= dirty
            self._all |= everything
            if isinstance(error, Conflict) and error.reason == "FENCED":
                raise
            log.warning("what happened is noted later", error=str(error), reason=error.reason)
            return True
        return False

    def _taken(self) -> tuple[set[str], bool]:
        """What is to be looked at, of which nobody need tell again."""
        dirty, everything = self._dirty, self._all
        self._dirty, self._all = set(), False
        if everything:
            dirty |= {project.id for project in _projects(self._store.view)} | (self._noted.keys() - {CLUSTER})
        return dirty, everything

    @property
    def _wanted(self) -> bool:
        return any(not one.disabled for one in every(self._store.view))

    def _of_project(self, id_: str) -> tuple[Noted, tuple[Notice, ...]]:
        project = self._store.view.project(id_)
        if project is None or project.deleting:
            return Noted(id_), ()
        before = self._noted.get(id_, Noted(id_))
        try:
            sight = sightings.sight_of(self._store.view, project, self._clock())
        except Exception:  # one project that cannot be made out must not keep all others from being told of
            log.exception("project cannot be looked at", project=id_)
            return before, ()
        return notices.of_project(before, sight)

    def _of_cluster(self) -> tuple[Noted, tuple[Notice, ...]]:
        view, now, steady = self._store.view, self._clock(), self._steady()
        before, there = self._noted.get(CLUSTER, Noted(CLUSTER)), sightings.nodes_there(view)
        absent = [NodeId(node) for node in before.nodes if node not in there]
        self._away = {node: self._away.get(node, steady) for node in absent}
        away = {node: steady - since for node, since in self._away.items()}
        noted, lost = notices.of_nodes(before, there, away, sightings.nodes_leaving(view, before.nodes), now)
        noted, warned = notices.of_warnings(noted, sightings.warnings_of(view), now)
        return noted, (*lost, *warned)

    # ---- writing down

    async def _take_in(self, seen: Sequence[Seen]) -> None:
        """Write down what is news and that it was noted, the news first: written twice, it is there once."""
        changed = [one for one in seen if one[1] != self._noted.get(one[0], Noted(one[0]))]
        if self._written:
            now, subscriptions = self._clock(), every(self._store.view)
            writes: list[Put | Ref] = []
            for _, noted, news in changed:
                told = (one for one in news if now - one.at < notices.OLD)
                writes += [Put(notice_ref(one.id), one) for one in told if any(who.takes(one) for who in subscriptions)]
                writes.append(_kept(noted))
            await self._write(writes)
        self._remember((subject, noted) for subject, noted, _ in changed)

    def _remember(self, noted: Iterable[tuple[str, Noted]]) -> None:
        """Not those of which nothing was noted: of projects that are gone nothing is kept."""
        for subject, one in noted:
            if one == Noted(subject):
                self._noted.pop(subject, None)
            else:
                self._noted[subject] = one

    async def _begin_writing(self) -> None:
        """Somebody subscribes: what was noted so far is kept from now on. The cluster's own record, the last, says that all is."""
        if self._written:
            return
        kept = [Put(noted_ref(subject), noted) for subject, noted in self._noted.items() if subject != CLUSTER]
        left_over = self._store.view.all(Kind.NOTED).keys() - {one.ref.key for one in kept}
        await self._write([*kept, *(Ref(Kind.NOTED, key) for key in left_over)])
        await self._write([Put(noted_ref(CLUSTER), self._noted.get(CLUSTER, Noted(CLUSTER)))])
        self._written = True

    async def _forget(self) -> None:
        """Nobody subscribes any more. The record that says that all is noted goes first."""
        view = self._store.view
        await self._write([noted_ref(CLUSTER)])
        self._written = False
        await self._write([Ref(kind, key) for kind in (Kind.NOTED, Kind.NOTICE) for key in view.all(kind)])

    async def _write(self, writes: Sequence[Put | Ref]) -> None:
        """In order, only while nobody else has become the herald."""
        for piece in _pieces(writes):
            puts = tuple(one for one in piece if isinstance(one, Put))
            deletes = tuple(one for one in piece if isinstance(one, Ref))
            await self._store.commit(Commit(puts=puts, deletes=deletes, fence=self._fence))


def _kept(noted: Noted) -> Put | Ref:
    """Of a project of which nothing was noted, no record."""
    empty = noted == Noted(noted.subject) and noted.subject != CLUSTER
    return noted_ref(noted.subject) if empty else Put(noted_ref(noted.subject), noted)


def _stands_as_before(change: Change) -> bool:
    """Whether a stage only went on: its progress, or what it reports."""
    before, now = (one.value if one else None for one in (change.before, change.now))
    return isinstance(before, Stage) and isinstance(now, Stage) and before.state is now.state


def _projects(view: View) -> list[Project]:
    found = (one.value for one in view.all(Kind.PROJECT).values())
    return [one for one in found if isinstance(one, Project) and not one.deleting]


def _pieces(items: Sequence[T]) -> Iterable[Sequence[T]]:
    return (items[start : start + PIECE] for start in range(0, len(items), PIECE))
