"""Who a mount is to the Ceph servers: the text that a node publishes, and what is in it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from winslow.errors import InvalidArgument

_SHAPE = re.compile(r"([0-9a-f-]{36})/(\d{1,20})/(\[[0-9a-fA-F:.]+\]|[0-9.]+):(\d{1,5})/(\d{1,10})")


@dataclass(frozen=True, slots=True)
class CephClient:
    """A client of the cluster `fsid`, under the `number` that it has there. `address` is HOST:PORT/NONCE.

    The address is another one for each mount, also on the same machine: whoever is shut out by it comes in again by
    mounting anew, and nobody else is meant.
    """

    fsid: str
    number: int
    address: str

    def __str__(self) -> str:
        return f"{self.fsid}/{self.number}/{self.address}"


def parse_client(text: str) -> CephClient:
    """What `str` of one made. Raises InvalidArgument (CLIENT_INVALID)."""
    found = _SHAPE.fullmatch(text)
    if found is None:
        raise InvalidArgument(
            f"{text!r} is no client of CephFS",
            reason="CLIENT_INVALID",
            subject=text,
            hint="It is FSID/NUMBER/HOST:PORT/NONCE, as the node publishes it",
        )
    fsid, number, host, port, nonce = found.groups()
    return CephClient(fsid, int(number), f"{host}:{port}/{nonce}")
