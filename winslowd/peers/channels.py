"""Connections to other nodes, one an address: made when first needed, closed when the node is gone and nothing is under way.

It never needs to know what is said over them.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Iterator

import grpc

from winslow.ports import Store

TIDY_EVERY = 10.0
"""Seconds between two looks for connections to nodes that are gone."""
_MEBIBYTE = 1 << 20
OPTIONS = (
    # A node that vanished without a word is found in 15 s at most, as its lease runs. It is the timeout of pings that counts:
    # gRPC 1.85 waits a minute for the answer to a keepalive, whatever the keepalive's own timeout says.
    ("grpc.keepalive_time_ms", 10_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    ("grpc.http2.ping_timeout_ms", 5_000),
    ("grpc.keepalive_permit_without_calls", 0),
    ("grpc.http2.max_pings_without_data", 0),
    ("grpc.initial_reconnect_backoff_ms", 100),
    # Also how long one try to connect may take: a black hole must not hold a caller for the 20 s of the default.
    ("grpc.min_reconnect_backoff_ms", 1_000),
    ("grpc.max_reconnect_backoff_ms", 2_000),
    ("grpc.use_local_subchannel_pool", 1),
    # Whether a call may be sent twice is decided by who makes it.
    ("grpc.enable_retries", 0),
    ("grpc.enable_http_proxy", 0),
    ("grpc.max_receive_message_length", 64 * _MEBIBYTE),
)


class PeerChannels:
    """The connections of this daemon, on one event loop."""

    def __init__(self) -> None:
        self._channels: dict[str, grpc.aio.Channel] = {}
        self._users: Counter[str] = Counter()

    @classmethod
    @contextlib.asynccontextmanager
    async def open(cls) -> AsyncIterator[PeerChannels]:
        """Connections that are all closed in the end."""
        channels = cls()
        try:
            yield channels
        finally:
            await channels._close(frozenset(channels._channels))

    @contextlib.contextmanager
    def to(self, address: str) -> Iterator[grpc.aio.Channel]:
        """The connection to `address`, kept open at least while the scope lasts."""
        if address not in self._channels:
            self._channels[address] = grpc.aio.insecure_channel(address, options=OPTIONS)
        self._users[address] += 1
        try:
            yield self._channels[address]
        finally:
            self._users[address] -= 1

    async def tidy(self, present: frozenset[str]) -> None:
        """Close what leads to none of the addresses `present` and is not in use."""
        await self._close(frozenset(self._channels) - present - frozenset(+self._users))

    async def keep_tidy(self, store: Store) -> None:
        """Close what leads to no node of the store's view any more, until cancelled."""
        while True:
            await asyncio.sleep(TIDY_EVERY)
            await self.tidy(frozenset(node.address for node in store.view.nodes()))

    async def _close(self, addresses: frozenset[str]) -> None:
        gone = [self._channels.pop(address) for address in addresses]
        for channel in gone:
            await channel.close()
