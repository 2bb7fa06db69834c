"""The nodes that take part in elections, with what each has free, kept up to date by single changes.

For each need that was asked for it keeps the bids in order, so that the best one is at hand however many nodes there
are: a change of one node costs one answer for each need. It never needs to know who waits.
"""

from __future__ import annotations

import heapq
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import replace
from typing import TypeVar

from winslow.domain.election import Bid, Candidate, Need, Refusal, answer_to, best, bid, left
from winslow.domain.node import Node, NodePolicy, Offer
from winslow.domain.resources import Capacity
from winslow.domain.stage import NodeId, Stage, StageId

T = TypeVar("T")

NEEDS_KEPT = 256
"""Needs whose bids are kept in order; another one is asked anew when it comes again."""
VOID_BIDS = 64
"""Bids beyond four a node after which a need's bids are let go: most of them are void, and nobody may ask again."""

Entry = tuple[float, NodeId, int, Bid]
"""Minus the score, the node, the node's version when it bid, the bid: the smallest is the best."""


class Electorate:
    """All methods take what is true now; told twice, they change nothing."""

    def __init__(self) -> None:
        self._nodes: dict[NodeId, Node] = {}
        self._policies: dict[NodeId, NodePolicy] = {}
        self._offers: dict[NodeId, Offer] = {}
        self._placed: dict[NodeId, dict[StageId, Stage]] = {}
        self._where: dict[StageId, NodeId] = {}
        self._candidates: dict[NodeId, Candidate] = {}
        self._versions: dict[NodeId, int] = {}
        self._bids: OrderedDict[Need, list[Entry]] = OrderedDict()

    # ---- what changes

    def node(self, id_: NodeId, node: Node | None) -> None:
        """It is up with these means, or gone."""
        self._set(self._nodes, id_, node)

    def policy(self, id_: NodeId, policy: NodePolicy | None) -> None:
        self._set(self._policies, id_, policy)

    def offer(self, id_: NodeId, offer: Offer | None) -> None:
        """What it has free now as it measured it; None when it does not take part."""
        self._set(self._offers, id_, offer)

    def place(self, stage: Stage) -> None:
        """The stage holds its node's resources from now on."""
        assert stage.node
        if self._where.get(stage.id) == stage.node:
            return
        self.release(stage.id)
        self._where[stage.id] = stage.node
        self._placed.setdefault(stage.node, {})[stage.id] = stage
        self._taken(stage.node, stage)

    def release(self, id_: StageId) -> None:
        """It holds nothing any more."""
        node = self._where.pop(id_, None)
        if node is not None:
            del self._placed[node][id_]
            self._changed(node)

    # ---- what is asked

    def __len__(self) -> int:
        """Nodes that are up."""
        return len(self._candidates)

    def total(self) -> Capacity:
        """What all live nodes have together, GPUs included."""
        have = [node.capacity for node in self._nodes.values()]
        gpus = tuple(gpu for capacity in have for gpu in capacity.gpus)
        return Capacity(sum(one.cpus for one in have), sum(one.memory for one in have), gpus=gpus)

    def placed_on(self, id_: NodeId) -> Iterable[Stage]:
        return self._placed.get(id_, {}).values()

    def best(self, need: Need, parent_node: NodeId | None = None) -> Bid | None:
        """The best bid now; None when no node is able."""
        bids = self._in_order(need)
        top = bids[0][3] if bids else None
        beside = self._candidates.get(parent_node) if top and parent_node else None
        answer = bid(need, beside, parent_node) if beside else None
        return best([top, answer]) if top and isinstance(answer, Bid) else top

    def able(self, need: Need) -> bool:
        return bool(self._in_order(need))

    def answers(self, need: Need, parent_node: NodeId | None = None) -> list[Bid | Refusal]:
        """What every node says, by name."""
        return [bid(need, self._candidates[id_], parent_node) for id_ in sorted(self._candidates)]

    def refusals(self, need: Need) -> list[Refusal]:
        return [answer for answer in self.answers(need) if isinstance(answer, Refusal)]

    # ---- inside

    def _set(self, table: dict[NodeId, T], id_: NodeId, value: T | None) -> None:
        if table.get(id_) == value:
            return
        if value is None:
            del table[id_]
        else:
            table[id_] = value
        self._changed(id_)

    def _taken(self, id_: NodeId, stage: Stage) -> None:
        """One stage more: nothing else is counted anew, so that an award costs the same on a node that has a thousand."""
        before = self._candidates.get(id_)
        if before:
            free = before.free.less(stage.definition.resources, frozenset(stage.gpus))
            self._bid_anew(id_, replace(before, free=free, stages=before.stages + 1))

    def _changed(self, id_: NodeId) -> None:
        """What it has free is counted anew from all that is placed on it."""
        node = self._nodes.get(id_)
        if node is None:
            self._versions[id_] = self._versions.get(id_, 0) + 1
            self._candidates.pop(id_, None)
            return
        placed = self._placed.get(id_, {})
        offer, policy = self._offers.get(id_), self._policies.get(id_)
        self._bid_anew(id_, Candidate(node, left(node, placed.values()), policy, len(placed), offer))

    def _bid_anew(self, id_: NodeId, candidate: Candidate) -> None:
        """Its bids so far are void; it bids for every need that is known."""
        self._versions[id_] = self._versions.get(id_, 0) + 1
        self._candidates[id_] = candidate
        most = VOID_BIDS + 4 * len(self._candidates)
        for need in [need for need, bids in self._bids.items() if len(bids) > most]:
            del self._bids[need]
        for need, bids in self._bids.items():
            self._bid(need, bids, id_)

    def _bid(self, need: Need, bids: list[Entry], id_: NodeId) -> None:
        answer = answer_to(need, self._candidates[id_])
        if isinstance(answer, Bid):
            heapq.heappush(bids, (-answer.score, id_, self._versions[id_], answer))

    def _in_order(self, need: Need) -> list[Entry]:
        """The bids for a need with a valid one at the top; empty when there is none."""
        bids = self._bids.get(need)
        if bids is None:
            bids = self._ask(need)
        while bids and self._versions.get(bids[0][1]) != bids[0][2]:
            heapq.heappop(bids)
        self._bids.move_to_end(need)
        return bids

    def _ask(self, need: Need) -> list[Entry]:
        """All nodes; done for a need that is new, or that was let go since its void bids had piled up."""
        bids = self._bids[need] = []
        for id_ in self._candidates:
            self._bid(need, bids, id_)
        if len(self._bids) > NEEDS_KEPT:
            self._bids.popitem(last=False)
        return bids
