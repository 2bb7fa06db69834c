"""What stands between a program and a daemon's socket, counts the bytes of either direction and lets no more through than it is told.

It outlives both: who connects while there is no daemon is hung up on, as a network would.
"""

from __future__ import annotations

import contextlib
import math
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

_BLOCK = 1 << 18


class Relay:
    """Connect to `address` to reach the daemon at the socket `daemon`. `sent` is what programs sent to it, `answered` what it gave."""

    def __init__(self, place: Path, daemon: Path, rate: float) -> None:
        self.address = f"unix:{place}"
        self.sent = self.answered = 0
        self._most = math.inf
        self._daemon = daemon
        self._rate = rate
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(place))
        self._listener.listen(64)
        threading.Thread(target=self._accept, name="relay", daemon=True).start()

    def until(self, count: int, within: float = 60.0) -> None:
        """Wait until so many bytes went through, in both directions."""
        deadline = time.monotonic() + within
        while self.sent + self.answered < count:
            assert time.monotonic() < deadline, f"{self.sent} sent, {self.answered} answered, {count} wanted"
            time.sleep(0.002)

    def hold_after(self, count: int) -> None:
        """Let so many bytes more through, then nothing at all, as a network does whose cable was pulled."""
        self._most = self.sent + self.answered + count

    def let_go(self) -> None:
        self._most = math.inf

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                theirs, _ = self._listener.accept()
                ours = socket.socket(socket.AF_UNIX)
                try:
                    ours.connect(str(self._daemon))
                except OSError:
                    theirs.close()
                    continue
                for source, target, counter in ((theirs, ours, "sent"), (ours, theirs, "answered")):
                    threading.Thread(target=self._carry, args=(source, target, counter), daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket, counter: str) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(_BLOCK):
                while self.sent + self.answered >= self._most:
                    time.sleep(0.01)
                setattr(self, counter, getattr(self, counter) + len(data))
                target.sendall(data)
                time.sleep(len(data) / self._rate)
        for one in (source, target):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def relay(place: Path, daemon: Path, rate: float) -> Iterator[Relay]:
    """`rate` is bytes a second, for each direction of each connection."""
    running = Relay(place, daemon, rate)
    try:
        yield running
    finally:
        running.close()
