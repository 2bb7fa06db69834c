"""The two worlds of the contract suites: daemons over a real etcd, and daemons over the fake in memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Protocol

from tests.cable import Cable, cable
from tests.etcd import Member
from tests.fakes.etcd import FakeEtcd
from tests.fakes.line import Line, LineChannels
from tests.fakes.store import FakeCluster, FakeMembership, FakeStore
from winslow.domain.stage import NodeId
from winslow.errors import NotFound
from winslow.ports import Membership, Store
from winslow.wire import records
from winslowd.etcd.channels import REVOKE, Login, Tls
from winslowd.etcd.client import Client
from winslowd.etcd.membership import EtcdMembership
from winslowd.etcd.session import Sessions
from winslowd.etcd.store import EtcdStore
from winslowd.etcd.wire import etcd_pb2 as pb


class Daemon(Protocol):
    """One daemon's adapters, and the power to take its session away."""

    store: Store
    membership: Membership

    async def lose_session(self) -> None: ...


class Blindable(Daemon, Protocol):
    """A daemon whose view can be held back while its session goes on."""

    async def go_blind(self) -> None: ...

    async def see_again(self) -> None: ...


class World(Protocol):
    def daemon(self, name: str = "a") -> AbstractAsyncContextManager[Daemon]: ...

    def blindable(self, name: str) -> AbstractAsyncContextManager[Blindable]: ...


class EtcdDaemon:
    def __init__(self, client: Client, sessions: Sessions, store: EtcdStore, membership: EtcdMembership) -> None:
        self.client = client
        self.sessions = sessions
        self.store = store
        self.membership = membership

    async def lose_session(self) -> None:
        session = await self.sessions.current()
        with suppress(NotFound):
            await self.client.channels.call(REVOKE, pb.LeaseRevokeRequest(ID=session.lease))
        session.end()


class BlindableDaemon(EtcdDaemon):
    """Its store's watch hangs on a cable of its own."""

    def __init__(
        self, client: Client, sessions: Sessions, store: EtcdStore, membership: EtcdMembership, eyes: Cable
    ) -> None:
        super().__init__(client, sessions, store, membership)
        self._eyes = eyes

    async def go_blind(self) -> None:
        self._eyes.hold_answers()

    async def see_again(self) -> None:
        await self._eyes.mend()


class EtcdWorld:
    """Daemons of one Winslow cluster over the etcd at `endpoints`."""

    def __init__(
        self, cluster: str, *members: Member, ttl: int = 15, tls: Tls | None = None, login: Login | None = None
    ) -> None:
        self.cluster = cluster
        self.endpoints = [member.endpoint for member in members]
        self.ttl = ttl
        self.tls = tls
        self.login = login

    @asynccontextmanager
    async def daemon(self, name: str = "a", endpoint: str = "") -> AsyncIterator[EtcdDaemon]:
        """`endpoint` instead of the members' own: a cable that the test can cut."""
        endpoints = [endpoint] if endpoint else self.endpoints
        async with (
            Client.open(endpoints, tls=self.tls, login=self.login) as client,
            Sessions.open(client.channels, self.ttl) as sessions,
            EtcdStore.open(client, self.cluster, records, sessions) as store,
            EtcdMembership.open(client, self.cluster, NodeId(name), sessions, store) as membership,
        ):
            await sessions.current()
            yield EtcdDaemon(client, sessions, store, membership)

    @asynccontextmanager
    async def blindable(self, name: str) -> AsyncIterator[BlindableDaemon]:
        async with (
            cable(self.endpoints[0]) as wire,
            Client.open([wire.endpoint], tls=self.tls, login=self.login) as eyes,
            Client.open(self.endpoints, tls=self.tls, login=self.login) as client,
            Sessions.open(client.channels, self.ttl) as sessions,
            EtcdStore.open(eyes, self.cluster, records, sessions) as store,
            EtcdMembership.open(client, self.cluster, NodeId(name), sessions, store) as membership,
        ):
            await sessions.current()
            yield BlindableDaemon(client, sessions, store, membership, wire)


class FakeDaemon:
    def __init__(self, cluster: FakeCluster, name: str) -> None:
        self.store = FakeStore(cluster)
        self.membership = FakeMembership(self.store, NodeId(name))

    async def lose_session(self) -> None:
        self.membership.lose_session()

    async def go_blind(self) -> None:
        self.store.disconnect()

    async def see_again(self) -> None:
        self.store.reconnect()


class FakeWorld:
    def __init__(self) -> None:
        self.cluster = FakeCluster()

    @asynccontextmanager
    async def daemon(self, name: str = "a") -> AsyncIterator[FakeDaemon]:
        daemon = FakeDaemon(self.cluster, name)
        yield daemon
        await daemon.membership.leave()

    def blindable(self, name: str) -> AbstractAsyncContextManager[FakeDaemon]:
        return self.daemon(name)


class LineDaemon(EtcdDaemon):
    """Its store's watch hangs on a line of its own."""

    def __init__(
        self, client: Client, sessions: Sessions, store: EtcdStore, membership: EtcdMembership, eyes: Line
    ) -> None:
        super().__init__(client, sessions, store, membership)
        self._eyes = eyes

    async def go_blind(self) -> None:
        self._eyes.cut = True

    async def see_again(self) -> None:
        self._eyes.cut = False
        self._eyes.break_streams()


class LineWorld:
    """The real adapter over the etcd in memory: what the simulation stands on."""

    def __init__(self) -> None:
        self.etcd = FakeEtcd(lambda: asyncio.get_running_loop().time())

    @asynccontextmanager
    async def daemon(self, name: str = "a") -> AsyncIterator[LineDaemon]:
        eyes, line = Line(self.etcd, lambda: 0.0), Line(self.etcd, lambda: 0.0)
        sight, client = Client(LineChannels(eyes)), Client(LineChannels(line))
        async with (
            Sessions.open(client.channels) as sessions,
            EtcdStore.open(sight, "lab", records, sessions) as store,
            EtcdMembership.open(client, "lab", NodeId(name), sessions, store) as membership,
        ):
            await sessions.current()
            yield LineDaemon(client, sessions, store, membership, eyes)

    def blindable(self, name: str) -> AbstractAsyncContextManager[LineDaemon]:
        return self.daemon(name)
