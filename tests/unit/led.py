"""What tests of a leader share: pipelines, what is placed and what waits, nodes that play along, stores that do not."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from dataclasses import replace

from tests.fakes.store import FakeCluster, FakeStore
from tests.unit import world
from tests.unit.house import NODE, PROJECT, House
from winslow.domain import lifecycle
from winslow.domain.election import idle_offer
from winslow.domain.pipeline import Pipeline
from winslow.domain.project import Run
from winslow.domain.records import (
    Change,
    Fence,
    Kind,
    Put,
    project_ref,
    run_ref,
)
from winslow.domain.resources import Capacity, Resources
from winslow.domain.stage import PLACED, Outcome, ProjectId, Stage
from winslow.errors import Exhausted, InvalidArgument, WinslowError
from winslow.ports import Store
from winslowd.engines.term import Term
from winslowd.usecases.attendance import Attendance
from winslowd.usecases.ledger import Ledger

SMALL = replace(NODE, capacity=Capacity(cpus=2, memory=1 << 30))
DIAMOND = world.pipeline(
    world.definition("split"),
    world.definition("left", "split"),
    world.definition("right", "split"),
    world.definition("join", "left", "right"),
)


def wide(count: int, cpus: float = 1.0) -> Pipeline:
    """So many stages, all of them ready at the start."""
    return world.pipeline(*(world.definition(f"part-{n}", resources=Resources(cpus=cpus)) for n in range(count)))


async def begun(house: House, pipeline: Pipeline, **fields: object) -> Run:
    """A run of all that the pipeline begins with."""
    roots = [stage.name for stage in pipeline.stages if not stage.after]
    return await house.begin(pipeline, *roots, **fields)


def stages(house: House) -> dict[str, Stage]:
    return {stage.id: stage for stage in house.view.stages_of(PROJECT)}


def placed(house: House) -> list[Stage]:
    return [stage for stage in house.view.live_stages() if stage.state in PLACED]


def waiting(house: House) -> list[Stage]:
    return [stage for stage in house.view.live_stages() if stage.node is None]


async def end(house: House, stage: Stage, outcome: Outcome = world.OK) -> Stage:
    house.now += 1
    return await house.move(stage, lifecycle.Started(house.now, "sha256:1"), lifecycle.Ended(outcome, {}, house.now))


async def play(house: House) -> None:
    """Every node succeeds at once."""
    while True:
        revision = house.view.revision
        for stage in placed(house):
            await end(house, stage)
        await house.store.changed(revision)


async def note(house: House, seen: list[Change]) -> None:
    async for changes in house.store.changes(house.view.revision):
        seen.extend(changes)


def births(seen: list[Change]) -> Counter[str]:
    """How often each stage was made."""
    return Counter(change.ref.key for change in seen if change.ref.kind is Kind.STAGE and change.before is None)


def latest(house: House, number: int = -1) -> Run:
    return house.view.runs_of(PROJECT)[number]


async def looked(house: House) -> None:
    """Return once the leader has looked at all that happened until now: it has made what was asked for after that."""
    number = len(house.view.all(Kind.PROJECT))
    project = replace(
        world.project(world.chain("later", resources=Resources(cpus=64))), id=ProjectId(f"later-{number}")
    )
    run = world.run(project, "later")
    await house.put(Put(project_ref(project.id), project), Put(run_ref(run), run))
    await house.until(lambda: house.view.stages_of(project.id))


class Failing(FakeStore):
    """Takes nothing of a leader's that touches one of `kinds`, as long as it has an `error`."""

    def __init__(self, cluster: FakeCluster, error: WinslowError, *kinds: Kind) -> None:
        super().__init__(cluster)
        self.error: WinslowError | None = error
        self.kinds = frozenset(kinds)
        self.failed = 0

    async def commit(self, commit):
        if self.error and commit.fence and self.kinds & {put.ref.kind for put in commit.puts}:
            await asyncio.sleep(0)
            self.failed += 1
            raise self.error
        return await super().commit(commit)


FULL = Exhausted("no room", reason="ETCD_NOSPACE")
TOO_LARGE = InvalidArgument("too large", reason="COMMIT_TOO_LARGE")


class Aborting(Failing):
    """Takes no abort of a leader's, as long as it has an `error`."""

    def __init__(self, cluster: FakeCluster, error: WinslowError) -> None:
        super().__init__(cluster, error, Kind.STAGE)

    async def commit(self, commit):
        if all(isinstance(put.value, Stage) and put.value.abort for put in commit.puts):
            return await super().commit(commit)
        return await FakeStore.commit(self, commit)


class Narrow(FakeStore):
    """Takes so few stages in one transaction, as etcd does of large records."""

    async def commit(self, commit):
        if sum(put.ref.kind is Kind.STAGE for put in commit.puts) > 1:
            raise TOO_LARGE
        return await super().commit(commit)


class Refusing(FakeStore):
    """Refuses the commit of one number, from 1, that carries a leader's fence; `happens` says whether it was done."""

    def __init__(self, cluster: FakeCluster, nth: int, error: WinslowError, happens: bool = False) -> None:
        super().__init__(cluster)
        self.nth, self.error, self.happens = nth, error, happens
        self.fenced = 0
        self.refused = False

    async def commit(self, commit):
        self.fenced += commit.fence is not None
        if commit.fence and self.fenced == self.nth:
            self.refused = True
            self.fail_next(self.error, happens=self.happens)
        return await super().commit(commit)


def term_of(house: House, store: Store, fence: Fence) -> Term:
    """A term in which every node that was up when it began has answered."""
    attendance = Attendance()
    attendance.open()
    for node in store.view.nodes():
        attendance.hear(idle_offer(node))
    return Term(store, lambda: house.now, fence, attendance, Ledger(), time.monotonic)
