"""A deleted project goes with everything that is its own, wherever the janitor is cut, and with nothing of another's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from dataclasses import replace
from pathlib import Path

import pytest_asyncio

from tests.unit import world
from tests.unit.little import ANN, Little
from winslow.domain import lifecycle
from winslow.domain.history import Policy
from winslow.domain.layout import parse
from winslow.domain.project import Axis
from winslow.domain.records import Commit, Kind, Put, Ref, retention_ref, stage_ref
from winslow.domain.retention import RetentionPolicy
from winslow.domain.stage import Cause, Outcome, ProjectId, RunId, StageId
from winslowd.engines.archivist import Archivist
from winslowd.engines.janitor import Janitor
from winslowd.usecases.beginnings import Start
from winslowd.usecases.settings import LimitsChange
from winslowd.usecases.sweeps import NewSweep


@pytest_asyncio.fixture
async def little(tmp_path: Path) -> AsyncIterator[Little]:
    async with Little.led(tmp_path) as little:
        yield little


def janitor_of(little: Little) -> Janitor:
    volume = little.volume
    return Janitor(little.store, little.membership, volume.workspaces, volume.uploads, lambda: little.now, lambda: 0.0)


async def rich(little: Little, name: str = "Street") -> ProjectId:
    """A project that owns something of every kind, and is to be deleted."""
    cases = little.use_cases
    project = await little.project(world.chain("detect"), name)
    for _ in range(3):
        await cases.runs.start(little.request(), project, Start())
        await little.end("detect", project=project)
        await little.until(lambda: not little.run(project).active)
    archivist = Archivist(
        little.store, little.membership, little.volume.history, lambda: little.now, Policy(after=0, newest=1, most=0)
    )
    async with little.membership.lock("archivist") as term:
        assert not await archivist.look(term.fence)
    await cases.runs.comment(little.request(), project, RunId("000003"), "good")
    sweep = NewSweep(little.of(project).pipeline.stages[0].name, (Axis("N", ("1", "2")),))
    await cases.sweeps.start(little.request(), project, sweep)
    await little.until(lambda: len(little.view.runs_of(project)) == 3)
    await cases.retention.update(little.request(), project, RetentionPolicy(), frozenset({"max_age"}))
    await cases.settings.limit(little.request(), LimitsChange(projects={project: 3}))
    await little.volume.uploads.begin("u", parse(f"projects/{project}/input/clip"), 3, "")
    await little.until(lambda: len([one for one in little.view.live_stages() if one.node]) == 2)
    await cases.projects.delete(little.request(), project, force=True)
    return project


async def nodes_obey(little: Little) -> None:
    """What was to be aborted has ended."""
    for stage in [one for one in little.view.live_stages() if one.abort]:
        await little.move(stage, lifecycle.Ended(Outcome(cause=Cause.ABORTED), {}, little.now))


def left(little: Little, project: ProjectId) -> list[str]:
    """Keys that name the project, and what of it is on the volume."""
    keys = [str(Ref(kind, key)) for kind in Kind for key in little.view.all(kind) if project in key]
    of_limits = ["limits"] if project in little.view.limits().projects else []
    projects = Path(little.volume.workspaces.absolute("projects"))
    return [*keys, *of_limits, *(path.name for path in projects.iterdir() if project in path.name)]


async def cut(work: Awaitable[object], little: Little, after: int) -> bool:
    """Whether the work was ended before its commit or removal of this number, from 0, had an effect, as a kill does."""
    call, commit = little.volume.call, little.store.commit
    counted = iter(range(after))

    def count() -> None:
        if next(counted, None) is None:
            raise asyncio.CancelledError

    async def calling(kind, name, *arguments, data=b""):
        count()
        return await call(kind, name, *arguments, data=data)

    async def committing(one: Commit) -> int:
        count()
        return await commit(one)

    little.volume.workspaces._call = calling  # type: ignore[assignment]
    little.store.commit = committing  # type: ignore[method-assign]
    try:
        await work
    except asyncio.CancelledError:
        return True
    finally:
        little.volume.workspaces._call = call
        little.store.commit = commit  # type: ignore[method-assign]
    return False


async def test_nothing_is_left_wherever_the_janitor_is_cut(little: Little) -> None:
    project = await rich(little)
    assert len(left(little, project)) > 8
    cuts = 0
    while little.view.project(project):
        if await cut(janitor_of(little).look(), little, cuts):
            cuts += 1
        assert not little.view.project(project) or little.of(project).deleting
        await nodes_obey(little)
    assert cuts >= 5
    assert not left(little, project)


async def test_what_the_next_project_of_the_id_gets_is_nothing_of_the_last_ones(little: Little) -> None:
    project = await rich(little)
    while little.view.project(project):
        await janitor_of(little).look()
        await nodes_obey(little)
    assert little.use_cases.retention.get(ANN, None).policy.keeps_all
    assert little.view.get(retention_ref(project)) is None
    assert little.view.limits().of_project(project) == 0


async def test_a_janitor_frozen_in_the_removal_takes_nothing_of_a_new_project_of_the_id(little: Little) -> None:
    project = await little.project(world.chain("detect"))
    old = little.of(project)
    await little.use_cases.projects.delete(little.request(), project)
    little.volume.held["workspaces.delete_project"] = asyncio.Event()
    frozen = asyncio.ensure_future(janitor_of(little).look())
    while "workspaces.delete_project" not in little.volume.calls:
        await asyncio.sleep(0)
    thaw = little.volume.held.pop("workspaces.delete_project")
    await janitor_of(little).look()
    assert little.view.project(project) is None
    again = replace(old, suffix="fresh1", deleting=False)
    await little.volume.workspaces.make_project(project, again.suffix)
    await little.store.commit(Commit(puts=(Put(Ref(Kind.PROJECT, project), again),)))
    thaw.set()
    await frozen
    assert Path(little.volume.workspaces.absolute(f"projects/{project}/workspace")).is_dir()


async def test_a_stage_that_a_late_leader_makes_goes_too(little: Little) -> None:
    project = await little.project(world.chain("detect"))
    await little.use_cases.runs.start(little.request(), project, Start())
    stage = await little.end("detect")
    await little.until(lambda: not little.run(project).active)
    await little.use_cases.projects.delete(little.request(), project)
    commit = little.store.commit

    async def late(one: Commit) -> int:
        revision = await commit(one)
        if stage_ref(stage) in one.deletes:
            little.store.commit = commit  # type: ignore[method-assign]
            await commit(
                Commit(puts=(Put(stage_ref(replace(stage, id=StageId("late"))), replace(stage, id=StageId("late"))),))
            )
        return revision

    little.store.commit = late  # type: ignore[method-assign]
    await janitor_of(little).look()
    assert not left(little, project)
