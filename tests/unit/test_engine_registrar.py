"""The registrar tells the cluster what the node has, and again when that is another."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from tests.fakes.driver import FakeDriver
from tests.fakes.store import FakeMembership, FakeStore
from tests.unit import world
from winslow.domain.container import Image
from winslow.domain.node import Node, NodePolicy
from winslow.domain.records import Commit, Put, node_policy_ref
from winslow.domain.resources import Capacity, Gpu, GpuVendor
from winslowd.engines import registrar as registrar_module
from winslowd.engines.registrar import Registrar

NODE = Node(world.NODE, "127.0.0.1:1", Capacity(cpus=8, memory=1 << 34, disk=1000), incarnation="abc")
GPU = Gpu("GPU-1", GpuVendor.NVIDIA, "Test GPU", 16 << 30)


class Office:
    """A registrar over a driver and a store in memory; `capacity` is what the node has."""

    def __init__(self) -> None:
        self.store = FakeStore()
        self.membership = FakeMembership(self.store, NODE.id)
        self.driver = FakeDriver()
        self.driver.images = {"tiny:1": Image("tiny:1", "sha256:1")}
        self.capacity = NODE.capacity
        self.changed = asyncio.Event()
        self.registrar = Registrar(
            NODE, self.store, self.membership, lambda: self.capacity, self.driver.list_images, self.changed
        )

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        running = asyncio.ensure_future(self.registrar.run())
        try:
            await self.until(lambda node: node is not None)
            yield
        finally:
            running.cancel()
            await asyncio.wait({running})

    @property
    def told(self) -> Node | None:
        return self.store.view.node(NODE.id)

    async def until(self, holds) -> None:
        async with asyncio.timeout(10):
            while not holds(self.told):
                await asyncio.sleep(0.001)


@pytest.fixture
async def office() -> Office:
    return Office()


async def test_a_node_joins_with_what_it_has(office: Office) -> None:
    async with office.open():
        assert office.told == replace(NODE, images=frozenset({"tiny:1"}))


async def test_an_image_that_was_fetched_is_told_at_once(office: Office) -> None:
    async with office.open():
        office.driver.images["big:1"] = Image("big:1", "sha256:2")
        office.changed.set()
        await office.until(lambda node: "big:1" in node.images)


async def test_a_gpu_that_appears_and_goes_is_told_without_a_restart(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registrar_module, "LOOK_EVERY", 0.005)
    async with office.open():
        office.capacity = replace(office.capacity, gpus=(GPU,))
        await office.until(lambda node: node.capacity.gpus == (GPU,))
        office.capacity = replace(office.capacity, gpus=())
        await office.until(lambda node: node.capacity.gpus == ())


async def test_nothing_is_written_while_nothing_changes(office: Office) -> None:
    async with office.open():
        before = office.store.view.revision
        for _ in range(3):
            await office.registrar.look()
        assert office.store.view.revision == before


async def test_an_engine_that_is_away_has_not_lost_its_images(office: Office) -> None:
    async with office.open():
        office.driver.away = True
        office.capacity = replace(office.capacity, gpus=(GPU,))
        await office.registrar.look()
        assert office.told == replace(NODE, capacity=office.capacity, images=frozenset({"tiny:1"}))


async def test_a_node_whose_engine_is_away_joins_all_the_same(office: Office) -> None:
    office.driver.away = True
    async with office.open():
        assert office.told == NODE
        office.driver.away = False
        await office.registrar.look()
        assert office.told and office.told.images == {"tiny:1"}


async def test_a_node_whose_engine_is_frozen_joins_all_the_same(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registrar_module, "IMAGES_WITHIN", 0.01)
    frozen = asyncio.Event()

    async def list_images() -> frozenset[str]:
        await frozen.wait()
        return frozenset({"tiny:1"})

    office.registrar = Registrar(
        NODE, office.store, office.membership, lambda: office.capacity, list_images, office.changed
    )
    async with office.open():
        assert office.told == NODE
        frozen.set()
        office.changed.set()
        await office.until(lambda node: node.images == {"tiny:1"})


async def test_a_volume_that_does_not_answer_keeps_its_size(office: Office) -> None:
    async with office.open():
        office.capacity = replace(office.capacity, disk=0)
        await office.registrar.look()
        assert office.told and office.told.capacity.disk == 1000


async def test_a_node_that_died_is_missed_until_somebody_removes_it(office: Office) -> None:
    async with office.open():
        async with asyncio.timeout(10):
            while office.store.view.policy(NODE.id) is None:
                await asyncio.sleep(0.001)
    office.membership.lose_session(regain=False)
    assert office.told is None
    assert office.store.view.policy(NODE.id) == NodePolicy(NODE.id)


async def test_what_an_operator_decided_of_a_node_outlives_its_daemon(office: Office) -> None:
    decided = NodePolicy(NODE.id, cordoned=True, reason="a fan is broken")
    await office.store.commit(Commit(puts=(Put(node_policy_ref(NODE.id), decided),)))
    async with office.open():
        office.driver.images = {}
        office.changed.set()
        await office.until(lambda node: not node.images)  # it is past its beginning then
        assert office.store.view.policy(NODE.id) == decided
