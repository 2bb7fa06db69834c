"""Errors as gRPC statuses and back: the one table that knows how an error looks on the wire.

A status carries a google.rpc.ErrorInfo: `reason`, the domain "winslow", and in its metadata the error's own, with
`subject`, `hint` and `retryable` beside it. A status travels in HTTP/2 headers, and peers refuse more than 8 KiB of
them, so long texts are cut.
"""

from __future__ import annotations

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.message import DecodeError
from google.rpc.error_details_pb2 import ErrorInfo  # type: ignore[import-untyped]
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]

from winslow.errors import (
    AlreadyExists,
    Ambiguous,
    Code,
    Conflict,
    DataLoss,
    DeadlineExceeded,
    Exhausted,
    FailedPrecondition,
    Internal,
    InvalidArgument,
    NotFound,
    OutOfRange,
    PermissionDenied,
    Unauthenticated,
    Unavailable,
    Unimplemented,
    WinslowError,
)

DOMAIN = "winslow"
DETAILS = "grpc-status-details-bin"
"""The trailing metadata in which gRPC carries a google.rpc.Status."""
STALE = "winslow-stale"
"""The trailing metadata "true" with every answer of a node that is cut off from etcd: what it says may be old."""

MESSAGE_MAX = 1000
HINT_MAX = 600
SUBJECT_MAX = 400
METADATA_MAX = 1000
"""Bytes of UTF-8. The message travels twice, once percent-encoded at up to three times its size: 7 KiB in all at the worst."""

_CLASSES: dict[Code, type[WinslowError]] = {
    Code.CANCELLED: Unavailable,
    Code.INVALID_ARGUMENT: InvalidArgument,
    Code.DEADLINE_EXCEEDED: DeadlineExceeded,
    Code.NOT_FOUND: NotFound,
    Code.ALREADY_EXISTS: AlreadyExists,
    Code.PERMISSION_DENIED: PermissionDenied,
    Code.RESOURCE_EXHAUSTED: Exhausted,
    Code.FAILED_PRECONDITION: FailedPrecondition,
    Code.ABORTED: Conflict,
    Code.OUT_OF_RANGE: OutOfRange,
    Code.UNIMPLEMENTED: Unimplemented,
    Code.INTERNAL: Internal,
    Code.UNAVAILABLE: Unavailable,
    Code.DATA_LOSS: DataLoss,
    Code.UNAUTHENTICATED: Unauthenticated,
}

_CODES: dict[int, Code] = {code.value: code for code in Code}

_NEVER_SENT = ("failed to connect", "DNS resolution failed", "Name resolution", "empty address list", "no such file")
"""How gRPC begins to say that there was no connection; anything else may have cut a call that was under way."""

_HINTS: dict[Code, str] = {
    Code.UNIMPLEMENTED: "The server is of another version, or does not offer this",
    Code.DEADLINE_EXCEEDED: "Try again, or give it more time",
}
"""What to do about statuses that did not come from Winslow but from gRPC between here and there."""


def to_status(error: WinslowError) -> Status:
    """The whole error as a status; `grpc_status.rpc_status.to_status` makes of it what a servicer aborts with."""
    info = ErrorInfo(reason=error.reason, domain=DOMAIN, metadata=_metadata(error))
    detail = AnyMessage()
    detail.Pack(info)
    return Status(code=error.code.value, message=_cut(error.message, MESSAGE_MAX), details=[detail])


def from_status(status: Status) -> WinslowError:
    """The error that `to_status` was given. Statuses from elsewhere become the error of their code."""
    for detail in status.details:
        info = ErrorInfo()
        if detail.Is(ErrorInfo.DESCRIPTOR) and detail.Unpack(info) and info.domain == DOMAIN:
            return _from_info(status, info)
    return _foreign(status.code, status.message)


def from_rpc_error(error: grpc.RpcError) -> WinslowError:
    """What a failed call of grpc or grpc.aio means, whether the server, the network or gRPC itself said it.

    A connection that broke is Unavailable where nothing was sent, and Ambiguous where something may have been.
    """
    if not isinstance(error, grpc.Call | grpc.aio.AioRpcError):
        return Internal(f"A call failed without a status: {error!r}", reason="RPC_FAILED")
    for key, value in error.trailing_metadata() or ():
        if key == DETAILS:
            status = _parsed(value if isinstance(value, bytes) else value.encode())
            if status is not None:
                return from_status(status)
    return _foreign(error.code().value[0], error.details() or "")


def _parsed(data: bytes) -> Status | None:
    try:
        return Status.FromString(data)
    except DecodeError:
        return None  # a proxy's own; the code still says what happened


def _metadata(error: WinslowError) -> dict[str, str]:
    own = {
        "retryable": "true" if error.retryable else "false",
        "subject": _cut(error.subject, SUBJECT_MAX),
        "hint": _cut(error.hint, HINT_MAX),
    }
    kept: dict[str, str] = {key: value for key, value in own.items() if value}
    room = METADATA_MAX
    for key, value in error.metadata.items():
        room -= len(_bytes(key)) + len(_bytes(value))
        if key not in own and room >= 0:
            kept[_text(key)] = _text(value)
    return kept


def _from_info(status: Status, info: ErrorInfo) -> WinslowError:
    metadata = dict(info.metadata)
    retryable = metadata.pop("retryable", "true") == "true"
    subject = metadata.pop("subject", "")
    hint = metadata.pop("hint", "")
    kind = _class(status.code)
    if kind is Unavailable and not retryable:
        kind = Ambiguous
    return kind(status.message, reason=info.reason, subject=subject, hint=hint, metadata=metadata)


def _foreign(code: int, message: str) -> WinslowError:
    known = _CODES.get(code)
    name = known.name if known else "UNKNOWN"
    text = message.rstrip(".") or f"The call ended with {name} and said no more"
    if known is Code.UNAVAILABLE:
        return _disconnected(text)
    return _class(code)(text, reason=f"RPC_{name}", hint=_HINTS.get(known, "") if known else "")


def _disconnected(text: str) -> Unavailable:
    if text.startswith(_NEVER_SENT):
        hint = "Check that winslowd runs there and that the address is right"
        return Unavailable(text, reason="SERVER_UNREACHABLE", hint=hint)
    return Ambiguous(
        text, reason="CONNECTION_LOST", hint="Repeat it with the same request ID, or look whether it was done"
    )


def _class(code: int) -> type[WinslowError]:
    known = _CODES.get(code)
    return _CLASSES[known] if known else Internal


def _bytes(text: str) -> bytes:
    return text.encode(errors="replace")


def _text(text: str) -> str:
    """The text as protobuf takes it: a name of a file that is not UTF-8 has half surrogate pairs."""
    return _bytes(text).decode()


def _cut(text: str, limit: int) -> str:
    encoded = _bytes(text)
    if len(encoded) <= limit:
        return encoded.decode()
    return encoded[: limit - 3].decode(errors="ignore") + "…"
