"""The care of a real etcd: what its members say of themselves, history, room, and a database that is full."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from tests.contract.daemons import EtcdDaemon, EtcdWorld
from tests.etcd import Member, running
from winslow.domain.node import Node
from winslow.domain.records import Commit, Done, Kind, Put, Ref
from winslow.domain.resources import Capacity
from winslow.domain.stage import NodeId
from winslow.errors import Exhausted, OutOfRange
from winslowd.engines.caretaker import Caretaker
from winslowd.etcd.maintenance import EtcdUpkeep

pytestmark = pytest.mark.timeout(180)

NODE = Node(NodeId("n1"), "127.0.0.1:1", Capacity(2, 1 << 30))
A = Ref(Kind.REQUEST, "a")
QUOTA = 16 << 20
LARGE = "x" * (256 << 10)


def put(value: str) -> Commit:
    return Commit(puts=(Put(A, Done(value, "")),))


def upkeep(daemon: EtcdDaemon, quota: int = QUOTA) -> EtcdUpkeep:
    return EtcdUpkeep(daemon.client, quota)


async def fill(daemon: EtcdDaemon) -> Exhausted:
    """Write one record again and again, until etcd takes no more of its history."""
    for _ in range(2 * QUOTA // len(LARGE)):
        try:
            await daemon.store.commit(put(LARGE))
        except Exhausted as error:
            return error
    raise AssertionError("it took more than its quota")


async def test_each_member_says_how_it_is_and_a_dead_one_that_it_is_not(
    three_members: list[Member], cluster: str
) -> None:
    async with EtcdWorld(cluster, *three_members).daemon() as daemon:
        care = upkeep(daemon)
        members = await care.members(2)
        assert [member.address for member in members] == [member.endpoint for member in three_members]
        assert all(member.well and member.version.startswith("3.") and member.size > 0 for member in members)
        assert sum(member.leads for member in members) == 1
        follower = next(at for at, member in enumerate(members) if not member.leads)
        three_members[follower].kill()
        members = await care.members(2)
        assert [bool(member.fault) for member in members] == [at == follower for at in range(3)]


async def test_a_frozen_member_costs_no_more_than_the_time_it_was_given(
    three_members: list[Member], cluster: str
) -> None:
    async with EtcdWorld(cluster, *three_members).daemon() as daemon:
        care = upkeep(daemon)
        await care.members(2)
        three_members[1].freeze()
        asked = time.monotonic()
        members = await care.members(0.5)
        assert time.monotonic() - asked < 2
        assert members[1].fault
        three_members[1].thaw()


async def test_the_last_member_left_says_that_nobody_leads(three_members: list[Member], cluster: str) -> None:
    async with EtcdWorld(cluster, *three_members).daemon() as daemon, asyncio.timeout(60):
        care = upkeep(daemon)
        for member in three_members[:2]:
            member.kill()
        while (await care.members(1))[2].led:
            await asyncio.sleep(0.1)


async def test_what_was_forgotten_twice_is_forgotten_and_what_came_after_is_kept(etcd: Member, cluster: str) -> None:
    async with EtcdWorld(cluster, etcd).daemon() as daemon:
        first = await daemon.store.commit(put("1"))
        second = await daemon.store.commit(put("2"))
        await upkeep(daemon).compact(second)
        await upkeep(daemon).compact(second)
        key = f"/winslow/v1/{cluster}/requests/a".encode()
        with pytest.raises(OutOfRange):
            await daemon.client.kv.range(key, b"", revision=first)
        assert (await daemon.client.kv.range(key, b"", revision=second)).kvs


async def test_defragmenting_gives_back_what_compacting_freed(own_etcd: Member, cluster: str) -> None:
    async with EtcdWorld(cluster, own_etcd).daemon() as daemon:
        care = upkeep(daemon)
        for _ in range(30):
            last = await daemon.store.commit(put(LARGE))
        await care.compact(last)
        (full,) = await care.members(2)
        await care.defragment(own_etcd.endpoint)
        (shrunk,) = await care.members(2)
        assert shrunk.size < full.size / 2
        await daemon.store.commit(put("still here"))


async def test_while_etcd_is_full_everything_goes_on_that_can_and_the_caretaker_mends_it(
    tmp_path: Path, cluster: str
) -> None:
    with running(tmp_path / "etcd", 1, f"--quota-backend-bytes={QUOTA}") as (member,):
        async with EtcdWorld(cluster, member, ttl=5).daemon() as daemon, asyncio.timeout(120):
            await daemon.membership.join(NODE)
            session = await daemon.sessions.current()
            async with daemon.membership.lock("before"):
                refused = await fill(daemon)
            assert refused.reason == "ETCD_NOSPACE"
            assert "--quota-backend-bytes" in refused.hint
            assert (await upkeep(daemon).members(2))[0].full

            # Longer than the lease: it is renewed. The lock was given back without giving up the session.
            await asyncio.sleep(6)
            assert daemon.sessions.live is session
            assert daemon.store.connected
            assert daemon.store.view.nodes() == [NODE]
            with pytest.raises(Exhausted):
                await daemon.store.commit(put("not yet"))
            with pytest.raises(Exhausted):
                async with daemon.membership.lock("new", patient=False):
                    pass

            caretaker = Caretaker(upkeep(daemon), daemon.membership, time.monotonic)
            await caretaker.look()
            await daemon.store.commit(put("again"))
            (mended,) = await upkeep(daemon).members(2)
            assert not mended.full
            assert mended.size < QUOTA / 2
            async with daemon.membership.lock("before"):
                assert daemon.sessions.live is session


async def test_who_waits_for_a_lock_gets_it_though_etcd_has_become_full(tmp_path: Path, cluster: str) -> None:
    """The caretaker of a full store may die: the next in line must get its turn."""
    with running(tmp_path / "etcd", 1, f"--quota-backend-bytes={QUOTA}") as (member,):
        world = EtcdWorld(cluster, member)
        async with world.daemon("a") as one, world.daemon("b") as other, asyncio.timeout(60):
            held = asyncio.Event()

            async def wait() -> None:
                async with other.membership.lock("x"):
                    held.set()

            async with asyncio.TaskGroup() as group:
                async with one.membership.lock("x"):
                    group.create_task(wait())
                    while len((await one.client.kv.range(*claims(cluster))).kvs) < 2:
                        await asyncio.sleep(0.01)
                    await fill(one)
                    assert not held.is_set()
                await held.wait()


def claims(cluster: str) -> tuple[bytes, bytes]:
    prefix = f"/winslow/v1/{cluster}/locks/x/".encode()
    return prefix, prefix[:-1] + b"0"
