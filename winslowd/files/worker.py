"""The process that does the storage work: reads calls from its socket pair, does them in lanes, writes answers.

`python -m winslowd.files.worker FD FD ROOT SCRATCH ENGINE OBSTACLE [MAKE]`, started by `winslowd.files.process` alone. It ends when
its end of the pair is closed, so it never outlives its daemon; everything it does can be cut at any instruction. It imports
neither asyncio nor gRPC, so that it stays small and starts fast.
"""

from __future__ import annotations

import gc
import os
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from io import BufferedReader
from pathlib import Path
from typing import Any

from storage.faults import about
from storage.mounting import Mounting
from storage.stop import Stop, Stopped
from storage.volume import PlainVolume
from winslow.errors import Internal, WinslowError
from winslowd.files.calls import CALLS, Lane
from winslowd.files.frames import HEADER, HELLO, Answer, Call, Cancel, Failure, Message, pack, unpack
from winslowd.files.lanes import Lanes
from winslowd.files.passing import Passed, Taking

_SWITCH = 0.001
"""Seconds that a thread may hold the interpreter while others wait: a search of a log must not delay a listing."""
_COLLECT = 50_000
"""Objects made between two collections of garbage: the index of a long history is looked through by none while it is read."""


class Worker:
    """Serves one volume to one daemon."""

    def __init__(
        self, connection: socket.socket, passing: socket.socket, root: str, mounting: Mounting, *, make: bool
    ) -> None:
        self._connection = connection
        self._taking = Taking(passing)
        self._writing = threading.Lock()
        self._stops: dict[int, Stop] = {}
        self._lanes = Lanes()
        background = partial(self._lanes.submit, Lane.SYNC)
        self._volume = PlainVolume(root, background=background, mounting=mounting, make=make)
        self._methods = {name: _method(self._volume, name) for name in CALLS}

    def serve(self) -> None:
        """Take calls until the daemon closes its end."""
        stream = BufferedReader(socket.SocketIO(self._connection, "r"), 1 << 16)
        self._write(HELLO, Answer(os.getpid()))
        while (header := _exactly(stream, HEADER.size)) is not None:
            call, size, data_size = HEADER.unpack(header)
            body, data = _exactly(stream, size), _exactly(stream, data_size)
            if body is None or data is None:
                return  # it was killed while it wrote: a part of a call is none
            message = unpack(body)
            match message:
                case Call(name, arguments):
                    stop = self._stops[call] = Stop()
                    extra = (data,) if data_size else ()
                    self._lanes.submit(CALLS[name], partial(self._do, call, name, (*arguments, *extra), stop))
                case Cancel():
                    if (known := self._stops.get(call)) is not None:
                        known.request()
                case Answer() | Failure():
                    raise AssertionError(f"the daemon answers: {message!r}")

    def _do(self, call: int, name: str, arguments: tuple[Any, ...], stop: Stop) -> None:
        try:
            with self._taken(arguments) as taken, self._volume.quotas.told():
                stop.check()
                value = self._methods[name](*taken, stop)
        except Stopped:
            answer: Message = Answer(None)  # nobody waits for it
        except WinslowError as error:
            answer = Failure.of(error)
        except Exception as error:
            traceback.print_exc()
            answer = Failure.of(_fault(name, error))
        else:
            answer = Answer(None, data=True) if isinstance(value, bytes) else Answer(value)
        del self._stops[call]
        if isinstance(answer, Answer) and answer.data:
            self._write(call, answer, value)
        else:
            self._write(call, answer)

    @contextmanager
    def _taken(self, arguments: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
        """The arguments, with the descriptors that were passed for them, until the body is left."""
        with ExitStack() as stack:
            taken = [self._taking.take(one) if isinstance(one, Passed) else one for one in arguments]
            for here, one in zip(taken, arguments, strict=True):
                if isinstance(one, Passed):
                    stack.callback(os.close, here)
            yield tuple(taken)

    def _write(self, call: int, message: Message, data: bytes = b"") -> None:
        head = pack(call, message, len(data))
        try:
            with self._writing:
                self._connection.sendall(head)
                if data:
                    self._connection.sendall(data)
        except OSError:
            os._exit(0)  # the daemon is gone


def _method(volume: PlainVolume, name: str) -> Callable[..., Any]:
    """`workspaces.prepare` is the method `prepare` of the volume's attribute `workspaces`."""
    target: Any = volume
    for part in name.split("."):
        target = getattr(target, part)
    method: Callable[..., Any] = target
    return method


def _exactly(stream: BufferedReader[socket.SocketIO], size: int) -> memoryview | None:
    """So many bytes, or None where the stream ends before them."""
    view = memoryview(bytearray(size))
    filled = 0
    while filled < size:
        if not (count := stream.readinto(view[filled:])):
            return None
        filled += count
    return view


def _fault(name: str, error: Exception) -> Internal:
    return Internal(
        f"The storage worker failed in {name}: {type(error).__name__}: {error}",
        reason="STORAGE_FAULT",
        subject=name,
        hint="Please report this with the daemon's log",
    )


def _make(root: str) -> None:
    """What is there is left, whatever it is: who opens it says what is wrong with it."""
    with about(root), suppress(FileExistsError):
        Path(root).mkdir(parents=True)


def main(descriptor: str, passing: str, root: str, scratch: str, engine: str, obstacle: str, make: str = "") -> None:
    """Serve, or say why not, and end with the daemon. The root and its top are made where nothing is if it is said to `make` them."""
    # Both go to the whole group or control group when the daemon is asked to end, which still needs its files then.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.umask(0o022)
    sys.setswitchinterval(_SWITCH)
    gc.set_threshold(_COLLECT, 50, 50)
    connection = socket.socket(fileno=int(descriptor))
    try:
        if make:
            _make(root)
        mounting = Mounting(scratch, engine, obstacle)
        worker = Worker(connection, socket.socket(fileno=int(passing)), root, mounting, make=bool(make))
    except WinslowError as error:
        connection.sendall(pack(HELLO, Failure.of(error)))
        sys.exit(1)
    with suppress(ConnectionError):
        worker.serve()
    os._exit(0)  # without waiting for threads, which may hang in a system call


if __name__ == "__main__":
    main(*sys.argv[1:])
