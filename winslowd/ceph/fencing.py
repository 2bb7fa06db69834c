"""Shuts a CephFS client out of its cluster, for good, with a key that can do nothing else (ADR 23).

One command to the monitors: the client's address is blocklisted. The metadata server ends the client's session as it sees
the new map, also one that takes over later, and asks of everyone who gets the freed files that they know that map before
they touch a byte; so nobody reads what the dead may still change. A bare eviction by the metadata server would take a key
that may do everything there, and a metadata server that is up.
"""

from __future__ import annotations

from winslow.domain.cephclient import parse_client
from winslowd.ceph.monitors import Monitors

FOR = 10 * 365 * 86_400.0
"""Seconds for which it holds. Until then the address is forgotten: a mount never has that of another one. The default of
Ceph is an hour, after which a client that was frozen for so long would write on."""


class CephFencer:
    """`winslow.ports.Fencer`."""

    def __init__(self, monitors: Monitors) -> None:
        self._monitors = monitors

    async def fence(self, client: str) -> None:
        meant = parse_client(client)
        await self._monitors.ask(
            {"prefix": "osd blocklist", "blocklistop": "add", "addr": meant.address, "expire": FOR}, fsid=meant.fsid
        )
