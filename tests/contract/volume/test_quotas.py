"""What the port Quotas promises: CephFS keeps a project to its quota, elsewhere what would not fit is refused beforehand."""

from __future__ import annotations

import asyncio
import os
import time

import pytest

from storage.beneath import held
from storage.ceph import is_cephfs
from tests.contract.volume.project import OWNER, Project, refused
from winslow.domain.stage import ProjectId
from winslow.errors import Exhausted, InvalidArgument, NotFound

pytestmark = pytest.mark.asyncio(loop_scope="module")
MEBIBYTE = 1 << 20


def keeps_quotas(project: Project) -> bool:
    with held(os.open(project.path, os.O_RDONLY)) as directory:
        return is_cephfs(directory)


async def fill(project: Project, size: int) -> None:
    """Put a file of `size` bytes there, and wait until the file system has counted it."""
    with (project.path / "input" / "there").open("wb") as file:
        file.write(bytes(size))
        os.fsync(file.fileno())
    deadline = time.monotonic() + 60
    while (await project.storage.quotas.allowance(project.id)).used < size:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.1)


async def test_a_quota_is_set_changed_and_lifted(project: Project) -> None:
    assert (await project.storage.quotas.allowance(project.id)).quota == 0
    for quota in (50 << 30, 5 * MEBIBYTE, 5 * MEBIBYTE, 0, 0):
        await project.storage.quotas.set(project.id, quota)
        allowance = await project.storage.quotas.allowance(project.id)
        assert (allowance.quota, allowance.kept) == (quota, keeps_quotas(project))
    with refused(InvalidArgument, "QUOTA_INVALID"):
        await project.storage.quotas.set(project.id, -1)


async def test_a_project_without_directories_has_no_quota(project: Project) -> None:
    with refused(NotFound, "FILE_NOT_FOUND"):
        await project.storage.quotas.set(ProjectId("never-made"), 1)
    with refused(NotFound, "FILE_NOT_FOUND"):
        await project.storage.quotas.allowance(ProjectId("never-made"))


async def test_an_upload_that_does_not_fit_is_refused_before_a_byte_is_sent(project: Project) -> None:
    await project.storage.quotas.set(project.id, 2 * MEBIBYTE)
    await fill(project, MEBIBYTE)
    location = project.at("input/big")
    with refused(Exhausted, "QUOTA_EXCEEDED"):
        await project.storage.uploads.begin("big", location, MEBIBYTE + 1, "0" * 64)
    with pytest.raises(Exhausted) as caught:
        await project.storage.uploads.begin("big", location, MEBIBYTE + 1, "0" * 64)
    assert "2 MiB" in caught.value.message and project.id in caught.value.message
    assert f"winslowctl project set {project.id} --quota" in caught.value.hint
    await project.storage.uploads.begin("fits", project.at("input/fits"), MEBIBYTE // 2, "0" * 64)
    await project.storage.quotas.set(project.id, 0)
    await project.storage.uploads.begin("big", location, MEBIBYTE + 1, "0" * 64)


async def test_what_was_let_in_counts_before_it_has_come(project: Project) -> None:
    if keeps_quotas(project):
        pytest.skip("CephFS counts what is there, and refuses the rest when it comes")
    await project.storage.quotas.set(project.id, 10 * MEBIBYTE)
    for index in range(3):
        await project.storage.uploads.begin(f"u{index}", project.at(f"input/{index}"), 3 * MEBIBYTE, "0" * 64)
    with refused(Exhausted, "QUOTA_EXCEEDED"):
        await project.storage.uploads.begin("u3", project.at("input/3"), 3 * MEBIBYTE, "0" * 64)


async def test_a_copy_that_does_not_fit_is_refused_and_one_into_another_project_is_not(project: Project) -> None:
    other = ProjectId(f"{project.id}-other")
    await project.storage.workspaces.make_project(other)
    try:
        await project.storage.quotas.set(project.id, 3 * MEBIBYTE // 2)
        await project.storage.quotas.set(other, 10 * MEBIBYTE)
        await fill(project, MEBIBYTE)
        with refused(Exhausted, "QUOTA_EXCEEDED"):
            await project.storage.files.copy(project.at("input/there"), project.at("input/again"))
        assert os.listdir(project.path / "input") == ["there"]
        # Between two quotas nothing can be renamed, so a copy must not be one.
        elsewhere = Project(project.storage, other, project.volume / "projects" / other, project.volume)
        await project.storage.files.copy(project.at("input/there"), elsewhere.at("input/again"))
        assert (elsewhere.path / "input" / "again").stat().st_size == MEBIBYTE
    finally:
        await project.storage.workspaces.delete_project(other)


async def test_no_stage_begins_in_a_project_that_has_used_up_its_quota(project: Project) -> None:
    await project.storage.quotas.set(project.id, MEBIBYTE)
    await fill(project, MEBIBYTE)
    with refused(Exhausted, "QUOTA_EXCEEDED"):
        await project.storage.workspaces.prepare(project.plan("s1"), OWNER)
    await project.storage.quotas.set(project.id, 2 * MEBIBYTE)
    await project.storage.workspaces.prepare(project.plan("s1"), OWNER)


async def test_a_quota_that_is_used_up_is_told_with_its_numbers_and_stops_no_seal(project: Project) -> None:
    if not keeps_quotas(project):
        pytest.skip("only CephFS keeps a project to its quota")
    plan = project.plan("s1", None)
    await project.storage.workspaces.prepare(plan, OWNER)
    await project.storage.quotas.set(project.id, 3 * MEBIBYTE)
    upload = await project.storage.uploads.begin("u", project.at("input/big"), 2 * MEBIBYTE, "0" * 64)
    with pytest.raises(OSError, match="quota"), (project.workspace("s1") / "big").open("wb", buffering=0) as file:
        while True:
            file.write(bytes(MEBIBYTE // 4))
    with pytest.raises(Exhausted) as caught:
        upload = await project.storage.uploads.append(upload, 0, bytes(2 * MEBIBYTE))
    assert caught.value.reason == "QUOTA_EXCEEDED"
    assert "quota of 3 MiB" in caught.value.message and caught.value.metadata["quota"] == str(3 * MEBIBYTE)
    await project.storage.workspaces.seal(plan)
    assert project.workspace("s1").stat().st_mode & 0o777 == 0o555
    # What there is can be raised, and removed, although nothing more can be written.
    await project.storage.quotas.set(project.id, 4 * MEBIBYTE)
    await project.storage.workspaces.drop(project.id, plan.stage)
