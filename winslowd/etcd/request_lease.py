"""The lease under which answers to requests are remembered for a day: one an hour for all of them, never renewed.

A lease for each request would cost etcd a write and a timer each; sharing one costs an hour of memory at most.
"""

from __future__ import annotations

import asyncio

from winslowd.etcd.channels import GRANT, Channels
from winslowd.etcd.wire import etcd_pb2 as pb

ROLL = 3600
"""Seconds after which a new lease is begun."""
TTL = 24 * 3600 + ROLL
"""Seconds that a lease lives: the last record put under it is kept for a day too."""


class RequestLease:
    def __init__(self, channels: Channels) -> None:
        self._channels = channels
        self._lease = 0
        self._granted_at = 0.0
        self._granting = asyncio.Lock()

    async def current(self) -> int:
        """A lease with at least a day to run. Raises Unavailable, Exhausted."""
        loop = asyncio.get_running_loop()
        async with self._granting:
            if not self._lease or loop.time() - self._granted_at > ROLL:
                asked = loop.time()
                answer = await self._channels.call(GRANT, pb.LeaseGrantRequest(TTL=TTL))
                self._lease, self._granted_at = answer.ID, asked
            return self._lease

    def forget(self) -> None:
        """It is gone from etcd: begin a new one."""
        self._lease = 0
