"""Figures over many stages: they add up, whatever ran when, and say who began what and what was waited for."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.world import FAILED, NODE, OK, World, chain, project, run
from winslow.domain import lifecycle
from winslow.domain.pipeline import DefinitionName, Pipeline, RetryPolicy
from winslow.domain.project import Answer, Run, SweepId
from winslow.domain.stage import Reason, Stage
from winslow.domain.statistics import PEOPLE, Asked, Group, Period, Ran, Sum, asked, begun_by_hand, ran

MONDAY = datetime(2026, 11, 23, tzinfo=UTC).timestamp()
HOUR = 3600.0
WEEK = Period(MONDAY, MONDAY + 7 * 24 * HOUR)
BUSY = Reason("NODES_BUSY", "waits for room")


def fresh(names: tuple[str, ...] = ("a",), **fields: object) -> tuple[Stage, Run]:
    made = project(chain(*names))
    world = World(made, run(made, names[0], **fields))
    stage = world.decide()[0]
    return replace(stage, created_at=100.0), world.run


def world(of: Pipeline, **fields: object) -> World:
    made = project(of)
    return World(made, run(made, "a", **fields))


def begun(played: World) -> list[tuple[str, bool]]:
    """Each attempt that was made, and whether a person began it."""
    made = sorted(played.attempts.values(), key=lambda stage: (stage.definition.name, stage.attempt))
    return [(stage.definition.name, begun_by_hand(stage, played.run)) for stage in made]


def one(started: float | None, ended: float | None, **fields: object) -> Ran:
    facts: dict[str, object] = {
        "project": "p",
        "user": "ann",
        "node": "n",
        "gpus": (),
        "by_hand": True,
        "waits": {},
        "waited_until": started or MONDAY,
    }
    return Ran(started=started, ended=ended, **{**facts, **fields})  # type: ignore[arg-type]


def summed(*facts: Ran | Asked, period: Period = WEEK, group: Group = Group.PROJECT, zone: str = "UTC") -> Sum:
    figures = Sum(period, group, ZoneInfo(zone), period.end)
    for each in facts:
        if isinstance(each, Ran):
            figures.add(each)
        else:
            figures.add_asked(each)
    return figures


class TestWaiting:
    def test_what_was_waited_for_is_counted_by_its_reason(self) -> None:
        stage, _ = fresh()
        stage = lifecycle.advance(stage, lifecycle.Waits(BUSY), 103.0)
        stage = lifecycle.advance(stage, lifecycle.Waits(Reason("LIMIT", "one at a time")), 110.0)
        stage = lifecycle.advance(stage, lifecycle.Waits(BUSY), 120.0)
        stage = lifecycle.advance(stage, lifecycle.Awarded(NODE, 7), 124.5)
        assert stage.waited == {lifecycle.TURN: 3.0, "NODES_BUSY": 11.5, "LIMIT": 10.0}
        assert stage.waits_since is None

    def test_the_same_reason_with_another_text_counts_on(self) -> None:
        stage = lifecycle.advance(fresh()[0], lifecycle.Waits(BUSY), 100.0)
        stage = lifecycle.advance(stage, lifecycle.Waits(replace(BUSY, text="waits still")), 105.0)
        assert lifecycle.waiting(stage, 107.0) == 7.0

    def test_what_an_older_version_moved_is_not_counted_from_before_it_was_placed(self) -> None:
        stage = lifecycle.advance(fresh()[0], lifecycle.Waits(BUSY), 103.0)
        placed = lifecycle.advance(stage, lifecycle.Awarded(NODE, 7), 200.0)
        for kept in (stage.waits_since, None):  # it carries what it does not know
            older = replace(placed, reason=Reason("IMAGE_PULLING", "pulls"), waits_since=kept)
            assert lifecycle.waiting(older, 210.0) == 10.0

    def test_who_is_placed_at_once_has_waited_for_nothing(self) -> None:
        stage = lifecycle.advance(fresh()[0], lifecycle.Awarded(NODE, 7), 100.0)
        assert (stage.waited, stage.waits_since) == ({}, None)

    def test_a_leader_whose_clock_is_behind_takes_nothing_away(self) -> None:
        stage = lifecycle.advance(fresh()[0], lifecycle.Waits(BUSY), 50.0)
        assert lifecycle.advance(stage, lifecycle.Awarded(NODE, 7), 20.0).waited == {}

    def test_what_waits_now_counts_until_now(self) -> None:
        stage, of = fresh()
        stage = lifecycle.advance(stage, lifecycle.Waits(BUSY), 103.0)
        facts = ran(stage, of, 113.0)
        assert (facts.waits, facts.waited_until) == ({lifecycle.TURN: 3.0, "NODES_BUSY": 10.0}, 113.0)

    def test_a_person_is_waited_for_at_an_answered_gate_and_at_an_open_one(self) -> None:
        _, of = fresh()
        answered = replace(of, answers={"a": Answer("ann", 50.0, asked_at=20.0), "b": Answer("ann", 60.0)})  # type: ignore[dict-item]
        assert asked(answered, (), 99.0) == [Asked(of.project, 20.0, 50.0)]
        figures = summed(Asked("p", MONDAY - HOUR, MONDAY + HOUR), Asked("p", MONDAY, MONDAY + 3 * HOUR)).figures()
        assert (figures.waits[PEOPLE].stages, figures.waits[PEOPLE].total) == (2, 4 * HOUR)
        assert figures.waits[PEOPLE].longest == 3 * HOUR


class TestWhoBeganIt:
    def test_the_first_of_a_run_is_begun_by_hand_and_what_follows_by_winslow(self) -> None:
        played = world(chain("a", "b"))
        played.play()
        assert begun(played) == [("a", True), ("b", False)]

    def test_what_was_let_on_at_its_gate_is_begun_by_hand(self) -> None:
        played = world(chain("a", "b"), answers={"b": Answer("bob", 1.0)})
        played.play()
        assert begun(played) == [("a", True), ("b", True)]

    def test_another_try_is_winslows(self) -> None:
        played = world(chain("a", retry=RetryPolicy(attempts=2, backoff=0)))
        played.play(lambda stage: FAILED if stage.attempt == 1 else OK)
        assert begun(played) == [("a", True), ("a", False)]

    def test_another_try_that_somebody_asked_for_is_theirs_and_what_follows_is_not(self) -> None:
        played = world(chain("a", "b", "c"))
        played.play(lambda stage: OK if stage.definition.name == "a" else FAILED)
        failed = DefinitionName("b")
        played.change(hold=None, again=frozenset({failed}), resumed={failed: "bob"})
        played.play()
        assert begun(played) == [("a", True), ("b", False), ("b", True), ("c", False)]
        assert not played.run.resumed

    def test_the_points_of_a_sweep_are_winslows(self) -> None:
        played = world(chain("a"), sweep=SweepId("s"))
        played.play()
        assert begun(played) == [("a", False)]


class TestHours:
    def test_a_stage_counts_in_each_hour_by_the_part_of_it_that_it_ran(self) -> None:
        figures = summed(one(MONDAY + 8.5 * HOUR, MONDAY + 10.25 * HOUR)).figures()
        running = {hour: figures.hours[0, hour].running for hour in range(7, 12)}
        assert running == {7: 0.0, 8: 0.5, 9: 1.0, 10: 0.25, 11: 0.0}
        assert (figures.hours[0, 8].by_hand, figures.hours[0, 8].by_winslow) == (1, 0)

    def test_several_weeks_are_a_mean(self) -> None:
        two = Period(WEEK.start, WEEK.end + 7 * 24 * HOUR)
        figures = summed(one(MONDAY, MONDAY + HOUR), period=two).figures()
        assert figures.hours[0, 0].running == 0.5

    def test_hours_are_those_of_the_viewers_zone(self) -> None:
        figures = summed(one(MONDAY, MONDAY + HOUR), zone="Asia/Kathmandu").figures()  # 5:45 ahead
        assert (figures.hours[0, 5].by_hand, figures.hours[0, 5].running) == (1, pytest.approx(0.25))

    def test_what_still_runs_counts_until_now(self) -> None:
        figures = summed(one(WEEK.end - 2 * HOUR, None)).figures()
        assert figures.shares["p"].computing == 2 * HOUR

    def test_what_never_ran_takes_nothing(self) -> None:
        assert not summed(one(None, MONDAY)).figures().shares


class TestShares:
    def test_a_gpu_has_the_time_of_each_stage_that_held_it(self) -> None:
        facts = one(MONDAY, MONDAY + HOUR, gpus=("GPU-1", "GPU-2"))
        by_gpu = summed(facts, group=Group.GPU).figures().shares
        assert {name: share.gpu_computing for name, share in by_gpu.items()} == {"GPU-1": HOUR, "GPU-2": HOUR}
        assert summed(facts, group=Group.NODE).figures().shares["n"].gpu_computing == 2 * HOUR


SPANS = st.tuples(st.floats(-30 * HOUR, 200 * HOUR), st.floats(0, 90 * HOUR))


@given(st.lists(SPANS, max_size=12), st.sampled_from(["UTC", "America/New_York", "Asia/Kathmandu"]))
def test_the_hours_of_the_week_add_up_to_what_was_computed_in_the_period(spans, zone: str) -> None:
    facts = [one(MONDAY + start, MONDAY + start + length) for start, length in spans]
    figures = summed(*facts, zone=zone).figures()
    there: defaultdict[tuple[int, int], int] = defaultdict(int)
    at = datetime.fromtimestamp(WEEK.start, UTC)
    while at.timestamp() < WEEK.end:
        local = at.astimezone(ZoneInfo(zone))
        there[local.weekday(), local.hour] += 900
        at += timedelta(seconds=900)
    by_hours = sum(hour.running * there[key] for key, hour in figures.hours.items())
    inside = sum(max(0.0, min(each.ended, WEEK.end) - max(each.started, WEEK.start)) for each in facts)  # type: ignore[type-var]
    assert by_hours == pytest.approx(inside, abs=1e-3)
    assert sum(share.computing for share in figures.shares.values()) == pytest.approx(inside, abs=1e-3)
    assert sum(hour.by_hand for hour in figures.hours.values()) == sum(WEEK.holds(each.started or 0) for each in facts)
