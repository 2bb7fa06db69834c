"""Files, over the wire: what lies in pools, workspaces and outputs, and how it gets there and back.

A path is one of the contract's: `resources/...`, `projects/P/input/...`, `projects/P/stages/S/output/...`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from google.protobuf.empty_pb2 import Empty

from winslow.client.calls import Calls
from winslow.client.transfer import DIGEST_DEADLINE, Meter, Options, Progress, unwatched
from winslow.errors import NotFound
from winslow.v1 import file_service_pb2 as pb
from winslow.v1.file_pb2 import FILE_KIND_DIRECTORY, File, FileUsage

if TYPE_CHECKING:  # what transfers need is loaded by the first one: a listing starts without
    from winslow.client.trees import Tree, Trees


class Files:
    """What FileService offers, and transfers made of it that go on where they were cut."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def stat(self, path: str) -> File:
        return self._calls.unary("FileService/StatFile", pb.StatFileRequest(path=path), File)

    def list(self, path: str = "") -> Iterator[File]:
        """A directory's entries by name; of no path, the roots."""
        request = pb.ListFilesRequest(path=path)
        return self._calls.pages("FileService/ListFiles", request, pb.ListFilesResponse, "files")

    def search(self, path: str, query: str) -> Iterator[File]:
        """Entries at any depth whose names match."""
        request = pb.SearchFilesRequest(path=path, query=query)
        return self._calls.pages("FileService/SearchFiles", request, pb.SearchFilesResponse, "files")

    def usage(self, path: str) -> FileUsage:
        """Recursive size and counts."""
        request = pb.GetFileUsageRequest(path=path)
        return self._calls.unary("FileService/GetFileUsage", request, FileUsage, deadline=DIGEST_DEADLINE)

    def digest(self, path: str) -> str:
        """SHA-256 of a file's content, lower-case hexadecimal."""
        request = pb.GetFileDigestRequest(path=path)
        return self._calls.unary(
            "FileService/GetFileDigest", request, pb.GetFileDigestResponse, deadline=DIGEST_DEADLINE
        ).sha256

    def make_directory(self, path: str, *, request_id: str = "") -> File:
        """With its parents; one that is there stays."""
        request = pb.MakeDirectoryRequest(request_id=request_id, path=path)
        return self._calls.unary("FileService/MakeDirectory", request, File)

    def move(self, source: str, target: str, *, request_id: str = "") -> File:
        request = pb.MoveFileRequest(request_id=request_id, source=source, target=target)
        return self._calls.unary("FileService/MoveFile", request, File, deadline=DIGEST_DEADLINE)

    def copy(self, source: str, target: str, *, request_id: str = "") -> File:
        """In the servers; a file or a directory."""
        request = pb.CopyFileRequest(request_id=request_id, source=source, target=target)
        return self._calls.unary("FileService/CopyFile", request, File, deadline=DIGEST_DEADLINE)

    def delete(self, path: str, *, recursive: bool = False, request_id: str = "") -> None:
        request = pb.DeleteFileRequest(request_id=request_id, path=path, recursive=recursive)
        self._calls.unary("FileService/DeleteFile", request, Empty, deadline=DIGEST_DEADLINE)

    def read(self, path: str, offset: int = 0, size: int = 0, expected_etag: str = "") -> Iterator[bytes]:
        """A file's bytes, or a range of them; 0 for all that follow. A cut connection is taken up where it broke."""
        from winslow.client.download import Download

        return Download(self._calls, path).chunks(offset, size, expected_etag)

    def read_bytes(self, path: str) -> bytes:
        """The whole of a small file."""
        return b"".join(self.read(path))

    def archive(self, paths: Iterable[str], format: pb.ArchiveFormat = pb.ARCHIVE_FORMAT_ZIP) -> Iterator[bytes]:
        """Files and directories as one zip or tar, made as it is read."""
        request = pb.ArchiveFilesRequest(paths=paths, format=format)
        for piece in self._calls.stream("FileService/ArchiveFiles", request, pb.ArchiveFilesResponse):
            yield piece.data

    def unpack(self, path: str, target: str, *, request_id: str = "") -> File:
        """Unpack an archive that was uploaded into a directory."""
        request = pb.UnpackArchiveRequest(request_id=request_id, path=path, target=target)
        return self._calls.unary("FileService/UnpackArchive", request, File, deadline=DIGEST_DEADLINE)

    def thumbnail(self, path: str, size: int = 0) -> bytes:
        """A JPEG of an image or a video, at most `size` pixels in width and height (0: 320)."""
        request = pb.GetThumbnailRequest(path=path, size=size)
        return self._calls.unary(
            "FileService/GetThumbnail", request, pb.GetThumbnailResponse, deadline=DIGEST_DEADLINE
        ).data

    def upload(self, local: Path | str, path: str, *, replace: bool = False, progress: Progress = unwatched) -> File:
        """Send a file; it appears whole, verified by SHA-256, or not at all. Its time and executable bit go with it.

        Goes on after a cut, and where an earlier call for the same file was stopped. A file that is already there and the
        same is left alone; another one is refused, AlreadyExists (FILE_EXISTS), unless `replace`.
        """
        from winslow.client.upload import Upload

        return Upload(self._calls, Path(local), path, Options(replace), progress=progress).send()

    def download(self, path: str, local: Path | str, *, replace: bool = False, progress: Progress = unwatched) -> Path:
        """Fetch a file; it appears whole, verified by SHA-256, or not at all. Otherwise like `upload`."""
        from winslow.client.download import Download

        Download(self._calls, path, Options(replace), progress=progress).fetch(Path(local))
        return Path(local)

    def upload_tree(
        self, local: Path | str, path: str, *, replace: bool = False, progress: Progress = unwatched
    ) -> Tree:
        """Send a directory's content into the directory `path`, a few files at once. Run again, it sends what is missing.

        Raises NotFound (LOCAL_FILE_NOT_FOUND), and the first error that any file has.
        """
        local = Path(local)
        if not local.is_dir():
            raise NotFound(f"There is no directory {local}", reason="LOCAL_FILE_NOT_FOUND", subject=str(local))
        return self._trees(Options(replace), progress=progress).upload([(local, path)])

    def download_tree(
        self, path: str, local: Path | str, *, replace: bool = False, progress: Progress = unwatched
    ) -> Tree:
        """Fetch a directory's content into the directory `local`. Run again, it fetches what is missing."""
        top = File(path=path.rstrip("/"), kind=FILE_KIND_DIRECTORY)
        return self._trees(Options(replace), progress=progress).download([(top, Path(local))])

    def send(self, pairs: Iterable[tuple[Path, str]], options: Options, meter: Meter) -> Tree:
        """Send files and directories to their paths. What one file alone cannot have is told in the answer and stops no other."""
        return self._trees(options, meter=meter, keep_going=True).upload(pairs)

    def fetch(self, pairs: Iterable[tuple[File, Path]], options: Options, meter: Meter) -> Tree:
        """Fetch files and directories to their places; otherwise like `send`."""
        return self._trees(options, meter=meter, keep_going=True).download(pairs)

    def _trees(
        self, options: Options, *, progress: Progress = unwatched, meter: Meter | None = None, keep_going: bool = False
    ) -> Trees:
        from winslow.client.trees import Trees

        return Trees(self._calls, options, progress=progress, meter=meter, keep_going=keep_going)
