"""What went wrong between us and etcd, in Winslow's words: no gRPC error leaves this package.

The one question that matters for a change is whether it can have happened. A request that never left us, or that
etcd answered with a refusal, certainly did not; any other failure of a change is Ambiguous.
"""

from __future__ import annotations

import grpc

from winslow.errors import (
    Ambiguous,
    Exhausted,
    Internal,
    InvalidArgument,
    NotFound,
    OutOfRange,
    PermissionDenied,
    Unauthenticated,
    Unavailable,
    WinslowError,
)

Code = grpc.StatusCode
DENIED_HINT = "Grant the daemon's etcd user its key prefix /winslow/, and the role root where it is to defragment etcd"
ETCD_HINT = "Check that etcd runs and can be reached: etcdctl endpoint health"

# UNKNOWN is in the list because etcd lets some of Go's own errors through untranslated ("context deadline
# exceeded" while its leader changes); INTERNAL is how gRPC tells of a stream that was reset.
TRANSIENT = frozenset({Code.UNAVAILABLE, Code.DEADLINE_EXCEEDED, Code.CANCELLED, Code.UNKNOWN, Code.INTERNAL})

DENIED = "permission denied"
"""Of its maintenance etcd lets this through untranslated too, as UNKNOWN."""


def transient(error: grpc.aio.AioRpcError) -> bool:
    """Whether another endpoint, or the same one a little later, may well answer."""
    if DENIED in details(error) or stale_token(error):
        return False
    return error.code() in TRANSIENT or "too many requests" in details(error)


def unsent(error: grpc.aio.AioRpcError) -> bool:
    """Whether the request certainly was not carried out: no connection was made, or etcd refused before trying."""
    said = details(error)
    return any(
        words in said
        for words in ("failed to connect", "Connection refused", "etcdserver: no leader", "too many requests")
    )


def stale_token(error: grpc.aio.AioRpcError) -> bool:
    """Whether a new login may help."""
    said = details(error)
    return error.code() is Code.UNAUTHENTICATED or "auth store is old" in said or "invalid auth token" in said


def details(error: grpc.aio.AioRpcError) -> str:
    return error.details() or ""


def unreachable(endpoints: str) -> Unavailable:
    return Unavailable(f"No etcd endpoint answers ({endpoints})", reason="ETCD_UNAVAILABLE", hint=ETCD_HINT)


def translate(error: grpc.aio.AioRpcError, what: str, *, repeatable: bool) -> WinslowError:
    """`error` of the call `what`. `repeatable`: a call that changes nothing, or may be carried out twice."""
    said = f"etcd: {what}: {details(error) or error.code().name}"
    if transient(error):
        if repeatable or unsent(error):
            return Unavailable(said, reason="ETCD_UNAVAILABLE", hint=ETCD_HINT)
        return Ambiguous(said, reason="ETCD_AMBIGUOUS", hint="Read back whether it happened before trying again")
    return _refusal(error, said)


def _refusal(error: grpc.aio.AioRpcError, said: str) -> WinslowError:
    words = details(error)
    if "too large" in words or "larger than max" in words or "too many operations" in words:
        return InvalidArgument(said, reason="COMMIT_TOO_LARGE", hint="Split the change, or shorten the record")
    if "authentication failed" in words or error.code() is Code.UNAUTHENTICATED:
        return Unauthenticated(said, reason="ETCD_LOGIN_REFUSED", hint="Check the daemon's etcd user and password")
    if DENIED in words:
        return PermissionDenied(said, reason="ETCD_DENIED", hint=DENIED_HINT)
    match error.code():
        case Code.RESOURCE_EXHAUSTED:
            return Exhausted(
                said,
                reason="ETCD_NOSPACE",
                hint="Stages go on. Winslow compacts and defragments etcd by itself; if this lasts, raise --quota-backend-bytes",
            )
        case Code.NOT_FOUND:
            return NotFound(said, reason="LEASE_NOT_FOUND")
        case Code.OUT_OF_RANGE:
            return OutOfRange(said, reason="REVISION_COMPACTED", hint="List again and go on from there")
        case Code.PERMISSION_DENIED:
            return PermissionDenied(said, reason="ETCD_DENIED", hint=DENIED_HINT)
        case _:
            return Internal(said, reason="ETCD_REFUSED")
