"""A walk through a tree that can be left at any entry and gone on with later, in any process: by search and by archives.

Where it is, is a trail: for each directory on the way, its name and the position in it. So nothing is kept between two
pages, and what comes or goes meanwhile repeats or hides nothing else. A directory comes before what is in it; links are never
followed. Few directories are held open at once, however deep it goes. It knows nothing of what is looked for.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import NamedTuple

from storage.stop import Stop
from storage.trees import Directory, Named, Position, Tree
from winslow.domain.layout import PATH_MAX
from winslow.ports import Trail

_OPEN = 8
"""Directories held open at once. The others are opened again when the walk comes back to them."""
_GONE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.EXDEV})
"""What opening says to a directory that was taken away, or swapped for something else."""
_CLOSED = frozenset({errno.EACCES, errno.EPERM})


class Step(NamedTuple):
    """An entry: its path beneath the tree, and the directory that it is in, open until the next step."""

    path: str
    named: Named
    directory: Directory


class _Level:
    """A directory on the way, open or not."""

    __slots__ = ("_stack", "name", "path", "position", "rest")

    def __init__(self, name: str, path: str, position: Position) -> None:
        self.name = name
        self.path = path
        self.position = position
        self.rest: tuple[Directory, Iterator[Named]] | None = None
        self._stack = ExitStack()

    def open(self, tree: Tree, stop: Stop) -> tuple[Directory, Iterator[Named]]:
        if self.rest is None:
            directory = self._stack.enter_context(tree.directory(self.path))
            self.rest = directory, directory.names(self.position, stop)
        return self.rest

    def close(self) -> None:
        self.rest = None
        self._stack.close()


class Walk:
    """Goes through `tree` from `trail` on (empty: from the beginning). Raises OSError, and Stopped.

    What lies too deep for any path to name is not gone into; nor, when `lenient`, what the daemon may not open.
    """

    def __init__(self, tree: Tree, trail: Trail, stop: Stop, *, lenient: bool = False) -> None:
        self._tree = tree
        self._stop = stop
        self._passed = _GONE | _CLOSED if lenient else _GONE
        self._levels: list[_Level] = []
        for name, position in trail or (("", ""),):
            self._enter(name, position)

    @property
    def trail(self) -> Trail:
        """Where to go on behind the entry that was told last."""
        return tuple((level.name, level.position) for level in self._levels)

    def __enter__(self) -> Walk:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for level in self._levels:
            level.close()

    def __iter__(self) -> Iterator[Step]:
        while self._levels:
            self._stop.check()
            level = self._levels[-1]
            found = self._next(level)
            if found is None:
                level.close()
                self._levels.pop()
                continue
            directory, named = found
            level.position = named.position
            path = join(level.path, named.name)
            if named.kind == "directory" and named.shown == named.name and len(path.encode()) <= PATH_MAX:
                self._enter(named.name, "")
            yield Step(path, named, directory)

    def _enter(self, name: str, position: Position) -> None:
        above = self._levels[-1].path if self._levels else ""
        self._levels.append(_Level(name, join(above, name), position))
        if len(self._levels) > _OPEN:
            self._levels[-1 - _OPEN].close()

    def _next(self, level: _Level) -> tuple[Directory, Named] | None:
        try:
            directory, names = level.open(self._tree, self._stop)
        except OSError as error:
            if error.errno not in self._passed or len(self._levels) == 1:
                raise
            return None
        named = next(names, None)
        return (directory, named) if named else None


def join(directory: str, name: str) -> str:
    """A path of one more part."""
    return f"{directory}/{name}" if directory and name else directory or name


def checked(trail: Sequence[Sequence[object]]) -> Trail:
    """A trail that somebody kept for us, if it is one. Raises ValueError for any other."""
    found: list[tuple[str, Position]] = []
    for name, position in trail:
        if not isinstance(name, str) or not isinstance(position, str | int) or isinstance(position, bool):
            raise ValueError(f"{name!r}, {position!r}")  # noqa: TRY004 - somebody else's words, not our fault
        found.append((name, position))
    return tuple(found)
