"""The recent past of the records, in memory: what lets many readers follow the changes, each from where it was.

Plain data without tasks or locks: it is read and written between two awaits of one event loop.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from winslow.domain.records import Change
from winslow.errors import OutOfRange

LIMIT = 10_000
"""Revisions that are kept."""


@dataclass(frozen=True, slots=True)
class Entry:
    """All changes of one revision, or, after a gap, of all revisions since the entry before."""

    revision: int
    changes: tuple[Change, ...]


class History:
    """Entries at positions that never change: position 0 is the first ever written, whether it is still kept or not."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._entries: deque[Entry] = deque()
        self._dropped = 0
        self._limit = limit
        self._floor = 0

    def begin(self, revision: int) -> None:
        """Nothing up to `revision` is known."""
        self._floor = revision

    def append(self, entry: Entry) -> None:
        self._entries.append(entry)
        if len(self._entries) > self._limit:
            self._floor = self._entries.popleft().revision
            self._dropped += 1

    def seek(self, since: int) -> int:
        """The position of the first entry after revision `since`. Raises OutOfRange (REVISION_COMPACTED)."""
        if since < self._floor:
            raise _compacted(since, self._floor)
        # From the young end, where nearly all readers are.
        newer = 0
        for entry in reversed(self._entries):
            if entry.revision <= since:
                break
            newer += 1
        return self._dropped + len(self._entries) - newer

    def since(self, revision: int) -> list[tuple[Change, ...]]:
        """The changes of each entry after `revision`. Raises OutOfRange (REVISION_COMPACTED)."""
        position, found = self.seek(revision), list[tuple[Change, ...]]()
        while (entry := self.at(position)) is not None:
            found.append(entry.changes)
            position += 1
        return found

    def at(self, position: int) -> Entry | None:
        """The entry at `position`; None when it is not written yet. Raises OutOfRange when it is no longer kept."""
        index = position - self._dropped
        if index < 0:
            raise _compacted(position, self._floor)
        return self._entries[index] if index < len(self._entries) else None


def _compacted(since: int, floor: int) -> OutOfRange:
    return OutOfRange(
        f"Changes since {since} are no longer kept, only those since revision {floor}",
        reason="REVISION_COMPACTED",
        hint="List again and go on from there",
        metadata={"floor": str(floor)},
    )
