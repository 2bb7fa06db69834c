"""Which addresses a webhook may be sent to, so that who may subscribe cannot make a daemon call what only it can reach.

A name is resolved once, every address that it has is judged, and the connection goes to one that was judged: an answer that
changes meanwhile changes nothing. It never needs to know what is sent.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import partial

from winslow.errors import FailedPrecondition, Unavailable

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

NEVER = tuple(
    map(
        ipaddress.ip_network,
        (
            *("fd00:ec2::/32", "fd20:ce::/32"),  # of Amazon's and Google's clouds, beside link-local ones
            *("100.100.100.200", "192.0.0.192", "168.63.129.16"),  # Alibaba's, Oracle's, Azure's
            "0.0.0.0/8",  # the machine itself, by its other name
        ),
    )
)
"""Where clouds tell machines their secrets, beside 169.254.169.254, and what is no machine's address."""
PORTS_NEVER = frozenset({2375, 2376, 2379, 2380})
"""Docker's and etcd's: who reaches them has the machine, or the cluster."""
TRANSLATED = ipaddress.ip_network("64:ff9b::/96")
"""IPv6 addresses that are IPv4 ones behind a translator (RFC 6052)."""
RESOLVED_WITHIN = 5.0
_LOOKING_UP = ThreadPoolExecutor(4, "names")
"""Threads of their own: a name service that does not answer keeps one for half a minute, and whoever subscribes may choose it."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """Where webhooks may go: to hosts whose names match one of `hosts`, and addresses in `networks`; empty is any.

    Never to link-local, multicast and metadata addresses; to loopback only where `networks` says so. A machine's other addresses
    are like any. Whatever the address, never to Docker's, etcd's, or the cluster's `own_ports`.
    """

    hosts: tuple[str, ...] = ()
    networks: tuple[Network, ...] = ()
    own_ports: frozenset[int] = frozenset()

    def name(self, host: str) -> bool:
        return not self.hosts or any(fnmatchcase(host.lower(), pattern.lower()) for pattern in self.hosts)

    def port(self, port: int) -> bool:
        return port not in PORTS_NEVER | self.own_ports

    def address(self, address: Address) -> bool:
        plain = unwrapped(address)
        if plain.is_link_local or plain.is_multicast or plain.is_unspecified or any(plain in one for one in NEVER):
            return False
        listed = [network for network in self.networks if plain in network]
        if plain.is_loopback:
            return any(network.network_address.is_loopback for network in listed)
        if plain.is_reserved:
            return False
        return bool(listed) or not self.networks


def unwrapped(address: Address) -> Address:
    """The IPv4 address that an IPv6 one stands for, where it does."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in TRANSLATED:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else address)


async def resolved(host: str, port: int, allowed: Allowed) -> Sequence[str]:
    """The addresses of a host, all of which may be called.

    Raises FailedPrecondition (TELLING_REFUSED) where one may not, Unavailable (TELLING_FAILED) where there is none.
    """
    if not (allowed.name(host) and allowed.port(port)):
        raise refused(host)
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(RESOLVED_WITHIN):
            look_up = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
            found = await loop.run_in_executor(_LOOKING_UP, look_up)
    except TimeoutError:
        raise _unknown(host, f"no answer within {RESOLVED_WITHIN:.0f} s") from None
    except (OSError, UnicodeError) as error:
        raise _unknown(host, str(getattr(error, "strerror", None) or error)) from None
    addresses = list(dict.fromkeys(str(info[4][0]) for info in found))
    if not addresses:
        raise _unknown(host, "it has no address")
    if not all(allowed.address(ipaddress.ip_address(one)) for one in addresses):
        raise refused(host)
    return addresses


def refused(host: str) -> FailedPrecondition:
    return FailedPrecondition(
        f"Nothing may be sent to {host}, or not to this port of it",
        reason="TELLING_REFUSED",
        subject=host,
        hint="Whoever runs the cluster says where webhooks may go: the settings notify.hosts and notify.networks",
    )


def _unknown(host: str, why: str) -> Unavailable:
    return Unavailable(
        f"The name {host} could not be resolved: {why}",
        reason="TELLING_FAILED",
        subject=host,
        hint="Look at the URL, and at the name service of the node",
    )
