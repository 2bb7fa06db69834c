"""The etcd in memory is held to a real one: the same operations, drawn by a seed, get the same answers from both."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import grpc
import pytest

from tests.etcd import Member, running
from tests.fakes.etcd import FakeEtcd, Refused, Watcher
from winslow.errors import OutOfRange, WinslowError
from winslowd.etcd import faults, kv
from winslowd.etcd.channels import COMPACT, GRANT, KEEP_ALIVE, RANGE, REVOKE, TXN, Method
from winslowd.etcd.client import Client
from winslowd.etcd.wire import etcd_pb2 as pb

OPERATIONS = 120
PREFIX, END = b"/test/", b"/test0"
KEYS = [PREFIX + name for name in (b"a", b"b", b"c", b"c/d", b"d", b"e")]
LONG = 3600
"""Seconds of a lease that must not run out meanwhile."""


@pytest.fixture(scope="module")
def etcd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Member]:
    folder: Path = tmp_path_factory.mktemp("etcd")
    with running(folder) as (member,):
        yield member


@pytest.fixture
async def both(etcd: Member) -> AsyncIterator[Both]:
    async with Client.open([etcd.endpoint], warn_of_old=False) as client:
        yield await Both.level(client)


class Both:
    """A real etcd and one in memory that begins where the real one is. `done` tells what was asked, for who reads a failure."""

    def __init__(self, client: Client, fake: FakeEtcd) -> None:
        self.client = client
        self.fake = fake
        self.now = 0.0
        self.done: list[str] = []

    @classmethod
    async def level(cls, client: Client) -> Both:
        """Both empty, at the same revision, with the same history forgotten: all of it."""
        await client.kv.txn((), [pb.RequestOp(request_delete_range=pb.DeleteRangeRequest(key=PREFIX, range_end=END))])
        revision = await client.kv.put(PREFIX, b"")
        await client.kv.compact(revision)
        fake = FakeEtcd(lambda: made.now)
        made = cls(client, fake)
        fake.revision, fake.compacted = revision - 1, 0
        fake.answer(TXN.path, pb.TxnRequest(success=[kv.put(PREFIX, b"")]))
        fake.compacted = revision
        return made

    async def ask(self, method: Method[Any], request: Any) -> Any:
        """The answer of both, which must be the same, be it a refusal."""
        self.done.append(f"{method.path} {request}")
        real, fake = await self._real(method, request), self._fake(method, request)
        assert fake == real, "\n".join([*self.done[-20:], "real etcd:", str(real), "in memory:", str(fake)])
        return real

    async def _real(self, method: Method[Any], request: Any) -> Any:
        try:
            return bare(await self.client.channels.call(method, request))
        except WinslowError as error:
            return type(error), error.reason

    def _fake(self, method: Method[Any], request: Any) -> Any:
        try:
            return bare(self.fake.answer(method.path, request))
        except Refused as refused:
            error = grpc.aio.AioRpcError(refused.code, grpc.aio.Metadata(), grpc.aio.Metadata(), refused.details)
            told = faults.translate(error, method.path, repeatable=method.repeatable)
            return type(told), told.reason

    async def watched(self, start: int) -> list[str] | type[Exception]:
        """All that a watch from `start` brings up to now, from both."""
        real, fake = await self._watched_for_real(start), self._watched_in_memory(start)
        assert fake == real, "\n".join(
            [*self.done[-20:], f"watch from {start}", "real:", str(real), "fake:", str(fake)]
        )
        return real

    async def _watched_for_real(self, start: int) -> list[str] | type[Exception]:
        marker = await self.client.kv.put(PREFIX + b"marker", b"")
        self.fake.answer(TXN.path, pb.TxnRequest(success=[kv.put(PREFIX + b"marker", b"")]))
        events: list[pb.Event] = []

        def deliver(batch: Any) -> bool:
            events.extend(batch.events)
            return bool(events) and events[-1].kv.mod_revision >= marker

        try:
            async with asyncio.timeout(10):
                await self.client.watch.follow(PREFIX, END, start, deliver)
        except OutOfRange as error:
            return type(error)
        return [str(event) for event in events]

    def _watched_in_memory(self, start: int) -> list[str] | type[Exception]:
        heard: list[pb.WatchResponse] = []
        self.fake.watch(Watcher(PREFIX, END, start, heard.append))
        if any(one.canceled and one.compact_revision for one in heard):
            return OutOfRange
        return [str(event) for one in heard for event in one.events]


def bare(answer: Any) -> Any:
    """Without who answered, and in which term; the revision stays, but for those of parts of a transaction."""
    revision = answer.header.revision
    answer.ClearField("header")
    for response in getattr(answer, "responses", ()):
        getattr(response, response.WhichOneof("response")).ClearField("header")
    if hasattr(answer, "kvs"):
        answer.ClearField("count")  # etcd counts before, or after, it leaves out what a filter excludes: nobody asks
    if isinstance(answer, pb.LeaseGrantResponse | pb.LeaseRevokeResponse | pb.LeaseKeepAliveResponse):
        return answer  # leases have no revision of their own
    return revision, answer


class Draw:
    """Operations as a seed draws them; it knows which leases and revisions there are, and now and then asks for others."""

    def __init__(self, random: Random, both: Both) -> None:
        self._random = random
        self._both = both
        self._leases: list[int] = []

    async def one(self) -> None:
        act: Callable[[], Any] = self._random.choices(
            (self.put, self.delete, self.compared, self.range, self.grant, self.revoke, self.compact, self.watch),
            (10, 4, 10, 8, 2, 1, 1, 2),
        )[0]
        await act()

    def _key(self) -> bytes:
        return self._random.choice(KEYS)

    def _put(self, key: bytes) -> pb.RequestOp:
        lease = self._random.choice([0, 0, *self._leases, 424242 if self._random.random() < 0.1 else 0])
        return kv.put(key, self._random.choice([b"", b"1", b"22"]), lease)

    def _range(self, key: bytes) -> pb.RequestOp:
        end = self._random.choice([b"", key + b"\xff", END])
        return pb.RequestOp(request_delete_range=pb.DeleteRangeRequest(key=key, range_end=end))

    async def put(self) -> None:
        keys = self._random.sample(KEYS, 2)
        keys[1] = keys[0] if self._random.random() < 0.1 else keys[1]
        await self._both.ask(
            TXN, pb.TxnRequest(success=[self._put(key) for key in keys[: self._random.choice((1, 2))]])
        )

    async def delete(self) -> None:
        await self._both.ask(TXN, pb.TxnRequest(success=[self._range(self._key())]))

    async def compared(self) -> None:
        """As commits and claims do: comparisons that often hold, changes if so, and a look at what there is if not."""
        keys = self._random.sample(KEYS, 2)
        compare = [self._guess(key) for key in keys]
        success = [self._put(keys[0]), self._random.choice([kv.delete(keys[1]), self._range(keys[1]), kv.get(keys[1])])]
        failure = [kv.get(key, keys_only=self._random.random() < 0.5) for key in keys]
        await self._both.ask(TXN, pb.TxnRequest(compare=compare, success=success, failure=failure))

    def _guess(self, key: bytes) -> pb.Compare:
        found = self._both.fake.answer(RANGE.path, pb.RangeRequest(key=key)).kvs
        off = self._random.random() < 0.15
        if self._random.random() < 0.5:
            return kv.modified(key, (found[0].mod_revision if found else 0) + off)
        return kv.created(key, (found[0].create_revision if found else 0) + off)

    async def range(self) -> None:
        fake, chance = self._both.fake, self._random.random
        revision = self._random.choice([0, 0, self._random.randint(max(fake.compacted - 3, 1), fake.revision + 1)])
        request = pb.RangeRequest(key=self._key(), range_end=self._random.choice([b"", END]), revision=revision)
        request.limit = self._random.choice([0, 0, 1, 3])
        request.keys_only = chance() < 0.3
        if not revision and chance() < 0.5:
            request.max_create_revision = fake.revision - self._random.randint(0, 5)
            request.sort_target = pb.RangeRequest.CREATE
            request.sort_order = self._random.choice([pb.RangeRequest.ASCEND, pb.RangeRequest.DESCEND])
        await self._both.ask(RANGE, request)

    async def grant(self) -> None:
        taken = self._leases and self._random.random() < 0.2
        lease = self._random.choice(self._leases) if taken else self._random.randint(1, 1 << 40)
        answer = await self._both.ask(GRANT, pb.LeaseGrantRequest(ID=lease, TTL=LONG))
        if isinstance(answer, pb.LeaseGrantResponse):
            self._leases.append(lease)

    async def revoke(self) -> None:
        lease = self._random.choice([*self._leases, 77])
        await self._both.ask(REVOKE, pb.LeaseRevokeRequest(ID=lease))
        if lease in self._leases:
            self._leases.remove(lease)

    async def compact(self) -> None:
        fake = self._both.fake
        revision = self._random.randint(max(fake.compacted - 1, 1), fake.revision + 1)
        await self._both.ask(COMPACT, pb.CompactionRequest(revision=revision))

    async def watch(self) -> None:
        fake = self._both.fake
        await self._both.watched(self._random.randint(max(fake.compacted - 2, 1), fake.revision))


@pytest.mark.parametrize("seed", range(6))
async def test_the_same_operations_get_the_same_answers(both: Both, seed: int) -> None:
    draw = Draw(Random(seed), both)
    for _ in range(OPERATIONS):
        await draw.one()


async def test_a_lease_that_is_not_renewed_takes_its_keys_along_and_no_others(both: Both) -> None:
    short, kept = 501, 502
    for lease, ttl in ((short, 2), (kept, LONG)):
        await both.ask(GRANT, pb.LeaseGrantRequest(ID=lease, TTL=ttl))
    await both.ask(
        TXN,
        pb.TxnRequest(success=[kv.put(KEYS[0], b"", short), kv.put(KEYS[1], b"", kept), kv.put(KEYS[2], b"", short)]),
    )
    await both.ask(
        TXN, pb.TxnRequest(success=[kv.put(KEYS[2], b"", kept)])
    )  # it goes with the lease it was put under last
    async with asyncio.timeout(20):
        while await both.client.kv.get(KEYS[0]):
            await asyncio.sleep(0.1)
    both.now += 3
    both.fake.expire()
    await both.ask(RANGE, pb.RangeRequest(key=PREFIX, range_end=END))
    await both.watched(both.fake.revision - 2)
    await both.ask(REVOKE, pb.LeaseRevokeRequest(ID=short))


async def test_a_lease_that_is_gone_cannot_be_renewed(both: Both) -> None:
    assert both.fake.answer(KEEP_ALIVE.path, pb.LeaseKeepAliveRequest(ID=12345)).TTL == 0
    endpoint = await both.client.channels.ready(asyncio.get_running_loop().time() + 5)
    call = endpoint.stream(KEEP_ALIVE, iter([pb.LeaseKeepAliveRequest(ID=12345)]), ())
    answer: Any = await call.read()
    assert answer.TTL == 0
    call.cancel()


async def test_a_transaction_that_is_too_large_is_refused_by_both(both: Both) -> None:
    def puts(count: int) -> list[pb.RequestOp]:
        return [kv.put(PREFIX + b"%d" % number, b"") for number in range(count)]

    assert await both.ask(TXN, pb.TxnRequest(success=puts(129))) == await both.ask(
        TXN, pb.TxnRequest(success=puts(129))
    )
    await both.ask(TXN, pb.TxnRequest(success=puts(128)))
