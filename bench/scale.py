"""Awards with many nodes and many waiting stages: how many a second, what they cost, and how that grows.

Three members of etcd and one real daemon, which leads; the other nodes are simulated (`bench/crowd.py`): their sessions,
registrations, connections and offers are real, their containers are not. The stages of one large sweep wait behind a
limit of one; the limit is lifted, and an observer's own watch of etcd tells when each award was written.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from bench.crowd import TAG
from bench.figures import Figure
from tests import etcd_raw
from tests.cluster import Cluster
from tests.daemon import ROOT
from winslow.client import Client
from winslow.domain.records import Kind
from winslow.domain.stage import Stage, State
from winslow.pipelinefile import parse
from winslow.wire import records
from winslow.wire.pipeline import spec_to_proto

NODES = (10, 100, 1000)
STAGES = 10_000
PROCESSES = 4
AIM = 500.0
"""Awards a second, on two cores."""
WITHIN = 600.0
PIPELINE = (
    "name: scale\nstages:\n"
    f"  - {{name: s, image: none, arguments: ['true'], resources: {{cpus: 1, memory: 64Mi, tags: [{TAG}]}}}}\n"
)


@dataclass
class Seen:
    """What an observer saw of etcd: when each stage was made and awarded, and what was written."""

    prefix: str
    made: dict[str, float] = field(default_factory=dict)
    awarded: dict[str, float] = field(default_factory=dict)
    revisions: set[int] = field(default_factory=set)
    keys: int = 0
    bytes_: int = 0

    def take(self, answer: Any) -> None:
        now = time.monotonic()
        stages = f"{self.prefix}{Kind.STAGE.value}/".encode()
        for event in answer.events:
            self.revisions.add(event.kv.mod_revision)
            self.keys += 1
            self.bytes_ += len(event.kv.key) + len(event.kv.value)
            if event.type == 0 and event.kv.key.startswith(stages):
                stage = records.decode(Kind.STAGE, event.kv.value)
                assert isinstance(stage, Stage)
                self.made.setdefault(stage.id, now)
                if stage.state is State.PREPARING:
                    self.awarded.setdefault(stage.id, now)

    def reset(self) -> None:
        self.revisions, self.keys, self.bytes_ = set(), 0, 0


@contextlib.contextmanager
def observed(cluster: Cluster) -> Iterator[Seen]:
    prefix = f"/winslow/v1/{cluster.name}/"
    watching = etcd_raw.Watching(cluster.endpoints, prefix.encode(), etcd_raw.revision(cluster.endpoints) + 1)
    seen = Seen(prefix)

    def watch() -> None:
        for answer in watching.responses():
            seen.take(answer)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        watching.end()
        thread.join(10)


@contextlib.contextmanager
def crowded(cluster: Cluster, count: int, cpus: float) -> Iterator[None]:
    """So many simulated nodes, all of them heard by the leader."""
    leader = cluster.nodes["node-a"]
    share = -(-count // PROCESSES)
    processes = [
        subprocess.Popen(
            [
                *(sys.executable, "-m", "bench.crowd", ",".join(cluster.endpoints), cluster.name),
                *(leader.name, leader.address, str(first), str(min(share, count - first)), str(cpus)),
            ],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for first in range(0, count, share)
    ]
    try:
        for process in processes:
            assert process.stdout and process.stdout.readline() == b"ready\n"
        yield
    finally:
        for process in processes:
            assert process.stdin
            process.stdin.close()
        for process in processes:
            process.wait(60)


def until(what: str, condition: Callable[[], bool], within: float = WITHIN) -> None:
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, f"never came: {what}"
        time.sleep(0.05)


def submit(client: Client, stages: int) -> None:
    """Stages that wait: a sweep behind a limit of one."""
    client.limits.update(per_project=1)
    project = client.projects.create("scale", spec=spec_to_proto(parse(PIPELINE))).name
    values = [str(number) for number in range(100)]
    client.sweeps.start(project, "s", {"A": values, "B": values[: max(stages // 100, 1)]}, expected_count=stages)


def measured(nodes: int, stages: int) -> list[Figure]:
    cpus = max(2.0 * STAGES / nodes, 2.0)
    with (
        tempfile.TemporaryDirectory(prefix="winslow-scale-") as directory,
        Cluster(Path(directory), "scale", nodes=1, session_ttl=15, cpus=1) as cluster,
        cluster.client(patience=30) as client,
        observed(cluster) as seen,
        crowded(cluster, nodes, cpus),
    ):
        daemon = psutil.Process(cluster.nodes["node-a"].pid)
        submit(client, stages)
        until("all stages wait", lambda: len(seen.made) >= stages)
        seen.reset()
        before = len(seen.awarded)
        used, began = sum(daemon.cpu_times()[:2]), time.monotonic()
        client.limits.update(per_project=0)
        until("all stages are awarded", lambda: len(seen.awarded) >= stages)
        awards = len(seen.awarded) - before
        took = max(seen.awarded.values()) - began
        used = sum(daemon.cpu_times()[:2]) - used
        return [
            Figure(f"awards.rate.{nodes}.{stages}", "awards/s", awards / took, AIM, awards),
            Figure(
                f"awards.etcd_writes.{nodes}.{stages}",
                "transactions an award",
                len(seen.revisions) / awards,
                1.0,
                awards,
            ),
            Figure(f"awards.etcd_keys.{nodes}.{stages}", "keys written an award", seen.keys / awards, 1.0, awards),
            Figure(f"awards.cpu.{nodes}.{stages}", "ms of the leader an award", 1000 * used / awards, None, awards),
            Figure(f"leader.rss.{nodes}.{stages}", "MB", daemon.memory_info().rss / 1e6, None, 1),
            Figure(f"etcd.size.{nodes}.{stages}", "MB", _etcd_size(cluster) / 1e6, None, 1),
        ]


def _etcd_size(cluster: Cluster) -> int:
    """Bytes of the first member's database that are in use."""
    status = etcd_raw.status(cluster.endpoints[0])
    return int(status.dbSizeInUse)


def measure() -> list[Figure]:
    figures = [figure for nodes in NODES for figure in measured(nodes, STAGES)]
    return figures + measured(NODES[-1], STAGES // 10)  # does an award cost more where more wait?
