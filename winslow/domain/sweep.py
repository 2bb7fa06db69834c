"""Parameter sweeps as people write them: `FPS=10,25,50` and `MIN=0.1..0.5/0.1`, and the points of their product.

The product is counted and indexed, never built: point 73,412 of a sweep costs as much as the first. It never needs
to know what executes a point. An axis is a list of items with commas between them; an item is

- a value as it is: `full`;
- a range `FIRST..LAST` or `FIRST..LAST/STEP` of whole or decimal numbers, LAST included when the steps meet it. Without
  a step it is 1; a range that goes down takes its steps downwards. Values have as many decimals as its most precise number;
- `""` for an empty value. A backslash takes the next character as it is: `a\\,b` is one value.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence

from winslow.domain.definition import variable_problem
from winslow.domain.project import Axis
from winslow.errors import InvalidArgument, OutOfRange

POINTS_MAX = 100_000
VALUES_MAX = 10_000
"""Values of one axis."""
TEXT_MAX = 200_000
"""Characters of one axis as written."""

_NUMBER = r"[+-]?[0-9]{1,15}(?:\.[0-9]{1,15})?"
_RANGE = re.compile(rf"\s*({_NUMBER})\s*\.\.\s*({_NUMBER})\s*(?:/\s*({_NUMBER})\s*)?")
_ALMOST_RANGE = re.compile(r"\s*[+-]?[0-9][0-9.]*\s*\.\.")
_ITEM = re.compile(r"(?:[^,\\]|\\.)*", re.DOTALL)


def parse(texts: Iterable[str]) -> tuple[Axis, ...]:
    """The axes of a sweep, checked by `check`. Raises InvalidArgument (SWEEP_INVALID, SWEEP_TOO_LARGE)."""
    axes = tuple(parse_axis(text) for text in texts)
    check(axes)
    return axes


def parse_axis(text: str) -> Axis:
    """One `VARIABLE=ITEMS`. Raises InvalidArgument (SWEEP_INVALID, SWEEP_TOO_LARGE) and nothing else."""
    variable, equals, items = text.partition("=")
    variable = variable.strip()
    if not equals:
        raise _invalid(text, "has no '='", "Write VARIABLE=value,value or VARIABLE=first..last/step")
    if problem := variable_problem(variable):
        raise _invalid(text, f"varies what it cannot: {problem[1]}")
    if len(text) > TEXT_MAX:
        raise _too_large(text, f"is longer than {TEXT_MAX} characters")
    values: list[str] = []
    for item in _items(text, items):
        values += _values(text, item, VALUES_MAX - len(values))
    return Axis(variable, tuple(values))


def check(axes: Sequence[Axis]) -> None:
    """Whether a sweep over `axes` may be submitted, however they were made.

    Raises InvalidArgument: SWEEP_INVALID for no axis, a bad or repeated variable, an axis without values or with
    a value twice; SWEEP_TOO_LARGE for more than `VALUES_MAX` values of an axis or `POINTS_MAX` points.
    """
    if not axes:
        raise _invalid("", "has no variable to vary", "Name at least one: VARIABLE=value,value")
    seen: set[str] = set()
    for axis in axes:
        _check_axis(axis)
        if axis.variable in seen:
            raise _invalid(axis.variable, "is there twice", "Put all values of a variable into one list")
        seen.add(axis.variable)
    if count(axes) > POINTS_MAX:
        lengths = " x ".join(str(len(axis.values)) for axis in axes)
        raise _too_large("", f"has {lengths} = {count(axes)} points, more than {POINTS_MAX}")


def _check_axis(axis: Axis) -> None:
    if problem := variable_problem(axis.variable):
        raise _invalid(axis.variable, f"varies what it cannot: {problem[1]}")
    if not axis.values:
        raise _invalid(axis.variable, "has no values")
    if len(axis.values) > VALUES_MAX:
        raise _too_large(axis.variable, f"has {len(axis.values)} values, more than {VALUES_MAX}")
    twice = _first_repeated(axis.values)
    if twice is not None:
        raise _invalid(axis.variable, f"has the value {twice!r} twice", "Its points would do the same work again")


def _first_repeated(values: Sequence[str]) -> str | None:
    seen: set[str] = set()
    for value in values:
        if value in seen:
            return value
        seen.add(value)
    return None


def count(axes: Sequence[Axis]) -> int:
    """How many points the product has: 1 for no axes, 0 when an axis has no values."""
    return math.prod(len(axis.values) for axis in axes)


def point(axes: Sequence[Axis], index: int) -> dict[str, str]:
    """The values of point `index`, counted from 0; the last axis varies fastest. Raises OutOfRange (POINT_OUT_OF_RANGE)."""
    points = count(axes)
    if not 0 <= index < points:
        raise OutOfRange(f"The sweep has the points 0 to {points - 1}, not {index}", reason="POINT_OUT_OF_RANGE")
    chosen: list[tuple[str, str]] = []
    for axis in reversed(axes):
        index, place = divmod(index, len(axis.values))
        chosen.append((axis.variable, axis.values[place]))
    return dict(reversed(chosen))


def _items(text: str, items: str) -> list[str]:
    """Split at the commas that no backslash takes as they are."""
    found: list[str] = []
    at = 0
    while True:
        item = _ITEM.match(items, at)
        assert item is not None  # it matches an empty text
        found.append(item[0])
        at = item.end()
        if at == len(items):
            return found
        if items[at] != ",":
            raise _invalid(text, "ends in a backslash", "Write \\\\ for one")
        at += 1


def _values(text: str, item: str, room: int) -> list[str]:
    if found := _RANGE.fullmatch(item):
        return _range(text, found[1], found[2], found[3], room)
    if _ALMOST_RANGE.match(item):
        hint = f"Write first..last/step with numbers, or \\{item.strip()} for the text itself"
        raise _invalid(text, f"has a range {item.strip()!r} that is none", hint)
    if not item.strip():
        raise _invalid(text, "has an item without a value", 'Write "" for an empty value')
    if not room:
        raise _too_large(text, f"has more than {VALUES_MAX} values")
    return [""] if item.strip() == '""' else [re.sub(r"\\(.)", r"\1", item.strip(), flags=re.DOTALL)]


def _range(text: str, first: str, last: str, step: str | None, room: int) -> list[str]:
    """Counted in whole numbers of the last decimal place, so that no value is ever a little off."""
    places = max(len(number.partition(".")[2]) for number in (first, last, step or "1"))
    start, end, stride = (_scaled(number, places) for number in (first, last, step or "1"))
    if not stride:
        raise _invalid(text, "has a range with a step of zero")
    if stride < 0 and start < end:
        raise _invalid(text, f"has a range up from {first} to {last} with a step down", "Leave the step's sign out")
    steps = abs(end - start) // abs(stride) + 1
    if steps > room:
        raise _too_large(text, f"has more than {VALUES_MAX} values")
    towards = abs(stride) if start <= end else -abs(stride)
    return [_unscaled(start + step * towards, places) for step in range(steps)]


def _scaled(number: str, places: int) -> int:
    whole, _, fraction = number.partition(".")
    return int(whole + fraction.ljust(places, "0"))


def _unscaled(value: int, places: int) -> str:
    digits = str(abs(value)).zfill(places + 1)
    sign = "-" if value < 0 else ""
    return f"{sign}{digits[:-places]}.{digits[-places:]}" if places else f"{sign}{digits}"


def _invalid(subject: str, problem: str, hint: str = "") -> InvalidArgument:
    return InvalidArgument(_message(subject, problem), reason="SWEEP_INVALID", subject=_shown(subject), hint=hint)


def _too_large(subject: str, problem: str) -> InvalidArgument:
    hint = "Sweep in parts, or with wider steps"
    return InvalidArgument(_message(subject, problem), reason="SWEEP_TOO_LARGE", subject=_shown(subject), hint=hint)


def _message(subject: str, problem: str) -> str:
    return f"The sweep {_shown(subject)!r} {problem}" if subject else f"The sweep {problem}"


def _shown(text: str) -> str:
    return text if len(text) <= 80 else text[:77] + "..."
