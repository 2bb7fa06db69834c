"""The condition of an edge: a tiny language over what the stage before produced and what it ran with.

    results.tracks > 0 and env.MODE == "full"
    not results.empty or env.FORCE in ("yes", "always")

It can name things and compare them; it cannot call, compute or loop, so a hostile text costs at most a
thousand characters of reading. What it means:

- `results.NAME` is a result of the stage before, `env.NAME` a variable. Values are text.
- A name alone is true when it is set and is not empty, `0` or `false` (in any case of letters).
- Compared with a number, a value is compared as a number. A value that is no number is unequal to each
  number, and neither less nor more than any.
- Compared with a text, a value is compared as text, character by character.
- Compared with `true` or `false` (`==` and `!=` only), what counts is whether the name alone would be true.
- Two names are compared as numbers when both values are numbers, as text otherwise.
- `NAME in (A, B)` is true when `NAME == A` or `NAME == B`; `not in` is true when it is set and is neither.
- A comparison in which a name is not set is false, whatever the operator.
- `not` binds closer than `and`, `and` closer than `or`; parentheses group.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import assert_never

from winslow.domain.condition.expression import And, Comparison, Expression, Membership, Name, Not, Operator, Or, Scope
from winslow.domain.condition.meaning import holds
from winslow.domain.condition.parser import LENGTH_MAX, Parser, invalid

__all__ = ["LENGTH_MAX", "Condition", "Name", "Operator", "Scope", "evaluate", "names", "parse"]


@dataclass(frozen=True, slots=True)
class Condition:
    """A text that was understood."""

    text: str
    expression: Expression


def parse(text: str) -> Condition:
    """Read a condition.

    Raises InvalidArgument (CONDITION_INVALID) and nothing else; its metadata has the 1-based `column`
    in `text`, and the `problem` alone.
    """
    if len(text) > LENGTH_MAX:
        raise invalid(text, LENGTH_MAX, f"is longer than {LENGTH_MAX} characters")
    return Condition(text, Parser(text).condition())


def evaluate(condition: Condition, results: Mapping[str, str], environment: Mapping[str, str]) -> bool:
    """Whether the condition holds; never fails. The module says what it means."""

    def value(name: Name) -> str | None:
        return (results if name.scope is Scope.RESULTS else environment).get(name.name)

    return holds(condition.expression, value)


def names(condition: Condition) -> frozenset[Name]:
    """Every name that the condition mentions."""
    return frozenset(_names(condition.expression))


def _names(expression: Expression) -> Iterator[Name]:
    match expression:
        case bool():
            return
        case Name():
            yield expression
        case Comparison(left, _, right):
            yield left
            if isinstance(right, Name):
                yield right
        case Membership(name, _):
            yield name
        case Not(inner):
            yield from _names(inner)
        case And(terms) | Or(terms):
            for term in terms:
                yield from _names(term)
        case _:
            assert_never(expression)
