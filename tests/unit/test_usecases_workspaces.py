"""Materializing a workspace, as people ask for it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.unit.little import Little
from winslow.domain.stage import Stage, StageId
from winslow.errors import FailedPrecondition, NotFound
from winslowd.usecases.beginnings import Start


@pytest.fixture
async def little(tmp_path: Path) -> AsyncIterator[Little]:
    async with Little.led(tmp_path) as one:
        yield one


async def begun(little: Little) -> None:
    await little.use_cases.runs.start(little.request(), await little.project(), Start())


async def ended(little: Little) -> Stage:
    await begun(little)
    return await little.end("detect")


async def test_only_an_ended_stages_workspace_is_materialized(little: Little) -> None:
    await begun(little)
    stage = await little.start("detect")
    with pytest.raises(FailedPrecondition) as caught:
        await little.use_cases.workspaces.materialize(little.request(), "-", stage.id)
    assert caught.value.reason == "STAGE_LIVE" and "workspaces.materialize" not in little.volume.calls


async def test_it_is_done_once_for_a_request(little: Little) -> None:
    stage = await ended(little)
    (Path(little.volume.workspaces.absolute(f"projects/{stage.project}/stages/{stage.id}/workspace"))).mkdir(
        parents=True
    )
    for _ in range(2):
        name = await little.use_cases.workspaces.materialize(little.request("r1"), stage.project, stage.id)
        assert name == f"projects/{stage.project}/stages/{stage.id}"
    assert little.volume.calls.count("workspaces.materialize") == 1


async def test_a_workspace_that_is_gone_or_a_stage_that_never_was_is_said(little: Little) -> None:
    stage = await ended(little)
    with pytest.raises(NotFound) as caught:
        await little.use_cases.workspaces.materialize(little.request(), "-", stage.id)
    assert caught.value.reason == "SOURCE_MISSING"
    with pytest.raises(NotFound) as caught:
        await little.use_cases.workspaces.materialize(little.request(), "-", StageId("never-1-1-tail00"))
    assert caught.value.reason == "STAGE_UNKNOWN"
