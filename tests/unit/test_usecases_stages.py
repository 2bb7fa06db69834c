"""Stages, sweeps, nodes and settings as people look at them and change them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.unit import world
from tests.unit.little import ANN, BOB, NODE, Little
from winslow.domain.election import Refusal
from winslow.domain.pipeline import DefinitionName, UserInput
from winslow.domain.project import Axis, Override, SweepId
from winslow.domain.resources import Resources
from winslow.domain.stage import NodeId, ProjectId, RunId, Stage, State
from winslow.errors import Conflict, FailedPrecondition, InvalidArgument, NotFound
from winslowd.usecases.beginnings import Start
from winslowd.usecases.listing import Ask
from winslowd.usecases.nodes import NodeState
from winslowd.usecases.sweeps import NewSweep

DETECT = DefinitionName("detect")
AXES = (Axis("S", ("1", "2", "3")), Axis("T", ("a", "b")))


@pytest.fixture
async def little(tmp_path: Path) -> AsyncIterator[Little]:
    async with Little.led(tmp_path) as one:
        yield one


async def waiting(little: Little, **fields: object) -> Stage:
    """A stage that no node can take."""
    project = await little.project(world.chain("detect", resources=Resources(cpus=64), **fields))
    await little.use_cases.runs.start(little.request(), project, Start())
    await little.until(lambda: [one for one in little.view.stages_of(project) if one.reason])
    return little.view.stages_of(project)[0]


async def running(little: Little) -> Stage:
    project = await little.project()
    await little.use_cases.runs.start(little.request(), project, Start())
    return await little.start("detect")


class TestAborting:
    async def test_a_running_stage_is_asked_to_stop_by_the_first_who_asks(self, little: Little) -> None:
        stage = await running(little)
        for by in (BOB, ANN):
            await little.use_cases.stages.abort(little.request(by=by), "-", stage.id)
        now = little.view.stage(stage.id)
        assert now and now.abort and (now.abort.by, now.state) == ("bob", State.RUNNING)

    async def test_a_waiting_stage_is_aborted_at_once_and_its_run_pauses(self, little: Little) -> None:
        stage = await waiting(little)
        await little.use_cases.stages.abort(little.request(), stage.project, stage.id)
        await little.until(lambda: little.run(stage.project).hold)
        assert (await little.use_cases.runs.get(ANN, stage.project, "-")).reason.code == "STAGE_ABORTED"

    async def test_an_ended_stage_is_refused(self, little: Little) -> None:
        stage = await running(little)
        await little.move(stage, world.lifecycle.Ended(world.OK, {}, 1.0))
        with pytest.raises(FailedPrecondition) as caught:
            await little.use_cases.stages.abort(little.request(), "-", stage.id)
        assert caught.value.reason == "STAGE_ENDED"

    async def test_a_wrong_revision_is_refused(self, little: Little) -> None:
        stage = await running(little)
        with pytest.raises(Conflict):
            await little.use_cases.stages.abort(little.request(), "-", stage.id, expected=1)

    async def test_all_of_a_project_are_aborted_however_many(self, little: Little) -> None:
        names = [f"part-{number}" for number in range(50)]
        project = await little.project(world.pipeline(*(world.definition(name) for name in names)))
        await little.use_cases.runs.start(little.request(), project, Start())
        await little.until(lambda: len(little.view.stages_of(project)) == 50)
        first = await little.use_cases.stages.abort_all(little.request("all"), project)
        assert await little.use_cases.stages.abort_all(little.request("all"), project) == first
        assert all(stage.abort for stage in little.view.stages_of(project))

    async def test_where_nothing_lives_there_is_nothing_to_abort(self, little: Little) -> None:
        project = await little.project()
        with pytest.raises(FailedPrecondition) as caught:
            await little.use_cases.stages.abort_all(little.request(), project)
        assert caught.value.reason == "STAGE_ENDED"


class TestLooking:
    async def test_a_stage_is_pinned_and_let_go(self, little: Little) -> None:
        stage = await running(little)
        for pinned in (True, False):
            await little.use_cases.stages.pin(little.request(), "-", stage.id, pinned=pinned)
            assert (await little.use_cases.stages.get(ANN, "-", stage.id)).stage.pinned is pinned

    async def test_a_stage_of_another_project_is_not_found_there(self, little: Little) -> None:
        stage = await running(little)
        other = await little.project(name="other")
        with pytest.raises(NotFound):
            await little.use_cases.stages.get(ANN, other, stage.id)

    async def test_a_misspelt_stage_says_which_was_meant(self, little: Little) -> None:
        stage = await running(little)
        with pytest.raises(NotFound) as caught:
            await little.use_cases.stages.get(ANN, stage.project, stage.id.replace("detect", "detcet"))
        assert stage.id in caught.value.hint

    async def test_why_a_stage_waits_has_each_nodes_word_and_a_remedy(self, little: Little) -> None:
        stage = await waiting(little)
        found = await little.use_cases.explaining.explain(ANN, "-", stage.id)
        assert (found.reason.code, found.position, found.length) == ("NO_NODE_ABLE", 1, 1)
        less = f"winslowctl run abort {stage.project}; winslowctl run redo {stage.id}"
        assert less in found.remedies[0]
        (answer,) = found.answers
        assert isinstance(answer, Refusal) and not answer.ever and "64 CPUs" in answer.lacks[0]

    async def test_who_lacks_nothing_but_tags_is_not_told_to_ask_for_less_memory(self, little: Little) -> None:
        project = await little.project(world.chain("detect", resources=Resources(tags=frozenset({"ssd"}))))
        await little.use_cases.runs.start(little.request(), project, Start())
        await little.until(lambda: little.view.stages_of(project))
        (stage,) = little.view.stages_of(project)
        found = await little.use_cases.explaining.explain(ANN, "-", stage.id)
        assert found.remedies[0].endswith(f"winslowctl project edit {project}")

    async def test_a_stage_that_waits_for_a_cordoned_node_says_how_to_let_it_have_stages_again(
        self, little: Little
    ) -> None:
        await little.use_cases.nodes.cordon(little.request(), NODE.id, "disk")
        project = await little.project()
        await little.use_cases.runs.start(little.request(), project, Start())
        await little.until(lambda: little.view.stages_of(project))
        (stage,) = little.view.stages_of(project)
        found = await little.use_cases.explaining.explain(ANN, "-", stage.id)
        assert f"winslowctl node uncordon {NODE.id}" in found.remedies[-1]

    async def test_a_stage_of_a_paused_run_waits_for_its_resumption(self, little: Little) -> None:
        stage = await waiting(little)
        await little.use_cases.runs.pause(little.request(), stage.project, "-", "lunch")
        found = await little.use_cases.explaining.explain(ANN, "-", stage.id)
        assert found.reason.code == "RUN_PAUSED" and "lunch" in found.reason.text

    async def test_a_free_node_bids(self, little: Little) -> None:
        await little.use_cases.nodes.cordon(little.request(), NODE.id, "disk")
        project = await little.project()
        await little.use_cases.runs.start(little.request(), project, Start())
        await little.until(lambda: little.view.stages_of(project))
        stage = little.view.stages_of(project)[0]
        (answer,) = (await little.use_cases.explaining.explain(ANN, "-", stage.id)).answers
        assert isinstance(answer, Refusal) and answer.lacks[0] == "is cordoned: disk"
        await little.use_cases.nodes.uncordon(little.request(), NODE.id)
        await little.placed("detect")

    async def test_two_attempts_are_compared_in_values_and_files(self, little: Little) -> None:
        project = await little.project(world.chain("detect", environment={"S": "1"}))
        root = Path(little.volume.workspaces.absolute(f"projects/{project}/stages"))
        attempts: list[Stage] = []
        for index, files in enumerate(
            (
                {"workspace/same": "x", "workspace/gone": "1", "output/d/changed": "1"},
                {"workspace/same": "x", "output/d/changed": "22"},
            )
        ):
            ask = Start(overrides={DETECT: Override({"S": f"{index}"})})
            await little.use_cases.runs.start(little.request(), project, ask)
            attempts.append(await little.end("detect", results={"n": f"{index}"}))
            await little.until(lambda: not little.run(project).active)
            for name, text in files.items():
                path = root / attempts[-1].id / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
        before, after = attempts
        compare = little.use_cases.comparing.compare
        found = await compare(ANN, ("-", before.id), ("-", after.id), Ask())
        assert [(one.key, one.before, one.after) for one in found.environment] == [("S", "0", "1")]
        assert [(one.key, one.before, one.after) for one in found.results] == [("n", "0", "1")]
        assert found.definition == ()
        assert [(one.path, one.before is None, one.after is None) for one in found.files] == [
            ("output/d/changed", False, False),
            ("workspace/gone", False, True),
        ]
        first = await compare(ANN, ("-", before.id), ("-", after.id), Ask(page_size=1))
        second = await compare(
            ANN, ("-", before.id), ("-", after.id), Ask(page_size=1, page_token=first.next_page_token)
        )
        assert first.files + second.files == found.files
        assert (second.next_page_token, second.results) == ("", ())


class TestSweeps:
    async def sweep(self, little: Little, **fields: object) -> tuple[ProjectId, SweepId]:
        project = await little.project()
        new = NewSweep(DETECT, AXES, **fields)  # type: ignore[arg-type]
        name = await little.use_cases.sweeps.start(little.request(), project, new)
        return project, SweepId(name.rpartition("/")[2])

    async def test_each_point_of_the_product_is_executed(self, little: Little) -> None:
        project, id_ = await self.sweep(little)
        for _ in range(6):
            await little.end("detect")
        await little.until(lambda: little.sweep(project, id_).succeeded == 6)
        points = {tuple(world.value(stage, name).value for name in "ST") for stage in little.view.stages_of(project)}
        assert len(points) == 6

    async def test_a_count_that_was_not_previewed_is_refused(self, little: Little) -> None:
        project = await little.project()
        assert little.use_cases.sweeps.preview(ANN, project, DETECT, AXES) == 6
        with pytest.raises(FailedPrecondition) as caught:
            await little.use_cases.sweeps.start(little.request(), project, NewSweep(DETECT, AXES, expected_count=5))
        assert caught.value.reason == "SWEEP_COUNT_DIFFERS"

    async def test_one_that_fails_does_not_stop_the_rest(self, little: Little) -> None:
        project, id_ = await self.sweep(little)
        await little.end("detect", world.FAILED)
        for _ in range(5):
            await little.end("detect")
        await little.until(lambda: little.sweep(project, id_).succeeded == 5)
        assert little.use_cases.sweeps.get(ANN, project, id_).failed == 1

    async def test_stopping_aborts_what_lives_when_asked(self, little: Little) -> None:
        project, id_ = await self.sweep(little)
        await little.until(lambda: len(list(little.view.live_stages())) == 6)
        await little.use_cases.sweeps.stop(little.request("s"), project, id_, abort_stages=True)
        await little.use_cases.sweeps.stop(little.request("s"), project, id_, abort_stages=True)
        assert all(stage.abort for stage in little.view.stages_of(project))

    async def test_a_run_in_place_of_a_large_sweep_ends_all_of_its_points(self, little: Little) -> None:
        axes = (Axis("S", tuple(f"{number}" for number in range(100))),)
        project = await little.project(world.chain("detect", user_input=UserInput(("X",))))
        await little.use_cases.sweeps.start(little.request(), project, NewSweep(DETECT, axes))
        await little.until(lambda: len(little.view.runs_of(project)) == 100)
        ask = Start(overrides={DETECT: Override({"X": "1"})})
        await little.use_cases.runs.start(little.request("s"), project, ask)
        assert [run.id for run in little.view.runs_of(project) if run.active] == [RunId("000101")]

    async def test_an_unknown_sweep_or_definition_is_told(self, little: Little) -> None:
        project, id_ = await self.sweep(little)
        with pytest.raises(NotFound) as caught:
            little.use_cases.sweeps.get(ANN, project, SweepId("x"))
        assert id_ in caught.value.hint
        with pytest.raises(InvalidArgument):
            little.use_cases.sweeps.preview(ANN, project, DefinitionName("x"), AXES)


class TestNodes:
    async def test_a_node_shows_what_is_free_and_what_it_does(self, little: Little) -> None:
        stage = await running(little)
        shown = little.use_cases.nodes.get(ANN, NODE.id)
        assert shown.free and (shown.free.cpus, [one.id for one in shown.stages]) == (7.0, [stage.id])

    async def test_a_silent_node_is_suspect_while_its_stages_are_waited_for(self, little: Little) -> None:
        await running(little)
        await little.use_cases.nodes.cordon(little.request(), NODE.id)
        await little.membership.leave()
        assert little.use_cases.nodes.get(ANN, NODE.id).state is NodeState.SUSPECT
        with pytest.raises(FailedPrecondition) as caught:
            await little.use_cases.nodes.remove(little.request(), NODE.id)
        assert caught.value.reason == "NODE_BUSY"

    async def test_a_node_that_is_gone_can_be_forgotten(self, little: Little) -> None:
        await little.use_cases.nodes.cordon(little.request(), NODE.id)
        with pytest.raises(FailedPrecondition) as caught:
            await little.use_cases.nodes.remove(little.request(), NODE.id)
        assert caught.value.reason == "NODE_ALIVE"
        await little.membership.leave()
        await little.use_cases.nodes.remove(little.request(), NODE.id)
        with pytest.raises(NotFound):
            little.use_cases.nodes.get(ANN, NODE.id)

    async def test_a_misspelt_node_says_which_was_meant(self, little: Little) -> None:
        with pytest.raises(NotFound) as caught:
            await little.use_cases.nodes.cordon(little.request(), NodeId("node1"))
        assert "node-1" in caught.value.hint

    async def test_a_drain_has_a_deadline(self, little: Little) -> None:
        with pytest.raises(InvalidArgument):
            await little.use_cases.nodes.drain(little.request(), NODE.id, 0)
        await little.use_cases.nodes.drain(little.request(), NODE.id, 2000.0, "disk")
        policy = little.use_cases.nodes.get(ANN, NODE.id).policy
        assert policy and (policy.cordoned, policy.drain_deadline, policy.reason) == (True, 2000.0, "disk")
        await little.use_cases.nodes.uncordon(little.request(), NODE.id)
        policy = little.use_cases.nodes.get(ANN, NODE.id).policy
        assert policy and not policy.cordoned and policy.drain_deadline is None


class TestSettings:
    async def test_variables_are_set_removed_and_replaced(self, little: Little) -> None:
        settings = little.use_cases.settings
        await settings.update(little.request(), {"A": "1", "B": "2"})
        await settings.update(little.request(), {"C": "3"}, ["A"])
        assert settings.get(ANN).globals.environment == {"B": "2", "C": "3"}
        await settings.update(little.request(), {"D": "4"}, replace_all=True)
        assert settings.get(ANN).globals.environment == {"D": "4"}

    async def test_a_reserved_variable_is_refused(self, little: Little) -> None:
        with pytest.raises(InvalidArgument):
            await little.use_cases.settings.update(little.request(), {"WINSLOW_X": "1"})

    async def test_they_are_the_outermost_layer(self, little: Little) -> None:
        await little.use_cases.settings.update(little.request(), {"TZ": "UTC"})
        assert world.value(await running(little), "TZ").value == "UTC"
