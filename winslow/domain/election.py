"""Elections: what each node answers to a stage, and which answer is best. One rule orders the bids.

Everything here is a value: a bid says what it is made of, a refusal what the node lacks, a wait what would end it, so
that "why is it waiting?" and "why there?" have answers. Rounds over all that waits are held in `winslow.domain.rounds`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from winslow.domain.node import Node, NodePolicy, Offer
from winslow.domain.quantity import about_size
from winslow.domain.resources import Capacity, Gpu, GpuRequest, Resources, fitting_gpus, shortage
from winslow.domain.stage import NodeId, Reason, Stage, StageId

IMAGE, NEAR, SPARE_GPU, BUSY_GPU = 2.0, 1.0, -0.25, -0.5
"""Weights: a pull takes minutes, a copy of a workspace as long as it is large, the rest is for evenness."""
NAMED = 3
"""Nodes that a reason names; explaining a stage names all."""


@dataclass(frozen=True, slots=True)
class Need:
    """What nodes look at when they answer; stages with equal needs get equal answers, the parent's workspace apart."""

    resources: Resources
    image: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A live node as an election sees it: `free` is its capacity less what its stages have reserved.

    Without an `offer` it has not answered, and takes no part.
    """

    node: Node
    free: Capacity
    policy: NodePolicy | None = None
    stages: int = 0
    offer: Offer | None = None


@dataclass(frozen=True, slots=True)
class Bid:
    """An able node's bid. `parts` names what `score` is the sum of; higher is better. `gpus` are those it would give."""

    node: NodeId
    score: float
    parts: tuple[tuple[str, float], ...]
    gpus: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a node cannot execute the stage now. `ever` is False when not even the empty node could."""

    node: NodeId
    lacks: tuple[str, ...]
    ever: bool


@dataclass(frozen=True, slots=True)
class Award:
    stage: StageId
    bid: Bid

    @property
    def node(self) -> NodeId:
        return self.bid.node

    @property
    def gpus(self) -> tuple[str, ...]:
        return self.bid.gpus


def need_of(stage: Stage) -> Need:
    return Need(stage.definition.resources, stage.definition.image)


def left(node: Node, placed: Iterable[Stage]) -> Capacity:
    """What `placed`, all of them the node's, leave of it."""
    free = node.capacity
    for stage in placed:
        free = free.less(stage.definition.resources, frozenset(stage.gpus))
    return free


def idle_offer(node: Node) -> Offer:
    """What a node would offer that nobody else uses: for those who cannot know better."""
    return Offer(node.id, node.incarnation, 0, node.capacity.cpus, node.capacity.memory, node.capacity.disk)


def bid(need: Need, candidate: Candidate, parent_node: NodeId | None) -> Bid | Refusal:
    """The candidate's answer to a stage of this need whose parent was executed on `parent_node`."""
    answer = answer_to(need, candidate)
    return _near(answer) if isinstance(answer, Bid) and parent_node == answer.node else answer


def _near(found: Bid) -> Bid:
    """The bid of the node on which the parent was executed: its workspace is there."""
    return replace(found, score=found.score + NEAR, parts=(*found.parts, ("parent's workspace is there", NEAR)))


def answer_to(need: Need, candidate: Candidate) -> Bid | Refusal:
    """What a node answers to stages of this need, from what it has free now. Affinity: the image is there. Aversion: load."""
    node, resources = candidate.node, need.resources
    gpus = usable_gpus(resources.gpus, candidate)
    lacks = _lacks(resources, candidate, gpus)
    if lacks:
        return Refusal(node.id, lacks, ever=not shortage(resources, node.capacity, node.tags))
    given = gpus[: resources.gpus.count]
    parts: tuple[tuple[str, float], ...] = (
        ("image is there", IMAGE if need.image in node.images else 0.0),
        ("idle", round(_idle(candidate), 3)),
        ("keeps GPUs free for others", SPARE_GPU * (len(candidate.free.gpus) - resources.gpus.count)),
        ("others use its GPUs", round(BUSY_GPU * _utilisation(given, candidate.offer), 3)),
    )
    parts = tuple(part for part in parts if part[1])
    return Bid(node.id, round(sum(value for _, value in parts), 6), parts, tuple(gpu.uuid for gpu in given))


def usable_gpus(request: GpuRequest, candidate: Candidate) -> tuple[Gpu, ...]:
    """The free GPUs that satisfy `request` and of which nobody else has the memory now; the least busy first among equals."""
    seen = {gpu.uuid: gpu for gpu in candidate.offer.gpus} if candidate.offer else {}
    fit = [
        gpu
        for gpu in fitting_gpus(request, candidate.free.gpus)
        if gpu.uuid not in seen or seen[gpu.uuid].memory_free >= request.memory
    ]
    return tuple(sorted(fit, key=lambda gpu: (gpu.memory, _busy(gpu.uuid, candidate.offer), gpu.uuid)))


def _lacks(need: Resources, candidate: Candidate, gpus: tuple[Gpu, ...]) -> tuple[str, ...]:
    """Every reason why not, the ones that only a person can mend first."""
    policy, offer = candidate.policy, candidate.offer
    lacks: list[str] = []
    if policy and policy.cordoned:
        lacks.append(f"is cordoned{': ' + policy.reason if policy.reason else ''}")
    if policy and policy.max_stages and candidate.stages >= policy.max_stages:
        lacks.append(f"has {candidate.stages} of the {policy.max_stages} stages that it may have")
    lacks += shortage(
        need, replace(candidate.free, gpus=gpus) if need.gpus.count else candidate.free, candidate.node.tags
    )
    if offer is None:
        lacks.append("has not answered the leader")
    else:
        lacks += offer.obstacles
        if need.memory <= candidate.free.memory and need.memory > offer.memory_available:
            lacks.append(
                f"needs {about_size(need.memory)} of memory, of which others leave {about_size(offer.memory_available)}"
            )
    return tuple(lacks)


def _idle(candidate: Candidate) -> float:
    """The mean of two parts of its cores, 0 to 1: what no stage has reserved, and what nobody uses.

    Each must tell on its own: a reservation before the stage uses what it reserved, and use by others at any time.
    """
    cpus = candidate.node.capacity.cpus
    idle = min(candidate.offer.cpus_idle if candidate.offer else cpus, cpus)
    return max(candidate.free.cpus + idle, 0.0) / (2 * cpus) if cpus else 0.0


def _utilisation(gpus: Sequence[Gpu], offer: Offer | None) -> float:
    return sum(_busy(gpu.uuid, offer) for gpu in gpus) / len(gpus) if gpus else 0.0


def _busy(uuid: str, offer: Offer | None) -> float:
    found = next((gpu for gpu in offer.gpus if gpu.uuid == uuid), None) if offer else None
    return found.utilisation if found else 0.0


def best(bids: Iterable[Bid]) -> Bid | None:
    """The winner: highest score, then the smallest node id. A total order, so every leader awards the same."""
    return min(bids, key=lambda one: (-one.score, one.node), default=None)


def why(refusals: Sequence[Refusal]) -> Reason:
    """Why a stage waits, in one sentence: nobody is there, nobody could ever, or everybody is busy."""
    if not refusals:
        return Reason("NO_NODES", "no node is up; start one, or look at: winslowctl node list")
    if not any(refusal.ever for refusal in refusals):
        return Reason("NO_NODE_ABLE", f"no node could ever execute it: {_said(refusals)}")
    return Reason("NODES_BUSY", f"waits for room: {_said([refusal for refusal in refusals if refusal.ever])}")


def _said(refusals: Sequence[Refusal]) -> str:
    shown = [f"{refusal.node} {', '.join(refusal.lacks)}" for refusal in refusals[:NAMED]]
    more = len(refusals) - len(shown)
    return "; ".join(shown) + (f"; and {more} more nodes" if more > 0 else "")
