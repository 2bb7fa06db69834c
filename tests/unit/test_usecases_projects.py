"""Projects and pipelines as people make, change, list and delete them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit import world
from tests.unit.little import ANN, BOB, Little
from winslow.domain.pipeline import DefinitionName, PipelineId, UserInput
from winslow.domain.project import Axis, Override, ProjectState
from winslow.domain.records import Kind
from winslow.domain.resources import Resources
from winslow.domain.stage import ProjectId
from winslow.domain.status import NOT_CHOSEN
from winslow.errors import AlreadyExists, Conflict, FailedPrecondition, InvalidArgument, NotFound
from winslowd.usecases.beginnings import Start
from winslowd.usecases.listing import Ask
from winslowd.usecases.pipelines import PipelineChange
from winslowd.usecases.projects import Configuration, NewProject, ProjectChange
from winslowd.usecases.sweeps import NewSweep


@pytest.fixture
async def little(tmp_path: Path) -> AsyncIterator[Little]:
    async with Little.led(tmp_path) as one:
        yield one


async def stored(little: Little, name: str = "traffic") -> PipelineId:
    made = await little.use_cases.pipelines.create(little.request(), replace(world.chain("detect", "track"), name=name))
    return PipelineId(made.removeprefix("pipelines/"))


class TestMakingProjects:
    async def test_a_project_is_named_after_its_display_name_and_has_directories(self, little: Little) -> None:
        project = await little.project(name="Straße in Köln, 2 Uhr")
        assert project == "strae-in-koln-2-uhr-tail00"
        assert little.of(project).author == "ann"
        listed = await little.use_cases.files.list(ANN, f"projects/{project}/input", Ask())
        assert listed.items == ()

    async def test_the_same_request_makes_one_project(self, little: Little) -> None:
        new = NewProject("Street", pipeline=world.chain("a"))
        request = little.request("once", fingerprint="f")
        first = await little.use_cases.projects.create(request, new)
        assert await little.use_cases.projects.create(request, new) == first
        assert len(little.view.all(Kind.PROJECT)) == 1

    async def test_a_request_id_for_something_else_is_refused(self, little: Little) -> None:
        await little.use_cases.projects.create(
            little.request("once", fingerprint="f"), NewProject("A", pipeline=world.chain("a"))
        )
        with pytest.raises(AlreadyExists, match="already used") as caught:
            await little.use_cases.projects.create(
                little.request("once", fingerprint="g"), NewProject("B", pipeline=world.chain("a"))
            )
        assert caught.value.reason == "REQUEST_ID_REUSED"

    async def test_two_people_may_use_the_same_request_id(self, little: Little) -> None:
        new = NewProject("Street", pipeline=world.chain("a"))
        first = await little.use_cases.projects.create(little.request("1", ANN), new)
        assert await little.use_cases.projects.create(little.request("1", BOB), new) != first

    async def test_a_chosen_id_is_taken_once(self, little: Little) -> None:
        new = NewProject("Street", "street", world.chain("a"))
        assert await little.use_cases.projects.create(little.request(), new) == "projects/street"
        with pytest.raises(AlreadyExists):
            await little.use_cases.projects.create(little.request(), new)

    @pytest.mark.parametrize("id_", ["Street", "a/b", "-a", "a" * 64, "ä"])
    async def test_an_id_that_makes_no_name_is_refused(self, little: Little, id_: str) -> None:
        with pytest.raises(InvalidArgument) as caught:
            await little.use_cases.projects.create(little.request(), NewProject("S", id_, world.chain("a")))
        assert caught.value.reason == "ID_INVALID"

    @pytest.mark.parametrize("name", ["", "  ", "a\nb", "x" * 201])
    async def test_a_name_is_one_line(self, little: Little, name: str) -> None:
        with pytest.raises(InvalidArgument) as caught:
            await little.use_cases.projects.create(little.request(), NewProject(name, pipeline=world.chain("a")))
        assert caught.value.reason == "NAME_INVALID"

    async def test_a_project_of_files_alone_gets_its_pipeline_later(self, little: Little) -> None:
        name = await little.use_cases.projects.create(little.request(), NewProject("Street"))
        project = ProjectId(name.removeprefix("projects/"))
        shown = little.use_cases.projects.get(ANN, project)
        assert (shown.status.state, shown.status.reason) == (ProjectState.IDLE, NOT_CHOSEN)
        await little.use_cases.pipelines.create(little.request(), world.chain("a"), "traffic")
        await little.use_cases.projects.assign(little.request(), project, PipelineId("traffic"))
        shown = little.use_cases.projects.get(ANN, project)
        assert (shown.project.pipeline, shown.status.reason) == (world.chain("a"), None)

    async def test_nothing_is_started_without_a_pipeline_and_it_is_said_what_is_missing(self, little: Little) -> None:
        name = await little.use_cases.projects.create(little.request(), NewProject("Street"))
        project = ProjectId(name.removeprefix("projects/"))
        runs, sweeps = little.use_cases.runs, little.use_cases.sweeps
        point = NewSweep(DefinitionName("a"), (Axis("SIZE", ("1",)),))
        configuration = Configuration(DefinitionName("a"), Override())
        for asked in (
            lambda: runs.start(little.request(), project, Start()),
            lambda: runs.start(little.request(), project, Start((DefinitionName("a"),))),
            lambda: runs.preview(ANN, project, Start()),
            lambda: sweeps.start(little.request(), project, point),
            lambda: little.use_cases.projects.configure(little.request(), project, configuration),
        ):
            with pytest.raises(FailedPrecondition) as caught:
                await asked()
            assert caught.value.reason == "PIPELINE_MISSING"
            assert project in (caught.value.hint or "")

    async def test_a_pipeline_that_makes_no_sense_is_refused(self, little: Little) -> None:
        with pytest.raises(InvalidArgument) as caught:
            await little.use_cases.projects.create(little.request(), NewProject("S", pipeline=world.pipeline()))
        assert caught.value.reason == "PIPELINE_INVALID"


class TestChangingProjects:
    async def test_only_what_is_given_changes(self, little: Little) -> None:
        project = await little.project()
        await little.use_cases.projects.update(little.request(), project, ProjectChange(display_name="Lane"))
        await little.use_cases.projects.update(
            little.request(), project, ProjectChange(description="d", participants=frozenset({"bob"}))
        )
        found = little.of(project)
        assert (found.name, found.description, found.participants) == ("Lane", "d", {"bob"})

    async def test_a_revision_that_is_no_longer_is_refused(self, little: Little) -> None:
        project = await little.project()
        seen = little.use_cases.projects.get(ANN, project).revision
        await little.use_cases.projects.update(little.request(), project, ProjectChange(display_name="A"), seen)
        with pytest.raises(Conflict) as caught:
            await little.use_cases.projects.update(little.request(), project, ProjectChange(display_name="B"), seen)
        assert caught.value.reason == "REVISION_MISMATCH"
        assert little.of(project).name == "A"

    async def test_tags_are_added_and_removed_side_by_side(self, little: Little) -> None:
        project = await little.project()
        await little.use_cases.projects.tag(little.request(), project, ["night", "rain"], [])
        await little.use_cases.projects.tag(little.request(), project, ["day"], ["night"])
        assert little.of(project).tags == {"rain", "day"}

    async def test_a_pipeline_is_copied_so_deleting_it_breaks_nothing(self, little: Little) -> None:
        pipeline = await stored(little)
        project = await little.project()
        await little.use_cases.projects.assign(little.request(), project, pipeline)
        await little.use_cases.pipelines.delete(little.request(), pipeline)
        assert [stage.name for stage in little.of(project).pipeline.stages] == ["detect", "track"]
        assert little.of(project).source == pipeline
        await little.use_cases.runs.start(little.request(), project, Start())
        assert (await little.end("detect")).project == project

    async def test_configuring_changes_one_definition_and_nothing_that_started(self, little: Little) -> None:
        project = await little.project()
        await little.use_cases.runs.start(little.request(), project, Start())
        started = await little.placed("detect")
        override = Override({"SENSITIVITY": "0.5"}, ("--fast",), Resources(cpus=2.0), "other:1")
        configuration = Configuration(DefinitionName("detect"), override, user_input=UserInput(("SENSITIVITY",)))
        await little.use_cases.projects.configure(little.request(), project, configuration)
        detect = little.of(project).pipeline.stage("detect")
        assert detect
        assert (detect.arguments, detect.image, detect.resources.cpus) == (("--fast",), "other:1", 2.0)
        assert detect.environment == {"SENSITIVITY": "0.5"}
        now = little.view.stage(started.id)
        assert now and now.definition == started.definition

    async def test_variables_can_be_taken_out_of_a_definition(self, little: Little) -> None:
        project = await little.project(world.chain("a", environment={"X": "1", "Y": "2"}))
        await little.use_cases.projects.configure(
            little.request(), project, Configuration(DefinitionName("a"), Override(), ("X",))
        )
        definition = little.of(project).pipeline.stage("a")
        assert definition and definition.environment == {"Y": "2"}

    @pytest.mark.parametrize(
        ("override", "reason"),
        [
            (Override({"WINSLOW_STAGE": "x"}), "VARIABLE_RESERVED"),
            (Override({"a b": "x"}), "VARIABLE_NAME_INVALID"),
            (Override(resources=Resources(cpus=-1)), "OVERRIDE_INVALID"),
            (Override(image="not an image"), "OVERRIDE_INVALID"),
        ],
    )
    async def test_an_override_that_makes_no_sense_is_refused(
        self, little: Little, override: Override, reason: str
    ) -> None:
        project = await little.project()
        with pytest.raises(InvalidArgument) as caught:
            await little.use_cases.projects.configure(
                little.request(), project, Configuration(DefinitionName("detect"), override)
            )
        assert caught.value.reason == reason

    async def test_a_definition_whose_stage_lives_cannot_be_taken_away(self, little: Little) -> None:
        project = await little.project()
        await little.use_cases.runs.start(little.request(), project, Start())
        await little.placed("detect")
        with pytest.raises(FailedPrecondition) as caught:
            await little.use_cases.projects.update(
                little.request(), project, ProjectChange(pipeline=world.chain("other"))
            )
        assert caught.value.reason == "DEFINITION_RUNNING"


class TestFindingProjects:
    async def test_a_misspelt_project_says_which_was_meant(self, little: Little) -> None:
        project = await little.project()
        for wrong in ("street", "street-tail01", "Street"):
            with pytest.raises(NotFound) as caught:
                little.use_cases.projects.get(ANN, ProjectId(wrong))
            assert project in caught.value.hint

    async def test_projects_are_filtered_and_the_latest_comes_first(self, little: Little) -> None:
        first = await little.project(name="Alpha")
        little.now += 10
        second = await little.project(name="Beta", by=BOB)
        await little.use_cases.projects.tag(little.request(), first, ["rain"], [])

        async def ids(**ask: str) -> list[str]:
            return [shown.project.id for shown in (await little.use_cases.projects.list(ANN, Ask(**ask))).items]

        assert await ids() == [second, first]
        assert await ids(filter="tags:rain") == [first]
        assert await ids(filter="author=bob") == [second]
        assert await ids(filter="alph") == [first]
        assert await ids(filter='state=idle display_name="beta"') == [second]
        assert await ids(order_by="display_name") == [first, second]

    async def test_the_state_of_a_project_follows_its_run(self, little: Little) -> None:
        project = await little.project(world.chain("a"))
        get = little.use_cases.projects.get
        assert get(ANN, project).status.state.value == "IDLE"
        await little.use_cases.runs.start(little.request(), project, Start())
        await little.placed("a")
        assert get(ANN, project).status.state.value == "RUNNING"
        await little.end("a")
        await little.until(lambda: not little.run(project).active)
        shown = get(ANN, project)
        assert (shown.status.state.value, shown.progress) == ("SUCCEEDED", 1.0)


class TestDeletingProjects:
    async def test_a_project_whose_stages_run_is_refused_unless_forced(self, little: Little) -> None:
        project = await little.project()
        await little.use_cases.runs.start(little.request(), project, Start())
        stage = await little.placed("detect")
        with pytest.raises(FailedPrecondition) as caught:
            await little.use_cases.projects.delete(little.request(), project)
        assert caught.value.reason == "PROJECT_BUSY"
        await little.use_cases.projects.delete(little.request(), project, force=True)
        now = little.view.stage(stage.id)
        assert now and now.abort and now.abort.by == "ann"
        assert little.of(project).deleting

    async def test_nothing_can_be_done_to_a_project_that_is_going(self, little: Little) -> None:
        project = await little.project()
        await little.use_cases.projects.delete(little.request(), project)
        with pytest.raises(FailedPrecondition) as caught:
            await little.use_cases.runs.start(little.request(), project, Start())
        assert caught.value.reason == "PROJECT_DELETING"


class TestPipelines:
    async def test_an_update_makes_a_version_and_old_ones_stay(self, little: Little) -> None:
        pipelines = little.use_cases.pipelines
        id_ = await stored(little)
        await pipelines.update(little.request(by=BOB), id_, PipelineChange(description="better"))
        assert pipelines.get(ANN, id_).record.version == 2
        assert pipelines.get(ANN, id_, 1).record.pipeline.description == ""
        versions = pipelines.versions(ANN, id_, Ask()).items
        assert [(one.record.version, one.record.author) for one in versions] == [(2, "bob"), (1, "ann")]

    async def test_an_update_that_changes_nothing_makes_no_version(self, little: Little) -> None:
        id_ = await stored(little)
        await little.use_cases.pipelines.update(little.request(), id_, PipelineChange(name="traffic"))
        assert little.use_cases.pipelines.get(ANN, id_).record.version == 1

    async def test_a_name_is_taken_once(self, little: Little) -> None:
        await stored(little)
        with pytest.raises(AlreadyExists):
            await stored(little)

    async def test_only_validating_stores_nothing(self, little: Little) -> None:
        pipelines = little.use_cases.pipelines
        await pipelines.create(little.request(), replace(world.chain("a"), name="x"), validate_only=True)
        assert pipelines.list(ANN, Ask()).items == ()
        with pytest.raises(InvalidArgument):
            await pipelines.create(little.request(), world.pipeline(), validate_only=True)

    async def test_deleting_takes_all_versions_however_many(self, little: Little) -> None:
        id_ = await stored(little)
        for number in range(100):
            await little.use_cases.pipelines.update(little.request(), id_, PipelineChange(description=f"{number}"))
        await little.use_cases.pipelines.delete(little.request(), id_)
        assert not little.view.all(Kind.PIPELINE)
        assert not little.view.all(Kind.PIPELINE_VERSION)

    async def test_projects_made_from_it_are_counted(self, little: Little) -> None:
        id_ = await stored(little)
        await little.use_cases.projects.create(little.request(), NewProject("A", source=id_))
        assert little.use_cases.pipelines.get(ANN, id_).used_by == 1

    async def test_a_version_that_never_was_says_which_is_the_latest(self, little: Little) -> None:
        id_ = await stored(little)
        with pytest.raises(NotFound) as caught:
            little.use_cases.pipelines.get(ANN, id_, 7)
        assert "latest version is 1" in caught.value.hint
