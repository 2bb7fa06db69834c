"""What a stage can and cannot do, observed from inside a real container."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docker_world import USER, DockerWorld
from winslow.domain.container import ContainerSpec, Mount
from winslow.domain.pipeline import Network
from winslow.domain.resources import Resources
from winslow.errors import FailedPrecondition

pytest_plugins = ("tests.docker_fixtures",)

CGROUP_V2 = Path("/sys/fs/cgroup/cgroup.controllers").exists()


async def seen(dock: DockerWorld, spec: ContainerSpec) -> list[str]:
    end = await dock.run(spec)
    assert end.code == 0, end
    return dock.lines(spec)


async def test_a_stage_has_no_privilege_and_its_own_user(dock: DockerWorld) -> None:
    lines = await seen(
        dock, dock.shell("id -u; id -g; grep -E '^(CapEff|CapBnd|NoNewPrivs|Seccomp):' /proc/self/status")
    )
    assert lines[:2] == [str(number) for number in USER]
    facts = dict(line.split(":\t") for line in lines[2:])
    assert facts == {"CapEff": "0" * 16, "CapBnd": "0" * 16, "NoNewPrivs": "1", "Seccomp": "2"}


async def test_the_launcher_has_no_privilege_either_and_cannot_be_looked_into(dock: DockerWorld) -> None:
    spec = dock.shell(
        "grep -E '^CapEff' /proc/1/status; ls /proc/1/fd 2>/dev/null; cat /proc/1/environ 2>/dev/null; id -u"
    )
    assert await seen(dock, spec) == ["CapEff:\t" + "0" * 16, str(USER[0])]


async def test_a_stage_has_no_network_unless_asked(dock: DockerWorld) -> None:
    assert await seen(dock, dock.shell("ls /sys/class/net")) == ["lo"]
    assert "eth0" in await seen(dock, dock.shell("ls /sys/class/net", network=Network.BRIDGE))
    assert "docker0" in await seen(dock, dock.shell("ls /sys/class/net", network=Network.HOST))


async def test_memory_processors_processes_and_shared_memory_are_limited(dock: DockerWorld) -> None:
    resources = Resources(cpus=0.5, memory=96 << 20, shared_memory=8 << 20, pids=33)
    if CGROUP_V2:
        files = ("memory.max", "memory.swap.max", "cpu.max", "pids.max")
        wanted = [str(96 << 20), "0", "50000 100000", "33"]
    else:
        files = (
            "memory/memory.limit_in_bytes",
            "memory/memory.memsw.limit_in_bytes",
            "cpu/cpu.cfs_quota_us",
            "pids/pids.max",
        )
        wanted = [str(96 << 20), str(96 << 20), "50000", "33"]
    script = "; ".join(f"cat /sys/fs/cgroup/{name} 2>/dev/null || echo absent" for name in files)
    lines = await seen(dock, dock.shell(f"{script}; df -k /dev/shm | tail -n 1", resources=resources))
    assert [pair for pair in zip(lines, wanted, strict=False) if pair[0] not in ("absent", pair[1])] == []
    assert lines[0] == wanted[0]
    assert lines[-1].split()[1] == str(8 << 10)


async def test_binds_are_read_only_where_asked_and_the_rest_of_the_node_is_not_there(
    dock: DockerWorld, tmp_path: Path
) -> None:
    pool = tmp_path / "pool"
    pool.mkdir(mode=0o777)
    pool.chmod(0o777)
    (pool / "fact").write_text("known\n")
    spec = dock.shell(
        "cat /resources/fact; touch /resources/new 2>&1; touch /.winslow/launch 2>&1; ls /var/lib/docker 2>&1; true"
    )
    spec = dock.spec(*spec.arguments, mounts=(*spec.mounts, Mount(str(pool), "/resources", read_only=True)))
    lines = await seen(dock, spec)
    assert lines[0] == "known"
    assert [line.rpartition(": ")[2] for line in lines[1:]] == [
        "Read-only file system",
        "Read-only file system",
        "No such file or directory",
    ]
    assert not (pool / "new").exists()


async def test_a_missing_source_of_a_bind_is_refused_and_not_made(dock: DockerWorld, tmp_path: Path) -> None:
    spec = dock.spec("true", mounts=(Mount(str(tmp_path / "nowhere"), "/resources"),))
    with pytest.raises(FailedPrecondition, match="nowhere") as refused:
        await dock.driver.create(spec)
    assert refused.value.reason == "ENGINE_REFUSED"
    assert not (tmp_path / "nowhere").exists()


async def test_a_gpu_that_is_not_there_is_refused_in_the_engines_words(dock: DockerWorld) -> None:
    spec = dock.spec("true", gpus=("GPU-00000000-0000-0000-0000-000000000000",))
    await dock.driver.create(spec)
    with pytest.raises(FailedPrecondition, match=r"device driver|nvidia") as refused:
        await dock.driver.start(spec.stage)
    assert refused.value.reason == "ENGINE_REFUSED"


async def test_a_stage_killed_for_memory_says_so(dock: DockerWorld) -> None:
    # tail keeps what it was given until a newline comes, and none does
    end = await dock.run(dock.shell("exec tail -n 1 /dev/zero", resources=Resources(memory=32 << 20)))
    assert (end.signal, end.out_of_memory, end.disk_full) == (9, True, False)


async def test_a_stage_that_only_lost_a_child_to_memory_says_so_when_it_fails(dock: DockerWorld) -> None:
    end = await dock.run(dock.shell("tail -n 1 /dev/zero; exit 3", resources=Resources(memory=32 << 20)))
    assert (end.code, end.out_of_memory) == (3, True)
    end = await dock.run(dock.shell("tail -n 1 /dev/zero; exit 0", resources=Resources(memory=32 << 20)))
    assert (end.code, end.out_of_memory) == (0, False)


async def test_a_stage_killed_otherwise_was_not_killed_for_memory(dock: DockerWorld) -> None:
    end = await dock.run(dock.shell("kill -9 $$", resources=Resources(memory=32 << 20)))
    assert (end.signal, end.out_of_memory, end.message) == (9, False, "")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "small"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m,mode=0777", "tmpfs", str(place)], check=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root")
@pytest.mark.parametrize("target", ["/workspace", "/output"])
async def test_a_stage_that_failed_on_a_full_disk_says_so(dock: DockerWorld, small_disk: Path, target: str) -> None:
    mounts = [mount for mount in dock.spec("true").mounts if mount.target != target]
    mounts.append(Mount(str(small_disk), target))
    script = f"head -c 5000000 /dev/zero > {target}/big"
    end = await dock.run(dock.shell(script, mounts=tuple(mounts)))
    assert (end.code, end.disk_full, end.out_of_memory) == (1, True, False)
    assert [path.name for path in small_disk.iterdir()] == ["big"]
    end = await dock.run(dock.shell(f"rm {target}/big; exit 1", mounts=tuple(mounts)))
    assert (end.code, end.disk_full) == (1, False)


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root")
async def test_a_log_that_cannot_be_written_stops_no_stage_and_is_noted(dock: DockerWorld, small_disk: Path) -> None:
    log = small_disk / "log"
    log.touch()
    os.chown(log, *USER)
    spec = dock.shell("yes a long line of a log | head -c 4000000; echo made > made", log=str(log))
    end = await dock.run(spec)
    assert (end.code, end.message) == (0, "part of its log could not be written")
    assert (dock.workspace(spec.stage) / "made").exists()
    assert log.stat().st_size > 900_000


async def test_usage_is_what_runs_now(dock: DockerWorld) -> None:
    spec = dock.shell("while :; do :; done")
    assert await dock.driver.usage(spec.stage) is None
    await dock.driver.create(spec)
    assert await dock.driver.usage(spec.stage) is None
    await dock.driver.start(spec.stage)
    while (first := await dock.driver.usage(spec.stage)) is None:
        pass
    while (second := await dock.driver.usage(spec.stage)) is None or second.cpu_seconds == first.cpu_seconds:
        pass
    assert 0 <= first.cpu_seconds < second.cpu_seconds < 60
    assert 0 < second.memory < 128 << 20
    await dock.driver.stop(spec.stage, 0)
    dock.client.wait(spec.stage)
    assert await dock.driver.usage(spec.stage) is None
