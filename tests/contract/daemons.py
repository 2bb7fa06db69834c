"""The two worlds of the contract suites: daemons over a real etcd, and daemons over the fake in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Protocol

from tests.etcd import Member
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


class World(Protocol):
    def daemon(self, name: str = "a") -> AbstractAsyncContextManager[Daemon]: ...


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


class FakeDaemon:
    def __init__(self, cluster: FakeCluster, name: str) -> None:
        self.store = FakeStore(cluster)
        self.membership = FakeMembership(self.store, NodeId(name))

    async def lose_session(self) -> None:
        self.membership.lose_session()


class FakeWorld:
    def __init__(self) -> None:
        self.cluster = FakeCluster()

    @asynccontextmanager
    async def daemon(self, name: str = "a") -> AsyncIterator[FakeDaemon]:
        daemon = FakeDaemon(self.cluster, name)
        yield daemon
        await daemon.membership.leave()
