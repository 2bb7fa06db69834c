"""Progress bars for transfers: on a terminal's stderr, nowhere else. The only part that loads rich."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from winslowctl.render.show import is_for_people
from winslowctl.render.style import plain

if TYPE_CHECKING:
    from rich.progress import Progress as Display
    from rich.progress import TaskID

    from winslow.client.transfer import Progress

NAME_WIDTH = 40


@contextmanager
def bars(many: bool) -> Iterator[Progress]:
    """What to hand to a transfer as its progress. With `many` files a finished one's bar goes away and is counted."""
    if not (is_for_people() and sys.stderr.isatty()):
        yield _nothing
        return
    from rich import progress as rich_progress
    from rich.console import Console

    columns = (
        rich_progress.TextColumn("{task.description}", markup=False),
        rich_progress.BarColumn(),
        rich_progress.DownloadColumn(binary_units=True),
        rich_progress.TransferSpeedColumn(),
        rich_progress.TimeRemainingColumn(),
    )
    with rich_progress.Progress(*columns, console=Console(stderr=True), transient=many) as display:
        yield _Bars(display, many).tell


def _nothing(name: str, done: int, size: int) -> None:
    """There is nobody to see it."""


class _Bars:
    """Called from several threads."""

    def __init__(self, display: Display, many: bool) -> None:
        self._display = display
        self._many = many
        self._lock = threading.Lock()
        self._tasks: dict[str, TaskID] = {}

    def tell(self, name: str, done: int, size: int) -> None:
        with self._lock:
            if name not in self._tasks:
                short = name if len(name) <= NAME_WIDTH else "…" + name[1 - NAME_WIDTH :]
                self._tasks[name] = self._display.add_task(plain(short), total=size)
            self._display.update(self._tasks[name], completed=done, total=size)
            if self._many and done >= size:
                self._display.remove_task(self._tasks.pop(name))
