"""Histories whose old segments are condensed: the same to everybody, whatever is cut, damaged, or frozen half-way."""

from __future__ import annotations

import gzip
import json
import os
import random
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from storage import condensing
from storage.segments import Filed
from storage.stop import Stop
from storage.volume import PlainVolume
from winslow.domain.query import Facts, Query, Term
from winslow.domain.stage import ProjectId
from winslow.errors import DataLoss
from winslow.ports import Effort

P = ProjectId("p-1")
STEPS = ("pwrite", "fsync", "rename", "unlink", "fchmod")


def filed(number: int, revision: int = 1) -> Filed:
    facts = Facts(f"s{number:03d}", {"at": float(number)}, {"state": ("SUCCEEDED", str(number % 3)), "node": ()})
    data = random.Random(f"{number}/{revision}").randbytes(200)  # every byte there is
    return Filed(("stages", "runs")[number % 2], f"p-1/s{number:03d}", revision, facts, data)


class Node:
    """One process's volume; several over one directory are several daemons'. Its clock is far ahead: all was long ago."""

    def __init__(self, root: Path, clock: float = 4e9) -> None:
        self.now = clock
        self.volume = PlainVolume(str(root), clock=lambda: self.now)

    def append(self, *entries: Filed) -> None:
        self.volume.history.append(P, entries, Stop())

    def condense(self, quiet: float = 60.0) -> bool:
        return self.volume.history.condense(P, quiet, Effort(), Stop())

    def all(self, *terms: Term) -> dict[str, tuple[int, bytes]]:
        found: dict[str, tuple[int, bytes]] = {}
        for kind in ("stages", "runs"):
            for one in self.volume.history.page(P, kind, Query("at", 10_000, terms=terms), Stop()):
                found[one.key] = one.revision, one.data
        return found

    def get(self, number: int) -> list[bytes]:
        one = filed(number)
        return [read.data for read in self.volume.history.get(P, [(one.kind, one.key)], Stop())]


@pytest.fixture(autouse=True)
def worth(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(condensing, "WORTH", 1)


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    with PlainVolume(str(tmp_path)) as volume:
        volume.workspaces.make_project(P, "", Stop())
    yield tmp_path


@pytest.fixture
def files(root: Path) -> Path:
    return root / "projects/p-1/history"


def expected(*numbers: int) -> dict[str, tuple[int, bytes]]:
    return {one.key: (1, one.data) for one in map(filed, numbers)}


def names(files: Path) -> list[str]:
    return sorted(path.name for path in files.iterdir() if not path.name.startswith("."))


def test_what_is_condensed_is_found_as_before_by_who_knew_it_and_who_did_not(root: Path, files: Path) -> None:
    node, other = Node(root), Node(root)
    for number in range(1, 40):
        node.append(filed(number))
    before = other.all()
    assert node.condense()
    assert names(files) == ["000002.jsonl.gz", "000002.list.gz"]
    for one in (node, other, Node(root)):
        assert one.all() == before == expected(*range(1, 40))
        assert one.get(7) == [filed(7).data] and one.get(99) == []
        assert one.all(Term("state", "=", "0")) == expected(*range(3, 40, 3))
    assert not node.condense()


def test_what_comes_later_is_added_and_condensed_in_its_turn(root: Path, files: Path) -> None:
    node, other = Node(root), Node(root)
    for start in (1, 11, 21):
        for number in range(start, start + 10):
            (node, other)[number % 2].append(filed(number))
        assert node.condense()
        assert node.all() == other.all() == Node(root).all() == expected(*range(1, start + 10))
    assert len(names(files)) == 2, "small ones are taken into the next"
    node.append(filed(5, revision=9))
    assert node.condense()
    assert other.all()["p-1/s005"] == Node(root).all()["p-1/s005"] == (9, filed(5, 9).data)


def test_who_appends_to_what_was_condensed_meanwhile_begins_another_segment(root: Path, files: Path) -> None:
    node, other = Node(root), Node(root)
    node.append(filed(1))
    assert other.condense()
    node.append(filed(2))
    assert node.all() == other.all() == expected(1, 2)
    assert "000003.records" in names(files), "no number is used again"


def test_what_is_still_added_to_is_left_alone(root: Path, files: Path) -> None:
    node = Node(root, clock=0.0)
    node.append(filed(1))
    node.now = (files / "000001.records").stat().st_mtime + 30
    assert not node.condense(quiet=60)
    node.now += 60
    assert node.condense(quiet=60)


def test_an_append_that_was_frozen_half_way_comes_back(root: Path, files: Path) -> None:
    """It had opened the segment before it was condensed, and writes a day later."""
    node, frozen = Node(root), Node(root)
    frozen.append(filed(1))
    with (files / "000001.records").open("ab") as late:
        assert node.condense()
        node.append(filed(3))
        (root.parent / "spare").mkdir()
        spare = Node(root.parent / "spare")
        spare.volume.workspaces.make_project(P, "", Stop())
        spare.append(filed(2))
        late.write((root.parent / "spare/projects/p-1/history/000001.records").read_bytes())
    node.now = 5e9
    node.condense()
    assert node.all() == Node(root).all() == expected(1, 2, 3)


def test_what_was_put_aside_is_removed_later(root: Path, files: Path) -> None:
    node = Node(root)
    node.append(filed(1))
    node.condense()
    node.now = 0.0
    node.condense()
    assert (files / ".000001.records.aside").exists()
    node.now = 4e9
    node.condense()
    assert sorted(path.name for path in files.iterdir()) == ["000002.jsonl.gz", "000002.list.gz"]
    assert node.all() == expected(1)


def test_who_reads_what_was_just_put_aside_still_finds_it(root: Path) -> None:
    node, reader = Node(root), Node(root)
    node.append(filed(1))
    reader.all()
    real = reader.volume.history._read

    def late(*arguments: object) -> object:
        assert node.condense()
        return real(*arguments)  # type: ignore[arg-type]

    reader.volume.history._read = late  # type: ignore[method-assign, assignment]
    assert reader.get(1) == [filed(1).data]


def test_killed_at_any_step_nothing_is_lost_and_nothing_is_there_twice(tmp_path: Path) -> None:
    for step in range(1, 100):
        root = tmp_path / str(step)
        root.mkdir()
        node = Node(root)
        node.volume.workspaces.make_project(P, "", Stop())
        for start in (1, 6):
            for number in range(start, start + 5):
                node.append(filed(number))
            if start == 1:
                assert node.condense()
        ended = _killed(node, step)
        assert node.all() == Node(root).all() == expected(*range(1, 11)), f"after step {step}"
        Node(root).condense()
        assert node.all() == Node(root).all() == expected(*range(1, 11)), f"after step {step}, gone on"
        if ended:
            assert step > 10
            return
    raise AssertionError("it never came to its end")


def _killed(node: Node, step: int) -> bool:
    child = os.fork()
    if not child:
        count = 0

        def cut(real: Callable[..., object]) -> Callable[..., object]:
            def change(*arguments: object, **named: object) -> object:
                nonlocal count
                count += 1
                if count == step:
                    os._exit(9)
                return real(*arguments, **named)

            return change

        for name in STEPS:
            setattr(os, name, cut(getattr(os, name)))
        with suppress(BaseException):
            node.condense()
            os._exit(0)
        os._exit(2)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@pytest.mark.parametrize("damage", ["gone", "torn", "flipped", "another's"])
def test_without_its_list_the_lines_are_read(root: Path, files: Path, damage: str) -> None:
    node = Node(root)
    for number in range(1, 30):
        node.append(filed(number))
    assert node.condense()
    (path,) = files.glob("*.list.gz")
    data = path.read_bytes()
    path.unlink()
    match damage:
        case "torn":
            path.write_bytes(data[: len(data) // 2])
        case "flipped":
            path.write_bytes(data[:60] + bytes([data[60] ^ 0xFF]) + data[61:])
        case "another's":
            path.write_bytes(gzip.compress(b'{"version":1,"of":"00"}\n[[],[]]\n'))
    assert Node(root).all() == expected(*range(1, 30))


def test_a_damaged_record_is_told_and_the_others_can_be_read(
    root: Path, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.condensed._MEMBER", 1000)
    node = Node(root)
    for number in range(1, 30):
        node.append(filed(number))
    assert node.condense()
    (path,) = files.glob("*.jsonl.gz")
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 60] = bytes(60)
    path.unlink()
    path.write_bytes(data)
    told = 0
    reader = Node(root)
    for number in range(1, 30):
        try:
            assert reader.get(number) == [filed(number).data]
        except DataLoss as error:
            assert error.reason == "HISTORY_DAMAGED"
            told += 1
    assert 0 < told < 10
    (files / path.name.replace("jsonl", "list")).unlink()
    assert set(Node(root).all()) < set(expected(*range(1, 30)))


def test_a_damaged_segment_is_not_condensed(root: Path, files: Path) -> None:
    node = Node(root)
    node.append(filed(1))
    node.append(filed(2))
    path = files / "000001.records"
    data = bytearray(path.read_bytes())
    data[30] ^= 0xFF
    path.write_bytes(data)
    assert not Node(root).condense()
    assert path.exists()


def test_a_torn_end_that_nobody_was_told_was_safe_goes(root: Path, files: Path) -> None:
    node = Node(root)
    node.append(filed(1))
    with (files / "000001.records").open("ab") as torn:
        torn.write(b"WhB1 half a block")
    assert Node(root).condense()
    assert Node(root).all() == expected(1)


def test_another_project_of_the_same_name_has_nothing_of_the_first(root: Path) -> None:
    node = Node(root)
    node.append(filed(1))
    node.condense()
    assert node.all() == expected(1)
    Node(root).volume.workspaces.delete_project(P, "", Stop())
    Node(root).volume.workspaces.make_project(P, "", Stop())
    Node(root).append(filed(2))
    assert node.all() == expected(2)


def test_people_read_it_without_winslow(root: Path, files: Path) -> None:
    node = Node(root)
    node.append(filed(1), filed(2))
    assert node.condense()
    lines = gzip.decompress((files / "000002.jsonl.gz").read_bytes()).splitlines()
    assert [json.loads(line)["key"] for line in lines[1:]] == ["p-1/s001", "p-1/s002"]
    script = "zcat 000002.jsonl.gz | jq -j 'select(.name == \"s002\").record' | iconv -f UTF-8 -t LATIN1"
    assert subprocess.run(["/bin/sh", "-c", script], cwd=files, capture_output=True, check=True).stdout == filed(2).data
