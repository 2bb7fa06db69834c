"""`winslowctl retention` and `workspace drop`: what they ask for, and how they tell what would go."""

from __future__ import annotations

import json

import pytest
from google.protobuf.duration_pb2 import Duration

from tests.fakes.api import FakeApi
from tests.unit.cli import Ctl, api, at, ctl  # noqa: F401 - fixtures
from winslow.v1 import project_pb2, stage_pb2
from winslow.v1.retention_pb2 import RetentionCandidate, RetentionPolicy
from winslow.v1.settings_service_pb2 import PreviewRetentionResponse

SETTINGS = "SettingsService"
BIKES = "projects/bikes-abc/retentionPolicy"


@pytest.fixture(autouse=True)
def projects(api: FakeApi) -> None:  # noqa: F811
    api.on("ProjectService/GetProject", project_pb2.Project(name="projects/bikes-abc", display_name="Bikes"))
    api.on(
        f"{SETTINGS}/GetRetentionPolicy",
        lambda request: RetentionPolicy(
            name=request.name, keep_failed=True, keep_succeeded=3, inherited="/" in request.name
        ),
    )
    api.on(f"{SETTINGS}/UpdateRetentionPolicy", lambda request: request.retention_policy)


def test_only_what_was_said_is_changed(api: FakeApi, ctl: Ctl) -> None:  # noqa: F811
    said = ctl("retention", "set", "bikes-abc", "--keep-succeeded", "5", "--max-age", "30d", "--drop-discardable")
    assert said.code == 0, said.err
    (request,) = api.requests(f"{SETTINGS}/UpdateRetentionPolicy")
    assert request.retention_policy.name == BIKES
    assert sorted(request.update_mask.paths) == ["drop_discardable", "keep_succeeded", "max_age"]
    assert request.retention_policy.max_age == Duration(seconds=30 * 86400)
    assert "the newest 5 ones" in said.out


def test_all_and_never_take_a_rule_back(api: FakeApi, ctl: Ctl) -> None:  # noqa: F811
    assert ctl("retention", "set", "--keep-succeeded", "all", "--max-age", "never").code == 0
    (request,) = api.requests(f"{SETTINGS}/UpdateRetentionPolicy")
    assert request.retention_policy.name == "retentionPolicy"
    assert sorted(request.update_mask.paths) == ["keep_succeeded", "max_age"]
    assert not request.retention_policy.HasField("keep_succeeded")


def test_a_project_without_a_policy_says_that_it_has_the_clusters(ctl: Ctl) -> None:  # noqa: F811
    assert "bikes-abc has the cluster's policy" in ctl("retention", "show", "bikes-abc").out
    assert "has the cluster's" not in ctl("retention", "show").out


def test_a_policy_is_forgotten_only_when_that_is_said(api: FakeApi, ctl: Ctl) -> None:  # noqa: F811
    assert ctl("retention", "set").code == 0
    assert not api.requests(f"{SETTINGS}/UpdateRetentionPolicy")
    assert ctl("retention", "reset", "bikes-abc").code == 0
    (request,) = api.requests(f"{SETTINGS}/UpdateRetentionPolicy")
    assert request.reset and request.retention_policy.name == BIKES


def test_a_preview_tells_what_would_go_why_and_how_much_room_it_makes(api: FakeApi, ctl: Ctl) -> None:  # noqa: F811
    pages = iter(
        PreviewRetentionResponse(
            candidates=[
                RetentionCandidate(stage=f"projects/bikes-abc/stages/s{n}", reason="it is FAILED", size=n << 20)
            ],
            total_size=3 << 20,
            next_page_token="more" if n == 1 else "",
        )
        for n in (1, 2)
    )
    api.on(f"{SETTINGS}/PreviewRetention", lambda request: next(pages))
    said = ctl("retention", "preview", "bikes-abc", "--drop-failed")
    assert said.code == 0, said.err
    (request, second) = api.requests(f"{SETTINGS}/PreviewRetention")
    assert not request.retention_policy.keep_failed
    assert (request.retention_policy.keep_succeeded, second.page_token) == (3, "more")
    assert "s1" in said.out and "s2" in said.out and "it is FAILED" in said.out
    assert "2 workspaces would go, which frees 3.0 MiB." in said.out
    assert not api.requests(f"{SETTINGS}/UpdateRetentionPolicy")


def test_a_preview_for_programs_has_numbers(api: FakeApi, ctl: Ctl) -> None:  # noqa: F811
    api.on(f"{SETTINGS}/PreviewRetention", PreviewRetentionResponse(total_size=5))
    assert json.loads(ctl("retention", "preview", "-o", "json").out)["total_size"] in (5, "5")


@pytest.mark.parametrize("wrong", [("--keep-succeeded", "few"), ("--max-age", "old"), ("--keep-succeeded", "-1")])
def test_nonsense_is_refused_before_anything_is_asked(api: FakeApi, ctl: Ctl, wrong: tuple[str, str]) -> None:  # noqa: F811
    assert ctl("retention", "set", *wrong).code != 0
    assert not api.requests(f"{SETTINGS}/UpdateRetentionPolicy")


def test_a_workspace_is_dropped_once_it_was_confirmed(api: FakeApi, ctl: Ctl) -> None:  # noqa: F811
    name = "projects/bikes-abc/stages/detect-1-1-abc"
    api.on("StageService/GetStage", stage_pb2.Stage(name=name))
    api.on("StageService/DropWorkspace", stage_pb2.Stage(name=name, workspace_drop_time=at(0)))
    assert ctl("workspace", "drop", "detect-1-1-abc").code != 0
    assert not api.requests("StageService/DropWorkspace")
    said = ctl("workspace", "drop", "detect-1-1-abc", "--yes")
    assert said.code == 0 and "given up" in said.out
    api.on("StageService/GetStage", stage_pb2.Stage(name=name, workspace_drop_time=at(0)))
    assert "given up 2023-11-14" in ctl("stage", "show", "detect-1-1-abc").out
