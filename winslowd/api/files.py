"""FileService: files and uploads."""

# ruff: noqa: N802 - the contract names the methods

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from google.protobuf.empty_pb2 import Empty

from winslow.errors import InvalidArgument, WinslowError
from winslow.v1 import file_pb2, file_service_pb2_grpc
from winslow.v1 import file_service_pb2 as pb
from winslow.wire import names
from winslow.wire.file import usage_to_proto
from winslow.wire.status import to_status
from winslow.wire.times import unix_seconds
from winslowd.api import decoding, encoding
from winslowd.api.call import asker, request_of
from winslowd.usecases import known
from winslowd.usecases.archives import Archives
from winslowd.usecases.files import Files, FileShown
from winslowd.usecases.packing import gathered
from winslowd.usecases.small import Given, SmallFiles, Whole
from winslowd.usecases.thumbnails import Thumbnails
from winslowd.usecases.trees import Trees
from winslowd.usecases.uploads import Uploads

_FORMATS = {
    pb.ARCHIVE_FORMAT_UNSPECIFIED: "zip",
    pb.ARCHIVE_FORMAT_ZIP: "zip",
    pb.ARCHIVE_FORMAT_TAR: "tar",
}


class FileService(file_service_pb2_grpc.FileServiceServicer):
    def __init__(
        self,
        files: Files,
        uploads: Uploads,
        small: SmallFiles,
        trees: Trees,
        archives: Archives,
        thumbnails: Thumbnails,
    ) -> None:
        self._files = files
        self._uploads = uploads
        self._small = small
        self._trees = trees
        self._archives = archives
        self._thumbnails = thumbnails

    async def StatFile(self, request: pb.StatFileRequest, context: Any) -> file_pb2.File:
        return encoding.file(await self._files.stat(asker(), request.path))

    async def ListFiles(self, request: pb.ListFilesRequest, context: Any) -> pb.ListFilesResponse:
        page = await self._files.list(asker(), request.path, decoding.ask(request))
        files = [encoding.file(one) for one in page.items]
        return pb.ListFilesResponse(files=files, next_page_token=page.next_page_token, unordered=page.unordered)

    async def SearchFiles(self, request: pb.SearchFilesRequest, context: Any) -> pb.SearchFilesResponse:
        page = await self._trees.search(asker(), request.path, request.query, decoding.ask(request))
        files = [encoding.file(one) for one in page.items]
        return pb.SearchFilesResponse(files=files, next_page_token=page.next_page_token)

    async def ArchiveFiles(
        self, request: pb.ArchiveFilesRequest, context: Any
    ) -> AsyncIterator[pb.ArchiveFilesResponse]:
        format_ = _FORMATS.get(request.format, "")
        archive = await self._archives.pack(asker(), request.paths, format_)
        async for data in gathered(archive.stream):
            yield pb.ArchiveFilesResponse(data=data)

    async def UnpackArchive(self, request: pb.UnpackArchiveRequest, context: Any) -> file_pb2.File:
        await self._trees.unpack(request_of(request), request.path, request.target)
        return encoding.file(await self._files.stat(asker(), request.target))

    async def ReadFile(self, request: pb.ReadFileRequest, context: Any) -> AsyncIterator[pb.ReadFileResponse]:
        shown, pieces = await self._files.read(
            asker(), request.path, request.offset, request.size, request.expected_etag
        )
        yield pb.ReadFileResponse(file=encoding.file(shown), offset=request.offset)
        async for offset, data in pieces:
            yield pb.ReadFileResponse(offset=offset, data=data)

    async def MakeDirectory(self, request: pb.MakeDirectoryRequest, context: Any) -> file_pb2.File:
        await self._files.make_directory(request_of(request), request.path)
        return encoding.file(await self._files.stat(asker(), request.path))

    async def MoveFile(self, request: pb.MoveFileRequest, context: Any) -> file_pb2.File:
        await self._trees.move(request_of(request), request.source, request.target)
        return encoding.file(await self._files.stat(asker(), request.target))

    async def CopyFile(self, request: pb.CopyFileRequest, context: Any) -> file_pb2.File:
        await self._files.copy(request_of(request), request.source, request.target)
        return encoding.file(await self._files.stat(asker(), request.target))

    async def DeleteFile(self, request: pb.DeleteFileRequest, context: Any) -> Empty:
        await self._files.delete(
            request_of(request), request.path, recursive=request.recursive, expected_etag=request.expected_etag
        )
        return Empty()

    async def GetFileUsage(self, request: pb.GetFileUsageRequest, context: Any) -> file_pb2.FileUsage:
        totals = await self._files.usage(asker(), request.path)
        return usage_to_proto(totals, request.path, known.quota_at(self._files.store.view, request.path))

    async def GetFileDigest(self, request: pb.GetFileDigestRequest, context: Any) -> pb.GetFileDigestResponse:
        shown, digest = await self._files.digest(asker(), request.path)
        return pb.GetFileDigestResponse(sha256=digest, etag=shown.etag)

    # ---- small files

    async def StatFiles(self, request: pb.StatFilesRequest, context: Any) -> pb.StatFilesResponse:
        outcomes = await self._small.stat(asker(), request.paths)
        return pb.StatFilesResponse(outcomes=[_outcome(one) for one in outcomes])

    async def PutFiles(self, request: pb.PutFilesRequest, context: Any) -> pb.PutFilesResponse:
        given = [
            Given(one.path, one.data, one.sha256, unix_seconds(one.modify_time), one.executable)
            for one in request.files
        ]
        outcomes = await self._small.put(asker(), given, replace=request.replace)
        return pb.PutFilesResponse(outcomes=[_outcome(one) for one in outcomes])

    async def ReadFiles(self, request: pb.ReadFilesRequest, context: Any) -> AsyncIterator[pb.ReadFilesResponse]:
        async for outcomes in self._small.read(asker(), request.paths):
            yield pb.ReadFilesResponse(files=[_whole(one) for one in outcomes])

    async def GetThumbnail(self, request: pb.GetThumbnailRequest, context: Any) -> pb.GetThumbnailResponse:
        found = await self._thumbnails.get(asker(), request.path, request.size)
        return pb.GetThumbnailResponse(data=found.data, media_type="image/jpeg", etag=found.shown.etag)

    # ---- uploads

    async def BeginUpload(self, request: pb.BeginUploadRequest, context: Any) -> file_pb2.Upload:
        shown = await self._uploads.begin(
            request_of(request), request.path, request.size, request.sha256.lower(), replace=request.replace
        )
        return encoding.upload(shown)

    async def AppendUpload(
        self, request_iterator: AsyncIterator[pb.AppendUploadRequest], context: Any
    ) -> file_pb2.Upload:
        first = await anext(aiter(request_iterator), None)
        if first is None:
            raise InvalidArgument("Nothing was sent", reason="UPLOAD_EMPTY", hint="Send at least one message")
        pieces = _pieces(first, request_iterator)
        return encoding.upload(await self._uploads.append(asker(), names.parse_upload(first.name), pieces))

    async def GetUpload(self, request: pb.GetUploadRequest, context: Any) -> file_pb2.Upload:
        return encoding.upload(await self._uploads.get(asker(), names.parse_upload(request.name)))

    async def ListUploads(self, request: pb.ListUploadsRequest, context: Any) -> pb.ListUploadsResponse:
        return pb.ListUploadsResponse(uploads=[encoding.upload(one) for one in await self._uploads.list(asker())])

    async def CommitUpload(self, request: pb.CommitUploadRequest, context: Any) -> file_pb2.File:
        shown = await self._uploads.commit(
            asker(),
            names.parse_upload(request.name),
            request.sha256,
            modified=unix_seconds(request.modify_time),
            executable=request.executable,
        )
        return encoding.file(shown)

    async def CancelUpload(self, request: pb.CancelUploadRequest, context: Any) -> Empty:
        await self._uploads.cancel(asker(), names.parse_upload(request.name))
        return Empty()


async def _pieces(
    first: pb.AppendUploadRequest, rest: AsyncIterator[pb.AppendUploadRequest]
) -> AsyncIterator[tuple[int, bytes]]:
    if first.data:
        yield first.offset, first.data
    async for message in rest:
        if message.data:
            yield message.offset, message.data


def _outcome(found: FileShown | WinslowError) -> file_pb2.FileOutcome:
    if isinstance(found, WinslowError):
        return file_pb2.FileOutcome(error=to_status(found).SerializeToString())
    return file_pb2.FileOutcome(file=encoding.file(found))


def _whole(found: Whole | WinslowError) -> pb.WholeFile:
    if isinstance(found, WinslowError):
        return pb.WholeFile(outcome=_outcome(found))
    return pb.WholeFile(outcome=_outcome(found.shown), data=found.data, sha256=found.sha256)
