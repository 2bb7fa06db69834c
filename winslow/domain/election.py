"""Elections: which node executes a stage. Able nodes bid with what they have free now; one rule orders the bids.

Everything here is a value: a bid says what it is made of, a refusal what the node lacks, a wait what would end it, so
that "why is it waiting?" and "why there?" have answers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NewType

from winslow.domain.node import Node, NodePolicy
from winslow.domain.resources import Capacity, Resources, fitting_gpus, shortage
from winslow.domain.stage import NodeId, Reason, Stage, StageId

Need = NewType("Need", tuple[object, ...])


@dataclass(frozen=True, slots=True)
class Candidate:
    """A live node as an election sees it: `free` is its capacity less what its stages have reserved."""

    node: Node
    free: Capacity
    policy: NodePolicy | None = None
    stages: int = 0


@dataclass(frozen=True, slots=True)
class Bid:
    """An able node's bid. `parts` names what `score` is the sum of; higher is better."""

    node: NodeId
    score: float
    parts: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a node cannot execute the stage now. `ever` is False when not even the empty node could."""

    node: NodeId
    lacks: tuple[str, ...]
    ever: bool


@dataclass(frozen=True, slots=True)
class Award:
    stage: StageId
    node: NodeId
    gpus: tuple[str, ...]
    bid: Bid


@dataclass(frozen=True, slots=True)
class Round:
    """What one look at all waiting stages decided."""

    awards: tuple[Award, ...]
    waits: Mapping[StageId, Reason]


def candidates(nodes: Sequence[Node], policies: Mapping[str, NodePolicy], placed: Sequence[Stage]) -> list[Candidate]:
    """The nodes with what is left of them once `placed` stages have taken theirs. A GPU is taken by its UUID."""
    found: list[Candidate] = []
    for node in nodes:
        mine = [stage for stage in placed if stage.node == node.id]
        free = node.capacity
        for stage in mine:
            free = free.less(stage.definition.resources, frozenset(stage.gpus))
        found.append(Candidate(node, free, policies.get(node.id), len(mine)))
    return found


def bid(stage: Stage, candidate: Candidate, parent_node: NodeId | None) -> Bid | Refusal:
    """The candidate's answer for `stage`. Affinity: its image and its parent's workspace are there. Aversion: load."""
    node, need = candidate.node, stage.definition.resources
    lacks = shortage(need, candidate.free, node.tags)
    if candidate.policy and candidate.policy.cordoned:
        lacks = (f"is cordoned{': ' + candidate.policy.reason if candidate.policy.reason else ''}", *lacks)
    if lacks:
        return Refusal(node.id, lacks, ever=not shortage(need, node.capacity, node.tags))
    idle = candidate.free.cpus / node.capacity.cpus if node.capacity.cpus else 0.0
    spare_gpus = len(candidate.free.gpus) - need.gpus.count
    parts = (
        ("image is there", 2.0 if stage.definition.image in node.images else 0.0),
        ("parent's workspace is there", 1.0 if parent_node == node.id else 0.0),
        ("idle", round(idle, 6)),
        ("keeps GPUs free for others", -0.25 * spare_gpus),
    )
    return Bid(node.id, sum(value for _, value in parts), parts)


def best(bids: Sequence[Bid]) -> Bid | None:
    """The winner: highest score, then the smallest node id. A total order, so every leader awards the same."""
    return min(bids, key=lambda one: (-one.score, one.node), default=None)


def hold_round(waiting: Sequence[Stage], nodes: Sequence[Candidate], parent_nodes: Mapping[StageId, NodeId]) -> Round:
    """Award as many of `waiting` (in the order of their turn) as fit now. A large stage that does not fit lets smaller ones by.

    Nodes only fill up within a round, so a need that no node could meet once is not asked again: the cost of a
    round is the awards times the nodes, plus one look-up for each stage that waits.
    """
    left = {candidate.node.id: candidate for candidate in nodes}
    hopeless: dict[Need, Reason] = {}
    awards: list[Award] = []
    waits: dict[StageId, Reason] = {}
    for stage in waiting:
        need = _need(stage)
        if need in hopeless:
            waits[stage.id] = hopeless[need]
            continue
        answers = [bid(stage, candidate, parent_nodes.get(stage.id)) for candidate in left.values()]
        winner = best([answer for answer in answers if isinstance(answer, Bid)])
        if winner is None:
            hopeless[need] = waits[stage.id] = why([one for one in answers if isinstance(one, Refusal)])
            continue
        award = _award(stage, left[winner.node], winner)
        left[winner.node] = _taken(left[winner.node], stage.definition.resources, award.gpus)
        awards.append(award)
    return Round(tuple(awards), waits)


def _need(stage: Stage) -> Need:
    return Need((stage.definition.resources,))


def _award(stage: Stage, candidate: Candidate, winner: Bid) -> Award:
    fit = fitting_gpus(stage.definition.resources.gpus, candidate.free.gpus)
    gpus = tuple(gpu.uuid for gpu in fit[: stage.definition.resources.gpus.count])
    return Award(stage.id, winner.node, gpus, winner)


def _taken(candidate: Candidate, need: Resources, gpus: tuple[str, ...]) -> Candidate:
    return replace(candidate, free=candidate.free.less(need, frozenset(gpus)), stages=candidate.stages + 1)


def why(refusals: Sequence[Refusal]) -> Reason:
    """Why a stage waits, in one sentence: nobody is there, nobody could ever, or everybody is busy."""
    if not refusals:
        return Reason("NO_NODES", "no node is up; start one, or look at: winslowctl node list")
    if not any(refusal.ever for refusal in refusals):
        return Reason("NO_NODE_ABLE", f"no node could ever execute it: {_said(refusals)}")
    return Reason("NODES_BUSY", f"waits for room: {_said([refusal for refusal in refusals if refusal.ever])}")


def _said(refusals: Sequence[Refusal]) -> str:
    shown = [f"{refusal.node} {', '.join(refusal.lacks)}" for refusal in refusals[:3]]
    more = len(refusals) - len(shown)
    return "; ".join(shown) + (f"; and {more} more nodes" if more > 0 else "")
