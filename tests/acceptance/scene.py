"""A cluster under observation, and what tests of its faults do with it: stories on chosen nodes, and acts at chosen moments."""

from __future__ import annotations

import contextlib
import itertools
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self

from tests.acceptance.story import UNTIL_GO, Story
from tests.cluster import Cluster
from tests.daemon import NodeDaemon
from tests.observer import WITNESS, Observer
from winslow.client import Client
from winslow.domain.stage import Stage, State
from winslow.errors import Unavailable
from winslow.v1.run_pb2 import Comment, Run

WITHIN = 60.0
_numbers = itertools.count(1)


def fresh(name: str) -> str:
    """A cluster's name that nobody else uses: others may run the same tests beside us, on the same engine."""
    return f"t-{name}-{uuid.uuid4().hex[:8]}"


def counting(lines: int, seconds: float, again: float | None = None, *, waits: bool = False) -> str:
    """A stage's script: it bears witness, prints its numbered lines in about so many seconds, and leaves files.

    Further attempts take `again` seconds, where that is given. One that `waits` ends no sooner than the story lets it go.
    """
    first, later = (round(each / lines * 1e6) for each in (seconds, seconds if again is None else again))
    return (
        f"{WITNESS}p={first}; [ $WINSLOW_ATTEMPT -gt 1 ] && p={later}; "
        f"i=0; while [ $i -lt {lines} ]; do echo line $i; usleep $p; i=$((i+1)); done; {UNTIL_GO if waits else ':'}; "
        "echo $WINSLOW_STAGE > /workspace/$WINSLOW_DEFINITION; echo $WINSLOW_STAGE > /output/made"
    )


def definition(name: str, script: str, **fields: str) -> str:
    """One stage in YAML that comes after nothing; `fields` are further ones, `lost_after="3s"` for instance."""
    more = "".join(f"  {key.replace('_', '-')}: {value}\n" for key, value in ({"after": "[]"} | fields).items())
    return f"- name: {name}\n  image: IMAGE\n  arguments: [sh, -c, '{script}']\n{more}"


class Scene:
    """The cluster, its observer, and a client of each node."""

    def __init__(self, cluster: Cluster, observer: Observer, image: str) -> None:
        self.cluster = cluster
        self.observer = observer
        self.image = image
        self._clients = contextlib.ExitStack()

    def close(self) -> None:
        self._clients.close()

    def client(self, node: str = "node-a", **options: float) -> Client:
        return self._clients.enter_context(self.cluster.client(node, **options))

    def story(self, node: str = "node-a", **options: float) -> Story:
        """A project, told to `node`."""
        return Story(self.client(node, **options), self.image, f"story {next(_numbers)}")

    def start(self, story: Story, request: str = "") -> Run:
        self.observer.acknowledged(story.client.projects.get(story.project))
        run: Run = self.observer.acknowledged(story.client.runs.start(story.project, request_id=request), request)
        return run

    def settled(self, story: Story, run: Run, within: float = WITHIN) -> Run:
        """The run once nothing more happens by itself, and the observer has seen all that did."""
        ended = story.settled(run, within)
        self.observer.catch_up()
        return ended

    def stage(self, story: Story, definition: str, state: State, within: float = WITHIN) -> Stage:
        """The latest attempt at a definition that is in `state`, once etcd says so; one that was lost may have a successor by then."""

        def found() -> Stage | None:
            stages = self.observer.stages(story.project, definition)
            return next((one for one in reversed(stages) if one.state is state), None)

        stage: Stage = self.observer.until(found, within)
        return stage

    def node_of(self, stage: Stage) -> NodeDaemon:
        assert stage.node is not None
        return self.cluster.node(stage.node)

    def root(self, stage: Stage) -> Path:
        """Where a stage's directories lie, as an observer sees them."""
        return self.cluster.volume / "projects" / stage.project / "stages" / stage.id

    def lines(self, stage: Stage) -> int:
        """How many lines the stage has printed so far."""
        return sum(" line " in line for line in (self.root(stage) / "log").read_text().splitlines())


class Talker:
    """Somebody who comments on a run all the time, and asks again, under the same request ID, until there is an answer.

    Use as a context. At its end every comment must be there once, whatever was done to whom.
    """

    def __init__(self, scene: Scene, story: Story, run: Run) -> None:
        self._scene = scene
        self._client = story.client
        self._run = run.name
        self._said: list[str] = []
        self._over = threading.Event()
        self._failures: list[Exception] = []
        self._thread = threading.Thread(target=self._talk, name="talker")

    def _talk(self) -> None:
        try:
            while not self._over.is_set():
                request = str(uuid.uuid4())
                self._scene.observer.acknowledged(self._answered(request), request)
                self._said.append(request)
                self._over.wait(0.02)
        except Exception as error:
            self._failures.append(error)

    def _answered(self, request: str) -> Comment:
        deadline = time.monotonic() + WITHIN
        while True:
            try:
                return self._client.runs.comment(self._run, request, request_id=request)
            except Unavailable:  # and Ambiguous, which is one: that is what the ID is for
                if time.monotonic() > deadline:
                    raise

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        try:
            until(lambda: len(self._said) > 5 or self._failures)
        finally:
            self._over.set()
            self._thread.join()
        assert not self._failures, self._failures
        there = [one.text for one in self._client.runs.comments(self._run)]
        assert there == self._said, "each once, in the order in which they were acknowledged"


def first_try(story: Story, definition: str, run: int = 1) -> str:
    """The id that the first attempt at a definition will have."""
    return f"{definition}-{run}-1-{story.project.rpartition('-')[2]}"


@contextlib.contextmanager
def observed(cluster: Cluster, image: str) -> Iterator[Scene]:
    """The scene of a cluster that is up."""
    with Observer(cluster) as observer:
        scene = Scene(cluster, observer, image)
        try:
            yield scene
        finally:
            scene.close()


@contextlib.contextmanager
def trap(moment: Callable[[], Any], act: Callable[[], Any]) -> Iterator[None]:
    """While the body runs, wait for `moment`, which is asked each millisecond, and `act` in it. Both must have happened."""
    sprung, over = threading.Event(), threading.Event()
    failure: list[BaseException] = []

    def lie_in_wait() -> None:
        try:
            while not moment():
                if over.wait(0.001):
                    return
            act()
            sprung.set()
        except BaseException as error:
            failure.append(error)

    waiting = threading.Thread(target=lie_in_wait, name="trap")
    waiting.start()
    try:
        yield
    finally:
        sprung.wait(0.1)
        over.set()
        waiting.join()
        if failure:
            raise failure[0]
        assert sprung.is_set(), "the moment never came"


def until(holds: Callable[[], Any], within: float = WITHIN) -> Any:
    """What `holds` answers, asked again and again until it is true. Raises AssertionError."""
    deadline = time.monotonic() + within
    while not (found := holds()):
        assert time.monotonic() < deadline, f"not so within {within:g} s"
        time.sleep(0.05)
    return found
