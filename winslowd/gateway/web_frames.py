"""The words of gRPC-Web: frames, text, metadata, timeouts and trailers as bytes, in both directions.

Written after the protocol's own document (PROTOCOL-WEB.md of gRPC). Pure: it knows neither a connection nor a message.
"""

from __future__ import annotations

import base64
import binascii
import re
import struct
import zlib
from collections.abc import Iterable, Iterator
from urllib.parse import quote

from winslow.errors import InvalidArgument, OutOfRange

PARTS_MAX = 100
"""Of a text, each with its own padding; a client that sends one message sends one."""
MESSAGE_MAX = 16 << 20
"""Bytes of one message to us, unpacked; gRPC itself takes no more."""
_HEADER = struct.Struct(">BI")
_PACKED, _TRAILERS = 0x01, 0x80
_UNITS = {"H": 3600.0, "M": 60.0, "S": 1.0, "m": 1e-3, "u": 1e-6, "n": 1e-9}
_TIMEOUT = re.compile(r"(\d{1,8})([HMSmun])")
_NAME = re.compile(r"[0-9a-z_.-]+")
_VALUE = re.compile(r"[ -~]*")
NOT_OURS = frozenset(
    {
        *("host", "connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "expect", "date"),
        *("content-length", "content-type", "content-encoding", "accept", "accept-encoding", "accept-language"),
        *("origin", "referer", "cookie", "cache-control", "pragma", "user-agent", "dnt", "priority"),
        *("x-grpc-web", "x-user-agent"),
    }
)
"""Headers that are about the connection or the browser, and none of the call's metadata."""
Metadata = tuple[tuple[str, str | bytes], ...]


def message_of(body: bytes, encoding: str) -> bytes:
    """The one message that a request carries; `encoding` is its `grpc-encoding`.

    Raises InvalidArgument (FRAME_INVALID), OutOfRange (MESSAGE_TOO_LONG).
    """
    if len(body) < _HEADER.size:
        raise _invalid(f"it ends after {len(body)} bytes, within the head of a message")
    flags, size = _HEADER.unpack_from(body)
    if size > MESSAGE_MAX:
        raise _too_long()
    if flags & ~_PACKED:
        raise _invalid(f"a frame of kind {flags:#04x} is no message")
    if len(body) != _HEADER.size + size:
        raise _invalid(f"it promises one message of {size} bytes and has {len(body) - _HEADER.size}")
    message = body[_HEADER.size :]
    return _unpacked(message, encoding) if flags & _PACKED else message


def text_decoded(body: bytes) -> bytes:
    """Base64, of which each part may have its own padding. Raises InvalidArgument (FRAME_INVALID)."""
    decoded, quartets = bytearray(), body.translate(None, b"\r\n")
    if quartets.count(b"=") > 2 * PARTS_MAX:
        raise _invalid(f"its base64 has more than {PARTS_MAX} parts")
    start = 0
    while start < len(quartets):
        padding = quartets.find(b"=", start)
        end = len(quartets) if padding < 0 else (padding // 4 + 1) * 4
        try:
            decoded += base64.b64decode(quartets[start:end], validate=True)
        except binascii.Error as error:
            raise _invalid(f"it is no base64: {error}") from None
        start = end
    return bytes(decoded)


def message_frame(message: bytes) -> bytes:
    return _HEADER.pack(0, len(message)) + message


def trailers_frame(status: int, message: str, metadata: Iterable[tuple[str, str | bytes]]) -> bytes:
    """The end of an answer: the status, and what goes with it, one header a line."""
    lines = [f"grpc-status: {status}"]
    if message:
        lines.append(f"grpc-message: {quote(message, safe=' !#$&()*+,-./:;<=>?@[]^_`{|}~')}")
    lines += [f"{name}: {value}" for name, value in told(metadata)]
    block = "".join(f"{line}\r\n" for line in lines).encode("ascii")
    return _HEADER.pack(_TRAILERS, len(block)) + block


def told(metadata: Iterable[tuple[str, str | bytes]]) -> Iterator[tuple[str, str]]:
    """Metadata as headers: binary values in base64."""
    for name, value in metadata:
        yield name, base64.b64encode(value).decode().rstrip("=") if isinstance(value, bytes) else value


def metadata_of(headers: Iterable[tuple[str, str]]) -> Metadata:
    """What of a request's headers is the call's. Raises InvalidArgument (METADATA_INVALID)."""
    return tuple(
        (name, _metadata_value(name, value))
        for name, value in headers
        if name not in NOT_OURS and not name.startswith(("grpc-", "sec-", "access-control-", "proxy-", ":"))
    )


def timeout_of(text: str) -> float | None:
    """Seconds of a `grpc-timeout`; None for none. Raises InvalidArgument (TIMEOUT_INVALID)."""
    if not text:
        return None
    match = _TIMEOUT.fullmatch(text)
    if match is None:
        raise InvalidArgument(
            f"{text[:40]!r} is not a timeout",
            reason="TIMEOUT_INVALID",
            subject="grpc-timeout",
            hint="Write up to eight digits and one of H, M, S, m, u, n",
        )
    return int(match[1]) * _UNITS[match[2]]


def _metadata_value(name: str, value: str) -> str | bytes:
    if not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
        raise _metadata_invalid(name)
    if not name.endswith("-bin"):
        return value
    try:
        return base64.b64decode(value + "=" * (-len(value) % 4), validate=True)
    except binascii.Error:
        raise _metadata_invalid(name) from None


def _unpacked(message: bytes, encoding: str) -> bytes:
    """Never more than one message may have, however small it came."""
    windows = {"gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}
    if encoding not in windows:
        raise _invalid(f"its message is packed as {encoding[:40]!r}, which is neither gzip nor deflate")
    unpacker = zlib.decompressobj(windows[encoding])
    try:
        unpacked = unpacker.decompress(message, MESSAGE_MAX + 1)
    except zlib.error as error:
        raise _invalid(f"its message cannot be unpacked: {error}") from None
    if len(unpacked) > MESSAGE_MAX:
        raise _too_long()
    if not unpacker.eof:
        raise _invalid("its packed message is cut")
    return unpacked


def _invalid(why: str) -> InvalidArgument:
    return InvalidArgument(
        f"The body is not gRPC-Web: {why}",
        reason="FRAME_INVALID",
        hint="Send one message, as a gRPC-Web client does",
    )


def _too_long() -> OutOfRange:
    return OutOfRange(
        f"A message has at most {MESSAGE_MAX >> 20} MiB",
        reason="MESSAGE_TOO_LONG",
        hint="Send files by the upload, see docs/http.md",
    )


def _metadata_invalid(name: str) -> InvalidArgument:
    return InvalidArgument(
        f"The header {name[:80]!r} cannot go with a call",
        reason="METADATA_INVALID",
        subject=name[:80],
        hint="Names are lower-case letters, digits and _ . -; values are printable ASCII, those of names in -bin are base64",
    )
