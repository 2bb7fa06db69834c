"""Fixtures for the real Docker engine; a test module asks for them with `pytest_plugins`."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from docker import APIClient

from tests.docker_world import DockerWorld
from tests.images import busybox_image
from winslow.domain.container import Image
from winslowd.docker.launcher import find_launcher


@pytest.fixture(scope="session")
def tiny_image() -> Iterator[str]:
    with busybox_image() as name:
        yield name


@pytest.fixture(scope="session")
def engine_client() -> Iterator[APIClient]:
    client = APIClient(version="auto")
    yield client
    client.close()


@pytest.fixture(scope="session")
def launcher_binary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return find_launcher(tmp_path_factory.mktemp("launcher"))


@pytest.fixture
async def dock(
    tmp_path: Path, tiny_image: str, engine_client: APIClient, launcher_binary: Path
) -> AsyncIterator[DockerWorld]:
    digest = engine_client.inspect_image(tiny_image)["Id"]
    dock = DockerWorld(
        cluster=f"test-{uuid.uuid4().hex[:8]}",
        root=tmp_path,
        image=Image(tiny_image, digest),
        client=engine_client,
        launcher=launcher_binary,
    )
    try:
        yield dock
    finally:
        await dock.close()
