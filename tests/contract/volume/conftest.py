"""The ports Workspaces, Files, Uploads and Logs, held to one suite: inline, by the real worker, and by it on XFS and CephFS.

On a plain directory always, on XFS with reflinks and on a real CephFS where those can be mounted.
"""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio

from storage.mounting import Mounting
from tests import filesystems
from tests.ceph import Cluster
from tests.contract.volume.project import Project, Storage
from tests.fakes.volume import InlineVolume
from winslow.domain.stage import ProjectId
from winslowd.files.process import Patience, open_files

PATIENT = Patience(quick=60.0, ping=60.0)
"""What calls do is held to the suite, and not how soon: nineteen hundred directories are made one by one on a busy machine."""


@pytest_asyncio.fixture(
    scope="module",
    loop_scope="module",
    params=["inline", "plain", "xfs", pytest.param("cephfs", marks=pytest.mark.ceph)],
)
async def volume(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[Storage, Path]]:
    place = tmp_path_factory.mktemp("volume")
    async with AsyncExitStack() as stack:
        if request.param == "xfs":
            if why := filesystems.why_no_xfs():
                pytest.skip(why)
            place = stack.enter_context(filesystems.xfs(place))
        elif request.param == "cephfs":
            cluster: Cluster = request.getfixturevalue("ceph")
            place = stack.enter_context(cluster.mounted_new()).path
        place.chmod(0o755)
        if request.param == "inline":
            inline = InlineVolume(str(place))
            stack.callback(inline.close)
            yield inline, place
        else:
            scratch = Mounting(str(tmp_path_factory.mktemp("scratch")), obstacle=filesystems.why_no_mounts())
            yield await stack.enter_async_context(open_files(str(place), PATIENT, scratch)), place


@pytest_asyncio.fixture(loop_scope="module")
async def project(volume: tuple[Storage, Path]) -> AsyncIterator[Project]:
    storage, place = volume
    id = ProjectId(f"p-{uuid.uuid4().hex[:12]}")
    await storage.workspaces.make_project(id)
    yield Project(storage, id, place / "projects" / id, place)
    await storage.workspaces.delete_project(id)
