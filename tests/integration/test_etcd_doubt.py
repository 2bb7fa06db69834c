"""Commits that get no answer: found out where that can be told, and never done twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.cable import Cable, cable
from tests.contract.daemons import EtcdDaemon, EtcdWorld
from tests.etcd import Member
from winslow.domain.records import Commit, Done, Expect, Kind, Put, Ref
from winslow.errors import Ambiguous, Conflict
from winslowd.etcd import store as store_module

A = Ref(Kind.REQUEST, "a")
B = Ref(Kind.REQUEST, "b")


def put(ref: Ref, value: str) -> Put:
    return Put(ref, Done(value, ""))


def value(daemon: EtcdDaemon, ref: Ref) -> str | None:
    found = daemon.store.view.get(ref)
    assert found is None or isinstance(found.value, Done)
    return found.value.fingerprint if found else None


async def seen(daemon: EtcdDaemon, ref: Ref, expected: str) -> int:
    """The revision of `ref` once it has the value `expected`."""
    async with asyncio.timeout(20):
        while value(daemon, ref) != expected:
            await daemon.store.changed(daemon.store.view.revision)
    return daemon.store.view.revision_of(ref)


class Pair:
    """A daemon on a cable, and a witness with a connection of its own."""

    def __init__(self, wire: Cable, daemon: EtcdDaemon, witness: EtcdDaemon) -> None:
        self.wire = wire
        self.daemon = daemon
        self.witness = witness

    async def make(self) -> int:
        revision = await self.daemon.store.commit(Commit(puts=(put(A, "1"),)))
        return await seen(self.witness, A, "1") and revision


@pytest.fixture
async def pair(etcd: Member, cluster: str) -> AsyncIterator[Pair]:
    world = EtcdWorld(cluster, etcd)
    async with (
        cable(etcd.endpoint) as wire,
        world.daemon("a", wire.endpoint) as daemon,
        world.daemon("b") as witness,
    ):
        yield Pair(wire, daemon, witness)


async def test_an_unanswered_commit_that_happened_is_found_and_not_repeated(pair: Pair) -> None:
    first = await pair.make()
    since = pair.witness.store.view.revision
    pair.wire.hold_answers()
    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        commit = Commit(puts=(put(A, "2"), put(B, "2")), expects=(Expect(A, first),))
        committing = group.create_task(pair.daemon.store.commit(commit))
        happened = await seen(pair.witness, A, "2")
        await pair.wire.cut()
        await pair.wire.mend()
        assert await committing == happened
    assert value(pair.daemon, B) == "2"
    await pair.witness.store.commit(Commit(puts=(put(A, "end"),)))
    changes = pair.witness.store.changes(since)
    assert [{change.ref for change in await anext(changes)} for _ in range(2)] == [{A, B}, {A}]


async def test_an_unanswered_deletion_that_happened_is_found_though_part_of_it_was_not_there(pair: Pair) -> None:
    first = await pair.make()
    pair.wire.hold_answers()
    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        commit = Commit(deletes=(A, B), expects=(Expect(A, first),))
        committing = group.create_task(pair.daemon.store.commit(commit))
        while pair.witness.store.view.get(A):
            await pair.witness.store.changed(pair.witness.store.view.revision)
        await pair.wire.cut()
        await pair.wire.mend()
        assert await committing > first
    assert pair.daemon.store.view.get(A) is None


async def test_an_unanswered_commit_that_happened_is_found_though_another_came_after(pair: Pair) -> None:
    first = await pair.make()
    pair.wire.hold_answers()
    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        commit = Commit(puts=(put(A, "2"),), expects=(Expect(A, first),))
        committing = group.create_task(pair.daemon.store.commit(commit))
        happened = await seen(pair.witness, A, "2")
        await pair.witness.store.commit(Commit(puts=(put(A, "3"),), expects=(Expect(A, happened),)))
        await pair.wire.cut()
        await pair.wire.mend()
        assert await committing == happened
    assert value(pair.daemon, A) == "3"


async def test_a_commit_lost_on_its_way_happens_once(pair: Pair) -> None:
    first = await pair.make()
    pair.wire.hold_requests()
    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        commit = Commit(puts=(put(A, "2"),), expects=(Expect(A, first),))
        committing = group.create_task(pair.daemon.store.commit(commit))
        await asyncio.sleep(
            0.1
        )  # the cable has it now; were it still on its way, the commit would only wait for the cable
        await pair.wire.cut()
        await pair.wire.mend()
        revision = await committing
    assert await seen(pair.witness, A, "2") == revision


async def test_a_commit_lost_on_its_way_loses_to_one_that_came_first(pair: Pair) -> None:
    first = await pair.make()
    pair.wire.hold_requests()
    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        commit = Commit(puts=(put(A, "2"),), expects=(Expect(A, first),))
        committing = group.create_task(refused(pair.daemon, commit))
        await asyncio.sleep(0.1)
        await pair.witness.store.commit(Commit(puts=(put(A, "theirs"),)))
        await pair.wire.cut()
        await pair.wire.mend()
        assert (await committing).reason == "REVISION_MISMATCH"
    assert value(pair.daemon, A) == "theirs"


async def refused(daemon: EtcdDaemon, commit: Commit) -> Conflict:
    with pytest.raises(Conflict) as raised:
        await daemon.store.commit(commit)
    return raised.value


async def test_an_unanswered_commit_without_expectations_is_read_back(pair: Pair) -> None:
    await pair.make()
    pair.wire.hold_answers()
    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        committing = group.create_task(pair.daemon.store.commit(Commit(puts=(put(A, "2"), put(B, "2")))))
        happened = await seen(pair.witness, A, "2")
        await pair.wire.cut()
        await pair.wire.mend()
        assert await committing == happened


async def test_a_lost_commit_without_expectations_is_ambiguous_and_not_repeated(pair: Pair) -> None:
    first = await pair.make()
    pair.wire.hold_requests()
    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        committing = group.create_task(doubted(pair.daemon, Commit(puts=(put(A, "2"),))))
        await asyncio.sleep(0.1)
        await pair.wire.cut()
        await pair.wire.mend()
        assert (await committing).reason == "ETCD_AMBIGUOUS"
    found = await pair.witness.client.kv.revision(b"\0")
    assert pair.witness.store.view.revision_of(A) == first <= found


async def test_a_doubt_that_nobody_can_settle_is_told(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "SETTLE", 1.0)
    first = await pair.make()
    pair.wire.hold_answers()
    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        commit = Commit(puts=(put(A, "2"),), expects=(Expect(A, first),))
        committing = group.create_task(doubted(pair.daemon, commit))
        happened = await seen(pair.witness, A, "2")
        await pair.wire.cut()
        assert (await committing).reason == "ETCD_AMBIGUOUS"
        await pair.wire.mend()
        assert await seen(pair.daemon, A, "2") == happened


async def doubted(daemon: EtcdDaemon, commit: Commit) -> Ambiguous:
    with pytest.raises(Ambiguous) as raised:
        await daemon.store.commit(commit)
    return raised.value
