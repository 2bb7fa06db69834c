"""What a person sees of a project at a glance."""

from __future__ import annotations

from dataclasses import replace

from tests.unit.world import FAILED, World, chain, definition, pipeline, project, run
from winslow.domain.pipeline import Confirmation, UserInput
from winslow.domain.project import Hold, ProjectState, RunEnd
from winslow.domain.stage import Reason
from winslow.domain.status import project_status


def started(of) -> World:
    made = project(of)
    return World(made, run(made, of.stages[0].name))


def state(w: World) -> ProjectState:
    return project_status([w.run], w.attempts.values(), w.gates).state


def test_a_project_without_runs_is_idle() -> None:
    assert project_status([], [], ()).state is ProjectState.IDLE


def test_a_project_is_running_while_a_stage_lives_and_succeeded_when_its_run_has() -> None:
    w = started(chain("a"))
    w.decide()
    assert state(w) is ProjectState.RUNNING
    w.play()
    assert state(w) is ProjectState.SUCCEEDED


def test_a_failure_shows_as_failed_with_the_cause() -> None:
    w = started(chain("a", "b"))
    w.play(lambda stage: FAILED)
    status = project_status([w.run], w.attempts.values(), w.gates)
    assert status.state is ProjectState.FAILED
    assert status.reason is not None and "code 3" in status.reason.text


def test_an_open_gate_shows_what_is_asked() -> None:
    asks = UserInput(("REGION",), Confirmation.ALWAYS)
    w = started(pipeline(definition("a"), definition("b", "a", user_input=asks)))
    w.play()
    status = project_status([w.run], w.attempts.values(), w.gates)
    assert status.state is ProjectState.AWAITING_INPUT
    assert status.reason is not None and status.reason.text == "b waits for confirmation and a value for REGION"


def test_a_run_that_is_to_pause_counts_as_running_until_its_stage_has_ended() -> None:
    w = started(chain("a", "b"))
    w.decide()
    w.attempts = {id_: replace(stage, state=stage.state.RUNNING) for id_, stage in w.attempts.items()}
    w.change(hold=Hold(Reason("PAUSED", "paused by ann"), "ann", 1.0))
    assert state(w) is ProjectState.RUNNING
    w.attempts = {}
    assert state(w) is ProjectState.PAUSED


def test_a_sweep_with_failed_points_has_failed_as_a_whole() -> None:
    made = project(chain("a"))
    ended = [run(made, "a", number=n, sweep="s", end=RunEnd.FAILED if n == 2 else RunEnd.SUCCEEDED) for n in (1, 2, 3)]
    status = project_status(ended, [], ())
    assert status.state is ProjectState.FAILED
    assert status.reason is not None and "1 run failed" in status.reason.text


def test_a_superseded_run_no_longer_counts() -> None:
    made = project(chain("a"))
    ended = [run(made, "a", end=RunEnd.SUCCEEDED), run(made, "a", number=2, end=RunEnd.SUPERSEDED)]
    assert project_status(ended, [], ()).state is ProjectState.SUCCEEDED
