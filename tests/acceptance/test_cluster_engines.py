"""Engines that stop, are killed and come back under one node of a cluster, and images that only some nodes have."""

from __future__ import annotations

import signal
import socket
from collections.abc import Iterator
from contextlib import ExitStack

import psutil
import pytest

from tests.acceptance.scene import Scene, counting, definition, first_try, fresh, observed, until
from tests.acceptance.story import Story, cause_of, run_state, state_of
from tests.cluster import Cluster
from tests.dockerd import Dockerd, needs_dockerd
from winslow.domain.stage import Cause, State
from winslow.v1.stage_pb2 import StageState

pytestmark = [needs_dockerd, pytest.mark.timeout(180)]

HOW = [signal.SIGTERM, signal.SIGKILL]


class Engines:
    """node-b's engine keeps containers when it goes (live-restore), node-c's does not; node-a has the machine's."""

    def __init__(self, scene: Scene, keeping: Dockerd, losing: Dockerd) -> None:
        self.scene = scene
        self.keeping = keeping
        self.losing = losing


@pytest.fixture(scope="module")
def engines(tmp_path_factory: pytest.TempPathFactory, image: str) -> Iterator[Engines]:
    directory = tmp_path_factory.mktemp("engines")
    with ExitStack() as stack:
        keeping = stack.enter_context(Dockerd(directory / "keeping", live_restore=True))
        losing = stack.enter_context(Dockerd(directory / "losing"))
        keeping.load(image)
        losing.load(image)
        each = {
            "node-a": {"tags": ["is-a"]},
            "node-b": {"tags": ["is-b"], "docker": keeping.url},
            "node-c": {"tags": ["is-c"], "docker": losing.url},
        }
        cluster = stack.enter_context(Cluster(directory / "cluster", fresh("engines"), each=each, cpus=4))
        yield Engines(stack.enter_context(observed(cluster, image)), keeping, losing)


def everywhere(scene: Scene, seconds: float, *, waits: bool = False) -> Story:
    """A stage on each node, tried again where it ends by a signal."""
    again = "{attempts: 2, backoff: 0s, on: [exit-code]}"
    return scene.story().pipeline(
        "".join(
            definition(
                f"on-{letter}",
                counting(50, seconds, again=1, waits=waits),
                resources=f"{{tags: [is-{letter}]}}",
                retry=again,
            )
            for letter in "abc"
        )
    )


def pid_of(engine: Dockerd, stage: str) -> int:
    client = engine.client()
    try:
        return int(client.inspect_container(stage)["State"]["Pid"])
    finally:
        client.close()


@pytest.mark.parametrize("how", HOW)
def test_an_engine_with_live_restore_that_goes_and_comes_back_costs_nothing(
    engines: Engines, how: signal.Signals
) -> None:
    scene = engines.scene
    story = everywhere(scene, 5, waits=True)
    run = scene.start(story)
    for letter in "abc":
        scene.stage(story, f"on-{letter}", State.RUNNING)
    pid = pid_of(engines.keeping, first_try(story, "on-b"))
    engines.keeping.end(how)
    assert psutil.pid_exists(pid)
    engines.keeping.start()
    story.go(scene.cluster.volume)
    assert pid_of(engines.keeping, first_try(story, "on-b")) == pid, "the same process, not another"
    assert run_state(scene.settled(story, run)) == "SUCCEEDED"
    assert len(scene.observer.stages(story.project)) == 3, "nothing was tried again"
    scene.observer.check()


@pytest.mark.parametrize("how", HOW)
def test_stages_that_die_with_their_engine_are_told_and_tried_again_and_others_go_on(
    engines: Engines, how: signal.Signals
) -> None:
    scene = engines.scene
    story = everywhere(scene, 5, waits=True)
    run = scene.start(story)
    for letter in "abc":
        scene.stage(story, f"on-{letter}", State.RUNNING)
    with scene.cluster.engine_of(scene.cluster.nodes["node-c"]) as client:
        scene.observer.killed(client.inspect_container(first_try(story, "on-c"))["Id"])
    engines.losing.end(how)
    engines.losing.start()
    story.go(scene.cluster.volume)
    assert run_state(scene.settled(story, run)) == "SUCCEEDED"
    for letter in "ab":
        (stage,) = scene.observer.stages(story.project, f"on-{letter}")
        assert stage.state is State.SUCCEEDED
    first, again = scene.observer.stages(story.project, "on-c")
    assert first.state is State.FAILED and first.outcome and first.outcome.cause is Cause.SIGNAL
    assert (again.state, again.node) == (State.SUCCEEDED, "node-c")
    scene.observer.check()


def test_a_stage_goes_where_its_image_is(engines: Engines) -> None:
    """Two nodes could take it; the one that has not got the image would have to ask a registry that is not there."""
    scene = engines.scene
    name = "winslow-only-here:1"
    client = engines.keeping.client()
    try:
        client.tag(scene.image, *name.split(":"))
        node = scene.cluster.nodes["node-b"]
        node.stop()
        node.start()  # what images it has is registered at its start, and now and then
        asks = scene.client()
        until(lambda: name in asks.nodes.get("node-b").images)
        there = scene.story()  # a stage goes elsewhere, image or not, until the leader has heard this node again
        there.stages("true", resources="{tags: [is-b]}")
        assert run_state(scene.settled(there, scene.start(there))) == "SUCCEEDED"
        story = scene.story()
        story.image = name
        story.stages(*[counting(10, 0.2)] * 3)
        assert run_state(scene.settled(story, scene.start(story))) == "SUCCEEDED"
        assert {stage.node for stage in scene.observer.stages(story.project)} == {"node-b"}
        missing = scene.story()
        missing.image = name
        missing.stages("true", resources="{tags: [is-c]}")
        assert run_state(scene.settled(missing, scene.start(missing))) == "FAILED"
        assert cause_of(missing.stage("s1")) == "IMAGE_MISSING"
    finally:
        client.remove_image(name, force=True)
        client.close()
    scene.observer.check()


def test_a_registry_that_says_nothing_holds_up_one_stage_and_no_other(engines: Engines) -> None:
    scene = engines.scene
    with socket.create_server(("127.0.0.1", 0)) as silent:  # connections are taken, and never answered
        hanging = scene.story().pipeline(
            f"- {{name: s1, image: '127.0.0.1:{silent.getsockname()[1]}/tiny:1', resources: {{tags: [is-a]}}}}"
        )
        run = scene.start(hanging)
        stage = hanging.started("s1", state=StageState.STAGE_STATE_PREPARING)
        silent.settimeout(60)
        with silent.accept()[0]:
            beside = everywhere(scene, 1)
            assert run_state(scene.settled(beside, scene.start(beside))) == "SUCCEEDED"
            node = scene.cluster.nodes["node-a"]
            node.kill()
            node.start()
            client = scene.client("node-b")
            assert client.stages.get(stage.name).state == StageState.STAGE_STATE_PREPARING, "it is still at it"
            client.stages.abort(stage.name)
            assert state_of(hanging.ended("s1")) == "ABORTED"
    scene.settled(hanging, run)
    scene.observer.check()


def test_a_container_out_of_memory_is_told_from_other_deaths_on_any_node_and_tried_again(engines: Engines) -> None:
    scene = engines.scene
    stories = {
        letter: scene.story().pipeline(
            definition(
                "greedy",
                "tail /dev/zero",
                resources=f"{{memory: 32MiB, tags: [is-{letter}]}}",
                retry="{attempts: 2, backoff: 0s, on: [out-of-memory]}",
            )
        )
        for letter in "abc"
    }
    runs = {letter: scene.start(story) for letter, story in stories.items()}
    for letter, story in stories.items():
        assert run_state(scene.settled(story, runs[letter])) == "FAILED"
        tries = scene.observer.stages(story.project)
        assert [one.outcome.cause for one in tries if one.outcome] == [Cause.OUT_OF_MEMORY] * 2
        assert {one.node for one in tries} == {f"node-{letter}"}
    scene.observer.check()
