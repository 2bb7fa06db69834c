"""What takes a minute, all in the same one: two clusters, of which one has no quorum, and the other's nodes are frozen and cut off.

A minute is four times as long as a session lives by default, and twelve times as long as here. The faults happen once, in
`Minute`; each test then looks at one of them.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.acceptance.scene import Scene, counting, definition, fresh, observed, until
from tests.acceptance.story import Story, run_state
from tests.cluster import Cluster
from tests.invariants import Write
from tests.network import needs_namespaces
from winslow.domain.stage import Stage, State
from winslow.errors import WinslowError
from winslow.v1.run_pb2 import Run

pytestmark = [needs_namespaces, pytest.mark.timeout(300)]

MINUTE = 60.0
WITHIN = 180.0


class WithoutQuorum:
    """Three nodes with a core each, over an etcd of which two members of three are dead for a minute."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.story = scene.story().pipeline(
            definition("long", counting(350, MINUTE + 10))
            + definition("short", counting(50, 20))
            + definition("brief", counting(50, 25))
            + definition("waiting", counting(10, 0.2))  # there is no room for it before another has ended
        )
        self.run: Run
        self.died_at = self.mending_at = self.back_at = 0.0
        self.readable = ""

    def begin(self) -> None:
        self.run = self.scene.start(self.story)
        for name in ("long", "short", "brief"):
            self.scene.stage(self.story, name, State.RUNNING)
        for member in self.scene.cluster.members[:2]:
            member.kill()
        self.died_at = time.time()

    def meanwhile(self) -> None:
        """Half-way: what does a node say of its own stage?"""
        stage = self.scene.observer.stages(self.story.project, "short")[0]
        try:
            self.readable = (
                self.scene.client(stage.node or "").stages.get(f"{self.story.project}/stages/{stage.id}").name
            )
        except WinslowError as error:
            self.readable = str(error)

    def mend(self) -> None:
        self.mending_at = time.time()
        for member in self.scene.cluster.members[:2]:
            member.start()
        self.scene.cluster.members[0].wait_until_healthy()
        self.back_at = time.time()

    def settle(self) -> None:
        self.run = self.scene.settled(self.story, self.run, WITHIN)


class Apart:
    """Five nodes, each with its own network: b frozen, c frozen with what is given up soon and goes to d, e cut off from etcd."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        soon = {
            "lost_after": "3s",
            "resources": "{tags: [spare]}",
            "retry": "{attempts: 2, backoff: 0s, on: [node-lost]}",
        }
        self.patient = scene.story().pipeline(
            definition("frozen", counting(350, MINUTE + 10), resources="{tags: [is-b]}")
            + definition("ends-frozen", counting(50, 20), resources="{tags: [is-b]}")
            + definition("cut", counting(350, MINUTE + 10), resources="{tags: [is-e]}")
            + definition("ends-cut", counting(50, 20), resources="{tags: [is-e]}")
        )
        self.hasty = scene.story().pipeline(
            definition("lost", counting(350, MINUTE + 30, again=2), **soon)
            + definition("ends-lost", counting(50, 20, again=2), **soon)
        )
        self.runs: list[Run] = []
        self.seen_when_cut: list[str] = []
        self.mending_at = self.back_at = 0.0

    def begin(self) -> None:
        operator = self.scene.client()
        operator.nodes.cordon("node-d", reason="what is given up shall be together, and go elsewhere")
        self.runs = [self.scene.start(self.patient), self.scene.start(self.hasty)]
        for name in ("frozen", "ends-frozen", "cut", "ends-cut"):
            self.scene.stage(self.patient, name, State.RUNNING)
        for name in ("lost", "ends-lost"):
            assert self.scene.stage(self.hasty, name, State.RUNNING).node == "node-c"
        operator.nodes.uncordon("node-d")
        nodes = self.scene.cluster.nodes
        nodes["node-b"].freeze()
        nodes["node-c"].freeze()
        self.scene.cluster.cut_from_etcd(nodes["node-e"])

    def meanwhile(self) -> None:
        """Half-way: the node without etcd answers for itself."""
        (stage,) = self.scene.observer.stages(self.patient.project, "cut")
        client = self.scene.client("node-e", patience=5)
        lines = client.logs.lines(f"{self.patient.project}/stages/{stage.id}")
        self.seen_when_cut = [line.text.decode() for line in lines if line.stream == "stdout"]

    def mend(self) -> None:
        self.mending_at = time.time()
        nodes = self.scene.cluster.nodes
        nodes["node-b"].thaw()
        nodes["node-c"].thaw()
        self.scene.cluster.mend(nodes["node-e"])
        self.back_at = time.time()

    def settle(self) -> None:
        self.runs = [
            self.scene.settled(story, run, WITHIN)
            for story, run in zip((self.patient, self.hasty), self.runs, strict=True)
        ]


class Minute:
    """Both clusters, through the same minute."""

    def __init__(self, directory: Path, image: str, stack: ExitStack) -> None:
        each = {f"node-{letter}": {"tags": [f"is-{letter}"]} for letter in "abe"}
        each |= {f"node-{letter}": {"tags": ["spare"], "cpus": 2} for letter in "cd"}
        quorum = stack.enter_context(Cluster(directory / "quorum", fresh("quorum"), cpus=1))
        apart = stack.enter_context(Cluster(directory / "apart", fresh("apart"), 5, apart=True, each=each, cpus=2))
        self.quorum = WithoutQuorum(stack.enter_context(observed(quorum, image)))
        self.apart = Apart(stack.enter_context(observed(apart, image)))

    def pass_by(self) -> None:
        self.apart.begin()
        self.quorum.begin()
        begun = time.monotonic()
        time.sleep(MINUTE / 2)  # nothing is waited for: that time passes is the fault
        self.quorum.meanwhile()
        self.apart.meanwhile()
        time.sleep(max(MINUTE - (time.monotonic() - begun), 0))
        self.apart.mend()
        self.quorum.mend()
        self.quorum.settle()
        self.apart.settle()


@pytest.fixture(scope="module")
def minute(tmp_path_factory: pytest.TempPathFactory, image: str) -> Iterator[Minute]:
    with ExitStack() as stack:
        passed = Minute(tmp_path_factory.mktemp("minute"), image, stack)
        passed.pass_by()
        yield passed


def ended(scene: Scene, story: Story, name: str) -> tuple[Stage, float]:
    """The only attempt, and when the record of its end was seen."""
    (stage,) = scene.observer.stages(story.project, name)

    def is_end(write: Write) -> bool:
        return isinstance(write.value, Stage) and write.value.id == stage.id and write.value.ended

    found = scene.observer.first(is_end)
    assert found
    return stage, found[1]


def test_without_a_quorum_nothing_is_killed_and_nothing_is_awarded(minute: Minute) -> None:
    fault = minute.quorum
    assert run_state(fault.run) == "SUCCEEDED", fault.run.reason.text
    history = fault.scene.observer.check()
    for name, lines in (("long", 350), ("short", 50), ("brief", 50), ("waiting", 10)):
        stage, _ = ended(fault.scene, fault.story, name)
        assert stage.state is State.SUCCEEDED and history.lines[stage.id] == tuple(range(lines))
    during = [one for one in history.events if fault.died_at + 1 < one.at < fault.mending_at]
    assert not [one for one in during if one.action in ("start", "kill") and not one.held], during


def test_without_a_quorum_ends_are_kept_and_recorded_within_five_seconds_of_its_return(minute: Minute) -> None:
    fault = minute.quorum
    for name in ("short", "brief"):
        stage, seen = ended(fault.scene, fault.story, name)
        assert fault.mending_at < seen <= fault.back_at + 5, "recorded when etcd was back"
        assert stage.ended_at and stage.ended_at < fault.died_at + MINUTE / 2, "and told when it was"


def test_without_a_quorum_a_node_still_answers_for_its_stages(minute: Minute) -> None:
    assert minute.quorum.readable.startswith("projects/")


@pytest.mark.parametrize("name", ["frozen", "ends-frozen"])
def test_a_node_frozen_for_a_minute_goes_on_as_if_nothing_had_been(minute: Minute, name: str) -> None:
    fault = minute.apart
    stage, _ = ended(fault.scene, fault.patient, name)
    assert (stage.state, stage.node) == (State.SUCCEEDED, "node-b")
    assert run_state(fault.runs[0]) == "SUCCEEDED"
    history = fault.scene.observer.check()
    assert history.lines[stage.id] == tuple(range(350 if name == "frozen" else 50))
    assert any(write.kind == "silences" and write.key == "node-b" for write in history.writes), "it was suspected"


@pytest.mark.parametrize("name", ["lost", "ends-lost"])
def test_a_node_that_wakes_too_late_stops_what_is_no_longer_its_and_publishes_nothing(
    minute: Minute, name: str
) -> None:
    fault, observer = minute.apart, minute.apart.scene.observer
    assert run_state(fault.runs[1]) == "SUCCEEDED"
    first, again = observer.stages(fault.hasty.project, name)
    assert (first.state, first.node) == (State.LOST, "node-c")
    assert again.state is State.SUCCEEDED and again.node == "node-d"
    woken = fault.scene.cluster.nodes["node-c"]
    until(lambda: not fault.scene.cluster.containers(woken))
    history = observer.check()
    assert [one.stage for one in history.shown if (one.project, one.definition) == (again.project, name)] == [again.id]
    killed = [one for one in history.events if one.stage == first.id and one.action == "kill"]
    if name == "lost":
        assert killed and all(one.at > fault.mending_at for one in killed), "it ran until its node woke, and no longer"
        assert history.lines[first.id] != tuple(range(350))
    else:
        assert history.lines[first.id] == tuple(range(50)), "it had ended before, and that counts no more"


@pytest.mark.parametrize("name", ["cut", "ends-cut"])
def test_a_node_cut_off_from_etcd_for_a_minute_goes_on_as_if_nothing_had_been(minute: Minute, name: str) -> None:
    fault = minute.apart
    stage, seen = ended(fault.scene, fault.patient, name)
    assert (stage.state, stage.node) == (State.SUCCEEDED, "node-e")
    history = fault.scene.observer.check()
    assert history.lines[stage.id] == tuple(range(350 if name == "cut" else 50))
    assert any(write.kind == "silences" and write.key == "node-e" for write in history.writes), "it was suspected"
    if name == "ends-cut":
        assert fault.mending_at < seen <= fault.back_at + 20, "the end was kept, and recorded when packets flowed again"


def test_a_node_cut_off_from_etcd_still_shows_the_log_of_its_stage(minute: Minute) -> None:
    numbers = [int(text.removeprefix("line ")) for text in minute.apart.seen_when_cut]
    assert len(numbers) > 50 and numbers == list(range(len(numbers)))
