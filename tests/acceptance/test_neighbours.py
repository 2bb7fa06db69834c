"""Three real nodes over one etcd and one volume: any of them answers for all, and one that is lost costs nobody their log."""

from __future__ import annotations

import contextlib
import time
import uuid
from collections.abc import Callable, Iterator

import pytest

from tests import etcd_raw
from tests.acceptance.story import Story, run_state
from tests.daemon import NodeDaemon
from tests.etcd import Member
from winslow.client import Client
from winslow.errors import InvalidArgument, Unavailable

PRINTING = "i=0; while [ ! -e /resources/{} ]; do echo $i; i=$((i+1)); usleep 50000; done; echo last"

CLUSTER = f"t-{uuid.uuid4().hex[:12]}"
NAMES = ("node-a", "node-b", "node-c")


class Nodes:
    """Nodes a, b and c, each with a client of its own."""

    def __init__(self, daemons: dict[str, NodeDaemon], clients: dict[str, Client], image: str) -> None:
        self.daemons = daemons
        self.clients = clients
        self.image = image

    def placed(self, name: str) -> tuple[Story, str, NodeDaemon, list[Client]]:
        """A story whose stage prints until the test lets it end, the stage, its node, and clients of the others."""
        story = Story(next(iter(self.clients.values())), self.image, name).stages(PRINTING.format(name))
        story.client.runs.start(story.project)
        stage = story.started("s1")
        there = stage.node.removeprefix("nodes/")
        return story, stage.name, self.daemons[there], [one for name, one in self.clients.items() if name != there]

    def let_go(self, name: str) -> None:
        (next(iter(self.daemons.values())).files / "resources" / name).touch()


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory, etcd: Member, image: str) -> Iterator[Nodes]:
    directory = tmp_path_factory.mktemp("town")
    settings = {"volume": str(directory / "volume"), "session_ttl": 5}
    with contextlib.ExitStack() as stack:
        daemons = {name: NodeDaemon(directory / name, CLUSTER, [etcd.endpoint], **settings) for name in NAMES}
        for one in daemons.values():
            stack.callback(one.stop)
            one.start()
        clients = {name: stack.enter_context(one.client()) for name, one in daemons.items()}
        yield Nodes(daemons, clients, image)


@pytest.fixture
def nodes(town: Nodes) -> Nodes:
    """All of them well, whatever was done to one before."""
    for daemon in town.daemons.values():
        if not daemon.running:
            daemon.start()
    for client in town.clients.values():
        until(lambda client=client: len(list(client.nodes.list("state=READY"))) == len(NAMES))
    until(lambda: next(iter(town.clients.values())).nodes.cluster().leader)
    return town


def test_a_log_is_followed_through_another_node_though_the_daemon_that_writes_it_is_killed(nodes: Nodes) -> None:
    story, stage, there, others = nodes.placed("follow")
    lines = others[0].logs.lines(stage, follow=True)
    heard = [next(lines).text for _ in range(20)]
    there.kill()
    heard += [next(lines).text for _ in range(40)]
    nodes.let_go("follow")
    there.start()
    heard += [one.text for one in lines]
    assert heard == [*(str(number).encode() for number in range(len(heard) - 1)), b"last"], "a gap or a repeat"
    run = others[0].runs.list(story.project)
    assert run_state(story.settled(next(iter(run)))) == "SUCCEEDED" and len(story.all()) == 1


def test_any_node_tells_what_another_measures(nodes: Nodes) -> None:
    _, stage, there, others = nodes.placed("measure")
    for other in others:
        subjects: set[str] = set()
        for readings in other.nodes.watch_readings(timeout=30):
            subjects |= {one.subject for one in readings}
            if len(subjects) == 3:
                break
        assert subjects == {f"nodes/{name}" for name in nodes.daemons}
        assert next(other.nodes.watch_readings([stage], timeout=30))[0].subject == stage
    there.kill()
    until(lambda: len(list(others[0].nodes.list("state=READY"))) == 2)
    with pytest.raises(Unavailable) as caught, nodes.daemons[_other_than(there, nodes)].client(patience=0) as client:
        list(client.nodes.readings(there.name))
    assert caught.value.reason == "NODE_SILENT"
    nodes.let_go("measure")


def test_errors_of_another_node_are_told_as_they_are(nodes: Nodes) -> None:
    _, stage, _, others = nodes.placed("errors")
    with pytest.raises(InvalidArgument) as caught:
        list(others[0].logs.search(stage, "("))
    assert caught.value.reason == "PATTERN_INVALID" and "RE2" in caught.value.hint
    nodes.let_go("errors")


def test_every_node_tells_why_a_stage_waits_as_the_leader_does(nodes: Nodes) -> None:
    """And every node takes part: those that do not lead by what they offer."""
    client = nodes.clients["node-a"]
    story = Story(client, nodes.image, "waits").pipeline(
        "- {name: big, image: IMAGE, arguments: ['true'], resources: {tags: [gone]}}"
    )
    client.runs.start(story.project)
    until(lambda: bool(story.all("big")))
    (stage,) = story.all("big")
    explained = []
    for one in nodes.clients.values():
        until(lambda one=one: len(one.stages.explain(stage.name).bids) == 3)
        explained.append(one.stages.explain(stage.name))
    assert explained[0] == explained[1] == explained[2]
    assert {bid.node for bid in explained[0].bids} == {f"nodes/{name}" for name in nodes.daemons}
    assert all("gone" in " ".join(bid.lacks) for bid in explained[0].bids)


def test_the_secret_is_nowhere_to_be_seen(nodes: Nodes, etcd: Member) -> None:
    (kept,) = etcd_raw.listed([etcd.endpoint], f"/winslow/v1/{CLUSTER}/secret".encode())
    assert len(kept.value) > 40
    for daemon in nodes.daemons.values():
        assert kept.value not in daemon.log.read_bytes()


def _other_than(daemon: NodeDaemon, nodes: Nodes) -> str:
    return next(name for name in nodes.daemons if name != daemon.name)


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)
