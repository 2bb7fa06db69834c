"""What the loop of the simulation promises: the same seed is the same order, and processes freeze and die as real ones do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from random import Random
from typing import Any

import pytest

from tests.simulation.loop import SimulatedLoop, Stuck
from tests.simulation.simulate import simulate


def run(work: Callable[[SimulatedLoop], Coroutine[Any, Any, Any]], seed: int = 1) -> Any:
    loop = SimulatedLoop(Random(seed))
    try:
        return loop.run_until_complete(work(loop))
    finally:
        loop.shut()


async def two_that_count(loop: SimulatedLoop) -> list[str]:
    seen: list[str] = []

    async def count(name: str) -> None:
        for number in range(20):
            seen.append(f"{name}{number}")
            await asyncio.sleep(0)

    await asyncio.wait([loop.spawn(loop.process(name), count(name), name) for name in "ab"])
    return seen


def test_the_same_seed_is_the_same_order_and_another_one_another() -> None:
    first, again, other = run(two_that_count, 1), run(two_that_count, 1), run(two_that_count, 2)
    assert first == again != other


def test_within_a_process_everything_happens_in_its_order() -> None:
    for seed in range(20):
        seen = run(two_that_count, seed)
        for name in "ab":
            assert [one for one in seen if one[0] == name] == [f"{name}{number}" for number in range(20)]


def test_hours_pass_at_once() -> None:
    async def work(loop: SimulatedLoop) -> float:
        await asyncio.sleep(36_000)
        return loop.time()

    assert 36_000 <= run(work) < 36_001


def beats(seen: list[float]) -> Coroutine[Any, Any, None]:
    async def beat() -> None:
        try:
            while True:
                await asyncio.sleep(1)
                seen.append(asyncio.get_running_loop().time())
        finally:
            seen.append(-1)

    return beat()


def test_a_frozen_process_does_nothing_and_wakes_late() -> None:
    async def work(loop: SimulatedLoop) -> list[float]:
        process, seen = loop.process("a"), list[float]()
        loop.spawn(process, beats(seen), "beat")
        await asyncio.sleep(2.5)
        loop.freeze(process)
        await asyncio.sleep(10)
        assert len(seen) == 2
        loop.thaw(process)
        await asyncio.sleep(1.2)
        return list(seen)

    seen = run(work)
    assert seen[2] == pytest.approx(12.5, abs=0.01)
    assert len(seen) == 4


def test_nothing_of_a_killed_process_ever_runs_not_even_what_cleans_up() -> None:
    async def work(loop: SimulatedLoop) -> list[float]:
        process, seen = loop.process("a"), list[float]()
        task = loop.spawn(process, beats(seen), "beat")
        await asyncio.sleep(1.5)
        loop.kill(process)
        task.cancel()
        await asyncio.sleep(10)
        return list(seen)

    assert len(run(work)) == 1


def test_children_belong_to_the_process_that_made_them() -> None:
    async def work(loop: SimulatedLoop) -> list[float]:
        process, seen = loop.process("a"), list[float]()

        async def parent() -> None:
            async with asyncio.TaskGroup() as group:
                group.create_task(beats(seen))

        loop.spawn(process, parent(), "parent")
        await asyncio.sleep(1.5)
        loop.kill(process)
        await asyncio.sleep(5)
        return list(seen)

    assert len(run(work)) == 1


def test_a_world_that_stands_still_or_goes_round_in_circles_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    async def still(loop: SimulatedLoop) -> None:
        await loop.create_future()

    async def circles(loop: SimulatedLoop) -> None:
        while True:
            await asyncio.sleep(0)

    monkeypatch.setattr("tests.simulation.loop.MOST", 1000)
    for work in (still, circles):
        with pytest.raises(Stuck):
            run(work)


def test_a_world_runs_the_same_way_each_time() -> None:
    told: list[list[str]] = [[], []]
    for lines in told:
        simulate(7, lines.append)
    assert told[0] == told[1]
    assert len(told[0]) > 20


def test_what_a_callback_raises_is_told_and_the_others_go_on() -> None:
    told: list[BaseException] = []

    async def work(loop: SimulatedLoop) -> float:
        loop.set_exception_handler(lambda _, context: told.append(context["exception"]))
        loop.call_soon(lambda: 1 / 0)
        await asyncio.sleep(1)
        return loop.time()

    assert run(work) >= 1
    assert [type(one) for one in told] == [ZeroDivisionError]


def test_what_was_called_off_does_not_happen() -> None:
    async def work(loop: SimulatedLoop) -> list[str]:
        seen: list[str] = []
        soon, timer = loop.call_soon(seen.append, "soon"), loop.call_later(1, seen.append, "later")
        loop.call_later(2, seen.append, "last")
        soon.cancel()
        timer.cancel()
        assert timer.cancelled()
        await asyncio.sleep(3)
        return seen

    assert run(work) == ["last"]
