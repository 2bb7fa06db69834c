"""An engine that goes away and comes back, and calls that are cancelled half-way."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.docker_world import DockerWorld
from winslow.domain.container import Phase
from winslow.errors import Ambiguous, NotFound, Unavailable
from winslowd.docker.driver import DockerDriver

pytest_plugins = ("tests.docker_fixtures",)

SOCKET = "/var/run/docker.sock"


class Line:
    """A socket in front of the engine's that can be cut, as a restart of the engine would."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.swallow = False
        self._server: asyncio.Server | None = None
        self._calls: set[asyncio.StreamWriter] = set()

    async def open(self) -> None:
        self._server = await asyncio.start_unix_server(self._serve, self.path)

    async def cut(self) -> None:
        assert self._server is not None
        self._server.close()
        self.path.unlink(missing_ok=True)
        for writer in self._calls:
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        engine_reader, engine_writer = await asyncio.open_unix_connection(SOCKET)
        self._calls |= {writer, engine_writer}
        copies = (self._copy(reader, engine_writer, False), self._copy(engine_reader, writer, True))
        with contextlib.suppress(OSError, asyncio.CancelledError):
            await asyncio.gather(*copies)
        self._calls -= {writer, engine_writer}

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answer: bool) -> None:
        while data := await reader.read(65536):
            if answer and self.swallow:
                break
            writer.write(data)
            await writer.drain()
        writer.close()


@pytest.fixture
async def line(tmp_path: Path) -> AsyncIterator[Line]:
    line = Line(tmp_path / "engine.sock")
    await line.open()
    yield line
    await line.cut()


@pytest.fixture
async def distant(dock: DockerWorld, line: Line) -> AsyncIterator[DockerDriver]:
    """A driver that reaches the engine over `line`."""
    driver = DockerDriver(dock.cluster, dock.launcher, url=f"unix://{line.path}")
    yield driver
    await driver.close()


async def test_an_end_during_an_outage_is_told_at_once(dock: DockerWorld, line: Line, distant: DockerDriver) -> None:
    spec = dock.shell("while [ ! -e go ]; do sleep 0.01; done; exit 3")
    await distant.create(spec)
    await distant.start(spec.stage)
    await line.cut()
    with pytest.raises(Unavailable):
        await distant.phase(spec.stage)
    waiting = asyncio.create_task(distant.wait(spec.stage))
    (dock.workspace(spec.stage) / "go").touch()
    async with asyncio.timeout(10):
        assert (await waiting).code == 3


async def test_a_daemon_that_starts_during_an_outage_waits_for_the_engine(
    dock: DockerWorld, line: Line, distant: DockerDriver
) -> None:
    spec = dock.spec("sleep", "1000")
    await dock.begin(spec)
    await line.cut()
    waiting = asyncio.create_task(distant.wait(spec.stage))
    done, _ = await asyncio.wait({waiting}, timeout=0.3)
    assert not done
    dock.client.kill(spec.stage, "SIGKILL")
    dock.client.wait(spec.stage)
    await line.open()
    async with asyncio.timeout(20):
        end = await waiting
    assert (end.signal, end.launched) == (9, True)


async def test_a_container_killed_during_an_outage_is_told_when_the_engine_is_back(
    dock: DockerWorld, line: Line, distant: DockerDriver
) -> None:
    spec = dock.spec("sleep", "1000")
    await distant.create(spec)
    await distant.start(spec.stage)
    waiting = asyncio.create_task(distant.wait(spec.stage))
    await asyncio.sleep(0)
    await line.cut()
    dock.client.kill(spec.stage, "SIGKILL")
    done, _ = await asyncio.wait({waiting}, timeout=0.5)
    assert not done
    await line.open()
    async with asyncio.timeout(20):
        assert (await waiting).signal == 9


async def test_a_held_container_that_died_with_the_engine_never_launched_and_may_be_started_again(
    dock: DockerWorld,
) -> None:
    spec = dock.shell("echo ran", hold=True)
    await dock.begin(spec)
    dock.client.kill(spec.stage, "SIGKILL")
    end = await dock.driver.wait(spec.stage)
    assert (end.launched, end.message) == (False, "the container ended before the stage's process was launched")
    assert end.code != 0
    dock.client.wait(spec.stage)
    await dock.driver.start(spec.stage)
    await dock.driver.release(spec.stage)
    assert (await dock.driver.wait(spec.stage)).code == 0


async def test_a_create_without_an_answer_is_ambiguous_and_can_be_read_back(
    dock: DockerWorld, line: Line, distant: DockerDriver
) -> None:
    assert await distant.recover() == ()
    line.swallow = True
    spec = dock.spec("true")
    with pytest.raises(Ambiguous):
        await distant.create(spec)
    line.swallow = False
    async with asyncio.timeout(10):
        while await distant.phase(spec.stage) is Phase.GONE:
            await asyncio.sleep(0.02)
    await distant.start(spec.stage)
    assert (await distant.wait(spec.stage)).code == 0


@pytest.mark.parametrize("pause", [0.0, 0.002, 0.02, 0.08])
async def test_a_create_cancelled_half_way_leaves_nothing_that_remove_does_not_find(
    dock: DockerWorld, pause: float
) -> None:
    spec = dock.spec("true")
    await dock.driver.recover()
    creating = asyncio.create_task(dock.driver.create(spec))
    await asyncio.sleep(pause)
    creating.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await creating
    await dock.driver.remove(spec.stage)
    await asyncio.sleep(0.3)
    assert await dock.driver.phase(spec.stage) is Phase.GONE
    await dock.driver.create(spec)
    await dock.driver.start(spec.stage)
    assert (await dock.driver.wait(spec.stage)).code == 0


async def test_a_start_cancelled_half_way_may_be_repeated(dock: DockerWorld) -> None:
    spec = dock.shell("echo ran >> count")
    await dock.driver.create(spec)
    starting = asyncio.create_task(dock.driver.start(spec.stage))
    await asyncio.sleep(0.03)
    starting.cancel()
    await dock.driver.start(spec.stage)
    assert (await dock.driver.wait(spec.stage)).code == 0
    assert (dock.workspace(spec.stage) / "count").read_text() == "ran\n"


async def test_waiting_can_be_cancelled_and_leaves_no_descriptor(dock: DockerWorld) -> None:
    spec = dock.spec("sleep", "1000")
    await dock.begin(spec)
    await dock.driver.phase(spec.stage)
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(20):
        waiting = asyncio.create_task(dock.driver.wait(spec.stage))
        await asyncio.sleep(0.01)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    assert len(list(Path("/proc/self/fd").iterdir())) <= before + 8  # connections of threads that had not had one


async def test_containers_of_other_clusters_are_not_there(dock: DockerWorld) -> None:
    spec = dock.spec("sleep", "1000")
    await dock.begin(spec)
    other = DockerDriver(f"{dock.cluster}-other", dock.launcher)
    assert await other.recover() == ()
    assert await other.phase(spec.stage) is Phase.GONE
    await other.stop(spec.stage, 0)
    with pytest.raises(NotFound):
        await other.start(spec.stage)
    await other.close()
    assert await dock.driver.phase(spec.stage) is Phase.RUNNING
