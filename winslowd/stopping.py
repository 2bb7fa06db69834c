"""How a daemon is told to stop: SIGTERM or SIGINT, whatever it is doing.

One that serves is told, and ends in good order. One that still starts may wait for an etcd that never comes: its start
is cancelled. Told again, the good order is cut short too; what it leaves is what a killed daemon leaves, and the next
one goes on with that.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Iterator

SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Stop:
    """`told` returns once somebody wants the daemon to stop; until somebody waits there, `daemon` is cancelled instead."""

    def __init__(self, daemon: asyncio.Task[object]) -> None:
        self._daemon = daemon
        self._event = asyncio.Event()
        self._listening = False

    @property
    def wanted(self) -> bool:
        return self._event.is_set()

    async def told(self) -> None:
        self._listening = True
        await self._event.wait()

    def tell(self) -> None:
        """Twice is once more than patience lasts."""
        if self.wanted or not self._listening:
            self._daemon.cancel()
        self._event.set()


@contextlib.contextmanager
def obeying_signals() -> Iterator[Stop]:
    """The stop that signals to this process ask for, while the scope lasts. A cancellation that they caused ends with it."""
    loop, daemon = asyncio.get_running_loop(), asyncio.current_task()
    assert daemon
    stop = Stop(daemon)
    for number in SIGNALS:
        loop.add_signal_handler(number, stop.tell)
    try:
        yield stop
    except asyncio.CancelledError:
        if not stop.wanted:
            raise
    finally:
        for number in SIGNALS:
            loop.remove_signal_handler(number)
