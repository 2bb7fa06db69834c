"""Histories of projects: what ended long ago, appended to files that only grow, found by an index held in memory.

    projects/PROJECT/history/NNNNNN.records     blocks of records: a list of what they are, then their bytes
    projects/PROJECT/history/NNNNNN.index       a block for each block of records, with the list alone

Each process that appends begins a segment of its own, so that no two ever write to one file, whoever holds which lock. The
index only saves reading: what it lacks, because of a crash or a bad disk, is read from the records themselves.
What is appended again is there once: the newest version of a record counts. It never needs to know what records mean.
"""

from __future__ import annotations

import json
import os
import struct
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from storage.beneath import held, make_directories, open_directory, open_file
from storage.blocks import Block, blocks, pack, unpack
from storage.faults import about
from storage.locks import Locks
from storage.shelf import Entry, Place, Schema, Shelf
from storage.stop import Stop
from winslow.domain.layout import history_root, project_root, safe_parts
from winslow.domain.query import Facts, Query
from winslow.domain.stage import ProjectId
from winslow.errors import DataLoss

BLOCK = 64 << 10
"""Bytes of records in one block, as a rule: what is unpacked to read one of them."""
SEGMENT = 64 << 20
"""Bytes after which another segment is begun."""
HELD = 200_000
"""Entries held in memory for all projects; of those looked at least, all are let go."""
_COUNT = struct.Struct("<I")


@dataclass(frozen=True, slots=True)
class Filed:
    """A record as it is filed: what it is, its revision, what it is found by, and its bytes."""

    kind: str
    key: str
    revision: int
    facts: Facts
    data: bytes


@dataclass(frozen=True, slots=True)
class Read:
    """A record as it was filed."""

    kind: str
    key: str
    revision: int
    data: bytes


@dataclass(slots=True)
class _Segment:
    """How far its index and its records are on the shelf, in bytes."""

    index: int = 0
    records: int = 0


@dataclass(slots=True)
class _Writing:
    """The segment that this process appends to: both files as long as it knows them to be whole."""

    number: int
    records: int = 0
    index: int = 0


class _Project:
    """What this process knows of one project's history."""

    def __init__(self) -> None:
        self.shelf = Shelf()
        self.segments: dict[int, _Segment] = {}
        self.writing: _Writing | None = None


class History:
    """Implements the port `winslow.ports.History` on bytes; blocking, any number of threads."""

    def __init__(self, root: int) -> None:
        self._root = root
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
                writing = known.writing or _begun(directory)
                known.writing = None  # one that is cut here is not gone on with: its end may be torn
                for piece in _pieces(filed):
                    _write(directory, writing, piece)
                known.writing = writing if writing.records < SEGMENT else None

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
            known = self._projects.setdefault(project, _Project())
            self._projects.move_to_end(project)
            entries = sum(len(one.shelf) for one in self._projects.values())
            while entries > HELD and len(self._projects) > 1:
                _, gone = self._projects.popitem(last=False)
                entries -= len(gone.shelf)
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
            numbers = _segments(directory)
            if not known.segments.keys() <= set(numbers):  # another project's by the same name: begin again
                known.shelf, known.segments = Shelf(), {}
            for number in numbers:
                stop.check()
                _catch_up(directory, number, known.segments.setdefault(number, _Segment()), known.shelf)
        return known.shelf

    def _read(self, path: str, entries: Sequence[tuple[str, Entry]], stop: Stop) -> Iterator[Read]:
        """The records of entries, each block read once where they lie together."""
        if not entries:
            return
        unpacked: dict[Place, list[bytes]] = {}
        with held(open_directory(self._root, path, follow=False)) as directory:
            for kind, entry in entries:
                stop.check()
                if entry.place not in unpacked:
                    unpacked[entry.place] = _records(directory, path, entry.place)
                yield Read(kind, entry.key, entry.revision, unpacked[entry.place][entry.position])


def _path(project: ProjectId) -> str:
    return "/".join(safe_parts(history_root(project)))


def _name(number: int, what: str) -> str:
    return f"{number:06d}.{what}"


def _segments(directory: int) -> list[int]:
    """The segments there are, by number."""
    names = [name.removesuffix(".records") for name in os.listdir(directory) if name.endswith(".records")]
    return sorted(int(name) for name in names if name.isdecimal())


# ---- appending


def _begun(directory: int) -> _Writing:
    """A new segment, which nobody else writes to."""
    number = max(_segments(directory), default=0)
    while True:
        number += 1
        with suppress(FileExistsError):
            for what in ("index", "records"):  # the index first: without records it is not looked at
                flags = os.O_WRONLY | os.O_CREAT | (os.O_EXCL if what == "records" else 0)
                os.close(os.open(_name(number, what), flags | os.O_NOFOLLOW, 0o644, dir_fd=directory))
            os.fsync(directory)
            return _Writing(number)


def _pieces(filed: Sequence[Filed]) -> Iterator[list[Filed]]:
    piece: list[Filed] = []
    size = 0
    for one in filed:
        piece.append(one)
        size += len(one.data)
        if size >= BLOCK:
            yield piece
            piece, size = [], 0
    if piece:
        yield piece


def _write(directory: int, writing: _Writing, piece: Sequence[Filed]) -> None:
    """Append a block to both files. It is safe, and shown, once this returns."""
    listed = _listed(piece)
    text = json.dumps(listed, separators=(",", ":")).encode()
    records = pack(_COUNT.pack(len(text)) + text + b"".join(one.data for one in piece))
    index = pack(json.dumps([writing.records, len(records), *listed], separators=(",", ":")).encode())
    _append(directory, _name(writing.number, "records"), writing.records, records)
    _append(directory, _name(writing.number, "index"), writing.index, index)
    writing.records += len(records)
    writing.index += len(index)


def _listed(piece: Sequence[Filed]) -> list[Any]:
    """What a block's records are and are found by: the schemas, and a row for each record in the order of the fields of `_take`."""
    schemas: dict[Schema, int] = {}
    rows: list[Any] = []
    for one in piece:
        schema = Schema(one.kind, tuple(one.facts.orders), tuple(one.facts.fields))
        number = schemas.setdefault(schema, len(schemas))
        orders, fields = list(one.facts.orders.values()), list(one.facts.fields.values())
        rows.append([number, one.key, one.revision, one.facts.name, orders, fields, len(one.data)])
    return [[[schema.kind, schema.orders, schema.fields] for schema in schemas], rows]


def _append(directory: int, name: str, offset: int, data: bytes) -> None:
    with held(open_file(directory, name, os.O_WRONLY, follow=False)) as fd:
        view = memoryview(data)
        while view:
            written = os.pwrite(fd, view, offset)
            view, offset = view[written:], offset + written
        os.fsync(fd)


# ---- reading


def _catch_up(directory: int, number: int, seen: _Segment, shelf: Shelf) -> None:
    """Take in what was appended to a segment since the last look; where its index has a gap, from the records."""
    with suppress(FileNotFoundError):
        for block in _after(directory, _name(number, "index"), seen.index):
            offset, size, *listed = json.loads(block.body)
            if offset > seen.records:
                _take_from_records(directory, number, seen.records, offset, shelf)
            _take(shelf, Place(number, offset, size), listed)
            seen.index, seen.records = block.ends, max(seen.records, offset + size)
    seen.records = _take_from_records(directory, number, seen.records, None, shelf)


def _take_from_records(directory: int, number: int, start: int, end: int | None, shelf: Shelf, name: str = "") -> int:
    """Take in the whole blocks of records between two offsets; returns where the last ends."""
    for block in _after(directory, _name(number, "records"), start, end):
        listed, _ = _split(block.body)
        _take(shelf, Place(number, block.begins, block.ends - block.begins), listed)
        start = block.ends
    return start


def _after(directory: int, name: str, start: int, end: int | None = None) -> Iterator[Block]:
    """The whole blocks of a file between two offsets."""
    with held(open_file(directory, name, follow=False)) as fd:
        size = os.fstat(fd).st_size if end is None else end
        yield from blocks(_exactly(fd, start, size - start), start) if size > start else ()


def _take(shelf: Shelf, place: Place, listed: Sequence[Any]) -> None:
    named, rows = listed
    schemas = [shelf.once(Schema(kind, tuple(orders), tuple(fields))) for kind, orders, fields in named]
    once = shelf.once
    for position, (schema, key, revision, name, orders, fields, _) in enumerate(rows):
        shared = tuple([once(tuple(values)) for values in fields])
        shelf.put(Entry(key, revision, name, schemas[schema], tuple(orders), shared, place, position))


def _records(directory: int, path: str, place: Place) -> list[bytes]:
    """The bytes of each record of a block. Raises DataLoss (HISTORY_DAMAGED)."""
    name = _name(place.segment, "records")
    try:
        with held(open_file(directory, name, follow=False)) as fd:
            data = _exactly(fd, place.offset, place.size)
    except FileNotFoundError:
        data = b""
    body = unpack(data, f"{path}/{name}")
    listed, at = _split(body)
    found: list[bytes] = []
    for row in listed[1]:
        size = int(row[-1])
        found.append(body[at : at + size])
        at += size
    if at != len(body):
        raise DataLoss(f"A block of {path}/{name} does not add up", reason="HISTORY_DAMAGED", subject=f"{path}/{name}")
    return found


def _split(body: bytes) -> tuple[list[Any], int]:
    """The list at the beginning of a block of records, and where its records begin."""
    (size,) = _COUNT.unpack_from(body)
    return json.loads(body[_COUNT.size : _COUNT.size + size]), _COUNT.size + size


def _exactly(fd: int, offset: int, size: int) -> bytes:
    """Up to `size` bytes; fewer only where the file ends."""
    parts: list[bytes] = []
    while size > 0 and (data := os.pread(fd, size, offset)):
        parts.append(data)
        offset, size = offset + len(data), size - len(data)
    return b"".join(parts)
