"""Compressed files read anywhere: ordinary to gzip, the same as what was written at every offset, and told where damaged."""

from __future__ import annotations

import gzip
import hashlib
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage import members
from storage.members import Index, Packing, Unpacked, contents, read_index, verified
from storage.stop import Stop, Stopped
from winslow.errors import DataLoss

PARTS = st.lists(st.binary(min_size=1, max_size=300), max_size=12)


@contextmanager
def packed(parts: Sequence[bytes]) -> Iterator[int]:
    with tempfile.TemporaryFile() as file:
        packing = Packing(file.fileno())
        for number, part in enumerate(parts):
            packing.add(part, number)
        packing.finish()
        yield file.fileno()


def damage(fd: int, offset: int) -> None:
    os.pwrite(fd, bytes([os.pread(fd, 1, offset)[0] ^ 0xFF]), offset)


@given(PARTS)
def test_gzip_reads_it_as_an_ordinary_file(parts: list[bytes]) -> None:
    with packed(parts) as fd:
        assert gzip.decompress(os.pread(fd, 1 << 20, 0)) == b"".join(parts)
        assert verified(fd, Stop()) == hashlib.sha256(b"".join(parts)).hexdigest() == read_index(fd).sha256


@given(PARTS, st.integers(0, 4000), st.integers(0, 4000))
def test_any_piece_is_that_of_what_was_written(parts: list[bytes], offset: int, size: int) -> None:
    with packed(parts) as fd:
        assert Unpacked(held=2).read(fd, offset, size, "x") == b"".join(parts)[offset : offset + size]


@given(PARTS)
def test_the_members_alone_tell_what_the_index_says(parts: list[bytes]) -> None:
    with packed(parts) as fd:
        index = read_index(fd)
        os.ftruncate(fd, index_begins(fd, index))
        rebuilt = read_index(fd)
        assert (rebuilt.size, rebuilt.starts, rebuilt.places, rebuilt.marks) == (
            index.size,
            index.starts,
            index.places,
            index.marks,
        )


def index_begins(fd: int, index: Index) -> int:
    """Where the last member ends."""
    if not index.places:
        return 0
    found = members._member_at(os.pread(fd, 100, index.places[-1]), 0)
    assert found is not None
    return index.places[-1] + found[0]


@settings(max_examples=200)
@given(st.lists(st.binary(min_size=1, max_size=300), min_size=1, max_size=8), st.data())
def test_a_damaged_byte_costs_the_member_that_it_is_in_and_nothing_is_told_wrong(
    parts: list[bytes], data: st.DataObject
) -> None:
    with packed(parts) as fd:
        index = read_index(fd)
        ends = [*index.places[1:], index_begins(fd, index)]
        hit = data.draw(st.integers(0, os.fstat(fd).st_size - 1))
        damage(fd, hit)
        reader = Unpacked()
        for start, place, end, part in zip(index.starts, index.places, ends, parts, strict=True):
            try:
                assert reader.read(fd, start, len(part), "x") == part
            except DataLoss as error:
                assert error.reason == "ARCHIVE_DAMAGED"
                assert place <= hit < end


@pytest.mark.parametrize("before_the_end", [0, 1, 7])
def test_an_end_that_points_into_itself_costs_nothing(before_the_end: int) -> None:
    parts = [b"one", b"two"]
    with packed(parts) as fd:
        size = os.fstat(fd).st_size
        os.pwrite(fd, (size - before_the_end).to_bytes(8, "little"), size - members._END_SIZE + members._FIELD.size)
        assert read_index(fd).starts
        assert Unpacked().read(fd, 0, 100, "x") == b"".join(parts)


def test_a_large_index_takes_several_members(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(members, "_ENTRIES", 3)
    parts = [b"%d" % number for number in range(20)]
    with packed(parts) as fd:
        index = read_index(fd)
        assert index.sha256 and len(index.starts) == 20
        assert Unpacked().read(fd, 0, 100, "x") == b"".join(parts) == gzip.decompress(os.pread(fd, 1 << 16, 0))


def test_few_members_are_held_and_each_is_unpacked_once_by_who_reads_on(monkeypatch: pytest.MonkeyPatch) -> None:
    unpacked: list[int] = []
    real = members.unpack

    def counted(fd: int, index: Index, member: int, subject: str) -> bytes:
        unpacked.append(member)
        return real(fd, index, member, subject)

    monkeypatch.setattr(members, "unpack", counted)
    with packed([bytes(100)] * 10) as fd:
        reader = Unpacked(held=2)
        for offset in range(0, 1000, 10):
            reader.read(fd, offset, 10, "x")
        assert unpacked == list(range(10))
        assert len(reader._members) == 2


def test_unpacking_stops_when_it_is_told_to() -> None:
    stop = Stop()
    stop.request()
    with packed([b"x"] * 3) as fd:
        with pytest.raises(Stopped):
            list(contents(fd, read_index(fd), "x", stop))
        with pytest.raises(Stopped):
            verified(fd, stop)
