"""A disk without a byte left: what has ended is sealed all the same, and opened again."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests import filesystems
from tests.contract.volume.project import OWNER, Project
from tests.fakes.volume import InlineVolume
from winslow.domain.stage import ProjectId, StageId
from winslow.errors import Exhausted

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


PAGE = 4096
TREE = {"a": b"a", "d/b": bytes(range(256)) * 33, "d/e/c": b"c" * (5 * PAGE), "empty": b""}


def content(top: Path) -> dict[str, bytes]:
    return {path.relative_to(top).as_posix(): path.read_bytes() for path in top.rglob("*") if path.is_file()}


@contextmanager
def only(disk: Path, pages: int) -> Iterator[None]:
    """So many pages are free."""
    ballast = disk / "ballast"
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, (os.statvfs(disk).f_bavail - pages) * PAGE)
        assert os.statvfs(disk).f_bavail == pages
        yield
    ballast.unlink()


async def test_a_workspace_is_copied_whole_or_not_at_all_at_whatever_page_the_disk_is_full(full: Path) -> None:
    volume = InlineVolume(str(full))
    project = Project(volume, ProjectId("p"), full / "projects" / "p", full)
    await volume.workspaces.make_project(project.id)
    for name, data in TREE.items():
        place = project.path / "workspace" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
    fitted: list[bool] = []
    for pages in range(20):
        plan = project.plan(f"s{pages}")
        with only(full, pages):
            try:
                await volume.workspaces.prepare(plan, OWNER)
            except Exhausted as error:
                assert error.reason == "DISK_FULL"
                assert not project.workspace(plan.stage).exists()
                assert not list(project.path.rglob("*.partial")), "half a copy keeps the disk full"
                fitted.append(False)
            else:
                fitted.append(True)
        await volume.workspaces.prepare(plan, OWNER)
        assert content(project.workspace(plan.stage)) == TREE
        await volume.workspaces.drop(project.id, StageId(plan.stage))
    assert fitted == sorted(fitted) and set(fitted) == {False, True}
    assert content(project.path / "workspace") == TREE
    volume.close()
