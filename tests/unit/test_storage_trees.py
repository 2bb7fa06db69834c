"""Directories read a page at a time: nothing twice, nothing left out, however large they are and whoever writes meanwhile."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage import trees, walks
from storage.beneath import held
from storage.dirents import dirents
from storage.stop import Stop, Stopped
from storage.trees import FIRST, Named, PlainTree, Position
from storage.walks import Walk

COUNT = 3000


@pytest.fixture
def many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory that is large for what is taken to be large here."""
    monkeypatch.setattr(trees, "SORTED_MAX", 50_000)
    monkeypatch.setattr(trees, "_BATCH", 700)
    for number in range(COUNT):
        (tmp_path / f"{number * 7 % COUNT:05}").touch()
    return tmp_path


def page(top: Path, at: Position, limit: int) -> list[Named]:
    with held(os.open(top, os.O_RDONLY)) as fd, PlainTree(fd).directory("") as directory:
        return list(islice(directory.names(at, Stop()), limit))


def paged(top: Path, at: Position = "", limit: int = 256) -> Iterator[list[Named]]:
    while found := page(top, at, limit):
        yield found
        at = found[-1].position


def test_pages_of_a_large_directory_tell_each_name_once(many: Path) -> None:
    names = [named.name for found in paged(many) for named in found]
    assert len(names) == COUNT
    assert set(names) == {one.name for one in many.iterdir()}
    assert isinstance(page(many, "", 1)[0].position, int)


def test_what_comes_and_goes_between_two_pages_moves_no_other(many: Path) -> None:
    there = {one.name for one in many.iterdir()}
    seen: list[str] = []
    gone: set[str] = set()
    for number, found in enumerate(paged(many)):
        seen += [named.name for named in found]
        for extra in range(50):
            (many / f"new-{number}-{extra}").touch()
        left = sorted(there - gone - set(seen))[:20]
        for name in left:
            (many / name).unlink()
            gone.add(name)
    assert len(seen) == len(set(seen))
    assert there - gone <= set(seen)


def test_who_goes_on_behind_a_name_gets_names_in_order_however_many(many: Path) -> None:
    names = [f"{number:05}" for number in range(COUNT)]
    assert [one.name for one in page(many, FIRST, COUNT)] == names
    assert [one.name for one in page(many, names[99], 1000)] == names[100:1100]
    assert [one.position for one in page(many, FIRST, 2)] == names[:2]


def test_a_directory_of_common_size_is_told_in_order(tmp_path: Path) -> None:
    names = sorted(f"{number * 37 % 1000}" for number in range(1000))
    for name in names:
        (tmp_path / name).touch()
    assert [named.name for found in paged(tmp_path, limit=7) for named in found] == names


def test_a_stop_ends_the_reading_of_a_large_directory(many: Path) -> None:
    stop = Stop()
    with held(os.open(many, os.O_RDONLY)) as fd, PlainTree(fd).directory("") as directory:
        names = directory.names("", stop)
        next(names)
        stop.request()
        with pytest.raises(Stopped):
            next(names)


def test_what_the_kernel_tells_is_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "dir").mkdir()
    (tmp_path / "link").symlink_to("file")
    (tmp_path / os.fsdecode(b"caf\xe9")).touch()
    with held(os.open(tmp_path, os.O_RDONLY)) as fd:
        assert {one.name for one in dirents(fd)} == set(os.listdir(tmp_path))
    kinds = {one.shown: one.kind for one in page(tmp_path, "", 10)}
    assert kinds == {"caf\\xe9": "file", "dir": "directory", "file": "file", "link": "symlink"}


names = st.sampled_from("abc")
shapes = st.recursive(st.none(), lambda below: st.dictionaries(names, below, max_size=3), max_leaves=12)


def build(top: Path, shape: dict[str, object] | None) -> list[str]:
    """What a walk tells of it, in order."""
    told: list[str] = []
    for name, below in sorted((shape or {}).items()):
        told.append(name)
        if below is None:
            (top / name).touch()
        else:
            (top / name).mkdir()
            told += [f"{name}/{one}" for one in build(top / name, below)]  # type: ignore[arg-type]
    return told


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(shape=st.dictionaries(names, shapes, max_size=3), steps=st.integers(1, 4))
def test_a_walk_left_at_any_entry_goes_on_there(
    shape: dict[str, object], steps: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    top = tmp_path_factory.mktemp("walk")
    told = build(top, shape)
    seen: list[str] = []
    trail: walks.Trail = ()
    with held(os.open(top, os.O_RDONLY)) as fd:
        while True:
            with Walk(PlainTree(fd), trail, Stop()) as walk:
                found = [step.path for step in islice(walk, steps)]
                trail = walk.trail
            seen += found
            if len(found) < steps:
                break
    assert seen == told


def test_a_walk_holds_few_directories_open(tmp_path: Path) -> None:
    deepest = tmp_path.joinpath(*["d"] * 200)
    deepest.mkdir(parents=True)
    for level in range(0, 200, 10):
        tmp_path.joinpath(*["d"] * level, "z").touch()
    before = len(os.listdir("/proc/self/fd"))
    most, count = 0, 0
    with held(os.open(tmp_path, os.O_RDONLY)) as fd, Walk(PlainTree(fd), (), Stop()) as walk:
        for count, _ in enumerate(walk, start=1):  # noqa: B007 - how many there were
            most = max(most, len(os.listdir("/proc/self/fd")) - before)
    assert count == 220
    assert most <= 12
    assert len(os.listdir("/proc/self/fd")) == before
