"""How much lies in a tree: as the file system has added up itself, else by looking at everything in it.

A file with several names counts its bytes once; links are counted, never followed. It knows nothing of places.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import suppress

from storage.stop import Stop
from storage.trees import Directory, PlainTree, Tree
from winslow.ports import Totals


class Usage:
    """Adds up what lies in one tree after another."""

    def __init__(self, stop: Stop) -> None:
        self._stop = stop
        self._size = self._files = self._directories = 0
        self._seen: set[tuple[int, int]] = set()
        """Files with several names."""

    def totals(self) -> Totals:
        """What was found so far."""
        return Totals(self._size, self._files, self._directories)

    def add(self, tree: Tree) -> None:
        """What the file system has added up itself, where it does (CephFS); else `measure`."""
        with tree.directory("") as top:
            known = top.recursive()
        if known is None:
            return self.measure(tree)
        self._size += known.bytes
        self._files += known.files
        self._directories += known.directories
        return None

    def measure(self, tree: Tree) -> None:
        """Look at all that is in `tree`. Raises OSError, and Stopped."""
        waiting = [""]
        while waiting:
            path = waiting.pop()
            # What vanishes while we count is not there.
            with suppress(FileNotFoundError), tree.directory(path) as directory:
                waiting.extend(f"{path}/{name}" if path else name for name in self._below(directory))

    def _below(self, directory: Directory) -> Iterator[str]:
        """Counts what is in a directory; the names of the directories among it."""
        for named in directory.names(0, self._stop):
            self._stop.check()
            if named.kind == "directory":
                self._directories += 1
                yield named.name
            else:
                with suppress(FileNotFoundError):
                    self._count(directory.status(named.name))

    def _count(self, status: os.stat_result) -> None:
        self._files += 1
        if status.st_nlink > 1:
            if (status.st_dev, status.st_ino) in self._seen:
                return
            self._seen.add((status.st_dev, status.st_ino))
        if stat.S_ISREG(status.st_mode):
            self._size += status.st_size


def totals(directory: int, stop: Stop) -> Totals:
    """Of one directory of a file system, itself not counted. Raises OSError, and Stopped."""
    usage = Usage(stop)
    usage.measure(PlainTree(directory))
    return usage.totals()
