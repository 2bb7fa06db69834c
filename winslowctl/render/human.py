"""Durations, sizes and times as people read them. It never needs to know what is measured."""

from __future__ import annotations

import time
from datetime import datetime

from google.protobuf.timestamp_pb2 import Timestamp

NOTHING = "-"
"""What a table shows where there is nothing."""


def duration(seconds: float) -> str:
    """`0.4s`, `12s`, `3m20s`, `2h05m`, `3d4h`: two units at most, cut, not rounded, as clocks do."""
    if seconds < 0:
        return duration(0)
    if seconds < 9.95:
        return f"{seconds:.1f}s"
    whole = int(seconds)
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02d}s"
    if whole < 86400:
        return f"{whole // 3600}h{whole % 3600 // 60:02d}m"
    return f"{whole // 86400}d{whole % 86400 // 3600}h"


def size(count: float) -> str:
    """`0 B`, `812 B`, `1.5 MiB`: powers of 1024."""
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if abs(count) < 1023.95 or unit == "TiB":
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1024
    raise AssertionError("unreachable")


def when(at: Timestamp, now: float | None = None) -> str:
    """In the local zone: `14:03:12` today, `2026-01-31 14:03` otherwise."""
    if not at.seconds and not at.nanos:
        return NOTHING
    local = datetime.fromtimestamp(at.seconds).astimezone()
    today = datetime.fromtimestamp(time.time() if now is None else now).astimezone()
    return f"{local:%H:%M:%S}" if local.date() == today.date() else f"{local:%Y-%m-%d %H:%M}"


def since(start: Timestamp, end: Timestamp | None = None, now: float | None = None) -> str:
    """How long it took, or takes so far where `end` is unset."""
    if not start.seconds:
        return NOTHING
    if end is not None and end.seconds:
        return duration(unix(end) - unix(start))
    return duration((time.time() if now is None else now) - unix(start))


def unix(at: Timestamp) -> float:
    return at.seconds + at.nanos / 1e9


def percent(part: float) -> str:
    return f"{part * 100:.0f}%"


def count(number: int, one: str, many: str = "") -> str:
    """`1 stage`, `3 stages`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
