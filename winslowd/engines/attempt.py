"""One attempt, seen through: a script of idempotent steps, from the award to the record of its end.

Every step may be repeated: a daemon that was killed at any moment runs the script again from its first line, and
each step finds what is done. What must happen at most once, the launch of the stage's process, is claimed inside the
container by its launcher. What must not be lost, how it ended and why we stopped it, is in the node's journal before
it is anywhere else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

import structlog

from winslow.domain import exits, layout, lifecycle
from winslow.domain.container import ContainerSpec, Exit, Phase, fingerprint
from winslow.domain.records import Commit, Expect, Put, stage_ref
from winslow.domain.stage import Cause, Outcome, Reason, Stage, StageId
from winslow.errors import Conflict, NotFound, Unavailable, WinslowError
from winslow.ports import Findings, Verdict
from winslowd.engines.containers import IMAGE_LABEL, SPEC_LABEL, Containers, Tools

log = structlog.get_logger(__name__)

REPORT_EVERY = 1.0
"""Seconds between two looks at a running stage's log for progress and results."""
GLANCE = 0.01
"""Seconds in which an end is recorded together with its start, in one transaction."""
RETRY_FIRST, RETRY_MOST = 0.2, 5.0
"""Seconds between two tries of a step whose part cannot be reached."""
LOG_TAIL = 256 * 1024


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
        self._scanned = Findings(0)
        self._ready: ContainerSpec | None = None

    def abort(self) -> None:
        """Stop the stage; it ends ABORTED, or as it ended if it was quicker."""
        self._abort.set()

    async def run(self, ready: ContainerSpec | None = None) -> None:
        """See it through. `ready` is what the container that was made before its turn is made of, where there is one.

        Raises nothing but CancelledError: every failure of a stage ends in its record.
        """
        self._ready = ready
        if self._stage.abort:
            self._abort.set()
        try:
            await self._record(await self._see_through())
        except Fenced:
            log.warning("stage is no longer ours, its container goes", stage=self._id)
            await self._tools.driver.stop(self._id, 0)
            await self._tools.driver.remove(self._id)
            self._tools.journal.close(self._id)

    # ---- from the award to the end of the process

    async def _see_through(self) -> lifecycle.Ended:
        try:
            outcome = await self._unless_aborted(self._persistently(self._bring_up))
            if outcome is not None:
                return await self._ended_early(outcome)
            exit_ = await self._to_the_end()
        except WinslowError as error:
            log.warning("stage could not be executed", stage=self._id, error=str(error), reason=error.reason)
            return await self._ended_early(exits.refused(error))
        return await self._told(exit_)

    async def _bring_up(self) -> Outcome | None:
        """Until a process was launched, or is being. None when it goes on from there."""
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

    async def _create_and_start(self) -> None:
        spec = await self._containers.spec(self._stage)
        await self._tools.workspaces.prepare(self._containers.plan(self._stage), spec.user)
        self._stage = replace(self._stage, image_digest=spec.image.digest)
        with self._tools.quiet.disturbed():
            await self._tools.driver.create(spec)
            await self._tools.driver.start(self._id)

    async def _let_go(self, held: str) -> bool:
        """Release the container that was made ready before its turn, if its fingerprint is what the stage wants now."""
        spec = await self._containers.spec(self._stage)
        if fingerprint(spec) != held:
            return False
        await self._tools.workspaces.prepare(self._containers.plan(self._stage), spec.user)
        self._stage = replace(self._stage, image_digest=spec.image.digest)
        await self._tools.driver.release(self._id)
        return True

    async def _adopt(self) -> None:
        """Go on with a container that an earlier daemon made."""
        if not self._stage.image_digest:
            labels = await self._labels()
            self._stage = replace(self._stage, image_digest=labels.get(IMAGE_LABEL, ""))

    async def _labels(self) -> Mapping[str, str]:
        found = [one.labels for one in await self._tools.driver.recover() if one.stage == self._id]
        return found[0] if found else {}

    async def _unless_aborted(self, work: Awaitable[Outcome | None]) -> Outcome | None:
        """Its result, or ABORTED as soon as somebody asks: a pull or a copy under way is cancelled."""
        task = asyncio.ensure_future(work)
        stop = asyncio.ensure_future(self._abort.wait())
        try:
            await asyncio.wait((task, stop), return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                return task.result()
        finally:
            task.cancel()
            stop.cancel()
            await asyncio.gather(task, stop, return_exceptions=True)
        if await self._phase() is Phase.RUNNING:
            return None  # it got away; it is stopped as a running one
        return Outcome(cause=Cause.ABORTED, message=f"{self._by()} before it started")

    async def _persistently(self, step: Callable[[], Awaitable[Outcome | None]]) -> Outcome | None:
        """The step, again and again while a part of this node cannot be reached; the stage says so while it waits."""
        pause = RETRY_FIRST
        while True:
            try:
                return await step()
            except Unavailable as error:
                log.warning("step is tried again", stage=self._id, error=str(error), reason=error.reason)
                await self._commit(lifecycle.Waits(Reason(error.reason, str(error))))
                await asyncio.sleep(pause)
                pause = min(pause * 2, RETRY_MOST)

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
            return Exit(code=-1, launched=False, message="its container is gone and left no record of its end")

    async def _record_start_unless(self, waiting: asyncio.Future[Exit]) -> None:
        """The start, unless the end comes so soon that both are recorded at once."""
        await asyncio.wait((waiting,), timeout=GLANCE)
        if self._stage.started_at is None and not waiting.done():
            await self._commit(lifecycle.Started(self._tools.clock(), self._stage.image_digest))

    async def _report(self) -> None:
        while True:
            await asyncio.sleep(REPORT_EVERY)
            before = self._scanned
            try:
                await self._scan()
            except WinslowError as error:
                log.warning("log could not be read", stage=self._id, error=str(error))
                continue
            found = self._scanned
            if (found.results, found.progress) != (before.results, before.progress) and self._stage.started_at:
                await self._commit(lifecycle.Reported(dict(found.results), found.progress))

    async def _scan(self) -> None:
        """Take in what the log says since the last look."""
        stage, seen = self._stage, self._scanned
        found = await self._tools.logs.scan(stage.project, stage.id, seen.offset, stage.definition.log_parsers)
        results = {**dict(seen.results), **dict(found.results)}
        progress = seen.progress if found.progress is None else found.progress
        self._scanned = Findings(found.offset, tuple(sorted(results.items())), progress)

    async def _stop_when_told(self) -> None:
        """Write down why before it is stopped, so that the cause survives us."""
        timeout = self._stage.definition.timeout
        began = self._stage.started_at or self._tools.clock()
        left = max(began + timeout - self._tools.clock(), 0.0) if timeout else None
        try:
            async with asyncio.timeout(left):
                await self._abort.wait()
            verdict = Verdict(Cause.ABORTED, self._by())
        except TimeoutError:
            verdict = Verdict(Cause.TIMEOUT, f"it ran longer than its timeout of {timeout:g} s")
        self._tools.journal.judge(self._id, verdict)
        await self._persistently_stop()

    async def _persistently_stop(self) -> None:
        pause = RETRY_FIRST
        while True:
            try:
                await self._tools.driver.stop(self._id, self._stage.definition.grace)
            except Unavailable as error:
                log.warning("stage is not stopped yet", stage=self._id, error=str(error))
                await asyncio.sleep(pause)
                pause = min(pause * 2, RETRY_MOST)
            else:
                return

    def _by(self) -> str:
        current = self._tools.store.view.stage(self._id)
        abort = current.abort if current else None
        return f"aborted by {abort.by}" if abort else "aborted"

    # ---- its end

    async def _ended_early(self, outcome: Outcome) -> lifecycle.Ended:
        await self._seal()
        return lifecycle.Ended(outcome, {}, self._tools.clock())

    async def _told(self, exit_: Exit) -> lifecycle.Ended:
        """The exit in the words of the record, with everything that its log said; its workspace is sealed by then."""
        await asyncio.gather(self._read_to_the_end(), self._seal())
        outcome = exits.outcome(exit_, self._tools.journal.verdict(self._id), self._stage.definition)
        ended_at = exit_.ended_at or self._tools.clock()
        return lifecycle.Ended(outcome, dict(self._scanned.results), ended_at, exit_.started_at or None)

    async def _read_to_the_end(self) -> None:
        try:
            offset = -1
            while self._scanned.offset != offset:
                offset = self._scanned.offset
                await self._scan()
        except WinslowError as error:
            log.warning("log could not be read to its end", stage=self._id, error=str(error))

    async def _record(self, ended: lifecycle.Ended) -> None:
        """Record, publish, clean up: in this order, each again after a crash."""
        await self._commit(ended)
        await Finishing(self._tools).finish(self._stage)

    async def _seal(self) -> None:
        try:
            await self._tools.workspaces.seal(self._containers.plan(self._stage))
        except NotFound:
            return  # it ended before it had a workspace
        except WinslowError as error:
            log.warning("workspace was not sealed", stage=self._id, error=str(error))

    async def _commit(self, event: lifecycle.Event) -> None:
        """Record the event; try for as long as the store cannot be reached. Raises Fenced when the stage is not ours."""
        pause = RETRY_FIRST
        while True:
            moved, expect = self._moved(event)
            try:
                await self._tools.store.commit(Commit(puts=(Put(stage_ref(moved), moved),), expects=(expect,)))
            except Conflict:
                await asyncio.sleep(0.01)  # the view is about to show who was first
            except Unavailable as error:
                log.warning("not recorded yet", stage=self._id, event=type(event).__name__, error=str(error))
                await asyncio.sleep(pause)
                pause = min(pause * 2, RETRY_MOST)
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


class Finishing:
    """What follows the record of an end, repeatable until the journal's entry is closed."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    async def finish(self, stage: Stage) -> None:
        """Publish the output of a success that nobody has overtaken, remove the container, close the journal."""
        if exits.published(self._tools.store.view.stages_of(stage.project), stage.definition.name) == stage.id:
            plan = layout.plan_workspace(stage, None)
            await self._tools.workspaces.publish(plan, stage.definition.name)
        async with self._tools.quiet.moment():
            await self._tools.driver.remove(stage.id)
        self._tools.journal.close(stage.id)

    async def finish_id(self, id_: StageId) -> None:
        """The same by id, for entries found after a restart; a stage that nobody knows is only cleaned up."""
        stage = self._tools.store.view.stage(id_)
        if stage is not None:
            await self.finish(stage)
            return
        await self._tools.driver.remove(id_)
        self._tools.journal.close(id_)
