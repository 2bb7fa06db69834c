"""What differs between the files of two attempts: two sorted lists of what each left, gone through side by side.

A list is the attempt's manifest where it has one, and then the files may be gone; else its directories are walked. Neither
is ever held in memory as a whole, and one call looks at so much only. It never needs to know what the attempts are.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace

from storage.beneath import held, open_directory
from storage.faults import about
from storage.listing import Listing, listing
from storage.manifests import Manifests
from storage.pace import Pace
from storage.stop import Stop
from winslow.domain.layout import stage_root
from winslow.domain.stage import StageId
from winslow.errors import NotFound
from winslow.ports import Differences, Differing, Listed, ListedPage, Side, Spot

LOOKED_AT = 100_000
"""Entries of one call, both attempts together."""
_PAGE = 5000
_BLOCK = 1 << 20
_WORKSPACE = "workspace"
_Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Entry:
    """One entry of a list; `at` is where the list goes on behind it, 0 where it is walked."""

    key: _Key
    listed: Listed
    at: int


class _Side:
    """One of the two, held open: its list, and its files as far as they are there."""

    def __init__(self, side: Side, files: Listing | None, manifests: Manifests, workspace: bool | None) -> None:
        self.side = side
        self._files = files
        self._manifests = manifests
        self._listed = workspace is not None
        self.workspace = bool(workspace) if self._listed else files is not None and files.workspace
        """Whether it can be told what its workspace held."""

    def entries(self, at: int, behind: _Key, stop: Stop) -> Iterator[_Entry]:
        """All but directories, behind a path; from byte `at` of the manifest on."""
        for entry in self._all(at, stop):
            if entry.listed.kind != "directory" and entry.key > behind:
                yield entry

    def _all(self, at: int, stop: Stop) -> Iterator[_Entry]:
        if self._listed:
            yield from self._manifest(at, stop)
        elif self._files is not None:
            for listed in self._files.entries(-1, Pace(), stop):
                yield _Entry(tuple(listed.path.split("/")), listed, 0)

    def _manifest(self, at: int, stop: Stop) -> Iterator[_Entry]:
        while True:
            page: ListedPage = self._manifests.page(self.side.project, self.side.stage, at, _PAGE, stop)
            for listed in page.entries:
                yield _Entry(tuple(listed.path.split("/")), listed, at)
            if not page.next:
                return
            at = page.next

    def hashed(self, listed: Listed, most: int, stop: Stop) -> Listed:
        """With its hash, if that is known, or the file is there and has at most so many bytes."""
        if listed.sha256 or listed.kind != "file" or listed.size > most or self._files is None:
            return listed
        name, _, path = listed.path.partition("/")
        tree = next((one for one in self._files.trees if one.name == name), None)
        if tree is None:
            return listed
        digest, offset = hashlib.sha256(), 0
        with suppress(OSError), held(tree.stack.open(path)) as fd:
            while data := os.pread(fd, _BLOCK, offset):
                stop.check()
                digest.update(data)
                offset += len(data)
            return replace(listed, sha256=digest.hexdigest())
        return listed


class Comparing:
    """Implements the port `winslow.ports.Compares`; blocking, any number of threads. `root` is the volume, held open."""

    def __init__(self, root: int, manifests: Manifests) -> None:
        self._root = root
        self._manifests = manifests

    def page(self, before: Side, after: Side, at: Spot, limit: int, hashed: int, stop: Stop) -> Differences:
        """See the port."""
        with about(stage_root(before.project, before.stage)), ExitStack() as stack:
            sides = tuple(self._opened(side, stack, stop) for side in (before, after))
            unknown = tuple(StageId(one.side.stage) for one in sides if not one.workspace)
            same = before.workspace == after.workspace and before.project == after.project
            if same:  # one directory: as long as nobody tells otherwise, what is in it is both's
                unknown = ()
            return self._compared(sides[0], sides[1], at, limit, hashed, unknown, bool(unknown) or same, stop)

    def _opened(self, side: Side, stack: ExitStack, stop: Stop) -> _Side:
        files: Listing | None = None
        with (
            suppress(FileNotFoundError),
            held(open_directory(self._root, stage_root(side.project, side.stage), follow=False)),
        ):
            files = stack.enter_context(listing(self._root, side.project, side.stage, side.workspace, unsealed=True))
        manifest = None
        with suppress(NotFound):
            manifest = self._manifests.get(side.project, side.stage, stop)
        if manifest is not None and not manifest.workspace and files is not None and files.workspace:
            manifest = None  # it was made when the workspace was another's
        return _Side(side, files, self._manifests, manifest.workspace if manifest else None)

    def _compared(
        self,
        before: _Side,
        after: _Side,
        at: Spot,
        limit: int,
        hashed: int,
        unknown: tuple[StageId, ...],
        outputs_only: bool,
        stop: Stop,
    ) -> Differences:
        behind = tuple(at.path.split("/")) if at.path else ()
        pairs = _paired(before.entries(at.before, behind, stop), after.entries(at.after, behind, stop))
        found: list[Differing] = []
        spot = at
        for looked, (one, other) in enumerate(pairs):
            path = (one or other).listed.path  # type: ignore[union-attr]  # one of them is there
            if outputs_only and path.startswith(f"{_WORKSPACE}/"):
                return Differences(tuple(found), None, unknown)
            if looked == LOOKED_AT:
                return Differences(tuple(found), spot, unknown)
            difference = _difference(path, before, one, after, other, hashed, stop)
            if difference and len(found) == limit:
                return Differences(tuple(found), spot, unknown)
            if difference:
                found.append(difference)
            spot = Spot(path, one.at if one else spot.before, other.at if other else spot.after)
        return Differences(tuple(found), None, unknown)


def _paired(old: Iterator[_Entry], new: Iterator[_Entry]) -> Iterator[tuple[_Entry | None, _Entry | None]]:
    """What has the same path in both, and what only one has, in order."""
    one, other = next(old, None), next(new, None)
    while one is not None or other is not None:
        if other is None or (one is not None and one.key < other.key):
            yield one, None
            one = next(old, None)
        elif one is None or other.key < one.key:
            yield None, other
            other = next(new, None)
        else:
            yield one, other
            one, other = next(old, None), next(new, None)


def _difference(
    path: str, before: _Side, one: _Entry | None, after: _Side, other: _Entry | None, most: int, stop: Stop
) -> Differing | None:
    if one is None or other is None:
        return Differing(path, one.listed if one else None, other.listed if other else None)
    old, new = one.listed, other.listed
    if (old.kind, old.size, old.target) != (new.kind, new.size, new.target):
        return Differing(path, old, new)
    if old.kind != "file" or (old.time == new.time and not (old.sha256 and new.sha256)):
        return None
    old, new = before.hashed(old, most, stop), after.hashed(new, most, stop)
    if old.sha256 and old.sha256 == new.sha256:
        return None
    return Differing(path, old, new)
