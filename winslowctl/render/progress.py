"""How far a transfer is, on stderr: one line that is written over on a terminal, a line now and then elsewhere.

A thread of its own looks at the transfer's meter and nothing waits for it, so that showing never slows what is shown.
"""

from __future__ import annotations

import json
import shutil
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from winslow.client.transfer import Meter
from winslowctl.render import human
from winslowctl.render.show import is_for_people
from winslowctl.render.style import plain
from winslowctl.render.table import width

ON_TERMINAL = 0.2
ELSEWHERE = 10.0
"""Seconds between two looks."""
RATE_OVER = 5.0
"""Seconds whose bytes make the rate that is shown."""
NAME_MIN = 12
"""Columns that a name needs to say something."""

Totals = Callable[[], tuple[int, int]]
"""How many files there will be, and their bytes; asked in a thread of its own."""


@contextmanager
def watching(meter: Meter, totals: Totals | None, *, quiet: bool) -> Iterator[None]:
    """Show it while the body runs."""
    if quiet:
        yield
        return
    terminal = is_for_people() and sys.stderr.isatty()
    ended = threading.Event()
    if terminal and totals:
        threading.Thread(target=_count, args=(meter, totals), name="winslowctl-totals", daemon=True).start()
    shown = threading.Thread(target=_show, args=(meter, terminal, ended), name="winslowctl-progress", daemon=True)
    shown.start()
    try:
        yield
    finally:
        ended.set()
        shown.join()


def _count(meter: Meter, totals: Totals) -> None:
    try:
        meter.total_files, meter.total_size = totals()
    except Exception:
        return  # then there is no end to be told; what is wrong is met, and told, by the transfer


def _show(meter: Meter, terminal: bool, ended: threading.Event) -> None:
    rate = _Rate()
    while not ended.wait(ON_TERMINAL if terminal else ELSEWHERE):
        now = rate.seen(meter.sent)
        if terminal:
            sys.stderr.write(f"\r\x1b[K{_cut(_line(meter, now), meter.name)}")
        elif is_for_people():
            sys.stderr.write(f"{_line(meter, now)}\n")
        else:
            sys.stderr.write(f"{json.dumps({'progress': _facts(meter, now)})}\n")
        sys.stderr.flush()
    if terminal:
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()


class _Rate:
    """Bytes a second over the last few seconds."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque([(time.monotonic(), 0)])

    def seen(self, sent: int) -> float:
        now = time.monotonic()
        self._seen.append((now, sent))
        while len(self._seen) > 2 and now - self._seen[0][0] > RATE_OVER:
            self._seen.popleft()
        began, before = self._seen[0]
        return (sent - before) / (now - began) if now > began else 0.0


def _line(meter: Meter, rate: float) -> str:
    files = meter.files + meter.skipped + meter.failed
    parts = []
    if meter.total_size:
        parts.append(f"{min(meter.done / meter.total_size, 1) * 100:3.0f}%")
        parts.append(f"{human.size(meter.done)} of {human.size(meter.total_size)}")
    else:
        parts.append(human.size(meter.done))
    parts.append(f"{human.size(rate)}/s")
    if meter.total_size and rate > 0 and meter.total_size > meter.done:
        parts.append(f"{human.duration((meter.total_size - meter.done) / rate)} left")
    parts.append(
        f"{files:,} of {human.count(meter.total_files, 'file')}" if meter.total_files else human.count(files, "file")
    )
    if meter.failed:
        parts.append(f"{meter.failed:,} failed")
    return "  ".join(parts)


def _cut(line: str, name: str) -> str:
    """With as much of the name's end as the terminal has room for."""
    room = shutil.get_terminal_size().columns - 1 - len(line) - 2
    shown = plain(name)
    if width(shown) > room:
        shown = f"…{shown[-(room - 1) :]}" if room >= NAME_MIN and shown.isascii() else ""
    return f"{line}  {shown}" if shown else line[: max(shutil.get_terminal_size().columns - 1, 0)]


def _facts(meter: Meter, rate: float) -> dict[str, object]:
    facts = {
        "files": meter.files,
        "skipped": meter.skipped,
        "failed": meter.failed,
        "done": meter.done,
        "sent": meter.sent,
        "rate": round(rate),
        "total_files": meter.total_files,
        "total_size": meter.total_size,
    }
    return {name: value for name, value in facts.items() if value is not None}
