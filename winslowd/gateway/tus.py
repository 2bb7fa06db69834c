"""The headers of tus 1.0.0, taken apart and put together. It knows neither requests nor uploads.

Every function raises InvalidArgument for what the protocol does not allow.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from winslow.errors import DataLoss, InvalidArgument

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,checksum,termination,expiration"
ALGORITHMS = ("sha1", "sha256", "sha512", "md5")
CONTENT_TYPE = "application/offset+octet-stream"
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


def _metadata_invalid(problem: str) -> InvalidArgument:
    return InvalidArgument(
        f"Upload-Metadata {problem}",
        reason="METADATA_INVALID",
        subject="Upload-Metadata",
        hint="Send pairs of a key and a value in base64, separated by commas",
    )
