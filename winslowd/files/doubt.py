"""Whether the file system still takes data, asked where a call takes long: whoever knows the names may be well while data hang.

A ping is answered by the servers of names alone. So a call that takes longer than a quick one may is doubted: something small
is written and made safe, which needs all servers. What is slow for good reasons, such as a long copy, is believed
as soon as that is answered. It never needs to know what the calls do.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from winslow.errors import WinslowError
from winslowd.files.calls import PROBE
from winslowd.files.link import Link

_LOOK_EVERY = 1.0


class Doubt:
    """`text` is why the storage is not well, for people; "" while nothing speaks against it. `after` in seconds."""

    def __init__(self, after: float) -> None:
        self.text = ""
        self._after = after

    async def watch(self, link: Link) -> None:
        """Until cancelled. What was doubted of the worker before this one is doubted until it is answered."""
        while True:
            if self.text or link.waiting() > self._after:
                await self._ask(link)
                await asyncio.sleep(self._after)
            await asyncio.sleep(min(_LOOK_EVERY, self._after))

    async def _ask(self, link: Link) -> None:
        asked = asyncio.ensure_future(link.request(PROBE, ()))
        try:
            done, _ = await asyncio.wait({asked}, timeout=self._after)
            if not done:
                self.text = f"the file system has taken no data for {self._after:g} s; look at its servers"
            with suppress(WinslowError):  # a refusal is an answer
                await asked
            if not link.lost.is_set():
                self.text = ""
        finally:
            asked.cancel()
