"""The history's files: torn, damaged, written by several at once, and read by others while they grow."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage import history as module
from storage import segments
from storage.blocks import blocks, pack, unpack
from storage.segments import Filed
from storage.shelf import Entry, Place, Schema, Shelf
from storage.stop import Stop
from storage.volume import PlainVolume
from winslow.domain.query import Facts, Query
from winslow.domain.stage import ProjectId
from winslow.errors import DataLoss, Exhausted

P = ProjectId("p-1")
ALL = Query("at", 10_000)


def filed(number: int, revision: int = 1, data: bytes = b"") -> Filed:
    facts = Facts(f"s{number:03d}", {"at": float(number)}, {"state": ("SUCCEEDED",)})
    return Filed("stages", f"p-1/s{number:03d}", revision, facts, data or b"record %d" % number)


class Node:
    """One process's volume; several over one directory are several daemons'."""

    def __init__(self, root: Path) -> None:
        self.volume = PlainVolume(str(root))

    def append(self, *entries: Filed) -> None:
        self.volume.history.append(P, entries, Stop())

    def all(self) -> list[bytes]:
        return [one.data for one in self.volume.history.page(P, "stages", ALL, Stop())]

    def keys(self) -> list[str]:
        return [one.key for one in self.volume.history.page(P, "stages", ALL, Stop())]


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    with PlainVolume(str(tmp_path)) as volume:
        volume.workspaces.make_project(P, "", Stop())
    yield tmp_path


@pytest.fixture
def files(root: Path) -> Path:
    return root / "projects/p-1/history"


class TestBlocks:
    @given(st.lists(st.binary(max_size=200), max_size=6))
    def test_what_was_packed_is_read(self, bodies: list[bytes]) -> None:
        assert [one.body for one in blocks(b"".join(map(pack, bodies)))] == bodies

    @given(st.lists(st.binary(max_size=200), min_size=1, max_size=6), st.data())
    def test_torn_anywhere_all_whole_blocks_are_read(self, bodies: list[bytes], data: st.DataObject) -> None:
        written = b"".join(map(pack, bodies))
        cut = data.draw(st.integers(0, len(written)))
        ends = [one.ends for one in blocks(written)]
        assert [one.body for one in blocks(written[:cut])] == bodies[: sum(end <= cut for end in ends)]

    @given(st.lists(st.binary(max_size=200), min_size=1, max_size=6), st.data())
    def test_a_damaged_byte_costs_the_block_that_it_is_in(self, bodies: list[bytes], data: st.DataObject) -> None:
        written = bytearray(b"".join(map(pack, bodies)))
        hit = data.draw(st.integers(0, len(written) - 1))
        whole = list(blocks(bytes(written)))
        written[hit] ^= data.draw(st.integers(1, 255))
        assert [one for one in whole if not one.begins <= hit < one.ends] == list(blocks(bytes(written)))

    def test_a_block_that_is_not_whole_is_told(self) -> None:
        assert unpack(pack(b"body"), "x") == b"body"
        for damaged in (b"", pack(b"body")[:-1], pack(b"body") + b"\0", b"\0" + pack(b"body")):
            with pytest.raises(DataLoss) as caught:
                unpack(damaged, "x")
            assert caught.value.reason == "HISTORY_DAMAGED"


class TestCrashes:
    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.data())
    def test_cut_at_any_byte_nothing_that_was_safe_is_lost_and_repeating_it_repeats_nothing(
        self, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
    ) -> None:
        root = tmp_path_factory.mktemp("cut")
        with PlainVolume(str(root)) as volume:
            volume.workspaces.make_project(P, "", Stop())
        first = Node(root)
        first.append(filed(1), filed(2))
        (records,), (index,) = (
            list((root / "projects/p-1/history").glob(f"*.{what}")) for what in ("records", "index")
        )
        safe = {path: path.stat().st_size for path in (records, index)}
        first.append(filed(3), filed(4))
        # The crash of an append is what it had written of the records, and then of the index.
        torn = data.draw(st.sampled_from([records, index]))
        cut = data.draw(st.integers(safe[torn], torn.stat().st_size))
        torn.write_bytes(torn.read_bytes()[:cut])
        if torn == records:
            index.write_bytes(index.read_bytes()[: safe[index]])
        again = Node(root)
        assert again.all()[:2] == [b"record 1", b"record 2"]
        again.append(filed(3), filed(4))
        expected = [b"record %d" % number for number in (1, 2, 3, 4)]
        assert again.all() == Node(root).all() == expected

    def test_a_disk_that_fills_up_within_an_append_leaves_all_that_was_there(
        self, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        node = Node(root)
        node.append(filed(1))
        real = segments._append

        def full(directory: int, name: str, offset: int, data: bytes) -> None:
            real(directory, name, offset, data[: len(data) // 2])
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(segments, "_append", full)
        with pytest.raises(Exhausted):
            node.append(filed(2))
        monkeypatch.undo()
        node.append(filed(2), filed(3))
        assert node.all() == Node(root).all() == [b"record 1", b"record 2", b"record 3"]

    def test_an_index_that_is_damaged_or_gone_is_read_from_the_records(self, root: Path, files: Path) -> None:
        node = Node(root)
        for number in range(1, 6):
            node.append(filed(number))
        (index,) = files.glob("*.index")
        whole = index.read_bytes()
        seed = random.Random(7)
        for _ in range(20):
            damaged = bytearray(whole)
            damaged[seed.randrange(len(whole))] ^= 0x55
            index.write_bytes(damaged)
            assert len(Node(root).all()) == 5
        index.unlink()
        assert len(Node(root).all()) == 5


class TestSeveral:
    def test_each_who_appends_has_a_segment_of_its_own_and_all_see_all(self, root: Path, files: Path) -> None:
        one, other = Node(root), Node(root)
        one.append(filed(1))
        other.append(filed(2))
        assert one.all() == other.all() == [b"record 1", b"record 2"]
        one.append(filed(3))
        assert other.all() == [b"record 1", b"record 2", b"record 3"]
        assert sorted(path.name for path in files.glob("*.records")) == ["000001.records", "000002.records"]

    def test_of_two_versions_the_newer_counts_whoever_wrote_it_last(self, root: Path) -> None:
        one, other = Node(root), Node(root)
        one.append(filed(1, 9, b"new"))
        other.append(filed(1, 4, b"old"))
        assert one.all() == other.all() == Node(root).all() == [b"new"]

    def test_a_large_segment_is_followed_by_another(
        self, root: Path, files: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "SEGMENT", 200)
        node = Node(root)
        for number in range(1, 10):
            node.append(filed(number, data=random.Random(number).randbytes(60)))
        assert len(list(files.glob("*.records"))) > 2
        assert len(node.all()) == 9

    def test_what_is_not_looked_at_makes_room_and_is_read_again(
        self, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "HELD", 3)
        node = Node(root)
        others = [ProjectId(f"p-{number}") for number in (2, 3, 4)]
        node.append(filed(1), filed(2))
        for other in others:
            node.volume.workspaces.make_project(other, "", Stop())
            node.volume.history.append(other, [filed(1), filed(2)], Stop())
            assert len(node.volume.history.page(other, "stages", ALL, Stop())) == 2
        assert len(node.all()) == 2


class TestShelf:
    @given(
        st.lists(st.tuples(st.integers(0, 20), st.integers(1, 9)), max_size=40),
        st.integers(1, 7),
        st.booleans(),
    )
    def test_pages_one_after_another_are_the_newest_versions_in_order(
        self, puts: list[tuple[int, int]], limit: int, backwards: bool
    ) -> None:
        shelf, schema = Shelf(), Schema("stages", ("at",), ())
        newest: dict[int, int] = {}
        for number, revision in puts:
            shelf.put(Entry(f"k{number}", revision, f"n{number:02d}", schema, (number // 3,), (), Place(1, 0, 0), 0))
            newest[number] = max(newest.get(number, 0), revision)
        found: list[tuple[int, int]] = []
        query = Query("at", limit, backwards)
        while piece := shelf.page("stages", query):
            found += [(int(one.key[1:]), one.revision) for one in piece]
            query = Query("at", limit, backwards, after=piece[-1].sorted_by("at"))
        assert found == sorted(newest.items(), reverse=backwards)
