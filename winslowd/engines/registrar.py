"""Tells the cluster what this node has, and tells it again when that changed: GPUs that came or went, images, the disk's size.

It never needs to know how any of it is found out. What cannot be found out now stays as it was told last.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import replace

import structlog

from winslow.domain.node import Node
from winslow.domain.resources import Capacity
from winslow.errors import WinslowError
from winslow.ports import Membership

log = structlog.get_logger(__name__)

LOOK_EVERY = 30.0
"""Seconds between two looks at what the node has."""
IMAGES_WITHIN = 5.0
"""Seconds that the engine has to list its images; a node joins without them, and all else is told without waiting longer."""


class Registrar:
    """Runs until cancelled. `capacity` answers at once, `images` asks the engine; `changed` is set when either may be another."""

    def __init__(
        self,
        node: Node,
        membership: Membership,
        capacity: Callable[[], Capacity],
        images: Callable[[], Awaitable[frozenset[str]]],
        changed: asyncio.Event,
    ) -> None:
        self._node = node
        self._membership = membership
        self._capacity = capacity
        self._images = images
        self._changed = changed

    @property
    def node(self) -> Node:
        """As it was told last."""
        return self._node

    async def run(self) -> None:
        self._node = await self._seen()
        await self._membership.join(self._node)
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY):
                    await self._changed.wait()
            self._changed.clear()
            await self.look()

    async def look(self) -> None:
        """Join again if what the node has is not what was told."""
        seen = await self._seen()
        if seen != self._node:
            self._node = seen
            await self._membership.join(seen)

    async def _seen(self) -> Node:
        """The node as it is now. An engine that is away has not lost its images."""
        capacity = self._capacity()
        if not capacity.disk:
            capacity = replace(capacity, disk=self._node.capacity.disk)
        try:
            async with asyncio.timeout(IMAGES_WITHIN):
                images = await self._images()
        except (TimeoutError, WinslowError) as error:
            log.debug("the node's images are not known now", error=str(error))
            images = self._node.images
        return replace(self._node, capacity=capacity, images=images)
