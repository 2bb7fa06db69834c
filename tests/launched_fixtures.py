"""Fixtures for the launcher on this machine; a test module asks for them with `pytest_plugins`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.launched import Launched
from winslowd.docker.launcher import find_launcher


@pytest.fixture(scope="session")
def launcher_on_host(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return find_launcher(tmp_path_factory.mktemp("launcher-on-host"))


@pytest.fixture
def launched(tmp_path: Path, launcher_on_host: Path) -> Launched:
    return Launched(launcher_on_host, tmp_path)
