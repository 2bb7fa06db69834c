"""A pace: how many bytes a second work in the background may take, so that what people wait for has the disk.

It knows nothing of the work.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from storage.stop import Stop

_LONGEST = 0.1
"""Seconds between two looks at the stop, while it pauses."""


class Pace:
    """`rate` bytes a second; 0 for as fast as it goes. One piece of work's own."""

    def __init__(self, rate: float = 0.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._clock = clock
        self._free = clock()

    def took(self, count: int, stop: Stop) -> None:
        """`count` bytes were read or written: wait until that many may have been. Raises Stopped."""
        stop.check()
        if not self._rate:
            return
        self._free = max(self._free, self._clock()) + count / self._rate
        while (left := self._free - self._clock()) > 0:
            time.sleep(min(left, _LONGEST))
            stop.check()
