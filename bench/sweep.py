"""A sweep of 100 points on three nodes that have room for all of them: how soon they are awarded.

Each point takes so little that they fill five sixths of the nodes: nothing waits for room, and no two nodes can take
them all. Only the awards are measured; what the engine then needs to bring up a hundred containers is its own affair.
"""

from __future__ import annotations

import time
from collections import Counter

from bench import bare
from bench.figures import Figure, median
from bench.nodes import Onlooker, node_set
from bench.stage import spec
from winslow.client import Client

POINTS, NODES, RUNS = 100, 3, 3
CORES, SHARE = 2, 0.05
AIM = 1.0


def measure() -> list[Figure]:
    with node_set(NODES, cpus=CORES) as (cluster, onlooker, image), cluster.client() as client:
        spans: list[float] = []
        wholes: list[float] = []
        for run in range(RUNS):
            span, whole = _sweep(client, onlooker, image, run)
            spans.append(span)
            wholes.append(whole)
            bare.until_gone(image)
    return [
        Figure("sweep.award", "s", median(spans), AIM, len(spans)),
        Figure("sweep.award.max", "s", max(spans), AIM, len(spans)),
        Figure("sweep.submitted_to_last_award", "s", median(wholes), None, len(wholes)),
    ]


def _sweep(client: Client, onlooker: Onlooker, image: str, run: int) -> tuple[float, float]:
    """Seconds from the first award to the last, and from the submission to the last."""
    project = client.projects.create(f"sweep {run}", spec=spec(image, ["point"], ["true"], cpus=SHARE)).name
    at = time.time()
    sweep = client.sweeps.start(project, "point", {"N": f"1..{POINTS}"}, expected_count=POINTS)

    def all_awarded() -> bool:
        return len(onlooker.awards(project)) == POINTS

    onlooker.until(all_awarded)
    awards = onlooker.awards(project)
    placed = Counter(award.stage.node for award in awards)
    assert len(placed) == NODES, f"not all nodes took part: {placed}"
    client.wait(sweep, timeout=600)
    first, last = min(award.at for award in awards), max(award.at for award in awards)
    return last - first, last - at
