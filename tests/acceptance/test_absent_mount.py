"""A volume that is not there: an empty directory in its place is not used, and all goes on once it is back."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.acceptance.story import Story, run_state
from tests.daemon import NodeDaemon
from tests.etcd import Member
from winslow.client import Client
from winslow.errors import Unavailable
from winslow.v1.cluster_pb2 import Health


@pytest.fixture
def node(tmp_path: Path, own_etcd: Member, cluster: str) -> Iterator[NodeDaemon]:
    node = NodeDaemon(tmp_path / "node-a", cluster, [own_etcd.endpoint])
    with node:
        yield node


def storage(client: Client) -> str:
    (part,) = (one for one in client.nodes.cluster().parts if one.name == "storage")
    return "" if part.health == Health.HEALTH_OK else str(part.text)


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_where_the_mount_is_absent_nothing_is_written_and_stages_wait_until_it_is_back(
    node: NodeDaemon, image: str
) -> None:
    away = node.files.with_name("away")
    with node.client() as client:
        story = Story(client, image, "absent").stages("echo here > /output/made")
        # As if it were unmounted under the daemon.
        node.files.rename(away)
        node.files.mkdir()
        until(lambda: "mount is absent" in storage(client))
        run = client.runs.start(story.project)
        with pytest.raises(Unavailable) as refused:
            list(client.files.list(f"{story.project}/input"))
        assert refused.value.reason == "VOLUME_DIFFERS"
        until(lambda: bool(story.all("s1")) and "its storage is not well" in story.stage("s1").reason.text)
    node.stop()
    node.start()
    with node.client() as client:
        assert "mount is absent" in storage(client), "nor does one that starts without it take it for the volume"
        assert not [
            path for path in node.files.rglob("*") if path.is_file() or path.name == story.project.split("/")[-1]
        ]
        node.files.rename(node.files.with_name("was-empty"))
        away.rename(node.files)
        until(lambda: not storage(client))
        story.client = client
        assert run_state(story.settled(client.runs.get(run.name))) == "SUCCEEDED"
