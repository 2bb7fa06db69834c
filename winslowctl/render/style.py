"""Colours where they are wanted, and text that cannot take over a terminal.

Everything that comes from elsewhere goes through `plain` or `paint` before it is printed: a project's name, a stage's
result or a file's name may hold escape sequences.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from typing import TextIO

_PICTURES = {code: chr(0x2400 + code) for code in range(0x20)} | {0x7F: "␡", 0x09: " "}
_HIDDEN = dict.fromkeys(
    [*range(0x80, 0xA0), 0x2028, 0x2029, 0x200E, 0x200F, 0x061C, *range(0x202A, 0x202F), *range(0x2066, 0x206A)],
    "\ufffd",
)
"""C1 controls, line separators, and marks that turn the direction of text around."""
_TABLE = _PICTURES | _HIDDEN
_SGR = re.compile(r"(\x1b\[[0-9;:]{0,64}m)")

_CODES = {
    "dim": "2",
    "bold": "1",
    "red": "31",
    "green": "32",
    "yellow": "33",
    "blue": "34",
    "magenta": "35",
    "cyan": "36",
}


class Painted(str):
    """Text that is safe to print as it is."""

    __slots__ = ()


def is_terminal(stream: TextIO | None = None) -> bool:
    return (stream or sys.stdout).isatty()


def has_colour(stream: TextIO | None = None) -> bool:
    """On a terminal that has them, unless NO_COLOR says otherwise (https://no-color.org)."""
    return is_terminal(stream) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def has_symbols(stream: TextIO | None = None) -> bool:
    """Whether the stream's encoding can show more than ASCII."""
    return (getattr(stream or sys.stdout, "encoding", "") or "").lower().replace("-", "") in {"utf8", "utf16", "utf32"}


def columns() -> int | None:
    """How wide the terminal is; None where stdout is none, and lines may be as long as they are."""
    return shutil.get_terminal_size().columns if is_terminal() else None


def plain(text: str) -> str:
    """The text with its control characters made visible, in one line."""
    return text if isinstance(text, Painted) else text.translate(_TABLE)


def plain_lines(text: str) -> str:
    """The same, keeping its lines."""
    return "\n".join(plain(line) for line in text.split("\n"))


def paint(text: str, *styles: str) -> Painted:
    """The text in colour where stdout has it; plain elsewhere."""
    safe = plain(text)
    if not styles or not safe or not has_colour():
        return Painted(safe)
    return Painted(f"\x1b[{';'.join(_CODES[style] for style in styles)}m{safe}\x1b[0m")


def log_text(text: str) -> str:
    """A log line for a terminal: its colours and tabs stay, whatever else could move the cursor or more is made visible."""
    parts = _SGR.split(text.rstrip("\r"))
    coloured = len(parts) > 1
    safe = "".join(part if index % 2 else _keep_tabs(part) for index, part in enumerate(parts))
    return f"{safe}\x1b[0m" if coloured else safe


def _keep_tabs(text: str) -> str:
    return "\t".join(piece.translate(_TABLE) for piece in text.split("\t"))
