"""Readings kept on the node's own disk: files of a day, to which a record is appended for each minute and subject.

A record is its length, its checksum, its subject and its time, and then the contract's own message. Nothing is fsynced: a
crash costs minutes, which is what they are worth. What it tore is cut off before anything is appended behind it. Nodes and
stages have files of their own, so that a month of a node is read without the stages that it ran.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Container, Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import structlog

from winslow.domain.reading import OfNode, OfStage, Reading, Subject
from winslow.v1 import node_pb2 as pb
from winslow.wire.reading import reading_from_proto, reading_to_proto, subject_name

log = structlog.get_logger(__name__)

KEPT_DAYS = 31
LONGEST = 1 << 20
"""Bytes of a record; what claims to be longer is none."""
_HEADER = struct.Struct("<IIId")
_STAGES = "stages"
_SUMMED = 8
"""Bytes of the header, its length and its checksum, which the checksum leaves out."""
_NAME = re.compile(r"(node|stages)-(\d{4}-\d\d-\d\d)")


class _Record(NamedTuple):
    """`subject` is a checksum of its name, to pass over others quickly; `end` is where the next record begins."""

    subject: int
    time: float
    payload: memoryview
    end: int


class Minutes:
    """What is in one directory, written by one process. Blocks; every method may raise OSError."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._ends: dict[Path, int] = {}
        """Where whole records end, of files that this process has appended to."""

    def append(self, readings: Iterable[Reading]) -> None:
        """Keep them. Nothing is half kept: a write that failed is cut off again by the next one."""
        by_file: dict[Path, bytearray] = {}
        for one in readings:
            by_file.setdefault(self._file(one.subject, _day(one.time)), bytearray()).extend(_packed(one))
        for path, data in by_file.items():
            if path not in self._ends:
                self._begin(path)
            end = self._ends.pop(path)
            with path.open("r+b") as file:
                file.truncate(end)
                file.seek(end)
                file.write(data)
            self._ends[path] = end + len(data)

    def between(self, subject: Subject, after: float, until: float, most: int | None = None) -> list[Reading]:
        """Those of a subject with `after` < time <= `until`, in order; the first `most` of them."""
        found: list[Reading] = []
        for path in self._files(subject, after, until):
            found += sorted(_read(path, subject, after, until), key=lambda one: one.time)
            if most is not None and len(found) >= most:
                return found[:most]
        return found

    def forget(self, now: float) -> None:
        """Delete what is older than 31 days."""
        oldest = _day(now) - timedelta(days=KEPT_DAYS)
        for path, day in self._days():
            if day < oldest:
                path.unlink(missing_ok=True)
                self._ends.pop(path, None)

    def forget_projects(self, gone: Container[str]) -> None:
        """Delete what was measured of stages of these projects, by their ids. A file that has none of it stays as it is.

        Killed half-way, a file is as it was or has nothing of them.
        """
        for path, _ in self._days():
            if path.name.startswith(_STAGES):
                self._without(path, gone)

    def _without(self, path: Path, gone: Container[str]) -> None:
        data = path.read_bytes()
        kept, begin = bytearray(), 0
        going: dict[int, bool] = {}
        for record in _records(data):
            # Most are told by the checksum of their name, which is read once; what goes is read to be sure.
            if going.get(record.subject, True):
                subject = reading_from_proto(pb.Reading.FromString(bytes(record.payload))).subject
                is_gone = isinstance(subject, OfStage) and subject.project in gone
                going.setdefault(record.subject, is_gone)
            else:
                is_gone = False
            if not is_gone:
                kept += data[begin : record.end]
            begin = record.end
        if len(kept) == begin:
            return
        draft = path.with_name(f".{path.name}")
        draft.write_bytes(kept)
        draft.replace(path)
        if path in self._ends:
            self._ends[path] = len(kept)

    def _begin(self, path: Path) -> None:
        """A day begins, or this process does: find the end of what is whole."""
        self._directory.mkdir(parents=True, exist_ok=True)
        path.touch()
        data = path.read_bytes()
        end = max((record.end for record in _records(data)), default=0)
        if end < len(data):
            log.warning("the end of a file of readings was torn and is cut off", file=str(path), bytes=len(data) - end)
        self._ends[path] = end

    def _file(self, subject: Subject, day: date) -> Path:
        return self._directory / f"{_kind(subject)}-{day.isoformat()}"

    def _files(self, subject: Subject, after: float, until: float) -> list[Path]:
        first, last = _day(max(after, 0.0)), _day(until)
        return sorted(
            path for path, day in self._days() if path.name.startswith(_kind(subject)) and first <= day <= last
        )

    def _days(self) -> Iterator[tuple[Path, date]]:
        for path in self._directory.glob("*-*"):
            if match := _NAME.fullmatch(path.name):
                yield path, date.fromisoformat(match[2])


def _kind(subject: Subject) -> str:
    return "node" if isinstance(subject, OfNode) else _STAGES


def _day(time: float) -> date:
    """UTC, so that no day has 23 hours."""
    try:
        return datetime.fromtimestamp(time, UTC).date()
    except (OverflowError, ValueError):
        return date.max


def _packed(reading: Reading) -> bytes:
    payload = reading_to_proto(reading).SerializeToString()
    record = bytearray(_HEADER.pack(len(payload), 0, _checksum(reading.subject), reading.time) + payload)
    struct.pack_into("<I", record, 4, zlib.crc32(record[_SUMMED:]))
    return bytes(record)


def _checksum(subject: Subject) -> int:
    return zlib.crc32(subject_name(subject).encode())


def _records(data: bytes) -> Iterator[_Record]:
    """The whole records from the beginning; what comes behind the first torn one is none."""
    whole, at = memoryview(data), 0
    while at + _HEADER.size <= len(data):
        length, checksum, subject, time = _HEADER.unpack_from(data, at)
        begin, end = at + _HEADER.size, at + _HEADER.size + length
        if not 0 < length <= LONGEST or end > len(data) or zlib.crc32(whole[at + _SUMMED : end]) != checksum:
            return
        yield _Record(subject, time, whole[begin:end], end)
        at = end


def _read(path: Path, subject: Subject, after: float, until: float) -> Iterator[Reading]:
    try:
        data = path.read_bytes()
    except FileNotFoundError:  # it has just become too old
        return
    wanted = _checksum(subject)
    for record in _records(data):
        if record.subject == wanted and after < record.time <= until:
            reading = reading_from_proto(pb.Reading.FromString(bytes(record.payload)))
            if reading.subject == subject:
                yield reading
