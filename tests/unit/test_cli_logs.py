"""Logs: pieces to lines, live ones across cuts and restarts, and what of them reaches a terminal."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.api import FakeApi, cut
from tests.unit.cli import Ctl, serve_stages, stage
from winslow.client import Client
from winslow.client.loglines import LineReader, LogLine, parse
from winslow.v1.log_pb2 import LogChunk
from winslow.v1.log_service_pb2 import LocateLogTimeResponse

TIME = "2026-01-31T14:00:00.123456789Z"
LOG = b"".join(
    f"{TIME} {stream} {tag} {text}\n".encode()
    for stream, tag, text in (
        ("stdout", "F", "first"),
        ("stdout", "P", "a long "),
        ("stderr", "F", "careful"),
        ("stdout", "F", "line"),
        ("winslow", "F", "the log was cut here"),
        ("stdout", "F", ""),
    )
)
LINES = [
    ("stdout", b"first"),
    ("stderr", b"careful"),
    ("stdout", b"a long line"),
    ("winslow", b"the log was cut here"),
    ("stdout", b""),
]


@given(st.lists(st.integers(0, len(LOG)), max_size=12))
def test_lines_are_the_same_however_the_pieces_fall(cuts: list[int]) -> None:
    reader, lines, begin = LineReader(), [], 0
    for end in [*sorted(cuts), len(LOG)]:
        lines += list(reader.feed(LOG[begin:end]))
        begin = end
    assert [(line.stream, line.text) for line in [*lines, *reader.finish()]] == LINES


@given(st.binary())
def test_whatever_is_in_a_log_can_be_read(data: bytes) -> None:
    reader = LineReader()
    lines = [*reader.feed(data), *reader.finish()]
    assert sum(len(line.text) for line in lines) <= len(data)


def test_a_line_without_an_end_is_handed_on_when_it_is_too_long() -> None:
    reader = LineReader()
    piece = f"{TIME} stdout P ".encode() + b"x" * 600_000 + b"\n"
    assert [line.whole for line in reader.feed(piece * 2)] == [False]


def test_a_line_before_its_end_is_what_the_log_has_of_it_and_what_was_said_since() -> None:
    reader = LineReader()
    assert list(reader.feed(f"{TIME} stderr P 10%\r20%\r\n{TIME} stdout F other\n".encode())) == [
        LogLine(TIME, "stdout", b"other")
    ]
    told = f"{TIME} stdout P Go on? \n{TIME} stderr P 30%\r\n".encode()
    for _ in range(2):  # however often it is told
        assert list(reader.so_far(told)) == [
            LogLine(TIME, "stdout", b"Go on? ", whole=False, ended=False),
            LogLine(TIME, "stderr", b"10%\r20%\r30%\r", whole=False, ended=False),
        ]
    assert list(reader.so_far(b"")) == []
    assert [line.text for line in reader.feed(f"{TIME} stderr F 30%\r40%\n".encode())] == [b"10%\r20%\r30%\r40%"]


def test_a_bar_of_many_hours_is_read_in_no_time_and_handed_on_in_parts() -> None:
    reader, begun = LineReader(), time.monotonic()
    piece = f"{TIME} stderr P ".encode() + b"12%|###   |\r" * 50 + b"\n"
    lines = [line for _ in range(72_000) for line in reader.feed(piece)] + list(reader.finish())
    assert sum(len(line.text) for line in lines) == 72_000 * 600
    assert {line.whole for line in lines} == {False}
    assert max(len(line.text) for line in lines) < (1 << 20) + 600
    assert time.monotonic() - begun < 60


def test_a_time_is_read_to_the_microsecond() -> None:
    at = parse(LOG.splitlines()[0]).at
    assert at is not None
    assert at.isoformat() == "2026-01-31T14:00:00.123456+00:00"
    assert LogLine("soon", "stdout", b"").at is None


@pytest.fixture(autouse=True)
def one_stage(api: FakeApi) -> None:
    serve_stages(api, stage("detect-1-1-x"))
    api.on("LogService/ReadLog", _read)
    api.on("LogService/FollowLog", _follow)


def _read(request: Any) -> LogChunk:
    offset = (
        len(LOG) - len(b"".join(LOG.splitlines(True)[-request.tail_lines :])) if request.tail_lines else request.offset
    )
    end = LOG.index(b"\n", offset) + 1 if offset < len(LOG) else offset
    return LogChunk(offset=offset, data=LOG[offset:end], size=len(LOG), ended=end == len(LOG))


def _follow(request: Any) -> Iterator[LogChunk]:
    offset = request.offset
    while offset < len(LOG):
        chunk = _read(type(request)(offset=offset))
        yield chunk
        offset += len(chunk.data)


def test_a_log_is_read_to_its_end_in_pieces(client: Client) -> None:
    assert b"".join(chunk.data for chunk in client.logs.read("detect-1-1-x")) == LOG


def test_a_log_that_grows_faster_than_it_is_read_has_an_end(api: FakeApi, client: Client) -> None:
    """What was there when it was asked for is what is read."""
    api.on(
        "LogService/ReadLog", lambda request: LogChunk(offset=request.offset, data=b"x" * 10, size=request.offset + 100)
    )
    assert sum(len(chunk.data) for chunk in client.logs.read("detect-1-1-x")) == 100


def test_following_goes_on_after_cuts_without_a_gap_or_a_repeat(api: FakeApi, client: Client) -> None:
    def cut_after_one(request: Any) -> Iterator[LogChunk]:
        yield next(_follow(request))
        if request.offset < 200:
            raise cut()
        yield from list(_follow(request))[1:]

    api.on("LogService/FollowLog", cut_after_one)
    assert b"".join(chunk.data for chunk in client.logs.follow("detect-1-1-x")) == LOG
    assert len(api.requests("LogService/FollowLog")) > 2


def test_following_goes_on_when_the_daemon_is_started_anew(api: FakeApi, client: Client) -> None:
    followed = client.logs.follow("detect-1-1-x")
    seen = next(followed).data
    api.stop()
    api.start()
    assert seen + b"".join(chunk.data for chunk in followed) == LOG


def test_all_streams_are_shown_in_order_and_can_be_told_apart(ctl: Ctl) -> None:
    assert ctl("logs", "detect").out == "first\ncareful\na long line\nthe log was cut here\n\n"
    assert ctl("logs", "detect", "--stream", "stderr").out == "careful\n"
    assert ctl("logs", "detect", "-l").out.splitlines()[1] == "stderr  careful"
    assert ctl("logs", "detect", "--stream", "nothing").code == 2


def test_times_are_in_the_local_zone(ctl: Ctl, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Etc/GMT-5")
    time.tzset()
    assert ctl("logs", "detect", "-t").out.startswith("2026-01-31 19:00:00.123456 first\n")
    monkeypatch.undo()
    time.tzset()


def test_the_last_lines_and_a_followed_log(ctl: Ctl) -> None:
    assert ctl("logs", "detect", "--tail", "2").out == "the log was cut here\n\n"
    assert ctl("logs", "detect", "--tail", "0").out == ""
    assert ctl("logs", "-f", "detect").out.count("\n") == len(LINES)


def test_a_bar_that_is_followed_is_drawn_in_place_on_a_terminal_only(
    ctl: Ctl, api: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = f"{TIME} stderr P "
    pieces = [
        ("", "10%\x1b[2J|" + "#" * 300),
        (f"{TIME} stdout F other\n", "10%|#"),
        (f"{head}10%|#\r\n", "20%|##"),
        (f"{TIME} stderr F 20%|##\r30%|###\n", ""),
    ]

    def follow(request: Any) -> Iterator[LogChunk]:
        offset = 0
        for data, unfinished in pieces:
            told = f"{head}{unfinished}\n".encode() if unfinished else b""
            yield LogChunk(offset=offset, data=data.encode(), size=offset + len(data), unfinished=told)
            offset += len(data)
        yield LogChunk(offset=offset, size=offset, ended=True)

    api.on("LogService/FollowLog", follow)
    assert ctl("logs", "-f", "detect").out == "other\n10%|#\r20%|##\r30%|###\n"
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")
    first, *rest = ctl("logs", "-f", "detect").out.split("\r\x1b[K")
    assert first == "10%␛[2J|" + "#" * 71
    assert rest == ["other\n10%|#", "20%|##", "30%|###\n"]
    assert ctl("logs", "-f", "detect", "--stream", "stdout").out == "other\n"
    assert ctl("logs", "-f", "detect", "--raw").out == "other\n10%|#\r20%|##\r30%|###\n"


def test_a_log_from_a_time_on(ctl: Ctl, api: FakeApi) -> None:
    third = len(b"".join(LOG.splitlines(True)[:4]))
    api.on("LogService/LocateLogTime", LocateLogTimeResponse(offset=third))
    assert ctl("logs", "detect", "--since", "2026-01-31T14:00:00Z").out == "the log was cut here\n\n"
    assert api.requests("LogService/LocateLogTime")[0].time.seconds == 1_769_868_000
    assert ctl("logs", "detect", "--since", "yesterday-ish").code == 2


def test_lines_are_objects_for_programs(ctl: Ctl) -> None:
    lines = [json.loads(line) for line in ctl("logs", "detect", "-o", "json").out.splitlines()]
    assert lines[1] == {"time": TIME, "stream": "stderr", "text": "careful"}


def test_a_log_cannot_take_over_a_terminal_but_a_file_gets_every_byte(
    ctl: Ctl, api: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    evil = f"{TIME} stdout F ".encode() + b"\x1b]0;owned\x07\x1b[2J\x1b[32mgreen\n"
    api.on("LogService/ReadLog", LogChunk(data=evil, size=len(evil)))
    assert "\x1b]0;owned\x07" in ctl("logs", "detect").out
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    shown = ctl("logs", "detect").out
    assert "\x1b[32mgreen" in shown
    assert "\x1b]" not in shown
    assert "\x1b[2J" not in shown
    assert "\x1b[2J" in ctl("logs", "detect", "--raw").out
