"""Times and lengths come back as they went."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from winslow.wire.times import duration, optional_timestamp, seconds, timestamp, unix_seconds


@given(st.floats(1e8, 4e9))
def test_a_time_comes_back_as_it_went(at: float) -> None:
    assert unix_seconds(timestamp(at)) == at


@given(st.integers(0, 10**15))
def test_a_length_with_nine_decimals_comes_back_as_it_went(nanos: int) -> None:
    assert seconds(duration(nanos / 10**9)) == nanos / 10**9


@pytest.mark.parametrize("length", [0.0, 0.1, 1.1, 4.35, 0.9999999999, 300.0])
def test_nanoseconds_stay_below_a_second(length: float) -> None:
    assert 0 <= duration(length).nanos < 10**9
    assert seconds(duration(length)) == pytest.approx(length, abs=1e-9)


def test_a_time_that_has_not_come_stays_unset() -> None:
    assert optional_timestamp(None) is None
    assert optional_timestamp(0.0) == timestamp(0.0)
