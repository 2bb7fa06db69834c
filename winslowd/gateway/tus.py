"""The headers of tus 1.0.0, taken apart and put together. It knows neither requests nor uploads.

Every function raises InvalidArgument for what the protocol does not allow.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from winslow.errors import DataLoss, InvalidArgument
from winslow.ports import UNSAID

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,creation-defer-length,checksum,concatenation,termination,expiration"
ALGORITHMS = ("sha1", "sha256", "sha512", "md5")
CONTENT_TYPE = "application/offset+octet-stream"
LATER = "later"
"""In place of a SHA-256, by who reads the file once and hashes it as it goes: a browser could read tens of gigabytes twice."""
PARTS_MAX = 64
"""Uploads that one may consist of."""
METADATA_MAX = 8192
"""Characters of Upload-Metadata, which are remembered: a path may have 4096."""
SIZE_MAX = 1 << 44
"""Bytes of the largest upload, 16 TiB: what ext4 takes at the most."""


def whole(name: str, value: str | None) -> int:
    """A header that is a number of bytes."""
    if value is None or not re.fullmatch(r"[0-9]{1,18}", value):
        raise InvalidArgument(
            f"{name} is {value!r}" if value else f"{name} is missing",
            reason="HEADER_INVALID",
            subject=name,
            hint=f"Send {name} with a whole number of bytes",
        )
    return int(value)


def metadata(value: str) -> dict[str, str]:
    """The pairs of Upload-Metadata: keys with values in base64, separated by commas."""
    found: dict[str, str] = {}
    if len(value) > METADATA_MAX:
        raise _metadata_invalid(f"has more than {METADATA_MAX} characters")
    for pair in filter(None, (part.strip() for part in value.split(","))):
        key, _, encoded = pair.partition(" ")
        if key in found:
            raise _metadata_invalid(f"has {key!r} twice")
        try:
            found[key] = base64.b64decode(encoded.strip(), validate=True).decode()
        except ValueError:
            raise _metadata_invalid(f"has a value of {key!r} that is not UTF-8 in base64") from None
    return found


def to_metadata(pairs: Mapping[str, str]) -> str:
    return ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in pairs.items() if value)


def length(value: str | None, deferred: str | None = None) -> int:
    """Upload-Length, or UNSAID where Upload-Defer-Length says that it comes later."""
    if value is None and deferred is not None:
        if deferred != "1":
            raise _invalid("Upload-Defer-Length", f"is {deferred!r}", "Send 1, or Upload-Length")
        return UNSAID
    size = whole("Upload-Length", value)
    if deferred is not None or size > SIZE_MAX:
        raise InvalidArgument(
            f"No upload may have more than {SIZE_MAX} bytes" if deferred is None else "The length is said and deferred",
            reason="UPLOAD_TOO_LONG" if deferred is None else "HEADER_INVALID",
            subject="Upload-Length",
            hint="Send less, or in several files" if deferred is None else "Send one of the two headers",
        )
    return size


@dataclass(frozen=True, slots=True)
class Wished:
    """What Upload-Metadata says of the file to be. With `later`, CommitUpload says its SHA-256, and shows it."""

    path: str
    sha256: str
    replace: bool
    request_id: str
    later: bool = False

    @property
    def required_path(self) -> str:
        """Raises InvalidArgument (PATH_MISSING)."""
        if not self.path:
            raise InvalidArgument(
                "Nothing says where the upload should go",
                reason="PATH_MISSING",
                subject="Upload-Metadata",
                hint="Give its path in Upload-Metadata, for instance projects/PROJECT/input/NAME",
            )
        return self.path


def wished(said: Mapping[str, str]) -> Wished:
    sha256 = said.get("sha256", "").lower()
    return Wished(
        path=said.get("path", ""),
        sha256="" if sha256 == LATER else sha256,
        replace=said.get("replace") == "true",
        request_id=said.get("request_id", ""),
        later=sha256 == LATER,
    )


@dataclass(frozen=True, slots=True)
class Concat:
    """Whether an upload is a part of one, or consists of `parts` (ids)."""

    partial: bool = False
    parts: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The same for the same parts."""
        return hashlib.blake2b("\0".join(self.parts).encode(), digest_size=16).hexdigest()


def concat(value: str | None) -> Concat:
    """Upload-Concat: "partial", or "final;" and where the parts are, on whichever node."""
    if value is None:
        return Concat()
    kind, _, places = value.strip().partition(";")
    if kind == "partial" and not places:
        return Concat(partial=True)
    found = [re.fullmatch(r"(?:https?://[^/\s]+)?/uploads/([A-Za-z0-9._-]{1,128})", place) for place in places.split()]
    if kind != "final" or not all(found) or not 0 < len(found) <= PARTS_MAX:
        raise _invalid(
            "Upload-Concat", f"is {value[:200]!r}", f'Send "partial", or "final;" and 1 to {PARTS_MAX} parts'
        )
    return Concat(parts=tuple(one[1] for one in found if one))


def to_concat(partial: bool, parts: Sequence[str]) -> dict[str, str]:
    if partial:
        return {"Upload-Concat": "partial"}
    return {"Upload-Concat": f"final;{' '.join(f'/uploads/{part}' for part in parts)}"} if parts else {}


@dataclass(frozen=True, slots=True)
class Checksum:
    """What the sender says that a request's body hashes to."""

    algorithm: str
    digest: bytes

    def verify(self, body: bytes) -> None:
        """Raises DataLoss (CHECKSUM_MISMATCH)."""
        found = hashlib.new(self.algorithm, body, usedforsecurity=False).digest()
        if found != self.digest:
            raise DataLoss(
                f"What arrived is not what was sent: its {self.algorithm} differs",
                reason="CHECKSUM_MISMATCH",
                subject="Upload-Checksum",
                hint="Send it again: nothing of it was kept",
                metadata={"expected": self.digest.hex(), "found": found.hex()},
            )


def checksum(value: str) -> Checksum:
    """Upload-Checksum: an algorithm and a digest in base64."""
    algorithm, _, encoded = value.strip().partition(" ")
    if algorithm not in ALGORITHMS:
        raise InvalidArgument(
            f"There is no checksum {algorithm!r} here",
            reason="CHECKSUM_ALGORITHM_UNKNOWN",
            subject="Upload-Checksum",
            hint=f"Use one of {', '.join(ALGORITHMS)}",
        )
    try:
        return Checksum(algorithm, base64.b64decode(encoded.strip(), validate=True))
    except ValueError:
        raise InvalidArgument(
            "Upload-Checksum is not in base64",
            reason="HEADER_INVALID",
            subject="Upload-Checksum",
            hint="Send the algorithm, a space and the digest in base64",
        ) from None


def _invalid(header: str, problem: str, hint: str) -> InvalidArgument:
    return InvalidArgument(f"{header} {problem}", reason="HEADER_INVALID", subject=header, hint=hint)


def _metadata_invalid(problem: str) -> InvalidArgument:
    return InvalidArgument(
        f"Upload-Metadata {problem}",
        reason="METADATA_INVALID",
        subject="Upload-Metadata",
        hint="Send pairs of a key and a value in base64, separated by commas",
    )
