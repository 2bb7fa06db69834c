"""What lies in a local directory, at any depth: files, empty directories, and what cannot be sent, each with why.

Symbolic links and special files are named, never followed: a link in a directory must not lead out of it. It never needs to know
where the files go.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from winslow.client.transfer import local_fault
from winslow.errors import InvalidArgument, WinslowError


@dataclass(frozen=True, slots=True)
class Found:
    """A file; `relative` is its path below the directory, with '/' between names."""

    path: Path
    relative: str
    status: os.stat_result


@dataclass(frozen=True, slots=True)
class Empty:
    """A directory without anything to send in it."""

    path: Path
    relative: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Neither file nor directory: `kind` says what."""

    path: Path
    kind: str


@dataclass(frozen=True, slots=True)
class Unreadable:
    path: Path
    error: WinslowError


Thing = Found | Empty | LeftOut | Unreadable

_KINDS = (
    (stat.S_ISLNK, "a symbolic link"),
    (stat.S_ISFIFO, "a FIFO"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISCHR, "a device"),
)


def walk(top: Path) -> Iterator[Thing]:
    """By name, directory after directory; of one directory at a time the names are held."""
    waiting = [(top, "")]
    while waiting:
        path, relative = waiting.pop()
        try:
            with os.scandir(path) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            yield Unreadable(path, local_fault(error, path))
            continue
        below = []
        sendable = False
        for entry in found:
            thing = _thing(entry, relative)
            if isinstance(thing, Empty):
                below.append((thing.path, thing.relative))
            else:
                sendable = sendable or isinstance(thing, Found)
                yield thing
        waiting.extend(reversed(below))
        if not (below or sendable):
            yield Empty(path, relative)


def count(top: Path) -> tuple[int, int]:
    """How many files there are, and their bytes; what cannot be read is not counted."""
    files = size = 0
    waiting = [str(top)]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    elif entry.is_file(follow_symlinks=False):
                        files += 1
                        size += entry.stat(follow_symlinks=False).st_size
        except OSError:
            continue
    return files, size


def require_name(path: Path) -> None:
    """Raises InvalidArgument (NAME_NOT_UTF8): no path of the contract could name it."""
    try:
        path.name.encode()
    except UnicodeEncodeError:
        shown = os.fsencode(path).decode("utf-8", "backslashreplace")
        raise InvalidArgument(
            f"The name of {shown} is not UTF-8",
            reason="NAME_NOT_UTF8",
            subject=shown,
            hint="Rename it, then run it again",
        ) from None


def _thing(entry: os.DirEntry[str], above: str) -> Thing:
    path = Path(entry.path)
    relative = f"{above}/{entry.name}" if above else entry.name
    try:
        require_name(path)
        if entry.is_dir(follow_symlinks=False):
            return Empty(path, relative)
        status = entry.stat(follow_symlinks=False)
    except WinslowError as error:
        return Unreadable(path, error)
    except OSError as error:
        return Unreadable(path, local_fault(error, path))
    if stat.S_ISREG(status.st_mode):
        return Found(path, relative, status)
    return LeftOut(path, next((kind for is_it, kind in _KINDS if is_it(status.st_mode)), "no file"))
