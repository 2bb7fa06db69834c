"""Waiting for a run or a sweep: what happens meanwhile on stderr, how it ended in the exit code."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

import typer

from winslow.errors import InvalidArgument
from winslow.v1.run_pb2 import Run, RunMode, RunState
from winslow.v1.stage_pb2 import Stage, StageState
from winslow.v1.sweep_pb2 import Sweep
from winslowctl.advice import WAITING
from winslowctl.arguments import seconds
from winslowctl.errors import ExitCode
from winslowctl.references import last
from winslowctl.render import human, words
from winslowctl.render.show import is_for_people, show
from winslowctl.render.style import paint, plain
from winslowctl.session import client, current

_ENDS = {
    RunState.RUN_STATE_SUCCEEDED: ExitCode.OK,
    RunState.RUN_STATE_AWAITING_INPUT: ExitCode.WAITS,
    RunState.RUN_STATE_PAUSED: ExitCode.WAITS,
    RunState.RUN_STATE_FAILED: ExitCode.FAILED,
    RunState.RUN_STATE_SUPERSEDED: ExitCode.CONFLICT,
}


@dataclass(frozen=True, slots=True)
class Wait:
    """What --wait and --timeout ask for. `limit` in seconds; None is as long as it takes."""

    wanted: bool
    limit: float | None


def asked(wait: bool, timeout: str | None) -> Wait:
    """Read before anything is changed. Raises InvalidArgument (DURATION_INVALID, TIMEOUT_WITHOUT_WAIT)."""
    if timeout is not None and not wait:
        raise InvalidArgument(
            "--timeout says how long to wait, and nothing is waited for",
            reason="TIMEOUT_WITHOUT_WAIT",
            hint="Give --wait, too; how long a stage may take is its 'timeout' in the pipeline",
        )
    return Wait(wait, seconds(timeout))


def finish(run: Run, wait: Wait, done: str) -> None:
    """Show the run that was changed, or wait for it and show how it is then. `done` says what was done."""
    if wait.wanted:
        settle(run, wait.limit)
    show(run, lambda: _lines(run, done))


def settle(run: Run, limit: float | None) -> None:
    """Wait until nothing more happens by itself; exits with what the run's state means."""
    from winslow.client.waiting import is_settled

    _say_what_goes_on(f"The run goes on; see: winslowctl status {run.name.split('/')[1]}")
    seen: dict[str, tuple[int, str]] = {}
    if is_for_people():
        _tell(run, seen, ended=False)
    now = run
    for now in client().watch(run, limit):
        if is_for_people():
            _tell(now, seen)
        if is_settled(now):
            break
    show(now, lambda: outcome_lines(now))
    raise typer.Exit(run_exit_code(now))


def _say_what_goes_on(remark: str) -> None:
    current().if_interrupted = f"Interrupted. {remark}"


def run_exit_code(run: Run) -> ExitCode:
    """One stage that was asked for and done is a success, not a wait."""
    one_done = run.mode == RunMode.RUN_MODE_ONE_STAGE and run.hold.reason.code == "ONE_STAGE"
    if run.state == RunState.RUN_STATE_PAUSED and one_done:
        return ExitCode.OK
    return _ENDS.get(run.state, ExitCode.ERROR)


def settle_sweep(sweep: Sweep, limit: float | None) -> None:
    """Wait until all of its points have ended; exits with FAILED where one failed."""
    project = sweep.name.split("/")[1]
    _say_what_goes_on(f"The sweep goes on; see: winslowctl sweep show {project} {last(sweep.name)}")
    now = client().wait(sweep, timeout=limit)
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


def _tell(run: Run, seen: dict[str, tuple[int, str]], ended: bool = True) -> None:
    """A line for each stage of the run that is in another state than before, or waits for another reason.

    Not `ended`: without those that had ended before anybody waited.
    """
    for stage in client().stages.list(run.name.split("/")[1]):
        now = (stage.state, stage.reason.text if stage.state in WAITING else "")
        if stage.run == run.name and seen.get(stage.name) != now:
            seen[stage.name] = now
            if stage.HasField("end_time") and not ended:
                continue
            print(_stage_line(stage), file=sys.stderr, flush=True)


def _stage_line(stage: Stage) -> str:
    name = words.word(StageState, stage.state)
    took = human.since(stage.start_time, stage.end_time) if stage.HasField("end_time") else ""
    why: Any = plain(stage.outcome.message) if stage.HasField("outcome") else plain(stage.reason.text)
    return "  ".join(part for part in (words.symbol(name), last(stage.name), name.lower(), took, why) if part)
