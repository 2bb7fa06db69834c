"""What launchers show of lines that are not ended is read as what hostile stages may have put in its place."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from winslow.domain.stage import StageId
from winslowd.docker.underway import LaunchersWords

STAGE = StageId("detect-1-1-x")
BOTH = b"2026-01-01T00:00:01.5Z stdout P Go on? \n2026-01-01T00:00:01.5Z stderr P \xff 12%\n"


@pytest.fixture
def record(tmp_path: Path) -> Path:
    record = tmp_path / STAGE / "record"
    record.mkdir(parents=True)
    return record


def unfinished(record: Path) -> bytes:
    return LaunchersWords(record.parent.parent).unfinished(STAGE)


def test_lines_that_are_not_ended_are_read_as_they_are(record: Path) -> None:
    assert unfinished(record) == b""
    (record / "unfinished").write_bytes(BOTH)
    assert unfinished(record) == BOTH
    assert LaunchersWords(record.parent.parent).unfinished(StageId("elsewhere")) == b""


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no line\n",
        BOTH.removesuffix(b"\n"),
        BOTH + BOTH,
        b"T stdout F ended\n",
        b"T winslow P not by a stage\n",
        b"T stdout P " + b"x" * 40_000 + b"\n",
    ],
)
def test_what_no_launcher_writes_is_not_believed(record: Path, data: bytes) -> None:
    (record / "unfinished").write_bytes(data)
    assert unfinished(record) == b""


def test_what_is_no_file_is_neither_followed_nor_waited_for(record: Path) -> None:
    path = record / "unfinished"
    (record / "other").write_bytes(BOTH)
    path.symlink_to("other")
    assert unfinished(record) == b""
    path.unlink()
    os.mkfifo(path)
    assert unfinished(record) == b""
    path.unlink()
    path.mkdir()
    assert unfinished(record) == b""
