"""What a real container uses, read from its real cgroup and held against what it was told to do."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable

import pytest
from docker import APIClient

from tests.docker_world import DockerWorld
from winslow.domain.container import ContainerSpec, Usage
from winslow.domain.pipeline import Network
from winslow.domain.stage import StageId

pytest_plugins = ("tests.docker_fixtures",)

MIB = 1 << 20


async def until(dock: DockerWorld, stage: StageId, holds: Callable[[Usage], bool]) -> Usage:
    async with asyncio.timeout(30):
        while True:
            used = await dock.driver.usage(stage)
            if used and holds(used):
                return used
            await asyncio.sleep(0.02)


async def said(dock: DockerWorld, spec: ContainerSpec, line: str) -> None:
    async with asyncio.timeout(30):
        while line not in dock.lines(spec):
            await asyncio.sleep(0.01)


async def test_processor_time_is_counted_as_it_is_spent(dock: DockerWorld) -> None:
    stage = await dock.begin(dock.shell("while :; do :; done"))
    first = await until(dock, stage, lambda used: used.cpu_seconds > 0.1)
    then = await until(dock, stage, lambda used: used.cpu_seconds > first.cpu_seconds + 0.2)
    assert then.cpu_seconds < 30


async def test_memory_is_what_the_stage_holds_and_not_the_cache_of_its_files(dock: DockerWorld) -> None:
    # dd holds a buffer of its block size; what it writes lies in the page cache.
    spec = dock.shell(
        "dd if=/dev/zero of=/workspace/big bs=1M count=64 2>/dev/null; echo written;"
        " dd if=/dev/zero bs=32M count=1 2>/dev/null | (sleep 1000)"
    )
    stage = await dock.begin(spec)
    await said(dock, spec, "written")
    used = await until(dock, stage, lambda used: used.memory > 30 * MIB)
    assert used.memory < 60 * MIB, "64 MiB of cache are not among it"


async def test_what_goes_to_a_disk_and_comes_from_it_is_counted(dock: DockerWorld) -> None:
    if os.major(dock.root.stat().st_dev) == 0:
        pytest.skip("the temporary directory is on no disk")
    # Past the cache, since v1 charges nobody for what the kernel writes later.
    spec = dock.shell(
        "dd if=/dev/zero of=/workspace/big bs=1M count=8 oflag=direct;"
        " dd if=/workspace/big of=/dev/null bs=1M iflag=direct; echo done; sleep 1000"
    )
    stage = await dock.begin(spec)
    await said(dock, spec, "done")
    used = await dock.driver.usage(stage)
    assert used and 8 * MIB <= used.written < 12 * MIB
    assert 8 * MIB <= used.read < 12 * MIB


async def test_a_network_of_its_own_is_counted_and_the_nodes_is_not(dock: DockerWorld) -> None:
    talk = "ping -c 3 -s 1000 127.0.0.1 >/dev/null; ping -c 1 -w 1 -s 1000 $(ip route | sed -n 's/default via \\([^ ]*\\).*/\\1/p')"
    bridged = await dock.begin(dock.shell(f"{talk}; sleep 1000", network=Network.BRIDGE))
    none = await dock.begin(dock.shell("sleep 1000"))
    host = await dock.begin(dock.shell("sleep 1000", network=Network.HOST))
    own = await until(dock, bridged, lambda used: used.received > 0)
    assert own.received < MIB
    for stage in (none, host):
        used = await until(dock, stage, lambda used: True)
        assert (used.received, used.sent) == (0, 0)


async def test_what_was_found_once_is_read_without_the_engine(
    dock: DockerWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = await dock.begin(dock.shell("while :; do :; done"))
    first = await until(dock, stage, lambda used: True)

    def nobody(client: APIClient, *_: object) -> None:
        raise AssertionError("the engine was asked")

    monkeypatch.setattr(APIClient, "inspect_container", nobody)
    monkeypatch.setattr(APIClient, "stats", nobody)
    at = time.process_time()
    for _ in range(50):
        used = await dock.driver.usage(stage)
        assert used and used.cpu_seconds >= first.cpu_seconds
    assert (time.process_time() - at) / 50 < 0.02


async def test_an_end_is_noticed_and_another_daemon_finds_what_runs(dock: DockerWorld) -> None:
    stage = await dock.begin(dock.shell("while :; do sleep 0.05; done"))
    assert await until(dock, stage, lambda used: True)
    assert await dock.new_driver().usage(stage)
    await dock.driver.stop(stage, 10)
    async with asyncio.timeout(10):
        while await dock.driver.usage(stage) is not None:
            await asyncio.sleep(0.01)
