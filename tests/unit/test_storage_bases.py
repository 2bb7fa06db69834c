"""Bases: shared as long as nothing changes, whatever changes."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from storage.bases import Bases, fingerprint
from storage.beneath import held
from storage.stop import Stop
from storage.tree import Copied, Owner, copy_tree
from winslow.domain.stage import ProjectId, StageId

PROJECT = ProjectId("p")
ME = (os.geteuid(), os.getegid())


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """The zeroth workspace of a volume at `tmp_path`."""
    top = tmp_path / "projects/p/workspace"
    (top / "d").mkdir(parents=True)
    (top / "a").write_text("a")
    (top / "d/b").write_text("b")
    (top / "link").symlink_to("a")
    return top


@pytest.fixture
def root(tmp_path: Path) -> Iterator[int]:
    with held(os.open(tmp_path, os.O_RDONLY)) as fd:
        yield fd


@pytest.fixture
def bases(root: int) -> Bases:
    return Bases(root)


def made(bases: Bases, stage: str) -> str:
    return bases.of_directory(PROJECT, "projects/p/workspace", StageId(stage), ME, Stop())[0]


def seen(top: Path) -> str:
    with held(os.open(top, os.O_RDONLY)) as fd:
        return fingerprint(fd, Stop())


def same_size_and_time(top: Path) -> None:
    status = (top / "a").stat()
    (top / "a").write_text("b")
    os.utime(top / "a", ns=(status.st_atime_ns, status.st_mtime_ns))


def turned(top: Path) -> None:
    (top / "link").unlink()
    (top / "link").symlink_to("d")


CHANGES: dict[str, Callable[[Path], object]] = {
    "content of the same size and time": same_size_and_time,
    "a mode": lambda top: (top / "d/b").chmod(0o600),
    "a name": lambda top: (top / "d/b").rename(top / "d/c"),
    "two names swapped": lambda top: [
        (top / "a").rename(top / "x"),
        (top / "d/b").rename(top / "a"),
        (top / "x").rename(top / "d/b"),
    ],
    "a deletion": lambda top: (top / "a").unlink(),
    "an empty directory": lambda top: (top / "d/e").mkdir(),
    "where a link leads": turned,
}


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_is_changed_is_noticed(source: Path, bases: Bases, change: str) -> None:
    before, base = seen(source), made(bases, "s1")
    assert seen(source) == before and made(bases, "s2") == base
    time.sleep(0.02)  # the clock of a file system moves in steps
    CHANGES[change](source)
    assert seen(source) != before and made(bases, "s3") != base


class Disturbed:
    """Copies, and somebody changes the source while it does, so many times."""

    def __init__(self, source: Path, times: int) -> None:
        self.source = source
        self.times = times
        self.copies = 0

    def __call__(self, source: int, target: int, owner: Owner, stop: Stop) -> Copied:
        copied = copy_tree(source, target, owner, stop)
        self.copies += 1
        if self.copies <= self.times:
            (self.source / "a").write_text(f"change {self.copies}")
        return copied


def test_what_changes_while_it_is_copied_is_copied_again(source: Path, root: int, tmp_path: Path) -> None:
    bases = Bases(root, disturbed := Disturbed(source, 1))
    base = made(bases, "s1")
    assert disturbed.copies == 2 and (tmp_path / base / "a").read_text() == "change 1"
    assert made(bases, "s2") == base and disturbed.copies == 2


def test_what_never_rests_is_taken_as_it_comes_for_one_attempt_alone(source: Path, root: int, tmp_path: Path) -> None:
    bases = Bases(root, Disturbed(source, 1000))
    first, second = made(bases, "s1"), made(bases, "s2")
    assert first != second and "s1" in first and (tmp_path / first / "d/b").read_text() == "b"
    assert not [path for path in (tmp_path / "projects/p/bases").iterdir() if path.name.startswith(".")]


def test_a_base_that_is_needed_after_all_comes_back(source: Path, bases: Bases, tmp_path: Path) -> None:
    base = made(bases, "s1")
    answers = iter([[], [base]])
    assert bases.remove_unneeded(PROJECT, lambda: next(answers), Stop()) == 0
    assert (tmp_path / base / "a").exists()
    assert bases.remove_unneeded(PROJECT, tuple, Stop()) == 1
    assert list((tmp_path / "projects/p/bases").iterdir()) == []


def test_a_base_is_on_the_disk_before_it_is_shown(
    source: Path, bases: Bases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    safe: set[int] = set()
    fsync = os.fsync

    def noting(fd: int) -> None:
        if not list((tmp_path / "projects/p/bases").glob("[!.]*")):
            safe.add(os.fstat(fd).st_ino)
        fsync(fd)

    monkeypatch.setattr(os, "fsync", noting)
    base = tmp_path / made(bases, "s1")
    assert {path.stat().st_ino for path in (base, base / "a", base / "d", base / "d/b")} <= safe


def test_a_base_whose_removal_was_cut_before_it_was_asked_for_again_comes_back_to_who_needs_it(
    source: Path, bases: Bases, tmp_path: Path
) -> None:
    base = made(bases, "s1")

    def cut() -> Iterator[str]:
        yield from ()
        if not (tmp_path / base).exists():
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bases.remove_unneeded(PROJECT, cut, Stop())
    assert not (tmp_path / base).exists()
    assert bases.remove_unneeded(PROJECT, lambda: [base], Stop()) == 0
    assert (tmp_path / base / "d/b").read_text() == "b"


def test_half_of_a_base_never_comes_back(source: Path, bases: Bases, tmp_path: Path) -> None:
    base = tmp_path / made(bases, "s1")
    (base / "a").unlink()
    base.rename(base.with_name(f".removed.{base.name}"))
    bases.remove_unneeded(PROJECT, lambda: [str(base.relative_to(tmp_path))], Stop())
    assert list((tmp_path / "projects/p/bases").iterdir()) == []
