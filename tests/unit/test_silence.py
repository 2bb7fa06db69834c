"""When the stages of a silent node are given up, as a decision: no clock, no store."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit import world
from winslow.domain import lifecycle
from winslow.domain.node import Silence
from winslow.domain.silence import (
    CHECKPOINT,
    FENCE_AGAIN,
    UNKNOWN_CLIENT,
    decide,
    give_up,
    silent_for,
    told,
    told_of_node,
)
from winslow.domain.stage import Abort, Cause, NodeId, RunId, Stage, StageId, State

NODE = NodeId("node-2")


def placed(lost_after: float = 300.0, name: str = "detect") -> Stage:
    definition = world.definition(name, lost_after=lost_after)
    stage = Stage(
        StageId(f"{name}-1-1-abc123"), world.project(world.chain("a")).id, RunId("1"), definition, 1, 1.0, "ann"
    )
    awarded = lifecycle.advance(stage, lifecycle.Awarded(NODE, 7), 2.0)
    return lifecycle.advance(awarded, lifecycle.Started(3.0, "sha256:1"), 3.0)


def test_a_node_that_falls_silent_with_stages_is_written_down_and_waited_for() -> None:
    decision = decide({NODE: (placed(),)}, {}, {}, 1000.0)
    assert decision.records == (Silence(NODE, 1000.0),)
    assert not decision.burials
    assert decision.look_in == CHECKPOINT


def test_waiting_is_recorded_every_fifteen_seconds_on_top_of_what_earlier_leaders_waited() -> None:
    records = {NODE: Silence(NODE, 1000.0, waited=60.0)}
    assert decide({NODE: (placed(),)}, records, {NODE: 14.0}, 0.0).records == ()
    assert decide({NODE: (placed(),)}, records, {NODE: 15.5}, 0.0).records == (Silence(NODE, 1000.0, waited=75.5),)


def test_a_stage_is_given_up_when_all_leaders_together_have_waited_for_as_long_as_it_says() -> None:
    records = {NODE: Silence(NODE, 1000.0, waited=290.0)}
    assert not decide({NODE: (placed(),)}, records, {NODE: 9.9}, 0.0).burials
    (burial,) = decide({NODE: (placed(),)}, records, {NODE: 10.0}, 0.0).burials
    lost = lifecycle.advance(burial.stage, burial.event, 5.0)
    assert lost.state is State.LOST
    assert lost.outcome and lost.outcome.cause is Cause.NODE_LOST
    assert "node-2 was silent for 300 s" in lost.outcome.message
    assert "winslowctl node remove node-2" in lost.outcome.message


def test_each_stage_has_a_patience_of_its_own() -> None:
    hasty, calm = placed(30.0, "hasty"), placed(600.0, "calm")
    decision = decide({NODE: (hasty, calm)}, {NODE: Silence(NODE, 0.0, waited=30.0)}, {NODE: 0.0}, 0.0)
    assert [burial.stage for burial in decision.burials] == [hasty]


def test_a_stage_that_waits_for_nobody_is_given_up_at_once_and_nothing_is_written_down() -> None:
    decision = decide({NODE: (placed(0.0),)}, {}, {}, 1000.0)
    assert len(decision.burials) == 1
    assert not decision.records
    assert decision.look_in is None


@pytest.mark.parametrize("since", [-90_000.0, 1000.0, 90_000.0])
def test_a_wall_clock_that_is_a_day_wrong_decides_nothing(since: float) -> None:
    decision = decide({NODE: (placed(),)}, {NODE: Silence(NODE, since, waited=30.0)}, {NODE: 1.0}, 1000.0)
    assert not decision.burials
    assert decision.look_in == CHECKPOINT - 1


def test_the_record_of_a_node_that_is_back_or_holds_nothing_goes() -> None:
    assert decide({}, {NODE: Silence(NODE, 0.0, 299.0)}, {}, 0.0).over == (NODE,)


def test_what_a_person_aborted_stays_aborted_when_its_node_is_given_up() -> None:
    aborted = replace(placed(0.0), abort=Abort("bob", 1.0))
    (burial,) = decide({NODE: (aborted,)}, {}, {}, 9.0).burials
    ended = lifecycle.advance(aborted, burial.event, 9.0)
    assert ended.state is State.ABORTED
    assert ended.outcome and ended.outcome.message.startswith("aborted by bob; node-2 fell silent")


def test_a_node_that_a_person_gives_up_loses_its_stages_in_the_name_of_that_person() -> None:
    (burial,) = give_up([placed()], NODE, "bob", 9.0)
    lost = lifecycle.advance(burial.stage, burial.event, 9.0)
    assert lost.state is State.LOST
    assert lost.outcome and "bob removed node-2" in lost.outcome.message


def test_people_are_told_for_how_long_it_was_silent_and_when_it_is_given_up() -> None:
    record = Silence(NODE, 1000.0, waited=30.0)
    assert told(placed(), record, 1040.0).text == "suspect: node-2 silent for 40 s, given up in 260 s"
    assert told(placed(), None, 1040.0).text == "suspect: node-2 is silent, given up after 300 s"


def test_of_a_node_people_are_told_what_will_happen_to_its_stages() -> None:
    record = Silence(NODE, 1000.0, waited=30.0)
    one, more = placed(), placed(60.0, "hasty")
    assert told_of_node([one], record, 1040.0) == "silent for 40 s, its stage is given up in 260 s"
    assert told_of_node([one, one], record, 1040.0) == "silent for 40 s, its 2 stages are given up in 260 s"
    assert told_of_node([one, more], record, 1040.0) == "silent for 40 s, its 2 stages are given up in 20 to 260 s"
    assert told_of_node([], record, 1040.0) == "silent for 40 s"
    assert told_of_node([one], None, 1040.0) == "silent"


@given(now=st.floats(-1e6, 1e6), waited=st.floats(0, 1e5))
def test_what_people_are_told_stays_near_what_was_counted_whatever_the_clocks_say(now: float, waited: float) -> None:
    assert waited <= silent_for(Silence(NODE, 0.0, waited), now) <= waited + CHECKPOINT


PATIENCES = st.lists(st.floats(0, 400), min_size=1, max_size=4)


@given(PATIENCES, st.floats(0, 400), st.floats(0, 60))
def test_exactly_those_are_given_up_whose_time_is_over_and_the_next_look_is_never_too_late(
    patiences: list[float], waited: float, more: float
) -> None:
    stages = tuple(placed(patience, f"s{number}") for number, patience in enumerate(patiences))
    decision = decide({NODE: stages}, {NODE: Silence(NODE, 0.0, waited)}, {NODE: more}, 0.0)
    buried = {burial.stage.id for burial in decision.burials}
    assert buried == {stage.id for stage in stages if stage.definition.lost_after <= waited + more}
    left = [stage.definition.lost_after for stage in stages if stage.id not in buried]
    assert (decision.look_in is None) == (not left)
    if decision.look_in is not None:
        assert 0 < decision.look_in <= min(CHECKPOINT, min(left) - waited - more) + 1e-6


@given(
    patience=st.floats(0, 200),
    terms=st.lists(st.lists(st.floats(0.001, 40), min_size=1, max_size=10), min_size=1, max_size=6),
)
def test_whoever_leads_however_often_no_stage_is_given_up_early_nor_later_than_a_checkpoint_a_leader(
    patience: float, terms: list[list[float]]
) -> None:
    """Leaders come and go at any moment; each knows of the others only what they recorded."""
    stage, records, silent_since, now = placed(patience), dict[NodeId, Silence](), 0.0, 0.0
    for term in [*terms, [CHECKPOINT] * 40]:
        unrecorded = 0.0
        for step in term:
            decision = decide({NODE: (stage,)}, records, {NODE: unrecorded}, 0.0)
            if decision.burials:
                assert now - silent_since >= patience - 1e-6
                assert now - silent_since <= patience + len(terms) * (CHECKPOINT + 40) + 40
                return
            if decision.records:
                records, unrecorded = {NODE: decision.records[0]}, 0.0
            now, unrecorded = now + step, unrecorded + step
    raise AssertionError("it is waited for for ever")


A, B = "the first mount", "the second mount"
SILENT_LONG = Silence(NODE, 0.0, waited=400.0)


def test_where_nodes_can_be_shut_out_nothing_is_given_up_before_every_client_of_the_node_is() -> None:
    stages = {NODE: (placed(),)}
    first = decide(stages, {NODE: SILENT_LONG}, {NODE: 3.0}, 0.0, {NODE: (A, B)})
    assert not first.burials
    (fencing,) = first.fencings
    assert fencing.clients == (A, B)
    half = replace(SILENT_LONG, fenced=(A,))
    (rest,) = decide(stages, {NODE: half}, {NODE: 0.0}, 0.0, {NODE: (A, B)}).fencings
    assert rest.clients == (B,)
    done = rest.done()
    assert (done.fenced, done.fault, done.waited) == ((A, B), "", 400.0)
    last = decide(stages, {NODE: done}, {NODE: 0.0}, 0.0, {NODE: (A, B)})
    assert len(last.burials) == 1 and not last.fencings


def test_what_was_waited_until_a_node_is_shut_out_is_not_waited_again() -> None:
    decision = decide({NODE: (placed(),)}, {NODE: replace(SILENT_LONG, waited=295.0)}, {NODE: 6.0}, 0.0, {NODE: (A,)})
    done = decision.fencings[0].done()
    assert decide({NODE: (placed(),)}, {NODE: done}, {NODE: 0.0}, 0.0, {NODE: (A,)}).burials


def test_a_stage_that_waits_for_nobody_waits_for_the_fence() -> None:
    first = decide({NODE: (placed(0.0),)}, {}, {}, 9.0, {NODE: (A,)})
    assert first.records == (Silence(NODE, 9.0),) and not first.burials and not first.fencings
    second = decide({NODE: (placed(0.0),)}, {NODE: first.records[0]}, {NODE: 0.0}, 9.0, {NODE: (A,)})
    assert second.fencings[0].clients == (A,)


@pytest.mark.parametrize("clients", [{}, {NODE: ()}])
def test_a_node_that_never_said_who_it_is_cannot_be_shut_out_and_is_waited_for(
    clients: dict[NodeId, tuple[str, ...]],
) -> None:
    decision = decide({NODE: (placed(),)}, {NODE: SILENT_LONG}, {NODE: 0.0}, 0.0, clients)
    assert not decision.burials
    (fencing,) = decision.fencings
    assert fencing.clients == ()
    assert decision.look_in == FENCE_AGAIN


def test_one_that_is_not_due_is_not_shut_out() -> None:
    """It may be cut off and at work: it goes on when it is back."""
    decision = decide({NODE: (placed(),)}, {NODE: Silence(NODE, 0.0, 100.0)}, {NODE: 0.0}, 0.0, {NODE: (A,)})
    assert not decision.fencings and not decision.burials


def test_people_are_told_what_is_in_the_way_of_giving_up() -> None:
    record = replace(SILENT_LONG, fault=UNKNOWN_CLIENT)
    reason = told(placed(), record, 400.0)
    assert reason.code == "NODE_NOT_FENCED"
    assert "shut out of the shared file system, which fails: nobody knows through which client" in reason.text
    assert "which fails" in told_of_node([placed()], record, 400.0)


@given(PATIENCES, st.floats(0, 400), st.floats(0, 60), st.sets(st.sampled_from("abc")), st.sets(st.sampled_from("abc")))
def test_nothing_is_ever_given_up_while_a_client_of_its_node_may_write(
    patiences: list[float], waited: float, more: float, clients: set[str], fenced: set[str]
) -> None:
    stages = tuple(placed(patience, f"s{number}") for number, patience in enumerate(patiences))
    record = Silence(NODE, 0.0, waited, tuple(sorted(fenced)))
    decision = decide({NODE: stages}, {NODE: record}, {NODE: more}, 0.0, {NODE: tuple(sorted(clients))})
    due = {stage.id for stage in stages if stage.definition.lost_after <= waited + more}
    if clients and clients <= fenced:
        assert {burial.stage.id for burial in decision.burials} == due and not decision.fencings
    else:
        assert not decision.burials
        assert [set(one.clients) for one in decision.fencings] == ([clients - fenced] if due else [])
        assert decision.look_in is not None and decision.look_in <= CHECKPOINT, "it is tried again"
