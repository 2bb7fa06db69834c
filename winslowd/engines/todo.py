"""What a leader has to look at: noted as changes come in, taken as a whole at each step.

Plain data. It never needs to know what is done about it.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from winslow.domain.project import Run, RunEnd, Sweep
from winslow.domain.records import Change, Kind
from winslow.domain.stage import NodeId, ProjectId, Stage, StageId
from winslow.domain.view import View


@dataclass(slots=True)
class Todo:
    """Runs by key `PROJECT/RUN`, sweeps by key `PROJECT/SWEEP`. `everything` stands for all there is."""

    everything: bool = False
    limits: bool = False
    runs: set[str] = field(default_factory=set)
    stages: set[StageId] = field(default_factory=set)
    nodes: set[NodeId] = field(default_factory=set)
    projects: set[ProjectId] = field(default_factory=set)
    sweeps: set[str] = field(default_factory=set)

    def note(self, changes: Iterable[Change]) -> None:
        for change in changes:
            self._note(change)

    def _note(self, change: Change) -> None:
        record = change.now or change.before
        value = record.value if record else None
        match change.ref.kind:
            case Kind.RUN:
                self.runs.add(change.ref.key)
                if isinstance(value, Run) and value.sweep and value.end is RunEnd.FAILED:
                    self.sweeps.add(f"{value.project}/{value.sweep}")
            case Kind.STAGE:
                assert isinstance(value, Stage)
                self.stages.add(value.id)
                if not _only_moves_along(change):
                    self.runs.add(f"{value.project}/{value.run}")
            case Kind.PROJECT:
                self.projects.add(ProjectId(change.ref.key))
            case Kind.SWEEP:
                self.sweeps.add(change.ref.key)
            case Kind.NODE | Kind.NODE_POLICY:
                self.nodes.add(NodeId(change.ref.key))
            case Kind.LIMITS:
                self.limits = True
            case Kind.GLOBALS:
                self.everything = True
            case _:
                return

    def spell_out(self, view: View) -> None:
        """Name all there is, where everything is to be looked at, and the runs of projects."""
        if self.everything:
            self.limits = True
            self.runs |= {f"{run.project}/{run.id}" for run in view.active_runs()}
            self.stages |= {stage.id for stage in view.live_stages()}
            self.nodes |= {NodeId(key) for kind in (Kind.NODE, Kind.NODE_POLICY) for key in view.all(kind)}
            self.projects |= {ProjectId(key) for key in view.all(Kind.PROJECT)}
            self.sweeps |= set(view.all(Kind.SWEEP))
        for project in self.projects:
            self.runs |= {f"{run.project}/{run.id}" for run in view.active_runs_of(project)}


def _only_moves_along(change: Change) -> bool:
    """A stage that lives as before: what it reports changes nothing of what its run does next."""
    before, now = change.before, change.now
    if before is None or now is None:
        return False
    assert isinstance(before.value, Stage) and isinstance(now.value, Stage)
    return before.value.live and now.value.live


def sweeps_in(view: View, keys: Iterable[str]) -> Iterator[Sweep]:
    for key in sorted(keys):
        found = view.all(Kind.SWEEP).get(key)
        if found and isinstance(found.value, Sweep):
            yield found.value


class Due:
    """Moments at which something is to be looked at again, in Unix seconds."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, StageId]] = []

    def at(self, when: float, id_: StageId) -> None:
        heapq.heappush(self._heap, (when, id_))

    def take(self, now: float) -> set[StageId]:
        """All whose moment has come."""
        due: set[StageId] = set()
        while self._heap and self._heap[0][0] <= now:
            due.add(heapq.heappop(self._heap)[1])
        return due

    def next(self, now: float) -> float | None:
        """Seconds until the next moment; None when there is none."""
        return max(self._heap[0][0] - now, 0.0) if self._heap else None
