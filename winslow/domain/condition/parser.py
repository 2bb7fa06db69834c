"""Reading a condition: tokens, and a parser that goes down as deep as a condition may be and no deeper."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from winslow.domain.condition.expression import (
    And,
    Comparison,
    Expression,
    Literal,
    Membership,
    Name,
    Not,
    Operand,
    Operator,
    Or,
    Scope,
    number,
)
from winslow.errors import InvalidArgument

LENGTH_MAX = 1000
DEPTH_MAX = 50
"""Parentheses and `not` inside one another."""

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
            raise invalid(text, at, f"has an unexpected {text[at]!r}", habit)
        if found.lastgroup != "space":
            yield _Token(found.lastgroup, found[0], at)
        at = found.end()
    yield _Token("end", "", at)


class Parser:
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
        return invalid(self._text, (token or self._here).at, problem, hint)

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


def invalid(text: str, at: int, problem: str, hint: str = "") -> InvalidArgument:
    return InvalidArgument(
        f"The condition {_shown(text)!r} {problem} at column {at + 1}",
        reason="CONDITION_INVALID",
        subject=_shown(text),
        hint=hint[:1].upper() + hint[1:],
        metadata={"column": str(at + 1), "problem": problem},
    )


def _shown(text: str) -> str:
    return text if len(text) <= 80 else text[:77] + "..."
