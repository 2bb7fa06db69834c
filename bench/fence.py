"""How long a dead node keeps others from what it had open: until it is shut out, and another client has its file.

On a real Ceph cluster: a client with unsaved changes is frozen (SIGSTOP) as a dead node would be; from the decision to shut it
out until another client has written to the same file, down to the disk. Then the frozen one wakes, and must be able to
write nothing; else there is no figure. The floor is the aim, 5 s; without fencing others wait for more than a minute.
"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from bench.figures import Figure, median
from tests.ceph import Cluster, Mount, running
from tests.ceph_clients import FENCE, client_of, monitors, writing
from winslowd.ceph.fencing import CephFencer

RUNS = 5
AIM = 5.0
REFUSED = {"ESHUTDOWN", "EIO"}


def measure() -> list[Figure]:
    with running() as cluster, cluster.mounted() as heir:
        fencer = CephFencer(monitors(cluster, "client.fence", *FENCE))
        laps = [_lap(cluster, heir, fencer, f"held{number}") for number in range(RUNS)]
    calls, wholes = zip(*laps, strict=True)
    return [
        Figure("fence.time", "s", median(wholes), AIM, RUNS),
        Figure("fence.worst", "s", max(wholes), AIM, RUNS),
        Figure("fence.call", "s", median(calls), None, RUNS),
    ]


def _lap(cluster: Cluster, heir: Mount, fencer: CephFencer, name: str) -> tuple[float, float]:
    """Seconds until the monitors have answered, and until the heir has written."""
    with cluster.mounted() as dead, writing(Path(dead.path, name)) as late, writing(Path(heir.path, name)) as other:
        client = client_of(dead)
        assert late.write("old") == "ok" and late.dirty("unsaved") == "ok"
        dead.freeze()
        began = time.perf_counter()
        asyncio.run(fencer.fence(client))
        called = time.perf_counter() - began
        assert other.write("new", within=90) == "ok"
        whole = time.perf_counter() - began
        dead.thaw()
        assert late.write("late") in REFUSED and late.make(".late") == "ESHUTDOWN", "it could still write"
        assert other.read().startswith("new"), "what it held back came through"
    return called, whole
