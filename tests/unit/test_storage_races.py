"""Files are swapped while they are opened: whatever is opened lies beneath its root and is a file."""

from __future__ import annotations

import os
import stat
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from storage.beneath import held, make_directories, open_file, open_root, rename_new
from storage.stop import Stop
from storage.volume import PlainVolume
from winslow.domain.layout import parse
from winslow.errors import WinslowError

ROUNDS = 3000


@contextmanager
def meanwhile(swap: Callable[[], None]) -> Iterator[None]:
    """Swap without pause while the body runs."""
    done = threading.Event()

    def go() -> None:
        while not done.is_set():
            swap()

    swapper = threading.Thread(target=go)
    swapper.start()
    try:
        yield
    finally:
        done.set()
        swapper.join()


def answers(call: Callable[[], bytes]) -> set[bytes | str]:
    """What thousands of calls answer; more of them where the swaps have not been met yet."""
    seen: set[bytes | str] = set()
    end = time.monotonic() + 30
    rounds = 0
    while rounds < ROUNDS or (len(seen) < 2 and time.monotonic() < end):
        rounds += 1
        try:
            seen.add(call())
        except WinslowError as error:
            seen.add(error.reason)
    return seen


@pytest.fixture
def volume(tmp_path: Path) -> Iterator[PlainVolume]:
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "file").write_text("secret")
    (tmp_path / "root").mkdir()
    with PlainVolume(str(tmp_path / "root")) as volume:
        volume.workspaces.make_project("p", "", Stop())  # type: ignore[arg-type]
        yield volume


def exchange(top: Path, first: str, second: str) -> Callable[[], None]:
    """Makes `x` in `top` the one and then the other, at once each time."""

    def swap() -> None:
        for name in (first, second):
            os.link(top / name, top / "next", follow_symlinks=False)
            (top / "next").replace(top / "x")

    return swap


def test_a_file_swapped_for_a_link_to_a_secret_gives_nothing_away(volume: PlainVolume, tmp_path: Path) -> None:
    top = tmp_path / "root/projects/p/input"
    (top / "good").write_text("public")
    (top / "evil").symlink_to(tmp_path / "secret" / "file")
    (top / "x").write_text("public")
    with meanwhile(exchange(top, "good", "evil")):
        assert answers(lambda: volume.files.read(parse("projects/p/input/x"), 0, 100, Stop())) == {
            b"public",
            "PATH_LEADS_OUT",
        }


def test_a_directory_swapped_for_a_link_outside_leads_nowhere(volume: PlainVolume, tmp_path: Path) -> None:
    top = tmp_path / "root/projects/p/input"
    (top / "good").mkdir()
    (top / "good" / "file").write_text("public")
    (top / "evil").symlink_to(tmp_path / "secret")
    (top / "x").symlink_to("good")
    (top / "inside").symlink_to("good")

    def read_and_make() -> bytes:
        content = volume.files.read(parse("projects/p/input/x/file"), 0, 100, Stop())
        volume.files.make_directory(parse(f"projects/p/input/x/{time.monotonic_ns() % 7}"), Stop())
        return content

    with meanwhile(exchange(top, "inside", "evil")):
        assert answers(read_and_make) == {b"public", "PATH_LEADS_OUT"}
    assert [path.name for path in (tmp_path / "secret").iterdir()] == ["file"]


def test_a_file_swapped_for_a_fifo_is_neither_opened_nor_waited_for(volume: PlainVolume, tmp_path: Path) -> None:
    top = tmp_path / "root/projects/p/input"
    (top / "good").write_text("public")
    os.mkfifo(top / "evil")
    (top / "x").write_text("public")
    with meanwhile(exchange(top, "good", "evil")):
        assert answers(lambda: volume.files.read(parse("projects/p/input/x"), 0, 100, Stop())) == {
            b"public",
            "NOT_A_FILE",
        }


def test_a_directory_renamed_away_while_it_is_resolved_does_not_lead_out(tmp_path: Path) -> None:
    """The kernel gives up a resolution of `..` that a rename may have misled; ours begins again."""
    there, away = tmp_path / "root" / "a" / "b", tmp_path / "root" / "b"
    there.mkdir(parents=True)
    (tmp_path / "root" / "target").write_text("inside")
    (tmp_path / "target").write_text("outside")
    (there / "up").symlink_to("../../target")

    def swap() -> None:
        there.rename(away)
        away.rename(there)

    read = 0
    with held(open_root(str(tmp_path / "root"))) as root, meanwhile(swap):
        for _ in range(ROUNDS):
            with suppress(OSError), held(open_file(root, "a/b/up")) as fd:
                assert os.read(fd, 10) == b"inside"
                read += 1
    assert read


def test_directories_are_made_at_once_from_many_sides(tmp_path: Path) -> None:
    errors: list[BaseException] = []
    with held(open_root(str(tmp_path))) as root:

        def make() -> None:
            try:
                for index in range(100):
                    os.close(make_directories(root, f"{index}/a/b/c"))
            except BaseException as error:
                errors.append(error)

        threads = [threading.Thread(target=make) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert errors == []
    assert len(list(tmp_path.iterdir())) == 100


def test_of_two_that_rename_to_one_name_one_is_refused(tmp_path: Path) -> None:
    wins: list[str] = []
    with held(open_root(str(tmp_path))) as root:
        for index in range(200):
            for name in ("a", "b"):
                (tmp_path / name).write_text(name)

            def rename(name: str, index: int = index) -> None:
                with suppress(FileExistsError):
                    rename_new(root, name, root, f"to-{index}")
                    wins.append(name)

            threads = [threading.Thread(target=rename, args=(name,)) for name in ("a", "b")]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
    assert len(wins) == 200


def test_what_is_opened_is_closed_again(volume: PlainVolume, tmp_path: Path) -> None:
    """Whatever is refused, nothing stays open."""
    top = tmp_path / "root/projects/p/input"
    os.mkfifo(top / "pipe")
    (top / "out").symlink_to("/")
    before = len(os.listdir("/proc/self/fd"))
    for path in ("pipe", "out", "out/x", "none", "none/x"):
        location = parse(f"projects/p/input/{path}")
        for call in (volume.files.stat, volume.files.digest, volume.files.usage):
            with suppress(WinslowError):
                call(location, Stop())
        with suppress(WinslowError):
            volume.uploads.begin("u", parse(f"projects/p/input/{path}/below"), 1, "0" * 64, Stop())
        with suppress(WinslowError):
            volume.trees.move(location, parse("projects/p/input/pipe/z"), "", Stop())
    volume.files.entries(parse("projects/p/input"), "", 1, Stop())
    volume.uploads.expire(2**40, Stop())
    assert len(os.listdir("/proc/self/fd")) == before
    assert stat.S_ISFIFO((top / "pipe").stat().st_mode)
