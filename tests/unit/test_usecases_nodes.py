"""What people see of nodes that go silent and decide about them, and who may have how much."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest

from tests.unit import world
from tests.unit.little import ANN, BOB, NODE, Little
from winslow.domain import lifecycle
from winslow.domain.node import Silence
from winslow.domain.project import ProjectState
from winslow.domain.records import Commit, Kind, Limits, Put, silence_ref, stage_ref
from winslow.domain.stage import DRAIN, Abort, Cause, NodeId, State
from winslow.errors import FailedPrecondition, InvalidArgument, NotFound
from winslowd.engines.janitor import Janitor
from winslowd.usecases.beginnings import Start
from winslowd.usecases.derived import StageShown
from winslowd.usecases.events import Batch, Wanted
from winslowd.usecases.nodes import NodeShown, NodeState
from winslowd.usecases.projects import NewProject, ProjectChange
from winslowd.usecases.settings import LimitsChange
from winslowd.usecases.telling import Told


@pytest.fixture
async def little(tmp_path: Path) -> AsyncIterator[Little]:
    async with Little.led(tmp_path / "volume") as one:
        yield one


async def running(little: Little) -> StageShown:
    """A stage that runs on the node."""
    project = await little.project(world.chain("detect"))
    await little.use_cases.runs.start(little.request(), project, Start())
    stage = await little.start("detect")
    return await little.use_cases.stages.get(ANN, project, stage.id)


async def falls_silent(little: Little, waited: float = 30.0) -> None:
    """Its session is gone, and a leader has waited for it for a while."""
    little.membership.lose_session(regain=False)
    record = Silence(NODE.id, little.now - waited - 5, waited)
    await little.store.commit(Commit(puts=(Put(silence_ref(NODE.id), record),)))


class TestASilentNode:
    async def test_is_suspect_with_its_stages_and_says_when_they_are_given_up(self, little: Little) -> None:
        stage = (await running(little)).stage
        await falls_silent(little)
        node = little.use_cases.nodes.get(ANN, NODE.id)
        assert node.state is NodeState.SUSPECT
        assert node.silent_since == little.now - 35
        assert node.warnings == ("silent for 35 s, its stage is given up in 265 s",)
        shown = await little.use_cases.stages.get(ANN, stage.project, stage.id)
        assert shown.suspect
        assert shown.stage.reason
        assert shown.stage.reason.text == "suspect: node-1 silent for 35 s, given up in 265 s"

    async def test_that_is_back_shows_nothing_of_it(self, little: Little) -> None:
        before = await running(little)
        await falls_silent(little)
        little.membership.regain_session()
        node = little.use_cases.nodes.get(ANN, NODE.id)
        assert (node.state, node.silent_since, node.warnings) == (NodeState.READY, None, ())
        after = await little.use_cases.stages.get(ANN, before.stage.project, before.stage.id)
        assert (after.stage, after.suspect) == (before.stage, False)

    async def test_that_is_given_up_loses_its_stages_at_once_and_is_forgotten(self, little: Little) -> None:
        stage = (await running(little)).stage
        await falls_silent(little)
        with pytest.raises(FailedPrecondition) as refused:
            await little.use_cases.nodes.remove(little.request(), NODE.id)
        assert refused.value.reason == "NODE_BUSY"
        assert "--give-up" in refused.value.hint
        await little.use_cases.nodes.remove(little.request("r-1", by=BOB), NODE.id, give_up=True)
        lost = little.view.stage(stage.id)
        assert lost and lost.state is State.LOST
        assert lost.outcome and lost.outcome.cause is Cause.NODE_LOST
        assert "bob removed node-1" in lost.outcome.message
        assert little.view.silence(NODE.id) is None
        with pytest.raises(NotFound):
            little.use_cases.nodes.get(ANN, NODE.id)
        await little.use_cases.nodes.remove(little.request("r-1", by=BOB), NODE.id, give_up=True)  # asked twice

    async def test_is_not_given_up_while_it_lives(self, little: Little) -> None:
        stage = (await running(little)).stage
        with pytest.raises(FailedPrecondition) as refused:
            await little.use_cases.nodes.remove(little.request(), NODE.id, give_up=True)
        assert refused.value.reason == "NODE_ALIVE"
        found = little.view.stage(stage.id)
        assert found and found.state is State.RUNNING

    async def test_that_is_back_in_the_very_moment_keeps_its_stages(
        self, little: Little, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        stage = (await running(little)).stage
        await falls_silent(little)
        commit = little.store.commit

        async def too_late(one: Commit) -> int:
            if any(put.ref == stage_ref(stage) for put in one.puts):
                little.membership.regain_session()
            return await commit(one)

        monkeypatch.setattr(little.store, "commit", too_late)
        with pytest.raises(FailedPrecondition) as refused:
            await little.use_cases.nodes.remove(little.request(), NODE.id, give_up=True)
        assert refused.value.reason == "NODE_ALIVE"
        found = little.view.stage(stage.id)
        assert found and found.state is State.RUNNING

    async def test_that_nobody_knows_cannot_be_given_up(self, little: Little) -> None:
        with pytest.raises(NotFound):
            await little.use_cases.nodes.remove(little.request(), NodeId("nobody"), give_up=True)


class Screen:
    """What a watcher was told last of each thing."""

    def __init__(self) -> None:
        self.shown: dict[Kind, dict[str, object]] = {}

    def take(self, batch: Batch) -> None:
        for told in batch.told:
            self._take(told)

    def _take(self, told: Told) -> None:
        table = self.shown.setdefault(told.ref.kind, {})
        if told.shown is None:
            table.pop(told.ref.key, None)
        else:
            table[told.ref.key] = told.shown

    def stage(self) -> StageShown:
        (stage,) = self.shown[Kind.STAGE].values()
        assert isinstance(stage, StageShown)
        return stage

    def node(self) -> NodeShown | None:
        node = self.shown.get(Kind.NODE, {}).get(NODE.id)
        assert node is None or isinstance(node, NodeShown)
        return node


class TestOnEveryScreen:
    @pytest.fixture
    async def screen(self, little: Little) -> AsyncIterator[Screen]:
        """One that was open before anything happened."""
        screen = Screen()

        async def watch() -> None:
            async with aclosing(little.use_cases.events.watch(ANN, Wanted())) as batches:
                async for batch in batches:
                    screen.take(batch)

        watching = asyncio.ensure_future(watch())
        yield screen
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)

    @staticmethod
    async def until(condition: object) -> None:
        assert callable(condition)
        async with asyncio.timeout(5):
            while not condition():
                await asyncio.sleep(0.01)

    async def test_a_stage_is_suspect_as_soon_as_its_node_is_silent_and_not_when_it_is_back(
        self, little: Little, screen: Screen
    ) -> None:
        await running(little)
        await self.until(lambda: Kind.STAGE in screen.shown and screen.stage().stage.state is State.RUNNING)
        await falls_silent(little)
        await self.until(lambda: screen.stage().suspect)
        await self.until(lambda: (node := screen.node()) and node.state is NodeState.SUSPECT)
        little.membership.regain_session()
        await self.until(lambda: not screen.stage().suspect)
        await self.until(lambda: (node := screen.node()) and node.state is NodeState.READY)

    async def test_a_silent_node_is_gone_with_the_last_that_told_of_it(self, little: Little, screen: Screen) -> None:
        await running(little)
        await falls_silent(little)
        await self.until(lambda: (node := screen.node()) and node.state is NodeState.SUSPECT)
        await little.use_cases.nodes.remove(little.request(), NODE.id, give_up=True)
        await self.until(lambda: screen.node() is None)
        await self.until(lambda: screen.stage().stage.state is State.LOST)

    async def test_one_that_opens_late_shows_the_silent_node_too(self, little: Little) -> None:
        await running(little)
        await falls_silent(little)
        screen = Screen()
        async with aclosing(little.use_cases.events.watch(ANN, Wanted())) as batches:
            screen.take(await anext(batches))
        node = screen.node()
        assert node and node.state is NodeState.SUSPECT
        assert screen.stage().suspect


class TestDraining:
    async def test_an_end_that_comes_while_stages_are_aborted_is_not_lost(
        self, little: Little, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first, second = (await running(little)).stage, (await running(little)).stage
        await little.use_cases.nodes.drain(little.request(), NODE.id, little.now)
        commit = little.store.commit

        async def late(one: Commit) -> int:
            monkeypatch.setattr(little.store, "commit", commit)
            await little.move(second, lifecycle.Ended(world.OK, {}, little.now))
            return await commit(one)

        monkeypatch.setattr(little.store, "commit", late)
        janitor = Janitor(
            little.store, little.membership, little.volume.workspaces, little.volume.uploads, lambda: little.now
        )
        assert await janitor.look(), "it lost to the end, and looks again"
        assert not await janitor.look()
        ended, drained = little.view.stage(second.id), little.view.stage(first.id)
        assert ended and (ended.state, ended.abort) == (State.SUCCEEDED, None)
        assert drained and drained.abort and drained.abort.by == DRAIN
        revision = little.view.revision
        assert not await janitor.look()
        assert little.view.revision == revision, "what was asked once is not asked again"

    @pytest.mark.parametrize("skew", [-86_400, 86_400])
    async def test_takes_as_long_as_was_said_though_the_janitors_clock_is_a_day_apart(
        self, little: Little, skew: float
    ) -> None:
        stage = (await running(little)).stage
        await little.use_cases.nodes.drain(little.request(), NODE.id, little.now + 3600)
        deadline = little.view.policy(NODE.id).drain_deadline  # type: ignore[union-attr]
        passed = 0.0

        def aborted() -> Abort | None:
            now = little.view.stage(stage.id)
            assert now
            return now.abort

        def janitor() -> Janitor:
            volume = little.volume
            clock = lambda: little.now + skew  # noqa: E731
            return Janitor(little.store, little.membership, volume.workspaces, volume.uploads, clock, lambda: passed)

        first = janitor()
        for _ in range(30):
            assert not await first.look()
            passed += 60
        then = janitor()  # it goes on from what the first one noted
        while passed < 3590:
            assert not await then.look()
            passed += 60
        assert aborted() is None
        passed += 3600 * 0.05  # what was not noted yet when the janitors changed
        assert not await then.look()
        assert aborted() is not None
        assert little.view.policy(NODE.id).drain_deadline == deadline  # type: ignore[union-attr]


class TestLimits:
    async def test_what_is_not_said_stays(self, little: Little) -> None:
        settings = little.use_cases.settings
        assert settings.limits(ANN).limits == Limits()
        project = await little.project()
        await settings.limit(little.request(), LimitsChange(per_user=4, users={"bob": 2}))
        await settings.limit(little.request(), LimitsChange(per_project=3, projects={project: 1}))
        limits = settings.limits(ANN).limits
        assert limits == Limits(4, 3, {"bob": 2}, {project: 1})
        assert (limits.of_user("bob"), limits.of_user("eve"), limits.of_project(project)) == (2, 4, 1)

    async def test_of_a_project_that_is_gone_may_stay_but_nobody_limits_one_that_never_was(
        self, little: Little
    ) -> None:
        with pytest.raises(NotFound):
            await little.use_cases.settings.limit(little.request(), LimitsChange(projects={"never": 1}))

    @pytest.mark.parametrize("change", [LimitsChange(per_user=-1), LimitsChange(users={"bob": 1_000_000})])
    async def test_nonsense_is_refused(self, little: Little, change: LimitsChange) -> None:
        with pytest.raises(InvalidArgument) as refused:
            await little.use_cases.settings.limit(little.request(), change)
        assert refused.value.reason == "LIMIT_INVALID"

    async def test_a_node_keeps_its_own_when_it_is_cordoned_and_let_go_again(self, little: Little) -> None:
        nodes = little.use_cases.nodes
        await nodes.limit(little.request(), NODE.id, 3)
        await nodes.drain(little.request(), NODE.id, 2000.0)
        await nodes.uncordon(little.request(), NODE.id)
        policy = nodes.get(ANN, NODE.id).policy
        assert policy and (policy.max_stages, policy.cordoned, policy.drain_deadline) == (3, False, None)
        with pytest.raises(InvalidArgument):
            await nodes.limit(little.request(), NODE.id, -1)


class TestPriority:
    async def test_is_given_at_the_beginning_and_changed_later(self, little: Little) -> None:
        projects = little.use_cases.projects
        name = await projects.create(little.request(), NewProject("Urgent", pipeline=world.chain("a"), priority=50))
        id_ = name.removeprefix("projects/")
        assert little.of(id_).priority == 50
        await projects.update(little.request(), little.of(id_).id, ProjectChange(priority=-100))
        assert little.of(id_).priority == -100
        assert projects.get(ANN, little.of(id_).id).status.state is ProjectState.IDLE

    @pytest.mark.parametrize("priority", [-101, 101])
    async def test_has_its_bounds(self, little: Little, priority: int) -> None:
        with pytest.raises(InvalidArgument) as refused:
            await little.use_cases.projects.create(
                little.request(), NewProject("Urgent", pipeline=world.chain("a"), priority=priority)
            )
        assert refused.value.reason == "PRIORITY_INVALID"
