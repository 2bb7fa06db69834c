"""Statistics of what is live and what is history, together and each once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.unit import world
from tests.unit.little import ANN, Little
from tests.unit.test_usecases_history import Archive, with_runs
from winslow.domain.pipeline import Confirmation, UserInput
from winslow.domain.stage import RunId
from winslow.domain.statistics import PEOPLE, Figures, Group
from winslow.errors import InvalidArgument, NotFound
from winslowd.usecases import unhurried
from winslowd.usecases.beginnings import Start
from winslowd.usecases.runs import GateAnswer
from winslowd.usecases.statistics import Wanted


@pytest_asyncio.fixture
async def little(tmp_path: Path) -> AsyncIterator[Little]:
    async with Little.led(tmp_path) as little:
        yield little


async def figures(little: Little, **wanted: object) -> Figures:
    return await little.use_cases.statistics.figures(ANN, Wanted(start=0.0, **wanted))  # type: ignore[arg-type]


def told(one: Figures) -> tuple[object, object, object]:
    return {key: (hour.by_hand, hour.by_winslow) for key, hour in one.hours.items()}, one.shares, one.waits


async def test_what_became_history_counts_as_it_did(little: Little) -> None:
    project = await with_runs(little, 3)
    little.now += 10
    before = await figures(little)
    assert before.shares[project].stages == 6 and before.shares[project].computing == 60.0
    await Archive(little).moved()
    for _ in range(2):  # read from the volume, and as it was kept
        assert told(await figures(little)) == told(before)


async def test_what_was_recalled_from_history_counts_once(little: Little) -> None:
    project = await with_runs(little, 3)
    little.now += 10
    before = await figures(little)
    await Archive(little).moved()
    await figures(little)
    assert await little.use_cases.past.recall(project, RunId("000001"))
    assert told(await figures(little)) == told(before)


async def test_many_small_projects_let_others_have_their_turns(little: Little, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(10):
        await little.project(name=f"Street {number}")
    project = await with_runs(little, 3)
    await Archive(little).moved()
    await figures(little)  # from here on it is kept: nothing is waited for
    monkeypatch.setattr(unhurried, "STRETCH", 0.0)
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(others(), name="others")
    assert (await figures(little)).shares[project].stages == 6
    task.cancel()
    assert turns > 2 * 10


async def test_starts_are_told_apart_and_a_person_is_waited_for(little: Little) -> None:
    waits = UserInput(confirmation=Confirmation.ALWAYS)
    pipeline = world.pipeline(
        world.definition("detect"),
        world.definition("track", "detect", user_input=waits),
        world.definition("analyse", "track"),
    )
    project = await little.project(pipeline)
    await little.use_cases.runs.start(little.request(), project, Start())
    await little.end("detect")
    await little.until(lambda: little.shown(project).gates)
    little.now += 30
    assert (await figures(little)).waits[PEOPLE].total == 30.0
    await little.use_cases.runs.answer(little.request(), project, RunId("000001"), GateAnswer())
    little.now += 5
    await little.end("track")
    await little.end("analyse")
    little.now += 1
    found = await figures(little, group=Group.USER)
    assert found.waits[PEOPLE].total == 30.0
    assert sum(hour.by_hand for hour in found.hours.values()) == 2
    assert sum(hour.by_winslow for hour in found.hours.values()) == 1
    assert found.shares["ann"].stages == 3


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        (Wanted(start=1e12), "PERIOD_INVALID"),
        (Wanted(start=900.0, end=800.0), "PERIOD_INVALID"),
        (Wanted(start=-5.0), "PERIOD_INVALID"),
        (Wanted(start=0.0, zone="../../etc/passwd"), "ZONE_UNKNOWN"),
        (Wanted(start=0.0, zone="Mars/Olympus"), "ZONE_UNKNOWN"),
    ],
)
async def test_what_makes_no_sense_is_refused(little: Little, wanted: Wanted, reason: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        await little.use_cases.statistics.figures(ANN, wanted)
    assert refused.value.reason == reason


async def test_a_project_that_is_not_there_is_named(little: Little) -> None:
    with pytest.raises(NotFound):
        await little.use_cases.statistics.figures(ANN, Wanted(start=0.0, project="nowhere"))
