"""Rounds: one look at all that waits and all that is free, which awards as much as fits.

A round costs what it awards: it does not grow with what waits, and with the nodes only by their logarithm. What an award
takes is taken at once, so that the next one of the round sees it; an award that could not be recorded is taken back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from winslow.domain.election import Award, Need, need_of, why
from winslow.domain.electorate import Electorate
from winslow.domain.queue import Queue, Turn
from winslow.domain.records import stage_ref
from winslow.domain.stage import PLACED, WAITING, NodeId, Reason, Stage, StageId
from winslow.domain.view import View

AT_ONCE = 400
"""Awards of one round; what is left waits for the next, which follows at once."""


class Rounds:
    """Follows the records through `see_*`, and holds rounds. All of it is told by what is true now, in any order."""

    def __init__(self) -> None:
        self.queue = Queue()
        self.electorate = Electorate()

    def see_stage(self, view: View, id_: StageId, stage: Stage | None, now: float) -> None:
        """The stage as it is, None when it is gone. One that is held back or not due yet does not wait for a node."""
        if stage is not None and stage.state in PLACED:
            self._place(stage, _user(view, stage))
            return
        self.electorate.release(id_)
        self.queue.let_go(id_)
        if stage is not None and stage.state in WAITING and stage.due(now) and not held(view, stage):
            self.queue.wait(_turn(view, stage))
        else:
            self.queue.leave(id_)

    def see_node(self, view: View, id_: NodeId) -> None:
        """The node's registration and policy."""
        self.electorate.node(id_, view.node(id_))
        self.electorate.policy(id_, view.policy(id_))
        self.queue.total(self.electorate.total())

    def hold(self, stage_of: Callable[[StageId], Stage | None]) -> list[Award]:
        """Award what fits, in the order of turns. `stage_of` is None for one that waits no more, and was not seen to yet."""
        awards: list[Award] = []
        while len(awards) < AT_ONCE:
            turn = self.queue.next(self.electorate.able)
            bid = self.electorate.best(turn.need, turn.parent_node) if turn else None
            if turn is None or bid is None:
                return awards
            stage = stage_of(turn.stage)
            if stage is None:
                self.queue.leave(turn.stage)
                continue
            self._place(replace(stage, node=bid.node, gpus=bid.gpus), turn.user)
            awards.append(Award(turn.stage, bid))
        return awards

    def why(self, stage: Stage, reasons: dict[Need, Reason]) -> Reason | None:
        """Why a stage waits; None when a node is about to be given it. `reasons` remembers answers for equal needs."""
        turn = self.queue.turn(stage.id)
        limited = self.queue.limited(turn) if turn else None
        if limited:
            return limited
        need = need_of(stage)
        if self.electorate.able(need):
            return None
        if need not in reasons:
            reasons[need] = why(self.electorate.refusals(need))
        return reasons[need]

    def _place(self, stage: Stage, user: str) -> None:
        self.queue.hold(stage.id, stage.project, user, stage.definition.resources)
        self.queue.leave(stage.id)
        self.electorate.place(stage)


def held(view: View, stage: Stage) -> bool:
    """Whether its run goes no further until a person resumes it."""
    run = view.run(stage.project, stage.run)
    return run is not None and run.hold is not None


def _turn(view: View, stage: Stage) -> Turn:
    parent = view.stage(stage.parent) if stage.parent else None
    return Turn(
        stage=stage.id,
        need=need_of(stage),
        project=stage.project,
        user=_user(view, stage),
        since=_since(view, stage),
        parent_node=parent.node if parent else None,
    )


def _since(view: View, stage: Stage) -> float:
    """The revision that made it, after all others for one that is being made: the clocks of leaders may be a day apart."""
    found = view.get(stage_ref(stage))
    return found.created if found else view.revision + 1


def _user(view: View, stage: Stage) -> str:
    """Whoever began its run."""
    run = view.run(stage.project, stage.run)
    return run.created_by if run else stage.created_by
