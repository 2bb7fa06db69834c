"""Locks by name, for work on one directory: a repeated prepare waits for the first, a removal for the copy it ends.

They hold within this process. Between nodes it is the award of a stage, written once, that says who may work.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from storage.stop import Stop

_LOOK_EVERY = 0.05
"""Seconds between two looks at a waiter's stop."""


class Locks:
    """As many locks as there are names in use."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._held: dict[str, tuple[threading.Lock, int]] = {}

    @contextmanager
    def hold(self, *names: str, stop: Stop) -> Iterator[None]:
        """Hold all of `names`, in one order for everybody. Raises Stopped when `stop` is requested while it waits."""
        with ExitStack() as stack:
            for name in sorted(set(names)):
                stack.enter_context(self._one(name, stop))
            yield

    @contextmanager
    def _one(self, name: str, stop: Stop) -> Iterator[None]:
        with self._guard:
            lock, users = self._held.get(name, (threading.Lock(), 0))
            self._held[name] = (lock, users + 1)
        try:
            while not lock.acquire(timeout=_LOOK_EVERY):
                stop.check()
            try:
                yield
            finally:
                lock.release()
        finally:
            self._let_go(name)

    def _let_go(self, name: str) -> None:
        with self._guard:
            lock, users = self._held[name]
            if users == 1:
                del self._held[name]
            else:
                self._held[name] = (lock, users - 1)
