"""Ended runs leave etcd for the volume within seconds here, and nobody who looks or goes on sees a difference."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import etcd_raw
from tests.acceptance.story import Story, run_state
from tests.cluster import Cluster
from winslow.client import Client
from winslow.errors import NotFound
from winslow.v1.stage_pb2 import Stage

pytestmark = pytest.mark.timeout(300)

CHAIN = ("echo one > /workspace/a; echo hello", "cat /workspace/a", "cp /workspace/a /output/b")
WITHIN = 60.0


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory, image: str) -> Iterator[Cluster]:
    directory = tmp_path_factory.mktemp("history")
    with Cluster(directory, "t-history", nodes=2, members=1, history_after=0.5, cpus=2) as cluster:
        yield cluster


@pytest.fixture
def client(cluster: Cluster) -> Iterator[Client]:
    with cluster.client("node-a") as client:
        yield client


def in_etcd(cluster: Cluster, kind: str, project: str) -> set[str]:
    """The ids of a project's records that etcd has now."""
    prefix = f"/winslow/v1/{cluster.name}/{kind}/{project.removeprefix('projects/')}/"
    return {kv.key.decode().removeprefix(prefix) for kv in etcd_raw.listed(cluster.endpoints, prefix.encode())}


def until(condition: Callable[[], bool], why: Callable[[], object], pause: float = 0.05) -> None:
    deadline = time.monotonic() + WITHIN
    while not condition():
        assert time.monotonic() < deadline, why()
        time.sleep(pause)


def moved(cluster: Cluster, project: str, left: int = 2) -> None:
    """All but the newest runs are history."""
    runs = lambda: in_etcd(cluster, "runs", project)  # noqa: E731
    until(lambda: len(runs()) <= left and len(in_etcd(cluster, "stages", project)) <= 3 * left, runs)


def names(stages: list[Stage]) -> list[str]:
    return [stage.name for stage in stages]


def test_thirty_stages_become_history_and_everything_people_do_with_them_goes_on(
    cluster: Cluster, client: Client, image: str
) -> None:
    story = Story(client, image, "long past").stages(*CHAIN)
    for _ in range(10):
        assert run_state(story.run()) == "SUCCEEDED"
    moved(cluster, story.project)
    with cluster.client("node-b") as other:
        _looked_at(story, other)
        _gone_on_from(cluster, story, other)
    moved(cluster, story.project)
    assert len(story.all()) == 32


def _looked_at(story: Story, client: Client) -> None:
    stages = list(client.stages.list(story.project))
    assert len(set(names(stages))) == 30
    assert names(list(client.stages.list(story.project, order_by="create_time desc"))) == names(stages)[::-1]
    first = list(client.stages.list(story.project, filter="run=000001"))
    assert names(first) == names(stages)[:3]
    assert len(list(client.stages.list(story.project, filter="definition=s2 state=succeeded"))) == 10
    assert [run.number for run in client.runs.list(story.project)] == list(range(10, 0, -1))
    got = client.stages.get(first[0].name)
    assert (got.name, got.node, got.outcome) == (first[0].name, first[0].node, first[0].outcome)
    assert [line.text for line in client.logs.lines(got.name)] == [b"hello"]
    assert run_state(client.runs.get(first[0].run)) == "SUCCEEDED"
    assert b"".join(client.files.read(f"{first[2].name}/output/b")) == b"one\n"
    assert len(list(client.files.list(f"{story.project}/stages"))) == 30
    with pytest.raises(NotFound):
        client.stages.get(first[0].name + "x")


def _gone_on_from(cluster: Cluster, story: Story, client: Client) -> None:
    """A redo of the first run's second stage: its parent's workspace is the old attempt's."""
    second = next(iter(client.stages.list(story.project, filter="run=000001 definition=s2")))
    assert run_state(client.wait(client.runs.redo(second.name), timeout=WITHIN)) == "SUCCEEDED"
    made = list(client.stages.list(story.project, filter="run=000011"))
    assert [stage.definition.name for stage in made] == ["s2", "s3"]
    assert made[0].parent == second.parent
    pinned = client.stages.pin(second.name)
    assert pinned.pinned and client.stages.get(second.name).pinned


def test_a_daemon_that_is_killed_while_it_writes_history_loses_nothing_and_shows_nothing_twice(
    cluster: Cluster, client: Client, image: str
) -> None:
    story = Story(client, image, "killed").stages("true")
    node = cluster.nodes["node-a"]
    cluster.nodes["node-b"].stop()
    try:
        made: list[str] = []
        for _ in range(4):
            made += _some_runs(story, 4)
            before = _written(cluster, story.project)
            made += _some_runs(story, 1)  # in its place an older one goes
            _more_is_written(cluster, story.project, before)
            node.kill()
            node.start()
            assert names(story.all()) == made
        moved(cluster, story.project)
        assert names(story.all()) == made
        assert sorted(run.number for run in client.runs.list(story.project)) == list(range(1, len(made) + 1))
    finally:
        cluster.nodes["node-b"].start()


def _some_runs(story: Story, count: int) -> list[str]:
    made: list[str] = []
    for _ in range(count):
        run = story.run()
        made += names(list(story.client.stages.list(story.project, filter=f"run={run.name}")))
    return made


def _more_is_written(cluster: Cluster, project: str, before: dict[Path, int]) -> None:
    """Return as soon as more of its history is on the volume: what was written there is still in etcd, or just gone."""
    until(lambda: _written(cluster, project) != before, lambda: before, 0.002)


def _written(cluster: Cluster, project: str) -> dict[Path, int]:
    """How much of a project's history is on the volume."""
    return {path: path.stat().st_size for path in (cluster.volume / project / "history").glob("*.records")}


def test_a_project_takes_everything_along_when_it_is_deleted_though_every_daemon_is_killed_half_way(
    cluster: Cluster, client: Client, image: str
) -> None:
    story = Story(client, image, "deleted").stages("for i in 1 2 3 4 5 6 7 8; do mkdir -p /workspace/$i/$i/$i; done")
    for _ in range(4):
        story.run()
    moved(cluster, story.project)
    id_ = story.project.removeprefix("projects/")
    client.retention.update(story.project, keep_succeeded=3)
    client.limits.update(projects={id_: 3})
    client.files.make_directory(f"{story.project}/input/deep")
    assert (cluster.volume / story.project / "history").is_dir()
    assert len(_named(cluster, id_)) > 4
    client.projects.delete(story.project)
    for node in cluster.nodes.values():
        node.kill()
        node.start()
    until(lambda: not _named(cluster, id_), lambda: _named(cluster, id_))
    assert not client.limits.get().projects
    assert not list(cluster.volume.rglob(f"*{id_}*"))
    suffix = id_.rpartition("-")[2]  # with which its stages' ids end
    for node in cluster.nodes.values():
        assert not list(node.journal.parent.parent.rglob(f"*{suffix}*"))


def _named(cluster: Cluster, project: str) -> list[str]:
    """The keys in etcd that name a project."""
    prefix = f"/winslow/v1/{cluster.name}/".encode()
    keys = [kv.key.decode(errors="replace") for kv in etcd_raw.listed(cluster.endpoints, prefix)]
    return [key for key in keys if project in key]
