"""The example's tracker, in its pure parts: who is given which box, and what is followed for how long."""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[2] / "examples" / "traffic"))

from stages.assignment import assign
from stages.tracker import Box, Track, Tracker

PERIOD = 0.1  # seconds between frames


def walker(frame: int, x: float = 100, y: float = 100, vx: float = 0, vy: float = 0) -> Box:
    """A person-sized box that is at x, y in frame 0 and goes vx, vy pixels a second."""
    return Box(x + vx * frame * PERIOD, y + vy * frame * PERIOD, 30, 80)


def follow(frames: list[list[Box]], **settings: float) -> list[Track]:
    tracker = Tracker(**settings)
    for number, boxes in enumerate(frames):
        tracker.feed(number, number * PERIOD, boxes)
    return tracker.finish()


rectangles = st.integers(1, 4).flatmap(
    lambda columns: st.lists(st.lists(st.floats(0, 3), min_size=columns, max_size=columns), min_size=1, max_size=4)
)


@given(rectangles)
def test_no_other_assignment_is_cheaper(costs: list[list[float]]) -> None:
    limit = 1.0
    pairs = assign(costs, limit)

    def price(chosen: list[tuple[int, int]]) -> float:
        return sum(costs[row][column] for row, column in chosen) + limit * (len(costs) - len(chosen))

    rows, columns = range(len(costs)), range(len(costs[0]))
    every = (
        list(zip(some_rows, some_columns, strict=True))
        for count in range(min(len(rows), len(columns)) + 1)
        for some_rows in itertools.combinations(rows, count)
        for some_columns in itertools.permutations(columns, count)
    )
    assert price(pairs) == pytest.approx(min(map(price, every)))
    assert len({row for row, _ in pairs}) == len({column for _, column in pairs}) == len(pairs)
    assert all(costs[row][column] <= limit + 1e-9 for row, column in pairs)


def test_nothing_is_assigned_where_there_is_nothing() -> None:
    assert assign([], 1.0) == []
    assert assign([[], []], 1.0) == []


def test_a_walker_is_one_track_with_its_speed() -> None:
    (track,) = follow([[walker(frame, vx=60, vy=-25)] for frame in range(30)])
    assert [at.frame for at in track.sightings] == list(range(30))
    assert track.sightings[15].vx == pytest.approx(60, rel=0.1)
    assert track.sightings[15].vy == pytest.approx(-25, rel=0.1)
    assert track.sightings[0].speed == pytest.approx(65, rel=0.25)


def test_two_who_cross_keep_their_numbers() -> None:
    frames = [[walker(f, x=100, vx=80), walker(f, x=340, y=150, vx=-80)] for f in range(31)]
    first, second = sorted(follow(frames), key=lambda track: track.sightings[0].box.x)
    assert first.sightings[-1].box.x > 300
    assert second.sightings[-1].box.x < 140


def test_one_who_is_hidden_for_a_moment_stays_the_same_track() -> None:
    frames = [[] if 12 <= frame < 18 else [walker(frame, vx=60)] for frame in range(30)]
    (track,) = follow(frames, patience=1.0)
    assert [at.frame for at in track.sightings if not at.seen] == list(range(12, 18))


def test_one_who_is_hidden_for_longer_comes_back_as_another() -> None:
    frames = [[] if 12 <= frame < 25 else [walker(frame, vx=60)] for frame in range(40)]
    before, after = follow(frames, patience=1.0)
    assert before.sightings[-1].frame == 11, "a track ends where it was last seen"
    assert after.sightings[0].frame == 25


def test_a_flicker_is_no_track() -> None:
    frames = [[walker(frame)] if frame in (3, 4, 9) else [] for frame in range(20)]
    assert follow(frames) == []
