"""Where a place that people name becomes a tree that can be read: the one seam between what they ask and what lies there.

To look, to list, to read, to search, to add up and to pack are all written over `Tree` and `Directory`, so that a tree
may be a plain directory (`PlainTree`) as well as several layers seen as one. Whoever knows more kinds of trees gives
`storage.files.Files` another `Opener`. It knows nothing of what is asked, and changes nothing.

Trees raise OSError; `storage.faults` gives it words.
"""

from __future__ import annotations

import heapq
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import chain
from typing import NamedTuple, Protocol

from storage.beneath import descend, held, open_directory, open_file, open_path
from storage.ceph import Recursive, recursive
from storage.dirents import DIRECTORY, FILE, SYMLINK, UNKNOWN, Dirent, blocks, dirents, parsed
from storage.pools import pool
from storage.stop import Stop
from storage.tree import Owner, copy_tree
from winslow.domain.layout import Location
from winslow.ports import Entry

SORTED_MAX = 2 << 20
"""Bytes of one directory's names, as the kernel tells them, that are sorted: some 50,000 names. A larger directory is told in
its own order, or its first page would take seconds (ADR 20)."""
_BATCH = 4096

Position = str | int
"""Where to go on in a directory: behind a name, in the order of names; or at a place of the file system's own.

Both "" and 0 are the beginning; 0 for whom any order will do.
"""


FIRST = "\0"
"""Before every name: who goes on behind it gets names in order, however long that takes."""


class Named(NamedTuple):
    """A name of a directory: as the system has it, and as people see it; `kind` is an Entry's. `position` is behind it."""

    name: str
    shown: str
    kind: str
    position: Position


class Directory(Protocol):
    """A directory of a tree, held open. No name in it is followed where it is a link."""

    def names(self, at: Position, stop: Stop) -> Iterator[Named]:
        """What is in it from `at` on. Positions are names where they come sorted, numbers where they do not."""

    def status(self, name: str, *, follow: bool = False) -> os.stat_result:
        """Of one name; ENOENT when it went away. Only where we made the links ourselves are they followed."""

    def open(self, name: str) -> int:
        """A regular file, for reading. Nothing else is ever opened: ELOOP, EISDIR, ENXIO."""

    def read_link(self, name: str) -> str:
        """Where a link leads, as it is written."""

    def recursive(self) -> Recursive | None:
        """What the file system has added up itself of all below; None where it does not."""


class Tree(Protocol):
    """What is seen beneath one directory. Nothing outside of it is reached, by whatever path or link."""

    def status(self, path: str) -> os.stat_result:
        """Of what `path` leads to; links are followed."""

    def open(self, path: str) -> int:
        """The regular file that `path` leads to, for reading. EISDIR for a directory; ELOOP, ENXIO for special files."""

    def beneath(self, path: str) -> AbstractContextManager[Tree]:
        """The directory that `path` leads to, as a tree of its own."""

    def directory(self, path: str) -> AbstractContextManager[Directory]:
        """The directory at `path`, no part of which may be a link; as deep as there are any."""

    def copy_into(self, target: int, owner: Owner, stop: Stop) -> object:
        """Fill the empty directory `target` with all that is seen, as `owner`'s; links as links, special files left out."""


Opener = Callable[[int, Location], AbstractContextManager[Tree]]
"""The tree at a location's root, in the volume that is held open. Raises InvalidArgument (PATH_INVALID)."""


@contextmanager
def plain(volume: int, location: Location) -> Iterator[Tree]:
    """An `Opener`: what lies there is what is seen."""
    with pool(volume, location) as root:
        yield PlainTree(root)


class PlainTree:
    """A directory of a file system, held open by whoever made this."""

    def __init__(self, root: int) -> None:
        self._root = root

    def status(self, path: str) -> os.stat_result:
        with held(open_path(self._root, path)) as handle:
            return os.fstat(handle)

    def open(self, path: str) -> int:
        return open_file(self._root, path)

    @contextmanager
    def beneath(self, path: str) -> Iterator[Tree]:
        with held(open_directory(self._root, path)) as directory:
            yield PlainTree(directory)

    @contextmanager
    def directory(self, path: str) -> Iterator[Directory]:
        with held(descend(self._root, path)) as directory:
            yield PlainDirectory(directory)

    def copy_into(self, target: int, owner: Owner, stop: Stop) -> object:
        return copy_tree(self._root, target, owner, stop)


class PlainDirectory:
    """A directory of a file system, held open by whoever made this."""

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def names(self, at: Position, stop: Stop) -> Iterator[Named]:
        if isinstance(at, int):
            return self._unsorted(dirents(self._fd, at), stop)
        rest = blocks(self._fd)
        first = list(_no_more_than(SORTED_MAX, rest))
        if sum(map(len, first)) <= SORTED_MAX:
            return self._sorted(chain.from_iterable(map(parsed, first)), at)
        if at:  # it has grown since somebody began to read it in order
            return self._batches(at, stop)
        return self._unsorted(chain.from_iterable(map(parsed, chain(first, rest))), stop)

    def status(self, name: str, *, follow: bool = False) -> os.stat_result:
        return os.stat(name, dir_fd=self._fd, follow_symlinks=follow)

    def open(self, name: str) -> int:
        return open_file(self._fd, name, follow=False)

    def read_link(self, name: str) -> str:
        return os.readlink(name, dir_fd=self._fd)

    def recursive(self) -> Recursive | None:
        return recursive(self._fd)

    def _sorted(self, found: Iterable[Dirent], after: str) -> Iterator[Named]:
        keyed = [(shown(entry.name), entry) for entry in found]
        for name, entry in sorted(pair for pair in keyed if pair[0] > after):
            yield Named(entry.name, name, self._kind(entry), name)

    def _unsorted(self, found: Iterable[Dirent], stop: Stop) -> Iterator[Named]:
        for entry in found:
            stop.check()
            yield Named(entry.name, shown(entry.name), self._kind(entry), entry.position)

    def _batches(self, after: str, stop: Stop) -> Iterator[Named]:
        """In order, however many there are, a few of them in memory; each batch looks at all names."""
        while True:
            stop.check()
            keyed = ((shown(entry.name), entry) for entry in dirents(self._fd))
            batch = heapq.nsmallest(_BATCH, (pair for pair in keyed if pair[0] > after))
            for name, entry in batch:
                yield Named(entry.name, name, self._kind(entry), name)
            if len(batch) < _BATCH:
                return
            after = batch[-1][0]

    def _kind(self, entry: Dirent) -> str:
        if entry.type == FILE:
            kind = "file"
        elif entry.type == DIRECTORY:
            kind = "directory"
        elif entry.type == SYMLINK:
            kind = "symlink"
        elif entry.type == UNKNOWN:
            return self._asked_kind(entry.name)
        else:
            kind = "other"
        return kind

    def _asked_kind(self, name: str) -> str:
        try:
            return kind_of(self.status(name))
        except FileNotFoundError:
            return "other"


def _no_more_than(size: int, blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Blocks until there are more than `size` bytes."""
    for block in blocks:
        yield block
        size -= len(block)
        if size < 0:
            return


def describe(name: str, status: os.stat_result) -> Entry:
    """An entry as people see it."""
    kind = kind_of(status)
    is_file = kind == "file"
    executable = is_file and bool(status.st_mode & stat.S_IXUSR)
    return Entry(name, kind, status.st_size if is_file else 0, status.st_mtime, executable)


def kind_of(status: os.stat_result) -> str:
    """As `Entry.kind` has it."""
    mode = status.st_mode
    if stat.S_ISREG(mode):
        return "file"
    if stat.S_ISDIR(mode):
        return "directory"
    return "symlink" if stat.S_ISLNK(mode) else "other"


def shown(name: str) -> str:
    """A name as people see it: bytes that are not UTF-8 are escaped, and no path can say them."""
    if name.isascii():
        return name
    return os.fsencode(name).decode("utf-8", "backslashreplace")
