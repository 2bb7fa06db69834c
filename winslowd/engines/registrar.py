"""Tells the cluster what this node has, and tells it again when that changed: GPUs that came or went, images, the disk's size.

It leaves a trace that outlives the node's session too, so that a node that died is missed until somebody removes it.

It never needs to know how any of it is found out. What cannot be found out now stays as it was told last.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import replace

import structlog

from winslow.domain.node import Node, NodePolicy
from winslow.domain.records import Commit, Expect, Put, node_policy_ref
from winslow.domain.resources import Capacity
from winslow.errors import Conflict, WinslowError
from winslow.ports import Membership, Store
from winslowd.engines.patience import insist

log = structlog.get_logger(__name__)

LOOK_EVERY = 30.0
"""Seconds between two looks at what the node has."""
IMAGES_WITHIN = 5.0
"""Seconds that the engine has to list its images; a node joins without them, and all else is told without waiting longer."""


class Registrar:
    """Runs until cancelled. `capacity` and `standing` answer at once, `images` asks the engine; `changed` is set when one may
    be another. `standing` is the client by which the storage knows the node, and what is wrong with the storage there.
    """

    def __init__(
        self,
        node: Node,
        store: Store,
        membership: Membership,
        capacity: Callable[[], Capacity],
        images: Callable[[], Awaitable[frozenset[str]]],
        changed: asyncio.Event,
        standing: Callable[[], tuple[str, tuple[str, ...]]] = lambda: ("", ()),
    ) -> None:
        self._node = node
        self._store = store
        self._membership = membership
        self._capacity = capacity
        self._images = images
        self._changed = changed
        self._standing = standing

    @property
    def node(self) -> Node:
        """As it was told last."""
        return self._node

    async def run(self) -> None:
        self._node = await self._seen()
        await self._membership.join(self._node)
        await insist(self._be_missed, "the node is not remembered yet")
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

    async def _be_missed(self) -> None:
        """A policy of the node, such as it is without an operator's decision. One that is there stays."""
        ref = node_policy_ref(self._node.id)
        if self._store.view.get(ref) is None:
            with contextlib.suppress(Conflict):  # somebody decided something in this moment
                await self._store.commit(Commit(puts=(Put(ref, NodePolicy(self._node.id)),), expects=(Expect(ref, 0),)))

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
        client, warnings = self._standing()
        return replace(self._node, capacity=capacity, images=images, storage_client=client, warnings=warnings)
