"""What tests of the SDK and of winslowctl start from: a fake API that answers, and a small project to ask it for."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from tests.fakes.api import FakeApi
from winslow.client import Client
from winslow.errors import NotFound
from winslow.v1 import (
    pipeline_pb2,
    project_pb2,
    project_service_pb2,
    run_pb2,
    run_service_pb2,
    stage_pb2,
    stage_service_pb2,
)
from winslow.v1.common_pb2 import Reason
from winslowctl.__main__ import run


class Said(NamedTuple):
    code: int
    out: str
    err: str


Ctl = Callable[..., Said]


@pytest.fixture
def api() -> Iterator[FakeApi]:
    """A path of a socket has at most 107 bytes, so it is not in pytest's own directories."""
    with tempfile.TemporaryDirectory(prefix="winslow-") as directory:
        api = FakeApi(Path(directory) / "api.sock")
        api.start()
        yield api
        api.stop()


@pytest.fixture
def client(api: FakeApi) -> Iterator[Client]:
    with Client(api.address, patience=5, cut_patience=5) as client:
        yield client


@pytest.fixture
def ctl(api: FakeApi, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Ctl:
    """`ctl("project", "list")`: one command line against the fake API."""
    monkeypatch.setenv("WINSLOW_ADDRESS", api.address)
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.setenv("COLUMNS", "200")

    def call(*arguments: str) -> Said:
        code = run(arguments)
        captured = capsys.readouterr()
        return Said(code, captured.out, captured.err)

    return call


def at(seconds: int) -> Timestamp:
    return Timestamp(seconds=1_700_000_000 + seconds)


def definition(name: str, *after: str, image: str = "traffic:1") -> pipeline_pb2.StageDefinition:
    return pipeline_pb2.StageDefinition(name=name, image=image, after=[pipeline_pb2.Edge(stage=one) for one in after])


PIPELINE = pipeline_pb2.PipelineSpec(
    display_name="traffic",
    stages=[definition("detect"), definition("track", "detect"), definition("analyse", "track")],
)


def stage(
    id_: str, state: str = "SUCCEEDED", parent: str = "", project: str = "bikes", **given: object
) -> stage_pb2.Stage:
    name, run_number, attempt, _ = id_.rsplit("-", 3)
    made = stage_pb2.Stage(
        name=f"projects/{project}/stages/{id_}",
        run=f"projects/{project}/runs/{int(run_number):06d}",
        definition=definition(name),
        attempt=int(attempt),
        state=stage_pb2.StageState.Value(f"STAGE_STATE_{state}"),
        create_time=at(int(run_number) * 100),
        start_time=at(int(run_number) * 100),
        end_time=at(int(run_number) * 100 + 12),
        **given,  # type: ignore[arg-type]
    )
    if parent:
        made.parent = f"projects/{project}/stages/{parent}"
    return made


def a_run(number: int = 1, state: str = "RUNNING", **given: object) -> run_pb2.Run:
    return run_pb2.Run(
        name=f"projects/bikes/runs/{number:06d}",
        number=number,
        start=["detect"],
        state=run_pb2.RunState.Value(f"RUN_STATE_{state}"),
        create_time=at(0),
        **given,  # type: ignore[arg-type]
    )


def a_project(id_: str = "bikes", state: str = "IDLE", **given: object) -> project_pb2.Project:
    return project_pb2.Project(
        name=f"projects/{id_}",
        display_name=given.pop("display_name", id_.title()),  # type: ignore[arg-type]
        revision=7,
        pipeline=PIPELINE,
        state=project_pb2.ProjectState.Value(f"PROJECT_STATE_{state}"),
        **given,  # type: ignore[arg-type]
    )


def serve_projects(api: FakeApi, *projects: project_pb2.Project) -> None:
    def get(request: project_service_pb2.GetProjectRequest) -> project_pb2.Project:
        for one in projects:
            if one.name == request.name:
                return one
        raise NotFound(f"There is no {request.name}", reason="PROJECT_UNKNOWN", subject=request.name)

    api.on("ProjectService/GetProject", get)
    api.on("ProjectService/ListProjects", project_service_pb2.ListProjectsResponse(projects=projects))


def serve_stages(api: FakeApi, *stages: stage_pb2.Stage) -> None:
    def get(request: stage_service_pb2.GetStageRequest) -> stage_pb2.Stage:
        for one in stages:
            if one.name.rpartition("/")[2] == request.name.rpartition("/")[2]:
                return one
        raise NotFound(f"There is no {request.name}", reason="STAGE_UNKNOWN", subject=request.name)

    def some(request: stage_service_pb2.ListStagesRequest) -> stage_service_pb2.ListStagesResponse:
        fitting = [one for one in stages if request.parent in {"projects/-", "/".join(one.name.split("/")[:2])}]
        return stage_service_pb2.ListStagesResponse(stages=fitting)

    api.on("StageService/GetStage", get)
    api.on("StageService/ListStages", some)


def serve_runs(api: FakeApi, *runs: run_pb2.Run) -> None:
    def get(request: run_service_pb2.GetRunRequest) -> run_pb2.Run:
        for one in runs:
            if one.name == request.name:
                return one
        raise NotFound(f"There is no {request.name}", reason="RUN_UNKNOWN", subject=request.name)

    api.on("RunService/GetRun", get)
    api.on("RunService/ListRuns", run_service_pb2.ListRunsResponse(runs=runs))


def reason(code: str, text: str) -> Reason:
    return Reason(code=code, text=text)
