"""This daemon among the others: its session, its turns, its peers."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from winslow.domain.node import Node, Offer
from winslow.domain.records import Fence
from winslow.domain.stage import NodeId


@dataclass(frozen=True, slots=True)
class Term:
    """A time in which this daemon is leader, or holds a lock. Put `fence` into every commit made in it."""

    fence: Fence


class Membership(Protocol):
    """This daemon's session with the cluster."""

    async def join(self, node: Node) -> None:
        """Register `node` under the session's lease, and again after a lost one; join again with another value updates it.

        The same transaction deletes the node's `Silence`: as long as that stands, the node was not back.
        """

    async def leave(self) -> None:
        """End the session now: nobody need wait for the lease to run out."""

    def lead(self) -> AbstractAsyncContextManager[Term]:
        """Wait to be leader; the body is cancelled when the lease is lost, and leaving the scope hands over.

        When the term begins, the store's view shows all that was committed before it, by whoever led then too.
        Raises Unavailable when the term ended because the session was lost.
        """

    def lock(self, name: str, *, patient: bool = True) -> AbstractAsyncContextManager[Term]:
        """The same for a named lock: what only one may do.

        A lock alone keeps nobody out: its holder may have been frozen past its lease and not know yet. Put the term's
        fence into every commit made under it. Who is not `patient` still waits for others, but not for a store that
        takes no claims: raises Unavailable, or Exhausted (ETCD_NOSPACE), then.
        """

    async def leader(self) -> NodeId | None:
        """The node that leads now; None while none does. Raises Unavailable when nobody can say."""


class Attending(Protocol):
    """A place in the elections of a leader, as long as the scope of `Peers.attend` lasts."""

    @property
    def ended(self) -> bool:
        """Whether the leader hears no more: the next offer says why."""

    async def offer(self, offer: Offer) -> None:
        """Make an offer in place of the last one, and return when the leader has heard it.

        Raises FailedPrecondition (NOT_LEADER), Unavailable.
        """


class Peers(Protocol):
    """The other nodes, by the addresses that they registered."""

    def attend(self, address: str) -> AbstractAsyncContextManager[Attending]:
        """Be in the elections of the node at `address`; leaving the scope withdraws the offer. Begins without waiting."""
