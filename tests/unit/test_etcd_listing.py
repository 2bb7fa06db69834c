"""How a daemon reads all there is: at one revision, in pieces, and nothing twice."""

from __future__ import annotations

import asyncio
from bisect import bisect_left
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.fakes.etcd import FakeEtcd
from tests.fakes.line import Line, LineChannels
from winslow.domain.records import GLOBALS_REF, Commit, Done, Globals, Kind, Put, Record, Ref
from winslow.wire import records
from winslowd.etcd import listing
from winslowd.etcd.client import Client
from winslowd.etcd.session import Sessions
from winslowd.etcd.store import EtcdStore
from winslowd.etcd.wire import etcd_pb2 as pb
from winslowd.usecases import unhurried

COUNT = 60


class CountingCodec:
    """The real one, that counts what it reads."""

    def __init__(self) -> None:
        self.count = 0

    def encode(self, record: Record, unknown: bytes = b"") -> bytes:
        return records.encode(record, unknown)

    def read(self, kind: Kind, data: bytes) -> tuple[Record, bytes]:
        self.count += 1
        return records.read(kind, data)


@asynccontextmanager
async def daemon(line: Line, codec: CountingCodec | None = None) -> AsyncIterator[EtcdStore]:
    client = Client(LineChannels(line))
    async with (
        Sessions.open(client.channels) as sessions,
        EtcdStore.open(client, "test", codec or CountingCodec(), sessions) as store,
    ):
        yield store


def paged(etcd: FakeEtcd) -> AsyncGenerator[pb.RangeResponse, None]:
    client = Client(LineChannels(Line(etcd, lambda: 0.0001)))
    return listing.pages(client.kv, b"/winslow/", b"/winslow0")


def refs() -> list[Ref]:
    return [Ref(Kind.REQUEST, f"r-{number:03}") for number in range(COUNT)]


async def fill(store: EtcdStore) -> None:
    """Large ones and small ones."""
    for number, ref in enumerate(refs()):
        await store.commit(Commit(puts=(Put(ref, Done("x" * (1 + number % 7 * 1000), "")),)))


@pytest.fixture
def pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "FIRST", 3)
    monkeypatch.setattr(listing, "SIZE", 10_000)


@pytest.fixture
async def etcd() -> FakeEtcd:
    return FakeEtcd(asyncio.get_running_loop().time)


@pytest.mark.usefixtures("pages")
async def test_a_page_has_as_many_keys_as_there_is_room_for(etcd: FakeEtcd) -> None:
    async with daemon(Line(etcd, lambda: 0.0001)) as store:
        await fill(store)
        found = [page async for page in paged(etcd)]
    assert len(found) < COUNT / 2 and max(page.ByteSize() for page in found) < 3 * listing.SIZE
    keys = [pair.key for page in found for pair in page.kvs]
    assert keys == sorted(set(keys)) and len(keys) >= COUNT


class Sorted:
    """A `Kv` that has just this, in order."""

    def __init__(self, pairs: list[pb.KeyValue]) -> None:
        self._pairs = pairs

    async def range(self, key: bytes, end: bytes, *, revision: int = 0, limit: int = 0) -> pb.RangeResponse:
        first = bisect_left(self._pairs, key, key=lambda pair: pair.key)
        found = self._pairs[first : first + limit]
        return pb.RangeResponse(kvs=found, more=first + limit < len(self._pairs))


async def test_a_page_stays_small_where_large_records_come_behind_small_ones() -> None:
    """As projects behind notices: one that takes long to come is asked for again, and again."""
    sizes = [100] * 6_000 + [5_000] * 6_000
    kv: Any = Sorted([pb.KeyValue(key=b"/a/%05d" % at, value=bytes(size)) for at, size in enumerate(sizes)])
    found = [page async for page in listing.pages(kv, b"/a/", b"/a0")]
    assert sum(len(page.kvs) for page in found) == len(sizes)
    assert max(page.ByteSize() for page in found) < 6 * listing.SIZE


@pytest.mark.usefixtures("pages")
async def test_what_changes_meanwhile_is_in_no_page(etcd: FakeEtcd) -> None:
    async with daemon(Line(etcd, lambda: 0.0001)) as store:
        await fill(store)
        found: list[pb.RangeResponse] = []
        async for page in paged(etcd):
            found.append(page)
            await store.commit(Commit(puts=(Put(refs()[-1], Done(f"changed {len(found)}", "")),)))
    changed = max(pair.mod_revision for page in found for pair in page.kvs)
    assert len(found) > 2 and changed <= found[0].header.revision


@pytest.mark.usefixtures("pages")
async def test_a_daemon_that_begins_sees_all_there_is(etcd: FakeEtcd) -> None:
    async with daemon(Line(etcd, lambda: 0.0001)) as store:
        await fill(store)
        async with daemon(Line(etcd, lambda: 0.0001)) as late:
            assert late.view.all(Kind.REQUEST) == store.view.all(Kind.REQUEST)
            assert len(late.view.all(Kind.REQUEST)) == COUNT


async def test_everybody_has_their_turn_while_it_reads(etcd: FakeEtcd, monkeypatch: pytest.MonkeyPatch) -> None:
    async with daemon(Line(etcd, lambda: 0.0001)) as store:
        await fill(store)
    monkeypatch.setattr(unhurried, "STRETCH", 0.0)  # however quick the machine is
    codec, turns = CountingCodec(), set[int]()

    async def others() -> None:
        while True:
            turns.add(codec.count)
            await asyncio.sleep(0)

    task = asyncio.create_task(others(), name="others")
    async with daemon(Line(etcd, lambda: 0.0001), codec):
        task.cancel()
    assert len(turns) >= COUNT


async def test_listing_all_again_reads_only_what_has_changed(etcd: FakeEtcd) -> None:
    codec, line = CountingCodec(), Line(etcd, lambda: 0.0001)
    async with daemon(line, codec) as store, daemon(Line(etcd, lambda: 0.0001)) as other:
        await fill(other)
        await store.changed(other.view.revision - 1)
        before, left = codec.count, refs()[7]
        line.cut = True
        await other.commit(Commit(deletes=(left,)))
        await other.commit(Commit(puts=(Put(GLOBALS_REF, Globals({"NAME": "new"})),)))
        etcd.answer("/etcdserverpb.KV/Compact", pb.CompactionRequest(revision=other.view.revision))
        line.cut = False
        line.break_streams()
        async with asyncio.timeout(30):
            await store.changed(other.view.revision - 1)
        assert store.view.all(Kind.REQUEST).keys() == other.view.all(Kind.REQUEST).keys()
        assert store.view.get(GLOBALS_REF) == other.view.get(GLOBALS_REF)
        assert codec.count == before + 1
