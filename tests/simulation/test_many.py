"""Worlds that run in processes of their own are those that run here, and none is lost on the way."""

from __future__ import annotations

import os

import pytest

from tests.simulation import many
from tests.simulation.many import TOGETHER, Tally, tallies
from tests.simulation.simulate import Verdict, simulate


def verdict(seed: int) -> Verdict:
    return Verdict(seed, ("something is wrong",) if seed % 40 == 7 else (), 2, 1.0, 1, 3)


def test_a_world_is_the_same_alone_and_among_others() -> None:
    seeds = range(5, 9)
    (told,) = tallies(seeds, 2)
    alone = [simulate(seed) for seed in seeds]
    assert told == Tally(4, sum(one.launches for one in alone), sum(one.steps for one in alone))


def test_every_world_is_run_once_and_those_that_broke_something_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(many, "simulate", verdict)
    count = 2 * TOGETHER + 3
    told = [*tallies(range(count), 2)]
    assert sorted(one.worlds for one in told) == [3, TOGETHER, TOGETHER]
    assert (sum(one.launches for one in told), sum(one.steps for one in told)) == (3 * count, 2 * count)
    broken = {seed: what for one in told for seed, what in one.broken.items()}
    assert broken == {str(seed): ["something is wrong"] for seed in range(7, count, 40)}


@pytest.mark.parametrize("falls", [lambda seed: 1 // 0, lambda seed: os._exit(3)], ids=["raises", "is gone"])
def test_a_process_that_falls_is_no_success(falls, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(many, "simulate", falls)
    with pytest.raises(RuntimeError):
        [*tallies(range(3), 2)]
