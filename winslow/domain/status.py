"""The derived states of a project and of a run: what a person sees at a glance, with the reason they can act on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from winslow.domain.progress import Gate
from winslow.domain.project import ProjectState, Run, RunEnd
from winslow.domain.stage import PLACED, Reason, Stage, StageId, State

UNSUCCESSFUL = frozenset({State.FAILED, State.LOST})
NOT_CHOSEN = Reason("PIPELINE_MISSING", "no pipeline was chosen yet")


class RunState(Enum):
    """Derived, never stored. PAUSING: held, and what executes ends first. FAILED: held by a failure, or ended by one."""

    RUNNING = "RUNNING"
    AWAITING_INPUT = "AWAITING_INPUT"
    PAUSING = "PAUSING"
    PAUSED = "PAUSED"
    FAILED = "FAILED"
    SUCCEEDED = "SUCCEEDED"
    SUPERSEDED = "SUPERSEDED"


@dataclass(frozen=True, slots=True)
class Status:
    state: ProjectState
    reason: Reason | None = None
    gates: tuple[Gate, ...] = ()
    current: tuple[StageId, ...] = ()
    """Stages that have not ended."""


def project_status(
    runs: Sequence[Run], stages: Iterable[Stage], gates: tuple[Gate, ...], *, chosen: bool = True
) -> Status:
    """Derive it from the project's runs (oldest first), their stages, the gates that are open, and whether it has a pipeline.

    A run on hold whose stage is still executing counts as running: it pauses when that stage ends.
    """
    known = {stage.id: stage for stage in stages}
    holding = {run.id: run for run in runs if run.active and run.hold}
    live = [stage for stage in known.values() if stage.live]
    current = tuple(stage.id for stage in live)
    moving = [stage for stage in live if stage.state in PLACED or stage.run not in holding]
    if moving:
        return Status(ProjectState.RUNNING, _why(moving), gates, current)
    if gates:
        return Status(ProjectState.AWAITING_INPUT, gates[0].reason, gates, current)
    if holding:
        return _held(list(holding.values()), known, current)
    if any(run.active for run in runs):
        return Status(ProjectState.RUNNING, None, gates, current)
    return _over(runs) if runs or chosen else Status(ProjectState.IDLE, NOT_CHOSEN)


def _why(stages: list[Stage]) -> Reason | None:
    return next((stage.reason for stage in stages if stage.reason), None)


def _held(runs: list[Run], known: dict[StageId, Stage], current: tuple[StageId, ...]) -> Status:
    for run in runs:
        assert run.hold is not None
        stage = known.get(run.hold.stage) if run.hold.stage else None
        if stage and stage.state in UNSUCCESSFUL:
            return Status(ProjectState.FAILED, run.hold.reason, (), current)
    hold = runs[-1].hold
    assert hold is not None
    return Status(ProjectState.PAUSED, hold.reason, (), current)


def _over(runs: Sequence[Run]) -> Status:
    last = next((run for run in reversed(runs) if run.end is not RunEnd.SUPERSEDED), None)
    if last is None:
        return Status(ProjectState.IDLE)
    together = [run for run in runs if run is last or (last.sweep and run.sweep == last.sweep)]
    failed = [run for run in together if run.end is RunEnd.FAILED]
    if failed:
        return Status(ProjectState.FAILED, Reason("RUN_FAILED", f"{len(failed)} run{'s' * (len(failed) > 1)} failed"))
    return Status(ProjectState.SUCCEEDED)


def run_status(run: Run, stages: Iterable[Stage], gates: tuple[Gate, ...]) -> tuple[RunState, Reason | None]:
    """Derive a run's state from its own stages and the gates that are open in it."""
    if run.end is not None:
        return RunState[run.end.name], None
    known = {stage.id: stage for stage in stages}
    live = [stage for stage in known.values() if stage.live]
    if run.hold:
        if any(stage.state in PLACED for stage in live):
            return RunState.PAUSING, run.hold.reason
        cause = known.get(run.hold.stage) if run.hold.stage else None
        failed = cause is not None and cause.state in UNSUCCESSFUL
        return (RunState.FAILED if failed else RunState.PAUSED), run.hold.reason
    if gates and not live:
        return RunState.AWAITING_INPUT, gates[0].reason
    return RunState.RUNNING, _why(live)
