"""A made-up installation where a cluster's daemons find it: its records in etcd, its directories on the volume."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from bench.town import PIPELINE, House, town
from tests import etcd_raw
from tests.cluster import Cluster
from winslow.client import Client
from winslow.errors import Unavailable
from winslow.wire import records
from winslow.wire.pipeline import spec_to_proto
from winslowd.etcd.wire import etcd_pb2 as pb

BATCH = 100
"""Records of one transaction."""
WITHIN = 300.0
"""Seconds in which a daemon has read all there is."""
SETTLED = 30.0
"""Seconds after it serves, in which engines have looked at everything once."""
YEARS = 10 * 365 * 86_400.0


@contextlib.contextmanager
def installation(directory: Path, name: str, *, projects: int, stages: int, **settings: Any) -> Iterator[Cluster]:
    """One etcd with so much in it, and node-a that does not run: what it holds then is what a daemon holds that finds all this."""
    settings = {"cpus": 2, "history_after": YEARS, "archive_after": YEARS, "session_ttl": 15, **settings}
    with Cluster(directory, name, nodes=1, members=1, **settings) as cluster:
        with cluster.client(patience=60) as client:
            client.pipelines.create(spec_to_proto(PIPELINE), pipeline_id="crossing")
        cluster.nodes["node-a"].stop()
        _fill(cluster, list(town(projects, stages, time.time())))
        yield cluster


def start(cluster: Cluster) -> None:
    """node-a, until it serves."""
    node, deadline = cluster.nodes["node-a"], time.monotonic() + WITHIN
    node.start(wait=False)
    with cluster.client(patience=0.2) as client:
        while not _serves(client):
            assert node.running and time.monotonic() < deadline, node.log.read_text()[-3000:]
            time.sleep(0.05)


def _serves(client: Client) -> bool:
    with contextlib.suppress(Unavailable):
        return bool(list(client.nodes.list()))
    return False


def _fill(cluster: Cluster, houses: Sequence[House]) -> None:
    for house in houses:
        for part in ("input", "workspace", "output", "stages"):
            (cluster.volume / "projects" / house.project.id / part).mkdir(parents=True)
    made = [
        pb.RequestOp(
            request_put=pb.PutRequest(key=f"/winslow/v1/{cluster.name}/{ref}".encode(), value=records.encode(record))
        )
        for house in houses
        for ref, record in house.records()
    ]

    def put(start: int) -> None:
        request, answer = pb.TxnRequest(success=made[start : start + BATCH]), pb.TxnResponse.FromString
        etcd_raw.call(cluster.endpoints[0], "/etcdserverpb.KV/Txn", request, answer, timeout=60)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(put, range(0, len(made), BATCH)))
