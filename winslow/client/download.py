"""One download: into a hidden file beside its target, gone on with after a cut, verified, then shown at once.

It never needs to know whether the file is one of many.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from winslow.client.calls import Calls
from winslow.client.hashing import Hashing
from winslow.client.partial import exists, fetched, leftovers, sync_directory
from winslow.client.patience import Patience
from winslow.client.transfer import (
    DIGEST_DEADLINE,
    Halt,
    Meter,
    Options,
    Progress,
    hash_of,
    is_same,
    local_fault,
    unwatched,
)
from winslow.errors import DataLoss, FailedPrecondition, InvalidArgument, WinslowError
from winslow.v1 import file_service_pb2 as pb
from winslow.v1.file_pb2 import FILE_KIND_DIRECTORY, FILE_KIND_FILE, File

CHANGES_MAX = 3
"""How often a file that is written to while it is read is begun anew."""


class Download:
    """Fetches `path`."""

    def __init__(
        self,
        calls: Calls,
        path: str,
        options: Options | None = None,
        *,
        progress: Progress = unwatched,
        meter: Meter | None = None,
        halt: Halt | None = None,
    ) -> None:
        self._calls = calls
        self._path = path
        self._options = options or Options()
        self._progress = progress
        self._meter = meter or Meter()
        self._halt = halt or Halt()
        self._told = 0

    def chunks(self, offset: int = 0, size: int = 0, etag: str = "") -> Iterator[bytes]:
        """The file's bytes; after a cut it goes on where it was, and only while the file is the same.

        Raises FailedPrecondition or Conflict (FILE_CHANGED), and what the server says.
        """
        patience = Patience(self._calls.cut_patience, sleep=self._halt.sleep)
        request = pb.ReadFileRequest(path=self._path, offset=offset, size=size, expected_etag=etag)
        while True:
            try:
                for piece in self._calls.stream("FileService/ReadFile", request, pb.ReadFileResponse):
                    if piece.HasField("file"):
                        request.expected_etag = piece.file.etag
                    if piece.data:
                        patience.renew()
                        request.offset += len(piece.data)
                        request.size -= len(piece.data) if size else 0
                        yield piece.data
            except WinslowError as error:
                patience.pause(error)
                if size and not request.size:
                    return  # all that was wanted had come
            else:
                return

    def fetch(self, local: Path, file: File | None = None, left: Collection[str] | None = None) -> File:
        """Fetch it to `local`; `file` is what is known of it, `left` are names of partial files that lie there.

        Raises AlreadyExists (LOCAL_FILE_EXISTS) unless it is to be replaced or the same, DataLoss (CHECKSUM_MISMATCH).
        """
        try:
            for more in reversed(range(CHANGES_MAX)):
                try:
                    return self._fetch(local, file or self._stat(), left)
                except WinslowError as error:
                    if error.reason not in {"FILE_CHANGED", "CHECKSUM_MISMATCH"} or not more:
                        raise
                    file = None  # another content by now, or an old beginning that went bad: once more, from its start
            raise AssertionError("unreachable")
        except FileExistsError as error:
            raise exists(local) from error
        except OSError as error:
            raise local_fault(error, local) from error

    def _stat(self) -> File:
        file = self._calls.unary("FileService/StatFile", pb.StatFileRequest(path=self._path), File)
        if file.kind == FILE_KIND_DIRECTORY:
            raise FailedPrecondition(
                f"{self._path} is a directory", reason="IS_DIRECTORY", subject=self._path, hint="Ask for it with -r"
            )
        if file.kind != FILE_KIND_FILE:
            raise InvalidArgument(f"{self._path} is not a regular file", reason="NOT_A_FILE", subject=self._path)
        return file

    def _fetch(self, local: Path, file: File, left: Collection[str] | None) -> File:
        was_fetched = fetched(
            local,
            file,
            is_kept=lambda: self._is_kept(local, file),
            fill=lambda partial, out: self._fill(partial, out, file),
            left=leftovers(local.parent) if left is None else left,
            replace=self._options.replace,
            halt=self._halt,
        )
        if was_fetched:
            sync_directory(local.parent)
        self._tell(file.size, file.size, sent=False)
        self._meter.finished(self._path, file.size, skipped=not was_fetched)
        return file

    def _is_kept(self, local: Path, file: File) -> bool:
        """Whether what is here is the file. Raises AlreadyExists (LOCAL_FILE_EXISTS) where it is another, not to be replaced."""
        try:
            here = local.stat()
        except FileNotFoundError:
            return False
        if is_same(file, here) and not self._options.checksum:
            return True
        if local.is_file() and here.st_size == file.size and hash_of(local, halt=self._halt) == self._digest():
            return True
        if self._options.replace:
            return False
        raise exists(local)

    def _fill(self, partial: Path, out: BinaryIO, file: File) -> None:
        """Fetch what is missing and verify the whole."""
        with _Aside(self._digest) as expected, Hashing(partial) as hashing:
            self._receive(out, file, hashing)
            if out.tell() != file.size or hashing.digest(file.size) != expected.value():
                partial.unlink()
                raise corrupt(self._path)

    def _receive(self, out: BinaryIO, file: File, hashing: Hashing) -> None:
        have = out.tell()
        if have > file.size:
            out.truncate(0)
            have = out.seek(0)
        self._tell(have, file.size, sent=False)
        if have == file.size:
            return
        hashing.allow(have)
        for data in self.chunks(have, 0, file.etag):
            left = memoryview(data)
            while left:
                left = left[out.write(left) :]
            have += len(data)
            hashing.allow(have)
            self._tell(have, file.size)

    def _digest(self) -> str:
        request = pb.GetFileDigestRequest(path=self._path)
        patience = Patience(self._calls.cut_patience, sleep=self._halt.sleep)
        return self._calls.unary(
            "FileService/GetFileDigest", request, pb.GetFileDigestResponse, deadline=DIGEST_DEADLINE, patience=patience
        ).sha256

    def _tell(self, done: int, size: int, sent: bool = True) -> None:
        self._halt.check()
        self._meter.moved(self._path, done - self._told, sent)
        self._told = done
        self._progress(self._path, done, size)


class _Aside:
    """A question that is asked in a thread of its own while other work is done."""

    def __init__(self, ask: Callable[[], str]) -> None:
        self._ask = ask
        self._answer = ""
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="winslow-digest", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nobody waits for an answer that is not needed any more."""

    def value(self) -> str:
        self._thread.join()
        if self._error:
            raise self._error
        return self._answer

    def _run(self) -> None:
        try:
            self._answer = self._ask()
        except Exception as error:
            self._error = error


def corrupt(path: str) -> DataLoss:
    return DataLoss(
        f"What arrived of {path} is not what is there",
        reason="CHECKSUM_MISMATCH",
        subject=path,
        hint="Fetch it again; if it happens again, a disk or a network is at fault",
    )
