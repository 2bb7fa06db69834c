"""A node that is cut off by dropped packets: from etcd, from those who call it, from one other node."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.acceptance.scene import Scene, counting, definition, fresh, observed, until
from tests.acceptance.story import run_state
from tests.cluster import Cluster
from tests.daemon import NodeDaemon
from tests.network import needs_namespaces
from winslow.domain.stage import State
from winslow.errors import DeadlineExceeded, Unavailable

pytestmark = [needs_namespaces, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory, image: str) -> Iterator[Scene]:
    each = {f"node-{letter}": {"tags": [f"is-{letter}"]} for letter in "abc"}
    with (
        Cluster(tmp_path_factory.mktemp("network"), fresh("network"), apart=True, each=each, cpus=4) as cluster,
        observed(cluster, image) as scene,
    ):
        yield scene


def leader(scene: Scene) -> NodeDaemon:
    found: NodeDaemon = until(scene.cluster.leader)
    return found


def others(scene: Scene, than: NodeDaemon) -> list[NodeDaemon]:
    return [node for node in scene.cluster.nodes.values() if node is not than]


def everywhere(script: str) -> str:
    """One stage on each node."""
    return "".join(definition(f"on-{letter}", script, resources=f"{{tags: [is-{letter}]}}") for letter in "abc")


def all_ran_once(scene: Scene, project: str) -> None:
    stages = scene.observer.stages(project)
    assert len(stages) == 3 and all(stage.state is State.SUCCEEDED for stage in stages)
    history = scene.observer.check()
    assert all(len(history.witnesses[stage.id]) == 1 for stage in stages)


def test_a_leader_cut_off_from_etcd_is_followed_and_its_own_stage_goes_on(scene: Scene) -> None:
    first = leader(scene)
    story = scene.story(others(scene, first)[0].name).pipeline(everywhere(counting(100, 12)))
    run = scene.start(story)
    for letter in "abc":
        scene.stage(story, f"on-{letter}", State.RUNNING)
    scene.cluster.cut_from_etcd(first)
    until(lambda: scene.cluster.leader() not in (None, first))
    next_one = others(scene, first)[0].name
    later = scene.story(next_one).stages(counting(10, 0.2), resources=f"{{tags: [is-{next_one[-1]}]}}")
    later_run = scene.start(later)
    assert run_state(scene.settled(later, later_run)) == "SUCCEEDED", "who follows awards"
    scene.cluster.mend(first)
    assert run_state(scene.settled(story, run)) == "SUCCEEDED"
    all_ran_once(scene, story.project)
    until(lambda: {one.name for one in later.client.nodes.list()} == {f"nodes/{name}" for name in scene.cluster.nodes})


def test_a_node_cut_off_from_everybody_who_calls_goes_on_and_is_no_suspect(scene: Scene) -> None:
    """Whether it leads or not: another may have to lead, since nobody can offer to one who cannot be called."""
    node = scene.cluster.nodes["node-b"]
    story = scene.story("node-a").pipeline(everywhere(counting(50, 5, waits=True)))
    run = scene.start(story)
    for letter in "abc":
        scene.stage(story, f"on-{letter}", State.RUNNING)
    scene.cluster.cut_from_clients(node)
    with scene.cluster.client("node-b", patience=1) as caller, pytest.raises((Unavailable, DeadlineExceeded)):
        caller.stages.get(story.stage("on-b").name)
    story.go(scene.cluster.volume)
    assert run_state(scene.settled(story, run)) == "SUCCEEDED"
    again = scene.story("node-a").stages(counting(10, 0.2), counting(10, 0.2))
    assert run_state(scene.settled(again, scene.start(again))) == "SUCCEEDED", "stages are awarded all the same"
    scene.cluster.mend(node)
    with scene.cluster.client("node-b", patience=30) as caller:
        assert len(list(caller.nodes.list())) == 3
    all_ran_once(scene, story.project)
    history = scene.observer.check()
    since = next(write.revision for write in history.writes if write.key.startswith(story.project.split("/")[1]))
    silent = [write for write in history.writes if write.kind == "silences" and write.revision > since]
    assert not silent, "its session lives: it is no suspect"


def test_two_nodes_that_do_not_reach_one_another_cost_no_stage_anything(scene: Scene) -> None:
    """The leader and one other: what only that other can execute waits at most until they reach one another again."""
    first = leader(scene)
    cut, third = others(scene, first)
    story = scene.story(third.name).pipeline(everywhere(counting(50, 5, waits=True)))
    run = scene.start(story)
    for letter in "abc":
        scene.stage(story, f"on-{letter}", State.RUNNING)
    scene.cluster.cut_from_peer(first, cut)
    anywhere = scene.story(third.name).stages(counting(10, 0.2), counting(10, 0.2))
    assert run_state(scene.settled(anywhere, scene.start(anywhere))) == "SUCCEEDED"
    story.go(scene.cluster.volume)
    assert run_state(scene.settled(story, run)) == "SUCCEEDED"
    there = scene.story(third.name).stages(counting(10, 0.2), resources=f"{{tags: [is-{cut.name[-1]}]}}")
    there_run = scene.start(there)
    scene.cluster.mend(first)
    assert run_state(scene.settled(there, there_run)) == "SUCCEEDED"
    all_ran_once(scene, story.project)
