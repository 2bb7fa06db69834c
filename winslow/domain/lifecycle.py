"""The states of a stage and the moves between them, as one table.

`advance` is the only thing that changes a stage's state. A move that the table does not have raises and
changes nothing; so does every move of a stage that has ended.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import assert_never

from winslow.domain.stage import WAITING, Abort, Cause, NodeId, Outcome, Reason, Stage, State
from winslow.errors import FailedPrecondition


@dataclass(frozen=True, slots=True)
class Opened:
    """Its election was opened: nodes are asked."""


@dataclass(frozen=True, slots=True)
class Waits:
    """It goes on waiting; `reason` says what for."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class Awarded:
    """It belongs to `node` from now on, for ever. `fence` is the store's revision at which that was decided."""

    node: NodeId
    fence: int
    gpus: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Started:
    """Its process runs. `at` in Unix seconds, as its node saw it."""

    at: float
    image_digest: str


@dataclass(frozen=True, slots=True)
class Reported:
    """What its log said since."""

    results: Mapping[str, str]
    progress: float | None


@dataclass(frozen=True, slots=True)
class AbortRequested:
    by: str


@dataclass(frozen=True, slots=True)
class Ended:
    """Its attempt is over, one way or another. `at` and `started_at` as its process saw them, in Unix seconds."""

    outcome: Outcome
    results: Mapping[str, str]
    at: float
    started_at: float | None = None


@dataclass(frozen=True, slots=True)
class Lost:
    """Its node was silent for longer than `lost_after`."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class Skipped:
    by: str


Event = Opened | Waits | Awarded | Started | Reported | AbortRequested | Ended | Lost | Skipped

TRANSITIONS: Mapping[State, Mapping[type[Event], frozenset[State]]] = {
    State.QUEUED: {
        Opened: frozenset({State.ELECTING}),
        Waits: frozenset({State.QUEUED}),
        Awarded: frozenset({State.PREPARING}),
        AbortRequested: frozenset({State.ABORTED}),
        Skipped: frozenset({State.SKIPPED}),
    },
    State.ELECTING: {
        Waits: frozenset({State.QUEUED}),
        Awarded: frozenset({State.PREPARING}),
        AbortRequested: frozenset({State.ABORTED}),
        Skipped: frozenset({State.SKIPPED}),
    },
    State.PREPARING: {
        Waits: frozenset({State.PREPARING}),
        Started: frozenset({State.RUNNING}),
        AbortRequested: frozenset({State.PREPARING}),
        Ended: frozenset({State.FAILED, State.ABORTED}),
        Lost: frozenset({State.LOST}),
    },
    State.RUNNING: {
        Waits: frozenset({State.RUNNING}),
        Reported: frozenset({State.RUNNING}),
        AbortRequested: frozenset({State.RUNNING}),
        Ended: frozenset({State.SUCCEEDED, State.FAILED, State.ABORTED}),
        Lost: frozenset({State.LOST}),
    },
    State.SUCCEEDED: {},
    State.FAILED: {},
    State.ABORTED: {},
    State.LOST: {},
    State.SKIPPED: {},
}
"""For each state, the events it takes and the states they may lead to."""


TURN = "WAITS_ITS_TURN"
"""The code for what waits and was not looked at yet."""
WORTH = 0.001
"""Seconds."""


def advance(stage: Stage, event: Event, now: float) -> Stage:
    """The stage after `event`. Raises FailedPrecondition (ILLEGAL_MOVE) for a move that is not in the table.

    Aborting twice, before the abort is through, is the same as once: the first to ask is remembered. A drain asks for
    less than a person does, so a person comes first whenever they ask.
    """
    allowed = TRANSITIONS[stage.state].get(type(event))
    if allowed is None:
        raise illegal(stage, type(event).__name__)
    moved = _waited(stage, _move(stage, event, now), now)
    if moved.state not in allowed:
        raise illegal(stage, f"{type(event).__name__} to {moved.state.value}")
    return moved


def _move(stage: Stage, event: Event, now: float) -> Stage:
    match event:
        case Opened():
            return replace(stage, state=State.ELECTING, reason=None)
        case Waits(reason):
            state = State.QUEUED if stage.state is State.ELECTING else stage.state
            return replace(stage, state=state, reason=reason)
        case Awarded(node, fence, gpus):
            return replace(stage, state=State.PREPARING, node=node, fence=fence, gpus=gpus, placed_at=now, reason=None)
        case Started(at, digest):
            return replace(stage, state=State.RUNNING, started_at=at, image_digest=digest, reason=None)
        case Reported(results, progress):
            return replace(
                stage,
                results={**stage.results, **results},
                progress=stage.progress if progress is None else progress,
            )
        case AbortRequested(by):
            return _abort(stage, by, now)
        case Ended():
            return _end(stage, event)
        case Lost(reason):
            outcome = Outcome(cause=Cause.NODE_LOST, message=reason.text)
            return replace(stage, state=State.LOST, ended_at=now, outcome=outcome, reason=None)
        case Skipped(by):
            return replace(stage, state=State.SKIPPED, ended_at=now, reason=Reason("SKIPPED", f"skipped by {by}"))
        case _:
            assert_never(event)


def waits_for(stage: Stage) -> str:
    """The code of what it waits for, "" where it waits for nothing. Until something else is known it waits for its turn."""
    if stage.reason is not None and stage.live:
        return stage.reason.code
    return TURN if stage.state in WAITING else ""


def waiting(stage: Stage, now: float) -> float:
    """Seconds for which it has waited for what it waits for now, by clocks that may differ: never less than none.

    An older version moves it without noting since when it waits: then it is not since before it was placed.
    """
    since = max(at for at in (stage.created_at, stage.placed_at, stage.waits_since) if at is not None)
    return max(0.0, now - since) if waits_for(stage) else 0.0


def _waited(before: Stage, after: Stage, now: float) -> Stage:
    """`after` with the time that was waited until this move; what is not worth a millisecond is not written down."""
    old, new = waits_for(before), waits_for(after)
    if old == new:
        return after
    seconds = waiting(before, now)
    told = {**before.waited, old: round(before.waited.get(old, 0.0) + seconds, 3)}
    return replace(after, waited=told if seconds >= WORTH else before.waited, waits_since=now if new else None)


def _abort(stage: Stage, by: str, now: float) -> Stage:
    abort = stage.abort if stage.abort and stage.stopped else Abort(by, now)
    if stage.node is not None:
        return replace(stage, abort=abort)
    outcome = Outcome(cause=Cause.ABORTED, message=f"aborted by {by} before it started")
    return replace(stage, state=State.ABORTED, abort=abort, ended_at=now, outcome=outcome, reason=None)


def _end(stage: Stage, event: Ended) -> Stage:
    match event.outcome.cause:
        case None:
            state = State.SUCCEEDED
        case Cause.ABORTED:
            state = State.ABORTED
        case _:
            state = State.FAILED
    return replace(
        stage,
        state=state,
        outcome=event.outcome,
        results={**stage.results, **event.results},
        progress=1.0 if state is State.SUCCEEDED else stage.progress,
        started_at=event.started_at or stage.started_at,
        ended_at=event.at,
        reason=None,
    )


def illegal(stage: Stage, what: str) -> FailedPrecondition:
    """The error for a move that the table does not have."""
    return FailedPrecondition(
        f"{stage.id} is {stage.state.value}: {what} is not possible",
        reason="ILLEGAL_MOVE",
        subject=f"projects/{stage.project}/stages/{stage.id}",
        hint="Look at it with: winslowctl stage show " + stage.id,
        metadata={"state": stage.state.value, "event": what},
    )
