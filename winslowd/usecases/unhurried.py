"""Long work between two awaits, cut into short ones: a daemon has one loop, on which sessions are kept and stages stopped.

Whoever goes on afterwards may find that the world has changed meanwhile; what he does about it is his own affair.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import TypeVar

T = TypeVar("T")

STRETCH = 0.005
"""Seconds at a time, and what the last item takes."""


async def unhurried(items: Iterable[T]) -> AsyncIterator[T]:
    """`items` one by one, with everybody else's turn in between now and then. They must not change meanwhile: copy them."""
    loop = asyncio.get_running_loop()
    until = loop.time() + STRETCH
    for item in items:
        yield item
        if loop.time() >= until:
            await asyncio.sleep(0)
            until = loop.time() + STRETCH
