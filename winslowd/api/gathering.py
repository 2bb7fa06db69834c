"""What is measured in the cluster, asked of each node once however many watch: fifty people who look at a thousand nodes ask a
thousand times, not fifty thousand.

Each node or stage that somebody watches has one stream from whoever measures it, begun with its first watcher and kept a little
after the last, since people come back. A watcher is handed what came last, at its own pace: who reads slowly misses seconds
and holds up nobody. Who may watch, and how it is told, this never needs to know.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Sequence
from contextlib import aclosing, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any

import structlog

from winslow.domain.principal import SYSTEM
from winslow.domain.stage import NodeId
from winslow.errors import WinslowError
from winslow.ports import Store
from winslow.v1 import node_service_pb2 as pb
from winslow.v1.node_pb2 import Reading
from winslow.wire import names
from winslowd.api import call, decoding, routing
from winslowd.api.routing import ELSEWHERE, WATCH_READINGS, There
from winslowd.peers.passing import Passing
from winslowd.usecases import known, nodes

log = structlog.get_logger(__name__)

Own = Callable[[Any, Any], AsyncGenerator[Any, None]]
"""NodeService.WatchReadings of this node alone."""

LOOK_EVERY = 1.0
"""Seconds between two looks at who measures what: stages are placed and end, nodes come and go."""
LINGER = 2.0
"""Seconds for which what nobody watches any more is still asked for."""
PATIENCE, PATIENCE_MAX = 1.0, 10.0
"""Seconds after which a node that did not answer is asked again: at first, and after many times."""
PACE = 0.5
"""Seconds between two answers to one watcher: what many nodes measured meanwhile goes together."""


@dataclass(slots=True, eq=False)
class Measurement:
    """One reading, handed to many; `kept` is for who passes it on as bytes, that they are made once."""

    reading: Reading
    kept: bytes = b""


class Latest:
    """What one watcher has not taken yet: of each node and stage the last."""

    def __init__(self) -> None:
        self.fault: WinslowError | None = None
        """Why something that is watched cannot be, however often its node is asked."""
        self._held: dict[str, Measurement] = {}
        self._came = asyncio.Event()
        self._due = 0.0

    def put(self, measured: Iterable[Measurement]) -> None:
        self._held.update((one.reading.subject, one) for one in measured)
        if self._held:
            self._came.set()

    def fail(self, fault: WinslowError) -> None:
        self.fault = fault
        self._came.set()

    async def next(self) -> Sequence[Measurement]:
        """What came since it was asked last, the first time at once and then each `PACE` seconds at most; nothing on a fault."""
        loop = asyncio.get_running_loop()
        if (early := self._due - loop.time()) > 0:
            await asyncio.sleep(early)
        await self._came.wait()
        found = list(self._held.values())
        self._held.clear()
        self._came.clear()
        self._due = loop.time() + PACE
        return found


@dataclass(slots=True)
class _Subject:
    """A node or a stage that is watched."""

    is_node: bool
    watchers: set[Latest] = field(default_factory=set)
    there: There | None = None
    """Who is asked; None while nobody measures it."""
    asking: asyncio.Task[None] | None = None
    last: tuple[Measurement, ...] = ()
    fault: WinslowError | None = None
    wanted_at: float = 0.0

    def stop(self) -> None:
        if self.asking:
            self.asking.cancel()
        self.there, self.asking, self.last, self.fault = None, None, (), None


class Gathering:
    """Of node `here`, which asks itself by `own`, and other nodes through `passing`; without, there are no others. See `open`."""

    def __init__(self, here: NodeId, store: Store, own: Own, passing: Passing | None, group: asyncio.TaskGroup) -> None:
        self._here = here
        self._store = store
        self._own = own
        self._passing = passing
        self._group = group
        self._subjects: dict[str, _Subject] = {}
        self._of_all: set[Latest] = set()
        """Those who watch all nodes."""
        self._watched = asyncio.Event()

    @classmethod
    @asynccontextmanager
    async def open(
        cls, here: NodeId, store: Store, own: Own, passing: Passing | None = None
    ) -> AsyncGenerator[Gathering, None]:
        """While the scope lasts; nothing is asked while nobody watches. The body's own error comes out bare."""
        failure: Exception | None = None
        async with asyncio.TaskGroup() as group:
            gathering = cls(here, store, own, passing, group)
            looking = group.create_task(gathering._look_again(), name="gathering")
            try:
                yield gathering
            except Exception as error:
                failure = error
            finally:
                looking.cancel()
                gathering._stop()
        if failure is not None:
            raise failure

    @contextmanager
    def watching(self, asked: Sequence[str]) -> Iterator[Latest]:
        """What is measured of these nodes and stages, of all nodes where none is named: the last at once, then each second.

        Nothing comes of what nobody measures, as long as nobody does. Raises InvalidArgument for what is neither a node's
        name nor a stage's.
        """
        for name in asked:
            names.parse_node(name) if decoding.is_node(name) else decoding.stage_name(name)
        latest, wanted = Latest(), set(asked)
        self._watched.set()
        if not wanted:
            self._of_all.add(latest)
            wanted = set(routing.all_nodes(self._store.view, self._here))
        for name in wanted:
            self._begin(name, latest)
        try:
            yield latest
        finally:
            self._of_all.discard(latest)
            now = asyncio.get_running_loop().time()
            for subject in (self._subjects[name] for name in wanted if name in self._subjects):
                subject.watchers.discard(latest)
                subject.wanted_at = now

    async def answers(self, asked: Sequence[str]) -> AsyncGenerator[pb.WatchReadingsResponse, None]:
        """The same, for who asks for nothing else and is told what is wrong.

        Raises NotFound (NODE_UNKNOWN, PROJECT_UNKNOWN, STAGE_UNKNOWN) for what there is not, Unavailable (NODE_SILENT) once all
        of it is on nodes that are silent, and whatever its node has against it.
        """
        self._require(asked)
        with self.watching(asked) as latest:
            while True:
                routing.shares(tuple(asked), self._store.view, self._here)
                try:
                    async with asyncio.timeout(LOOK_EVERY):
                        found = await latest.next()
                except TimeoutError:
                    continue
                if latest.fault and asked:
                    raise latest.fault
                if found:
                    yield pb.WatchReadingsResponse(readings=[one.reading for one in found])

    # ---- who measures what

    def _begin(self, name: str, latest: Latest) -> None:
        subject = self._subjects.get(name)
        if subject is None:
            subject = self._subjects[name] = _Subject(decoding.is_node(name))
        if latest not in self._of_all:
            subject.watchers.add(latest)
        self._place(name, subject)
        latest.put(subject.last)
        if subject.fault:
            latest.fail(subject.fault)

    async def _look_again(self) -> None:
        while True:
            await self._watched.wait()
            await asyncio.sleep(LOOK_EVERY)
            self._look(asyncio.get_running_loop().time())
            if not self._subjects and not self._of_all:
                self._watched.clear()

    def _look(self, now: float) -> None:
        if self._of_all:
            for name in routing.all_nodes(self._store.view, self._here):
                self._subjects.setdefault(name, _Subject(is_node=True))
        for name, subject in list(self._subjects.items()):
            if subject.watchers or (subject.is_node and self._of_all):
                subject.wanted_at = now
            if now - subject.wanted_at > LINGER:
                subject.stop()
                del self._subjects[name]
            else:
                self._place(name, subject)

    def _place(self, name: str, subject: _Subject) -> None:
        """Ask whoever measures it now, and nobody else."""
        there = self._measurer(name)
        if there == subject.there:
            return
        subject.stop()
        subject.there = there
        if there:
            asking = self._ask(name, subject, there)
            subject.asking = self._group.create_task(asking, name=f"readings of {name}")

    def _measurer(self, name: str) -> There | None:
        node = routing.measurer(name, self._store.view)
        if node == self._here:
            return There(node, "")
        found = self._store.view.node(node) if node and self._passing else None
        return There(found.id, found.address) if found else None

    def _require(self, asked: Iterable[str]) -> None:
        view = self._store.view
        for name in asked:
            if not decoding.is_node(name):
                known.stage(view, *decoding.stage_name(name))
            elif (node := names.parse_node(name)) != self._here and not routing.knows(node, view):
                nodes.known_id(view, node)

    # ---- asking

    async def _ask(self, name: str, subject: _Subject, there: There) -> None:
        call.enter(SYSTEM)  # not as whoever watches first: what comes is for all who do
        pause = PATIENCE
        while True:
            try:
                async with aclosing(self._stream(name, there)) as answers:
                    async for answer in answers:
                        pause = PATIENCE
                        self._tell(subject, answer.readings)
            except WinslowError as error:
                if pause == PATIENCE:
                    log.info("readings are missing", of=name, node=there.node, error=str(error))
                self._fail(subject, error)
            except Exception:  # of one node: others are measured nevertheless
                log.exception("readings cannot be told", of=name, node=there.node)
            subject.last = ()
            await asyncio.sleep(pause)
            pause = min(2 * pause, PATIENCE_MAX)

    def _stream(self, name: str, there: There) -> AsyncGenerator[Any, None]:
        request = pb.WatchReadingsRequest(names=[name])
        if there.node == self._here:
            return self._own(request, None)
        assert self._passing is not None
        return self._passing.stream(there.address, WATCH_READINGS, request, SYSTEM, None)

    def _tell(self, subject: _Subject, readings: Iterable[Reading]) -> None:
        subject.last, subject.fault = tuple(Measurement(one) for one in readings), None
        for watcher in self._watchers(subject):
            watcher.put(subject.last)

    def _fail(self, subject: _Subject, error: WinslowError) -> None:
        if error.code not in ELSEWHERE:
            subject.fault = error
            for watcher in self._watchers(subject):
                watcher.fail(error)

    def _watchers(self, subject: _Subject) -> Iterable[Latest]:
        return subject.watchers | self._of_all if subject.is_node and self._of_all else subject.watchers

    def _stop(self) -> None:
        for subject in self._subjects.values():
            subject.stop()
        self._subjects.clear()
