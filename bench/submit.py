"""From a submission to the start of its container, on three nodes with nothing waiting.

Submissions go through each node in turn, the one that leads and those that do not. The moment of the start is the engine's word.
Between two of them one container goes through the bare Engine API, from create to its start in the same sense: the floor
of `submit.latency`. What Winslow adds to the engine, `submit.overhead`, is held against its aim.
"""

from __future__ import annotations

import contextlib
import itertools
import time
from dataclasses import dataclass

from docker import APIClient

from bench import bare
from bench.figures import Figure, percentile
from bench.nodes import Onlooker, Seen, node_set
from bench.stage import spec
from winslow.client import Client

RUNS, WARM_UP = 45, 6
AIM_MS = 60.0
LONG_ENOUGH = ["sleep", "0.5"]
"""The container is there when its start is looked up."""


@dataclass(frozen=True, slots=True)
class Submission:
    """Seconds from the call to the award as etcd told it, and to the container's start."""

    award: float
    start: float


def measure() -> list[Figure]:
    with node_set() as (cluster, onlooker, image), contextlib.ExitStack() as stack:
        clients = [stack.enter_context(cluster.client(name)) for name in cluster.nodes]
        engine = stack.enter_context(contextlib.closing(APIClient(version="auto")))
        found: list[Submission] = []
        laps: list[float] = []
        for number, client in zip(range(WARM_UP + RUNS), itertools.cycle(clients)):
            submission = _submitted(client, onlooker, engine, image, number)
            bare.until_gone(image)  # what is still removed must not make the floor higher
            lap = bare.one(engine, image)
            if number >= WARM_UP:
                found.append(submission)
                laps.append(lap.began - lap.asked)
    starts = [one.start * 1000 for one in found]
    awards = [one.award * 1000 for one in found]
    engines = [lap * 1000 for lap in laps]
    above = percentile(starts, 0.5) - percentile(engines, 0.5)
    return [
        Figure("submit.latency.p50", "ms", percentile(starts, 0.5), percentile(engines, 0.5), len(found)),
        Figure("submit.latency.p99", "ms", percentile(starts, 0.99), percentile(engines, 0.99), len(found)),
        Figure("submit.overhead.p50", "ms", above, AIM_MS, len(found)),
        Figure("submit.award.p50", "ms", percentile(awards, 0.5), None, len(found)),
    ]


def _submitted(client: Client, onlooker: Onlooker, engine: APIClient, image: str, number: int) -> Submission:
    project = client.projects.create(f"submit {number}", spec=spec(image, ["only"], LONG_ENOUGH)).name
    at = time.time()
    run = client.runs.start(project)

    def running() -> Seen | None:
        history = onlooker.history(project)
        return history[-1] if history and history[-1].stage.started_at else None

    seen = onlooker.until(running)
    began = bare.moment(engine.inspect_container(seen.stage.id)["State"]["StartedAt"])
    client.wait(run, timeout=60)
    return Submission(onlooker.awards(project)[0].at - at, began - at)
