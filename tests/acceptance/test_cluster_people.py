"""What people and clocks do to a cluster: the same request twice, two at once, and nodes whose clocks are a day off."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

import pytest

from tests.acceptance.scene import Scene, counting, definition, fresh, observed, until
from tests.acceptance.story import run_state
from tests.cluster import Cluster
from winslow.client import Client
from winslow.domain.stage import Cause, State
from winslow.errors import Conflict, FailedPrecondition, WinslowError

T = TypeVar("T")

DAY = 86400.0


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory, image: str) -> Iterator[Scene]:
    """node-a's clock is right, node-b's is a day ahead, node-c's a day behind."""
    each = {f"node-{letter}": {"tags": [f"is-{letter}"]} for letter in "abc"}
    each["node-b"]["clock"] = DAY
    each["node-c"]["clock"] = -DAY
    with (
        Cluster(tmp_path_factory.mktemp("people"), fresh("people"), each=each, cpus=4) as cluster,
        observed(cluster, image) as scene,
    ):
        yield scene


def at_once(*acts: Callable[[], T]) -> list[T | WinslowError]:
    """What all of them came to, begun at the same moment."""

    def tried(act: Callable[[], T]) -> T | WinslowError:
        try:
            return act()
        except WinslowError as error:
            return error

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(tried, acts))


def knows(client: Client, project: str) -> bool:
    """Whether the client's node has heard of a project."""
    return any(one.name == project for one in client.projects.list())


def led_by(scene: Scene, name: str) -> None:
    """Make this node the leader: whoever leads instead is restarted, until the turn is its."""
    for _ in range(4):
        leader = until(scene.cluster.leader)
        if leader.name == name:
            return
        leader.stop()
        leader.start()
    raise AssertionError(f"{name} never led")


def test_the_same_request_sent_to_all_nodes_at_once_has_one_effect(scene: Scene) -> None:
    story = scene.story().stages(counting(10, 0.2))
    clients = [scene.client(name) for name in scene.cluster.nodes]
    for client in clients:  # a node may hear of a project a moment after another acknowledged it
        until(partial(knows, client, story.project))
    for number in range(5):
        request = str(uuid.uuid4())
        answers = at_once(*(partial(client.runs.start, story.project, request_id=request) for client in clients * 2))
        names = {scene.observer.acknowledged(answer, request).name for answer in answers}
        assert len(names) == 1, "everybody is told the same"
        scene.settled(story, answers[0])
        assert len(list(story.client.runs.list(story.project))) == number + 1
    assert len(scene.observer.stages(story.project)) == 5
    scene.observer.check()


def test_of_two_people_who_act_on_the_same_at_once_one_is_told_that_the_other_was_first(scene: Scene) -> None:
    story = scene.story().stages("test -e /input/mended", counting(10, 0.2))
    run = scene.settled(story, scene.start(story))
    assert run_state(run) == "FAILED"
    ann, bob = scene.client("node-b"), scene.client("node-c")
    project = ann.projects.get(story.project)
    renamed = at_once(
        lambda: ann.projects.update(story.project, display_name="Ann's", expected_revision=project.revision),
        lambda: bob.projects.update(story.project, display_name="Bob's", expected_revision=project.revision),
    )
    (refused,) = [one for one in renamed if isinstance(one, Exception)]
    assert isinstance(refused, Conflict)
    (done,) = [one for one in renamed if not isinstance(one, Exception)]
    assert story.client.projects.get(story.project).display_name == done.display_name

    ann.files.make_directory(f"{story.project}/input/mended")
    told = at_once(lambda: ann.runs.resume(run.name), lambda: bob.runs.skip(run.name, "s1"))
    refusals = [one for one in told if isinstance(one, Exception)]
    assert len(refusals) < 2
    assert all(isinstance(one, Conflict | FailedPrecondition) and one.hint for one in refusals)
    until(lambda: run_state(story.client.runs.get(run.name)) != "FAILED")  # another node was told
    assert run_state(scene.settled(story, run)) == "SUCCEEDED"
    tries = scene.observer.stages(story.project, "s1")
    assert len(tries) == 2, "it was tried again, or skipped, once"
    scene.observer.check()


def test_two_people_who_abort_and_pause_at_once_both_get_what_they_asked_for(scene: Scene) -> None:
    story = scene.story().stages(counting(300, 30), "true")
    run = scene.start(story)
    stage = scene.stage(story, "s1", State.RUNNING)
    ann, bob = scene.client("node-b"), scene.client("node-c")
    name = f"{story.project}/stages/{stage.id}"
    told = at_once(
        lambda: ann.stages.abort(name),
        lambda: bob.stages.abort(name),
        lambda: bob.runs.pause(run.name),
    )
    assert not [one for one in told[:2] if isinstance(one, Exception)], told
    assert run_state(scene.settled(story, run)) == "PAUSED"
    (ended,) = scene.observer.stages(story.project, "s1")
    assert ended.state is State.ABORTED
    scene.observer.check()


@pytest.mark.parametrize("leading", ["node-b", "node-c", "node-a"])
def test_whoever_leads_by_whatever_clock_nothing_waits_nothing_is_lost_and_nothing_times_out_for_it(
    scene: Scene, leading: str
) -> None:
    led_by(scene, leading)
    begun = time.monotonic()
    story = scene.story("node-a").pipeline(
        "".join(
            definition(
                f"on-{letter}",
                "test $WINSLOW_ATTEMPT -eq 2 || exit 3; " + counting(10, 1),
                resources=f"{{tags: [is-{letter}]}}",
                retry="{attempts: 2, backoff: 500ms, on: [any]}",
                timeout="1h",
            )
            for letter in "abc"
        )
        + "- {name: then, image: IMAGE, after: [on-a, on-b, on-c], arguments: ['true']}\n"
    )
    run = scene.start(story)
    assert run_state(scene.settled(story, run)) == "SUCCEEDED"
    assert time.monotonic() - begun < 45
    for letter in "abc":
        first, again = scene.observer.stages(story.project, f"on-{letter}")
        assert first.outcome and first.outcome.cause is Cause.EXIT_CODE
        assert again.state is State.SUCCEEDED
    scene.observer.check()


def test_a_refusal_that_is_dated_tomorrow_is_tried_again_today(scene: Scene) -> None:
    """A stage without a container is dated by its node's own clock."""
    led_by(scene, "node-a")
    story = scene.story("node-a").pipeline(
        "".join(
            f"- {{name: on-{letter}, image: 'winslow/no-such-image:1', after: [], resources: {{tags: [is-{letter}]}}, "
            "retry: {attempts: 2, backoff: 500ms, on: [image]}}\n"
            for letter in "bc"
        )
    )
    run = scene.start(story)
    assert run_state(scene.settled(story, run)) == "FAILED"
    for letter in "bc":
        tries = scene.observer.stages(story.project, f"on-{letter}")
        assert [one.outcome.cause for one in tries if one.outcome] == [Cause.IMAGE_MISSING] * 2
        assert all(one.ended_at and abs(one.ended_at - time.time()) > DAY / 2 for one in tries), "it is dated so"
    scene.observer.check()


def test_a_node_whose_clock_is_a_day_off_is_given_up_by_the_steady_clock_and_not_before(scene: Scene) -> None:
    led_by(scene, "node-c")
    story = scene.story("node-a").pipeline(
        definition(
            "work",
            counting(100, 20, again=0.5),
            resources="{tags: [is-b]}",
            lost_after="4s",
            retry="{attempts: 2, backoff: 0s, on: [node-lost]}",
        )
        + definition("patient", counting(100, 15), resources="{tags: [is-b]}", lost_after="300s")
    )
    run = scene.start(story)
    scene.stage(story, "work", State.RUNNING)
    patient = scene.stage(story, "patient", State.RUNNING)
    node = scene.cluster.nodes["node-b"]
    node.freeze()
    try:
        scene.stage(story, "work", State.LOST)
    finally:
        node.thaw()
    assert run_state(scene.settled(story, run)) == "SUCCEEDED"
    again = scene.observer.stage(patient.id)
    assert again and again.state is State.SUCCEEDED
    assert len(scene.observer.stages(story.project, "work")) == 2
    scene.observer.check()


@pytest.mark.parametrize("jump", [DAY, -DAY], ids=["a day ahead", "a day back"])
def test_a_clock_that_is_set_while_a_stage_runs_neither_kills_it_nor_spares_it(scene: Scene, jump: float) -> None:
    story = scene.story("node-c").pipeline(
        definition("quick", counting(40, 12), resources="{tags: [is-a]}", timeout="1h")
        + definition("endless", "sleep 3600", resources="{tags: [is-a]}", timeout="15s", grace="1s")
    )
    run = scene.start(story)
    scene.stage(story, "quick", State.RUNNING)
    scene.stage(story, "endless", State.RUNNING)
    node = scene.cluster.nodes["node-a"]
    node.kill()
    node.set_clock(jump)
    try:
        node.start()
        scene.settled(story, run)
    finally:
        node.stop()
        node.set_clock(0)
        node.start()
    assert scene.stage(story, "quick", State.SUCCEEDED)
    endless = scene.stage(story, "endless", State.FAILED)
    assert endless.outcome and endless.outcome.cause is Cause.TIMEOUT
    scene.observer.check()
