"""Figures over all stages there are and were, summed up when somebody asks.

What is history never changes, so what was read of it is kept for the next who asks, up to a bound. Long sums let everything
else go on in between. It never needs to know how figures are shown.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field, replace
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from winslow.domain.principal import Principal
from winslow.domain.project import Project, Run
from winslow.domain.query import Query
from winslow.domain.records import Kind, run_ref, stage_ref
from winslow.domain.stage import ProjectId, RunId, Stage
from winslow.domain.statistics import Asked, Figures, Group, Period, Ran, Sum, asked, ran
from winslow.domain.view import View
from winslow.errors import InvalidArgument
from winslow.ports import Archived, Clock, History, Store
from winslowd.usecases import known
from winslowd.usecases.derived import gates_of
from winslowd.usecases.past import Past
from winslowd.usecases.unhurried import unhurried

LONGEST = 400 * 86_400
"""Seconds of a period at the most: a year and what is around it."""
PIECE = 500
"""Records that are read at once."""
KEPT = 200_000
"""Facts of histories that are kept for the next who asks; some 300 bytes each."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Figures from `start` to `end` (Unix seconds; now where None), of one project or of all."""

    start: float
    end: float | None = None
    group: Group = Group.PROJECT
    zone: str = "UTC"
    project: str | None = None


@dataclass(frozen=True, slots=True)
class _Facts:
    """Of one project's history, as of `state`: what may only be behind while that is the same."""

    state: tuple[int, frozenset[str]]
    ran: tuple[Ran, ...]
    asked: tuple[Asked, ...]


@dataclass(slots=True)
class Statistics:
    """The use case of who looks back."""

    store: Store
    clock: Clock
    past: Past
    history: History
    _kept: OrderedDict[ProjectId, _Facts] = field(default_factory=OrderedDict)
    _held: int = 0

    async def figures(self, asker: Principal, wanted: Wanted) -> Figures:
        """What ran, who took it and what was waited for.

        Raises InvalidArgument (PERIOD_INVALID, ZONE_UNKNOWN), NotFound (PROJECT_UNKNOWN), and Unavailable (STORAGE_DEGRADED)
        while the volume is away, where history is needed.
        """
        now = self.clock()
        summed = Sum(_period(wanted, now), wanted.group, _zone(wanted.zone), now)
        view = self.store.view
        projects = [known.project(view, wanted.project)] if wanted.project else _projects(view)
        # The records first: what leaves them meanwhile is in the history by then, and what they had is not counted again.
        seen: dict[ProjectId, frozenset[str]] = {}
        async for project in unhurried(projects):
            async for one in unhurried(_live(view, project, now, seen)):
                _add(summed, one)
        async for project in unhurried(projects):
            if not self.past.reached(project.id):
                continue
            past = await self._facts(project, seen[project.id])
            facts: tuple[Ran | Asked, ...] = (*past.ran, *past.asked)
            async for one in unhurried(facts):
                _add(summed, one)
        return summed.figures()

    async def _facts(self, project: Project, live: frozenset[str]) -> _Facts:
        """Of what is history and not among the records, the keys of which are `live`."""
        state = (project.next_run, live)
        kept = self._kept.get(project.id)
        if kept is None or kept.state != state:
            self._keep(project.id, kept := await self._read(project.id, state))
        self._kept.move_to_end(project.id)
        return kept

    def _keep(self, project: ProjectId, facts: _Facts) -> None:
        before = self._kept.pop(project, None)
        self._held += len(facts.ran) - (len(before.ran) if before else 0)
        self._kept[project] = facts
        while len(self._kept) > 1 and self._held > KEPT:
            self._held -= len(self._kept.popitem(last=False)[1].ran)

    async def _read(self, project: ProjectId, state: tuple[int, frozenset[str]]) -> _Facts:
        _, live = state
        now = self.clock()
        runs: dict[RunId, Run] = {}
        async for one in self._all(project, Kind.RUN):
            if isinstance(one.value, Run):
                runs[one.value.id] = one.value
        facts = [
            ran(one.value, runs.get(one.value.run), now)
            async for one in self._all(project, Kind.STAGE)
            if isinstance(one.value, Stage) and one.ref.key not in live
        ]
        waited = [each for run in runs.values() if run_ref(run).key not in live for each in asked(run, (), now)]
        return _Facts(state, tuple(facts), tuple(waited))

    async def _all(self, project: ProjectId, kind: Kind) -> AsyncIterator[Archived]:
        query = Query("", PIECE)
        while True:
            piece = await self.history.page(project, kind, query)
            for one in piece:
                yield one
            if len(piece) < PIECE:
                return
            query = replace(query, after=("", piece[-1].ref.key))


def _period(wanted: Wanted, now: float) -> Period:
    period = Period(wanted.start, now if wanted.end is None else min(wanted.end, now))
    if 0 <= period.start < period.end <= period.start + LONGEST:
        return period
    raise InvalidArgument(
        "That is no period of the past that figures are made for",
        reason="PERIOD_INVALID",
        hint=f"Ask for one that has begun, and for at most {LONGEST // 86_400} days",
    )


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name or "UTC")
    except (
        ZoneInfoNotFoundError,
        ValueError,
        OSError,
    ):  # the latter two for names that lead out of the zones' directory
        raise InvalidArgument(
            f"There is no time zone {name!r}", reason="ZONE_UNKNOWN", hint="Use a name such as Europe/Berlin, or UTC"
        ) from None


def _projects(view: View) -> list[Project]:
    return [one.value for one in view.all(Kind.PROJECT).values() if isinstance(one.value, Project)]


def _live(view: View, project: Project, now: float, seen: dict[ProjectId, frozenset[str]]) -> Iterator[Ran | Asked]:
    """Facts of what is among the records now; the records' keys are noted in `seen`."""
    runs = {run.id: run for run in view.runs_of(project.id)}
    stages = view.stages_of(project.id)
    seen[project.id] = frozenset(
        [*(run_ref(run).key for run in runs.values()), *(stage_ref(one).key for one in stages)]
    )
    for run in runs.values():
        yield from asked(run, gates_of(view, run, now), now)
    for stage in stages:
        yield ran(stage, runs.get(stage.run), now)


def _add(summed: Sum, one: Ran | Asked) -> None:
    if isinstance(one, Ran):
        summed.add(one)
    else:
        summed.add_asked(one)
