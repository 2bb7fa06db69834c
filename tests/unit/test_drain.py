"""What is tried again after a drain, and after a node was given up: the drain costs nobody an attempt."""

from __future__ import annotations

import pytest

from tests.unit import world
from winslow.domain import lifecycle
from winslow.domain.pipeline import RetryPolicy, WorkspaceMode
from winslow.domain.silence import decide
from winslow.domain.stage import DRAIN, Cause, Outcome, Reason, Stage, State

ABORTED = Outcome(cause=Cause.ABORTED, message="aborted")


def begun(attempts: int = 1) -> world.World:
    definition = world.definition("detect", retry=RetryPolicy(attempts=attempts, backoff=0.0), lost_after=0.0)
    project = world.project(world.pipeline(definition))
    return world.World(project, world.run(project, "detect"))


def placed(played: world.World) -> Stage:
    """The stage that the run makes, on a node."""
    (stage,) = played.decide()
    stage = lifecycle.advance(stage, lifecycle.Awarded(world.NODE, 1), played.now)
    stage = lifecycle.advance(stage, lifecycle.Started(played.now, "sha256:1"), played.now)
    played.attempts[stage.id] = stage
    return stage


def ends(played: world.World, stage: Stage, outcome: Outcome, *by: str) -> Stage:
    """Aborted by these, one after the other, it ends."""
    for one in by:
        stage = lifecycle.advance(stage, lifecycle.AbortRequested(one), played.now)
    played.attempts[stage.id] = lifecycle.advance(stage, lifecycle.Ended(outcome, {}, played.now), played.now)
    return played.attempts[stage.id]


def test_what_a_drain_ends_is_made_again_at_once_without_a_policy_and_without_a_pause() -> None:
    played = begun(attempts=1)
    ended = ends(played, placed(played), ABORTED, DRAIN)
    (again,) = played.decide()
    assert (again.retry_of, again.not_before, played.run.hold) == (ended.id, 0.0, None)


def test_drains_use_no_attempt_of_the_policy_up() -> None:
    played = begun(attempts=2)
    ends(played, placed(played), ABORTED, DRAIN)
    ends(played, placed(played), ABORTED, DRAIN)
    ends(played, placed(played), world.FAILED)
    ends(played, placed(played), world.FAILED)
    assert played.decide() == ()
    assert played.run.hold and played.run.hold.reason.code == "STAGE_FAILED"
    assert len(played.attempts) == 4


@pytest.mark.parametrize("order", [("bob", DRAIN), (DRAIN, "bob")])
def test_what_a_person_stops_stays_stopped_whoever_asked_first(order: tuple[str, str]) -> None:
    played = begun(attempts=5)
    ended = ends(played, placed(played), ABORTED, *order)
    assert ended.abort and ended.abort.by == "bob"
    assert played.decide() == ()
    assert played.run.hold


def test_a_stage_that_failed_by_itself_before_it_was_stopped_obeys_its_policy() -> None:
    played = begun(attempts=1)
    ends(played, placed(played), world.FAILED, DRAIN)
    assert played.decide() == ()


def test_one_that_was_quicker_than_the_drain_is_done() -> None:
    played = begun()
    ends(played, placed(played), world.OK, DRAIN)
    played.play()
    assert [stage.state for stage in played.attempts.values()] == [State.SUCCEEDED]


@pytest.mark.parametrize("mode", [WorkspaceMode.COPY, WorkspaceMode.EMPTY, WorkspaceMode.CONTINUE])
def test_what_is_lost_in_a_workspace_that_the_next_attempt_would_share_waits_for_a_person(mode: WorkspaceMode) -> None:
    retry = RetryPolicy(attempts=5, backoff=0.0)
    track = world.definition("track", "detect", retry=retry, workspace=mode)
    project = world.project(world.pipeline(world.definition("detect"), track))
    played = world.World(project, world.run(project, "detect"))
    played.end(*played.decide(), world.OK)
    stage = placed(played)
    played.attempts[stage.id] = lifecycle.advance(stage, lifecycle.Lost(Reason("NODE_SILENT", "silent")), played.now)
    made = played.decide()
    assert (len(made), played.run.hold is None) == ((0, False) if mode is WorkspaceMode.CONTINUE else (1, True))
    if mode is WorkspaceMode.CONTINUE:
        played.change(hold=None, again=frozenset({track.name}))
        assert len(played.decide()) == 1


def test_a_drained_node_that_falls_silent_and_is_given_up_costs_no_attempt_either() -> None:
    played = begun(attempts=1)
    stage = lifecycle.advance(placed(played), lifecycle.AbortRequested(DRAIN), played.now)
    (burial,) = decide({world.NODE: (stage,)}, {}, {}, played.now).burials
    played.attempts[stage.id] = lifecycle.advance(stage, burial.event, played.now)
    (again,) = played.decide()
    assert again.retry_of == stage.id
