"""What the engine is asked to make of a ContainerSpec: pure, so that every safety setting can be read and tested in one place.

It never needs to know how the engine is reached. Stages are hostile: all capabilities dropped, no new privileges, the
engine's default seccomp filter, no network unless asked for, limits on memory, processors and processes, and
nothing of the node visible but the binds named here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from winslow.domain.container import ContainerSpec, Mount
from winslow.errors import InvalidArgument

LABEL_CLUSTER: Final = "winslow.cluster"
LABEL_STAGE: Final = "winslow.stage"
LABEL_HOLD: Final = "winslow.hold"
LABEL_CONTROL: Final = "winslow.control"

LAUNCH: Final = "/.winslow/launch"
CONTROL: Final = "/.winslow/control"
LOG: Final = "/.winslow/log"
WORKING_DIRECTORY: Final = "/workspace"

OOM_SCORE_ADJ: Final = 500
"""When the node runs out of memory, the kernel shall take a stage rather than the daemon or the engine."""


@dataclass(frozen=True, slots=True)
class Device:
    """A device node to pass in; `group` owns it on the node, so that a user who is not root may open it."""

    path: str
    group: int


def argv(spec: ContainerSpec) -> tuple[str, ...]:
    """The stage's command, as the image and the stage together say it; never seen by a shell.

    Raises InvalidArgument (NO_COMMAND) when neither says what to run.
    """
    command = spec.image.entrypoint + (spec.arguments or spec.image.command)
    if not command:
        raise InvalidArgument(
            f"The image {spec.image.name} has no command of its own and the stage gives no arguments",
            reason="NO_COMMAND",
            subject=spec.image.name,
            hint="Name the program and its arguments in the stage definition",
        )
    return command


def labels(spec: ContainerSpec, cluster: str) -> dict[str, str]:
    """All labels are always set: the image's own labels would show through where one is missing."""
    return {
        **spec.labels,
        LABEL_CLUSTER: cluster,
        LABEL_STAGE: spec.stage,
        LABEL_HOLD: "1" if spec.hold else "0",
        LABEL_CONTROL: spec.control,
    }


def container_config(
    spec: ContainerSpec, cluster: str, launcher: str, devices: tuple[Device, ...] = ()
) -> dict[str, Any]:
    """The body of the engine's `POST /containers/create`. Raises InvalidArgument (NO_COMMAND)."""
    uid, gid = spec.user
    return {
        "Image": spec.image.digest,
        "User": f"{uid}:{gid}",
        "Env": [f"{name}={value}" for name, value in sorted(spec.environment.items())],
        "Entrypoint": [LAUNCH, *_launcher_options(spec), "--"],
        "Cmd": list(argv(spec)),
        "WorkingDir": WORKING_DIRECTORY,
        "Labels": labels(spec, cluster),
        "StopSignal": "SIGTERM",
        "Healthcheck": {"Test": ["NONE"]},
        "Tty": False,
        "OpenStdin": False,
        "HostConfig": _host_config(spec, launcher, devices),
    }


def _launcher_options(spec: ContainerSpec) -> list[str]:
    hold = ["--hold"] if spec.hold else []
    return [*hold, "--limit", str(spec.log_limit)]


def _host_config(spec: ContainerSpec, launcher: str, devices: tuple[Device, ...]) -> dict[str, Any]:
    own = (Mount(launcher, LAUNCH, read_only=True), Mount(spec.control, CONTROL), Mount(spec.log, LOG))
    return {
        "NetworkMode": spec.network.value,
        "Mounts": [_bind(mount) for mount in (*spec.mounts, *own)],
        "CapDrop": ["ALL"],
        "SecurityOpt": ["no-new-privileges"],
        "Privileged": False,
        "Init": False,
        "IpcMode": "private",
        "LogConfig": {"Type": "none"},
        "RestartPolicy": {"Name": "no"},
        "AutoRemove": False,
        "OomScoreAdj": OOM_SCORE_ADJ,
        "Ulimits": [{"Name": "core", "Soft": 0, "Hard": 0}],
        **_limits(spec),
        **_gpus(spec, devices),
    }


def _bind(mount: Mount) -> dict[str, Any]:
    """As a mount rather than a bind string: then the engine refuses a missing source instead of making it, owned by root."""
    return {"Type": "bind", "Source": mount.source, "Target": mount.target, "ReadOnly": mount.read_only}


def _limits(spec: ContainerSpec) -> dict[str, Any]:
    resources = spec.resources
    limits: dict[str, Any] = {"NanoCpus": round(resources.cpus * 1_000_000_000), "PidsLimit": resources.pids}
    if resources.memory:
        limits |= {"Memory": resources.memory, "MemorySwap": resources.memory}
    if resources.shared_memory:
        limits["ShmSize"] = resources.shared_memory
    return limits


def is_nvidia(uuid: str) -> bool:
    """NVIDIA calls its GPUs and their parts GPU-... and MIG-...; other vendors' names come from sysfs."""
    return uuid.startswith(("GPU-", "MIG-"))


def _gpus(spec: ContainerSpec, devices: tuple[Device, ...]) -> Mapping[str, Any]:
    nvidia = [uuid for uuid in spec.gpus if is_nvidia(uuid)]
    asked: dict[str, Any] = {}
    if nvidia:
        asked["DeviceRequests"] = [{"Driver": "nvidia", "DeviceIDs": nvidia, "Capabilities": [["gpu"]]}]
    if devices:
        asked["Devices"] = [
            {"PathOnHost": device.path, "PathInContainer": device.path, "CgroupPermissions": "rw"} for device in devices
        ]
        asked["GroupAdd"] = sorted({str(device.group) for device in devices})
    return asked
