"""What a long past costs: etcd's keys and bytes once 5,000 stages are history, and looking into one of 100,000 stages.

The floor of a look is the same look at a project that has no history. The 5,000 are written into etcd as a busy week would
leave them, and moved by the daemon; the 100,000 are put where the daemon would have put them.
"""

from __future__ import annotations

import asyncio
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from bench.figures import Figure, median
from tests import etcd_raw
from tests.cluster import Cluster
from tests.fakes.volume import InlineVolume
from winslow.client import Client
from winslow.domain.pipeline import DefinitionName, Pipeline, StageDefinition
from winslow.domain.project import Project, Run, RunEnd
from winslow.domain.records import Kind, Record, Ref, project_ref, run_ref, stage_ref
from winslow.domain.stage import NodeId, Outcome, ProjectId, RunId, Stage, StageId, State
from winslow.ports import Archived
from winslow.wire import records
from winslow.wire.pipeline import spec_to_proto
from winslowd.etcd.wire import etcd_pb2 as pb
from winslowd.usecases.filing import facts

NAMES = ("detect", "stabilise", "track", "georeference", "analyse")
PIPELINE = Pipeline("past", tuple(StageDefinition(DefinitionName(name), "busybox") for name in NAMES))
MOVED, PAST = 5_000, 100_000
LOOKS = 50
WITHIN = 300.0
BATCH = 100


def measure() -> list[Figure]:
    with (
        tempfile.TemporaryDirectory(prefix="winslow-bench-") as directory,
        Cluster(Path(directory), "b-history", nodes=1, members=1, history_after=1, cpus=2) as cluster,
        cluster.client() as client,
    ):
        return [*_moved(cluster, client), *_looked_at(cluster, client)]


def _moved(cluster: Cluster, client: Client) -> list[Figure]:
    project = _project(cluster, client, "busy")
    keys, size = _etcd(cluster)
    _write(cluster, project, MOVED // len(NAMES))
    full_keys, full_size = _etcd(cluster)
    began = time.perf_counter()
    prefix = f"/winslow/v1/{cluster.name}/stages/{project.id}/".encode()
    while len(etcd_raw.listed(cluster.endpoints, prefix)) > 2 * len(NAMES):
        assert time.perf_counter() < began + WITHIN
        time.sleep(0.2)
    took = time.perf_counter() - began
    assert len(list(client.stages.list(f"projects/{project.id}"))) == MOVED
    left_keys, left_size = _etcd(cluster)
    return [
        Figure("history.etcd_keys", "keys", left_keys, keys, MOVED),
        Figure("history.etcd_keys.before", "keys", full_keys, keys, MOVED),
        Figure("history.etcd_bytes", "kB", left_size / 1e3, size / 1e3, MOVED),
        Figure("history.etcd_bytes.before", "kB", full_size / 1e3, size / 1e3, MOVED),
        Figure("history.moved", "stages/s", MOVED / took, None, MOVED),
    ]


def _looked_at(cluster: Cluster, client: Client) -> list[Figure]:
    small = _project(cluster, client, "young")
    _write(cluster, small, 2)  # the newest two stay
    large = _project(cluster, client, "old")
    _write(cluster, large, 1, first=PAST // len(NAMES) + 1)
    asyncio.run(_archive(cluster, large, PAST // len(NAMES)))
    dice = random.Random(1)

    def find(project: Project, runs: int) -> Callable[[], object]:
        return lambda: client.stages.get(_name(project, dice.randint(1, runs), dice.choice(NAMES)))

    def page(project: Project, order: str) -> Callable[[], object]:
        return lambda: next(iter(client.stages.list(f"projects/{project.id}", order_by=order)))

    rare = lambda: next(iter(client.stages.list(f"projects/{large.id}", filter="run=000007 definition=track")))  # noqa: E731

    def looks(what: str) -> list[Figure]:
        figures = [Figure(f"{what}.list.cold", "ms", _timed(page(large, "")), None, 1)]
        for kind, order in (("", "create_time desc"), (".oldest", "")):
            floor = _typical(page(small, order))
            figures.append(Figure(f"{what}.list{kind}", "ms", _typical(page(large, order)), floor, LOOKS))
        floor = _typical(find(small, 2))
        figures.append(Figure(f"{what}.find", "ms", _typical(find(large, PAST // len(NAMES))), floor, LOOKS))
        return [*figures, Figure(f"{what}.search", "ms", _typical(rare), None, LOOKS)]

    figures = looks("history")
    (worker,) = cluster.nodes["node-a"].processes()[1:]
    figures.append(Figure("history.files_process.rss", "MB", worker.memory_info().rss / 1e6, None, 1))
    directory = cluster.volume / "projects" / large.id / "history"
    before, began = _size(directory), time.perf_counter()
    asyncio.run(_condense(cluster, large))
    figures.append(Figure("history.condensing", "s", time.perf_counter() - began, None, 1))
    figures.append(Figure("history.bytes", "kB", _size(directory) / 1e3, before / 1e3, 1))
    return [*figures, *looks("history.condensed")]


def _size(directory: Path) -> int:
    """Bytes of what is not put aside."""
    return sum(path.stat().st_size for path in directory.iterdir() if not path.name.startswith("."))


async def _condense(cluster: Cluster, project: Project) -> None:
    """What a keeper does once a day."""
    volume = InlineVolume(str(cluster.volume))
    assert await volume.history.condense(ProjectId(project.id), -1.0)
    volume.close()


def _timed(look: Callable[[], object]) -> float:
    began = time.perf_counter()
    look()
    return (time.perf_counter() - began) * 1e3


def _typical(look: Callable[[], object]) -> float:
    return median([_timed(look) for _ in range(LOOKS)])


# ---- a past that nobody had to live through


def _project(cluster: Cluster, client: Client, name: str) -> Project:
    made = client.projects.create(name, spec=spec_to_proto(PIPELINE)).name.removeprefix("projects/")
    (found,) = etcd_raw.listed(cluster.endpoints, _key(cluster, project_ref(made)))
    project = records.decode(Kind.PROJECT, found.value)
    assert isinstance(project, Project)
    return project


def _run(project: Project, number: int, ended: float) -> Iterator[Record]:
    """A run and its stages, all of which succeeded."""
    run = Run(RunId(f"{number:06d}"), project.id, number, (DefinitionName(NAMES[0]),), ended - 100, "ann")
    tries = {DefinitionName(name): (StageId(_id(project, number, name)),) for name in NAMES}
    yield replace(run, end=RunEnd.SUCCEEDED, ended_at=ended, attempts=tries)
    parent: StageId | None = None
    for index, definition in enumerate(PIPELINE.stages):
        stage = Stage(
            id=StageId(_id(project, number, definition.name)),
            project=project.id,
            run=run.id,
            definition=definition,
            attempt=1,
            created_at=run.created_at + index,
            created_by="ann",
            parent=parent,
            state=State.SUCCEEDED,
            node=NodeId("node-a"),
            image_digest="sha256:0123456789abcdef",
            placed_at=run.created_at + index,
            started_at=run.created_at + index,
            ended_at=run.created_at + index + 1,
            results={"objects": str(number), "score": f"{index / 7:.4f}"},
            outcome=Outcome(0),
        )
        parent = stage.id
        yield stage


def _id(project: Project, number: int, definition: str) -> str:
    return f"{definition}-{number}-1-{project.suffix}"


def _name(project: Project, number: int, definition: str) -> str:
    return f"projects/{project.id}/stages/{_id(project, number, definition)}"


def _write(cluster: Cluster, project: Project, runs: int, first: int = 1) -> None:
    """Runs straight into etcd, with the project that numbers them."""
    made = [one for number in range(first, first + runs) for one in _run(project, number, 1e9 + number)]
    _put(cluster, [replace(project, next_run=first + runs), *made])


def _put(cluster: Cluster, made: list[Record]) -> None:
    for start in range(0, len(made), BATCH):
        puts = [
            pb.RequestOp(request_put=pb.PutRequest(key=_key(cluster, _ref(one)), value=records.encode(one)))
            for one in made[start : start + BATCH]
        ]
        answer = pb.TxnResponse.FromString
        etcd_raw.call(cluster.endpoints[0], "/etcdserverpb.KV/Txn", pb.TxnRequest(success=puts), answer)


def _ref(record: Record) -> Ref:
    match record:
        case Run():
            return run_ref(record)
        case Stage():
            return stage_ref(record)
        case Project():
            return project_ref(record.id)
        case _:
            raise AssertionError(record)


def _key(cluster: Cluster, ref: Ref) -> bytes:
    return f"/winslow/v1/{cluster.name}/{ref}".encode()


async def _archive(cluster: Cluster, project: Project, runs: int) -> None:
    """Runs straight into the project's history."""
    volume = InlineVolume(str(cluster.volume))
    for start in range(1, runs + 1, 500):
        made = [
            one for number in range(start, min(start + 500, runs + 1)) for one in _run(project, number, 1e9 + number)
        ]
        archived = [Archived(_ref(one), one, 1) for one in made]
        await volume.history.append(ProjectId(project.id), [(one, facts(one)) for one in archived])
    volume.close()


def _etcd(cluster: Cluster) -> tuple[int, int]:
    """Keys of the cluster, and bytes of etcd's database that are in use once what is past is compacted."""
    etcd_raw.compact(cluster.endpoints, etcd_raw.revision(cluster.endpoints))
    keys = len(etcd_raw.listed(cluster.endpoints, f"/winslow/v1/{cluster.name}/".encode()))
    return keys, int(etcd_raw.status(cluster.endpoints[0]).dbSizeInUse)
