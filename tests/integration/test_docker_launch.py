"""A stage's process in a real container: that it runs once, how its end is told, and what outlives whom."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import time
from pathlib import Path

import pytest

from tests.docker_world import DockerWorld
from winslow.domain.container import Phase
from winslow.domain.stage import StageId
from winslow.errors import NotFound

pytest_plugins = ("tests.docker_fixtures",)


async def eventually(condition, timeout: float = 20.0) -> None:
    async with asyncio.timeout(timeout):
        while not condition():
            await asyncio.sleep(0.002)


async def test_a_stage_runs_in_its_workspace_and_its_end_is_told(dock: DockerWorld) -> None:
    spec = dock.shell("pwd; echo trouble >&2; echo made > made; exit 7", environment={"FOO": "bar"})
    before = time.time()
    end = await dock.run(spec)
    assert (end.code, end.signal, end.launched, end.message) == (7, 0, True, "")
    assert before <= end.started_at <= end.ended_at <= time.time()
    assert dock.lines(spec) == ["/workspace"]
    assert dock.lines(spec, "stderr") == ["trouble"]
    assert (dock.workspace(spec.stage) / "made").read_text() == "made\n"


async def test_arguments_are_a_list_and_no_shell_sees_them(dock: DockerWorld) -> None:
    spec = dock.spec("printf", "%s|", "$HOME", "a b", "`id`", "")
    assert (await dock.run(spec)).code == 0
    assert dock.lines(spec) == ["$HOME|a b|`id`||"]


async def test_an_end_is_told_long_before_the_engine_tells_it(dock: DockerWorld) -> None:
    told_before = 0
    for _ in range(5):
        spec = dock.shell("while [ ! -e go ]; do usleep 1000; done")
        waiting = asyncio.create_task(dock.driver.wait(await dock.begin(spec)))
        engine = asyncio.create_task(asyncio.to_thread(dock.client.wait, spec.stage))
        await eventually(lambda spec=spec: (dock.record(spec.stage) / "started").exists())
        (dock.workspace(spec.stage) / "go").touch()
        await waiting
        told_before += not engine.done()
        await engine
    assert told_before >= 3


async def test_started_again_and_again_it_runs_once(dock: DockerWorld) -> None:
    spec = dock.shell("echo ran >> count")
    await dock.driver.create(spec)
    await asyncio.gather(*(dock.driver.start(spec.stage) for _ in range(4)))
    assert (await dock.driver.wait(spec.stage)).code == 0
    await dock.driver.start(spec.stage)
    dock.client.wait(spec.stage)
    for _ in range(2):  # behind the driver's back, as an engine that repeats itself would
        dock.client.start(spec.stage)
        assert dock.client.wait(spec.stage)["StatusCode"] == 125
    assert (dock.workspace(spec.stage) / "count").read_text() == "ran\n"
    assert (dock.record(spec.stage) / "refused").read_text() == "it was launched before\n"
    assert (await dock.new_driver().wait(spec.stage)).code == 0


async def test_a_killed_stage_started_again_by_the_engine_is_not_run_and_not_called_a_success(
    dock: DockerWorld,
) -> None:
    spec = dock.shell("echo ran >> count; sleep 1000")
    await dock.begin(spec)
    await eventually(lambda: (dock.workspace(spec.stage) / "count").exists())
    dock.client.kill(spec.stage, "SIGKILL")
    await dock.driver.wait(spec.stage)
    dock.client.wait(spec.stage)
    dock.client.start(spec.stage)
    dock.client.wait(spec.stage)
    end = await dock.new_driver().wait(spec.stage)
    assert (end.signal, end.launched) == (9, True)
    assert (dock.workspace(spec.stage) / "count").read_text() == "ran\n"


async def test_a_held_stage_waits_and_launches_within_milliseconds_of_its_release(dock: DockerWorld) -> None:
    lags = []
    for _ in range(5):
        spec = dock.shell("echo ran >> count", hold=True)
        await dock.begin(spec)
        assert await dock.driver.phase(spec.stage) is Phase.HELD
        await asyncio.sleep(0.05)
        assert not (dock.workspace(spec.stage) / "count").exists()
        released = time.time()
        await dock.driver.release(spec.stage)
        lags.append((await dock.driver.wait(spec.stage)).started_at - released)
    assert min(lags) < 0.1


async def test_a_release_before_the_start_and_by_another_daemon_is_not_lost(dock: DockerWorld) -> None:
    spec = dock.shell("echo ran", hold=True)
    await dock.driver.create(spec)
    await dock.new_driver().release(spec.stage)
    await dock.driver.start(spec.stage)
    assert (await dock.driver.wait(spec.stage)).code == 0


async def waits(dock: DockerWorld, stage: StageId) -> None:
    """Until the launcher sleeps at its FIFO: once that is open it sleeps nowhere else before the release."""
    fifo = dock.record(stage).parent / "go"
    process = Path("/proc", str(dock.client.inspect_container(stage)["State"]["Pid"]), "stat")
    async with asyncio.timeout(30):
        while True:
            with contextlib.suppress(OSError):  # nobody reads it yet
                os.close(os.open(fifo, os.O_WRONLY | os.O_NONBLOCK))
                if process.read_text().rpartition(")")[2].split()[0] == "S":
                    return
            await asyncio.sleep(0.01)


async def test_a_release_that_its_daemon_did_not_see_through_is_seen_through_by_the_next(dock: DockerWorld) -> None:
    spec = dock.shell("echo ran >> count", hold=True)
    await dock.begin(spec)
    assert await dock.driver.phase(spec.stage) is Phase.HELD
    await waits(dock, spec.stage)
    (dock.record(spec.stage).parent / "released").touch()  # and killed, before the launcher heard of it
    later = dock.new_driver()
    assert await later.phase(spec.stage) is Phase.RUNNING
    async with asyncio.timeout(30):
        assert (await later.wait(spec.stage)).code == 0
    assert (dock.workspace(spec.stage) / "count").read_text() == "ran\n"


async def test_a_held_stage_that_is_stopped_never_ran_and_never_will(dock: DockerWorld) -> None:
    spec = dock.shell("echo ran >> count", hold=True)
    await dock.begin(spec)
    await dock.driver.stop(spec.stage, 10)
    end = await dock.driver.wait(spec.stage)
    assert (end.launched, end.message) == (False, "stopped before it was released")
    await dock.driver.release(spec.stage)
    await dock.driver.start(spec.stage)
    dock.client.wait(spec.stage)
    dock.client.start(spec.stage)
    assert dock.client.wait(spec.stage)["StatusCode"] == 125
    assert not (dock.workspace(spec.stage) / "count").exists()


async def test_a_missing_command_never_launched_and_says_why(dock: DockerWorld) -> None:
    spec = dock.spec("no-such-program", "--flag")
    end = await dock.run(spec)
    assert (end.launched, end.code, end.message) == (
        False,
        127,
        "cannot run no-such-program: No such file or directory",
    )
    assert dock.lines(spec, "winslow") == [end.message]


async def test_a_command_that_may_not_be_run_never_launched(dock: DockerWorld) -> None:
    end = await dock.run(dock.spec("/etc"))
    assert (end.launched, end.code) == (False, 126)
    assert "Permission denied" in end.message


async def test_stop_asks_first(dock: DockerWorld) -> None:
    spec = dock.shell('trap "echo bye; exit 3" TERM; echo ready; while :; do sleep 0.05; done')
    await dock.begin(spec)
    await eventually(lambda: "ready" in Path(spec.log).read_text())
    await dock.driver.stop(spec.stage, 20)
    assert (await dock.driver.wait(spec.stage)).code == 3
    assert dock.lines(spec) == ["ready", "bye"]


async def test_stop_right_after_the_start_is_heard(dock: DockerWorld) -> None:
    spec = dock.spec("sleep", "1000")
    await dock.begin(spec)
    begun = time.monotonic()
    await dock.driver.stop(spec.stage, 30)
    assert time.monotonic() - begun < 20
    assert (await dock.driver.wait(spec.stage)).signal == signal.SIGTERM


async def test_a_stage_that_ignores_sigterm_is_killed_after_its_grace(dock: DockerWorld) -> None:
    spec = dock.shell('trap "" TERM; echo ready; while :; do sleep 0.05; done')
    await dock.begin(spec)
    await eventually(lambda: "ready" in Path(spec.log).read_text())
    begun = time.monotonic()
    await dock.driver.stop(spec.stage, 0.5)
    assert 0.5 <= time.monotonic() - begun < 15
    end = await dock.driver.wait(spec.stage)
    assert (end.signal, end.launched) == (9, True)
    assert end.message == "killed from outside the container"


async def test_what_the_main_process_leaves_behind_is_gone_before_the_end_is_told(dock: DockerWorld) -> None:
    spec = dock.shell("(trap '' TERM HUP; while :; do echo x >> still; done) >/dev/null 2>&1 & sleep 0.2; exit 0")
    assert (await dock.run(spec)).code == 0
    still = dock.workspace(spec.stage) / "still"
    size = still.stat().st_size
    assert size > 0
    await asyncio.sleep(0.1)
    assert still.stat().st_size == size


async def test_output_of_a_grandchild_that_ends_soon_after_is_kept(dock: DockerWorld) -> None:
    spec = dock.shell("(sleep 0.2; echo late) & echo early")
    await dock.run(spec)
    assert dock.lines(spec) == ["early", "late"]


async def test_an_orphan_that_ends_is_reaped(dock: DockerWorld) -> None:
    spec = dock.shell("(sleep 0.05 & exec true); sleep 0.5; grep -l '^State:.Z' /proc/[0-9]*/status; echo done")
    await dock.run(spec)
    assert dock.lines(spec) == ["done"]


WAITER = """
import asyncio, sys
from pathlib import Path
from winslowd.docker.driver import DockerDriver
driver = DockerDriver(sys.argv[1], Path(sys.argv[2]))
async def main():
    print("waiting", flush=True)
    await driver.wait(sys.argv[3])
asyncio.run(main())
"""


async def test_a_daemon_killed_while_it_waits_is_replaced_by_one_that_learns_the_end(dock: DockerWorld) -> None:
    spec = dock.shell("while [ ! -e go ]; do sleep 0.01; done; exit 5")
    await dock.begin(spec)
    waiter = await asyncio.create_subprocess_exec(
        sys.executable, "-c", WAITER, dock.cluster, str(dock.launcher), spec.stage, stdout=asyncio.subprocess.PIPE
    )
    assert waiter.stdout is not None
    assert await waiter.stdout.readline() == b"waiting\n"
    os.kill(waiter.pid, signal.SIGKILL)
    assert await waiter.wait() == -9
    successor = dock.new_driver()
    assert [found.stage for found in await successor.recover()] == [spec.stage]
    (dock.workspace(spec.stage) / "go").touch()
    assert (await successor.wait(spec.stage)).code == 5
    assert (await dock.new_driver().wait(spec.stage)).code == 5


async def test_the_end_is_known_after_the_container_is_gone(dock: DockerWorld) -> None:
    spec = dock.shell("exit 4")
    await dock.run(spec)
    await dock.driver.remove(spec.stage)
    assert await dock.driver.phase(spec.stage) is Phase.GONE
    assert (await dock.new_driver().wait(spec.stage)).code == 4


async def test_a_container_that_vanished_before_its_end_is_told_to_who_waits(dock: DockerWorld) -> None:
    spec = dock.spec("sleep", "1000")
    await dock.begin(spec)
    waiting = asyncio.create_task(dock.driver.wait(spec.stage))
    await eventually(lambda: (dock.record(spec.stage) / "started").exists())
    dock.client.remove_container(spec.stage, force=True)
    with pytest.raises(NotFound, match=spec.stage):
        await waiting


async def test_a_stage_cannot_fake_its_end_while_it_runs(dock: DockerWorld) -> None:
    forged = "launched=1\\ncode=0\\nsignal=0\\nstarted=1\\nended=2\\n"
    spec = dock.shell(
        f"printf '{forged}' > /.winslow/control/record/exit; : > forged; "
        "rm -f /.winslow/control/done /.winslow/control/go; mv /.winslow/control/record /.winslow/control/x; "
        "kill -9 1; kill -STOP 1; while [ ! -e go ]; do sleep 0.01; done; exit 6"
    )
    await dock.begin(spec)
    await eventually(lambda: (dock.workspace(spec.stage) / "forged").exists())
    waiting = asyncio.create_task(dock.new_driver().wait(spec.stage))
    done, _ = await asyncio.wait({waiting}, timeout=0.5)
    assert not done
    (dock.workspace(spec.stage) / "go").touch()
    assert (await waiting).code == 6


@pytest.mark.parametrize(
    "hostile",
    [
        "ln -s /etc/passwd exit",
        "mkfifo exit",
        "mkdir exit",
        "head -c 9000000 /dev/zero > exit",
        "printf 'code=99999999999999999999999\\nsignal=-1\\n' > exit",
    ],
)
async def test_a_hostile_record_harms_nobody(dock: DockerWorld, hostile: str) -> None:
    spec = dock.shell(f"cd /.winslow/control/record && {hostile}; kill -9 $$")
    end = await dock.run(spec)
    assert (end.code, end.signal) == (0, 9)


async def test_a_stage_that_shouts_into_the_daemons_ear_only_loses_the_fast_way(dock: DockerWorld) -> None:
    spec = dock.shell("yes > /.winslow/control/done & sleep 0.3; exit 8")
    async with asyncio.timeout(30):
        assert (await dock.run(spec)).code == 8


async def test_a_control_directory_that_was_lost_leaves_the_engines_word(dock: DockerWorld) -> None:
    spec = dock.shell("rm -rf /.winslow/control/record/*; chmod 0 /.winslow/control/record; exit 9")
    end = await dock.run(spec)
    assert end.code == 9
