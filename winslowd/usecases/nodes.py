"""Nodes as operators see them, and what they decide about them.

A node's record lives as long as its session; a policy outlives it. A node whose session is gone is still shown
as long as a policy or a stage of its own tells of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from enum import Enum

from winslow.domain import election
from winslow.domain.node import Node, NodePolicy
from winslow.domain.principal import Principal
from winslow.domain.records import Commit, Expect, Kind, Put, View, node_policy_ref, node_ref
from winslow.domain.resources import Capacity
from winslow.domain.stage import PLACED, NodeId, Stage
from winslow.errors import FailedPrecondition, InvalidArgument, NotFound
from winslow.ports import Clock, Store
from winslowd.usecases import given
from winslowd.usecases.listing import Ask, Listing, Page
from winslowd.usecases.requests import Request, expect, once


class NodeState(Enum):
    """Derived of its session. SUSPECT: silent, its stages are waited for. LOST: silent, and nothing is waited for."""

    READY = "READY"
    SUSPECT = "SUSPECT"
    LOST = "LOST"


@dataclass(frozen=True, slots=True)
class NodeShown:
    """A node with what is derived; `node` is None while it is silent. `free` is what no stage has reserved."""

    id: NodeId
    node: Node | None
    revision: int
    policy: NodePolicy | None
    policy_revision: int
    state: NodeState
    stages: tuple[Stage, ...]
    free: Capacity | None


LISTING: Listing[NodeShown] = Listing(
    name=lambda shown: shown.id,
    order="name",
    orders={"name": lambda shown: shown.id},
    fields={
        "name": lambda shown: (shown.id,),
        "state": lambda shown: (shown.state.value,),
        "tags": lambda shown: shown.node.tags if shown.node else (),
    },
)


@dataclass(frozen=True, slots=True)
class Nodes:
    """The use cases of nodes. All raise NotFound (NODE_UNKNOWN)."""

    store: Store
    clock: Clock

    def get(self, asker: Principal, id_: NodeId) -> NodeShown:
        return shown(self.store.view, _known(self.store.view, id_))

    def list(self, asker: Principal, ask: Ask) -> Page[NodeShown]:
        """By name, silent ones too."""
        view = self.store.view
        return LISTING.page([shown(view, id_) for id_ in _ids(view)], ask)

    async def cordon(self, request: Request, id_: NodeId, reason: str = "", expected: int = 0) -> str:
        """It gets no more stages; those it has go on."""
        said = given.text("reason", reason)
        return await self._decide(
            request, id_, lambda policy: replace(policy, cordoned=True, reason=said or policy.reason), expected
        )

    async def uncordon(self, request: Request, id_: NodeId, expected: int = 0) -> str:
        """It gets stages again; also ends a drain."""
        return await self._decide(request, id_, lambda policy: NodePolicy(policy.id), expected)

    async def drain(self, request: Request, id_: NodeId, deadline: float, reason: str = "", expected: int = 0) -> str:
        """Cordon it; at the deadline (Unix seconds) the janitor aborts what still runs there, to be tried elsewhere.

        Raises InvalidArgument (DEADLINE_MISSING).
        """
        if deadline <= 0:
            raise InvalidArgument(
                "A drain needs a deadline",
                reason="DEADLINE_MISSING",
                subject=id_,
                hint="Say until when stages may go on",
            )
        said = given.text("reason", reason)
        return await self._decide(
            request,
            id_,
            lambda policy: replace(policy, cordoned=True, drain_deadline=deadline, reason=said or policy.reason),
            expected,
        )

    async def remove(self, request: Request, id_: NodeId) -> str:
        """Forget a node that is no longer there. Raises FailedPrecondition (NODE_ALIVE, NODE_BUSY)."""

        def decide(view: View) -> tuple[Commit, str]:
            found = shown(view, _known(view, id_))
            if found.node is not None:
                raise _alive(id_)
            if found.stages:
                raise _busy(id_, found.stages)
            ref = node_policy_ref(id_)
            expects = (Expect(ref, view.revision_of(ref)), Expect(node_ref(id_), 0))
            return Commit(deletes=(ref,), expects=expects), f"nodes/{id_}"

        return await once(self.store, request, decide)

    async def _decide(
        self, request: Request, id_: NodeId, change: Callable[[NodePolicy], NodePolicy], expected: int
    ) -> str:
        ref = node_policy_ref(id_)

        def decide(view: View) -> tuple[Commit, str]:
            _known(view, id_)
            expectation = expect(view, ref, expected)
            before = view.policy(id_) or NodePolicy(id_)
            after = change(before)
            if after == before:
                return Commit(), f"nodes/{id_}"
            return Commit(puts=(Put(ref, after),), expects=(expectation,)), f"nodes/{id_}"

        return await once(self.store, request, decide)


def shown(view: View, id_: NodeId) -> NodeShown:
    """A node as it is now."""
    found = view.get(node_ref(id_))
    node = found.value if found and isinstance(found.value, Node) else None
    stages = tuple(stage for stage in view.live_on(id_) if stage.state in PLACED)
    silent = NodeState.SUSPECT if stages else NodeState.LOST
    candidates = election.candidates([node], {}, stages) if node else []
    return NodeShown(
        id=id_,
        node=node,
        revision=view.revision_of(node_ref(id_)),
        policy=view.policy(id_),
        policy_revision=view.revision_of(node_policy_ref(id_)),
        state=NodeState.READY if node else silent,
        stages=stages,
        free=candidates[0].free if candidates else None,
    )


def _ids(view: View) -> Sequence[NodeId]:
    named = {*view.all(Kind.NODE), *view.all(Kind.NODE_POLICY)}
    holding = {stage.node for stage in view.live_stages() if stage.node}
    return [NodeId(id_) for id_ in sorted(named | holding)]


def _known(view: View, id_: NodeId) -> NodeId:
    ids = _ids(view)
    if id_ in ids:
        return id_
    near = get_close_matches(id_, ids, n=3)
    raise NotFound(
        f"There is no node {id_!r}",
        reason="NODE_UNKNOWN",
        subject=f"nodes/{id_}",
        hint=f"Did you mean {' or '.join(near)}?" if near else "See what there is with: winslowctl node list",
    )


def _alive(id_: NodeId) -> FailedPrecondition:
    return FailedPrecondition(
        f"{id_} is up",
        reason="NODE_ALIVE",
        subject=f"nodes/{id_}",
        hint="Stop winslowd on it first, or cordon it",
    )


def _busy(id_: NodeId, stages: Sequence[Stage]) -> FailedPrecondition:
    return FailedPrecondition(
        f"{len(stages)} stages are still {id_}'s, for instance {stages[0].id}",
        reason="NODE_BUSY",
        subject=f"nodes/{id_}",
        hint="Wait until they are given up, or bring the node back",
    )
