"""What a project's history holds, in memory: for each record where its newest version lies, and what it is found by.

Only this index is held, not the records: about half a kilobyte for each. Of several versions of a record the one of the
highest revision counts, in whatever order they come. It never needs to know how the index is kept in files.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any, NamedTuple, TypeVar

from winslow.domain.query import Key, Query, Term

T = TypeVar("T")

Names = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Schema:
    """What records of one kind are found by: the names of their orders and fields."""

    kind: str
    orders: Names
    fields: Names


@dataclass(frozen=True, slots=True)
class Place:
    """Where a block lies, `size` with its head; or the whole of a condensed file, whose lines are found by their offset."""

    segment: int
    offset: int
    size: int
    condensed: bool = False


class Entry(NamedTuple):
    """One record, found by `name`, `orders` and `fields` as `schema` has them.

    It is the one at `position` of the block at `place`, or begins at that byte of a condensed file. A tuple, for it is made a
    hundred thousand times at once.
    """

    key: str
    revision: int
    name: str
    schema: Schema
    orders: tuple[float | str, ...]
    fields: tuple[Names, ...]
    place: Place
    position: int

    def sorted_by(self, order: str) -> Key:
        """By an order of its kind; by its key for "", where none matters."""
        if not order:
            return "", self.key
        return self.orders[self.schema.orders.index(order)], self.name

    def values(self, field: str) -> Names:
        return self.fields[self.schema.fields.index(field)] if field in self.schema.fields else ()

    def holds(self, terms: Iterable[Term]) -> bool:
        return all(term.holds(self.values(term.field) if term.field else chain(*self.fields)) for term in terms)


class Shelf:
    """The index of one project's history. Not safe for several threads at once."""

    def __init__(self) -> None:
        self._kinds: defaultdict[str, dict[str, Entry]] = defaultdict(dict)
        self._sorted: dict[tuple[str, str], list[Entry]] = {}
        self._having: dict[tuple[str, str], dict[str, list[Entry]]] = {}
        self._same: dict[Any, Any] = {}

    def __len__(self) -> int:
        return sum(len(entries) for entries in self._kinds.values())

    def put(self, entry: Entry) -> None:
        """Take a record in, unless a newer version is there."""
        kind = entry.schema.kind
        before = self._kinds[kind].get(entry.key)
        if before is not None and before.revision > entry.revision:
            return
        self._kinds[kind][entry.key] = entry
        if self._sorted or self._having:
            for order in ("", *entry.schema.orders):
                self._sorted.pop((kind, order), None)
            for field in entry.schema.fields:
                self._having.pop((kind, field), None)

    def once(self, value: T) -> T:
        """The same object for equal values: most entries share theirs with thousands of others."""
        same: T = self._same.setdefault(value, value)
        return same

    def get(self, kind: str, key: str) -> Entry | None:
        return self._kinds[kind].get(key) if kind in self._kinds else None

    def lying(self, segments: Collection[int], condensed: Collection[int]) -> list[Entry]:
        """The entries whose newest version lies in one of these segments or condensed files, in the order of the files."""
        found = [
            entry
            for entries in self._kinds.values()
            for entry in entries.values()
            if entry.place.segment in (condensed if entry.place.condensed else segments)
        ]
        return sorted(found, key=lambda one: (one.place.segment, one.place.offset, one.position))

    def page(self, kind: str, query: Query) -> list[Entry]:
        """What `query` asks for. A value that a field must have leads straight to its entries; other terms look at each."""
        found: list[Entry] = []
        for entry in self._from(kind, query):
            if entry.holds(query.terms):
                found.append(entry)
                if len(found) == query.limit:
                    break
        return found

    def _from(self, kind: str, query: Query) -> Iterator[Entry]:
        """Entries behind the query's key, in its order: all, or where a field must have a value, those that have it."""
        entries = self._in_order(kind, query)

        def key(entry: Entry) -> Key:
            return entry.sorted_by(query.order)

        if query.backwards:
            end = bisect_left(entries, query.after, key=key) if query.after else len(entries)
            return (entries[at] for at in range(end - 1, -1, -1))
        start = bisect_right(entries, query.after, key=key) if query.after else 0
        return (entries[at] for at in range(start, len(entries)))

    def _in_order(self, kind: str, query: Query) -> list[Entry]:
        exact = [term for term in query.terms if term.field and term.operator == "="]
        if exact:
            fewest = min((self._with_value(kind, term) for term in exact), key=len)
            return sorted(fewest, key=lambda entry: entry.sorted_by(query.order))
        found = self._sorted.get((kind, query.order))
        if found is None:
            entries = self._kinds.get(kind, {}).values()
            found = self._sorted[kind, query.order] = sorted(entries, key=lambda entry: entry.sorted_by(query.order))
        return found

    def _with_value(self, kind: str, term: Term) -> list[Entry]:
        """The entries in whose field the term's value is one of the values."""
        having = self._having.get((kind, term.field))
        if having is None:
            having = self._having[kind, term.field] = {}
            for entry in self._kinds.get(kind, {}).values():
                for value in {value.lower() for value in entry.values(term.field)}:
                    having.setdefault(value, []).append(entry)
        return having.get(term.value, [])
