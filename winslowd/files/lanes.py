"""Threads for blocking work, in lanes that do not wait for each other; a thread is started when it is first needed.

Smaller than concurrent.futures, whose import alone would cost the worker a megabyte.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue

from winslowd.files.calls import Lane

Work = Callable[[], None]


class Threads:
    """Up to `limit` threads that take work in order. Work must not raise."""

    def __init__(self, name: str, limit: int) -> None:
        self._name = name
        self._limit = limit
        self._count = 0
        self._work: SimpleQueue[Work] = SimpleQueue()
        self._idle = threading.Semaphore(0)

    def submit(self, work: Work) -> None:
        """Called from any thread; two that submit at once may start one thread too few or many, never none."""
        self._work.put(work)
        if not self._idle.acquire(blocking=False) and self._count < self._limit:
            self._count += 1
            threading.Thread(target=self._run, name=f"{self._name}-{self._count}", daemon=True).start()

    def _run(self) -> None:
        while True:
            self._work.get()()
            self._idle.release()


class Lanes:
    """One set of threads for each lane."""

    def __init__(self) -> None:
        self._threads = {lane: Threads(lane.name.lower(), lane.value) for lane in Lane}

    def submit(self, lane: Lane, work: Work) -> None:
        self._threads[lane].submit(work)
