"""Errors as answers over HTTP: the one table that knows how an error of Winslow looks there.

A program reads `code` and `reason`, the same as over gRPC; the status is for caches, proxies and public clients.
"""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import JSONResponse

from winslow.errors import Code, WinslowError

STATUSES: Mapping[Code, int] = {
    Code.CANCELLED: 503,
    Code.INTERNAL: 500,
    Code.INVALID_ARGUMENT: 400,
    Code.DEADLINE_EXCEEDED: 504,
    Code.NOT_FOUND: 404,
    Code.ALREADY_EXISTS: 409,
    Code.PERMISSION_DENIED: 403,
    Code.RESOURCE_EXHAUSTED: 429,
    Code.FAILED_PRECONDITION: 409,
    Code.ABORTED: 409,
    Code.OUT_OF_RANGE: 416,
    Code.UNIMPLEMENTED: 501,
    Code.UNAVAILABLE: 503,
    Code.DATA_LOSS: 500,
    Code.UNAUTHENTICATED: 401,
}
EXACTER: Mapping[str, int] = {
    "CHECKSUM_MISMATCH": 460,  # tus
    "CONTENT_TYPE_WRONG": 415,
    "DISK_FULL": 507,
    "FILE_CHANGED": 412,
    "FILE_TOO_LARGE": 413,
    "METHOD_UNKNOWN": 405,
    "OFFSET_MISMATCH": 409,  # tus
    "POOL_READ_ONLY": 403,
    "QUOTA_EXCEEDED": 507,
    "TUS_VERSION_UNKNOWN": 412,  # tus
    "UPLOAD_TOO_LONG": 413,
}
"""Statuses of single reasons, where HTTP or tus tells them apart."""
RETRY_AFTER = 1
"""Seconds after which what is not available now may be asked again."""


def status_of(error: WinslowError) -> int:
    return EXACTER.get(error.reason) or STATUSES[error.code]


def problem(error: WinslowError, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """The answer that tells `error`."""
    status = status_of(error)
    told = {
        "code": error.code.name,
        "reason": error.reason,
        "message": error.message,
        "hint": error.hint,
        "subject": error.subject,
        "metadata": error.metadata,
    }
    again = {"Retry-After": str(RETRY_AFTER)} if status == 503 else {}
    return JSONResponse(
        told, status, {"Cache-Control": "no-store", **again, **(headers or {})}, "application/problem+json"
    )
