"""Show an answer as it was asked for: lines for people, or data for programs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, TypeVar

from winslowctl.render import data
from winslowctl.render.style import paint
from winslowctl.render.table import table
from winslowctl.session import Format, current

T = TypeVar("T")


class Column(NamedTuple):
    """A column of a table of messages: its header, and how a cell is made."""

    header: str
    cell: Callable[[Any], str]


def show(value: Any, lines: Callable[[], Iterable[str]]) -> None:
    """`value` for programs, `lines()` for people; only one of them is made."""
    format = current().format
    if format is not Format.TABLE:
        data.write(value, format)
        return
    for line in lines():
        print(line)


def show_list(items: Iterable[Any], columns: Sequence[Column], empty: str) -> None:
    """Items as a table, or as a list for programs; `empty` is what a person reads where there are none."""
    found = list(items)

    def lines() -> Iterable[str]:
        if not found:
            return [paint(empty, "dim")]
        return table(
            [column.header for column in columns], ([column.cell(item) for column in columns] for item in found)
        )

    show(found, lines)


def is_for_people() -> bool:
    return current().format is Format.TABLE
