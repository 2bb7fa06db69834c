"""Uploads over tus 1.0.0, with all its extensions but the trailer of a checksum.

`POST /files` begins one, with `path` in Upload-Metadata and perhaps `sha256`, `replace` ("true") and `request_id`; it goes
on at `/uploads/ID`, on whichever node. An offset that is told is safe on disk. The file is shown with its last byte; where
that answer was lost, the next HEAD sees to it. Where `sha256` is "later", CommitUpload shows it. What is verified, and where
it may go, is the use cases' to say.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from email.utils import formatdate

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from winslow.errors import (
    FailedPrecondition,
    InvalidArgument,
    OutOfRange,
    PermissionDenied,
    Unavailable,
    WinslowError,
)
from winslow.ports import UNSAID, Clock
from winslowd.gateway import tus
from winslowd.gateway.carrying import PIECE, Lending, receive
from winslowd.gateway.guard import asker
from winslowd.gateway.problems import problem
from winslowd.gateway.turns import Turns
from winslowd.usecases.given import REQUEST_ID_MAX
from winslowd.usecases.requests import Request as Asked
from winslowd.usecases.uploads import KEPT, Uploads, UploadShown

CHECKED_MAX = 8 << 20
"""Bytes of a request with a checksum, which are held in memory: nothing of it may be kept before it is verified."""
CHECKED_AT_ONCE = 8
METHODS = ["POST", "OPTIONS", "HEAD", "PATCH", "DELETE"]

Handler = Callable[[Request], Awaitable[Response]]


class UploadRoutes:
    def __init__(self, uploads: Uploads, clock: Clock, lending: Lending) -> None:
        self._uploads = uploads
        self._lending = lending
        self._clock = clock
        self._turns = Turns()
        self._checked = 0

    def routes(self) -> list[Route]:
        begin = {"POST": self._begin, "OPTIONS": self._options}
        go_on = {"HEAD": self._look, "PATCH": self._append, "DELETE": self._cancel, "OPTIONS": self._options}
        return [
            Route("/files", _speaking(begin), methods=["POST", "OPTIONS"]),
            Route("/uploads/{id}", _speaking(go_on), methods=METHODS),
        ]

    async def _options(self, request: Request) -> Response:
        return _answer(
            204,
            {
                "Tus-Version": tus.VERSION,
                "Tus-Extension": tus.EXTENSIONS,
                "Tus-Max-Size": str(tus.SIZE_MAX),
                "Tus-Checksum-Algorithm": ",".join(tus.ALGORITHMS),
            },
        )

    async def _begin(self, request: Request) -> Response:
        said = request.headers.get("upload-metadata", "")
        wish = tus.concat(request.headers.get("upload-concat"))
        asked = tus.wished(tus.metadata(said))
        if wish.parts:
            request_id = asked.request_id or wish.name  # said again, it is the same one
            who = _asked(request, request_id, f"{asked}\0{wish}")
            shown = await self._uploads.begin_joined(
                who, asked.path, wish.parts, asked.sha256, replace=asked.replace, told=said
            )
        else:
            size = tus.length(request.headers.get("upload-length"), request.headers.get("upload-defer-length"))
            who = _asked(request, asked.request_id, f"{asked}\0{wish}\0{size}")
            if wish.partial:
                shown = await self._uploads.begin_part(who, size, asked.path, told=said)
            else:
                shown = await self._uploads.begin(
                    who, asked.required_path, size, asked.sha256, replace=asked.replace, told=said
                )
            if request.headers.get("content-type") == tus.CONTENT_TYPE and shown.upload.offset == 0:
                shown = await self._received(request, shown)
        shown = await self._finished(request, shown)
        return _answer(201, {"Location": f"/uploads/{shown.upload.id}", **_standing(shown), **self._expires(shown)})

    async def _look(self, request: Request) -> Response:
        await self._turns.before(request.path_params["id"])
        shown = await self._finished(request, await self._uploads.get(asker(request), request.path_params["id"]))
        promise = self._uploads.promise(asker(request), shown.upload.id)
        told = promise.told or tus.to_metadata({"path": shown.path, "sha256": shown.upload.sha256})
        size = {"Upload-Defer-Length": "1"} if promise.size == UNSAID else {"Upload-Length": str(promise.size)}
        kind = tus.to_concat(promise.partial, promise.parts)
        return _answer(200, {**_standing(shown), **size, **kind, **self._expires(shown), "Upload-Metadata": told})

    async def _append(self, request: Request) -> Response:
        if request.headers.get("content-type") != tus.CONTENT_TYPE:
            raise InvalidArgument(
                f"A PATCH here has the Content-Type {tus.CONTENT_TYPE}",
                reason="CONTENT_TYPE_WRONG",
                subject="Content-Type",
                hint="Send that one",
            )
        offset = tus.whole("Upload-Offset", request.headers.get("upload-offset"))
        await self._turns.before(request.path_params["id"])
        with self._turns.of(request.path_params["id"]):
            shown = await self._uploads.get(asker(request), request.path_params["id"])
            if self._uploads.promise(asker(request), shown.upload.id).parts:
                raise _joined(shown)
            if offset != shown.upload.offset:
                raise _mismatch(shown, offset)
            if size := request.headers.get("upload-length"):
                shown = await self._uploads.declare(asker(request), shown.upload.id, tus.length(size))
            shown = await self._finished(request, await self._received(request, shown))
        return _answer(204, {**_standing(shown), **self._expires(shown)})

    async def _cancel(self, request: Request) -> Response:
        await self._uploads.get(asker(request), request.path_params["id"])
        await self._uploads.cancel(asker(request), request.path_params["id"])
        return _answer(204, {})

    # ---- inside

    async def _received(self, request: Request, shown: UploadShown) -> UploadShown:
        """The upload with the request's body; cut off, with what of it came."""
        length = request.headers.get("content-length")
        most = tus.SIZE_MAX if shown.upload.size == UNSAID else shown.upload.size
        if length and shown.upload.offset + tus.whole("Content-Length", length) > most:
            raise _too_long(f"{most - shown.upload.offset} bytes are missing, {length} were sent")
        if shown.upload.offset == shown.upload.size:
            return shown
        await self._uploads.keep(asker(request), shown.upload.id)
        if checksum := request.headers.get("upload-checksum"):
            checked = self._verified(request, tus.checksum(checksum), shown.upload.offset)
            return await self._uploads.append(asker(request), shown.upload.id, checked)
        with self._lending.of(request, tus.whole("Content-Length", length) if length else 0) as lent:
            if lent:
                return await receive(request, *lent, self._uploads, shown)
            pieces = _pieces(request, shown.upload.offset)
            return await self._uploads.append(asker(request), shown.upload.id, pieces)

    async def _verified(
        self, request: Request, checksum: tus.Checksum, offset: int
    ) -> AsyncIterator[tuple[int, bytes]]:
        """The whole body, once it is known to be what was sent; of one that is cut off, nothing."""
        if self._checked >= CHECKED_AT_ONCE:
            raise Unavailable("Many are sending with checksums now", reason="BUSY", hint="Try again in a moment")
        self._checked += 1
        try:
            body = bytearray()
            async for received in request.stream():
                body += received
                if len(body) > CHECKED_MAX:
                    raise _too_long(f"A request with a checksum may have {CHECKED_MAX} bytes")
            checksum.verify(bytes(body))
            for start in range(0, len(body), PIECE):
                yield offset + start, bytes(body[start : start + PIECE])
        finally:
            self._checked -= 1

    async def _finished(self, request: Request, shown: UploadShown) -> UploadShown:
        """Show the file when all of it has come, in parts perhaps; done twice, it is done once."""
        promise = self._uploads.promise(asker(request), shown.upload.id)
        if promise.parts:
            shown = await self._uploads.join(asker(request), shown.upload.id)
        later = tus.wished(tus.metadata(promise.told)).later
        if shown.upload.offset == shown.upload.size and not (promise.partial or later):
            await self._uploads.commit(asker(request), shown.upload.id, trusting=True)
        return shown

    def _expires(self, shown: UploadShown) -> dict[str, str]:
        """For an upload under way: each PATCH keeps it from then on, so this is never too late."""
        if shown.upload.offset == shown.upload.size:
            return {}
        return {"Upload-Expires": formatdate(self._clock() + KEPT, usegmt=True)}


async def _pieces(request: Request, offset: int) -> AsyncIterator[tuple[int, bytes]]:
    """The body as it comes, in pieces of at most a MiB with their offsets. A cut ends it: what came is kept."""
    held = bytearray()
    try:
        async for received in request.stream():
            held += received
            while len(held) >= PIECE:
                yield offset, bytes(held[:PIECE])
                del held[:PIECE]
                offset += PIECE
    except ClientDisconnect:
        pass
    if held:
        yield offset, bytes(held)


def _speaking(handlers: Mapping[str, Handler]) -> Handler:
    """The handler for a method, in tus: its version is asked for and told with every answer."""

    async def answer(request: Request) -> Response:
        method = request.headers.get("x-http-method-override", request.method).upper()
        try:
            if method not in handlers:
                raise _not_here(method)
            if method != "OPTIONS":
                _require_version(request)
            response = await handlers[method](request)
        except WinslowError as error:
            response = problem(error, {"Tus-Version": tus.VERSION})
        response.headers["Tus-Resumable"] = tus.VERSION
        return response

    return answer


def _require_version(request: Request) -> None:
    version = request.headers.get("tus-resumable")
    if version != tus.VERSION:
        raise FailedPrecondition(
            f"This is not tus {tus.VERSION}" if version else "This is where uploads are spoken to, in tus",
            reason="TUS_VERSION_UNKNOWN",
            subject="Tus-Resumable",
            hint=f"Send Tus-Resumable: {tus.VERSION}",
        )


def _asked(request: Request, id_: str, told: str) -> Asked:
    """Without a request ID from the sender, each creation is another upload."""
    if len(id_) > REQUEST_ID_MAX:
        raise InvalidArgument(
            f"A request ID of {len(id_)} characters is too long",
            reason="REQUEST_ID_INVALID",
            subject="request_id",
            hint=f"Use at most {REQUEST_ID_MAX}, for instance a UUID",
        )
    fingerprint = hashlib.blake2b(f"tus\0{told}".encode(), digest_size=16).hexdigest()
    return Asked(asker(request), id_ or str(uuid.uuid4()), fingerprint)


def _answer(status: int, headers: dict[str, str]) -> Response:
    return Response(status_code=status, headers={"Cache-Control": "no-store", **headers})


def _standing(shown: UploadShown) -> dict[str, str]:
    return {"Upload-Offset": str(shown.upload.offset)}


def _mismatch(shown: UploadShown, offset: int) -> OutOfRange:
    return OutOfRange(
        f"The upload goes on at byte {shown.upload.offset}, not at {offset}",
        reason="OFFSET_MISMATCH",
        subject=f"uploads/{shown.upload.id}",
        hint="Ask for the upload's offset (HEAD) and go on from there",
        metadata={"offset": str(shown.upload.offset)},
    )


def _joined(shown: UploadShown) -> PermissionDenied:
    return PermissionDenied(
        "An upload that consists of others takes no bytes of its own",
        reason="UPLOAD_JOINED",
        subject=f"uploads/{shown.upload.id}",
        hint="Send its parts, then join them",
    )


def _too_long(message: str) -> InvalidArgument:
    return InvalidArgument(message, reason="UPLOAD_TOO_LONG", subject="Upload-Length", hint="Send less at once")


def _not_here(method: str) -> InvalidArgument:
    return InvalidArgument(f"{method} does nothing here", reason="METHOD_UNKNOWN", subject=method, hint="See tus 1.0.0")
