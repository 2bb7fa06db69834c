"""The web UI's pages: files that were built with the daemon, and nothing that anybody put there later.

An address that names no file is one of the UI's own, which its first page understands: whatever a person looks at can be
bookmarked. It never needs to know what the pages show.
"""

from __future__ import annotations

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
_FOR_EVER = "public, max-age=31536000, immutable"
_ASK = "no-cache"
_WORTH_PACKING = 1024


@dataclass(frozen=True, slots=True)
class _Page:
    path: Path
    type: str
    for_ever: bool
    """Its name changes with what is in it."""


class Pages:
    """The application for whatever is no service and no file of people's. What is in `directory` now is all there will be."""

    def __init__(self, directory: Path = BUILT) -> None:
        self._pages = _found(directory)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._answer(Request(scope))(scope, receive, send)

    def _answer(self, request: Request) -> Response:
        name = request.url.path.lstrip("/")
        page = self._pages.get(name)
        if page is None and request.method in ("GET", "HEAD") and _looks(request.headers):
            page = self._pages.get(FIRST)
        if page is None or request.method not in ("GET", "HEAD"):
            raise self._nothing(request.url.path)
        headers = {"Cache-Control": _FOR_EVER if page.for_ever else _ASK, "Content-Security-Policy": _POLICY}
        content, packed = _content(page.path), _packed(page.path)
        if packed and "gzip" in request.headers.get("accept-encoding", ""):
            content, headers = packed, {**headers, "Content-Encoding": "gzip"}
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
    files = sorted(path for path in directory.rglob("*") if path.is_file() and not path.name.startswith("."))
    return {
        (name := path.relative_to(directory).as_posix()): _Page(
            path, guess_type(path.name)[0] or "application/octet-stream", name.startswith("assets/")
        )
        for path in files
    }


@cache
def _content(path: Path) -> bytes:
    return path.read_bytes()


@cache
def _packed(path: Path) -> bytes:
    """b"" where it is not worth it. Once for each file, when somebody first asks for it."""
    content = _content(path)
    packed = gzip.compress(content, mtime=0) if len(content) > _WORTH_PACKING else b""
    return packed if len(packed) < len(content) else b""
