"""What the benchmarks of a cluster share: real nodes over a real etcd, and etcd's own word on what they decided.

No benchmark asks the nodes who decided what, and when: a watch of its own on etcd says so.
"""

from __future__ import annotations

import contextlib
import tempfile
import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from tests import etcd_raw
from tests.cluster import Cluster
from tests.images import busybox_image
from winslow.domain.records import Kind
from winslow.domain.stage import Stage
from winslow.v1.node_pb2 import NodeState
from winslow.wire.records import decode

T = TypeVar("T")

SESSION_TTL = 15
"""Seconds; what a real node has by default, where tests have less."""
WITHIN = 60.0


@dataclass(frozen=True, slots=True)
class Seen:
    """A stage as etcd has it since `revision`, and when that was seen (Unix seconds)."""

    stage: Stage
    revision: int
    at: float


@dataclass(frozen=True, slots=True)
class Claim:
    """Who would lead, by the key of the claim; `created` is its fence."""

    key: str
    created: int
    node: str


class Onlooker:
    """Every stage and every claim to lead, as etcd tells them. Use as a context; its methods are for any thread."""

    def __init__(self, cluster: Cluster) -> None:
        self._prefix = f"/winslow/v1/{cluster.name}/"
        self._watching = etcd_raw.Watching(cluster.endpoints, self._prefix.encode(), 1)
        self._moved = threading.Condition()
        self._stages: defaultdict[str, list[Seen]] = defaultdict(list)
        self._claims: dict[str, Claim] = {}
        self._withdrawn: dict[str, int] = {}
        """The revision of the last deletion; a session that claims again does so under the same key."""
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._watch, name="onlooker", daemon=True)

    def __enter__(self) -> Onlooker:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._watching.end()
        self._thread.join(10)

    def until(self, holds: Callable[[], T | None], within: float = WITHIN) -> T:
        """What `holds` answers, asked again after everything that was seen. Raises AssertionError."""
        deadline = time.monotonic() + within
        with self._moved:
            while not (found := holds()):
                assert self._failure is None, f"the onlooker itself failed: {self._failure!r}"
                left = deadline - time.monotonic()
                assert left > 0, f"not seen within {within:g} s"
                self._moved.wait(left)
        return found

    def leader(self) -> Claim | None:
        """The oldest claim."""
        return min(self._claims.values(), key=lambda claim: claim.created, default=None)

    def is_after(self, claim: Claim, award: Seen) -> bool:
        """Whether somebody else made the award: awards compare the leader's claim, and this one was gone by then."""
        return claim.created < self._withdrawn.get(claim.key, 0) < award.revision

    def history(self, project: str) -> list[Seen]:
        """Of all stages of a project, by its name, oldest first."""
        with self._moved:
            return list(self._stages[project.rpartition("/")[2]])

    def awards(self, project: str) -> list[Seen]:
        """The first sight of each stage of a project on its node."""
        first: dict[str, Seen] = {}
        for seen in self.history(project):
            if seen.stage.node is not None:
                first.setdefault(seen.stage.id, seen)
        return list(first.values())

    def _watch(self) -> None:
        try:
            for answer in self._watching.responses():
                at = time.time()
                with self._moved:
                    for event in answer.events:
                        self._take(event, at)
                    self._moved.notify_all()
        except Exception as error:  # one that broke must not look like one that saw nothing
            with self._moved:
                self._failure = error
                self._moved.notify_all()

    def _take(self, event: Any, at: float) -> None:
        pair, deleted = event.kv, event.type == 1
        key = pair.key.decode().removeprefix(self._prefix)
        if key.startswith("elections/leader/"):
            if deleted:
                self._claims.pop(key, None)
                self._withdrawn[key] = int(pair.mod_revision)
            else:
                self._claims[key] = Claim(key, int(pair.create_revision), pair.value.decode())
        elif key.startswith(f"{Kind.STAGE.value}/") and not deleted:
            stage = decode(Kind.STAGE, pair.value)
            assert isinstance(stage, Stage)
            self._stages[stage.project].append(Seen(stage, int(pair.mod_revision), at))


@contextlib.contextmanager
def node_set(nodes: int = 3, **settings: Any) -> Iterator[tuple[Cluster, Onlooker, str]]:
    """So many nodes on three members of etcd, who all see each other; an onlooker; and the name of a busybox image."""
    with (
        busybox_image() as image,
        tempfile.TemporaryDirectory(prefix="winslow-bench-") as directory,
        Cluster(
            Path(directory), f"bench-{uuid.uuid4().hex[:8]}", nodes, **{"session_ttl": SESSION_TTL, **settings}
        ) as cluster,
        Onlooker(cluster) as onlooker,
    ):
        until_whole(cluster)
        yield cluster, onlooker, image


def until_whole(cluster: Cluster) -> None:
    """Wait until somebody leads, and every node shows every node as up."""
    deadline = time.monotonic() + WITHIN
    for name in cluster.nodes:
        with cluster.client(name) as client:
            while cluster.leader() is None or _up(client.nodes.list()) != set(cluster.nodes):
                assert time.monotonic() < deadline, f"{name} does not see the whole cluster within {WITHIN:g} s"
                time.sleep(0.05)


def _up(nodes: Iterator[Any]) -> set[str]:
    return {node.name.removeprefix("nodes/") for node in nodes if node.state == NodeState.NODE_STATE_READY}
