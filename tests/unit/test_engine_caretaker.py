"""The caretaker: when history is forgotten, which members are defragmented, and how a full store is mended."""

from __future__ import annotations

import asyncio

import pytest

from tests.fakes.store import FakeMembership, FakeStore
from tests.fakes.upkeep import QUOTA, FakeUpkeep
from winslow.domain.stage import NodeId
from winslowd.engines.caretaker import AGAIN, WORTH, Caretaker

MEMBERS = ("m1:1", "m2:1", "m3:1")


class Scene:
    """A caretaker over three members, with a clock that a test sets. m1 leads."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.upkeep = FakeUpkeep(*MEMBERS)
        membership = FakeMembership(FakeStore(), NodeId("n1"))
        self.caretaker = Caretaker(self.upkeep, membership, lambda: self.now, every=300, keep=600, neglected=120)

    async def look(self, after: float, revision: int = 1) -> list[str]:
        """What it did in a look so many seconds after the last, when the store had come to `revision`."""
        self.now += after
        self.upkeep.each(revision=revision)
        self.upkeep.did.clear()
        await self.caretaker.look()
        return self.upkeep.did


@pytest.fixture
def scene() -> Scene:
    return Scene()


async def test_history_is_forgotten_that_was_history_ten_minutes_ago(scene: Scene) -> None:
    assert await scene.look(0, revision=100) == []
    assert await scene.look(300, revision=200) == []  # nothing is that old yet
    assert await scene.look(300, revision=300) == ["compact 100"]
    assert await scene.look(150, revision=350) == []  # not due
    assert await scene.look(150, revision=400) == ["compact 200"]


async def test_a_fragmented_member_is_defragmented_and_the_leader_last(scene: Scene) -> None:
    scene.upkeep.each(size=3 * WORTH, used=WORTH)
    assert await scene.look(300) == ["defragment m2:1", "defragment m3:1", "defragment m1:1"]
    assert await scene.look(300) == []


@pytest.mark.parametrize(("size", "used"), [(WORTH, 0), (3 * WORTH, 2 * WORTH)])
async def test_a_small_member_and_a_well_filled_one_are_left_alone(scene: Scene, size: int, used: int) -> None:
    scene.upkeep.each(size=size, used=used)
    assert await scene.look(300) == []


async def test_no_member_is_made_busy_while_another_is_not_well(scene: Scene) -> None:
    scene.upkeep.each(size=3 * WORTH, used=WORTH)
    scene.upkeep.one("m3:1", fault="gone")
    assert await scene.look(300) == []


async def test_no_other_member_is_defragmented_before_the_first_is_well_again(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("winslowd.engines.caretaker.HEALTHY_WITHIN", 0.05)
    monkeypatch.setattr("winslowd.engines.caretaker.POLL", 0.01)
    scene.upkeep.each(size=3 * WORTH, used=WORTH)
    scene.upkeep.unwell_after = "m2:1"
    assert await scene.look(300) == ["defragment m2:1"]


async def test_a_full_store_is_mended_at_once_and_takes_changes_again(scene: Scene) -> None:
    scene.upkeep.each(full=True, size=QUOTA, used=QUOTA)
    assert await scene.look(1, revision=70) == [
        "compact 70",
        "defragment m2:1",
        "defragment m3:1",
        "defragment m1:1",
        "disarm",
    ]
    assert await scene.look(1) == []


async def test_a_full_store_is_mended_though_a_member_is_away(scene: Scene) -> None:
    scene.upkeep.each(full=True, size=QUOTA, used=QUOTA)
    scene.upkeep.one("m2:1", fault="gone", full=False)
    assert await scene.look(1, revision=70) == ["compact 70", "defragment m3:1", "defragment m1:1", "disarm"]


async def test_a_store_full_of_what_is_needed_stays_as_it_is_and_is_not_defragmented_all_the_time(scene: Scene) -> None:
    scene.upkeep.needed = QUOTA
    scene.upkeep.each(full=True, size=QUOTA, used=QUOTA)
    assert "disarm" not in await scene.look(1)
    assert await scene.look(30) == []
    assert await scene.look(AGAIN) != []


async def test_a_full_store_that_nobody_cares_for_is_mended_without_a_lock(scene: Scene) -> None:
    scene.upkeep.each(full=True, size=QUOTA, used=QUOTA)
    await scene.caretaker.look_out()
    scene.now += 119
    await scene.caretaker.look_out()
    assert scene.upkeep.did == []
    scene.now += 1
    await scene.caretaker.look_out()
    assert scene.upkeep.did[-1] == "disarm"


async def test_a_fault_in_between_is_tried_again_at_a_later_look(scene: Scene) -> None:
    scene.upkeep.each(full=True, size=QUOTA, used=QUOTA)
    scene.upkeep.failing = "m2:1"
    assert await scene.look(1) == ["compact 1", "defragment m2:1"]
    scene.upkeep.failing = ""
    assert (await scene.look(AGAIN))[-1] == "disarm"


async def test_one_in_the_cluster_cares_at_a_time() -> None:
    upkeep, store = FakeUpkeep(*MEMBERS), FakeStore()
    upkeep.each(full=True, size=QUOTA, used=QUOTA)
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(Caretaker(upkeep, FakeMembership(other, NodeId(name)), lambda: 0.0).run())
            for name, other in (("n1", store), ("n2", FakeStore(store.cluster)))
        ]
        async with asyncio.timeout(5):
            while "disarm" not in upkeep.did:
                await asyncio.sleep(0)
        for _ in range(100):
            await asyncio.sleep(0)
        for task in tasks:
            task.cancel()
    assert upkeep.did.count("disarm") == 1
