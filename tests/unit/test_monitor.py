"""A node that measures itself: each second, its stages too, and minutes that outlive it. Its clocks are the test's."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from tests.fakes.readings import FakeReadings
from tests.unit import world
from winslow.domain import lifecycle
from winslow.domain.container import Usage
from winslow.domain.node import GpuOffer, Node, Offer
from winslow.domain.reading import GpuReading, OfNode, OfStage, Reading
from winslow.domain.resources import Capacity, Gpu, GpuVendor
from winslow.domain.stage import Stage, StageId, State
from winslow.errors import Unavailable
from winslow.ports import Storage
from winslowd.monitor import monitor as monitor_module
from winslowd.monitor.gpus import STALE, Gpus
from winslowd.monitor.host import Devices, Host, cores, memory_size, not_the_machines_own
from winslowd.monitor.minutes import Minutes
from winslowd.monitor.monitor import Monitor
from winslowd.monitor.offering import Offering
from winslowd.monitor.pulse import Pulse
from winslowd.monitor.stages import Stages

NODE = OfNode(world.NODE)
GPU = GpuReading("GPU-1", 0.5, 1 << 30, 60.0, 250.0)
BEGAN = 1_700_000_000.0


class Machine:
    """A monitor over stages that use what `used` says. `now` is both of its clocks."""

    def __init__(self, directory: Path) -> None:
        self.now = BEGAN
        self.used: dict[StageId, Usage] = {}
        self.hangs: asyncio.Event | None = None
        self.stages: list[Stage] = []
        self.projects: frozenset[str] = frozenset()
        self.gpus: tuple[GpuReading, ...] = ()
        self.storage = Storage(size=100, free=40)
        self.directory = directory
        self.monitor = self.boot()

    def boot(self, minutes: Minutes | None = None) -> Monitor:
        self.monitor = Monitor(
            world.NODE,
            Host(lambda: self.now, lambda: self.now),
            Stages(self.usage, lambda: self.now),
            lambda: self.stages,
            lambda: self.gpus,
            lambda: self.storage,
            minutes or Minutes(self.directory),
            lambda: self.projects,
        )
        return self.monitor

    async def usage(self, stage: StageId) -> Usage | None:
        if self.hangs:
            await self.hangs.wait()
        return self.used.get(stage)

    async def pass_(self, seconds: int = 1) -> None:
        for _ in range(seconds):
            self.now += 1
            await self.monitor.measure()

    def run(self, gpus: tuple[str, ...] = (), ago: float = 0.5) -> Stage:
        """A stage that has run for `ago` seconds."""
        begun = world.World(
            world.project(world.chain("detect")), world.run(world.project(world.chain("detect")), "detect")
        )
        (made,) = begun.decide()
        placed = lifecycle.advance(made, lifecycle.Awarded(world.NODE, 1), self.now)
        started = lifecycle.advance(placed, lifecycle.Started(self.now - ago, "sha256:1"), self.now)
        stage = replace(started, id=StageId(f"{started.id}{len(self.stages)}"), gpus=gpus)
        self.stages.append(stage)
        return stage

    def latest(self, stage: Stage) -> Reading | None:
        return self.monitor.latest.get(OfStage(stage.project, stage.id))


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path / "readings")


# ---- the machine itself


async def test_the_machine_is_measured_with_its_gpus_and_its_volume(machine: Machine) -> None:
    machine.gpus = (GPU,)
    await machine.pass_()
    own = machine.monitor.latest[NODE]
    assert (own.time, own.seconds, own.gpus, own.disk_used) == (BEGAN + 1, 1, (GPU,), 60)
    assert 0 <= own.cpus <= cores()
    assert 0 < own.memory < memory_size()
    assert own.load >= 0


async def test_a_deleted_project_takes_what_was_measured_of_it_along(machine: Machine) -> None:
    stage = machine.run()
    machine.used[stage.id] = Usage(1.0, 1 << 20)
    machine.projects = frozenset({stage.project})
    await machine.pass_(130)
    about = OfStage(stage.project, stage.id)
    assert await machine.monitor.past(about, 0, machine.now)
    machine.stages, machine.projects = [], frozenset()
    await machine.pass_(120)
    assert not await machine.monitor.past(about, 0, machine.now)
    assert await machine.monitor.past(NODE, 0, machine.now)


async def test_work_is_seen_as_work() -> None:
    clock = [0.0]
    host = Host(steady=lambda: clock[0])
    before = host.measure(world.NODE)
    deadline = asyncio.get_running_loop().time() + 0.3
    while asyncio.get_running_loop().time() < deadline:
        sum(range(1000))
    clock[0] += 0.3
    after = host.measure(world.NODE)
    assert after.cpus > 0.4, (before, after)


def test_only_what_has_hardware_behind_it_is_counted(tmp_path: Path) -> None:
    (tmp_path / "eth0/device").mkdir(parents=True)
    (tmp_path / "bond0").mkdir()
    devices = Devices(tmp_path, not_the_machines_own)
    assert list(devices.own({"lo": 1, "eth0": 2, "bond0": 3, "veth1": 4})) == [2]
    (tmp_path / "eth1/device").mkdir(parents=True)
    assert sorted(devices.own({"lo": 1, "eth0": 2, "bond0": 3, "eth1": 5})) == [2, 5], "one that was plugged in later"


def test_a_machine_without_hardware_counts_what_does_not_pass_on(tmp_path: Path) -> None:
    devices = Devices(tmp_path, not_the_machines_own)
    assert list(devices.own({"lo": 1, "eth0": 2, "docker0": 3, "veth1": 4, "br-0a": 5})) == [2]


# ---- its stages


async def test_a_stage_is_measured_from_its_beginning_and_with_its_own_gpus(machine: Machine) -> None:
    machine.gpus = (GPU, GpuReading("GPU-2", 1.0))
    stage = machine.run(gpus=("GPU-1",), ago=0.0)
    machine.used[stage.id] = Usage(0.5, 1 << 20, received=100, sent=10, read=4096, written=512)
    await machine.pass_()
    first = machine.latest(stage)
    assert first == Reading(
        OfStage(stage.project, stage.id), BEGAN + 1, 1, 0.5, 1 << 20, 100, 10, 4096, 512, gpus=(GPU,)
    )
    machine.used[stage.id] = Usage(2.5, 2 << 20, received=100, sent=10, read=4096, written=1024)
    await machine.pass_()
    second = machine.latest(stage)
    assert second and (second.cpus, second.memory, second.disk_write_rate) == (2.0, 2 << 20, 512)


async def test_a_stage_that_ran_before_the_daemon_did_is_not_charged_with_its_past(machine: Machine) -> None:
    stage = machine.run(ago=3600)
    machine.used[stage.id] = Usage(3000.0, 1 << 20)
    await machine.pass_()
    assert machine.latest(stage) is None
    machine.used[stage.id] = Usage(3001.0, 1 << 20)
    await machine.pass_()
    found = machine.latest(stage)
    assert found and (found.cpus, found.seconds) == (1.0, 1)


async def test_what_does_not_run_is_not_measured(machine: Machine) -> None:
    gone, waits = machine.run(), machine.run()
    machine.stages[1] = replace(waits, state=State.PREPARING)
    machine.used[waits.id] = Usage(1.0, 1)
    await machine.pass_(3)
    assert list(machine.monitor.latest) == [NODE]
    assert machine.latest(gone) is None


async def test_an_engine_that_hangs_costs_the_stages_and_not_the_node(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(monitor_module, "STAGES_WITHIN", 0.01)
    stage = machine.run()
    machine.used[stage.id] = Usage(1.0, 1)
    machine.hangs = asyncio.Event()
    await machine.pass_()
    assert list(machine.monitor.latest) == [NODE]
    machine.hangs = None
    await machine.pass_(2)
    assert machine.latest(stage)


async def test_an_engine_that_is_away_costs_the_stages_and_not_the_node(machine: Machine) -> None:
    async def away(stage: StageId) -> Usage | None:
        raise Unavailable("The engine cannot be reached", reason="ENGINE_UNAVAILABLE")

    machine.run()
    machine.usage = away  # type: ignore[method-assign]
    machine.boot()
    await machine.pass_(2)
    assert list(machine.monitor.latest) == [NODE]


# ---- minutes


async def test_a_minute_that_is_over_is_kept_and_the_one_under_way_is_told(machine: Machine) -> None:
    machine.now = BEGAN - BEGAN % 60
    start = machine.now
    stage = machine.run(ago=0.0)
    for second in range(1, 90):
        machine.used[stage.id] = Usage(second * 0.5, 1 << 20)
        await machine.pass_()
    own = await machine.monitor.past(NODE, 0, machine.now)
    assert [(one.time - start, one.seconds) for one in own] == [(59, 59), (89, 30)]
    used = await machine.monitor.past(OfStage(stage.project, stage.id), 0, machine.now)
    assert [(one.cpus, one.seconds) for one in used] == [(0.5, 59), (0.5, 30)]
    assert await machine.monitor.past(NODE, 0, machine.now, 1) == own[:1]
    assert await machine.monitor.past(NODE, start + 59, start + 60) == ()


async def test_a_minute_is_told_once_while_it_is_written_and_a_stop_then_writes_it_once(machine: Machine) -> None:
    going, may_go_on = threading.Event(), threading.Event()

    class Slow(Minutes):
        def append(self, readings: Iterable[Reading]) -> None:
            super().append(readings)
            going.set()
            may_go_on.wait(10)

    machine.monitor = machine.boot(Slow(machine.directory))
    machine.now = BEGAN - BEGAN % 60
    await machine.pass_(59)
    machine.now += 1
    measuring = asyncio.ensure_future(machine.monitor.measure())
    await asyncio.to_thread(going.wait, 10)
    assert [one.seconds for one in await machine.monitor.past(NODE, 0, machine.now)] == [59]
    measuring.cancel()
    await asyncio.wait({measuring})
    may_go_on.set()
    stopping = asyncio.ensure_future(machine.monitor.run())
    await asyncio.sleep(0)
    stopping.cancel()
    await asyncio.wait({stopping})
    assert [one.seconds for one in await machine.boot().past(NODE, 0, machine.now)] == [59]


async def test_a_restart_goes_on_and_loses_no_minute_when_it_was_in_good_order(machine: Machine) -> None:
    loop = asyncio.ensure_future(machine.monitor.run())
    await asyncio.sleep(0)
    await machine.pass_(5)
    loop.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await loop
    machine.now += 600
    machine.boot()
    await machine.pass_(2)
    kept = await machine.monitor.past(NODE, 0, machine.now)
    assert [one.seconds for one in kept] == [5, 2]


async def test_a_disk_that_is_full_is_said_once_and_measuring_goes_on(machine: Machine) -> None:
    machine.directory.write_text("a file is where the directory should be")
    with capture_logs() as logs:
        await machine.pass_(190)
    assert [entry["event"] for entry in logs] == ["readings are not kept"]
    assert machine.monitor.latest[NODE].time == machine.now
    machine.directory.unlink()
    await machine.pass_(120)
    assert len(await machine.monitor.past(NODE, 0, machine.now)) >= 2


async def test_readings_that_cannot_be_read_are_said_to_be(machine: Machine) -> None:
    await machine.pass_(90)
    (file,) = machine.directory.iterdir()
    file.unlink()
    file.mkdir()
    with pytest.raises(Unavailable) as error:
        await machine.monitor.past(NODE, 0, machine.now)
    assert error.value.reason == "READINGS_UNREADABLE"


async def test_who_listens_gets_the_last_measurement_at_once_and_then_each(machine: Machine) -> None:
    await machine.pass_()
    async with contextlib.aclosing(machine.monitor.live()) as live:
        assert (await anext(live))[NODE].time == BEGAN + 1
        waiting = asyncio.ensure_future(anext(live))
        await asyncio.sleep(0)
        assert not waiting.done()
        await machine.pass_()
        assert (await waiting)[NODE].time == BEGAN + 2
        await machine.pass_(3)
        assert (await anext(live))[NODE].time == BEGAN + 5, "who was slow missed some and gets no old ones"


async def test_it_measures_by_itself_each_second(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(monitor_module, "EVERY", 0.01)
    loop = asyncio.ensure_future(machine.monitor.run())
    async with asyncio.timeout(10), contextlib.aclosing(machine.monitor.live()) as live:
        seen = [await anext(live) for _ in range(3)]
    loop.cancel()
    await asyncio.wait({loop})
    assert len(seen) == 3


# ---- GPUs


class FakeMaker:
    def __init__(self) -> None:
        self.gpus: tuple[Gpu, ...] = ()
        self.hangs: Callable[[], None] = lambda: None

    def look(self) -> tuple[Gpu, ...]:
        self.hangs()
        return self.gpus

    def read(self) -> tuple[GpuReading, ...]:
        return tuple(GpuReading(gpu.uuid, 0.5, 1 << 30) for gpu in self.gpus)

    def close(self) -> None:
        return


CARD = Gpu("GPU-1", GpuVendor.NVIDIA, "Test GPU", 16 << 30)


def test_gpus_that_were_not_read_lately_are_not_told() -> None:
    now, maker = [0.0], FakeMaker()
    gpus = Gpus([maker], lambda: now[0])
    assert gpus.readings == gpus.present == ()
    maker.gpus = (CARD,)
    gpus.look()
    gpus.read()
    assert gpus.present == (CARD,)
    now[0] += STALE
    assert [one.uuid for one in gpus.readings] == ["GPU-1"]
    now[0] += 0.1
    assert gpus.readings == ()


def test_the_first_look_is_waited_for_and_a_driver_that_hangs_is_not() -> None:
    maker = FakeMaker()
    maker.gpus = (CARD,)
    gpus = Gpus([maker])
    gpus.start()
    assert gpus.wait(10) == (CARD,)
    gpus.stop()
    let_go = threading.Event()
    maker.hangs = lambda: let_go.wait(10)  # type: ignore[assignment, return-value]
    hanging = Gpus([maker])
    hanging.start()
    with capture_logs() as logs:
        assert hanging.wait(0.01) == ()
    assert "does not answer" in logs[0]["event"]
    hanging.stop()
    let_go.set()


# ---- what is offered


def node(capacity: Capacity) -> Node:
    return Node(world.NODE, "127.0.0.1:1", capacity, incarnation="abc")


def offered(machine: Machine, capacity: Capacity, gpus: tuple[Gpu, ...] = (), fault: str = "") -> Offer:
    return Offering(node(capacity), machine.monitor, lambda: gpus, lambda: machine.storage, lambda: fault).offer(7)


ALL = Capacity(1024, 1 << 50)


async def test_what_is_idle_is_offered_whoever_uses_the_rest(machine: Machine) -> None:
    machine.gpus = (GpuReading("GPU-1", 0.25, 6 << 30),)
    await machine.pass_()
    own = machine.monitor.latest[NODE]
    found = offered(machine, ALL, (CARD, replace(CARD, uuid="GPU-2")))
    assert (found.node, found.incarnation, found.number, found.obstacles) == (world.NODE, "abc", 7, ())
    assert found.cpus_idle == pytest.approx(cores() - own.cpus)
    assert found.memory_available == memory_size() - own.memory
    assert found.disk_free == 40
    assert found.gpus == (GpuOffer("GPU-1", 0.25, 10 << 30), GpuOffer("GPU-2", 0.0, 16 << 30))


def test_no_more_is_offered_than_the_settings_give_and_never_less_than_nothing() -> None:
    readings = FakeReadings()
    for cpus, memory, idle, available in ((0.0, 0, 0.25, 1 << 20), (1e6, 1 << 60, 0.0, 0)):
        readings.tell(Reading(NODE, 1.0, 1, cpus=cpus, memory=memory))
        made = node(Capacity(0.25, 1 << 20))
        found = Offering(made, readings, lambda: (), Storage, lambda: "").offer(1)
        assert (found.cpus_idle, found.memory_available) == (idle, available)


def test_a_node_that_has_not_measured_yet_takes_part(machine: Machine) -> None:
    found = offered(machine, Capacity(2, 1 << 30), (CARD,))
    assert (found.cpus_idle, found.memory_available) == (min(2, cores()), 1 << 30)
    assert found.gpus == (GpuOffer("GPU-1", 0.0, 16 << 30),)


def test_an_engine_and_a_storage_that_are_away_are_obstacles(machine: Machine) -> None:
    machine.storage = Storage("the file system did not answer within 10 s", 100, 40)
    assert offered(machine, ALL, fault="its engine does not answer").obstacles == (
        "its engine does not answer",
        "its storage is not well: the file system did not answer within 10 s",
    )


# ---- the engine's pulse


async def test_an_engine_that_answers_has_no_fault_and_one_that_is_away_says_so() -> None:
    away = False

    async def ask() -> None:
        if away:
            raise Unavailable("The Docker engine cannot be reached", reason="ENGINE_UNAVAILABLE")

    pulse = Pulse(ask)
    await pulse.look()
    assert pulse.fault == ""
    away = True
    await pulse.look()
    assert pulse.fault == "its engine does not answer: The Docker engine cannot be reached"
    away = False
    await pulse.look()
    assert pulse.fault == ""


async def test_a_frozen_engine_is_asked_once_and_believed_when_it_wakes() -> None:
    awake, asked = asyncio.Event(), 0

    async def ask() -> None:
        nonlocal asked
        asked += 1
        await awake.wait()

    pulse = Pulse(ask, every=0.0, within=0.01)
    loop = asyncio.ensure_future(pulse.run())
    async with asyncio.timeout(10):
        while not pulse.fault:
            await asyncio.sleep(0.001)
        await asyncio.sleep(0.05)
        assert (asked, pulse.fault) == (1, "its engine has not answered for 0.01 s")
        awake.set()
        while pulse.fault:
            await asyncio.sleep(0.001)
    loop.cancel()
    await asyncio.wait({loop})
