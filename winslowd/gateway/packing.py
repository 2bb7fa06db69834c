"""A gzip stream of pieces that stand alone: nothing of one is kept for the next.

A compressor holds a quarter of a megabyte. An answer that says something once in five seconds, to a hundred browsers for a
day, must not hold one; what is lost by it is little, since a piece is a whole message.
"""

from __future__ import annotations

import struct
import zlib

_HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
"""Of gzip: deflate, no name, no time, any system (RFC 1952)."""
_LAST = b"\x03\x00"
"""An empty last block of deflate (RFC 1951)."""
_LEVEL = 4
_SMALL = 512
"""Bytes up to which a piece is packed with the least of windows: to set a large one up would cost more than it brings."""


class Packer:
    """Packs one stream."""

    def __init__(self) -> None:
        self._begun = False
        self._crc = 0
        self._size = 0

    def packed(self, piece: bytes, *, last: bool = False) -> bytes:
        """All of `piece`, so that who has all that came so far can unpack it; with `last`, the end of the stream too."""
        self._crc = zlib.crc32(piece, self._crc)
        self._size += len(piece)
        head = b"" if self._begun else _HEAD
        self._begun = True
        tail = _LAST + struct.pack("<II", self._crc, self._size & 0xFFFFFFFF) if last else b""
        return head + _deflated(piece) + tail


def _deflated(piece: bytes) -> bytes:
    """Whole blocks, none of which is the last: a byte ends with them, and they look back to nothing before."""
    if not piece:
        return b""
    window, memory = (9, 1) if len(piece) <= _SMALL else (zlib.MAX_WBITS, zlib.DEF_MEM_LEVEL)
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, -window, memory)
    return packer.compress(piece) + packer.flush(zlib.Z_SYNC_FLUSH)
