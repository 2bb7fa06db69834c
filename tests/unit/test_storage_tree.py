"""Trees are copied by several threads, given up at once when asked, and removed whatever they are like."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.beneath import descend, held
from storage.clone import Ways, clone
from storage.crew import Crew
from storage.removal import remove
from storage.stop import Stop, Stopped
from storage.tree import copy_tree, own_tree

ME = (os.geteuid(), os.getegid())


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[tuple[Path, Path, int, int]]:
    """A source and a target, as paths and as open directories."""
    source, target = tmp_path / "source", tmp_path / "target"
    source.mkdir()
    target.mkdir()
    with held(os.open(source, os.O_RDONLY)) as reading, held(os.open(target, os.O_RDONLY)) as writing:
        yield source, target, reading, writing


def make_deep(top: Path, levels: int) -> None:
    """Deeper than any path can say."""
    here = os.open(top, os.O_RDONLY)
    for _ in range(levels):
        os.mkdir("d" * 200, dir_fd=here)
        below = os.open("d" * 200, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(os.open("leaf", os.O_CREAT | os.O_WRONLY, dir_fd=here))
    os.close(here)


def test_a_tree_deeper_than_any_path_is_copied_and_removed(pair: tuple[Path, Path, int, int], tmp_path: Path) -> None:
    source, _, reading, writing = pair
    make_deep(source, 150)
    copy_tree(reading, writing, ME, Stop())
    with held(descend(writing, "/".join(["d" * 200] * 150))) as bottom:
        assert os.stat("leaf", dir_fd=bottom).st_size == 0
    with held(os.open(tmp_path, os.O_RDONLY)) as parent:
        remove(parent, "source", Stop())
        remove(parent, "target", Stop())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("ways", [Ways(), Ways(reflink=False), Ways(reflink=False, in_kernel=False)])
@pytest.mark.parametrize("sparse", [False, True])
def test_content_is_the_same_by_every_way(tmp_path: Path, ways: Ways, sparse: bool) -> None:
    content = os.urandom(100_000)
    with (tmp_path / "a").open("w+b") as a, (tmp_path / "b").open("w+b") as b:
        a.write(content)
        if sparse:
            a.seek(20 << 20)
            a.write(content)
            a.truncate(30 << 20)
        a.flush()
        clone(a.fileno(), b.fileno(), os.fstat(a.fileno()), ways, Stop())
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    if sparse:
        assert (tmp_path / "b").stat().st_blocks * 512 < 1 << 20


def test_a_copy_is_given_up_between_two_chunks(tmp_path: Path) -> None:
    stop = Stop()
    stop.request()
    (tmp_path / "a").write_bytes(b"x" * 100_000)
    with (tmp_path / "a").open("rb") as a, (tmp_path / "b").open("wb") as b, pytest.raises(Stopped):
        clone(a.fileno(), b.fileno(), os.fstat(a.fileno()), Ways(reflink=False), stop)
    assert (tmp_path / "b").stat().st_size == 0


def test_a_copy_that_is_stopped_half_way_ends_with_all_its_threads(pair: tuple[Path, Path, int, int]) -> None:
    source, target, reading, writing = pair
    for index in range(2000):
        (source / f"{index:04}").write_bytes(b"x" * 1000)
    stop = Stop()
    before = threading.active_count()

    def stop_soon() -> None:
        while not any(target.iterdir()):
            pass
        stop.request()

    stopper = threading.Thread(target=stop_soon)
    stopper.start()
    with pytest.raises(Stopped):
        copy_tree(reading, writing, ME, stop)
    stopper.join()
    assert threading.active_count() == before
    assert len(list(target.iterdir())) < 2000


def test_set_user_id_bits_of_files_are_not_copied(pair: tuple[Path, Path, int, int]) -> None:
    source, target, reading, writing = pair
    (source / "tool").write_text("x")
    (source / "tool").chmod(0o6755)
    (source / "shared").mkdir()
    (source / "shared").chmod(0o2775)
    copy_tree(reading, writing, ME, Stop())
    assert stat.S_IMODE((target / "tool").stat().st_mode) == 0o755
    assert stat.S_IMODE((target / "shared").stat().st_mode) == 0o2775


def test_a_directory_that_may_not_be_written_is_copied_with_its_content(pair: tuple[Path, Path, int, int]) -> None:
    source, target, reading, writing = pair
    (source / "closed").mkdir()
    (source / "closed" / "a").write_text("a")
    (source / "closed").chmod(0o555)
    copy_tree(reading, writing, ME, Stop())
    assert (target / "closed" / "a").read_text() == "a"
    assert stat.S_IMODE((target / "closed").stat().st_mode) == 0o555


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to another user")
def test_owning_a_tree_does_not_follow_links(tmp_path: Path) -> None:
    (tmp_path / "outside").write_text("x")
    tree = tmp_path / "tree"
    (tree / "sub").mkdir(parents=True)
    (tree / "sub" / "link").symlink_to(tmp_path / "outside")
    with held(os.open(tree, os.O_RDONLY)) as fd:
        own_tree(fd, (1234, 1235), Stop())
        own_tree(fd, (1234, 1235), Stop())
    for path in (tree, tree / "sub", tree / "sub" / "link"):
        assert (path.lstat().st_uid, path.lstat().st_gid) == (1234, 1235)
    assert (tmp_path / "outside").stat().st_uid == 0


def test_removing_never_follows_links(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "a").write_text("a")
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "link").symlink_to(tmp_path / "outside")
    (tmp_path / "link").symlink_to(tmp_path / "outside")
    with held(os.open(tmp_path, os.O_RDONLY)) as parent:
        for name in ("tree", "link", "link", "never"):
            remove(parent, name, Stop())
    assert [path.name for path in tmp_path.iterdir()] == ["outside"]
    assert (tmp_path / "outside" / "a").read_text() == "a"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_who_is_not_root_removes_directories_that_may_not_be_read(tmp_path: Path) -> None:
    """Run as another user, since root may do anything."""
    place = tmp_path / "place"
    place.mkdir()
    os.chown(place, 1000, 1000)
    code = """
import os, sys
from storage.removal import remove
from storage.stop import Stop
os.setgid(1000); os.setuid(1000)
os.makedirs("tree/closed/deeper"); open("tree/closed/deeper/a", "w").close()
os.chmod("tree/closed/deeper", 0o500); os.chmod("tree/closed", 0)
remove(os.open(".", os.O_RDONLY), "tree", Stop())
"""
    packages = str(Path(__file__).parents[2])
    done = subprocess.run([sys.executable, "-c", code], cwd=place, env={"PYTHONPATH": packages}, timeout=30)
    assert done.returncode == 0
    assert list(place.iterdir()) == []


def test_the_first_error_of_a_crew_is_raised_and_nobody_works_on() -> None:
    crew: Crew[int]

    def work(item: int) -> None:
        if item == 5:
            raise OSError(errno.ENOSPC, "full")
        while item == 0:  # for ever, unless the failure ends it
            crew.add(5)
            crew.offer(1)

    crew = Crew(work, Stop())
    with pytest.raises(OSError, match="full"):
        crew.run(0)


def test_a_crew_does_everything_once() -> None:
    done: list[int] = []
    crew: Crew[int]

    def work(item: int) -> None:
        done.append(item)
        if item < 1000:
            crew.offer(2 * item)
            crew.add(2 * item + 1)

    crew = Crew(work, Stop())
    crew.run(1)
    assert sorted(done) == list(range(1, 2000))
