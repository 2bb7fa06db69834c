"""Bytes between a client's connection and a file, without passing through the program: sendfile one way, splice the other.

The connection is one that the daemon holds too, and it does not block; only the worker touches it meanwhile. A client that
does not keep up is given back to the daemon, which waits for it without a thread. So a lap is over within seconds, whatever
a client does. Nothing here knows HTTP, uploads or paths.
"""

from __future__ import annotations

import errno
import fcntl
import os
import select
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from storage.stop import Stop
from winslow.errors import FailedPrecondition
from winslow.ports import Carried, Entry, Pace

CHUNK = 1 << 20
"""Bytes that move in one step, at most, and all the memory that it takes."""
STALL = 1.0
"""Seconds that a client may be waited for before it is given back."""
LAP = 5.0
"""Seconds after which a lap ends by itself, so that no client keeps a thread from the others."""
_LOOK_EVERY = 0.2
"""Seconds between two looks at the stop."""
_LAST = 4096
"""Bytes that are held back until all before them have left."""
_GONE = frozenset({errno.EPIPE, errno.ECONNRESET, errno.ENOTCONN, errno.ETIMEDOUT, errno.ECONNABORTED})

Take = Callable[[int, int], int]
"""Takes up to `count` bytes from a descriptor (`fd`, `count`) and says how many it took."""


class _Client:
    """The other end, as long as it keeps up."""

    def __init__(self, connection: int, event: int, stop: Stop) -> None:
        self._poll = select.poll()
        self._poll.register(connection, event)
        self._stop = stop
        self._end = time.monotonic() + LAP

    @property
    def lasts(self) -> bool:
        """Whether the lap goes on."""
        self._stop.check()
        return time.monotonic() < self._end

    def keeps_up(self) -> bool:
        """Wait until it can take or give more. False when it should be waited for elsewhere."""
        until = time.monotonic() + STALL
        while (left := until - time.monotonic()) > 0:
            if self._poll.poll(min(left, _LOOK_EVERY) * 1000):
                return True
            self._stop.check()
        return False


def send(connection: int, fd: int, offset: int, size: int, stop: Stop) -> Carried:
    """Send `size` bytes of the file `fd` from `offset` on, or as many as the lap allows.

    Fewer with the pace ENDED: the file is shorter. Raises OSError for the file's faults, Stopped.
    """
    client, sent = _Client(connection, select.POLLOUT, stop), 0
    while sent < size:
        if not client.lasts:
            return Carried(sent, Pace.STEADY)
        try:
            count = os.sendfile(connection, fd, offset + sent, min(size - sent, 8 * CHUNK))
        except BlockingIOError:
            if not client.keeps_up():
                return Carried(sent, Pace.STALLED)
            continue
        except OSError as error:
            if error.errno not in _GONE:
                raise
            return Carried(sent, Pace.GONE)
        if not count:
            return Carried(sent, Pace.ENDED)
        sent += count
    return Carried(sent, Pace.STEADY)


def receive(connection: int, size: int, take: Take, stop: Stop) -> Carried:
    """Receive `size` bytes, or as many as the lap allows, through a pipe from which `take` takes all of each step.

    Raises what `take` raises (what it left in the pipe is lost, and not counted), Stopped.
    """
    client, received = _Client(connection, select.POLLIN, stop), 0
    with _pipe() as (outlet, inlet):
        while received < size:
            if not client.lasts:
                return Carried(received, Pace.STEADY)
            try:
                count = os.splice(connection, inlet, min(size - received, CHUNK), flags=os.SPLICE_F_MOVE)
            except BlockingIOError:
                if not client.keeps_up():
                    return Carried(received, Pace.STALLED)
                continue
            except OSError as error:
                if error.errno not in _GONE:
                    raise
                return Carried(received, Pace.GONE)
            if not count:
                return Carried(received, Pace.GONE)
            left = count
            while left:
                left -= take(outlet, left)
            received += count
    return Carried(received, Pace.STEADY)


def send_unchanged(connection: int, fd: int, offset: int, size: int, expected: Entry, stop: Stop) -> Carried:
    """Like `send`, of a file that is what was `expected`: the last bytes leave only while it still is.

    Raises FailedPrecondition (FILE_CHANGED): what was sent is then not to be trusted, and too short.
    """
    held_back = min(size, _LAST)
    _require(fd, expected)
    carried = send(connection, fd, offset, size - held_back, stop)
    if carried.size < size - held_back or carried.pace is not Pace.STEADY:
        return carried
    _require(fd, expected)
    last = send(connection, fd, offset + carried.size, held_back, stop)
    return Carried(carried.size + last.size, last.pace)


def _require(fd: int, expected: Entry) -> None:
    status = os.fstat(fd)
    if (status.st_size, status.st_mtime) != (expected.size, expected.modified):
        raise FailedPrecondition(
            f"{expected.name!r} changed while it was sent",
            reason="FILE_CHANGED",
            subject=expected.name,
            hint="Ask for it again",
        )


@contextmanager
def _pipe() -> Iterator[tuple[int, int]]:
    outlet, inlet = os.pipe2(os.O_CLOEXEC)
    try:
        with suppress(OSError):  # a smaller one does, in more steps
            fcntl.fcntl(inlet, fcntl.F_SETPIPE_SZ, CHUNK)
        yield outlet, inlet
    finally:
        os.close(outlet)
        os.close(inlet)
