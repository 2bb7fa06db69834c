"""The store over a real etcd that is stopped, cut off, compacted, wiped and full."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from tests.cable import cable
from tests.contract.daemons import EtcdDaemon, EtcdWorld
from tests.etcd import Member, plan_members, running
from winslow.domain.records import Change, Commit, Done, Expect, Kind, Lifetime, Put, Ref
from winslow.domain.view import View
from winslow.errors import Conflict, DataLoss, Exhausted, Unavailable
from winslow.wire.records import encode
from winslowd.etcd.channels import REVOKE, TIME_TO_LIVE
from winslowd.etcd.keys import Keys
from winslowd.etcd.wire import etcd_pb2 as pb


def ref(key: str) -> Ref:
    return Ref(Kind.REQUEST, key)


def put(key: str, value: str = "", lifetime: Lifetime = Lifetime.DURABLE) -> Put:
    return Put(ref(key), Done(value, key), lifetime)


def values(view: View) -> dict[str, str]:
    return {key: found.value.fingerprint for key, found in view.all(Kind.REQUEST).items()}  # type: ignore[union-attr]


async def until(daemon: EtcdDaemon, condition: Callable[[], bool], seconds: float = 30) -> None:
    """Until `condition`, looked at whenever the store moves and ten times a second: `connected` moves with the clock."""
    async with asyncio.timeout(seconds):
        while not condition():
            with_change = asyncio.ensure_future(daemon.store.changed(daemon.store.view.revision))
            await asyncio.wait([with_change], timeout=0.1)
            with_change.cancel()


async def take(changes: AsyncIterator[tuple[Change, ...]], count: int) -> list[tuple[Change, ...]]:
    async with asyncio.timeout(30):
        return [await anext(changes) for _ in range(count)]


async def test_an_etcd_that_was_away_for_longer_than_its_patience_is_taken_up_again(
    own_etcd: Member, cluster: str
) -> None:
    world = EtcdWorld(cluster, own_etcd)
    async with world.daemon("a") as one, world.daemon("b") as other:
        await one.store.commit(Commit(puts=(put("a", "1"),)))
        await until(other, lambda: values(other.store.view) == {"a": "1"})
        since = other.store.view.revision
        own_etcd.stop()
        await until(one, lambda: not one.store.connected and not other.store.connected)
        with pytest.raises(Unavailable) as raised:
            await one.store.commit(Commit(puts=(put("a", "2"),)))
        assert raised.value.reason == "ETCD_UNAVAILABLE"
        assert values(one.store.view) == {"a": "1"}
        own_etcd.start()
        await until(one, lambda: one.store.connected and other.store.connected)
        await one.store.commit(Commit(puts=(put("b", "1"),)))
        await other.store.commit(Commit(puts=(put("c", "1"),)))
        await until(one, lambda: values(one.store.view) == {"a": "1", "b": "1", "c": "1"})
        assert [changes[0].ref.key for changes in await take(other.store.changes(since), 2)] == ["b", "c"]


async def test_a_daemon_may_start_before_etcd_does(tmp_path: Path, cluster: str) -> None:
    (member,) = plan_members(tmp_path, 1)
    world = EtcdWorld(cluster, member)

    async def work() -> None:
        async with world.daemon() as daemon:
            await daemon.store.commit(Commit(puts=(put("a", "1"),)))

    try:
        async with asyncio.timeout(40), asyncio.TaskGroup() as group:
            daemon = group.create_task(work())
            done, _ = await asyncio.wait([daemon], timeout=0.5)
            assert not done
            member.start()
    finally:
        member.kill()


async def test_changes_compacted_while_cut_off_come_as_their_difference(etcd: Member, cluster: str) -> None:
    world = EtcdWorld(cluster, etcd)
    async with cable(etcd.endpoint) as wire, world.daemon("a", wire.endpoint) as one, world.daemon("b") as other:
        await one.store.commit(Commit(puts=(put("kept", "1"), put("gone", "1"), put("changed", "1"))))
        since = one.store.view.revision
        reader = one.store.changes(since)
        await wire.cut()
        await other.store.commit(Commit(puts=(put("changed", "2"),), deletes=(ref("gone"),)))
        await other.store.commit(Commit(puts=(put("passing"),)))
        await other.store.commit(Commit(deletes=(ref("passing"),)))
        last = await other.store.commit(Commit(puts=(put("changed", "3"),)))
        await other.client.kv.compact(last)
        await wire.mend()
        (difference,) = await take(reader, 1)
        assert {(change.ref.key, change.now is None) for change in difference} == {("gone", True), ("changed", False)}
        assert values(one.store.view) == values(other.store.view) == {"kept": "1", "changed": "3"}
        await one.store.commit(Commit(puts=(put("kept", "2"),), expects=(Expect(ref("kept"), since),)))
        (following,) = await take(reader, 1)
        assert following[0].ref == ref("kept")


async def test_every_change_is_seen_once_and_whole_over_many_cuts(etcd: Member, cluster: str) -> None:
    """Large values too, so that what was missed comes in fragments."""
    world = EtcdWorld(cluster, etcd)
    async with cable(etcd.endpoint) as wire, world.daemon("a", wire.endpoint) as one, world.daemon("b") as other:
        reader = one.store.changes(one.store.view.revision)
        for round_ in range(4):
            await wire.cut()
            for n in range(5):
                large = f"{round_}-{n}-" + "x" * 600_000
                await other.store.commit(Commit(puts=(put("left", large), put("right", large))))
            await wire.mend()
            for _ in range(30):
                await other.store.commit(Commit(puts=(put("left"), put("right"))))
        seen = await take(reader, 4 * 35)
        assert all({change.ref.key for change in changes} == {"left", "right"} for changes in seen)
        revisions = [changes[0].revision for changes in seen]
        assert revisions == sorted(set(revisions))
        assert revisions[-1] == other.store.view.revision_of(ref("left"))
        assert values(one.store.view) == values(other.store.view)


async def test_more_records_than_a_page_are_loaded_as_of_one_revision(etcd: Member, cluster: str) -> None:
    world = EtcdWorld(cluster, etcd)
    async with world.daemon("a") as one:
        for first in range(0, 1200, 100):
            await one.store.commit(Commit(puts=tuple(put(f"{n:05d}", str(n)) for n in range(first, first + 100))))
        async with world.daemon("b") as other:
            assert len(values(other.store.view)) == 1200
            assert values(other.store.view) == values(one.store.view)


async def test_a_record_that_can_no_longer_be_read_stays_as_it_was_and_is_logged(etcd: Member, cluster: str) -> None:
    world = EtcdWorld(cluster, etcd)
    keys = Keys(cluster)
    async with world.daemon("a") as one:
        await one.store.commit(Commit(puts=(put("good", "1"), put("bad", "1"))))
        with capture_logs() as logs:
            await one.client.kv.put(keys.record(ref("bad")), b"\xff\xff not a record")
            await one.client.kv.put(keys.prefix + b"kinds-of-tomorrow/x", b"?")
            await one.store.commit(Commit(puts=(put("good", "2"),)))
        assert values(one.store.view) == {"good": "2", "bad": "1"}
        with pytest.raises(Conflict):
            expect = Expect(ref("bad"), one.store.view.revision_of(ref("bad")))
            await one.store.commit(Commit(puts=(put("bad", "2"),), expects=(expect,)))
        assert [entry["record"] for entry in logs if "cannot be read" in entry["event"]] == ["requests/bad"]
        async with world.daemon("b") as other:
            assert values(other.store.view) == {"good": "2"}
        await one.store.commit(Commit(puts=(put("bad", "3"),)))
        assert values(one.store.view) == {"good": "2", "bad": "3"}


async def test_what_a_newer_version_wrote_survives_that_this_one_writes_the_record_again(
    etcd: Member, cluster: str
) -> None:
    key, new = Keys(cluster).record(ref("a")), b"\xc2\x3e\x03new"
    async with EtcdWorld(cluster, etcd).daemon() as daemon:
        await daemon.client.kv.put(key, encode(Done("1", "a")) + new)
        await until(daemon, lambda: values(daemon.store.view) == {"a": "1"})
        await daemon.store.commit(Commit(puts=(put("a", "2"),)))
        kept = await daemon.client.kv.get(key)
        assert kept and kept.value == encode(Done("2", "a")) + new
        async with EtcdWorld(cluster, etcd).daemon("b") as other:  # it finds it so in its first list
            await other.store.commit(Commit(puts=(put("a", "3"),)))
        kept = await daemon.client.kv.get(key)
        assert kept and kept.value == encode(Done("3", "a")) + new


async def test_a_record_that_cannot_be_read_is_no_deletion_when_all_is_listed_again(
    own_etcd: Member, cluster: str
) -> None:
    keys = Keys(cluster)
    async with (
        cable(own_etcd.endpoint) as wire,
        EtcdWorld(cluster, own_etcd).daemon("a", wire.endpoint) as one,
        EtcdWorld(cluster, own_etcd).daemon("b") as other,
    ):
        await one.store.commit(Commit(puts=(put("bad", "1"), put("good", "1"))))
        await wire.cut()
        await other.client.kv.put(keys.record(ref("bad")), b"\xff\xff not a record")
        last = await other.store.commit(Commit(puts=(put("good", "2"),)))
        await other.client.kv.compact(last)
        await wire.mend()
        await until(one, lambda: values(one.store.view)["good"] == "2")
        assert values(one.store.view) == {"good": "2", "bad": "1"}


async def test_requests_share_one_lease_that_outlives_a_day(etcd: Member, cluster: str) -> None:
    keys = Keys(cluster)
    async with EtcdWorld(cluster, etcd).daemon() as daemon:
        for key in "ab":
            await daemon.store.commit(Commit(puts=(put(key, "1", Lifetime.REQUEST),)))
        first = await daemon.client.kv.get(keys.record(ref("a")))
        second = await daemon.client.kv.get(keys.record(ref("b")))
        assert first and second and first.lease == second.lease != 0
        left = await daemon.client.channels.call(TIME_TO_LIVE, pb.LeaseTimeToLiveRequest(ID=first.lease))
        assert left.TTL >= 24 * 3600


async def test_a_lease_that_etcd_forgot_is_replaced(etcd: Member, cluster: str) -> None:
    keys = Keys(cluster)
    async with EtcdWorld(cluster, etcd).daemon() as daemon:
        await daemon.store.commit(Commit(puts=(put("a", "1", Lifetime.REQUEST),)))
        found = await daemon.client.kv.get(keys.record(ref("a")))
        assert found
        await daemon.client.channels.call(REVOKE, pb.LeaseRevokeRequest(ID=found.lease))
        await daemon.store.commit(Commit(puts=(put("b", "1", Lifetime.REQUEST),)))
        assert values(daemon.store.view) == {"b": "1"}


async def test_a_full_etcd_is_told_as_such(tmp_path: Path, cluster: str) -> None:
    with running(tmp_path, 1, "--quota-backend-bytes=2000000") as (member,):
        async with EtcdWorld(cluster, member).daemon() as daemon:
            with pytest.raises(Exhausted) as raised:
                for n in range(200):  # etcd counts what it has flushed, a tenth of a second late
                    await daemon.store.commit(Commit(puts=(put(f"k{n}", "x" * 400_000),)))
            assert raised.value.reason == "ETCD_NOSPACE"
            assert daemon.store.connected


async def test_an_etcd_that_was_wiped_ends_the_store_rather_than_showing_what_is_gone(
    tmp_path: Path, cluster: str
) -> None:
    with running(tmp_path, 1) as (member,):
        with pytest.raises(ExceptionGroup) as raised:
            async with asyncio.timeout(40), AsyncExitStack() as stack:
                daemon = await stack.enter_async_context(EtcdWorld(cluster, member).daemon())
                for n in range(20):
                    await daemon.store.commit(Commit(puts=(put("a", str(n)),)))
                member.kill()
                shutil.rmtree(member.folder / "data")
                member.start()
                await asyncio.Event().wait()
        assert raised.group_contains(DataLoss, match="was already seen")


async def test_an_old_member_is_warned_of(etcd: Member, cluster: str) -> None:
    with capture_logs() as logs:
        async with EtcdWorld(cluster, etcd).daemon():
            async with asyncio.timeout(10):
                while not any("known faults" in entry["event"] for entry in logs):
                    await asyncio.sleep(0.01)
    (warning,) = [entry for entry in logs if "known faults" in entry["event"]]
    assert warning["log_level"] == "warning"
    assert warning["endpoint"] == etcd.endpoint
