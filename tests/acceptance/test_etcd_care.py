"""What befalls etcd itself, while stages run: no quorum, a full database, tokens that expire. Told by Docker and etcd."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import docker.errors
import grpc
import pytest

from tests import etcd_raw
from tests.acceptance.story import UNTIL_GO, Story, run_state
from tests.cluster import Cluster
from tests.daemon import ROOT, NodeDaemon
from tests.etcd import Member
from tests.guarded import TOKEN_LIVES, guarded_etcd
from winslow.domain.records import Kind
from winslow.domain.stage import Stage, State
from winslow.errors import Exhausted
from winslow.v1.cluster_pb2 import HEALTH_OK
from winslow.v1.cluster_pb2 import Cluster as Told
from winslow.wire.records import decode
from winslowd.etcd.wire import etcd_pb2 as pb

pytestmark = pytest.mark.timeout(300)

QUOTA = 16 << 20
OUTAGE = 12.0
WITHIN = 5.0
"""Seconds after the store's return within which an end is recorded."""


def until(condition: Callable[[], object], within: float = 60.0) -> None:
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def recorded(cluster: Cluster, name: str) -> Stage:
    """A stage as etcd has it. Raises grpc.RpcError."""
    _, project, _, stage = name.split("/")
    key = f"/winslow/v1/{cluster.name}/stages/{project}/{stage}".encode()
    (pair,) = etcd_raw.listed(cluster.endpoints, key)
    record = decode(Kind.STAGE, pair.value)
    assert isinstance(record, Stage)
    return record


def has_quorum(member: Member) -> bool:
    """Whether the member can say, with a majority, what is so; asked briefly, to see soon when it can."""
    request = pb.RangeRequest(key=b"\0", count_only=True)
    try:
        etcd_raw.call(member.endpoint, "/etcdserverpb.KV/Range", request, pb.RangeResponse.FromString, timeout=0.25)
    except grpc.RpcError:
        return False
    return True


def running(cluster: Cluster, node: NodeDaemon) -> dict[str, int]:
    """The PIDs of the node's containers that run, by id, as Docker has them."""
    found = {}
    with cluster.engine_of(node) as engine:
        for one in cluster.containers(node):
            with contextlib.suppress(docker.errors.NotFound):  # it ended and was removed since it was listed
                state = engine.inspect_container(one)["State"]
                found |= {one: state["Pid"]} if state["Running"] else {}
    return found


def fill(endpoint: str) -> None:
    """Write one key again and again, until etcd takes no more."""
    put = pb.TxnRequest(success=[pb.RequestOp(request_put=pb.PutRequest(key=b"/ballast", value=b"x" * (256 << 10)))])
    for _ in range(2 * QUOTA // (256 << 10)):
        try:
            etcd_raw.call(endpoint, "/etcdserverpb.KV/Txn", put, pb.TxnResponse.FromString)
        except grpc.RpcError as error:
            assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
            return
    raise AssertionError("it took more than its quota")


def unwell(told: Told) -> str:
    return "\n".join(f"{part.name}: {part.text}" for part in told.parts if part.health != HEALTH_OK)


def test_what_ends_while_etcd_has_no_quorum_is_recorded_within_five_seconds_of_its_return(
    tmp_path: Path, cluster: str, image: str
) -> None:
    with Cluster(tmp_path, cluster, nodes=1, session_ttl=15) as whole, whole.client() as client:
        (node,) = whole.nodes.values()
        # One ends during the outage, one goes on past it.
        story = Story(client, image, "outage").pipeline(
            f"""
            - {{name: ends, image: IMAGE, arguments: [sh, -c, '{UNTIL_GO}']}}
            - {{name: goes-on, image: IMAGE, after: [], arguments: [sh, -c, 'sleep 40']}}
            """
        )
        run = client.runs.start(story.project)
        ends, goes_on = story.started("ends"), story.started("goes-on")
        before = running(whole, node)
        assert len(before) == 2
        for member in whole.members[:2]:
            member.kill()
        until(lambda: "No quorum" in unwell(client.nodes.cluster()))
        story.go(whole.volume)
        until(lambda: len(running(whole, node)) == 1)
        time.sleep(OUTAGE)  # well past every pause that grows
        (left,) = running(whole, node).items()
        assert left in before.items()
        for member in whole.members[:2]:
            member.start()
        until(lambda: has_quorum(whole.members[2]))
        returned = time.monotonic()
        until(lambda: recorded(whole, ends.name).state is State.SUCCEEDED, WITHIN)
        print(f"recorded {time.monotonic() - returned:.2f} s after the quorum's return")
        assert running(whole, node) == dict([left])
        assert recorded(whole, goes_on.name).state is State.RUNNING
        story.settled(run, within=90)
        assert story.states() == {"ends": "SUCCEEDED", "goes-on": "SUCCEEDED"}
        until(lambda: not unwell(client.nodes.cluster()))


def test_a_full_etcd_stops_no_stage_loses_no_end_and_is_mended(tmp_path: Path, cluster: str, image: str) -> None:
    small = (f"--quota-backend-bytes={QUOTA}",)
    with Cluster(tmp_path, cluster, nodes=1, members=1, flags=small) as whole, whole.client() as client:
        (node,) = whole.nodes.values()
        story = Story(client, image, "full").pipeline(
            f"""
            - {{name: ends, image: IMAGE, arguments: [sh, -c, '{UNTIL_GO}']}}
            - {{name: goes-on, image: IMAGE, after: [], arguments: [sh, -c, 'sleep 60']}}
            """
        )
        run = client.runs.start(story.project)
        ends, goes_on = story.started("ends"), story.started("goes-on")
        before = running(whole, node)
        fill(whole.endpoints[0])
        told = client.nodes.cluster()
        assert not told.stale
        assert "NOSPACE" in unwell(told)
        status = [sys.executable, "-m", "winslowctl", "--address", node.address, "status"]
        said = subprocess.run(status, cwd=ROOT, capture_output=True, text=True, check=True)
        assert "NOSPACE" in said.stdout
        with pytest.raises(Exhausted) as refused:
            Story(client, image, "no room").stages("true")
        assert refused.value.reason == "ETCD_NOSPACE"
        story.go(whole.volume)
        until(lambda: len(running(whole, node)) == 1)
        assert recorded(whole, ends.name).state is State.RUNNING  # its end is kept
        assert running(whole, node).items() <= before.items()

        until(lambda: not unwell(client.nodes.cluster()), 90)
        until(lambda: recorded(whole, ends.name).state is State.SUCCEEDED, WITHIN)
        assert recorded(whole, goes_on.name).state is State.RUNNING
        assert running(whole, node).items() <= before.items()
        Story(client, image, "room again").stages("true")
        story.settled(run, within=120)
        assert story.states() == {"ends": "SUCCEEDED", "goes-on": "SUCCEEDED"}


def test_a_node_whose_etcd_asks_for_certificates_and_logins_works_past_the_life_of_its_tokens(
    tmp_path: Path, cluster: str, image: str
) -> None:
    with (
        guarded_etcd(tmp_path) as guarded,
        NodeDaemon(tmp_path / "node-a", cluster, [], etcd=guarded.settings()) as node,
        node.client() as client,
    ):
        story = Story(client, image, "guarded").stages(f"sleep {3 * TOKEN_LIVES}", "true")
        assert run_state(story.run()) == "SUCCEEDED"
        assert [stage.attempt for stage in story.all()] == [1, 1]
        told = client.nodes.cluster()
        assert not unwell(told)
        assert not told.stale
