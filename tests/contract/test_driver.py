"""What every driver promises: one suite, held against the fake and against the real Docker engine, so that the fake cannot lie."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import pytest

from tests.docker_world import DockerWorld
from tests.fakes.driver import FakeDriver, Script
from winslow.domain.container import ContainerSpec, Exit, Image, Phase
from winslow.domain.resources import Resources
from winslow.domain.stage import StageId
from winslow.errors import AlreadyExists, NotFound
from winslow.ports import Driver

pytest_plugins = ("tests.docker_fixtures",)

ENDS = "exit 7"
RUNS = "echo up; while :; do sleep 0.02; done"
STUBBORN = f'trap "" TERM; {RUNS}'


class Site(Protocol):
    """A node with one driver, on which stages of known behaviour can be made."""

    driver: Driver
    image: Image

    def spec(self, behaviour: str, *, hold: bool = False) -> ContainerSpec: ...

    async def is_up(self, spec: ContainerSpec) -> None:
        """Return once the process does what it will go on doing."""


class FakeSite:
    def __init__(self) -> None:
        self.driver = FakeDriver(script=lambda spec: SCRIPTS[spec.arguments[0]])
        self.image = Image("tiny:1", "sha256:tiny")
        self.driver.images["tiny:1"] = self.image
        self.driver.users["worker"] = (1234, 2345)
        self._made = 0

    def spec(self, behaviour: str, *, hold: bool = False) -> ContainerSpec:
        self._made += 1
        stage = StageId(f"stage-{self._made}")
        return ContainerSpec(
            stage, self.image, (behaviour,), {}, (), Resources(), (1, 1), "/control", "/log", 1, hold=hold
        )

    async def is_up(self, spec: ContainerSpec) -> None:
        return


SCRIPTS = {ENDS: Script(end=Exit(7)), RUNS: Script(), STUBBORN: Script(terminated=None)}


class DockerSite:
    def __init__(self, world: DockerWorld) -> None:
        self._world = world
        self.driver = world.driver
        self.image = world.image

    def spec(self, behaviour: str, *, hold: bool = False) -> ContainerSpec:
        return self._world.shell(behaviour, hold=hold)

    async def is_up(self, spec: ContainerSpec) -> None:
        async with asyncio.timeout(20):
            while not Path(spec.log).stat().st_size:
                await asyncio.sleep(0.005)


@pytest.fixture(params=["fake", "docker"])
def site(request: pytest.FixtureRequest) -> Site:
    return FakeSite() if request.param == "fake" else DockerSite(request.getfixturevalue("dock"))


async def begun(site: Site, behaviour: str, *, hold: bool = False) -> StageId:
    spec = site.spec(behaviour, hold=hold)
    await site.driver.create(spec)
    await site.driver.start(spec.stage)
    if not hold and behaviour != ENDS:
        await site.is_up(spec)
    return spec.stage


async def test_a_stage_goes_from_created_over_running_to_exited_and_gone(site: Site) -> None:
    spec = site.spec(RUNS)
    assert await site.driver.phase(spec.stage) is Phase.GONE
    await site.driver.create(spec)
    assert await site.driver.phase(spec.stage) is Phase.CREATED
    await site.driver.start(spec.stage)
    assert await site.driver.phase(spec.stage) is Phase.RUNNING
    await site.is_up(spec)
    await site.driver.stop(spec.stage, 10)
    await site.driver.wait(spec.stage)
    async with asyncio.timeout(10):  # an engine may notice a little later than `wait`
        while await site.driver.phase(spec.stage) is not Phase.EXITED:
            await asyncio.sleep(0.01)
    await site.driver.remove(spec.stage)
    assert await site.driver.phase(spec.stage) is Phase.GONE


async def test_an_end_is_told_the_same_however_often_it_is_asked(site: Site) -> None:
    before = time.time()
    stage = await begun(site, ENDS)
    end = await site.driver.wait(stage)
    assert (end.code, end.signal, end.launched) == (7, 0, True)
    assert before <= end.started_at <= end.ended_at <= time.time()
    assert await site.driver.wait(stage) == end
    await site.driver.remove(stage)
    assert await site.driver.wait(stage) == end


async def test_who_waits_before_the_start_learns_the_end(site: Site) -> None:
    spec = site.spec(ENDS)
    await site.driver.create(spec)
    waiting = [asyncio.create_task(site.driver.wait(spec.stage)) for _ in range(2)]
    await asyncio.sleep(0)
    await site.driver.start(spec.stage)
    async with asyncio.timeout(20):
        assert [end.code for end in await asyncio.gather(*waiting)] == [7, 7]


async def test_a_second_container_for_a_stage_is_refused_and_the_first_is_untouched(site: Site) -> None:
    spec = site.spec(ENDS)
    await site.driver.create(spec)
    with pytest.raises(AlreadyExists) as refused:
        await site.driver.create(replace(spec, arguments=(*spec.arguments[:-1], RUNS)))
    assert refused.value.reason == "CONTAINER_EXISTS"
    await site.driver.start(spec.stage)
    assert (await site.driver.wait(spec.stage)).code == 7
    with pytest.raises(AlreadyExists):
        await site.driver.create(spec)


async def test_starting_again_changes_nothing(site: Site) -> None:
    stage = await begun(site, ENDS)
    await site.driver.start(stage)
    end = await site.driver.wait(stage)
    await site.driver.start(stage)
    assert await site.driver.wait(stage) == end


async def test_a_held_stage_runs_only_when_released(site: Site) -> None:
    stage = await begun(site, ENDS, hold=True)
    assert await site.driver.phase(stage) is Phase.HELD
    waiting = asyncio.create_task(site.driver.wait(stage))
    done, _ = await asyncio.wait({waiting}, timeout=0.1)
    assert not done
    await site.driver.release(stage)
    assert (await waiting).code == 7
    await site.driver.release(stage)


async def test_a_stage_released_before_its_start_is_not_held(site: Site) -> None:
    spec = site.spec(ENDS, hold=True)
    await site.driver.create(spec)
    await site.driver.release(spec.stage)
    await site.driver.start(spec.stage)
    assert (await site.driver.wait(spec.stage)).code == 7


async def test_a_held_stage_that_is_stopped_was_never_launched(site: Site) -> None:
    stage = await begun(site, ENDS, hold=True)
    await site.driver.stop(stage, 10)
    end = await site.driver.wait(stage)
    assert not end.launched
    assert end.message == "stopped before it was released"
    await site.driver.start(stage)
    await site.driver.release(stage)
    assert await site.driver.wait(stage) == end


async def test_stop_terminates(site: Site) -> None:
    stage = await begun(site, RUNS)
    await site.driver.stop(stage, 20)
    assert (await site.driver.wait(stage)).signal == 15
    await site.driver.stop(stage, 20)


async def test_stop_kills_what_does_not_listen(site: Site) -> None:
    stage = await begun(site, STUBBORN)
    await site.driver.stop(stage, 0.2)
    end = await site.driver.wait(stage)
    assert (end.code, end.signal, end.launched) == (0, 9, True)


async def test_stopping_what_was_never_started_or_is_gone_does_nothing(site: Site) -> None:
    spec = site.spec(ENDS)
    await site.driver.stop(spec.stage, 1)
    await site.driver.create(spec)
    await site.driver.stop(spec.stage, 1)
    assert await site.driver.phase(spec.stage) is Phase.CREATED


async def test_remove_takes_a_running_stage_and_may_be_repeated(site: Site) -> None:
    stage = await begun(site, RUNS)
    await site.driver.remove(stage)
    await site.driver.remove(stage)
    assert await site.driver.phase(stage) is Phase.GONE
    assert await site.driver.recover() == ()


async def test_what_is_gone_cannot_be_started_or_released_or_waited_for(site: Site) -> None:
    stage = site.spec(ENDS).stage
    unknown = StageId(f"{stage}-unknown")
    for call in (site.driver.start, site.driver.release, site.driver.wait):
        with pytest.raises(NotFound) as gone:
            await call(unknown)
        assert gone.value.reason == "CONTAINER_GONE"


async def test_recover_finds_every_container_with_its_labels(site: Site) -> None:
    created, ended = replace(site.spec(ENDS), labels={"fence": "12"}), site.spec(ENDS)
    for spec in (created, ended):
        await site.driver.create(spec)
    held = await begun(site, ENDS, hold=True)
    running = await begun(site, RUNS)
    await site.driver.start(ended.stage)
    await site.driver.wait(ended.stage)
    async with asyncio.timeout(10):
        while await site.driver.phase(ended.stage) is not Phase.EXITED:
            await asyncio.sleep(0.01)
    found = {found.stage: found for found in await site.driver.recover()}
    assert {stage: one.phase for stage, one in found.items()} == {
        created.stage: Phase.CREATED,
        ended.stage: Phase.EXITED,
        held: Phase.HELD,
        running: Phase.RUNNING,
    }
    assert found[created.stage].labels["fence"] == "12"


async def test_how_long_a_stage_ran_is_told_by_a_clock_that_nobody_sets(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = site.spec(RUNS)
    await site.driver.create(spec)
    assert await site.driver.elapsed(spec.stage) == 0
    await site.driver.start(spec.stage)
    await site.is_up(spec)
    began = time.monotonic()
    first = await site.driver.elapsed(spec.stage)
    day = time.time() + 86400
    monkeypatch.setattr(time, "time", lambda: day)
    await asyncio.sleep(0.2)
    assert 0.2 <= await site.driver.elapsed(spec.stage) - first <= time.monotonic() - began + 0.1


async def test_usage_is_of_what_runs(site: Site) -> None:
    spec = site.spec(RUNS)
    assert await site.driver.usage(spec.stage) is None
    await site.driver.create(spec)
    assert await site.driver.usage(spec.stage) is None
    await site.driver.start(spec.stage)
    used = await site.driver.usage(spec.stage)
    assert used is not None
    assert used.cpu_seconds >= 0
    assert used.memory > 0


async def test_an_image_on_the_node_is_found_and_a_missing_one_is_named(site: Site) -> None:
    name = site.image.name
    assert (await site.driver.pull(name)).digest == site.image.digest
    found = await site.driver.inspect_image(name)
    assert found is not None
    assert found.digest == site.image.digest
    assert await site.driver.inspect_image("winslow-test-nowhere:1") is None
    with pytest.raises(NotFound, match="winslow-test-nowhere:1") as missing:
        await site.driver.pull("winslow-test-nowhere:1")
    assert missing.value.reason == "IMAGE_MISSING"
    assert missing.value.hint


async def test_every_name_by_which_an_image_is_found_is_listed(site: Site) -> None:
    names = await site.driver.list_images()
    assert site.image.name in names
    assert "winslow-test-nowhere:1" not in names
    for name in sorted(names)[:20]:
        # Others beside us load and remove images.
        assert await site.driver.inspect_image(name) or name not in await site.driver.list_images(), name


async def test_users_are_numbers_or_names_of_the_image(site: Site) -> None:
    assert await site.driver.resolve_user(site.image, "71:72") == (71, 72)
    assert await site.driver.resolve_user(site.image, "worker") == (1234, 2345)
    with pytest.raises(NotFound) as missing:
        await site.driver.resolve_user(site.image, "stranger")
    assert missing.value.reason == "USER_MISSING"
