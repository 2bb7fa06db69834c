"""What changes, made out once for all who watch: they read it at their own pace, each from where it is.

What a change makes people see differently beside itself (a project's state, when its stage moved) is told once it has
settled, at most a few times a second, since in a large project deriving costs more than the change. There is no task behind
it: whoever reads takes in what is new. While nobody reads, nothing is kept and nothing derived.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from winslow.domain.records import Change, Kind, Ref
from winslow.domain.stage import NodeId
from winslow.errors import OutOfRange
from winslow.ports import Clock, Store
from winslowd.usecases.telling import (
    DERIVED,
    WATCHED,
    Shown,
    Telling,
    Told,
    became_history,
    derived_of,
    shown_by,
)

SETTLE = 0.1
"""Seconds in which changes of one derived state are taken together."""
SHARE = 20
"""Deriving takes at most a twentieth of the time, however much there is."""
AT_ONCE = 100
"""Derived states of one entry: nobody waits for more of them."""
KEPT = 500
"""Entries for slow readers. Who is slower looks at the view again."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What was told at once. Everything up to `revision` is in the entries up to this one."""

    revision: int
    told: tuple[Told, ...]


class Bulletin:
    """Entries at positions that never change. To be used within `reading`."""

    def __init__(self, store: Store, clock: Clock, telling: Telling) -> None:
        self._store = store
        self._clock = clock
        self._telling = telling
        self._readers = 0
        self._entries: deque[Entry] = deque()
        self._dropped = 0
        self._revision = 0
        self._dirty: dict[Ref, int] = {}
        """What is to be derived anew, and the revision since which it is, oldest first."""
        self._last: dict[Ref, Shown] = {}
        """Of what has derived states, the last that was told."""
        self._leader: NodeId | None = None
        self._led_since = 0
        self._settle = 0.0

    @contextlib.contextmanager
    def reading(self) -> Iterator[None]:
        """Who is in here is told of everything from now on."""
        if self._readers == 0:
            self._begin()
        self._readers += 1
        try:
            yield
        finally:
            self._readers -= 1
            if self._readers == 0:
                self._forget()

    @property
    def due(self) -> float | None:
        """When there is something to derive, by the loop's clock; None while there is not."""
        return self._settle if self._dirty else None

    @property
    def safe(self) -> int:
        """The last revision of which nothing is still to be told."""
        oldest = next(iter(self._dirty.values()), None)
        return self._revision if oldest is None else oldest - 1

    @property
    def led_since(self) -> int:
        """Who leads now has been leading since this revision, or for longer."""
        return self._led_since

    async def settled(self) -> None:
        """Derive all there is to derive; others have their turn in between."""
        self._take_in()
        while self._dirty:
            self._derive()
            await asyncio.sleep(0)
            self._take_in()

    def now(self) -> tuple[int, int]:
        """The revision that the view shows, all of which has been told, and the position of what comes next."""
        self._take_in()
        while self._dirty:
            self._derive()
        return self._revision, self._end

    def after(self, position: int) -> Sequence[Entry] | None:
        """The entries from `position` on, with what is new; None when that one is no longer kept."""
        self._take_in()
        if self._dirty and asyncio.get_running_loop().time() >= self._settle:
            self._derive()
        if position < self._dropped:
            return None
        return [self._entries[at - self._dropped] for at in range(position, self._end)]

    # ---- inside

    @property
    def _end(self) -> int:
        return self._dropped + len(self._entries)

    def _begin(self) -> None:
        self._forget()
        self._revision, self._leader = self._store.view.revision, self._store.view.leader
        self._led_since = self._revision
        self._settle = asyncio.get_running_loop().time()

    def _forget(self) -> None:
        """Positions go on: who reads from an old one is told that it is no longer kept."""
        self._dropped = self._end
        self._entries.clear()
        self._dirty.clear()
        self._last.clear()
        self._telling.forget()

    def _take_in(self) -> None:
        view = self._store.view
        if view.revision != self._revision or view.leader != self._leader:
            try:
                news = self._store.since(self._revision)
            except OutOfRange:  # nobody has read for a long time
                self._begin()
                self._dropped += 1  # so that nobody takes what he has for all there was
                return
            if not self._dirty:
                self._settle = max(self._settle, asyncio.get_running_loop().time() + SETTLE)
            for changes in news:
                self._publish(max(change.revision for change in changes), self._changed(changes))
            self._revision = view.revision
            self._note_leader()

    def _changed(self, changes: Sequence[Change]) -> tuple[Told, ...]:
        """What a revision changed; what is derived of it is noted for later."""
        view, now = self._store.view, self._clock()
        told: dict[Ref, Told] = {}
        for change in changes:
            ref = shown_by(change.ref)
            for derived in derived_of(view, change):
                self._dirty.setdefault(derived, change.revision)
            if became_history(view, change):  # it is told to nobody, and what it leaves behind may look otherwise
                self._last.pop(ref, None)
                continue
            if ref.kind in WATCHED:
                told[ref] = self._telling.tell(view, ref, now) or Told(ref, change.revision, None)
        for one in told.values():
            self._remember(one)
        return tuple(told.values())

    def _derive(self) -> None:
        """Some of the derived states, of which those are told that differ from what was told last."""
        loop, view, now = asyncio.get_running_loop(), self._store.view, self._clock()
        began = loop.time()
        told: list[Told] = []
        for ref in list(islice(self._dirty, AT_ONCE)):
            del self._dirty[ref]
            one = self._telling.tell(view, ref, now) or _gone(ref, view.revision)
            if one and (one.shown is None or self._last.get(ref) != one.shown):
                told.append(one)
                self._remember(one)
        pause = SHARE * (loop.time() - began)
        self._settle = loop.time() + (pause if self._dirty else max(pause, SETTLE))
        self._publish(self._revision, tuple(told))

    def _publish(self, revision: int, told: tuple[Told, ...]) -> None:
        if not told:
            return
        self._entries.append(Entry(revision, told))
        if len(self._entries) > KEPT:
            self._entries.popleft()
            self._dropped += 1

    def _remember(self, told: Told) -> None:
        self._dirty.pop(told.ref, None)
        if told.shown is None:
            self._last.pop(told.ref, None)
        elif told.ref.kind in DERIVED:
            self._last[told.ref] = told.shown

    def _note_leader(self) -> None:
        """Who leads is no record, and no change tells of it."""
        before, self._leader = self._leader, self._store.view.leader
        if before != self._leader:
            self._led_since = self._revision
            for node in filter(None, (before, self._leader)):
                self._dirty.setdefault(Ref(Kind.NODE, node), self._revision)


def _gone(ref: Ref, revision: int) -> Told | None:
    """A silent node is gone when the last that told of it is: no change of its own says so."""
    return Told(ref, revision, None) if ref.kind is Kind.NODE else None
