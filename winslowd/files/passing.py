"""How a client's connection gets from the daemon to its worker: its descriptor, over a second socket pair.

The call that needs it carries its number; it is sent first, so that it is there when the call is. It never knows what
moves over the connection.
"""

from __future__ import annotations

import socket
import struct
import threading
from dataclasses import dataclass
from itertools import count

from winslow.errors import Unavailable

_NUMBER = struct.Struct("<Q")
_ROOM = 1 << 20
"""Bytes of socket buffer: thousands of connections that wait to be taken over."""


@dataclass(frozen=True, slots=True)
class Passed:
    """Stands in a call's arguments for the descriptor that was sent under `number`."""

    number: int


def pair() -> tuple[socket.socket, socket.socket]:
    """The daemon's end and the worker's; messages stay apart, and neither end ever waits."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    for end in (ours, theirs):
        end.setblocking(False)
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _ROOM)
    return ours, theirs


class Passing:
    """The daemon's end."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end
        self._numbers = count()

    def send(self, descriptor: int) -> Passed:
        """Give the worker its own of `descriptor`; ours stays ours. Raises Unavailable (STORAGE_RESTARTED)."""
        number = next(self._numbers)
        try:
            socket.send_fds(self._end, [_NUMBER.pack(number)], [descriptor])
        except OSError as error:  # the worker is gone, or so far behind that it might as well be
            raise Unavailable(
                f"No connection can be given to the process that does the storage work: {error.strerror}",
                reason="STORAGE_RESTARTED",
                hint="It is started again by itself; try again",
            ) from None
        return Passed(number)

    def close(self) -> None:
        """What was sent and not taken is closed with it."""
        self._end.close()


class Taking:
    """The worker's end; any thread may ask."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end
        self._guard = threading.Lock()
        self._waiting: dict[int, int] = {}

    def take(self, passed: Passed) -> int:
        """The descriptor, now the caller's to close. It is there already: see `Passing.send`."""
        with self._guard:
            while passed.number not in self._waiting:
                message, descriptors, _, _ = socket.recv_fds(self._end, _NUMBER.size, 1, socket.MSG_CMSG_CLOEXEC)
                self._waiting[_NUMBER.unpack(message)[0]] = descriptors[0]
            return self._waiting.pop(passed.number)
