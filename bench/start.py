"""How a daemon starts in a large installation: 10,000 projects and 100,000 stages in etcd, of which it knows nothing.

Until it serves; what it has in memory then; and the longest for which its event loop did not turn, while it read all that and
while its engines looked at it for the first time: on that loop people are answered, sessions kept and stages stopped. Floors: to
read the same keys from the same etcd as they lie there, and the bytes that these have; for the loop the aim.
"""

from __future__ import annotations

import contextlib
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from bench.figures import Figure
from bench.filling import SETTLED, installation, start
from tests import etcd_raw
from tests.cluster import Cluster
from winslowd.etcd.wire import etcd_pb2 as pb

PAGE = 2_000
"""Keys that the floor reads at once: gRPC takes 4 MiB where nobody says more."""
AIM_LATE = 200.0


@dataclass(frozen=True, slots=True)
class Size:
    projects: int = 10_000
    stages: int = 100_000


SMALL = Size(500, 5_000)


@dataclass(frozen=True, slots=True)
class Moment:
    """When the loop turned again, in seconds of the machine's steady clock; for how long it had not, and worked, in ms."""

    at: float
    late: float
    worked: float


def measure(*, small: bool = False) -> list[Figure]:
    size = SMALL if small else Size()
    with contextlib.ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="winslow-bench-")))
        told = directory / "late"  # where its loop tells how late it was
        within = (sys.executable, "-m", "bench.late", str(told))
        cluster = stack.enter_context(
            installation(directory, "b-start", projects=size.projects, stages=size.stages, within=within)
        )
        node = cluster.nodes["node-a"]
        told.unlink()
        began = time.monotonic()
        raw = _read(cluster)
        floor = time.monotonic() - began
        began = time.monotonic()
        start(cluster)
        own = node.processes()[0]
        ready = time.monotonic()
        cpu = sum(own.cpu_times()[:2])
        time.sleep(SETTLED)
        memory = own.memory_full_info().uss / 1e6
        node.stop()
        moments = _moments(told)
    after = [one for one in moments if one.at > ready]
    return [
        Figure("start.ready", "s", ready - began, floor, 1),
        Figure("start.cpu", "s", cpu, floor, 1),
        Figure("start.memory", "MB", memory, raw / 1e6, 1),
        Figure("start.late", "ms", max((one.late for one in after), default=0.0), AIM_LATE, len(after)),
        Figure("start.late.work", "ms", max((one.worked for one in moments), default=0.0), AIM_LATE, len(moments)),
    ]


def _read(cluster: Cluster) -> int:
    """All of it, as anybody may read it: how many bytes it is."""
    prefix = f"/winslow/v1/{cluster.name}/".encode()
    request, size = pb.RangeRequest(key=prefix, range_end=etcd_raw.prefix_end(prefix), limit=PAGE), 0
    while True:
        answer = etcd_raw.call(
            cluster.endpoints[0], "/etcdserverpb.KV/Range", request, pb.RangeResponse.FromString, timeout=60
        )
        size += sum(len(pair.key) + len(pair.value) for pair in answer.kvs)
        if not answer.more:
            return size
        request.key, request.revision = answer.kvs[-1].key + b"\0", answer.header.revision


def _moments(told: Path) -> list[Moment]:
    return [Moment(*map(float, line.split())) for line in told.read_text().splitlines()]
