"""Gives up the stages of nodes that stay silent: the part of a leader's term that buries, and never anything that lives.

The core decides (`winslow.domain.silence`), this loop counts seconds and commits. A commit that gives a stage up compares
the leader's fence, the stage's revision, that the node is still not registered, and that the silence is still the one
which was waited out: a node that is back just in time wins. Seconds count once they are recorded. While the store takes
nothing, no node could say that it is back, so that time is not held against it.

Where silent nodes can be shut out of the shared file system, that is done before a stage of theirs is given up, and recorded
(ADR 23). As long as it fails, the stage is waited for, and the record says why.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby

import structlog

from winslow.domain import lifecycle, silence
from winslow.domain.node import Silence
from winslow.domain.records import (
    Change,
    Commit,
    Expect,
    Fence,
    Kind,
    Put,
    attachment_ref,
    node_ref,
    silence_ref,
    stage_ref,
)
from winslow.domain.silence import UNKNOWN_CLIENT, Burial, Decision, Fencing
from winslow.domain.stage import NodeId, Stage
from winslow.errors import Conflict, OutOfRange, Unavailable, WinslowError
from winslow.ports import Clock, Fencer, Steady, Store

log = structlog.get_logger(__name__)

RESYNC = 30.0
"""Seconds after which it looks again though nothing woke it."""
AGAIN = 0.5
"""Seconds before something that failed is tried again."""
AT_ONCE = 2 * silence.CHECKPOINT
"""Seconds that one look may add: a leader that was frozen for longer heard nobody meanwhile."""
BATCH = 40
"""Stages given up in one transaction; etcd takes 128 operations in one by default."""


@dataclass(slots=True)
class Vigils:
    """What this leader waited for each silent node beyond what is recorded of it."""

    steady: Steady
    _last: float = 0.0
    _of: dict[NodeId, float] = field(default_factory=dict)

    def count(self, recorded: Iterable[NodeId]) -> dict[NodeId, float]:
        """Add what passed since it was asked last. One that has no record, since it was back or is new, begins at nothing."""
        now = self.steady()
        passed, self._last = min(now - self._last, AT_ONCE), now
        self._of = {node: self._of[node] + passed if node in self._of else 0.0 for node in recorded}
        return dict(self._of)

    def recorded(self, node: NodeId) -> None:
        """All that was waited for it is recorded; what comes now is not."""
        self._of[node] = 0.0

    def begin_anew(self) -> None:
        """What is not recorded yet was not waited: the store took nothing, from nodes neither."""
        self._of.clear()


class Undertaker:
    """One term's. Every commit carries `fence`; `clock` (Unix seconds) is only written down, `steady` is what counts.

    Without a `fencer` nobody is shut out of anything.
    """

    def __init__(self, store: Store, fence: Fence, clock: Clock, steady: Steady, fencer: Fencer | None = None) -> None:
        self._store = store
        self._fencer = fencer
        self._fence = fence
        self._clock = clock
        self._steady = steady
        self._vigils = Vigils(steady)
        self._not_before: dict[NodeId, float] = {}
        """When a node that could not be shut out is tried again, by the steady clock."""
        self._said_unfenced = False
        self._wake = asyncio.Event()

    async def run(self) -> None:
        """Until cancelled. Raises Conflict (FENCED) when somebody else leads."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._listen(), name="undertaker: listens for changes")
            while True:
                self._wake.clear()
                rest = await self.look()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(rest):
                        await self._wake.wait()

    async def look(self) -> float:
        """Record what is due; returns for how many seconds nothing more will be, if nothing happens."""
        view = self._store.view
        silent, records = silence.silent_nodes(view), silence.silences(view)
        waited = self._vigils.count(silent.keys() & records.keys())
        clients = silence.attached(view, silent) if self._fencer else None
        decision = silence.decide(silent, records, waited, self._clock(), clients)
        self._say_once_that_nobody_is_fenced(decision)
        done = [await self._commit(commit) for commit in list(self._commits(decision))]
        done += await self._shut_out(decision.fencings)
        if not all(done):
            return AGAIN
        return min(RESYNC, decision.look_in) if decision.look_in is not None else RESYNC

    def _commits(self, decision: Decision) -> Iterator[Commit]:
        """What to commit, in order, as of one view: what was waited for is given up before more is written of it."""
        for node, burials in groupby(decision.burials, lambda burial: burial.stage.node):
            assert node is not None  # it is placed
            together = list(burials)
            for start in range(0, len(together), BATCH):
                yield self._burying(node, together[start : start + BATCH])
        for record in decision.records:
            put = Put(silence_ref(record.node), record)
            yield Commit(puts=(put,), expects=self._still_silent(record.node), fence=self._fence)
        for node in decision.over:
            ref = silence_ref(node)
            expects = (Expect(ref, self._store.view.revision_of(ref)),)
            yield Commit(deletes=(ref,), expects=expects, fence=self._fence)

    def _burying(self, node: NodeId, burials: list[Burial]) -> Commit:
        view, now = self._store.view, self._clock()
        return Commit(
            puts=tuple(Put(stage_ref(one.stage), lifecycle.advance(one.stage, one.event, now)) for one in burials),
            expects=(
                *self._still_silent(node),
                *self._still_attached(node),
                *(Expect(stage_ref(one.stage), view.revision_of(stage_ref(one.stage))) for one in burials),
            ),
            fence=self._fence,
        )

    async def _shut_out(self, fencings: Iterable[Fencing]) -> list[bool]:
        """Those whose turn it is, all at once, and record what came of it; it takes as long as the slowest."""
        due = [one for one in fencings if self._steady() >= self._not_before.get(one.record.node, 0.0)]
        return list(await asyncio.gather(*(self._shut_out_one(fencing) for fencing in due)))

    async def _shut_out_one(self, fencing: Fencing) -> bool:
        """Whether what came of it is recorded. One that was back meanwhile has another record, or none: nothing is written."""
        node = fencing.record.node
        held = self._store.view.silence(node)
        if held is None or held.since != fencing.record.since:
            return False
        expects = self._still_silent(node)
        after = await self._tried(fencing)
        if after.fault:
            self._not_before[node] = self._steady() + silence.FENCE_AGAIN
        if after == held:
            return True
        return await self._commit(Commit(puts=(Put(silence_ref(node), after),), expects=expects, fence=self._fence))

    async def _tried(self, fencing: Fencing) -> Silence:
        node = fencing.record.node
        assert self._fencer is not None  # nothing is to be fenced without one
        if not fencing.clients:
            return fencing.failed(UNKNOWN_CLIENT)
        try:
            for client in fencing.clients:
                await self._fencer.fence(client)
        except WinslowError as error:
            log.warning("a silent node cannot be shut out of the storage yet", node=node, error=str(error))
            return fencing.failed(str(error))
        log.warning("silent node is shut out of the storage", node=node, clients=fencing.clients)
        return fencing.done()

    def _say_once_that_nobody_is_fenced(self, decision: Decision) -> None:
        if decision.burials and self._fencer is None and not self._said_unfenced:
            self._said_unfenced = True
            log.warning("stages are given up though their nodes may still write: no fencing is configured")

    def _still_silent(self, node: NodeId) -> tuple[Expect, ...]:
        """It is not registered, and was not in between."""
        record = silence_ref(node)
        return Expect(node_ref(node), 0), Expect(record, self._store.view.revision_of(record))

    def _still_attached(self, node: NodeId) -> tuple[Expect, ...]:
        """It writes through no other clients than those that were shut out: a new one is told before it is used."""
        if self._fencer is None:
            return ()
        ref = attachment_ref(node)
        return (Expect(ref, self._store.view.revision_of(ref)),)

    async def _commit(self, commit: Commit) -> bool:
        """Whether it took effect, as far as is known; if not, all is decided anew. A fence ends the term."""
        try:
            await self._store.commit(commit)
        except Conflict as conflict:
            if conflict.reason == "FENCED":
                raise
        except Unavailable as error:
            log.warning("silence is not recorded yet, decided anew", error=str(error))
            self._vigils.begin_anew()
        except WinslowError:  # one that cannot be recorded must not keep the others
            log.exception("silence cannot be recorded", records=[str(put.ref) for put in commit.puts[:3]])
        else:
            self._took_effect(commit)
            return True
        return False

    def _took_effect(self, commit: Commit) -> None:
        for put in commit.puts:
            match put.value:
                case Silence(node):
                    self._vigils.recorded(node)
                case Stage(id=id_, node=node, state=state):
                    log.warning("stage of a silent node is given up", stage=id_, node=node, state=state.value)
                case _:
                    raise AssertionError(f"{put.ref} is not the undertaker's")

    async def _listen(self) -> None:
        while True:
            with contextlib.suppress(OutOfRange):
                self._wake.set()
                async for changes in self._store.changes(self._store.view.revision):
                    if any(self._matters(change) for change in changes):
                        self._wake.set()

    def _matters(self, change: Change) -> bool:
        """Whether a node came or went, or something happened to a stage of one that is silent."""
        match change.ref.kind:
            case Kind.NODE:
                return change.before is None or change.now is None
            case Kind.SILENCE:
                return True
            case Kind.STAGE:
                found = change.now or change.before
                stage = found.value if found else None
                return isinstance(stage, Stage) and stage.node is not None and self._store.view.node(stage.node) is None
            case _:
                return False
