"""Nodes as operators see them, and what they decide about them.

A node's record lives as long as its session; a policy outlives it. A node whose session is gone is still shown
as long as a policy or a stage of its own tells of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from winslow.domain import silence
from winslow.domain.election import left
from winslow.domain.lifecycle import advance
from winslow.domain.node import Node, NodePolicy
from winslow.domain.principal import Principal
from winslow.domain.records import (
    Commit,
    Expect,
    Kind,
    Put,
    attachment_ref,
    node_policy_ref,
    node_ref,
    reservation_ref,
    silence_ref,
    stage_ref,
)
from winslow.domain.resources import Capacity
from winslow.domain.stage import PLACED, NodeId, Stage
from winslow.domain.view import View
from winslow.errors import FailedPrecondition, InvalidArgument, NotFound
from winslow.ports import Clock, Store
from winslowd.usecases import given, known
from winslowd.usecases.listing import Ask, Listing, Page
from winslowd.usecases.requests import BATCH, Request, answered, expect, once


class NodeState(Enum):
    """Derived of its session. SUSPECT: silent, its stages are waited for. LOST: silent, and nothing is waited for."""

    READY = "READY"
    SUSPECT = "SUSPECT"
    LOST = "LOST"


@dataclass(frozen=True, slots=True)
class NodeShown:
    """A node with what is derived; `node` is None while it is silent. `free` is what no stage has reserved.

    `silent_since` (Unix seconds, by the leader's clock) is set while stages of a silent node are waited for.
    """

    id: NodeId
    node: Node | None
    revision: int
    policy: NodePolicy | None
    policy_revision: int
    state: NodeState
    stages: tuple[Stage, ...]
    free: Capacity | None
    silent_since: float | None = None
    leader: bool = False
    warnings: tuple[str, ...] = ()


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
        return shown(self.store.view, known_id(self.store.view, id_), self.clock())

    def list(self, asker: Principal, ask: Ask) -> Page[NodeShown]:
        """By name, silent ones too."""
        view, now = self.store.view, self.clock()
        return LISTING.page([shown(view, id_, now) for id_ in known_ids(view)], ask)

    async def cordon(self, request: Request, id_: NodeId, reason: str = "", expected: int = 0) -> str:
        """It gets no more stages; those it has go on."""
        said = given.text("reason", reason)
        return await self._decide(
            request, id_, lambda policy: replace(policy, cordoned=True, reason=said or policy.reason), expected
        )

    async def uncordon(self, request: Request, id_: NodeId, expected: int = 0) -> str:
        """It gets stages again; also ends a drain."""
        return await self._decide(
            request, id_, lambda policy: NodePolicy(policy.id, max_stages=policy.max_stages), expected
        )

    async def limit(self, request: Request, id_: NodeId, stages: int, expected: int = 0) -> str:
        """It gets at most so many stages at a time, 0 for as many as fit; those it has go on.

        Raises InvalidArgument (LIMIT_INVALID).
        """
        most = given.limit(f"nodes/{id_}", stages)
        return await self._decide(request, id_, lambda policy: replace(policy, max_stages=most), expected)

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
            lambda policy: replace(
                policy,
                cordoned=True,
                drain_deadline=deadline,
                drain_left=round(max(deadline - self.clock(), 0.0), 3),
                reason=said or policy.reason,
            ),
            expected,
        )

    async def remove(self, request: Request, id_: NodeId, *, give_up: bool = False) -> str:
        """Forget a node that is no longer there; with `give_up` the stages that it had are LOST, however long they would wait.

        Raises FailedPrecondition (NODE_ALIVE, NODE_BUSY). Stopped half-way and repeated, it goes on where it was.
        """
        before = answered(self.store.view, request)
        if before is not None:
            return before
        known_id(self.store.view, id_)
        by, name = request.principal.name, f"nodes/{id_}"
        while give_up and self.store.view.live_on(id_):
            await once(self.store, replace(request, id=""), lambda view: (self._giving_up(view, id_, by), name))

        def decide(view: View) -> tuple[Commit, str]:
            if view.node(id_) is not None:
                raise _alive(id_)
            if stages := view.live_on(id_):
                raise _busy(id_, stages)
            policy, absent = node_policy_ref(id_), Expect(node_ref(id_), 0)
            leaves = (policy, silence_ref(id_), reservation_ref(id_), attachment_ref(id_))
            return Commit(deletes=leaves, expects=(absent, Expect(policy, view.revision_of(policy)))), name

        return await once(self.store, request, decide)

    def _giving_up(self, view: View, id_: NodeId, by: str) -> Commit:
        """Some of its stages. A node that registers meanwhile keeps them all."""
        if view.node(id_) is not None:
            raise _alive(id_)
        now = self.clock()
        burials = silence.give_up(view.live_on(id_)[:BATCH], id_, by, now)
        return Commit(
            puts=tuple(Put(stage_ref(one.stage), advance(one.stage, one.event, now)) for one in burials),
            expects=(
                Expect(node_ref(id_), 0),
                *(Expect(stage_ref(one.stage), view.revision_of(stage_ref(one.stage))) for one in burials),
            ),
        )

    async def _decide(
        self, request: Request, id_: NodeId, change: Callable[[NodePolicy], NodePolicy], expected: int
    ) -> str:
        ref = node_policy_ref(id_)

        def decide(view: View) -> tuple[Commit, str]:
            known_id(view, id_)
            expectation = expect(view, ref, expected)
            before = view.policy(id_) or NodePolicy(id_)
            after = change(before)
            if after == before:
                return Commit(), f"nodes/{id_}"
            return Commit(puts=(Put(ref, after),), expects=(expectation,)), f"nodes/{id_}"

        return await once(self.store, request, decide)


def shown(view: View, id_: NodeId, now: float) -> NodeShown:
    """A node as it is at `now`, Unix seconds."""
    node, record = view.node(id_), view.silence(id_)
    stages = tuple(stage for stage in view.live_on(id_) if stage.state in PLACED)
    silent = NodeState.SUSPECT if stages else NodeState.LOST
    return NodeShown(
        id=id_,
        node=node,
        revision=view.revision_of(node_ref(id_)),
        policy=view.policy(id_),
        policy_revision=view.revision_of(node_policy_ref(id_)),
        state=NodeState.READY if node else silent,
        stages=stages,
        free=left(node, stages) if node else None,
        silent_since=record.since if record and not node else None,
        leader=view.leader == id_,
        warnings=node.warnings if node else (silence.told_of_node(stages, record, now),),
    )


def known_ids(view: View) -> Sequence[NodeId]:
    """Nodes that live, and those of which a policy or a stage tells, by name."""
    return [NodeId(id_) for id_ in sorted({*view.all(Kind.NODE), *view.all(Kind.NODE_POLICY), *view.holders()})]


def known_id(view: View, id_: NodeId) -> NodeId:
    """The same id. Raises NotFound (NODE_UNKNOWN)."""
    ids = known_ids(view)
    if id_ in ids:
        return id_
    near = known.alike(id_, ids)
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
        hint=f"Bring the node back, or give them up now: winslowctl node remove {id_} --give-up",
    )
