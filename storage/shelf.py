"""What a project's history holds, in memory: for each record where its newest version lies, and what it is found by.

Only this index is held, not the records: about half a kilobyte for each. Of several versions of a record the one of the
highest revision counts, in whatever order they come. It never needs to know how the index is kept in files.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

from winslow.domain.query import Key, Query, Term

Names = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record's block lies (`size` with its head), and which record of it is meant."""

    segment: int
    offset: int
    size: int
    position: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One record, found by `name`, `orders` and `fields`; the names of these are shared by all of a kind."""

    key: str
    revision: int
    name: str
    orders: tuple[Names, tuple[float | str, ...]]
    fields: tuple[Names, tuple[Names, ...]]
    segment: int
    offset: int
    size: int
    position: int

    @property
    def place(self) -> Place:
        return Place(self.segment, self.offset, self.size, self.position)

    def sorted_by(self, order: str) -> Key:
        """By an order of its kind; by its key for "", where none matters."""
        if not order:
            return "", self.key
        names, values = self.orders
        return values[names.index(order)], self.name

    def values(self, field: str) -> Names:
        names, values = self.fields
        return values[names.index(field)] if field in names else ()

    def holds(self, terms: Iterable[Term]) -> bool:
        return all(term.holds(self.values(term.field) if term.field else chain(*self.fields[1])) for term in terms)


class Shelf:
    """The index of one project's history. Not safe for several threads at once."""

    def __init__(self) -> None:
        self._kinds: defaultdict[str, dict[str, Entry]] = defaultdict(dict)
        self._sorted: dict[tuple[str, str], list[Entry]] = {}
        self._same: dict[Any, Any] = {}

    def __len__(self) -> int:
        return sum(len(entries) for entries in self._kinds.values())

    def put(
        self,
        kind: str,
        key: str,
        revision: int,
        name: str,
        orders: Mapping[str, float | str],
        fields: Mapping[str, Iterable[str]],
        place: Place,
    ) -> None:
        """Take a record in, unless a newer version is there."""
        before = self._kinds[kind].get(key)
        if before is not None and before.revision > revision:
            return
        entry = Entry(
            key,
            revision,
            name,
            (self._once(tuple(orders)), tuple(orders.values())),
            (self._once(tuple(fields)), tuple(self._once(tuple(map(str, values))) for values in fields.values())),
            place.segment,
            place.offset,
            place.size,
            place.position,
        )
        self._kinds[kind][key] = entry
        for order in ("", *entry.orders[0]):
            self._sorted.pop((kind, order), None)

    def get(self, kind: str, key: str) -> Entry | None:
        return self._kinds[kind].get(key) if kind in self._kinds else None

    def page(self, kind: str, query: Query) -> list[Entry]:
        """What `query` asks for. Costs as much as it passes over: with rare terms, a look at every entry."""
        found: list[Entry] = []
        for entry in self._from(kind, query):
            if entry.holds(query.terms):
                found.append(entry)
                if len(found) == query.limit:
                    break
        return found

    def tally(self, kind: str, fields: Names, without: frozenset[str]) -> dict[Names, int]:
        """How many entries have which values (the last of each field), leaving out those with the keys `without`."""
        counted: Counter[Names] = Counter()
        for entry in self._kinds.get(kind, {}).values():
            if entry.key not in without:
                counted[tuple((entry.values(field) or ("",))[-1] for field in fields)] += 1
        return dict(counted)

    def _from(self, kind: str, query: Query) -> Iterator[Entry]:
        """All entries behind the query's key, in its order."""
        entries = self._in_order(kind, query.order)

        def key(entry: Entry) -> Key:
            return entry.sorted_by(query.order)

        if query.backwards:
            end = bisect_left(entries, query.after, key=key) if query.after else len(entries)
            return (entries[at] for at in range(end - 1, -1, -1))
        start = bisect_right(entries, query.after, key=key) if query.after else 0
        return (entries[at] for at in range(start, len(entries)))

    def _in_order(self, kind: str, order: str) -> list[Entry]:
        found = self._sorted.get((kind, order))
        if found is None:
            entries = self._kinds.get(kind, {}).values()
            found = self._sorted[kind, order] = sorted(entries, key=lambda entry: entry.sorted_by(order))
        return found

    def _once(self, value: Any) -> Any:
        """The same object for equal values: most entries share theirs with thousands of others."""
        return self._same.setdefault(value, value)
