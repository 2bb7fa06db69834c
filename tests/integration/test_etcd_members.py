"""An etcd of three members of which one is killed or frozen at a time."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from tests.contract.daemons import EtcdDaemon, EtcdWorld
from tests.etcd import Member
from winslow.domain.records import Commit, Done, Expect, Kind, Put, Ref
from winslow.errors import Ambiguous, Unavailable
from winslowd.etcd.channels import RANGE, STATUS, TIME_TO_LIVE, Channels
from winslowd.etcd.wire import etcd_pb2 as pb

pytestmark = pytest.mark.timeout(180)
COUNTER = Ref(Kind.REQUEST, "n")


async def leader_of(members: list[Member]) -> Member:
    """Asks every running member until one says that it leads."""
    async with asyncio.timeout(30):
        while True:
            for member in members:
                if member.running and await leads(member):
                    return member


async def leads(member: Member) -> bool:
    channels = Channels([member.endpoint], timeout=2)
    try:
        status = await channels.call(STATUS, pb.StatusRequest())
    except Unavailable:
        return False
    else:
        return status.leader == status.header.member_id
    finally:
        await channels.close()


class Counting:
    """Counts COUNTER up by one for ever, remembering how far it surely came."""

    def __init__(self, daemon: EtcdDaemon) -> None:
        self.daemon = daemon
        self.sure = self.last = 0
        self._ending = False

    async def run(self) -> None:
        while not self.last or self.sure < self.last:
            view = self.daemon.store.view
            now = number(view.get(COUNTER).value) if view.get(COUNTER) else 0  # type: ignore[union-attr]
            if self._ending:
                self.last = now + 1
            expect = Expect(COUNTER, view.revision_of(COUNTER))
            try:
                await self.daemon.store.commit(Commit(puts=(Put(COUNTER, Done(str(now + 1), "")),), expects=(expect,)))
            except Ambiguous:  # an election took longer than a commit waits: what became of it is looked up
                await self._seen_again()
            except Unavailable:
                continue
            else:
                self.sure = now + 1

    async def _seen_again(self) -> None:
        """Until the view shows all that etcd has."""
        store = self.daemon.store
        async with asyncio.timeout(60):
            while True:
                with contextlib.suppress(Unavailable):
                    answer = await self.daemon.client.channels.call(RANGE, pb.RangeRequest(key=b"\0", count_only=True))
                    break
                await asyncio.sleep(0.05)
            while store.view.revision < answer.header.revision:
                await store.changed(store.view.revision)
        found = store.view.get(COUNTER)
        self.sure = number(found.value) if found else 0

    def end(self) -> None:
        """After the next one, which is `last` from before anybody can be told of it."""
        self._ending = True

    async def past(self, count: int) -> None:
        """Until it has counted `count` further."""
        target = self.sure + count
        async with asyncio.timeout(60):
            while self.sure < target:
                await self.daemon.store.changed(self.daemon.store.view.revision)


def number(record: object) -> int:
    assert isinstance(record, Done)
    return int(record.fingerprint)


async def every_number_once(daemon: EtcdDaemon, counting: Counting, since: int) -> None:
    """Watches while it is counted: a store keeps only so many changes for who comes later."""
    expected = 1
    async for changes in daemon.store.changes(since):
        (change,) = [each for each in changes if each.ref == COUNTER]
        assert change.now
        assert number(change.now.value) == expected
        if expected == counting.last:
            return
        expected += 1


async def test_killing_leaders_loses_no_commit_and_repeats_none_for_any_watcher(
    three_members: list[Member], cluster: str
) -> None:
    world = EtcdWorld(cluster, *three_members)
    async with world.daemon("a") as one, world.daemon("b") as other:
        since = other.store.view.revision
        counting = Counting(one)
        async with asyncio.TaskGroup() as group:
            group.create_task(counting.run())
            for daemon in (one, other):
                group.create_task(every_number_once(daemon, counting, since))
            await counting.past(100)
            for _ in range(3):
                leader = await leader_of(three_members)
                leader.kill()
                await counting.past(100)
                leader.start()
                await asyncio.to_thread(leader.wait_until_healthy)
                await counting.past(20)
            counting.end()


async def test_a_frozen_leader_costs_no_session_and_no_watched_change(
    three_members: list[Member], cluster: str
) -> None:
    """Frozen, it keeps its connections: nothing but silence tells."""
    world = EtcdWorld(cluster, *three_members, ttl=10)
    async with world.daemon("a") as one, world.daemon("b") as other:
        sessions = [await daemon.sessions.current() for daemon in (one, other)]
        since = other.store.view.revision
        leader = await leader_of(three_members)
        counting = Counting(one)
        async with asyncio.TaskGroup() as group:
            group.create_task(counting.run())
            for daemon in (one, other):
                group.create_task(every_number_once(daemon, counting, since))
            await counting.past(50)
            leader.freeze()
            await counting.past(50)
            await asyncio.sleep(12)  # longer than the lease: it was renewed by another member
            for daemon, session in zip((one, other), sessions, strict=True):
                assert daemon.sessions.live is session
                left = await daemon.client.channels.call(TIME_TO_LIVE, pb.LeaseTimeToLiveRequest(ID=session.lease))
                assert left.TTL > 0
            # Thawed, a leader of 3.4.23 revokes what it thinks expired meanwhile (etcd-io/etcd#15247): a new session then.
            leader.thaw()
            await counting.past(50)
            counting.end()


async def test_a_minority_awards_nothing_and_goes_on_when_it_is_none(three_members: list[Member], cluster: str) -> None:
    world = EtcdWorld(cluster, *three_members)
    async with world.daemon() as daemon:
        await daemon.store.commit(Commit(puts=(Put(COUNTER, Done("1", "")),)))
        for member in three_members[:2]:
            member.kill()
        with pytest.raises(Unavailable):
            await daemon.store.commit(Commit(puts=(Put(COUNTER, Done("2", "")),)))
        async with asyncio.timeout(30):
            while daemon.store.connected:
                await asyncio.sleep(0.05)
        three_members[0].start()
        await asyncio.to_thread(three_members[0].wait_until_healthy)
        async with asyncio.timeout(30):
            await daemon.store.commit(Commit(puts=(Put(COUNTER, Done("3", "")),)))
            while not daemon.store.connected:
                await asyncio.sleep(0.05)
