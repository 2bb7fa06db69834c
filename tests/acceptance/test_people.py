"""What people do all day: run, look, confirm, change, redo, jump, skip, sweep."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from tests.acceptance.story import UNTIL_GO, Story, run_state, state_of, with_env
from winslow.errors import AlreadyExists, Conflict, FailedPrecondition, InvalidArgument, NotFound
from winslow.v1.run_pb2 import RunMode
from winslow.v1.stage_pb2 import Layer


def test_a_pipeline_runs_to_its_end_and_each_stage_goes_on_with_what_the_one_before_left(story: Story) -> None:
    story.stages(
        "echo one > /workspace/a", "cat /workspace/a > /workspace/b; echo two >> /workspace/b", "cat /workspace/b"
    )
    assert run_state(story.run()) == "SUCCEEDED"
    assert story.log("s3") == ["one", "two"]
    assert story.state() == "SUCCEEDED"
    first, second, third = (story.stage(name) for name in ("s1", "s2", "s3"))
    assert (second.parent, third.parent) == (first.name, second.name)


def test_results_and_progress_come_from_what_the_stage_prints(story: Story) -> None:
    story.pipeline(
        """
        - name: s1
          image: IMAGE
          arguments: [sh, -c, 'echo 50%; echo "WINSLOW_RESULT: cars=42"; echo "loss=0.5 mae=0.25"']
          log-parsers: [{name: mae, pattern: 'mae=(?P<mae>[0-9.]+)'}]
        """
    )
    story.run()
    assert dict(story.stage("s1").results) == {"cars": "42", "mae": "0.25"}


def test_a_bar_is_seen_and_counts_before_its_line_ends_and_so_is_a_question(story: Story, tmp_path: Path) -> None:
    """As tqdm and ffmpeg draw: they return to the line's beginning, and it ends with them."""
    story.stages(
        'i=0; while [ ! -e /input/go ]; do i=$((i+1)); printf "\\r42%%|####      | loss=0.%d" $i >&2; usleep 100000; done;'
        ' echo >&2; printf "Go on? "; while [ ! -e /input/on ]; do usleep 100000; done; echo yes'
    )
    story.client.runs.start(story.project)
    stage = story.started("s1").name
    lines = story.client.logs.lines(stage, follow=True, unfinished=True)
    drawn: set[bytes] = set()
    while len(drawn) < 3:
        line = next(lines)
        if line.stream == "stderr":
            assert not line.ended
            drawn.add(line.text.rpartition(b"\r")[2])
    assert all(re.fullmatch(rb"42%\|####      \| loss=0\.\d+", text) for text in drawn)
    story.client.wait(story.stage("s1"), until=lambda now: now.progress == 0.42, timeout=60)
    (tmp_path / "word").touch()
    story.client.files.upload(tmp_path / "word", f"{story.project}/input/go")
    while (line := next(lines)).stream != "stdout":
        pass
    assert (line.text, line.ended) == (b"Go on? ", False)
    story.client.files.upload(tmp_path / "word", f"{story.project}/input/on")
    *_, last = lines
    assert (last.text, last.ended) == (b"Go on? yes", True)
    (bar,) = (line.text for line in story.client.logs.lines(stage) if line.stream == "stderr")
    values = [int(part) for part in bar.replace(b"\r42%|####      | loss=0.", b" ").split()]
    assert values == list(range(1, len(values) + 1)), "every byte is in the log"


def test_a_gate_waits_for_a_person_and_holds_no_node(story: Story) -> None:
    story.pipeline(
        """
        - {name: s1, image: IMAGE, arguments: ['true']}
        - name: s2
          image: IMAGE
          arguments: [sh, -c, 'echo $REGION']
          input: {confirmation: always, variables: [REGION]}
        """
    )
    waits = story.run()
    assert run_state(waits) == "AWAITING_INPUT" and story.state() == "AWAITING_INPUT"
    assert not story.all("s2"), "a gate is not a stage: it holds nothing"
    (gate,) = waits.gates
    assert (gate.definition, list(gate.missing_variables)) == ("s2", ["REGION"])
    with pytest.raises(InvalidArgument, match="REGION"):
        story.client.runs.answer(waits.name, "s2")
    done = story.settled(story.client.runs.answer(waits.name, "s2", override=with_env({"REGION": "north"})))
    assert run_state(done) == "SUCCEEDED"
    assert story.log("s2") == ["north"]
    with pytest.raises(FailedPrecondition) as refused:
        story.client.runs.answer(waits.name, "s2")
    assert refused.value.reason in ("GATE_NOT_OPEN", "RUN_ENDED")


def test_a_stage_is_redone_with_another_value_beside_the_first_attempt(story: Story) -> None:
    story.stages("echo $LEVEL > /workspace/level", "cat /workspace/level")
    story.run(overrides={"s1": with_env({"LEVEL": "1"})})
    old = story.stage("s1")
    again = story.client.runs.redo(old.name, overrides={"s1": with_env({"LEVEL": "2"})})
    assert run_state(story.settled(again)) == "SUCCEEDED"
    assert story.log("s2") == ["2"]
    assert len(story.all("s1")) == len(story.all("s2")) == 2
    kept = story.client.files.read_bytes(f"{old.name}/workspace/level")
    assert kept == b"1\n", "the first attempt's workspace stays as it was"


def test_a_jump_goes_on_from_any_earlier_attempts_workspace(story: Story) -> None:
    story.stages("echo a >> /workspace/way", "echo b >> /workspace/way", "cat /workspace/way")
    story.run()
    first = story.stage("s1")
    story.settled(story.client.runs.start(story.project, start=["s3"], parent=first.name))
    assert story.log("s3") == ["a"]


def test_one_stage_and_then_pause_and_then_on(story: Story) -> None:
    story.stages("true", "true")
    paused = story.run(mode=RunMode.RUN_MODE_ONE_STAGE)
    assert run_state(paused) == "PAUSED" and story.states() == {"s1": "SUCCEEDED"}
    done = story.settled(story.client.runs.resume(paused.name, mode=RunMode.RUN_MODE_RUN_ON))
    assert run_state(done) == "SUCCEEDED"


def test_a_pause_lets_the_running_stage_end_and_begins_no_other(story: Story) -> None:
    story.stages(UNTIL_GO, "true")
    run = story.client.runs.start(story.project)
    story.started("s1")
    story.client.runs.pause(run.name, comment="lunch")
    story.client.files.make_directory(f"{story.project}/input/go")
    paused = story.settled(run)
    assert run_state(paused) == "PAUSED" and story.states() == {"s1": "SUCCEEDED"}
    assert "lunch" in paused.reason.text
    assert run_state(story.settled(story.client.runs.resume(run.name))) == "SUCCEEDED"


def test_a_failed_stage_pauses_the_project_and_is_tried_again_on_resume(story: Story) -> None:
    story.stages("if [ -e /input/mended ]; then true; else exit 3; fi", "true")
    failed = story.run()
    assert run_state(failed) == "FAILED" and story.state() == "FAILED"
    assert "3" in failed.reason.text
    story.client.files.make_directory(f"{story.project}/input/mended")
    assert run_state(story.settled(story.client.runs.resume(failed.name))) == "SUCCEEDED"
    assert [state_of(stage) for stage in story.all("s1")] == ["FAILED", "SUCCEEDED"]


def test_a_failed_stage_is_skipped_and_its_parents_workspace_is_passed_on(story: Story) -> None:
    story.stages("echo kept > /workspace/f", "echo lost > /workspace/f; exit 1", "cat /workspace/f")
    failed = story.run()
    done = story.settled(story.client.runs.skip(failed.name, "s2"))
    assert run_state(done) == "SUCCEEDED"
    assert story.states()["s2"] == "SKIPPED" and story.log("s3") == ["kept"]


def test_a_retry_policy_tries_again_by_itself(story: Story) -> None:
    story.pipeline(
        """
        - name: s1
          image: IMAGE
          arguments: [sh, -c, 'echo $WINSLOW_ATTEMPT; test $WINSLOW_ATTEMPT -eq 3']
          retry: {attempts: 3, backoff: 100ms}
        """
    )
    assert run_state(story.run()) == "SUCCEEDED"
    assert [state_of(stage) for stage in story.all("s1")] == ["FAILED", "FAILED", "SUCCEEDED"]


def test_branches_are_taken_on_conditions_and_joins_see_all_that_came_before(story: Story) -> None:
    story.pipeline(
        """
        - {name: count, image: IMAGE, arguments: [sh, -c, 'echo "WINSLOW_RESULT: cars=12"; echo c > /workspace/c']}
        - {name: busy, image: IMAGE, after: [{stage: count, when: results.cars > 10}], arguments: [sh, -c, 'echo b > /workspace/b']}
        - {name: calm, image: IMAGE, after: [{stage: count, when: results.cars <= 10}], arguments: ['false']}
        - {name: also, image: IMAGE, after: [count], arguments: [sh, -c, 'echo a > /workspace/a']}
        - name: report
          image: IMAGE
          after: [busy, calm, also]
          arguments: [sh, -c, 'ls /workspace /parents /parents/also']
        """
    )
    assert run_state(story.run()) == "SUCCEEDED"
    assert set(story.states()) == {"count", "busy", "also", "report"}
    assert "b" in story.log("report") and "also" in story.log("report") and "a" in story.log("report")


def test_a_sweep_executes_the_product_and_one_that_fails_does_not_stop_the_rest(story: Story) -> None:
    story.stages("test $X != 2 && echo $X-$Y")
    axes = {"X": "1..3", "Y": ["a", "b"]}
    assert story.client.sweeps.preview(story.project, "s1", axes).count == 6
    sweep = story.client.wait(story.client.sweeps.start(story.project, "s1", axes, expected_count=6), timeout=60)
    assert (sweep.count, sweep.succeeded_count, sweep.failed_count) == (6, 4, 2)
    assert story.state() == "FAILED"


def test_a_sweep_that_is_to_stop_on_failure_begins_no_further_points(story: Story) -> None:
    story.stages("exit 1", resources="{cpus: 2}")
    sweep = story.client.sweeps.start(story.project, "s1", {"X": "1..12"}, stop_on_failure=True)
    sweep = story.client.wait(sweep, timeout=60)
    assert sweep.stopped.text
    ran = [stage for stage in story.all("s1") if stage.HasField("start_time")]
    assert 1 <= len(ran) < 12


def test_each_variable_tells_its_layer_and_later_edits_touch_no_stage_that_has_started(story: Story) -> None:
    story.stages("echo $A $B $C")
    story.client.environment.update(set={"A": "global"})
    try:
        story.client.projects.configure_stage(story.project, "s1", with_env({"B": "stage"}))
        story.run(overrides={"s1": with_env({"C": "mine"})})
    finally:
        story.client.environment.update(unset=["A"])
    assert story.log("s1") == ["global stage mine"]
    layers = {one.name: one.layer for one in story.stage("s1").environment}
    assert (layers["A"], layers["B"], layers["C"]) == (
        Layer.LAYER_GLOBAL,
        Layer.LAYER_STAGE,
        Layer.LAYER_SUBMISSION,
    )
    story.client.projects.configure_stage(story.project, "s1", with_env({"B": "later"}))
    assert {one.name: one.value for one in story.stage("s1").environment}["B"] == "stage"


def test_a_projects_copy_outlives_its_pipeline(story: Story) -> None:
    from winslow.pipelinefile import parse
    from winslow.wire.pipeline import spec_to_proto

    spec = spec_to_proto(parse(f"name: gone\nstages: [{{name: s1, image: '{story.image}', arguments: ['true']}}]"))
    made = story.client.pipelines.create(spec)
    story.project = story.client.projects.create(story.name, made.name.removeprefix("pipelines/")).name
    story.client.pipelines.delete(made.name)
    with pytest.raises(NotFound):
        story.client.pipelines.get(made.name)
    assert run_state(story.run()) == "SUCCEEDED"


def test_comments_are_kept_with_their_author(story: Story) -> None:
    story.stages("true")
    run = story.run()
    story.client.runs.comment(run.name, "the north camera was dirty")
    (said,) = story.client.runs.comments(run.name)
    assert said.text == "the north camera was dirty" and said.author


def test_deleting_a_project_deletes_everything_that_belongs_to_it(story: Story, daemon) -> None:
    story.stages("echo x > /workspace/x")
    story.run()
    id_ = story.project.split("/")[1]
    assert (daemon.files / "projects" / id_).exists()
    story.client.projects.delete(story.project)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and any(one.name == story.project for one in story.client.projects.list()):
        time.sleep(0.05)
    with pytest.raises(NotFound):
        story.client.projects.get(story.project)
    assert not (daemon.files / "projects" / id_).exists()
    assert not [stage for stage in story.client.stages.list("-") if stage.name.startswith(f"{story.project}/")]


def test_the_same_request_twice_has_one_effect(story: Story) -> None:
    story.stages("true")
    first = story.client.runs.start(story.project, request_id="5f0c9f3e-1111-4222-8333-444455556666")
    again = story.client.runs.start(story.project, request_id="5f0c9f3e-1111-4222-8333-444455556666")
    assert first.name == again.name
    assert len(list(story.client.runs.list(story.project))) == 1
    with pytest.raises(AlreadyExists) as refused:
        story.client.runs.start(story.project, comment="else", request_id="5f0c9f3e-1111-4222-8333-444455556666")
    assert refused.value.reason == "REQUEST_ID_REUSED"


def test_a_wrong_revision_changes_nothing(story: Story) -> None:
    story.stages("true")
    seen = story.client.projects.get(story.project)
    story.client.projects.update(story.project, display_name="first")
    with pytest.raises(Conflict):
        story.client.projects.update(story.project, display_name="second", expected_revision=seen.revision)
    assert story.client.projects.get(story.project).display_name == "first"


def test_resuming_what_is_not_paused_is_refused_with_what_to_do(story: Story) -> None:
    story.stages("true")
    done = story.run()
    with pytest.raises(FailedPrecondition) as refused:
        story.client.runs.resume(done.name)
    assert refused.value.reason and refused.value.hint
