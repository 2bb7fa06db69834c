"""Who reaches the volume by which mount, and who was shut out of it: the servers of a shared file system in memory.

Each mount is a client of its own. What it holds back when it is shut out is lost, and so is all that it writes after.
Whoever finds its mount shut out mounts anew, after a while.
"""

from __future__ import annotations

import asyncio

from tests.fakes.ceph import client_number
from tests.simulation.ledger import Ledger
from tests.simulation.machine import Machine
from winslow.domain.stage import StageId
from winslow.errors import Unavailable
from winslow.ports import Standing

GIVEN_UP = "and was given up"
"""What the outcome of a stage says that no leader waited for any longer."""


NOTICED = 2.0
"""Seconds after which a daemon notices that another worker works for it."""


class Servers:
    """All nodes' one. `ledger` knows what each stage has come to."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.shut_out: set[str] = set()
        self.identity = ""
        self._mounts = 0

    def mounted(self) -> str:
        """One more client."""
        self._mounts += 1
        return client_number(self._mounts)

    def fence(self, client: str) -> None:
        self._ledger.tell(f"client {client} is shut out")
        self.shut_out.add(client)

    def lets_in(self, mount: Mount, client: str, stage: StageId | None = None) -> bool:
        """Whether it reaches the volume; that it writes for a stage of its node that was given up must never be."""
        if client in self.shut_out:
            return False
        record = self._ledger.truth(stage) if stage and mount.fencing else None
        if record and record.node == mount.machine.id and record.outcome and GIVEN_UP in record.outcome.message:
            self._ledger.violated(f"{mount.machine.id} wrote for {stage} after it was given up")
        return True


class Mount:
    """A machine's; `client` is that of the moment. Implements the port `Volume`. `fencing`: the world's leaders can fence."""

    def __init__(self, servers: Servers, machine: Machine, *, fencing: bool) -> None:
        self._servers = servers
        self.machine = machine
        self.fencing = fencing
        self.worker = 1
        self.client = servers.mounted()
        self._mounting = False

    def anew(self) -> None:
        """As after a boot, or by an operator's hand. Who worked on the old one holds it open, so another worker begins."""
        self._mounting = False
        self.worker += 1
        self.client = self._servers.mounted()

    async def another(self, worker: int) -> None:
        while self.worker == worker:
            await asyncio.sleep(NOTICED)

    def lets_in(self, client: str, stage: StageId | None = None) -> bool:
        return self._servers.lets_in(self, client, stage)

    def enter(self, client: str, stage: StageId | None = None) -> None:
        """Raises Unavailable (STORAGE_FENCED)."""
        if not self.lets_in(client, stage):
            raise Unavailable("The node is shut out", reason="STORAGE_FENCED", subject="volume")

    async def standing(self) -> Standing:
        return await self.machine.do(self.machine.pause(), self._standing)

    def _standing(self) -> Standing:
        if self.client in self._servers.shut_out and not self._mounting:
            self._mounting = True
            self.machine.later(self.machine.random.uniform(0.5, 8.0), self.anew)
        self.enter(self.client)
        return Standing(self._servers.identity, self.client, on_ceph=True)

    async def mark(self, cluster: str) -> str:
        return await self.machine.do(self.machine.pause(), self._mark, cluster)

    def _mark(self, cluster: str) -> str:
        self.enter(self.client)
        self._servers.identity = self._servers.identity or f"{cluster}/{'0' * 32}"
        return self._servers.identity

    async def unmark(self, identity: str) -> None:
        raise AssertionError("there is one volume, and nobody marks it twice")


class SimulatedFencer:
    """A leader's: implements the port `Fencer`. Now and then the servers do not answer, having done it or not."""

    def __init__(self, servers: Servers, machine: Machine) -> None:
        self._servers = servers
        self._machine = machine

    async def fence(self, client: str) -> None:
        random = self._machine.random
        drawn = random.random()
        if drawn < 0.9:
            await self._machine.do(random.uniform(0.1, 1.0), self._servers.fence, client)
        if drawn > 0.8:
            raise Unavailable("The servers do not answer", reason="CEPH_UNAVAILABLE", subject=client)
