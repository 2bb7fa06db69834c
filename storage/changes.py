"""What a layer changes, as a list: found in directories, written into another, and compared with what was written.

A list is sorted by path, parents first. Content is no part of it until its hash is added. It knows nothing of where
layers are kept or when one is made.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace

from storage.layers import Spot, Stack, join
from storage.stop import Stop
from winslow.domain.layers import Kind

_NAMED = 10


@dataclass(frozen=True, slots=True)
class Change:
    """An entry as it shall be, or a deletion (WHITEOUT), of which only the path counts.

    `time` is that of the last change, in nanoseconds; `target` where a link leads; `same_as` the first path of a file
    with several names; `sha256` of a file's content, lower-case hexadecimal, once it is known. Set-ID bits of files and
    extended attributes are left out.
    """

    path: str
    kind: Kind
    mode: int = 0
    uid: int = 0
    gid: int = 0
    time: int = 0
    size: int = 0
    target: str = ""
    same_as: str = ""
    opaque: bool = False
    sha256: str = ""


@dataclass(slots=True)
class Changes:
    """What was found; `special` counts FIFOs, sockets and devices, which no layer holds, and `first` names some."""

    listed: list[Change] = field(default_factory=list)
    spots: dict[str, Spot] = field(default_factory=dict)
    special: int = 0
    first: list[str] = field(default_factory=list)


def changes(stack: Stack, below: Stack | None, stop: Stop) -> Changes:
    """What `stack` changes in what is seen of `below` (None: unknown, so nothing that might matter is left out).

    A deletion of what is not below is left out, and a special file deletes what it hides.
    """
    return _Search(stack, below, stop).run()


class _Search:
    def __init__(self, stack: Stack, below: Stack | None, stop: Stop) -> None:
        self._stack = stack
        self._below = below
        self._stop = stop
        self._found = Changes()

    def run(self) -> Changes:
        top = self._stack.top
        self._add(top, self._stack.status(top), opaque=False)
        waiting: list[tuple[Spot, Spot | None]] = [(top, self._below.top if self._below else None)]
        while waiting:
            spot, under = waiting.pop()
            waiting.extend(self._directory(spot, under))
        found = self._found.listed
        found.sort(key=_order)
        self._found.listed = self._with_names(found)
        return self._found

    def _directory(self, directory: Spot, under: Spot | None) -> list[tuple[Spot, Spot | None]]:
        """Add what lies in a directory; what of it is to be looked into, with what is seen below it."""
        deeper: list[tuple[Spot, Spot | None]] = []
        listings = self._stack.listings(directory, self._stop)
        with self._stack.opened(directory) as handles:
            for name in sorted({name for listing in listings for name in listing}):
                self._stop.check()
                spot = self._stack.look(directory, handles, name)
                if spot is None or spot.kind is Kind.SPECIAL:
                    self._absent(join(directory.path, name), spot, under, name)
                    continue
                status = os.stat(name, dir_fd=handles[directory.layers.index(spot.layers[0])], follow_symlinks=False)
                hidden = self._hidden(under, name)
                opaque = spot.kind is Kind.DIRECTORY and spot.covers and self._matters(under, hidden)
                # What is below an opaque directory, or something other than a directory, is not seen in it.
                shows = spot.kind is Kind.DIRECTORY and hidden is not None and hidden.kind is Kind.DIRECTORY
                self._add(spot, status, opaque=opaque and not directory.covers)
                if spot.kind is Kind.DIRECTORY:
                    deeper.append((spot, hidden if shows and not opaque else None))
        return deeper

    def _absent(self, path: str, spot: Spot | None, under: Spot | None, name: str) -> None:
        if spot is not None:
            self._found.special += 1
            if len(self._found.first) < _NAMED:
                self._found.first.append(path)
            if self._below is None:
                return
        if self._matters(under, self._hidden(under, name)):
            self._found.listed.append(Change(path, Kind.WHITEOUT))

    def _hidden(self, under: Spot | None, name: str) -> Spot | None:
        return self._below.step(under, name) if self._below and under else None

    def _matters(self, under: Spot | None, hidden: Spot | None) -> bool:
        return self._below is None or hidden is not None

    def _add(self, spot: Spot, status: os.stat_result, *, opaque: bool) -> None:
        directory, file = spot.kind is Kind.DIRECTORY, spot.kind is Kind.FILE
        change = Change(
            path=spot.path,
            kind=spot.kind,
            mode=status.st_mode & (0o7777 if directory else 0o1777),
            uid=status.st_uid,
            gid=status.st_gid,
            time=status.st_mtime_ns,
            size=status.st_size if file else 0,
            target=self._stack.read_link(spot) if spot.kind is Kind.SYMLINK else "",
            same_as=_inode(spot, status) if file and status.st_nlink > 1 else "",
            opaque=opaque,
        )
        self._found.listed.append(change)
        self._found.spots[spot.path] = spot

    def _with_names(self, found: list[Change]) -> list[Change]:
        first: dict[str, str] = {}
        named: list[Change] = []
        for change in found:
            if change.same_as:
                path = first.setdefault(change.same_as, change.path)
                change = replace(change, same_as="" if path == change.path else path)  # noqa: PLW2901
            named.append(change)
        return named


def _inode(spot: Spot, status: os.stat_result) -> str:
    return f"{spot.layers[0]}:{status.st_dev}:{status.st_ino}"


def _order(change: Change) -> list[str]:
    return change.path.split("/")
