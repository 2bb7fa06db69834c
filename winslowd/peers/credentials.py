"""What proves that a call comes from a node of the cluster, and for whom that node asks.

A node shows the cluster's secret, which only those know who may read the cluster's etcd. Whom it asks for is believed
only together with the secret. It never needs to know what is asked.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, unquote

from winslow.domain.principal import SYSTEM, Principal
from winslow.domain.stage import NodeId
from winslow.errors import Unauthenticated

SECRET = "winslow-secret"  # noqa: S105 - the key under which it is sent
NODE = "winslow-node"
PRINCIPAL = "winslow-principal"
ADMIN = "winslow-admin"

Metadata = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Caller:
    """A node that calls, and for whom."""

    node: NodeId
    principal: Principal


@dataclass(frozen=True, slots=True)
class Credentials:
    """Ours: the cluster's secret, and this node."""

    secret: str = field(repr=False)
    node: NodeId

    def metadata(self, principal: Principal = SYSTEM) -> Metadata:
        """What goes with a call that this node makes for `principal`. Names travel percent-encoded: metadata is ASCII."""
        return (
            (SECRET, self.secret),
            (NODE, self.node),
            (PRINCIPAL, quote(principal.name, safe="")),
            (ADMIN, "1" if principal.admin else "0"),
        )

    def caller(self, metadata: Mapping[str, str]) -> Caller | None:
        """The node that makes a call with this metadata; None when it is not a node's.

        Raises Unauthenticated (SECRET_WRONG) when it only says that it is.
        """
        shown = metadata.get(SECRET)
        if shown is None:
            return None
        if not hmac.compare_digest(shown.encode(), self.secret.encode()):
            raise Unauthenticated(
                "The caller does not know the cluster's secret",
                reason="SECRET_WRONG",
                hint="A node of another cluster may call, or one that runs since before etcd was made anew: restart it",
            )
        principal = Principal(unquote(metadata.get(PRINCIPAL, "")), admin=metadata.get(ADMIN) == "1")
        return Caller(NodeId(metadata.get(NODE, "")), principal)
