"""What `winslow.ports.Store` promises, held against the fake and against a real etcd."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from tests.contract.daemons import World
from tests.unit.world import World as Story
from tests.unit.world import chain, project, run
from winslow.domain.records import (
    GLOBALS_REF,
    Change,
    Commit,
    Done,
    Expect,
    Fence,
    Globals,
    Kind,
    Lifetime,
    Put,
    Record,
    Ref,
    stage_ref,
)
from winslow.domain.stage import ProjectId
from winslow.errors import Conflict, InvalidArgument, OutOfRange, Unavailable


def ref(key: str) -> Ref:
    return Ref(Kind.REQUEST, key)


def put(key: str, value: str = "", lifetime: Lifetime = Lifetime.DURABLE) -> Put:
    return Put(ref(key), Done(value, key), lifetime)


def value(record: Record) -> str:
    assert isinstance(record, Done)
    return record.fingerprint


async def take(changes: AsyncIterator[tuple[Change, ...]], count: int) -> list[tuple[Change, ...]]:
    async with asyncio.timeout(10):
        return [await anext(changes) for _ in range(count)]


async def test_a_commit_is_shown_when_it_returns(world: World) -> None:
    async with world.daemon() as daemon:
        revision = await daemon.store.commit(Commit(puts=(put("a", "1"), put("b", "2"))))
        for key in "ab":
            found = daemon.store.view.get(ref(key))
            assert found and found.revision == found.created == revision
        assert daemon.store.view.revision >= revision
        assert daemon.store.connected


async def test_a_change_keeps_the_revision_of_the_creation(world: World) -> None:
    async with world.daemon() as daemon:
        first = await daemon.store.commit(Commit(puts=(put("a", "1"),)))
        second = await daemon.store.commit(Commit(puts=(put("a", "2"),)))
        found = daemon.store.view.get(ref("a"))
        assert found and (found.created, found.revision, value(found.value)) == (first, second, "2")
        assert second > first


async def test_an_expectation_that_holds_lets_the_commit_happen(world: World) -> None:
    async with world.daemon() as daemon:
        revision = await daemon.store.commit(Commit(puts=(put("a", "1"),), expects=(Expect(ref("a"), 0),)))
        await daemon.store.commit(Commit(puts=(put("a", "2"),), expects=(Expect(ref("a"), revision),)))
        found = daemon.store.view.get(ref("a"))
        assert found and value(found.value) == "2"


async def test_an_expectation_that_does_not_hold_changes_nothing_and_names_the_record(world: World) -> None:
    async with world.daemon() as daemon:
        revision = await daemon.store.commit(Commit(puts=(put("a", "1"), put("b", "1"))))
        with pytest.raises(Conflict) as raised:
            await daemon.store.commit(
                Commit(
                    puts=(put("a", "2"), put("c")),
                    deletes=(ref("b"),),
                    expects=(Expect(ref("a"), revision), Expect(ref("b"), revision - 1), Expect(ref("c"), 0)),
                )
            )
        assert raised.value.reason == "REVISION_MISMATCH"
        assert raised.value.metadata == {"requests/b": str(revision)}
        view = daemon.store.view
        assert (view.revision_of(ref("a")), view.revision_of(ref("b")), view.revision_of(ref("c"))) == (
            revision,
            revision,
            0,
        )


async def test_a_record_that_must_not_exist_but_does_is_a_conflict(world: World) -> None:
    async with world.daemon() as daemon:
        await daemon.store.commit(Commit(puts=(put("a", "1"),)))
        with pytest.raises(Conflict, match="requests/a"):
            await daemon.store.commit(Commit(puts=(put("a", "2"),), expects=(Expect(ref("a"), 0),)))


async def test_a_writer_whose_fence_is_gone_is_refused(world: World) -> None:
    async with world.daemon() as daemon:
        async with daemon.membership.lead() as term:
            await daemon.store.commit(Commit(puts=(put("a", "1"),), fence=term.fence))
        with pytest.raises(Conflict) as raised:
            await daemon.store.commit(Commit(puts=(put("a", "2"),), expects=(Expect(ref("a"), 0),), fence=term.fence))
        assert raised.value.reason == "FENCED"
        async with daemon.membership.lead() as term:
            older = Fence(term.fence.key, term.fence.revision - 1)
            with pytest.raises(Conflict) as raised:
                await daemon.store.commit(Commit(puts=(put("a", "2"),), fence=older))
            assert raised.value.reason == "FENCED"
        found = daemon.store.view.get(ref("a"))
        assert found and value(found.value) == "1"


async def test_deleting_shows_at_once_and_deleting_again_changes_nothing(world: World) -> None:
    async with world.daemon() as daemon:
        await daemon.store.commit(Commit(puts=(put("a"),)))
        await daemon.store.commit(Commit(deletes=(ref("a"),)))
        assert daemon.store.view.get(ref("a")) is None
        await daemon.store.commit(Commit(deletes=(ref("a"),)))
        since = daemon.store.view.revision
        await daemon.store.commit(Commit(puts=(put("b"),)))
        (only,) = await take(daemon.store.changes(since), 1)
        assert [change.ref for change in only] == [ref("b")]


async def test_a_record_deleted_and_made_again_is_another_one(world: World) -> None:
    async with world.daemon() as daemon:
        first = await daemon.store.commit(Commit(puts=(put("a"),)))
        await daemon.store.commit(Commit(deletes=(ref("a"),)))
        second = await daemon.store.commit(Commit(puts=(put("a"),), expects=(Expect(ref("a"), 0),)))
        found = daemon.store.view.get(ref("a"))
        assert found and found.created == second > first


async def test_a_commit_that_changes_nothing_returns(world: World) -> None:
    async with world.daemon() as daemon:
        revision = await daemon.store.commit(Commit(puts=(put("a"),)))
        assert await daemon.store.commit(Commit(expects=(Expect(ref("a"), revision),))) >= revision


async def test_other_daemons_see_a_commit(world: World) -> None:
    async with world.daemon("a") as one, world.daemon("b") as other:
        since = other.store.view.revision
        revision = await one.store.commit(Commit(puts=(put("a", "1"),)))
        async with asyncio.timeout(10):
            while other.store.view.revision < revision:
                since = await other.store.changed(since)
        assert other.store.view.get(ref("a")) == one.store.view.get(ref("a"))


async def test_a_daemon_that_comes_later_sees_what_was_there(world: World) -> None:
    async with world.daemon("a") as one:
        await one.store.commit(Commit(puts=(put("a", "1"), Put(GLOBALS_REF, Globals({"K": "V"})))))
        async with world.daemon("b") as other:
            assert other.store.view.get(ref("a")) == one.store.view.get(ref("a"))
            assert other.store.view.globals() == Globals({"K": "V"})


async def test_changes_come_in_order_and_one_commit_in_one_piece(world: World) -> None:
    async with world.daemon("a") as one, world.daemon("b") as other:
        since = one.store.view.revision
        await one.store.commit(Commit(puts=(put("a", "1"), put("b", "1"))))
        await other.store.commit(Commit(puts=(put("a", "2"),)))
        await one.store.commit(Commit(puts=(put("c", "1"),), deletes=(ref("b"),)))
        for daemon in (one, other):
            first, second, third = await take(daemon.store.changes(since), 3)
            assert list(daemon.store.since(since)) == [first, second, third]
            assert not daemon.store.since(daemon.store.view.revision)
            assert {change.ref for change in first} == {ref("a"), ref("b")}
            assert [(c.ref, c.before and value(c.before.value), c.now and value(c.now.value)) for c in second] == [
                (ref("a"), "1", "2")
            ]
            assert {(change.ref, change.now is None) for change in third} == {(ref("c"), False), (ref("b"), True)}
            assert first[0].revision < second[0].revision < third[0].revision == third[1].revision


async def test_a_reader_goes_on_from_the_revision_it_has(world: World) -> None:
    async with world.daemon() as daemon:
        await daemon.store.commit(Commit(puts=(put("a"),)))
        since = await daemon.store.commit(Commit(puts=(put("b"),)))
        async with asyncio.TaskGroup() as group:
            readers = [group.create_task(take(daemon.store.changes(since), 3)) for _ in range(20)]
            await asyncio.sleep(0)
            for key in "cde":
                await daemon.store.commit(Commit(puts=(put(key),)))
        for reader in readers:
            assert [changes[0].ref.key for changes in reader.result()] == ["c", "d", "e"]


async def test_a_reader_ahead_of_this_daemon_gets_only_what_is_newer(world: World) -> None:
    async with world.daemon() as daemon:
        ahead = daemon.store.view.revision + 2
        reader = daemon.store.changes(ahead)
        async with asyncio.TaskGroup() as group:
            first = group.create_task(take(reader, 1))
            await asyncio.sleep(0)
            while await daemon.store.commit(Commit(puts=(put("old"),))) < ahead:
                pass
            await daemon.store.commit(Commit(puts=(put("new"),)))
        assert first.result()[0][0].ref == ref("new")


async def test_changes_that_are_too_old_are_out_of_range(world: World) -> None:
    async with world.daemon("a") as one:
        since = one.store.view.revision
        await one.store.commit(Commit(puts=(put("a"),)))
        async with world.daemon("b") as other:
            with pytest.raises(OutOfRange) as raised:
                await anext(other.store.changes(since))
            with pytest.raises(OutOfRange):
                other.store.since(since)
            assert raised.value.reason == "REVISION_COMPACTED"


async def test_a_session_record_goes_with_its_session_and_no_other_does(world: World) -> None:
    async with world.daemon("a") as one, world.daemon("b") as other:
        await one.store.commit(
            Commit(
                puts=(
                    put("durable"),
                    put("session", lifetime=Lifetime.SESSION),
                    put("request", lifetime=Lifetime.REQUEST),
                )
            )
        )
        await other.store.commit(Commit(puts=(put("theirs", lifetime=Lifetime.SESSION),)))
        await one.lose_session()
        async with asyncio.timeout(10):
            while other.store.view.get(ref("session")):
                await other.store.changed(other.store.view.revision)
        assert all(other.store.view.get(ref(key)) for key in ("durable", "request", "theirs"))


async def test_concurrent_writers_lose_no_update(world: World) -> None:
    async def count(daemon: World, times: int) -> None:
        for _ in range(times):
            while True:
                found = daemon.store.view.get(ref("n"))
                now = int(value(found.value)) if found else 0
                expect = Expect(ref("n"), found.revision if found else 0)
                try:
                    await daemon.store.commit(Commit(puts=(put("n", str(now + 1)),), expects=(expect,)))
                    break
                except Conflict:
                    await daemon.store.changed(daemon.store.view.revision - 1)

    async with world.daemon("a") as one, world.daemon("b") as other:
        async with asyncio.TaskGroup() as group:
            for daemon in (one, one, other, other):
                group.create_task(count(daemon, 15))
        async with asyncio.timeout(10):
            while (found := one.store.view.get(ref("n"))) is None or value(found.value) != "60":
                await one.store.changed(one.store.view.revision)


async def test_a_commit_may_only_compare(world: World) -> None:
    async with world.daemon() as daemon:
        written = await daemon.store.commit(Commit(puts=(put("a", "1"),)))
        async with daemon.membership.lock("x") as term:
            await daemon.store.commit(Commit(expects=(Expect(ref("a"), written),), fence=term.fence))
            with pytest.raises(Conflict):
                await daemon.store.commit(Commit(expects=(Expect(ref("a"), 0),), fence=term.fence))
        with pytest.raises(Conflict) as raised:
            await daemon.store.commit(Commit(expects=(Expect(ref("a"), written),), fence=term.fence))
        assert raised.value.reason == "FENCED"
        assert daemon.store.view.revision_of(ref("a")) == written


async def test_a_commit_that_is_too_large_is_refused(world: World) -> None:
    async with world.daemon() as daemon:
        await daemon.store.commit(Commit(puts=tuple(put(f"k{n}") for n in range(128))))
        with pytest.raises(InvalidArgument) as raised:
            await daemon.store.commit(Commit(puts=tuple(put(f"l{n}") for n in range(129))))
        assert raised.value.reason == "COMMIT_TOO_LARGE"
        assert daemon.store.view.get(ref("l0")) is None


async def test_who_has_caught_up_sees_what_others_did_before(world: World) -> None:
    """However late its watch is: it waits, or says that it cannot know, and never answers from an old view."""
    pipeline = chain("detect")
    stage = Story(project(pipeline), run(project(pipeline), "detect")).decide()[0]
    async with world.daemon("a") as one, world.blindable("b") as other, asyncio.timeout(30):
        await other.go_blind()
        written = await one.store.commit(Commit(puts=(Put(stage_ref(stage), stage),)))
        with pytest.raises((TimeoutError, Unavailable)):
            async with asyncio.timeout(0.5):
                await other.store.caught_up(stage.project)
        await other.see_again()
        while True:
            with suppress(Unavailable):
                await other.store.caught_up(stage.project)
                break
            await asyncio.sleep(0.05)
        assert other.store.view.revision_of(stage_ref(stage)) == written


async def test_who_has_nothing_to_catch_up_with_does_not_wait(world: World) -> None:
    async with world.daemon() as daemon, asyncio.timeout(10):
        await daemon.store.caught_up(ProjectId("nobodys-abc123"))
