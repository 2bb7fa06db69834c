"""A world: one etcd, one volume, a few nodes, and the truth about them."""

from __future__ import annotations

import asyncio
from random import Random

from tests.fakes.etcd import FakeEtcd
from tests.fakes.line import Fate, Line
from tests.simulation.codec import RememberingCodec, SharingCodec
from tests.simulation.engine import Engine
from tests.simulation.ledger import ATTEMPT, Ledger
from tests.simulation.loop import SimulatedLoop
from tests.simulation.machine import Machine
from tests.simulation.mounts import Mount, Servers, SimulatedFencer
from tests.simulation.node import CLUSTER, SimulatedNode
from tests.simulation.peers import Exchange
from tests.simulation.pipelines import script_of
from tests.simulation.volume import Volume
from winslow.domain.node import NodePolicy
from winslow.domain.pipeline import Pipeline
from winslow.domain.project import Project, Run
from winslow.domain.records import Kind
from winslow.domain.resources import Capacity, Gpu, GpuVendor
from winslow.domain.stage import NodeId, Stage
from winslowd.etcd.keys import Keys

DAY = 86_400.0
REAL_CODEC_EVERY = 16
"""One world in so many has its records as real bytes."""
LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"


class World:
    """What a seed made of it. `doubt` is the share of calls to etcd that go wrong one way or another."""

    def __init__(self, loop: SimulatedLoop, seed: int) -> None:
        random = Random(f"{seed} world")
        self.seed = seed
        self.loop = loop
        self.random = random
        self.doubt = 0.0
        self.gpus = random.random() < 0.25
        self.outage = False
        codec = RememberingCodec() if seed % REAL_CODEC_EVERY == 0 else SharingCodec()
        self.etcd = FakeEtcd(loop.time)
        self.ledger = Ledger(self.etcd, Keys(CLUSTER), codec, loop.time)
        self.volume = Volume(self.ledger)
        self.servers = Servers(self.ledger)
        self.fencing = Random(f"{seed} fencing").random() < 0.6
        """Whether leaders can shut nodes out of the volume."""
        self._exchange = Exchange(loop, Random(f"{seed} exchange"))
        self.nodes = [self._node(f"node-{number}", codec) for number in range(random.choice((1, 2, 2, 2, 3, 3, 4)))]

    def _node(self, name: str, codec: SharingCodec | RememberingCodec) -> SimulatedNode:
        random = Random(f"{self.seed} {name}")
        skew = random.choice((0.0, 0.0, random.uniform(-1, 1), DAY, -DAY))
        gpus = tuple(Gpu(f"{name}-gpu-{n}", GpuVendor.NVIDIA, "model", 1 << 30) for n in range(2 if self.gpus else 0))
        capacity = Capacity(cpus=float(random.choice((2, 3, 4))), memory=4 << 30, gpus=gpus)
        machine = Machine(self.loop, name, capacity, skew, random)
        mount = Mount(self.servers, machine, fencing=self.fencing)
        fencer = SimulatedFencer(self.servers, machine) if self.fencing else None
        engine = Engine(machine, mount, self.volume, self.ledger, lambda spec: script_of(self.seed, spec.stage))
        line = Line(self.etcd, lambda: self._latency(random), lambda method: self._fate(method, random))
        line.context = self.loop.context_of(None)
        line.mark, line.witness = ATTEMPT.get, self.ledger.applied
        return SimulatedNode(
            self.loop,
            machine,
            mount,
            fencer,
            engine,
            self.volume,
            self.etcd,
            codec,
            self.ledger,
            line,
            self._exchange,
            self._token,
        )

    @staticmethod
    def _latency(random: Random) -> float:
        drawn = random.random()
        return 0.0001 + drawn * 0.001 if drawn < 0.98 else drawn * random.random() * 0.3

    def _fate(self, method: str, random: Random) -> Fate:
        if not self.doubt or not method.endswith("Txn") or random.random() >= self.doubt:
            return Fate.ANSWERED
        return random.choice((Fate.REFUSED, Fate.LOST, Fate.UNANSWERED, Fate.UNANSWERED, Fate.LATE))

    def _token(self) -> str:
        return "".join(self.random.choice(LETTERS) for _ in range(6))

    async def keep_leases(self) -> None:
        """Let leases run out when their time has come; during an outage nothing does."""
        while True:
            await asyncio.sleep(0.5)
            if not self.outage:
                self.etcd.expire()

    # ---- the truth

    def stages(self) -> list[Stage]:
        return [one for one in self.ledger.all(Kind.STAGE) if isinstance(one, Stage)]

    def runs(self) -> list[Run]:
        return [one for one in self.ledger.all(Kind.RUN) if isinstance(one, Run)]

    def projects(self) -> list[Project]:
        return [one for one in self.ledger.all(Kind.PROJECT) if isinstance(one, Project)]

    def halted(self) -> list[Run]:
        return [run for run in self.runs() if run.active and run.hold]

    def cordoned(self) -> list[NodeId]:
        policies = self.ledger.all(Kind.NODE_POLICY)
        return [one.id for one in policies if isinstance(one, NodePolicy) and one.cordoned]

    def pipeline_of(self, project: str) -> Pipeline | None:
        return next((one.pipeline for one in self.projects() if one.id == project), None)
