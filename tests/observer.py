"""An observer of a cluster that never believes it: what etcd, the engines and the volume say, written down as it happens.

    with Observer(cluster) as observer:
        ...
        observer.check()

It has a watch of its own on every key of the cluster, its own line to every engine's events, and reads with its own eyes what
stages leave on the volume. Its history is judged by `tests/invariants.py`. A stage bears witness of its execution when its
script begins with `WITNESS`, and of its log when it prints lines `line 0`, `line 1`, ...
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from docker import APIClient
from docker.errors import DockerException
from requests.exceptions import RequestException

from tests import etcd_raw
from tests.cluster import Cluster
from tests.invariants import (
    INVARIANTS,
    Acknowledged,
    Happened,
    History,
    Invariant,
    Shown,
    Witness,
    Write,
    violations,
)
from winslow.domain.records import Kind
from winslow.domain.stage import ENDED, Stage, State
from winslow.wire.records import decode

WITNESS = 'echo "$(hostname) $(cat /proc/sys/kernel/random/uuid)" >> /output/witness; '
"""What a stage's script begins with: it says, outside of the container, that and where it was executed."""
LOOK_EVERY = 0.02
"""Seconds between two looks at the links of published outputs."""
OVERLAP = 5.0
"""Seconds of an engine's events that are asked for again after it was away."""
CATCH_UP_WITHIN = 20.0
REST_WITHIN = 20.0
"""Seconds in which a cluster that is left in peace comes to rest."""


class Observer:
    """Use as a context, around everything that is to be observed. Its methods may be called from any thread."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._prefix = f"/winslow/v1/{cluster.name}/".encode()
        self._moved = threading.Condition()
        self._ended = threading.Event()
        self._failures: list[str] = []
        self._watching = etcd_raw.Watching(cluster.endpoints, self._prefix, 1)
        self._ears: list[Ears] = []
        self._threads: list[threading.Thread] = []
        self._seen = 0
        self._writes: list[Write] = []
        self._at: dict[int, float] = {}
        self._events: list[Happened] = []
        self._shown: list[Shown] = []
        self._showing: dict[tuple[str, str], str] = {}
        self._seals: dict[str, list[str]] = {}
        self._stages: dict[str, Stage] = {}
        self._acknowledged: list[Acknowledged] = []
        self._killed: set[str] = set()

    def __enter__(self) -> Observer:
        for engine in {node.engine for node in self._cluster.nodes.values()}:
            self._ears.append(Ears(engine, self._cluster.name, self._heard, self._ended))
        work = {"etcd": self._watch, "links": self._look_at_links}
        work |= {f"engine {index}": ears.listen for index, ears in enumerate(self._ears)}
        for name, target in work.items():
            self._threads.append(threading.Thread(target=self._kept(target), name=f"observer: {name}", daemon=True))
            self._threads[-1].start()
        for ears in self._ears:
            assert ears.listening.wait(30), "an engine does not tell its events"
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._watching.end()
        for ears in self._ears:
            ears.close()
        for thread in self._threads:
            thread.join(10)

    # What the test says it did

    def acknowledged(self, answer: Any, request: str = "") -> Any:
        """A request was answered with this resource: it must be there from now on. Answers it back."""
        name = str(answer.name)
        kind, key = _record_of(name)
        with self._moved:
            self._acknowledged.append(Acknowledged(request, name, f"{kind}/{key}"))
        return answer

    def killed(self, *containers: str) -> None:
        """The test killed these containers itself."""
        with self._moved:
            self._killed |= set(containers)

    # What there is to wait for

    def until(self, holds: Callable[[], Any], within: float = 60.0) -> Any:
        """Wait for what `holds` answers, asked again after everything that was seen. Raises AssertionError."""
        deadline = time.monotonic() + within
        with self._moved:
            while not (found := holds()):
                left = deadline - time.monotonic()
                assert left > 0, f"not seen within {within:g} s"
                self._moved.wait(min(left, 0.5))
        return found

    def stage(self, id_: str) -> Stage | None:
        """A stage as etcd had it last."""
        return self._stages.get(id_.rpartition("/")[2])

    def stages(self, project: str, definition: str = "") -> list[Stage]:
        """A project's stages, oldest first."""
        id_ = project.rpartition("/")[2]
        mine = [one for one in list(self._stages.values()) if one.project == id_]
        return [one for one in mine if definition in ("", one.definition.name)]

    def catch_up(self) -> None:
        """Until all has been seen that etcd has at this moment."""
        there = etcd_raw.listed(self._cluster.endpoints, self._prefix)
        newest = max((int(kv.mod_revision) for kv in there), default=0)
        self.until(lambda: self._seen >= newest, CATCH_UP_WITHIN)

    def event(self, action: str, stage: str = "", node: str = "") -> Happened | None:
        """The first event of an engine of this kind: `create`, `start`, `kill`, `die`, `destroy`."""
        for one in list(self._events):
            if one.action == action and stage in ("", one.stage) and node in ("", one.node):
                return one
        return None

    def first(self, holds: Callable[[Write], bool]) -> tuple[Write, float] | None:
        """The first write of which this is so, and when it was seen (Unix seconds)."""
        for write in list(self._writes):
            if holds(write):
                return write, self._at[write.revision]
        return None

    # The judgement

    def history(self) -> History:
        """Everything so far, up to what etcd has at this moment, and what lies on the volume now."""
        self.catch_up()
        for stage in list(self._stages.values()):
            self._seal(stage)
        self._look_once()
        with self._moved:
            assert not self._failures, f"the observer itself failed: {self._failures}"
            return History(
                writes=tuple(self._writes),
                events=tuple(self._events),
                witnesses={id_: _witnesses(self._root(stage)) for id_, stage in self._stages.items()},
                lines={id_: _numbers(self._root(stage) / "log") for id_, stage in self._stages.items()},
                seals={id_: tuple(found) for id_, found in self._seals.items()},
                shown=tuple(self._shown),
                acknowledged=tuple(self._acknowledged),
                killed_by_us=frozenset(self._killed),
            )

    def check(self, *, without: tuple[Invariant, ...] = (), within: float = REST_WITHIN) -> History:
        """The history, once every invariant holds. Raises AssertionError with all that do not.

        A cluster that comes to rest needs its time; but what was broken once stays broken, since a history only grows.
        """
        invariants = [each for each in INVARIANTS if each not in without]
        deadline = time.monotonic() + within
        while found := violations(history := self.history(), invariants):
            assert time.monotonic() < deadline, "\n".join(found)
            time.sleep(0.2)
        return history

    # etcd

    def _watch(self) -> None:
        for answer in self._watching.responses():
            writes = [self._read(event) for event in answer.events]
            ended = [one.value for one in writes if isinstance(one.value, Stage) and one.value.state in ENDED]
            for stage in ended:
                self._seal(stage)
            with self._moved:
                for write in writes:
                    self._writes.append(write)
                    self._at.setdefault(write.revision, time.time())
                    if isinstance(write.value, Stage):
                        self._stages[write.value.id] = write.value
                self._seen = writes[-1].revision
                self._moved.notify_all()

    def _read(self, event: Any) -> Write:
        kind, _, key = event.kv.key.removeprefix(self._prefix).decode().partition("/")
        deleted = event.type == 1
        value = None
        if not deleted and kind in {one.value for one in Kind}:
            value = decode(Kind(kind), event.kv.value)
        created = 0 if deleted else int(event.kv.create_revision)
        return Write(int(event.kv.mod_revision), kind, key, created, value)

    # Engines

    def _heard(self, event: Happened) -> None:
        with self._moved:
            self._events.append(event)
            self._moved.notify_all()

    # The volume

    def _root(self, stage: Stage) -> Path:
        return self._cluster.volume / "projects" / stage.project / "stages" / stage.id

    def _seal(self, stage: Stage) -> None:
        """Hash what an ended stage left. One that was given up may still be written to, by a node that does not know yet."""
        if stage.state not in ENDED - {State.LOST, State.SKIPPED} or stage.workspace != stage.id:
            return
        found = hash_tree(self._root(stage) / "workspace")
        if stage.state is State.SUCCEEDED:
            found += hash_tree(self._root(stage) / "output")
        with self._moved:
            self._seals.setdefault(stage.id, []).append(found)

    def _look_at_links(self) -> None:
        while not self._ended.wait(LOOK_EVERY):
            self._look_once()

    def _look_once(self) -> None:
        with self._moved:  # two who look at once would see links move back
            for project, definition, stage in _links(self._cluster.volume):
                if self._showing.get((project, definition)) != stage:
                    self._showing[project, definition] = stage
                    self._shown.append(Shown(project, definition, stage))
                    self._moved.notify_all()

    def _kept(self, work: Callable[[], None]) -> Callable[[], None]:
        """An observer that broke must not look like one that saw nothing."""

        def run() -> None:
            try:
                work()
            except Exception as error:
                with self._moved:
                    self._failures.append(f"{threading.current_thread().name}: {error!r}")
                    self._moved.notify_all()

        return run


class Ears:
    """The events of one engine's containers of one cluster, across restarts of the engine."""

    def __init__(self, engine: str, cluster: str, heard: Callable[[Happened], None], ended: threading.Event) -> None:
        self.listening = threading.Event()
        self._engine = engine
        self._owner = f"{cluster}/"
        self._heard = heard
        self._ended = ended
        self._stream: Any = None
        self._told: set[tuple[int, str, str]] = set()

    def listen(self) -> None:
        while not self._ended.is_set():
            with contextlib.suppress(DockerException, RequestException, OSError, AttributeError):
                self._listen_once()
            self._ended.wait(0.2)

    def close(self) -> None:
        if self._stream is not None:
            self._stream.close()

    def _listen_once(self) -> None:
        """Goes on a little before the last event: two that happen at once may be told in any order."""
        client = APIClient(self._engine, version="auto", timeout=None)
        since = max(self._told)[0] / 1e9 - OVERLAP if self._told else None
        filters = {"type": "container", "label": "winslow.stage"}
        self._stream = client.events(since=since, filters=filters, decode=True)
        self.listening.set()
        for event in self._stream:
            one = int(event["timeNano"]), str(event["Actor"]["ID"]), str(event["Action"])
            if one not in self._told:
                self._told.add(one)
                self._tell(event)

    def _tell(self, event: Mapping[str, Any]) -> None:
        labels = event["Actor"]["Attributes"]
        owner = str(labels.get("winslow.cluster", ""))
        if not owner.startswith(self._owner):
            return
        self._heard(
            Happened(
                at=event["timeNano"] / 1e9,
                action=str(event["Action"]),
                container=str(event["Actor"]["ID"]),
                stage=str(labels["winslow.stage"]),
                node=owner.removeprefix(self._owner),
                held=labels.get("winslow.hold") == "1",
            )
        )


def hash_tree(root: Path) -> str:
    """SHA-256 over the names, kinds, permissions and contents of everything under `root`."""
    found = hashlib.sha256()
    for folder, folders, files in os.walk(root):
        folders.sort()
        for name in sorted([*folders, *files]):
            path = Path(folder, name)
            info = path.lstat()
            found.update(f"{path.relative_to(root)} {stat.S_IFMT(info.st_mode)} {info.st_size}\n".encode())
            if stat.S_ISREG(info.st_mode):
                found.update(path.read_bytes())
            elif stat.S_ISLNK(info.st_mode):
                found.update(str(path.readlink()).encode())
    return found.hexdigest()


def _links(volume: Path) -> Iterator[tuple[str, str, str]]:
    """(project, definition, stage) of every published output."""
    for link in (volume / "projects").glob("*/output/*"):
        with contextlib.suppress(OSError):
            parts = link.readlink().parts
            yield link.parent.parent.name, link.name, parts[parts.index("stages") + 1]


def _witnesses(root: Path) -> tuple[Witness, ...]:
    try:
        lines = (root / "output" / "witness").read_text().splitlines()
    except OSError:
        return ()
    return tuple(Witness(*line.split(" ", 1)) for line in lines)


def _numbers(log: Path) -> tuple[int, ...]:
    """N of every line `line N` of a log, which holds CRI lines: time, stream, flag, text."""
    try:
        lines = log.read_text(errors="replace").splitlines()
    except OSError:
        return ()
    texts = (line.split(" ", 3)[3] for line in lines if line.count(" ") >= 3)
    return tuple(int(text.removeprefix("line ")) for text in texts if text.startswith("line "))


def _record_of(name: str) -> tuple[str, str]:
    """Where the record of a resource lies: `projects/P/runs/R` is `runs` and `P/R`."""
    match name.split("/"):
        case [kind, key]:
            return kind, key
        case ["projects", project, kind, key]:
            return kind, f"{project}/{key}"
        case ["projects", project, "runs", run, "comments", number]:
            return "comments", f"{project}/{run}/{int(number):06d}"
        case _:
            raise ValueError(f"{name} is no record of its own")
