"""Work that makes more work, done by the caller and, once there is enough of it, by a few threads beside it.

It knows nothing of what the work is. A small job costs no thread at all, and the backlog stays small: who finds
work while it is long does it at once, so a directory of a million files is never held in memory.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

from storage.stop import Stop, Stopped

Item = TypeVar("Item")
_BACKLOG = 256


class Crew(Generic[Item]):
    """Does `work` for every item that is added, with up to `helpers` threads beside the caller's."""

    def __init__(self, work: Callable[[Item], None], stop: Stop, helpers: int = 3) -> None:
        self._work = work
        self._stop = stop
        self._helpers = helpers
        self._threads: list[threading.Thread] = []
        self._items: deque[Item] = deque()
        self._open = 0
        """Items that are waiting or being worked on."""
        self._error: BaseException | None = None
        self._changed = threading.Condition()

    def add(self, item: Item) -> None:
        """Have `item` done later. Raises Stopped when another item has failed."""
        with self._changed:
            self._enqueue(item)

    def offer(self, item: Item) -> None:
        """Have `item` done later, or do it now and here when much is waiting. Raises Stopped when another has failed."""
        with self._changed:
            if len(self._items) < _BACKLOG:
                return self._enqueue(item)
        return self._work(item)

    def run(self, first: Item) -> None:
        """Do `first` and all that it adds. Raises the first error, or Stopped, once nobody works any more."""
        self._items.append(first)
        self._open = 1
        self._labour()
        for thread in self._threads:
            thread.join()
        self._threads.clear()
        if self._error is not None:
            raise self._error

    def _enqueue(self, item: Item) -> None:
        if self._error is not None:
            raise Stopped
        self._items.append(item)
        self._open += 1
        self._hire()
        self._changed.notify()

    def _hire(self) -> None:
        if len(self._items) > 1 and len(self._threads) < self._helpers:
            thread = threading.Thread(target=self._labour, name="crew", daemon=True)
            self._threads.append(thread)
            thread.start()

    def _labour(self) -> None:
        while (item := self._next()) is not None:
            try:
                self._stop.check()
                self._work(item[0])
            except BaseException as error:
                with self._changed:
                    self._error = self._error or error
                    self._items.clear()
                    self._changed.notify_all()
            finally:
                with self._changed:
                    self._open -= 1
                    self._changed.notify_all()

    def _next(self) -> tuple[Item] | None:
        with self._changed:
            while not self._items:
                if self._open <= 0 or self._error is not None:
                    return None
                self._changed.wait()
            return (self._items.popleft(),)
