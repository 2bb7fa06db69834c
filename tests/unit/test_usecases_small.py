"""Many files in one call, over a real volume: what one cannot have stops no other."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.unit.little import ANN, Little
from winslow.errors import InvalidArgument, Unavailable, WinslowError
from winslowd.usecases.files import PIECE, FileShown
from winslowd.usecases.small import COUNT_MAX, Given, Whole


@pytest.fixture
async def little(tmp_path: Path) -> AsyncIterator[Little]:
    async with Little.led(tmp_path) as one:
        yield one


def given(path: str, data: bytes = b"data") -> Given:
    return Given(path, data, hashlib.sha256(data).hexdigest())


def said(outcomes: list[FileShown | WinslowError]) -> list[str]:
    return [one.reason if isinstance(one, WinslowError) else one.path for one in outcomes]


async def test_each_has_its_own_outcome_in_the_order_of_the_call(little: Little) -> None:
    project = await little.project()
    paths = [f"projects/{project}/input/a", "nowhere/b", f"projects/{project}/output", "projects/none/input/d"]
    outcomes = await little.use_cases.small.put(ANN, [given(path) for path in paths])
    assert said(outcomes) == [paths[0], "PATH_INVALID", "POOL_READ_ONLY", "PROJECT_UNKNOWN"]
    assert said(await little.use_cases.small.stat(ANN, [paths[0], paths[1]])) == [paths[0], "PATH_INVALID"]


async def test_files_are_read_in_order_and_a_large_one_is_left_for_a_call_of_its_own(little: Little) -> None:
    project = await little.project()
    top = f"projects/{project}/input"
    await little.use_cases.small.put(ANN, [given(f"{top}/{number}", bytes(number)) for number in range(20)])
    Path(little.volume.workspaces.absolute(f"{top}/large")).write_bytes(bytes(PIECE + 1))
    paths = [*(f"{top}/{number}" for number in range(20)), f"{top}/large", f"{top}/nothing"]
    found = [one async for some in little.use_cases.small.read(ANN, paths) for one in some]
    wholes = [one for one in found if isinstance(one, Whole)]
    assert [one.data for one in wholes] == [bytes(number) for number in range(20)]
    assert all(one.sha256 == hashlib.sha256(one.data).hexdigest() for one in wholes)
    assert [one.reason for one in found if isinstance(one, WinslowError)] == ["FILE_TOO_LARGE", "FILE_NOT_FOUND"]


async def test_too_many_at_once_are_refused(little: Little) -> None:
    with pytest.raises(InvalidArgument) as refused:
        await little.use_cases.small.stat(ANN, ["x"] * (COUNT_MAX + 1))
    assert refused.value.reason == "BATCH_TOO_LARGE"


async def test_a_node_that_is_cut_off_takes_none_in(little: Little) -> None:
    project = await little.project()
    little.store.connected = False
    with pytest.raises(Unavailable):
        await little.use_cases.small.put(ANN, [given(f"projects/{project}/input/a")])
