"""gRPC-Web for browsers, in front of the node's own gRPC services: bytes are passed on, no message is known here.

Every call goes as one that may be answered by many messages; one that is answered by one is the same with one. Errors of
calls are told in the trailers, as the protocol has it, and the HTTP status is 200; only what is no call at all gets another.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import re
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import grpc
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive, Scope, Send

from winslow.errors import DeadlineExceeded, InvalidArgument, NotFound, Unavailable, WinslowError
from winslow.wire.status import DETAILS, to_status
from winslowd.gateway import web_frames
from winslowd.gateway.packing import Packer

PATH = re.compile(r"/winslow\.v1\.[A-Za-z]+Service/[A-Za-z]+")
_TYPES = re.compile(r"application/grpc-web(-text)?(\+proto)?")
_BODY_MAX = 2 * web_frames.MESSAGE_MAX
"""Of the body as it comes; base64 makes it a third longer."""
AT_ONCE = 256 << 10
"""Bytes that are packed and unpacked between two awaits; more of them are in a thread, for some milliseconds each MiB."""
BODIES_MAX = 8 * _BODY_MAX
"""Bytes of all bodies that are coming now: none is of use before it is whole, and many slow ones would be the daemon's memory."""
BODY_WITHIN = 300.0
"""Seconds in which a body must have come: a byte now and then is not for ever."""


class GrpcWeb:
    """The application for paths of services. A method that takes many messages gets the one that a browser can send."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._channel = channel
        self._coming = 0
        """Bytes of bodies that are not whole yet."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers, path = Headers(scope=scope), str(scope["path"])
        kind = _TYPES.fullmatch(headers.get("content-type", "").partition(";")[0].strip().lower())
        _require_call(scope["method"], path, kind)
        assert kind is not None
        answer = _Answer(send, as_text=kind[1] is not None, type_=kind[0], packs=_packs(headers))
        try:
            message = await self._message(receive, headers, as_text=kind[1] is not None)
            timeout = web_frames.timeout_of(headers.get("grpc-timeout", ""))
            metadata = web_frames.metadata_of(headers.items())
        except WinslowError as error:
            await answer.refuse(error)
            return
        method: Any = self._channel.unary_stream(path)  # of bytes: nothing is made of them here
        call = method(message, timeout=timeout, metadata=metadata)
        del message  # a stream may go on for a day
        async with _until_gone(receive, call):
            await answer.pass_on(call)

    async def _message(self, receive: Receive, headers: Headers, *, as_text: bool) -> bytes:
        encoding, body = headers.get("grpc-encoding", "identity"), await self._body(receive)
        if len(body) <= AT_ONCE and encoding == "identity":
            return _message_of(body, encoding, as_text)
        return await asyncio.to_thread(_message_of, body, encoding, as_text)  # what is small may unpack to 16 MiB

    async def _body(self, receive: Receive) -> bytes:
        """Raises InvalidArgument (FRAME_INVALID) for more than any message may have, Unavailable (BUSY), DeadlineExceeded (BODY_SLOW)."""
        body = bytearray()
        try:
            async with asyncio.timeout(BODY_WITHIN):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise ClientDisconnect
                    body += message.get("body", b"")
                    self._coming += len(message.get("body", b""))
                    self._require_room(len(body))
                    if not message.get("more_body"):
                        return bytes(body)
        except TimeoutError:
            raise _slow() from None
        finally:
            self._coming -= len(body)

    def _require_room(self, size: int) -> None:
        if size > _BODY_MAX:
            raise InvalidArgument(
                f"The body has more than {_BODY_MAX >> 20} MiB",
                reason="FRAME_INVALID",
                hint="Send files by the upload, see docs/http.md",
            )
        if self._coming > BODIES_MAX:
            raise Unavailable("Many are sending much at once", reason="BUSY", hint="Try again in a moment")


class _Answer:
    """What goes back: headers, one frame for each message, and the trailers as the last frame."""

    def __init__(self, send: Send, *, as_text: bool, type_: str, packs: bool) -> None:
        self._send = send
        self._as_text = as_text
        self._type = type_
        self._packer = Packer() if packs else None

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
        if self._packer and len(body) <= AT_ONCE:
            body = self._packer.packed(body, last=last)
        elif self._packer:
            body = await asyncio.to_thread(partial(self._packer.packed, body, last=last))
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


def _message_of(body: bytes, encoding: str, as_text: bool) -> bytes:
    return web_frames.message_of(web_frames.text_decoded(body) if as_text else body, encoding)


def _slow() -> DeadlineExceeded:
    return DeadlineExceeded(
        f"The body had not come within {BODY_WITHIN:.0f} s",
        reason="BODY_SLOW",
        hint="Send less at once; files by the upload, see docs/http.md",
    )


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
