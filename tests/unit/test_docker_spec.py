"""What the engine is asked for, setting by setting, and how its answers are read: no engine needed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from winslow.domain.container import ContainerSpec, Exit, Image, Mount
from winslow.domain.pipeline import Network
from winslow.domain.resources import Resources
from winslow.domain.stage import StageId
from winslow.errors import FailedPrecondition, InvalidArgument, NotFound
from winslowd.docker import exits, users
from winslowd.docker.gpus import amd_devices
from winslowd.docker.images import digest_of
from winslowd.docker.spec import Device, argv, container_config

SPEC = ContainerSpec(
    stage=StageId("track-1-1-abc"),
    image=Image("tracker:3", "sha256:feed", ("python", "-m"), ("tracker",)),
    arguments=(),
    environment={"B": "2", "A": "a=1"},
    mounts=(Mount("/pool", "/resources", read_only=True), Mount("/made", "/workspace")),
    resources=Resources(cpus=1.5, memory=64 << 20, shared_memory=8 << 20, pids=99),
    user=(1000, 1001),
    control="/run/control",
    log="/logs/track",
    log_limit=4096,
    labels={"fence": "7"},
)


def config_of(spec: ContainerSpec = SPEC, devices: tuple[Device, ...] = ()) -> dict:
    return container_config(spec, "home", "/opt/launch", devices)


def test_exactly_the_content_that_was_resolved_is_run_as_a_user() -> None:
    config = config_of()
    assert (config["Image"], config["User"], config["WorkingDir"]) == ("sha256:feed", "1000:1001", "/workspace")
    assert config["Env"] == ["A=a=1", "B=2"]


def test_the_launcher_comes_first_and_the_stage_after_two_dashes() -> None:
    config = config_of()
    assert config["Entrypoint"] == ["/.winslow/launch", "--limit", "4096", "--"]
    assert config["Cmd"] == ["python", "-m", "tracker"]
    assert config_of(replace(SPEC, hold=True))["Entrypoint"][1] == "--hold"


def test_arguments_replace_the_images_command_and_not_its_entry_point() -> None:
    assert argv(replace(SPEC, arguments=("detector", "--fast"))) == ("python", "-m", "detector", "--fast")


def test_nothing_to_run_is_refused_by_name() -> None:
    with pytest.raises(InvalidArgument, match="tracker:3") as refused:
        argv(replace(SPEC, image=Image("tracker:3", "sha256:feed")))
    assert refused.value.reason == "NO_COMMAND"


def test_a_stage_gets_no_privilege_and_no_second_life() -> None:
    host = config_of()["HostConfig"]
    assert host["CapDrop"] == ["ALL"]
    assert host["SecurityOpt"] == ["no-new-privileges"]
    assert (host["Privileged"], host["Init"], host["AutoRemove"]) == (False, False, False)
    assert host["RestartPolicy"] == {"Name": "no"}
    assert host["LogConfig"] == {"Type": "none"}
    assert host["OomScoreAdj"] > 0


def test_limits_are_the_stages_resources_and_leave_no_swap() -> None:
    host = config_of()["HostConfig"]
    assert (host["NanoCpus"], host["PidsLimit"], host["ShmSize"]) == (1_500_000_000, 99, 8 << 20)
    assert host["Memory"] == host["MemorySwap"] == 64 << 20


def test_no_memory_and_no_shared_memory_asked_means_the_engines_default() -> None:
    host = config_of(replace(SPEC, resources=Resources()))["HostConfig"]
    assert not {"Memory", "MemorySwap", "ShmSize"} & set(host)


@pytest.mark.parametrize("network", list(Network))
def test_the_network_is_the_one_asked_for(network: Network) -> None:
    assert config_of(replace(SPEC, network=network))["HostConfig"]["NetworkMode"] == network.value
    assert config_of()["HostConfig"]["NetworkMode"] == "none"


def test_binds_are_mounts_that_make_nothing_on_the_node() -> None:
    host = config_of()["HostConfig"]
    assert "Binds" not in host
    seen = {mount["Target"]: (mount["Type"], mount["Source"], mount["ReadOnly"]) for mount in host["Mounts"]}
    assert seen == {
        "/resources": ("bind", "/pool", True),
        "/workspace": ("bind", "/made", False),
        "/.winslow/launch": ("bind", "/opt/launch", True),
        "/.winslow/control": ("bind", "/run/control", False),
        "/.winslow/log": ("bind", "/logs/track", False),
    }


def test_labels_of_the_driver_win_over_all_others() -> None:
    labels = config_of(replace(SPEC, labels={"fence": "7", "winslow.stage": "other", "winslow.hold": "1"}))["Labels"]
    assert labels == {
        "fence": "7",
        "winslow.cluster": "home",
        "winslow.stage": "track-1-1-abc",
        "winslow.hold": "0",
        "winslow.control": "/run/control",
    }


def test_an_nvidia_gpu_is_asked_for_by_its_uuid() -> None:
    host = config_of(replace(SPEC, gpus=("GPU-1", "MIG-2")))["HostConfig"]
    assert host["DeviceRequests"] == [{"Driver": "nvidia", "DeviceIDs": ["GPU-1", "MIG-2"], "Capabilities": [["gpu"]]}]
    assert "DeviceRequests" not in config_of()["HostConfig"]


def test_device_nodes_come_with_the_groups_that_may_open_them() -> None:
    host = config_of(devices=(Device("/dev/kfd", 110), Device("/dev/dri/renderD128", 110)))["HostConfig"]
    assert [device["PathOnHost"] for device in host["Devices"]] == ["/dev/kfd", "/dev/dri/renderD128"]
    assert host["GroupAdd"] == ["110"]
    assert "DeviceRequests" not in host


@pytest.fixture
def amd(tmp_path: Path) -> tuple[Path, Path]:
    """sysfs and /dev of a node with two AMD GPUs."""
    drm, dev = tmp_path / "drm", tmp_path / "dev"
    (dev / "dri").mkdir(parents=True)
    (dev / "kfd").touch()
    for number, (address, unique) in enumerate((("0000:03:00.0", "0xABCDEF12"), ("0000:43:00.0", "")), 128):
        (tmp_path / address).mkdir()
        if unique:
            (tmp_path / address / "unique_id").write_text(f"{unique}\n")
        (drm / f"renderD{number}").mkdir(parents=True)
        (drm / f"renderD{number}" / "device").symlink_to(tmp_path / address)
        (dev / "dri" / f"renderD{number}").touch()
    return drm, dev


def test_amd_gpus_are_found_by_their_unique_id_or_their_address(amd: tuple[Path, Path]) -> None:
    drm, dev = amd
    found = amd_devices(("AMD-abcdef12", "AMD-0000:43:00.0"), drm, dev)
    assert [device.path for device in found] == [
        str(dev / name) for name in ("kfd", "dri/renderD128", "dri/renderD129")
    ]
    assert amd_devices((), drm, dev) == ()


def test_an_amd_gpu_that_went_is_named(amd: tuple[Path, Path]) -> None:
    with pytest.raises(FailedPrecondition, match="AMD-77") as missing:
        amd_devices(("AMD-77",), *amd)
    assert missing.value.reason == "GPU_MISSING"


RECORD = {"launched": "1", "code": "3", "signal": "0", "started": "1795409362550469956", "ended": "1795409363000000000"}


def test_a_record_is_read_as_it_was_written() -> None:
    assert exits.from_record({**RECORD, "disk_full": "1"}) == Exit(
        3, disk_full=True, started_at=1795409362.550469956, ended_at=1795409363.0
    )


def test_a_success_was_neither_out_of_memory_nor_of_disk() -> None:
    end = exits.from_record({**RECORD, "code": "0", "out_of_memory": "1", "disk_full": "1"})
    assert end is not None
    assert (end.out_of_memory, end.disk_full) == (False, False)


def test_a_lost_log_is_said() -> None:
    end = exits.from_record({**RECORD, "log_lost": "1", "message": "why\x1b[2J"})
    assert end is not None
    assert end.message == "why[2J; part of its log could not be written"


@given(st.dictionaries(st.sampled_from([*RECORD, "message", "log_lost", "x"]), st.text(max_size=40)))
def test_no_record_whatever_it_says_does_harm(record: dict[str, str]) -> None:
    end = exits.from_record(record)
    assert end is None or (0 <= end.code <= 255 and 0 <= end.signal <= 64 and len(end.message) < 400)


def state(**changes: object) -> exits.EngineState:
    return replace(exits.EngineState("exited", 0, "", False, 100.5, 200.5), **changes)


def test_without_a_record_the_engines_code_speaks() -> None:
    assert exits.from_engine(state(code=4), 150.0, False) == Exit(4, started_at=150.0, ended_at=200.5)
    assert exits.from_engine(state(code=143), 0.0, False) == Exit(0, 15, started_at=100.5, ended_at=200.5)
    killed = exits.from_engine(state(code=137, out_of_memory=True), 150.0, False)
    assert (killed.signal, killed.out_of_memory) == (9, True)


def test_what_never_claimed_its_launch_never_ran_and_is_no_success() -> None:
    end = exits.from_engine(state(code=0, error="no space"), None, False)
    assert (end.launched, end.code) == (False, 1)
    assert end.message.endswith("launched: no space")


def test_a_refused_second_run_does_not_speak_for_the_first() -> None:
    end = exits.from_engine(state(code=125), 150.0, True)
    assert (end.signal, end.launched) == (9, True)
    assert exits.from_engine(state(code=125), 150.0, False).code == 125


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2026-11-23T04:39:47.212676256Z", 1795408787.212676256),
        ("2026-11-23T05:39:47+01:00", 1795408787.0),
        ("0001-01-01T00:00:00Z", 0.0),
        ("", 0.0),
        ("yesterday", 0.0),
    ],
)
def test_the_engines_times_are_unix_seconds(text: str, seconds: float) -> None:
    assert exits.unix_seconds(text) == pytest.approx(seconds, abs=1e-5)


PASSWD = "root:x:0:0::/:\nworker:x:1234:2345::/:\n1234x:::\nodd\n9:x:10:11::/:\n"
GROUP = "root:x:0:\nothers:x:777:worker\nbroken:x:\n"


@pytest.mark.parametrize(
    ("user", "resolved"),
    [
        ("worker", (1234, 2345)),
        ("worker:others", (1234, 777)),
        ("worker:5", (1234, 5)),
        ("1234", (1234, 2345)),
        ("42", (42, 0)),
        ("42:others", (42, 777)),
        ("9", (10, 11)),
    ],
)
def test_users_are_read_as_the_engine_reads_them(user: str, resolved: tuple[int, int]) -> None:
    assert users.resolve(user, PASSWD, GROUP) == resolved


@pytest.mark.parametrize("user", ["stranger", "worker:strangers", "1234x", "worker:broken"])
def test_unknown_users_and_groups_are_named(user: str) -> None:
    with pytest.raises(NotFound) as missing:
        users.resolve(user, PASSWD, GROUP)
    assert missing.value.subject in user.split(":")


def test_a_digest_is_the_registrys_under_this_name_or_else_the_engines_id() -> None:
    found = {"Id": "sha256:id", "RepoDigests": ["other/x@sha256:1", "reg:5000/x@sha256:2", "x@sha256:3"]}
    assert digest_of("reg:5000/x:1", found) == "reg:5000/x@sha256:2"
    assert digest_of("x", found) == "x@sha256:3"
    assert digest_of("y:1", found) == "sha256:id"
    assert digest_of("y:1", {"Id": "sha256:id", "RepoDigests": None}) == "sha256:id"
