"""Runs as people move them; a real leader decides what follows."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.unit import world
from tests.unit.little import ANN, BOB, Little
from winslow.domain.pipeline import Confirmation, DefinitionName, Pipeline, UserInput
from winslow.domain.project import Override, RunEnd, RunMode
from winslow.domain.resources import Resources
from winslow.domain.stage import Cause, Layer, Outcome, ProjectId, RunId, StageId, State
from winslow.errors import Conflict, FailedPrecondition, InvalidArgument, NotFound
from winslowd.usecases.beginnings import Start
from winslowd.usecases.derived import RunShown
from winslowd.usecases.listing import Ask
from winslowd.usecases.runs import GateAnswer

DETECT, TRACK, ANALYSE = (DefinitionName(name) for name in ("detect", "track", "analyse"))


@pytest.fixture
async def little(tmp_path: Path) -> AsyncIterator[Little]:
    async with Little.led(tmp_path) as one:
        yield one


def gated(confirmation: Confirmation = Confirmation.ALWAYS, variables: tuple[str, ...] = ()) -> Pipeline:
    return world.pipeline(
        world.definition("detect"),
        world.definition("track", "detect", user_input=UserInput(variables, confirmation)),
        world.definition("analyse", "track"),
    )


async def started(little: Little, pipeline: Pipeline | None = None, **ask: object) -> ProjectId:
    project = await little.project(pipeline)
    await little.use_cases.runs.start(little.request(), project, Start(**ask))  # type: ignore[arg-type]
    return project


async def at_gate(little: Little, **how: object) -> ProjectId:
    project = await started(little, gated(**how))  # type: ignore[arg-type]
    await little.end("detect")
    await little.until(lambda: shown(little, project).gates)
    return project


def shown(little: Little, project: ProjectId) -> RunShown:
    return little.shown(project)


def reason_of(caught: pytest.ExceptionInfo) -> str:
    return caught.value.reason


class TestStarting:
    async def test_a_run_walks_the_pipeline_to_its_end(self, little: Little) -> None:
        project = await started(little)
        for name in ("detect", "track", "analyse"):
            await little.end(name)
        await little.until(lambda: not little.run(project).active)
        assert little.run(project).end is RunEnd.SUCCEEDED
        assert (shown(little, project).state.value, shown(little, project).progress) == ("SUCCEEDED", 1.0)

    async def test_the_same_request_starts_one_run(self, little: Little) -> None:
        project = await little.project()
        request = little.request("start", fingerprint="f")
        first = await little.use_cases.runs.start(request, project, Start())
        await little.placed("detect")
        assert await little.use_cases.runs.start(request, project, Start()) == first
        assert len(little.view.runs_of(project)) == 1

    async def test_what_a_person_changes_is_recorded_with_its_layer(self, little: Little) -> None:
        project = await started(little, overrides={DETECT: Override({"S": "0.5"}, ("--fast",))})
        stage = await little.placed("detect")
        assert world.value(stage, "S").layer is Layer.SUBMISSION
        assert stage.definition.arguments == ("--fast",)
        assert little.run(project).created_by == "ann"

    async def test_a_running_project_is_refused(self, little: Little) -> None:
        project = await started(little)
        await little.placed("detect")
        with pytest.raises(FailedPrecondition) as caught:
            await little.use_cases.runs.start(little.request(), project, Start())
        assert reason_of(caught) == "PROJECT_RUNNING"
        assert "abort" in caught.value.hint

    async def test_a_run_at_a_gate_is_superseded_by_another(self, little: Little) -> None:
        project = await at_gate(little)
        await little.use_cases.runs.start(little.request(), project, Start())
        assert little.run(project, 1).end is RunEnd.SUPERSEDED
        assert little.run(project, 2).active

    async def test_starting_in_the_middle_goes_on_from_the_latest_success_before(self, little: Little) -> None:
        project = await at_gate(little)
        detect = little.run(project).attempts[DETECT][-1]
        await little.use_cases.runs.start(little.request(), project, Start((ANALYSE,), StageId(detect)))
        assert (await little.placed("analyse")).parent == detect
        assert little.run(project).inherited == {DETECT: detect}

    async def test_an_empty_parent_is_the_zeroth_workspace(self, little: Little) -> None:
        project = await at_gate(little)
        await little.use_cases.runs.start(little.request(), project, Start((TRACK,), StageId("")))
        stage = await little.placed("track")
        assert stage.parent is None
        assert little.run(project).inherited == {}

    async def test_definitions_that_there_are_not_are_refused(self, little: Little) -> None:
        project = await little.project()
        for ask in (Start((DefinitionName("no"),)), Start(overrides={DefinitionName("no"): Override()})):
            with pytest.raises(InvalidArgument) as caught:
                await little.use_cases.runs.start(little.request(), project, ask)
            assert reason_of(caught) == "DEFINITION_UNKNOWN"

    async def test_a_revision_of_the_project_that_is_no_longer_is_refused(self, little: Little) -> None:
        project = await little.project()
        seen = little.use_cases.projects.get(ANN, project).revision
        await little.use_cases.projects.tag(little.request(), project, ["new"], [])
        with pytest.raises(Conflict):
            await little.use_cases.runs.start(little.request(), project, Start(), seen)
        assert little.view.runs_of(project) == []

    async def test_a_preview_changes_nothing_and_says_what_would_be_done(self, little: Little) -> None:
        project = await at_gate(little)
        detect = little.run(project).attempts[DETECT][-1]
        before = little.view.revision
        preview, _ = await little.use_cases.runs.preview(ANN, project, Start((TRACK,)))
        assert preview.definitions == (TRACK, ANALYSE)
        assert preview.parent == detect
        assert preview.inherited == {DETECT: detect}
        assert preview.duration is None
        again, _ = await little.use_cases.runs.preview(ANN, project, Start(redo=detect))
        assert again.stale == (detect,)
        assert little.view.revision == before


class TestRedoing:
    async def test_a_stage_is_done_again_beside_itself_with_what_was_submitted(self, little: Little) -> None:
        project = await started(little, gated(), overrides={DETECT: Override({"S": "0.5", "T": "1"})})
        first = await little.end("detect")
        await little.until(lambda: shown(little, project).gates)
        ask = Start(redo=first.id, overrides={DETECT: Override({"S": "0.9"})})
        await little.use_cases.runs.start(little.request(), project, ask)
        again = await little.placed("detect")
        assert (again.parent, again.id != first.id) == (first.parent, True)
        assert (world.value(again, "S").value, world.value(again, "T").value) == ("0.9", "1")

    async def test_changes_for_later_stages_are_kept_too(self, little: Little) -> None:
        project = await at_gate(little, confirmation=Confirmation.NEVER, variables=("X",))
        first = little.run(project).attempts[DETECT][-1]
        ask = Start(redo=first, overrides={TRACK: Override({"X": "1"})})
        await little.use_cases.runs.start(little.request(), project, ask)
        await little.end("detect")
        assert world.value(await little.placed("track"), "X").value == "1"

    async def test_a_redo_with_a_start_is_refused(self, little: Little) -> None:
        project = await at_gate(little)
        first = little.run(project).attempts[DETECT][-1]
        with pytest.raises(InvalidArgument) as caught:
            await little.use_cases.runs.start(little.request(), project, Start((TRACK,), redo=first))
        assert reason_of(caught) == "REDO_WITH_START"

    async def test_a_stage_of_no_attempt_is_not_found(self, little: Little) -> None:
        project = await little.project()
        with pytest.raises(NotFound) as caught:
            await little.use_cases.runs.start(little.request(), project, Start(redo=StageId("detect-9-1-x")))
        assert reason_of(caught) == "STAGE_UNKNOWN"


class TestPausing:
    async def test_a_paused_run_begins_nothing_after_what_runs(self, little: Little) -> None:
        project = await started(little)
        await little.placed("detect")
        await little.use_cases.runs.pause(little.request(by=BOB), project, "-", "lunch")
        assert shown(little, project).state.value == "PAUSING"
        await little.end("detect")
        assert shown(little, project).state.value == "PAUSED"
        hold = little.run(project).hold
        assert hold and hold.reason.text == "paused by bob: lunch"
        for _ in range(2):
            await little.use_cases.runs.resume(little.request("go on"), project, "-")
        assert (await little.placed("track")).run == little.run(project).id

    async def test_pausing_twice_is_pausing_once(self, little: Little) -> None:
        project = await started(little)
        await little.use_cases.runs.pause(little.request(), project, "-")
        before = little.run(project).hold
        await little.use_cases.runs.pause(little.request(by=BOB), project, "-")
        assert little.run(project).hold == before

    async def test_an_ended_run_cannot_be_paused(self, little: Little) -> None:
        project = await started(little, world.chain("a"))
        await little.end("a")
        await little.until(lambda: not little.run(project).active)
        with pytest.raises(FailedPrecondition) as caught:
            await little.use_cases.runs.pause(little.request(), project, little.run(project).id)
        assert reason_of(caught) == "RUN_ENDED"

    async def test_resuming_what_is_not_paused_says_what_it_is(self, little: Little) -> None:
        project = await started(little, gated())
        for run in ("-", "000001"):
            with pytest.raises(FailedPrecondition, match="is running") as caught:
                await little.use_cases.runs.resume(little.request(), project, run)
            assert reason_of(caught) == "RUN_NOT_PAUSED"
        await little.end("detect")
        await little.until(lambda: shown(little, project).gates)
        with pytest.raises(FailedPrecondition, match="awaits input") as caught:
            await little.use_cases.runs.resume(little.request(), project, "-")
        assert "run confirm" in caught.value.hint

    async def test_a_failed_stage_pauses_and_resuming_tries_it_again(self, little: Little) -> None:
        project = await started(little)
        await little.end("detect", world.FAILED)
        await little.until(lambda: little.run(project).hold)
        assert shown(little, project).state.value == "FAILED"
        await little.use_cases.runs.resume(little.request(), project, "-", overrides={DETECT: Override({"S": "2"})})
        again = await little.placed("detect")
        assert (again.attempt, again.created_by) == (2, "ann")
        assert world.value(again, "S").value == "2"
        await little.end("detect")
        assert (await little.placed("track")).parent == again.id

    async def test_what_has_started_keeps_its_values(self, little: Little) -> None:
        project = await started(little)
        await little.placed("detect")
        await little.use_cases.runs.pause(little.request(), project, "-")
        with pytest.raises(FailedPrecondition) as caught:
            await little.use_cases.runs.resume(
                little.request(), project, "000001", overrides={DETECT: Override({"S": "2"})}
            )
        assert reason_of(caught) == "DEFINITION_STARTED"
        assert little.run(project).hold

    async def test_one_stage_runs_and_pauses_and_resuming_runs_the_next_one(self, little: Little) -> None:
        project = await started(little, mode=RunMode.ONE_STAGE)
        await little.end("detect")
        await little.until(lambda: little.run(project).hold)
        assert shown(little, project).reason.code == "ONE_STAGE"
        await little.use_cases.runs.resume(little.request(by=BOB), project, "-")
        assert (await little.placed("track")).created_by == "bob"
        await little.end("track")
        await little.until(lambda: little.run(project).hold)
        await little.use_cases.runs.resume(little.request(), project, "-", RunMode.RUN_ON)
        await little.end("analyse")
        await little.until(lambda: not little.run(project).active)

    async def test_a_wrong_revision_of_a_run_is_refused(self, little: Little) -> None:
        project = await started(little)
        await little.placed("detect")
        with pytest.raises(Conflict):
            await little.use_cases.runs.pause(little.request(), project, "000001", expected=1)
        assert little.run(project).hold is None

    async def test_a_pause_survives_others_who_change_the_run_meanwhile(self, little: Little) -> None:
        project = await started(little)
        little.store.fail_next(Conflict("lost", reason="REVISION_MISMATCH"))
        await little.use_cases.runs.pause(little.request("p"), project, "000001")
        assert little.run(project).hold


class TestGates:
    async def test_a_gate_holds_no_node_and_opens_when_confirmed(self, little: Little) -> None:
        project = await at_gate(little)
        assert list(little.view.live_stages()) == []
        assert shown(little, project).state.value == "AWAITING_INPUT"
        await little.use_cases.runs.answer(little.request(by=BOB), project, RunId("000001"), GateAnswer())
        assert (await little.placed("track")).created_by == "bob"

    async def test_confirming_what_waits_for_nobody_is_refused(self, little: Little) -> None:
        project = await started(little, gated())
        await little.placed("detect")
        for definition in (None, TRACK, ANALYSE):
            with pytest.raises(FailedPrecondition) as caught:
                await little.use_cases.runs.answer(little.request(), project, RunId("000001"), GateAnswer(definition))
            assert reason_of(caught) == "GATE_NOT_OPEN"

    async def test_a_paused_run_has_no_gate_open(self, little: Little) -> None:
        project = await at_gate(little)
        await little.use_cases.runs.pause(little.request(), project, "-")
        with pytest.raises(FailedPrecondition) as caught:
            await little.use_cases.runs.answer(little.request(), project, RunId("000001"), GateAnswer())
        assert "run resume" in caught.value.hint

    async def test_variables_that_are_asked_for_must_be_given(self, little: Little) -> None:
        project = await at_gate(little, confirmation=Confirmation.NEVER, variables=("X", "Y"))
        with pytest.raises(InvalidArgument) as caught:
            await little.use_cases.runs.answer(
                little.request(), project, RunId("000001"), GateAnswer(override=Override({"X": "1"}))
            )
        assert (reason_of(caught), caught.value.metadata["variables"]) == ("VARIABLES_MISSING", "Y")
        override = Override({"X": "1", "Y": "2"}, ("--slow",))
        await little.use_cases.runs.answer(little.request(), project, RunId("000001"), GateAnswer(override=override))
        stage = await little.placed("track")
        assert world.value(stage, "Y").value == "2"
        assert stage.definition.arguments == ("--slow",)

    async def test_once_is_asked_once_in_a_project(self, little: Little) -> None:
        project = await at_gate(little, confirmation=Confirmation.ONCE)
        await little.use_cases.runs.answer(little.request(), project, RunId("000001"), GateAnswer())
        assert little.of(project).confirmed == {TRACK}
        await little.end("track")
        await little.end("analyse")
        await little.until(lambda: not little.run(project).active)
        await little.use_cases.runs.start(little.request(), project, Start())
        await little.end("detect")
        assert (await little.placed("track")).run == "000002"

    async def test_of_several_gates_one_must_be_named(self, little: Little) -> None:
        asks = UserInput(confirmation=Confirmation.ALWAYS)
        project = await started(
            little,
            world.pipeline(
                world.definition("detect"),
                world.definition("left", "detect", user_input=asks),
                world.definition("right", "detect", user_input=asks),
            ),
        )
        await little.end("detect")
        await little.until(lambda: len(shown(little, project).gates) == 2)
        with pytest.raises(InvalidArgument) as caught:
            await little.use_cases.runs.answer(little.request(), project, RunId("000001"), GateAnswer())
        assert reason_of(caught) == "DEFINITION_NEEDED"
        await little.use_cases.runs.answer(
            little.request(), project, RunId("000001"), GateAnswer(DefinitionName("right"))
        )
        assert (await little.placed("right")).definition.name == "right"

    async def test_answering_for_one_stage_pauses_behind_it(self, little: Little) -> None:
        project = await at_gate(little)
        await little.use_cases.runs.answer(
            little.request(), project, RunId("000001"), GateAnswer(mode=RunMode.ONE_STAGE)
        )
        await little.end("track")
        await little.until(lambda: little.run(project).hold)


class TestSkipping:
    async def test_a_failed_stage_is_skipped_and_the_run_goes_on(self, little: Little) -> None:
        project = await started(little)
        await little.end("detect", world.FAILED)
        await little.until(lambda: little.run(project).hold)
        await little.use_cases.runs.skip(little.request(), project, RunId("000001"), DETECT)
        assert (await little.placed("track")).workspace
        assert little.view.stage(little.run(project).attempts[DETECT][-1]).state is State.SKIPPED

    async def test_a_gate_is_skipped_without_an_answer(self, little: Little) -> None:
        project = await at_gate(little)
        await little.use_cases.runs.skip(little.request(), project, RunId("000001"), TRACK)
        analyse = await little.placed("analyse")
        assert analyse.parent and little.view.stage(analyse.parent).state is State.SKIPPED

    async def test_a_running_stage_must_be_aborted_first(self, little: Little) -> None:
        project = await started(little)
        await little.start("detect")
        with pytest.raises(FailedPrecondition) as caught:
            await little.use_cases.runs.skip(little.request(), project, RunId("000001"), DETECT)
        assert reason_of(caught) == "STAGE_RUNNING"
        assert "stage abort" in caught.value.hint

    async def test_what_is_skipped_in_a_paused_run_is_shown_at_once_and_what_follows_waits(
        self, little: Little
    ) -> None:
        project, run = await started(little), RunId("000001")
        aborted = await little.placed("detect")
        await little.use_cases.runs.pause(little.request(), project, "-")
        await little.end("detect", Outcome(cause=Cause.ABORTED))
        await little.use_cases.runs.skip(little.request(), project, run, DETECT)
        await little.until(lambda: len(little.run(project).attempts[DETECT]) == 2)
        skipped = little.view.stage(little.run(project).attempts[DETECT][-1])
        assert skipped and (skipped.state, skipped.retry_of) == (State.SKIPPED, aborted.id)
        await little.use_cases.runs.skip(little.request(), project, run, TRACK)
        await little.until(lambda: little.run(project).attempts.get(TRACK))
        assert shown(little, project).state.value == "PAUSED"
        assert ANALYSE not in little.run(project).attempts
        await little.use_cases.runs.resume(little.request(), project, "-")
        await little.placed("analyse")

    async def test_a_waiting_stage_is_skipped_in_the_same_step(self, little: Little) -> None:
        project = await started(little, world.chain("detect", "track", resources=Resources(cpus=64)))
        await little.until(lambda: list(little.view.live_stages()))
        await little.use_cases.runs.skip(little.request(), project, RunId("000001"), DETECT)
        assert little.view.stages_of(project)[0].state is State.SKIPPED

    async def test_a_waiting_stage_that_is_skipped_passes_its_parents_workspace_on(self, little: Little) -> None:
        pipeline = world.pipeline(
            world.definition("detect"),
            world.definition("track", "detect", resources=Resources(cpus=64)),
            world.definition("analyse", "track"),
        )
        project = await started(little, pipeline)
        detect = await little.end("detect")
        await little.until(lambda: [stage for stage in little.view.live_stages() if stage.definition.name == TRACK])
        await little.use_cases.runs.skip(little.request(), project, RunId("000001"), TRACK)
        await little.placed("analyse")
        (track,) = [stage for stage in little.view.stages_of(project) if stage.definition.name == TRACK]
        assert (track.state, track.workspace) == (State.SKIPPED, detect.workspace)

    async def test_a_first_stage_that_is_skipped_passes_the_users_own_files_on(self, little: Little) -> None:
        project = await started(little, world.chain("detect", "track", resources=Resources(cpus=64)))
        await little.until(lambda: list(little.view.live_stages()))
        await little.use_cases.runs.skip(little.request(), project, RunId("000001"), DETECT)
        assert little.view.stages_of(project)[0].workspace == ""

    async def test_what_is_not_at_its_turn_cannot_be_skipped(self, little: Little) -> None:
        project = await at_gate(little)
        for name in (DETECT, ANALYSE):
            with pytest.raises(FailedPrecondition) as caught:
                await little.use_cases.runs.skip(little.request(), project, RunId("000001"), name)
            assert reason_of(caught) == "NOT_ITS_TURN"

    async def test_skipping_twice_is_skipping_once(self, little: Little) -> None:
        project = await at_gate(little)
        for _ in range(2):
            await little.use_cases.runs.skip(little.request(), project, RunId("000001"), TRACK)
        assert little.run(project).skipped == {TRACK}


class TestComments:
    async def test_comments_keep_their_order_and_authors(self, little: Little) -> None:
        project = await started(little)
        runs = little.use_cases.runs
        await runs.comment(little.request(), project, RunId("000001"), "looks good")
        name = await runs.comment(little.request("c", BOB), project, RunId("000001"), "does it?")
        assert await runs.comment(little.request("c", BOB), project, RunId("000001"), "does it?") == name
        found = (await runs.comments(ANN, project, RunId("000001"), Ask())).items
        assert [(one.author, one.text) for one in found] == [("ann", "looks good"), ("bob", "does it?")]

    async def test_an_empty_comment_is_refused(self, little: Little) -> None:
        project = await started(little)
        with pytest.raises(InvalidArgument):
            await little.use_cases.runs.comment(little.request(), project, RunId("000001"), "  ")

    async def test_a_run_that_there_is_not_is_not_found(self, little: Little) -> None:
        project = await started(little)
        with pytest.raises(NotFound) as caught:
            await little.use_cases.runs.get(ANN, project, "000007")
        assert "000001" in caught.value.hint
        assert reason_of(caught) == "RUN_UNKNOWN"
