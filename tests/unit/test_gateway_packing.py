"""A packed stream can be unpacked as it comes, by whoever unpacks gzip, and costs nothing while nothing is said."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib

from hypothesis import given
from hypothesis import strategies as st

from winslowd.gateway.packing import Packer

PIECES = st.lists(st.one_of(st.binary(max_size=2000), st.text(alphabet="ab\n", max_size=3000).map(str.encode)))


class TestAPackedStream:
    @given(PIECES)
    def test_is_gzip_of_all_its_pieces(self, pieces: list[bytes]) -> None:
        packer = Packer()
        stream = b"".join([*map(packer.packed, pieces), packer.packed(b"end", last=True)])
        assert gzip.decompress(stream) == b"".join([*pieces, b"end"])

    @given(PIECES)
    def test_can_be_unpacked_up_to_where_it_is_after_each_piece(self, pieces: list[bytes]) -> None:
        packer, unpacker = Packer(), zlib.decompressobj(16 + zlib.MAX_WBITS)
        for piece in pieces:
            assert unpacker.decompress(packer.packed(piece)) == piece

    def test_is_smaller_than_what_it_says(self) -> None:
        text = b"projects/crossing-00001 AWAITING_INPUT\n" * 1000
        assert len(Packer().packed(text, last=True)) < len(text) / 20

    def test_holds_next_to_nothing_between_two_pieces(self) -> None:
        tracemalloc.start()
        try:
            packers = [Packer() for _ in range(100)]
            for packer in packers:
                packer.packed(bytes(range(256)) * 100)
            held, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert held / len(packers) < 1000
