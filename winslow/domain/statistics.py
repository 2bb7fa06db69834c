"""Figures over many stages: when they ran, who began them, what they took and what they waited for.

Of each stage only a few facts are needed, which never change once it has ended, so whoever asks often may keep them. It never
needs to know where stages are kept.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from enum import Enum
from itertools import accumulate
from typing import assert_never

from winslow.domain.lifecycle import waiting, waits_for
from winslow.domain.principal import SYSTEM
from winslow.domain.progress import Gate
from winslow.domain.project import Run
from winslow.domain.stage import Stage

QUARTER = 900
"""Seconds: no zone's hours begin elsewhere than at one of these."""
PEOPLE = "AWAITING_INPUT"
"""The code for what waits for a person."""


class Group(Enum):
    PROJECT = "project"
    USER = "user"
    NODE = "node"
    GPU = "gpu"


@dataclass(frozen=True, slots=True)
class Period:
    """From `start` to `end`, in Unix seconds."""

    start: float
    end: float

    def holds(self, at: float) -> bool:
        return self.start <= at < self.end

    def overlap(self, start: float, end: float) -> float:
        """Seconds of it between two times."""
        return max(0.0, min(end, self.end) - max(start, self.start))


@dataclass(frozen=True, slots=True)
class Ran:
    """What one stage did: `started` and `ended` in Unix seconds, None where it never ran or still runs.

    `by_hand` when a person began just this stage, and not Winslow because something else had ended. `waits` are seconds by
    the code of the reason, which ended at `waited_until`.
    """

    project: str
    user: str
    node: str
    gpus: tuple[str, ...]
    by_hand: bool
    started: float | None
    ended: float | None
    waits: Mapping[str, float]
    waited_until: float


@dataclass(frozen=True, slots=True)
class Asked:
    """A person was waited for from `since` until `until`, in Unix seconds."""

    project: str
    since: float
    until: float


def ran(stage: Stage, run: Run | None, now: float) -> Ran:
    """The facts of a stage as it is `now`; `run` None where it is not known, which makes it one of Winslow's."""
    waits = dict(stage.waited)
    if code := waits_for(stage):
        waits[code] = waits.get(code, 0.0) + waiting(stage, now)
    return Ran(
        project=stage.project,
        user=run.created_by if run else stage.created_by,
        node=stage.node or "",
        gpus=stage.gpus,
        by_hand=run is not None and begun_by_hand(stage, run),
        started=stage.started_at,
        ended=stage.ended_at,
        waits=waits,
        waited_until=next(at for at in (stage.placed_at, stage.ended_at, now) if at is not None),
    )


def begun_by_hand(stage: Stage, run: Run) -> bool:
    """Whether a person began just this stage: as the first of a run, at its gate, or by resuming what stood still for it.

    Tries that a policy or a drain makes are Winslow's, and so are a sweep's points.
    """
    return run.sweep is None and stage.created_by != SYSTEM.name


def asked(run: Run, gates: Iterable[Gate], now: float) -> list[Asked]:
    """When people were waited for in a run: at gates that were answered, and at those that are open `now`."""
    answered = [Asked(run.project, one.asked_at, one.at) for one in run.answers.values() if one.asked_at is not None]
    return [*answered, *(Asked(run.project, gate.since, now) for gate in gates)]


@dataclass(slots=True)
class Hour:
    """An hour of the week: the mean number of stages that ran in it, and how many were started."""

    running: float = 0.0
    by_hand: int = 0
    by_winslow: int = 0


@dataclass(slots=True)
class Share:
    """What one project, user, node or GPU took: stages, seconds of computing, and of these times GPUs."""

    stages: int = 0
    computing: float = 0.0
    gpu_computing: float = 0.0


@dataclass(slots=True)
class Wait:
    """What was waited for: by how many, seconds in all, and the longest."""

    stages: int = 0
    total: float = 0.0
    longest: float = 0.0

    def add(self, seconds: float) -> None:
        self.stages += 1
        self.total += seconds
        self.longest = max(self.longest, seconds)


@dataclass(frozen=True, slots=True)
class Figures:
    """`hours` by weekday (0 for Monday) and hour; `shares` by name; `waits` by code."""

    hours: Mapping[tuple[int, int], Hour]
    shares: Mapping[str, Share]
    waits: Mapping[str, Wait]


@dataclass(slots=True)
class Sum:
    """Adds up facts in a period, as of `now`; `figures` may be asked at any time.

    What runs is noted as seconds in quarters of an hour, so that a stage of a month costs as little as one of a second.
    """

    period: Period
    group: Group
    zone: tzinfo
    now: float
    _hours: defaultdict[tuple[int, int], Hour] = field(default_factory=lambda: defaultdict(Hour))
    _shares: defaultdict[str, Share] = field(default_factory=lambda: defaultdict(Share))
    _waits: defaultdict[str, Wait] = field(default_factory=lambda: defaultdict(Wait))
    _edges: array[float] = field(init=False)
    _whole: array[int] = field(init=False)
    _first: int = field(init=False)

    def __post_init__(self) -> None:
        self._first = int(self.period.start // QUARTER)
        quarters = max(0, int(self.period.end // QUARTER) - self._first + 1)
        self._edges = array("d", bytes(8 * quarters))
        self._whole = array("q", bytes(8 * (quarters + 1)))

    def add(self, one: Ran) -> None:
        if one.started is not None:
            self._add_computing(one, one.started, self.now if one.ended is None else one.ended)
        if self.period.holds(one.waited_until):
            for code, seconds in one.waits.items():
                self._waits[code].add(seconds)

    def add_asked(self, one: Asked) -> None:
        if seconds := self.period.overlap(one.since, one.until):
            self._waits[PEOPLE].add(seconds)

    def figures(self) -> Figures:
        for (weekday, hour), (running, there) in self._by_hour().items():
            self._hours[weekday, hour].running = running / there
        return Figures(dict(self._hours), dict(self._shares), dict(self._waits))

    def _add_computing(self, one: Ran, start: float, end: float) -> None:
        if self.period.holds(start):
            local = datetime.fromtimestamp(start, self.zone)
            hour = self._hours[local.weekday(), local.hour]
            hour.by_hand += one.by_hand
            hour.by_winslow += not one.by_hand
        seconds = self.period.overlap(start, end)
        if not seconds and not self.period.holds(start):
            return
        for name in self._names(one):
            share = self._shares[name]
            share.stages += 1
            share.computing += seconds
            share.gpu_computing += seconds * (1 if self.group is Group.GPU else len(one.gpus))
        if seconds:
            self._add_running(max(start, self.period.start), min(end, self.period.end))

    def _names(self, one: Ran) -> tuple[str, ...]:
        match self.group:
            case Group.PROJECT:
                return (one.project,)
            case Group.USER:
                return (one.user,)
            case Group.NODE:
                return (one.node,)
            case Group.GPU:
                return one.gpus
            case _:
                assert_never(self.group)

    def _add_running(self, start: float, end: float) -> None:
        first, last = int(start // QUARTER), int(end // QUARTER)
        if first == last:
            self._edges[first - self._first] += end - start
            return
        self._edges[first - self._first] += (first + 1) * QUARTER - start
        self._edges[last - self._first] += end - last * QUARTER
        self._whole[first + 1 - self._first] += 1
        self._whole[last - self._first] -= 1

    def _by_hour(self) -> dict[tuple[int, int], tuple[float, float]]:
        """Of each hour of the week: seconds that stages ran in it, and seconds of it that the period has."""
        found: dict[tuple[int, int], tuple[float, float]] = {}
        for index, whole in enumerate(list(accumulate(self._whole))[: len(self._edges)]):
            begin = (self._first + index) * QUARTER
            there = self.period.overlap(begin, begin + QUARTER)
            if not there:
                continue
            local = datetime.fromtimestamp(begin, self.zone)
            running, all_ = found.get((local.weekday(), local.hour), (0.0, 0.0))
            ran_ = whole * QUARTER + self._edges[index]
            found[local.weekday(), local.hour] = (running + ran_, all_ + there)
        return found
