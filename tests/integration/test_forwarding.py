"""Calls that need another node, over real gRPC between servers in this process: one store in memory, one volume.

Logs are the daemon's own from the file up. What measures, and what decides, are small services that say who they are,
since who answers is what these tests are about.
"""

# ruff: noqa: N802 - the contract names the methods

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import grpc
import pytest

from tests.cable import Cable, cable
from tests.fakes.store import FakeCluster, FakeMembership, FakeStore
from tests.fakes.volume import InlineVolume
from tests.unit import world
from winslow.domain import lifecycle
from winslow.domain.node import Node
from winslow.domain.pipeline import WorkspaceMode
from winslow.domain.principal import Principal
from winslow.domain.records import Commit, Put, project_ref, run_ref, stage_ref
from winslow.domain.resources import Capacity
from winslow.domain.stage import NodeId, Outcome, Stage, StageId
from winslow.errors import DataLoss, InvalidArgument, NotFound, PermissionDenied, Unavailable, WinslowError
from winslow.v1 import (
    election_pb2,
    event_pb2,
    event_service_pb2,
    event_service_pb2_grpc,
    file_pb2,
    file_service_pb2,
    file_service_pb2_grpc,
    log_service_pb2,
    log_service_pb2_grpc,
    node_pb2,
    node_service_pb2,
    node_service_pb2_grpc,
    stage_service_pb2,
    stage_service_pb2_grpc,
)
from winslow.wire import names
from winslow.wire.status import from_rpc_error
from winslowd.api import call, forwarding
from winslowd.api.events import EventService
from winslowd.api.forwarding import Forwarding
from winslowd.api.gathering import Gathering
from winslowd.api.interceptor import Guard
from winslowd.api.logs import LogService
from winslowd.peers.channels import PeerChannels
from winslowd.peers.credentials import Credentials
from winslowd.peers.passing import Passing
from winslowd.usecases.derivations import Derivations
from winslowd.usecases.events import Events
from winslowd.usecases.logs import Logs
from winslowd.usecases.past import Past

SECRET = "what only nodes know"
LINE = "2026-11-23T07:33:23.000000000Z stdout F line {}\n"


class Nodes(node_service_pb2_grpc.NodeServiceServicer):
    """Says whose readings they are and who asked, again and again."""

    def __init__(self, here: str) -> None:
        self.here = here
        self.watched: list[list[str]] = []
        self.watching = 0
        self.failure: WinslowError | None = None

    async def ListReadings(self, request, context):
        if self.failure:
            raise self.failure
        asker = call.asker()
        found = [
            node_pb2.Reading(subject=request.name),
            node_pb2.Reading(subject=f"{self.here} {asker.name} {asker.admin}"),
        ]
        return node_service_pb2.ListReadingsResponse(readings=found)

    async def WatchReadings(self, request, context):
        self.watched.append(list(request.names))
        self.watching += 1
        try:
            while True:
                if self.failure:
                    raise self.failure
                found = [node_pb2.Reading(subject=f"{self.here} {name}") for name in request.names]
                yield node_service_pb2.WatchReadingsResponse(readings=found)
                await asyncio.sleep(0.01)
        finally:
            self.watching -= 1


class Stages(stage_service_pb2_grpc.StageServiceServicer):
    """Says who explains, for how long the caller waits, and holds calls on request."""

    def __init__(self, here: str) -> None:
        self.here = here
        self.held: asyncio.Event | None = None
        self.asked, self.given_up = asyncio.Event(), asyncio.Event()
        self.left: float | None = None

    async def ExplainStage(self, request, context):
        self.left = context.time_remaining()
        self.asked.set()
        if self.held:
            try:
                await self.held.wait()
            except asyncio.CancelledError:
                self.given_up.set()
                raise
        return election_pb2.Explanation(stage=request.name, remedies=[self.here])

    ListStageReadings = ExplainStage


class Files(file_service_pb2_grpc.FileServiceServicer):
    """Says who reads: at once, and as a stream of two."""

    def __init__(self, here: str) -> None:
        self.here = here

    async def StatFile(self, request, context):
        return file_pb2.File(path=self.here)

    async def ReadFile(self, request, context):
        for _ in range(2):
            yield file_service_pb2.ReadFileResponse(data=self.here.encode())


def authenticate(metadata) -> Principal:
    if metadata.get("x-user") == "mallory":
        raise PermissionDenied("Mallory may not", reason="NOT_ALLOWED")
    return Principal(metadata.get("x-user", "ann"))


class SaidOn:
    """A line that is not ended, which tells on which node it is said."""

    def __init__(self, node: NodeId) -> None:
        self._said = f"T stdout P said on {node}\n".encode()

    def unfinished(self, stage: StageId) -> bytes:
        return self._said


class Neighbour:
    """A node whose API is real, as far as it goes. Others reach it through its `line`, people without."""

    def __init__(self, name: str, cluster: FakeCluster, volume: InlineVolume) -> None:
        self.id = NodeId(name)
        self.store = FakeStore(cluster)
        self.membership = FakeMembership(self.store, self.id)
        self.volume = volume
        self.nodes = Nodes(name)
        self.stages = Stages(name)
        self.files = Files(name)
        self.line: Cable

    @asynccontextmanager
    async def running(self, secret: str = SECRET) -> AsyncIterator[Neighbour]:
        async with AsyncExitStack() as stack:
            channels = await stack.enter_async_context(PeerChannels.open())
            credentials = Credentials(secret, self.id)
            passing = Passing(channels, credentials)
            gathering = await stack.enter_async_context(
                Gathering.open(self.id, self.store, self.nodes.WatchReadings, passing)
            )
            forwarding = Forwarding(self.id, self.store, passing, gathering)
            guard = Guard(authenticate, credentials, forwarding, lambda: self.store.connected)
            server = grpc.aio.server(interceptors=(guard,))
            past = Past(self.store, self.volume.history)
            logs = LogService(Logs(self.store, self.volume.logs, past, SaidOn(self.id)))
            log_service_pb2_grpc.add_LogServiceServicer_to_server(logs, server)
            node_service_pb2_grpc.add_NodeServiceServicer_to_server(self.nodes, server)
            watching: Any = SimpleNamespace(
                store=self.store, events=Events(self.store, time.time, Derivations(self.store, time.time))
            )
            server.add_generic_rpc_handlers((EventService(watching, gathering).handlers(),))
            stage_service_pb2_grpc.add_StageServiceServicer_to_server(self.stages, server)
            file_service_pb2_grpc.add_FileServiceServicer_to_server(self.files, server)
            port = server.add_insecure_port("127.0.0.1:0")
            await server.start()
            stack.push_async_callback(server.stop, None)
            self.line = await stack.enter_async_context(cable(f"127.0.0.1:{port}"))
            channel = await stack.enter_async_context(grpc.aio.insecure_channel(f"127.0.0.1:{port}"))
            self.log_stub = log_service_pb2_grpc.LogServiceStub(channel)
            self.event_stub = event_service_pb2_grpc.EventServiceStub(channel)
            self.node_stub = node_service_pb2_grpc.NodeServiceStub(channel)
            self.stage_stub = stage_service_pb2_grpc.StageServiceStub(channel)
            self.file_stub = file_service_pb2_grpc.FileServiceStub(channel)
            await self.membership.join(Node(self.id, self.line.endpoint, Capacity(1, 1)))
            yield self


class Town:
    """Nodes a, b and c, and one project; each node has a file system of its own where `apart`."""

    def __init__(self, directory: Path) -> None:
        self.cluster = FakeCluster()
        self.directory = directory
        self.volumes = [InlineVolume(str(_made(directory / name))) for name in "abc"]
        self.a, self.b, self.c = (
            Neighbour(name, self.cluster, volume) for name, volume in zip("abc", self.volumes, strict=True)
        )
        self.project = world.project(world.chain("s"))
        self.run = world.run(self.project, "s")

    async def stage(self, node: Neighbour | None, mode: WorkspaceMode = WorkspaceMode.COPY) -> Stage:
        """The project's stage, running on `node`, or waiting."""
        scene = world.World(self.project, self.run)
        (made,) = scene.decide()
        made = replace(made, definition=replace(made.definition, workspace=mode))
        self.run = scene.run
        puts = (Put(project_ref(self.project.id), self.project), Put(run_ref(self.run), self.run))
        await self.a.store.commit(Commit(puts=(*puts, Put(stage_ref(made), made))))
        if node:
            made = await self.move(made, lifecycle.Awarded(node.id, 1), lifecycle.Started(3.0, "sha256:1"))
        return made

    async def move(self, stage: Stage, *events: lifecycle.Event) -> Stage:
        for event in events:
            stage = lifecycle.advance(stage, event, 4.0)
            await self.a.store.commit(Commit(puts=(Put(stage_ref(stage), stage),)))
        return stage

    async def end(self, stage: Stage) -> None:
        await self.move(stage, lifecycle.Ended(Outcome(exit_code=0), {}, 5.0))

    def write(self, node: Neighbour, stage: Stage, *numbers: int) -> None:
        """Lines as the stage writes them, where `node` sees them."""
        path = Path(node.volume.workspaces.absolute(f"projects/{stage.project}/stages/{stage.id}/log"))
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a") as file:
            file.writelines(LINE.format(number) for number in numbers)


def _made(directory: Path) -> Path:
    directory.mkdir(parents=True)
    return directory


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    """The nodes' file systems are apart, so that what is read tells who read it."""
    made = Town(tmp_path)
    async with made.a.running(), made.b.running(), made.c.running():
        yield made
    for volume in made.volumes:
        volume.close()


async def refused(waited) -> WinslowError:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await waited
    return from_rpc_error(caught.value)


def lines(data: bytes) -> list[int]:
    return [int(line.rpartition(b" ")[2]) for line in data.splitlines()]


def name_of(stage: Stage) -> str:
    return names.stage(stage.project, stage.id)


class Follower:
    """Reads a followed log, and holds it to be contiguous."""

    def __init__(self, stream) -> None:
        self._stream = stream
        self.data = b""
        self.ended = False

    async def until(self, count: int) -> list[int]:
        """Until so many lines came, or the end."""
        async with asyncio.timeout(30):
            while len(lines(self.data)) < count and not self.ended:
                chunk = await self._stream.read()
                assert chunk is not grpc.aio.EOF
                assert chunk.offset == len(self.data), "a gap or a repeat"
                self.data += chunk.data
                self.ended = chunk.ended
        return lines(self.data)


class TestFiles:
    async def who(self, node: Neighbour, stage: Stage) -> list[str]:
        """Who answers a look at a file of the stage's workspace, and who its reading."""
        path = f"{name_of(stage)}/workspace/f"
        shown = await node.file_stub.StatFile(file_service_pb2.StatFileRequest(path=path))
        stream = node.file_stub.ReadFile(file_service_pb2.ReadFileRequest(path=path))
        return [shown.path, *[piece.data.decode() async for piece in stream]]

    async def test_of_a_layered_workspace_at_work_they_are_read_by_its_node_until_its_end(self, town: Town) -> None:
        stage = await town.stage(town.b, WorkspaceMode.LAYERED)
        assert [await self.who(node, stage) for node in (town.a, town.b, town.c)] == [["b"] * 3] * 3
        await town.end(stage)
        assert await self.who(town.a, stage) == ["a"] * 3

    async def test_of_any_other_they_are_read_by_who_is_asked(self, town: Town) -> None:
        stage = await town.stage(town.b)
        assert await self.who(town.a, stage) == ["a"] * 3

    async def test_where_its_node_is_silent_whoever_is_asked_says_what_there_is(self, town: Town) -> None:
        stage = await town.stage(town.b, WorkspaceMode.LAYERED)
        await town.b.membership.leave()
        assert await self.who(town.a, stage) == ["a"] * 3


class TestLogs:
    async def test_any_node_reads_the_log_that_another_writes(self, town: Town) -> None:
        stage = await town.stage(town.b)
        town.write(town.b, stage, 1, 2, 3)
        read = await town.a.log_stub.ReadLog(log_service_pb2.ReadLogRequest(name=name_of(stage), tail_lines=2))
        assert lines(read.data) == [2, 3]
        found = await town.c.log_stub.SearchLog(log_service_pb2.SearchLogRequest(name=name_of(stage), pattern="line 3"))
        assert [match.offset for match in found.matches] == [2 * len(LINE.format(1))]

    async def test_a_log_is_followed_through_any_node_to_its_end(self, town: Town) -> None:
        stage = await town.stage(town.b)
        town.write(town.b, stage, 1)
        follower = Follower(town.a.log_stub.FollowLog(log_service_pb2.FollowLogRequest(name=name_of(stage))))
        assert await follower.until(1) == [1]
        town.write(town.b, stage, 2)
        assert await follower.until(2) == [1, 2]
        town.write(town.b, stage, 3)
        await town.end(stage)
        assert await follower.until(99) == [1, 2, 3]
        assert follower.ended

    async def test_a_stage_that_waits_is_followed_once_it_is_known_who_writes(self, town: Town) -> None:
        stage = await town.stage(None)
        follower = Follower(town.a.log_stub.FollowLog(log_service_pb2.FollowLogRequest(name=name_of(stage))))
        reading = asyncio.create_task(follower.until(1))
        await asyncio.sleep(0.05)
        stage = await town.move(stage, lifecycle.Awarded(town.b.id, 1), lifecycle.Started(3.0, "sha256:1"))
        town.write(town.b, stage, 1)
        assert await reading == [1]
        reading = asyncio.create_task(follower.until(99))
        await town.end(stage)
        await reading

    async def test_a_follower_whose_writer_is_lost_goes_on_in_the_file(self, town: Town) -> None:
        """The file as the asked node sees it, from the byte where the writer's node ended."""
        stage = await town.stage(town.b)
        for node in (town.a, town.b):
            town.write(node, stage, 1, 2)
        follower = Follower(town.a.log_stub.FollowLog(log_service_pb2.FollowLogRequest(name=name_of(stage))))
        assert await follower.until(2) == [1, 2]
        await town.b.line.cut()
        town.write(town.a, stage, 3)
        assert await follower.until(3) == [1, 2, 3]
        town.write(town.b, stage, 99)  # nobody is asked who is lost
        await town.end(stage)
        assert await follower.until(99) == [1, 2, 3]

    async def test_the_file_may_lag_behind_what_the_writer_told(self, town: Town) -> None:
        stage = await town.stage(town.b)
        town.write(town.b, stage, 1, 2)
        town.write(town.a, stage, 1)
        follower = Follower(town.a.log_stub.FollowLog(log_service_pb2.FollowLogRequest(name=name_of(stage))))
        assert await follower.until(2) == [1, 2]
        await town.b.line.cut()
        reading = asyncio.create_task(follower.until(3))
        await asyncio.sleep(0.1)
        assert not reading.done()
        town.write(town.a, stage, 2, 3)
        assert await reading == [1, 2, 3]

    async def test_what_is_not_ended_is_told_by_its_node_and_by_nobody_when_that_is_lost(self, town: Town) -> None:
        stage = await town.stage(town.b)
        following = town.a.log_stub.FollowLog(log_service_pb2.FollowLogRequest(name=name_of(stage)))
        async with asyncio.timeout(30):
            chunk = await following.read()
            assert (chunk.offset, chunk.data, chunk.unfinished) == (0, b"", b"T stdout P said on b\n")
            await town.b.line.cut()
            chunk = await following.read()
            assert (chunk.data, chunk.unfinished) == (b"", b"")

    async def test_a_tail_that_nobody_told_of_yet_is_taken_from_the_file(self, town: Town) -> None:
        stage = await town.stage(town.b)
        town.write(town.a, stage, 1, 2, 3)
        await town.b.line.cut()
        request = log_service_pb2.FollowLogRequest(name=name_of(stage), tail_lines=1)
        async with asyncio.timeout(10):
            chunk = await town.a.log_stub.FollowLog(request).read()
        assert lines(chunk.data) == [3]

    async def test_a_log_whose_writer_cannot_be_reached_is_read_from_the_file(self, town: Town) -> None:
        stage = await town.stage(town.b)
        town.write(town.a, stage, 7)
        await town.b.line.cut()
        read = await town.a.log_stub.ReadLog(log_service_pb2.ReadLogRequest(name=name_of(stage)))
        assert lines(read.data) == [7]

    async def test_a_writer_that_says_nothing_is_not_waited_for_longer_than_it_is_worth(
        self, town: Town, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As where packets are dropped, or a daemon is frozen."""
        monkeypatch.setattr(forwarding, "WITHIN", 0.3)
        stage = await town.stage(town.b)
        town.write(town.a, stage, 7)
        town.b.line.hold_requests()
        async with asyncio.timeout(10):
            read = await town.a.log_stub.ReadLog(log_service_pb2.ReadLogRequest(name=name_of(stage)), timeout=30)
        assert lines(read.data) == [7]

    async def test_a_follower_of_a_writer_that_fell_silent_goes_on_in_the_file(self, town: Town) -> None:
        """Keepalives find it out: nobody refuses anything, and a log may well be silent for an hour."""
        stage = await town.stage(town.b)
        for node in (town.a, town.b):
            town.write(node, stage, 1, 2)
        follower = Follower(town.a.log_stub.FollowLog(log_service_pb2.FollowLogRequest(name=name_of(stage))))
        assert await follower.until(2) == [1, 2]
        town.b.line.hold_requests()
        town.b.line.hold_answers()
        town.write(town.a, stage, 3)
        assert await follower.until(3) == [1, 2, 3]

    async def test_a_node_that_has_not_seen_the_stage_yet_is_not_believed_that_there_is_none(self, town: Town) -> None:
        town.b.store.disconnect()
        stage = await town.stage(town.b)
        town.write(town.a, stage, 7)
        read = await town.a.log_stub.ReadLog(log_service_pb2.ReadLogRequest(name=name_of(stage)))
        assert lines(read.data) == [7]

    async def test_errors_pass_through_as_they_are(self, town: Town) -> None:
        stage = await town.stage(town.b)
        town.write(town.b, stage, 1)
        request = log_service_pb2.SearchLogRequest(name=name_of(stage), pattern="(")
        there = await refused(town.b.log_stub.SearchLog(request))
        here = await refused(town.a.log_stub.SearchLog(request))
        assert isinstance(here, InvalidArgument)
        assert (here.message, here.reason, here.hint, here.subject, here.metadata) == (
            there.message, there.reason, there.hint, there.subject, there.metadata,
        )  # fmt: skip
        town.b.volume.failing["logs.read"] = DataLoss("A disk lies", reason="DISK_LIES", metadata={"disk": "sdb"})
        error = await refused(town.a.log_stub.ReadLog(log_service_pb2.ReadLogRequest(name=name_of(stage))))
        assert isinstance(error, DataLoss) and error.metadata == {"disk": "sdb"}

    async def test_what_is_unknown_everywhere_is_said_here(self, town: Town) -> None:
        error = await refused(town.a.log_stub.ReadLog(log_service_pb2.ReadLogRequest(name="projects/p/stages/none")))
        assert isinstance(error, NotFound)


class TestReadings:
    async def test_a_nodes_readings_are_asked_of_it_in_the_askers_name(self, town: Town) -> None:
        request = node_service_pb2.ListReadingsRequest(name="nodes/b")
        answer = await town.a.node_stub.ListReadings(request, metadata=(("x-user", "zoe"),))
        assert [one.subject for one in answer.readings] == ["nodes/b", "b zoe False"]

    async def test_who_may_not_ask_here_is_not_passed_on(self, town: Town) -> None:
        request = node_service_pb2.ListReadingsRequest(name="nodes/b")
        error = await refused(town.a.node_stub.ListReadings(request, metadata=(("x-user", "mallory"),)))
        assert isinstance(error, PermissionDenied)

    async def test_readings_of_a_node_that_cannot_be_reached_are_unavailable(self, town: Town) -> None:
        await town.b.line.cut()
        error = await refused(town.a.node_stub.ListReadings(node_service_pb2.ListReadingsRequest(name="nodes/b")))
        assert isinstance(error, Unavailable) and error.reason == "NODE_UNREACHABLE"

    async def test_readings_of_a_silent_node_are_unavailable(self, town: Town) -> None:
        await town.stage(town.b)
        town.b.membership.lose_session(regain=False)
        error = await refused(town.a.node_stub.ListReadings(node_service_pb2.ListReadingsRequest(name="nodes/b")))
        assert isinstance(error, Unavailable) and error.reason == "NODE_SILENT"

    async def test_all_nodes_are_watched_in_one_stream(self, town: Town) -> None:
        stream = town.a.node_stub.WatchReadings(node_service_pb2.WatchReadingsRequest())
        assert await seen(stream, 3) == {"a nodes/a", "b nodes/b", "c nodes/c"}
        stream.cancel()
        async with asyncio.timeout(10):
            while any(one.nodes.watching for one in (town.a, town.b, town.c)):
                await asyncio.sleep(0.01)
        assert town.b.nodes.watched == [["nodes/b"]]

    async def test_nodes_that_come_and_go_are_watched_while_they_are_there(self, town: Town) -> None:
        town.b.membership.lose_session(regain=False)
        stream = town.a.node_stub.WatchReadings(node_service_pb2.WatchReadingsRequest())
        assert await seen(stream, 2) == {"a nodes/a", "c nodes/c"}
        town.b.membership.regain_session()
        town.c.membership.lose_session(regain=False)
        async with asyncio.timeout(10):
            while "b nodes/b" not in await seen(stream, 1):
                pass
            while town.c.nodes.watching:
                await seen(stream, 1)

    async def test_one_that_fails_hides_nobody_else(self, town: Town) -> None:
        town.b.nodes.failure = Unavailable("It does not measure yet", reason="NOT_YET")
        stream = town.a.node_stub.WatchReadings(node_service_pb2.WatchReadingsRequest())
        assert await seen(stream, 2) == {"a nodes/a", "c nodes/c"}
        town.b.nodes.failure = None
        async with asyncio.timeout(10):
            while "b nodes/b" not in await seen(stream, 1):
                pass

    async def test_a_watch_that_makes_no_sense_ends_with_what_is_wrong(self, town: Town) -> None:
        town.b.nodes.failure = InvalidArgument("No", reason="NONSENSE", hint="Do not")
        stream = town.a.node_stub.WatchReadings(node_service_pb2.WatchReadingsRequest(names=["nodes/b"]))
        error = await refused(stream.read())
        assert isinstance(error, InvalidArgument) and error.hint == "Do not"


class TestReadingsBesideChanges:
    PROJECTS, READINGS = event_pb2.RESOURCE_KIND_PROJECT, event_pb2.RESOURCE_KIND_READING

    async def told(self, stream, count: int) -> set[str]:
        """Whose readings came once it were so many; all up to a revision was told before any."""
        found: set[str] = set()
        async with asyncio.timeout(10):
            while len(found) < count:
                answer = await stream.read()
                assert answer.revision
                found |= {one.reading.subject for one in answer.changes if one.kind == self.READINGS}
        return found

    async def test_come_in_the_same_stream_of_whoever_measures_and_end_with_it(self, town: Town) -> None:
        ask = event_service_pb2.WatchRequest(kinds=[self.PROJECTS, self.READINGS], readings_of=["nodes/b", "nodes/c"])
        stream = town.a.event_stub.Watch(ask)
        async with asyncio.timeout(10):
            first = await stream.read()
        assert first.initial and first.revision
        assert await self.told(stream, 2) == {"b nodes/b", "c nodes/c"}
        stream.cancel()
        async with asyncio.timeout(10):
            while any(one.nodes.watching for one in (town.a, town.b, town.c)):
                await asyncio.sleep(0.01)

    async def test_are_not_told_to_who_did_not_ask_and_of_all_nodes_to_who_names_none(self, town: Town) -> None:
        stream = town.a.event_stub.Watch(event_service_pb2.WatchRequest())
        async with asyncio.timeout(10):
            assert (await stream.read()).initial
        assert not any(one.nodes.watching for one in (town.a, town.b, town.c))
        all_ = town.a.event_stub.Watch(event_service_pb2.WatchRequest(kinds=[self.READINGS]))
        assert await self.told(all_, 3) == {"a nodes/a", "b nodes/b", "c nodes/c"}
        stream.cancel()
        all_.cancel()

    async def test_of_what_nobody_measures_are_left_out_and_the_rest_comes(self, town: Town) -> None:
        town.b.nodes.failure = InvalidArgument("No", reason="NONSENSE")
        names = ["nodes/nobody", "projects/p/stages/gone", "nodes/b", "nodes/c"]
        stream = town.a.event_stub.Watch(event_service_pb2.WatchRequest(kinds=[self.READINGS], readings_of=names))
        town.b.nodes.failure = None
        assert await self.told(stream, 2) == {"b nodes/b", "c nodes/c"}
        stream.cancel()

    async def test_of_what_is_no_name_are_refused(self, town: Town) -> None:
        ask = event_service_pb2.WatchRequest(kinds=[self.READINGS], readings_of=["what/ever"])
        assert isinstance(await refused(town.a.event_stub.Watch(ask).read()), InvalidArgument)


async def seen(stream, count: int) -> set[str]:
    """Whose readings came, once it were so many."""
    found: set[str] = set()
    async with asyncio.timeout(10):
        while len(found) < count:
            found |= {reading.subject for reading in (await stream.read()).readings}
    return found


class TestWhoDecides:
    async def test_why_a_stage_waits_is_asked_of_the_leader(self, town: Town) -> None:
        stage = await town.stage(None)
        ask = stage_service_pb2.ExplainStageRequest(name=name_of(stage))
        assert (await town.a.stage_stub.ExplainStage(ask)).remedies == ["a"], "nobody leads"
        async with town.b.membership.lead():
            assert (await town.a.stage_stub.ExplainStage(ask)).remedies == ["b"]
            assert (await town.c.stage_stub.ExplainStage(ask)).remedies == ["b"]
            assert (await town.b.stage_stub.ExplainStage(ask)).remedies == ["b"]
            await town.b.line.cut()
            assert (await town.a.stage_stub.ExplainStage(ask)).remedies == ["a"]

    async def test_deadlines_pass_through(self, town: Town) -> None:
        stage = await town.stage(None)
        ask = stage_service_pb2.ExplainStageRequest(name=name_of(stage))
        async with town.b.membership.lead():
            await town.a.stage_stub.ExplainStage(ask, timeout=3)
            assert town.b.stages.left is not None and 0 < town.b.stages.left <= 3

    async def test_who_gives_up_here_is_given_up_there(self, town: Town) -> None:
        stage = await town.stage(None)
        town.b.stages.held = asyncio.Event()
        async with town.b.membership.lead():
            asking = town.a.stage_stub.ExplainStage(stage_service_pb2.ExplainStageRequest(name=name_of(stage)))
            async with asyncio.timeout(10):
                await town.b.stages.asked.wait()
                asking.cancel()
                await town.b.stages.given_up.wait()

    async def test_a_call_is_passed_on_once_at_most(self, town: Town) -> None:
        """Two nodes that each take the other for the leader do not ask each other for ever."""
        stage = await town.stage(None)
        town.a.store.view.leader, town.b.store.view.leader = town.b.id, town.a.id
        ask = stage_service_pb2.ExplainStageRequest(name=name_of(stage))
        assert (await town.a.stage_stub.ExplainStage(ask)).remedies == ["b"]
        assert (await town.b.stage_stub.ExplainStage(ask)).remedies == ["a"]

    async def test_a_stranger_cannot_say_in_whose_name_it_asks(self, town: Town) -> None:
        request = node_service_pb2.ListReadingsRequest(name="nodes/a")
        forged = Credentials("guessed", town.b.id).metadata(Principal("root", admin=True))
        assert (await refused(town.a.node_stub.ListReadings(request, metadata=forged))).reason == "SECRET_WRONG"
        without = tuple(pair for pair in forged if pair[0] != "winslow-secret")
        answer = await town.a.node_stub.ListReadings(request, metadata=without)
        assert answer.readings[1].subject == "a ann False", "what is said without the secret is not believed"


class TestCutOff:
    async def test_every_answer_of_a_node_without_etcd_says_that_it_may_be_old(self, town: Town) -> None:
        stage = await town.stage(town.a)
        town.write(town.a, stage, 1)
        for connected in (True, False):
            read = town.a.log_stub.ReadLog(log_service_pb2.ReadLogRequest(name=name_of(stage)))
            await read
            assert (("winslow-stale", "true") in tuple(await read.trailing_metadata())) is not connected
            failed = town.a.log_stub.ReadLog(log_service_pb2.ReadLogRequest(name="projects/p/stages/none"))
            assert isinstance(await refused(failed), NotFound)
            assert (("winslow-stale", "true") in tuple(await failed.trailing_metadata())) is not connected
            town.a.store.disconnect()
