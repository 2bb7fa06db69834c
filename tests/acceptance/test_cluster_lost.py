"""A node that dies with its containers: suspected at once, given up after `lost_after`, and never in between."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.acceptance.scene import Scene, counting, definition, fresh, observed, until
from tests.acceptance.story import run_state
from tests.cluster import Cluster
from tests.invariants import Write
from winslow.domain.stage import Cause, Stage, State

TTL = 5
"""Seconds that a silent node's session lives in this cluster."""
LATE = 4.0
"""Seconds that a busy machine may add to what is measured."""
SOON = 0.5
"""Seconds between a record's commit and our sight of it."""
AGAIN_ELSEWHERE = "{attempts: 2, backoff: 0s, on: [node-lost]}"


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory, image: str) -> Iterator[Scene]:
    each = {f"node-{letter}": {"tags": ["worker", f"is-{letter}"]} for letter in "bc"}
    directory = tmp_path_factory.mktemp("lost")
    with (
        Cluster(directory, fresh("lost"), each=each, cpus=4, session_ttl=TTL) as cluster,
        observed(cluster, image) as scene,
    ):
        yield scene


def worker(script: str, **fields: str) -> str:
    return definition("work", script, resources="{tags: [worker]}", **fields)


def when(scene: Scene, kind: str, key: str, state: State | None = None) -> float:
    """When the observer saw such a record first (Unix seconds)."""

    def is_it(write: Write) -> bool:
        matches = write.kind == kind and write.key == key and bool(write.created)
        return matches and (state is None or (isinstance(write.value, Stage) and write.value.state is state))

    return float(scene.observer.until(lambda: scene.observer.first(is_it), 30)[1])


def gone(scene: Scene, node: str) -> bool:
    return not scene.cluster.containers(scene.cluster.nodes[node])


def test_stages_of_a_node_that_died_are_suspected_then_lost_and_retried_elsewhere_or_wait_for_a_person(
    scene: Scene,
) -> None:
    retried = scene.story().pipeline(worker(counting(200, 60, again=0.5), lost_after="3s", retry=AGAIN_ELSEWHERE))
    run = scene.start(retried)
    first = scene.stage(retried, "work", State.RUNNING)
    dying = scene.node_of(first)
    there = f"{{tags: [is-{dying.name[-1]}]}}"
    asking = scene.story().pipeline(
        definition("work", counting(200, 60, again=0.5), lost_after="4s", resources=there)
        + definition("patient", "sleep 600", lost_after="300s", resources=there)
    )
    asking_run = scene.start(asking)
    patient = scene.stage(asking, "patient", State.RUNNING)
    scene.stage(asking, "work", State.RUNNING)

    killed_at = time.time()
    scene.observer.killed(*scene.cluster.kill_with_containers(dying))

    suspected = when(scene, "silences", dying.name)
    assert suspected - killed_at <= TTL + 1 + LATE
    lost = when(scene, "stages", f"{first.project}/{first.id}", State.LOST)
    assert 3 - SOON <= lost - suspected <= 3 + LATE
    assert run_state(scene.settled(retried, run)) == "SUCCEEDED"
    given_up, again = scene.observer.stages(retried.project, "work")
    assert given_up.outcome and given_up.outcome.cause is Cause.NODE_LOST
    assert (again.state, again.retry_of) == (State.SUCCEEDED, given_up.id)
    assert again.node not in (None, dying.name)

    scene.stage(asking, "work", State.LOST)
    suspect = scene.observer.stage(patient.id)
    assert suspect and suspect.state is State.RUNNING, "it is waited for: its own lost-after says for how long"
    dying.start()
    assert scene.stage(asking, "patient", State.FAILED).outcome.cause is Cause.SIGNAL
    paused = scene.settled(asking, asking_run)
    assert run_state(paused) == "FAILED", "without a policy nobody but a person tries again"
    assert len(scene.observer.stages(asking.project, "work")) == 1
    asking.client.runs.resume(paused.name)
    scene.stage(asking, "work", State.SUCCEEDED)
    asking.client.stages.abort(asking.started("patient").name)
    scene.settled(asking, paused)
    until(lambda: gone(scene, dying.name))
    scene.observer.check()


def test_a_node_that_is_back_before_its_stages_are_lost_says_how_they_ended(scene: Scene) -> None:
    """Its containers died with it: that is a death by signal like any other, and no loss."""
    story = scene.story().pipeline(
        worker(counting(100, 60, again=0.5), lost_after="300s", retry="{attempts: 2, backoff: 0s, on: [exit-code]}")
    )
    run = scene.start(story)
    stage = scene.stage(story, "work", State.RUNNING)
    dying = scene.node_of(stage)
    scene.observer.killed(*scene.cluster.kill_with_containers(dying))
    when(scene, "silences", dying.name)
    dying.start()
    assert run_state(scene.settled(story, run)) == "SUCCEEDED"
    first, again = scene.observer.stages(story.project, "work")
    assert first.state is State.FAILED and first.outcome and first.outcome.cause is Cause.SIGNAL
    assert again.state is State.SUCCEEDED
    scene.observer.check()


def test_a_leader_that_dies_with_its_containers_is_buried_by_the_next(scene: Scene) -> None:
    def led_by_a_worker() -> bool:
        leader = scene.cluster.leader()
        return leader is not None and leader.name != "node-a"

    if not led_by_a_worker():
        scene.cluster.nodes["node-a"].stop()
        scene.cluster.nodes["node-a"].start()
        until(led_by_a_worker)
    leader = scene.cluster.leader()
    assert leader is not None
    other = "node-c" if leader.name == "node-b" else "node-b"
    story = scene.story().pipeline(
        "".join(
            definition(
                f"on-{node}-{number}",
                counting(200, 6, again=0.5, waits=True),
                lost_after="3s",
                retry=AGAIN_ELSEWHERE,
                resources=f"{{tags: [is-{node[-1]}]}}",
            )
            for node in ("node-b", "node-c")
            for number in range(2)
        )
    )
    run = scene.start(story)
    for node in ("node-b", "node-c"):
        for number in range(2):
            scene.stage(story, f"on-{node}-{number}", State.RUNNING)
    scene.observer.killed(*scene.cluster.kill_with_containers(leader))
    story.go(scene.cluster.volume)
    for number in range(2):
        scene.stage(story, f"on-{leader.name}-{number}", State.LOST)
    leader.start()
    assert run_state(scene.settled(story, run)) == "SUCCEEDED"
    for number in range(2):
        lost, again = scene.observer.stages(story.project, f"on-{leader.name}-{number}")
        assert (lost.state, again.state, again.node) == (State.LOST, State.SUCCEEDED, leader.name)
        (spared,) = scene.observer.stages(story.project, f"on-{other}-{number}")
        assert spared.state is State.SUCCEEDED
    until(lambda: gone(scene, leader.name))
    scene.observer.check()
