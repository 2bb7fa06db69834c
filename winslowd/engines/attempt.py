"""One attempt, seen through: a script of idempotent steps, from the award to the record of its end.

Every step may be repeated: a daemon that was killed at any moment runs the script again from its first line, and
each step finds what is done. What must happen at most once, the launch of the stage's process, is claimed inside the
container by its launcher. What must not be lost, how it ended and why we stopped it, is in the node's journal before
it is anywhere else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any, TypeVar

import structlog

from winslow.domain import exits, lifecycle
from winslow.domain.container import ContainerSpec, Exit, Phase, fingerprint
from winslow.domain.project import Allowance
from winslow.domain.records import Commit, Expect, Put, stage_ref
from winslow.domain.stage import Cause, Outcome, Reason, Stage
from winslow.errors import AlreadyExists, Conflict, InvalidArgument, NotFound, Unavailable, WinslowError
from winslow.ports import Findings, Verdict
from winslowd.engines.containers import IMAGE_LABEL, SPEC_LABEL, Containers, Tools
from winslowd.engines.finishing import Finishing
from winslowd.engines.keeping import Keeping
from winslowd.engines.patience import Patience, insist

T = TypeVar("T")
Claim = Callable[[], Awaitable[ContainerSpec | None]]

log = structlog.get_logger(__name__)

REPORT_EVERY = 1.0
"""Seconds between two looks at a running stage's log for progress and results."""
REPORTS = 20.0
"""Reports a second that all nodes of a cluster make together: every daemon sees each of them."""
CANNOT_EXECUTE = (126, 127)
"""Codes of a launcher whose stage's command is not there or cannot be executed."""
GONE = Exit(code=-1, launched=False, message="its container is gone and left no record of its end")
"""Of such a stage nobody knows whether its process was launched: it is never launched again."""
GLANCE = 0.01
"""Seconds in which an end is recorded together with its start, in one transaction."""
ASKED = 5.0
"""Seconds that an end waits for the numbers that explain it."""
NEVER_LAUNCHED = frozenset({Phase.CREATED, Phase.HELD, Phase.GONE})


class Fenced(Exception):
    """The stage is no longer this attempt's: another fence, another node, an end, or no record at all."""


class Attempt:
    """Sees one stage of this node through. `run` may be cancelled at any point and begun again, in this process or another."""

    def __init__(self, stage: Stage, tools: Tools, containers: Containers) -> None:
        self._containers = containers
        self._id = stage.id
        self._fence = stage.fence
        self._stage = stage
        self._tools = tools
        self._abort = asyncio.Event()
        self._lost = asyncio.Event()
        self._keeping = Keeping(stage.id, tools, self._abort, self._wait_for)
        self._scanned = Findings(0)
        self._claim: Claim | None = None
        self._ready: ContainerSpec | None = None
        self._was_held = False
        self.look(stage)

    def look(self, stage: Stage | None) -> None:
        """Heed the stage's record as it is now, None when it is not this node's any more.

        An abort stops the stage: it ends ABORTED, or as it ended if it was quicker.
        """
        if stage is None or stage.fence != self._fence:
            self._lost.set()
        elif stage.abort:
            self._abort.set()

    async def run(self, claim: Claim | None = None) -> None:
        """See it through. `claim` answers what the container that was made before its turn is made of, where there is one.

        Returns when the end is recorded, the output published and the container gone, or when the stage is not ours any
        more. Raises only what nobody foresaw: every failure of a stage ends in its record, every outage is waited for.
        """
        self._claim = claim
        try:
            task = await _unless(self._lost, self._see_through())
            await (self._record(task.result()) if task else self._part_with_it())
        except Fenced:
            await self._part_with_it()
        await Finishing(self._tools).insist(self._id)

    async def _part_with_it(self) -> None:
        log.warning("stage is no longer ours, its container goes", stage=self._id)
        await insist(lambda: self._tools.driver.stop(self._id, 0), "stage is not stopped yet", stage=self._id)

    # ---- from the award to the end of the process

    async def _see_through(self) -> lifecycle.Ended:
        try:
            outcome = await self._unless_aborted(self._persistently(self._bring_up))
            if outcome is not None:
                return await self._ended_early(outcome)
            exit_ = await self._to_the_end()
            if self._died_waiting(exit_):
                await self._make_anew()
                exit_ = await self._to_the_end()
        except WinslowError as error:
            log.warning("stage could not be executed", stage=self._id, error=str(error), reason=error.reason)
            return await self._ended_early(exits.refused(error))
        return await self._told(exit_)

    def _died_waiting(self, exit_: Exit) -> bool:
        """Whether the engine fell under a container that only waited for its turn: nothing was launched, nobody stopped it."""
        fell = self._was_held and not exit_.launched and exit_ is not GONE and exit_.code not in CANNOT_EXECUTE
        return fell and self._tools.journal.verdict(self._id) is None and not self._abort.is_set()

    async def _make_anew(self) -> None:
        log.warning("container died before its turn, it is made anew", stage=self._id)
        await insist(lambda: self._tools.driver.remove(self._id), "dead container is not removed yet", stage=self._id)
        self._tools.journal.close(self._id)
        await self._persistently(self._create_and_start)

    async def _bring_up(self) -> Outcome | None:
        """Until a process was launched, or is being. None when it goes on from there."""
        if self._claim:
            self._ready, self._claim = await self._claim(), None
        if self._ready and await self._let_go(fingerprint(self._ready)):
            return None
        match await self._phase():
            case Phase.RUNNING | Phase.EXITED:
                await self._adopt()
            case Phase.HELD if await self._let_go((await self._labels()).get(SPEC_LABEL, "")):
                pass
            case Phase.GONE if self._stage.started_at is not None:
                pass  # it ran here before; `wait` knows how it ended
            case Phase.GONE:
                await self._create_and_start()
            case _:  # made before its turn, but not as it is wanted now; or never started
                await self._tools.driver.remove(self._id)
                await self._create_and_start()
        return None

    async def _phase(self) -> Phase:
        return await self._tools.driver.phase(self._id) if self._tools.journal.has(self._id) else Phase.GONE

    async def _create_and_start(self) -> Outcome | None:
        plan, user = self._containers.plan(self._stage), await self._containers.user(self._stage)
        spec = await self._containers.spec(self._stage, await self._tools.workspaces.prepare(plan, user))
        self._stage = replace(self._stage, image_digest=spec.image.digest)
        with self._tools.quiet.disturbed():
            await self._tools.driver.create(spec)
            await self._tools.driver.start(self._id)
        return None

    async def _let_go(self, held: str) -> bool:
        """Release the container that was made ready before its turn, if it is there and as the stage wants it now."""
        spec = await self._containers.spec(self._stage)
        if fingerprint(spec) != held:
            return False
        await self._tools.workspaces.prepare(self._containers.plan(self._stage), spec.user)
        self._stage = replace(self._stage, image_digest=spec.image.digest)
        try:
            await self._tools.driver.release(self._id)
        except NotFound:  # somebody removed it
            return False
        self._was_held = True
        return True

    async def _adopt(self) -> None:
        """Go on with a container that an earlier daemon made."""
        if not self._stage.image_digest:
            labels = await self._labels()
            self._stage = replace(self._stage, image_digest=labels.get(IMAGE_LABEL, ""))

    async def _labels(self) -> Mapping[str, str]:
        found = [one.labels for one in await self._tools.driver.recover() if one.stage == self._id]
        return found[0] if found else {}

    async def _unless_aborted(self, work: Coroutine[Any, Any, Outcome | None]) -> Outcome | None:
        """Its result, or ABORTED as soon as somebody asks: a pull or a copy under way is cancelled."""
        task = await _unless(self._abort, work)
        return await self._persistently(self._called_off) if task is None else task.result()

    async def _called_off(self) -> Outcome | None:
        """ABORTED, once no container can start any more; None when its process got away: it is stopped as a running one."""
        phase = await self._phase()
        if phase not in NEVER_LAUNCHED or self._stage.started_at is not None:
            await self._adopt()
            return None
        if phase is not Phase.GONE:
            await self._tools.driver.remove(self._id)
        return Outcome(cause=Cause.ABORTED, message=f"{self._by()} before it started")

    async def _persistently(self, step: Callable[[], Awaitable[Outcome | None]]) -> Outcome | None:
        """The step, again and again while a part of this node cannot be reached; the stage says so while it waits.

        A container that nobody knew of is one whose making was cut off: the next try finds it.
        """
        patience = Patience()
        while True:
            try:
                return await step()
            except (Unavailable, AlreadyExists) as error:
                await self._wait_for(error)
                await patience.pause()

    async def _wait_for(self, error: WinslowError) -> None:
        log.warning("step is tried again", stage=self._id, error=str(error), reason=error.reason)
        await self._commit(lifecycle.Waits(Reason(error.reason, str(error))))

    # ---- while it runs

    async def _to_the_end(self) -> Exit:
        """Wait for the process's end; meanwhile record its start, report what its log says, and stop it when told."""
        waiting = asyncio.ensure_future(self._wait())
        beside = [
            asyncio.ensure_future(part)
            for part in (self._record_start_unless(waiting), self._report(), self._stop_when_told())
        ]
        recording = beside[0]
        try:
            while not waiting.done():
                done, _ = await asyncio.wait((waiting, *beside), return_when=asyncio.FIRST_COMPLETED)
                for part in done - {waiting}:
                    part.result()  # a fence found by one of them ends the attempt
                beside = [part for part in beside if not part.done()]
            await recording
            return waiting.result()
        finally:
            for part in (waiting, *beside):
                part.cancel()
            await asyncio.gather(waiting, *beside, return_exceptions=True)

    async def _wait(self) -> Exit:
        try:
            return await self._tools.driver.wait(self._id)
        except NotFound:
            return GONE

    async def _record_start_unless(self, waiting: asyncio.Future[Exit]) -> None:
        """The start, unless the end comes so soon that both are recorded at once."""
        await asyncio.wait((waiting,), timeout=GLANCE)
        if self._stage.started_at is None and not waiting.done():
            await self._commit(lifecycle.Started(self._tools.clock(), self._stage.image_digest))

    async def _report(self) -> None:
        """Now and then, and at once on what went on without a daemon."""
        adopted = self._stage.started_at is not None
        while True:
            await asyncio.sleep(0 if adopted else max(REPORT_EVERY, self._tools.store.view.placed_count / REPORTS))
            adopted = False
            before = self._scanned
            try:
                await self._scan()
            except WinslowError as error:
                log.warning("log could not be read", stage=self._id, error=str(error))
                continue
            found = self._scanned
            if (found.results, found.progress) != (before.results, before.progress) and self._stage.started_at:
                await self._tell(lifecycle.Reported(dict(found.results), found.progress))

    async def _tell(self, reported: lifecycle.Reported) -> None:
        try:
            await self._commit(reported)
        except InvalidArgument as error:
            log.warning("results cannot be recorded", stage=self._id, error=str(error))

    async def _scan(self) -> None:
        """Take in what the log says since the last look."""
        stage, seen = self._stage, self._scanned
        found = await self._tools.logs.scan(stage.project, stage.id, seen.offset, stage.definition.log_parsers)
        results = {**dict(seen.results), **dict(found.results)}
        progress = seen.progress if found.progress is None else found.progress
        self._scanned = Findings(found.offset, tuple(sorted(results.items())), progress)

    async def _stop_when_told(self) -> None:
        """Write down why before it is stopped, so that the cause survives us.

        A timeout is counted from the launch by a clock that nobody sets: no wall clock's jump may kill a stage, or spare it.
        """
        timeout = self._stage.definition.timeout
        left = max(timeout - await self._elapsed(), 0.0) if timeout else None
        try:
            async with asyncio.timeout(left):
                await self._abort.wait()
            verdict = Verdict(Cause.ABORTED, self._by())
        except TimeoutError:
            verdict = Verdict(Cause.TIMEOUT, f"it ran longer than its timeout of {timeout:g} s")
        await self._stop(verdict)

    async def _elapsed(self) -> float:
        return await insist(
            lambda: self._tools.driver.elapsed(self._id), "it is not known yet how long the stage ran", stage=self._id
        )

    async def _stop(self, verdict: Verdict) -> None:
        """Until it is stopped, or has ended by itself; nothing that goes wrong here may end the stage in its stead."""
        patience = Patience()
        while True:
            try:
                if await self._tools.driver.phase(self._id) is not Phase.RUNNING:
                    return
                self._tools.journal.judge(self._id, verdict)
                await self._tools.driver.stop(self._id, self._stage.definition.grace)
            except WinslowError as error:
                await self._wait_for(error)
                await patience.pause()
            else:
                return

    def _by(self) -> str:
        current = self._tools.store.view.stage(self._id)
        abort = current.abort if current else None
        return f"aborted by {abort.by}" if abort else "aborted"

    # ---- its end

    async def _ended_early(self, outcome: Outcome) -> lifecycle.Ended:
        await self._keeping.seal(self._containers.plan(self._stage), launched=False)
        return lifecycle.Ended(outcome, {}, self._tools.clock())

    async def _told(self, exit_: Exit) -> lifecycle.Ended:
        """The exit in the words of the record, with everything that its log said; its workspace is sealed by then."""
        sealing = self._keeping.seal(self._containers.plan(self._stage), launched=exit_.launched)
        _, unkept = await asyncio.gather(self._read_to_the_end(), sealing)
        verdict, allowance = self._tools.journal.verdict(self._id), await self._allowance(exit_)
        outcome = exits.outcome(exit_, verdict, self._stage.definition, allowance)
        if unkept is not None:
            outcome = exits.without_workspace(outcome, unkept)
        ended_at = exit_.ended_at or self._tools.clock()
        started_at = exit_.started_at or (ended_at if exit_.launched else None)
        return lifecycle.Ended(outcome, dict(self._scanned.results), ended_at, started_at)

    async def _allowance(self, exit_: Exit) -> Allowance | None:
        """What the project may take and takes, where that is why the stage failed; an end never waits long for it."""
        if exit_.quota_full:
            with suppress(WinslowError, TimeoutError):
                async with asyncio.timeout(ASKED):
                    return await self._tools.quotas.allowance(self._stage.project)
        return None

    async def _read_to_the_end(self) -> None:
        try:
            offset = -1
            while self._scanned.offset != offset:
                offset = self._scanned.offset
                await self._keeping.through_outages(self._scan)
        except WinslowError as error:
            log.warning("log could not be read to its end", stage=self._id, error=str(error))

    async def _record(self, ended: lifecycle.Ended) -> None:
        """Record it, without its results where they are more than a record can hold: an end must never be lost."""
        try:
            await self._commit(ended)
        except InvalidArgument as error:
            log.warning("recorded without its results", stage=self._id, error=str(error))
            await self._commit(replace(ended, results={}))

    async def _commit(self, event: lifecycle.Event) -> None:
        """Record the event; try for as long as the store cannot take it.

        Raises Fenced when the stage is not ours, InvalidArgument when it never can be recorded.
        """
        patience = Patience()
        while True:
            seen = self._tools.store.view.revision
            moved, expect = self._moved(event)
            try:
                await self._tools.store.commit(Commit(puts=(Put(stage_ref(moved), moved),), expects=(expect,)))
            except Conflict:
                await self._tools.store.changed(seen)  # then the view shows who was first
            except InvalidArgument:
                raise
            except WinslowError as error:
                log.warning("not recorded yet", stage=self._id, what=type(event).__name__, error=str(error))
                await patience.pause()
            else:
                self._stage = moved
                return

    def _moved(self, event: lifecycle.Event) -> tuple[Stage, Expect]:
        """Our stage after the event, on top of what others changed of it; a missing start is made up for."""
        now = self._tools.clock()
        current = self._tools.store.view.stage(self._id)
        if current is None or current.ended or current.fence != self._fence:
            raise Fenced
        revision = self._tools.store.view.revision_of(stage_ref(current))
        if isinstance(event, lifecycle.Started) and current.started_at is not None:
            return current, Expect(stage_ref(current), revision)
        if isinstance(event, lifecycle.Ended) and event.started_at is not None and current.started_at is None:
            started = lifecycle.Started(event.started_at, self._stage.image_digest)
            current = lifecycle.advance(current, started, now)
        return lifecycle.advance(current, event, now), Expect(stage_ref(current), revision)


async def _unless(event: asyncio.Event, work: Coroutine[Any, Any, T]) -> asyncio.Task[T] | None:
    """`work`, done; or None when `event` came first: then the work is cancelled, and over."""
    if event.is_set():
        work.close()
        return None
    task = asyncio.ensure_future(work)
    waiting = asyncio.ensure_future(event.wait())
    try:
        await asyncio.wait((task, waiting), return_when=asyncio.FIRST_COMPLETED)
        return task if task.done() else None
    finally:
        task.cancel()
        waiting.cancel()
        await asyncio.gather(task, waiting, return_exceptions=True)
