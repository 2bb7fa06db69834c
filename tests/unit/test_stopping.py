"""How signals end a daemon: in good order while it serves, at once while it starts or when told twice."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from winslowd.stopping import obeying_signals


async def test_one_that_serves_is_told_and_ends_in_its_own_time() -> None:
    with obeying_signals() as stop:
        asyncio.get_running_loop().call_soon(os.kill, os.getpid(), signal.SIGTERM)
        async with asyncio.timeout(5):
            await stop.told()
        await asyncio.sleep(0)  # it is not cancelled
        assert stop.wanted


async def test_one_that_still_starts_is_cancelled_and_nothing_is_raised() -> None:
    with obeying_signals():
        asyncio.get_running_loop().call_soon(os.kill, os.getpid(), signal.SIGINT)
        async with asyncio.timeout(5):
            await asyncio.Event().wait()
        raise AssertionError("it was not cancelled")


async def test_told_again_the_good_order_is_cut_short() -> None:
    with obeying_signals() as stop:
        asyncio.get_running_loop().call_soon(os.kill, os.getpid(), signal.SIGINT)
        async with asyncio.timeout(5):
            await stop.told()
            os.kill(os.getpid(), signal.SIGINT)
            await asyncio.Event().wait()  # a farewell that takes too long
        raise AssertionError("it was not cancelled")


async def test_a_cancellation_that_nobody_asked_for_by_a_signal_comes_out() -> None:
    with pytest.raises(asyncio.CancelledError), obeying_signals():
        raise asyncio.CancelledError
