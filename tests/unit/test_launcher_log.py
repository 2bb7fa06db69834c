"""The launcher's log: CRI lines, pieces, limits and gaps, byte for byte."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.launched import Launched

pytest_plugins = ("tests.launched_fixtures",)

PIECE = 16 * 1024
HEADER = len("2026-11-23T04:17:05.123456789Z stdout F \n")


def output(launched: Launched, data: bytes, stream: str = "stdout") -> None:
    """Have the process write exactly `data`."""
    (launched.root / "data").write_bytes(data)
    redirect = " >&2" if stream == "stderr" else ""
    assert launched.shell(f"cat data{redirect}").returncode == 0


def test_a_line_is_time_stream_tag_and_text(launched: Launched) -> None:
    before = time.time()
    launched.shell("echo out; echo err >&2")
    lines = launched.log.read_text().splitlines()
    assert len(lines) == 2
    for line in lines:
        match = re.fullmatch(r"(\S+)(\.\d{9})Z (?:stdout F out|stderr F err)", line)
        assert match is not None
        when = datetime.fromisoformat(match[1]).replace(tzinfo=UTC).timestamp() + float(match[2])
        assert before - 0.001 <= when <= time.time()


def test_bytes_are_kept_as_they_are(launched: Launched) -> None:
    raw = bytes(range(256)).replace(b"\n", b"") + b"\r"
    output(launched, b"\n" + raw + b"\n\n")
    assert launched.rows() == [("stdout", "F", b""), ("stdout", "F", raw), ("stdout", "F", b"")]


def test_an_unfinished_last_line_is_kept(launched: Launched) -> None:
    output(launched, b"whole\nunfinished")
    assert launched.texts() == ["whole", "unfinished"]


@pytest.mark.parametrize("size", [PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 2 * PIECE + 7, 40 * PIECE])
@pytest.mark.parametrize("end", [b"\n", b""])
def test_long_lines_are_pieces_of_sixteen_kibibytes(launched: Launched, size: int, end: bytes) -> None:
    text = bytes(65 + number % 26 for number in range(size))
    output(launched, text + end, "stderr")
    rows = launched.rows()
    assert [tag for _, tag, _ in rows] == ["P"] * ((size - 1) // PIECE) + ["F"]
    assert {len(text) for _, _, text in rows[:-1]} <= {PIECE}
    assert b"".join(text for _, _, text in rows) == text


def joined(rows: list[tuple[str, str, bytes]]) -> list[bytes]:
    lines, begun = [], b""
    for _, tag, text in rows:
        begun += text
        if tag == "F":
            lines.append(begun)
            begun = b""
    assert begun == b""
    return lines


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.sampled_from([0, 1, 100, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE]), st.booleans()), max_size=12
    )
)
def test_lines_joined_again_are_what_was_written(launched: Launched, parts: list[tuple[int, bool]]) -> None:
    launched.forget()
    launched.log.write_bytes(b"")
    data = b"".join(b"x" * size + (b"\n" if ends else b"") for size, ends in parts)
    output(launched, data)
    wanted = data.split(b"\n")
    if wanted[-1] == b"":
        wanted.pop()
    assert joined(launched.rows()) == wanted


def test_a_line_is_in_the_log_as_soon_as_it_is_said(launched: Launched) -> None:
    lags = []
    # Two of them: a reader that opens one again may meet the writer before its end, read nothing, and be gone.
    first, second = launched.root / "first", launched.root / "second"
    os.mkfifo(first)
    os.mkfifo(second)
    for _ in range(20):
        launched.forget()
        launched.log.write_bytes(b"")
        process = launched.begin("sh", "-c", "read go < first; date +%s%N; read go < second")
        with first.open("w") as opened:
            opened.write("go\n")
        while not launched.log.stat().st_size:
            pass
        seen = time.time_ns()
        lags.append(seen - int(launched.texts()[0]))
        with second.open("w") as opened:
            opened.write("go\n")
        process.wait(60)
    assert min(lags) < 10_000_000


def test_the_log_is_appended_to(launched: Launched) -> None:
    launched.log.write_bytes(b"2026-01-01T00:00:00.000000000Z winslow F a note of the daemon\n")
    launched.shell("echo line")
    assert launched.texts() == ["a note of the daemon", "line"]


def test_a_link_in_place_of_the_log_is_not_followed(launched: Launched) -> None:
    target = launched.root / "precious"
    target.write_text("kept")
    launched.log.unlink()
    launched.log.symlink_to(target)
    assert launched.shell("echo line").returncode == 0
    assert target.read_text() == "kept"
    assert launched.record()["log_lost"] == "1"


def test_up_to_the_limit_everything_is_kept(launched: Launched) -> None:
    launched.limit = 100 * (HEADER + 10)
    output(launched, b"0123456789\n" * 100)
    assert launched.log.stat().st_size == launched.limit
    assert {stream for stream, _, _ in launched.rows()} == {"stdout"}


def test_past_the_limit_one_mark_and_only_results(launched: Launched) -> None:
    launched.limit = 100 * (HEADER + 10)
    flood = b"0123456789\n"
    output(launched, flood * 101 + b"WINSLOW_A=1\n" + flood * 50_000 + b"not WINSLOW_B=2\nWINSLOW_C=3")
    texts = launched.texts()
    assert texts[:100] == ["0123456789"] * 100
    assert texts[100:] == [
        f"log capped at {launched.limit} bytes; what follows is dropped except WINSLOW_ lines",
        "WINSLOW_A=1",
        "WINSLOW_C=3",
    ]


def test_results_too_are_bounded(launched: Launched) -> None:
    launched.limit = 1000
    output(launched, (b"WINSLOW_X=" + b"y" * 90 + b"\n") * 30_000)
    assert launched.log.stat().st_size <= 1000 + (1 << 20) + 500
    marks = [text for stream, _, text in launched.rows() if stream == "winslow"]
    assert marks == [
        b"log capped at 1000 bytes; what follows is dropped except WINSLOW_ lines",
        b"log capped: WINSLOW_ lines too are dropped from here on",
    ]


def test_a_line_cut_by_the_limit_is_closed_so_that_no_result_joins_it(launched: Launched) -> None:
    launched.limit = 2 * (HEADER + PIECE)
    output(launched, b"x" * 5 * PIECE + b"\nWINSLOW_A=1\n")
    rows = launched.rows()
    assert [(stream, tag) for stream, tag, _ in rows] == [
        ("stdout", "P"),
        ("stdout", "P"),
        ("stdout", "F"),
        ("winslow", "F"),
        ("stdout", "F"),
    ]
    assert rows[-1][2] == b"WINSLOW_A=1"


def test_a_long_result_after_the_limit_keeps_its_pieces(launched: Launched) -> None:
    launched.limit = 100
    result = b"WINSLOW_BIG=" + b"z" * 3 * PIECE
    output(launched, b"x" * 100 + b"\n" + result + b"\n")
    stdout = [row for row in launched.rows() if row[0] == "stdout"]
    assert joined(stdout) == [result]


@pytest.fixture
def small_disk(launched: Launched) -> Iterator[Path]:
    place = launched.root / "small"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(place)], check=True)
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root")
def test_a_gap_from_a_full_disk_is_told_in_the_log_once_there_is_room(launched: Launched, small_disk: Path) -> None:
    log = small_disk / "log"
    log.touch()
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"b" * 100_000)
    program = (
        "import os, sys, time\n"
        "sys.stdout.write('0123456789' * 10 + '\\n'); sys.stdout.flush()\n"
        "os.write(1, (b'0123456789' * 10 + b'\\n') * 3000)\n"
        "open('written', 'w').close()\n"
        "while not os.path.exists('go'): time.sleep(0.005)\n"
        "print('after')\n"
    )
    options = ["--control", launched.control, "--log", log, "--limit", "10000000"]
    process = subprocess.Popen([launched.binary, *options, "--", sys.executable, "-c", program], cwd=launched.root)
    while not (launched.root / "written").exists() or os.statvfs(small_disk).f_bfree:
        assert process.poll() is None
        time.sleep(0.005)
    ballast.unlink()
    (launched.root / "go").touch()
    assert process.wait(20) == 0
    lines = log.read_bytes().splitlines()
    told = [line for line in lines if b" winslow F " in line]
    assert len(told) == 1
    assert re.search(rb" winslow F \d+ bytes of the log could not be written and are lost$", told[0])
    assert lines[-2:] == [told[0], lines[-1]]
    assert lines[-1].endswith(b" stdout F after")
    assert launched.record()["log_lost"] == "1"
