"""Short references: what a person types means one thing, or is refused with what it could mean."""

from __future__ import annotations

import pytest

from tests.fakes.api import FakeApi
from tests.unit.cli import a_project, a_run, serve_projects, serve_runs, serve_stages, stage
from winslow.client import Client
from winslow.errors import InvalidArgument, NotFound, PermissionDenied
from winslowctl import references


@pytest.fixture(autouse=True)
def world(api: FakeApi) -> None:
    serve_projects(
        api,
        a_project("bikes"),
        a_project("bikes-2"),
        a_project("cars", display_name="Main Street, Monday"),
        a_project("vans", display_name="Twice"),
        a_project("trucks", display_name="Twice"),
    )
    serve_stages(
        api,
        stage("detect-1-1-x7"),
        stage("detect-2-1-x7"),
        stage("track-1-1-x7"),
        stage("detect-1-1-y8", project="cars"),
    )
    serve_runs(api, a_run(1), a_run(12))


@pytest.mark.parametrize(
    ("text", "id_"),
    [
        ("bikes", "bikes"),
        ("projects/bikes", "bikes"),
        ("bikes-", "bikes-2"),
        ("ca", "cars"),
        ("Main Street, Monday", "cars"),
    ],
)
def test_a_project_is_named_by_id_beginning_or_display_name(client: Client, text: str, id_: str) -> None:
    assert references.project(client, text).name == f"projects/{id_}"


@pytest.mark.parametrize("text", ["Twice", "b"])
def test_what_fits_several_projects_is_refused_with_the_candidates(client: Client, text: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        references.project(client, text)
    assert caught.value.reason == "REFERENCE_AMBIGUOUS"
    assert len(caught.value.metadata["candidates"].split(",")) == 2


@pytest.mark.parametrize("text", ["nothing", "", "Main Street", "../etc"])
def test_what_fits_no_project_is_not_found(client: Client, text: str) -> None:
    with pytest.raises((NotFound, InvalidArgument)):
        references.project(client, text)


@pytest.mark.parametrize(
    ("text", "id_"),
    [
        ("detect-1-1-x7", "detect-1-1-x7"),
        ("projects/bikes/stages/detect-1-1-x7", "detect-1-1-x7"),
        ("detect-2", "detect-2-1-x7"),
        ("track", "track-1-1-x7"),
        ("bikes/detect", "detect-2-1-x7"),
        ("Bikes/detect-1", "detect-1-1-x7"),
        ("cars/detect", "detect-1-1-y8"),
    ],
)
def test_a_stage_is_named_by_id_beginning_or_definition(client: Client, text: str, id_: str) -> None:
    assert references.stage(client, text).name.endswith(f"/stages/{id_}")


def test_a_definition_of_several_projects_is_refused_with_them(client: Client) -> None:
    with pytest.raises(InvalidArgument) as caught:
        references.stage(client, "detect")
    assert caught.value.metadata["candidates"] == "bikes/detect,cars/detect"


def test_the_beginning_of_several_stages_is_refused_with_them(client: Client) -> None:
    with pytest.raises(InvalidArgument) as caught:
        references.stage(client, "detect-1-1")
    assert caught.value.metadata["candidates"] == "detect-1-1-x7,detect-1-1-y8"


@pytest.mark.parametrize(("text", "number"), [("12", 12), ("000001", 1), ("projects/bikes/runs/000012", 12), ("1", 1)])
def test_a_run_is_named_by_number_or_id(client: Client, text: str, number: int) -> None:
    assert references.run(client, "projects/bikes", text).number == number


def test_the_latest_run_of_a_project_that_never_ran_is_not_found(client: Client) -> None:
    with pytest.raises(NotFound) as caught:
        references.run(client, "projects/bikes", None)
    assert "run start bikes" in caught.value.hint


def test_an_error_that_says_nothing_of_the_name_is_not_taken_for_an_answer(api: FakeApi, client: Client) -> None:
    def refuse(request: object) -> None:
        raise PermissionDenied("not yours", reason="ROLE_TOO_LOW")

    api.on("ProjectService/GetProject", refuse)
    with pytest.raises(PermissionDenied):
        references.project(client, "bikes")
