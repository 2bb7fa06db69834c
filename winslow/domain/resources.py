"""What a stage asks of a node, and what a node has: one arithmetic for both."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from winslow.domain.quantity import about_size


class GpuVendor(Enum):
    ANY = "any"
    NVIDIA = "nvidia"
    AMD = "amd"


@dataclass(frozen=True, slots=True)
class GpuRequest:
    """So many GPUs, each of `vendor` and with at least `memory` bytes."""

    count: int = 0
    vendor: GpuVendor = GpuVendor.ANY
    memory: int = 0


@dataclass(frozen=True, slots=True)
class Resources:
    """What a stage definition requires of a node.

    `cpus` in cores, `memory` and `shared_memory` in bytes; 0 memory means no limit and no reservation,
    0 shared memory the engine's default (64 MiB). `pids` limits the number of processes. Tags are all required of the node.
    """

    cpus: float = 1.0
    memory: int = 0
    shared_memory: int = 0
    pids: int = 4096
    gpus: GpuRequest = field(default_factory=GpuRequest)
    tags: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Gpu:
    """One GPU of a node, given to stages by its UUID, never by its number. `memory` in bytes."""

    uuid: str
    vendor: GpuVendor
    model: str
    memory: int
    driver: str = ""


@dataclass(frozen=True, slots=True)
class Capacity:
    """What a node has in all, or what is left of it. `cpus` in cores, `memory` and `disk` in bytes."""

    cpus: float
    memory: int
    disk: int = 0
    gpus: tuple[Gpu, ...] = ()

    def less(self, used: Resources, gpu_uuids: frozenset[str] = frozenset()) -> Capacity:
        """What is left when `used` is taken away with exactly the GPUs of `gpu_uuids`; may go below zero."""
        return Capacity(
            cpus=self.cpus - used.cpus,
            memory=self.memory - used.memory,
            disk=self.disk,
            gpus=tuple(gpu for gpu in self.gpus if gpu.uuid not in gpu_uuids),
        )


def fitting_gpus(request: GpuRequest, free: tuple[Gpu, ...]) -> tuple[Gpu, ...]:
    """The GPUs among `free` that each satisfy `request`, smallest memory first so that large ones stay free."""
    fit = (gpu for gpu in free if request.vendor in (GpuVendor.ANY, gpu.vendor) and gpu.memory >= request.memory)
    return tuple(sorted(fit, key=lambda gpu: (gpu.memory, gpu.uuid)))


def shortage(need: Resources, free: Capacity, tags: frozenset[str]) -> tuple[str, ...]:
    """What `free` lacks for `need`, each as a sentence a person can act on; empty when it fits.

    Floating point cores are compared with a tolerance of a millionth, so that ten tenths fit into one.
    """
    lacks: list[str] = []
    if need.cpus > free.cpus + 1e-6:
        lacks.append(f"needs {need.cpus:g} CPUs, {max(free.cpus, 0):g} are free")
    if need.memory > free.memory:
        lacks.append(f"needs {about_size(need.memory)} of memory, {about_size(max(free.memory, 0))} are free")
    fit = len(fitting_gpus(need.gpus, free.gpus))
    if need.gpus.count > fit:
        kind = f"{need.gpus.vendor.value}, {about_size(need.gpus.memory)} each"
        lacks.append(f"needs {need.gpus.count} GPUs ({kind}), {fit} are free")
    missing = sorted(need.tags - tags)
    if missing:
        lacks.append(f"lacks the tags {', '.join(missing)}")
    return tuple(lacks)
