"""A daemon in one process: real use cases, leader and volume over a store in memory; stages end when the test says so."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from tests.fakes.attendance import everyone_attends
from tests.fakes.readings import FakeReadings
from tests.fakes.store import FakeMembership, FakeStore
from tests.fakes.upkeep import FakeUpkeep
from tests.fakes.volume import InlineVolume
from tests.unit import world
from winslow.domain import lifecycle
from winslow.domain.node import Node
from winslow.domain.pipeline import Pipeline
from winslow.domain.principal import Principal
from winslow.domain.project import Project, Run
from winslow.domain.records import Commit, Expect, Put, stage_ref
from winslow.domain.resources import Capacity
from winslow.domain.stage import NodeId, Outcome, ProjectId, Stage, State
from winslow.domain.view import View
from winslow.ports import Storage
from winslowd.engines.leader import Leader
from winslowd.files.thumbnails import Thumbnails
from winslowd.usecases import known
from winslowd.usecases.all import UseCases
from winslowd.usecases.attendance import Attendance
from winslowd.usecases.cluster import Here
from winslowd.usecases.derived import RunShown, SweepShown, run_shown, sweep_shown
from winslowd.usecases.ledger import Ledger
from winslowd.usecases.projects import NewProject
from winslowd.usecases.requests import Request

ANN = Principal("ann")
BOB = Principal("bob")
OK = Outcome(exit_code=0)
NODE = Node(NodeId("node-1"), "127.0.0.1:1", Capacity(cpus=8, memory=1 << 34))


class Little:
    """`now` is the clock's time; `suffixes` come one after another."""

    def __init__(self, root: Path) -> None:
        self.store = FakeStore()
        self.membership = FakeMembership(self.store, NODE.id)
        root.mkdir(exist_ok=True)
        self.volume = InlineVolume(str(root))
        self.now = 1000.0
        self.storage = Storage(size=1000, free=400)
        self.readings = FakeReadings()
        self.upkeep = FakeUpkeep("etcd-1:2379")
        self.attendance, self.ledger = Attendance(), Ledger()
        self._numbers = itertools.count()
        self.use_cases = UseCases(
            here=Here("little", NODE.id, "1.2.3"),
            store=self.store,
            membership=self.membership,
            clock=lambda: self.now,
            token=lambda: f"tail{next(self._numbers):02d}",
            workspaces=self.volume.workspaces,
            layers=self.volume.workspaces,
            retiring=self.volume.retiring,
            compares=self.volume.compares,
            quotas=self.volume.quotas,
            files=self.volume.files,
            trees=self.volume.trees,
            pictures=Thumbnails(self.volume, root.parent / "thumbnails"),
            uploads=self.volume.uploads,
            small=self.volume.small,
            logs=self.volume.logs,
            history=self.volume.history,
            storage=lambda: self.storage,
            readings=self.readings,
            kept_readings=self.volume.readings,
            upkeep=self.upkeep,
            ledger=self.ledger,
        )

    @property
    def view(self) -> View:
        return self.store.view

    @classmethod
    @asynccontextmanager
    async def led(cls, root: Path):
        """One whose leader leads and whose node is up."""
        little = cls(root)
        try:
            async with asyncio.TaskGroup() as group:
                leader = Leader(little.store, little.membership, lambda: little.now, little.attendance, little.ledger)
                leading = group.create_task(leader.run(), name="leader")
                attending = group.create_task(everyone_attends(little.store, little.attendance), name="nodes")
                await little.membership.join(NODE)
                try:
                    yield little
                finally:
                    leading.cancel()
                    attending.cancel()
        finally:
            little.volume.close()

    def request(self, id: str = "", by: Principal = ANN, fingerprint: str = "") -> Request:
        return Request(by, id, fingerprint)

    async def project(self, pipeline: Pipeline | None = None, name: str = "Street", by: Principal = ANN) -> ProjectId:
        """A new project's id."""
        new = NewProject(name, pipeline=pipeline or world.chain("detect", "track", "analyse"))
        made = await self.use_cases.projects.create(self.request(by=by), new)
        return ProjectId(made.removeprefix("projects/"))

    def of(self, project: str) -> Project:
        found = self.view.project(project)
        assert found
        return found

    def run(self, project: str, number: int = -1) -> Run:
        """The project's latest run, or the one with this number."""
        runs = self.view.runs_of(project)
        return runs[-1] if number < 0 else runs[number - 1]

    def shown(self, project: str) -> RunShown:
        """The project's latest run as people see it."""
        return run_shown(self.view, self.run(project), self.now)

    def sweep(self, project: str, id_: str) -> SweepShown:
        """A sweep as people see it, without its points that are history."""
        return sweep_shown(self.view, known.sweep(self.view, project, id_))

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait until the store shows it."""
        async with asyncio.timeout(5):
            while not condition():
                await self.store.changed(self.view.revision)

    async def placed(self, definition: str, project: str | None = None) -> Stage:
        """The live stage of `definition`, once a node has it."""

        def found() -> Stage | None:
            stages = [stage for stage in self.view.live_stages() if stage.state is State.PREPARING]
            mine = [one for one in stages if one.definition.name == definition and project in (None, one.project)]
            return mine[0] if mine else None

        await self.until(found)
        stage = found()
        assert stage
        return stage

    async def move(self, stage: Stage, *events: lifecycle.Event) -> Stage:
        """What a node would record of its stage."""
        for event in events:
            current = self.view.stage(stage.id)
            assert current
            stage = lifecycle.advance(current, event, self.now)
            expect = Expect(stage_ref(stage), self.view.revision_of(stage_ref(stage)))
            await self.store.commit(Commit(puts=(Put(stage_ref(stage), stage),), expects=(expect,)))
        return stage

    async def start(self, definition: str, project: str | None = None) -> Stage:
        """Its process runs."""
        return await self.move(await self.placed(definition, project), lifecycle.Started(self.now, "sha256:1"))

    async def end(
        self,
        definition: str,
        outcome: Outcome = OK,
        results: Mapping[str, str] | None = None,
        project: str | None = None,
    ) -> Stage:
        """Take the live stage of `definition` to its end."""
        stage = await self.start(definition, project)
        self.now += 10
        return await self.move(stage, lifecycle.Ended(outcome, dict(results or {}), self.now))
