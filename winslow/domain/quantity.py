"""Sizes and durations as people write them: `512MiB`, `2h30m`. One reading for files, flags and forms.

It never needs to know what is measured. A format always reads back as the same number.
"""

from __future__ import annotations

import re
from decimal import Decimal

from winslow.errors import InvalidArgument

_DECIMAL = {"k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "P": 10**15}
_BINARY = {"Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30, "Ti": 1 << 40, "Pi": 1 << 50}
_UNITS = {**_BINARY, **_DECIMAL, "": 1, "K": 10**3}
_SIZE = re.compile(r"([0-9]{1,18})(?:\.([0-9]{1,9}))? ?(?:B|([kKMGTP]|[KMGTP]i)B?)?")
_SECONDS = {"d": 86400, "h": 3600, "m": 60, "s": 1}
_AMOUNT = r"[0-9]{1,12}(?:\.[0-9]{1,1100})?"
_DURATION = re.compile(
    rf"(?=[0-9])(?:({_AMOUNT})d)?(?:({_AMOUNT})h)?(?:({_AMOUNT})m)?(?:({_AMOUNT})s)?(?:({_AMOUNT})ms)?"
)
_NUMBER = re.compile(_AMOUNT)


def parse_size(text: str) -> int:
    """Bytes: `1048576`, `512MiB` or `512Mi` (powers of 1024), `2GB` or `2G` (powers of 1000), `1.5GiB`.

    A fraction of a byte is dropped. Raises InvalidArgument (SIZE_INVALID).
    """
    found = _SIZE.fullmatch(text)
    if not found:
        raise InvalidArgument(
            f"{text!r} is not a size",
            reason="SIZE_INVALID",
            subject=text,
            hint="Write bytes, or a number with a unit, such as 512MiB or 2G",
        )
    fraction = found[2] or ""
    unit = _UNITS[found[3] or ""]
    scale = int("1" + "0" * len(fraction))
    return int(found[1] + fraction) * unit // scale


def format_size(size: int) -> str:
    """The shortest exact way to write a size: `512MiB`, `2GB`, `1234567`. Whole bytes, not negative."""
    written = [str(size)]
    for name, unit in (_BINARY | _DECIMAL).items():
        if size and size % unit == 0:
            written.append(f"{size // unit}{name}B")
    return min(written, key=len)


def about_size(size: int) -> str:
    """A size as people say it, rounded: `812 B`, `512 MiB`, `23.5 GiB`."""
    count = float(size)
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if count < 1023.95 or unit == "TiB":
            return f"{round(count, 1):g} {unit}"
        count /= 1024
    raise AssertionError("unreachable")


def parse_duration(text: str) -> float:
    """Seconds: `90s`, `2h30m`, `1d`, `250ms`, or a number of seconds. Raises InvalidArgument (DURATION_INVALID)."""
    if _NUMBER.fullmatch(text):
        return float(text)
    found = _DURATION.fullmatch(text)
    if not found:
        raise InvalidArgument(
            f"{text!r} is not a duration",
            reason="DURATION_INVALID",
            subject=text,
            hint="Write seconds, or days, hours, minutes and seconds in this order, such as 90s or 2h30m",
        )
    whole = sum(float(amount) * unit for amount, unit in zip(found.groups(), _SECONDS.values(), strict=False) if amount)
    return whole + float(found[5] or 0) / 1000


def format_duration(seconds: float) -> str:
    """`2h30m`, `90s` as `1m30s`, `0.5s`. Exact for every number from 0 up to 10^12."""
    if seconds != int(seconds):
        return f"{Decimal(repr(seconds)):f}s"
    left, text = int(seconds), ""
    for name, unit in _SECONDS.items():
        amount, left = divmod(left, unit)
        text += f"{amount}{name}" if amount else ""
    return text or "0s"
