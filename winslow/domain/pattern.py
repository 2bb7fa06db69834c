"""What a name is searched for by: a part of it, or a pattern with `*` and `?`. Upper and lower case are the same.

The time it takes grows with the name and the pattern, and never faster, whatever both are: hostile names and patterns
must not hold up who searches.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from winslow.errors import InvalidArgument

QUERY_MAX = 255
"""Characters; no name is longer."""

Matches = Callable[[str], bool]


def matcher(query: str) -> Matches:
    """Whether a name matches. `*` is any number of characters, `?` is one; without either, `query` is a part of the name.

    Raises InvalidArgument (QUERY_INVALID) for one that is empty or longer than a name.
    """
    if not 0 < len(query) <= QUERY_MAX:
        raise InvalidArgument(
            f"A search for {len(query)} characters finds nothing",
            reason="QUERY_INVALID",
            subject=query[:100],
            hint=f"Give 1 to {QUERY_MAX} characters: a part of the name, or a pattern with '*' and '?'",
        )
    folded = query.casefold()
    if "*" not in folded and "?" not in folded:
        return lambda name: folded in name.casefold()
    first, *rest = [_Piece(text) for text in folded.split("*")]
    if not rest:
        return lambda name: first.is_at(name.casefold(), 0) == len(name.casefold())
    return _Pattern(first, tuple(rest[:-1]), rest[-1]).matches


class _Piece:
    """What stands between two stars: of one length, so that no place is tried twice."""

    __slots__ = ("_expression", "_length")

    def __init__(self, text: str) -> None:
        self._expression = re.compile("".join("." if one == "?" else re.escape(one) for one in text), re.DOTALL)
        self._length = len(text)

    def is_at(self, name: str, start: int) -> int | None:
        """Its end, where it begins at `start`."""
        found = self._expression.match(name, start)
        return found.end() if found else None

    def behind(self, name: str, start: int) -> int | None:
        """The end of the first one from `start` on."""
        found = self._expression.search(name, start)
        return found.end() if found else None

    def ends(self, name: str, start: int) -> bool:
        """Whether it ends `name`, and begins at `start` or later."""
        at = len(name) - self._length
        return at >= start and self.is_at(name, at) is not None


@dataclass(frozen=True, slots=True)
class _Pattern:
    """The first piece begins the name, the last ends it; each other lies at its first place behind the one before."""

    first: _Piece
    middle: tuple[_Piece, ...]
    last: _Piece

    def matches(self, name: str) -> bool:
        folded = name.casefold()
        at = self.first.is_at(folded, 0)
        for piece in self.middle:
            if at is None:
                return False
            at = piece.behind(folded, at)
        return at is not None and self.last.ends(folded, at)
