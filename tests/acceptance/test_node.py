"""`winslowd --config FILE`, as it runs on a real node: over an etcd that somebody else runs, reached by TCP."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.acceptance.story import Story, run_state, state_of
from tests.daemon import ROOT, NodeDaemon
from tests.etcd import Member, free_ports
from winslow.v1.stage_pb2 import StageState


@pytest.fixture
def node(tmp_path: Path, own_etcd: Member, cluster: str) -> Iterator[NodeDaemon]:
    with NodeDaemon(tmp_path / "node-a", cluster, [own_etcd.endpoint]) as running:
        yield running


def refused(daemon: NodeDaemon) -> str:
    """What a daemon that cannot run says: one line, and exit code 1."""
    done = subprocess.run(daemon.command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1, done
    (line,) = done.stderr.splitlines()
    assert line.startswith("winslowd: ")
    return line


def test_a_node_runs_a_pipeline_and_says_who_it_is(node: NodeDaemon, image: str, cluster: str) -> None:
    with node.client() as client:
        story = Story(client, image, "node").stages("echo hello; echo x > /output/x")
        ended = story.run()
        assert run_state(ended) == "SUCCEEDED", ended.reason.text
        assert story.log("s1") == ["hello"]
        assert story.stage("s1").node == "nodes/node-a"
        assert client.files.read_bytes(f"{story.project}/output/s1/x") == b"x\n"
        assert any(node.files.rglob("x")), "it is on the volume of the file"
        said = client.nodes.cluster()
        assert (said.id, said.answered_by, said.leader) == (cluster, "nodes/node-a", "nodes/node-a")
        assert not said.stale and said.storage_size > said.storage_free > 0


def test_two_nodes_make_one_cluster_and_one_takes_over_when_the_other_dies(
    tmp_path: Path, own_etcd: Member, cluster: str, image: str
) -> None:
    shared = str(tmp_path / "shared")
    with (
        NodeDaemon(tmp_path / "node-a", cluster, [own_etcd.endpoint], volume=shared, session_ttl=5, cpus=1) as first,
        NodeDaemon(tmp_path / "node-b", cluster, [own_etcd.endpoint], volume=shared, session_ttl=5, cpus=1) as second,
        first.client() as client,
        second.client() as other,
    ):
        until(lambda: len(list(client.nodes.list())) == 2)
        story = Story(client, image, "two nodes").pipeline(
            """
            - {name: a, image: IMAGE, arguments: [sh, -c, 'sleep 2'], resources: {cpus: 1}}
            - {name: b, image: IMAGE, after: [], arguments: [sh, -c, 'sleep 2'], resources: {cpus: 1}}
            """
        )
        assert run_state(story.run()) == "SUCCEEDED"
        assert {one.node for one in story.all()} == {"nodes/node-a", "nodes/node-b"}
        assert other.nodes.cluster().leader == client.nodes.cluster().leader
        leading = first if client.nodes.cluster().leader == "nodes/node-a" else second
        left = other if leading is first else client
        leading.kill()
        until(lambda: left.nodes.cluster().leader not in ("", f"nodes/{leading.name}"))
        again = Story(left, image, "one node").stages("true")
        assert run_state(again.run()) == "SUCCEEDED"


def test_a_second_daemon_on_the_same_state_is_refused_and_the_first_goes_on(
    node: NodeDaemon, tmp_path: Path, own_etcd: Member, cluster: str, image: str
) -> None:
    second = NodeDaemon(tmp_path / "node-b", cluster, [own_etcd.endpoint], state=str(tmp_path / "node-a" / "state"))
    second.write_config()
    assert "Another daemon uses" in refused(second)
    with node.client() as client:
        assert run_state(Story(client, image, "goes on").stages("true").run()) == "SUCCEEDED"


def test_an_address_that_is_taken_is_said(node: NodeDaemon, tmp_path: Path, own_etcd: Member, cluster: str) -> None:
    second = NodeDaemon(tmp_path / "node-b", cluster, [own_etcd.endpoint], listen=[node.address])
    second.write_config()
    done = subprocess.run(second.command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert f"Nothing can be served at {node.address}" in done.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"clutser": "x"}, "there is no setting clutser (did you mean cluster?)"),
        ({"etcd": {"endpoint": "x"}}, "there is no setting etcd.endpoint (did you mean etcd.endpoints?)"),
        ({"etcd": {"endpoints": []}}, "etcd.endpoints"),
        ({"etcd": {"endpoints": ["127.0.0.1:1"], "ca": "/no/such/file"}}, "/no/such/file cannot be read"),
        ({"node": "Not A Name"}, "node is 'Not A Name'"),
        ({"cluster": "a.b"}, "'a.b' is not a name for a cluster"),
        ({"session_ttl": 1}, "session_ttl is 1"),
        ({"session_ttl": 10, "keepalive": 5}, "keepalive is 5: must be less than half of session_ttl, which is 10"),
        ({"listen": ["nonsense"]}, "'nonsense' is neither host:port nor unix:/path"),
        ({"state": "relative"}, "state is 'relative': must be an absolute path"),
        ({"state": "/dev/null"}, "/dev/null cannot be used"),
        ({"volume": "/dev/null"}, "'/dev/null' is not a directory"),
        ({"log_level": "loud"}, "log_level is 'loud'"),
    ],
)
def test_a_wrong_setting_is_told_in_one_line(tmp_path: Path, settings: dict[str, object], said: str) -> None:
    daemon = NodeDaemon(tmp_path / "node-a", "t", ["127.0.0.1:1"])
    daemon.write_config(**settings)
    assert said in refused(daemon)


def test_a_file_that_is_no_yaml_is_told_with_its_place(tmp_path: Path) -> None:
    daemon = NodeDaemon(tmp_path / "node-a", "t", ["127.0.0.1:1"])
    assert "No such file" in refused(daemon)
    daemon.write_config()
    daemon.config.write_text("listen: [1\nnode: x\n")
    assert "line 2, column 5" in refused(daemon)


def test_a_password_is_never_repeated(tmp_path: Path) -> None:
    daemon = NodeDaemon(tmp_path / "node-a", "t", ["127.0.0.1:1"])
    daemon.write_config(etcd={"endpoints": ["127.0.0.1:1"], "password": 12345678})
    said = refused(daemon)
    assert "etcd.password" in said and "12345678" not in said


def test_a_node_waits_for_its_etcd_and_can_be_stopped_meanwhile(tmp_path: Path, cluster: str) -> None:
    daemon = NodeDaemon(tmp_path / "node-a", cluster, [f"127.0.0.1:{free_ports(1)[0]}"])
    daemon.write_config()
    process = subprocess.Popen(daemon.command, cwd=ROOT, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr
        assert "etcdctl endpoint health" in process.stderr.readline()
        at = time.monotonic()
        process.send_signal(signal.SIGTERM)
        rest = process.stderr.read()
        assert process.wait(30) == 0
        assert time.monotonic() - at < 5
        assert "Traceback" not in rest
    finally:
        process.kill()
        process.wait()


def test_a_stage_outlives_its_nodes_daemon(node: NodeDaemon, image: str) -> None:
    with node.client() as client:
        story = Story(client, image, "restart").stages("i=0; while [ $i -lt 40 ]; do i=$((i+1)); usleep 100000; done")
        run = client.runs.start(story.project)
        stage = story.started("s1", StageState.STAGE_STATE_RUNNING)
        node.stop()
        node.start()
        assert run_state(story.settled(run)) == "SUCCEEDED"
        assert state_of(client.stages.get(stage.name)) == "SUCCEEDED" and len(story.all()) == 1


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)
