"""Which volume is the cluster's, what is kept from any other, and what the cluster is told of a node's client."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from structlog.testing import capture_logs

from tests.fakes.ceph import client_number
from tests.fakes.store import FakeCluster, FakeStore
from tests.unit import world
from tests.unit.house import NODE, PROJECT
from winslow.domain import lifecycle
from winslow.domain.records import VOLUME_REF, Commit, Put, VolumeIdentity, stage_ref
from winslow.domain.stage import RunId, Stage, StageId
from winslow.errors import Unavailable, WinslowError
from winslow.ports import ServersShown, Standing, Storage
from winslowd.engines import surveyor
from winslowd.engines.surveyor import FENCED, UNFENCEABLE, Surveyor
from winslowd.usecases.volume import KnownVolume

ONE, TWO = client_number(1), client_number(2)
OURS, THEIRS, OTHER = f"here/{'1' * 32}", f"there/{'2' * 32}", f"here/{'3' * 32}"
GIBIBYTE = 1 << 30
FENCED_OUT = Unavailable("we were shut out", reason="STORAGE_FENCED", subject="volume")


def _set() -> asyncio.Event:
    event = asyncio.Event()
    event.set()
    return event


@dataclass
class FakeVolume:
    """What lies at the path: with a `fault` nothing can be said of it."""

    seen: Standing = field(default_factory=Standing)
    fault: WinslowError | None = None
    worker: int = 1
    marks: int = 0
    answers: asyncio.Event = field(default_factory=_set)
    replaced: asyncio.Event = field(default_factory=asyncio.Event)

    async def standing(self) -> Standing:
        await self.answers.wait()
        if self.fault:
            raise self.fault
        return self.seen

    async def another(self, worker: int) -> None:
        while self.worker == worker:
            await self.replaced.wait()

    def replace(self, worker: int) -> None:
        self.worker = worker
        self.replaced.set()
        self.replaced = asyncio.Event()

    async def mark(self, cluster: str) -> str:
        if not self.seen.identity:
            self.marks += 1
            self.seen = Standing(OURS, self.seen.client, self.seen.on_ceph)
        return self.seen.identity

    async def unmark(self, identity: str) -> None:
        if self.seen.identity == identity:
            self.seen = Standing("", self.seen.client, self.seen.on_ceph)


@dataclass
class Survey:
    store: FakeStore
    volume: FakeVolume = field(default_factory=FakeVolume)
    space: Storage = field(default_factory=lambda: Storage(size=100 * GIBIBYTE, free=50 * GIBIBYTE))
    known: KnownVolume = field(init=False)
    surveyor: Surveyor = field(init=False)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.known = KnownVolume(lambda: self.space, lambda: self.volume.worker, GIBIBYTE)
        self.surveyor = Surveyor(NODE.id, "here", self.store, self.volume, self.known, self.changed, must_be_known=True)

    async def look(self) -> str:
        """Why files may not be touched then, as a reason; "" where they may."""
        await self.surveyor.look()
        return self.refused()

    def refused(self) -> str:
        try:
            self.known.admit("files.read")
        except WinslowError as error:
            return error.reason
        return ""

    @property
    def told(self) -> tuple[str, ...]:
        attachment = self.store.view.attachment(NODE.id)
        return attachment.clients if attachment else ()

    async def stage(self) -> Stage:
        """One that runs here."""
        stage = Stage(StageId("a-1-1-abc123"), PROJECT, RunId("000001"), world.definition("a"), 1, 1.0, "ann")
        stage = lifecycle.advance(stage, lifecycle.Awarded(NODE.id, 1), 1.0)
        await self.store.commit(Commit(puts=(Put(stage_ref(stage), stage),)))
        return stage


@pytest.fixture
async def survey() -> AsyncIterator[Survey]:
    with capture_logs():
        yield Survey(FakeStore(FakeCluster()))


async def meant(survey: Survey, identity: str) -> None:
    await survey.store.commit(Commit(puts=(Put(VOLUME_REF, VolumeIdentity(identity)),)))


class TestWhichVolume:
    async def test_nothing_is_touched_before_somebody_looked(self, survey: Survey) -> None:
        assert survey.refused() == "STORAGE_DEGRADED"
        survey.known.admit("standings.look")

    async def test_where_it_hangs_at_the_start_nothing_is_touched_and_it_is_looked_at_again(
        self, survey: Survey, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(surveyor, "FIRST_LOOK", 0.01)
        survey.volume.answers.clear()
        survey.space = Storage()
        await survey.surveyor.first_look()
        assert survey.refused() == "STORAGE_DEGRADED" and survey.known.state().fault
        survey.volume.answers.set()
        assert await survey.look() == ""
        assert survey.changed.is_set()

    async def test_that_its_size_is_known_at_last_is_told(self, survey: Survey) -> None:
        """The node joined without, while it hung: no stage that asks for disk would come here."""
        known, survey.space = survey.space, Storage()
        await survey.look()
        survey.changed.clear()
        await survey.look()
        assert not survey.changed.is_set()
        survey.space = known
        await survey.look()
        assert survey.changed.is_set()

    async def test_the_first_node_gives_the_volume_its_identity_and_the_next_finds_it(self, survey: Survey) -> None:
        assert await survey.look() == ""
        assert survey.store.view.volume() == VolumeIdentity(OURS) and survey.volume.marks == 1
        assert await Survey(survey.store, survey.volume).look() == ""
        assert survey.volume.marks == 1

    @pytest.mark.parametrize("found", ["", THEIRS, OTHER])
    async def test_without_the_clusters_identity_nothing_is_touched_and_it_is_said_what_to_look_for(
        self, survey: Survey, found: str
    ) -> None:
        await meant(survey, OURS)
        survey.volume.seen = Standing(found)
        assert await survey.look() == "VOLUME_DIFFERS"
        assert "It looks like the mount is absent" in survey.known.state().fault
        assert survey.volume.seen.identity == found, "nothing is written to it"
        survey.volume.seen = Standing(OURS)
        assert await survey.look() == "", "as soon as it is mounted"
        assert survey.known.state().fault == ""

    async def test_a_volume_of_another_cluster_is_not_taken(self, survey: Survey) -> None:
        survey.volume.seen = Standing(THEIRS)
        assert await survey.look() == "VOLUME_DIFFERS"
        assert survey.store.view.volume() is None

    async def test_a_cluster_whose_records_were_lost_finds_its_volume_again(self, survey: Survey) -> None:
        survey.volume.seen = Standing(OTHER)
        assert await survey.look() == ""
        assert survey.store.view.volume() == VolumeIdentity(OTHER)

    async def test_of_two_first_nodes_one_says_which_it_is_and_the_other_leaves_no_mark(self, survey: Survey) -> None:
        class Slow(FakeVolume):
            async def mark(self, cluster: str) -> str:
                marked = await super().mark(cluster)
                await meant(survey, OTHER)
                return marked

        survey.volume = Slow()
        survey.__post_init__()
        assert await survey.look() == "STORAGE_DEGRADED"
        assert await survey.look() == "VOLUME_DIFFERS"
        assert survey.volume.seen.identity == ""

    async def test_what_another_worker_sees_is_looked_at_before_it_is_touched(self, survey: Survey) -> None:
        assert await survey.look() == ""
        survey.volume.worker = 2
        assert survey.refused() == "STORAGE_DEGRADED"
        survey.volume.seen = Standing()
        assert await survey.look() == "VOLUME_DIFFERS"

    async def test_another_worker_is_looked_at_as_soon_as_there_is_one(
        self, survey: Survey, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Until then nothing is let in: stages would wait."""
        monkeypatch.setattr(surveyor, "LOOK_EVERY", 1000.0)
        running = asyncio.create_task(survey.surveyor.run(), name="surveyor")
        async with asyncio.timeout(30):
            await survey.changed.wait()
            survey.volume.replace(2)
            assert survey.refused() == "STORAGE_DEGRADED"
            while survey.refused():
                await asyncio.sleep(0.001)
        running.cancel()
        await asyncio.wait([running])


class TestWhoWeAre:
    async def test_the_cluster_knows_a_client_before_anything_is_touched_through_it(self, survey: Survey) -> None:
        await meant(survey, OURS)
        survey.volume.seen = Standing(OURS, ONE, on_ceph=True)
        survey.store.disconnect()
        assert await survey.look() == "STORAGE_DEGRADED"
        assert survey.known.client == ""
        survey.store.reconnect()
        assert await survey.look() == ""
        assert survey.told == (ONE,) and survey.known.told() == (ONE, ())
        survey.store.disconnect()
        assert await survey.look() == "", "it knows already"

    async def test_after_a_new_mount_the_old_one_is_known_as_long_as_a_stage_may_hold_it(self, survey: Survey) -> None:
        survey.volume.seen = Standing("", ONE, on_ceph=True)
        await survey.look()
        stage = await survey.stage()
        survey.volume.seen = Standing(OURS, TWO, on_ceph=True)
        await survey.look()
        assert survey.told == (ONE, TWO)
        assert survey.changed.is_set()
        await survey.store.commit(Commit(deletes=(stage_ref(stage),)))
        await survey.look()
        assert list(survey.told) == [TWO]

    async def test_one_that_nobody_could_shut_out_takes_no_stage(self, survey: Survey) -> None:
        survey.volume.seen = Standing("", "", on_ceph=True)
        await survey.look()
        assert survey.known.state().fault == UNFENCEABLE
        assert survey.told == ()

    async def test_off_cephfs_nobody_is_told_anything(self, survey: Survey) -> None:
        await survey.look()
        assert survey.told == () and survey.known.told() == ("", ())

    async def test_shut_out_it_says_so_until_it_is_let_in_by_a_new_mount(self, survey: Survey) -> None:
        survey.volume.seen = Standing("", ONE, on_ceph=True)
        await survey.look()
        survey.volume.fault = FENCED_OUT
        await survey.look()
        assert survey.known.state().fault == FENCED
        survey.volume.fault = Unavailable("no worker", reason="STORAGE_DEGRADED", subject="volume")
        await survey.look()
        assert survey.known.state().fault == FENCED, "that is what is wrong, whatever else is"
        survey.volume.fault, survey.volume.seen = None, Standing(OURS, TWO, on_ceph=True)
        await survey.look()
        assert survey.known.state().fault == "" and survey.told == (TWO,)


class TestRoom:
    async def test_a_volume_with_little_left_warns_and_one_with_less_takes_no_stage(self, survey: Survey) -> None:
        await survey.look()
        assert survey.known.state().warnings == ()
        survey.space = Storage(size=100 * GIBIBYTE, free=4 * GIBIBYTE)
        seen = survey.known.state()
        assert seen.warnings == ("only 4 GiB of 100 GiB are free on the volume",) and not seen.full
        survey.space = Storage(size=100 * GIBIBYTE, free=GIBIBYTE - 1)
        seen = survey.known.state()
        assert "volume_min_free" in seen.full and not seen.warnings

    async def test_what_the_servers_say_is_told_with_it(self, survey: Survey) -> None:
        await survey.look()
        survey.known.servers = ServersShown(warnings=("1 nearfull osd(s) (OSD_NEARFULL)",), full="Ceph is full: all")
        seen = survey.known.state()
        assert (seen.full, seen.warnings) == ("Ceph is full: all", ("1 nearfull osd(s) (OSD_NEARFULL)",))
        survey.known.servers = ServersShown(fault="they do not answer")
        assert survey.known.told() == ("", ("Ceph cannot be asked how it is: they do not answer",))
