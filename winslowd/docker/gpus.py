"""Which device nodes an AMD GPU has on this node. NVIDIA's GPUs need none of this: their runtime takes UUIDs.

It never needs to know what a container is. sysfs names a GPU by `unique_id` where the card has one, and always by its
PCI address; a GPU's name in Winslow ends with one of the two.
"""

from __future__ import annotations

from pathlib import Path

from winslow.errors import FailedPrecondition
from winslowd.docker.spec import Device

SYS_DRM = Path("/sys/class/drm")
DEV = Path("/dev")


def amd_devices(names: tuple[str, ...], drm: Path = SYS_DRM, dev: Path = DEV) -> tuple[Device, ...]:
    """The compute device and the render nodes of the GPUs called `names`, none twice; nothing for no names.

    Raises FailedPrecondition (GPU_MISSING) when one is no longer there.
    """
    if not names:
        return ()
    nodes = [dev / "kfd", *(dev / "dri" / _render_node(name, drm) for name in names)]
    try:
        return tuple(Device(str(node), node.stat().st_gid) for node in dict.fromkeys(nodes))
    except OSError as error:
        raise _missing(error.filename or "GPU") from error


def _render_node(name: str, drm: Path) -> str:
    for card in sorted(drm.glob("renderD*")):
        if any(known and name.lower().endswith(known) for known in _names(card / "device")):
            return card.name
    raise _missing(name)


def _names(device: Path) -> tuple[str, str]:
    try:
        unique = (device / "unique_id").read_text().strip().lower().removeprefix("0x")
    except OSError:
        unique = ""
    # Cards that have none say zero, which would end many an address.
    return unique if unique.strip("0") else "", device.resolve().name.lower()


def _missing(name: str) -> FailedPrecondition:
    return FailedPrecondition(
        f"The GPU {name} is no longer on this node",
        reason="GPU_MISSING",
        subject=name,
        hint="See the node's GPUs with `winslowctl node get`; a lost GPU often needs a reboot",
    )
