"""Entries of a tree by their names: as many as are wanted, for as long as is wanted, and gone on with later."""

from __future__ import annotations

import time
from contextlib import suppress

from storage.stop import Stop
from storage.trees import Directory, Named, Tree, describe
from storage.walks import Walk
from winslow.domain.pattern import matcher
from winslow.ports import Entry, Found, Matches, Trail

_LOOK = 256
"""Names between two looks at the clock: a fraction of a millisecond."""


def search(tree: Tree, query: str, at: Trail, limit: int, seconds: float, stop: Stop) -> Matches:
    """See the port `Trees`. A directory that may not be opened is passed over. Raises OSError."""
    matches = matcher(query)
    until = time.monotonic() + seconds
    found: list[Found] = []
    with Walk(tree, at, stop, lenient=True) as walk:
        for count, step in enumerate(walk, start=1):
            if matches(step.named.shown):
                with suppress(FileNotFoundError):
                    found.append(_found(step.path, step.named, step.directory))
            if len(found) >= limit or (count % _LOOK == 0 and time.monotonic() >= until):
                return Matches(found, walk.trail)
    return Matches(found, None)


def _found(path: str, named: Named, directory: Directory) -> Found:
    entry = describe(named.shown, directory.status(named.name))
    if named.shown == named.name:
        return Found(path, entry)
    # No path can name it: it is shown as it is listed.
    above = path[: len(path) - len(named.name)]
    return Found(f"{above}{named.shown}", Entry(named.shown, "other", entry.size, entry.modified))
