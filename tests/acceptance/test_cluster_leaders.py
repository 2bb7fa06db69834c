"""Those who lead, in etcd and in the cluster, are killed and frozen: the next goes on, and who comes back decides nothing."""

from __future__ import annotations

from collections.abc import Iterator

import psutil
import pytest

from tests import etcd_raw
from tests.acceptance.scene import Scene, Talker, counting, definition, fresh, observed, trap, until
from tests.acceptance.story import Story, run_state
from tests.cluster import Cluster
from tests.daemon import NodeDaemon
from winslow.domain.stage import State


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory, image: str) -> Iterator[Scene]:
    each = {f"node-{letter}": {"tags": [f"is-{letter}"]} for letter in "abc"}
    with (
        Cluster(tmp_path_factory.mktemp("leaders"), fresh("leaders"), each=each, cpus=2) as cluster,
        observed(cluster, image) as scene,
    ):
        yield scene


def leader(scene: Scene) -> NodeDaemon:
    found: NodeDaemon = until(scene.cluster.leader)
    return found


def another(scene: Scene, than: NodeDaemon) -> str:
    return next(name for name in scene.cluster.nodes if name != than.name)


def wide(scene: Scene, story: Story, count: int, seconds: float = 1.0) -> Story:
    """So many stages side by side, which take a core each."""
    return story.pipeline("".join(definition(f"p{number}", counting(20, seconds)) for number in range(count)))


def all_ran_once(scene: Scene, story: Story, count: int) -> None:
    stages = scene.observer.stages(story.project)
    assert [stage.state for stage in stages] == [State.SUCCEEDED] * count
    history = scene.observer.check()
    assert all(len(history.witnesses[stage.id]) == 1 for stage in stages)


def test_a_killed_leader_of_etcd_costs_nothing_but_time(scene: Scene) -> None:
    story = wide(scene, scene.story(), 12)
    run = scene.start(story)
    with Talker(scene, story, run):
        for _ in range(2):
            member = etcd_raw.leader_among(scene.cluster.members)
            member.kill()
            until(lambda gone=member: etcd_raw.leader_among(scene.cluster.members) is not gone)
            member.start()
            member.wait_until_healthy()
    assert run_state(scene.settled(story, run)) == "SUCCEEDED"
    all_ran_once(scene, story, 12)


def test_a_killed_leader_is_followed_by_another_which_goes_on_with_what_waits(scene: Scene) -> None:
    first = leader(scene)
    story = wide(scene, scene.story(another(scene, first)), 12, seconds=2)
    run = scene.start(story)
    scene.observer.until(lambda: any(one.state is State.RUNNING for one in scene.observer.stages(story.project)))
    with Talker(scene, story, run):
        first.kill()
        until(lambda: scene.cluster.leader() not in (None, first))
        first.start()
    assert run_state(scene.settled(story, run)) == "SUCCEEDED"
    all_ran_once(scene, story, 12)


def test_a_leader_that_stops_in_good_order_hands_over_at_once(scene: Scene) -> None:
    first = leader(scene)
    story = wide(scene, scene.story(another(scene, first)), 9)
    run = scene.start(story)
    first.stop()
    until(lambda: scene.cluster.leader() not in (None, first), within=2.0)
    first.start()
    assert run_state(scene.settled(story, run)) == "SUCCEEDED"
    all_ran_once(scene, story, 9)


def test_a_leader_frozen_before_its_awards_makes_none_when_it_wakes(scene: Scene) -> None:
    """It wakes with everything before it that it would have awarded, and believes that it leads."""
    first = leader(scene)
    other = another(scene, first)
    here = f"{{tags: [is-{other[-1]}]}}"
    story = scene.story(other).pipeline(
        "".join(definition(f"p{number}", counting(20, 2), resources=here) for number in range(8))
    )
    first.freeze()
    try:
        run = scene.start(story)
        until(lambda: scene.cluster.leader() not in (None, first))
        scene.observer.until(lambda: any(one.state is State.RUNNING for one in scene.observer.stages(story.project)))
    finally:
        first.thaw()
    assert run_state(scene.settled(story, run)) == "SUCCEEDED"
    all_ran_once(scene, story, 8)
    until(lambda: len(list(scene.client(other).nodes.list())) == 3)


def test_a_leader_frozen_in_the_moment_of_an_award_leaves_it_whole_or_not_made(scene: Scene) -> None:
    """The end of a stage makes room for one that waits: the leader stops in that moment."""
    first = leader(scene)
    other = another(scene, first)
    here = f"{{cpus: 2, tags: [is-{other[-1]}]}}"
    story = scene.story(other).pipeline(
        "".join(definition(f"p{number}", counting(20, 1), resources=here) for number in range(3))
    )

    def somebody_has_ended() -> bool:
        return any(one.state is State.SUCCEEDED for one in scene.observer.stages(story.project))

    with trap(somebody_has_ended, first.freeze):
        run = scene.start(story)
        scene.observer.until(somebody_has_ended)
    until(lambda: scene.cluster.leader() not in (None, first))
    first.thaw()
    assert run_state(scene.settled(story, run)) == "SUCCEEDED"
    all_ran_once(scene, story, 3)


def test_a_watch_that_stalled_until_its_history_was_compacted_goes_on_with_what_is_there(scene: Scene) -> None:
    """Its connections are gone when it wakes, and so is everything that it has not seen: it lists again."""
    first = leader(scene)
    node = scene.cluster.nodes[another(scene, first)]
    story = scene.story(another(scene, node)).stages(
        *[counting(20, 1)] * 3, resources=f"{{tags: [is-{node.name[-1]}]}}"
    )
    run = scene.start(story)
    scene.stage(story, "s1", State.RUNNING)
    node.freeze()
    try:
        for number in range(20):
            story.client.projects.update(story.project, description=f"while it is frozen: {number}")
        ports = {one.raddr.port for one in psutil.Process(node.pid).net_connections("tcp") if one.raddr}
        for member in scene.cluster.members:
            if int(member.endpoint.split(":")[1]) in ports:
                member.stop()
                member.start()
                member.wait_until_healthy()
        until(lambda: scene.observer.history())
        etcd_raw.compact(scene.cluster.endpoints, etcd_raw.revision(scene.cluster.endpoints))
    finally:
        node.thaw()
    assert run_state(scene.settled(story, run)) == "SUCCEEDED"
    assert "compacted" in node.log.read_text()
    all_ran_once(scene, story, 3)
