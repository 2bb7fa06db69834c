"""Sizes and durations as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from winslow.domain.quantity import about_size, format_duration, format_size, parse_duration, parse_size
from winslow.errors import InvalidArgument


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("0", 0),
        ("1024", 1024),
        ("12B", 12),
        ("512MiB", 512 << 20),
        ("512Mi", 512 << 20),
        ("2G", 2 * 10**9),
        ("2GB", 2 * 10**9),
        ("64k", 64_000),
        ("64KiB", 64 << 10),
        ("1.5GiB", 3 << 29),
        ("8 GiB", 8 << 30),
        ("0.5B", 0),
    ],
)
def test_sizes_are_read(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize(
    "text", ["", "G", "-1", "1g", "1m", "1mib", "1kiB", "1 G B", "1e3", "1GiBs", "0x10", "1\n", "9" * 19]
)
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(InvalidArgument) as raised:
        parse_size(text)
    assert raised.value.reason == "SIZE_INVALID"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        ("90", 90),
        ("1.5", 1.5),
        ("90s", 90),
        ("2h", 7200),
        ("2h30m", 9000),
        ("1d12h", 129_600),
        ("1.5h", 5400),
        ("250ms", 0.25),
        ("1s500ms", 1.5),
        ("5m", 300),
    ],
)
def test_durations_are_read(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "s", "-1s", "1m2h", "1 h", "1h ", "2h2h", "1w", "1e3", "inf", "nan", ".5s", "1\n"]
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(InvalidArgument) as raised:
        parse_duration(text)
    assert raised.value.reason == "DURATION_INVALID"


def test_they_are_written_as_people_write_them() -> None:
    assert [format_size(size) for size in (0, 100, 1 << 30, 512 << 20, 2 * 10**9, 64_000, 1_000_001)] == [
        "0",
        "100",
        "1GiB",
        "512MiB",
        "2GB",
        "64kB",
        "1000001",
    ]
    assert [format_duration(seconds) for seconds in (0, 45, 90, 7200, 9000, 129_600, 0.5)] == [
        "0s",
        "45s",
        "1m30s",
        "2h",
        "2h30m",
        "1d12h",
        "0.5s",
    ]


@given(st.integers(0, 1 << 50))
def test_a_size_reads_back_exactly(size: int) -> None:
    assert parse_size(format_size(size)) == size


@given(st.one_of(st.integers(0, 10**9), st.floats(1e-9, 1e9)))
def test_a_duration_reads_back_exactly(seconds: float) -> None:
    assert parse_duration(format_duration(seconds)) == seconds


@pytest.mark.parametrize(
    ("size", "text"), [(0, "0 B"), (1023, "1023 B"), (512 << 20, "512 MiB"), (25276510208, "23.5 GiB")]
)
def test_a_size_is_said_in_a_round_number(size: int, text: str) -> None:
    assert about_size(size) == text
