"""Files to take away: `GET /files/PATH` with ranges.

What a file holds is hostile; the guard's headers see to that. What was promised in a header and cannot be kept ends the
connection: a client sees that bytes are missing rather than wrong ones.
"""

from __future__ import annotations

import base64
import re
import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from email.utils import formatdate
from functools import partial

from starlette.convertors import Convertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from winslow.domain.stage import ProjectId
from winslow.errors import FailedPrecondition, OutOfRange
from winslowd.gateway.carrying import Lending, SpanResponse
from winslowd.gateway.guard import asker
from winslowd.gateway.naming import content_type, disposition
from winslowd.gateway.problems import problem
from winslowd.gateway.ranges import Span, spans
from winslowd.usecases.archives import changed
from winslowd.usecases.files import Files, FileShown
from winslowd.usecases.thumbnails import Thumbnails

_PROJECT = re.compile("projects/([^/]+)/?")
_ASK = "private, no-cache"
_COVER = "private, max-age=60"
"""Lists of projects show many, and what stands for a project is looked up no more often than this."""


class _Any(Convertor[str]):
    """The rest of a path, whatever is in it: names may hold line breaks."""

    regex = "(?s:.*)"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("any", _Any())


class DownloadRoutes:
    def __init__(self, files: Files, thumbnails: Thumbnails, lending: Lending) -> None:
        self._files = files
        self._thumbnails = thumbnails
        self._lending = lending

    def routes(self) -> list[Route]:
        return [
            Route("/files/{path:any}", self._file, methods=["GET", "HEAD"]),
        ]

    async def _file(self, request: Request) -> Response:
        if "thumbnail" in request.query_params:
            return await self._thumbnail(request)
        shown = await self._files.stat(asker(request), request.path_params["path"])
        if shown.entry.kind != "file":
            raise _not_a_file(shown)
        headers = _described(shown, attached="download" in request.query_params)
        _require_match(request, shown, headers["ETag"])
        if _is_known(request, headers["ETag"]):
            return Response(status_code=304, headers=headers)
        if digest := await self._files.known_digest(asker(request), shown.path):
            headers["Repr-Digest"] = f"sha-256=:{base64.b64encode(bytes.fromhex(digest)).decode()}:"
        try:
            asked = _asked(request, shown, headers["ETag"])
        except OutOfRange as error:
            return problem(error, {"Content-Range": f"bytes */{shown.entry.size}"})
        match asked:
            case []:
                headers["Content-Length"] = str(shown.entry.size)
                return self._answer(request, shown, 200, headers, [Span(0, shown.entry.size)])
            case [span]:
                headers |= {"Content-Length": str(span.size), "Content-Range": span.told(shown.entry.size)}
                return self._answer(request, shown, 206, headers, asked)
            case _:
                return self._parts(request, shown, headers, asked)

    async def _thumbnail(self, request: Request) -> Response:
        """`?thumbnail=PIXELS`, or `?thumbnail`: a JPEG of an image or a video, or of what stands for a project; 204 where nothing does."""
        size, path = _pixels(request.query_params["thumbnail"]), request.path_params["path"]
        if project := _PROJECT.fullmatch(path):
            cover = await self._thumbnails.picture_of(asker(request), ProjectId(project[1]), size)
            if cover is None:
                return Response(status_code=204, headers={"Cache-Control": _COVER})
            found, kept = cover, _COVER
        else:
            found, kept = await self._thumbnails.get(asker(request), path, size), _ASK
        headers = _described(found.shown, attached=False) | {"ETag": f'"{found.shown.etag}-{size}"'}
        headers |= {"Content-Disposition": disposition("thumbnail.jpg", attached=False), "Content-Type": "image/jpeg"}
        headers["Cache-Control"] = kept
        del headers["Accept-Ranges"]
        if _is_known(request, headers["ETag"]):
            return Response(status_code=304, headers=headers)
        return Response(found.data, 200, headers)

    def _answer(
        self, request: Request, shown: FileShown, status: int, headers: dict[str, str], asked: Sequence[Span]
    ) -> Response:
        if request.method == "HEAD":
            return Response(status_code=status, headers=headers)
        steady = partial(self._steady, request, shown)
        return SpanResponse(self._lending, request, shown, asked[0], steady, status, headers)

    def _parts(self, request: Request, shown: FileShown, headers: dict[str, str], asked: Sequence[Span]) -> Response:
        """Several ranges, as multipart/byteranges."""
        boundary, size, kind = secrets.token_hex(16), shown.entry.size, headers["Content-Type"]
        heads = [
            f"\r\n--{boundary}\r\nContent-Type: {kind}\r\nContent-Range: {span.told(size)}\r\n\r\n".encode()
            for span in asked
        ]
        end = f"\r\n--{boundary}--\r\n".encode()
        length = sum(len(head) + span.size for head, span in zip(heads, asked, strict=True)) + len(end)

        async def body() -> AsyncIterator[bytes]:
            for head, span in zip(heads, asked, strict=True):
                yield head
                async with aclosing(self._steady(request, shown, span)) as pieces:
                    async for piece in pieces:
                        yield piece
            yield end

        headers |= {"Content-Length": str(length), "Content-Type": f"multipart/byteranges; boundary={boundary}"}
        return StreamingResponse(body(), 206, headers)

    async def _steady(self, request: Request, shown: FileShown, span: Span) -> AsyncGenerator[bytes, None]:
        """The bytes of `span`, of one and the same file: the last of them leave only when it was not replaced meanwhile.

        What no person can write only grows, as a log does while its stage runs.
        """
        if not span.size:
            return
        _, pieces = await self._files.read(asker(request), shown.path, span.offset, span.size, _steadily(shown))
        held, missing = b"", span.size
        async for _, data in pieces:
            if held:
                yield held
            held, missing = data, missing - len(data)
        now = await self._files.stat(asker(request), shown.path)
        if missing or _steadily(shown) not in ("", now.etag):
            raise changed(shown)
        yield held


def _described(shown: FileShown, *, attached: bool) -> dict[str, str]:
    return {
        "Accept-Ranges": "bytes",
        "Cache-Control": _ASK,
        "Content-Disposition": disposition(shown.entry.name, attached=attached),
        "Content-Type": content_type(shown.entry.name),
        "ETag": f'"{shown.etag}"',
        "Last-Modified": formatdate(shown.entry.modified, usegmt=True),
    }


def _pixels(text: str) -> int:
    """What is no number is a size that no thumbnail has."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else -1 if text else 0


def _require_match(request: Request, shown: FileShown, etag: str) -> None:
    """Raises FailedPrecondition (FILE_CHANGED) where the client wants another one (If-Match)."""
    wanted = [one.strip() for one in request.headers.get("if-match", "*").split(",")]
    if wanted != ["*"] and etag not in wanted:
        raise FailedPrecondition(
            f"{shown.path!r} is no longer what it was",
            reason="FILE_CHANGED",
            subject=shown.path,
            hint="Look at it again",
            metadata={"etag": shown.etag},
        )


def _is_known(request: Request, etag: str) -> bool:
    known = [one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")]
    return etag in known or known == ["*"]


def _asked(request: Request, shown: FileShown, etag: str) -> Sequence[Span]:
    """No spans mean the whole file: asked for so, or the client has a part of another one."""
    header = request.headers.get("range")
    if header is None or request.method == "HEAD" or request.headers.get("if-range", etag) != etag:
        return []
    return list(spans(header, shown.entry.size))


def _steadily(shown: FileShown) -> str:
    return shown.etag if shown.writable else ""


def _not_a_file(shown: FileShown) -> FailedPrecondition:
    return FailedPrecondition(
        f"{shown.path!r} is a {shown.entry.kind}",
        reason="NOT_A_FILE",
        subject=shown.path,
        hint=f"Take all of it away as /archive?path={shown.path}&format=zip",
    )
