"""Logs of stages: files of CRI lines that a container appends to and that we read, search, add notes to and archive.

The container owns the file's content, so nothing in it is believed: not its length, not its lines. It cannot
swap the file, whose directory is ours. What is found in a line is the matter of `storage.logscan` and `storage.logvalues`, in
which form a log lies `storage.logfile`'s.
"""

from __future__ import annotations

import hashlib
import os
import time
from contextlib import suppress

from storage.beneath import held, open_directory, open_file
from storage.faults import about
from storage.locks import Locks
from storage.logarchive import archive, bring_back
from storage.logfile import blocks, opened
from storage.logscan import Scan
from storage.logvalues import Extraction
from storage.members import Unpacked
from storage.pace import Pace
from storage.stop import Stop
from storage.tree import Owner, own
from winslow.domain.layout import safe_parts, stage_root
from winslow.domain.pipeline import LogParser
from winslow.domain.stage import ProjectId, StageId
from winslow.errors import InvalidArgument
from winslow.ports import Clock, Effort, Entry, Findings, LogValues

_BLOCK = 1 << 20
_READ_MAX = 64 << 20
_NOTE_MAX = 16 << 10


class Logs:
    """Implements the port `winslow.ports.Logs`; blocking, any number of threads. `root` is the volume, held open."""

    def __init__(self, root: int, clock: Clock = time.time, unpacked: Unpacked | None = None) -> None:
        self._root = root
        self._clock = clock
        self._unpacked = unpacked or Unpacked()
        self._locks = Locks()

    def create(self, path: str, owner: Owner) -> None:
        """Make the log at `path`, owned by `owner`; one that is there keeps its lines, one that is archived comes back."""
        with about(path), held(self._open(path)) as fd:
            own(fd, "", owner)

    def append(self, path: str, text: str) -> None:
        """Append Winslow's own lines, one for each line of `text`; made when it is missing, its directory is not."""
        seconds = self._clock()
        whole = int(seconds)
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(whole)) + f".{int((seconds - whole) * 1e9):09d}Z"
        lines = [line.rstrip() for line in text.splitlines() if line.strip()]
        block = b"".join(f"{moment} winslow F ".encode() + _printable(line) + b"\n" for line in lines)
        with about(path), held(self._open(path)) as fd:
            os.write(fd, block)

    def size(self, project: ProjectId, stage: StageId, stop: Stop) -> int:
        """See the port."""
        path = _log_path(project, stage)
        with about(path), suppress(FileNotFoundError), opened(self._root, path, self._unpacked) as log:
            return log.size
        return 0

    def entry(self, project: ProjectId, stage: StageId, stop: Stop) -> Entry:
        """The log as a file, as it was written. Raises NotFound (FILE_NOT_FOUND)."""
        path = _log_path(project, stage)
        with about(path), opened(self._root, path, self._unpacked) as log:
            return Entry("log", "file", log.size, log.modified)

    def read(self, project: ProjectId, stage: StageId, offset: int, size: int, stop: Stop) -> bytes:
        """See the port. A line that is still being written is not shown yet. Raises InvalidArgument (RANGE_INVALID)."""
        require_range(offset, size, _READ_MAX)
        path = _log_path(project, stage)
        with about(path), suppress(FileNotFoundError), opened(self._root, path, self._unpacked) as log:
            data = log.read(offset, size)
            end = data.rfind(b"\n") + 1
            return data[:end] if end or len(data) < size else data
        return b""

    def content(self, project: ProjectId, stage: StageId, offset: int, size: int, stop: Stop) -> bytes:
        """Up to `size` bytes as they were written, wherever a line ends. Raises NotFound, InvalidArgument (RANGE_INVALID)."""
        require_range(offset, size, _READ_MAX)
        path = _log_path(project, stage)
        with about(path), opened(self._root, path, self._unpacked) as log:
            return log.read(offset, size)

    def digest(self, project: ProjectId, stage: StageId, stop: Stop) -> str:
        """SHA-256 of the log as it was written, lower-case hexadecimal. Raises NotFound (FILE_NOT_FOUND)."""
        path, digest, offset = _log_path(project, stage), hashlib.sha256(), 0
        with about(path), opened(self._root, path, self._unpacked) as log:
            while data := log.read(offset, _BLOCK):
                stop.check()
                digest.update(data)
                offset += len(data)
        return digest.hexdigest()

    def span(self, project: ProjectId, stage: StageId, at: int, stop: Stop) -> tuple[int, int]:
        """See the port."""
        path = _log_path(project, stage)
        with about(path), suppress(FileNotFoundError), opened(self._root, path, self._unpacked) as log:
            return log.span(at)
        return 0, 0

    def scan(
        self, project: ProjectId, stage: StageId, offset: int, parsers: tuple[LogParser, ...], stop: Stop
    ) -> Findings:
        """See the port. Raises InvalidArgument (PATTERN_INVALID) for a parser that is no RE2."""
        require_range(offset, 0, _READ_MAX)
        scan = Scan(parsers)
        path = _log_path(project, stage)
        with about(path), suppress(FileNotFoundError), opened(self._root, path, self._unpacked) as log:
            for block in blocks(log, offset):
                stop.check()
                scan.feed(block)
                offset += len(block)
        return scan.findings(offset)

    def extract(
        self, project: ProjectId, stage: StageId, offset: int, size: int, pattern: str, rows: int, stop: Stop
    ) -> LogValues:
        """See the port."""
        require_range(offset, size, _READ_MAX)
        extraction, end = Extraction(pattern), offset + size
        path = _log_path(project, stage)
        with about(path), suppress(FileNotFoundError), opened(self._root, path, self._unpacked) as log:
            for block in blocks(log, offset):
                stop.check()
                extraction.feed(block, stop)
                offset += len(block)
                if offset >= end or extraction.enough:
                    break
        return extraction.values(offset, rows)

    def note(self, project: ProjectId, stage: StageId, text: str, stop: Stop) -> None:
        """See the port. Raises NotFound (FILE_NOT_FOUND) when the attempt has no directory."""
        self.append(_log_path(project, stage), text)

    def lay_out(self, project: ProjectId, stage: StageId, stop: Stop) -> None:
        """Have it lie plain for a while, if there is one. Raises DataLoss (ARCHIVE_DAMAGED), Exhausted (DISK_FULL)."""
        path = _log_path(project, stage)
        above, _, name = path.rpartition("/")
        with (
            about(path),
            self._locks.hold(path, stop=stop),
            suppress(FileNotFoundError),
            held(open_directory(self._root, above, follow=False)) as home,
        ):
            bring_back(home, name, path, stop)

    def archive(self, project: ProjectId, stage: StageId, quiet: float, effort: Effort, stop: Stop) -> bool:
        """See the port."""
        path = _log_path(project, stage)
        above, _, name = path.rpartition("/")
        with about(path), self._locks.hold(path, stop=stop):
            try:
                home = open_directory(self._root, above, follow=False)
            except FileNotFoundError:
                return True
            with held(home):
                return archive(home, name, path, self._clock() - quiet, Pace(effort.rate), stop)

    def _open(self, path: str) -> int:
        """The log for appending, made where there is none."""
        flags = os.O_WRONLY | os.O_APPEND
        with suppress(FileNotFoundError):
            return open_file(self._root, path, flags, follow=False)
        above, _, name = path.rpartition("/")
        with suppress(FileExistsError), held(open_directory(self._root, above, follow=False)) as directory:
            with self._locks.hold(path, stop=Stop()):
                bring_back(directory, name, path, Stop())
            return os.open(name, flags | os.O_CREAT | os.O_EXCL, 0o644, dir_fd=directory)
        return open_file(self._root, path, flags, follow=False)


def require_range(offset: int, size: int, most: int) -> None:
    """Raises InvalidArgument (RANGE_INVALID) for an offset that no file has or a size over `most` bytes."""
    if 0 <= offset < 1 << 63 and 0 <= size <= most:
        return
    raise InvalidArgument(
        f"No file has {size} bytes at offset {offset}",
        reason="RANGE_INVALID",
        hint=f"The offset is not negative and below 2**63, the size is at most {most} bytes",
    )


def _log_path(project: ProjectId, stage: StageId) -> str:
    return "/".join([*safe_parts(stage_root(project, stage)), "log"])


def _printable(line: str) -> bytes:
    encoded = line.encode("utf-8", "backslashreplace").replace(b"\0", b"")
    return encoded[:_NOTE_MAX].decode("utf-8", "ignore").encode()
