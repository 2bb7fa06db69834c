"""What is measured, gathered once for all who watch: who is asked, how often, and what each watcher is told."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from typing import Any

import pytest

from tests.fakes.store import FakeCluster, FakeMembership, FakeStore
from winslow.domain.node import Node
from winslow.domain.principal import Principal
from winslow.domain.resources import Capacity
from winslow.domain.stage import NodeId
from winslow.errors import InvalidArgument, NotFound, Unavailable, WinslowError
from winslow.v1 import node_service_pb2 as pb
from winslow.v1.node_pb2 import Reading
from winslowd.api import gathering as module
from winslowd.api.call import asker, enter
from winslowd.api.gathering import Gathering, Latest

HERE = NodeId("here")
PATIENT = 30.0


class Nodes:
    """Every node in one place: what it is asked for, by whom, and what it answers when a test says so."""

    def __init__(self) -> None:
        self.begun: Counter[str] = Counter()
        self.open: Counter[str] = Counter()
        self.askers: set[str] = set()
        self.failure: WinslowError | None = None
        self._said: dict[str, asyncio.Condition] = {}
        self._measured: dict[str, float] = {}

    def stream(
        self, address: str, method: str, request: Any, principal: Principal, timeout: float | None
    ) -> AsyncGenerator[Any, None]:
        return self._answers(list(request.names), principal)

    def own(self, request: Any, context: Any) -> AsyncGenerator[Any, None]:
        return self._answers(list(request.names), None)

    async def _answers(self, names: list[str], principal: Principal | None) -> AsyncGenerator[Any, None]:
        (name,) = names
        self.begun[name] += 1
        self.open[name] += 1
        self.askers.add((principal or asker()).name)
        try:
            if self.failure:
                raise self.failure
            said = self._said.setdefault(name, asyncio.Condition())
            while True:
                if name in self._measured:
                    yield pb.WatchReadingsResponse(readings=[Reading(subject=name, cpus=self._measured[name])])
                async with said:
                    await said.wait()
                if self.failure:
                    raise self.failure
        finally:
            self.open[name] -= 1

    async def measure(self, name: str, cpus: float) -> None:
        self._measured[name] = cpus
        await self.stir(name)

    async def stir(self, name: str) -> None:
        said = self._said.setdefault(name, asyncio.Condition())
        async with said:
            said.notify_all()


class Scene:
    """A gathering on node `here`, with nodes b and c beside it."""

    def __init__(self, gathering: Gathering, nodes: Nodes, members: dict[str, FakeMembership]) -> None:
        self.gathering = gathering
        self.nodes = nodes
        self.members = members


@pytest.fixture
async def scene(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Scene]:
    """Looks often, and asks again soon: nothing else about it is another than in a daemon."""
    for name, value in {"LOOK_EVERY": 0.02, "LINGER": 0.2, "PATIENCE": 0.02, "PACE": 0.01}.items():
        monkeypatch.setattr(module, name, value)
    cluster, nodes = FakeCluster(), Nodes()
    store = FakeStore(cluster)
    members = {name: FakeMembership(FakeStore(cluster), NodeId(name)) for name in ("here", "b", "c")}
    for name, member in members.items():
        await member.join(Node(NodeId(name), f"{name}:1", Capacity(1, 1)))
    enter(Principal("ann"))
    async with Gathering.open(HERE, store, nodes.own, nodes) as gathering:  # type: ignore[arg-type]
        yield Scene(gathering, nodes, members)


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENT):
        while not true():
            await asyncio.sleep(0.005)


async def told(latest: Latest) -> dict[str, float]:
    async with asyncio.timeout(PATIENT):
        return {one.reading.subject: one.reading.cpus for one in await latest.next()}


async def test_a_node_is_asked_once_however_many_watch_it(scene: Scene) -> None:
    watching = [scene.gathering.watching(["nodes/b"]) for _ in range(50)]
    latest = [one.__enter__() for one in watching]
    await scene.nodes.measure("nodes/b", 2.0)
    for one in latest:
        assert await told(one) == {"nodes/b": 2.0}
    assert scene.nodes.begun == {"nodes/b": 1}
    for watched in watching:
        watched.__exit__(None, None, None)
    await until(lambda: not scene.nodes.open["nodes/b"])


async def test_who_joins_is_told_the_last_at_once_and_nobody_is_asked_for_it(scene: Scene) -> None:
    await scene.nodes.measure("nodes/b", 2.0)
    with scene.gathering.watching(["nodes/b"]) as first:
        await told(first)
        with scene.gathering.watching(["nodes/b"]) as second:
            assert await told(second) == {"nodes/b": 2.0}
    assert scene.nodes.begun["nodes/b"] == 1


async def test_who_comes_back_at_once_finds_it_still_asked_for(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LINGER", 1000.0)
    await scene.nodes.measure("nodes/b", 2.0)
    for _ in range(3):
        with scene.gathering.watching(["nodes/b"]) as latest:
            assert await told(latest) == {"nodes/b": 2.0}
        await asyncio.sleep(0.1)
    assert scene.nodes.begun["nodes/b"] == 1


async def test_nothing_is_asked_for_while_nobody_watches(scene: Scene) -> None:
    with scene.gathering.watching(["nodes/b", "nodes/here"]):
        await until(lambda: scene.nodes.open == {"nodes/b": 1, "nodes/here": 1})
    await until(lambda: not scene.nodes.open.total())


async def test_who_reads_slowly_is_told_the_last_and_holds_nobody_up(scene: Scene) -> None:
    with scene.gathering.watching(["nodes/b"]) as slow, scene.gathering.watching(["nodes/b"]) as quick:
        for number in range(20):
            await scene.nodes.measure("nodes/b", number)
            assert await told(quick) == {"nodes/b": number}
        assert await told(slow) == {"nodes/b": 19.0}


async def test_what_several_nodes_measured_meanwhile_goes_together(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PACE", 0.5)
    with scene.gathering.watching(["nodes/b", "nodes/c"]) as latest:
        await scene.nodes.measure("nodes/b", 1.0)
        assert await told(latest) == {"nodes/b": 1.0}, "the first waits for nothing"
        await scene.nodes.measure("nodes/c", 1.0)
        await scene.nodes.measure("nodes/b", 2.0)
        assert await told(latest) == {"nodes/b": 2.0, "nodes/c": 1.0}


async def test_one_that_fails_is_asked_again_and_hides_nobody_else(scene: Scene) -> None:
    scene.nodes.failure = Unavailable("It is busy", reason="BUSY")
    with scene.gathering.watching(["nodes/b", "nodes/c"]) as latest:
        await until(lambda: scene.nodes.begun["nodes/b"] > 2)
        scene.nodes.failure = None
        await scene.nodes.measure("nodes/b", 1.0)
        await scene.nodes.measure("nodes/c", 1.0)
        found: dict[str, float] = {}
        while len(found) < 2:
            found |= await told(latest)


async def test_one_that_keeps_failing_is_asked_less_and_less_often(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    sleep = asyncio.sleep

    async def noted(seconds: float) -> None:
        slept.append(seconds)
        await sleep(0)

    scene.nodes.failure = Unavailable("It is busy", reason="BUSY")
    monkeypatch.setattr(module, "PATIENCE", 1.25)
    with scene.gathering.watching(["nodes/b"]):
        monkeypatch.setattr(module.asyncio, "sleep", noted)
        while scene.nodes.begun["nodes/b"] < 7:
            await sleep(0.01)
        monkeypatch.setattr(module.asyncio, "sleep", sleep)
    assert [one for one in slept if one >= 1.25][:5] == [1.25, 2.5, 5.0, 10.0, 10.0]


async def test_what_breaks_unexpectedly_on_one_node_ends_nothing(scene: Scene) -> None:
    scene.nodes.failure = RuntimeError("no error of ours")  # type: ignore[assignment]
    with scene.gathering.watching(["nodes/b"]) as latest:
        await until(lambda: scene.nodes.begun["nodes/b"] > 1)
        scene.nodes.failure = None
        await scene.nodes.measure("nodes/b", 1.0)
        assert await told(latest) == {"nodes/b": 1.0}


async def test_a_node_that_goes_is_left_and_asked_again_when_it_is_back(scene: Scene) -> None:
    with scene.gathering.watching(["nodes/b"]) as latest:
        await until(lambda: bool(scene.nodes.open["nodes/b"]))
        scene.members["b"].lose_session(regain=False)
        await until(lambda: not scene.nodes.open["nodes/b"])
        scene.members["b"].regain_session()
        await scene.nodes.measure("nodes/b", 3.0)
        assert await told(latest) == {"nodes/b": 3.0}
        assert scene.nodes.begun["nodes/b"] == 2


async def test_of_a_node_that_is_gone_nobody_who_joins_is_told_an_old_value(scene: Scene) -> None:
    await scene.nodes.measure("nodes/b", 3.0)
    with scene.gathering.watching(["nodes/b"]) as first:
        await told(first)
        scene.members["b"].lose_session(regain=False)
        await until(lambda: not scene.nodes.open["nodes/b"])
        with scene.gathering.watching(["nodes/b", "nodes/c"]) as second:
            await scene.nodes.measure("nodes/c", 1.0)
            assert await told(second) == {"nodes/c": 1.0}


async def test_all_nodes_are_those_that_are_there_and_are_asked_once_too(scene: Scene) -> None:
    scene.members["c"].lose_session(regain=False)
    for name in "nodes/here", "nodes/b", "nodes/c":
        await scene.nodes.measure(name, 1.0)
    with scene.gathering.watching([]) as everybody, scene.gathering.watching(["nodes/b"]) as one:
        found: dict[str, float] = {}
        while found.keys() != {"nodes/here", "nodes/b"}:
            found |= await told(everybody)
        assert await told(one) == {"nodes/b": 1.0}
        scene.members["c"].regain_session()
        while "nodes/c" not in found:
            found |= await told(everybody)
    assert set(scene.nodes.begun.values()) == {1}
    await until(lambda: not scene.nodes.open.total())


async def test_nodes_are_asked_in_nobodys_name_since_the_answer_is_for_all(scene: Scene) -> None:
    with scene.gathering.watching(["nodes/b", "nodes/here"]):
        await until(lambda: len(scene.nodes.begun) == 2)
    assert scene.nodes.askers == {"winslow"}


async def test_of_what_is_not_there_nothing_comes_and_the_rest_does(scene: Scene) -> None:
    with scene.gathering.watching(["nodes/nobody", "projects/p/stages/gone", "nodes/b"]) as latest:
        await scene.nodes.measure("nodes/b", 1.0)
        assert await told(latest) == {"nodes/b": 1.0}


async def test_what_is_no_name_is_refused(scene: Scene) -> None:
    with pytest.raises(InvalidArgument), scene.gathering.watching(["what/ever"]):
        pass


class TestAsAnAnswer:
    """For who asks for readings alone."""

    async def first(self, scene: Scene, *asked: str) -> Any:
        async with asyncio.timeout(PATIENT):
            return await anext(scene.gathering.answers(asked))

    async def test_what_there_is_not_is_said(self, scene: Scene) -> None:
        with pytest.raises(NotFound, match="There is no node 'nobody'"):
            await self.first(scene, "nodes/nobody")
        with pytest.raises(NotFound):
            await self.first(scene, "projects/p/stages/gone")

    async def test_what_a_node_has_against_it_is_said_and_not_asked_for_ever(self, scene: Scene) -> None:
        scene.nodes.failure = InvalidArgument("Not like this", reason="NONSENSE")
        with pytest.raises(InvalidArgument, match="Not like this"):
            await self.first(scene, "nodes/b")

    async def test_it_ends_when_its_reader_goes(self, scene: Scene) -> None:
        await scene.nodes.measure("nodes/b", 1.0)
        answers = scene.gathering.answers(["nodes/b"])
        async with asyncio.timeout(PATIENT):
            assert (await anext(answers)).readings[0].cpus == 1.0
        await answers.aclose()
        await until(lambda: not scene.nodes.open.total())


async def test_a_gathering_that_ends_leaves_nothing_under_way(scene: Scene) -> None:
    store, nodes = FakeStore(FakeCluster()), Nodes()
    before = asyncio.all_tasks()
    async with Gathering.open(HERE, store, nodes.own) as gathering:
        with gathering.watching(["nodes/here"]):
            await until(lambda: bool(nodes.open.total()))
    assert not nodes.open.total() and asyncio.all_tasks() <= before
