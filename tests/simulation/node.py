"""A node of a world: a machine, its engine, and the daemon on it, composed as `winslowd.app` composes the real one.

Real are the etcd adapter, the membership, the use cases and the engines. The daemon may be killed at any moment and started
again: what it does not find on its disk, in the engine, on the volume or in etcd, it does not know.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from tests.fakes.etcd import FakeEtcd
from tests.fakes.line import Line, LineChannels
from tests.simulation.disk import SimulatedJournal
from tests.simulation.engine import Engine, SimulatedDriver
from tests.simulation.ledger import ATTEMPT, TERM, Ledger
from tests.simulation.loop import Process, SimulatedLoop
from tests.simulation.machine import Machine
from tests.simulation.mounts import Mount, SimulatedFencer
from tests.simulation.peers import Exchange, SimulatedPeers
from tests.simulation.volume import SimulatedFiles, Volume
from winslow.domain.election import idle_offer
from winslow.domain.node import Node
from winslow.domain.records import Commit
from winslow.errors import WinslowError
from winslow.ports import Storage, Term
from winslowd.engines import bidder
from winslowd.engines.agent import Agent
from winslowd.engines.bidder import Bidder
from winslowd.engines.containers import Tools
from winslowd.engines.janitor import Janitor
from winslowd.engines.leader import Leader
from winslowd.engines.surveyor import Surveyor
from winslowd.etcd import store, watch
from winslowd.etcd.client import Client
from winslowd.etcd.membership import EtcdMembership
from winslowd.etcd.session import Sessions
from winslowd.etcd.store import EtcdStore
from winslowd.etcd.transaction import Codec
from winslowd.usecases.attendance import Attendance
from winslowd.usecases.derivations import Derivations
from winslowd.usecases.nodes import Nodes
from winslowd.usecases.past import Past
from winslowd.usecases.projects import Projects
from winslowd.usecases.runs import Runs
from winslowd.usecases.stages import Stages
from winslowd.usecases.sweeps import Sweeps
from winslowd.usecases.volume import KnownVolume

bidder.LOOK = 1.0
watch.PING, watch.SILENCE, store.SILENCE = 3.0, 8.0, 8.0
# Pollers that only cost time here: nothing but their own messages waits for them.

CLUSTER = "simulated"
TTL = 6
"""Seconds; shorter than in a real cluster, where nobody makes the time up."""


@dataclass(frozen=True, slots=True)
class Desk:
    """The use cases that people come to, at one daemon."""

    store: EtcdStore
    projects: Projects
    runs: Runs
    sweeps: Sweeps
    stages: Stages
    nodes: Nodes


class WitnessedStore(EtcdStore):
    """The real store; what is asked of it, and what it answers, is written down."""

    ledger: Ledger
    machine: Machine
    before_a_leaders: Callable[[], Awaitable[None]]
    """Called before a leader's commit is sent."""

    async def commit(self, commit: Commit) -> int:
        attempt = self.ledger.begun(commit, self.machine.id)
        if attempt.term is not None:
            await self.before_a_leaders()
        ATTEMPT.set(attempt)
        try:
            attempt.answer = await super().commit(commit)
        except WinslowError as error:
            attempt.refusal = error.reason
            raise
        finally:
            ATTEMPT.set(None)
        return attempt.answer


class WitnessedMembership(EtcdMembership):
    """The real membership; who works in a term is known by it."""

    def lead(self) -> AbstractAsyncContextManager[Term]:
        return self._in_term(super().lead())

    @contextlib.asynccontextmanager
    async def _in_term(self, scope: AbstractAsyncContextManager[Term]) -> AsyncIterator[Term]:
        async with scope as term:
            TERM.set(term.fence)
            try:
                yield term
            finally:
                TERM.set(None)


class SessionFile:
    """Where a daemon remembers its lease: what `Sessions` asks of a path."""

    def __init__(self) -> None:
        self._text = ""

    def read_text(self, encoding: str) -> str:
        return self._text

    def with_suffix(self, suffix: str) -> SessionFile:
        return self

    def write_text(self, text: str, encoding: str) -> None:
        self._text = text

    def replace(self, target: object) -> None:
        """It is in place already: a crash between the two is the same as before the first."""


class SimulatedNode:
    """`started` is set while its daemon serves; `desk` is that of the daemon of the moment."""

    def __init__(
        self,
        loop: SimulatedLoop,
        machine: Machine,
        mount: Mount,
        fencer: SimulatedFencer | None,
        engine: Engine,
        volume: Volume,
        etcd: FakeEtcd,
        codec: Codec,
        ledger: Ledger,
        line: Line,
        exchange: Exchange,
        token: Callable[[], str],
    ) -> None:
        self.id = machine.id
        self.machine = machine
        self.mount = mount
        self.engine = engine
        self.line = line
        self.desk: Desk | None = None
        self.stalls: asyncio.Event | None = None
        """Set by who wants the daemon frozen just before it commits as leader; it is set when that is done."""
        self.daemon: Process | None = None
        self._loop = loop
        self._fencer = fencer
        self._volume = volume
        self._codec = codec
        self._ledger = ledger
        self._exchange = exchange
        self._peers: SimulatedPeers | None = None
        self._address = f"{machine.id}:1"
        self._token = token
        self._starts = 0
        self._memory = SessionFile()
        self._task: asyncio.Task[None] | None = None

    @property
    def serving(self) -> bool:
        return self.desk is not None

    # ---- what befalls it

    def start(self) -> None:
        self._starts += 1
        self._ledger.tell(f"{self.id}: daemon {self._starts} starts")
        self.daemon = self._loop.process(f"{self.id}/daemon{self._starts}")
        self._task = self._loop.spawn(self.daemon, self._serve(), f"{self.id}/daemon{self._starts}")
        self._task.add_done_callback(self._fell, context=self._loop.context_of(None))

    def _fell(self, task: asyncio.Task[None]) -> None:
        self.desk = None
        if not task.cancelled() and task.exception() is not None:
            self._ledger.violated(f"the daemon of {self.id} fell: {task.exception()!r}")

    def kill(self) -> None:
        """The daemon, by SIGKILL. Its containers go on."""
        if self.daemon is not None:
            self._loop.kill(self.daemon)
        self.daemon = self.desk = self._task = None
        self._exchange.listening.pop(self._address, None)
        if self._peers is not None:
            self._peers.gone()
        self.line.drop_streams()

    async def stop(self) -> None:
        """The daemon, in good order."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait((task,), timeout=60)
        self.kill()

    def crash(self) -> None:
        """The machine loses its power: daemon, engine and containers are gone, and what was not on the disk."""
        self.kill()
        self._loop.kill(self.machine.process)
        self.engine.go_away(containers_die=True)
        self.machine.disk.lose_power(self.machine.random)

    def boot(self) -> None:
        self.machine.boot()
        self.mount.anew()
        self.engine.come_back()
        self.start()

    def freeze(self, *, containers: bool) -> None:
        for process in (self.daemon, self.machine.process if containers else None):
            if process is not None:
                self._loop.freeze(process)

    def thaw(self) -> None:
        for process in (self.daemon, self.machine.process):
            if process is not None:
                self._loop.thaw(process)

    async def _stall(self) -> None:
        """Whoever wants it frozen at its next commit as leader gets that: it is decided, and not sent."""
        stalled, self.stalls = self.stalls, None
        if stalled is not None and self.daemon is not None:
            self._loop.freeze(self.daemon)
            stalled.set()
            await asyncio.sleep(0)

    # ---- the daemon

    async def _serve(self) -> None:
        machine = self.machine
        client = Client(LineChannels(self.line))
        memory: Any = self._memory
        async with contextlib.AsyncExitStack() as stack:
            sessions = await stack.enter_async_context(Sessions.open(client.channels, TTL, memory=memory))
            store = await stack.enter_async_context(WitnessedStore.open(client, CLUSTER, self._codec, sessions))
            assert isinstance(store, WitnessedStore)
            store.ledger, store.machine, store.before_a_leaders = self._ledger, machine, self._stall
            membership = await stack.enter_async_context(
                WitnessedMembership.open(client, CLUSTER, machine.id, sessions, store)
            )
            known = KnownVolume(lambda: Storage(size=1 << 40, free=1 << 39), lambda: self.mount.worker, 0)
            surveys = Surveyor(machine.id, CLUSTER, store, self.mount, known, asyncio.Event(), must_be_known=True)
            files: Any = SimulatedFiles(machine, self.mount, self._volume, known)
            tools = Tools(
                node=machine.id,
                store=store,
                driver=SimulatedDriver(self.engine, Random(machine.random.random())),
                workspaces=files,
                scratch=files,
                logs=files,
                journal=SimulatedJournal(machine.disk),
                quotas=files,
                clock=machine.clock,
                default_user=(1000, 1000),
            )
            attendance = Attendance()
            clock, past = machine.clock, Past(store, files)
            self.desk = Desk(
                store,
                Projects(store, clock, self._token, files, files, Derivations(store, clock)),
                Runs(store, clock, past),
                Sweeps(store, clock, past),
                Stages(store, clock, past),
                Nodes(store, clock),
            )
            assert self.daemon is not None
            self._exchange.listening[self._address] = (self.daemon, attendance)
            async with asyncio.TaskGroup() as group:
                await surveys.look()
                group.create_task(surveys.run())
                for work in self._engines(tools, store, membership, attendance, files, known):
                    group.create_task(work)
                await membership.join(self._node())

    def _engines(
        self,
        tools: Tools,
        store: EtcdStore,
        membership: EtcdMembership,
        attendance: Attendance,
        files: Any,
        known: KnownVolume,
    ) -> list[Coroutine[Any, Any, None]]:
        clock, steady = self.machine.clock, self._loop.time
        self._peers = SimulatedPeers(self._exchange)
        offered = idle_offer(self._node())
        bids = Bidder(
            self.id,
            store,
            self._peers,
            attendance,
            lambda number: replace(offered, number=number, obstacles=tuple(filter(None, [known.state().fault]))),
            steady,
            Random(self.machine.random.random()),
        )
        return [
            Agent(tools).run(),
            Leader(store, membership, clock, attendance, steady=steady, fencer=self._fencer).run(),
            Janitor(store, membership, files, files, clock).run(),
            bids.run(),
        ]

    def _node(self) -> Node:
        machine = self.machine
        return Node(
            machine.id,
            self._address,
            machine.capacity,
            boot_id=str(machine.boots),
            incarnation=str(self._starts),
            registered_at=machine.clock(),
        )
