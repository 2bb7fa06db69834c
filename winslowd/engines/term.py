"""One term of a leader: brings every active run one step further, and awards stages to nodes.

One loop. A change of the store, or a node's offer, says what to look at; a rolling resync looks at a part of everything
each second, so a missed change heals. The core decides, this loop commits: every write carries the leader's fence and
compares what it was decided on. A stage that is made while a node is free is awarded in the transaction that makes it.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

import structlog

from winslow.domain import lifecycle
from winslow.domain.election import Award, Bid, Need, Refusal, need_of
from winslow.domain.progress import MADE_AT_ONCE, Plan, plan
from winslow.domain.project import Run
from winslow.domain.records import Expect, Fence, Put, project_ref, run_ref, stage_ref
from winslow.domain.rounds import AT_ONCE, Rounds, held
from winslow.domain.stage import PLACED, WAITING, NodeId, Reason, Stage, StageId
from winslow.domain.standing import situation_of
from winslow.errors import OutOfRange
from winslow.ports import Clock, Fencer, Steady, Store
from winslowd.engines.commits import Commits, Fate
from winslowd.engines.hearing import be_heard
from winslowd.engines.moves import Batch, Move, commit_of, room_for, sound, stage_move, waves
from winslowd.engines.sweeper import Sweeper
from winslowd.engines.todo import Due, Todo, sweeps_in
from winslowd.engines.undertaker import Undertaker
from winslowd.usecases.attendance import Attendance
from winslowd.usecases.ledger import Election, Ledger
from winslowd.usecases.unhurried import unhurried

log = structlog.get_logger(__name__)
T = TypeVar("T")

OPEN_FOR = 0.25
"""Seconds for which an election waits for live nodes that have not answered."""
RESYNC = 30.0
"""Seconds in which every active run is looked at once though nothing changed."""
SLICE = 1.0
"""Seconds between two parts of a resync."""
TOLD_AT_ONCE = 500
"""Waiting stages up to which a change of a node is told to all of them at once; more are told with the resync."""
RUN_PAUSED = Reason("RUN_PAUSED", "its run is paused; resume it to go on")
STRETCH = 0.005
"""Seconds for which it plans at a time, and for which it looks for reasons; the daemon has other things to do, too."""
ALL_TOLD = 20
"""Nodes up to which the answers of all are kept with an election."""


class Term:
    """One time as leader. Every commit carries its fence, so that a leader that does not know better changes nothing."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        fence: Fence,
        attendance: Attendance,
        ledger: Ledger,
        steady: Steady,
        fencer: Fencer | None = None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._fence = fence
        self.attendance = attendance
        self._ledger = ledger
        self._steady = steady
        self._fencer = fencer
        self._commits = Commits(store)
        self._sweeper = Sweeper(store, clock, fence, self._commits)
        self.rounds = Rounds()
        self._round = 0
        self._answers: dict[Need, tuple[Bid | Refusal, ...]] = {}
        """What nodes say to a need once the round is over, asked once for all of its stages."""
        self._todo = Todo(everything=True)
        self._due = Due()
        self._unfit: list[Move] = []
        """What cannot be recorded: tried again with the resync."""
        self._unfit_sweeps: set[str] = set()
        self._one_by_one: set[str] = set()
        """Runs, by key, whose new stages were too large for one transaction."""
        self._awaited: dict[NodeId, float] = {}
        self._untold: set[StageId] = set()
        """Waiting stages of which nothing could be said while nodes were awaited."""
        self._unplanned: dict[str, None] = {}
        """Runs, by key, that were seen and not decided on yet, in their order."""
        self._unsaid: dict[StageId, None] = {}
        """Waiting stages that were seen, and whose reason was not looked for yet."""
        self._wake = asyncio.Event()

    async def run(self) -> None:
        """Raises Conflict (FENCED) when somebody else leads, and what the store raises for good."""
        async with asyncio.TaskGroup() as group:
            undertaker = Undertaker(self._store, self._fence, self._clock, self._steady, self._fencer)
            beside = [
                group.create_task(self._listen(), name="leader: listens for changes"),
                group.create_task(self._hear(), name="leader: hears offers"),
                group.create_task(self._resync(), name="leader: looks at everything now and then"),
                group.create_task(
                    be_heard(self._store, self.attendance, self._steady),
                    name="leader: lets another lead when nobody reaches it",
                ),
                group.create_task(undertaker.run(), name="leader: gives up what silent nodes have"),
            ]
            try:
                while True:
                    self._wake.clear()
                    await self._step()
                    await self._rest()
            finally:
                for task in beside:
                    task.cancel()

    # ---- what wakes it

    async def _listen(self) -> None:
        """Note what changes, and wake the loop."""
        while True:
            since = self._store.view.revision
            self._todo.everything = True
            self._wake.set()
            with contextlib.suppress(OutOfRange):
                async for changes in self._store.changes(since):
                    self._todo.note(changes)
                    self._wake.set()

    async def _hear(self) -> None:
        while True:
            await self.attendance.moved()
            self._wake.set()

    async def _resync(self) -> None:
        """A part of the active runs each second, so that a large cluster does not stand still for it."""
        while True:
            unfit, self._unfit = self._unfit, []
            self._take_back(unfit)
            self._todo.sweeps |= self._unfit_sweeps
            self._unfit_sweeps = set()
            everything = [f"{run.project}/{run.id}" for run in self._store.view.active_runs()]
            rest, part = iter(everything), max(int(len(everything) * SLICE / RESYNC), 1)
            while runs := list(islice(rest, part)):
                await asyncio.sleep(SLICE)
                self._todo.runs.update(runs)
                self._wake.set()
            await asyncio.sleep(SLICE)

    async def _rest(self) -> None:
        """Until something changed, a back-off is over, or the nodes that have not answered are waited for no longer."""
        moments = [left for left in (self._due.next(self._clock()), self._still_awaited()) if left is not None]
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(min(moments, default=None)):
                await self._wake.wait()

    # ---- one step

    async def _step(self) -> None:
        todo, self._todo = self._todo, Todo()
        view, now = self._store.view, self._clock()
        todo.spell_out(view)
        left = await self._sweeper.see_to(sweeps_in(view, todo.sweeps))
        self._unfit_sweeps |= left.later
        if left.soon:
            self._todo.sweeps |= left.soon
            self._wake.set()
        await self._see(todo, now)
        plans = list(self._plans(now))
        made = {stage.id: stage for _, planned in plans for stage in planned.stages}
        for stage in made.values():
            self.rounds.see_stage(view, stage.id, stage, now)
        awards = self._hold_round(made)
        await self._do(self._moves(plans, awards, now))

    async def _see(self, todo: Todo, now: float) -> None:
        """Bring the rounds up to date with what was noted; what changes meanwhile is noted for the next step."""
        view, rounds = self._store.view, self.rounds
        for id_ in todo.nodes:
            rounds.see_node(view, id_)
            self._expect_answer(id_)
            todo.stages |= {one.id for one in (*rounds.electorate.placed_on(id_), *view.live_on(id_))}
        for id_ in todo.nodes | self.attendance.changed():
            offer = self.attendance.offers.get(id_)
            rounds.electorate.offer(id_, offer)
            if offer:
                self._awaited.pop(id_, None)
        async for project_id in unhurried(todo.projects):
            project = view.project(project_id)
            rounds.queue.priority(project_id, project.priority if project else 0)
        if todo.limits:
            rounds.queue.limits(view.limits())
        if todo.nodes and len(rounds.queue) <= TOLD_AT_ONCE:
            todo.stages |= {turn.stage for turn in rounds.queue}
        todo.stages |= self._due.take(now)
        if self._still_awaited() is None:
            todo.stages |= self._untold
            self._untold = set()
        async for key in unhurried(todo.runs):
            run = view.run(*key.split("/", 1))
            todo.stages |= {stage.id for stage in view.stages_of_run(run) if stage.live} if run else set()
        async for stage_id in unhurried(todo.stages):
            self._see_stage(stage_id, now)
        self._unplanned |= dict.fromkeys(sorted(todo.runs))
        self._unsaid |= dict.fromkeys(todo.stages)

    def _see_stage(self, id_: StageId, now: float) -> None:
        stage = self._store.view.stage(id_)
        self.rounds.see_stage(self._store.view, id_, stage, now)
        if stage and stage.state in WAITING and not stage.due(now):
            self._due.at(stage.not_before, id_)

    def _plans(self, now: float) -> Iterator[tuple[Run, Plan]]:
        """Of as many runs as there is time for: what is decided is written down before anything else happens."""
        view = self._store.view
        runs, self._unplanned = list(self._unplanned), {}
        for key in self._in_time(runs, self._unplanned):
            run = view.run(*key.split("/", 1))
            situation = situation_of(view, run) if run and run.active else None
            if run is None or situation is None:
                continue
            try:
                decided = plan(situation, now, 1 if key in self._one_by_one else MADE_AT_ONCE)
            except Exception:  # one run that we cannot decide on must not keep all others waiting
                log.exception("run cannot be planned", project=run.project, run=run.id)
                continue
            if decided.run != run or decided.stages:
                yield run, decided

    def _in_time(self, items: Sequence[T], rest: dict[T, None]) -> Iterator[T]:
        """As many of them as there is time for in a step, one at least; the others are the next one's, before what comes until then.

        Nothing is looked at again for having been left: of ten thousand runs there are hundreds of steps.
        """
        until = self._steady() + STRETCH
        for at, item in enumerate(items):
            if at and self._steady() >= until:
                rest |= dict.fromkeys(items[at:])
                self._wake.set()
                return
            yield item

    # ---- elections

    def _expect_answer(self, id_: NodeId) -> None:
        """A live node that has not answered yet is waited for a moment, once."""
        if self._store.view.node(id_) is None:
            self._awaited.pop(id_, None)
        elif id_ not in self.attendance.offers:
            self._awaited.setdefault(id_, self._steady() + OPEN_FOR)

    def _still_awaited(self) -> float | None:
        """Seconds for which elections stay open; None when all have answered, or had their time."""
        left = max(self._awaited.values(), default=0.0) - self._steady()
        return left if left > 0 else None

    def _hold_round(self, made: dict[StageId, Stage]) -> dict[StageId, Award]:
        """One round over all stages whose turn it may be, those just made included."""
        if self._still_awaited() is not None:
            return {}
        self._answers.clear()
        awards = self.rounds.hold(lambda id_: made.get(id_) or self._waiting(id_))
        self._round += bool(awards)
        if len(awards) == AT_ONCE:
            self._wake.set()
        return {award.stage: award for award in awards}

    def _waiting(self, id_: StageId) -> Stage | None:
        """A stage as it is in the view, which may be ahead of what was noted of it."""
        stage = self._store.view.stage(id_)
        return stage if stage and stage.state in WAITING else None

    # ---- what comes of it

    def _moves(self, plans: list[tuple[Run, Plan]], awards: dict[StageId, Award], now: float) -> list[Move]:
        reasons: dict[Need, Reason] = {}
        moves = [self._run_move(run, planned, awards, reasons, now) for run, planned in plans]
        made = {id_ for move in moves for id_ in move.stages}
        view = self._store.view
        seen, self._unsaid = [id_ for id_ in self._unsaid if id_ not in awards and id_ not in made], {}
        for id_ in (*(awards.keys() - made), *self._in_time(seen, self._unsaid)):
            stage = view.stage(id_)
            if stage and stage.state in WAITING:
                after = self._moved_on(stage, awards.get(id_), reasons, now)
                if after != stage:
                    moves.append(stage_move(stage, after, view))
        return moves

    def _run_move(
        self, run: Run, planned: Plan, awards: dict[StageId, Award], reasons: dict[Need, Reason], now: float
    ) -> Move:
        view = self._store.view
        before = (run_ref(run), project_ref(run.project))
        awards = self._as_many_as_go(planned.stages, awards, room_for(len(before) + len(planned.stages)))
        stages = [self._moved_on(stage, awards.get(stage.id), reasons, now) for stage in planned.stages]
        return Move(
            puts=(Put(run_ref(run), planned.run), *(Put(stage_ref(stage), stage) for stage in stages)),
            expects=(
                *(Expect(ref, view.revision_of(ref)) for ref in before),
                *(Expect(stage_ref(stage), 0) for stage in stages),
            ),
            awards=tuple(stage for stage in stages if stage.state in PLACED),
            stages=tuple(stage.id for stage in stages),
            run=f"{run.project}/{run.id}",
        )

    def _as_many_as_go(self, stages: Iterable[Stage], awards: dict[StageId, Award], nodes: int) -> dict[StageId, Award]:
        """The awards of stages that are made in one transaction, on at most so many nodes; the next step awards the rest."""
        kept: dict[StageId, Award] = {}
        homes: set[NodeId] = set()
        for award in (awards[stage.id] for stage in stages if stage.id in awards):
            if award.node in homes or len(homes) < nodes:
                homes.add(award.node)
                kept[award.stage] = award
            else:
                self._todo.stages.add(award.stage)
                self._wake.set()
        return kept

    def _moved_on(self, stage: Stage, award: Award | None, reasons: dict[Need, Reason], now: float) -> Stage:
        """The stage awarded, up for election, or with the reason it waits for; one of the same kind is not written again."""
        if award:
            self._ledger.note(self._closed(stage, award, now))
            return lifecycle.advance(stage, lifecycle.Awarded(award.node, self._store.view.revision, award.gpus), now)
        if not stage.live:
            return stage
        reason = self._why(stage, reasons, now)
        if reason is None:
            return self._opened(stage, now)
        if stage.reason is None or stage.reason.code != reason.code:
            return lifecycle.advance(stage, lifecycle.Waits(reason), now)
        return stage

    def _opened(self, stage: Stage, now: float) -> Stage:
        """Its turn comes as soon as the nodes have answered: written down with the stage, never for itself."""
        self._ledger.note(Election(stage.id, stage.project, now, fence=self._fence.revision))
        new = self._store.view.stage(stage.id) is None
        return lifecycle.advance(stage, lifecycle.Opened(), now) if new else stage

    def _why(self, stage: Stage, reasons: dict[Need, Reason], now: float) -> Reason | None:
        if held(self._store.view, stage):
            return RUN_PAUSED
        if not stage.due(now):
            return stage.reason
        if self._still_awaited() is None:
            return self.rounds.why(stage, reasons)
        self._untold.add(stage.id)
        return None

    def _closed(self, stage: Stage, award: Award, now: float) -> Election:
        electorate = self.rounds.electorate
        need = need_of(stage)
        if len(electorate) <= ALL_TOLD and need not in self._answers:
            self._answers[need] = tuple(electorate.answers(need))
        answers = self._answers.get(need, ())
        others = tuple(answer for answer in answers if answer.node != award.node)
        return Election(
            stage=stage.id,
            project=stage.project,
            opened_at=max(stage.created_at, stage.not_before),
            closed_at=now,
            winner=award.bid,
            answers=(award.bid, *others),
            fence=self._fence.revision,
            round_=self._round,
        )

    async def _do(self, moves: list[Move]) -> None:
        """Commit all of them. Those that lost, or were decided on what is no longer so, are decided anew."""
        unfit: list[Move] = []
        for wave in waves(moves):
            for batch, fate in await self._committed(wave):
                if fate is Fate.LOST:
                    self._take_back(batch.moves)
                elif fate is Fate.UNFIT:
                    unfit += batch.moves
        if len(moves) == 1:
            self._set_aside(unfit)
        else:  # one that cannot be recorded must not keep the others
            for move in unfit:
                await self._do([move])

    async def _committed(self, wave: list[Batch]) -> list[tuple[Batch, Fate]]:
        view = self._store.view
        fit = [batch for batch in wave if sound(batch, view)]
        fates = await self._commits.all([commit_of(batch, view, self._fence) for batch in fit])
        lost = [(batch, Fate.LOST) for batch in wave if batch not in fit]
        return [*zip(fit, fates, strict=True), *lost]

    def _set_aside(self, unfit: list[Move]) -> None:
        """Until the resync it neither waits nor holds anything. What makes many stages makes them one by one first."""
        for move in unfit:
            if move.run and len(move.stages) > 1:
                self._one_by_one.add(move.run)
                self._take_back([move])
                continue
            self._unfit.append(move)
            for id_ in move.stages:
                self.rounds.see_stage(self._store.view, id_, None, self._clock())

    def _take_back(self, moves: Iterable[Move]) -> None:
        for move in moves:
            self._todo.stages |= set(move.stages)
            self._todo.nodes |= move.nodes
            if move.run:
                self._todo.runs.add(move.run)
            for id_ in move.stages:
                self._ledger.forget(id_)
        self._wake.set()
