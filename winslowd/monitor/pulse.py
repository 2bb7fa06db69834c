"""Whether the engine answers: asked every few seconds, so that a node whose engine is away says so before it is given a stage.

It never needs to know which engine it is. A call that hangs is waited for and not repeated: an engine that is frozen must not
fill up with our questions.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from winslow.errors import WinslowError

EVERY = 5.0
"""Seconds between two questions."""
WITHIN = 5.0
"""Seconds without an answer after which it counts as away."""


class Pulse:
    """`ask` is any cheap question to the engine; what it answers is no matter."""

    def __init__(self, ask: Callable[[], Awaitable[object]], every: float = EVERY, within: float = WITHIN) -> None:
        self._ask = ask
        self._every = every
        self._within = within
        self.fault = ""
        """Why the node can run nothing, as a sentence; "" while its engine answers."""

    async def run(self) -> None:
        while True:
            await self.look()
            await asyncio.sleep(self._every)

    async def look(self) -> None:
        """Ask once, and return when there is an answer, however late."""
        late = asyncio.get_running_loop().call_later(self._within, self._is_late)
        try:
            await self._ask()
        except WinslowError as error:
            self.fault = f"its engine does not answer: {error.message}"
        else:
            self.fault = ""
        finally:
            late.cancel()

    def _is_late(self) -> None:
        self.fault = f"its engine has not answered for {self._within:g} s"
