"""Images: local ones, ones from a registry, and their users."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Iterator

import pytest
from docker.errors import APIError

from tests.docker_world import DockerWorld
from tests.images import busybox_image
from tests.registry import Registry, running_registry
from winslow.errors import NotFound, Unavailable
from winslowd.docker.driver import DockerDriver

pytest_plugins = ("tests.docker_fixtures",)


@pytest.fixture
def registry(dock: DockerWorld) -> Iterator[Registry]:
    with running_registry() as registry:
        yield registry
        with contextlib.suppress(APIError):
            dock.client.remove_image(registry.image, force=True)


async def within(condition, timeout: float = 20.0) -> None:
    async with asyncio.timeout(timeout):
        while not condition():
            await asyncio.sleep(0.01)


async def test_an_image_on_the_node_is_found_without_a_registry(dock: DockerWorld) -> None:
    found = await dock.driver.pull(dock.image.name)
    assert found == await dock.driver.inspect_image(dock.image.name)
    assert (found.name, found.digest, found.user) == (dock.image.name, dock.image.digest, None)
    assert await dock.driver.pull(found.digest)


async def test_an_images_own_command_and_entry_point_are_read_and_run(dock: DockerWorld) -> None:
    with busybox_image('ENTRYPOINT ["printf", "%s+"]', 'CMD ["own", "command"]') as name:
        image = await dock.driver.pull(name)
        assert (image.entrypoint, image.command) == (("printf", "%s+"), ("own", "command"))
        spec = dock.spec(image=image)
        await dock.run(spec)
        assert dock.lines(spec) == ["own+command+"]
        spec = dock.spec("given", image=image)
        await dock.run(spec)
        assert dock.lines(spec) == ["given+"]
        for driver in dock.drivers:
            await driver.remove(spec.stage)


@pytest.mark.parametrize(
    ("user", "resolved"),
    [
        ("worker", (1234, 2345)),
        ("worker:others", (1234, 777)),
        ("1234", (1234, 2345)),
        ("5000", (5000, 0)),
        ("5000:6000", (5000, 6000)),
        ("root", None),
        ("0:0", None),
        ("stranger", None),
    ],
)
async def test_an_images_user_is_resolved_as_the_engine_would(
    dock: DockerWorld, user: str, resolved: tuple[int, int] | None
) -> None:
    with busybox_image(f"USER {user}") as name:
        assert (await dock.driver.pull(name)).user == resolved


async def test_a_user_named_by_a_stage_is_looked_up_in_the_image(dock: DockerWorld) -> None:
    resolve = dock.driver.resolve_user
    assert await resolve(dock.image, "worker") == (1234, 2345)
    assert await resolve(dock.image, "77:88") == (77, 88)
    with pytest.raises(NotFound, match="stranger") as missing:
        await resolve(dock.image, "stranger")
    assert missing.value.reason == "USER_MISSING"


async def test_an_image_without_users_has_no_names(dock: DockerWorld) -> None:
    with busybox_image("USER 31:32", extra={"etc/passwd": b"\xff:::\n:\n", "etc/group": b""}) as name:
        image = await dock.driver.pull(name)
        assert image.user == (31, 32)
        with pytest.raises(NotFound):
            await dock.driver.resolve_user(image, "worker")


@pytest.mark.parametrize(
    "name", ["winslow-test-nowhere:1", "127.0.0.1:9/nowhere:1", "sha256:" + "0" * 64, "Not An:Image"]
)
async def test_a_missing_image_is_named_with_what_to_do(dock: DockerWorld, name: str) -> None:
    assert await dock.driver.inspect_image(name) is None
    with pytest.raises(NotFound) as missing:
        await dock.driver.pull(name)
    assert missing.value.reason == "IMAGE_MISSING"
    assert name in missing.value.message
    assert "docker load" in missing.value.hint


async def test_an_image_is_fetched_once_for_all_who_wait(dock: DockerWorld, registry: Registry) -> None:
    assert await dock.driver.inspect_image(registry.image) is None
    pulled = await asyncio.gather(*(dock.driver.pull(registry.image) for _ in range(5)))
    assert {image.digest for image in pulled} == {registry.digest}
    assert registry.manifests_served <= 1
    spec = dock.spec(image=pulled[0])
    assert (await dock.run(spec)).code == 0
    assert dock.lines(spec) == ["pulled"]
    await dock.driver.remove(spec.stage)


async def test_an_image_that_was_fetched_is_told_and_listed_by_every_name(
    dock: DockerWorld, registry: Registry
) -> None:
    told: list[str] = []
    driver = DockerDriver(dock.cluster, dock.launcher, fetched=lambda: told.append("fetched"))
    dock.drivers.append(driver)
    assert registry.image not in await driver.list_images()
    await driver.pull(registry.image)
    assert told == ["fetched"]
    await driver.pull(registry.image)
    assert told == ["fetched"], "it was there already"
    assert {registry.image, registry.digest} <= await driver.list_images()


async def test_a_tag_that_the_registry_does_not_have_is_missing(dock: DockerWorld, registry: Registry) -> None:
    with pytest.raises(NotFound, match="manifest unknown"):
        await dock.driver.pull(registry.image.replace(":1", ":2"))


async def test_a_pull_that_nobody_waits_for_any_more_is_given_up_at_once(dock: DockerWorld, registry: Registry) -> None:
    registry.flowing.clear()
    pulls = [asyncio.create_task(dock.driver.pull(registry.image)) for _ in range(2)]
    await within(registry.asked.is_set)
    begun = time.monotonic()
    pulls[0].cancel()
    with pytest.raises(asyncio.CancelledError):
        await pulls[0]
    assert time.monotonic() - begun < 1
    assert not pulls[1].done()
    pulls[1].cancel()
    with pytest.raises(asyncio.CancelledError):
        await pulls[1]
    assert time.monotonic() - begun < 2
    await within(registry.hung_up.is_set)
    registry.flowing.set()
    assert (await dock.driver.pull(registry.image)).digest == registry.digest


async def test_one_who_is_cancelled_does_not_take_the_image_from_the_others(
    dock: DockerWorld, registry: Registry
) -> None:
    registry.flowing.clear()
    impatient, patient = (asyncio.create_task(dock.driver.pull(registry.image)) for _ in range(2))
    await within(registry.asked.is_set)
    impatient.cancel()
    registry.flowing.set()
    assert (await patient).digest == registry.digest


async def test_an_engine_that_is_away_is_said_to_be_so(dock: DockerWorld, tmp_path) -> None:
    driver = DockerDriver(dock.cluster, dock.launcher, url=f"unix://{tmp_path}/no.sock")
    for call in (driver.pull("a:1"), driver.create(dock.spec("true")), driver.recover()):
        with pytest.raises(Unavailable) as away:
            await call
        assert away.value.reason == "ENGINE_UNAVAILABLE"
        assert "dockerd" in away.value.hint
    await driver.close()
