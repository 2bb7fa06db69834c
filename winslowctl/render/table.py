"""Columns of text, aligned by what is seen. It never needs to know what is in them."""

from __future__ import annotations

import re
import textwrap
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

from winslowctl.render.human import NOTHING
from winslowctl.render.style import columns, paint, plain

GAP = "  "
LAST_MIN = 20
"""Columns that the last one needs to be read beside the others; with less it goes below them."""
BELOW = 4
_ESCAPES = re.compile(r"\x1b\[[0-9;]*m")


def width(text: str) -> int:
    """Columns of a terminal that the text takes."""
    seen = _ESCAPES.sub("", text)
    if seen.isascii():
        return len(seen)
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in seen)


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """A header and rows; cells that are not Painted are made safe, empty ones show as '-'.

    On a terminal that is too narrow the last column goes on below itself: it is the one with sentences.
    """
    safe = [[plain(cell) or NOTHING for cell in row] for row in rows]
    lines = [[str(paint(name, "bold")) for name in header], *safe]
    widths = [max(width(row[column]) for row in lines) for column in range(len(header))]
    for row in lines:
        padded = [cell + " " * (widths[column] - width(cell)) for column, cell in enumerate(row[:-1])]
        yield from _wrapped(GAP.join([*padded, ""]), row[-1])


def _wrapped(before: str, last: str) -> Iterator[str]:
    whole = columns()
    if whole is None or width(before) + width(last) <= whole or _ESCAPES.search(last):
        yield f"{before}{last}"
        return
    indent = width(before) if whole - width(before) >= LAST_MIN else BELOW
    first, *rest = textwrap.wrap(last, max(whole - indent, LAST_MIN), break_on_hyphens=False)
    yield before.rstrip() if indent == BELOW else f"{before}{first}"
    yield from (f"{' ' * indent}{line}" for line in ([first, *rest] if indent == BELOW else rest))


def fields(pairs: Iterable[tuple[str, str]]) -> Iterator[str]:
    """`Name:   value` lines; pairs without a value are left out."""
    kept = [(name, plain(value)) for name, value in pairs if value]
    widest = max((len(name) for name, _ in kept), default=0) + 1
    for name, value in kept:
        yield f"{paint(f'{name}:'.ljust(widest), 'bold')}{GAP}{value}"
