"""Logs that take the form of archives: whole at every step, the same at every offset, whoever reads and whatever is cut."""

from __future__ import annotations

import os
import random
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from storage import logarchive
from storage.logarchive import first_time
from storage.stop import Stop
from storage.volume import PlainVolume
from winslow.domain.layout import Location, parse
from winslow.domain.pipeline import LogParser
from winslow.domain.stage import ProjectId, StageId
from winslow.errors import Conflict, DataLoss
from winslow.ports import Effort, Pace

P, S = ProjectId("p-1"), StageId("s-1")
QUIET, EFFORT = 60.0, Effort()
LATER = 4_000_000_000.0
STEPS = ("pwrite", "fsync", "rename", "unlink", "fchmod", "utime")
"""What changes the disk."""


class Place:
    """A stage's directory on a volume, whose clock says that all was written long ago."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.home = root / "projects" / P / "stages" / S
        self.home.mkdir(parents=True, exist_ok=True)
        self.log, self.packed = self.home / "log", self.home / "log.gz"
        self.volume = PlainVolume(str(root), clock=lambda: LATER)
        self.logs = self.volume.logs

    def archive(self, quiet: float = QUIET, stop: Stop | None = None) -> bool:
        return self.logs.archive(P, S, quiet, EFFORT, stop or Stop())

    def read(self, offset: int = 0, size: int = 64 << 20) -> bytes:
        return self.logs.content(P, S, offset, size, Stop())


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    place = Place(tmp_path)
    yield place
    place.volume.close()


def lines(count: int, seed: int = 1) -> bytes:
    dice = random.Random(seed)
    return b"".join(
        b"2026-11-23T10:%02d:%02d.%09dZ stdout F %s\n" % (n // 60 % 60, n % 60, n, b"%x" % dice.getrandbits(300))
        for n in range(count)
    )


def test_an_archived_log_is_the_same_at_every_offset(place: Place) -> None:
    content = lines(30_000)
    place.log.write_bytes(content)
    before = place.logs.entry(P, S, Stop())
    assert place.archive()
    assert not place.log.exists() and place.packed.stat().st_size < len(content) * 0.8
    assert place.logs.entry(P, S, Stop()) == before, "to people it is the same file"
    dice = random.Random(7)
    for _ in range(200):
        offset, size = dice.randrange(len(content) + 10), dice.choice((1, 100, 300_000, 2_500_000))
        assert place.read(offset, size) == content[offset : offset + size]
        whole = content[offset : offset + size]
        whole = whole[: whole.rfind(b"\n") + 1] or whole
        assert place.logs.read(P, S, offset, size, Stop()) == whole
    assert sorted(path.name for path in place.home.iterdir()) == ["log.gz"]


def test_a_scan_says_the_same_of_both_forms(place: Place) -> None:
    content = (
        lines(20_000) + b"T stdout F WINSLOW_RESULT: a=1\nT stdout F loss=0.5 at 42%\n" + lines(10) + b"T stdout F cut"
    )
    place.log.write_bytes(content)
    parsers = (LogParser("loss", r"loss=(?P<loss>[0-9.]+)"),)
    found = [place.logs.scan(P, S, offset, parsers, Stop()) for offset in (0, 999_999)]
    assert place.archive()
    assert [place.logs.scan(P, S, offset, parsers, Stop()) for offset in (0, 999_999)] == found
    assert dict(found[0].results) == {"a": "1", "loss": "0.5"}


def test_killed_at_any_step_there_is_one_whole_log_and_the_next_call_goes_on(tmp_path: Path) -> None:
    content = lines(15_000)
    for step in range(1, 100):
        place = Place(tmp_path / str(step))
        place.log.write_bytes(content)
        ended = _killed(place, step)
        with Place(tmp_path / str(step)).volume as volume:
            assert volume.logs.content(P, S, 0, 64 << 20, Stop()) == content, f"after step {step}"
            assert volume.logs.archive(P, S, QUIET, EFFORT, Stop())
            assert volume.logs.content(P, S, 0, 64 << 20, Stop()) == content
        assert not place.log.exists() and place.packed.exists()
        if ended:
            assert step > 6, "it was never cut where it matters"
            return
    raise AssertionError("it never came to its end")


def _killed(place: Place, step: int) -> bool:
    """Archive in a process that is killed before its `step`th change of the disk; whether it came to its end."""
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
            os._exit(0 if place.archive() else 1)
        os._exit(2)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_drafts_of_the_dead_go_and_those_of_the_living_stay(place: Place) -> None:
    old, young = place.home / ".log.gz.dead.partial", place.home / ".log.gz.alive.partial"
    for path in (old, young):
        path.write_bytes(b"half")
    os.utime(old, (1e9, 1e9))
    place.log.write_bytes(lines(100))
    assert place.archive()
    assert not old.exists() and young.exists()


def test_a_log_that_was_just_written_to_is_left_alone(place: Place) -> None:
    place.log.write_bytes(lines(100))
    os.utime(place.log, (LATER - 30, LATER - 30))
    assert not place.archive(quiet=60)
    assert place.log.exists() and not place.packed.exists()
    assert place.archive(quiet=20)


def test_a_line_that_is_written_meanwhile_is_not_lost(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    content = lines(1000)
    place.log.write_bytes(content)
    real = logarchive._write

    def written_to(*arguments: object) -> None:
        real(*arguments)  # type: ignore[arg-type]
        with place.log.open("ab") as log:
            log.write(b"late\n")

    monkeypatch.setattr(logarchive, "_write", written_to)
    with pytest.raises(Conflict) as caught:
        place.archive()
    assert caught.value.reason == "LOG_CHANGED"
    monkeypatch.undo()
    assert place.read() == content + b"late\n"
    assert place.archive()
    assert place.read() == content + b"late\n" and not place.log.exists()


def test_a_small_log_stays_as_it_is(place: Place) -> None:
    place.log.write_bytes(lines(3))
    assert place.archive()
    assert place.read() == lines(3) and not place.packed.exists()


def test_no_log_needs_no_archive(place: Place) -> None:
    assert place.archive()
    assert place.logs.archive(P, StageId("never"), QUIET, EFFORT, Stop())


def test_what_is_added_to_an_archived_log_comes_behind_it(place: Place) -> None:
    content = lines(1000)
    place.log.write_bytes(content)
    assert place.archive()
    place.logs.note(P, S, "a word more", Stop())
    assert place.read().startswith(content) and place.read().endswith(b"winslow F a word more\n")
    whole = place.read()
    assert place.archive()
    assert not place.log.exists() and place.read() == whole


def test_lines_that_somebody_wrote_where_the_log_had_been_are_kept_behind_it(place: Place) -> None:
    """A daemon of an earlier version, which knows no archives, finds no log and begins one."""
    content, other = lines(2000), lines(10, seed=2)
    place.log.write_bytes(content)
    assert place.archive()
    place.log.write_bytes(other)
    assert place.archive()
    assert place.read() == content + other and not place.log.exists()


def test_a_disk_that_lies_costs_nothing(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    content = lines(2000)
    place.log.write_bytes(content)
    real = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda fd, data, offset: real(fd, bytes(data).replace(b"\x00", b"\x01"), offset))
    with pytest.raises(DataLoss):
        place.archive()
    monkeypatch.undo()
    assert place.log.read_bytes() == content and not place.packed.exists()
    assert [path.name for path in place.home.iterdir()] == ["log"]


def test_readers_see_the_same_while_it_is_exchanged_under_them(place: Place) -> None:
    content, stop, wrong = lines(20_000), threading.Event(), []

    def read() -> None:
        dice = random.Random(threading.get_ident())
        while not stop.is_set():
            offset = dice.randrange(len(content))
            if place.read(offset, 1000) != content[offset : offset + 1000] or place.logs.size(P, S, Stop()) != len(
                content
            ):
                wrong.append(offset)

    place.log.write_bytes(content)
    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for _ in range(5):
        assert place.archive()
        place.logs.create(f"projects/{P}/stages/{S}/log", (os.geteuid(), os.getegid()))
        assert place.log.exists()
        place.packed.unlink()
    stop.set()
    for reader in readers:
        reader.join()
    assert not wrong


def test_an_archived_log_is_sent_over_a_connection_as_it_was(place: Place) -> None:
    content = lines(60_000)
    place.log.write_bytes(content)
    log = parse(f"projects/{P}/stages/{S}/log")
    for archived in (False, True):
        assert not archived or place.archive()
        for offset, size in ((0, len(content)), (1_048_570, 2_000_000), (len(content) - 3, 3)):
            assert _sent(place, log, offset, size) == content[offset : offset + size]
        ours, theirs = socket.socketpair()
        with ours, theirs:
            past = place.volume.files.send(ours.fileno(), log, len(content), 10, None, Stop())
        assert (past.size, past.pace) == (0, Pace.ENDED)


def _sent(place: Place, log: Location, offset: int, size: int) -> bytes:
    ours, theirs = socket.socketpair()
    received = bytearray()

    def receive() -> None:
        while data := theirs.recv(1 << 20):
            received.extend(data)

    with ours, theirs:
        ours.setblocking(False)
        receiving = threading.Thread(target=receive)
        receiving.start()
        while size:
            carried = place.volume.files.send(ours.fileno(), log, offset, size, None, Stop())
            assert carried.pace in (Pace.STEADY, Pace.STALLED)
            offset, size = offset + carried.size, size - carried.size
        ours.shutdown(socket.SHUT_WR)
        receiving.join()
    return bytes(received)


def test_a_time_is_looked_for_in_few_members(place: Place) -> None:
    content = lines(30_000)
    place.log.write_bytes(content)
    assert place.logs.span(P, S, 0, Stop()) == (0, len(content))
    assert place.archive()
    at = content.index(b"2026-11-23T10:30:00")
    low, high = place.logs.span(P, S, first_time(content[at : at + 100]), Stop())
    assert low <= at <= high


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"2026-11-23T10:00:00.5Z stdout F x", 1_795_428_000_500_000_000),
        (b"1970-01-01T00:00:01Z stdout F x", 1_000_000_000),
        (b"2026-13-23T10:00:00Z stdout F x", 0),
        (b"no time", 0),
        (b"", 0),
    ],
)
def test_the_time_of_a_line(line: bytes, expected: int) -> None:
    assert first_time(line) == expected
