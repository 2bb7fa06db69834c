"""What people are told when a run cannot be moved as they ask: what is, and what would help."""

from __future__ import annotations

from collections.abc import Sequence

from winslow.domain.pipeline import DefinitionName
from winslow.domain.progress import Gate
from winslow.domain.project import Run
from winslow.domain.stage import ProjectId, RunId, Stage
from winslow.domain.standing import Dead, Open, Outside, Settled, Standing
from winslow.errors import FailedPrecondition, InvalidArgument, NotFound, Unavailable


def run_name(run: Run) -> str:
    return f"projects/{run.project}/runs/{run.id}"


def no_runs(project: ProjectId) -> FailedPrecondition:
    return FailedPrecondition(
        f"{project} has no runs yet",
        reason="NO_RUNS",
        subject=f"projects/{project}",
        hint=f"Start one with: winslowctl run start {project}",
    )


def run_ended(run: Run) -> FailedPrecondition:
    assert run.end is not None
    return FailedPrecondition(
        f"Run {run.number} of {run.project} has ended ({run.end.value})",
        reason="RUN_ENDED",
        subject=run_name(run),
        hint=f"Start another with: winslowctl run start {run.project}",
        metadata={"end": run.end.value},
    )


def not_paused(run: Run, gates: Sequence[Gate]) -> FailedPrecondition:
    """RUN_NOT_PAUSED, and what the run is instead."""
    if run.end is not None:
        state, hint = f"has ended ({run.end.value})", f"start another with: winslowctl run start {run.project}"
    elif gates:
        state, hint = f"awaits input: {gates[0].reason.text}", f"confirm it with: winslowctl run confirm {run.project}"
    else:
        state, hint = "is running", f"pause it with: winslowctl run pause {run.project}"
    return FailedPrecondition(
        f"Run {run.number} of {run.project} is not paused, it {state}",
        reason="RUN_NOT_PAUSED",
        subject=run_name(run),
        hint=f"If that is what you want, {hint}",
    )


def definition_started(run: Run, name: DefinitionName) -> FailedPrecondition:
    return FailedPrecondition(
        f"{name} has started in run {run.number}: its values are what they are",
        reason="DEFINITION_STARTED",
        subject=run_name(run),
        hint=f"Redo it with other values: winslowctl run redo {run.project} {name}",
    )


def gate_not_open(run: Run, definition: DefinitionName | None, gates: Sequence[Gate]) -> FailedPrecondition:
    what = f"{definition} does not wait for a person" if definition else "nothing waits for a person"
    if run.end is not None:
        hint = f"The run has ended ({run.end.value})"
    elif run.hold:
        hint = f"The run is paused; resume it with: winslowctl run resume {run.project}"
    elif gates:
        hint = f"These wait: {', '.join(gate.definition for gate in gates)}"
    else:
        hint = f"See where it is with: winslowctl status {run.project}"
    return FailedPrecondition(
        f"In run {run.number} of {run.project} {what}", reason="GATE_NOT_OPEN", subject=run_name(run), hint=hint
    )


def definition_needed(run: Run, gates: Sequence[Gate]) -> InvalidArgument:
    return InvalidArgument(
        f"Several stages of run {run.number} wait for a person",
        reason="DEFINITION_NEEDED",
        subject=run_name(run),
        hint=f"Say which: {', '.join(gate.definition for gate in gates)}",
    )


def variables_missing(run: Run, gate: Gate, names: Sequence[str]) -> InvalidArgument:
    return InvalidArgument(
        f"{gate.definition} needs a value for {', '.join(names)}",
        reason="VARIABLES_MISSING",
        subject=run_name(run),
        hint=f"Give them: {' '.join(f'{name}=VALUE' for name in names)}",
        metadata={"variables": ",".join(names)},
    )


def stage_running(stage: Stage) -> FailedPrecondition:
    return FailedPrecondition(
        f"{stage.id} is {stage.state.value} on {stage.node}",
        reason="STAGE_RUNNING",
        subject=f"projects/{stage.project}/stages/{stage.id}",
        hint=f"Abort it first: winslowctl stage abort {stage.id}",
    )


def stage_ended(stage: Stage) -> FailedPrecondition:
    return FailedPrecondition(
        f"{stage.id} has ended already ({stage.state.value})",
        reason="STAGE_ENDED",
        subject=f"projects/{stage.project}/stages/{stage.id}",
        hint=f"Redo it with: winslowctl run redo {stage.project} {stage.definition.name}",
        metadata={"state": stage.state.value},
    )


def nothing_lives(project: ProjectId) -> FailedPrecondition:
    return FailedPrecondition(
        f"No stage of {project} is on its way",
        reason="STAGE_ENDED",
        subject=f"projects/{project}",
        hint=f"See where it is with: winslowctl status {project}",
    )


def not_its_turn(run: Run, name: DefinitionName, standing: Standing) -> FailedPrecondition:
    match standing:
        case Settled(stage):
            problem, hint = f"was through already ({stage.state.value})", "There is nothing to skip"
        case Open():
            problem, hint = "waits for stages before it", "Skip it when its turn has come, or pause the run and wait"
        case Dead():
            problem, hint = "is not reached: no edge that leads to it is taken", "There is nothing to skip"
        case Outside():
            problem, hint = "is not part of this run", "Start a run that executes it"
        case _:
            raise AssertionError(f"{name} can be skipped: {standing}")
    return FailedPrecondition(
        f"{name} {problem} in run {run.number}", reason="NOT_ITS_TURN", subject=run_name(run), hint=hint
    )


def not_settled(run: Run) -> Unavailable:
    return Unavailable(
        f"Run {run.number} of {run.project} is changing now",
        reason="RUN_CHANGING",
        subject=run_name(run),
        hint="Try again in a moment",
    )


def comment_empty(project: ProjectId, run: RunId) -> InvalidArgument:
    return InvalidArgument(
        "A comment needs a text",
        reason="COMMENT_EMPTY",
        subject=f"projects/{project}/runs/{run}",
        hint="Write something",
    )


def comment_unknown(project: ProjectId, run: RunId, number: int) -> NotFound:
    return NotFound(
        f"Run {run} of {project} has no comment {number}",
        reason="COMMENT_UNKNOWN",
        subject=f"projects/{project}/runs/{run}/comments/{number}",
        hint="List them first",
    )
