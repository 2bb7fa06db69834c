"""What there is, counted: of projects, stages and nodes as this node sees them, for who keeps figures over time.

A pure look at a view. Which figures there are, and how they are called where they are kept, is known elsewhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from winslow.domain.records import Kind
from winslow.domain.stage import NodeId, State
from winslow.domain.view import View


@dataclass(frozen=True, slots=True)
class Census:
    """`oldest_waiting` is for how many seconds the stage that waits longest has been waiting, 0 where none does."""

    projects: int
    stages: Mapping[State, int]
    placed: Mapping[NodeId, int]
    nodes: int
    silent: int
    cordoned: int
    held_runs: int
    oldest_waiting: float


def census(view: View, now: float) -> Census:
    """Counts what is live; what has ended is no longer counted once it is history, so only live states are told."""
    live = list(view.live_stages())
    waiting = [stage.created_at for stage in live if stage.node is None]
    return Census(
        projects=len(view.all(Kind.PROJECT)),
        stages=Counter(stage.state for stage in live),
        placed=Counter(stage.node for stage in live if stage.node),
        nodes=len(view.nodes()),
        silent=len(view.all(Kind.SILENCE)),
        cordoned=sum(1 for node in view.nodes() if (policy := view.policy(node.id)) and policy.cordoned),
        held_runs=sum(1 for run in view.active_runs() if run.hold),
        oldest_waiting=max((now - since for since in waiting), default=0.0),
    )
