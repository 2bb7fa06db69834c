"""What an ended attempt left, entry by entry: its output, and its workspace where it is still as the attempt left it.

Plain and layered workspaces are walked alike, in the order of a manifest, some thousand names in memory at a time. The
content of small files is hashed; of what lies in a layer the hash is known. It writes nothing.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from itertools import islice

from storage.beneath import held, open_directory, open_file
from storage.layers import Layer, Spot, Stack
from storage.manifest import read_manifest
from storage.pace import Pace
from storage.seal import read_seal
from storage.sealing import LAYER, Layers
from storage.stop import Stop
from winslow.domain.layers import Kind
from winslow.domain.layout import stage_root, workspace_path
from winslow.domain.stage import ProjectId, StageId, WorkspaceId
from winslow.errors import NotFound
from winslow.ports import Listed

_CHUNK = 1000
_BLOCK = 1 << 20
_COST = 4096
"""Bytes that looking at one entry counts for."""
_NOTHING: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class _Tree:
    """What is seen of a tree, and the known hashes of each of its layers by path; `name` is what paths begin with."""

    name: str
    stack: Stack
    hashes: tuple[Mapping[str, str], ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """An attempt's trees, held open; `workspace`: whether its workspace is one of them."""

    trees: tuple[_Tree, ...]
    workspace: bool

    def entries(self, hashed: int, pace: Pace, stop: Stop) -> Iterator[Listed]:
        """All of it, in order; files of up to `hashed` bytes are read. What vanishes meanwhile is not there."""
        for tree in self.trees:
            yield from _Walk(tree, hashed, pace, stop).entries()


@contextmanager
def listing(
    root: int, project: ProjectId, stage: StageId, workspace: WorkspaceId, *, unsealed: bool = False
) -> Iterator[Listing]:
    """With `unsealed`, a plain workspace that nobody has sealed yet counts as the attempt's. Raises OSError, DataLoss (LAYER_DAMAGED)."""
    with ExitStack() as stack:
        trees = []
        with suppress(FileNotFoundError):
            output = stack.enter_context(
                held(open_directory(root, f"{stage_root(project, stage)}/output", follow=False))
            )
            trees.append(_plain("output", output))
        tree = _layered(root, project, stage, stack) or _sealed(root, project, stage, workspace, stack, unsealed)
        yield Listing((*trees, tree) if tree else tuple(trees), tree is not None)


def _plain(name: str, directory: int) -> _Tree:
    return _Tree(name, Stack([Layer(directory, frozenset())]), (_NOTHING,))


def _sealed(
    root: int, project: ProjectId, stage: StageId, workspace: WorkspaceId, stack: ExitStack, unsealed: bool
) -> _Tree | None:
    """A plain workspace, as long as it is this attempt's end that sealed it."""
    path = workspace_path(project, workspace)
    with suppress(FileNotFoundError), held(open_directory(root, path.rpartition("/")[0], follow=False)) as above:
        seal = read_seal(above)
        if seal.stage == stage if seal is not None else unsealed:
            return _plain("workspace", stack.enter_context(held(open_directory(root, path, follow=False))))
    return None


def _layered(root: int, project: ProjectId, stage: StageId, stack: ExitStack) -> _Tree | None:
    """What is seen of a layered workspace; the lowest of its layers may be a plain directory."""
    layers = Layers(root)
    try:
        chain = layers.chain(project, stage)
    except NotFound:
        return None
    seen = stack.enter_context(layers.stack(project, chain))
    hashes = [_hashes(root, project, one) for one in reversed(chain.layers)]
    return _Tree("workspace", seen, (*hashes, *([_NOTHING] if chain.base else [])))


def _hashes(root: int, project: ProjectId, stage: StageId) -> Mapping[str, str]:
    path = f"{stage_root(project, stage)}/{LAYER}"
    with held(open_directory(root, path, follow=False)) as layer:
        _, changes = read_manifest(layer, path)
    return {change.path: change.sha256 for change in changes if change.sha256}


class _Walk:
    """One walk through one tree; without recursion, since a stage may have made directories deeper than our stack."""

    def __init__(self, tree: _Tree, hashed: int, pace: Pace, stop: Stop) -> None:
        self._tree = tree
        self._hashed = hashed
        self._pace = pace
        self._stop = stop
        self._first: dict[tuple[int, int], str] = {}
        """Files with several names: the first of each."""

    def entries(self) -> Iterator[Listed]:
        levels = [self._below(self._tree.stack.top)]
        while levels:
            found = next(levels[-1], None)
            if found is None:
                levels.pop()
                continue
            spot, entry = found
            yield entry
            if spot.kind is Kind.DIRECTORY:
                levels.append(self._below(spot))

    def _below(self, directory: Spot) -> Iterator[tuple[Spot, Listed]]:
        """The entries of a directory; it is open only while a thousand of them are looked at."""
        try:
            names = iter(sorted(self._tree.stack.names(directory, self._stop)))
        except FileNotFoundError:
            return
        while chunk := list(islice(names, _CHUNK)):
            found = []
            with self._tree.stack.opened(directory) as handles:
                for name in chunk:
                    with suppress(FileNotFoundError):
                        found.append(self._entry(directory, handles, name))
            yield from (one for one in found if one is not None)

    def _entry(self, directory: Spot, handles: list[int], name: str) -> tuple[Spot, Listed] | None:
        spot = self._tree.stack.look(directory, handles, name)
        if spot is None:
            return None
        handle = handles[directory.layers.index(spot.layers[0])]
        status = os.stat(name, dir_fd=handle, follow_symlinks=False)
        self._pace.took(_COST, self._stop)
        path, is_file = f"{self._tree.name}/{spot.path}", spot.kind is Kind.FILE
        same_as = self._same_as(path, status) if is_file else ""
        return spot, Listed(
            path=path,
            kind=spot.kind.value,
            mode=stat.S_IMODE(status.st_mode),
            time=status.st_mtime_ns,
            size=status.st_size if is_file else 0,
            target=os.readlink(name, dir_fd=handle) if spot.kind is Kind.SYMLINK else "",
            same_as=same_as,
            sha256=self._hash(spot, handle, name, status.st_size) if is_file else "",
        )

    def _same_as(self, path: str, status: os.stat_result) -> str:
        if status.st_nlink == 1:
            return ""
        first = self._first.setdefault((status.st_dev, status.st_ino), path)
        return "" if first == path else first

    def _hash(self, spot: Spot, handle: int, name: str, size: int) -> str:
        known = self._tree.hashes[spot.layers[0]].get(spot.path)
        if known or size > self._hashed:
            return known or ""
        digest, offset = hashlib.sha256(), 0
        with held(open_file(handle, name, follow=False)) as fd:
            while data := os.pread(fd, _BLOCK, offset):
                digest.update(data)
                offset += len(data)
                self._pace.took(len(data), self._stop)
        return digest.hexdigest()
