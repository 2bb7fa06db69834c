"""What tests of the undertaker share: a node with stages that falls silent, and leaders whose clocks a test turns."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tests.fakes.ceph import FakeFencer
from tests.fakes.store import FakeCluster, FakeMembership, FakeStore
from tests.unit import world
from tests.unit.house import NODE, PROJECT
from winslow.domain import lifecycle
from winslow.domain.node import Silence
from winslow.domain.records import Commit, Put, stage_ref
from winslow.domain.stage import NodeId, RunId, Stage, StageId
from winslowd.engines.undertaker import Undertaker


class Telling(FakeStore):
    """A store in which something may happen between a decision and its commit."""

    def __init__(self, cluster: FakeCluster) -> None:
        super().__init__(cluster)
        self.meanwhile: Callable[[], None] | None = None

    async def commit(self, commit: Commit) -> int:
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile:
            meanwhile()
        return await super().commit(commit)


@dataclass
class Lead:
    """One leader's term: its store, its two clocks, its undertaker."""

    store: Telling
    membership: FakeMembership
    wall: float = 1000.0
    steady: float = 77.0
    undertaker: Undertaker = field(init=False)

    async def wait(self, seconds: float) -> None:
        """So many seconds pass, and it looks as often as it wants to and once more."""
        end = self.steady + seconds
        while True:
            rest = await self.undertaker.look()
            if self.steady >= end:
                return
            step = min(rest, end - self.steady)
            self.steady, self.wall = self.steady + step, self.wall + step


@dataclass
class Cluster:
    """A node with stages, and whoever leads."""

    records: FakeCluster
    store: FakeStore
    node: FakeMembership
    fencer: FakeFencer | None = None

    async def stage(self, name: str = "detect", lost_after: float = 300.0, node: NodeId = NODE.id) -> Stage:
        """A stage that runs on the node."""
        definition = world.definition(name, lost_after=lost_after)
        stage = Stage(StageId(f"{name}-1-1-abc123"), PROJECT, RunId("000001"), definition, 1, 1.0, "ann")
        stage = lifecycle.advance(stage, lifecycle.Awarded(node, self.records.revision), 1.0)
        stage = lifecycle.advance(stage, lifecycle.Started(1.0, "sha256:1"), 1.0)
        await self.store.commit(Commit(puts=(Put(stage_ref(stage), stage),)))
        return stage

    def of(self, stage: Stage) -> Stage:
        found = self.store.view.stage(stage.id)
        assert found
        return found

    @property
    def silence(self) -> Silence | None:
        return self.store.view.silence(NODE.id)

    def falls_silent(self) -> None:
        self.node.lose_session(regain=False)

    def comes_back(self) -> None:
        self.node.regain_session()

    @asynccontextmanager
    async def led(self, name: str = "leader", wall: float = 1000.0) -> AsyncIterator[Lead]:
        store = Telling(self.records)
        lead = Lead(store, FakeMembership(store, NodeId(name)), wall)
        async with lead.membership.lead() as term:
            lead.undertaker = Undertaker(store, term.fence, lambda: lead.wall, lambda: lead.steady, self.fencer)
            yield lead


async def with_a_node() -> Cluster:
    """One with a node that is up."""
    records = FakeCluster()
    store = FakeStore(records)
    node = FakeMembership(store, NODE.id)
    await node.join(NODE)
    return Cluster(records, store, node)
