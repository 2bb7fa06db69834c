"""An engine of the test's own that is stopped, killed and started again under running stages, without live-restore."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.docker_world import DockerWorld
from tests.dockerd import Dockerd, needs_dockerd
from tests.images import busybox_layer
from winslow.domain.container import Image, Phase
from winslow.domain.stage import StageId
from winslowd.docker.driver import DockerDriver

pytest_plugins = ("tests.docker_fixtures",)

pytestmark = needs_dockerd


@pytest.fixture
async def dockerd(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Dockerd]:
    engine = Dockerd(tmp_path_factory.mktemp("engine"))
    engine.start()
    yield engine
    engine.clean()


@pytest.fixture
async def near(dockerd: Dockerd, tmp_path: Path, launcher_binary: Path) -> AsyncIterator[DockerWorld]:
    """A world on the engine that may be restarted."""
    client = dockerd.client()
    client.import_image_from_data(busybox_layer(), repository="tiny", tag="1")
    world = DockerWorld(
        "restarted", tmp_path, Image("tiny:1", client.inspect_image("tiny:1")["Id"]), client, launcher_binary
    )
    world.drivers.append(DockerDriver(world.cluster, launcher_binary, url=dockerd.url))
    yield world
    await world.driver.close()
    client.close()


async def launched(world: DockerWorld, stage: StageId) -> None:
    async with asyncio.timeout(20):
        while not (world.workspace(stage) / "count").exists():
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
async def test_stages_that_died_with_the_engine_are_told_truly_and_run_once(
    dockerd: Dockerd, near: DockerWorld, how: signal.Signals
) -> None:
    """An engine that stops ends its containers with SIGTERM; one that was killed kills them when it is back."""
    spec = near.shell("echo ran >> count; exec sleep 1000")
    await near.begin(spec)
    held = near.shell("echo ran >> count", hold=True)
    await near.begin(held)
    await launched(near, spec.stage)
    waiting = [asyncio.create_task(near.driver.wait(stage)) for stage in (spec.stage, held.stage)]
    await asyncio.to_thread(dockerd.end, how)
    await asyncio.to_thread(dockerd.start)
    async with asyncio.timeout(60):
        end, never = await asyncio.gather(*waiting)
    assert (end.code, end.launched) == (0, True)
    assert end.signal in (signal.SIGTERM, signal.SIGKILL)
    assert not never.launched

    later = DockerDriver(near.cluster, near.launcher, url=dockerd.url)
    near.drivers.append(later)
    phases = {found.stage: found.phase for found in await later.recover()}
    assert phases == {spec.stage: Phase.EXITED, held.stage: Phase.EXITED}
    assert await later.wait(spec.stage) == end
    await later.start(spec.stage)
    assert await later.wait(spec.stage) == end
    assert (near.workspace(spec.stage) / "count").read_text() == "ran\n"
    assert not (near.workspace(held.stage) / "count").exists()
