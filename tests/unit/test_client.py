"""The SDK: where it dials, what it repeats and what it never does, and how it waits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.api import FakeApi, cut
from tests.unit.cli import a_project, a_run, serve_projects, stage
from winslow.client import Client, find_address
from winslow.client.calls import Calls
from winslow.client.patience import Patience
from winslow.errors import (
    Ambiguous,
    Conflict,
    DeadlineExceeded,
    InvalidArgument,
    NotFound,
    OutOfRange,
    Unavailable,
    WinslowError,
)
from winslow.v1 import stage_pb2
from winslow.v1.event_service_pb2 import WatchResponse
from winslow.v1.log_pb2 import LogChunk
from winslow.v1.log_service_pb2 import FollowLogRequest
from winslow.v1.project_service_pb2 import ListProjectsResponse


@pytest.mark.parametrize(
    ("given", "environment", "target"),
    [
        ("node-1:7411", {}, "node-1:7411"),
        ("node-1", {}, "node-1:7411"),
        ("[::1]:7411", {}, "[::1]:7411"),
        ("unix:/run/w.sock", {}, "unix:/run/w.sock"),
        ("/run/w.sock", {}, "unix:/run/w.sock"),
        (None, {"WINSLOW_ADDRESS": "node-2:1"}, "node-2:1"),
        ("node-1:1", {"WINSLOW_ADDRESS": "node-2:1"}, "node-1:1"),
        (None, {"XDG_RUNTIME_DIR": "/run/u", "HOME": "/h"}, "unix:/run/u/winslow/dev.sock"),
        (None, {"HOME": "/h"}, "unix:/h/.winslow/dev/winslowd.sock"),
    ],
)
def test_the_address_is_given_or_in_the_environment_or_the_local_daemons(
    given: str | None, environment: dict[str, str], target: str
) -> None:
    assert find_address(given, environment) == target


@pytest.mark.parametrize("address", ["node:port", ":1", "unix:", "node:70000", "http://node:1"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(InvalidArgument):
        find_address(address, {})


def test_of_two_places_the_one_with_a_socket_is_dialled(tmp_path: Path) -> None:
    at_home = tmp_path / ".winslow" / "dev" / "winslowd.sock"
    at_home.parent.mkdir(parents=True)
    at_home.touch()
    environment = {"XDG_RUNTIME_DIR": str(tmp_path / "run"), "HOME": str(tmp_path)}
    assert find_address(None, environment) == f"unix:{at_home}"


def _failing(api: FakeApi, method: str, *errors: WinslowError) -> list[str]:
    """Answer with these errors, then with a run; the request IDs that came are in the list."""
    left, ids = list(errors), []

    def answer(request: Any) -> Any:
        ids.append(request.request_id)
        if left:
            raise left.pop(0)
        return a_run()

    api.on(method, answer)
    return ids


def test_a_mutation_is_repeated_with_the_same_request_id(api: FakeApi, client: Client) -> None:
    away, doubt = Unavailable("away", reason="X"), Ambiguous("lost", reason="CONNECTION_LOST")
    ids = _failing(api, "RunService/PauseRun", away, doubt)
    client.runs.pause("projects/bikes/runs/000001")
    assert len(ids) == 3
    assert len(set(ids)) == 1
    assert ids[0]


def test_two_mutations_have_two_request_ids_and_a_given_one_is_kept(api: FakeApi, client: Client) -> None:
    ids = _failing(api, "RunService/PauseRun")
    for request_id in ("", "", "mine"):
        client.runs.pause("projects/bikes/runs/-", request_id=request_id)
    assert len(set(ids)) == 3
    assert ids[2] == "mine"


@pytest.mark.parametrize("error", [Conflict("changed", reason="REVISION_MISMATCH"), NotFound("gone", reason="X")])
def test_what_another_try_cannot_mend_is_not_tried_again(api: FakeApi, client: Client, error: WinslowError) -> None:
    ids = _failing(api, "RunService/PauseRun", error)
    with pytest.raises(type(error)) as caught:
        client.runs.pause("projects/bikes/runs/-")
    assert caught.value.reason == error.reason
    assert len(ids) == 1


def test_a_daemon_that_is_started_later_is_found(api: FakeApi) -> None:
    import threading

    serve_projects(api, a_project())
    api.stop()
    later = threading.Timer(0.5, api.start)
    later.start()
    with Client(api.address, patience=20) as client:
        assert client.projects.get("bikes").display_name == "Bikes"
    later.join()


def test_who_asks_hears_of_each_answer_that_may_be_old(api: FakeApi) -> None:
    api.on("ProjectService/ListProjects", ListProjectsResponse())
    api.on("LogService/FollowLog", lambda request: iter([LogChunk(ended=True)]))
    old: list[str] = []
    with Client(api.address, on_stale=lambda: old.append("old")) as client:
        list(client.projects.list())
        assert not old
        api.stale = True
        list(client.projects.list())
        assert len(old) == 1
    with closing(Calls(api.address, on_stale=lambda: old.append("old"))) as calls:
        list(calls.stream("LogService/FollowLog", FollowLogRequest(), LogChunk))
        assert len(old) == 2


def test_patience_ends_and_is_renewed_by_progress() -> None:
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    patience = Patience(10, clock=lambda: now[0], sleep=sleep)
    away = Unavailable("away", reason="X")
    with pytest.raises(Unavailable):
        while True:
            patience.pause(away)
    assert now[0] == pytest.approx(10)
    patience.renew()
    patience.pause(away)
    assert 10 < now[0] < 10.2


def test_all_pages_of_a_list_are_read(api: FakeApi, client: Client) -> None:
    pages = {"": ("a", "1"), "1": ("b", "2"), "2": ("c", "")}

    def page(request: Any) -> ListProjectsResponse:
        id_, following = pages[request.page_token]
        return ListProjectsResponse(projects=[a_project(id_)], next_page_token=following)

    api.on("ProjectService/ListProjects", page)
    assert [one.name for one in client.projects.list()] == ["projects/a", "projects/b", "projects/c"]


def test_a_watch_goes_on_after_the_last_revision_it_saw(api: FakeApi, client: Client) -> None:
    asked: list[int] = []

    def watch(request: Any) -> Iterator[WatchResponse]:
        asked.append(request.revision)
        yield WatchResponse(revision=request.revision + 1)
        if len(asked) < 3:
            raise cut()

    api.on("EventService/Watch", watch)
    assert [response.revision for response in client.events.watch()] == [1, 2, 3]
    assert asked == [0, 1, 2]


def test_a_watch_that_was_away_too_long_begins_anew(api: FakeApi, client: Client) -> None:
    def watch(request: Any) -> Iterator[WatchResponse]:
        if request.revision:
            raise OutOfRange("too old", reason="REVISION_COMPACTED")
        yield WatchResponse(revision=9, initial=True)

    api.on("EventService/Watch", watch)
    assert [response.initial for response in client.events.watch(3)] == [True]


def test_waiting_reads_the_thing_after_each_change_and_not_before_the_beginning_is_complete(
    api: FakeApi, client: Client
) -> None:
    changes = [{"kind": "RESOURCE_KIND_STAGE", "name": "x"}]

    def watch(request: Any) -> Iterator[WatchResponse]:
        yield WatchResponse(changes=changes, initial=True)
        yield WatchResponse(changes=changes, initial=True, revision=4)
        yield WatchResponse(revision=4)
        yield WatchResponse(changes=changes, revision=5)

    states = iter(["RUNNING", "SUCCEEDED"])
    read: list[str] = []

    def get(request: Any) -> stage_pb2.Stage:
        read.append(request.name)
        return stage("detect-1-1-x", next(states))

    api.on("EventService/Watch", watch)
    api.on("StageService/GetStage", get)
    ended = client.wait(stage("detect-1-1-x", "RUNNING"))
    assert ended.state == stage_pb2.STAGE_STATE_SUCCEEDED
    assert len(read) == 2


def test_waiting_survives_a_daemon_that_is_started_anew(api: FakeApi, client: Client) -> None:
    serve_projects(api, a_project(state="SUCCEEDED"))

    def killed(request: Any) -> Iterator[WatchResponse]:
        api.on("EventService/Watch", lambda request: iter([WatchResponse(revision=7)]))
        api.stop()
        api.start()
        yield WatchResponse()

    api.on("EventService/Watch", killed)
    assert client.wait(a_project()).name == "projects/bikes"


def test_waiting_for_something_of_ones_own_ends_when_it_is_so(api: FakeApi, client: Client) -> None:
    progress = iter([0.1, 0.6])
    api.on("ProjectService/GetProject", lambda request: a_project(state="RUNNING", progress=next(progress)))
    change = [{"kind": "RESOURCE_KIND_RUN", "name": "x"}]
    api.on("EventService/Watch", lambda request: iter([WatchResponse(revision=n, changes=change) for n in (1, 2)]))
    assert client.wait(a_project(), until=lambda project: project.progress > 0.5).progress == 0.6


def test_waiting_has_an_end(api: FakeApi, client: Client) -> None:
    import threading

    over = threading.Event()

    def silent(request: Any) -> Iterator[WatchResponse]:
        yield WatchResponse(revision=1)
        over.wait(10)

    serve_projects(api, a_project(state="RUNNING"))
    api.on("EventService/Watch", silent)
    with pytest.raises(DeadlineExceeded) as caught:
        client.wait(a_project(), timeout=0.3)
    over.set()
    assert caught.value.reason == "WAIT_TIMED_OUT"


def test_importing_the_sdk_loads_no_grpc() -> None:
    import subprocess
    import sys

    probe = "import sys, winslow.client as c; c.Client('unix:/x').close(); print('grpc' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
