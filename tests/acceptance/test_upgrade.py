"""Nodes of two versions side by side, and all nodes upgraded one after another while stages run. Docker and etcd tell."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from docker.errors import NotFound

from tests import etcd_raw, next_version
from tests.acceptance.scene import WITHIN, counting, definition, observed, until
from tests.acceptance.story import Story, run_state
from tests.cluster import Cluster
from tests.daemon import NodeDaemon
from winslow.domain.project import Project
from winslow.domain.records import Kind
from winslow.wire.records import decode

pytestmark = pytest.mark.timeout(300)

NEW = next_version.NEW.encode()


@pytest.fixture(scope="module")
def next_tree(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    yield next_version.make(tmp_path_factory.mktemp("next"))


def written(cluster: Cluster, name: str) -> bytes:
    """The record of a project or stage, as it lies in etcd."""
    _, project, *rest = name.split("/")
    key = f"stages/{project}/{rest[1]}" if rest else f"projects/{project}"
    (pair,) = etcd_raw.listed(cluster.endpoints, f"/winslow/v1/{cluster.name}/{key}".encode())
    return bytes(pair.value)


def processes(cluster: Cluster, stages: set[str]) -> dict[str, tuple[str, int, str]]:
    """By stage, the container that runs, its PID and since when: as Docker has it."""
    found: dict[str, tuple[str, int, str]] = {}
    for node in cluster.nodes.values():
        with cluster.engine_of(node) as engine:
            for container in cluster.containers(node):
                try:
                    seen = engine.inspect_container(container)
                except NotFound:  # removed since they were listed
                    continue
                stage = seen["Config"]["Labels"]["winslow.stage"]
                if stage in stages and seen["State"]["Running"]:
                    assert stage not in found, f"{stage} has two containers"
                    found[stage] = (container, seen["State"]["Pid"], seen["State"]["StartedAt"])
    return found


def on_both(story: Story) -> Story:
    return story.pipeline(
        definition("here", "echo here", resources="{tags: [is-a]}")
        + definition("there", "echo there", resources="{tags: [is-b]}")
    )


def test_nodes_of_two_versions_work_side_by_side_and_neither_loses_what_the_other_wrote(
    tmp_path: Path, cluster: str, image: str, next_tree: Path
) -> None:
    each = {f"node-{letter}": {"tags": [f"is-{letter}"]} for letter in "ab"}
    with Cluster(tmp_path, cluster, nodes=1, members=1, each=each) as whole, whole.client() as old:
        before = Story(old, image, "before").stages("echo before")
        assert run_state(before.run()) == "SUCCEEDED"
        assert NEW not in written(whole, before.project)

        upgraded = whole.add("node-b")
        upgraded.tree = next_tree
        upgraded.start()
        with upgraded.client() as new:
            until(lambda: len(list(old.nodes.list())) == 2)
            assert {node.version for node in old.nodes.list()} == {old.nodes.cluster().version, next_version.VERSION}
            # Records of the old version are read by the new one.
            assert new.projects.get(before.project).display_name == "before"
            assert [stage.name for stage in new.stages.list(before.project)] == [before.stage("s1").name]

            # The old one leads; the new one made the project, and the old one wrote it again.
            assert leader(whole).name == "node-a"
            story = on_both(Story(new, image, "side by side"))
            assert run_state(old.wait(old.runs.start(story.project), timeout=WITHIN)) == "SUCCEEDED"
            assert {one.node for one in story.all()} == {"nodes/node-a", "nodes/node-b"}
            project = decode(Kind.PROJECT, written(whole, story.project))
            assert isinstance(project, Project) and project.next_run == 2
            assert written(whole, story.project).count(NEW) == 3  # its own, and in both definitions

            # The new one leads; stages that it made are seen through by the old one.
            whole.nodes["node-a"].stop()
            until(lambda: leader(whole).name == "node-b")
            whole.nodes["node-a"].start()
            again = on_both(Story(new, image, "the other way round"))
            assert run_state(again.settled(new.runs.start(again.project))) == "SUCCEEDED"
            here = again.stage("here")
            assert here.node == "nodes/node-a"
            assert written(whole, here.name).count(NEW) == 2  # its own, and in its definition


def leader(cluster: Cluster) -> NodeDaemon:
    return until(cluster.leader)  # type: ignore[no-any-return]


def test_all_nodes_are_upgraded_one_after_another_and_no_stage_that_runs_notices(
    tmp_path: Path, cluster: str, image: str, next_tree: Path
) -> None:
    with Cluster(tmp_path, cluster, cpus=4) as whole, observed(whole, image) as scene:
        client = scene.client()
        long = scene.story().pipeline("".join(definition(f"long-{n}", counting(600, 60)) for n in range(6)))
        run = scene.start(long)
        until(lambda: len(processes(whole, ids(long))) == 6)
        running = processes(whole, ids(long))
        assert len({stage.node for stage in long.all()}) > 1

        runs = [(long, run)]
        for name, node in whole.nodes.items():
            other = next(each for each in whole.nodes if each != name)
            for moment in ("before", "during"):
                short = scene.story(other).pipeline("".join(definition(f"s-{n}", counting(5, 0.5)) for n in range(3)))
                runs.append((short, scene.start(short)))
                if moment == "before":
                    node.stop()
            node.tree = next_tree
            node.start()
            assert processes(whole, ids(long)) == running, f"not all run on after {name} was upgraded"

        assert {node.version for node in client.nodes.list()} == {next_version.VERSION}
        for story, started in runs:
            assert run_state(story.settled(started, within=120)) == "SUCCEEDED"
            assert all(stage.attempt == 1 for stage in story.all())
        scene.observer.check()


def ids(story: Story) -> set[str]:
    return {stage.name.rpartition("/")[2] for stage in story.all()}
