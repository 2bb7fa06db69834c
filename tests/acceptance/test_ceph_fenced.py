"""Two nodes on two mounts of a real CephFS: one freezes with its mount, and is shut out before its stage is done again."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.acceptance.scene import fresh
from tests.acceptance.story import Story, run_state
from tests.ceph import Cluster as Ceph
from tests.ceph import Mount
from tests.ceph_clients import FENCE, WATCH, keyring
from tests.cluster import Cluster
from tests.daemon import NodeDaemon
from winslow.v1.cluster_pb2 import Health
from winslow.v1.node_pb2 import Node
from winslow.v1.stage_pb2 import StageState

pytestmark = pytest.mark.ceph
TTL = 5
LOST_AFTER = 3.0
SCRIPT = (
    "[ $WINSLOW_ATTEMPT -gt 1 ] && { echo $WINSLOW_STAGE > /output/made; exit 0; }; "
    "i=0; while [ $i -lt 3000 ]; do echo line $i | tee -a /workspace/lines >> /output/lines; usleep 20000; i=$((i+1)); done"
)
WORK = f"""
- name: work
  image: IMAGE
  arguments: [sh, -c, '{SCRIPT}']
  after: []
  lost-after: {LOST_AFTER:.0f}s
  retry: {{attempts: 2, backoff: 0s, on: [node-lost]}}
"""


@dataclass
class World:
    """Two nodes, each with its own mount."""

    cluster: Cluster
    mounts: dict[str, Mount]
    image: str

    def seen(self, by: str, node: str) -> Node:
        with self.cluster.client(by) as client:
            return client.nodes.get(f"nodes/{node}")

    def other(self, node: NodeDaemon) -> NodeDaemon:
        return next(one for one in self.cluster.nodes.values() if one is not node)

    def listed(self, by: str, directory: str) -> str:
        """What another mount shows of a directory: every file with its size and time. From a child, which may hang."""
        words = ["find", str(self.mounts[by].path / directory), "-type", "f", "-printf", "%P %s %T@\n"]
        return subprocess.run(words, capture_output=True, text=True, timeout=30, check=True).stdout


@pytest.fixture
def world(ceph: Ceph, image: str, tmp_path: Path) -> Iterator[World]:
    with ExitStack() as stack:
        first = stack.enter_context(ceph.mounted_new())
        directory = f"/{Path(first.daemon.ask('status')['metadata']['root']).name}"
        mounts = {"node-a": first, "node-b": stack.enter_context(ceph.mounted(directory))}
        settings = {
            "conf": str(ceph.configuration),
            "watch": "client.watch",
            "watch_keyring": str(keyring(ceph, "client.watch", *WATCH)),
            "fence": "client.fence",
            "fence_keyring": str(keyring(ceph, "client.fence", *FENCE)),
            "client_sockets": [f"{ceph.folder}/client.*.asok"],
            "look_every": 5,
        }
        each = {name: {"volume": str(mount.path)} for name, mount in mounts.items()}
        cluster = stack.enter_context(
            Cluster(tmp_path, fresh("fenced"), 2, members=1, each=each, session_ttl=TTL, cpus=2, ceph=settings)
        )
        for mount in mounts.values():
            stack.callback(_thawed, mount)
        yield World(cluster, mounts, image)


def _thawed(mount: Mount) -> None:
    """Or nothing that is bound to it could be removed."""
    if mount.daemon.running:
        mount.thaw()


def until(condition: Callable[[], bool], what: str, within: float = 60.0) -> None:
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.1)


def test_a_node_that_froze_with_its_mount_is_shut_out_before_its_stage_is_done_again(world: World) -> None:
    with ExitStack() as stack:
        clients = {name: stack.enter_context(world.cluster.client(name)) for name in world.mounts}
        story = Story(clients["node-a"], world.image, "fenced").pipeline(WORK)
        run = story.client.runs.start(story.project)
        first = story.started("work")
        frozen = world.cluster.node(first.node)
        mount, other = world.mounts[frozen.name], world.other(frozen)
        client, heir = clients[other.name], Story(clients[other.name], world.image, "")
        heir.project = story.project
        assert world.seen(other.name, frozen.name).storage_client.split("/")[1] == str(mount.client)
        directory = f"projects/{first.name.split('/')[1]}/stages/{first.name.split('/')[3]}"

        frozen.freeze()
        mount.freeze()
        ended = heir.settled(client.runs.get(run.name))
        assert run_state(ended) == "SUCCEEDED"
        lost, again = heir.all("work")
        assert lost.state == StageState.STAGE_STATE_LOST and again.node == f"nodes/{other.name}"
        before = world.listed(other.name, directory)
        assert "lines" in before

        mount.thaw()
        frozen.thaw()
        until(
            lambda: "fenced" in "".join(world.seen(other.name, frozen.name).warnings),
            "it does not say that it is fenced",
        )
        until(lambda: not world.cluster.containers(frozen), "its container goes on")
        assert world.listed(other.name, directory) == before, "it wrote after its stage was given up"
        with world.cluster.client(frozen.name) as there:
            parts = {part.name: part for part in there.nodes.cluster().parts}
        assert parts["storage"].health == Health.HEALTH_DOWN and "fenced" in parts["storage"].text, parts["storage"]

        remount(mount)
        until(
            lambda: not any("fenced" in one for one in world.seen(other.name, frozen.name).warnings), "not let in again"
        )
        assert world.seen(other.name, frozen.name).storage_client.split("/")[1] != str(mount.client)
        client.nodes.cordon(f"nodes/{other.name}")
        assert run_state(Story(client, world.image, "again").stages("echo here > /output/made").run()) == "SUCCEEDED"


def remount(mount: Mount) -> None:
    """As an operator does who was told that the node is fenced."""
    subprocess.run(["umount", "-c", "-l", str(mount.path)], check=True, timeout=30)
    if not mount.daemon.ended_within(10):
        mount.daemon.kill()
    mount.daemon.start()
    mount.daemon.wait_until_ready()
