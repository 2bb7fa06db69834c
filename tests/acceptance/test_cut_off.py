"""A node whose etcd is out of reach: it answers for itself, says that it is cut off, changes nothing, and is well again after."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from google.protobuf.message import Message

from tests.acceptance.story import Story, run_state, state_of
from tests.cable import Cable
from tests.daemon import ROOT, NodeDaemon
from tests.etcd import Member, free_ports
from winslow.client import Client
from winslow.errors import Ambiguous, Unavailable
from winslow.pipelinefile import parse
from winslow.v1.event_service_pb2 import WatchRequest, WatchResponse
from winslow.v1.project_service_pb2 import ListProjectsRequest, ListProjectsResponse, TagProjectRequest
from winslow.wire.pipeline import spec_to_proto
from winslowd.gateway.web_frames import message_frame

PRINTING = "i=0; while [ ! -e /resources/go ]; do echo $i; i=$((i+1)); usleep 100000; done"
"""A line each tenth of a second, until the test lets it end."""


class Line:
    """A cable whose loop runs in a thread, for tests that wait for programs and people."""

    def __init__(self, server: str) -> None:
        self._cable = Cable(server)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="cable", daemon=True)
        self._thread.start()
        self.mend()

    @property
    def endpoint(self) -> str:
        return self._cable.endpoint

    def mend(self) -> None:
        asyncio.run_coroutine_threadsafe(self._cable.mend(), self._loop).result(10)

    def cut(self) -> None:
        asyncio.run_coroutine_threadsafe(self._cable.cut(), self._loop).result(10)

    def hold(self) -> None:
        """As where packets are dropped: nobody is refused, everybody waits."""
        self._loop.call_soon_threadsafe(self._cable.hold_requests)
        self._loop.call_soon_threadsafe(self._cable.hold_answers)

    def close(self) -> None:
        self.cut()
        self.mend()  # lets what was held go, so that its pumps end
        self.cut()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)


@pytest.fixture
def line(own_etcd: Member) -> Iterator[Line]:
    made = Line(own_etcd.endpoint)
    yield made
    made.close()


@pytest.fixture
def node(tmp_path: Path, line: Line, cluster: str) -> Iterator[NodeDaemon]:
    with NodeDaemon(tmp_path / "node-a", cluster, [line.endpoint], session_ttl=5) as running:
        yield running


class Follower:
    """Somebody who follows a log all the time."""

    def __init__(self, node: NodeDaemon, stage: str) -> None:
        self.lines: list[str] = []
        self._node = node
        self._stage = stage
        self._thread = threading.Thread(target=self._follow, name="follower", daemon=True)
        self._thread.start()

    def _follow(self) -> None:
        with self._node.client() as client:
            for one in client.logs.lines(self._stage, follow=True):
                self.lines.append(one.text.decode())

    def hears_more(self) -> None:
        heard = len(self.lines)
        until(lambda: len(self.lines) > heard + 3)

    def to_the_end(self) -> list[str]:
        self._thread.join(30)
        assert not self._thread.is_alive()
        return self.lines


def refused(client: Client) -> tuple[Unavailable, float]:
    """How a change is refused, and after how many seconds."""
    at = time.monotonic()
    with pytest.raises(Unavailable) as caught:
        client.nodes.cordon("node-a", reason="not now")
    return caught.value, time.monotonic() - at


@pytest.mark.parametrize("how", ["refused", "silent"])
def test_a_node_that_loses_its_etcd_answers_for_itself_and_changes_nothing(
    node: NodeDaemon, line: Line, image: str, how: str
) -> None:
    with node.client() as client, node.client(patience=0) as impatient:
        story = Story(client, image, "cut off").stages(PRINTING)
        run = client.runs.start(story.project)
        stage = story.started("s1")
        follower = Follower(node, stage.name)
        follower.hears_more()

        line.cut() if how == "refused" else line.hold()
        error, seconds = refused(impatient)  # the node does not know it yet
        if how == "refused":
            assert error.reason == "ETCD_UNAVAILABLE" and not isinstance(error, Ambiguous) and seconds < 4
        else:
            assert isinstance(error, Ambiguous) and seconds < 9, "it was sent, so it may yet be done"
        until(lambda: client.nodes.cluster().stale)
        assert {part.name: part.health for part in client.nodes.cluster().parts}["etcd"] == 3  # HEALTH_DOWN

        error, seconds = refused(impatient)
        assert error.reason == "ETCD_UNAVAILABLE" and not isinstance(error, Ambiguous)
        assert seconds < 1 and "Stages go on" in error.hint
        assert [one.name for one in client.projects.list()] == [story.project]
        assert state_of(client.stages.get(stage.name)) == "RUNNING"
        assert run_state(client.runs.get(run.name)) == "RUNNING"
        assert list(client.stages.list(story.project))
        assert client.files.stat(f"{stage.name}/workspace").path
        follower.hears_more()
        assert next(iter(client.nodes.watch_readings(["node-a", stage.name], timeout=20)))
        said = subprocess.run(
            [sys.executable, "-m", "winslowctl", "--address", node.address, "project", "list"],
            cwd=ROOT, capture_output=True, text=True, timeout=60, check=True,
        )  # fmt: skip
        assert story.project.removeprefix("projects/") in said.stdout and said.stderr.count("Warning") == 1

        line.mend()
        until(lambda: not client.nodes.cluster().stale)
        until(lambda: bool(list(client.nodes.list())))
        assert client.nodes.cordon("node-a", reason="now again").policy.reason == "now again"
        (node.files / "resources" / "go").touch()
        assert run_state(story.settled(run)) == "SUCCEEDED"
        assert len(story.all()) == 1, "the stage went on, nothing was tried again"
        heard = follower.to_the_end()
        assert heard == [str(number) for number in range(len(heard))], "a gap or a repeat"


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def frames(answer: httpx.Response) -> Iterator[bytes]:
    """The messages of a gRPC-Web stream as they come, and its trailers as the last."""
    held = bytearray()
    for came in answer.iter_raw():
        held += came
        while len(held) >= 5 and len(held) >= 5 + (size := int.from_bytes(held[1:5], "big")):
            yield bytes(held[5 : 5 + size])
            del held[: 5 + size]


def test_a_page_that_is_open_on_a_node_without_etcd_is_told_so_and_shows_what_it_saw_and_changes_nothing(
    tmp_path: Path, line: Line, cluster: str
) -> None:
    port = free_ports(1)[0]
    web = f"http://127.0.0.1:{port}"
    with (
        NodeDaemon(tmp_path / "node-a", cluster, [line.endpoint], session_ttl=5, http=[f"127.0.0.1:{port}"]) as node,
        node.client() as client,
        httpx.Client(base_url=web, timeout=20, headers={"Origin": web, "Accept-Encoding": "identity"}) as browser,
    ):
        spec = spec_to_proto(parse("name: p\nstages: [{name: s, image: none}]"))
        project = client.projects.create("seen", spec=spec).name
        (node.files / "resources" / "seen.txt").write_text("kept")

        def call(method: str, request: Message) -> Any:
            """As a page calls a service: a stream of frames."""
            kind = "application/grpc-web+proto"
            body = message_frame(request.SerializeToString())
            return browser.stream("POST", f"/winslow.v1.{method}", content=body, headers={"Content-Type": kind})

        with call("EventService/Watch", WatchRequest()) as watching:
            told = frames(watching)
            first = WatchResponse.FromString(next(told))
            assert not first.stale and project in {change.name for change in first.changes}
            line.cut()
            while not WatchResponse.FromString(next(told)).stale:
                pass

            page = browser.get("/projects", headers={"Accept": "text/html"})
            built = (ROOT / "winslowd/gateway/ui/index.html").exists()
            assert (page.status_code, page.headers["winslow-stale"]) == (200 if built else 404, "true")
            assert browser.get("/files/resources/seen.txt").text == "kept"
            assert browser.get("/healthz").status_code == 200
            ready = browser.get("/readyz")
            assert ready.status_code == 503 and "ETCD_UNAVAILABLE" in ready.json()["reasons"]
            with call("ProjectService/ListProjects", ListProjectsRequest()) as listed:
                assert ListProjectsResponse.FromString(next(frames(listed))).projects[0].name == project
            with call("ProjectService/TagProject", TagProjectRequest(name=project, add_tags=["new"])) as tagged:
                refusal = next(frames(tagged))
            assert b"grpc-status: 14" in refusal and b"etcd" in refusal

            line.mend()
            while WatchResponse.FromString(next(told)).stale:
                pass
        assert client.projects.tag(project, add=["new"]).tags == ["new"]
        assert browser.get("/readyz").status_code == 200
