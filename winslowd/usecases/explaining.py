"""Why a stage is where it is: what each node says to one that waits, and what would unblock it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from winslow.domain import election
from winslow.domain.election import Bid, Refusal
from winslow.domain.node import NodePolicy
from winslow.domain.records import Kind, View
from winslow.domain.stage import PLACED, WAITING, Reason, Stage


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a stage is where it is. `position` counts from 1 among the `length` that wait, 0 when it does not."""

    stage: Stage
    reason: Reason
    remedies: tuple[str, ...] = ()
    position: int = 0
    length: int = 0
    answers: tuple[Bid | Refusal, ...] = ()


def explain(view: View, stage: Stage, now: float) -> Explanation:
    """Why it waits, with what each node says now; or where it is, and how it ended."""
    if stage.state not in WAITING:
        return Explanation(stage, _present(stage))
    waiting = sorted(
        (one for one in view.live_stages() if one.state in WAITING), key=lambda one: (one.created_at, one.id)
    )
    answers = _answers(view, stage)
    reason = _why_waiting(view, stage, answers, now)
    return Explanation(
        stage,
        reason,
        remedies=_remedies(stage, reason, answers),
        position=[one.id for one in waiting].index(stage.id) + 1,
        length=len(waiting),
        answers=tuple(answers),
    )


def _answers(view: View, stage: Stage) -> Sequence[Bid | Refusal]:
    """What each node says to the stage now."""
    policies = {
        key: found.value for key, found in view.all(Kind.NODE_POLICY).items() if isinstance(found.value, NodePolicy)
    }
    placed = [one for one in view.live_stages() if one.state in PLACED]
    parent = view.stage(stage.parent) if stage.parent else None
    nodes = sorted(election.candidates(view.nodes(), policies, placed), key=lambda one: one.node.id)
    return [election.bid(stage, candidate, parent.node if parent else None) for candidate in nodes]


def _why_waiting(view: View, stage: Stage, answers: Sequence[Bid | Refusal], now: float) -> Reason:
    run = view.run(stage.project, stage.run)
    if run and run.hold:
        return Reason("RUN_PAUSED", f"its run is paused: {run.hold.reason.text}")
    if stage.not_before > now:
        return Reason("RETRY_BACKOFF", f"it is tried again in {stage.not_before - now:.0f} s")
    refused = [answer for answer in answers if isinstance(answer, Refusal)]
    if len(refused) == len(answers):
        return election.why(refused)
    return Reason("ELECTING", "a node is about to be given it")


def _remedies(stage: Stage, reason: Reason, answers: Sequence[Bid | Refusal]) -> tuple[str, ...]:
    """What would unblock it, each with the command that does it."""
    match reason.code:
        case "NO_NODES":
            return ("Start winslowd on a node, or look at: winslowctl node list",)
        case "NO_NODE_ABLE":
            less = f"winslowctl run abort {stage.project}; winslowctl run redo {stage.id} --memory SIZE"
            return (f"Ask for less: {less}", "Add a node that has what it needs")
        case "NODES_BUSY":
            held = [one.node for one in answers if isinstance(one, Refusal) and one.lacks[0].startswith("is cordoned")]
            again = (f"Let a node have stages again: winslowctl node uncordon {node}" for node in held[:3])
            return ("Wait for room; what takes it is in: winslowctl stage list --state running", *again)
        case "RUN_PAUSED":
            return (f"Go on: winslowctl run resume {stage.project}",)
        case "RETRY_BACKOFF":
            return (f"Wait, or go on without it: winslowctl run skip {stage.project} {stage.definition.name}",)
    return ()


def _present(stage: Stage) -> Reason:
    if stage.reason:
        return stage.reason
    if stage.state in PLACED:
        return Reason(stage.state.value, f"it is {stage.state.value.lower()} on {stage.node}")
    well = f"it ended well on {stage.node}" if stage.node else "it ended well"
    said = stage.outcome.message if stage.outcome and stage.outcome.message else well
    return Reason(stage.state.value, said)
