"""Where things lie in etcd: `/winslow/v1/CLUSTER/KIND/KEY` for records, three places beside them.

/winslow/v1/lab/stages/PROJECT/STAGE     a record
/winslow/v1/lab/elections/leader/LEASE   who wants to be leader; the oldest is
/winslow/v1/lab/locks/NAME/LEASE         the same for a named lock
/winslow/v1/lab/secret                   what nodes know each other by
"""

from __future__ import annotations

import re
from urllib.parse import quote

from winslow.domain.records import Kind, Ref
from winslow.errors import InvalidArgument

LAYOUT = "v1"
LEADER = "leader"
CLUSTER_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


def prefix_end(prefix: bytes) -> bytes:
    """The end of the range of all keys that begin with `prefix`."""
    head = prefix.rstrip(b"\xff")
    return head[:-1] + bytes([head[-1] + 1]) if head else b"\0"


class Keys:
    """The keys of one cluster. Raises InvalidArgument (CLUSTER_NAME_INVALID) unless `cluster` is a DNS label."""

    def __init__(self, cluster: str) -> None:
        if not CLUSTER_NAME.fullmatch(cluster):
            raise InvalidArgument(
                f"{cluster!r} is not a name for a cluster",
                reason="CLUSTER_NAME_INVALID",
                subject=cluster,
                hint="Use up to 63 lower-case letters, digits and hyphens",
            )
        self.prefix = f"/winslow/{LAYOUT}/{cluster}/".encode()
        self.end = prefix_end(self.prefix)

    def record(self, ref: Ref) -> bytes:
        return self.prefix + f"{ref.kind.value}/{ref.key}".encode()

    def ref(self, key: bytes) -> Ref | None:
        """The record that `key` holds; None for a claim, and for a kind that only a newer version knows."""
        kind, _, rest = key.removeprefix(self.prefix).decode(errors="replace").partition("/")
        try:
            return Ref(Kind(kind), rest) if rest else None
        except ValueError:
            return None

    @property
    def secret(self) -> bytes:
        return self.prefix + b"secret"

    @property
    def leader(self) -> bytes:
        """What the claims of those who would lead begin with."""
        return self.election(LEADER)

    def election(self, name: str) -> bytes:
        return self._claims("elections", name)

    def lock(self, name: str) -> bytes:
        return self._claims("locks", name)

    def _claims(self, place: str, name: str) -> bytes:
        # Quoted, so that the claims on `a` never include those on `a/b`.
        return self.prefix + f"{place}/{quote(name, safe='')}/".encode()
