"""What goes wrong in a world, and how it is undone. Each fault strikes, lasts, and leaves everything as it should be."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from random import Random

import grpc

from tests.simulation.node import SimulatedNode
from tests.simulation.world import World
from winslowd.etcd.wire import etcd_pb2 as pb

Fault = Callable[[World, SimulatedNode, Random], Awaitable[None]]


async def daemon_killed(world: World, node: SimulatedNode, random: Random) -> None:
    node.kill()
    await asyncio.sleep(random.choice((0.0, 0.5, 3.0, 12.0)))
    node.start()


async def daemon_stopped(world: World, node: SimulatedNode, random: Random) -> None:
    await node.stop()
    await asyncio.sleep(random.choice((0.0, 1.0)))
    node.start()


async def machine_lost(world: World, node: SimulatedNode, random: Random) -> None:
    node.crash()
    await asyncio.sleep(random.choice((1.0, 5.0, 25.0)))
    node.boot()


async def daemon_frozen(world: World, node: SimulatedNode, random: Random) -> None:
    await _frozen(node, random, containers=False)


async def machine_frozen(world: World, node: SimulatedNode, random: Random) -> None:
    await _frozen(node, random, containers=True)


async def leader_frozen(world: World, node: SimulatedNode, random: Random) -> None:
    """Just before it commits something: what it has decided by then is old when it wakes."""
    leader = next((one for one in world.nodes if one.desk and one.desk.store.view.leader == one.id), node)
    leader.stalls = asyncio.Event()
    try:
        async with asyncio.timeout(5):
            await leader.stalls.wait()
    except TimeoutError:
        leader.stalls = None
    await _frozen(leader, random, containers=False)


async def frozen_at_work(world: World, node: SimulatedNode, random: Random) -> None:
    """Whichever runs a process first, for so long that its stage may be given up: what that writes when it wakes is too late."""
    for _ in range(100):
        if busy := [one for one in world.nodes if one.id in world.ledger.running.values()]:
            node = random.choice(busy)
            node.freeze(containers=True)
            await asyncio.sleep(random.choice((10.0, 16.0, 25.0, 30.0)))
            return node.thaw()
        await asyncio.sleep(0.1)


async def _frozen(node: SimulatedNode, random: Random, *, containers: bool) -> None:
    node.freeze(containers=containers)
    await asyncio.sleep(random.choice((1.0, 5.0, 10.0, 25.0)))
    node.thaw()


async def cut_off(world: World, node: SimulatedNode, random: Random) -> None:
    """From etcd: what is sent is swallowed, nobody is told."""
    node.line.cut = True
    await asyncio.sleep(random.choice((1.0, 5.0, 10.0, 25.0)))
    node.line.cut = False


async def etcd_away(world: World, node: SimulatedNode, random: Random) -> None:
    """No quorum: nothing happens there, leases neither. When it is back, every lease starts anew."""
    world.outage = True
    refusing = random.random() < 0.5
    for one in world.nodes:
        one.line.refusing, one.line.cut = refusing, not refusing
    await asyncio.sleep(random.choice((1.0, 5.0, 25.0)))
    for one in world.nodes:
        one.line.refusing = one.line.cut = False
    world.etcd.renew_all()
    world.outage = False


async def watches_broken(world: World, node: SimulatedNode, random: Random) -> None:
    node.line.break_streams()


async def watch_lags(world: World, node: SimulatedNode, random: Random) -> None:
    """It is answered at once, but sees late what others do."""
    node.line.lag = random.choice((0.1, 0.5, 1.0, 4.0))
    await asyncio.sleep(random.choice((2.0, 10.0)))
    node.line.lag = 0.0


async def compacted(world: World, node: SimulatedNode, random: Random) -> None:
    """While a watch is stalled, so that what it would go on from is gone."""
    node.line.cut = True
    await asyncio.sleep(random.choice((1.0, 3.0, 8.0)))
    if world.etcd.revision > world.etcd.compacted:
        world.etcd.answer("/Compact", pb.CompactionRequest(revision=world.etcd.revision))
    for stream in list(node.line.streams):
        stream.fail(grpc.StatusCode.UNAVAILABLE, "the member went away")
    node.line.cut = False


async def engine_restarted(world: World, node: SimulatedNode, random: Random) -> None:
    """Containers go on (live-restore), or die with it."""
    node.engine.go_away(containers_die=random.random() < 0.5)
    await asyncio.sleep(random.choice((0.5, 3.0, 10.0)))
    node.engine.come_back()


async def answers_lost(world: World, node: SimulatedNode, random: Random) -> None:
    world.doubt = random.choice((0.05, 0.2, 0.5))
    await asyncio.sleep(random.choice((3.0, 10.0)))
    world.doubt = 0.0


FAULTS: tuple[Fault, ...] = (
    daemon_killed,
    daemon_killed,
    daemon_stopped,
    machine_lost,
    daemon_frozen,
    machine_frozen,
    leader_frozen,
    cut_off,
    etcd_away,
    watches_broken,
    watch_lags,
    watch_lags,
    leader_frozen,
    compacted,
    engine_restarted,
    answers_lost,
    answers_lost,
)


WHERE_NODES_ARE_FENCED: tuple[Fault, ...] = (*FAULTS, *[frozen_at_work] * 12)


async def strike(world: World, random: Random, until: float) -> None:
    """One fault after another, sometimes several at once; all are undone when this returns."""
    busy: set[SimulatedNode] = set()

    async def one() -> None:
        free = [node for node in world.nodes if node not in busy]
        if not free or world.outage:
            return
        faults = WHERE_NODES_ARE_FENCED if world.fencing else FAULTS
        node, fault = random.choice(free), random.choice(faults)
        everywhere = fault in (etcd_away, leader_frozen, frozen_at_work)
        if everywhere and busy:
            return
        taken = list(world.nodes) if everywhere else [node]
        busy.update(taken)
        world.ledger.tell(f"FAULT {fault.__name__} {node.id}")
        try:
            await fault(world, node, random)
        finally:
            busy.difference_update(taken)
            world.ledger.tell(f"fault {fault.__name__} {node.id} is over")

    async with asyncio.TaskGroup() as group:
        while world.loop.time() < until:
            await asyncio.sleep(random.expovariate(1 / 6.0))
            group.create_task(one())
