"""Histories of projects: what ended long ago, appended to files that only grow, found by an index held in memory.

    projects/PROJECT/history/NNNNNN.records     a segment (`storage.segments`), to which one process appends
    projects/PROJECT/history/NNNNNN.index
    projects/PROJECT/history/NNNNNN.jsonl.gz    segments that nobody appends to any more, condensed (`storage.condensed`)
    projects/PROJECT/history/NNNNNN.list.gz

Each process that appends begins a segment of its own, so that no two ever write to one file, whoever holds which lock. The
index only saves reading: what it lacks, because of a crash or a bad disk, is read from the records themselves.
What is appended again is there once: the newest version of a record counts. It never needs to know what records mean.
"""

from __future__ import annotations

import os
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from storage.beneath import held, make_directories, open_directory
from storage.condensed import Records
from storage.condensing import Chosen, Shelved, condensable, condense, put_aside, tidy
from storage.faults import about
from storage.locks import Locks
from storage.members import Unpacked
from storage.pace import Pace
from storage.segments import Filed, Writing, begun, pieces, records_at, write
from storage.shelf import Entry, Place, Shelf
from storage.stop import Stop
from winslow.domain.layout import history_root, project_root, safe_parts
from winslow.domain.query import Query
from winslow.domain.stage import ProjectId
from winslow.ports import Clock, Effort

SEGMENT = 64 << 20
"""Bytes after which another segment is begun."""
HELD = 200_000
"""Entries held in memory for all projects; of those looked at least, all are let go."""


@dataclass(frozen=True, slots=True)
class Read:
    """A record as it was filed."""

    kind: str
    key: str
    revision: int
    data: bytes


class _Project:
    """What this process knows of one project's history."""

    def __init__(self, unpacked: Unpacked) -> None:
        self.shelved = Shelved(unpacked)
        self.writing: Writing | None = None


class History:
    """Implements the port `winslow.ports.History` on bytes; blocking, any number of threads."""

    def __init__(self, root: int, clock: Clock = time.time, unpacked: Unpacked | None = None) -> None:
        self._root = root
        self._clock = clock
        self._unpacked = unpacked or Unpacked()
        self._locks = Locks()
        self._guard = threading.Lock()
        self._projects: OrderedDict[str, _Project] = OrderedDict()

    def append(self, project: ProjectId, filed: Sequence[Filed], stop: Stop) -> None:
        """See the port. Raises NotFound (FILE_NOT_FOUND) when the project has no directory."""
        path = _path(project)
        with about(path), self._locks.hold(path, stop=stop):
            os.close(open_directory(self._root, project_root(project), follow=False))
            known = self._known(project)
            with held(make_directories(self._root, path)) as directory:
                # One that is cut here is not gone on with: its end may be torn.
                writing, known.writing = known.writing, None
                for piece in pieces(filed):
                    writing = _written(directory, writing, piece)
                known.writing = writing if writing and writing.records < SEGMENT else None

    def condense(self, project: ProjectId, quiet: float, effort: Effort, stop: Stop) -> bool:
        """See the port. Others look into the history meanwhile; what they still read is put aside, not removed, for `quiet`."""
        path, before = _path(project), self._clock() - quiet
        with about(path):
            try:
                directory = open_directory(self._root, path, follow=False)
            except FileNotFoundError:
                return False
            with held(directory):
                with self._locks.hold(path, stop=stop):
                    tidy(directory, before, self._unpacked)
                    shelf, known = self._shelf(project, stop), self._known(project)
                    chosen = condensable(directory, before, self._unpacked)
                    put_aside(directory, Chosen({}, (), chosen.done))
                    if known.writing and known.writing.number in (chosen.segments | chosen.done):
                        known.writing = None
                    entries = shelf.lying(chosen.segments, chosen.condensed)
                if not chosen.segments:
                    return False
                condense(directory, path, chosen, entries, Pace(effort.rate), stop, self._unpacked)
                with self._locks.hold(path, stop=stop):
                    put_aside(directory, chosen)
        return True

    def get(self, project: ProjectId, keys: Sequence[tuple[str, str]], stop: Stop) -> list[Read]:
        """See the port; `keys` are kinds and keys."""
        path = _path(project)
        with about(path), self._locks.hold(path, stop=stop):
            shelf = self._shelf(project, stop)
            entries = [(kind, entry) for kind, key in keys if (entry := shelf.get(kind, key))]
            return list(self._read(path, entries, stop))

    def page(self, project: ProjectId, kind: str, query: Query, stop: Stop) -> list[Read]:
        """See the port."""
        path = _path(project)
        with about(path), self._locks.hold(path, stop=stop):
            entries = self._shelf(project, stop).page(kind, query)
            return list(self._read(path, [(kind, entry) for entry in entries], stop))

    # ---- reading

    def _known(self, project: ProjectId) -> _Project:
        """What is known of the project, as the one looked at last; what was not looked at longest makes room."""
        with self._guard:
            known = self._projects.setdefault(project, _Project(self._unpacked))
            self._projects.move_to_end(project)
            entries = sum(len(one.shelved.shelf) for one in self._projects.values())
            while entries > HELD and len(self._projects) > 1:
                _, gone = self._projects.popitem(last=False)
                entries -= len(gone.shelved.shelf)
        return known

    def _shelf(self, project: ProjectId, stop: Stop) -> Shelf:
        """The index with all that was appended up to now, by whoever."""
        known = self._known(project)
        try:
            directory = open_directory(self._root, _path(project), follow=False)
        except FileNotFoundError:
            with self._guard:
                self._projects.pop(project, None)
            return Shelf()
        with held(directory):
            return known.shelved.look(directory, stop)

    def _read(self, path: str, entries: Sequence[tuple[str, Entry]], stop: Stop) -> Iterator[Read]:
        """The records of entries, each block read once where they lie together."""
        if not entries:
            return
        blocks: dict[Place, list[bytes]] = {}
        with (
            held(open_directory(self._root, path, follow=False)) as directory,
            Records(directory, path, self._unpacked) as condensed,
        ):
            for kind, entry in entries:
                stop.check()
                place = entry.place
                if place.condensed:
                    yield Read(kind, entry.key, entry.revision, condensed.read(place.segment, entry.position))
                    continue
                if place not in blocks:
                    blocks[place] = records_at(directory, path, place)
                yield Read(kind, entry.key, entry.revision, blocks[place][entry.position])


def _written(directory: int, writing: Writing | None, piece: Sequence[Filed]) -> Writing:
    """A piece, appended; to a new segment where there is none yet, or the last one was condensed meanwhile."""
    if writing is not None:
        try:
            write(directory, writing, piece)
        except FileNotFoundError:
            pass
        else:
            return writing
    writing = begun(directory)
    write(directory, writing, piece)
    return writing


def _path(project: ProjectId) -> str:
    return "/".join(safe_parts(history_root(project)))
