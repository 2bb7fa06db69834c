"""The call under way: who makes it, through which node, and what makes its request the same request when it comes again."""

from __future__ import annotations

import hashlib
from contextvars import ContextVar
from typing import Any

from winslow.domain.principal import Principal
from winslow.domain.stage import NodeId
from winslow.errors import InvalidArgument, PermissionDenied, Unauthenticated
from winslowd.usecases.given import REQUEST_ID_MAX
from winslowd.usecases.requests import Request

_principal: ContextVar[Principal] = ContextVar("principal")
_through: ContextVar[NodeId | None] = ContextVar("through", default=None)


def enter(principal: Principal, through: NodeId | None = None) -> None:
    """Note who makes the call that this task serves, and the node that passed it on, or makes it for itself."""
    _principal.set(principal)
    _through.set(through)


def through() -> NodeId | None:
    """The node that passed this call on to us; None for a call that was made here."""
    return _through.get()


def calling_node() -> NodeId:
    """The node that makes this call. Raises PermissionDenied (NODES_ONLY) when it is not a node's."""
    found = _through.get()
    if found is None:
        raise PermissionDenied(
            "Only nodes of the cluster may ask this", reason="NODES_ONLY", hint="People have no use for it"
        )
    return found


def asker() -> Principal:
    """Who makes the call. Raises Unauthenticated (NO_PRINCIPAL) outside of one."""
    found = _principal.get(None)
    if found is None:
        raise Unauthenticated("Nobody is known to ask", reason="NO_PRINCIPAL")
    return found


def request_of(message: Any) -> Request:
    """The request that a mutation's message is; its fingerprint covers all but the request ID.

    Raises InvalidArgument (REQUEST_ID_INVALID).
    """
    id_ = str(message.request_id)
    if len(id_) > REQUEST_ID_MAX:
        raise InvalidArgument(
            f"A request ID of {len(id_)} characters is too long",
            reason="REQUEST_ID_INVALID",
            subject="request_id",
            hint=f"Use at most {REQUEST_ID_MAX}, for instance a UUID",
        )
    content = type(message)()
    content.CopyFrom(message)
    content.ClearField("request_id")
    told = f"{message.DESCRIPTOR.full_name}\0".encode() + content.SerializeToString(deterministic=True)
    return Request(asker(), id_, hashlib.blake2b(told, digest_size=16).hexdigest())
