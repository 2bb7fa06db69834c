"""What changes, as it changes: first all there is, then every change, with what is derived of it.

All there is may be ten thousand projects. It comes in pieces between which everybody else has their turn, and whatever
changed meanwhile comes with the last of them: then it is the picture of one revision. It never needs to know who listens.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from types import MappingProxyType

from winslow.domain.principal import Principal
from winslow.domain.records import IN_PROJECT, Kind, Ref, project_ref, run_ref, stage_ref
from winslow.domain.view import View
from winslow.errors import OutOfRange
from winslow.ports import Clock, Store
from winslowd.usecases import nodes
from winslowd.usecases.bulletin import Bulletin, Entry
from winslowd.usecases.derivations import Derivations, projects_of
from winslowd.usecases.sight import Sight
from winslowd.usecases.telling import WATCHED, Telling, Told, became_history, derived_of, shown_by
from winslowd.usecases.unhurried import unhurried

HEARTBEAT = 5.0
"""Seconds after which something is said though nothing happened."""
PIECE = 200
"""Resources of one message, about."""
PACE = 0.05
"""Seconds between two messages of changes: what happens meanwhile goes together. The first one waits for nothing."""

DETAILS = frozenset({Kind.RUN, Kind.SWEEP, Kind.STAGE, Kind.COMMENT})
FIRST = (
    *(Kind.NODE, Kind.GLOBALS, Kind.VIEW, Kind.SUBSCRIPTION, Kind.PIPELINE),
    *(Kind.RUN, Kind.SWEEP, Kind.STAGE, Kind.COMMENT),
)
"""The order of a beginning, behind the projects that people look at first."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What happened at once. `revision`: where to go on after a cut, 0 while what came before it is not complete."""

    revision: int
    told: tuple[Told, ...] = ()
    initial: bool = False
    stale: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a watcher wants: kinds (of others than `WATCHED` nothing is told), projects by id, and whose runs and stages;
    empty for all.

    `fresh` are those projects whose runs and stages it has not been told of so far, though it goes on from a revision.
    """

    kinds: frozenset[Kind] = frozenset()
    projects: frozenset[str] = frozenset()
    details: frozenset[str] = frozenset()
    fresh: frozenset[str] = frozenset()

    def takes(self, ref: Ref) -> bool:
        if ref.kind not in WATCHED or (self.kinds and ref.kind not in self.kinds):
            return False
        if ref.kind not in IN_PROJECT:
            return True
        project = ref.key.partition("/")[0]
        of_details = ref.kind is Kind.PROJECT or not self.details or project in self.details
        return of_details and (not self.projects or project in self.projects)


class Events:
    """The use case of watching."""

    def __init__(self, store: Store, clock: Clock, derivations: Derivations) -> None:
        self._store = store
        self._clock = clock
        self._derivations = derivations
        self._telling = Telling(derivations)
        self._bulletin = Bulletin(store, clock, self._telling)
        self._turn = asyncio.Lock()

    async def watch(self, asker: Principal, wanted: Wanted, revision: int = 0) -> AsyncGenerator[Batch, None]:
        """Every change after `revision`, none left out; from 0, all there is first. Never ends by itself.

        A first batch comes at once, and then one at least each `HEARTBEAT` seconds. Raises OutOfRange (REVISION_COMPACTED)
        when changes that old are no longer kept.
        """
        if revision > self._store.view.revision:
            raise OutOfRange(
                f"Revision {revision} is ahead of this node, which is at {self._store.view.revision}",
                reason="REVISION_COMPACTED",
                hint="Begin again without a revision",
            )
        sight = Sight(asker)
        if revision:
            sight.goes_on(self._store.view, chain.from_iterable(self._store.since(revision)))
        with self._bulletin.reading():
            watch = _Watch(
                self._store, self._clock, self._derivations, self._telling, self._bulletin, self._turn, wanted
            )
            async for batch in watch.batches(revision):
                yield replace(batch, told=sight.of(batch.told), stale=not self._store.connected)


@dataclass(slots=True)
class _Watch:
    """One watcher: where it is, and what it wants."""

    store: Store
    clock: Clock
    derivations: Derivations
    telling: Telling
    bulletin: Bulletin
    turn: asyncio.Lock
    wanted: Wanted
    revision: int = 0
    position: int = 0

    async def batches(self, revision: int) -> AsyncGenerator[Batch, None]:
        self.revision = revision
        if revision == 0:
            begun = self.store.view.revision
            async for batch in self._told_of(await self._all(self.wanted), begun, initial=True):
                yield batch
        else:
            async for batch in self._fresh():
                yield batch
            async for batch in self._told_of(self._nodes(revision), revision):
                yield batch
        async for batch in self._following():
            yield batch

    # ---- what there is

    async def _fresh(self) -> AsyncGenerator[Batch, None]:
        """Details that it was not told of before. What it missed elsewhere is still to come, and is newer."""
        if not self.wanted.fresh:
            return
        kinds = (self.wanted.kinds or WATCHED) & DETAILS
        refs = await self._all(replace(self.wanted, kinds=kinds, details=self.wanted.fresh))
        for start in range(0, len(refs), PIECE):
            yield Batch(0, await self._tell(refs[start : start + PIECE]), initial=True)

    async def _told_of(self, refs: Sequence[Ref], since: int, *, initial: bool = False) -> AsyncGenerator[Batch, None]:
        """`refs`, and all that changed after revision `since`: after the last batch, the picture of one revision."""
        for start in range(0, len(refs) - PIECE, PIECE):
            yield Batch(0, await self._tell(refs[start : start + PIECE]), initial=initial)
        left: dict[Ref, int | None] = dict.fromkeys(refs[(len(refs) - 1) // PIECE * PIECE :] if refs else ())
        since = self._add_changed(left, since)
        while len(left) > PIECE:
            piece = {ref: left.pop(ref) for ref in list(left)[:PIECE]}
            yield Batch(0, await self._tell(list(piece), piece), initial=initial)
            since = self._add_changed(left, since)
        await self.bulletin.settled()
        self.revision, self.position = self.bulletin.now()
        self._add_changed(left, since)
        told = tuple([told for ref, gone in left.items() if (told := self._tell_one(ref, gone))])
        yield Batch(self.revision, told, initial=initial)

    def _add_changed(self, left: dict[Ref, int | None], since: int) -> int:
        """Add what changed after revision `since`, and at which revision if it is gone. Answers up to where that is."""
        view = self.store.view
        for changes in self.store.since(since):
            for change in changes:
                ref = shown_by(change.ref)
                for derived in filter(self.wanted.takes, derived_of(view, change)):
                    left.setdefault(derived, None)
                if self.wanted.takes(ref) and not became_history(view, change):
                    left[ref] = None if change.now else change.revision
        return view.revision

    async def _tell(
        self, refs: Sequence[Ref], gone: Mapping[Ref, int | None] = MappingProxyType({})
    ) -> tuple[Told, ...]:
        """As they are when each has its turn; one watcher at a time, or all their turns together would be a long one."""
        async with self.turn:
            if not gone:
                return tuple([told async for ref in unhurried(refs) if (told := self._tell_one(ref, None))])
            return tuple([told async for ref in unhurried(refs) if (told := self._tell_one(ref, gone[ref]))])

    def _tell_one(self, ref: Ref, gone: int | None) -> Told | None:
        """As it is now; what is not there is told only of what was deleted, and of nodes, whose going no change tells."""
        view = self.store.view
        if told := self.telling.tell(view, ref, self.clock()):
            return told
        if gone is None and ref.kind is not Kind.NODE:
            return None
        return Told(ref, gone or view.revision, None)

    def _nodes(self, revision: int) -> Sequence[Ref]:
        """All of them if another may have been leading at `revision`: no change tells of that."""
        if revision >= self.bulletin.led_since or Kind.NODE not in (self.wanted.kinds or WATCHED):
            return []
        return [Ref(Kind.NODE, node) for node in nodes.known_ids(self.store.view)]

    async def _all(self, wanted: Wanted) -> list[Ref]:
        """All there is of it, what people look at first in front: the projects in which something happened last."""
        kinds, view = wanted.kinds or WATCHED, self.store.view
        async with self.turn:
            first = await self._latest_first(wanted.projects) if Kind.PROJECT in kinds else []
            others: list[Ref] = []
            for kind in FIRST:
                if kind in kinds:
                    others += [ref async for ref in unhurried(_of_kind(view, kind, wanted)) if wanted.takes(ref)]
        return [*first[:PIECE], *others, *first[PIECE:]]

    async def _latest_first(self, some: frozenset[str]) -> list[Ref]:
        active: list[tuple[float, str]] = []
        async for project in unhurried(list(projects_of(self.store.view))):
            if not some or project.id in some:
                active.append((self.derivations.active_at(project), project.id))
        active.sort(reverse=True)
        return [project_ref(id_) for _, id_ in active]

    # ---- what changes

    async def _following(self) -> AsyncGenerator[Batch, None]:
        loop, view = asyncio.get_running_loop(), self.store.view
        said, looked = loop.time(), self.revision
        while True:
            entries = self.bulletin.after(self.position)
            if entries is None:  # we are slower than what is kept for slow readers
                async for batch in self._told_of(self._nodes(self.revision), self.revision):
                    yield batch
                continue
            moved, looked = view.revision != looked, view.revision
            told = self._taken(entries)
            if told or loop.time() >= said + HEARTBEAT:
                said = loop.time()
                yield Batch(self.revision, told)
            if moved or entries:
                await asyncio.sleep(PACE)
            else:
                due = self.bulletin.due
                await self._moved(looked, said + HEARTBEAT if due is None else min(due, said + HEARTBEAT))

    def _taken(self, entries: Sequence[Entry]) -> tuple[Told, ...]:
        """What of them is wanted, each resource as it became last; of many no more than a message has room for."""
        told: dict[Ref, Told] = {}
        reached = self.bulletin.safe
        for count, entry in enumerate(entries, start=1):
            self.position += 1
            told.update((one.ref, one) for one in entry.told if self.wanted.takes(one.ref))
            if len(told) >= PIECE and count < len(entries):
                reached = min(reached, entry.revision)
                break
        self.revision = max(self.revision, reached)
        return tuple(told.values())

    async def _moved(self, seen: int, until: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(until):
                await self.store.changed(seen)


def _of_kind(view: View, kind: Kind, wanted: Wanted) -> list[Ref]:
    """Of single projects' runs and stages only theirs, which the view can tell; of all else, all."""
    if wanted.details and kind is Kind.RUN:
        return [run_ref(run) for project in sorted(wanted.details) for run in view.runs_of(project)]
    if wanted.details and kind is Kind.STAGE:
        return [stage_ref(stage) for project in sorted(wanted.details) for stage in view.stages_of(project)]
    known = nodes.known_ids(view) if kind is Kind.NODE else view.all(kind)  # silent ones too
    return [Ref(kind, key) for key in known]
