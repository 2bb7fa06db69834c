"""Sweeps: what people write, what it comes to, and that a product is never built to be counted."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from winslow.domain import sweep
from winslow.domain.project import Axis
from winslow.errors import InvalidArgument, OutOfRange


def values(items: str) -> tuple[str, ...]:
    return sweep.parse_axis(f"X={items}").values


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ("a,b,c", ("a", "b", "c")),
        (" a , b ", ("a", "b")),
        ("full", ("full",)),
        ("10..50/10", ("10", "20", "30", "40", "50")),
        ("10..55/10", ("10", "20", "30", "40", "50")),
        ("1..3", ("1", "2", "3")),
        ("3..1", ("3", "2", "1")),
        ("50..10/20", ("50", "30", "10")),
        ("50..10/-20", ("50", "30", "10")),
        ("0..1/0.25", ("0.00", "0.25", "0.50", "0.75", "1.00")),
        ("0.1..0.3/0.1", ("0.1", "0.2", "0.3")),
        ("-0.5..0.5/0.5", ("-0.5", "0.0", "0.5")),
        ("7..7", ("7",)),
        ("1,2,10..30/10,x", ("1", "2", "10", "20", "30", "x")),
        (r"a\,b,c\\d", ("a,b", r"c\d")),
        (r"\1..3,z", ("1..3", "z")),
        ('"",x', ("", "x")),
        ("../up,a..b", ("../up", "a..b")),
        ("k=v", ("k=v",)),
    ],
)
def test_items_are_values_and_ranges(items: str, expected: tuple[str, ...]) -> None:
    assert values(items) == expected


@pytest.mark.parametrize(
    ("text", "reason", "problem"),
    [
        ("X", "SWEEP_INVALID", "has no '='"),
        ("X=", "SWEEP_INVALID", "without a value"),
        ("X=a,,b", "SWEEP_INVALID", "without a value"),
        ("X=a,a", "SWEEP_INVALID", "'a' twice"),
        ("X=1,1..3", "SWEEP_INVALID", "'1' twice"),
        ("1X=a", "SWEEP_INVALID", "cannot name a variable"),
        ("=a", "SWEEP_INVALID", "cannot name a variable"),
        ("WINSLOW_X=a", "SWEEP_INVALID", "reserved"),
        ("X=1..5/0", "SWEEP_INVALID", "step of zero"),
        ("X=1..5/-1", "SWEEP_INVALID", "step down"),
        ("X=1..2..3", "SWEEP_INVALID", "range '1..2..3' that is none"),
        ("X=1..x", "SWEEP_INVALID", "that is none"),
        ("X=a\\", "SWEEP_INVALID", "backslash"),
        ("X=0..999999999999999/0.000000000000001", "SWEEP_TOO_LARGE", "more than 10000"),
        ("X=0..9999,x", "SWEEP_TOO_LARGE", "more than 10000"),
        ("X=" + "a" * sweep.TEXT_MAX, "SWEEP_TOO_LARGE", "longer"),
    ],
)
def test_a_mistake_is_told_with_its_reason(text: str, reason: str, problem: str) -> None:
    with pytest.raises(InvalidArgument) as raised:
        sweep.parse([text])
    assert raised.value.reason == reason
    assert problem in str(raised.value)
    assert len(str(raised.value)) < 500


def test_a_variable_is_varied_only_once() -> None:
    with pytest.raises(InvalidArgument, match="is there twice"):
        sweep.parse(["A=1,2", "B=1", "A=3"])


def test_nothing_to_vary_is_no_sweep() -> None:
    with pytest.raises(InvalidArgument) as raised:
        sweep.parse([])
    assert raised.value.reason == "SWEEP_INVALID"


def test_as_many_points_as_allowed_are_a_sweep_and_one_more_are_none() -> None:
    assert sweep.count(sweep.parse(["A=1..1000", "B=1..100"])) == sweep.POINTS_MAX
    with pytest.raises(InvalidArgument, match="1001 x 100 = 100100 points") as raised:
        sweep.parse(["A=1..1001", "B=1..100"])
    assert raised.value.reason == "SWEEP_TOO_LARGE"


def test_a_product_far_beyond_memory_is_counted_and_indexed() -> None:
    axes = [Axis(f"V{index}", tuple(map(str, range(1000)))) for index in range(20)]
    assert sweep.count(axes) == 1000**20
    assert sweep.point(axes, 1000**20 - 1) == {f"V{index}": "999" for index in range(20)}


def test_axes_that_were_not_written_are_checked_too() -> None:
    for axes in (
        [Axis("A", ())],
        [Axis("A", ("x", "x"))],
        [Axis("no name", ("x",))],
        [Axis("A", ("x",)), Axis("A", ("y",))],
    ):
        with pytest.raises(InvalidArgument) as raised:
            sweep.check(axes)
        assert raised.value.reason == "SWEEP_INVALID"
    with pytest.raises(InvalidArgument) as raised:
        sweep.check([Axis("A", tuple(map(str, range(sweep.VALUES_MAX + 1))))])
    assert raised.value.reason == "SWEEP_TOO_LARGE"


def test_the_last_axis_varies_fastest() -> None:
    axes = sweep.parse(["A=1,2", "B=x,y,z"])
    assert [tuple(sweep.point(axes, index).values()) for index in range(6)] == [
        ("1", "x"),
        ("1", "y"),
        ("1", "z"),
        ("2", "x"),
        ("2", "y"),
        ("2", "z"),
    ]


@pytest.mark.parametrize("index", [-1, 4])
def test_a_point_outside_the_sweep_is_out_of_range(index: int) -> None:
    with pytest.raises(OutOfRange) as raised:
        sweep.point(sweep.parse(["A=1,2", "B=1,2"]), index)
    assert raised.value.reason == "POINT_OUT_OF_RANGE"


AXES = st.lists(
    st.tuples(
        st.from_regex(r"[A-V][A-Z0-9_]{0,5}", fullmatch=True),
        st.lists(st.text(max_size=4), min_size=1, max_size=6, unique=True),
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda axis: axis[0],
).map(lambda axes: [Axis(name, tuple(values)) for name, values in axes])


@given(AXES)
def test_every_point_is_there_once(axes: list[Axis]) -> None:
    points = [tuple(sweep.point(axes, index).items()) for index in range(sweep.count(axes))]
    assert len(set(points)) == len(points)
    for place, axis in enumerate(axes):
        assert {point[place] for point in points} == {(axis.variable, value) for value in axis.values}


NUMBERS = st.decimals(-1000, 1000, places=2)


@given(NUMBERS, NUMBERS, st.decimals("0.5", 500, places=3))
def test_a_range_steps_from_its_first_number_and_stays_within_its_last(
    first: Decimal, last: Decimal, step: Decimal
) -> None:
    numbers = [Decimal(value) for value in values(f"{first:f}..{last:f}/{step:f}")]
    assert numbers[0] == first
    assert {abs(later - before) for before, later in pairwise(numbers)} <= {step}
    assert min(first, last) <= min(numbers) <= max(numbers) <= max(first, last)
    assert abs(last - numbers[-1]) < step


@given(st.text(alphabet='AB=,./-+0123456789\\" e', max_size=30))
def test_any_text_is_an_axis_or_an_invalid_argument(text: str) -> None:
    try:
        axis = sweep.parse_axis(text)
    except InvalidArgument as problem:
        assert problem.reason in ("SWEEP_INVALID", "SWEEP_TOO_LARGE")
    else:
        assert axis.values
