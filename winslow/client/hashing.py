"""The hash of a file that is sent or fetched, made beside the transfer in a thread that reads the file itself.

It reads what the transfer has just touched, so from memory; and it knows nothing of cuts and repetitions, since it follows the
file and not the connection.
"""

from __future__ import annotations

import hashlib
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

from winslow.client.transfer import BLOCK


class Hashing:
    """SHA-256 of the file at `path` as far as it is `allow`ed. Use as a context: it ends its thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._hash = hashlib.sha256()
        self._allowed = 0
        self._ended = False
        self._changed = threading.Condition()
        self._fault: OSError | None = None
        self._thread = threading.Thread(target=self._run, name="winslow-hash", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._allow(0, ended=True)

    def allow(self, limit: int) -> None:
        """The first `limit` bytes may be read; less than before is nothing."""
        self._allow(limit, ended=False)

    def digest(self, size: int) -> str:
        """Of the first `size` bytes, lower-case hexadecimal; of fewer where there are no more. Raises OSError."""
        self._allow(size, ended=True)
        self._thread.join()
        if self._fault:
            raise self._fault
        return self._hash.hexdigest()

    def _allow(self, limit: int, *, ended: bool) -> None:
        with self._changed:
            self._allowed = max(self._allowed, limit)
            if ended:
                self._ended = True
            self._changed.notify()

    def _run(self) -> None:
        try:
            with self._path.open("rb") as file:
                at = 0
                while wanted := self._wanted(at):
                    data = file.read(wanted)
                    if not data:
                        return
                    self._hash.update(data)
                    at += len(data)
        except OSError as error:
            self._fault = error

    def _wanted(self, at: int) -> int:
        """How many bytes may be read next; 0 at the end."""
        with self._changed:
            while self._allowed <= at and not self._ended:
                self._changed.wait()
            return max(min(BLOCK, self._allowed - at), 0)
