"""A chain of 20 `true` stages: what Winslow adds between the end of one stage and the beginning of the next.

A gap is from the end of one stage's process to the beginning of the next one's, as their launchers saw it. The floor is what
create and start take through the bare Engine API in the same run; the overhead is the gap less that. Below zero
means that the next container was ready before it was its turn.
"""

from __future__ import annotations

import itertools

from bench import bare
from bench.figures import Figure, median, percentile
from bench.stage import spec, stage_set
from winslow.client import Client

STAGES = 20
RUNS = 4


def measure() -> list[Figure]:
    with stage_set() as (daemon, image), daemon.client() as client:
        laps = bare.chain(image, STAGES)
        gaps: list[float] = []
        for run in range(RUNS + 1):
            found = _gaps(client, image, run)
            gaps += found if run else []  # the first run warms up
            bare.until_gone(image)  # what we still remove must not make the floor higher
            laps += bare.chain(image, STAGES // 2)
    floor = median([lap.create + lap.start for lap in laps]) * 1000
    overhead = [gap * 1000 - floor for gap in gaps]
    between = [later.began - earlier.ended for earlier, later in itertools.pairwise(laps)]
    return [
        Figure("chain.overhead.p50", "ms", percentile(overhead, 0.5), floor, len(gaps)),
        Figure("chain.overhead.p99", "ms", percentile(overhead, 0.99), floor, len(gaps)),
        Figure("chain.gap.p50", "ms", percentile(gaps, 0.5) * 1000, floor, len(gaps)),
        Figure(
            "chain.bare_gap.p50", "ms", percentile([gap for gap in between if gap < 5], 0.5) * 1000, floor, len(laps)
        ),
    ]


def _gaps(client: Client, image: str, run: int) -> list[float]:
    names = [f"s{index:02d}" for index in range(STAGES)]
    project = client.projects.create(f"chain {run}", spec=spec(image, names, ["true"]))
    started = client.runs.start(project.name)
    ended = client.wait(started, timeout=300)
    stages = sorted(client.stages.list(project.name), key=lambda stage: stage.definition.name)
    assert [stage.definition.name for stage in stages] == names, ended
    times = [(stage.start_time.ToNanoseconds() / 1e9, stage.end_time.ToNanoseconds() / 1e9) for stage in stages]
    return [later[0] - earlier[1] for earlier, later in itertools.pairwise(times)]
