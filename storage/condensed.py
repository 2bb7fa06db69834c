"""The part of a history that nobody adds to any more: compressed JSON lines that people can read, and an index of them.

    projects/PROJECT/history/NNNNNN.jsonl.gz    a line for each record: `zcat 000007.jsonl.gz | jq .key`
    projects/PROJECT/history/NNNNNN.list.gz     what they are found by and where they begin, to be read at once

NNNNNN is a number of its own; the first line names the segments that are in it. A record's own bytes are in `record`, a
character for each byte. The list only saves reading: it names the lines that it is about by their hash, and where it is
missing, damaged or another's, the lines are read. It never needs to know what records mean.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

from storage.beneath import held, open_file
from storage.drafts import drafted
from storage.members import Packing, Unpacked, contents, read_index, unpack, verified
from storage.pace import Pace
from storage.segments import aside
from storage.shelf import Entry, Schema
from storage.stop import Stop
from winslow.errors import DataLoss

LINES, LIST = ".jsonl.gz", ".list.gz"
_VERSION = 1
_MEMBER = 256 << 10
"""Bytes of lines that are unpacked to read one of them."""
_LEVEL = 9
"""Of zlib: it is done once, and read for years."""
_ROWS = 500
"""Rows in one line of a list."""
_LINE_MAX = 64 << 20


def file_name(number: int) -> str:
    """Without what tells the two files apart."""
    return f"{number:06d}"


def write_condensed(
    directory: int,
    number: int,
    segments: Mapping[int, int],
    records: Iterable[tuple[Entry, bytes]],
    pace: Pace,
    stop: Stop,
) -> None:
    """Write both files, whole and safe. Raises OSError (EEXIST when the number is in use), DataLoss (ARCHIVE_DIFFERS).

    `segments` are those that are in it, with the bytes of their records; `records` are entries and their bytes.
    """
    name, found = file_name(number), list[tuple[Entry, int]]()
    with drafted(directory, f"{name}{LINES}", replace=False) as fd:
        lines = _Lines(fd)
        lines.put({"version": _VERSION, "segments": {str(number): size for number, size in sorted(segments.items())}})
        for entry, data in records:
            pace.took(len(data), stop)
            found.append((entry, lines.put({**_known(entry), "record": data.decode("latin-1")})))
        sha256 = lines.finish()
        os.fsync(fd)
        os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)  # what is verified is what the disk has
        if verified(fd, stop) != sha256:
            raise DataLoss(
                f"What was written of {name!r} is not what was to be written",
                reason="ARCHIVE_DIFFERS",
                subject=name,
                hint="The history stays as it is. A disk of this node or of the shared file system fails: look at their logs",
            )
    with drafted(directory, f"{name}{LIST}") as fd:
        lines = _Lines(fd)
        lines.put({"version": _VERSION, "of": sha256})
        for start in range(0, len(found), _ROWS):
            lines.put(_rows(found[start : start + _ROWS]))
        lines.finish()


def read_segments(directory: int, number: int, unpacked: Unpacked) -> dict[int, int]:
    """The segments that are in it, with the bytes of their records. Raises OSError, DataLoss (HISTORY_DAMAGED)."""
    name = file_name(number)
    with held(open_file(directory, f"{name}{LINES}", follow=False)) as fd, _told(name):
        found = json.loads(_line(fd, 0, unpacked, name))["segments"]
        return {int(number): int(size) for number, size in found.items()}


def read_rows(directory: int, number: int, unpacked: Unpacked, stop: Stop) -> Iterator[list[Any]]:
    """What all its records are found by, some at a time: schemas, and rows that end with where their lines begin.

    Of what lies in a damaged part nothing is known. Raises OSError.
    """
    name = file_name(number)
    with held(open_file(directory, f"{name}{LINES}", follow=False)) as fd:
        with suppress(FileNotFoundError, DataLoss, ValueError, LookupError, TypeError):
            yield from _listed(directory, name, unpacked.index(fd).sha256, stop)
            return
        for offset, text in _whole_lines(fd, name, stop):
            values = json.loads(text)
            if "key" in values:
                orders, fields = values["orders"], values["fields"]
                schema = [values["kind"], list(orders), list(fields)]
                row = [
                    0,
                    values["key"],
                    values["revision"],
                    values["name"],
                    [*orders.values()],
                    [*fields.values()],
                    offset,
                ]
                yield [[schema], [row]]


class Records:
    """Reads records by where their lines begin; each file is opened once. For the directory of one history."""

    def __init__(self, directory: int, path: str, unpacked: Unpacked) -> None:
        self._directory = directory
        self._path = path
        self._unpacked = unpacked
        self._open = ExitStack()
        self._files: dict[int, int] = {}

    def read(self, number: int, offset: int) -> bytes:
        """The bytes of a record. Raises OSError, DataLoss (HISTORY_DAMAGED)."""
        name = f"{file_name(number)}{LINES}"
        if number not in self._files:
            self._files[number] = self._open.enter_context(held(_opened(self._directory, name)))
        with _told(f"{self._path}/{name}"):
            line = json.loads(_line(self._files[number], offset, self._unpacked, name))
            return str(line["record"]).encode("latin-1")

    def __enter__(self) -> Records:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()


def _opened(directory: int, name: str) -> int:
    """The file, also where it was put aside a moment ago."""
    with suppress(FileNotFoundError):
        return open_file(directory, name, follow=False)
    return open_file(directory, aside(name), follow=False)


class _Lines:
    """Lines, a member for each that have grown to its size together."""

    def __init__(self, fd: int) -> None:
        self._packing = Packing(fd, _LEVEL)
        self._buffer = bytearray()

    def put(self, values: Any) -> int:
        """Where the line begins."""
        offset = self._packing.size + len(self._buffer)
        self._buffer += json.dumps(values, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
        if len(self._buffer) >= _MEMBER:
            self._flush()
        return offset

    def finish(self) -> str:
        self._flush()
        return self._packing.finish().sha256

    def _flush(self) -> None:
        for start in range(0, len(self._buffer), _MEMBER):
            self._packing.add(bytes(self._buffer[start : start + _MEMBER]))
        self._buffer.clear()


def _listed(directory: int, name: str, sha256: str, stop: Stop) -> list[list[Any]]:
    """All of the list, which must be about these lines. Raises OSError, DataLoss, ValueError."""
    with held(open_file(directory, f"{name}{LIST}", follow=False)) as fd:
        first, *texts = b"".join(contents(fd, read_index(fd), name, stop)).splitlines()
        if not sha256 or json.loads(first)["of"] != sha256:
            raise ValueError("it is another's list")
        return [json.loads(text) for text in texts]


def _rows(found: Sequence[tuple[Entry, int]]) -> list[Any]:
    schemas: dict[Schema, int] = {}
    rows: list[Any] = []
    for entry, offset in found:
        number = schemas.setdefault(entry.schema, len(schemas))
        rows.append([number, entry.key, entry.revision, entry.name, entry.orders, entry.fields, offset])
    return [[[schema.kind, schema.orders, schema.fields] for schema in schemas], rows]


def _whole_lines(fd: int, subject: str, stop: Stop) -> Iterator[tuple[int, bytes]]:
    """Lines with where they begin, without those that are damaged in part."""
    index = read_index(fd)
    rest, begins = b"", 0
    for member, start in enumerate(index.starts):
        stop.check()
        try:
            content = unpack(fd, index, member, subject)
        except DataLoss:
            continue
        if start != begins + len(rest):  # a gap: what is whole again begins behind the next line's end
            skipped = content.find(b"\n") + 1
            rest, begins, content = b"", start + skipped, content[skipped:] if skipped else b""
        *lines, rest = (rest + content).split(b"\n")
        for line in lines:
            yield begins, line
            begins += len(line) + 1


def _line(fd: int, offset: int, unpacked: Unpacked, subject: str) -> bytes:
    """The line that begins at `offset`, member by member: what is damaged behind it is no matter."""
    index, line = unpacked.index(fd), b""
    while offset < index.size and len(line) < _LINE_MAX:
        data = unpacked.read(fd, offset, index.end(index.at(offset)) - offset, subject)
        found = data.find(b"\n")
        if found >= 0:
            return line + data[:found]
        line, offset = line + data, offset + len(data)
    return line


def _known(entry: Entry) -> dict[str, Any]:
    return {
        "kind": entry.schema.kind,
        "key": entry.key,
        "revision": entry.revision,
        "name": entry.name,
        "orders": dict(zip(entry.schema.orders, entry.orders, strict=True)),
        "fields": dict(zip(entry.schema.fields, entry.fields, strict=True)),
    }


@contextmanager
def _told(subject: str) -> Iterator[None]:
    try:
        yield
    except (DataLoss, ValueError, LookupError) as error:
        raise DataLoss(
            f"A record of {subject!r} is damaged",
            reason="HISTORY_DAMAGED",
            subject=subject,
            hint="Restore this file from a snapshot of the volume; what else the history holds can be read",
        ) from error
