"""What only the leader does: bring every active run one step further, and award stages to nodes.

One loop. A change of the store says which runs to look at; a resync looks at all of them, so a missed change heals.
The core decides, this loop commits: each run in one transaction that compares the run's revision, each award in
one that compares the stage's, all of them with the leader's fence. A stage that is made while a node is free
is awarded in the transaction that makes it.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import structlog

from winslow.domain import election, lifecycle
from winslow.domain.node import NodePolicy
from winslow.domain.progress import Plan, plan
from winslow.domain.project import Run, Sweep
from winslow.domain.records import (
    Change,
    Commit,
    Expect,
    Fence,
    Kind,
    Put,
    project_ref,
    run_ref,
    stage_ref,
    sweep_ref,
)
from winslow.domain.stage import PLACED, WAITING, NodeId, Reason, Stage, StageId
from winslow.domain.standing import situation_of
from winslow.domain.sweeping import next_batch, stop_of
from winslow.errors import Conflict, OutOfRange, Unavailable, WinslowError
from winslow.ports import Clock, Membership, Store
from winslowd.engines.undertaker import Undertaker

log = structlog.get_logger(__name__)

RESYNC = 30.0
"""Seconds after which every active run is looked at though nothing changed."""
RUN_PAUSED = Reason("RUN_PAUSED", "its run is paused; resume it to go on")
CAMPAIGN_PAUSE = 0.2
"""Seconds between the end of a term and standing for the next."""
OUTAGE_PAUSE = 0.5
"""Seconds after a commit that the store could not take."""
TOGETHER = 32
"""Commits under way at the same time."""


@dataclass(slots=True)
class Todo:
    """The runs to look at, by key `PROJECT/RUN`; `everything` stands for all that are active."""

    runs: set[str] = field(default_factory=set)
    everything: bool = True

    def note(self, changes: Iterable[Change]) -> None:
        for change in changes:
            match change.ref.kind:
                case Kind.RUN:
                    self.runs.add(change.ref.key)
                case Kind.STAGE:
                    stage = change.now or change.before
                    assert stage and isinstance(stage.value, Stage)
                    self.runs.add(f"{stage.value.project}/{stage.value.run}")
                case Kind.PROJECT | Kind.GLOBALS:
                    self.everything = True
                case _:
                    continue


class Leader:
    """Campaigns for as long as it runs; while it leads, it decides. Cancelled, it hands over."""

    def __init__(self, store: Store, membership: Membership, clock: Clock) -> None:
        self._store = store
        self._membership = membership
        self._clock = clock

    async def run(self) -> None:
        while True:
            try:
                async with self._membership.lead() as term:
                    log.info("leading", fence=term.fence.revision)
                    await Term(self._store, self._clock, term.fence).run()
            except* (Unavailable, Conflict) as errors:  # the scope of a term and its tasks raise groups
                log.warning("no longer leading", errors=[str(error) for error in errors.exceptions])
            await asyncio.sleep(CAMPAIGN_PAUSE)


class Term:
    """One time as leader. Every commit carries its fence, so that a leader that does not know better changes nothing."""

    def __init__(self, store: Store, clock: Clock, fence: Fence) -> None:
        self._store = store
        self._clock = clock
        self._fence = fence
        self._todo = Todo()
        self._wake = asyncio.Event()

    async def run(self) -> None:
        """Raises Conflict (FENCED) when somebody else leads, and what the store raises for good."""
        async with asyncio.TaskGroup() as group:
            listening = group.create_task(self._listen(), name="leader: listens for changes")
            undertaker = Undertaker(self._store, self._fence, self._clock, time.monotonic)
            burying = group.create_task(undertaker.run(), name="leader: gives up what silent nodes have")
            try:
                while True:
                    self._wake.clear()
                    await self._step()
                    await self._rest()
            finally:
                listening.cancel()
                burying.cancel()

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

    async def _rest(self) -> None:
        """Until something changed, a back-off is over, or it is time to look at everything again."""
        now = self._clock()
        due = [stage.not_before - now for stage in self._store.view.live_stages() if stage.not_before > now]
        rest = min([RESYNC, *due])
        try:
            async with asyncio.timeout(rest):
                await self._wake.wait()
        except TimeoutError:
            self._todo.everything |= rest == RESYNC

    async def _step(self) -> None:
        todo, self._todo = self._todo, Todo(everything=False)
        await self._sweep()
        plans = list(self._plans(todo))
        made = [stage for _, planned in plans for stage in planned.stages]
        round_ = self._hold_round(made)
        awards = {award.stage: award for award in round_.awards}
        commits: list[Commit | None] = [self._commit_of(run, planned, awards, round_) for run, planned in plans]
        known = {stage.id for stage in made}
        commits += [
            self._award_of(stage, awards.get(stage.id), round_.waits.get(stage.id))
            for stage in self._waiting()
            if stage.id not in known
        ]
        await self._do([commit for commit in commits if commit])

    # ---- runs

    def _plans(self, todo: Todo) -> Iterable[tuple[Run, Plan]]:
        view, now = self._store.view, self._clock()
        for run in list(view.active_runs()):
            if not (todo.everything or f"{run.project}/{run.id}" in todo.runs):
                continue
            situation = situation_of(self._store.view, run)
            if situation is None:
                continue
            try:
                decided = plan(situation, now)
            except Exception:  # one run that we cannot decide on must not keep all others waiting
                log.exception("run cannot be planned", project=run.project, run=run.id)
                continue
            if decided.run != run or decided.stages:
                yield run, decided

    def _commit_of(
        self, run: Run, planned: Plan, awards: dict[StageId, election.Award], round_: election.Round
    ) -> Commit:
        view = self._store.view
        stages = [self._placed(stage, awards.get(stage.id), round_.waits.get(stage.id)) for stage in planned.stages]
        return Commit(
            puts=(Put(run_ref(run), planned.run), *(Put(stage_ref(stage), stage) for stage in stages)),
            expects=(
                Expect(run_ref(run), view.revision_of(run_ref(run))),
                Expect(project_ref(run.project), view.revision_of(project_ref(run.project))),
                *(Expect(stage_ref(stage), 0) for stage in stages),
            ),
            fence=self._fence,
        )

    async def _sweep(self) -> None:
        """Make the runs of sweeps that were acknowledged, batch by batch, and stop those that a failed point stops."""
        view, now = self._store.view, self._clock()
        for versioned in list(view.all(Kind.SWEEP).values()):
            sweep = versioned.value
            assert isinstance(sweep, Sweep)
            stopped = None if sweep.stopped else stop_of(sweep, view.runs_of(sweep.project))
            if stopped:
                await self._stop_sweep(stopped)
            else:
                while batch := next_batch(sweep, now):
                    puts = (Put(sweep_ref(sweep), batch.sweep), *(Put(run_ref(run), run) for run in batch.runs))
                    expects = (
                        Expect(sweep_ref(sweep), self._store.view.revision_of(sweep_ref(sweep))),
                        Expect(project_ref(sweep.project), self._store.view.revision_of(project_ref(sweep.project))),
                    )
                    if not await self._do([Commit(puts=puts, expects=expects, fence=self._fence)]):
                        break  # somebody stopped it, or deletes the project: looked at again with that in view
                    self._todo.runs |= {f"{run.project}/{run.id}" for run in batch.runs}
                    sweep = batch.sweep

    async def _stop_sweep(self, sweep: Sweep) -> None:
        """Its points that were not placed yet are aborted; those that execute go on to their end."""
        view, now = self._store.view, self._clock()
        runs = [run for run in view.runs_of(sweep.project) if run.sweep == sweep.id]
        waiting = [stage for run in runs for stage in view.stages_of_run(run) if stage.state in WAITING]
        aborted = [lifecycle.advance(stage, lifecycle.AbortRequested("winslow"), now) for stage in waiting]
        await self._do(
            [
                Commit(
                    puts=(Put(stage_ref(stage), stage),),
                    expects=(Expect(stage_ref(stage), view.revision_of(stage_ref(stage))),),
                    fence=self._fence,
                )
                for stage in aborted
            ]
        )
        expects = (Expect(sweep_ref(sweep), view.revision_of(sweep_ref(sweep))),)
        await self._do([Commit(puts=(Put(sweep_ref(sweep), sweep),), expects=expects, fence=self._fence)])

    # ---- elections

    def _waiting(self) -> list[Stage]:
        return [stage for stage in self._store.view.live_stages() if stage.state in WAITING]

    def _hold_round(self, made: list[Stage]) -> election.Round:
        """One round over all stages whose turn it may be, those just made included, oldest first."""
        view, now = self._store.view, self._clock()
        known = {stage.id for stage in made}
        waiting = [stage for stage in self._waiting() if stage.id not in known] + [s for s in made if s.live]
        held = {stage.id: RUN_PAUSED for stage in waiting if self._held(stage)}
        turn = [stage for stage in waiting if stage.not_before <= now and stage.id not in held]
        turn.sort(key=lambda stage: (stage.created_at, stage.id))
        if not turn:
            return election.Round((), held)
        policies = {
            key: found.value for key, found in view.all(Kind.NODE_POLICY).items() if isinstance(found.value, NodePolicy)
        }
        placed = [stage for stage in view.live_stages() if stage.state in PLACED]
        parents = {stage.id: node for stage in turn if (node := self._parent_node(stage))}
        held_round = election.hold_round(turn, election.candidates(view.nodes(), policies, placed), parents)
        return replace(held_round, waits={**held_round.waits, **held})

    def _held(self, stage: Stage) -> bool:
        run = self._store.view.run(stage.project, stage.run)
        return run is not None and run.hold is not None

    def _parent_node(self, stage: Stage) -> NodeId | None:
        parent = self._store.view.stage(stage.parent) if stage.parent else None
        return parent.node if parent else None

    def _award_of(self, stage: Stage, award: election.Award | None, wait: Reason | None) -> Commit | None:
        moved = self._placed(stage, award, wait)
        if moved == stage:
            return None
        ref = stage_ref(stage)
        expects = (Expect(ref, self._store.view.revision_of(ref)),)
        return Commit(puts=(Put(ref, moved),), expects=expects, fence=self._fence)

    def _placed(self, stage: Stage, award: election.Award | None, wait: Reason | None) -> Stage:
        """The stage awarded, or with the reason it waits for; a reason of the same kind is not written again."""
        now = self._clock()
        if award:
            return lifecycle.advance(stage, lifecycle.Awarded(award.node, self._store.view.revision, award.gpus), now)
        if wait and stage.live and (stage.reason is None or stage.reason.code != wait.code):
            return lifecycle.advance(stage, lifecycle.Waits(wait), now)
        return stage

    # ---- commits

    async def _do(self, commits: list[Commit]) -> bool:
        """All of them, some at a time; whether all took effect. One that lost is decided anew; a fence ends the term."""
        limit = asyncio.Semaphore(TOGETHER)

        async def one(commit: Commit) -> bool:
            async with limit:
                try:
                    await self._store.commit(commit)
                except Conflict as conflict:
                    if conflict.reason == "FENCED":
                        raise
                except Unavailable as error:  # an outage awards nothing; it is decided anew when it is over
                    log.warning("not recorded yet, decided anew", error=str(error))
                    await asyncio.sleep(OUTAGE_PAUSE)
                except WinslowError:  # one that cannot be recorded must not keep the others; the resync tries again
                    log.exception("cannot be recorded", records=[str(put.ref) for put in commit.puts[:3]])
                    self._todo.everything = True
                    return False
                else:
                    return True
            self._todo.everything = True
            self._wake.set()
            return False

        results = await asyncio.gather(*(one(commit) for commit in commits), return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result
        return all(results)
