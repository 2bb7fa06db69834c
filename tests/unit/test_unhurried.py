"""Long work leaves everybody else their turn, and leaves nothing out."""

from __future__ import annotations

import asyncio
import time

from winslowd.usecases import unhurried as module
from winslowd.usecases.unhurried import unhurried


async def test_others_have_their_turn_while_it_goes_on() -> None:
    async def others() -> int:
        turns = 0
        while not over:
            turns += 1
            await asyncio.sleep(0)
        return turns

    over = False
    waiting = asyncio.ensure_future(others())
    done: list[int] = []
    async for number in unhurried(range(20)):
        time.sleep(module.STRETCH / 4)  # work of one item
        done.append(number)
    over = True
    assert done == list(range(20))
    assert await waiting >= 4


async def test_short_work_is_done_in_one_go() -> None:
    turns: list[str] = []
    other = asyncio.ensure_future(asyncio.sleep(0))
    async for _ in unhurried(range(10)):
        turns.append("ours")
    assert len(turns) == 10 and not other.done()
    await other
