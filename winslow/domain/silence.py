"""Whether a silent node is still waited for, and when its stages are given up.

A node whose session is gone is a suspicion, never a proof: it may be cut off and at work. Its stages are waited for as
long as each one's `lost_after` says, by the steady clocks of leaders, one after another. The record `Silence` is that
memory: a node that registers deletes it in the same transaction, so as long as it stands, the node has not been back.
Wall clocks decide nothing here; `since` is for people.

A silent node may still write. Where it can be shut out of the shared file system (ADR 23), that is done first: no stage of it
is given up while a client that it had may go on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from winslow.domain.lifecycle import Ended, Lost
from winslow.domain.node import Silence
from winslow.domain.records import Kind
from winslow.domain.stage import PLACED, Cause, NodeId, Outcome, Reason, Stage
from winslow.domain.view import View

CHECKPOINT = 15.0
"""Seconds of waiting after which they are recorded: what a change of leaders costs at most, each."""
FENCE_AGAIN = 5.0
"""Seconds between two tries to shut out a client."""
UNKNOWN_CLIENT = "nobody knows through which client of the shared file system it writes, since it never said so"


@dataclass(frozen=True, slots=True)
class Burial:
    """A stage that is given up, and how that is to be recorded."""

    stage: Stage
    event: Lost | Ended


@dataclass(frozen=True, slots=True)
class Fencing:
    """A silent node has stages that are due, and `clients` of the shared file system that are not shut out yet.

    `record` is to be written in place of the node's once that was tried: it says all that was waited.
    """

    record: Silence
    clients: tuple[str, ...]

    def done(self) -> Silence:
        """They can write no more."""
        return replace(self.record, fenced=tuple(dict.fromkeys((*self.record.fenced, *self.clients))), fault="")

    def failed(self, why: str) -> Silence:
        """At least one may go on writing."""
        return replace(self.record, fault=why)


@dataclass(frozen=True, slots=True)
class Decision:
    """What to record of silent nodes. `look_in`: seconds until something falls due, None while nothing will.

    `records` are to be written, `over` are nodes whose record is to go, `burials` stages that are waited for no more.
    `fencings` are what must be done before more can be given up.
    """

    records: tuple[Silence, ...] = ()
    over: tuple[NodeId, ...] = ()
    burials: tuple[Burial, ...] = ()
    fencings: tuple[Fencing, ...] = ()
    look_in: float | None = None


def silent_nodes(view: View) -> dict[NodeId, tuple[Stage, ...]]:
    """Nodes without a session that hold stages, with those."""
    silent = [node for node in view.holders() if view.node(node) is None]
    held = {node: tuple(stage for stage in view.live_on(node) if stage.state in PLACED) for node in silent}
    return {node: stages for node, stages in held.items() if stages}


def silences(view: View) -> dict[NodeId, Silence]:
    """What leaders wrote down of nodes that are, or were, silent."""
    found = (one.value for one in view.all(Kind.SILENCE).values())
    return {one.node: one for one in found if isinstance(one, Silence)}


def attached(view: View, nodes: Iterable[NodeId]) -> dict[NodeId, tuple[str, ...]]:
    """The clients of the shared file system by which these nodes may write."""
    found = {node: view.attachment(node) for node in nodes}
    return {node: attachment.clients for node, attachment in found.items() if attachment}


def decide(
    silent: Mapping[NodeId, Sequence[Stage]],
    records: Mapping[NodeId, Silence],
    unrecorded: Mapping[NodeId, float],
    now: float,
    clients: Mapping[NodeId, Sequence[str]] | None = None,
) -> Decision:
    """What follows from who is silent, what is recorded of it, and what this leader waited beyond that.

    `unrecorded` are seconds by this leader's steady clock, of nodes that have a record. `clients` are those that must be
    shut out first; None where nobody can be. `now` (Unix seconds) is only written down, never compared. Asked again with
    the same facts it says the same.
    """
    written: list[Silence] = []
    burials: list[Burial] = []
    fencings: list[Fencing] = []
    due: list[float] = []
    for node, stages in silent.items():
        record, more = records.get(node), unrecorded.get(node, 0.0)
        waited = record.waited + more if record else 0.0
        over = [stage for stage in stages if waited >= stage.definition.lost_after]
        left = [stage.definition.lost_after - waited for stage in stages if waited < stage.definition.lost_after]
        writers = _writers(node, record, clients) if over else ()
        if writers is None or writers:
            # It is written down first, so that what is done about it has a place, and is done by one leader at a time.
            fencings += [Fencing(replace(record, waited=waited), writers or ())] if record else []
            left.append(FENCE_AGAIN)
        else:
            burials += [_buried(stage, _given_up(node, waited), now) for stage in over]
        if not left:
            continue
        if record is None:
            written.append(Silence(node, now))
        elif more >= CHECKPOINT:
            written.append(replace(record, waited=waited))
        due += [min(left), CHECKPOINT - more if more < CHECKPOINT else CHECKPOINT]
    gone = tuple(node for node in records if node not in silent)
    return Decision(tuple(written), gone, tuple(burials), tuple(fencings), min(due, default=None))


def _writers(
    node: NodeId, record: Silence | None, clients: Mapping[NodeId, Sequence[str]] | None
) -> tuple[str, ...] | None:
    """The node's clients that are not shut out yet; None where it has some and nobody knows which."""
    if clients is None:
        return ()
    known = clients.get(node)
    if not known:
        return None
    return tuple(client for client in known if record is None or client not in record.fenced)


def give_up(stages: Iterable[Stage], node: NodeId, by: str, now: float) -> tuple[Burial, ...]:
    """The same for a node of which a person says that it will not come back."""
    reason = Reason("NODE_GIVEN_UP", f"{by} removed {node}, which was silent, and gave up the stages that it had")
    return tuple(_buried(stage, reason, now) for stage in stages)


def _given_up(node: NodeId, waited: float) -> Reason:
    how_long = f"was silent for {waited:.0f} s" if waited else "fell silent"
    return Reason(
        "NODE_SILENT",
        f"{node} {how_long} and was given up; start winslowd there again, or forget it: winslowctl node remove {node}",
    )


def _buried(stage: Stage, reason: Reason, now: float) -> Burial:
    """What was being aborted is not LOST, which may be tried again: what a person stopped stays stopped."""
    if stage.abort is None:
        return Burial(stage, Lost(reason))
    outcome = Outcome(cause=Cause.ABORTED, message=f"aborted by {stage.abort.by}; {reason.text}")
    return Burial(stage, Ended(outcome, {}, now))


def told(stage: Stage, record: Silence | None, now: float) -> Reason:
    """Why a stage of a silent node is suspect, for people. Clocks that disagree make it less exact, never absurd."""
    lost_after = stage.definition.lost_after
    if record is None:
        return Reason("NODE_SILENT", f"suspect: {stage.node} is silent, given up after {lost_after:.0f} s")
    waited = silent_for(record, now)
    left = max(lost_after - waited, 0.0)
    if record.fault and not left:
        return Reason("NODE_NOT_FENCED", f"suspect: {stage.node} silent for {waited:.0f} s, {_in_the_way(record)}")
    return Reason("NODE_SILENT", f"suspect: {stage.node} silent for {waited:.0f} s, given up in {left:.0f} s")


def told_of_node(stages: Sequence[Stage], record: Silence | None, now: float) -> str:
    """The same of the node, with what will happen to its stages."""
    if record is None:
        return "silent"
    waited = silent_for(record, now)
    left = sorted(max(stage.definition.lost_after - waited, 0.0) for stage in stages)
    if not left:
        return f"silent for {waited:.0f} s"
    if record.fault:
        return f"silent for {waited:.0f} s, {_in_the_way(record)}"
    if round(left[0]) == round(left[-1]):
        what = "its stage is" if len(left) == 1 else f"its {len(left)} stages are"
        return f"silent for {waited:.0f} s, {what} given up in {left[0]:.0f} s"
    return f"silent for {waited:.0f} s, its {len(left)} stages are given up in {left[0]:.0f} to {left[-1]:.0f} s"


def _in_the_way(record: Silence) -> str:
    return f"given up once it is shut out of the shared file system, which fails: {record.fault}"


def silent_for(record: Silence, now: float) -> float:
    """Seconds for people: those by the wall, held within what leaders have counted."""
    return min(max(now - record.since, record.waited), record.waited + CHECKPOINT)
