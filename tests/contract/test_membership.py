"""What `winslow.ports.Membership` promises, held against the fake and against a real etcd."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.contract.daemons import Daemon, World
from winslow.domain.node import Node, Silence
from winslow.domain.records import Commit, Done, Kind, Put, Ref, node_ref, silence_ref
from winslow.domain.resources import Capacity
from winslow.domain.stage import NodeId
from winslow.domain.view import View
from winslow.errors import Conflict, Unavailable

NODE = Node(NodeId("n1"), "127.0.0.1:1", Capacity(2, 1 << 30))
A = Ref(Kind.REQUEST, "a")


async def until(daemon: Daemon, condition: Callable[[View], bool]) -> None:
    """Until the daemon's view is as `condition` says."""
    async with asyncio.timeout(20):
        while not condition(daemon.store.view):
            await daemon.store.changed(daemon.store.view.revision)


async def test_joining_registers_the_node_and_joining_again_updates_it(world: World) -> None:
    async with world.daemon("a") as one, world.daemon("b") as other:
        await one.membership.join(NODE)
        assert one.store.view.nodes() == [NODE]
        moved = replace(NODE, address="127.0.0.1:2")
        await one.membership.join(moved)
        await until(other, lambda view: view.nodes() == [moved])


async def test_leaving_takes_the_node_away_at_once_and_joining_brings_it_back(world: World) -> None:
    async with world.daemon("a") as one, world.daemon("b") as other:
        await one.membership.join(NODE)
        await until(other, lambda view: bool(view.nodes()))
        async with asyncio.timeout(5):  # the lease would live for 15 s
            await one.membership.leave()
            await until(other, lambda view: not view.nodes())
        await one.membership.leave()
        await one.membership.join(NODE)
        await until(other, lambda view: view.nodes() == [NODE])


async def test_a_node_comes_back_by_itself_after_a_lost_session(world: World) -> None:
    async with world.daemon("a") as one, world.daemon("b") as other:
        await one.membership.join(NODE)
        await until(other, lambda view: bool(view.nodes()))
        before = other.store.view.get(node_ref("n1"))
        await one.lose_session()
        await until(other, lambda view: view.nodes() == [NODE] and view.get(node_ref("n1")) != before)


async def test_a_node_that_registers_takes_the_record_of_its_silence_away_in_the_same_transaction(world: World) -> None:
    async with world.daemon("a") as one, world.daemon("b") as other:
        await one.membership.join(NODE)
        for _ in range(2):
            await other.store.commit(Commit(puts=(Put(silence_ref("n1"), Silence(NODE.id, 1.0, 2.0)),)))
            revision = other.store.view.revision
            await one.lose_session()
            async for changes in other.store.changes(revision):
                back = {change.ref for change in changes if change.now or change.ref == silence_ref("n1")}
                if node_ref("n1") in back:
                    assert silence_ref("n1") in back
                    break
            assert other.store.view.silence("n1") is None


async def test_only_one_leads_and_leaving_the_scope_hands_over(world: World) -> None:
    leaders: list[str] = []
    led: list[str] = []

    async def lead(name: str, daemon: Daemon) -> None:
        async with daemon.membership.lead():
            leaders.append(name)
            assert leaders == [name]
            await asyncio.sleep(0.01)
            led.append(name)
            leaders.remove(name)

    async with (
        world.daemon("a") as one,
        world.daemon("b") as other,
        world.daemon("c") as third,
        asyncio.timeout(20),
        asyncio.TaskGroup() as group,
    ):
        for name, daemon in (("a", one), ("b", other), ("c", third)):
            for _ in range(3):
                group.create_task(lead(name, daemon))
    assert sorted(led) == list("aaabbbccc")


async def test_every_daemon_knows_who_leads(world: World) -> None:
    async with world.daemon("a") as one, world.daemon("b") as other, asyncio.timeout(20):
        assert await one.membership.leader() is None
        async with one.membership.lead():
            assert [await each.membership.leader() for each in (one, other)] == ["a", "a"]
            waiting = asyncio.ensure_future(_lead(other))
            await asyncio.sleep(0.05)  # b's claim is there, or is not yet: it is not the oldest
            assert await one.membership.leader() == "a"
        assert await waiting == "b"
        assert await one.membership.leader() is None


async def _lead(daemon: Daemon) -> NodeId | None:
    async with daemon.membership.lead():
        return await daemon.membership.leader()


async def test_losing_the_session_cancels_the_body_and_raises_lease_lost(world: World) -> None:
    async with world.daemon() as daemon:
        cancelled = False
        with pytest.raises(Unavailable) as raised:
            async with asyncio.timeout(20), daemon.membership.lead():
                await daemon.lose_session()
                try:
                    await asyncio.Event().wait()
                except asyncio.CancelledError:
                    cancelled = True
                    raise
        assert raised.value.reason == "LEASE_LOST"
        assert cancelled


async def test_a_deposed_leader_can_write_nothing_and_the_next_one_has_a_higher_fence(world: World) -> None:
    async with world.daemon("a") as one, world.daemon("b") as other:
        with pytest.raises(Unavailable):
            async with one.membership.lead() as old:
                await one.store.commit(Commit(puts=(Put(A, Done("1", "")),), fence=old.fence))
                await one.lose_session()
                await asyncio.Event().wait()
        async with asyncio.timeout(20), other.membership.lead() as new:
            with pytest.raises(Conflict) as raised:
                await one.store.commit(Commit(puts=(Put(A, Done("2", "")),), fence=old.fence))
            assert raised.value.reason == "FENCED"
            await other.store.commit(Commit(puts=(Put(A, Done("3", "")),), fence=new.fence))
            assert new.fence.revision > old.fence.revision


async def test_who_lost_a_term_may_lead_again(world: World) -> None:
    async with world.daemon() as daemon:
        with pytest.raises(Unavailable):
            async with daemon.membership.lead() as old:
                await daemon.lose_session()
                await asyncio.Event().wait()
        async with asyncio.timeout(20), daemon.membership.lead() as new:
            assert new.fence != old.fence
            await daemon.store.commit(Commit(puts=(Put(A, Done("1", "")),), fence=new.fence))


async def test_an_error_of_the_body_comes_out_as_it_was_and_hands_over(world: World) -> None:
    async with world.daemon("a") as one, world.daemon("b") as other:
        with pytest.raises(ZeroDivisionError):
            async with one.membership.lead():
                raise ZeroDivisionError
        async with asyncio.timeout(5), other.membership.lead():
            pass


async def test_who_gives_up_waiting_leaves_no_claim_behind(world: World) -> None:
    async with world.daemon("a") as one, world.daemon("b") as other, world.daemon("c") as third:
        async with one.membership.lead():
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.3), other.membership.lead():
                    pass
        async with asyncio.timeout(5), third.membership.lead():
            pass


async def test_a_waiting_daemon_that_loses_its_session_waits_on(world: World) -> None:
    async with world.daemon("a") as one, world.daemon("b") as other:

        async def lead() -> int:
            async with other.membership.lead() as term:
                return term.fence.revision

        async with asyncio.timeout(20), asyncio.TaskGroup() as group:
            async with one.membership.lead() as term:
                waiting = group.create_task(lead())
                await asyncio.sleep(0.1)
                await other.lose_session()
                await asyncio.sleep(0.1)
                assert not waiting.done()
            assert await waiting > term.fence.revision


async def test_locks_of_different_names_do_not_touch_each_other(world: World) -> None:
    async with (
        world.daemon("a") as one,
        world.daemon("b") as other,
        asyncio.timeout(20),
        one.membership.lock("x"),
        other.membership.lock("x/y"),
        other.membership.lock("y"),
        other.membership.lead(),
    ):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2), other.membership.lock("x"):
                pass


async def test_who_is_not_patient_still_waits_for_who_holds_the_lock(world: World) -> None:
    async with world.daemon("a") as one, world.daemon("b") as other, asyncio.timeout(20):

        async def lock() -> int:
            async with other.membership.lock("x", patient=False) as term:
                return term.fence.revision

        async with asyncio.TaskGroup() as group:
            async with one.membership.lock("x") as term:
                waiting = group.create_task(lock())
                await asyncio.sleep(0.2)
                assert not waiting.done()
            assert await waiting > term.fence.revision


async def test_two_scopes_of_one_daemon_exclude_each_other(world: World) -> None:
    async with world.daemon() as daemon, daemon.membership.lock("x"):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2), daemon.membership.lock("x"):
                pass


async def test_a_fence_holds_for_locks_as_well(world: World) -> None:
    async with world.daemon() as daemon:
        async with daemon.membership.lock("x") as term:
            await daemon.store.commit(Commit(puts=(Put(A, Done("1", "")),), fence=term.fence))
        with pytest.raises(Conflict):
            await daemon.store.commit(Commit(puts=(Put(A, Done("2", "")),), fence=term.fence))


async def test_a_new_leader_has_seen_all_that_was_written_before_its_term(world: World) -> None:
    async with world.daemon("a") as one, world.blindable("b") as other, asyncio.timeout(30):
        led = asyncio.Event()

        async def lead() -> tuple[int, int]:
            async with other.membership.lead() as term:
                led.set()
                return other.store.view.revision_of(A), term.fence.revision

        async with asyncio.TaskGroup() as group:
            async with one.membership.lead() as term:
                waiting = group.create_task(lead())
                await asyncio.sleep(0.1)  # its claim is made, or comes when it finds none before it
                await other.go_blind()
                written = await one.store.commit(Commit(puts=(Put(A, Done("1", "")),), fence=term.fence))
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.5):
                    await led.wait()
            await other.see_again()
            seen, fence = await waiting
            assert seen == written
            assert fence > term.fence.revision


async def test_who_goes_blind_before_its_term_and_loses_its_session_never_leads(world: World) -> None:
    async with world.blindable("a") as one, asyncio.timeout(30):
        await one.go_blind()

        async def hold() -> str:
            try:
                async with one.membership.lock("x"):
                    return "it holds though it cannot see"
            except Unavailable as error:
                return error.reason

        async with asyncio.TaskGroup() as group:
            waiting = group.create_task(hold())
            await asyncio.sleep(0.3)
            assert not waiting.done()
            await one.lose_session()
            assert await waiting == "LEASE_LOST"
        await one.see_again()
