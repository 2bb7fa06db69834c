"""A node in one process: real engines over a driver and a store in memory, with a real journal and real files.

`Tap` stands between the engines and their ports: any call can be made to hang, to fail, or to be the daemon's last.
"""

from __future__ import annotations

import asyncio
import inspect
import os
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from storage.mounting import Mounting
from storage.overlay import Overlays
from storage.stop import Stop
from tests.fakes.attendance import everyone_attends
from tests.fakes.driver import FakeDriver, Script
from tests.fakes.store import FakeCluster, FakeMembership, FakeStore
from tests.fakes.volume import InlineVolume
from tests.filesystems import why_no_mounts
from tests.unit import world
from winslow.domain import lifecycle
from winslow.domain.container import ContainerSpec, Exit, Image
from winslow.domain.node import Node
from winslow.domain.pipeline import Pipeline
from winslow.domain.progress import plan
from winslow.domain.project import Project, Run
from winslow.domain.records import Commit, Expect, Put, project_ref, run_ref, stage_ref
from winslow.domain.resources import Capacity
from winslow.domain.stage import NodeId, ProjectId, Stage, StageId
from winslow.domain.standing import situation_of
from winslow.domain.view import View
from winslow.errors import Conflict, WinslowError
from winslow.ports import Clock
from winslowd.engines import agent, attempt, commits, leader, patience
from winslowd.engines.agent import Agent
from winslowd.engines.attempt import Attempt
from winslowd.engines.containers import Containers, Tools
from winslowd.engines.leader import Leader
from winslowd.journal import DirectoryJournal
from winslowd.usecases.attendance import Attendance
from winslowd.usecases.ledger import Ledger

NODE = Node(world.NODE, "127.0.0.1:1", Capacity(cpus=8, memory=1 << 34))
PROJECT = ProjectId("p-abc123")
BUSYBOX = Image("busybox", "sha256:1")


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing waits longer than it must, and nobody reads the logs."""
    monkeypatch.setattr(patience, "FIRST", 0.001)
    monkeypatch.setattr(attempt, "GLANCE", 0.001)
    monkeypatch.setattr(attempt, "REPORT_EVERY", 0.002)
    monkeypatch.setattr(agent, "AGAIN", 0.001)
    monkeypatch.setattr(leader, "CAMPAIGN_PAUSE", 0.001)
    monkeypatch.setattr(commits, "OUTAGE_PAUSE", 0.001)
    with capture_logs():
        yield


class Tap:
    """What the engines call, in order, as `driver.create`. Waits for changes are none of their deeds and not counted."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.under_way: Counter[str] = Counter()
        """Calls that have neither been answered nor given up."""
        self.held: dict[str, asyncio.Event] = {}
        """Calls that wait for this before they have an effect."""
        self.unanswered: dict[str, asyncio.Event] = {}
        """Calls that wait for this after they had it."""
        self.failing: dict[str, WinslowError] = {}
        """Calls that raise this instead, for as long as it stands here."""
        self.last: tuple[int, str] | None = None
        """The number of the call, from 0, "before" or "after" which the daemon dies."""
        self.dead = asyncio.Event()

    def around(self, name: str, port: Any) -> Any:
        return _Tapped(self, name, port)

    def count(self, call: str) -> int:
        return self.calls.count(call)

    def enter(self, call: str) -> int:
        """The call's number. Nothing that a dead daemon would do has an effect."""
        self.calls.append(call)
        self._die_if((len(self.calls) - 1, "before"))
        return len(self.calls) - 1

    def leave(self, number: int) -> None:
        self._die_if((number, "after"))

    def _die_if(self, moment: tuple[int, str]) -> None:
        if moment == self.last:
            self.dead.set()
        if self.dead.is_set():
            raise asyncio.CancelledError("the daemon is dead")


class _Tapped:
    def __init__(self, tap: Tap, name: str, port: Any) -> None:
        self._tap, self._name, self._port = tap, name, port

    def __getattr__(self, name: str) -> Any:
        value, call = getattr(self._port, name), f"{self._name}.{name}"
        if name in ("view", "connected", "changed", "changes", "absolute"):
            return value
        return self._asked(call, value) if inspect.iscoroutinefunction(value) else self._told(call, value)

    def _told(self, call: str, method: Callable[..., Any]) -> Callable[..., Any]:
        def made(*arguments: Any, **options: Any) -> Any:
            number = self._tap.enter(call)
            answer = method(*arguments, **options)
            self._tap.leave(number)
            return answer

        return made

    def _asked(self, call: str, method: Callable[..., Any]) -> Callable[..., Any]:
        async def made(*arguments: Any, **options: Any) -> Any:
            tap = self._tap
            number = tap.enter(call)
            tap.under_way[call] += 1
            try:
                if call in tap.held:
                    await tap.held[call].wait()
                if call in tap.failing:
                    raise tap.failing[call]
                answer = await method(*arguments, **options)
                if call in tap.unanswered:
                    await tap.unanswered[call].wait()
            finally:
                tap.under_way[call] -= 1
            tap.leave(number)
            return answer

        return made


class House:
    """One node. `now` is its clock's time; a process runs until it is told to `finish`, or does what `script` says.

    `store` is where the test looks and acts, as another daemon would; `tools` are the node's own.
    """

    def __init__(self, root: Path, script: Callable[[ContainerSpec], Script] | None = None) -> None:
        self.now = 1000.0
        self.root = root / "volume"
        self.root.mkdir(parents=True)
        self.cluster = FakeCluster()
        self.store = FakeStore(self.cluster)
        self.membership = FakeMembership(self.store, NodeId("elsewhere"))
        self.attendance, self.ledger = Attendance(), Ledger()
        self.driver = FakeDriver(clock=lambda: self.now, script=script)
        self.driver.images = {BUSYBOX.name: BUSYBOX}
        self.scratch = root / "scratch"
        mounting = Mounting(str(self.scratch), obstacle=why_no_mounts())
        self.volume = InlineVolume(str(self.root), lambda: self.now, mounting)
        self.journal = DirectoryJournal(root / "journal")
        self.boot()

    def boot(self) -> None:
        """A new daemon on the same machine: it has seen nothing yet of what the one before it did."""
        self.tap = Tap()
        self.own_store = FakeStore(self.cluster)
        self.tools = Tools(
            node=NODE.id,
            store=self.tap.around("store", self.own_store),
            driver=self.tap.around("driver", self.driver),
            workspaces=self.tap.around("workspaces", self.volume.workspaces),
            scratch=self.tap.around("scratch", self.volume.workspaces),
            logs=self.tap.around("logs", self.volume.logs),
            journal=self.tap.around("journal", self.journal),
            quotas=self.volume.quotas,
            clock=lambda: self.now,
            default_user=(os.getuid(), os.getgid()),
        )

    @property
    def view(self) -> View:
        return self.store.view

    def of(self, stage: Stage | StageId) -> Stage:
        """Its record now."""
        found = self.view.stage(stage if isinstance(stage, str) else stage.id)
        assert found
        return found

    async def until(self, condition: Callable[[], object]) -> None:
        """Fakes tell nobody what happens to them: look again until it is so."""
        async with asyncio.timeout(60):  # for a machine that does much else
            while not condition():
                await asyncio.sleep(0.001)

    # ---- what people and the leader do

    async def put(self, *puts: Put) -> None:
        await self.store.commit(Commit(puts=puts))

    async def begin(self, pipeline: Pipeline, *start: str, **fields: object) -> Run:
        """A project with one run of the pipeline."""
        project = world.project(pipeline)
        run = world.run(project, *(start or (pipeline.stages[0].name,)), **fields)
        await self.volume.workspaces.make_project(project.id)
        await self.put(Put(project_ref(project.id), project), Put(run_ref(run), run))
        return run

    def project(self) -> Project:
        project = self.view.project(PROJECT)
        assert project
        return project

    async def award(self, node: NodeId | None = NODE.id) -> Stage:
        """The run's next stages, made and placed on a node, or on none yet; the first of them."""
        run = self.view.runs_of(PROJECT)[-1]
        situation = situation_of(self.view, run)
        assert situation
        decided = plan(situation, self.now)
        made = list(decided.stages)
        if node:
            awarded = lifecycle.Awarded(node, self.view.revision)
            made = [lifecycle.advance(stage, awarded, self.now) for stage in made]
        await self.put(Put(run_ref(run), decided.run), *(Put(stage_ref(stage), stage) for stage in made))
        return made[0]

    async def stage(self, **fields: object) -> Stage:
        """A stage of a run of its own, awarded to this node."""
        await self.begin(world.pipeline(world.definition("detect", **fields)))
        return await self.award()

    async def move(self, stage: Stage, *events: lifecycle.Event) -> Stage:
        """What somebody else records of the stage, whoever else writes meanwhile."""
        for event in events:
            stage = await self._move(stage.id, event)
        return stage

    async def _move(self, id_: StageId, event: lifecycle.Event) -> Stage:
        while True:
            current = self.of(id_)
            moved, ref = lifecycle.advance(current, event, self.now), stage_ref(current)
            expect = Expect(ref, self.view.revision_of(ref))
            try:
                await self.store.commit(Commit(puts=(Put(ref, moved),), expects=(expect,)))
            except Conflict:
                continue
            return moved

    async def abort(self, stage: Stage) -> Stage:
        return await self.move(stage, lifecycle.AbortRequested("bob"))

    # ---- what the node does

    def attempt(self, stage: Stage) -> Attempt:
        return Attempt(self.of(stage), self.tools, Containers(self.tools))

    @asynccontextmanager
    async def seeing_through(self, stage: Stage) -> AsyncIterator[Going]:
        """An attempt of this daemon, until the scope ends: then the daemon is killed."""
        going = Going(self.attempt(stage))
        try:
            yield going
        finally:
            going.task.cancel()
            await asyncio.gather(going.task, return_exceptions=True)

    async def runs(self, stage: Stage) -> None:
        """Return once its process does, and everybody knows."""
        await self.until(lambda: self.of(stage).started_at is not None)

    # ---- what its process does

    def says(self, stage: Stage | StageId, *lines: str) -> None:
        with Path(self.spec(stage).log).open("a", encoding="utf-8") as log:
            log.writelines(f"2026-01-01T00:00:00.000000000Z stdout F {line}\n" for line in lines)

    def writes(self, stage: Stage | StageId, name: str, text: str) -> None:
        """A file into /output."""
        output = next(mount.source for mount in self.spec(stage).mounts if mount.target == "/output")
        (Path(output) / name).write_text(text)

    def spec(self, stage: Stage | StageId) -> ContainerSpec:
        return self.driver.containers[StageId(stage if isinstance(stage, str) else stage.id)].spec

    def finish(self, stage: Stage, end: Exit = Exit(0)) -> None:  # noqa: B008 - a frozen value
        self.driver.finish(stage.id, end)

    # ---- what is left of it

    def output(self, name: str = "detect") -> str | None:
        """The stage whose output is the project's for a definition."""
        link = self.root / "projects" / PROJECT / "output" / name
        return link.resolve().parent.name if link.is_symlink() else None

    @property
    def clean(self) -> bool:
        """Whether nothing is left on the node."""
        return not self.driver.containers and not self.journal.entries()

    def close(self) -> None:
        overlays = Overlays(str(self.scratch))
        for stage in overlays.stages():
            overlays.drop(stage, Stop())
        self.volume.close()


class Going:
    """An attempt under way."""

    def __init__(self, attempt: Attempt) -> None:
        self.attempt = attempt
        self.task = asyncio.ensure_future(attempt.run())

    async def over(self) -> None:
        async with asyncio.timeout(10):
            await asyncio.shield(self.task)


def refenced(stage: Stage) -> Stage:
    """As if it had been awarded a second time."""
    return replace(stage, fence=stage.fence + 1)


@asynccontextmanager
async def going(work: asyncio.Task[None]) -> AsyncIterator[asyncio.Task[None]]:
    try:
        yield work
    finally:
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)


@asynccontextmanager
async def leading(house: House, clock: Clock | None = None) -> AsyncIterator[None]:
    """Another node leads, and whoever is up takes part."""
    leader = Leader(house.store, house.membership, clock or (lambda: house.now), house.attendance, house.ledger)
    async with (
        going(asyncio.ensure_future(leader.run())),
        going(asyncio.ensure_future(everyone_attends(house.store, house.attendance))),
    ):
        yield


@asynccontextmanager
async def led(house: House) -> AsyncIterator[None]:
    """Another node leads, and this one is up."""
    async with leading(house):
        await house.membership.join(NODE)
        yield


@asynccontextmanager
async def daemon(house: House) -> AsyncIterator[asyncio.Task[None]]:
    """The node's agent, until the scope ends: then the daemon is killed."""
    async with going(asyncio.ensure_future(Agent(house.tools).run())) as task:
        yield task
