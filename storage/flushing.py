"""Makes what is written to a file safe in a thread beside, so that the disk works while more comes.

So much as is not safe yet is lost when the mount or the machine goes, and is sent again: it is bounded. It never needs to
know what the file is.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType

STEP = 2 << 20
"""Bytes after which the disk is asked to have them."""
UNSAFE = 4 << 20
"""Bytes that may be written and not be safe; a writer that is further ahead waits."""


class Flusher:
    """Use as a context: leaving it waits for the thread, and raises the OSError that it met, if nothing else was raised.

    `sync` makes safe what was written before it is called. `safe` and the offsets of `wrote` are bytes from the start.
    """

    def __init__(self, sync: Callable[[int], None], offset: int) -> None:
        self._sync = sync
        self._changed = threading.Condition()
        self._written = self._safe = offset
        self._ended = False
        self._error: OSError | None = None
        self._thread = threading.Thread(target=self._run, name="flusher", daemon=True)

    def wrote(self, offset: int) -> None:
        """Everything before `offset` was written. Waits for the disk where too much is unsafe; raises its OSError."""
        self._written = offset
        if offset - self._safe < STEP:
            return
        with self._changed:
            self._changed.notify_all()
            while self._error is None and offset - self._safe >= UNSAFE:
                self._changed.wait()
            if self._error is not None:
                raise self._error

    def _run(self) -> None:
        while True:
            with self._changed:
                while self._written - self._safe < STEP and not self._ended:
                    self._changed.wait()
                if self._ended:
                    return
                written = self._written
            try:
                self._sync(written)
            except OSError as error:
                with self._changed:
                    self._error = error
                    self._changed.notify_all()
                return
            with self._changed:
                self._safe = written
                self._changed.notify_all()

    def __enter__(self) -> Flusher:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._changed:
            self._ended = True
            self._changed.notify_all()
        self._thread.join()
        if error is None and self._error is not None:
            raise self._error
