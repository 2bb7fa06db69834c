"""A disk without a byte left: what has ended is sealed all the same, and opened again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import filesystems
from tests.contract.volume.project import OWNER, Project
from tests.fakes.volume import InlineVolume
from winslow.domain.stage import ProjectId

pytestmark = pytest.mark.skipif(bool(filesystems.why_no_mounts()), reason=filesystems.why_no_mounts())


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Path]:
    with filesystems.tmpfs(tmp_path, 512) as place:
        place.chmod(0o755)
        yield place


async def test_a_workspace_on_a_full_disk_is_sealed_and_gone_on_with(full: Path) -> None:
    volume = InlineVolume(str(full))
    project = Project(volume, ProjectId("p"), full / "projects" / "p", full)
    await volume.workspaces.make_project(project.id)
    plan = project.plan("s1", None)
    await volume.workspaces.prepare(plan, OWNER)
    with pytest.raises(OSError, match="No space"), (project.workspace("s1") / "big").open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    await volume.workspaces.seal(plan)
    await volume.workspaces.seal(plan)
    assert project.workspace("s1").stat().st_mode & 0o777 == 0o555
    (project.workspace("s1") / "big").unlink()
    await volume.workspaces.prepare(project.plan("s2", in_place="s1"), OWNER)
    assert project.workspace("s1").stat().st_mode & 0o777 == 0o755
    assert project.workspace("s1").stat().st_uid == OWNER[0]
    volume.close()
