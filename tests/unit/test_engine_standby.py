"""Containers made ready before their turn: which are made, which are let go, and when they go unused."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit import world
from tests.unit.house import NODE, PROJECT, House, daemon, led
from winslow.domain import lifecycle
from winslow.domain.container import Exit, Image, Phase
from winslow.domain.pipeline import Confirmation, Edge, Pipeline, UserInput, WorkspaceMode
from winslow.domain.progress import foresee
from winslow.domain.project import Hold, Run
from winslow.domain.records import Comment, Kind, Put, Ref, project_ref, run_ref
from winslow.domain.resources import Capacity, Gpu, GpuRequest, GpuVendor, Resources
from winslow.domain.stage import Cause, NodeId, Reason, RunId, Stage, StageId, State
from winslow.domain.standing import Situation
from winslowd.engines import standby
from winslowd.engines.containers import Containers
from winslowd.engines.standby import AT_MOST, LEADER_WITHIN, Standbys

TRACK = StageId("track-1-1-abc123")
TOOL = Image("tool", "sha256:2")


pytestmark = pytest.mark.usefixtures("hurried")


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """A node that is up. Nobody leads: the test awards."""
    one = House(tmp_path)
    await one.membership.join(NODE)
    yield one
    one.close()


def held(house: House) -> list[str]:
    return sorted(id_ for id_, found in house.driver.containers.items() if found.phase is Phase.HELD)


async def detect_runs(house: House, pipeline: Pipeline) -> Stage:
    await house.begin(pipeline)
    stage = await house.award()
    await house.runs(stage)
    return stage


async def track_waits(house: House) -> Stage:
    """The first stage of two runs, and the second one's container is there."""
    stage = await detect_runs(house, world.chain("detect", "track"))
    await house.until(lambda: held(house) == [TRACK])
    return stage


async def ended(house: House, stage: Stage, end: Exit = Exit(0)) -> None:  # noqa: B008 - a frozen value
    house.finish(stage, end)
    await house.until(lambda: house.of(stage).ended)


async def pause(house: House) -> Run:
    run = house.view.runs_of(PROJECT)[-1]
    paused = replace(run, hold=Hold(Reason("PAUSED", "paused by bob"), "bob", house.now))
    await house.put(Put(run_ref(run), paused))
    return paused


async def track_is_gone(house: House) -> None:
    await house.until(lambda: TRACK not in house.driver.containers and not house.journal.has(TRACK))


class TestWhatFollows:
    async def test_waits_beside_what_runs_and_is_let_go_in_its_turn(self, house: House) -> None:
        async with daemon(house), led(house):
            stage = await track_waits(house)
            assert house.driver.launches == {stage.id: 1}
            house.finish(stage)
            await house.until(lambda: house.driver.launches == {stage.id: 1, TRACK: 1})
            assert house.tap.count("driver.create") == 2
            house.finish(house.of(TRACK))
            await house.until(lambda: house.clean and not list(house.view.live_stages()))
        assert house.of(TRACK).state is State.SUCCEEDED

    async def test_finds_its_parent_s_files_in_the_workspace_it_was_bound_to_early(self, house: House) -> None:
        async with daemon(house), led(house):
            stage = await track_waits(house)
            [workspace, early] = [
                Path(next(mount.source for mount in house.spec(id_).mounts if mount.target == "/workspace"))
                for id_ in (stage.id, TRACK)
            ]
            inode = early.stat().st_ino
            (workspace / "frames").write_text("250")
            house.finish(stage)
            await house.until(lambda: house.driver.launches.get(TRACK))
            assert ((early / "frames").read_text(), early.stat().st_ino) == ("250", inode)

    async def test_is_replaced_when_an_edit_changes_its_environment_meanwhile(self, house: House) -> None:
        async with daemon(house):
            stage = await track_waits(house)
            project = house.project()
            edited = replace(project, pipeline=replace(project.pipeline, environment={"FPS": "10"}))
            await house.put(Put(project_ref(project.id), edited))
            await ended(house, stage)
            await house.award()
            await house.runs(house.of(TRACK))
            assert house.spec(TRACK).environment["FPS"] == "10"
        assert house.driver.launches == {stage.id: 1, TRACK: 1}

    async def test_is_waited_for_when_its_turn_comes_before_it_is_up(self, house: House) -> None:
        house.driver.registry["tool"] = TOOL
        house.driver.registry_open.clear()
        async with daemon(house):
            stage = await detect_runs(house, with_tool())
            await house.until(lambda: house.tap.under_way["driver.pull"])
            await ended(house, stage)
            await house.award()
            await house.until(lambda: house.clean)
            house.driver.registry_open.set()
            await house.runs(house.of(TRACK))
        assert (house.tap.count("driver.create"), house.tap.count("driver.release")) == (2, 1)
        assert house.tap.count("driver.pull") == 2
        assert house.driver.launches == {stage.id: 1, TRACK: 1}

    async def test_is_found_by_the_next_daemon(self, house: House) -> None:
        async with daemon(house):
            stage = await track_waits(house)
        house.boot()
        async with daemon(house):
            await ended(house, stage)
            await house.award()
            await house.runs(house.of(TRACK))
        assert house.driver.launches == {stage.id: 1, TRACK: 1}
        assert "driver.release" in house.tap.calls


class TestWhatIsForeseen:
    async def test_is_thought_out_anew_only_when_something_of_its_run_has_changed(
        self, house: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        thought: list[StageId] = []

        def noted(situation: Situation, running: Stage, now: float) -> tuple[Stage, ...]:
            thought.append(running.id)
            return foresee(situation, running, now)

        monkeypatch.setattr(standby, "foresee", noted)
        await house.begin(world.chain("detect", "track"))
        stage = await house.move(await house.award(), lifecycle.Started(house.now, "sha256:1"))
        async with asyncio.TaskGroup() as group:
            standbys = Standbys(house.tools, Containers(house.tools), group)
            standbys.look()
            await house.put(
                Put(Ref(Kind.COMMENT, f"{PROJECT}/r/00001"), Comment(PROJECT, RunId("r"), 1, "ann", 1.0, ""))
            )
            standbys.look()
            assert thought == [stage.id]
            assert standbys.ids == {TRACK}
            await pause(house)
            standbys.look()
            assert thought == [stage.id] * 2
            await standbys.leave()


class TestAContainerThatIsNotNeeded:
    async def test_goes_when_the_run_is_paused(self, house: House) -> None:
        async with daemon(house):
            await track_waits(house)
            await pause(house)
            await track_is_gone(house)

    async def test_is_made_again_when_the_run_is_resumed(self, house: House) -> None:
        async with daemon(house):
            await track_waits(house)
            paused = await pause(house)
            await track_is_gone(house)
            await house.put(Put(run_ref(paused), replace(paused, hold=None)))
            await house.until(lambda: held(house) == [TRACK])

    async def test_goes_when_the_engine_is_back_that_was_away_when_it_was_to_go(self, house: House) -> None:
        async with daemon(house):
            await detect_runs(house, world.chain("detect", "track"))
            await house.until(lambda: held(house))
            house.driver.away = True
            await pause(house)
            await house.until(lambda: house.tap.count("driver.remove") > 1)
            house.driver.away = False
            await house.until(lambda: TRACK not in house.driver.containers and not house.journal.has(TRACK))

    async def test_goes_when_what_came_before_fails(self, house: House) -> None:
        async with daemon(house):
            stage = await track_waits(house)
            await ended(house, stage, Exit(3))
            await track_is_gone(house)
        assert house.driver.launches == {stage.id: 1}

    async def test_goes_when_what_came_before_is_aborted(self, house: House) -> None:
        async with daemon(house):
            stage = await track_waits(house)
            await house.abort(stage)
            await track_is_gone(house)
        assert house.driver.launches == {stage.id: 1}

    async def test_goes_when_its_stage_is_awarded_elsewhere(self, house: House) -> None:
        async with daemon(house):
            stage = await track_waits(house)
            await ended(house, stage)
            assert held(house) == [TRACK]
            await house.award(NodeId("node-2"))
            await track_is_gone(house)
        assert house.driver.launches == {stage.id: 1}
        assert (house.root / "projects" / PROJECT / "stages" / TRACK).is_dir()

    async def test_goes_when_no_leader_makes_its_stage(self, house: House) -> None:
        async with daemon(house):
            stage = await track_waits(house)
            await ended(house, stage)
            house.now += LEADER_WITHIN + 1
            await house.membership.join(replace(NODE, version="2"))  # somebody changes something
            await track_is_gone(house)

    async def test_goes_though_its_image_is_still_being_fetched(self, house: House) -> None:
        house.driver.registry["tool"] = TOOL
        house.driver.registry_open.clear()
        async with daemon(house):
            await detect_runs(house, with_tool())
            await house.until(lambda: house.tap.count("driver.pull") == 2)
            paused = await pause(house)
            await house.until(lambda: house.tap.count("driver.remove") == 1)
            house.driver.registry_open.set()
            await house.put(Put(run_ref(paused), replace(paused, hold=None)))
            await house.until(lambda: held(house) == [TRACK])
            assert house.tap.count("driver.pull") == 3

    async def test_keeps_no_place_while_its_run_is_paused_and_it_waits_for_room(self, house: House) -> None:
        async with daemon(house):
            stage = await track_waits(house)
            await ended(house, stage)
            await house.award(None)
            assert held(house) == [TRACK]
            await pause(house)
            await track_is_gone(house)


def with_tool(**fields: object) -> Pipeline:
    """Its second stage has another image."""
    return world.pipeline(
        world.definition("detect"), replace(world.definition("track", "detect", **fields), image="tool")
    )


class TestNothingIsMadeBeforeItsTurn:
    @pytest.mark.parametrize(
        "fields",
        [
            {"resources": Resources(gpus=GpuRequest(1))},
            {"workspace": WorkspaceMode.CONTINUE},
            {"workspace": WorkspaceMode.LAYERED},
            {"user_input": UserInput(confirmation=Confirmation.ALWAYS)},
            {"user_input": UserInput(variables=("FPS",))},
            {"resources": Resources(cpus=64)},
            {"resources": Resources(tags=frozenset({"camera"}))},
        ],
        ids=["GPUs", "a used workspace", "a layered workspace", "a confirmation", "a variable", "too large", "a tag"],
    )
    async def test_that_would_spoil_something_or_never_come(self, house: House, fields) -> None:
        gpu = Gpu("GPU-1", GpuVendor.NVIDIA, "H100", 1 << 36)
        await house.membership.join(replace(NODE, capacity=Capacity(8, 1 << 34, gpus=(gpu,))))
        pipeline = world.pipeline(
            world.definition("detect"),
            world.definition("track", "detect", **fields),
            world.definition("plain", "detect"),
        )
        async with daemon(house):
            await detect_runs(house, pipeline)
            await house.until(lambda: held(house))
            assert held(house) == ["plain-1-1-abc123"]

    async def test_beyond_a_few_at_a_time(self, house: House) -> None:
        names = [f"next-{number}" for number in range(AT_MOST + 3)]
        pipeline = world.pipeline(world.definition("detect"), *(world.definition(name, "detect") for name in names))
        async with daemon(house):
            await detect_runs(house, pipeline)
            await house.until(lambda: len(held(house)) == AT_MOST)
            await house.membership.join(replace(NODE, version="2"))
            await house.until(lambda: house.own_store.view.revision == house.view.revision)
            await asyncio.sleep(0)
            assert house.tap.count("driver.create") == 1 + AT_MOST

    async def test_that_an_edge_does_not_lead_to(self, house: House) -> None:
        pipeline = world.pipeline(
            world.definition("detect"),
            world.definition("track", Edge("detect", "results.tracks > 0")),  # type: ignore[arg-type]
            world.definition("plain", "detect"),
        )
        async with daemon(house):
            stage = await detect_runs(house, pipeline)
            await house.until(lambda: held(house) == ["plain-1-1-abc123"])
            await house.move(stage, lifecycle.Reported({"tracks": "3"}, None))
            await house.until(lambda: held(house) == ["plain-1-1-abc123", TRACK])


class TestWhatGoesWrongBeforeItsTurn:
    async def test_an_image_that_does_not_come_keeps_nobody_from_aborting_the_stage(self, house: House) -> None:
        house.driver.registry["tool"] = TOOL
        house.driver.registry_open.clear()
        async with daemon(house):
            stage = await detect_runs(house, with_tool())
            await house.until(lambda: house.tap.count("driver.pull") == 2)
            await ended(house, stage)
            track = await house.award()
            await house.abort(track)
            await house.until(lambda: house.of(track).ended and house.clean)
            assert not house.tap.under_way["driver.pull"]
        outcome = house.of(track).outcome
        assert outcome and outcome.cause is Cause.ABORTED

    async def test_a_claim_that_is_given_up_gives_up_what_is_being_made(self, house: House) -> None:
        house.driver.registry["tool"] = TOOL
        house.driver.registry_open.clear()
        await house.begin(with_tool())
        await house.move(await house.award(), lifecycle.Started(house.now, "sha256:1"))
        async with asyncio.TaskGroup() as group:
            standbys = Standbys(house.tools, Containers(house.tools), group)
            standbys.look()
            await house.until(lambda: house.tap.under_way["driver.pull"])
            claim = group.create_task(standbys.claim(TRACK))
            await asyncio.sleep(0)  # it waits
            claim.cancel()
            await asyncio.wait((claim,))
            assert (standbys.ids, house.tap.under_way["driver.pull"]) == (frozenset(), 0)

    async def test_an_image_that_is_missing_fails_the_stage_only_in_its_turn(self, house: House) -> None:
        async with daemon(house):
            stage = await detect_runs(house, with_tool())
            await house.until(lambda: house.tap.count("driver.pull") == 2)
            house.driver.images["tool"] = TOOL
            await ended(house, stage)
            track = await house.award()
            await house.runs(track)

    @pytest.mark.parametrize("call", ["workspaces.reserve", "driver.remove"])
    async def test_a_fault_of_ours_costs_no_stage(self, house: House, call: str) -> None:
        house.tap.failing[call] = RuntimeError("a fault of ours")  # type: ignore[assignment]
        async with daemon(house) as task:
            stage = await detect_runs(house, world.chain("detect", "track"))
            await house.until(lambda: "workspaces.reserve" in house.tap.calls)
            if call == "driver.remove":
                await house.until(lambda: held(house))
                paused = await pause(house)
                await house.until(lambda: call in house.tap.calls)
                await house.put(Put(run_ref(paused), replace(paused, hold=None)))
            house.tap.failing.clear()
            await ended(house, stage)
            track = await house.award()
            await house.runs(track)
            assert not task.done()
        assert house.driver.launches == {stage.id: 1, TRACK: 1}

    async def test_a_condition_that_cannot_be_read_costs_no_stage(self, house: House) -> None:
        pipeline = world.pipeline(
            world.definition("detect"),
            world.definition("track", Edge("detect", "results.tracks >")),  # type: ignore[arg-type]
        )
        async with daemon(house) as task:
            stage = await detect_runs(house, pipeline)
            await ended(house, stage)
            await house.until(lambda: house.clean)
            assert not task.done()
