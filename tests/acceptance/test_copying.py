"""`winslowctl cp` as people with many or large files use it: both ways, cut at any byte, twice at once, onto a full disk."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.story import Story
from tests.daemon import ROOT, Daemon, NodeDaemon
from tests.etcd import Member
from tests.filesystems import tmpfs, why_no_mounts
from tests.relay import Relay, relay

pytestmark = pytest.mark.timeout(300)

MEBIBYTE = 1 << 20
LARGE = 120 * MEBIBYTE
RATE = 100.0 * MEBIBYTE
AGAIN = 4 * MEBIBYTE
"""Bytes that may travel once more after a cut, half of what is promised; less than lie between two cuts, or beginning anew would do."""
TALK = 4 * MEBIBYTE
"""What all else that is said takes, at most: headers, pings, questions."""
WITHIN = 120.0


class Copy:
    """One `winslowctl` beside the test."""

    def __init__(self, address: str, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "winslowctl", *arguments],
            cwd=ROOT,
            env={**os.environ, "WINSLOW_ADDRESS": address},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def end(self) -> tuple[int, str]:
        out, err = self.process.communicate(timeout=WITHIN)
        return self.process.returncode, out.decode() + err.decode()

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate(timeout=WITHIN)


def ctl(daemon: Daemon, *arguments: str) -> tuple[int, str]:
    """Its exit code, and all that it said."""
    return Copy(daemon.address, *arguments).end()


@pytest.fixture
def project(story: Story) -> str:
    return story.stages("true").project.rpartition("/")[2]


@contextlib.contextmanager
def relayed(daemon: Daemon) -> Iterator[Relay]:
    """A socket's path has at most 107 bytes, so it is not in the test's own directory."""
    with (
        tempfile.TemporaryDirectory(prefix="winslow-") as short,
        relay(Path(short, "relay"), Path(daemon.address.removeprefix("unix:")), RATE) as between,
    ):
        yield between


def made_tree(top: Path) -> None:
    """A thousand files with names that other programs stumble over."""
    odd = [
        " ",
        "a b",
        "-rf",
        "--help",
        "new\nline",
        "tab\there",
        "\x1b[31mred",
        "ünïcode",
        "日本",
        "*",
        "[x]",
        "'\"$HOME`",
        "ä" * 120,
    ]
    for number in range(1000):
        directory = top / f"{number % 7} directory" / f"{number % 3}"
        directory.mkdir(parents=True, exist_ok=True)
        (directory / f"{number}.png").write_bytes(random.Random(number).randbytes(number * 5))
    for name in odd:
        (top / name).write_bytes(name.encode())
    (top / "run.sh").write_text("#!/bin/sh\n")
    (top / "run.sh").chmod(0o755)
    (top / "large").write_bytes(random.Random(1).randbytes(3 * MEBIBYTE + 1))
    (top / "empty file").touch()
    (top / "empty directory").mkdir()
    os.utime(top / "run.sh", (1_500_000_000, 1_500_000_000.25))


def seen(top: Path) -> dict[str, tuple[bytes, int, bool] | None]:
    """Content, time and executable bit of every file by its path; None for directories."""
    found: dict[str, tuple[bytes, int, bool] | None] = {}
    for path in sorted(top.rglob("*")):
        status = path.stat()
        name = str(path.relative_to(top))
        found[name] = None if path.is_dir() else (path.read_bytes(), int(status.st_mtime), bool(status.st_mode & 0o100))
    return found


def test_a_directory_of_a_thousand_odd_names_comes_back_as_it_went(
    daemon: Daemon, project: str, tmp_path: Path
) -> None:
    made_tree(tmp_path / "there")
    code, said = ctl(daemon, "cp", "-r", str(tmp_path / "there"), f"{project}:input/")
    assert code == 0 and "1,016 files" in said and "\x1b" not in said, said
    code, said = ctl(daemon, "cp", "-r", f"{project}:input/there", f"{tmp_path}/back")
    assert code == 0, said
    assert seen(tmp_path / "back") == seen(tmp_path / "there")
    for source, target in ((f"{tmp_path}/there", f"{project}:input/"), (f"{project}:input/there", f"{tmp_path}/back")):
        code, said = ctl(daemon, "cp", "-r", source, target)
        assert code == 0 and "Nothing to do" in said, said


def test_what_cannot_be_sent_is_named_and_stops_nothing_else(daemon: Daemon, project: str, tmp_path: Path) -> None:
    top = tmp_path / "mixed"
    top.mkdir()
    (top / "good").write_text("good")
    (top / "link").symlink_to("good")
    os.mkfifo(top / "fifo")
    Path(os.fsdecode(os.fsencode(top) + b"/bad\xff")).write_text("bad")
    code, said = ctl(daemon, "cp", "-r", str(top), f"{project}:input/")
    assert code == 2, said
    assert "a symbolic link" in said and "a FIFO" in said and "not UTF-8" in said and "bad\\xff" in said
    assert "same command again" in said
    assert ctl(daemon, "cat", f"{project}:input/mixed/good") == (0, "good")


def test_an_upload_that_is_cut_again_and_again_arrives_whole_and_little_is_sent_twice(
    own_daemon: Daemon, image: str, tmp_path: Path
) -> None:
    source = tmp_path / "source"
    source.write_bytes(random.Random(2).randbytes(LARGE))
    with own_daemon.client() as client:
        project = Story(client, image, "cut").stages("true").project
    arguments = ("cp", str(source), f"winslow:{project}/input/clip")
    with relayed(own_daemon) as between:
        cuts = cut_often(own_daemon, between, arguments, 12, LARGE // 14)
        assert (own_daemon.files / project / "input" / "clip").read_bytes() == source.read_bytes()
        assert between.sent <= LARGE + cuts * AGAIN + TALK


def test_a_download_that_is_cut_again_and_again_arrives_whole_and_little_is_fetched_twice(
    own_daemon: Daemon, image: str, tmp_path: Path
) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(random.Random(3).randbytes(LARGE))
    with own_daemon.client() as client:
        project = Story(client, image, "cut").stages("true").project
        client.files.upload(source, f"{project}/input/clip")
    arguments = ("cp", f"winslow:{project}/input/clip", str(target))
    with relayed(own_daemon) as between:
        cuts = cut_often(own_daemon, between, arguments, 6, LARGE // 8)
        assert target.read_bytes() == source.read_bytes()
        assert between.answered <= LARGE + cuts * AGAIN + TALK
    assert not [one for one in tmp_path.iterdir() if "winslow-" in one.name]


def cut_often(daemon: Daemon, between: Relay, arguments: tuple[str, ...], cuts: int, apart: int) -> int:
    """Kill in turn the program and the daemon, after random bytes, and start each again; how often."""
    dice = random.Random(4)
    copy = Copy(between.address, *arguments)
    made = 0
    for number in range(cuts):
        between.until(between.sent + between.answered + dice.randrange(1, 2 * apart))
        if copy.process.poll() is not None:
            break
        if number % 2:
            daemon.kill()
            daemon.start()
        else:
            copy.kill()
            copy = Copy(between.address, *arguments)
        made += 1
    code, said = copy.end()
    assert code == 0, said
    assert made >= cuts - 2
    return made


def test_two_copies_at_once_to_one_target_end_as_one(daemon: Daemon, project: str, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(random.Random(5).randbytes(24 * MEBIBYTE))
    with relayed(daemon) as between:
        for origin, target in ((str(source), f"{project}:input/clip"), (f"{project}:input/clip", f"{tmp_path}/target")):
            both = [Copy(between.address, "cp", origin, target) for _ in range(2)]
            said = [one.end() for one in both]
            assert [code for code, _ in said] == [0, 0], said
    assert (tmp_path / "target").read_bytes() == source.read_bytes()
    assert sorted(one.name for one in tmp_path.iterdir()) == ["source", "target"]


def test_an_interrupted_copy_shows_nothing_half_and_says_how_to_go_on(
    daemon: Daemon, project: str, tmp_path: Path
) -> None:
    source = tmp_path / "source"
    source.write_bytes(random.Random(6).randbytes(64 * MEBIBYTE))
    with relayed(daemon) as between:
        for origin, target in (
            (str(source), f"{project}:input/clip"),
            (f"{project}:input/clip", f"{tmp_path}/back/clip"),
        ):
            before = between.sent + between.answered
            between.hold_after(
                8 * MEBIBYTE
            )  # what is not to end is not left to the scheduler, and a network hangs like this
            copy = Copy(between.address, "cp", origin, target)
            between.until(before + 8 * MEBIBYTE)
            at = time.monotonic()
            copy.process.send_signal(signal.SIGINT)
            code, said = copy.end()
            between.let_go()
            assert (code, "same command" in said) == (130, True), said
            assert time.monotonic() - at < 10
            assert "clip" not in ctl(daemon, "ls", f"{project}:input")[1] or target.startswith("/")
            assert not (tmp_path / "back" / "clip").exists()
            assert Copy(between.address, "cp", origin, target).end()[0] == 0
    assert (tmp_path / "back" / "clip").read_bytes() == source.read_bytes()


@pytest.mark.skipif(bool(why_no_mounts()), reason=why_no_mounts())
def test_a_disk_that_is_full_in_the_middle_is_said_and_the_copy_goes_on_once_there_is_room(
    own_etcd: Member, cluster: str, daemon: Daemon, project: str, image: str, tmp_path: Path
) -> None:
    top = tmp_path / "files"
    top.mkdir()
    for number in range(12):
        (top / f"{number:02}").write_bytes(random.Random(number).randbytes(MEBIBYTE))
    with tmpfs(tmp_path, 8 * 1024) as small:
        ballast = small / "ballast"
        with (
            NodeDaemon(tmp_path / "node-a", cluster, [own_etcd.endpoint], volume=str(small), volume_min_free=0) as node,
            node.client() as client,
        ):
            full = Story(client, image, "full").stages("true").project
            code, said = ctl(node, "cp", "-r", str(top), f"winslow:{full}/input/")
            assert code == 1 and "full" in said.lower(), said
            subprocess.run(["mount", "-o", "remount,size=32m", small], check=True)
            code, said = ctl(node, "cp", "-r", str(top), f"winslow:{full}/input/")
            assert code == 0 and "there already" in said, said
            assert seen(small / full / "input" / "files") == seen(top)
            assert not ballast.exists()
    assert ctl(daemon, "cp", "-r", str(top), f"{project}:input/")[0] == 0
    with tmpfs(tmp_path / "files", 8 * 1024) as small:
        code, said = ctl(daemon, "cp", "-r", f"{project}:input/files", f"{small}/back")
        assert code == 1 and "Make room" in said, said
        subprocess.run(["mount", "-o", "remount,size=32m", small], check=True)
        code, said = ctl(daemon, "cp", "-r", f"{project}:input/files", f"{small}/back")
        assert code == 0 and "there already" in said, said
        assert len(seen(small / "back")) == 12
