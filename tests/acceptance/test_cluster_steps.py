"""A daemon that is killed at every step of a stage, and is started again: nothing is done twice, and nothing is forgotten."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.acceptance.scene import Scene, counting, definition, first_try, fresh, observed, trap
from tests.acceptance.story import Story, run_state
from tests.cluster import Cluster
from winslow.domain.stage import State

Moment = Callable[[], object]


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory, image: str) -> Iterator[Scene]:
    each = {f"node-{letter}": {"tags": [f"is-{letter}"]} for letter in "abc"}
    with (
        Cluster(tmp_path_factory.mktemp("steps"), fresh("steps"), each=each, cpus=2) as cluster,
        observed(cluster, image) as scene,
    ):
        yield scene


def chain(scene: Scene) -> Story:
    """Three stages of node-b, told to node-a."""
    return scene.story().stages(*[counting(20, 0.4)] * 3, resources="{cpus: 1, tags: [is-b]}")


def moments(scene: Scene, story: Story, stage: str) -> dict[str, Moment]:
    """The steps of a stage on its node, each told by what it leaves outside the daemon."""
    observer, node = scene.observer, scene.cluster.nodes["node-b"]
    root = scene.cluster.volume / story.project / "stages" / stage

    def state(*states: State) -> bool:
        found = observer.stage(stage)
        return bool(found and found.state in states)

    return {
        "awarded": lambda: state(State.PREPARING),
        "journal opened": (node.journal / stage).exists,
        "workspace made": (root / "workspace").exists,
        "container created": lambda: observer.event("create", stage),
        "container started": lambda: observer.event("start", stage),
        "let go": (node.journal / stage / "released").exists,
        "start recorded": lambda: state(State.RUNNING),
        "process ended": (node.journal / stage / "record" / "exit").exists,
        "end recorded": lambda: state(State.SUCCEEDED),
        "output shown": lambda: (scene.cluster.volume / story.project / "output" / stage[:2]).is_symlink(),
        "container removed": lambda: observer.event("destroy", stage),
    }


IN_ITS_TURN = (
    "awarded",
    "journal opened",
    "workspace made",
    "container created",
    "container started",
    "start recorded",
    "process ended",
    "end recorded",
    "output shown",
    "container removed",
)
BEFORE_ITS_TURN = ("container created", "container started", "let go", "process ended")


@pytest.mark.parametrize(
    ("name", "step"),
    [("s1", step) for step in IN_ITS_TURN] + [("s2", step) for step in BEFORE_ITS_TURN],
    ids=lambda each: each.replace(" ", "-"),
)
def test_a_daemon_killed_at_any_step_is_taken_over_by_the_next_and_every_stage_runs_once(
    scene: Scene, name: str, step: str
) -> None:
    story, node = chain(scene), scene.cluster.nodes["node-b"]
    moment = moments(scene, story, first_try(story, name))[step]
    with trap(moment, node.kill):
        run = scene.start(story)
        scene.observer.until(lambda: not node.running)
    node.start()
    assert run_state(scene.settled(story, run)) == "SUCCEEDED"
    history = scene.observer.check()
    for each in ("s1", "s2", "s3"):
        (stage,) = scene.observer.stages(story.project, each)
        assert stage.node == "node-b" and stage.attempt == 1
        assert history.lines[stage.id] == tuple(range(20)) and len(history.witnesses[stage.id]) == 1


def test_all_daemons_killed_again_and_again_lose_and_repeat_nothing(scene: Scene) -> None:
    """Every stage is on a node of its own, and all three die three times while all three run."""
    story = scene.story().pipeline(
        "".join(definition(f"on-{letter}", counting(100, 6), resources=f"{{tags: [is-{letter}]}}") for letter in "abc")
    )
    run = scene.start(story)
    for letter in "abc":
        scene.stage(story, f"on-{letter}", State.RUNNING)
    nodes = scene.cluster.nodes.values()
    for _ in range(3):
        for node in nodes:
            node.kill()
        for node in nodes:
            node.start(wait=False)
        for node in nodes:
            node.ready()
    assert run_state(scene.settled(story, run)) == "SUCCEEDED"
    history = scene.observer.check()
    for letter in "abc":
        (stage,) = scene.observer.stages(story.project, f"on-{letter}")
        assert history.lines[stage.id] == tuple(range(100))
