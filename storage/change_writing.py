"""Writing changes into a directory, safely on disk, and proving that what lies there is what was meant.

A file's time is set last, so one that has its size and its time is taken for whole by work that goes on after a cut; all
are read again before anybody sees them. It never asks why something changed.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace

from storage.beneath import descend, held, open_file
from storage.changes import Change, Changes, changes
from storage.clone import Ways, clone
from storage.crew import Crew
from storage.layers import Layer, Stack, is_opaque, set_opaque
from storage.removal import remove
from storage.stop import Stop
from storage.tree import Owner, own
from winslow.domain.layers import Kind

_BATCH = 32
_BLOCK = 1 << 20


class ChangeWriter:
    """Writes `found`, which `stack` shows, into directory `target`; what an earlier, cut attempt wrote is kept where it is whole.

    Not `safely`, nothing waits until it is on disk.
    """

    def __init__(self, stack: Stack, found: Changes, target: int, stop: Stop, *, safely: bool = True) -> None:
        self._stack = stack
        self._found = found
        self._target = target
        self._stop = stop
        self._ways = Ways()
        self._safely = safely

    def write(self) -> None:
        """Raises OSError, and Stopped; called again, it goes on."""
        listed = self._found.listed
        for change in listed:
            if change.kind is not Kind.FILE:
                self._stop.check()
                self._make(change)
        _each([one for one in listed if one.kind is Kind.FILE and not one.same_as], self._copy, self._stop)
        for change in listed:
            if change.same_as:
                self._stop.check()
                self._link(change)
        # Last, and from the leaves up: making an entry changes its directory's time, and a mode may forbid it.
        for change in reversed(listed):
            if change.kind is Kind.DIRECTORY:
                self._stop.check()
                with held(descend(self._target, change.path)) as directory:
                    _dress(directory, change)
                    self._sync(directory)

    def verified(self) -> list[Change] | None:
        """The changes with the hashes of their files; None when what was written differs from what was to be written."""
        there = changes(Stack([Layer(self._target)]), None, self._stop)
        if there.listed != self._found.listed:
            return None
        hashes: dict[str, str] = {}
        differing: list[str] = []

        def compare(change: Change) -> None:
            with held(self._stack.open_spot(self._found.spots[change.path])) as source:
                meant = _sha256(source, self._stop)
            with _entry(self._target, change.path) as (directory, name), held(open_file(directory, name)) as copy:
                os.posix_fadvise(copy, 0, 0, os.POSIX_FADV_DONTNEED)  # what the disk has, not what memory remembers
                if _sha256(copy, self._stop) != meant:
                    differing.append(change.path)
            hashes[change.path] = meant

        files = [one for one in there.listed if one.kind is Kind.FILE and not one.same_as]
        _each(files, compare, self._stop)
        if differing:
            return None
        return [replace(one, sha256=hashes.get(one.same_as or one.path, "")) for one in there.listed]

    def _make(self, change: Change) -> None:
        if not change.path:
            return
        with _entry(self._target, change.path) as (directory, name):
            if self._is_there(change, directory, name):
                return
            remove(directory, name, self._stop)
            match change.kind:
                case Kind.DIRECTORY:
                    self._make_directory(change, directory, name)
                case Kind.SYMLINK:
                    os.symlink(change.target, name, dir_fd=directory)
                    own(directory, name, (change.uid, change.gid))
                    os.utime(name, ns=(change.time, change.time), dir_fd=directory, follow_symlinks=False)
                case Kind.WHITEOUT:
                    os.mknod(name, stat.S_IFCHR, 0, dir_fd=directory)
                case Kind.FILE | Kind.SPECIAL:
                    raise AssertionError(change)

    def _make_directory(self, change: Change, directory: int, name: str) -> None:
        os.mkdir(name, 0o700, dir_fd=directory)
        if change.opaque:
            with held(descend(directory, name)) as made:
                set_opaque(made)

    def _is_there(self, change: Change, directory: int, name: str) -> bool:
        try:
            status = os.stat(name, dir_fd=directory, follow_symlinks=False)
        except FileNotFoundError:
            return False
        if change.kind is Kind.DIRECTORY:
            if not stat.S_ISDIR(status.st_mode):
                return False
            with held(descend(directory, name)) as made:
                return is_opaque(made) == change.opaque
        if change.kind is Kind.SYMLINK:
            return (
                stat.S_ISLNK(status.st_mode)
                and (status.st_uid, status.st_gid, status.st_mtime_ns) == (change.uid, change.gid, change.time)
                and os.readlink(name, dir_fd=directory) == change.target
            )
        if change.kind is Kind.WHITEOUT:
            return stat.S_ISCHR(status.st_mode) and status.st_rdev == 0
        return _is_whole(change, status)

    def _copy(self, change: Change) -> None:
        with _entry(self._target, change.path) as (directory, name):
            if self._is_there(change, directory, name):
                with held(open_file(directory, name, follow=False)) as copy:
                    self._sync(copy)  # who wrote it may have been killed before it was safe
                return
            remove(directory, name, self._stop)
            with (
                held(self._stack.open_spot(self._found.spots[change.path])) as source,
                held(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600, dir_fd=directory)) as copy,
            ):
                clone(source, copy, os.fstat(source), self._ways, self._stop)
                _dress(copy, change)
                self._sync(copy)

    def _sync(self, fd: int) -> None:
        if self._safely:
            os.fsync(fd)

    def _link(self, change: Change) -> None:
        with (
            _entry(self._target, change.same_as) as (first, first_name),
            _entry(self._target, change.path) as (directory, name),
        ):
            with suppress(FileNotFoundError):
                meant = os.stat(first_name, dir_fd=first, follow_symlinks=False)
                if os.path.samestat(meant, os.stat(name, dir_fd=directory, follow_symlinks=False)):
                    return
            remove(directory, name, self._stop)
            os.link(first_name, name, src_dir_fd=first, dst_dir_fd=directory, follow_symlinks=False)


def copy_seen(stack: Stack, target: int, owner: Owner, stop: Stop) -> Changes:
    """Fill the empty directory `target` with what `stack` shows, all of it `owner`'s; `target` itself stays as it is.

    For work that is begun again when it is cut: nothing waits for the disk.
    """
    found = changes(stack, Stack(()), stop)
    found.listed = [replace(one, uid=owner[0], gid=owner[1]) for one in found.listed if one.path]
    ChangeWriter(stack, found, target, stop, safely=False).write()
    return found


def _is_whole(change: Change, status: os.stat_result) -> bool:
    return (
        stat.S_ISREG(status.st_mode)
        and status.st_mode & 0o7777 == change.mode
        and (status.st_uid, status.st_gid) == (change.uid, change.gid)
        and (status.st_size, status.st_mtime_ns) == (change.size, change.time)
    )


def _dress(fd: int, change: Change) -> None:
    own(fd, "", (change.uid, change.gid))
    os.fchmod(fd, change.mode)
    os.utime(fd, ns=(change.time, change.time))


@contextmanager
def _entry(root: int, path: str) -> Iterator[tuple[int, str]]:
    """The directory in which `path` lies, held open, and its name there."""
    above, _, name = path.rpartition("/")
    with held(descend(root, above)) as directory:
        yield directory, name


def _each(files: Sequence[Change], work: Callable[[Change], None], stop: Stop) -> None:
    """Do `work` for each file, with a few threads where there are many. Raises the first error, or Stopped."""

    def do(batch: Sequence[Change]) -> None:
        if batch is files and len(files) > _BATCH:
            for start in range(0, len(files), _BATCH):
                crew.offer(files[start : start + _BATCH])
            return
        for change in batch:
            stop.check()
            work(change)

    crew: Crew[Sequence[Change]] = Crew(do, stop)
    crew.run(files)


def _sha256(fd: int, stop: Stop) -> str:
    digest = hashlib.sha256()
    buffer = memoryview(bytearray(_BLOCK))
    while count := os.readv(fd, [buffer]):
        stop.check()
        digest.update(buffer[:count])
    return digest.hexdigest()
