"""What a stage used is told when its node is gone: written down beside it by the node that measured it."""

from __future__ import annotations

import gzip
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from tests.unit import world
from tests.unit.little import ANN, NODE, Little
from winslow.domain.reading import GpuReading, OfStage, Reading
from winslow.domain.records import Commit, Put, stage_ref
from winslow.domain.stage import NodeId, Stage
from winslow.errors import DataLoss, FailedPrecondition, Unavailable
from winslowd.engines.recorder import Recorder
from winslowd.usecases.beginnings import Start
from winslowd.usecases.listing import Ask
from winslowd.usecases.readings import LATE

GPU = GpuReading("GPU-1", 0.123456789, 7 << 30, 61.5, 250.25)


class Recorded:
    """A stage that ran on this node for ten minutes, and who writes down what it used."""

    def __init__(self, little: Little, stage: Stage, root: Path) -> None:
        self.little, self.stage = little, stage
        self.file = root / "projects" / stage.project / "stages" / stage.id / "readings.gz"
        self.file.parent.mkdir(parents=True)
        self.recorder = self.new_recorder()
        assert stage.started_at
        subject = OfStage(stage.project, stage.id)
        times = [stage.started_at + 1.0 + number for number in range(7)]
        little.readings.kept = [Reading(subject, at, 60, 0.1 + at / 3, 5 << 30, gpus=(GPU,)) for at in times]

    def new_recorder(self) -> Recorder:
        little = self.little
        return Recorder(NODE.id, little.store, little.readings, little.volume.readings, lambda: little.now)

    async def moved(self, node: str) -> None:
        """Now the stage's node is said to be another one."""
        changed = replace(self.stage, node=NodeId(node))
        await self.little.store.commit(Commit(puts=(Put(stage_ref(changed), changed),)))

    async def told(self, size: int = 100) -> list[Reading]:
        found, token = list[Reading](), ""
        while True:
            ask = Ask(page_size=size, page_token=token)
            page = await self.little.use_cases.readings.of_stage(ANN, "-", self.stage.id, ask)
            found += page.items
            if not (token := page.next_page_token):
                return found


@pytest_asyncio.fixture
async def recorded(tmp_path: Path) -> AsyncIterator[Recorded]:
    async with Little.led(tmp_path) as little:
        project = await little.project(world.chain("detect"))
        await little.use_cases.runs.start(little.request(), project, Start())
        yield Recorded(little, await little.end("detect"), tmp_path)


async def test_what_a_stage_used_is_told_when_its_node_is_gone(recorded: Recorded) -> None:
    there = await recorded.told()
    recorded.little.now += LATE
    await recorded.recorder.look()
    await recorded.moved("gone")
    assert await recorded.told() == there == recorded.little.readings.kept
    assert await recorded.told(size=2) == there


async def test_its_last_minute_is_waited_for(recorded: Recorded) -> None:
    recorded.little.now += LATE - 1
    await recorded.recorder.look()
    assert not recorded.file.exists()
    await recorded.moved("gone")
    with pytest.raises(FailedPrecondition) as caught:
        await recorded.told()
    assert caught.value.reason == "MEASURED_ELSEWHERE"


async def test_it_is_written_once_also_after_a_restart(recorded: Recorded) -> None:
    recorded.little.now += LATE
    await recorded.recorder.look()
    written = recorded.file.stat()
    recorded.little.readings.kept = []
    await recorded.recorder.look()
    await recorded.new_recorder().look()
    assert recorded.file.stat().st_ino == written.st_ino


async def test_what_could_not_be_written_is_written_later(recorded: Recorded) -> None:
    recorded.little.now += LATE
    recorded.little.volume.failing["readings.put"] = Unavailable("away", reason="STORAGE_DEGRADED")
    await recorded.recorder.look()
    recorded.little.volume.failing.clear()
    await recorded.recorder.look()
    assert recorded.file.exists()


async def test_a_volume_that_is_away_is_asked_once_and_not_for_each_stage(recorded: Recorded) -> None:
    little = recorded.little
    await little.use_cases.runs.start(little.request(), recorded.stage.project, Start())
    await little.end("detect")
    little.now += LATE
    little.volume.failing["readings.get"] = Unavailable("away", reason="STORAGE_DEGRADED")
    little.volume.calls.clear()
    await recorded.recorder.look()
    assert little.volume.calls == ["readings.get"]


async def test_another_nodes_stages_are_its_own_to_write_down(recorded: Recorded) -> None:
    recorded.little.now += LATE
    await recorded.moved("other")
    await recorded.recorder.look()
    assert not recorded.file.exists()


async def test_people_read_it_without_winslow_and_damage_is_told(recorded: Recorded) -> None:
    recorded.little.now += LATE
    await recorded.recorder.look()
    data = recorded.file.read_bytes()
    lines = [json.loads(line) for line in gzip.decompress(data).splitlines()]
    assert [line["cpus"] for line in lines] == [one.cpus for one in recorded.little.readings.kept]
    recorded.file.unlink()
    recorded.file.write_bytes(data[:100] + bytes(30) + data[130:])
    await recorded.moved("gone")
    with pytest.raises(DataLoss) as caught:
        await recorded.told()
    assert caught.value.reason == "ARCHIVE_DAMAGED"
