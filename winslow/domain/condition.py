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

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import assert_never

from winslow.errors import InvalidArgument

LENGTH_MAX = 1000
DEPTH_MAX = 50
"""Parentheses and `not` inside one another."""


class Scope(Enum):
    RESULTS = "results"
    ENVIRONMENT = "env"


class Operator(Enum):
    EQUAL = "=="
    UNEQUAL = "!="
    LESS = "<"
    LESS_OR_EQUAL = "<="
    MORE = ">"
    MORE_OR_EQUAL = ">="


@dataclass(frozen=True, slots=True)
class Name:
    scope: Scope
    name: str


Literal = str | int | float | bool
Operand = Name | Literal


@dataclass(frozen=True, slots=True)
class Comparison:
    left: Name
    operator: Operator
    right: Operand


@dataclass(frozen=True, slots=True)
class Membership:
    name: Name
    among: tuple[Literal, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Not:
    of: Expression


@dataclass(frozen=True, slots=True)
class And:
    terms: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Or:
    terms: tuple[Expression, ...]


Expression = Name | bool | Comparison | Membership | Not | And | Or


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
        raise _invalid(text, LENGTH_MAX, f"is longer than {LENGTH_MAX} characters")
    return Condition(text, _Parser(text).condition())


def evaluate(condition: Condition, results: Mapping[str, str], environment: Mapping[str, str]) -> bool:
    """Whether the condition holds; never fails. The module says what it means."""

    def value(name: Name) -> str | None:
        return (results if name.scope is Scope.RESULTS else environment).get(name.name)

    return _holds(condition.expression, value)


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


Values = Callable[[Name], str | None]


def _holds(expression: Expression, value: Values) -> bool:
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
            return not _holds(inner, value)
        case And(terms):
            return all(_holds(term, value) for term in terms)
        case Or(terms):
            return any(_holds(term, value) for term in terms)
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


_INTEGER = re.compile(r"[+-]?[0-9]{1,100}")
_FLOAT = re.compile(r"[+-]?(?:[0-9]{1,100}(?:\.[0-9]{0,100})?|\.[0-9]{1,100})(?:[eE][+-]?[0-9]{1,9})?")


def number(value: str) -> int | float | None:
    """The number that `value` is, around which white space may stand; None when it is none, or not a finite one.

    Whole numbers stay exact, so that large identifiers compare rightly.
    """
    text = value.strip()
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text) and math.isfinite(found := float(text)):
        return found
    return None


_TOKEN = re.compile(
    r"""(?P<space>[ \t\r\n]+)
      | (?P<number>[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)(?![A-Za-z0-9_.])
      | (?P<text>"(?:[^"\\]|\\["'\\])*" | '(?:[^'\\]|\\["'\\])*')
      | (?P<name>(?:results|env)\.[A-Za-z_][A-Za-z0-9_]*(?:[.-][A-Za-z0-9_]+)*)
      | (?P<word>[A-Za-z_][A-Za-z0-9_]*)
      | (?P<operator>==|!=|<=|>=|<|>)
      | (?P<mark>[(),])""",
    re.VERBOSE,
)
_HABITS = {
    "&&": "write 'and'",
    "||": "write 'or'",
    "!": "write 'not'",
    "=": "write '=='",
    "$": "variables are written env.NAME",
    "[": "lists are written in parentheses: (1, 2)",
    '"': "the text is not closed, or has an escape other than \\\\, \\\" and \\'",
    "'": "the text is not closed, or has an escape other than \\\\, \\\" and \\'",
}
_MIRRORED = {
    Operator.LESS: Operator.MORE,
    Operator.MORE: Operator.LESS,
    Operator.LESS_OR_EQUAL: Operator.MORE_OR_EQUAL,
    Operator.MORE_OR_EQUAL: Operator.LESS_OR_EQUAL,
}


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    at: int


def _tokens(text: str) -> Iterator[_Token]:
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if not found or found.lastgroup is None:
            habit = next((hint for start, hint in _HABITS.items() if text.startswith(start, at)), "")
            raise _invalid(text, at, f"has an unexpected {text[at]!r}", habit)
        if found.lastgroup != "space":
            yield _Token(found.lastgroup, found[0], at)
        at = found.end()
    yield _Token("end", "", at)


class _Parser:
    """Recursive descent, one method a rule; `depth` bounds the recursion."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = list(_tokens(text))
        self._next = 0
        self._depth = 0

    def condition(self) -> Expression:
        found = self._either()
        if self._here.kind == "operator":
            raise self._refuse("compares a comparison", "join comparisons with 'and'")
        if self._here.kind != "end":
            raise self._refuse(f"has an unexpected {self._here.text!r}", "join terms with 'and' or 'or'")
        return found

    @property
    def _here(self) -> _Token:
        return self._tokens[self._next]

    def _take(self) -> _Token:
        token = self._here
        self._next += token.kind != "end"
        return token

    def _accept(self, *texts: str) -> bool:
        if self._here.kind in ("word", "mark") and self._here.text in texts:
            self._next += 1
            return True
        return False

    def _expect(self, text: str) -> None:
        if not self._accept(text):
            raise self._refuse(f"needs {text!r} here")

    def _refuse(self, problem: str, hint: str = "", token: _Token | None = None) -> InvalidArgument:
        return _invalid(self._text, (token or self._here).at, problem, hint)

    def _either(self) -> Expression:
        terms = [self._both()]
        while self._accept("or"):
            terms.append(self._both())
        return terms[0] if len(terms) == 1 else Or(tuple(terms))

    def _both(self) -> Expression:
        terms = [self._negation()]
        while self._accept("and"):
            terms.append(self._negation())
        return terms[0] if len(terms) == 1 else And(tuple(terms))

    def _negation(self) -> Expression:
        self._depth += 1
        if self._depth > DEPTH_MAX:
            raise self._refuse(f"is nested more than {DEPTH_MAX} deep")
        if self._accept("not"):
            found: Expression = Not(self._negation())
        elif self._accept("("):
            found = self._either()
            self._expect(")")
        else:
            found = self._comparison()
        self._depth -= 1
        return found

    def _comparison(self) -> Expression:
        start = self._here
        left = self._operand()
        if self._here.kind == "operator":
            sign = self._take()
            return self._compared(left, Operator(sign.text), self._operand(), sign)
        negated = self._here.text == "not" and self._tokens[self._next + 1].text == "in"
        if negated or self._here.text == "in":
            self._next += 1 + negated
            if not isinstance(left, Name):
                raise self._refuse("looks for a constant", "a name stands before 'in'", start)
            return Membership(left, self._literals(), negated)
        if isinstance(left, Name | bool):
            return left
        raise self._refuse("has a constant that is neither true nor false", "compare it with a name", start)

    def _compared(self, left: Operand, operator: Operator, right: Operand, sign: _Token) -> Comparison:
        if not isinstance(left, Name):
            if not isinstance(right, Name):
                raise self._refuse("compares two constants", "one side must be results.NAME or env.NAME", sign)
            left, right, operator = right, left, _MIRRORED.get(operator, operator)
        if isinstance(right, bool) and operator not in (Operator.EQUAL, Operator.UNEQUAL):
            raise self._refuse("orders true and false", "use == or != with them", sign)
        return Comparison(left, operator, right)

    def _literals(self) -> tuple[Literal, ...]:
        self._expect("(")
        found: list[Literal] = []
        while not found or self._accept(","):
            start = self._here
            one = self._operand()
            if isinstance(one, Name):
                raise self._refuse("has a name in a list", "lists hold constants", start)
            found.append(one)
        self._expect(")")
        return tuple(found)

    def _operand(self) -> Operand:
        token = self._take()
        match token.kind:
            case "name":
                return self._name(token)
            case "number":
                return self._number(token)
            case "text":
                return re.sub(r"\\(.)", r"\1", token.text[1:-1])
            case "word" if token.text in ("true", "false"):
                return token.text == "true"
            case "end":
                raise self._refuse("ends too early", "", token)
            case "word" if token.text not in ("and", "or", "not", "in"):
                hint = f"write results.{token.text}, env.{token.text} or '{token.text}' in quotes"
                raise self._refuse(f"has an unknown word {token.text!r}", hint, token)
            case _:
                raise self._refuse(f"has an unexpected {token.text!r}", "", token)

    def _name(self, token: _Token) -> Name:
        scope, _, name = token.text.partition(".")
        if scope == Scope.ENVIRONMENT.value and not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
            raise self._refuse(f"has {token.text!r}, which no variable can be called", "", token)
        return Name(Scope(scope), name)

    def _number(self, token: _Token) -> int | float:
        found = number(token.text)
        if found is None:
            raise self._refuse(f"has {token.text!r}, a number out of range", "", token)
        return found


def _invalid(text: str, at: int, problem: str, hint: str = "") -> InvalidArgument:
    return InvalidArgument(
        f"The condition {_shown(text)!r} {problem} at column {at + 1}",
        reason="CONDITION_INVALID",
        subject=_shown(text),
        hint=hint[:1].upper() + hint[1:],
        metadata={"column": str(at + 1), "problem": problem},
    )


def _shown(text: str) -> str:
    return text if len(text) <= 80 else text[:77] + "..."
