"""Small files, many in one call: what a file of a few kilobytes costs is its bytes, not a round trip and a record of its own.

Each outcome is one file's; what stops them all (nobody answers, no room) is raised.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]

from winslow.client.calls import Calls
from winslow.client.download import corrupt
from winslow.client.partial import exists, fetched, sync_directory
from winslow.client.patience import Patience
from winslow.client.transfer import (
    BATCH_DEADLINE,
    Halt,
    Meter,
    Options,
    changed,
    is_executable,
    is_same,
    local_fault,
)
from winslow.errors import AlreadyExists, WinslowError
from winslow.v1 import file_service_pb2 as pb
from winslow.v1.file_pb2 import FILE_KIND_FILE, File, FileOutcome
from winslow.wire.status import from_status
from winslow.wire.times import timestamp

Failed = Callable[[str, WinslowError], None]

COUNT_MAX = 256
SIZE_MAX = 4 << 20
"""Files and bytes of one call: half of what the contract allows, and so little that a cut costs little."""


@dataclass(frozen=True, slots=True)
class Out:
    """A local file and where it goes; `fresh` says that nothing can be there."""

    local: Path
    path: str
    status: os.stat_result
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class In:
    """A file of the server's and where it goes; `left` are names of partial files that lie beside it."""

    file: File
    local: Path
    left: Collection[str] = ()


class Batches:
    """`failed` is called with the path and the error of each file that alone cannot be had."""

    def __init__(self, calls: Calls, options: Options, meter: Meter, halt: Halt, failed: Failed) -> None:
        self._calls = calls
        self._options = options
        self._meter = meter
        self._halt = halt
        self._failed = failed

    # ---- out

    def send(self, batch: Sequence[Out]) -> None:
        """Send what is not there yet."""
        there = self._there([one for one in batch if not one.fresh])
        new: list[pb.NewFile] = []
        over: list[pb.NewFile] = []
        for one in batch:
            found = there.get(one.path)
            if found is not None and is_same(found, one.status) and not self._options.checksum:
                self._keep(one.path, one.status.st_size)
                continue
            try:
                file = _read(one)
            except WinslowError as error:
                self._failed(one.path, error)
                continue
            # Of the same size it may be the same, which the server finds out by itself as long as it is not to replace.
            is_other = found is not None and (found.kind, found.size) != (FILE_KIND_FILE, len(file.data))
            (over if is_other and self._options.replace else new).append(file)
        refused = self._put(new, replace=False)
        if self._options.replace:
            over += refused
            refused = []
        self._put(over, replace=True)

    def _there(self, batch: Sequence[Out]) -> Mapping[str, File]:
        if not batch:
            return {}
        request = pb.StatFilesRequest(paths=[one.path for one in batch])
        answer = self._calls.unary(
            "FileService/StatFiles", request, pb.StatFilesResponse, deadline=BATCH_DEADLINE, patience=self._patience()
        )
        found = zip(batch, answer.outcomes, strict=True)
        return {one.path: outcome.file for one, outcome in found if not outcome.error}

    def _put(self, files: Sequence[pb.NewFile], *, replace: bool) -> list[pb.NewFile]:
        """Those that were refused since another is there, if that may be replaced."""
        if not files:
            return []
        self._halt.check()
        request = pb.PutFilesRequest(files=files, replace=replace)
        answer = self._calls.unary(
            "FileService/PutFiles", request, pb.PutFilesResponse, deadline=BATCH_DEADLINE, patience=self._patience()
        )
        refused = []
        for file, outcome in zip(files, answer.outcomes, strict=True):
            if not (error := _error(outcome)):
                self._meter.moved(file.path, len(file.data))
                self._meter.finished(file.path, len(file.data))
            elif isinstance(error, AlreadyExists) and self._options.replace and not replace:
                refused.append(file)
            else:
                self._failed(file.path, error)
        return refused

    # ---- in

    def fetch(self, batch: Sequence[In]) -> list[In]:
        """Fetch what is not here yet; returns those that are too large by now to come with others."""
        wanted = {}
        for one in batch:
            try:
                if not self._options.checksum and _is_here(one):
                    self._keep(one.file.path, one.file.size)
                else:
                    wanted[one.file.path] = one
            except WinslowError as error:
                self._failed(one.file.path, error)
        large = []
        directories = set()
        for path, whole in self._wholes(wanted):
            one = wanted[path]
            try:
                if refused := _error(whole.outcome):
                    raise refused
                self._write(one, whole)
                directories.add(one.local.parent)
            except WinslowError as error:
                if error.reason == "FILE_TOO_LARGE":
                    large.append(one)
                else:
                    self._failed(path, error)
        for directory in directories:
            sync_directory(directory)
        return large

    def _wholes(self, wanted: Mapping[str, In]) -> Iterator[tuple[str, pb.WholeFile]]:
        """In the order of `wanted`; after a cut those that have not come."""
        left = list(wanted)
        patience = self._patience()
        while left:
            try:
                request = pb.ReadFilesRequest(paths=left)
                for answer in self._calls.stream("FileService/ReadFiles", request, pb.ReadFilesResponse):
                    patience.renew()
                    for whole in answer.files:
                        yield left.pop(0), whole
            except WinslowError as error:
                patience.pause(error)

    def _write(self, one: In, whole: pb.WholeFile) -> None:
        """Raises AlreadyExists (LOCAL_FILE_EXISTS), DataLoss (CHECKSUM_MISMATCH), and what the disk says."""
        self._halt.check()
        file = whole.outcome.file
        if hashlib.sha256(whole.data).hexdigest() != whole.sha256:
            raise corrupt(file.path)
        try:
            was_fetched = fetched(
                one.local,
                file,
                is_kept=lambda: self._holds(one.local, whole.data),
                fill=lambda _, out: _fill(out, whole.data),
                left=one.left,
                replace=self._options.replace,
                halt=self._halt,
            )
        except FileExistsError as error:
            raise exists(one.local) from error
        except OSError as error:
            raise local_fault(error, one.local) from error
        self._meter.moved(file.path, len(whole.data))
        self._meter.finished(file.path, len(whole.data), skipped=not was_fetched)

    def _holds(self, local: Path, data: bytes) -> bool:
        """Whether a local file is this one. Raises AlreadyExists (LOCAL_FILE_EXISTS) where it is another, not to be replaced."""
        try:
            here = local.stat()
        except FileNotFoundError:
            return False
        if stat.S_ISREG(here.st_mode) and here.st_size == len(data) and local.read_bytes() == data:
            return True
        if self._options.replace:
            return False
        raise exists(local)

    def _keep(self, path: str, size: int) -> None:
        self._meter.moved(path, size, sent=False)
        self._meter.finished(path, size, skipped=True)

    def _patience(self) -> Patience:
        return Patience(self._calls.cut_patience, sleep=self._halt.sleep)


def _is_here(one: In) -> bool:
    try:
        return is_same(one.file, one.local.stat())
    except FileNotFoundError:
        return False
    except OSError as error:
        raise local_fault(error, one.local) from error


def _read(one: Out) -> pb.NewFile:
    """Its content as it is now. Raises Conflict (LOCAL_FILE_CHANGED) where that is not what was found."""
    try:
        with one.local.open("rb", buffering=0) as file:
            data = file.read(one.status.st_size + 1)
            after = os.fstat(file.fileno())
    except OSError as error:
        raise local_fault(error, one.local) from error
    if len(data) != one.status.st_size or after.st_mtime_ns != one.status.st_mtime_ns:
        raise changed(one.local)
    return pb.NewFile(
        path=one.path,
        data=data,
        sha256=hashlib.sha256(data).hexdigest(),
        modify_time=timestamp(one.status.st_mtime),
        executable=is_executable(one.status),
    )


def _fill(out: BinaryIO, data: bytes) -> None:
    out.truncate(0)
    left = memoryview(data)
    while left:
        left = left[out.write(left) :]


def _error(outcome: FileOutcome) -> WinslowError | None:
    return from_status(Status.FromString(outcome.error)) if outcome.error else None
