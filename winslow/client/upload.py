"""One upload: begin or find it, send what is missing, commit.

The server keeps how far it got, so an upload goes on after a cut, a restart of the daemon, or a second call from a new
process, which finds it by path and size. That this file is the one that was begun is proven at the end: SHA-256 over
the whole of it is compared on both sides, and an old beginning that does not fit is thrown away.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from google.protobuf.empty_pb2 import Empty

from winslow.client.calls import Calls
from winslow.client.patience import Patience
from winslow.client.transfer import BLOCK, Progress, changed, hash_of, hashed, local_fault
from winslow.errors import AlreadyExists, Code, DataLoss, NotFound, Unimplemented, WinslowError
from winslow.v1 import file_pb2
from winslow.v1 import file_service_pb2 as pb

COMMIT_DEADLINE = 3600.0
"""Seconds; the server may have to read the whole file to verify it."""


def under_way(calls: Calls) -> Mapping[str, file_pb2.Upload]:
    """The caller's uploads that were begun and can be gone on with, by path."""
    try:
        found = list(calls.pages("FileService/ListUploads", pb.ListUploadsRequest(), pb.ListUploadsResponse, "uploads"))
    except Unimplemented:
        return {}  # then every call begins anew
    return {upload.path: upload for upload in found}


class Upload:
    """Sends `local` to `path`, going on with one of `begun` where it fits. Runs once; make another to try again."""

    def __init__(
        self,
        calls: Calls,
        local: Path,
        path: str,
        *,
        replace: bool,
        progress: Progress,
        begun: Mapping[str, file_pb2.Upload],
    ) -> None:
        self._calls = calls
        self._local = local
        self._path = path
        self._replace = replace
        self._progress = progress
        self._begun = begun.get(path)
        self._sha256 = ""
        self._fault: BaseException | None = None

    def send(self) -> file_pb2.File:
        """Raises what the server says, Conflict (LOCAL_FILE_CHANGED), NotFound (LOCAL_FILE_NOT_FOUND)."""
        try:
            before = self._local.stat()
            sent = self._gone_on(before) or self._anew(before)
        except OSError as error:
            raise local_fault(error, self._local) from error
        self._progress(self._path, sent.size, sent.size)
        return sent

    def _gone_on(self, before: os.stat_result) -> file_pb2.File | None:
        """Finish what an earlier call began; None when there is nothing of it that can be used."""
        upload = self._begun
        if upload is None or upload.size != before.st_size:
            return None
        try:
            return self._finish(upload, before)
        except (DataLoss, AlreadyExists, NotFound):  # of another file, for another `replace`, or forgotten meanwhile
            self._calls.unary("FileService/CancelUpload", pb.CancelUploadRequest(name=upload.name), Empty)
            return None

    def _anew(self, before: os.stat_result) -> file_pb2.File:
        request = pb.BeginUploadRequest(path=self._path, size=before.st_size, replace=self._replace)
        try:
            upload = self._calls.unary("FileService/BeginUpload", request, file_pb2.Upload)
        except AlreadyExists as error:
            return self._same_or(error, before.st_size)
        return self._finish(upload, before)

    def _same_or(self, error: AlreadyExists, size: int) -> file_pb2.File:
        """The file that is there when it is the same; otherwise the refusal stands."""
        there = self._calls.unary("FileService/StatFile", pb.StatFileRequest(path=self._path), file_pb2.File)
        if there.kind != file_pb2.FILE_KIND_FILE or there.size != size:
            raise error
        request = pb.GetFileDigestRequest(path=self._path)
        digest = self._calls.unary(
            "FileService/GetFileDigest", request, pb.GetFileDigestResponse, deadline=COMMIT_DEADLINE
        )
        if digest.sha256 != hash_of(self._local):
            raise error
        return there

    def _finish(self, upload: file_pb2.Upload, before: os.stat_result) -> file_pb2.File:
        self._append(upload, before.st_size)
        after = self._local.stat()
        if (after.st_size, after.st_mtime_ns) != (before.st_size, before.st_mtime_ns):
            raise changed(self._local)
        request = pb.CommitUploadRequest(name=upload.name, sha256=self._sha256)
        return self._calls.unary("FileService/CommitUpload", request, file_pb2.File, deadline=COMMIT_DEADLINE)

    def _append(self, upload: file_pb2.Upload, size: int) -> None:
        """Send until the server has all of it; leaves the hash of the whole file."""
        patience = Patience(self._calls.cut_patience)
        offset = upload.offset
        while offset < size:
            reached = self._append_once(upload.name, offset, size, patience)
            if reached > offset:
                patience.renew()
            offset = reached
            self._progress(self._path, offset, size)
        self._sha256 = self._sha256 or hash_of(self._local)

    def _append_once(self, name: str, offset: int, size: int, patience: Patience) -> int:
        """Where the upload is after sending all that is missing, or as much of it as went through."""
        pieces = self._pieces(name, offset, size)
        try:
            return self._calls.send("FileService/AppendUpload", pieces, pb.AppendUploadRequest, file_pb2.Upload).offset
        except WinslowError as error:
            if self._fault:
                raise self._fault from None
            if error.code is not Code.OUT_OF_RANGE:  # that one says only that the offset is another: it is asked for
                patience.pause(error)
            now = self._calls.unary("FileService/GetUpload", pb.GetUploadRequest(name=name), file_pb2.Upload)
            if error.code is Code.OUT_OF_RANGE and now.offset == offset:
                raise
            return now.offset

    def _pieces(self, name: str, offset: int, size: int) -> Iterator[pb.AppendUploadRequest]:
        """The file from `offset` on. Runs in a thread of gRPC's, which drops errors: `_fault` keeps them."""
        try:
            with self._local.open("rb") as file:
                digest = hashed(file, offset)
                while offset < size:
                    data = file.read(min(BLOCK, size - offset))
                    if not data:
                        raise changed(self._local)  # noqa: TRY301 - as every error here, it is kept below
                    digest.update(data)
                    yield pb.AppendUploadRequest(name=name, offset=offset, data=data)
                    offset += len(data)
                    self._progress(self._path, offset, size)
                self._sha256 = digest.hexdigest()
        except Exception as error:
            self._fault = error
            raise
