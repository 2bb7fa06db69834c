"""Layered workspaces as trees that people read: what `storage.files` asks is answered through the layers, without a mount.

It is the `Opener` of a volume that has layered workspaces; everything else is opened as it lies there.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from storage.ceph import Recursive
from storage.change_writing import copy_seen
from storage.layered import Layered
from storage.layers import Spot, Stack
from storage.pools import require_shortest
from storage.stop import Stop
from storage.tree import Owner
from storage.trees import Directory, Named, Position, Tree, plain, shown
from winslow.domain.layers import Kind
from winslow.domain.layout import Location, Pool, parse

_KINDS = {Kind.FILE: "file", Kind.DIRECTORY: "directory", Kind.SYMLINK: "symlink"}


class Merged:
    """An `Opener` (`storage.trees`)."""

    def __init__(self, layered: Layered) -> None:
        self._layered = layered

    @contextmanager
    def __call__(self, volume: int, location: Location) -> Iterator[Tree]:
        """Raises also FailedPrecondition (WORKSPACE_ELSEWHERE) for a layered workspace that is at work on another node."""
        require_shortest(location)
        place = parse(location.root) if location.pool is Pool.STAGE_WORKSPACE else location
        if place.pool is not Pool.STAGE_WORKSPACE or place.project is None or place.stage is None:
            with plain(volume, location) as tree:
                yield tree
            return
        with self._layered.seen(place.project, place.stage) as stack:
            if stack is not None:
                yield StackTree(stack)
                return
            with plain(volume, location) as tree:
                yield tree


class StackTree:
    """Layers seen as one tree."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack

    def status(self, path: str) -> os.stat_result:
        return self._stack.status(self._stack.resolve(path))

    def open(self, path: str) -> int:
        return self._stack.open(path)

    @contextmanager
    def beneath(self, path: str) -> Iterator[Tree]:
        spot = self._stack.resolve(path)
        _require_directory(spot)
        with self._stack.beneath(spot) as stack:
            yield StackTree(stack)

    @contextmanager
    def directory(self, path: str) -> Iterator[Directory]:
        spot = self._stack.top
        for name in path.split("/") if path else ():
            found = self._stack.step(spot, name)
            if found is None:
                raise OSError(errno.ENOENT, os.strerror(errno.ENOENT))
            _require_directory(found)
            spot = found
        with self._stack.opened(spot) as handles:
            yield StackDirectory(self._stack, spot, handles)

    def copy_into(self, target: int, owner: Owner, stop: Stop) -> object:
        return copy_seen(self._stack, target, owner, stop)


class StackDirectory:
    """A directory in each of its layers, held open by whoever made this."""

    def __init__(self, stack: Stack, spot: Spot, handles: Sequence[int]) -> None:
        self._stack = stack
        self._spot = spot
        self._handles = handles

    def names(self, at: Position, stop: Stop) -> Iterator[Named]:
        after = "" if isinstance(at, int) else at
        found = self._stack.names(self._spot, stop)
        keyed = ((shown(name), name, kind) for name, kind in found.items())
        for seen, name, kind in sorted(
            one for one in keyed if one[0] > after
        ):  # names differ, kinds are never compared
            yield Named(name, seen, _KINDS.get(kind, "other"), seen)

    def status(self, name: str, *, follow: bool = False) -> os.stat_result:
        del follow  # only where we made the links ourselves, and we make none in workspaces
        spot = self._required(name)
        handle = self._handles[self._spot.layers.index(spot.layers[0])]
        return os.stat(name, dir_fd=handle, follow_symlinks=False)

    def open(self, name: str) -> int:
        return self._stack.open_spot(self._required(name))

    def read_link(self, name: str) -> str:
        return self._stack.read_link(self._required(name))

    def recursive(self) -> Recursive | None:
        return None

    def _required(self, name: str) -> Spot:
        spot = self._stack.look(self._spot, self._handles, name)
        if spot is None:
            raise OSError(errno.ENOENT, os.strerror(errno.ENOENT))
        return spot


def _require_directory(spot: Spot) -> None:
    if spot.kind is not Kind.DIRECTORY:
        raise OSError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
