"""What a list is asked for, in terms that hold for what is live and for what is history alike.

A listed item has facts: its name, what it is sorted by, and what it is searched by. Filters and orders look at nothing
else, so an item is found the same way wherever it is kept. It never needs to know what is listed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

Key = tuple[float | str, str]
"""What an item is sorted by, and its own name, so that the order is total."""


@dataclass(frozen=True, slots=True)
class Facts:
    """`orders` is what it may be sorted by, `fields` the values that filters look at, each by its name."""

    name: str
    orders: Mapping[str, float | str]
    fields: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Term:
    """One term of a filter, its value in lower case; a bare word has no field and may be in any."""

    field: str
    operator: str
    value: str

    def holds(self, values: Iterable[str]) -> bool:
        """Whether it holds for an item whose values of the field (of all fields, for a word) are `values`."""
        match self.operator:
            case "=":
                return any(self.value == value.lower() for value in values)
            case "!=":
                return all(self.value != value.lower() for value in values)
            case _:
                return any(self.value in value.lower() for value in values)


@dataclass(frozen=True, slots=True)
class Query:
    """A piece of a list: up to `limit` items for which all `terms` hold, in an order, behind the key `after`.

    With the order "" the order does not matter: items come by the records' keys.
    """

    order: str
    limit: int
    backwards: bool = False
    terms: tuple[Term, ...] = ()
    after: Key | None = None
