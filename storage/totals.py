"""How much lies in a directory, by looking at everything in it: for file systems that do not add up themselves.

A file with several names counts its bytes once; links are counted, never followed. It knows nothing of places.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress

from storage.beneath import descend, held
from storage.ceph import Recursive
from storage.stop import Stop
from winslow.ports import Totals


class Usage:
    """Adds up what lies in one directory after another."""

    def __init__(self, stop: Stop) -> None:
        self._stop = stop
        self._size = self._files = self._directories = 0
        self._seen: set[tuple[int, int]] = set()
        """Files with several names."""

    def totals(self) -> Totals:
        """What was found so far."""
        return Totals(self._size, self._files, self._directories)

    def add(self, known: Recursive) -> None:
        """What the file system has added up itself."""
        self._size += known.bytes
        self._files += known.files
        self._directories += known.directories

    def measure(self, top: int) -> None:
        """Look at all that is in the directory `top`. Raises OSError, and Stopped."""
        waiting = [""]
        while waiting:
            path = waiting.pop()
            # What vanishes while we count is not there.
            with suppress(FileNotFoundError), held(descend(top, path)) as directory:
                waiting.extend(f"{path}/{name}" if path else name for name in self._count(directory))

    def _count(self, directory: int) -> list[str]:
        below = []
        with os.scandir(directory) as entries:
            for entry in entries:
                self._stop.check()
                if entry.is_dir(follow_symlinks=False):
                    self._directories += 1
                    below.append(entry.name)
                else:
                    with suppress(FileNotFoundError):
                        self._add(entry.stat(follow_symlinks=False))
        return below

    def _add(self, status: os.stat_result) -> None:
        self._files += 1
        if status.st_nlink > 1:
            if (status.st_dev, status.st_ino) in self._seen:
                return
            self._seen.add((status.st_dev, status.st_ino))
        if stat.S_ISREG(status.st_mode):
            self._size += status.st_size


def totals(directory: int, stop: Stop) -> Totals:
    """Of one directory, itself not counted. Raises OSError, and Stopped."""
    usage = Usage(stop)
    usage.measure(directory)
    return usage.totals()
