"""Why a stage is where it is: what each node says to one that waits, and what would unblock it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from winslow.domain import election
from winslow.domain.election import Bid, Refusal, idle_offer, need_of
from winslow.domain.principal import Principal
from winslow.domain.rounds import Rounds
from winslow.domain.stage import PLACED, WAITING, Reason, Stage
from winslow.domain.view import View
from winslow.ports import Clock, Store
from winslowd.usecases.ledger import Election, Ledger
from winslowd.usecases.listing import Ask, Listing, Page
from winslowd.usecases.past import Past
from winslowd.usecases.stages import shown


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a stage is where it is. `position` counts from 1 among the `length` that wait, 0 when it does not."""

    stage: Stage
    reason: Reason
    remedies: tuple[str, ...] = ()
    position: int = 0
    length: int = 0
    answers: tuple[Bid | Refusal, ...] = ()
    warnings: tuple[str, ...] = ()
    """What keeps it from nothing now, but may soon."""


LISTING: Listing[Election] = Listing(
    name=lambda one: one.stage,
    order="open_time desc",
    orders={"open_time": lambda one: one.opened_at},
    fields={
        "winner": lambda one: (f"nodes/{one.winner.node}", one.winner.node) if one.winner else (),
        "open": lambda one: ("true" if one.closed_at is None else "false",),
    },
)


@dataclass(frozen=True, slots=True)
class Explaining:
    """The use cases of those who wonder. On the leader they know what the nodes offered; elsewhere what is recorded."""

    store: Store
    clock: Clock
    ledger: Ledger
    past: Past

    async def explain(self, asker: Principal, project: str, id_: str) -> Explanation:
        """Why it waits, with what each node says now; or where it is, and how it ended. Raises NotFound (STAGE_UNKNOWN)."""
        stage = await self._stage(project, id_)
        view, now = self.store.view, self.clock()
        if stage.state not in WAITING:
            held = self.ledger.of(stage.id)
            seen = shown(view, stage, now)
            remedies = _of_silence(stage) if seen.suspect else ()
            return Explanation(stage, _present(seen.stage), remedies, answers=held.answers if held else ())
        rounds = self.ledger.rounds or imagined(view, now)
        parent = view.stage(stage.parent) if stage.parent else None
        answers = rounds.electorate.answers(need_of(stage), parent.node if parent else None)
        reason = _why_waiting(view, stage, rounds, answers, now)
        order = [turn.stage for turn in rounds.queue.in_order()]
        return Explanation(
            stage,
            reason,
            remedies=_remedies(stage, reason, answers),
            position=order.index(stage.id) + 1 if stage.id in order else 0,
            length=len(order),
            answers=tuple(answers),
            warnings=warned(view),
        )

    async def election(self, asker: Principal, project: str, id_: str) -> Election:
        """The stage's latest election; of one that this node did not hold, what the record tells. Raises NotFound (STAGE_UNKNOWN)."""
        stage = await self._stage(project, id_)
        held = self.ledger.of(stage.id)
        if held and (held.winner.node if held.winner else None) == stage.node:
            return held
        winner = Bid(stage.node, 0.0, (), stage.gpus) if stage.node else None
        answers = (await self.explain(asker, project, id_)).answers
        opened = max(stage.created_at, stage.not_before)
        return Election(stage.id, stage.project, opened, stage.placed_at, winner, answers)

    async def _stage(self, project: str, id_: str) -> Stage:
        found = (await self.past.stage(project, id_)).value
        assert isinstance(found, Stage)
        return found

    def elections(self, asker: Principal, ask: Ask) -> Page[Election]:
        """Those that are open, and those closed lately, newest first."""
        return LISTING.page(list(self.ledger), ask)


def warned(view: View) -> tuple[str, ...]:
    """What nodes say is wrong with the storage there, or will be soon; what several say is told once, with all who do."""
    said: dict[str, list[str]] = {}
    for node in sorted(view.nodes(), key=lambda node: node.id):
        for warning in node.warnings:
            said.setdefault(warning, []).append(node.id)
    return tuple(f"{_of(nodes)}: {warning}" for warning, nodes in said.items())


def _of(nodes: Sequence[str]) -> str:
    return ", ".join(nodes) if len(nodes) <= election.NAMED else f"{len(nodes)} nodes"


def imagined(view: View, now: float) -> Rounds:
    """Rounds as they would be with nobody but us on the nodes: for those who do not lead, and so hear no offers."""
    rounds = Rounds()
    rounds.queue.limits(view.limits())
    for node in view.nodes():
        rounds.see_node(view, node.id)
        rounds.electorate.offer(node.id, idle_offer(node))
    for stage in view.live_stages():
        rounds.see_stage(view, stage.id, stage, now)
        project = view.project(stage.project)
        rounds.queue.priority(stage.project, project.priority if project else 0)
    return rounds


def _why_waiting(view: View, stage: Stage, rounds: Rounds, answers: Sequence[Bid | Refusal], now: float) -> Reason:
    run = view.run(stage.project, stage.run)
    if run and run.hold:
        return Reason("RUN_PAUSED", f"its run is paused: {run.hold.reason.text}")
    if not stage.due(now):
        return Reason("RETRY_BACKOFF", f"it is tried again in {stage.not_before - now:.0f} s")
    turn = rounds.queue.turn(stage.id)
    limited = rounds.queue.limited(turn) if turn else None
    if limited:
        return limited
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
            lacks = [lack for one in answers if isinstance(one, Refusal) for lack in one.lacks]
            if lacks and all(lack.startswith("lacks the tags") for lack in lacks):
                other = f"Ask for other tags, for runs to come: winslowctl project edit {stage.project}"
                return (other, "Give a node these tags in its settings, or add one that has them")
            less = f"winslowctl run abort {stage.project}; winslowctl run redo {stage.id} --memory SIZE"
            return (f"Ask for less: {less}", "Add a node that has what it needs")
        case "NODES_BUSY":
            held = [one.node for one in answers if isinstance(one, Refusal) and one.lacks[0].startswith("is cordoned")]
            again = (f"Let a node have stages again: winslowctl node uncordon {node}" for node in held[:3])
            return ("Wait for room; what takes it is in: winslowctl stage list --state running", *again)
        case "LIMIT_REACHED":
            return ("Wait until one of them ends, or allow more: winslowctl limits set",)
        case "RUN_PAUSED":
            return (f"Go on: winslowctl run resume {stage.project}",)
        case "RETRY_BACKOFF":
            return (f"Wait, or go on without it: winslowctl run skip {stage.project} {stage.definition.name}",)
    return ()


def _of_silence(stage: Stage) -> tuple[str, ...]:
    """What people may do for a stage whose node is silent, other than wait."""
    return (
        f"Start winslowd on {stage.node} again: the stage goes on as if nothing had been",
        f"If it will not come back: winslowctl node remove {stage.node} --give-up",
    )


def _present(stage: Stage) -> Reason:
    if stage.reason:
        return stage.reason
    if stage.state in PLACED:
        return Reason(stage.state.value, f"it is {stage.state.value.lower()} on {stage.node}")
    well = f"it ended well on {stage.node}" if stage.node else "it ended well"
    said = stage.outcome.message if stage.outcome and stage.outcome.message else well
    return Reason(stage.state.value, said)
