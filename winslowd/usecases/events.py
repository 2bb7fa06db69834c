"""What changes, as it changes: first all there is, then every change, with what is derived of it.

A project's or run's derived state moves when its stages do, so their changes are told too; at most a few times a second
each, since in a project with many stages deriving costs more than the change. It never needs to know who listens.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Iterable, Iterator
from dataclasses import dataclass, field

from winslow.domain.node import Node, Silence
from winslow.domain.pipeline import PipelineRecord
from winslow.domain.principal import Principal
from winslow.domain.project import Project, Run, Sweep
from winslow.domain.records import Change, Comment, Globals, Kind, Record, Ref, View, stage_ref
from winslow.domain.stage import NodeId, Stage
from winslow.errors import OutOfRange
from winslow.ports import Clock, Store
from winslowd.usecases import nodes, pipelines, stages
from winslowd.usecases.derived import (
    ProjectShown,
    RunShown,
    StageShown,
    SweepShown,
    project_shown,
    run_shown,
    sweep_shown,
)
from winslowd.usecases.nodes import NodeShown
from winslowd.usecases.pipelines import PipelineShown
from winslowd.usecases.settings import GlobalsShown

HEARTBEAT = 5.0
"""Seconds after which something is said though nothing happened."""
SETTLE = 0.1
"""Seconds in which changes of one derived state are taken together."""
SHARE = 20
"""A watcher derives for at most a twentieth of the time, however much there is."""
PIECE = 200
"""Resources of one message of the beginning."""

Shown = PipelineShown | ProjectShown | RunShown | SweepShown | StageShown | Comment | NodeShown | GlobalsShown

WATCHED = frozenset(
    {Kind.PIPELINE, Kind.PROJECT, Kind.RUN, Kind.SWEEP, Kind.STAGE, Kind.COMMENT, Kind.NODE, Kind.GLOBALS}
)
IN_PROJECT = frozenset({Kind.PROJECT, Kind.RUN, Kind.SWEEP, Kind.STAGE, Kind.COMMENT})


@dataclass(frozen=True, slots=True)
class Told:
    """One resource as it became; `shown` is None when it was deleted."""

    ref: Ref
    revision: int
    shown: Shown | None


@dataclass(frozen=True, slots=True)
class Batch:
    """What happened at once. `revision`: where to go on after a cut, 0 while the beginning is not complete."""

    revision: int
    told: tuple[Told, ...] = ()
    initial: bool = False
    stale: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a watcher wants: kinds, projects by id, and whose runs and stages; empty for all."""

    kinds: frozenset[Kind] = frozenset()
    projects: frozenset[str] = frozenset()
    details: frozenset[str] = frozenset()

    def takes(self, ref: Ref) -> bool:
        if ref.kind not in (self.kinds or WATCHED):
            return False
        if ref.kind not in IN_PROJECT:
            return True
        project = ref.key.partition("/")[0]
        of_details = ref.kind is Kind.PROJECT or not self.details or project in self.details
        return of_details and (not self.projects or project in self.projects)


@dataclass(frozen=True, slots=True)
class Events:
    """The use case of watching."""

    store: Store
    clock: Clock

    async def watch(self, asker: Principal, wanted: Wanted, revision: int = 0) -> AsyncGenerator[Batch, None]:
        """Every change after `revision`, in order and without a gap; from 0, all there is first. Never ends by itself.

        Raises OutOfRange (REVISION_COMPACTED) when changes that old are no longer kept.
        """
        if revision > self.store.view.revision:
            raise OutOfRange(
                f"Revision {revision} is ahead of this node, which is at {self.store.view.revision}",
                reason="REVISION_COMPACTED",
                hint="Begin again without a revision",
            )
        since = revision
        if revision == 0:
            for batch in self._beginning(wanted):
                yield batch
                since = batch.revision
        async for batch in _Watch(self.store, self.clock, wanted, since).batches():
            yield batch

    def _beginning(self, wanted: Wanted) -> Iterator[Batch]:
        """All of it as of one revision: nothing is awaited between the first and the last piece being drawn."""
        view, now = self.store.view, self.clock()
        keys = {kind: view.all(kind) for kind in Kind} | {Kind.NODE: nodes.known_ids(view)}  # silent ones too
        refs = [Ref(kind, key) for kind in Kind for key in keys[kind] if wanted.takes(Ref(kind, key))]
        told = [one for ref in refs if (one := tell(view, ref, now))]
        pieces = [tuple(told[start : start + PIECE]) for start in range(0, len(told), PIECE)] or [()]
        revision, stale = view.revision, not self.store.connected
        for piece in pieces[:-1]:
            yield Batch(0, piece, initial=True, stale=stale)
        yield Batch(revision, pieces[-1], initial=True, stale=stale)


@dataclass(slots=True)
class _Watch:
    """One watcher after the beginning: changes as they come, derived ones when they have settled."""

    store: Store
    clock: Clock
    wanted: Wanted
    revision: int
    _dirty: dict[Ref, None] = field(default_factory=dict)
    _last: dict[Ref, Shown | None] = field(default_factory=dict)
    _leader: NodeId | None = None

    async def batches(self) -> AsyncGenerator[Batch, None]:
        changes = self.store.changes(self.revision)
        self._leader = self.store.view.leader
        coming = asyncio.ensure_future(anext(changes))
        loop = asyncio.get_running_loop()
        said = loop.time()
        settle = said
        try:
            while True:
                due = min(settle, said + HEARTBEAT) if self._dirty else said + HEARTBEAT
                await asyncio.wait((coming,), timeout=max(due - loop.time(), 0.0))
                self._note_leader()
                told: tuple[Told, ...] = ()
                if coming.done():
                    settle = settle if self._dirty else max(settle, loop.time() + SETTLE)
                    told = self._take(coming.result())
                    coming = asyncio.ensure_future(anext(changes))
                elif self._dirty and loop.time() >= settle:
                    began = loop.time()
                    told = self._settled()
                    settle = loop.time() + max(SETTLE, SHARE * (loop.time() - began))
                if told or loop.time() >= said + HEARTBEAT:
                    said = loop.time()
                    yield Batch(self.revision, told, stale=not self.store.connected)
        finally:
            coming.cancel()
            with contextlib.suppress(asyncio.CancelledError, StopAsyncIteration, OutOfRange):
                await coming

    def _note_leader(self) -> None:
        """Who leads is no record, and no change tells of it: noticed with the next change or heartbeat."""
        before, self._leader = self._leader, self.store.view.leader
        if before != self._leader:
            both = (Ref(Kind.NODE, node) for node in (before, self._leader) if node)
            self._dirty.update(dict.fromkeys(ref for ref in both if self.wanted.takes(ref)))

    def _take(self, changes: tuple[Change, ...]) -> tuple[Told, ...]:
        """What a revision changed that is wanted; what is derived of it is noted for later."""
        view, now = self.store.view, self.clock()
        told: dict[Ref, Told] = {}
        for change in changes:
            self.revision = max(self.revision, change.revision)
            ref = _shown_by(change.ref)
            if _became_history(view, change):
                self._last.pop(ref, None)
                continue
            self._dirty.update(dict.fromkeys(one for one in _derived_of(view, change) if self.wanted.takes(one)))
            if self.wanted.takes(ref):
                one = tell(view, ref, now) or Told(ref, change.revision, None)
                told[ref] = one
                self._remember(one)
        return tuple(told.values())

    def _settled(self) -> tuple[Told, ...]:
        """Derived states that differ from what was told last."""
        view, now = self.store.view, self.clock()
        dirty, self._dirty = self._dirty, {}
        fresh = [one for ref in dirty if (one := tell(view, ref, now) or _gone(ref, view.revision))]
        told = tuple(one for one in fresh if one.shown is None or self._last.get(one.ref) != one.shown)
        for one in told:
            self._remember(one)
        return told

    def _remember(self, told: Told) -> None:
        """Of what has derived states, the last that was told."""
        self._dirty.pop(told.ref, None)
        if told.shown is None:
            self._last.pop(told.ref, None)
        elif told.ref.kind in (Kind.PROJECT, Kind.RUN, Kind.SWEEP, Kind.NODE):
            self._last[told.ref] = told.shown


def _gone(ref: Ref, revision: int) -> Told | None:
    """A silent node is gone when the last that told of it is: no change of its own says so."""
    return Told(ref, revision, None) if ref.kind is Kind.NODE else None


def _became_history(view: View, change: Change) -> bool:
    """Whether a record only moved to its project's history: it is as it was, and is still found."""
    if change.now is not None or change.ref.kind not in (Kind.RUN, Kind.STAGE, Kind.COMMENT):
        return False
    project = view.project(change.ref.key.partition("/")[0])
    return project is not None and not project.deleting


def tell(view: View, ref: Ref, now: float) -> Told | None:
    """A record as people see it now; None when it is gone."""
    found = view.get(ref)
    if ref.kind is Kind.NODE:
        shown = nodes.shown(view, NodeId(ref.key), now)
        return Told(ref, shown.revision, shown) if shown.node or shown.policy or shown.stages else None
    if found is None:
        return None
    return Told(ref, found.revision, _shown(view, found.value, found.revision, now))


def _shown(view: View, record: Record, revision: int, now: float) -> Shown:
    match record:
        case PipelineRecord():
            return pipelines.shown(view, record)
        case Project():
            return project_shown(view, record, now)
        case Run():
            return run_shown(view, record, now)
        case Sweep():
            return sweep_shown(view, record)
        case Stage():
            return stages.shown(view, record, now)
        case Comment():
            return record
        case Node():
            return nodes.shown(view, record.id, now)
        case Globals():
            return GlobalsShown(record, revision)
        case _:
            raise AssertionError(f"{type(record).__name__} is not watched")


def _shown_by(ref: Ref) -> Ref:
    """What people see changing: a policy is its node's, and so is a silence."""
    return Ref(Kind.NODE, ref.key) if ref.kind in (Kind.NODE_POLICY, Kind.SILENCE) else ref


def _derived_of(view: View, change: Change) -> Iterable[Ref]:
    """What may be seen differently after the change, beside what changed."""
    found = change.now or change.before
    record = found.value if found else None
    match record:
        case Stage():
            yield Ref(Kind.PROJECT, record.project)
            yield Ref(Kind.RUN, f"{record.project}/{record.run}")
            if record.node:
                yield Ref(Kind.NODE, record.node)
        case Node() if change.before is None or change.now is None:  # its stages are suspect, or no longer
            yield from (stage_ref(stage) for stage in view.live_on(record.id))
        case Silence():  # it says for how long
            yield from (stage_ref(stage) for stage in view.live_on(record.node))
        case Run():
            yield Ref(Kind.PROJECT, record.project)
            yield change.ref
            if record.sweep:
                yield Ref(Kind.SWEEP, f"{record.project}/{record.sweep}")
        case _:
            return
