"""Whether an expression holds for given values; it never fails. What it means is told in the package."""

from __future__ import annotations

from collections.abc import Callable
from typing import assert_never

from winslow.domain.condition.expression import (
    And,
    Comparison,
    Expression,
    Literal,
    Membership,
    Name,
    Not,
    Operator,
    Or,
    number,
)

Values = Callable[[Name], str | None]


def holds(expression: Expression, value: Values) -> bool:
    match expression:
        case bool():
            return expression
        case Name():
            return _truth(value(expression) or "")
        case Comparison(left, operator, right):
            mine, other = value(left), value(right) if isinstance(right, Name) else right
            return mine is not None and other is not None and _compare(mine, operator, other, isinstance(right, Name))
        case Membership(name, among, negated):
            mine = value(name)
            return mine is not None and negated != any(_compare(mine, Operator.EQUAL, one) for one in among)
        case Not(inner):
            return not holds(inner, value)
        case And(terms):
            return all(holds(term, value) for term in terms)
        case Or(terms):
            return any(holds(term, value) for term in terms)
        case _:
            assert_never(expression)


def _truth(value: str) -> bool:
    return value.lower() not in ("", "0", "false")


def _compare(mine: str, operator: Operator, other: Literal, named: bool = False) -> bool:
    """`named`: the other value came from a name, so that it is text which may be a number."""
    if isinstance(other, bool):
        return _ordered(_truth(mine), operator, other)
    if isinstance(other, str) and not named:
        return _ordered(mine, operator, other)
    numbers = number(mine), number(other) if isinstance(other, str) else other
    if numbers[0] is not None and numbers[1] is not None:
        return _ordered(numbers[0], operator, numbers[1])
    return _ordered(mine, operator, other) if isinstance(other, str) else operator is Operator.UNEQUAL


def _ordered(left: str | float, operator: Operator, right: str | float) -> bool:
    assert isinstance(left, str) == isinstance(right, str)
    match operator:
        case Operator.EQUAL:
            return left == right
        case Operator.UNEQUAL:
            return left != right
        case Operator.LESS:
            return left < right  # type: ignore[operator]  # the assertion above
        case Operator.LESS_OR_EQUAL:
            return left <= right  # type: ignore[operator]
        case Operator.MORE:
            return left > right  # type: ignore[operator]
        case Operator.MORE_OR_EQUAL:
            return left >= right  # type: ignore[operator]
        case _:
            assert_never(operator)
