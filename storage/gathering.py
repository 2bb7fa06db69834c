"""A tree with what is in its files, a piece at a time: what archives are made of.

Small files come with their content, so that a hundred thousand of them are not a hundred thousand questions; large ones
are read by whoever asks. It knows no format of archives.
"""

from __future__ import annotations

import errno
import os
import time
from contextlib import suppress

from storage.beneath import held
from storage.stop import Stop
from storage.trees import Tree, describe
from storage.walks import Step, Walk
from winslow.errors import FailedPrecondition
from winslow.ports import Gathered, Gathering, Trail

SMALL = 256 << 10
"""Bytes of a file that is sent along whole."""
_MOST = 1000
_SECONDS = 1.0
_TRIES = 3
_SWAPPED = frozenset({errno.ENOENT, errno.ELOOP, errno.EISDIR, errno.ENXIO})
"""What opening says to a name that is no longer the file that was listed."""


def gather(tree: Tree, at: Trail, size: int, stop: Stop) -> Gathering:
    """See the port `Trees`: names that are not UTF-8 are left out, since no path can name them. Raises OSError too."""
    until = time.monotonic() + _SECONDS
    items: list[Gathered] = []
    with Walk(tree, at, stop) as walk:
        for step in walk:
            item = _item(step)
            if item is not None:
                items.append(item)
                size -= len(item.content or b"")
            if size <= 0 or len(items) >= _MOST or time.monotonic() >= until:
                return Gathering(items, walk.trail)
    return Gathering(items, None)


def _item(step: Step) -> Gathered | None:
    """None for what went away, for special files, and for what cannot be named."""
    name, directory = step.named.name, step.directory
    if name != step.named.shown:
        return None
    match step.named.kind:
        case "file":
            return _file(step)
        case "directory" | "symlink" as kind:
            with suppress(FileNotFoundError):
                entry = describe(name, directory.status(name))
                link = directory.read_link(name) if kind == entry.kind == "symlink" else ""
                return Gathered(step.path, entry, link=link) if kind == entry.kind else None
    return None


def _file(step: Step) -> Gathered | None:
    for _ in range(_TRIES):
        try:
            fd = step.directory.open(step.named.name)
        except OSError as error:
            if error.errno not in _SWAPPED:
                raise
            return None
        with held(fd):
            before = os.fstat(fd)
            entry = describe(step.named.name, before)
            if before.st_size > SMALL:
                return Gathered(step.path, entry)
            content = os.pread(fd, before.st_size + 1, 0)
            after = os.fstat(fd)
        if len(content) == before.st_size and (before.st_mtime_ns, before.st_size) == (
            after.st_mtime_ns,
            after.st_size,
        ):
            return Gathered(step.path, entry, content)
    raise FailedPrecondition(
        f"{step.path!r} changed while it was read",
        reason="FILE_CHANGED",
        subject=step.path,
        hint="Ask for it again later",
    )
