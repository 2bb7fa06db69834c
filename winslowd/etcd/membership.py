"""This daemon's place in the cluster: its registration, its turn as leader, its locks. All hang on its session.

Who may be leader, and what a leader does, is for the engines.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from weakref import WeakValueDictionary

import structlog

from winslow.domain.node import Node
from winslow.domain.records import Commit, Fence, Lifetime, Put, node_ref, silence_ref
from winslow.domain.stage import NodeId
from winslow.errors import Exhausted, Unavailable
from winslow.ports import Store, Term
from winslowd.etcd.client import Client
from winslowd.etcd.keys import Keys
from winslowd.etcd.lock import Lock
from winslowd.etcd.scope import alongside
from winslowd.etcd.session import Session, Sessions, lease_lost

log = structlog.get_logger(__name__)

PAUSE = 0.5


class EtcdMembership:
    """Implements `winslow.ports.Membership`."""

    def __init__(self, client: Client, cluster: str, holder: NodeId, sessions: Sessions, store: Store) -> None:
        self._client = client
        self._keys = Keys(cluster)
        self._holder = holder
        self._sessions = sessions
        self._store = store
        self._node: Node | None = None
        self._registering = asyncio.Lock()
        # Two scopes of one daemon share its session, and so its claim: they take turns here first.
        self._turns: WeakValueDictionary[bytes, asyncio.Lock] = WeakValueDictionary()

    @classmethod
    @asynccontextmanager
    async def open(
        cls, client: Client, cluster: str, holder: NodeId, sessions: Sessions, store: Store
    ) -> AsyncIterator[EtcdMembership]:
        """Membership of `cluster`; `holder` is this node, written into our claims for those who ask who leads."""
        membership = cls(client, cluster, holder, sessions, store)
        async with alongside("etcd-membership", membership._register_in_each_session()):
            yield membership

    # Registration

    async def join(self, node: Node) -> None:
        self._sessions.rejoin()
        self._node = node
        await self._register()

    async def leave(self) -> None:
        self._node = None
        await self._sessions.leave()

    async def _register_in_each_session(self) -> None:
        while True:
            session = await self._sessions.current()
            await self._register()
            await session.ended.wait()

    async def _register(self) -> None:
        """Put the node under the session of the moment, however long that takes; nothing if there is none to put."""
        async with self._registering:
            while (node := self._node) is not None:
                await self._sessions.current()
                try:
                    put = Put(node_ref(node.id), node, Lifetime.SESSION)
                    await self._store.commit(Commit(puts=(put,), deletes=(silence_ref(node.id),)))
                except (Unavailable, Exhausted) as error:
                    log.warning("node is not registered yet", node=node.id, error=str(error))
                    await asyncio.sleep(PAUSE)
                else:
                    return

    # Terms

    def lead(self) -> AbstractAsyncContextManager[Term]:
        return self._term(self._keys.leader, self._sessions.tenure)

    def lock(self, name: str, *, patient: bool = True) -> AbstractAsyncContextManager[Term]:
        return self._term(self._keys.lock(name), patient=patient)

    async def leader(self) -> NodeId | None:
        holder = await Lock(self._client, self._keys.leader, self._holder).held_by()
        return NodeId(holder) if holder else None

    @asynccontextmanager
    async def _term(
        self,
        prefix: bytes,
        tenure: Callable[[], AbstractAsyncContextManager[Session]] | None = None,
        *,
        patient: bool = True,
    ) -> AsyncIterator[Term]:
        """A turn at a claim; with `tenure` under a lease of its own, once it is ours."""
        async with self._turns.setdefault(prefix, asyncio.Lock()):
            lock = Lock(self._client, prefix, self._holder)
            session, fence = await (self._win(lock) if patient else self._try_to_win(lock))
            log.info("term begins", claim=fence.key, fence=fence.revision)
            goes_with_tenure = False
            try:
                async with session.held(), tenure() if tenure else nullcontext(session) as own, own.held():
                    confirmed = await self._see_what_was_before(lock, fence, own)
                    goes_with_tenure = confirmed and own is not session
                    yield Term(fence)
            finally:
                if not goes_with_tenure:
                    await lock.release(session)
                log.info("term is over", claim=fence.key, fence=fence.revision)

    async def _see_what_was_before(self, lock: Lock, fence: Fence, session: Session) -> bool:
        """Until the view shows all that was committed before our turn: a holder must not decide on what is no longer so.

        The claim is written again, since the watch is certain to bring that, and in order. An etcd that is full takes
        no such write, nor any other that could matter: its revision of now is waited for then, and the claim stays
        under the lease that it was made with. Returns whether it is under that of `session` now.
        """
        try:
            revision, confirmed = await lock.confirm(fence, session), True
        except Exhausted:
            revision, confirmed = await self._client.kv.revision(self._keys.leader), False
        await self._store.changed(revision - 1)
        return confirmed

    async def _try_to_win(self, lock: Lock) -> tuple[Session, Fence]:
        if (session := self._sessions.live) is None:
            raise lease_lost()
        return session, await lock.acquire(session, patient=False)

    async def _win(self, lock: Lock) -> tuple[Session, Fence]:
        """A session lost while waiting costs only the place in the queue."""
        while True:
            session = await self._sessions.current()
            try:
                return session, await lock.acquire(session)
            except Unavailable as error:
                log.info("claim is made again", error=str(error))
