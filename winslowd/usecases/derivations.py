"""What was derived once is not derived again, for whoever asks, until something changes that it stands on.

Ten thousand projects are looked at by many lists and watchers at once, and few of them change. Nobody tells this of changes:
it asks the view what was touched before it answers, so whatever became known in whichever way, nothing old is shown.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from winslow.domain.project import Project, Run, Sweep, SweepId
from winslow.domain.records import Kind
from winslow.domain.stage import ProjectId, RunId
from winslow.domain.view import View
from winslow.ports import Clock, Store
from winslowd.usecases.derived import (
    ProjectShown,
    RunShown,
    SweepShown,
    active_at,
    project_shown,
    run_shown,
    sweep_shown,
)
from winslowd.usecases.unhurried import unhurried


@dataclass(slots=True)
class _Known:
    """Of one project, as long as nothing of it is touched."""

    active_at: float | None = None
    project: ProjectShown | None = None
    runs: dict[RunId, RunShown] = field(default_factory=dict)
    sweeps: dict[SweepId, SweepShown] = field(default_factory=dict)


class Derivations:
    """What is derived of the store's view now; each answer is the same object until it may be another value."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._known: dict[str, _Known] = {}
        self._stamp = 0

    def project(self, project: Project) -> ProjectShown:
        """`project` must be the view's own. An end that was foretold and has passed is foretold anew."""
        known = self._of(project.id)
        shown = known.project
        if shown is None or (shown.ends_at is not None and shown.ends_at < self._clock()):
            shown = known.project = project_shown(self._view, project, self._clock())
            known.active_at = shown.activity_at
        return shown

    def run(self, run: Run) -> RunShown:
        """`run` must be the view's own."""
        known = self._of(run.project)
        if (found := known.runs.get(run.id)) is None:
            found = known.runs[run.id] = run_shown(self._view, run, self._clock())
        return found

    def sweep(self, sweep: Sweep) -> SweepShown:
        """`sweep` must be the view's own."""
        known = self._of(sweep.project)
        if (found := known.sweeps.get(sweep.id)) is None:
            found = known.sweeps[sweep.id] = sweep_shown(self._view, sweep)
        return found

    def active_at(self, project: Project) -> float:
        """When anything in it changed last, in Unix seconds; cheaper than all of it."""
        known = self._of(project.id)
        if known.active_at is None:
            known.active_at = active_at(self._view, project)
        return known.active_at

    async def projects(self) -> list[ProjectShown]:
        """All of them as of now; others have their turn before, as often as it takes."""
        async for id_ in unhurried(list(self._view.all(Kind.PROJECT))):
            if project := self._view.project(id_):
                self.project(project)
        return [self.project(project) for project in projects_of(self._view)]

    @property
    def _view(self) -> View:
        return self._store.view

    def _of(self, project: ProjectId) -> _Known:
        if self._stamp != self._store.view.stamp:
            self._forget()
        known = self._known.get(project)
        if known is None:
            known = self._known[project] = _Known()
        return known

    def _forget(self) -> None:
        """What was touched since."""
        view = self._store.view
        touched = view.touched(self._stamp)
        if touched is None:
            self._known.clear()
        else:
            for project in touched:
                self._known.pop(project, None)
        if len(self._known) > len(there := view.all(Kind.PROJECT)):  # of many that are gone the view tells no more
            self._known = {project: known for project, known in self._known.items() if project in there}
        self._stamp = view.stamp


def projects_of(view: View) -> Iterable[Project]:
    """All there are."""
    return (found.value for found in view.all(Kind.PROJECT).values() if isinstance(found.value, Project))
