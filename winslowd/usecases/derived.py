"""What is derived of records and never stored: states, gates, progress, as people see them now.

Derived from the view alone, between two awaits, so that what is shown together belongs together.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from winslow.domain import foretelling
from winslow.domain.history import ended_runs
from winslow.domain.progress import Gate, plan
from winslow.domain.project import Project, Run, RunEnd, Sweep
from winslow.domain.records import project_ref, run_ref, sweep_ref
from winslow.domain.stage import Reason, Stage
from winslow.domain.standing import Dead, Live, Outside, Settled, scope, situation_of, standings
from winslow.domain.status import RunState, Status, project_status, run_status
from winslow.domain.view import View


@dataclass(frozen=True, slots=True)
class RunShown:
    """A run with its revision and what is derived. `progress` is 0 to 1, None when unknown."""

    run: Run
    revision: int
    state: RunState
    reason: Reason | None = None
    gates: tuple[Gate, ...] = ()
    progress: float | None = None


@dataclass(frozen=True, slots=True)
class StageShown:
    """A stage with its revision; `suspect` when its node's session is gone and the stage is waited for."""

    stage: Stage
    revision: int
    suspect: bool = False


@dataclass(frozen=True, slots=True)
class ProjectShown:
    """A project with its revision and what is derived. Times in Unix seconds: `activity_at` is the last change of anything in it,
    `ends_at` when all that runs will have ended or will wait for a person, None where nobody can say.
    """

    project: Project
    revision: int
    status: Status
    activity_at: float
    progress: float | None = None
    latest_run: Run | None = None
    ends_at: float | None = None


@dataclass(frozen=True, slots=True)
class SweepShown:
    """A sweep with its revision and how many of its points are how."""

    sweep: Sweep
    revision: int
    running: int = 0
    succeeded: int = 0
    failed: int = 0


def gates_of(view: View, run: Run, now: float) -> tuple[Gate, ...]:
    """The gates that are open in a run."""
    if not run.active or run.hold:
        return ()
    situation = situation_of(view, run)
    return plan(situation, now).gates if situation else ()


def run_shown(view: View, run: Run, now: float) -> RunShown:
    gates = gates_of(view, run, now)
    state, reason = run_status(run, view.stages_of_run(run), gates)
    return RunShown(run, view.revision_of(run_ref(run)), state, reason, gates, run_progress(view, run))


def project_shown(view: View, project: Project, now: float) -> ProjectShown:
    runs, stages = view.runs_of(project.id), view.stages_of(project.id)
    active = [run for run in runs if run.active]
    gates = tuple(gate for run in active for gate in gates_of(view, run, now))
    return ProjectShown(
        project=project,
        revision=view.revision_of(project_ref(project.id)),
        status=project_status(runs, stages, gates, chosen=project.chosen),
        activity_at=active_at(view, project),
        progress=_together(view, active) if active else _ended_progress(runs),
        latest_run=runs[-1] if runs else None,
        ends_at=_ends_at(view, active, stages, now),
    )


def active_at(view: View, project: Project) -> float:
    """When anything in it changed last."""
    return max([project.created_at, *_moments(view.runs_of(project.id), view.stages_of(project.id))])


def sweep_shown(view: View, sweep: Sweep) -> SweepShown:
    counted = ended_runs(view, sweep)
    return SweepShown(
        sweep=sweep,
        revision=view.revision_of(sweep_ref(sweep)),
        running=sum(run.active and run.sweep == sweep.id for run in view.runs_of(sweep.project)),
        succeeded=counted.succeeded,
        failed=counted.failed,
    )


def sweeps_of(view: View, project: str) -> list[Sweep]:
    """A project's sweeps, oldest first."""
    return view.sweeps_of(project)


def run_progress(view: View, run: Run) -> float | None:
    """How much of what it executes is done, each definition counting the same; a running one by its own progress.

    None where it is not known, as for an ended run of which what it took over is history.
    """
    if run.end is RunEnd.SUCCEEDED:
        return 1.0
    situation = situation_of(view, run)
    if situation is None or not (run.active or situation.attempts.keys() >= set(run.inherited.values())):
        return None
    executed = scope(situation.project, run)
    parts: list[float] = []
    for name, standing in standings(situation).items():
        if name not in executed or isinstance(standing, Dead | Outside):
            continue
        match standing:
            case Settled():
                parts.append(1.0)
            case Live(stage):
                parts.append(stage.progress or 0.0)
            case _:
                parts.append(0.0)
    return sum(parts) / len(parts) if parts else None


def _together(view: View, runs: list[Run]) -> float | None:
    known = [progress for run in runs if (progress := run_progress(view, run)) is not None]
    return sum(known) / len(known) if known else None


def _ends_at(view: View, active: Iterable[Run], stages: Iterable[Stage], now: float) -> float | None:
    """When the last of the runs of which something lives is through."""
    known = list(stages)
    moving = {stage.run for stage in known if stage.live}
    ends: list[float] = []
    for run in active:
        if run.id not in moving:
            continue
        situation = situation_of(view, run)
        end = foretelling.ends_at(situation, known, now) if situation else None
        if end is None:
            return None
        ends.append(end)
    return max(ends, default=None)


def _ended_progress(runs: list[Run]) -> float | None:
    return 1.0 if runs and runs[-1].end is RunEnd.SUCCEEDED else None


def _moments(runs: Iterable[Run], stages: Iterable[Stage]) -> Iterable[float]:
    for run in runs:
        yield run.ended_at or (run.hold.at if run.hold else run.created_at)
    for stage in stages:
        yield stage.ended_at or stage.started_at or stage.placed_at or stage.created_at
