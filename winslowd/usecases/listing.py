"""Lists as people page through them: a filter, an order, and a token that says where the next page begins.

The grammar of a filter, small on purpose: terms with spaces (or AND) between them, all of which must hold.

    field = value     one of the field's values is this one; upper and lower case are the same
    field != value    none is
    field : value     one of them contains this
    word              some field contains it
    "two words"       quotes keep a value together; a backslash takes the next character as it is

An order is a field's name, with " desc" to turn it around. A page's token names the last item that was shown, so that
what comes and goes between two pages repeats or hides nothing else. It never needs to know what is listed.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from winslow.domain.query import Facts, Key, Query, Term
from winslow.errors import InvalidArgument

T = TypeVar("T")

PAGE_DEFAULT = 50
PAGE_MAX = 1000
"""Items of one page; more are asked for in vain, not refused."""
FILTER_MAX, TERMS_MAX = 4000, 20
"""Characters and terms of a filter; each term is looked for in each of ten thousand items."""


@dataclass(frozen=True, slots=True)
class Ask:
    """What a list is asked for; all of it may be left out."""

    page_size: int = 0
    page_token: str = ""
    filter: str = ""
    order_by: str = ""


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """`next_page_token` is "" on the last page; `total` counts the items of all pages, or of this one where that costs less."""

    items: tuple[T, ...]
    next_page_token: str
    total: int


@dataclass(frozen=True, slots=True)
class Listing(Generic[T]):
    """How items of one kind are filtered and sorted. `order` is the order where nobody asks for another."""

    name: Callable[[T], str]
    order: str
    orders: Mapping[str, Callable[[T], float | str]]
    fields: Mapping[str, Callable[[T], Iterable[str]]]

    def page(self, items: Iterable[T], ask: Ask) -> Page[T]:
        """One page of `items`. Raises InvalidArgument: FILTER_INVALID, ORDER_INVALID, PAGE_TOKEN_INVALID, PAGE_SIZE_INVALID."""
        query = self.query(ask)
        kept = self.kept(items, query)
        rest = self.behind(kept, query)
        return replace(self.cut(rest, ask), total=len(kept))

    def query(self, ask: Ask) -> Query:
        """What `ask` means: as many items as a page has, and one more to see whether there is another."""
        size = page_size(ask.page_size)
        terms = parse_filter(ask.filter, tuple(self.fields))
        field, backwards = self._order(ask.order_by or self.order)
        after = decode_token(ask.page_token, _asked(ask)) if ask.page_token else None
        return Query(field, size + 1, backwards, terms, after)

    def kept(self, items: Iterable[T], query: Query) -> list[T]:
        """The items for which the terms hold, in the query's order."""
        kept = [item for item in items if all(self._holds(term, item) for term in query.terms)]
        return sorted(kept, key=lambda item: self.key(item, query), reverse=query.backwards)

    def behind(self, kept: Sequence[T], query: Query) -> Sequence[T]:
        """Those of `kept` that come after the query's key."""
        last = query.after
        if last is None:
            return kept
        past = (at for at, item in enumerate(kept) if _past(self.key(item, query), last, query.backwards))
        return kept[next(past, len(kept)) :]

    def cut(self, rest: Sequence[T], ask: Ask) -> Page[T]:
        """The page that `rest`, all that comes now, begins with."""
        query = self.query(ask)
        shown = tuple(rest[: query.limit - 1])
        more = len(rest) >= query.limit
        return Page(shown, encode_token(self.key(shown[-1], query), _asked(ask)) if more else "", len(shown))

    def key(self, item: T, query: Query) -> Key:
        return self.orders[query.order](item), self.name(item)

    def facts(self, item: T) -> Facts:
        """What the item is found by once it is history."""
        fields = {field: tuple(read(item)) for field, read in self.fields.items()}
        return Facts(self.name(item), {order: sort(item) for order, sort in self.orders.items()}, fields)

    def _order(self, order: str) -> tuple[str, bool]:
        words = order.split()
        field = words[0] if words else ""
        if field not in self.orders or words[1:] not in ([], ["asc"], ["desc"]):
            raise InvalidArgument(
                f"A list cannot be ordered by {order!r}",
                reason="ORDER_INVALID",
                subject=order,
                hint=f"Use one of {', '.join(self.orders)}, with ' desc' to turn it around",
            )
        return field, words[1:] == ["desc"]

    def _holds(self, term: Term, item: T) -> bool:
        reads = (self.fields[term.field],) if term.field else self.fields.values()
        return term.holds(value for read in reads for value in read(item))


_QUOTED = r'"(?:[^"\\]|\\.)*"'
_TERM = re.compile(
    rf"\s*(?:(?P<field>[a-z][a-z_]*)\s*(?P<operator>!=|=|:)\s*(?P<value>{_QUOTED}|[^\s\"=:!]\S*)"
    rf"|(?P<word>{_QUOTED}|[^\s\"=:!]+))(?=\s|$)"
)


def parse_filter(text: str, fields: tuple[str, ...]) -> tuple[Term, ...]:
    """The terms of a filter. Raises InvalidArgument (FILTER_INVALID)."""
    if len(text) > FILTER_MAX:
        raise _invalid_filter(text, f"has more than {FILTER_MAX} characters", fields)
    terms: list[Term] = []
    at = 0
    while text[at:].strip():
        if len(terms) == TERMS_MAX:
            raise _invalid_filter(text, f"has more than {TERMS_MAX} terms", fields)
        found = _TERM.match(text, at)
        if found is None:
            raise _invalid_filter(text, f"cannot be read from character {at + 1} on", fields)
        at = found.end()
        field, value = found["field"] or "", found["value"] or found["word"]
        if field and field not in fields:
            raise _invalid_filter(text, f"names the field {field!r}, which there is not", fields)
        if not field and value == "AND":
            continue
        if value.startswith('"'):
            value = re.sub(r"\\(.)", r"\1", value[1:-1])
        terms.append(Term(field, found["operator"] or "", value.lower()))
    return tuple(terms)


def page_size(asked: int) -> int:
    """Raises InvalidArgument (PAGE_SIZE_INVALID) for a negative one."""
    if asked < 0:
        raise InvalidArgument(f"A page cannot have {asked} items", reason="PAGE_SIZE_INVALID", hint="Use 0 to 1000")
    return min(asked or PAGE_DEFAULT, PAGE_MAX)


def encode_token(key: Key, asked: str) -> str:
    """A token that goes on behind `key` in the list that `asked` describes."""
    packed = json.dumps([_digest(asked), *key], separators=(",", ":"))
    return base64.urlsafe_b64encode(packed.encode()).decode().rstrip("=")


def decode_token(token: str, asked: str) -> Key:
    """Raises InvalidArgument (PAGE_TOKEN_INVALID) for what `encode_token` did not make for the same list."""
    try:
        packed = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        digest, value, name = json.loads(packed)
    except (ValueError, TypeError, binascii.Error, RecursionError):
        raise _invalid_token(token) from None
    known = isinstance(value, int | float | str) and isinstance(name, str)
    if not known or digest != _digest(asked):
        raise _invalid_token(token)
    return value, name


def _asked(ask: Ask) -> str:
    return f"{ask.filter}\0{ask.order_by}"


def _past(key: Key, last: Key, backwards: bool) -> bool:
    if isinstance(key[0], str) != isinstance(last[0], str):
        return False
    return key < last if backwards else key > last


def _digest(asked: str) -> str:
    return hashlib.blake2b(asked.encode(errors="replace"), digest_size=6).hexdigest()


def _invalid_token(token: str) -> InvalidArgument:
    return InvalidArgument(
        "The page token does not belong to this list",
        reason="PAGE_TOKEN_INVALID",
        subject=token[:100],
        hint="Repeat filter and order_by of the page before, or begin again without a token",
    )


def _invalid_filter(text: str, problem: str, fields: tuple[str, ...]) -> InvalidArgument:
    return InvalidArgument(
        f"The filter {text[:100]!r} {problem}",
        reason="FILTER_INVALID",
        subject=text[:100],
        hint=f"Write field=value, field:value or a word; the fields are {', '.join(fields)}",
    )
