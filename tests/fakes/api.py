"""A small Winslow API in this process: real gRPC on a real socket, answers that a test says, and files that are kept.

What a test did not say is UNIMPLEMENTED, as at a daemon of another version. Errors are raised as in the daemon and travel as there.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import descriptor_pool, message_factory
from google.protobuf.empty_pb2 import Empty
from google.protobuf.timestamp_pb2 import Timestamp
from grpc_status import rpc_status

from winslow.errors import AlreadyExists, DataLoss, NotFound, OutOfRange, Unavailable, WinslowError
from winslow.v1 import (  # noqa: F401 - loading them puts the services into the descriptor pool
    cluster_service_pb2,
    election_service_pb2,
    event_service_pb2,
    file_pb2,
    file_service_pb2,
    log_service_pb2,
    node_service_pb2,
    pipeline_service_pb2,
    project_service_pb2,
    run_service_pb2,
    settings_service_pb2,
    stage_service_pb2,
)
from winslow.wire.status import STALE, to_status

Answer = Callable[..., Any]


class FakeApi(grpc.GenericRpcHandler):
    """`on("RunService/GetRun", answer)`: `answer(request)` returns or yields messages, or raises a WinslowError.

    `seen` has every request in order as (method, message); of streams of requests, the answer sees the iterator.
    """

    def __init__(self, socket: Path) -> None:
        self.socket = socket
        self.address = f"unix:{socket}"
        self.seen: list[tuple[str, Any]] = []
        self.stale = False
        """Whether it answers as a node does that is cut off from etcd."""
        self._answers: dict[str, Answer] = {}
        self._server: grpc.Server | None = None

    def on(self, method: str, answer: Answer | Any) -> None:
        self._answers[method] = answer if callable(answer) else lambda request: answer

    def requests(self, method: str) -> list[Any]:
        return [request for name, request in self.seen if name == method]

    def start(self) -> None:
        self._server = grpc.server(ThreadPoolExecutor(8), handlers=[self])
        self._server.add_insecure_port(self.address)
        self._server.start()

    def stop(self) -> None:
        """Cut every call that is under way, as a killed daemon does."""
        if self._server:
            self._server.stop(0).wait()
            self._server = None

    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler | None:
        service, method = details.method.strip("/").split("/")
        described = descriptor_pool.Default().FindServiceByName(service).FindMethodByName(method)
        name = f"{service.rpartition('.')[2]}/{method}"
        answer = self._answers.get(name)
        if answer is None:
            return None
        kinds = ("stream" if one else "unary" for one in (described.client_streaming, described.server_streaming))
        shape = getattr(grpc, f"{'_'.join(kinds)}_rpc_method_handler")
        behaviour = self._streaming if described.server_streaming else self._unary
        handler: grpc.RpcMethodHandler = shape(
            lambda request, context: behaviour(name, answer, request, context),
            request_deserializer=message_factory.GetMessageClass(described.input_type).FromString,
            response_serializer=message_factory.GetMessageClass(described.output_type).SerializeToString,
        )
        return handler

    def _unary(self, name: str, answer: Answer, request: Any, context: grpc.ServicerContext) -> Any:
        self._meet(name, request, context)
        try:
            return answer(request)
        except WinslowError as error:
            context.abort_with_status(rpc_status.to_status(to_status(error)))

    def _streaming(self, name: str, answer: Answer, request: Any, context: grpc.ServicerContext) -> Iterator[Any]:
        self._meet(name, request, context)
        try:
            yield from answer(request)
        except WinslowError as error:
            context.abort_with_status(rpc_status.to_status(to_status(error)))

    def _meet(self, name: str, request: Any, context: grpc.ServicerContext) -> None:
        self.seen.append((name, request))
        if self.stale:
            context.set_trailing_metadata(((STALE, "true"),))


def cut() -> Unavailable:
    """What a client sees when the daemon goes away in the middle."""
    return Unavailable("the daemon is going away", reason="SHUTTING_DOWN")


class FakeFiles:
    """FileService over a dictionary. `cut_appends` and `cut_reads` say after how many bytes the next streams are cut."""

    PIECE = 1 << 16

    def __init__(self, api: FakeApi) -> None:
        self.content: dict[str, bytes] = {}
        self.directories: set[str] = {"projects/bikes/input"}
        self.kept: dict[str, tuple[Timestamp, bool]] = {}
        """Times and executable bits of files that came with them."""
        self.uploads: dict[str, file_pb2.Upload] = {}
        self.shown: dict[str, file_pb2.File] = {}
        """What was committed, by the upload's name: committed twice, it answers the same."""
        self.cut_appends: list[int] = []
        self.cut_reads: list[int] = []
        self.corrupt_reads = False
        self.received = 0
        self.sent = 0
        self._partial: dict[str, bytearray] = {}
        self._requests: dict[str, str] = {}
        self._lock = threading.RLock()
        for name in (
            *("StatFile", "ListFiles", "ReadFile", "MakeDirectory", "GetFileDigest", "BeginUpload", "AppendUpload"),
            *("GetUpload", "ListUploads", "CommitUpload", "CancelUpload", "DeleteFile", "MoveFile", "GetFileUsage"),
            *("CopyFile", "StatFiles", "PutFiles", "ReadFiles"),
        ):
            api.on(f"FileService/{name}", getattr(self, name))

    def StatFile(self, request: Any) -> file_pb2.File:  # noqa: N802 - methods are named as in the contract
        return self._file(request.path)

    def _file(self, path: str) -> file_pb2.File:
        name = path.rpartition("/")[2]
        at = Timestamp(seconds=1_700_000_000)
        if path in self.content:
            data = self.content[path]
            etag = hashlib.sha256(data).hexdigest()[:8]
            time, executable = self.kept.get(path, (at, False))
            return file_pb2.File(
                path=path, base_name=name, kind=1, size=len(data), etag=etag, modify_time=time, executable=executable
            )
        if path in self.directories or any(one.startswith(f"{path}/") for one in (*self.content, *self.directories)):
            return file_pb2.File(path=path, base_name=name, kind=2, modify_time=at)
        raise NotFound(f"There is no {path}", reason="FILE_NOT_FOUND", subject=path)

    def ListFiles(self, request: Any) -> Any:  # noqa: N802
        inside = {
            one.removeprefix(f"{request.path}/").split("/")[0]
            for one in (*self.content, *self.directories)
            if one.startswith(f"{request.path}/")
        }
        return file_service_pb2.ListFilesResponse(files=[self._file(f"{request.path}/{one}") for one in sorted(inside)])

    def ReadFile(self, request: Any) -> Iterator[Any]:  # noqa: N802
        file = self._file(request.path)
        if request.expected_etag not in {"", file.etag}:
            raise OutOfRange("it is another file now", reason="FILE_CHANGED")
        yield file_service_pb2.ReadFileResponse(file=file, offset=request.offset)
        data = self.content[request.path]
        end = request.offset + request.size if request.size else len(data)
        limit = self.cut_reads.pop(0) if self.cut_reads else None
        for offset in range(request.offset, end, self.PIECE):
            piece = data[offset : min(offset + self.PIECE, end)]
            if limit is not None and offset - request.offset + len(piece) > limit:
                raise cut()
            self.sent += len(piece)
            if self.corrupt_reads:
                piece = bytes(len(piece))
            yield file_service_pb2.ReadFileResponse(offset=offset, data=piece)

    def GetFileDigest(self, request: Any) -> Any:  # noqa: N802
        digest = hashlib.sha256(self.content[request.path]).hexdigest()
        return file_service_pb2.GetFileDigestResponse(sha256=digest)

    def MakeDirectory(self, request: Any) -> file_pb2.File:  # noqa: N802
        self.directories.add(request.path)
        return self._file(request.path)

    def MoveFile(self, request: Any) -> file_pb2.File:  # noqa: N802
        self.content[request.target] = self.content.pop(request.source)
        return self._file(request.target)

    def CopyFile(self, request: Any) -> file_pb2.File:  # noqa: N802
        inside = [one for one in self.content if one == request.source or one.startswith(f"{request.source}/")]
        if request.target in self.content:
            raise AlreadyExists(f"{request.target!r} exists", reason="FILE_EXISTS", hint="Delete it first")
        for one in inside:
            self.content[request.target + one.removeprefix(request.source)] = self.content[one]
        return self._file(request.target)

    def DeleteFile(self, request: Any) -> Empty:  # noqa: N802
        for path in [one for one in self.content if one == request.path or one.startswith(f"{request.path}/")]:
            del self.content[path]
        return Empty()

    def GetFileUsage(self, request: Any) -> file_pb2.FileUsage:  # noqa: N802
        inside = [len(data) for path, data in self.content.items() if path.startswith(request.path)]
        return file_pb2.FileUsage(path=request.path, size=sum(inside), file_count=len(inside), directory_count=1)

    def BeginUpload(self, request: Any) -> file_pb2.Upload:  # noqa: N802
        with self._lock:
            if request.request_id in self._requests:
                return self._upload(self._requests[request.request_id])
            if request.path in self.content and not request.replace:
                raise AlreadyExists(f"{request.path} exists", reason="FILE_EXISTS", subject=request.path)
            name = self._requests[request.request_id] = f"uploads/{len(self._partial)}"
            self._partial[name] = bytearray()
            self.uploads[name] = file_pb2.Upload(name=name, path=request.path, size=request.size)
            return self.uploads[name]

    def AppendUpload(self, requests: Iterator[Any]) -> file_pb2.Upload:  # noqa: N802
        limit = self.cut_appends.pop(0) if self.cut_appends else None
        name, taken = "", 0
        for request in requests:
            name = name or request.name
            partial = self._partial[name]
            if request.offset != len(partial):
                raise OutOfRange(f"it is at {len(partial)}", reason="OFFSET_MISMATCH")
            partial += request.data
            taken += len(request.data)
            self.received += len(request.data)
            self.uploads[name].offset = len(partial)
            if limit is not None and taken > limit:
                raise cut()
        return self.uploads[name]

    def GetUpload(self, request: Any) -> file_pb2.Upload:  # noqa: N802
        return self._upload(request.name)

    def _upload(self, name: str) -> file_pb2.Upload:
        if name not in self.uploads:
            raise NotFound(f"There is no {name}", reason="UPLOAD_NOT_FOUND")
        return self.uploads[name]

    def ListUploads(self, request: Any) -> Any:  # noqa: N802
        return file_service_pb2.ListUploadsResponse(uploads=self.uploads.values())

    def CommitUpload(self, request: Any) -> file_pb2.File:  # noqa: N802
        with self._lock:
            upload = self._upload(request.name)
            data = bytes(self._partial[request.name])
            if len(data) != upload.size or hashlib.sha256(data).hexdigest() != request.sha256:
                self._partial[request.name].clear()
                upload.offset = 0
                raise DataLoss("what arrived is another file", reason="CHECKSUM_MISMATCH")
            if request.name not in self.shown:
                self._show(upload.path, data, request)
                self.shown[request.name] = self._file(upload.path)
            return self.shown[request.name]

    def _show(self, path: str, data: bytes, request: Any) -> None:
        self.content[path] = data
        self.kept[path] = (request.modify_time, request.executable)

    def StatFiles(self, request: Any) -> Any:  # noqa: N802
        return file_service_pb2.StatFilesResponse(outcomes=[self._outcome(self._file, path) for path in request.paths])

    def _outcome(self, ask: Callable[[Any], file_pb2.File], what: Any) -> file_pb2.FileOutcome:
        try:
            return file_pb2.FileOutcome(file=ask(what))
        except WinslowError as error:
            return file_pb2.FileOutcome(error=to_status(error).SerializeToString())

    def PutFiles(self, request: Any) -> Any:  # noqa: N802
        def put(one: Any) -> file_pb2.File:
            there = self.content.get(one.path)
            if there not in {None, one.data} and not request.replace:
                raise AlreadyExists(f"{one.path} exists", reason="FILE_EXISTS", subject=one.path)
            if there != one.data:
                self.received += len(one.data)
                self._show(one.path, one.data, one)
            return self._file(one.path)

        with self._lock:
            return file_service_pb2.PutFilesResponse(outcomes=[self._outcome(put, one) for one in request.files])

    def ReadFiles(self, request: Any) -> Iterator[Any]:  # noqa: N802
        for path in request.paths:
            if self.cut_reads and self.cut_reads.pop(0) >= 0:
                raise cut()
            outcome = self._outcome(self._file, path)
            data = self.content.get(path, b"")
            self.sent += len(data)
            sha256 = hashlib.sha256(data).hexdigest()
            whole = file_service_pb2.WholeFile(
                outcome=outcome, data=bytes(len(data)) if self.corrupt_reads else data, sha256=sha256
            )
            yield file_service_pb2.ReadFilesResponse(files=[whole])

    def CancelUpload(self, request: Any) -> Empty:  # noqa: N802
        self.uploads.pop(request.name, None)
        return Empty()
