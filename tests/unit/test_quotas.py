"""Quotas of projects: made and changed by people, carried out on the volume sooner or later, told to whoever meets them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fakes.api import FakeApi
from tests.unit import world
from tests.unit.cli import Ctl, a_project, serve_projects
from tests.unit.little import Little
from winslow.domain import exits
from winslow.domain.container import Exit
from winslow.domain.project import Allowance
from winslow.domain.stage import Cause, ProjectId
from winslow.errors import Exhausted, InvalidArgument, PermissionDenied, Unavailable
from winslowd.docker.exits import from_record
from winslowd.engines.quartermaster import Quartermaster
from winslowd.usecases import known
from winslowd.usecases.projects import NewProject, ProjectChange

GIBIBYTE = 1 << 30
AWAY = Unavailable("gone", reason="STORAGE_DEGRADED")
FORBIDDEN = PermissionDenied("no", reason="QUOTA_FORBIDDEN", hint="Add 'p'")


@pytest.fixture
async def little(tmp_path: Path) -> AsyncIterator[Little]:
    async with Little.led(tmp_path) as one:
        yield one


def quartermaster(little: Little) -> Quartermaster:
    return Quartermaster(little.store, little.membership, little.volume.quotas)


async def with_quota(little: Little, quota: int) -> ProjectId:
    name = await little.use_cases.projects.create(
        little.request(), NewProject("Street", pipeline=world.chain("a"), quota=quota)
    )
    return ProjectId(name.removeprefix("projects/"))


async def change(little: Little, project: ProjectId, quota: int) -> None:
    await little.use_cases.projects.update(little.request(), project, ProjectChange(quota=quota))


async def on_the_volume(little: Little, project: ProjectId) -> int:
    return (await little.volume.quotas.allowance(project)).quota


async def test_a_quota_is_on_the_volume_when_it_is_acknowledged(little: Little) -> None:
    project = await with_quota(little, GIBIBYTE)
    assert (little.of(project).quota, await on_the_volume(little, project)) == (GIBIBYTE, GIBIBYTE)
    await change(little, project, 5 * GIBIBYTE)
    assert (little.of(project).quota, await on_the_volume(little, project)) == (5 * GIBIBYTE, 5 * GIBIBYTE)
    await change(little, project, 0)
    assert (little.of(project).quota, await on_the_volume(little, project)) == (0, 0)


async def test_what_is_no_quota_is_refused(little: Little) -> None:
    project = await with_quota(little, GIBIBYTE)
    for quota in (-1, 1 << 63):
        with pytest.raises(InvalidArgument) as caught:
            await change(little, project, quota)
        assert caught.value.reason == "QUOTA_INVALID"
    assert little.of(project).quota == GIBIBYTE


async def test_a_quota_changed_while_the_volume_is_away_is_carried_out_once_it_is_back(little: Little) -> None:
    project = await with_quota(little, GIBIBYTE)
    keeper = quartermaster(little)
    little.volume.failing["quotas.set"] = AWAY
    await change(little, project, 2 * GIBIBYTE)
    assert little.of(project).quota == 2 * GIBIBYTE
    assert await keeper.look(), "it failed, and is to be tried again"
    del little.volume.failing["quotas.set"]
    assert not await keeper.look()
    assert await on_the_volume(little, project) == 2 * GIBIBYTE


async def test_a_volume_that_will_never_keep_to_it_is_told_to_who_asked_and_not_asked_again_and_again(
    little: Little,
) -> None:
    project = await with_quota(little, 0)
    little.volume.failing["quotas.set"] = FORBIDDEN
    with pytest.raises(PermissionDenied):
        await change(little, project, GIBIBYTE)
    keeper = quartermaster(little)
    assert not await keeper.look()
    little.volume.calls.clear()
    assert not await keeper.look()
    assert little.volume.calls == []


async def test_the_quartermaster_carries_out_what_changes_and_nothing_twice(little: Little) -> None:
    running = asyncio.create_task(quartermaster(little).run(), name="quartermaster")
    try:
        little.volume.failing["quotas.set"] = AWAY  # whoever changes it cannot carry it out
        project = await with_quota(little, 0)
        await change(little, project, GIBIBYTE)
        del little.volume.failing["quotas.set"]
        async with asyncio.timeout(20):
            while await on_the_volume(little, project) != GIBIBYTE:
                await asyncio.sleep(0.01)
    finally:
        running.cancel()


@pytest.mark.parametrize(
    ("allowance", "told"),
    [
        (None, "its quota was used up"),
        (
            Allowance(50 * GIBIBYTE, 50 * GIBIBYTE, kept=True),
            "its project's quota of 50 GiB was used up (50 GiB are used)",
        ),
    ],
)
def test_a_stage_that_met_the_quota_says_so_and_what_to_do(allowance: Allowance | None, told: str) -> None:
    end = from_record({"launched": "1", "code": "1", "signal": "0", "disk_full": "1", "quota_full": "1"})
    assert end is not None and end.quota_full
    outcome = exits.outcome(end, None, world.chain("a").stages[0], allowance)
    assert outcome.cause is Cause.DISK_FULL
    assert told in outcome.message and "delete old attempts" in outcome.message


def test_a_full_disk_is_not_told_as_a_quota() -> None:
    outcome = exits.outcome(Exit(1, disk_full=True), None, world.chain("a").stages[0])
    assert outcome.cause is Cause.DISK_FULL and "quota" not in outcome.message


def test_a_stage_that_was_refused_for_its_projects_quota_has_the_disks_cause_with_the_numbers() -> None:
    error = Exhausted("The project p has used 50 GiB of its quota of 50 GiB", reason="QUOTA_EXCEEDED", hint="Raise it")
    outcome = exits.refused(error)
    assert outcome.cause is Cause.DISK_FULL and "quota of 50 GiB" in outcome.message


def test_a_quota_is_given_and_lifted_in_words(ctl: Ctl, api: FakeApi) -> None:
    serve_projects(api, a_project("bikes", "RUNNING", quota=50 * GIBIBYTE))
    api.on("ProjectService/UpdateProject", a_project("bikes", "RUNNING", quota=50 * GIBIBYTE))
    assert "50.0 GiB" in ctl("project", "set", "bikes", "--quota", "50GiB").out
    ctl("project", "set", "bikes", "--quota", "none")
    first, second = api.requests("ProjectService/UpdateProject")
    assert (first.project.quota, list(first.update_mask.paths)) == (50 * GIBIBYTE, ["quota"])
    assert (second.project.quota, list(second.update_mask.paths)) == (0, ["quota"])
    assert "50.0 GiB" in ctl("project", "show", "bikes").out


def test_nothing_to_set_is_said(ctl: Ctl, api: FakeApi) -> None:
    serve_projects(api, a_project("bikes", "RUNNING"))
    done = ctl("project", "set", "bikes")
    assert done.code != 0 and "--quota" in done.err


async def test_a_projects_quota_is_known_at_every_path_of_it(little: Little) -> None:
    project = await with_quota(little, GIBIBYTE)
    assert known.quota_at(little.view, f"projects/{project}") == GIBIBYTE
    assert known.quota_at(little.view, f"projects/{project}/input/deep") == GIBIBYTE
    assert known.quota_at(little.view, "resources/models") == 0
    assert known.quota_at(little.view, "") == 0
