"""How long a caller goes on when nobody answers: pauses that grow, in a limit that progress renews.

It never needs to know what is tried.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable

from winslow.errors import Code, WinslowError

FIRST_PAUSE = 0.1
LONGEST_PAUSE = 2.0
GROWTH = 1.8


class Patience:
    """For one call or stream. `seconds` is how long in all it may go without progress."""

    def __init__(
        self,
        seconds: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._seconds = seconds
        self._clock = clock
        self._sleep = sleep
        self._jitter = random.Random()  # noqa: S311 - spreads retries, keeps no secret
        self.renew()

    def renew(self) -> None:
        """Progress was made: the limit counts from now."""
        self._until = self._clock() + self._seconds
        self._pause = FIRST_PAUSE

    def pause(self, error: WinslowError) -> None:
        """Wait before the next try; raises `error` itself when trying again cannot help, or the limit is reached."""
        left = self._until - self._clock()
        if error.code is not Code.UNAVAILABLE or left <= 0:
            raise error
        self._sleep(min(self._pause * self._jitter.uniform(0.7, 1.3), left))
        self._pause = min(self._pause * GROWTH, LONGEST_PAUSE)
