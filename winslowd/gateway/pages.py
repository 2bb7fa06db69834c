"""The web UI's pages: files that were built with the daemon, and nothing that anybody put there later.

An address that names no file is one of the UI's own, which its first page understands: whatever a person looks at can be
bookmarked. It never needs to know what the pages show.
"""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from mimetypes import guess_type
from pathlib import Path

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from winslow.errors import NotFound

BUILT = Path(__file__).with_name("ui")
FIRST = "index.html"
_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",  # of the components: heights and places that are computed
        "img-src 'self' blob:",
        "media-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ]
)
_OF_PAGES = {
    "Content-Security-Policy": _POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",  # who opened us in a window keeps no hold on it
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "X-Frame-Options": "DENY",  # for what does not know frame-ancestors
}
_OF_PARTS = {"Content-Security-Policy": "default-src 'self'"}
"""A worker keeps to that of its own script; for all else it is the page's that counts. Short: a page has many parts."""
BETTER = ".br"
_FOR_EVER = "public, max-age=31536000, immutable"
_ASK = "no-cache"
_WORTH_PACKING = 1024


@dataclass(frozen=True, slots=True)
class _Page:
    path: Path
    type: str
    for_ever: bool
    """Its name changes with what is in it."""
    packed: Path | None
    """The same, packed by Brotli when the pages were built."""


class Pages:
    """The application for whatever is no service and no file of people's. What is in `directory` now is all there will be."""

    def __init__(self, directory: Path = BUILT) -> None:
        self._pages = _found(directory)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = await self._answer(Request(scope))
        await answer(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        name = request.url.path.lstrip("/")
        page = self._pages.get(name)
        if page is None and request.method in ("GET", "HEAD") and _looks(request.headers):
            page = self._pages.get(FIRST)
        if page is None or request.method not in ("GET", "HEAD"):
            raise self._nothing(request.url.path)
        headers = {"Cache-Control": _FOR_EVER if page.for_ever else _ASK, **(_OF_PARTS if page.for_ever else _OF_PAGES)}
        # Whoever asks first waits for the reading and packing, which take a tenth of a second; nobody else does.
        content, coding = await asyncio.to_thread(_coded, page, request.headers.get("accept-encoding", ""))
        if coding:
            headers["Content-Encoding"] = coding
        return Response(content, media_type=page.type, headers={**headers, "Vary": "Accept-Encoding"})

    def _nothing(self, path: str) -> NotFound:
        built = FIRST in self._pages
        return NotFound(
            f"Nothing is served at {path}" if built else "The web UI was not built with this daemon",
            reason="PAGE_UNKNOWN",
            subject=path,
            hint="See docs/http.md" if built else "Run scripts/setup web, and start the daemon again",
        )


def _looks(headers: Headers) -> bool:
    """Whether a browser asks for a page, and not a program for something that is not there."""
    return "text/html" in headers.get("accept", "")


def _found(directory: Path) -> Mapping[str, _Page]:
    files = {path for path in directory.rglob("*") if path.is_file() and not path.name.startswith(".")}
    return {
        (name := path.relative_to(directory).as_posix()): _Page(
            path,
            guess_type(path.name)[0] or "application/octet-stream",
            name.startswith("assets/"),
            beside if (beside := path.with_name(f"{path.name}{BETTER}")) in files else None,
        )
        for path in sorted(files)
        if path.suffix != BETTER
    }


def _coded(page: _Page, accepted: str) -> tuple[bytes, str]:
    """The page as small as who asks can unpack it, and how it is packed, "" for not at all."""
    codings = {part.partition(";")[0].strip() for part in accepted.split(",")}
    if page.packed and "br" in codings:  # browsers say so over TLS and to their own machine
        return _content(page.packed), "br"
    if "gzip" in codings and (packed := _packed(page.path)):
        return packed, "gzip"
    return _content(page.path), ""


@cache
def _content(path: Path) -> bytes:
    return path.read_bytes()


@cache
def _packed(path: Path) -> bytes:
    """b"" where it is not worth it. Once for each file, when somebody first asks for it."""
    content = _content(path)
    packed = gzip.compress(content, mtime=0) if len(content) > _WORTH_PACKING else b""
    return packed if len(packed) < len(content) else b""
