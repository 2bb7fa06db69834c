"""A cluster's records, sessions and claims in memory, with the semantics of etcd and none of its processes.

One `FakeCluster` is the etcd; each daemon of a test has a `FakeStore` and a `FakeMembership` of its own. The suites
in tests/contract hold them to what the real ones do.
"""

from __future__ import annotations

import asyncio
import itertools
import math
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from types import MappingProxyType
from weakref import WeakValueDictionary

from winslow.domain.node import Node
from winslow.domain.records import Change, Commit, Fence, Lifetime, Put, Record, Ref, Versioned, node_ref, silence_ref
from winslow.domain.stage import NodeId, ProjectId
from winslow.domain.view import View
from winslow.errors import InvalidArgument, Unavailable, WinslowError
from winslow.ports import Term
from winslowd.etcd.history import Entry, History
from winslowd.etcd.session import Session, lease_lost
from winslowd.etcd.transaction import MAX_OPERATIONS, fenced, mismatch

Write = tuple[Ref, Versioned | None]


class FakeCluster:
    """What etcd would hold. Revisions begin at 1 and rise by one with every write that changes something."""

    def __init__(self) -> None:
        self.revision = 1
        self.records: dict[Ref, Versioned] = {}
        self.claims: defaultdict[str, dict[int, int]] = defaultdict(dict)
        self.holders: dict[int, NodeId] = {}
        self.stores: list[FakeStore] = []
        self._owners: dict[Ref, int] = {}
        self._leases = itertools.count(0x1000)
        self._moved = asyncio.Event()

    async def moved(self) -> None:
        await self._moved.wait()

    def grant(self) -> Session:
        return Session(next(self._leases), math.inf)

    def transact(self, commit: Commit, lease: int) -> int:
        """Raises Conflict (FENCED, REVISION_MISMATCH), InvalidArgument (COMMIT_TOO_LARGE)."""
        self._check(commit)
        writes: list[tuple[Ref, Record | None]] = [(put.ref, put.value) for put in commit.puts]
        unknown = {put.ref: put.unknown for put in commit.puts}
        writes += [(ref, None) for ref in commit.deletes if ref in self.records]
        for put in commit.puts:
            self._owners.pop(put.ref, None)
            if put.lifetime is Lifetime.SESSION:
                self._owners[put.ref] = lease
        return self._write(writes, unknown)

    def _check(self, commit: Commit) -> None:
        if max(len(commit.puts) + len(commit.deletes), len(commit.expects) + bool(commit.fence)) > MAX_OPERATIONS:
            raise InvalidArgument("A commit is too large", reason="COMMIT_TOO_LARGE", hint="Split it")
        if commit.fence and self._created(commit.fence.key) != commit.fence.revision:
            raise fenced(commit.fence.key)
        actual = {expect.ref: self._revision_of(expect.ref) for expect in commit.expects}
        wrong = {expect.ref: actual[expect.ref] for expect in commit.expects if actual[expect.ref] != expect.revision}
        if wrong:
            raise mismatch(wrong)

    def _revision_of(self, ref: Ref) -> int:
        return self.records[ref].revision if ref in self.records else 0

    def _created(self, key: str) -> int:
        name, _, lease = key.rpartition("/")
        return self.claims[name].get(int(lease, 16), 0)

    def _write(
        self, writes: list[tuple[Ref, Record | None]], unknown: Mapping[Ref, bytes] = MappingProxyType({})
    ) -> int:
        if not writes:
            return self.revision
        self.revision += 1
        done: list[Write] = []
        for ref, value in writes:
            before = self.records.pop(ref, None)
            now = None
            if value is not None:
                created = before.created if before else self.revision
                kept = unknown.get(ref) or (before.unknown if before else b"")
                now = self.records[ref] = Versioned(value, self.revision, created, kept)
            done.append((ref, now))
        for store in self.stores:
            store.take(self.revision, done)
        self.wake()
        return self.revision

    def claim(self, name: str, session: Session) -> int:
        """The create revision of the session's claim, made if it has none."""
        claims = self.claims[name]
        if session.lease not in claims:
            self.revision += 1
            claims[session.lease] = self.revision
            self._tell_who_leads()
        return claims[session.lease]

    def withdraw(self, name: str, session: Session) -> None:
        if self.claims[name].pop(session.lease, None):
            self.revision += 1
            self._tell_who_leads()
            self.wake()

    def usurp(self, name: str) -> None:
        """Another holds the lock `name` from now on, and who held it does not know yet."""
        self.claims[f"locks/{name}"].clear()
        self.claim(f"locks/{name}", self.grant())

    def end(self, session: Session) -> None:
        """Its lease is gone, and all that hung on it."""
        session.end()
        for claims in self.claims.values():
            claims.pop(session.lease, None)
        owned = [ref for ref, lease in self._owners.items() if lease == session.lease and ref in self.records]
        self._write([(ref, None) for ref in owned])
        self._tell_who_leads()
        self.wake()

    @property
    def leader(self) -> NodeId | None:
        """Whose claim to lead is the oldest."""
        claims = self.claims["elections/leader"]
        return self.holders[min(claims, key=claims.__getitem__)] if claims else None

    def _tell_who_leads(self) -> None:
        for store in self.stores:
            store.led_by(self.revision, self.leader)

    def wake(self) -> None:
        self._moved.set()
        self._moved = asyncio.Event()


class FakeStore:
    """Implements `winslow.ports.Store` over a `FakeCluster` (default: one of its own).

    Tests may cut it off (`disconnect`, `reconnect`) and make its next commit fail (`fail_next`).
    """

    def __init__(self, cluster: FakeCluster | None = None) -> None:
        self.cluster = cluster or FakeCluster()
        self.session: Session | None = self.cluster.grant()
        self.connected = True
        self._view = View()
        self._history = History()
        self._missed: list[tuple[int, list[Write]]] = []
        self._failures: list[tuple[WinslowError, bool]] = []
        self._moved = asyncio.Event()
        self._view.apply(self.cluster.revision, self.cluster.records.items())
        self._history.begin(self.cluster.revision)
        self.cluster.stores.append(self)

    @property
    def view(self) -> View:
        return self._view

    async def commit(self, commit: Commit) -> int:
        await asyncio.sleep(0)  # as with the real one, others may come first
        if not self.connected:
            raise Unavailable("The store is cut off", reason="ETCD_UNAVAILABLE")
        failure, happens = self._failures.pop(0) if self._failures else (None, True)
        lease = 0
        if any(put.lifetime is Lifetime.SESSION for put in commit.puts):
            if self.session is None:
                raise lease_lost()
            lease = self.session.lease
        revision = self.cluster.transact(commit, lease) if happens else 0
        if failure:
            raise failure
        return revision

    async def caught_up(self, project: ProjectId) -> None:
        await asyncio.sleep(0)
        if not self.connected:
            raise Unavailable("The store is cut off", reason="ETCD_UNAVAILABLE")

    async def changed(self, since: int) -> int:
        while self._view.revision <= since:
            await self._moved.wait()
        return self._view.revision

    async def changes(self, since: int) -> AsyncIterator[tuple[Change, ...]]:
        position = self._history.seek(since)
        while True:
            while (entry := self._history.at(position)) is not None:
                position += 1
                if entry.revision > since:
                    yield entry.changes
            await self._moved.wait()

    def since(self, revision: int) -> Sequence[tuple[Change, ...]]:
        return self._history.since(revision)

    def take(self, revision: int, writes: list[Write]) -> None:
        """What the cluster tells its daemons."""
        if not self.connected:
            self._missed.append((revision, writes))
            return
        done = self._view.apply(revision, writes)
        if done:
            self._history.append(Entry(revision, done))
        self._moved.set()
        self._moved = asyncio.Event()

    def led_by(self, revision: int, leader: NodeId | None) -> None:
        if self.connected:
            self._view.apply(revision, ())
            self._view.leader = leader
            self._moved.set()
            self._moved = asyncio.Event()

    # What a test does to it

    def disconnect(self) -> None:
        """The view goes stale and commits raise Unavailable."""
        self.connected = False

    def reconnect(self) -> None:
        self.connected = True
        missed, self._missed = self._missed, []
        for revision, writes in missed:
            self.take(revision, writes)
        self.led_by(self.cluster.revision, self.cluster.leader)
        self.cluster.wake()

    def fail_next(self, error: WinslowError, *, happens: bool = False) -> None:
        """The next commit raises `error`, having happened or not."""
        self._failures.append((error, happens))


class FakeMembership:
    """Implements `winslow.ports.Membership` beside a `FakeStore`, whose session it shares."""

    def __init__(self, store: FakeStore, holder: NodeId) -> None:
        self._store = store
        self._holder = holder
        self._node: Node | None = None
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def join(self, node: Node) -> None:
        self._node = node
        if self._store.session is None:
            self._store.session = self._store.cluster.grant()
        await self._until(lambda: self._store.connected)
        await self._store.commit(self._registration(node))

    async def leave(self) -> None:
        self._node = None
        self._end()

    def lead(self) -> AbstractAsyncContextManager[Term]:
        return self._term("elections/leader")

    def lock(self, name: str, *, patient: bool = True) -> AbstractAsyncContextManager[Term]:
        return self._term(f"locks/{name}", patient)

    async def leader(self) -> NodeId | None:
        if not self._store.connected:
            raise Unavailable("The store is cut off", reason="ETCD_UNAVAILABLE")
        return self._store.cluster.leader

    def lose_session(self, *, regain: bool = True) -> None:
        """The lease runs out. With `regain` a new one is granted at once and the node registered again."""
        self._end()
        if regain:
            self.regain_session()

    def regain_session(self) -> None:
        self._store.session = self._store.cluster.grant()
        if self._node:
            self._store.cluster.transact(self._registration(self._node), self._store.session.lease)
        self._store.cluster.wake()

    @staticmethod
    def _registration(node: Node) -> Commit:
        return Commit(puts=(Put(node_ref(node.id), node, Lifetime.SESSION),), deletes=(silence_ref(node.id),))

    def _end(self) -> None:
        session, self._store.session = self._store.session, None
        if session:
            self._store.cluster.end(session)

    async def _until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            await self._store.cluster.moved()

    @asynccontextmanager
    async def _term(self, name: str, patient: bool = True) -> AsyncIterator[Term]:
        cluster = self._store.cluster
        if not patient and not (self._store.connected and self._store.session):
            raise Unavailable("The store is cut off", reason="ETCD_UNAVAILABLE")
        async with self._turns.setdefault(name, asyncio.Lock()):
            session, fence = await self._win(name)
            try:
                async with session.held():
                    await self._store.changed(cluster.revision - 1)
                    yield Term(fence)
            finally:
                cluster.withdraw(name, session)

    async def _win(self, name: str) -> tuple[Session, Fence]:
        cluster = self._store.cluster
        while True:
            await self._until(lambda: self._store.session is not None)
            session = self._store.session
            assert session
            cluster.holders[session.lease] = self._holder
            revision = cluster.claim(name, session)
            try:
                await self._until(
                    lambda: not session.alive or revision == min(cluster.claims[name].values())  # noqa: B023
                )
            except BaseException:
                cluster.withdraw(name, session)
                raise
            if session.alive:
                return session, Fence(f"{name}/{session.lease:016x}", revision)
