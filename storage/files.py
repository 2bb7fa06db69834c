"""What people do with the files of a pool: list, read, make, rename, copy, delete, measure, verify.

Every path is resolved by the kernel beneath its pool's directory (`storage.beneath`). Only pools that people
own may be changed; what an attempt made is its record. Uploads and copies have modules of their own.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import islice

from storage import checksums
from storage.beneath import held, make_directories, open_parent
from storage.carrying import send, send_unchanged
from storage.copies import copy
from storage.faults import about
from storage.logs import Logs, require_range
from storage.pools import pool, require_name, require_writable
from storage.removal import remove
from storage.stop import Stop
from storage.totals import Usage
from storage.trees import FIRST, Directory, Named, Opener, Position, Tree, describe, plain
from winslow.domain.layout import Location, Pool
from winslow.domain.stage import ProjectId, StageId
from winslow.ports import Carried, Entry, Listing, Pace, Totals

READ_MAX = 64 << 20
_SENT = 4 << 20
"""Bytes of a log that are sent at once."""
_PAGE_MAX = 10_000
_DIGEST_BLOCK = 1 << 20


class Files:
    """Implements the port `winslow.ports.Files`; blocking, any number of threads. `root` is the volume, held open.

    `opened` says what is seen at a location; what is changed is always what lies there. `logs` reads logs of stages, in
    whichever form they lie.
    """

    def __init__(self, root: int, opened: Opener = plain, logs: Logs | None = None) -> None:
        self._root = root
        self._opened = opened
        self._logs = logs or Logs(root)

    def stat(self, location: Location, stop: Stop) -> Entry:
        """See the port. A link is followed; what is neither file nor directory has the kind "other"."""
        if location.pool is Pool.STAGE_LOG:
            return self._logs.entry(*_stage(location), stop)
        with about(location), self._opened(self._root, location) as tree:
            return describe(str(location).rpartition("/")[2], tree.status(location.relative))

    def entries(self, location: Location, after: str, limit: int, stop: Stop) -> list[Entry]:
        """See the port. A very large directory is looked at as a whole for each page."""
        return self.listing(location, after or FIRST, limit, stop).entries

    def listing(self, location: Location, at: Position, limit: int, stop: Stop) -> Listing:
        """See the port. Links are listed as links, but published outputs as the directories that they show.

        A name that is not UTF-8 is shown escaped, with the kind "other": no path can name it.
        """
        limit = min(max(limit, 0), _PAGE_MAX)
        follow = _shows_outputs(location)
        with about(location), self._directory(location) as directory:
            names = directory.names(at, stop)
            found: list[Entry] = []
            while len(found) < limit and (batch := list(islice(names, limit - len(found)))):
                at = batch[-1].position
                found.extend(_present(directory, batch, follow=follow))
            more = len(found) == limit and next(names, None) is not None
        return Listing(found, at if more else None)

    def read(self, location: Location, offset: int, size: int, stop: Stop) -> bytes:
        """See the port. Raises InvalidArgument (RANGE_INVALID) for more than 64 MiB at once."""
        require_range(offset, size, READ_MAX)
        if location.pool is Pool.STAGE_LOG:
            return self._logs.content(*_stage(location), offset, size, stop)
        with about(location), self._file(location) as fd:
            data = os.pread(fd, size, offset)
            while data and len(data) < size and (more := os.pread(fd, size - len(data), offset + len(data))):
                data += more
            return data

    def send(
        self, connection: int, location: Location, offset: int, size: int, expected: Entry | None, stop: Stop
    ) -> Carried:
        """See the port `Carrying`."""
        if location.pool is Pool.STAGE_LOG:
            return self._send_log(connection, location, offset, size, stop)
        with about(location), self._file(location) as fd:
            if expected is None:
                return send(connection, fd, offset, size, stop)
            return send_unchanged(connection, fd, offset, size, expected, stop)

    def make_directory(self, location: Location, stop: Stop) -> None:
        """See the port."""
        require_writable(location)
        with about(location), pool(self._root, location) as root:
            os.close(make_directories(root, location.relative))

    def copy(self, source: Location, target: Location, mark: str, stop: Stop) -> None:
        """See the port. An archived log is laid out plain for it."""
        if source.pool is Pool.STAGE_LOG:
            self._logs.lay_out(*_stage(source), stop)
        copy(self._root, source, target, stop, mark, self._opened)

    def delete(self, location: Location, recursive: bool, stop: Stop) -> None:
        """See the port. A link is deleted, never what it leads to. Raises NotFound (FILE_NOT_FOUND) when it is gone."""
        require_writable(location)
        with about(location), pool(self._root, location) as root, _parent(root, location) as (parent, name):
            mode = os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode
            if not stat.S_ISDIR(mode):
                os.unlink(name, dir_fd=parent)
            elif recursive:
                remove(parent, name, stop)
            else:
                os.rmdir(name, dir_fd=parent)

    def usage(self, location: Location, stop: Stop) -> Totals:
        """See the port. A file with several names counts once; links are counted, not followed, but for published outputs.

        CephFS is asked (`Directory.recursive`); elsewhere everything is looked at.
        """
        usage = Usage(stop)
        with about(location), self._opened(self._root, location) as tree:
            for path in _shown_outputs(tree, stop) if _shows_outputs(location) else [location.relative]:
                with tree.beneath(path) as top:
                    usage.add(top)
        return usage.totals()

    def known_digest(self, location: Location, stop: Stop) -> str:
        """See the port. Only of what people sent: elsewhere a stage could say what it likes."""
        if not location.writable:
            return ""
        with about(location), self._file(location) as fd:
            return checksums.known(fd)

    def digest(self, location: Location, stop: Stop) -> str:
        """See the port."""
        if location.pool is Pool.STAGE_LOG:
            return self._logs.digest(*_stage(location), stop)
        with about(location), self._file(location) as fd:
            return _sha256(fd, stop)

    def _send_log(self, connection: int, location: Location, offset: int, size: int, stop: Stop) -> Carried:
        """A piece of it by way of memory: an archived one does not lie as it is sent."""
        data = self._logs.content(*_stage(location), offset, min(size, _SENT), stop)
        with held(os.memfd_create("log")) as piece:
            os.write(piece, data)
            carried = send(connection, piece, 0, len(data), stop)
        return Carried(carried.size, Pace.ENDED) if not data and size else carried

    @contextmanager
    def _directory(self, location: Location) -> Iterator[Directory]:
        with (
            self._opened(self._root, location) as tree,
            tree.beneath(location.relative) as top,
            top.directory("") as it,
        ):
            yield it

    @contextmanager
    def _file(self, location: Location) -> Iterator[int]:
        with self._opened(self._root, location) as tree, held(tree.open(location.relative)) as fd:
            yield fd


def _stage(location: Location) -> tuple[ProjectId, StageId]:
    assert location.project is not None and location.stage is not None  # a log's location has both
    return location.project, location.stage


@contextmanager
def _parent(root: int, location: Location) -> Iterator[tuple[int, str]]:
    require_name(location)
    parent, name = open_parent(root, location.relative)
    with held(parent):
        yield parent, name


def _shows_outputs(location: Location) -> bool:
    """Whether it is the directory of links to published outputs, which we made and people see as directories."""
    return location.pool is Pool.OUTPUT and location.relative == "output"


def _present(directory: Directory, names: list[Named], *, follow: bool) -> Iterator[Entry]:
    for name, shown, _, _ in names:
        with suppress(FileNotFoundError):
            entry = describe(shown, directory.status(name, follow=follow and not name.startswith(".")))
            yield entry if shown == name else Entry(shown, "other", entry.size, entry.modified)


def _shown_outputs(project: Tree, stop: Stop) -> list[str]:
    with project.directory("output") as directory:
        links = [named.name for named in directory.names("", stop)]
        return [f"output/{name}" for name in links if stat.S_ISDIR(directory.status(name, follow=True).st_mode)]


def _sha256(fd: int, stop: Stop) -> str:
    import hashlib

    digest = hashlib.sha256()
    buffer = memoryview(bytearray(_DIGEST_BLOCK))
    offset = 0
    while count := os.preadv(fd, [buffer], offset):
        stop.check()
        digest.update(buffer[:count])
        offset += count
    return digest.hexdigest()
