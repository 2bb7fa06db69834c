"""A real daemon on a real CephFS whose servers go away one after another, and somebody outside who calls it all the while.

What the acceptance tests and the benchmark of outages share. The caller has a process of its own: were it a thread, whoever measures
would share its interpreter with what is measured against.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.ceph import Cluster, Mount
from tests.daemon import ROOT, Daemon, NodeDaemon
from winslow.client import Client
from winslow.errors import WinslowError
from winslow.v1.cluster_pb2 import Health

EVERY = 0.05
"""Seconds between two calls: the callers are people and their screens."""
FILE_CALL = 13.0
"""Seconds by which every file call has been answered: its deadline of 10 s, and what a busy machine adds."""
NOTICED = 40.0
"""Seconds by which a node says that its storage is degraded."""
HEALED = 90.0
"""Seconds by which all is well again once the servers are back: hung processes end, clients find their servers."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One call: which, when it was sent (Unix seconds), how long it took, and why it failed ("" where it did not)."""

    call: str
    at: float
    seconds: float
    reason: str


class Caller:
    """Calls what needs no files, all the time, from a process of its own. Used as a context; afterwards it has `answers`."""

    def __init__(self, address: str, project: str) -> None:
        self._command = [sys.executable, "-m", "tests.outages", address, project]
        self.answers: list[Answer] = []

    def __enter__(self) -> Caller:
        self._process = subprocess.Popen(
            self._command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        self._reader = threading.Thread(target=self._read, args=(self._process.stdout,), daemon=True)
        self._reader.start()
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(30)
        self._reader.join(10)

    def _read(self, stream: Iterator[str]) -> None:
        for line in stream:
            self.answers.append(Answer(**json.loads(line)))

    def between(self, start: float, end: float) -> list[Answer]:
        return [answer for answer in self.answers if start <= answer.at < end]


def call_all_the_time(address: str, project: str) -> None:
    """Until standard input is closed, one JSON object a line: what a caller's process does."""
    over = threading.Event()
    threading.Thread(target=_await_end, args=(over,), daemon=True).start()
    with Client(address, patience=0.0) as client:
        calls: dict[str, Callable[[], object]] = {
            "GetCluster": client.nodes.cluster,
            "ListNodes": lambda: list(client.nodes.list()),
            "ListProjects": lambda: list(client.projects.list()),
            "GetProject": lambda: client.projects.get(project),
            "ListStages": lambda: list(client.stages.list(project)),
            "ListRuns": lambda: list(client.runs.list(project)),
        }
        while True:
            for name, call in calls.items():
                at, began, reason = time.time(), time.perf_counter(), ""
                try:
                    call()
                except WinslowError as error:
                    reason = error.reason
                print(json.dumps({"call": name, "at": at, "seconds": time.perf_counter() - began, "reason": reason}))
                sys.stdout.flush()
                if over.wait(EVERY):
                    return


def _await_end(over: threading.Event) -> None:
    sys.stdin.read()
    over.set()


@dataclass
class Outage:
    """What was seen of one: when it began and ended, and how long each thing took. `reasons` are the file calls' errors."""

    name: str
    began: float = 0.0
    ended: float = 0.0
    noticed: float = 0.0
    healed: float = 0.0
    file_calls: list[float] = field(default_factory=list)
    reasons: set[str] = field(default_factory=set)


class Scene:
    """A daemon on `mount`, seen by `client`."""

    def __init__(self, ceph: Cluster, mount: Mount, daemon: Daemon, client: Client) -> None:
        self.ceph = ceph
        self.mount = mount
        self.daemon = daemon
        self.client = client

    def faults(self) -> dict[str, Callable[[], AbstractContextManager[None]]]:
        """By name: metadata servers killed, the OSD killed, all of them at once, ceph-fuse frozen."""
        return {
            "servers": self._no_servers,
            "metadata": self.ceph.without_metadata,
            "data": self.ceph.without_data,
            "mount": self._frozen_mount,
        }

    @contextmanager
    def _no_servers(self) -> Iterator[None]:
        with self.ceph.without_metadata(), self.ceph.without_data():  # in this order they come back
            yield

    @contextmanager
    def _frozen_mount(self) -> Iterator[None]:
        self.mount.freeze()
        try:
            yield
        finally:
            self.mount.thaw()

    def outage(self, name: str, project: str, lasting: float, meanwhile: Callable[[], object] = lambda: None) -> Outage:
        """The servers are away for `lasting` seconds at least: until `meanwhile` is done and the node says so."""
        seen = Outage(name)
        with self.faults()[name]():
            seen.began = time.time()
            calls = threading.Thread(target=self._use_files, args=(project, seen), daemon=True)
            calls.start()
            meanwhile()
            seen.noticed = self.until(self.degraded, NOTICED, f"nobody says that the storage is degraded: {name}")
            time.sleep(max(0.0, seen.began + lasting - time.time()))
            calls.join(4 * FILE_CALL)
            assert not calls.is_alive(), "a file call was never answered"
        seen.ended = time.time()
        seen.healed = self.until(lambda: not self.degraded(), HEALED, f"the storage stays degraded: {name}")
        return seen

    @contextmanager
    def failed_over(self) -> Iterator[None]:
        """Begins when a call needed the metadata server that took over; the one that was killed waits afterwards."""
        killed = self.ceph.fail_over()
        try:
            self.until(lambda: self.ceph.active is not killed and not self.degraded(), HEALED, "nobody took over")
            yield
        finally:
            killed.start()
            killed.wait_until_answering()

    def _use_files(self, project: str, seen: Outage) -> None:
        """A read that the client has not cached, and a write, until one of them has failed; each is timed."""
        with self.daemon.client(patience=0.0, cut_patience=0.0) as client:
            for attempt in range(3):
                for call in (
                    lambda: client.files.make_directory(f"{project}/input/{seen.name}-{attempt}"),  # noqa: B023
                    lambda: client.files.read_bytes(f"{project}/input/{seen.name}.bin"),
                ):
                    began = time.perf_counter()
                    try:
                        call()
                    except WinslowError as error:
                        seen.reasons.add(error.reason)
                    seen.file_calls.append(time.perf_counter() - began)
                if seen.reasons:
                    return

    def put_from_elsewhere(self, paths: Sequence[str]) -> None:
        """Files of a MiB that the daemon's own client has never seen, and so must ask the servers for."""
        with self.ceph.mounted(self.mount.directory) as other:
            for path in paths:
                (other.path / path).write_bytes(bytes(1 << 20))

    def degraded(self) -> bool:
        parts = {part.name: part for part in self.client.nodes.cluster().parts}
        return parts["storage"].health != Health.HEALTH_OK

    def warnings(self) -> list[str]:
        return [warning for node in self.client.nodes.list() for warning in node.warnings]

    def until(self, condition: Callable[[], bool], within: float, what: str) -> float:
        """Seconds until it holds."""
        began = time.monotonic()
        while not condition():
            assert time.monotonic() - began < within, f"{what}\n{self.daemon.log.read_text()[-3000:]}"
            time.sleep(0.1)
        return time.monotonic() - began


@contextmanager
def scene(ceph: Cluster, place: Path, cluster: str, endpoint: str) -> Iterator[Scene]:
    """A daemon whose volume is a directory of `ceph` of its own; gone afterwards with its mount."""
    with ceph.mounted_new() as mount:
        mount.path.chmod(0o755)
        with (
            NodeDaemon(place / "node-a", cluster, [endpoint], volume=str(mount.path)) as daemon,
            daemon.client() as client,
        ):
            yield Scene(ceph, mount, daemon, client)


if __name__ == "__main__":
    call_all_the_time(*sys.argv[1:])
