"""One seed from its beginning to its end: faults and people at work, then peace, then judgement."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

import structlog

from tests.simulation import invariants
from tests.simulation.faults import strike
from tests.simulation.loop import CURRENT, SimulatedLoop, Stuck
from tests.simulation.people import People
from tests.simulation.world import World

PEACE = 400.0
"""Seconds after the last fault in which everything must have come to rest."""
GLANCE = 3.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a seed. `violations` are sentences; The rest says how much went on, in made-up time."""

    seed: int
    violations: tuple[str, ...]
    steps: int
    seconds: float
    revisions: int
    launches: int


def simulate(seed: int, tell: Callable[[str], None] | None = None) -> Verdict:
    """Run the world of `seed`. The same seed is the same world, in a process with the same PYTHONHASHSEED."""
    with _nothing_collected():
        _log_to(tell)
        try:
            return _simulate(seed, tell)
        finally:
            _log_to(None)


def _simulate(seed: int, tell: Callable[[str], None] | None) -> Verdict:
    loop = SimulatedLoop(Random(f"{seed} loop"))
    world = World(loop, seed)
    loop.set_exception_handler(lambda _, context: world.ledger.violated(_unhandled(context)))
    if tell:
        world.ledger.tell = lambda text: tell(f"{loop.time():9.4f} {text}")
        _clock[:] = [loop.time]
    people = People(world, Random(f"{seed} people"))
    try:
        violations = loop.run_until_complete(_through(world, people, Random(f"{seed} faults")))
    except Stuck as stuck:
        violations = [f"the world stands still: {stuck}", *world.ledger.violations]
    finally:
        loop.set_exception_handler(lambda *_: None)
        loop.shut()
    return Verdict(seed, tuple(violations), loop.steps, loop.time(), world.etcd.revision, len(world.ledger.launches))


@contextlib.contextmanager
def _nothing_collected() -> Iterator[None]:
    """While a world goes on nothing is finalised, for the collector's moments are not the seed's. What is left of it, killed daemons
    above all, goes afterwards, without a word about coroutines that nobody will finish; where nobody collects it stays."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        hook, sys.unraisablehook = sys.unraisablehook, lambda _: None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            gc.collect()
        sys.unraisablehook = hook
        gc.enable()


async def _through(world: World, people: People, random: Random) -> list[str]:
    leases = asyncio.create_task(world.keep_leases())
    for node in world.nodes:
        node.start()
    until = random.choice((4.0, 8.0, 15.0))
    async with asyncio.TaskGroup() as group:
        for name in ("ann", "bob")[: random.choice((1, 2))]:
            group.create_task(people.live(name, until))
        if random.random() < 0.9:
            group.create_task(strike(world, random, until))
    world.ledger.tell("PEACE")
    found = [*invariants.of_history(world, people)]
    if not found:
        found = await _rest(world, people)
    leases.cancel()
    return found


async def _rest(world: World, people: People) -> list[str]:
    """Until everything has ended, or waits for something that people may leave as it is."""
    end = world.loop.time() + PEACE
    while world.loop.time() < end and not world.ledger.violations:
        await asyncio.sleep(GLANCE)
        if not await people.settle() and not [*invariants.of_rest(world)]:
            return [*invariants.of_history(world, people)]
    left = [*invariants.of_rest(world)]
    return [*invariants.of_history(world, people), f"{len(left)} things never ended", *left]


def _unhandled(context: dict[str, Any]) -> str:
    """Nothing may fail where nobody looks: neither in the daemons nor in the made parts."""
    error = context.get("exception")
    where = "".join(traceback.format_exception(error)[-4:]) if error else ""
    return f"{context['message']}: {error!r} {where}"


_clock: list[Callable[[], float]] = []


def _log_to(tell: Callable[[str], None] | None) -> None:
    """What the daemons log is told with everything else, or not at all."""
    if tell is None:
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
        return

    def told(_: object, name: str, event: dict[str, object]) -> str:
        facts = " ".join(f"{key}={value}" for key, value in event.items() if key not in ("event", "exc_info"))
        now = _clock[-1]() if _clock else 0.0
        tell(f"{now:9.4f} {CURRENT.get() or 'world'}: {event['event']} {facts}")
        if event.get("exc_info"):
            tell(traceback.format_exc())
        raise structlog.DropEvent

    structlog.configure(processors=[told], wrapper_class=structlog.make_filtering_bound_logger(logging.INFO))
