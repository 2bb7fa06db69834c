"""gRPC-Web for browsers, in front of the node's own gRPC services: bytes are passed on, no message is known here.

Every call goes as one that may be answered by many messages; one that is answered by one is the same with one. Errors of
calls are told in the trailers, as the protocol has it, and the HTTP status is 200; only what is no call at all gets another.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import re
import zlib
from collections.abc import AsyncIterator
from typing import Any

import grpc
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive, Scope, Send

from winslow.errors import InvalidArgument, NotFound, WinslowError
from winslow.wire.status import DETAILS, to_status
from winslowd.gateway import web_frames

PATH = re.compile(r"/winslow\.v1\.[A-Za-z]+Service/[A-Za-z]+")
_TYPES = re.compile(r"application/grpc-web(-text)?(\+proto)?")
_BODY_MAX = 2 * web_frames.MESSAGE_MAX
"""Of the body as it comes; base64 makes it a third longer."""


class GrpcWeb:
    """The application for paths of services. A method that takes many messages gets the one that a browser can send."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._channel = channel

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers, path = Headers(scope=scope), str(scope["path"])
        kind = _TYPES.fullmatch(headers.get("content-type", "").partition(";")[0].strip().lower())
        _require_call(scope["method"], path, kind)
        assert kind is not None
        answer = _Answer(send, as_text=kind[1] is not None, type_=kind[0], packs=_packs(headers))
        try:
            request = await _body(receive)
            if kind[1]:
                request = web_frames.text_decoded(request)
            message = web_frames.message_of(request, headers.get("grpc-encoding", "identity"))
            timeout = web_frames.timeout_of(headers.get("grpc-timeout", ""))
            metadata = web_frames.metadata_of(headers.items())
        except WinslowError as error:
            await answer.refuse(error)
            return
        method: Any = self._channel.unary_stream(path)  # of bytes: nothing is made of them here
        call = method(message, timeout=timeout, metadata=metadata)
        async with _until_gone(receive, call):
            await answer.pass_on(call)


class _Answer:
    """What goes back: headers, one frame for each message, and the trailers as the last frame."""

    def __init__(self, send: Send, *, as_text: bool, type_: str, packs: bool) -> None:
        self._send = send
        self._as_text = as_text
        self._type = type_
        self._packer = zlib.compressobj(wbits=16 + zlib.MAX_WBITS) if packs else None

    async def pass_on(self, call: Any) -> None:
        """Each message at once: the next one may come in an hour."""
        try:
            await self._begin(await call.initial_metadata())
            async for message in call:
                await self._write(web_frames.message_frame(message))
        except grpc.aio.AioRpcError:
            pass  # told below, as the end of every call is
        await self._end(await call.code(), await call.details(), await call.trailing_metadata() or ())

    async def refuse(self, error: WinslowError) -> None:
        """Say why no call was made."""
        status = to_status(error)
        await self._begin(())
        frame = web_frames.trailers_frame(status.code, status.message, ((DETAILS, status.SerializeToString()),))
        await self._write(frame, last=True)

    async def _begin(self, metadata: Any) -> None:
        headers = [("content-type", self._type), ("cache-control", "no-store"), ("x-accel-buffering", "no")]
        if self._packer:
            headers += [("content-encoding", "gzip"), ("vary", "accept-encoding")]
        headers += web_frames.told(metadata or ())
        raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        await self._send({"type": "http.response.start", "status": 200, "headers": raw})

    async def _end(self, code: grpc.StatusCode, details: str | None, metadata: Any) -> None:
        frame = web_frames.trailers_frame(code.value[0], details or "", metadata)
        await self._write(frame, last=True)

    async def _write(self, frame: bytes, *, last: bool = False) -> None:
        body = base64.b64encode(frame) if self._as_text else frame
        if self._packer:
            body = self._packer.compress(body) + self._packer.flush(zlib.Z_FINISH if last else zlib.Z_SYNC_FLUSH)
        message: Message = {"type": "http.response.body", "body": body, "more_body": not last}
        await self._send(message)


@contextlib.asynccontextmanager
async def _until_gone(receive: Receive, call: Any) -> AsyncIterator[None]:
    """Cancel the call when the browser leaves, and in any case when the body is left."""

    async def watch() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        call.cancel()

    async with asyncio.TaskGroup() as group:
        watching = group.create_task(watch(), name="gateway: watches whether the browser is there")
        try:
            yield
        except asyncio.CancelledError:
            if (task := asyncio.current_task()) is None or task.cancelling() or not call.cancelled():
                raise  # it is we who end, not only the call
        finally:
            watching.cancel()
            call.cancel()


async def _body(receive: Receive) -> bytes:
    """Raises InvalidArgument (FRAME_INVALID) for more than any message may have."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body += message.get("body", b"")
        if len(body) > _BODY_MAX:
            raise InvalidArgument(
                f"The body has more than {_BODY_MAX >> 20} MiB",
                reason="FRAME_INVALID",
                hint="Send files by the upload, see docs/http.md",
            )
        if not message.get("more_body"):
            return bytes(body)


def _packs(headers: Headers) -> bool:
    """Whether who asks unpacks by itself, as browsers do."""
    return any(part.strip().partition(";")[0] == "gzip" for part in headers.get("accept-encoding", "").split(","))


def _require_call(method: str, path: str, kind: re.Match[str] | None) -> None:
    if not PATH.fullmatch(path):
        raise NotFound(f"There is no service at {path}", reason="PAGE_UNKNOWN", subject=path, hint="See docs/http.md")
    if method != "POST":
        raise InvalidArgument(
            f"{method} calls no service", reason="METHOD_UNKNOWN", subject=path, hint="Use a gRPC-Web client, or POST"
        )
    if kind is None:
        raise InvalidArgument(
            "The body is not gRPC-Web by its type",
            reason="CONTENT_TYPE_WRONG",
            subject=path,
            hint="Send application/grpc-web+proto or application/grpc-web-text+proto",
        )
