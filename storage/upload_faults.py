"""What can be wrong with an upload, in Winslow's words."""

from __future__ import annotations

from winslow.errors import Conflict, DataLoss, Exhausted, FailedPrecondition, InvalidArgument, NotFound, OutOfRange
from winslow.ports import Upload


def mismatch(upload: Upload, offset: int, there: int) -> OutOfRange:
    return OutOfRange(
        f"The upload of {str(upload.location)!r} goes on at byte {there}, not at {offset}",
        reason="OFFSET_MISMATCH",
        subject=str(upload.location),
        hint="Ask for the upload's offset and go on from there",
        metadata={"offset": str(there)},
    )


def too_long(upload: Upload, size: int) -> InvalidArgument:
    return InvalidArgument(
        f"{size} bytes were sent for {str(upload.location)!r}, {upload.size} were promised",
        reason="UPLOAD_TOO_LONG",
        subject=str(upload.location),
        hint="Begin another upload with the right size",
    )


def incomplete(upload: Upload, there: int) -> FailedPrecondition:
    return FailedPrecondition(
        f"{there} of {upload.size} bytes of {str(upload.location)!r} have arrived",
        reason="UPLOAD_INCOMPLETE",
        subject=str(upload.location),
        hint="Send the rest, then commit",
        metadata={"offset": str(there)},
    )


def unverifiable(upload: Upload) -> InvalidArgument:
    return InvalidArgument(
        f"What arrived for {str(upload.location)!r} cannot be verified",
        reason="SHA256_MISSING",
        subject=str(upload.location),
        hint="Give its SHA-256 when it is begun, or with the commit",
    )


def corrupt(upload: Upload, expected: str, found: str) -> DataLoss:
    return DataLoss(
        f"What arrived for {str(upload.location)!r} is not what was sent: its SHA-256 differs",
        reason="CHECKSUM_MISMATCH",
        subject=str(upload.location),
        hint="Send it again from the start; if this happens again, the file changed while it was read",
        metadata={"expected": expected, "found": found},
    )


def differs(upload: Upload) -> Conflict:
    return Conflict(
        f"The upload {upload.id!r} was begun with another path, size or SHA-256",
        reason="UPLOAD_DIFFERS",
        subject=upload.id,
        hint="Choose another id, or cancel the other upload",
    )


def ended(upload: Upload) -> FailedPrecondition:
    return FailedPrecondition(
        f"The upload {upload.id!r} has been committed",
        reason="UPLOAD_ENDED",
        subject=upload.id,
        hint="Begin another one to replace the file",
    )


def unknown(upload: Upload) -> NotFound:
    return NotFound(
        f"There is no upload {upload.id!r} for {str(upload.location)!r}",
        reason="UPLOAD_NOT_FOUND",
        subject=upload.id,
        hint="It was cancelled or has expired: begin it again",
    )


def too_large(upload: Upload, needed: int, free: int) -> Exhausted:
    """`needed` counts what was promised to others, too."""
    return Exhausted(
        f"{str(upload.location)!r} needs {needed} bytes, with what others were promised, and {free} are free",
        reason="DISK_FULL",
        subject=str(upload.location),
        hint="Free some space, for instance by deleting old attempts or projects, then try again",
        metadata={"needed": str(needed), "free": str(free)},
    )
