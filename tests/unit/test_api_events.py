"""Readings beside changes: both in one stream, and nothing of it is left when its reader goes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import aclosing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.unit.little import ANN, Little
from winslow.errors import InvalidArgument
from winslow.v1 import event_pb2
from winslow.v1 import event_service_pb2 as pb
from winslow.v1.node_pb2 import Reading
from winslowd.api import events
from winslowd.api.events import EventService
from winslowd.api.gathering import Latest, Measurement

BOTH = pb.WatchRequest(kinds=[event_pb2.RESOURCE_KIND_PROJECT, event_pb2.RESOURCE_KIND_READING])


class Meter:
    """Stands for what is measured of everything: hands on what a test says."""

    def __init__(self) -> None:
        self.watchers: list[Latest] = []

    @contextmanager
    def watching(self, asked: Sequence[str]) -> Iterator[Latest]:
        self.watchers.append(latest := Latest())
        try:
            yield latest
        finally:
            self.watchers.remove(latest)

    def say(self, *subjects: str) -> None:
        for one in self.watchers:
            one.put(Measurement(Reading(subject=subject)) for subject in subjects)


async def test_readings_come_beside_changes_and_nothing_waits_on_when_the_reader_is_gone(
    tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setattr(events, "asker", lambda: ANN)
    async with Little.led(tmp_path) as little:
        meter = Meter()
        service: Any = EventService(little.use_cases, meter)  # type: ignore[arg-type]
        await little.project()
        before = asyncio.all_tasks()
        told = []

        async def read() -> None:
            async with aclosing(service.Watch(BOTH, None)) as messages:
                async for message in messages:
                    told.append(pb.WatchResponse.FromString(message))

        async with asyncio.timeout(30):
            reader = asyncio.create_task(read(), name="reader")
            for number in range(3):
                while not meter.watchers:
                    await asyncio.sleep(0.005)
                meter.say()
                meter.say(f"nodes/{number}")
                while not any(change.name == f"nodes/{number}" for one in told for change in one.changes):
                    await asyncio.sleep(0.005)
            assert told[0].initial and told[0].changes[0].HasField("project")
            await asyncio.sleep(0.05)
            reader.cancel()
            await asyncio.wait([reader])
        left = [task for task in asyncio.all_tasks() - before if task is not reader]
        assert not left and not meter.watchers


@pytest.mark.parametrize("field", ["readings_of", "projects", "details_of", "fresh"])
async def test_nobody_watches_a_million_things_by_name(tmp_path: Path, field: str) -> None:
    async with Little.led(tmp_path) as little:
        meter = Meter()
        service: Any = EventService(little.use_cases, meter)  # type: ignore[arg-type]
        asked = pb.WatchRequest(kinds=[event_pb2.RESOURCE_KIND_READING])
        getattr(asked, field).extend(f"nodes/n{number}" for number in range(20_000))
        with pytest.raises(InvalidArgument) as refused:
            await anext(service.Watch(asked, None))
        assert (refused.value.reason, refused.value.subject) == ("NAMES_TOO_MANY", field)
