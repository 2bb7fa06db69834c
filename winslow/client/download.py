"""One download: into a hidden file beside its target, gone on with after a cut, verified, then shown at once.

The hidden file's name holds the remote file's etag, so a later call goes on with it only when it is the same content. It
never needs to know whether the file is one of many.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from winslow.client.calls import Calls
from winslow.client.patience import Patience
from winslow.client.transfer import Progress, hash_of, local_fault, unwatched
from winslow.errors import AlreadyExists, DataLoss, FailedPrecondition, InvalidArgument, WinslowError
from winslow.v1 import file_service_pb2 as pb
from winslow.v1.file_pb2 import FILE_KIND_DIRECTORY, FILE_KIND_FILE, File

DIGEST_DEADLINE = 3600.0
CHANGES_MAX = 3
"""How often a file that is written to while it is read is begun anew."""


class Download:
    """Fetches `path`."""

    def __init__(self, calls: Calls, path: str, progress: Progress = unwatched) -> None:
        self._calls = calls
        self._path = path
        self._progress = progress

    def chunks(self, offset: int = 0, size: int = 0, etag: str = "") -> Iterator[bytes]:
        """The file's bytes; after a cut it goes on where it was, and only while the file is the same.

        Raises FailedPrecondition or Conflict (FILE_CHANGED), and what the server says.
        """
        patience = Patience(self._calls.cut_patience)
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

    def fetch(self, local: Path, replace: bool) -> Path:
        """Raises AlreadyExists (LOCAL_FILE_EXISTS) unless `replace` or it is the same, DataLoss (CHECKSUM_MISMATCH)."""
        try:
            for left in reversed(range(CHANGES_MAX)):
                try:
                    return self._fetch(local, replace)
                except WinslowError as error:
                    if error.reason != "FILE_CHANGED" or not left:
                        raise
            raise AssertionError("unreachable")
        except OSError as error:
            raise local_fault(error, local) from error

    def _fetch(self, local: Path, replace: bool) -> Path:
        file = self._calls.unary("FileService/StatFile", pb.StatFileRequest(path=self._path), File)
        self._check_kind(file)
        if local.exists() and not replace:
            return self._same_or_refuse(local, file)
        partial = partial_path(local, file)
        for old in local.parent.glob(f"{_prefix(local)}*"):
            if old != partial:
                old.unlink()
        self._fill(partial, file)
        self._verify(partial, file)
        os.replace(partial, local)  # noqa: PTH105 - as atomic as its name
        self._progress(self._path, file.size, file.size)
        return local

    def _check_kind(self, file: File) -> None:
        if file.kind == FILE_KIND_DIRECTORY:
            raise FailedPrecondition(
                f"{self._path} is a directory", reason="IS_DIRECTORY", subject=self._path, hint="Ask for it with -r"
            )
        if file.kind != FILE_KIND_FILE:
            raise InvalidArgument(f"{self._path} is not a regular file", reason="NOT_A_FILE", subject=self._path)

    def _same_or_refuse(self, local: Path, file: File) -> Path:
        if local.is_file() and local.stat().st_size == file.size and hash_of(local) == self._digest():
            self._progress(self._path, file.size, file.size)
            return local
        raise AlreadyExists(
            f"{local} exists and is another file",
            reason="LOCAL_FILE_EXISTS",
            subject=str(local),
            hint="Put the new one in its place with --force, or choose another name",
        )

    def _fill(self, partial: Path, file: File) -> None:
        with partial.open("ab") as out:
            have = out.tell()
            if have > file.size:
                out.truncate(0)
                have = 0
            self._progress(self._path, have, file.size)
            if have == file.size:
                return
            for data in self.chunks(have, 0, file.etag):
                out.write(data)
                have += len(data)
                self._progress(self._path, have, file.size)

    def _verify(self, partial: Path, file: File) -> None:
        if partial.stat().st_size == file.size and hash_of(partial) == self._digest():
            return
        partial.unlink()
        raise DataLoss(
            f"What arrived of {self._path} is not what is there",
            reason="CHECKSUM_MISMATCH",
            subject=self._path,
            hint="Fetch it again; if it happens again, a disk or a network is at fault",
        )

    def _digest(self) -> str:
        request = pb.GetFileDigestRequest(path=self._path)
        return self._calls.unary(
            "FileService/GetFileDigest", request, pb.GetFileDigestResponse, deadline=DIGEST_DEADLINE
        ).sha256


def partial_path(local: Path, file: File) -> Path:
    """Where a download is kept until it is complete; another content of the same name has another place."""
    mark = hashlib.sha256(f"{file.path}\n{file.etag}\n{file.size}".encode()).hexdigest()[:12]
    return local.with_name(f"{_prefix(local)}{mark}")


def _prefix(local: Path) -> str:
    return f".{local.name[:200]}.winslow-"
