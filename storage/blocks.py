"""Blocks: what the history's files are made of, so that a crash or a bad disk costs no more than what it hit.

    magic "WhB1" | size of the body | CRC-32 of the body | CRC-32 of these twelve bytes | body: zlib

Numbers are little-endian and have four bytes. A file is only ever appended to. What is torn at its end, or damaged within, is
passed over: the next block begins where its head is whole again. It never needs to know what bodies say.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from winslow.errors import DataLoss

MAGIC = b"WhB1"
_HEAD = struct.Struct("<4sIII")
HEAD = _HEAD.size
LEVEL = 3
"""Of zlib: four fifths of what the best saves, for a fifth of its time."""


@dataclass(frozen=True, slots=True)
class Block:
    """A whole block: its body unpacked, where it begins in its file, and where the next may."""

    body: bytes
    begins: int
    ends: int


def pack(body: bytes) -> bytes:
    """The bytes of a block."""
    packed = zlib.compress(body, LEVEL)
    start = struct.pack("<4sII", MAGIC, len(packed), zlib.crc32(packed))
    return start + struct.pack("<I", zlib.crc32(start)) + packed


def blocks(data: bytes, offset: int = 0) -> Iterator[Block]:
    """The whole blocks in a piece of a file that begins at `offset`; between them, and behind them, lies what is damaged."""
    at = 0
    while (at := data.find(MAGIC, at)) >= 0:
        size = _size(data, at)
        body = None if size is None else _body(data, at, size)
        if size is None or body is None:
            at += 1  # not a block's beginning after all, or a damaged one
            continue
        yield Block(body, offset + at, offset + at + HEAD + size)
        at += HEAD + size


def unpack(data: bytes, subject: str) -> bytes:
    """The body of the one block that `data` is. Raises DataLoss (HISTORY_DAMAGED)."""
    found = next(blocks(data), None)
    if found is None or found.begins or found.ends != len(data):
        raise DataLoss(
            f"A block of {subject!r} is damaged",
            reason="HISTORY_DAMAGED",
            subject=subject,
            hint="Restore this file from a snapshot of the volume; what else the history holds can be read",
        )
    return found.body


def _size(data: bytes, at: int) -> int | None:
    """Bytes of the body of the block whose head is at `at`; None where no whole head is."""
    if at + HEAD > len(data):
        return None
    _, size, _, check = _HEAD.unpack_from(data, at)
    return size if zlib.crc32(data[at : at + HEAD - 4]) == check else None


def _body(data: bytes, at: int, size: int) -> bytes | None:
    packed = data[at + HEAD : at + HEAD + size]
    if len(packed) < size or zlib.crc32(packed) != _HEAD.unpack_from(data, at)[2]:
        return None
    try:
        return zlib.decompress(packed)
    except zlib.error:
        return None
