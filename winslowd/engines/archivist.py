"""Moves ended runs from the cluster's records to their projects' histories, so that etcd holds what is live and recent.

First everything is made safe in the history, then it leaves the records in one transaction that expects what was made safe
and carries the lock's fence: stopped at any point, nothing is lost, and what is in both places is shown once. Level-triggered: each
look finds what is left to do. It never needs to know what an old run may still be wanted for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

import structlog

from winslow.domain.history import Policy, Unit, archivable, ended_runs, noticed
from winslow.domain.project import Run, Sweep
from winslow.domain.records import Commit, Expect, Fence, Kind, Put, Ref, project_ref
from winslow.domain.stage import ProjectId
from winslow.domain.view import View
from winslow.errors import Conflict, Unavailable, WinslowError
from winslow.ports import Archived, Clock, History, Membership, Store
from winslowd.usecases.filing import facts
from winslowd.usecases.unhurried import unhurried

T = TypeVar("T")

log = structlog.get_logger(__name__)

EVERY = 60.0
"""Seconds between two looks; with a shorter `history_after`, half of that."""
SHORTEST = 0.25
AGAIN = 2.0
"""Seconds before something that failed is tried again."""
RECORDS = 60
"""Records deleted in one transaction, which may expect as many absent runs; etcd takes 128 of each by default."""
APPENDED = 1000
"""Records made safe at once."""


class Archivist:
    """Works while it holds the lock that one in the cluster has; runs until cancelled."""

    def __init__(
        self, store: Store, membership: Membership, history: History, clock: Clock, policy: Policy | None = None
    ) -> None:
        self._store = store
        self._membership = membership
        self._history = history
        self._clock = clock
        self._policy = policy or Policy()
        self._seen: dict[Ref, float] = {}
        self._safe: dict[Ref, int] = {}
        """The revisions of what is in the history and has not left the records: a history only grows, so it goes there once."""

    async def run(self) -> None:
        while True:
            try:
                async with self._membership.lock("archivist") as term:
                    while True:
                        failed = await self.look(term.fence)
                        await asyncio.sleep(AGAIN if failed else min(EVERY, max(self._policy.after / 2, SHORTEST)))
            except Unavailable as error:
                log.warning("the archivist's lock was lost", error=str(error))
            except Conflict as conflict:
                log.warning("the archivist is another's", error=str(conflict))
            await asyncio.sleep(0.5)

    async def look(self, fence: Fence) -> bool:
        """Move what may go now; whether something failed and is to be tried again soon. Raises Conflict (FENCED)."""
        now, view = self._clock(), self._store.view
        projects = [ProjectId(key) for key in view.all(Kind.PROJECT)]
        noticed_now = {ref async for project in unhurried(projects) for ref in noticed(view, project)}
        self._seen = {ref: self._seen.get(ref, now) for ref in noticed_now}
        self._safe = {ref: revision for ref, revision in self._safe.items() if view.revision_of(ref) == revision}
        failed = False
        async for project in unhurried(projects):
            # Whatever begins changes its project: what is decided of a project holds while it stays as it is now.
            guard = Expect(project_ref(project), view.revision_of(project_ref(project)))
            units = list(archivable(view, project, now, self._policy, self._seen))
            try:
                for some in _together(units):
                    await self._move(project, some, guard, fence)
            except Conflict as conflict:
                if conflict.reason != "REVISION_MISMATCH":
                    raise
                failed = True  # somebody goes on from it, or recalls it: the next look sees which
            except WinslowError as error:
                log.warning("history is written later", project=project, error=str(error), reason=error.reason)
                failed = True
        return failed

    async def _move(self, project: ProjectId, units: Sequence[Unit], guard: Expect, fence: Fence) -> None:
        """As they are at one moment: what changes while they are written down stays."""
        view = self._store.view
        found = {ref: one for unit in units for ref in unit.refs if (one := _as_it_is(view, ref))}
        for some in _pieces([one for one in found.values() if self._safe.get(one.ref) != one.revision], APPENDED):
            await self._history.append(project, [(one, facts(one)) for one in some])
            self._safe.update((one.ref, one.revision) for one in some)
        if counts := _counted(view, found.values()):
            await self._store.commit(replace(counts, fence=fence))
        for commit in _leaving(units, found, guard, fence):
            await self._store.commit(commit)
        log.info("runs are history", project=project, runs=len(units), records=len(found))


def _counted(view: View, leaving: Iterable[Archived]) -> Commit | None:
    """Their sweeps with the ends of their runs counted, while all of these are still there to be counted."""
    runs = [one.value for one in leaving if isinstance(one.value, Run)]
    refs = {Ref(Kind.SWEEP, f"{run.project}/{run.sweep}") for run in runs if run.sweep}
    found = {ref: one for ref in refs if (one := view.get(ref))}
    counts = {ref: ended_runs(view, one.value) for ref, one in found.items() if isinstance(one.value, Sweep)}
    changed = {ref: sweep for ref, sweep in counts.items() if sweep != found[ref].value}
    puts = tuple(Put(ref, sweep) for ref, sweep in changed.items())
    return Commit(puts, expects=tuple(Expect(ref, found[ref].revision) for ref in changed)) if puts else None


def _leaving(units: Iterable[Unit], found: Mapping[Ref, Archived], guard: Expect, fence: Fence) -> Iterator[Commit]:
    """The transactions that take units from the records; each run goes with or before what belongs to it.

    What is left of a unit after its run goes only while the run is not back.
    """
    refs = [(unit, ref) for unit in units for ref in unit.refs if ref in found]
    for some in _pieces(refs, RECORDS):
        runs = {Ref(Kind.RUN, f"{unit.project}/{unit.run}") for unit, _ in some}
        deletes = tuple(ref for _, ref in some)
        expects = (
            guard,
            *(Expect(ref, found[ref].revision) for ref in deletes),
            *(Expect(run, 0) for run in sorted(runs - set(deletes), key=str)),
        )
        yield Commit(deletes=deletes, expects=expects, fence=fence)


def _as_it_is(view: View, ref: Ref) -> Archived | None:
    found = view.get(ref)
    return Archived(ref, found.value, found.revision, found.unknown) if found else None


def _together(units: Iterable[Unit]) -> Iterator[list[Unit]]:
    """Units in groups that are about one append."""
    group: list[Unit] = []
    for unit in units:
        group.append(unit)
        if sum(len(one.refs) for one in group) >= APPENDED:
            yield group
            group = []
    if group:
        yield group


def _pieces(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    return (items[start : start + size] for start in range(0, len(items), size))
