"""Command lines against an API that answers: what is asked of it, what a person and a script get."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from google.protobuf.json_format import ParseDict

from tests.fakes.api import FakeApi, FakeFiles
from tests.unit.cli import (
    PIPELINE,
    Ctl,
    a_project,
    a_run,
    at,
    reason,
    serve_projects,
    serve_runs,
    serve_stages,
    stage,
)
from winslow.client import Client
from winslow.errors import Conflict, FailedPrecondition, PermissionDenied, Unavailable
from winslow.v1 import (
    event_service_pb2,
    node_service_pb2,
    pipeline_service_pb2,
    run_pb2,
    run_service_pb2,
    settings_pb2,
    stage_pb2,
    sweep_pb2,
)
from winslow.v1.node_pb2 import Node
from winslow.v1.pipeline_pb2 import Pipeline
from winslow.v1.project_pb2 import Project
from winslow.v1.project_service_pb2 import ListProjectsResponse
from winslowctl import completion


def test_nobody_answering_is_told_with_what_to_do(ctl: Ctl, api: FakeApi) -> None:
    api.stop()
    said = ctl("project", "list")
    assert said.code == 5
    assert "Nobody answers at unix:" in said.err
    assert "winslowd dev" in said.err
    assert "Traceback" not in said.err


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["project", "list", "--nope"], 2),
        (["projct"], 2),
        (["project", "show", "nothing"], 3),
        (["run", "start", "bikes", "--at", "detect", "--env", "broken"], 2),
        (["run", "start", "bikes", "--at", "detect", "--env", "WINSLOW_X=1"], 2),
        (["run", "start", "bikes", "--at", "detect", "--memory", "much"], 2),
        (["project", "delete", "bikes"], 2),
        (["version"], 0),
    ],
)
def test_exit_codes_say_what_kind_of_error_it_was(ctl: Ctl, api: FakeApi, arguments: list[str], code: int) -> None:
    serve_projects(api, a_project())
    said = ctl(*arguments)
    assert said.code == code
    assert "Traceback" not in said.err


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Conflict("changed meanwhile", reason="REVISION_MISMATCH"), 4),
        (FailedPrecondition("not paused", reason="RUN_NOT_PAUSED"), 4),
        (PermissionDenied("not yours", reason="ROLE_TOO_LOW"), 9),
    ],
)
def test_an_error_of_the_daemon_has_its_exit_code_and_its_hint(
    ctl: Ctl, api: FakeApi, error: Exception, code: int
) -> None:
    serve_projects(api, a_project())

    def refuse(request: object) -> None:
        raise error

    api.on("RunService/ResumeRun", refuse)
    said = ctl("run", "resume", "bikes")
    assert said.code == code
    assert str(error) in said.err


def test_an_error_is_json_where_json_was_asked_for(ctl: Ctl, api: FakeApi) -> None:
    serve_projects(api)
    said = ctl("project", "show", "nothing", "-o", "json")
    assert said.code == 3
    assert said.out == ""
    error = json.loads(said.err)["error"]
    assert (error["reason"], error["code"]) == ("PROJECT_UNKNOWN", "NOT_FOUND")


def test_answers_of_a_node_without_etcd_are_given_with_one_warning(ctl: Ctl, api: FakeApi) -> None:
    following = {"": "more", "more": ""}
    api.on(
        "ProjectService/ListProjects",
        lambda request: ListProjectsResponse(projects=[a_project()], next_page_token=following[request.page_token]),
    )
    fresh = ctl("project", "list")
    assert fresh.err == ""
    api.stale = True
    old = ctl("project", "list")
    assert (old.code, old.out) == (fresh.code, fresh.out)
    first, second = old.err.splitlines()  # though both pages were old
    assert first.startswith("winslowctl: Warning: ") and "cut off from etcd" in first
    assert "--address" in second


def test_the_warning_is_json_where_json_was_asked_for(ctl: Ctl, api: FakeApi) -> None:
    serve_projects(api, a_project())
    api.stale = True
    said = ctl("project", "list", "-o", "json")
    assert json.loads(said.out)
    assert "cut off" in json.loads(said.err)["warning"]["message"]


def test_a_usage_error_is_json_where_json_was_asked_for(ctl: Ctl) -> None:
    said = ctl("-o", "json", "project", "show")
    assert said.code == 2
    assert json.loads(said.err)["error"]["reason"] == "USAGE"


def test_a_list_in_json_reads_back_as_the_contracts_messages(ctl: Ctl, api: FakeApi) -> None:
    serve_projects(api, a_project("bikes"), a_project("cars", "RUNNING"))
    data = json.loads(ctl("project", "list", "-o", "json").out)
    assert [ParseDict(one, Project()) for one in data] == [a_project("bikes"), a_project("cars", "RUNNING")]
    assert data[0]["display_name"] == "Bikes"


def test_an_empty_list_is_an_empty_list_for_programs_and_a_sentence_for_people(ctl: Ctl, api: FakeApi) -> None:
    serve_projects(api)
    assert json.loads(ctl("project", "list", "-o", "json").out) == []
    assert "There is no project yet" in ctl("project", "list").out


def test_yaml_says_the_same_as_json(ctl: Ctl, api: FakeApi) -> None:
    from ruamel.yaml import YAML

    serve_projects(api, a_project())
    as_json = json.loads(ctl("project", "show", "bikes", "-o", "json").out)
    assert YAML(typ="safe", pure=True).load(ctl("-o", "yaml", "project", "show", "bikes").out) == as_json


def test_a_table_is_for_people(ctl: Ctl, api: FakeApi) -> None:
    serve_projects(api, a_project("bikes", "AWAITING_INPUT", tags=["street"]))
    header, row = ctl("project", "list").out.splitlines()
    assert header.split()[:3] == ["PROJECT", "NAME", "STATE"]
    assert "◆ awaiting input" in row
    assert "street" in row


def test_status_says_what_a_gate_waits_for_and_how_to_let_it_go_on(ctl: Ctl, api: FakeApi) -> None:
    project = a_project("bikes", "AWAITING_INPUT")
    project.gates.add(
        run="projects/bikes/runs/000001",
        definition="track",
        parent="projects/bikes/stages/detect-1-1-x",
        missing_variables=["MAX_GAP"],
        confirmation_needed=True,
        reason=reason("AWAITING_INPUT", "track waits for confirmation and a value for MAX_GAP"),
        since=at(0),
    )
    serve_projects(api, project)
    serve_stages(api, stage("detect-1-1-x", results={"cars": "7"}))
    serve_runs(api, a_run(state="AWAITING_INPUT"))
    out = ctl("status", "bikes").out
    assert "track waits for confirmation and a value for MAX_GAP" in out
    assert "✔  detect-1-1-x  succeeded  12s  cars=7" in out
    assert "winslowctl run confirm bikes --env MAX_GAP=VALUE" in out


def test_status_after_a_failure_says_how_to_look_redo_and_skip(ctl: Ctl, api: FakeApi) -> None:
    failed = stage("detect-1-1-x", "FAILED")
    hold = run_pb2.Hold(reason=reason("STAGE_FAILED", "detect failed: exited with 3"), stage=failed.name)
    serve_projects(api, a_project("bikes", "FAILED"))
    serve_stages(api, failed)
    serve_runs(api, a_run(state="FAILED", hold=hold))
    out = ctl("status", "bikes").out
    for command in ("logs detect-1-1-x", "run resume bikes", "run redo detect-1-1-x", "run skip bikes detect"):
        assert f"winslowctl {command}" in out


def test_status_of_everything_shows_projects_even_where_nodes_are_not_told(ctl: Ctl, api: FakeApi) -> None:
    serve_projects(api, a_project("bikes", "RUNNING", progress=0.25))
    assert "25%" in ctl("status").out


def test_start_puts_variables_and_resources_on_the_stage_it_starts_at(ctl: Ctl, api: FakeApi) -> None:
    project = a_project()
    project.pipeline.stages[0].resources.memory = 5
    project.pipeline.stages[0].resources.tags.append("fast")
    serve_projects(api, project)
    api.on("RunService/StartRun", a_run())
    said = ctl(
        "run",
        "start",
        "bikes",
        "-e",
        "A=1",
        "-e",
        "track:B=x=y",
        "--cpus",
        "2",
        "--gpus",
        "nvidia:1",
        "--one",
        "--arg",
        "-v",
    )
    assert said.code == 0
    (request,) = api.requests("RunService/StartRun")
    detect = request.overrides["detect"]
    assert dict(detect.environment) == {"A": "1"}
    assert list(detect.arguments.values) == ["-v"]
    assert (detect.resources.cpus, detect.resources.memory, list(detect.resources.tags)) == (2, 5, ["fast"])
    assert detect.resources.gpus.count == 1
    assert dict(request.overrides["track"].environment) == {"B": "x=y"}
    assert not request.overrides["track"].HasField("resources")
    assert request.mode == run_pb2.RUN_MODE_ONE_STAGE
    assert not request.HasField("parent")
    assert request.request_id


def test_start_from_the_zeroth_workspace_differs_from_leaving_it_open(ctl: Ctl, api: FakeApi) -> None:
    serve_projects(api, a_project())
    api.on("RunService/StartRun", a_run())
    ctl("run", "start", "bikes", "--from", "zeroth")
    (request,) = api.requests("RunService/StartRun")
    assert request.HasField("parent")
    assert request.parent == ""


def test_a_stage_that_the_pipeline_lacks_is_refused_before_anything_is_sent(ctl: Ctl, api: FakeApi) -> None:
    serve_projects(api, a_project())
    said = ctl("run", "start", "bikes", "--env", "nothing:A=1")
    assert said.code == 2
    assert "detect, track, analyse" in said.err
    assert not api.requests("RunService/StartRun")


def test_redo_names_the_attempt_and_what_changes(ctl: Ctl, api: FakeApi) -> None:
    serve_projects(api, a_project())
    serve_stages(api, stage("detect-1-1-x"), stage("detect-2-1-x"))
    api.on("RunService/StartRun", a_run(3))
    ctl("run", "redo", "bikes/detect", "--env", "SENSITIVITY=0.4")
    (request,) = api.requests("RunService/StartRun")
    assert request.redo == "projects/bikes/stages/detect-2-1-x"
    assert dict(request.overrides["detect"].environment) == {"SENSITIVITY": "0.4"}


def test_a_preview_starts_nothing(ctl: Ctl, api: FakeApi) -> None:
    serve_projects(api, a_project())
    serve_stages(api, stage("detect-1-1-x"))
    seen = run_service_pb2.PreviewRunResponse(definitions=["detect", "track"], workspace_size=2 << 20)
    api.on("RunService/PreviewRun", seen)
    out = ctl("run", "redo", "detect-1-1-x", "--preview").out
    assert "detect, track" in out
    assert "2.0 MiB" in out
    assert not api.requests("RunService/StartRun")


def test_pause_without_a_run_means_all_active_ones(ctl: Ctl, api: FakeApi) -> None:
    serve_projects(api, a_project())
    api.on("RunService/PauseRun", a_run(state="PAUSED"))
    ctl("run", "pause", "bikes")
    assert api.requests("RunService/PauseRun")[0].name == "projects/bikes/runs/-"


def test_confirm_finds_the_one_gate_and_fills_its_variables(ctl: Ctl, api: FakeApi) -> None:
    project = a_project("bikes", "AWAITING_INPUT")
    project.gates.add(run="projects/bikes/runs/000001", definition="track", missing_variables=["MAX_GAP"])
    serve_projects(api, project)
    api.on("RunService/AnswerGate", a_run())
    lacking = ctl("run", "confirm", "bikes")
    assert (lacking.code, api.requests("RunService/AnswerGate")) == (2, [])
    assert "--env MAX_GAP=VALUE" in lacking.err
    assert ctl("run", "confirm", "bikes", "--env", "MAX_GAP=5").code == 0
    (request,) = api.requests("RunService/AnswerGate")
    assert (request.name, request.definition) == ("projects/bikes/runs/000001", "track")
    assert dict(request.override.environment) == {"MAX_GAP": "5"}


def test_confirm_where_several_wait_asks_which(ctl: Ctl, api: FakeApi) -> None:
    project = a_project("bikes", "AWAITING_INPUT")
    for number in (1, 2):
        project.gates.add(run=f"projects/bikes/runs/00000{number}", definition="track")
    serve_projects(api, project)
    said = ctl("run", "confirm", "bikes", "track")
    assert said.code == 2
    assert "track (run 1), track (run 2)" in said.err


def test_confirm_where_nobody_waits_is_a_conflict(ctl: Ctl, api: FakeApi) -> None:
    serve_projects(api, a_project())
    assert ctl("run", "confirm", "bikes").code == 4


@pytest.mark.parametrize(
    ("state", "code"), [("SUCCEEDED", 0), ("FAILED", 7), ("AWAITING_INPUT", 6), ("PAUSED", 6), ("SUPERSEDED", 4)]
)
def test_waiting_ends_when_nothing_more_happens_by_itself(ctl: Ctl, api: FakeApi, state: str, code: int) -> None:
    states = iter(["RUNNING", "RUNNING", state])
    serve_projects(api, a_project())
    serve_stages(api)
    api.on("RunService/StartRun", a_run())
    api.on("RunService/GetRun", lambda request: a_run(state=next(states)))
    changed = event_service_pb2.WatchResponse(revision=5, changes=[{"kind": "RESOURCE_KIND_STAGE", "name": "x"}])
    api.on("EventService/Watch", lambda request: iter([changed] * 3))
    assert ctl("run", "start", "bikes", "--wait").code == code


def test_one_stage_that_was_asked_for_and_done_is_no_wait_for_a_person(ctl: Ctl, api: FakeApi) -> None:
    hold = run_pb2.Hold(reason=reason("ONE_STAGE", "asked for this one stage"))
    done = a_run(state="PAUSED", hold=hold, mode=run_pb2.RUN_MODE_ONE_STAGE)
    serve_projects(api, a_project())
    serve_stages(api)
    serve_runs(api, done)
    api.on("RunService/StartRun", a_run())
    api.on("EventService/Watch", lambda request: iter([event_service_pb2.WatchResponse(revision=5)]))
    assert ctl("run", "start", "bikes", "--one", "--wait").code == 0


def test_waiting_too_long_has_an_exit_code_of_its_own(ctl: Ctl, api: FakeApi) -> None:
    import threading

    over = threading.Event()

    def silent(request: object) -> object:
        yield event_service_pb2.WatchResponse(revision=5)
        over.wait(10)

    serve_projects(api, a_project())
    serve_stages(api)
    serve_runs(api, a_run())
    api.on("RunService/StartRun", a_run())
    api.on("EventService/Watch", silent)
    said = ctl("run", "start", "bikes", "--wait", "--timeout", "300ms")
    over.set()
    assert said.code == 8
    assert "bikes was still under way after 0.3 s" in said.err
    assert "winslowctl status bikes" in said.err


def test_a_sweep_is_previewed_and_the_count_is_sent_along(ctl: Ctl, api: FakeApi) -> None:
    serve_projects(api, a_project())
    api.on("RunService/PreviewSweep", run_service_pb2.PreviewSweepResponse(count=10))
    api.on("RunService/StartSweep", sweep_pb2.Sweep(name="projects/bikes/sweeps/w1", count=10))
    out = ctl("sweep", "start", "bikes", "--at", "detect", "--axis", "A=10..50/10", "--axis", "MODE=a,b").out
    assert "10 points" in out
    (request,) = api.requests("RunService/StartSweep")
    assert [(one.variable, one.expression) for one in request.axes] == [("A", "10..50/10"), ("MODE", "a,b")]
    assert request.expected_count == 10


def test_participants_are_added_beside_those_who_are_there(ctl: Ctl, api: FakeApi) -> None:
    serve_projects(api, a_project(participants=["ann", "bob"]))
    api.on("ProjectService/UpdateProject", a_project())
    ctl("project", "participants", "bikes", "--add", "eve", "--remove", "bob")
    (request,) = api.requests("ProjectService/UpdateProject")
    assert list(request.project.participants) == ["ann", "eve"]
    assert list(request.update_mask.paths) == ["participants"]
    assert request.expected_revision == 7


def test_environment_for_all_stages_is_set_and_unset(ctl: Ctl, api: FakeApi) -> None:
    answer = settings_pb2.GlobalEnvironment(environment={"A": "1=2"})
    api.on("SettingsService/UpdateGlobalEnvironment", answer)
    assert ctl("env", "set", "A=1=2", "B=").out == "A=1=2\n"
    ctl("env", "unset", "C")
    first, second = api.requests("SettingsService/UpdateGlobalEnvironment")
    assert dict(first.set) == {"A": "1=2", "B": ""}
    assert list(second.unset) == ["C"]


VALID = "name: traffic\nstages:\n  - name: detect\n    image: traffic:1\n"


def test_a_pipeline_file_is_validated_without_a_daemon(ctl: Ctl, api: FakeApi, tmp_path: Path) -> None:
    api.stop()
    good, bad = tmp_path / "good.yaml", tmp_path / "bad.yaml"
    good.write_text(VALID)
    bad.write_text(VALID + "    imagee: x\n    timeout: soon\n")
    assert ctl("pipeline", "validate", str(good)) == (0, f"{good}: valid\n", "")
    said = ctl("pipeline", "validate", str(good), str(bad))
    assert said.code == 2
    first, second, third = said.out.splitlines()
    assert first.startswith(f"{bad}:5:5: ")
    assert second.startswith(f"{bad}:6:")
    assert third == f"{good}: valid"


def test_problems_of_a_pipeline_file_are_data_for_programs(ctl: Ctl, tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text("name: x\n")
    (problem,) = json.loads(ctl("pipeline", "validate", str(bad), "-o", "json").out)
    assert problem["file"] == str(bad)
    assert problem["reason"]


def test_a_pipeline_that_is_shown_as_a_file_reads_back(ctl: Ctl, api: FakeApi, tmp_path: Path) -> None:
    from winslow.v1.pipeline_pb2 import Pipeline

    api.on("PipelineService/GetPipeline", Pipeline(name="pipelines/traffic", version=3, spec=PIPELINE))
    path = tmp_path / "again.yaml"
    path.write_text(ctl("pipeline", "show", "traffic", "--as-file").out)
    assert ctl("pipeline", "validate", str(path)).code == 0
    api.on("PipelineService/CreatePipeline", Pipeline(name="pipelines/again", version=1))
    ctl("pipeline", "create", str(path))
    spec = api.requests("PipelineService/CreatePipeline")[0].pipeline.spec
    assert [one.name for one in spec.stages] == ["detect", "track", "analyse"]


def test_files_go_in_and_out_by_places(ctl: Ctl, api: FakeApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = FakeFiles(api)
    serve_projects(api, a_project())
    monkeypatch.chdir(tmp_path)
    (tmp_path / "clip.avi").write_bytes(b"a clip")
    assert ctl("cp", "clip.avi", "bikes:input/").code == 0
    assert files.content == {"projects/bikes/input/clip.avi": b"a clip"}
    assert ctl("cp", "Bikes:input/clip.avi", "copy.avi").code == 0
    assert (tmp_path / "copy.avi").read_bytes() == b"a clip"
    assert "clip.avi" in ctl("ls", "bikes:input").out
    assert ctl("cat", "bikes:input/clip.avi").out == "a clip"
    assert ctl("cp", "bikes:input", "here").code == 2
    assert ctl("cp", "-r", "bikes:input", "here").code == 0
    assert (tmp_path / "here" / "clip.avi").read_bytes() == b"a clip"
    assert ctl("rm", "-r", "--yes", "bikes:input/clip.avi").code == 0
    assert not files.content


def test_places_of_stages_and_of_the_global_pool(ctl: Ctl, api: FakeApi, tmp_path: Path) -> None:
    files = FakeFiles(api)
    serve_stages(api, stage("detect-1-1-x"))
    files.content["projects/bikes/stages/detect-1-1-x/output/table.csv"] = b"a,b"
    files.content["resources/models/yolo.pt"] = b"weights"
    assert ctl("cat", "@detect:output/table.csv").out == "a,b"
    assert ctl("cat", "resources:models/yolo.pt").out == "weights"
    assert ctl("cat", "winslow:resources/models/yolo.pt").out == "weights"
    assert ctl("cat", "@detect:input/x").code == 2
    assert ctl("cat", "no-place").code == 2


def test_copying_over_another_file_is_refused_and_says_how(ctl: Ctl, api: FakeApi, tmp_path: Path) -> None:
    files = FakeFiles(api)
    serve_projects(api, a_project())
    files.content["projects/bikes/input/clip.avi"] = b"another"
    (tmp_path / "clip.avi").write_bytes(b"a clip")
    said = ctl("cp", str(tmp_path / "clip.avi"), "bikes:input/")
    assert said.code == 4
    assert "--force" in said.err
    assert ctl("cp", "--force", str(tmp_path / "clip.avi"), "bikes:input/").code == 0


def test_files_are_copied_within_winslow(ctl: Ctl, api: FakeApi) -> None:
    files = FakeFiles(api)
    serve_projects(api, a_project())
    serve_stages(api, stage("detect-1-1-x"))
    made = "projects/bikes/stages/detect-1-1-x/output"
    files.content |= {f"{made}/a.csv": b"a", f"{made}/deep/b.csv": b"b"}
    assert ctl("cp", "@detect:output/a.csv", "bikes:input/").code == 0
    assert ctl("cp", "@detect:output/a.csv", "bikes:input/").code == 0  # the same is left alone
    assert files.content["projects/bikes/input/a.csv"] == b"a"
    assert ctl("cp", "@detect:output", "bikes:input/all").code == 2
    assert ctl("cp", "-r", "@detect:output/", "bikes:input/all").code == 0
    assert files.content["projects/bikes/input/all/deep/b.csv"] == b"b"


def test_a_copy_within_winslow_replaces_nothing_and_says_what_to_do(ctl: Ctl, api: FakeApi) -> None:
    files = FakeFiles(api)
    serve_projects(api, a_project())
    files.content |= {"projects/bikes/input/a": b"new", "projects/bikes/input/b": b"old"}
    said = ctl("cp", "bikes:input/a", "bikes:input/b")
    assert (said.code, files.content["projects/bikes/input/b"]) == (4, b"old")
    assert "'bikes:input/b' exists" in said.err
    assert "winslowctl rm bikes:input/b" in said.err
    assert ctl("cp", "--force", "bikes:input/a", "bikes:input/b").code == 0
    assert files.content == {"projects/bikes/input/a": b"new", "projects/bikes/input/b": b"new"}


def test_errors_about_files_speak_of_places_as_they_were_written(ctl: Ctl, api: FakeApi) -> None:
    FakeFiles(api)
    serve_projects(api, a_project())
    said = ctl("cat", "Bikes:input/deep/nothing.txt")
    assert "There is no Bikes:input/deep/nothing.txt" in said.err
    assert "winslowctl ls Bikes:input/deep/" in said.err
    assert "bikes:input/..." in ctl("ls", "bikes").err
    assert "There is no bikes:input/x" in ctl("cp", "bikes:input/x", "-").err


def test_what_was_done_with_files_is_said(ctl: Ctl, api: FakeApi) -> None:
    files = FakeFiles(api)
    serve_projects(api, a_project())
    files.content["projects/bikes/input/a"] = b"12345"
    assert ctl("du", "bikes:input/a").out == "5 B\n"
    assert "in 1 file" in ctl("du", "bikes:").out
    assert ctl("mv", "bikes:input/a", "bikes:input/b").out == "Moved bikes:input/a to bikes:input/b\n"
    assert ctl("rm", "bikes:input/b").out == "Deleted bikes:input/b\n"
    assert ctl("mkdir", "bikes:input/dir").out == "There is a directory bikes:input/dir\n"


def test_a_misspelt_name_is_answered_with_the_nearest(ctl: Ctl, api: FakeApi) -> None:
    serve_projects(api, a_project("bikes-x7k2", display_name="bikes"), a_project("cars-a1b2", display_name="cars"))
    said = ctl("status", "bkies")
    assert said.code == 3
    assert "Did you mean bikes?" in said.err
    assert "winslowctl project list" in ctl("status", "something else").err


def test_a_project_named_where_a_stage_is_wanted_is_answered_with_its_stages(ctl: Ctl, api: FakeApi) -> None:
    serve_projects(api, a_project("bikes-x7k2", display_name="bikes"))
    serve_stages(api, stage("detect-1-1-x", project="bikes-x7k2"))
    for name in ("bikes", "bikes-x7k2"):
        said = ctl("logs", name)
        assert said.code == 3
        assert f"{name}/detect, {name}/track, {name}/analyse" in said.err


def test_a_timeout_that_cannot_be_meant_is_refused_before_anything_is_started(ctl: Ctl, api: FakeApi) -> None:
    serve_projects(api, a_project())
    assert ctl("run", "start", "bikes", "--timeout", "3s").code == 2
    assert ctl("run", "start", "bikes", "--wait", "--timeout", "soon").code == 2
    assert api.requests("RunService/StartRun") == []


def test_what_a_run_waits_for_is_said_while_it_is_waited_for(ctl: Ctl, api: FakeApi) -> None:
    queued = stage("detect-1-1-x", "QUEUED", reason=reason("NO_NODE_ABLE", "no node could ever execute it"))
    states = iter(["RUNNING", "SUCCEEDED"])
    serve_projects(api, a_project())
    queued.ClearField("end_time")
    serve_stages(api, queued, stage("detect-1-2-x"))
    api.on("RunService/StartRun", a_run())
    api.on("RunService/GetRun", lambda request: a_run(state=next(states)))
    changed = event_service_pb2.WatchResponse(revision=5, changes=[{"kind": "RESOURCE_KIND_STAGE", "name": "x"}])
    api.on("EventService/Watch", lambda request: iter([changed] * 2))
    said = ctl("run", "start", "bikes", "--wait")
    assert said.err.count("no node could ever execute it") == 1
    assert "detect-1-2-x" not in said.err  # it had ended before anybody waited
    assert "succeeded" in said.out


def test_ctrl_c_in_a_wait_says_that_the_run_goes_on(ctl: Ctl, api: FakeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*given: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Client, "watch", interrupted)
    serve_projects(api, a_project())
    serve_stages(api)
    api.on("RunService/StartRun", a_run())
    said = ctl("run", "start", "bikes", "--wait")
    assert said.code == 130
    assert "The run goes on; see: winslowctl status bikes" in said.err


def test_a_state_that_there_is_not_is_refused_with_those_that_there_are(ctl: Ctl, api: FakeApi) -> None:
    serve_stages(api, stage("detect-1-1-x"))
    said = ctl("stage", "list", "--state", "runing")
    assert said.code == 2
    assert "queued, electing, preparing, running" in said.err
    assert "detect-1-1-x" in ctl("stage", "list", "--state", "succeeded").out


def test_a_preview_shows_the_changes_and_refuses_those_that_make_no_sense(ctl: Ctl, api: FakeApi) -> None:
    serve_projects(api, a_project())
    api.on("RunService/PreviewRun", run_service_pb2.PreviewRunResponse(definitions=["detect"]))
    out = ctl("run", "start", "bikes", "--preview", "--env", "A=1", "--memory", "2GiB", "--env", "track:B=2").out
    assert "detect: A=1, 1 CPU, 2.0 GiB; track: B=2" in out
    assert ctl("run", "start", "bikes", "--preview", "--env", "nothing:A=1").code == 2


def test_configuring_nothing_is_refused(ctl: Ctl, api: FakeApi) -> None:
    serve_projects(api, a_project())
    said = ctl("project", "configure", "bikes", "detect")
    assert (said.code, api.requests("ProjectService/ConfigureStage")) == (2, [])
    assert "--env" in said.err


def test_a_pipeline_that_is_the_same_makes_no_version(ctl: Ctl, api: FakeApi, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("name: a\nstages:\n  - {name: b, image: c}\n")
    api.on("PipelineService/GetPipeline", Pipeline(name="pipelines/a", version=3))
    api.on("PipelineService/UpdatePipeline", Pipeline(name="pipelines/a", version=3))
    assert "Nothing was changed" in ctl("pipeline", "update", "a", str(tmp_path / "a.yaml")).out
    api.on("PipelineService/UpdatePipeline", Pipeline(name="pipelines/a", version=4))
    assert "now version 4" in ctl("pipeline", "update", "a", str(tmp_path / "a.yaml")).out
    assert ctl("pipeline", "update", "a@3", str(tmp_path / "a.yaml")).code == 2


def test_a_file_that_is_missing_keeps_no_other_from_being_validated(ctl: Ctl, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("name: a\nstages: []\n")
    said = ctl("pipeline", "validate", str(tmp_path / "gone.yaml"), str(tmp_path / "bad.yaml"))
    assert said.code == 2
    assert "gone.yaml: There is no file" in said.out
    assert "bad.yaml:2:" in said.out


def test_several_problems_are_told_a_line_each_and_as_data(ctl: Ctl, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("nme: a\nstages: 3\n")
    first, *lines = ctl("pipeline", "create", str(tmp_path / "bad.yaml")).err.splitlines()
    assert first == f"winslowctl: {len(lines)} problems:"
    assert all(line.startswith(str(tmp_path)) for line in lines)
    told = json.loads(ctl("-o", "json", "pipeline", "create", str(tmp_path / "bad.yaml")).err)["error"]
    assert len(told["problems"]) == len(lines)


def test_the_version_of_the_program_needs_nothing_else(ctl: Ctl) -> None:
    said = ctl("--version")
    assert said.code == 0
    assert said.out.startswith("winslowctl ")


def test_help_names_what_to_write_and_not_its_type(ctl: Ctl) -> None:
    out = ctl("run", "confirm", "--help").out
    assert out.startswith("Usage: winslowctl run confirm [OPTIONS] PROJECT [STAGE]\n")
    assert "--image IMAGE" in out
    assert "..." not in ctl("project", "--help").out.partition("Commands:")[2]
    for text in ("<str>", "{", "list["):
        assert text not in out + ctl("rm", "--help").out + ctl("watch", "--help").out


def test_the_first_steps_are_told_where_there_is_nothing_yet(ctl: Ctl, api: FakeApi) -> None:
    serve_projects(api)
    api.on("PipelineService/ListPipelines", pipeline_service_pb2.ListPipelinesResponse())
    assert "winslowctl pipeline create FILE" in ctl("status").out
    known = pipeline_service_pb2.ListPipelinesResponse(pipelines=[Pipeline(name="pipelines/traffic")])
    api.on("PipelineService/ListPipelines", known)
    assert "winslowctl project create NAME --pipeline traffic" in ctl("status").out


def test_a_project_of_files_alone_is_advised_to_choose_what_is_done(ctl: Ctl, api: FakeApi) -> None:
    files = a_project("bikes", "IDLE")
    files.ClearField("pipeline")
    files.reason.CopyFrom(reason("PIPELINE_MISSING", "no pipeline was chosen yet"))
    serve_projects(api, files)
    serve_stages(api)
    serve_runs(api)
    assert "winslowctl project set-pipeline bikes PIPELINE" in ctl("status", "bikes").out
    assert "none yet" in ctl("project", "show", "bikes").out


def test_a_stage_that_never_began_is_not_advised_to_be_read(ctl: Ctl, api: FakeApi) -> None:
    failed = stage("detect-1-1-x", "FAILED")
    failed.ClearField("start_time")
    failed.outcome.cause = stage_pb2.CAUSE_IMAGE_MISSING
    hold = run_pb2.Hold(reason=reason("STAGE_FAILED", "no image"), stage=failed.name)
    serve_projects(api, a_project("bikes", "FAILED"))
    serve_stages(api, failed)
    serve_runs(api, a_run(state="FAILED", hold=hold))
    out = ctl("status", "bikes").out
    assert "winslowctl logs" not in out
    assert "run redo detect-1-1-x --image IMAGE" in out


def test_the_leading_node_is_marked(ctl: Ctl, api: FakeApi) -> None:
    nodes = [Node(name="nodes/one"), Node(name="nodes/two", leader=True)]
    api.on("NodeService/ListNodes", node_service_pb2.ListNodesResponse(nodes=nodes))
    out = ctl("node", "list").out
    assert "two (leader)" in out
    assert "one (leader)" not in out


def test_definitions_are_completed_and_a_completion_without_a_daemon_is_silent(
    ctl: Ctl, api: FakeApi, capsys: pytest.CaptureFixture[str]
) -> None:
    serve_projects(api, a_project())
    assert completion.definitions("t") == ["track"]
    assert completion.definitions("") == ["detect", "track", "analyse"]
    api.stop()
    assert completion.definitions("t") == []
    assert capsys.readouterr() == ("", "")


def test_names_from_elsewhere_cannot_take_over_the_terminal(ctl: Ctl, api: FakeApi) -> None:
    serve_projects(api, a_project(display_name="\x1b]0;owned\x07\x1b[2J"))
    for arguments in (["project", "list"], ["project", "show", "bikes"], ["status"]):
        assert "\x1b" not in ctl(*arguments).out


def test_an_error_from_elsewhere_cannot_take_over_the_terminal(ctl: Ctl, api: FakeApi) -> None:
    def refuse(request: object) -> None:
        raise Conflict("\x1b[2Jgone", reason="X", hint="\x1b[2J")

    api.on("ProjectService/ListProjects", refuse)
    assert "\x1b" not in ctl("project", "list").err


def test_ctrl_c_is_130_and_says_no_more_than_that(ctl: Ctl, api: FakeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    from winslow.client.projects import Projects

    def interrupted(*given: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Projects, "list", interrupted)
    said = ctl("project", "list")
    assert said.code == 130
    assert "Traceback" not in said.err


def test_a_daemon_that_comes_back_soon_is_waited_for(ctl: Ctl, api: FakeApi) -> None:
    tries: list[str] = []

    def once_away(request: run_service_pb2.PauseRunRequest) -> run_pb2.Run:
        tries.append(request.request_id)
        if len(tries) == 1:
            raise Unavailable("etcd has no leader", reason="NO_LEADER")
        return a_run(state="PAUSED")

    serve_projects(api, a_project())
    api.on("RunService/PauseRun", once_away)
    assert ctl("run", "pause", "bikes").code == 0
    assert len(tries) == 2
    assert tries[0] == tries[1] != ""


def test_help_says_the_exit_codes_and_is_quick(ctl: Ctl) -> None:
    import subprocess
    import time

    took = []
    for _ in range(3):
        begun = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-m", "winslowctl", "--help"], capture_output=True, text=True, check=True
        )
        took.append(time.monotonic() - begun)
    assert "Exit codes: 0 done" in done.stdout
    assert min(took) < 1  # 0.12 s on a quiet machine; loading gRPC, rich or the messages would still be seen below
    probe = (
        "import sys, winslowctl.__main__ as m; m.run(['--help']); "
        "print([n for n in ('grpc', 'rich', 'google.protobuf', 'pydantic') if n in sys.modules])"
    )
    loaded = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert loaded.stdout.splitlines()[-1] == "[]"


def test_every_command_has_help(ctl: Ctl) -> None:
    import typer

    from winslowctl.__main__ import PLACES, app

    group = typer.main.get_command(app)
    for name, place in PLACES.items():
        group.resolve_command(None, [name])  # type: ignore[attr-defined]
        command = group.commands[name]  # type: ignore[attr-defined]
        verbs = [[name]] if place.verb else [[name, verb] for verb in command.commands]
        for words in verbs:
            said = ctl(*words, "--help")
            assert said.code == 0
            assert "--output" in said.out
