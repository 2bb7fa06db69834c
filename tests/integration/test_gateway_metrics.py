"""What Prometheus reads of a node."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.unit.little import ANN, Little
from winslow.ports import Storage
from winslowd.gateway import server
from winslowd.gateway.app import application
from winslowd.usecases.beginnings import Start


@pytest.fixture
async def little(tmp_path: Path) -> AsyncIterator[Little]:
    async with Little.led(tmp_path / "volume") as one:
        yield one


@pytest.fixture
async def http(little: Little) -> AsyncIterator[httpx.AsyncClient]:
    web = application(little.use_cases, lambda headers: ANN, lambda: little.now)
    async with (
        server.listening(web, ["127.0.0.1:0"]) as (bound,),
        httpx.AsyncClient(base_url=f"http://{bound}", timeout=20) as client,
    ):
        yield client


async def scraped(http: httpx.AsyncClient) -> dict[tuple[str, ...], float]:
    """Values by name and labels."""
    answer = await http.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    families = list(text_string_to_metric_families(answer.text))
    assert all(family.documentation for family in families)
    return {(one.name, *one.labels.values()): one.value for family in families for one in family.samples}


async def test_stages_are_counted_by_state_and_node(little: Little, http: httpx.AsyncClient):
    project = await little.project()
    await little.use_cases.runs.start(little.request(), project, Start())
    await little.placed("detect")
    values = await scraped(http)
    assert values["winslow_stages", "PREPARING"] == 1
    assert values["winslow_stages", "QUEUED"] == 0
    assert values["winslow_placed_stages", "node-1"] == 1
    assert values["winslow_projects",] == 1
    assert values["winslow_nodes",] == 1


async def test_a_node_tells_that_it_is_cut_off_and_its_storage_is_away(little: Little, http: httpx.AsyncClient):
    before = await scraped(http)
    assert (before["winslow_connected",], before["winslow_part_health", "storage"]) == (1, 1)
    little.storage = Storage(fault="it does not answer")
    little.store.connected = False
    after = await scraped(http)
    assert (after["winslow_connected",], after["winslow_part_health", "storage"]) == (0, 0)


async def test_the_process_tells_of_itself(http: httpx.AsyncClient):
    values = await scraped(http)
    assert values["process_resident_memory_bytes",] > 10_000_000
