"""Waiting for a run or a sweep: what happens meanwhile on stderr, how it ended in the exit code."""

from __future__ import annotations

import sys
from typing import Any

import typer

from winslow.v1.run_pb2 import Run, RunMode, RunState
from winslow.v1.stage_pb2 import Stage, StageState
from winslow.v1.sweep_pb2 import Sweep
from winslowctl.arguments import seconds
from winslowctl.errors import ExitCode
from winslowctl.references import last
from winslowctl.render import human, words
from winslowctl.render.show import is_for_people, show
from winslowctl.render.style import paint, plain
from winslowctl.session import client

_ENDS = {
    RunState.RUN_STATE_SUCCEEDED: ExitCode.OK,
    RunState.RUN_STATE_AWAITING_INPUT: ExitCode.WAITS,
    RunState.RUN_STATE_PAUSED: ExitCode.WAITS,
    RunState.RUN_STATE_FAILED: ExitCode.FAILED,
    RunState.RUN_STATE_SUPERSEDED: ExitCode.CONFLICT,
}


def finish(run: Run, wait: bool, timeout: str | None, done: str) -> None:
    """Show the run that was changed, or wait for it and show how it is then. `done` says what was done."""
    if wait:
        settle(run, timeout)
    show(run, lambda: _lines(run, done))


def settle(run: Run, timeout: str | None) -> None:
    """Wait until nothing more happens by itself; exits with what the run's state means."""
    from winslow.client.waiting import is_settled

    seen: dict[str, int] = {}
    now = run
    for now in client().watch(run, seconds(timeout)):
        if is_for_people() and sys.stderr.isatty():
            _tell(now, seen)
        if is_settled(now):
            break
    show(now, lambda: outcome_lines(now))
    raise typer.Exit(run_exit_code(now))


def run_exit_code(run: Run) -> ExitCode:
    """One stage that was asked for and done is a success, not a wait."""
    one_done = run.mode == RunMode.RUN_MODE_ONE_STAGE and run.hold.reason.code == "ONE_STAGE"
    if run.state == RunState.RUN_STATE_PAUSED and one_done:
        return ExitCode.OK
    return _ENDS.get(run.state, ExitCode.ERROR)


def settle_sweep(sweep: Sweep, timeout: str | None) -> None:
    """Wait until all of its points have ended; exits with FAILED where one failed."""
    now = client().wait(sweep, timeout=seconds(timeout))
    show(now, lambda: [sweep_line(now)])
    raise typer.Exit(ExitCode.FAILED if now.failed_count else ExitCode.OK)


def sweep_line(sweep: Sweep) -> str:
    counts = f"{sweep.succeeded_count} succeeded, {sweep.failed_count} failed, {sweep.running_count} under way"
    return f"{last(sweep.name)}: {human.count(sweep.count, 'point')}, {counts}"


def outcome_lines(run: Run) -> list[str]:
    """How a run is, why, and what to do next where it waits for a person."""
    project = run.name.split("/")[1]
    state = words.state(RunState, run.state)
    reason = run.hold.reason.text if run.HasField("hold") else run.reason.text
    lines = [f"{state}  {project} run {run.number}{': ' + plain(reason) if reason and not run.gates else ''}"]
    lines += [f"  {plain(gate.reason.text)}" for gate in run.gates]
    if run_exit_code(run) in {ExitCode.WAITS, ExitCode.FAILED}:
        lines.append(f"  What to do next: {paint(f'winslowctl status {project}', 'cyan')}")
    return lines


def _lines(run: Run, done: str) -> list[str]:
    project = run.name.split("/")[1]
    return [f"{done} {project} run {run.number}", *outcome_lines(run)[1:]]


def _tell(run: Run, seen: dict[str, int]) -> None:
    """A line for each stage of the run that is in another state than before."""
    for stage in client().stages.list(run.name.split("/")[1]):
        if stage.run == run.name and seen.get(stage.name) != stage.state:
            seen[stage.name] = stage.state
            print(_stage_line(stage), file=sys.stderr)


def _stage_line(stage: Stage) -> str:
    name = words.word(StageState, stage.state)
    took = human.since(stage.start_time, stage.end_time) if stage.HasField("end_time") else ""
    why: Any = plain(stage.outcome.message) if stage.HasField("outcome") else plain(stage.reason.text)
    return "  ".join(part for part in (words.symbol(name), last(stage.name), name.lower(), took, why) if part)
