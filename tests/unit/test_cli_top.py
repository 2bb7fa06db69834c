"""`winslowctl node top` over an API that a test speaks for."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest

from tests.fakes.api import FakeApi, cut
from tests.unit.cli import Ctl
from winslow.client import Client
from winslow.errors import DeadlineExceeded, NotFound
from winslow.v1 import node_service_pb2 as pb
from winslow.v1.node_pb2 import GpuReading, Node, NodeState, Reading
from winslow.v1.resources_pb2 import Capacity, Gpu
from winslowctl import top

GIB = 1 << 30
STAGE = "projects/bikes/stages/detect-1-1-x7k2"


def node(name: str, state: str = "READY", **given: object) -> Node:
    gpus = [Gpu(uuid="GPU-1", memory=80 * GIB), Gpu(uuid="GPU-2", memory=80 * GIB)] if given.pop("gpus", False) else []
    return Node(
        name=f"nodes/{name}",
        state=NodeState.Value(f"NODE_STATE_{state}"),
        capacity=Capacity(cpus=8, memory=32 * GIB, gpus=gpus),
        **given,  # type: ignore[arg-type]
    )


def reading(subject: str, second: int = 0, **given: object) -> Reading:
    made = Reading(
        subject=subject,
        seconds=1,
        cpus=1.25,
        memory=3 * GIB,
        network_receive_rate=2048,
        network_send_rate=0,
        disk_read_rate=512,
        disk_write_rate=3 << 20,
        **given,  # type: ignore[arg-type]
    )
    made.time.seconds = 1_700_000_000 + second
    return made


def serve(api: FakeApi, nodes: list[Node], *seconds: list[Reading], ends: bool = True) -> None:
    """Nodes, and a stream that tells one second after the other, and then is over, or stays."""
    api.on("NodeService/ListNodes", pb.ListNodesResponse(nodes=nodes))

    def watch(request: pb.WatchReadingsRequest) -> Iterator[pb.WatchReadingsResponse]:
        for readings in seconds:
            yield pb.WatchReadingsResponse(readings=readings)
        if ends:
            raise DeadlineExceeded("that was all", reason="OVER")
        time.sleep(30)

    api.on("NodeService/WatchReadings", watch)


def test_one_look_shows_every_node_that_is_up(ctl: Ctl, api: FakeApi) -> None:
    gpus = [GpuReading(uuid="GPU-1", utilisation=1.0, memory_used=60 * GIB), GpuReading(uuid="GPU-2", utilisation=0.5)]
    serve(
        api,
        [node("a", gpus=True, stages=[STAGE]), node("b"), node("c", "SUSPECT")],
        [reading("nodes/a", gpus=gpus)],
        [reading("nodes/b")],
        ends=False,
    )
    said = ctl("node", "top", "--once")
    assert said.code == 0, said.err
    header, first, second, silent = said.out.splitlines()
    assert header.split() == ["NODE", "STAGES", "CPU", "MEMORY", "IN/s", "OUT/s", "READ/s", "WRITE/s", "GPUS"]
    for word in (
        "a",
        "1",
        "1.2/8",
        "3.0 of 32.0 GiB",
        "2.0 KiB",
        "0 B",
        "512 B",
        "3.0 MiB",
        "2 at 75%, 60.0 of 160.0 GiB",
    ):
        assert word in first
    assert second.split()[-1] == "-"
    assert "suspect" in silent and "GiB" not in silent


def test_it_is_called_nodes_top_too_and_not_shown_twice(ctl: Ctl, api: FakeApi) -> None:
    serve(api, [node("a")], [reading("nodes/a")])
    assert "3.0 of 32.0 GiB" in ctl("nodes", "top", "--once").out
    commands = [line.split()[0] for line in ctl("--help").out.splitlines() if line.startswith("  ") and line.split()]
    assert "node" in commands and "nodes" not in commands


def test_a_node_that_says_nothing_is_waited_for_and_then_shown_without(
    ctl: Ctl, api: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(top, "ONCE_WITHIN", 0.5)
    serve(api, [node("a"), node("b")], [reading("nodes/a")], ends=False)
    said = ctl("node", "top", "--once")
    assert said.code == 0
    assert ["b", "0", *"-------"] == said.out.splitlines()[2].split()


def test_where_nothing_was_measured_it_is_said(ctl: Ctl, api: FakeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(top, "ONCE_WITHIN", 0.2)
    serve(api, [node("a")], ends=False)
    assert ctl("node", "top", "--once").out == "Nothing was measured yet\n"


def test_programs_get_an_object_a_line_and_none_twice(ctl: Ctl, api: FakeApi) -> None:
    serve(api, [node("a"), node("b")], [reading("nodes/a")], [reading("nodes/a"), reading("nodes/b")])
    lines = [json.loads(line) for line in ctl("node", "top", "--once", "-o", "json").out.splitlines()]
    assert [line["subject"] for line in lines] == ["nodes/a", "nodes/b"]
    assert lines[0]["memory"] == str(3 * GIB)


def test_stages_are_shown_below_their_node_when_asked_for(ctl: Ctl, api: FakeApi) -> None:
    serve(api, [node("a", stages=[STAGE]), node("b")], [reading("nodes/a"), reading("nodes/b"), reading(STAGE)])
    api.on("NodeService/GetNode", node("a"))
    out = ctl("node", "top", "a", "--once", "--stages").out
    assert [line.split()[0] for line in out.splitlines()] == ["NODE", "a", "detect-1-1-x7k2"]
    assert list(api.requests("NodeService/WatchReadings")[0].names) == ["nodes/a", STAGE]
    ctl("node", "top", "--once")
    assert list(api.requests("NodeService/WatchReadings")[1].names) == []


def test_a_pipe_gets_a_line_for_each_measurement_and_what_is_new_is_watched_too(
    ctl: Ctl, api: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(top, "LOOK_AGAIN", 0.0)
    lists = iter([[node("a")]] * 2 + [[node("a"), node("b")]] * 3)
    streams = iter([(1, 2), (2, 3)])  # a stream begins with what was measured last

    def listed(request: pb.ListNodesRequest) -> pb.ListNodesResponse:
        found = next(lists, None)
        if found is None:
            raise NotFound("the test is over", reason="OVER")
        return pb.ListNodesResponse(nodes=found)

    def watch(request: pb.WatchReadingsRequest) -> Iterator[pb.WatchReadingsResponse]:
        for second in next(streams):
            yield pb.WatchReadingsResponse(readings=[reading("nodes/a", second)])
        time.sleep(30)

    api.on("NodeService/ListNodes", listed)
    api.on("NodeService/WatchReadings", watch)
    said = ctl("node", "top")
    assert "the test is over" in said.err
    assert len(api.requests("NodeService/WatchReadings")) == 2
    lines = said.out.splitlines()
    assert len(lines) == 3, "what the second stream told again is not told twice"
    assert all(line.split()[1:4] == ["a", "stages", "0"] and "memory 3.0 of 32.0 GiB" in line for line in lines)


def test_the_sdk_goes_on_where_a_connection_was_cut(client: Client, api: FakeApi) -> None:
    tries = iter(([reading("nodes/a", 1)], [reading("nodes/a", 2)]))

    def watch(request: pb.WatchReadingsRequest) -> Iterator[pb.WatchReadingsResponse]:
        yield pb.WatchReadingsResponse(readings=next(tries))
        raise cut()

    api.on("NodeService/WatchReadings", watch)
    live = client.nodes.watch_readings(["a", STAGE])
    assert [next(live)[0].time.seconds for _ in range(2)] == [1_700_000_001, 1_700_000_002]
    live.close()
    assert list(api.requests("NodeService/WatchReadings")[1].names) == ["nodes/a", STAGE]


def test_the_sdk_pages_through_the_past(client: Client, api: FakeApi) -> None:
    def listed(request: pb.ListReadingsRequest) -> pb.ListReadingsResponse:
        assert request.name == "nodes/a" and request.max_points == 9
        if not request.page_token:
            return pb.ListReadingsResponse(readings=[reading("nodes/a", 1)], next_page_token="more")
        return pb.ListReadingsResponse(readings=[reading("nodes/a", 2)])

    api.on("NodeService/ListReadings", listed)
    assert [one.time.seconds % 10 for one in client.nodes.readings("a", max_points=9)] == [1, 2]
