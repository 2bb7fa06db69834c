"""States as words, shapes and colours. A shape says as much as its colour: not everybody sees them, not every terminal has them."""

from __future__ import annotations

from typing import Any, NamedTuple

from winslowctl.render.style import Painted, has_symbols, paint


class Look(NamedTuple):
    shape: str
    ascii: str
    colour: str


LOOKS = {
    "QUEUED": Look("○", "o", "dim"),
    "ELECTING": Look("◌", "o", "dim"),
    "PREPARING": Look("◐", "~", "cyan"),
    "RUNNING": Look("▶", ">", "blue"),
    "SUCCEEDED": Look("✔", "+", "green"),
    "FAILED": Look("✘", "x", "red"),
    "ABORTED": Look("■", "#", "magenta"),
    "LOST": Look("⚡", "!", "red"),
    "SKIPPED": Look("↷", "-", "dim"),
    "IDLE": Look("○", "o", "dim"),
    "AWAITING_INPUT": Look("◆", "?", "yellow"),
    "PAUSING": Look("‖", "=", "yellow"),
    "PAUSED": Look("‖", "=", "yellow"),
    "SUPERSEDED": Look("↷", "-", "dim"),
    "READY": Look("✔", "+", "green"),
    "SUSPECT": Look("⚡", "!", "yellow"),
    "OK": Look("✔", "+", "green"),
    "DEGRADED": Look("◆", "?", "yellow"),
    "DOWN": Look("✘", "x", "red"),
}
_UNKNOWN = Look("?", "?", "dim")


def word(enum: Any, value: int) -> str:
    """`SUCCEEDED` for STAGE_STATE_SUCCEEDED; the number where this program is older than the daemon."""
    try:
        name: str = enum.Name(value)
    except ValueError:
        return str(value)
    prefix = enum.DESCRIPTOR.values_by_number[0].name.removesuffix("UNSPECIFIED")
    return name.removeprefix(prefix)


def symbol(state: str) -> Painted:
    look = LOOKS.get(state, _UNKNOWN)
    return paint(look.shape if has_symbols() else look.ascii, look.colour)


def state(enum: Any, value: int) -> Painted:
    """Symbol and word: `✔ succeeded`."""
    name = word(enum, value)
    look = LOOKS.get(name, _UNKNOWN)
    shape = look.shape if has_symbols() else look.ascii
    return paint(f"{shape} {name.lower().replace('_', ' ')}", look.colour)


def paint_state(name: str) -> Painted:
    """The word alone."""
    return paint(name.lower().replace("_", " "), LOOKS.get(name, _UNKNOWN).colour)
