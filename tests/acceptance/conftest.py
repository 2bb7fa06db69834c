"""One real daemon and one tiny image for the module's tests; each test has a project of its own."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.story import Story
from tests.daemon import Daemon
from tests.images import busybox_image

numbers = itertools.count(1)


@pytest.fixture(scope="session")
def image() -> Iterator[str]:
    with busybox_image() as name:
        yield name


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    with Daemon(tmp_path_factory.mktemp("winslow") / "dev") as running:
        yield running


@pytest.fixture
def story(daemon: Daemon, image: str) -> Iterator[Story]:
    with daemon.client() as client:
        yield Story(client, image, f"story {next(numbers)}")


@pytest.fixture
def own_daemon(tmp_path: Path) -> Iterator[Daemon]:
    """A daemon of the test's own, to do violence to."""
    with Daemon(tmp_path / "dev") as running:
        yield running
