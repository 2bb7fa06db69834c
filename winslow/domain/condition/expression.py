"""What a condition is made of: names, comparisons of their values, and what joins them; and which texts are numbers."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from enum import Enum


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
