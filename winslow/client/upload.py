"""One upload: begin or find it, send what is missing, commit.

The server keeps how far it got, under a request ID that follows from the file here (where it lies, its size and time) and from
its target. So an upload goes on after a cut, a restart of either side or of the machine. That what arrived is what is here is
proven at the end: SHA-256 over the whole is compared on both sides.
"""

from __future__ import annotations

import hashlib
import os
import platform
import stat
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from google.protobuf.message import Message

from winslow.client.calls import UNARY_DEADLINE, Calls
from winslow.client.hashing import Hashing
from winslow.client.patience import Patience
from winslow.client.transfer import (
    BLOCK,
    DIGEST_DEADLINE,
    Halt,
    Meter,
    Options,
    Progress,
    changed,
    hash_of,
    is_executable,
    is_same,
    local_fault,
    unwatched,
)
from winslow.errors import AlreadyExists, Code, DataLoss, InvalidArgument, NotFound, WinslowError
from winslow.v1 import file_pb2
from winslow.v1 import file_service_pb2 as pb
from winslow.wire.times import timestamp

M = TypeVar("M", bound=Message)

GENERATIONS = 4
"""How many uploads of the same file may have been made to the same target within a day and still be found again."""
AHEAD = 64 << 20
"""Bytes that the hash may be ahead of what was sent: what it has read is still in memory when it is sent."""
OTHERS_PAUSE = 0.5
"""Seconds after which an upload that somebody else goes on with is looked at again."""


class Upload:
    """Sends `local` to `path`. Runs once; make another to try again."""

    def __init__(
        self,
        calls: Calls,
        local: Path,
        path: str,
        options: Options,
        *,
        progress: Progress = unwatched,
        meter: Meter | None = None,
        halt: Halt | None = None,
    ) -> None:
        self._calls = calls
        self._local = local
        self._path = path
        self._options = options
        self._progress = progress
        self._meter = meter or Meter()
        self._halt = halt or Halt()
        self._fault: BaseException | None = None
        self._told = self._size = 0
        self._telling = threading.Lock()

    def send(self) -> file_pb2.File:
        """Raises what the server says, Conflict (LOCAL_FILE_CHANGED), NotFound (LOCAL_FILE_NOT_FOUND)."""
        try:
            before = self._local.stat()
            _require_file(self._local, before)
            self._size = before.st_size
            there = self._there()
            kept = there is not None and self._is_kept(there, before)
            sent = there if there is not None and kept else self._anew(before)
        except OSError as error:
            raise local_fault(error, self._local) from error
        self._tell(before.st_size, before.st_size, sent=False)
        self._meter.finished(self._path, before.st_size, skipped=kept)
        return sent

    def _there(self) -> file_pb2.File | None:
        try:
            return self._unary("StatFile", pb.StatFileRequest(path=self._path), file_pb2.File)
        except NotFound as error:
            if error.reason != "FILE_NOT_FOUND":
                raise
            return None

    def _is_kept(self, there: file_pb2.File, before: os.stat_result) -> bool:
        """Whether what is there is this file. Raises AlreadyExists (FILE_EXISTS) where it is another, and not to be replaced."""
        if is_same(there, before) and not self._options.checksum:
            return True
        if there.kind == file_pb2.FILE_KIND_FILE and there.size == before.st_size and self._has_digest(there):
            return True
        if self._options.replace:
            return False
        raise AlreadyExists(
            f"{self._path} is there already, and is another file",
            reason="FILE_EXISTS",
            subject=self._path,
            hint="Replace it, or choose another name",
        )

    def _has_digest(self, there: file_pb2.File) -> bool:
        request = pb.GetFileDigestRequest(path=there.path)
        digest = self._calls.unary(
            "FileService/GetFileDigest", request, pb.GetFileDigestResponse, deadline=DIGEST_DEADLINE
        )
        return digest.sha256 == hash_of(self._local, halt=self._halt)

    def _anew(self, before: os.stat_result) -> file_pb2.File:
        """Begin it or go on with it. One that was finished before and whose file is gone or replaced is begun once more."""
        for generation in range(GENERATIONS):
            try:
                upload = self._begin(before, _request_id(self._local, self._path, before, self._options, generation))
            except NotFound as error:
                if error.reason not in {"UPLOAD_UNKNOWN", "UPLOAD_NOT_FOUND"}:
                    raise
                continue  # it was begun once, and is forgotten
            was_whole = upload.offset == upload.size
            sent = self._finish(upload, before)
            if not was_whole or self._is_shown(sent):
                return sent
        return self._finish(self._begin(before, uuid.uuid4().hex), before)

    def _is_shown(self, sent: file_pb2.File) -> bool:
        there = self._there()
        return there is not None and (there.size, there.etag) == (sent.size, sent.etag)

    def _begin(self, before: os.stat_result, request_id: str) -> file_pb2.Upload:
        request = pb.BeginUploadRequest(
            request_id=request_id, path=self._path, size=before.st_size, replace=self._options.replace
        )
        return self._unary("BeginUpload", request, file_pb2.Upload)

    def _finish(self, upload: file_pb2.Upload, before: os.stat_result) -> file_pb2.File:
        try:
            return self._send_and_commit(upload, upload.offset, before)
        except DataLoss:  # what an earlier process sent is not what is here; the server has thrown it away
            return self._send_and_commit(upload, 0, before)

    def _send_and_commit(self, upload: file_pb2.Upload, offset: int, before: os.stat_result) -> file_pb2.File:
        size = before.st_size
        with Hashing(self._local) as hashing:
            self._append(upload.name, offset, size, hashing)
            digest = hashing.digest(size)
        after = self._local.stat()
        if (after.st_size, after.st_mtime_ns, after.st_ino) != (size, before.st_mtime_ns, before.st_ino):
            raise changed(self._local)
        request = pb.CommitUploadRequest(
            name=upload.name,
            sha256=digest,
            modify_time=timestamp(before.st_mtime),
            executable=is_executable(before),
        )
        return self._unary("CommitUpload", request, file_pb2.File, deadline=DIGEST_DEADLINE)

    def _append(self, name: str, offset: int, size: int, hashing: Hashing) -> None:
        """Send until the server has all of it."""
        patience = Patience(self._calls.cut_patience, sleep=self._halt.sleep)
        self._tell(offset, size, sent=False)
        while offset < size:
            reached = self._append_once(name, offset, size, hashing, patience)
            if reached > offset:
                patience.renew()
            offset = reached
            self._tell(offset, size, sent=False)

    def _append_once(self, name: str, offset: int, size: int, hashing: Hashing, patience: Patience) -> int:
        """Where the upload is after sending all that is missing, or as much of it as went through."""
        pieces = self._pieces(name, offset, size, hashing)
        try:
            return self._calls.send("FileService/AppendUpload", pieces, pb.AppendUploadRequest, file_pb2.Upload).offset
        except WinslowError as error:
            if self._fault:
                raise self._fault from None
            if error.code is Code.OUT_OF_RANGE:
                return self._left_by_others(name)
            patience.pause(error)
            return self._offset(name)

    def _pieces(self, name: str, offset: int, size: int, hashing: Hashing) -> Iterator[pb.AppendUploadRequest]:
        """The file from `offset` on. Runs in a thread of gRPC's, which drops errors: `_fault` keeps them."""
        try:
            with self._local.open("rb", buffering=0) as file:
                file.seek(offset)
                while offset < size:
                    hashing.allow(offset + AHEAD)
                    data = file.read(min(BLOCK, size - offset))
                    if not data:
                        raise changed(self._local)  # noqa: TRY301 - as every error here, it is kept below
                    yield pb.AppendUploadRequest(name=name, offset=offset, data=data)
                    offset += len(data)
                    self._tell(offset, size)
        except Exception as error:
            self._fault = error
            raise

    def _left_by_others(self, name: str) -> int:
        """The offset is not where we were: the same file is sent by another process too. Goes on where that one ends."""
        before, now = -1, self._offset(name)
        while before != now:
            self._halt.sleep(OTHERS_PAUSE)
            before, now = now, self._offset(name)
            self._tell(now, self._size, sent=False)
        return now

    def _offset(self, name: str) -> int:
        return self._unary("GetUpload", pb.GetUploadRequest(name=name), file_pb2.Upload).offset

    def _unary(self, method: str, request: Message, kind: type[M], deadline: float = UNARY_DEADLINE) -> M:
        patience = Patience(self._calls.cut_patience, sleep=self._halt.sleep)
        return self._calls.unary(f"FileService/{method}", request, kind, deadline=deadline, patience=patience)

    def _tell(self, done: int, size: int, sent: bool = True) -> None:
        self._halt.check()
        with self._telling:  # a thread of gRPC's tells, and after a cut another one beside it
            self._meter.moved(self._path, done - self._told, sent)
            self._told = done
        self._progress(self._path, done, size)


def _require_file(local: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise InvalidArgument(
            f"{local} is not a regular file",
            reason="LOCAL_NOT_A_FILE",
            subject=str(local),
            hint="Of a pipe or device, send what it gives: winslowctl cp - TARGET",
        )


def _request_id(local: Path, path: str, status: os.stat_result, options: Options, generation: int) -> str:
    """The same for the same content of the same file and the same target, in whichever process and after any restart."""
    facts = (
        platform.node(),
        os.fsencode(local.resolve()).hex(),
        status.st_ino,
        status.st_size,
        status.st_mtime_ns,
        path,
        options.replace,
        generation,
    )
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:32]
