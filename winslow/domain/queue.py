"""Whose turn it is: what waits for a node, ordered by priority, by how little its project has, and by who waits longest.

Kept up to date by single changes, so that the next turn costs the same however many stages wait: those of one
project and user with one need stand in one lane, and only the heads of lanes are compared. It never needs to know nodes.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from winslow.domain.election import Need
from winslow.domain.records import Limits
from winslow.domain.resources import Capacity, Resources
from winslow.domain.stage import NodeId, ProjectId, Reason, StageId

Subject = tuple[str, str]
"""("project" or "user", its id): whoever a limit is for."""
Key = tuple[int, float, float, StageId]


@dataclass(frozen=True, slots=True)
class Turn:
    """A stage that waits on behalf of a project and a user; who has the smaller `since` has waited longer."""

    stage: StageId
    need: Need
    project: ProjectId
    user: str
    since: float
    parent_node: NodeId | None = None


@dataclass(slots=True, eq=False)
class Lane:
    """The turns of one project and user with one need, the longest wait first. `entry` is its place among the lanes."""

    need: Need
    project: ProjectId
    user: str
    turns: list[tuple[float, StageId]] = field(default_factory=list)
    entry: Entry | None = None

    @property
    def subjects(self) -> tuple[Subject, Subject]:
        return ("project", self.project), ("user", self.user)


@dataclass(slots=True)
class Entry:
    """A lane's place; one that is not its lane's own any more is void."""

    key: Key
    lane: Lane

    def __lt__(self, other: Entry) -> bool:
        return self.key < other.key


@dataclass(slots=True)
class Holding:
    """What is placed for a project or a user."""

    stages: dict[StageId, Resources] = field(default_factory=dict)
    cpus: float = 0.0
    memory: int = 0
    gpus: int = 0

    def add(self, id_: StageId, resources: Resources, sign: int = 1) -> None:
        self.cpus += sign * resources.cpus
        self.memory += sign * resources.memory
        self.gpus += sign * resources.gpus.count
        if sign > 0:
            self.stages[id_] = resources
        else:
            del self.stages[id_]
        if not self.stages:
            self.cpus = 0.0  # what floating point left over

    def share(self, total: Capacity) -> float:
        """The greatest part that it has of anything (dominant resource fairness, Ghodsi et al., NSDI 2011)."""
        parts = [
            self.cpus / total.cpus if total.cpus else 0.0,
            self.memory / total.memory if total.memory else 0.0,
            self.gpus / len(total.gpus) if total.gpus else 0.0,
        ]
        return round(max(parts), 9)


class Queue:
    """All methods take what is true now; told twice, they change nothing."""

    def __init__(self) -> None:
        self._turns: dict[StageId, Turn] = {}
        self._lanes: dict[tuple[Need, ProjectId, str], Lane] = {}
        self._of_project: defaultdict[ProjectId, set[tuple[Need, ProjectId, str]]] = defaultdict(set)
        self._heads: dict[Need, list[Entry]] = {}
        self._parked: defaultdict[Subject, dict[Need, list[Entry]]] = defaultdict(dict)
        self._holding: defaultdict[Subject, Holding] = defaultdict(Holding)
        self._holders: dict[StageId, tuple[ProjectId, str]] = {}
        self._priorities: dict[ProjectId, int] = {}
        self._limits = Limits()
        self._total = Capacity(0.0, 0)
        self._unparked = False

    def __len__(self) -> int:
        return len(self._turns)

    def __iter__(self) -> Iterator[Turn]:
        return iter(self._turns.values())

    # ---- what changes

    def wait(self, turn: Turn) -> None:
        """The stage waits for a node from now on."""
        if self._turns.get(turn.stage) == turn:
            return
        self.leave(turn.stage)
        self._turns[turn.stage] = turn
        name = (turn.need, turn.project, turn.user)
        lane = self._lanes.get(name)
        if lane is None:
            lane = self._lanes[name] = Lane(*name)
            self._of_project[turn.project].add(name)
        heapq.heappush(lane.turns, (turn.since, turn.stage))
        if lane.entry is None or lane.turns[0][1] == turn.stage:
            self._line_up(lane)

    def leave(self, id_: StageId) -> None:
        """It does not wait any more."""
        turn = self._turns.pop(id_, None)
        if turn is None:
            return
        name = (turn.need, turn.project, turn.user)
        lane = self._lanes[name]
        if self._head(lane) is None:
            lane.entry = None
            del self._lanes[name]
            self._of_project[turn.project].discard(name)
        for subject in lane.subjects:
            self._unpark(subject)

    def hold(self, id_: StageId, project: ProjectId, user: str, resources: Resources) -> None:
        """The stage is placed: it counts towards its project's share and towards limits."""
        if id_ in self._holders:
            return
        self._holders[id_] = (project, user)
        for subject in (("project", project), ("user", user)):
            self._holding[subject].add(id_, resources)

    def let_go(self, id_: StageId) -> None:
        """It is placed no more."""
        if id_ not in self._holders:
            return
        project, user = self._holders.pop(id_)
        for subject in (("project", project), ("user", user)):
            holding = self._holding[subject]
            holding.add(id_, holding.stages[id_], -1)
            self._unpark(subject)
        self._line_up_project(project)

    def priority(self, project: ProjectId, priority: int) -> None:
        if self._priorities.get(project, 0) != priority:
            self._priorities[project] = priority
            self._line_up_project(project)

    def limits(self, limits: Limits) -> None:
        if limits != self._limits:
            self._limits = limits
            self._line_all_up()

    def total(self, total: Capacity) -> None:
        """What the cluster has, of which shares are parts."""
        if total != self._total:
            self._total = total
            self._line_all_up()

    # ---- what is asked

    def next(self, able: Callable[[Need], bool]) -> Turn | None:
        """Whose turn it is among those whose need some node is able to meet and who are within their limits."""
        while True:
            self._unparked = False
            best: Entry | None = None
            for need in list(self._heads):
                entry = self._first(need)
                if entry and (best is None or entry < best) and able(need):
                    best = entry
            if not self._unparked:  # else a lane came in behind us
                head = self._head(best.lane) if best else None
                return self._turns[head] if head else None

    def turn(self, id_: StageId) -> Turn | None:
        """The turn of a stage that waits."""
        return self._turns.get(id_)

    def limited(self, turn: Turn) -> Reason | None:
        """The limit that keeps the stage waiting, if one does."""
        for kind, id_ in (("project", turn.project), ("user", turn.user)):
            most, has = self._limit((kind, id_)), len(self._holding[(kind, id_)].stages)
            if most and has >= most:
                return Reason(
                    "LIMIT_REACHED", f"{kind} {id_} has {has} of the {most} stages that it may have at a time"
                )
        return None

    def in_order(self) -> list[Turn]:
        """All that wait, in the order of their turn as it is now: for those who ask for their place."""
        return sorted(self._turns.values(), key=lambda turn: self._key(turn.project, turn.since, turn.stage))

    # ---- inside: keys and limits

    def _key(self, project: ProjectId, since: float, id_: StageId) -> Key:
        share = self._holding[("project", project)].share(self._total)
        return (-self._priorities.get(project, 0), share, since, id_)

    def _limit(self, subject: Subject) -> int:
        kind, id_ = subject
        return self._limits.of_project(id_) if kind == "project" else self._limits.of_user(id_)

    def _at_limit(self, subject: Subject) -> bool:
        most = self._limit(subject)
        return bool(most) and len(self._holding[subject].stages) >= most

    def _head(self, lane: Lane) -> StageId | None:
        while lane.turns:
            since, id_ = lane.turns[0]
            turn = self._turns.get(id_)
            if (
                turn
                and turn.since == since
                and (turn.need, turn.project, turn.user)
                == (
                    lane.need,
                    lane.project,
                    lane.user,
                )
            ):
                return id_
            heapq.heappop(lane.turns)
        return None

    # ---- inside: lanes among each other

    def _line_up(self, lane: Lane) -> None:
        """Its place by its key as it is now; an earlier one is void."""
        head = self._head(lane)
        if head is None:
            return
        lane.entry = Entry(self._key(lane.project, self._turns[head].since, head), lane)
        heapq.heappush(self._heads.setdefault(lane.need, []), lane.entry)

    def _line_up_project(self, project: ProjectId) -> None:
        for name in self._of_project.get(project, ()):
            self._line_up(self._lanes[name])

    def _line_all_up(self) -> None:
        self._heads.clear()
        self._parked.clear()
        for lane in self._lanes.values():
            self._line_up(lane)

    def _first(self, need: Need) -> Entry | None:
        """The first lane of a need that may go now. Those at a limit are parked until something of it is let go."""
        heads = self._heads[need]
        while heads:
            entry = heads[0]
            if entry.lane.entry is not entry:
                heapq.heappop(heads)
                continue
            reached = next((subject for subject in entry.lane.subjects if self._at_limit(subject)), None)
            if reached:
                self._park(heapq.heappop(heads), reached)
                continue
            head = self._head(entry.lane)
            assert head  # a lane without turns has no entry
            key = self._key(entry.lane.project, self._turns[head].since, head)
            if key == entry.key:
                return entry
            entry.key = key
            heapq.heapreplace(heads, entry)
        del self._heads[need]
        return None

    def _park(self, entry: Entry, subject: Subject) -> None:
        heapq.heappush(self._parked[subject].setdefault(entry.lane.need, []), entry)
        for other in entry.lane.subjects:
            if other != subject:
                self._unpark(other)

    def _unpark(self, subject: Subject) -> None:
        """One lane of each need may try again; when it went and there is room still, so may the next."""
        if subject not in self._parked or self._at_limit(subject):
            return
        for need, entries in list(self._parked[subject].items()):
            while entries and entries[0].lane.entry is not entries[0]:
                heapq.heappop(entries)
            if entries:
                self._line_up(heapq.heappop(entries).lane)
                self._unparked = True
            if not entries:
                del self._parked[subject][need]
        if not self._parked[subject]:
            del self._parked[subject]
