"""What `winslow.ports.Upkeep` promises, held against the fake and against a real etcd."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import pytest

from tests.etcd import Member
from tests.fakes.upkeep import FakeUpkeep
from winslow.errors import InvalidArgument
from winslow.ports import StoreMember, Upkeep
from winslowd.etcd.client import Client
from winslowd.etcd.maintenance import EtcdUpkeep

MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Kept:
    """One store of one member, and the power to write `MIB` bytes of history that nobody needs."""

    upkeep: Upkeep
    write: Callable[[], Awaitable[None]]

    async def member(self) -> StoreMember:
        (found,) = await self.upkeep.members(5)
        return found


@pytest.fixture(params=["fake", "etcd"])
async def kept(request: pytest.FixtureRequest) -> AsyncIterator[Kept]:
    if request.param == "fake":
        fake = FakeUpkeep("m1:1")

        async def grow() -> None:
            member = fake.state["m1:1"]
            fake.one("m1:1", size=member.size + MIB, used=member.used + MIB, revision=member.revision + 1)

        yield Kept(fake, grow)
        return
    etcd: Member = request.getfixturevalue("own_etcd")
    async with Client.open([etcd.endpoint]) as client:

        async def put() -> None:
            await client.kv.put(b"/ballast", b"x" * MIB)

        yield Kept(EtcdUpkeep(client, 1 << 31), put)


async def test_a_member_that_is_well_says_so_and_how_far_it_has_come(kept: Kept) -> None:
    before = await kept.member()
    await kept.write()
    after = await kept.member()
    assert before.well and before.leads and not before.full
    assert after.revision > before.revision
    assert 0 < after.used <= after.size < after.quota


async def test_history_that_is_forgotten_is_no_longer_in_use_and_its_room_is_given_back_when_defragmented(
    kept: Kept,
) -> None:
    for _ in range(12):
        await kept.write()
    async with asyncio.timeout(30):
        while (grown := await kept.member()).size < 12 * MIB:  # etcd writes its file a moment later
            await asyncio.sleep(0.05)
    for _ in range(2):  # what is forgotten already is no fault
        await kept.upkeep.compact(grown.revision)
    await kept.upkeep.defragment(grown.address)
    shrunk = await kept.member()
    assert shrunk.size < grown.size / 2
    assert shrunk.well


async def test_a_store_without_an_alarm_may_be_disarmed(kept: Kept) -> None:
    for _ in range(2):
        await kept.upkeep.disarm()
    assert (await kept.member()).well


async def test_who_is_no_member_cannot_be_defragmented(kept: Kept) -> None:
    with pytest.raises(InvalidArgument) as refused:
        await kept.upkeep.defragment("elsewhere:1")
    assert refused.value.reason == "MEMBER_UNKNOWN"
