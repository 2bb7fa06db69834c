"""Workspaces go as the policies say, the records first and the files after, whatever is killed or done meanwhile."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from storage.beneath import held
from storage.grounds import Ground, write_ground
from tests.unit import world
from tests.unit.little import ANN, OK, Little
from winslow.domain import layout
from winslow.domain.history import Policy
from winslow.domain.layers import Chain
from winslow.domain.pipeline import DefinitionName, Pipeline, WorkspaceMode
from winslow.domain.query import Query
from winslow.domain.records import RETENTION_CLOCK_REF, Commit, Kind, Put, Ref, project_ref, retention_ref
from winslow.domain.retention import DAY, RetentionClock, RetentionPolicy
from winslow.domain.stage import Cause, Outcome, ProjectId, Stage
from winslow.errors import Conflict, Exhausted, FailedPrecondition, NotFound, Unavailable, WinslowError
from winslow.ports import Archived
from winslowd.engines import retirer
from winslowd.engines.archivist import Archivist
from winslowd.engines.retirer import Retirer
from winslowd.usecases.beginnings import Start
from winslowd.usecases.listing import Ask

DETECT, TRACK = DefinitionName("detect"), DefinitionName("track")
FAILURE = Outcome(1, Cause.EXIT_CODE, "it exited with code 1")
AT_ONCE = Policy(after=0, newest=1, most=0)
FIELDS = frozenset({"keep_succeeded", "keep_failed", "max_age", "drop_discardable"})
TWO = world.chain("detect", "track")


@pytest_asyncio.fixture
async def little(tmp_path: Path) -> AsyncIterator[Little]:
    async with Little.led(tmp_path) as little:
        yield little


class Keeper:
    """Retirers of the little world. `steady` is their clock that nobody sets."""

    def __init__(self, little: Little) -> None:
        self.little = little
        self.steady = 0.0
        self.retirer = self.another()

    def another(self) -> Retirer:
        volume, store = self.little.volume, self.little.store
        return Retirer(
            store,
            self.little.membership,
            volume.history,
            volume.workspaces,
            volume.retiring,
            volume.manifests,
            lambda: self.little.now,
            lambda: self.steady,
        )

    async def look(self) -> bool:
        return await self.retirer.look()

    @asynccontextmanager
    async def working(self):
        async with asyncio.TaskGroup() as group:
            task = group.create_task(self.retirer.run(), name="retirer")
            try:
                yield
            finally:
                task.cancel()


@pytest.fixture
def keeper(little: Little) -> Keeper:
    return Keeper(little)


def home(little: Little, stage: Stage) -> Path:
    return Path(little.volume.workspaces.absolute(layout.stage_root(stage.project, stage.id)))


async def ended(little: Little, definition: str, project: ProjectId, outcome: Outcome = OK) -> Stage:
    """The live stage of a definition, at its end, with a workspace of 100 bytes."""
    stage = await little.placed(definition, project)
    parent = little.view.stage(stage.parent) if stage.parent else None
    plan = layout.plan_workspace(stage, parent)
    await little.volume.workspaces.prepare(plan, (0, 0))
    (Path(little.volume.workspaces.absolute(plan.target)) / stage.id).write_bytes(b"x" * 100)
    (home(little, stage) / "output" / "made").write_text(stage.id)
    done = await little.end(definition, outcome, project=project)
    await little.volume.workspaces.seal(plan)
    return done


async def walked(
    little: Little, project: ProjectId, *, outcome: Outcome = OK, start: Start | None = None
) -> list[Stage]:
    """One run through all definitions."""
    await little.use_cases.runs.start(little.request(), project, start or Start())
    names = [one.name for one in little.of(project).pipeline.stages]
    stages = [await ended(little, name, project, outcome) for name in names]
    await little.until(lambda: not little.run(project).active)
    return stages


async def runs(little: Little, count: int, pipeline: Pipeline = TWO) -> tuple[ProjectId, list[list[Stage]]]:
    project = await little.project(pipeline)
    return project, [await walked(little, project) for _ in range(count)]


async def policy(little: Little, project: ProjectId | None = None, **fields: object) -> RetentionPolicy:
    wanted = RetentionPolicy(**fields)  # type: ignore[arg-type]
    await little.use_cases.retention.update(little.request(), project, wanted, FIELDS)
    return wanted


def has_workspace(little: Little, stage: Stage) -> bool:
    return (home(little, stage) / "workspace").exists()


async def archived(little: Little) -> None:
    store, history = little.store, little.volume.history
    archivist = Archivist(store, little.membership, history, lambda: little.now, AT_ONCE)
    async with little.membership.lock("archivist") as term:
        assert not await archivist.look(term.fence)


async def shown(little: Little, stage: Stage) -> Stage:
    return (await little.use_cases.stages.get(ANN, stage.project, stage.id)).stage


class TestAPolicy:
    async def test_lets_go_what_the_preview_said_and_nothing_else(self, little: Little, keeper: Keeper) -> None:
        project, made = await runs(little, 3)
        wanted = RetentionPolicy(keep_succeeded=1)
        preview = await little.use_cases.retention.preview(ANN, project, wanted, Ask())
        promised = {one.stage.id for one in preview.candidates}
        assert promised == {stage.id for stages in made[:2] for stage in stages}
        assert preview.size == 2 * (100 + 200)  # a track's workspace is a copy of its detect's, and its own
        await policy(little, project, keep_succeeded=1)
        assert not await keeper.look()
        gone = {one.id for stages in made for one in stages if not has_workspace(little, one)}
        assert gone == promised
        for stages in made[:2]:
            for stage in stages:
                assert (await shown(little, stage)).workspace_dropped_at == little.now
                assert (home(little, stage) / "output" / "made").read_text() == stage.id
        assert not little.of(project).dropping
        after = await little.use_cases.retention.preview(ANN, project, wanted, Ask())
        assert (after.candidates, after.size) == ((), 0)

    async def test_of_the_cluster_holds_for_projects_that_have_none(self, little: Little, keeper: Keeper) -> None:
        one, mine = await runs(little, 2)
        other, theirs = await runs(little, 2)
        await policy(little, None, keep_succeeded=1)
        await policy(little, other, keep_succeeded=2)
        preview = await little.use_cases.retention.preview(ANN, None, RetentionPolicy(keep_succeeded=1), Ask())
        assert {str(one.stage.project) for one in preview.candidates} == {one}
        await keeper.look()
        assert not any(has_workspace(little, stage) for stage in mine[0])
        assert all(has_workspace(little, stage) for stage in [*mine[1], *theirs[0], *theirs[1]])
        shown = little.use_cases.retention.get(ANN, one)
        assert shown.inherited and shown.policy.keep_succeeded == 1
        await little.use_cases.retention.reset(little.request(), other)
        await keeper.look()
        assert not any(has_workspace(little, stage) for stage in theirs[0])

    async def test_leaves_pinned_ones_and_what_an_unfinished_run_goes_on_from(
        self, little: Little, keeper: Keeper
    ) -> None:
        project, (first, second) = await runs(little, 2)
        await little.use_cases.stages.pin(little.request(), project, first[0].id, pinned=True)
        await little.use_cases.runs.start(little.request(), project, Start((TRACK,), parent=second[0].id))
        await little.placed("track", project)
        await policy(little, project, keep_succeeded=0, keep_failed=False)
        await keeper.look()
        assert [has_workspace(little, one) for one in (*first, *second)] == [True, False, True, False]
        await ended(little, "track", project)
        await little.until(lambda: not little.run(project).active)
        await keeper.look()
        assert [has_workspace(little, one) for one in (*first, *second)] == [True, False, False, False]

    async def test_lets_discardable_ones_go_within_a_run_once_what_follows_is_through(
        self, little: Little, keeper: Keeper
    ) -> None:
        pipeline = world.pipeline(
            world.definition("detect", discardable=True),
            world.definition("track", "detect"),
            world.definition("end", "track"),
        )
        project = await little.project(pipeline)
        await policy(little, project, drop_discardable=True)
        await little.use_cases.runs.start(little.request(), project, Start())
        detect = await ended(little, "detect", project)
        await little.placed("track", project)
        await keeper.look()
        assert has_workspace(little, detect), "track is made from it"
        track = await ended(little, "track", project)
        await little.placed("end", project)
        await keeper.look()
        assert [has_workspace(little, one) for one in (detect, track)] == [False, True]

    async def test_that_keeps_everything_costs_no_look_at_the_volume(self, little: Little, keeper: Keeper) -> None:
        await runs(little, 1)
        little.volume.calls.clear()
        assert not await keeper.look()
        assert not little.volume.calls

    async def test_wakes_whoever_sleeps(self, little: Little, keeper: Keeper) -> None:
        project, made = await runs(little, 2)
        async with keeper.working():
            await little.until(lambda: little.view.get(RETENTION_CLOCK_REF))
            await policy(little, project, keep_succeeded=1)
            await little.until(
                lambda: not little.of(project).dropping and little.view.stage(made[0][0].id).workspace_dropped_at
            )
        assert not has_workspace(little, made[0][0])


class TestAges:
    async def test_a_clock_that_is_years_ahead_lets_nothing_go(self, little: Little, keeper: Keeper) -> None:
        project, (stages,) = await runs(little, 1)
        await policy(little, project, max_age=30 * DAY)
        await keeper.look()
        little.now += 3650 * DAY
        keeper.steady += 3600
        await keeper.look()
        keeper.retirer = keeper.another()  # nor does another that has the same clock
        await keeper.look()
        assert all(has_workspace(little, one) for one in stages)

    async def test_what_is_old_by_what_was_counted_goes(self, little: Little, keeper: Keeper) -> None:
        project, (stages,) = await runs(little, 1)
        await policy(little, project, max_age=30 * DAY)
        await keeper.look()
        little.now += 31 * DAY
        keeper.steady += 31 * DAY
        await keeper.look()
        assert not any(has_workspace(little, one) for one in stages)
        noted = little.view.get(RETENTION_CLOCK_REF)
        assert noted and noted.value == RetentionClock(little.now)


class TestHistory:
    async def test_attempts_that_are_history_lose_their_workspaces_too(self, little: Little, keeper: Keeper) -> None:
        project, made = await runs(little, 3)
        await archived(little)
        assert little.view.stage(made[0][0].id) is None
        await policy(little, project, keep_succeeded=1)
        assert not await keeper.look()
        assert not any(has_workspace(little, one) for stages in made[:2] for one in stages)
        assert all([(await shown(little, one)).workspace_dropped_at for stages in made[:2] for one in stages])
        page = await little.use_cases.stages.list(ANN, project, Ask(filter="workspace=dropped"))
        assert len(page.items) == 4
        little.volume.calls.clear()
        await keeper.look()
        assert "retiring.retire" not in little.volume.calls

    async def test_what_was_recalled_says_so_and_nothing_is_made_from_it(self, little: Little, keeper: Keeper) -> None:
        project, made = await runs(little, 2)
        await archived(little)
        await policy(little, project, keep_succeeded=1)
        await keeper.look()
        with pytest.raises(FailedPrecondition) as caught:
            await little.use_cases.runs.start(little.request(), project, Start((TRACK,), parent=made[0][0].id))
        assert caught.value.reason == "SOURCE_DROPPED"
        with pytest.raises(FailedPrecondition) as caught:
            await little.use_cases.stages.pin(little.request(), project, made[0][0].id, pinned=True)
        assert caught.value.reason == "SOURCE_DROPPED"
        await archived(little)
        assert (await shown(little, made[0][0])).workspace_dropped_at

    async def test_what_was_read_of_the_history_before_the_mark_is_not_put_back_after_it(
        self, little: Little, keeper: Keeper
    ) -> None:
        project, made = await runs(little, 2)
        await archived(little)
        await policy(little, project, keep_succeeded=1)
        history = little.volume.history
        page, looks = history.page, iter((keeper.look,))

        async def given_up_just_after(of: ProjectId, kind: Kind, query: Query) -> list[Archived]:
            found = await page(of, kind, query)
            if kind is Kind.COMMENT and (look := next(looks, None)):  # what is read last
                await look()
            return found

        history.page = given_up_just_after  # type: ignore[method-assign]
        assert await little.use_cases.past.recall(project, "000001")
        assert not has_workspace(little, made[0][0])
        assert all([(await shown(little, stage)).workspace_dropped_at for stage in made[0]])

    async def test_one_that_is_recalled_while_it_is_given_up_comes_back_as_given_up(
        self, little: Little, keeper: Keeper
    ) -> None:
        project, made = await runs(little, 2)
        await archived(little)
        await policy(little, project, keep_succeeded=1)
        little.volume.failing["history.append"] = Unavailable("hangs", reason="STORAGE_DEGRADED")
        assert await keeper.look()
        assert await little.use_cases.past.recall(project, "000001")
        found = [little.view.stage(stage.id) for stage in made[0]]
        assert all(one and one.workspace_dropped_at for one in found)

    async def test_an_attempt_that_was_put_back_meanwhile_is_not_given_up_on_old_facts(
        self, little: Little, keeper: Keeper
    ) -> None:
        project, made = await runs(little, 2)
        await archived(little)
        await policy(little, project, keep_succeeded=1)
        little.volume.held["retiring.weigh"] = asyncio.Event()
        looking = asyncio.ensure_future(keeper.look())
        while "retiring.weigh" not in little.volume.calls:
            await asyncio.sleep(0)
        await little.use_cases.stages.pin(little.request(), project, made[0][0].id, pinned=True)
        little.volume.held.pop("retiring.weigh").set()
        await looking
        assert has_workspace(little, made[0][0])
        assert not has_workspace(little, made[0][1])


CALLS = ("manifests.make", "retiring.retire", "history.append", "workspaces.remove_bases")


class TestBeingCut:
    @pytest.mark.parametrize("history", [False, True], ids=["records", "history"])
    async def test_after_any_step_another_finishes_and_nothing_is_shown_half(
        self, little: Little, keeper: Keeper, history: bool
    ) -> None:
        """Each commit and each call to the volume is once the last that a retirer does."""
        project, made = await runs(little, 3)
        going = [stage for stages in made[:2] for stage in stages]
        if history:
            await archived(little)
        await policy(little, project, keep_succeeded=1)
        cuts = 0
        while True:
            keeper.retirer = keeper.another()
            fault = Cut(little, cuts)
            try:
                await fault.over(keeper.look())
            except asyncio.CancelledError:
                cuts += 1
                for stage in going:
                    now = await shown(little, stage)
                    said = now.workspace_dropped_at or little.of(project).dropping
                    assert has_workspace(little, stage) or said, "what is gone is said to be gone"
                continue
            break
        assert cuts >= 8
        assert not any(has_workspace(little, stage) for stage in going)
        assert all([(await shown(little, stage)).workspace_dropped_at for stage in going])
        assert not little.of(project).dropping

    async def test_a_volume_that_is_away_is_waited_for(self, little: Little, keeper: Keeper) -> None:
        project, made = await runs(little, 2)
        await policy(little, project, keep_succeeded=1)
        little.volume.failing["retiring.retire"] = Unavailable("hangs", reason="STORAGE_DEGRADED")
        assert await keeper.look()
        assert (await shown(little, made[0][0])).workspace_dropped_at
        assert set(little.of(project).dropping) == {stage.id for stage in made[0]}
        with pytest.raises(FailedPrecondition, match="given up"):
            await little.use_cases.runs.start(little.request(), project, Start((TRACK,), parent=made[0][0].id))
        del little.volume.failing["retiring.retire"]
        await keeper.look()
        assert not little.of(project).dropping and not has_workspace(little, made[0][0])

    async def test_a_full_disk_costs_the_list_and_not_the_room(self, little: Little, keeper: Keeper) -> None:
        project, made = await runs(little, 2)
        await policy(little, project, keep_succeeded=1)
        little.volume.failing["manifests.make"] = Exhausted("full", reason="DISK_FULL")
        assert not await keeper.look()
        assert not has_workspace(little, made[0][0])

    async def test_who_has_lost_the_lock_and_does_not_know_removes_nothing(
        self, little: Little, keeper: Keeper
    ) -> None:
        project, made = await runs(little, 2)
        async with keeper.working():
            await little.until(lambda: little.view.get(RETENTION_CLOCK_REF))
            little.store.cluster.usurp("retirer")
            await policy(little, project, keep_succeeded=1)
            for _ in range(300):
                await asyncio.sleep(0)
            await asyncio.sleep(2 * retirer.SETTLE)
            assert all(has_workspace(little, stage) for stage in made[0])
            assert not little.of(project).dropping

    async def test_what_somebody_begins_just_before_the_mark_keeps_its_ground(
        self, little: Little, keeper: Keeper
    ) -> None:
        project, (first, second) = await runs(little, 2)
        await policy(little, project, keep_succeeded=1)
        little.volume.held["retiring.weigh"] = asyncio.Event()
        looking = asyncio.ensure_future(keeper.look())
        while "retiring.weigh" not in little.volume.calls:
            await asyncio.sleep(0)
        await little.use_cases.runs.start(little.request(), project, Start((TRACK,), parent=first[0].id))
        little.volume.held.pop("retiring.weigh").set()
        await looking
        assert has_workspace(little, first[0])
        assert not has_workspace(little, first[1])
        assert has_workspace(little, second[0])

    async def test_what_a_layered_attempt_stands_on_stays_though_it_began_and_ended_while_it_was_looked(
        self, little: Little, keeper: Keeper
    ) -> None:
        layered = world.definition("track", "detect", workspace=WorkspaceMode.LAYERED)
        project, (first, _) = await runs(little, 2, world.pipeline(world.definition("detect"), layered))
        await policy(little, project, keep_succeeded=1)
        little.volume.held["retiring.weigh"] = asyncio.Event()
        looking = asyncio.ensure_future(keeper.look())
        while "retiring.weigh" not in little.volume.calls:
            await asyncio.sleep(0)
        await little.use_cases.runs.start(little.request(), project, Start((TRACK,), parent=first[0].id))
        track = await little.placed("track", project)
        home(little, track).mkdir()
        with held(os.open(home(little, track), os.O_RDONLY)) as fd:
            write_ground(fd, Ground(Chain("", (first[0].id,)), (0, 0)))
        await little.end("track", project=project)
        await little.until(lambda: not little.run(project).active)
        little.volume.held.pop("retiring.weigh").set()
        await looking
        dropped = [little.view.stage(one.id).workspace_dropped_at is not None for one in first]
        assert dropped == [False, True]


class Cut:
    """Ends the work after so many commits and calls of the volume, each before it has an effect, as a kill does."""

    def __init__(self, little: Little, after: int) -> None:
        self._little = little
        self._left = after

    async def over(self, work) -> None:
        little = self._little
        call, commit = little.volume.call, little.store.commit

        async def calling(kind, name, *arguments, data=b""):
            if name in CALLS:
                self._count()
            return await call(kind, name, *arguments, data=data)

        async def committing(one: Commit) -> int:
            self._count()
            return await commit(one)

        for client in (
            little.volume.retiring,
            little.volume.manifests,
            little.volume.history,
            little.volume.workspaces,
        ):
            client._call = calling  # type: ignore[attr-defined]
        little.store.commit = committing  # type: ignore[method-assign]
        try:
            await work
        finally:
            for client in (
                little.volume.retiring,
                little.volume.manifests,
                little.volume.history,
                little.volume.workspaces,
            ):
                client._call = little.volume.call  # type: ignore[attr-defined]
            little.store.commit = commit  # type: ignore[method-assign]

    def _count(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise asyncio.CancelledError


class TestByHand:
    async def dropped(self, little: Little, stage: Stage) -> None:
        await little.use_cases.retention.drop(little.request(), stage.project, stage.id)

    async def test_a_workspace_goes_though_no_policy_says_so(self, little: Little, keeper: Keeper) -> None:
        project, (stages,) = await runs(little, 1)
        async with keeper.working():
            await self.dropped(little, stages[0])
            await self.dropped(little, stages[0])
            await little.until(lambda: not little.of(project).dropping)
        assert [has_workspace(little, one) for one in stages] == [False, True]
        with pytest.raises(FailedPrecondition) as caught:
            await little.use_cases.runs.start(little.request(), project, Start(redo=stages[1].id))
        assert caught.value.reason == "SOURCE_DROPPED"

    async def test_one_that_is_history_is_found_there(self, little: Little, keeper: Keeper) -> None:
        _, made = await runs(little, 2)
        await archived(little)
        await self.dropped(little, made[0][0])
        await keeper.look()
        assert not has_workspace(little, made[0][0]) and has_workspace(little, made[0][1])

    async def test_pinned_and_needed_ones_are_refused_and_it_is_said_who_needs_them(self, little: Little) -> None:
        project, (stages,) = await runs(little, 1)
        await little.use_cases.stages.pin(little.request(), project, stages[0].id, pinned=True)
        with pytest.raises(FailedPrecondition) as caught:
            await self.dropped(little, stages[0])
        assert caught.value.reason == "STAGE_PINNED"
        await little.use_cases.stages.pin(little.request(), project, stages[0].id, pinned=False)
        await little.use_cases.runs.start(little.request(), project, Start((TRACK,), parent=stages[0].id))
        live = await little.placed("track", project)
        with pytest.raises(FailedPrecondition, match="run 2") as caught:
            await self.dropped(little, stages[0])
        assert caught.value.reason == "WORKSPACE_NEEDED"
        with pytest.raises(FailedPrecondition) as caught:
            await self.dropped(little, live)
        assert caught.value.reason == "WORKSPACE_NEEDED"

    async def test_a_directory_that_two_went_on_in_goes_with_both_records(self, little: Little, keeper: Keeper) -> None:
        pipeline = world.pipeline(
            world.definition("detect"), world.definition("track", "detect", workspace=WorkspaceMode.CONTINUE)
        )
        _, (stages,) = await runs(little, 1, pipeline)
        await self.dropped(little, stages[1])
        await keeper.look()
        assert all([(await shown(little, one)).workspace_dropped_at for one in stages])
        assert not has_workspace(little, stages[0])

    async def test_an_empty_workspace_needs_no_ground(self, little: Little, keeper: Keeper) -> None:
        pipeline = world.pipeline(
            world.definition("detect"), world.definition("track", "detect", workspace=WorkspaceMode.EMPTY)
        )
        project, (stages,) = await runs(little, 1, pipeline)
        await self.dropped(little, stages[0])
        await little.use_cases.runs.start(little.request(), project, Start(redo=stages[1].id))
        assert (await little.placed("track", project)).parent == stages[0].id


async def test_whoever_looks_at_one_that_was_given_up_is_told_so_and_sees_what_is_there(
    little: Little, keeper: Keeper
) -> None:
    project, (stages,) = await runs(little, 1)
    await little.use_cases.retention.drop(little.request(), project, stages[0].id)
    await keeper.look()
    files, home = little.use_cases.files, f"projects/{project}/stages/{stages[0].id}"
    assert [one.entry.name for one in (await files.list(ANN, home, Ask())).items] == ["log", "output"]
    with pytest.raises(NotFound) as caught:
        await files.list(ANN, f"{home}/workspace", Ask())
    assert caught.value.reason == "WORKSPACE_DROPPED"
    assert (await files.usage(ANN, home)).size == len(stages[0].id)


async def test_one_that_was_given_up_is_still_compared(little: Little, keeper: Keeper) -> None:
    project, made = await runs(little, 2)
    await policy(little, project, keep_succeeded=1)
    await keeper.look()
    before, after = made[0][0], made[1][0]
    found = await little.use_cases.comparing.compare(ANN, ("-", before.id), ("-", after.id), Ask())
    assert [one.path for one in found.files] == [
        "output/made",
        f"workspace/{before.id}",
        f"workspace/{after.id}",
    ]
    assert found.unknown == ()


class TestSettingAPolicy:
    async def test_fields_that_are_not_named_stay_as_they_are_in_force(self, little: Little) -> None:
        project = await little.project()
        await policy(little, None, keep_succeeded=3, max_age=DAY)
        await little.use_cases.retention.update(
            little.request(), project, RetentionPolicy(keep_failed=False), frozenset({"keep_failed"})
        )
        assert little.view.retention(project) == RetentionPolicy(3, False, DAY)
        assert little.view.retention() == RetentionPolicy(3, True, DAY)

    @pytest.mark.parametrize("wrong", [RetentionPolicy(keep_succeeded=-1), RetentionPolicy(max_age=-1.0)])
    async def test_nonsense_is_refused(self, little: Little, wrong: RetentionPolicy) -> None:
        with pytest.raises(WinslowError) as caught:
            await little.use_cases.retention.update(little.request(), None, wrong, FIELDS)
        assert caught.value.reason == "RETENTION_INVALID"

    async def test_who_saw_another_revision_decides_again(self, little: Little) -> None:
        await policy(little, None, keep_succeeded=3)
        with pytest.raises(Conflict):
            await little.use_cases.retention.update(
                little.request(), None, RetentionPolicy(), FIELDS, little.view.revision_of(retention_ref()) + 1
            )
        await little.use_cases.retention.reset(little.request(), None)
        await little.use_cases.retention.reset(little.request(), None)
        assert little.view.retention().keeps_all


async def test_pages_of_a_preview_are_complete_and_each_says_the_whole_size(little: Little) -> None:
    project, _ = await runs(little, 3)
    wanted = RetentionPolicy(keep_succeeded=0)
    whole = await little.use_cases.retention.preview(ANN, project, wanted, Ask())
    found, token = [], ""
    while True:
        page = await little.use_cases.retention.preview(ANN, project, wanted, Ask(page_size=2, page_token=token))
        assert page.size == whole.size
        found += page.candidates
        if not (token := page.next_page_token):
            break
    assert tuple(found) == whole.candidates and len(found) == 6


async def test_a_project_that_is_being_deleted_is_left_to_the_janitor(little: Little, keeper: Keeper) -> None:
    project, (stages, _) = await runs(little, 2)
    await policy(little, project, keep_succeeded=1)
    of = little.of(project)
    await little.store.commit(Commit(puts=(Put(project_ref(project), replace(of, deleting=True)),)))
    await keeper.look()
    assert has_workspace(little, stages[0])
    assert little.view.get(Ref(Kind.RETENTION, f"projects/{project}"))
