"""How segments of a history become condensed files, and how whoever looks into it keeps up with that.

First the condensed files are made safe and shown; then the segments are put aside, under a hidden name, for as long as somebody
may still read or write them. Cut at any step everything is there, some of it twice, which is once. A segment that grew all the
same, by an append that was frozen half-way, comes back. It never needs to know what records mean.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from storage.condensed import LINES, LIST, Records, file_name, read_rows, read_segments, write_condensed
from storage.members import Unpacked
from storage.pace import Pace
from storage.segments import Seen, aside, catch_up, is_whole, records_at, segments, take, unused
from storage.segments import file_name as segment_file
from storage.shelf import Entry, Place, Shelf
from storage.stop import Stop
from winslow.errors import DataLoss

WORTH = 256 << 10
"""Bytes of segments that are worth condensing; less waits until there are MANY."""
MANY = 8
SMALL = 4 << 20
"""Bytes of a condensed file that is taken into the next one."""
_CONDENSED = re.compile(r"(\d{6,})" + re.escape(LINES))
_ASIDE = re.compile(r"\.(\d{6,})\.(records|index|jsonl\.gz|list\.gz)\.aside")


@dataclass(frozen=True, slots=True)
class _File:
    """A condensed file as it was taken in: which one, and the segments that are in it."""

    identity: tuple[int, int, int]
    segments: frozenset[int]


class Shelved:
    """The index of a history, as far as its files were looked at."""

    def __init__(self, unpacked: Unpacked) -> None:
        self.shelf = Shelf()
        self.segments: dict[int, Seen] = {}
        self.condensed: dict[int, _File] = {}
        self._unpacked = unpacked

    def look(self, directory: int, stop: Stop) -> Shelf:
        """Take in what is new. Where something went that nothing else holds, it is another project's: begin again."""
        numbers, files = segments(directory), _condensed(directory)
        gone = set(self.segments) - set(numbers)
        stale = {number for number, known in self.condensed.items() if files.get(number) != known.identity}
        lost = gone.union(*(self.condensed[number].segments for number in stale))
        if lost:
            known = [self._segments(directory, number) for number in files]
            if not lost <= frozenset().union(*known):
                self.shelf, self.segments, self.condensed = Shelf(), {}, {}
                gone, lost = set(), set()
        for number in gone:
            del self.segments[number]
        # What lay in a segment that went lies in a condensed file, which was taken in before the segment perhaps.
        again = {number for number, known in self.condensed.items() if known.segments & lost}
        for number in stale | again:
            self.condensed.pop(number, None)
        for number, identity in files.items():
            if number not in self.condensed:
                self._take_in(directory, number, identity, stop)
        for number in numbers:
            stop.check()
            catch_up(directory, number, self.segments.setdefault(number, Seen()), self.shelf)
        return self.shelf

    def _take_in(self, directory: int, number: int, identity: tuple[int, int, int], stop: Stop) -> None:
        place = Place(number, 0, 0, condensed=True)
        for listed in read_rows(directory, number, self._unpacked, stop):
            take(self.shelf, place, listed)
        self.condensed[number] = _File(identity, self._segments(directory, number))

    def _segments(self, directory: int, number: int) -> frozenset[int]:
        with suppress(DataLoss, FileNotFoundError):
            return frozenset(read_segments(directory, number, self._unpacked))
        return frozenset()


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is condensed together: segments with the bytes of their records, and condensed files that are small.

    `done` are segments that a condensed file has already: a crash came before they were put aside.
    """

    segments: dict[int, int]
    condensed: tuple[int, ...] = ()
    done: dict[int, int] = field(default_factory=dict)


def condensable(directory: int, before: float, unpacked: Unpacked) -> Chosen:
    """Whole segments that nobody wrote to since `before` (Unix seconds), when they are worth it; else none."""
    files = _condensed(directory)
    have = _sizes(directory, files, unpacked)
    found: dict[int, int] = {}
    done: dict[int, int] = {}
    for number in segments(directory):
        status = os.stat(segment_file(number, "records"), dir_fd=directory, follow_symlinks=False)
        if status.st_size == have.get(number):
            done[number] = status.st_size
        elif status.st_mtime <= before and is_whole(directory, number):
            found[number] = status.st_size
    if sum(found.values()) < WORTH and len(found) < MANY:
        return Chosen({}, (), done)
    return Chosen(found, tuple(number for number, (_, size, _) in files.items() if size < SMALL), done)


def condense(
    directory: int, path: str, chosen: Chosen, entries: Sequence[Entry], pace: Pace, stop: Stop, unpacked: Unpacked
) -> None:
    """Write the condensed file of all `entries`. Raises OSError, DataLoss (HISTORY_DAMAGED, ARCHIVE_DIFFERS)."""
    held = _sizes(directory, chosen.condensed, unpacked) | chosen.segments
    records = _records(directory, path, entries, unpacked)
    write_condensed(directory, unused(directory), held, records, pace, stop)


def put_aside(directory: int, chosen: Chosen) -> None:
    """Take out of sight what was condensed, but for a segment that has grown meanwhile: it is there twice, which is once."""
    for number, size in (chosen.segments | chosen.done).items():
        name = segment_file(number, "records")
        with suppress(FileNotFoundError):
            if _size(directory, name) == size:
                for one in (segment_file(number, "index"), name):
                    os.rename(one, aside(one), src_dir_fd=directory, dst_dir_fd=directory)
    for number in chosen.condensed:
        for one in (file_name(number) + LIST, file_name(number) + LINES):
            with suppress(FileNotFoundError):
                os.rename(one, aside(one), src_dir_fd=directory, dst_dir_fd=directory)
    os.fsync(directory)


def tidy(directory: int, before: float, unpacked: Unpacked) -> None:
    """Remove what was put aside before `before` (Unix seconds); a segment that grew since then comes back."""
    sizes = _sizes(directory, _condensed(directory), unpacked)
    for name in sorted(os.listdir(directory), reverse=True):  # records before their index
        found = _ASIDE.fullmatch(name)
        if found is None or os.stat(name, dir_fd=directory, follow_symlinks=False).st_ctime > before:
            continue
        number, what = int(found[1]), found[2]
        if what == "records" and _size(directory, name) > sizes.get(number, -1):
            os.rename(name, segment_file(number, what), src_dir_fd=directory, dst_dir_fd=directory)
        else:
            os.unlink(name, dir_fd=directory)


def _records(directory: int, path: str, entries: Sequence[Entry], unpacked: Unpacked) -> Iterator[tuple[Entry, bytes]]:
    """With their bytes; those that lie in one block come together, and it is read once."""
    place, block = None, list[bytes]()
    with Records(directory, path, unpacked) as condensed:
        for entry in entries:
            if entry.place.condensed:
                yield entry, condensed.read(entry.place.segment, entry.position)
                continue
            if entry.place != place:
                place, block = entry.place, records_at(directory, path, entry.place)
            yield entry, block[entry.position]


def _condensed(directory: int) -> dict[int, tuple[int, int, int]]:
    """The condensed files there are, by number: which file each is."""
    found: dict[int, tuple[int, int, int]] = {}
    for name in os.listdir(directory):
        if matched := _CONDENSED.fullmatch(name):
            with suppress(FileNotFoundError):
                status = os.stat(name, dir_fd=directory, follow_symlinks=False)
                found[int(matched[1])] = (status.st_ino, status.st_size, status.st_mtime_ns)
    return dict(sorted(found.items()))


def _sizes(directory: int, condensed: Iterable[int], unpacked: Unpacked) -> dict[int, int]:
    """The segments that these files have, with the bytes of their records."""
    sizes: dict[int, int] = {}
    for number in condensed:
        with suppress(DataLoss):
            sizes |= read_segments(directory, number, unpacked)
    return sizes


def _size(directory: int, name: str) -> int:
    return os.stat(name, dir_fd=directory, follow_symlinks=False).st_size
