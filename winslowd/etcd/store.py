"""The cluster's records as the engines see them: loaded once, followed for ever, changed by one transaction at a time.

There is one way into the view: the watch. A commit waits until the watch has brought its own revision (0.2 ms
more on loopback), so that what it returns is shown, nothing foreign before it is missed, and every reader of
`changes` sees one order. Outages are waited out: the view is stale then and `connected` says so.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from itertools import groupby

import structlog

from winslow.domain.records import Change, Commit, Kind, Lifetime, Ref, Versioned
from winslow.domain.stage import ProjectId
from winslow.domain.view import View
from winslow.errors import Ambiguous, Conflict, NotFound, OutOfRange, Unavailable
from winslowd.etcd import kv, transaction
from winslowd.etcd.claims import Claims
from winslowd.etcd.client import Client
from winslowd.etcd.history import Entry, History
from winslowd.etcd.keys import Keys, prefix_end
from winslowd.etcd.listing import pages
from winslowd.etcd.request_lease import RequestLease
from winslowd.etcd.scope import alongside
from winslowd.etcd.session import Sessions, lease_lost
from winslowd.etcd.transaction import Codec, Transaction
from winslowd.etcd.watch import SILENCE, Batch
from winslowd.etcd.wire import etcd_pb2 as pb
from winslowd.usecases.unhurried import unhurried

log = structlog.get_logger(__name__)

AT_ONCE = 100
"""Records taken in at once while nobody knows the view yet."""
PAUSE = 0.2
PATIENCE = 2.5
"""Seconds for a transaction that may be sent again: a frozen member must not cost more."""
SHOWN_WITHIN = 2.0
"""Seconds that who is refused waits to see what was different; what he decides before that would be refused again."""
SETTLE = 10.0
"""Seconds to find out what became of a commit that was not answered, or is not shown yet."""


class EtcdStore:
    """Implements `winslow.ports.Store`."""

    def __init__(self, client: Client, cluster: str, codec: Codec, sessions: Sessions) -> None:
        self._client = client
        self._keys = Keys(cluster)
        self._codec = codec
        self._sessions = sessions
        self._request_lease = RequestLease(client.channels)
        self._view = View()
        self._claims = Claims(self._keys.leader)
        self._history = History()
        self._loaded = asyncio.Event()
        self._moved = asyncio.Event()
        self._heard = 0.0
        self._listed = 0

    @classmethod
    @asynccontextmanager
    async def open(cls, client: Client, cluster: str, codec: Codec, sessions: Sessions) -> AsyncIterator[EtcdStore]:
        """The records of `cluster`, once they are loaded, and followed until the scope ends.

        While etcd is not up, it is waited for. DataLoss (ETCD_REWOUND) ends the scope: start anew.
        """
        store = cls(client, cluster, codec, sessions)
        async with alongside("etcd-store", store._follow()):
            await store._loaded.wait()
            yield store

    @property
    def view(self) -> View:
        return self._view

    @property
    def connected(self) -> bool:
        return asyncio.get_running_loop().time() - self._heard < SILENCE

    # Reading

    async def changed(self, since: int) -> int:
        await self._until(lambda: self._view.revision > since)
        return self._view.revision

    async def caught_up(self, project: ProjectId) -> None:
        start = self._keys.record(Ref(Kind.STAGE, f"{project}/"))
        newest = await self._client.kv.changed_since(start, prefix_end(start), self._view.revision)
        await self._until(lambda: self._view.revision >= newest)

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

    async def _until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            await self._moved.wait()

    def _wake(self) -> None:
        """Those who wait hold the old event; who comes after waits for the next."""
        self._moved.set()
        self._moved = asyncio.Event()

    # Following

    async def _follow(self) -> None:
        while True:
            revision = await self._load()
            self._loaded.set()
            try:
                await self._client.watch.follow(self._keys.prefix, self._keys.end, revision + 1, self._take)
            except OutOfRange as error:
                log.warning("changes were compacted while cut off, all is listed again", error=str(error))

    async def _load(self) -> int:
        waiting = False
        while True:
            try:
                return await self._list()
            except OutOfRange:
                log.info("the revision being listed was compacted, listing a newer one")
            except Unavailable as error:
                if not waiting:
                    log.warning("waiting for etcd", error=str(error))
                waiting = True
                await asyncio.sleep(PAUSE)

    async def _list(self) -> int:
        """Read all at one revision, and apply how it differs from the view at once: between the two nothing is known.

        Before anybody reads the view there is nobody to know it. Nothing is read again that is as it was, and everybody
        has their turn in between: the session is kept meanwhile.
        """
        news: list[tuple[Ref, Versioned]] = []
        there: dict[Kind, set[str]] = {kind: set() for kind in Kind}
        revision, claims = 0, Claims(self._keys.leader)
        async with aclosing(pages(self._client.kv, self._keys.prefix, self._keys.end)) as listed:
            async for page in listed:
                revision = revision or page.header.revision
                claims.take(page.kvs)
                async for pair in unhurried(page.kvs):
                    if (ref := self._keys.ref(pair.key)) is None:
                        continue
                    there[ref.kind].add(ref.key)
                    if self._view.revision_of(ref) != pair.mod_revision and (now := self._read(ref, pair)):
                        news.append((ref, now))
                    if len(news) >= AT_ONCE and not self._loaded.is_set():
                        self._apply(revision, news)
                        news.clear()
        gone = [Ref(kind, key) for kind in Kind for key in self._view.all(kind).keys() - there[kind]]
        news.sort(key=lambda item: item[1].revision)
        self._claims, self._view.leader = claims, claims.holder
        self._apply(revision, [*news, *((ref, None) for ref in gone)])
        if not self._loaded.is_set():
            self._history.begin(revision)
        self._listed = revision
        self._heard = asyncio.get_running_loop().time()
        self._wake()
        return revision

    def _take(self, batch: Batch) -> bool:
        """Apply each revision whole. A sign of life without events only moves the clock."""
        self._heard = asyncio.get_running_loop().time()
        for revision, events in groupby(batch.events, key=lambda event: event.kv.mod_revision):
            self._apply(revision, [(ref, now) for ref, now in map(self._event, events) if ref])
        if batch.revision > self._view.revision:
            self._view.apply(batch.revision, ())
        if batch.events:
            self._view.leader = self._claims.holder
            self._wake()
        return False

    def _apply(self, revision: int, changes: Iterable[tuple[Ref, Versioned | None]]) -> None:
        done = self._view.apply(revision, changes)
        if done and self._loaded.is_set():
            self._history.append(Entry(max(change.revision for change in done), done))

    def _event(self, event: pb.Event) -> tuple[Ref | None, Versioned | None]:
        if event.type == pb.Event.DELETE:
            self._claims.gone(event.kv.key)
            return self._keys.ref(event.kv.key), None
        self._claims.take((event.kv,))
        ref = self._keys.ref(event.kv.key)
        now = self._read(ref, event.kv) if ref else None
        return (ref, now) if now else (None, None)

    def _read(self, ref: Ref, pair: pb.KeyValue) -> Versioned | None:
        """A record as it lies in etcd; None for what cannot be read.

        What cannot be read, a newer version's most likely, must neither stop a daemon nor look like a deletion, by which
        it would stop stages: it is logged, and stays as it was last understood. Nobody here can change it meanwhile, since
        its revision is another.
        """
        try:
            record, unknown = self._codec.read(ref.kind, pair.value)
        except Exception as error:
            log.warning(
                "record cannot be read, it stays as it was",
                record=str(ref),
                revision=pair.mod_revision,
                error=repr(error),
            )
            return None
        made, changed = pair.create_revision, pair.mod_revision
        return Versioned(record, changed, changed if made == changed else made, unknown)  # one number where it is one

    # Changing

    async def commit(self, commit: Commit) -> int:
        try:
            return await self._commit(commit)
        except NotFound:
            # A lease is gone from etcd. Nothing happened; the requests' lease may be had anew.
            self._request_lease.forget()
        try:
            return await self._commit(commit)
        except NotFound:
            if session := self._sessions.live:
                session.end()
            raise lease_lost() from None

    async def _commit(self, commit: Commit) -> int:
        leases = {lifetime: await self._lease(lifetime) for lifetime in {put.lifetime for put in commit.puts}}
        planned = transaction.build(commit, self._keys, self._codec, leases.__getitem__, self._unknown_of)
        since = self._view.revision
        try:
            answer = await self._client.kv.transact(planned.request, PATIENCE if planned.guarded else None)
        except Ambiguous as doubt:
            return await self._settle(planned, since, doubt)
        if not answer.succeeded:
            raise await self._refused(commit, answer)
        return await self._shown(planned, answer)

    async def _refused(self, commit: Commit, answer: pb.TxnResponse) -> Conflict:
        """Why, once the view shows it."""
        refusal = transaction.refusal(commit, answer)
        if refusal.reason != "FENCED":
            with suppress(TimeoutError):
                async with asyncio.timeout(SHOWN_WITHIN):
                    actual = {expect.ref: revision for expect, revision in transaction.found(commit, answer)}
                    await self._until(lambda: self._as_of(answer.header.revision, actual))
        return refusal

    def _unknown_of(self, ref: Ref) -> bytes | None:
        there = self._view.get(ref)
        return there.unknown if there else None

    async def _lease(self, lifetime: Lifetime) -> int:
        match lifetime:
            case Lifetime.DURABLE:
                return 0
            case Lifetime.REQUEST:
                return await self._request_lease.current()
            case Lifetime.SESSION:
                if session := self._sessions.live:
                    return session.lease
                raise lease_lost()

    async def _shown(self, planned: Transaction, answer: pb.TxnResponse) -> int:
        """Wait until the view has what happened at the answer's revision."""
        revision = answer.header.revision
        deleted = planned.commit.deletes
        whole = transaction.changed_something(answer)
        try:
            async with asyncio.timeout(SETTLE):
                await self._until(
                    lambda: (
                        self._view.revision >= revision if whole else self._as_of(revision, dict.fromkeys(deleted, 0))
                    )
                )
        except TimeoutError:
            raise Ambiguous(
                f"It happened at revision {revision}, but etcd does not show it to us yet",
                reason="ETCD_AMBIGUOUS",
                metadata={"revision": str(revision)},
            ) from None
        return revision

    def _as_of(self, revision: int, actual: dict[Ref, int]) -> bool:
        """Whether the view has each record at its revision in `actual`, which was read at `revision`, or newer."""
        return self._view.revision >= revision or all(
            self._view.revision_of(ref) >= at
            if at
            else self._view.revision_of(ref) == 0 or self._view.revision_of(ref) > revision
            for ref, at in actual.items()
        )

    # Doubt

    async def _settle(self, planned: Transaction, since: int, doubt: Ambiguous) -> int:
        """What became of a transaction sent after revision `since` and not answered; raises `doubt` if it cannot be told."""
        try:
            async with asyncio.timeout(SETTLE):
                if planned.guarded:
                    return await self._repeat(planned, since, doubt)
                return await self._read_back(planned, since, doubt)
        except (TimeoutError, OutOfRange, Unavailable):
            raise doubt from None

    async def _repeat(self, planned: Transaction, since: int, doubt: Ambiguous) -> int:
        """Send it again, which its own expectations make safe: only one of the two can happen. Then see which."""
        answer = await self._answered(planned.request)
        if answer.succeeded:
            return await self._shown(planned, answer)
        actual = {expect.ref: revision for expect, revision in transaction.found(planned.commit, answer)}
        await self._until(lambda: self._as_of(answer.header.revision, actual))
        if happened := self._happened(planned, since):
            return happened
        if self._listed > since:
            raise doubt  # what happened in between was never seen one by one
        raise transaction.refusal(planned.commit, answer)

    def _happened(self, planned: Transaction, since: int) -> int | None:
        position = self._history.seek(since)
        while (entry := self._history.at(position)) is not None:
            if planned.made(entry.changes, self._codec):
                return entry.revision
            position += 1
        return None

    async def _read_back(self, planned: Transaction, since: int, doubt: Ambiguous) -> int:
        """Without expectations it may only be looked at: are its values there, all of one revision that is new?

        And under its leases: what an earlier session of ours wrote at the last moment looks the same, and goes with it.
        """
        reads = [kv.get(self._keys.record(ref)) for ref in planned.values]
        answer = await self._answered(pb.TxnRequest(success=reads))
        revisions: set[int] = set()
        leases = planned.leases
        for (ref, value), response in zip(planned.values.items(), answer.responses, strict=True):
            kvs = response.response_range.kvs
            if (kvs[0].value if kvs else None) != value or any(one.lease != leases[ref] for one in kvs):
                raise doubt
            revisions.update(pair.mod_revision for pair in kvs)
        if len(revisions) != 1 or (revision := revisions.pop()) <= since:
            raise doubt
        await self._until(lambda: self._view.revision >= revision)
        return revision

    async def _answered(self, request: pb.TxnRequest) -> pb.TxnResponse:
        """Raises Unavailable once nothing at all is heard of etcd: who waits for an answer is better told."""
        while True:
            try:
                return await self._client.kv.transact(request, PATIENCE)
            except Unavailable:
                if not self.connected:
                    raise
                await asyncio.sleep(PAUSE)
