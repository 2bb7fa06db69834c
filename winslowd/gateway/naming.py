"""What a browser is told of a file's type and name. Pure; a name is whatever a stage made it."""

from __future__ import annotations

import mimetypes
from urllib.parse import quote

_TYPES = mimetypes.MimeTypes()  # Python's own table: the same on every node
_MORE = {
    ".log": "text/plain",
    ".md": "text/plain",
    ".mkv": "video/x-matroska",
    ".toml": "text/plain",
    ".webp": "image/webp",
    ".yaml": "text/plain",
    ".yml": "text/plain",
}
_SHOWN = ("image/", "video/", "audio/")
_NOT_SHOWN = ("image/svg+xml",)
_SHOWN_TEXTS = ("text/plain", "text/csv", "application/json")
_RUN = ("javascript", "ecmascript", "css", "wasm", "x-shockwave-flash")
"""What a page could be made to run, or to look like: told as text, so that none of ours takes a file for its own."""
UNKNOWN = "application/octet-stream"


def content_type(name: str) -> str:
    """By the name's end; what is packed is told as such, and "log" is a stage's."""
    end = name[name.rindex(".") :].lower() if "." in name else ""
    if name == "log":
        end = ".log"
    found, encoding = _TYPES.guess_type(f"file{end}")
    kind = _MORE.get(end) or (UNKNOWN if encoding else found or UNKNOWN)
    if kind.rpartition("/")[2].removeprefix("x-") in _RUN:
        kind = "text/plain"
    return f"{kind}; charset=utf-8" if kind.startswith("text/") else kind


def disposition(name: str, *, attached: bool) -> str:
    """Content-Disposition; only media and plain texts are ever shown in place. Browsers read the name's second spelling."""
    kind = content_type(name).partition(";")[0]
    in_place = (kind.startswith(_SHOWN) and kind not in _NOT_SHOWN) or kind in _SHOWN_TEXTS
    plain = "".join(one if one.isascii() and one.isprintable() and one not in '"\\%/' else "_" for one in name)
    how = "inline" if in_place and not attached else "attachment"
    return f"{how}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
