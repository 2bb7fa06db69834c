"""What a load balancer is told of a daemon."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.unit.little import ANN, Little
from winslow.ports import Storage
from winslowd.gateway.app import application


@pytest.fixture
async def little(tmp_path: Path) -> AsyncIterator[Little]:
    async with Little.led(tmp_path / "volume") as one:
        yield one


@pytest.fixture
async def http(little: Little) -> AsyncIterator[httpx.AsyncClient]:
    web = httpx.ASGITransport(application(little.use_cases, lambda headers: ANN, lambda: little.now))
    async with httpx.AsyncClient(base_url="http://localhost", transport=web) as client:
        yield client


async def test_a_daemon_that_is_well_is_ready(http: httpx.AsyncClient):
    assert (await http.get("/healthz")).text == "ok\n"
    answer = await http.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"ready": True, "reasons": {}})


async def test_a_daemon_whose_storage_hangs_lives_and_is_not_ready(little: Little, http: httpx.AsyncClient):
    little.storage = Storage("the mount does not answer")
    answer = await http.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["reasons"] == {"STORAGE_DEGRADED": "the mount does not answer"}
    assert (await http.get("/healthz")).status_code == 200


async def test_a_daemon_that_is_cut_off_is_not_ready(little: Little, http: httpx.AsyncClient):
    little.store.connected = False
    assert "ETCD_UNAVAILABLE" in (await http.get("/readyz")).json()["reasons"]
