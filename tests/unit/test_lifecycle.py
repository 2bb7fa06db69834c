"""The states of a stage, and the moves that are legal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.world import FAILED, NODE, OK, World, chain, project, run
from winslow.domain import lifecycle
from winslow.domain.lifecycle import TRANSITIONS
from winslow.domain.stage import ENDED, Cause, Outcome, Reason, Stage, State
from winslow.errors import FailedPrecondition

EVENTS: dict[type, st.SearchStrategy] = {
    lifecycle.Opened: st.just(lifecycle.Opened()),
    lifecycle.Waits: st.just(lifecycle.Waits(Reason("NODES_BUSY", "waits for room"))),
    lifecycle.Awarded: st.builds(lifecycle.Awarded, st.just(NODE), st.integers(1, 99)),
    lifecycle.Started: st.builds(lifecycle.Started, st.floats(1, 99), st.just("sha256:1")),
    lifecycle.Reported: st.builds(
        lifecycle.Reported,
        st.dictionaries(st.sampled_from("ab"), st.text(max_size=3), max_size=2),
        st.one_of(st.none(), st.floats(0, 1)),
    ),
    lifecycle.AbortRequested: st.builds(lifecycle.AbortRequested, st.sampled_from(["ann", "bob"])),
    lifecycle.Ended: st.builds(
        lifecycle.Ended,
        st.sampled_from([OK, FAILED, Outcome(cause=Cause.ABORTED)]),
        st.just({}),
        st.floats(1, 99),
    ),
    lifecycle.Lost: st.just(lifecycle.Lost(Reason("NODE_LOST", "silent"))),
    lifecycle.Skipped: st.just(lifecycle.Skipped("ann")),
}
events = st.one_of(*EVENTS.values())


def fresh() -> Stage:
    made = project(chain("a"))
    return World(made, run(made, "a")).decide()[0]


def test_the_table_knows_every_state_and_every_event() -> None:
    assert set(TRANSITIONS) == set(State)
    assert set().union(*TRANSITIONS.values()) == set(EVENTS)


def test_ended_states_have_no_way_out() -> None:
    assert all(not TRANSITIONS[state] for state in ENDED)


def test_every_state_can_be_reached() -> None:
    reached = {State.QUEUED}
    for _ in State:
        reached |= {to for state in reached for tos in TRANSITIONS[state].values() for to in tos}
    assert reached == set(State)


@given(st.lists(events, max_size=30))
def test_whatever_happens_a_stage_moves_along_the_table_or_not_at_all(happenings) -> None:
    stage = fresh()
    for now, event in enumerate(happenings, start=100):
        before = stage
        try:
            stage = lifecycle.advance(stage, event, float(now))
        except FailedPrecondition as error:
            assert error.reason == "ILLEGAL_MOVE"
            assert stage is before
            continue
        assert stage.state in TRANSITIONS[before.state][type(event)]
        assert before.node is None or stage.node == before.node, "a stage belongs to its node for ever"
        assert (stage.ended_at is not None) == stage.ended
        assert stage.ended == (stage.outcome is not None) or stage.state is State.SKIPPED
        assert (stage.state is State.SUCCEEDED) == (stage.outcome is not None and stage.outcome.cause is None)


def test_the_first_to_ask_for_an_abort_is_remembered() -> None:
    placed = lifecycle.advance(fresh(), lifecycle.Awarded(NODE, 1), 1.0)
    once = lifecycle.advance(placed, lifecycle.AbortRequested("ann"), 2.0)
    twice = lifecycle.advance(once, lifecycle.AbortRequested("bob"), 3.0)
    assert twice.abort == once.abort and twice.state is State.PREPARING


def test_a_stage_that_no_node_has_yet_is_aborted_at_once() -> None:
    aborted = lifecycle.advance(fresh(), lifecycle.AbortRequested("ann"), 2.0)
    assert aborted.state is State.ABORTED and aborted.outcome is not None


def test_the_error_of_an_illegal_move_names_the_stage_and_its_state() -> None:
    with pytest.raises(FailedPrecondition, match="a-1-1-abc123 is QUEUED: Lost is not possible"):
        lifecycle.advance(fresh(), lifecycle.Lost(Reason("NODE_LOST", "silent")), 1.0)
