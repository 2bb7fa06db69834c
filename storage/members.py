"""Compressed files that are read anywhere: gzip files of many independent members, with an index at their end.

    member*     about a MiB of what was written, each a whole gzip member; its header says how long it is and where it lies
    index*      empty members whose headers list the members before: where each begins in the content and in the file
    end         an empty member of fixed size: where the index begins, how much content there is, its SHA-256

To gzip, zcat and all their kind this is an ordinary file. The index only saves reading: what it lacks, because of a bad
disk, is found by going from header to header, or by looking for the next one. It never needs to know what the content is.

These functions raise OSError, and DataLoss (ARCHIVE_DAMAGED) where content cannot be had.
"""

from __future__ import annotations

import hashlib
import os
import struct
import threading
import zlib
from array import array
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from storage.stop import Stop
from winslow.errors import DataLoss

MEMBER = 1 << 20
"""Bytes of content in one member, at most."""
LEVEL = 6
HELD = 12
"""Members held unpacked, of all files together: who reads on, piece by piece, unpacks each once."""
AHEAD = min(3, (os.cpu_count() or 1) - 1)
"""Members that are unpacked before they are asked for, where somebody reads on."""
INDEXES = 64
"""Indexes held; about 24 kB for each GiB of content."""
_START = b"\x1f\x8b\x08\x04" + bytes(4) + b"\x00\xff"
"""Of a gzip header: deflate, with extra fields, no time, of no system."""
_FIELD = struct.Struct("<10sH2sH")
_MEMBER = struct.Struct("<IIQq")
"""Bytes of the whole member, of its content, where that begins; a mark of the content's first line."""
_ENTRY = struct.Struct("<QQq")
_END = struct.Struct("<QQQI32s")
"""Where the index begins, bytes of content, count of members, checksum of the index, SHA-256 of the content."""
_TAIL = struct.Struct("<II")
_EMPTY = zlib.compressobj(9, zlib.DEFLATED, -15).flush()
_ENTRIES = 2500
"""In one member of the index: an extra field has 64 KiB."""
_OURS, _INDEX, _LAST = b"WL", b"WI", b"WE"
_HEAD_SIZE = _FIELD.size + _MEMBER.size
_END_SIZE = _FIELD.size + _END.size + len(_EMPTY) + _TAIL.size


@dataclass(frozen=True, slots=True)
class Index:
    """Where members begin in the content (`starts`) and in the file (`places`), with their marks.

    `size` is that of the content; `sha256` its hash, "" when the end of the file is damaged.
    """

    size: int
    sha256: str
    starts: array[int] = field(default_factory=lambda: array("Q"))
    places: array[int] = field(default_factory=lambda: array("Q"))
    marks: array[int] = field(default_factory=lambda: array("q"))

    def at(self, offset: int) -> int:
        """The member that has the content's byte `offset`."""
        return bisect_right(self.starts, offset) - 1

    def end(self, member: int) -> int:
        """Where in the content a member ends."""
        return self.starts[member + 1] if member + 1 < len(self.starts) else self.size


class Packing:
    """Writes such a file, from the beginning of `fd` on; it is whole after `finish`."""

    def __init__(self, fd: int, level: int = LEVEL) -> None:
        self._fd = fd
        self._level = level
        self._index = Index(0, "")
        self._size = self._written = 0
        self._digest = hashlib.sha256()

    @property
    def size(self) -> int:
        """Bytes of content so far."""
        return self._size

    def add(self, content: bytes | memoryview, mark: int = 0) -> None:
        """One more member of at most MEMBER bytes."""
        packer = zlib.compressobj(self._level, zlib.DEFLATED, -15)
        packed = packer.compress(content) + packer.flush()
        size = _HEAD_SIZE + len(packed) + _TAIL.size
        head = _head(_OURS, _MEMBER.pack(size, len(content), self._size, mark))
        self._index.starts.append(self._size)
        self._index.places.append(self._written)
        self._index.marks.append(mark)
        self._write(head + packed + _TAIL.pack(zlib.crc32(content), len(content)))
        self._digest.update(content)
        self._size += len(content)

    def finish(self) -> Index:
        """Write the index; returns what a reader will find."""
        begins, found, check = self._written, self._index, 0
        rows = list(zip(found.starts, found.places, found.marks, strict=True))
        for start in range(0, len(rows), _ENTRIES):
            entries = b"".join(_ENTRY.pack(*row) for row in rows[start : start + _ENTRIES])
            check = zlib.crc32(entries, check)
            self._write(_head(_INDEX, entries) + _EMPTY + _TAIL.pack(0, 0))
        end = _END.pack(begins, self._size, len(rows), check, self._digest.digest())
        self._write(_head(_LAST, end) + _EMPTY + _TAIL.pack(0, 0))
        return Index(self._size, self._digest.hexdigest(), found.starts, found.places, found.marks)

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            count = os.pwrite(self._fd, view, self._written)
            view, self._written = view[count:], self._written + count


class Unpacked:
    """Reads such files, with some indexes and members held; any number of threads."""

    def __init__(self, held: int = HELD) -> None:
        self._guard = threading.Lock()
        self._held = held
        self._indexes: OrderedDict[tuple[int, ...], Index] = OrderedDict()
        self._members: OrderedDict[tuple[int, ...], bytes] = OrderedDict()
        self._coming: dict[tuple[int, ...], threading.Event] = {}
        """Members that are being unpacked ahead of who reads on."""

    def index(self, fd: int) -> Index:
        """Where everything lies in an open file."""
        return self._index(fd, _identity(fd))

    def read(self, fd: int, offset: int, size: int, subject: str) -> bytes:
        """Up to `size` bytes of content from `offset`; fewer only where it ends. `subject` is what errors name."""
        which = _identity(fd)
        index = self._index(fd, which)
        end, parts = min(offset + size, index.size), []
        while offset < end:
            member = index.at(offset)
            content = self._member(fd, which, index, member, subject)
            self._ahead(fd, which, index, member, subject)
            start = offset - index.starts[member]
            part = content[start : start + end - offset]
            if not part:
                raise _damaged(subject, offset)
            parts.append(part)
            offset += len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _index(self, fd: int, which: tuple[int, ...]) -> Index:
        with self._guard:
            if (known := self._indexes.get(which)) is not None:
                self._indexes.move_to_end(which)
                return known
        found = read_index(fd)
        with self._guard:
            self._indexes[which] = found
            while len(self._indexes) > INDEXES:
                self._indexes.popitem(last=False)
        return found

    def _ahead(self, fd: int, which: tuple[int, ...], index: Index, member: int, subject: str) -> None:
        """Unpack what comes next, on other cores, for who has read the member before this one."""
        with self._guard:
            if (*which, member - 1) not in self._members:
                return
            wanted = range(member + 1, min(member + 1 + AHEAD, len(index.starts)))
            keys = [key for one in wanted if (key := (*which, one)) not in self._members and key not in self._coming]
            keys = keys[: AHEAD - len(self._coming)]
            self._coming |= {key: threading.Event() for key in keys}
        for key in keys:
            try:
                work = (os.dup(fd), key, index, subject)
                threading.Thread(target=self._unpack_ahead, args=work, name="unpacks ahead", daemon=True).start()
            except (OSError, RuntimeError):  # too many files or threads: it is unpacked when it is asked for
                with self._guard:
                    self._coming.pop(key).set()

    def _unpack_ahead(self, fd: int, key: tuple[int, ...], index: Index, subject: str) -> None:
        try:
            with suppress(OSError, DataLoss):  # who comes to it is told
                self._hold(key, unpack(fd, index, key[-1], subject))
        finally:
            os.close(fd)
            with self._guard:
                self._coming.pop(key).set()

    def _hold(self, key: tuple[int, ...], content: bytes) -> None:
        with self._guard:
            self._members[key] = content
            while len(self._members) > self._held:
                self._members.popitem(last=False)

    def _member(self, fd: int, which: tuple[int, ...], index: Index, member: int, subject: str) -> bytes:
        key = (*which, member)
        with self._guard:
            coming = self._coming.get(key)
        if coming is not None:
            coming.wait()
        with self._guard:
            if (known := self._members.get(key)) is not None:
                self._members.move_to_end(key)
                return known
        content = unpack(fd, index, member, subject)
        self._hold(key, content)
        return content


def contents(fd: int, index: Index, subject: str, stop: Stop) -> Iterator[bytes]:
    """The content, member by member."""
    for member in range(len(index.starts)):
        stop.check()
        yield unpack(fd, index, member, subject)


def unpack(fd: int, index: Index, member: int, subject: str) -> bytes:
    """The content of one member, checked."""
    start, place = index.starts[member], index.places[member]
    head = os.pread(fd, _HEAD_SIZE, place)
    found = _member_at(head, 0)
    if found is None or found[2] != start:
        raise _damaged(subject, start)
    size, length, _, _ = found
    packed = os.pread(fd, size - _HEAD_SIZE, place + _HEAD_SIZE)
    content = _content(packed, length)
    if content is None or start + length > index.end(member):
        raise _damaged(subject, start)
    return content


def verified(fd: int, stop: Stop) -> str:
    """The SHA-256 of the content as it can be read now, by another way than it was written: an ordinary gzip reader's.

    Raises DataLoss (ARCHIVE_DAMAGED).
    """
    digest, offset = hashlib.sha256(), 0
    unpacker = zlib.decompressobj(31)
    while data := os.pread(fd, MEMBER, offset):
        offset += len(data)
        while data:
            stop.check()
            try:
                digest.update(unpacker.decompress(data, 4 * MEMBER))
            except zlib.error as error:
                raise _damaged("what was just written", offset) from error
            data = unpacker.unconsumed_tail
            if unpacker.eof:
                data, unpacker = unpacker.unused_data, zlib.decompressobj(31)
    return digest.hexdigest()


def read_index(fd: int) -> Index:
    """The index of a file: as it was written, or where that is damaged, as its members tell."""
    size = os.fstat(fd).st_size
    return _written_index(fd, size) or _rebuilt(fd, size)


def _written_index(fd: int, size: int) -> Index | None:
    if size < _END_SIZE:
        return None
    end = _field(os.pread(fd, _END_SIZE, size - _END_SIZE), 0, _LAST)
    if len(end) != _END.size:
        return None
    begins, length, count, check, digest = _END.unpack(end)
    if begins > size - _END_SIZE or count > size:  # a damaged end may point anywhere
        return None
    entries, data, at = b"", os.pread(fd, size - _END_SIZE - begins, begins), 0
    while found := _field(data, at, _INDEX):
        entries += found
        at += _FIELD.size + len(found) + len(_EMPTY) + _TAIL.size
    if zlib.crc32(entries) != check or len(entries) != count * _ENTRY.size:
        return None
    index = Index(length, digest.hex())
    for row in _ENTRY.iter_unpack(entries):
        _enter(index, *row)
    return index


def _rebuilt(fd: int, size: int) -> Index:
    """From the headers of the members. What is damaged in between is a gap, which is told to who reads there."""
    index, at, length = Index(0, ""), 0, 0
    while at < size:
        found = _member_at(os.pread(fd, _HEAD_SIZE, at), 0)
        if found is None:
            at += _next(os.pread(fd, MEMBER, at))
            continue
        packed, content, start, mark = found
        _enter(index, start, at, mark)
        at, length = at + packed, start + content
    return Index(length, "", index.starts, index.places, index.marks)


def _next(data: bytes) -> int:
    """How far it is to what may be the next member."""
    found = data.find(_START, 1)
    return found if found >= 0 else max(1, len(data) - len(_START))


def _enter(index: Index, start: int, place: int, mark: int) -> None:
    index.starts.append(start)
    index.places.append(place)
    index.marks.append(mark)


def _head(name: bytes, data: bytes) -> bytes:
    return _FIELD.pack(_START, 4 + len(data), name, len(data)) + data


def _field(data: bytes, at: int, name: bytes) -> bytes:
    """The extra field called `name` of the header at `at`; b"" where there is no such header."""
    if len(data) < at + _FIELD.size:
        return b""
    start, _, found, size = _FIELD.unpack_from(data, at)
    begins = at + _FIELD.size
    return data[begins : begins + size] if start == _START and found == name else b""


def _member_at(data: bytes, at: int) -> tuple[int, int, int, int] | None:
    """Bytes of the member, of its content, where that begins, and its mark; None where no member begins."""
    found = _field(data, at, _OURS)
    if len(found) != _MEMBER.size:
        return None
    size, length, start, mark = _MEMBER.unpack(found)
    return (size, length, start, mark) if size > _HEAD_SIZE and length <= MEMBER else None


def _content(packed: bytes, length: int) -> bytes | None:
    """What was packed, with its checksum and length behind it; None when that is not what it is."""
    if len(packed) < _TAIL.size:
        return None
    unpacker = zlib.decompressobj(-15)
    try:
        content = unpacker.decompress(packed, length or 1)
    except zlib.error:
        return None
    return content if _TAIL.pack(zlib.crc32(content), length) == packed[-_TAIL.size :] else None


def _identity(fd: int) -> tuple[int, ...]:
    status = os.fstat(fd)
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _damaged(subject: str, offset: int) -> DataLoss:
    return DataLoss(
        f"The archive {subject!r} is damaged at byte {offset} of its content",
        reason="ARCHIVE_DAMAGED",
        subject=subject,
        hint="Restore it from a snapshot or a backup of the shared file system; what else it holds can be read",
        metadata={"offset": str(offset)},
    )
