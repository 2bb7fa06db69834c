"""A few threads that do jobs as places come free, so that a million files are not a million waiting ones.

Its threads are no reason for a program to live on: what they do can be stopped at any byte and gone on with.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from queue import Empty, Queue

from winslow.client.transfer import Halt
from winslow.errors import Unavailable

Job = Callable[[], None]
END = 5.0
"""Seconds for which all threads together are waited for that were told to stop."""


class Crew:
    """`size` threads. A job that raises stops all the others; jobs that may fail alone catch that themselves."""

    def __init__(self, size: int, halt: Halt) -> None:
        self._halt = halt
        self._jobs: Queue[Job | None] = Queue(size)
        self._fault: BaseException | None = None
        self._guard = threading.Lock()
        self._threads = [
            threading.Thread(target=self._run, name=f"winslow-transfer-{number}", daemon=True) for number in range(size)
        ]

    def do(self, jobs: Iterable[Job]) -> None:
        """Do them all; `jobs` is asked for the next one when there is room for it. Raises the first error of any."""
        for thread in self._threads:
            thread.start()
        try:
            for job in jobs:
                self._jobs.put(job)
                if self._fault:
                    break
            self._end()
        except BaseException:
            self._halt.set()
            self._abandon()
            raise
        if self._fault:
            raise self._fault

    def _end(self) -> None:
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join()

    def _abandon(self) -> None:
        """Never waits for a thread that waits for a network: no place in the queue may come free any more."""
        with suppress(Empty):
            while True:
                self._jobs.get_nowait()
        for _ in self._threads:
            self._jobs.put(None)
        deadline = time.monotonic() + END
        for thread in self._threads:
            thread.join(max(deadline - time.monotonic(), 0))

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            try:
                self._halt.check()
                job()
            except Unavailable as error:
                if error.reason != "TRANSFER_STOPPED":
                    self._fail(error)
            except BaseException as error:
                self._fail(error)

    def _fail(self, error: BaseException) -> None:
        with self._guard:
            self._fault = self._fault or error
        self._halt.set()
