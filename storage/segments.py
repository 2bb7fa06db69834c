"""The segments of a history: files of blocks that only grow, each written by one process.

    NNNNNN.records     blocks of records: a list of what they are, then their bytes
    NNNNNN.index       a block for each block of records, with the list alone

What is torn or damaged costs the block that it hit. Which records count, and who asks for them, is `storage.history`'s matter.
"""

from __future__ import annotations

import json
import os
import re
import struct
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from storage.beneath import held, open_file
from storage.blocks import Block, blocks, pack, unpack
from storage.shelf import Entry, Place, Schema, Shelf
from winslow.domain.query import Facts
from winslow.errors import DataLoss

BLOCK = 64 << 10
"""Bytes of records in one block, as a rule: what is unpacked to read one of them."""
_COUNT = struct.Struct("<I")
_NUMBERED = re.compile(r"\.?(\d{6,})\..*")


@dataclass(frozen=True, slots=True)
class Filed:
    """A record as it is filed: what it is, its revision, what it is found by, and its bytes."""

    kind: str
    key: str
    revision: int
    facts: Facts
    data: bytes


@dataclass(slots=True)
class Seen:
    """How far a segment's index and its records are on the shelf, in bytes."""

    index: int = 0
    records: int = 0


@dataclass(slots=True)
class Writing:
    """The segment that this process appends to: both files as long as it knows them to be whole."""

    number: int
    records: int = 0
    index: int = 0


def file_name(number: int, what: str) -> str:
    return f"{number:06d}.{what}"


def aside(name: str) -> str:
    """What a file is called that was condensed, until nobody reads it any more."""
    return f".{name}.aside"


def segments(directory: int) -> list[int]:
    """The segments there are, by number."""
    names = [name.removesuffix(".records") for name in os.listdir(directory) if name.endswith(".records")]
    return sorted(int(name) for name in names if name.isdecimal())


def unused(directory: int) -> int:
    """A number that no file of the history has, nor had: none is used again, whatever became of it."""
    named = (_NUMBERED.fullmatch(name) for name in os.listdir(directory))
    return max((int(found[1]) for found in named if found), default=0) + 1


# ---- appending


def begun(directory: int) -> Writing:
    """A new segment, which nobody else writes to."""
    number = unused(directory)
    while True:
        with suppress(FileExistsError):
            for what in ("index", "records"):  # the index first: without records it is not looked at
                flags = os.O_WRONLY | os.O_CREAT | (os.O_EXCL if what == "records" else 0)
                os.close(os.open(file_name(number, what), flags | os.O_NOFOLLOW, 0o644, dir_fd=directory))
            os.fsync(directory)
            return Writing(number)
        number += 1


def pieces(filed: Sequence[Filed]) -> Iterator[list[Filed]]:
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


def write(directory: int, writing: Writing, piece: Sequence[Filed]) -> None:
    """Append a block to both files. It is safe, and shown, once this returns."""
    listed = _listed(piece)
    text = json.dumps(listed, separators=(",", ":")).encode()
    records = pack(_COUNT.pack(len(text)) + text + b"".join(one.data for one in piece))
    index = pack(json.dumps([writing.records, len(records), *listed], separators=(",", ":")).encode())
    _append(directory, file_name(writing.number, "records"), writing.records, records)
    _append(directory, file_name(writing.number, "index"), writing.index, index)
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


def is_whole(directory: int, number: int) -> bool:
    """Whether all that was ever made safe in a segment can be read: only its end may be torn."""
    end = 0
    for block in whole_blocks(directory, file_name(number, "records"), 0):
        if block.begins != end:
            return False
        end = block.ends
    with suppress(FileNotFoundError):
        for block in whole_blocks(directory, file_name(number, "index"), 0):
            offset, size, *_ = json.loads(block.body)
            if offset + size > end:
                return False
    return True


def catch_up(directory: int, number: int, seen: Seen, shelf: Shelf) -> None:
    """Take in what was appended to a segment since the last look; where its index has a gap, from the records."""
    with suppress(FileNotFoundError):
        for block in whole_blocks(directory, file_name(number, "index"), seen.index):
            offset, size, *listed = json.loads(block.body)
            if offset > seen.records:
                take_from_records(directory, number, seen.records, offset, shelf)
            take(shelf, Place(number, offset, size), listed)
            seen.index, seen.records = block.ends, max(seen.records, offset + size)
    seen.records = take_from_records(directory, number, seen.records, None, shelf)


def take_from_records(directory: int, number: int, start: int, end: int | None, shelf: Shelf) -> int:
    """Take in the whole blocks of records between two offsets; returns where the last ends."""
    for block in whole_blocks(directory, file_name(number, "records"), start, end):
        listed, _ = _split(block.body)
        take(shelf, Place(number, block.begins, block.ends - block.begins), listed)
        start = block.ends
    return start


def whole_blocks(directory: int, name: str, start: int, end: int | None = None) -> Iterator[Block]:
    """The whole blocks of a file between two offsets."""
    with held(open_file(directory, name, follow=False)) as fd:
        size = os.fstat(fd).st_size if end is None else end
        yield from blocks(_exactly(fd, start, size - start), start) if size > start else ()


def take(shelf: Shelf, place: Place, listed: Sequence[Any]) -> None:
    named, rows = listed
    schemas = [shelf.once(Schema(kind, tuple(orders), tuple(fields))) for kind, orders, fields in named]
    once = shelf.once
    for position, (schema, key, revision, name, orders, fields, last) in enumerate(rows):
        at = last if place.condensed else position
        shared = tuple([once(tuple(values)) for values in fields])
        shelf.put(Entry(key, revision, name, schemas[schema], tuple(orders), shared, place, at))


def records_at(directory: int, path: str, place: Place) -> list[bytes]:
    """The bytes of each record of a block. Raises DataLoss (HISTORY_DAMAGED)."""
    name = file_name(place.segment, "records")
    data = b""
    for one in (name, aside(name)):
        with suppress(FileNotFoundError), held(open_file(directory, one, follow=False)) as fd:
            data = _exactly(fd, place.offset, place.size)
            break
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
