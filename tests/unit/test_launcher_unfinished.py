"""Lines that are not ended: a bar and a prompt are seen while they are drawn, and the log has what was written, byte for byte."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.launched import Launched

pytest_plugins = ("tests.launched_fixtures",)

PIECE = 16 * 1024
HEADER = len("2026-11-23T04:17:05.123456789Z stdout F \n")


class Talker:
    """A process that says what it is told to, at once, on either stream."""

    def __init__(self, launched: Launched) -> None:
        for name in ("out", "err"):
            os.mkfifo(launched.root / name)
        self.process = launched.begin("sh", "-c", "cat err >&2 & cat out; wait")
        self._ends = {name: _opened(launched.root / name, self.process) for name in ("out", "err")}

    def say(self, data: bytes, stream: str = "out") -> None:
        self._ends[stream].write(data)

    def end(self) -> int:
        for end in self._ends.values():
            end.close()
        return self.process.wait(60)


def _opened(fifo: Path, process: subprocess.Popen[bytes]) -> IO[bytes]:
    deadline = time.monotonic() + 60
    while True:
        try:
            return os.fdopen(os.open(fifo, os.O_WRONLY | os.O_NONBLOCK), "wb", buffering=0)
        except OSError:  # nobody reads yet
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.002)


@pytest.fixture
def talks(launched: Launched) -> Iterator[Callable[[], Talker]]:
    with ExitStack() as stack:

        def begun() -> Talker:
            talker = Talker(launched)
            stack.callback(talker.end)
            return talker

        yield begun


def written(launched: Launched, stream: str = "stdout") -> bytes:
    return b"".join(text + (b"\n" if tag == "F" else b"") for name, tag, text in launched.rows() if name == stream)


def test_a_prompt_is_seen_before_its_line_ends_and_is_one_line_then(launched: Launched, talks: Callable) -> None:
    talker = talks()
    talker.say(b"before\nGo on? ")
    launched.await_unfinished(("stdout", b"Go on? "))
    assert launched.texts() == ["before"]
    talker.say(b"[y/n] ")
    launched.await_unfinished(("stdout", b"Go on? [y/n] "))
    talker.say(b"yes\n")
    launched.await_text("Go on? [y/n] yes")
    assert launched.rows() == [("stdout", "F", b"before"), ("stdout", "F", b"Go on? [y/n] yes")]
    launched.await_unfinished()
    assert talker.end() == 0


def test_of_a_bar_what_was_drawn_over_is_in_the_log_and_the_rest_is_seen(launched: Launched, talks: Callable) -> None:
    talker = talks()
    talker.say(b"\r 10%|#   |\r 20%|##  |", "err")
    launched.await_unfinished(("stderr", b" 20%|##  |"))
    launched.await_text("\r 10%|#   |\r")
    assert launched.rows() == [("stderr", "P", b"\r 10%|#   |\r")]
    talker.say(b"\r 30%|", "err")
    launched.await_unfinished(("stderr", b" 30%|"))
    talker.say(b"### |\r", "err")
    launched.await_unfinished()
    launched.await_text(" 30%|### |\r")
    assert launched.rows()[1:] == [("stderr", "P", b" 20%|##  |\r"), ("stderr", "P", b" 30%|### |\r")]
    talker.say(b"100%|####|\nnext\n", "err")
    launched.await_text("next")
    assert launched.rows()[3:] == [("stderr", "F", b"100%|####|"), ("stderr", "F", b"next")]
    assert talker.end() == 0


def test_where_it_cannot_be_shown_what_was_shown_before_is_taken_back(launched: Launched, talks: Callable) -> None:
    """As on a full disk: who follows the log would see an old drawing for as long, and beside the log that has it by now."""
    talker = talks()
    talker.say(b" 10%|")
    launched.await_unfinished(("stdout", b" 10%|"))
    (launched.control / "record" / "unfinished.new").mkdir()
    talker.say(b"\r 20%|")
    launched.await_unfinished()
    launched.await_text(" 10%|\r")
    (launched.control / "record" / "unfinished.new").rmdir()
    talker.say(b"\r 30%|")
    launched.await_unfinished(("stdout", b" 30%|"))
    assert talker.end() == 0


def test_what_is_not_ended_at_the_end_is_in_the_log_and_no_more_beside_it(launched: Launched, talks: Callable) -> None:
    talker = talks()
    talker.say(b"a\rb\r")
    launched.await_text("a\rb\r")
    talker.say(b"prompt", "err")
    launched.await_unfinished(("stderr", b"prompt"))
    assert talker.end() == 0
    assert launched.unfinished() == []
    assert launched.rows() == [("stdout", "P", b"a\rb\r"), ("stdout", "F", b""), ("stderr", "F", b"prompt")]


def test_both_streams_are_seen_and_each_keeps_its_bytes(launched: Launched, talks: Callable) -> None:
    talker = talks()
    talker.say(b"\rout 1\rout 2")
    launched.await_unfinished(("stdout", b"out 2"))
    talker.say(b"err?", "err")
    launched.await_unfinished(("stdout", b"out 2"), ("stderr", b"err?"))
    talker.say(b" no\n", "err")
    launched.await_unfinished(("stdout", b"out 2"))
    talker.say(b"\rout 3")
    launched.await_unfinished(("stdout", b"out 3"))
    talker.say(b"line\nbegun", "err")
    launched.await_unfinished(("stdout", b"out 3"), ("stderr", b"begun"))
    talker.say(b"\nout?")
    launched.await_unfinished(("stderr", b"begun"), ("stdout", b"out?"))  # which began later is the last
    talker.end()
    assert written(launched) == b"\rout 1\rout 2\rout 3\nout?\n"
    assert written(launched, "stderr") == b"err? no\nline\nbegun\n"


@pytest.mark.parametrize("parts", [(b"WINSLOW_RES", b"ULT: a=1\n"), (b" WIN", b"SLOW_RESULT: a=1\r", b"\n")])
def test_a_result_stays_in_one_piece_however_slowly_it_comes(
    launched: Launched, talks: Callable, parts: tuple[bytes, ...]
) -> None:
    talker, said = talks(), b""
    for part in parts:
        talker.say(part)
        said += part
        if b"\n" not in part:
            launched.await_unfinished(("stdout", said))
    talker.end()
    assert launched.rows() == [("stdout", "F", said.rstrip(b"\n"))]


def test_a_result_behind_the_limit_is_kept_however_slowly_it_comes(launched: Launched, talks: Callable) -> None:
    launched.limit = 100
    talker = talks()
    talker.say(b"x" * 100 + b"\n")
    launched.await_text("log capped at 100 bytes; what follows is dropped except WINSLOW_ lines")
    talker.say(b"WINS")
    time.sleep(1)  # longer than anything else is held
    talker.say(b"LOW_RESULT: a=1\ndropped")
    talker.end()
    assert launched.texts()[-1] == "WINSLOW_RESULT: a=1"
    assert launched.unfinished() == []


def test_the_pieces_of_a_bar_count_and_it_is_closed_at_the_limit(launched: Launched, talks: Callable) -> None:
    launched.limit = 2 * HEADER + 21
    talker = talks()
    talker.say(b"0123456789\r")
    launched.await_text("0123456789\r")
    talker.say(b"0123456789")
    launched.await_unfinished(("stdout", b"0123456789"))
    talker.say(b"\n")
    launched.await_text("0123456789")
    assert launched.log.stat().st_size == launched.limit
    talker.say(b"more\r")
    launched.await_text(f"log capped at {launched.limit} bytes; what follows is dropped except WINSLOW_ lines")
    talker.say(b"and more")
    talker.end()
    assert [tag for _, tag, _ in launched.rows()] == ["P", "F", "F"]


def test_the_mere_end_of_a_line_needs_no_room(launched: Launched, talks: Callable) -> None:
    launched.limit = HEADER + 11
    talker = talks()
    talker.say(b"0123456789\r")
    launched.await_text("0123456789\r")
    talker.say(b"\n")
    talker.end()
    assert launched.rows() == [("stdout", "P", b"0123456789\r"), ("stdout", "F", b"")]


def test_nobody_is_woken_for_a_line_that_waits(launched: Launched, talks: Callable) -> None:
    def waits() -> list[str]:
        status = Path(f"/proc/{talker.process.pid}/status").read_text().splitlines()
        return [line for line in status if "ctxt_switches" in line]

    talker = talks()
    talker.say(b"Go on? ")
    launched.await_unfinished(("stdout", b"Go on? "))
    time.sleep(0.2)  # until it waits again
    before = waits()
    time.sleep(1.5)
    assert waits() == before


def test_what_cannot_be_shown_is_in_the_log_nevertheless(launched: Launched, talks: Callable) -> None:
    (launched.control / "record" / "unfinished").mkdir()
    (launched.control / "record" / "unfinished" / "full").touch()
    talker = talks()
    talker.say(b"a\rb")
    launched.await_text("a\r")
    talker.end()
    assert written(launched) == b"a\rb\n"


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.sampled_from([0, 1, 90, PIECE - 1, PIECE, 2 * PIECE]), st.sampled_from("\r\n")), max_size=12)
)
def test_a_long_line_is_cut_behind_drawings_and_joined_again_is_what_was_written(
    launched: Launched, parts: list[tuple[int, str]]
) -> None:
    launched.forget()
    launched.log.write_bytes(b"")
    data = b"".join(b"x" * size + end.encode() for size, end in parts)
    (launched.root / "data").write_bytes(data)
    assert launched.shell("cat data").returncode == 0
    assert written(launched) == data + (b"\n" if data and not data.endswith(b"\n") else b"")
    for _, tag, text in launched.rows():
        assert len(text) <= PIECE
        assert tag == "F" or text.endswith(b"\r") or (len(text) == PIECE and b"\r" not in text)
