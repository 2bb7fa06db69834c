"""What the transactions, checks and fsyncs promise, each by itself: the test that fails first when one of them is taken away."""

from __future__ import annotations

import asyncio
import itertools
import os
import subprocess
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from storage import history
from storage.history import Filed
from storage.stop import Stop
from storage.volume import PlainVolume
from tests.fakes.etcd import FakeEtcd
from tests.fakes.line import Line, LineChannels
from tests.fakes.store import FakeCluster, FakeMembership, FakeStore, Write
from tests.launched import Launched
from tests.unit import world
from tests.unit.house import NODE, PROJECT, House, going, hurried, refenced
from winslow.domain import lifecycle
from winslow.domain.container import Exit
from winslow.domain.election import idle_offer
from winslow.domain.layout import Location, Pool
from winslow.domain.node import Node
from winslow.domain.principal import Principal
from winslow.domain.project import Hold
from winslow.domain.query import Facts
from winslow.domain.records import GLOBALS_REF, Commit, Fence, Globals, Kind, Put, Ref, project_ref, run_ref, stage_ref
from winslow.domain.resources import Capacity, Resources
from winslow.domain.stage import NodeId, ProjectId, Reason, Stage, State
from winslow.domain.view import View
from winslow.errors import AlreadyExists, Conflict, Unavailable
from winslow.ports import Store
from winslow.wire import records
from winslowd.docker.launcher import SOURCES
from winslowd.engines.finishing import Finishing
from winslowd.engines.moves import Batch, commit_of, stage_move
from winslowd.engines.term import Term
from winslowd.etcd.client import Client
from winslowd.etcd.keys import Keys
from winslowd.etcd.lock import Lock
from winslowd.etcd.session import Session
from winslowd.etcd.transaction import build
from winslowd.usecases.attendance import Attendance
from winslowd.usecases.ledger import Ledger
from winslowd.usecases.requests import Request, expect, once

__all__ = ["hurried"]
pytestmark = pytest.mark.usefixtures("hurried")
SMALL = replace(NODE, capacity=Capacity(cpus=2, memory=1 << 34))
OTHER = replace(SMALL, id=NodeId("node-2"))


class Blinded(FakeStore):
    """A daemon's store that shows nothing new while `blind`, and still commits. `tried` counts its commits."""

    def __init__(self, cluster: FakeCluster) -> None:
        super().__init__(cluster)
        self.blind = False
        self.tried = 0
        self._unseen: list[tuple[int, list[Write]]] = []

    def take(self, revision: int, writes: list[Write]) -> None:
        if self.blind:
            self._unseen.append((revision, writes))
        else:
            super().take(revision, writes)

    def see(self) -> None:
        self.blind = False
        unseen, self._unseen = self._unseen, []
        for revision, writes in unseen:
            self.take(revision, writes)

    async def commit(self, commit: Commit) -> int:
        self.tried += 1
        return await super().commit(commit)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    one = House(tmp_path)
    yield one
    one.close()


# ---- a leader


def term_of(house: House, store: Store, fence: Fence) -> Term:
    """A term in which every node that is up has answered."""
    attendance = Attendance()
    attendance.open()
    for node in store.view.nodes():
        attendance.hear(idle_offer(node))
    return Term(store, lambda: house.now, fence, attendance, Ledger(), time.monotonic)


async def decides_blindly(house: House, blind: Blinded) -> None:
    """A leader that sees nothing new acts on what it knows, and keeps the fence all the while."""
    async with house.membership.lead() as claim, going(asyncio.ensure_future(term_of(house, blind, claim.fence).run())):
        await house.until(lambda: blind.tried)
        await asyncio.sleep(0.02)


async def test_a_leader_changes_nothing_once_another_leads(house: House) -> None:
    await house.membership.join(NODE)
    await house.begin(world.chain("detect"))
    revision = house.view.revision
    stale = term_of(house, house.store, Fence("elections/leader/0000000000000009", 1))
    with pytest.raises(ExceptionGroup, match="unhandled") as caught:
        async with asyncio.timeout(2):
            await stale.run()
    assert [error.reason for error in caught.value.exceptions if isinstance(error, Conflict)] == ["FENCED"]
    assert house.view.revision == revision


def test_a_fence_is_compared_by_etcd_itself() -> None:
    etcd = FakeEtcd(lambda: 0.0)
    commit = Commit(puts=(Put(GLOBALS_REF, Globals()),), fence=Fence("/winslow/v1/lab/elections/leader/1", 7))
    answer = etcd.answer("Txn", build(commit, Keys("lab"), records, lambda _: 0, lambda _: b"").request)
    assert not answer.succeeded
    assert etcd.revision == 1


async def waiting(house: House, *names: str, **fields: object) -> list[Stage]:
    """Stages of one run that wait for a node."""
    run = await house.begin(world.pipeline(*(world.definition(name, **fields) for name in names)), *names)
    await house.award(node=None)
    return house.view.stages_of_run(run)


async def awarded(house: House, store: FakeStore, stage: Stage, node: Node, fence: Fence) -> None:
    """What a leader commits that sees `store`: the stage is given to the node."""
    view = store.view
    after = lifecycle.advance(stage, lifecycle.Awarded(node.id, view.revision), house.now)
    batch = Batch()
    batch.add(stage_move(stage, after, view))
    await store.commit(commit_of(batch, view, fence))


async def nodes_up(house: House, *nodes: Node) -> list[FakeMembership]:
    up = [FakeMembership(FakeStore(house.cluster), node.id) for node in nodes]
    for membership, node in zip(up, nodes, strict=True):
        await membership.join(node)
    return up


async def test_an_award_is_written_once_though_two_leaders_know_nothing_of_each_other(house: House) -> None:
    await nodes_up(house, SMALL, OTHER)
    (stage,) = await waiting(house, "detect")
    blind = Blinded(house.cluster)
    blind.blind = True
    async with house.membership.lead() as claim:
        await awarded(house, house.store, stage, SMALL, claim.fence)
        with pytest.raises(Conflict):
            await awarded(house, blind, stage, OTHER, claim.fence)
    assert house.of(stage).node == SMALL.id


async def test_a_node_is_not_given_more_than_it_has_by_leaders_that_know_nothing_of_each_other(house: House) -> None:
    await nodes_up(house, SMALL)
    one, two = await waiting(house, "one", "two", resources=Resources(cpus=2))
    blind = Blinded(house.cluster)
    blind.blind = True
    async with house.membership.lead() as claim:
        await awarded(house, house.store, one, SMALL, claim.fence)
        with pytest.raises(Conflict):
            await awarded(house, blind, two, SMALL, claim.fence)
    assert [stage.id for stage in house.view.live_on(SMALL.id)] == [one.id]


async def test_nothing_is_awarded_to_a_node_that_has_just_gone(house: House) -> None:
    (up,) = await nodes_up(house, SMALL)
    (stage,) = await waiting(house, "detect")
    blind = Blinded(house.cluster)
    blind.blind = True
    up.lose_session(regain=False)
    async with house.membership.lead() as claim:
        with pytest.raises(Conflict):
            await awarded(house, blind, stage, SMALL, claim.fence)
    assert house.of(stage).node is None


async def test_what_a_person_changed_of_a_run_meanwhile_is_not_overwritten(house: House) -> None:
    run = await house.begin(world.chain("detect"))
    blind = Blinded(house.cluster)
    blind.blind = True
    await house.put(Put(run_ref(run), replace(run, hold=Hold(Reason("PAUSED", "paused by bob"), "bob", house.now))))
    await decides_blindly(house, blind)
    assert house.view.runs_of(PROJECT)[0].hold
    assert not house.view.stages_of(PROJECT)


async def test_no_stage_is_made_in_a_project_that_is_being_deleted(house: House) -> None:
    await house.begin(world.chain("detect"))
    blind = Blinded(house.cluster)
    blind.blind = True
    await house.put(Put(project_ref(PROJECT), replace(house.project(), deleting=True)))
    await decides_blindly(house, blind)
    assert not house.view.stages_of(PROJECT)


async def test_a_stage_that_is_there_is_not_made_again(house: House) -> None:
    run = await house.begin(world.chain("detect"))
    blind = Blinded(house.cluster)
    blind.blind = True
    made = await house.award(node=None)
    ended = lifecycle.advance(made, lifecycle.AbortRequested("bob"), house.now)
    before = blind.view.revision_of(run_ref(run))
    house.cluster.records[run_ref(run)] = replace(house.cluster.records[run_ref(run)], value=run, revision=before)
    await house.put(Put(stage_ref(made), ended))
    await decides_blindly(house, blind)
    assert house.of(made).state is State.ABORTED


# ---- an attempt


async def blinded(house: House) -> Blinded:
    """The node's own store from now on."""
    house.own_store = Blinded(house.cluster)
    house.tools = replace(house.tools, store=house.own_store)
    return house.own_store


async def test_an_attempt_overwrites_nothing_that_somebody_wrote_meanwhile(house: House) -> None:
    store = await blinded(house)
    stage = await house.stage()
    async with house.seeing_through(stage) as attempt:
        await house.runs(stage)
        store.blind = True
        tried = store.tried
        await house.abort(stage)
        house.finish(stage)
        await house.until(lambda: store.tried > tried)
        assert house.of(stage).abort
        store.see()
        await attempt.over()
    assert house.of(stage).abort
    assert house.of(stage).state is State.SUCCEEDED


async def test_an_attempt_of_an_older_fence_records_nothing(house: House) -> None:
    stage = await house.stage()
    async with house.seeing_through(stage) as attempt:
        await house.runs(stage)
        now = house.of(stage)
        await house.put(Put(stage_ref(now), refenced(now)))
        house.finish(stage)
        await attempt.over()
    assert house.of(stage) == refenced(now)
    assert house.output() is None


async def test_an_attempt_whose_stage_was_given_up_records_nothing(house: House) -> None:
    stage = await house.stage()
    async with house.seeing_through(stage) as attempt:
        await house.runs(stage)
        lost = await house.move(stage, lifecycle.Lost(Reason("NODE_SILENT", "silent")))
        house.finish(stage)
        await attempt.over()
    assert house.of(stage) == lost
    assert house.output() is None
    assert house.clean


async def test_only_the_latest_success_is_shown(house: House) -> None:
    """Whoever comes late with an older success leaves the newer one where it is."""
    first = await house.stage()
    async with house.seeing_through(first) as attempt:
        await house.runs(first)
        house.finish(first, Exit(0))
        await attempt.over()
    run = world.run(house.project(), "detect", number=2)
    await house.put(Put(run_ref(run), run))
    house.now += 10
    second = await house.award()
    async with house.seeing_through(second) as attempt:
        await house.runs(second)
        house.finish(second, Exit(0))
        await attempt.over()
    shown: list[str] = []
    workspaces = house.tools.workspaces

    class Noted:
        async def publish(self, plan, definition) -> None:
            shown.append(plan.stage)
            await workspaces.publish(plan, definition)

    await Finishing(replace(house.tools, workspaces=Noted())).finish(first.id)  # type: ignore[arg-type]
    assert shown == []
    assert house.output() == second.id


# ---- requests


def makes(names: itertools.count) -> Callable[[View], tuple[Commit, str]]:
    """Something that is another thing each time it is decided, as a project with a random name."""

    def decide(view: View) -> tuple[Commit, str]:
        key = f"made-{next(names)}"
        return Commit(puts=(Put(Ref(Kind.PIPELINE, key), Globals()),)), key

    return decide


async def test_the_same_request_twice_has_one_effect() -> None:
    store, names = FakeStore(), itertools.count()
    request = Request(Principal("ann"), "id", "make one")
    answers = [await once(store, request, makes(names)) for _ in range(2)]
    assert answers[0] == answers[1]
    assert list(store.view.all(Kind.PIPELINE)) == [answers[0]]


async def test_the_same_request_at_two_nodes_at_once_has_one_effect() -> None:
    cluster, names = FakeCluster(), itertools.count()
    request = Request(Principal("ann"), "id", "make one")
    answers = await asyncio.gather(*(once(FakeStore(cluster), request, makes(names)) for _ in range(2)))
    assert answers[0] == answers[1]
    assert list(FakeStore(cluster).view.all(Kind.PIPELINE)) == [answers[0]]


async def test_another_request_under_the_same_id_is_refused() -> None:
    store, names = FakeStore(), itertools.count()
    await once(store, Request(Principal("ann"), "id", "make one"), makes(names))
    with pytest.raises(AlreadyExists) as caught:
        await once(store, Request(Principal("ann"), "id", "make another"), makes(names))
    assert caught.value.reason == "REQUEST_ID_REUSED"


async def test_of_two_people_who_change_what_they_saw_one_is_told_so() -> None:
    store = FakeStore()
    seen = await store.commit(Commit(puts=(Put(GLOBALS_REF, Globals()),)))

    def to(value: str) -> Callable[[View], tuple[Commit, str]]:
        def decide(view: View) -> tuple[Commit, str]:
            return Commit(
                puts=(Put(GLOBALS_REF, Globals({"K": value})),), expects=(expect(view, GLOBALS_REF, seen),)
            ), ""

        return decide

    await once(store, Request(Principal("ann")), to("hers"))
    with pytest.raises(Conflict):
        await once(store, Request(Principal("bob")), to("his"))
    assert store.view.globals() == Globals({"K": "hers"})


# ---- claims


def claimed(etcd: FakeEtcd) -> tuple[Lock, Session]:
    client = Client(LineChannels(Line(etcd, lambda: 0.0)))
    lease = etcd.answer("LeaseGrant", _grant()).ID
    return Lock(client, b"/locks/a/", "node-1"), Session(lease, asyncio.get_running_loop().time() + 60)


def _grant():
    from winslowd.etcd.wire import etcd_pb2 as pb

    return pb.LeaseGrantRequest(TTL=60)


async def test_a_claim_that_was_made_without_an_answer_is_found_and_keeps_its_place() -> None:
    etcd = FakeEtcd(asyncio.get_running_loop().time)
    lock, session = claimed(etcd)
    first = await lock.acquire(session)
    assert await lock.acquire(session) == first
    (claim,) = etcd.under(b"/locks/a/")
    assert claim.create_revision == first.revision


async def test_a_claim_that_is_gone_is_not_confirmed() -> None:
    etcd = FakeEtcd(asyncio.get_running_loop().time)
    lock, session = claimed(etcd)
    fence = await lock.acquire(session)
    await lock.release(session)
    with pytest.raises(Unavailable) as caught:
        await lock.confirm(fence, session)
    assert caught.value.reason == "LEASE_LOST"
    assert etcd.under(b"/locks/a/") == []


# ---- disks

NOTED = """#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
static int noted_fsync(int fd)
{
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    FILE *file = fopen(getenv("SYNCED"), "a");
    fprintf(file, "%.*s\\n", (int)(length > 0 ? length : 0), path);
    fclose(file);
    return fsync(fd);
}
#define fsync noted_fsync
"""


def test_the_launcher_syncs_its_claim_and_its_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The launcher as it is, built so that it notes what it syncs."""
    (tmp_path / "noted.h").write_text(NOTED)
    binary, noted = tmp_path / "launcher", tmp_path / "synced"
    command = ["cc", "-std=gnu11", "-O1", "-include", str(tmp_path / "noted.h"), "-o", str(binary), str(SOURCES[0])]
    subprocess.run(command, check=True)
    monkeypatch.setenv("SYNCED", str(noted))
    Launched(binary, tmp_path / "stage").run("true")
    synced = [Path(line).name for line in noted.read_text().splitlines()]
    assert synced.index("started") < synced.index("record")
    assert synced.index("exit.new") < len(synced) - 1 - synced[::-1].index("record")


def test_bytes_of_an_upload_are_on_the_disk_before_they_are_acknowledged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    sync = os.fdatasync

    def noted(fd: int) -> None:
        sync(fd)
        synced.append(os.fstat(fd).st_size)

    monkeypatch.setattr(os, "fdatasync", noted)
    with PlainVolume(str(tmp_path)) as volume:
        volume.workspaces.make_project(ProjectId("p"), "", Stop())
        location = Location(Pool.INPUT, "projects/p/input", "a", ProjectId("p"))
        upload = volume.uploads.begin("u", location, 100, "", Stop())
        upload = volume.uploads.append(upload, 0, bytes(60), Stop())
        assert volume.uploads.flush(upload, Stop()).offset == 60
    assert synced == [60]


def test_a_history_is_on_the_disk_before_what_it_holds_leaves_the_records(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    sync = os.fsync

    def noted(fd: int) -> None:
        sync(fd)
        path = Path(f"/proc/self/fd/{fd}").readlink()
        synced.append(f"{path.name} {os.fstat(fd).st_size if path.is_file() else ''}")

    with PlainVolume(str(tmp_path)) as volume:
        volume.workspaces.make_project(ProjectId("p"), "", Stop())
        monkeypatch.setattr(history.os, "fsync", noted)
        facts = Facts("s1", {"at": 1.0}, {"state": ("SUCCEEDED",)})
        volume.history.append(ProjectId("p"), (Filed("stages", "p/s1", 1, facts, b"record"),), Stop())
    for path in (tmp_path / "projects/p/history").iterdir():
        if path.stat().st_size:
            assert f"{path.name} {path.stat().st_size}" in synced
