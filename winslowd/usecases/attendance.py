"""Which nodes take part in the elections that this node holds while it leads, and what each offered last.

Written by the API, which hears the nodes, and read by the leader; both on one event loop. It knows no transport.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from winslow.domain.node import Offer
from winslow.domain.stage import NodeId


class Attendance:
    """Offers are heard only while this node leads; a term begins with none."""

    def __init__(self) -> None:
        self._offers: dict[NodeId, Offer] = {}
        self._open = False
        self._over = asyncio.Event()
        self._moved = asyncio.Event()
        self._changed: set[NodeId] = set()

    @property
    def is_open(self) -> bool:
        """Whether this node leads."""
        return self._open

    @property
    def offers(self) -> Mapping[NodeId, Offer]:
        """The last offer of every node that attends."""
        return self._offers

    def open(self) -> None:
        """A term begins."""
        self._end_term()
        self._open = True
        self._wake()

    def close(self) -> None:
        """The term is over: nobody is heard any more, and those who attend are let go."""
        self._end_term()
        self._open = False
        self._wake()

    @property
    def over(self) -> asyncio.Event:
        """Set when the present term is over; each term has its own. Thousands may wait for it: no offer wakes them."""
        return self._over

    def hear(self, offer: Offer) -> None:
        """A node offers. One that comes late, of the same incarnation, changes nothing."""
        before = self._offers.get(offer.node)
        if before and before.incarnation == offer.incarnation and before.number >= offer.number:
            return
        self._offers[offer.node] = offer
        self._changed.add(offer.node)
        self._wake()

    def leave(self, node: NodeId, incarnation: str) -> None:
        """A node's stream ended. Nothing happens when another incarnation has come meanwhile."""
        before = self._offers.get(node)
        if before and before.incarnation == incarnation:
            del self._offers[node]
            self._changed.add(node)
            self._wake()

    def changed(self) -> frozenset[NodeId]:
        """The nodes whose offers came or went since this was asked last."""
        changed, self._changed = frozenset(self._changed), set()
        return changed

    async def moved(self) -> None:
        """Wait until somebody offers or leaves, or a term begins or ends."""
        await self._moved.wait()

    def _end_term(self) -> None:
        self._offers.clear()
        self._over.set()
        self._over = asyncio.Event()

    def _wake(self) -> None:
        """Those who wait hold the old event; who comes after waits for the next."""
        self._moved.set()
        self._moved = asyncio.Event()
