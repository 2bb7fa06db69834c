"""What a person changes of a stage just before submission: `--env`, `--arg`, `--image`, `--cpus` and their like.

Resources are replaced as a whole on the wire, so what is not named is taken from the definition here.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Annotated

import typer

from winslow.domain.quantity import parse_size
from winslow.errors import InvalidArgument
from winslow.v1.pipeline_pb2 import StageDefinition
from winslow.v1.resources_pb2 import GpuVendor, Resources
from winslow.v1.run_pb2 import Arguments, Override
from winslowctl.arguments import assignment
from winslowctl.render import human

ENV = Annotated[
    list[str] | None,
    typer.Option(
        "--env",
        "-e",
        metavar="[STAGE:]NAME=VALUE",
        help="Set a variable, of STAGE or of the first one. May be repeated.",
    ),
]
ARG = Annotated[
    list[str] | None,
    typer.Option(
        "--arg", metavar="ARGUMENT", help="Arguments of the image, instead of those defined. May be repeated."
    ),
]
IMAGE = Annotated[str | None, typer.Option("--image", help="Another image.")]
CPUS = Annotated[float | None, typer.Option("--cpus", help="Cores.")]
MEMORY = Annotated[str | None, typer.Option("--memory", metavar="SIZE", help="For instance 4GiB.")]
SHARED_MEMORY = Annotated[str | None, typer.Option("--shared-memory", metavar="SIZE", help="Size of /dev/shm.")]
GPUS = Annotated[
    str | None, typer.Option("--gpus", metavar="[VENDOR:]COUNT", help="For instance 1, or nvidia:2; 0 for none.")
]
GPU_MEMORY = Annotated[str | None, typer.Option("--gpu-memory", metavar="SIZE", help="At least so much on each GPU.")]

_VENDORS = {
    "any": GpuVendor.GPU_VENDOR_ANY,
    "nvidia": GpuVendor.GPU_VENDOR_NVIDIA,
    "amd": GpuVendor.GPU_VENDOR_AMD,
}


@dataclass(frozen=True, slots=True)
class Asked:
    """The options as they were given; None leaves a thing as it is defined."""

    env: list[str] | None = None
    arg: list[str] | None = None
    image: str | None = None
    cpus: float | None = None
    memory: str | None = None
    shared_memory: str | None = None
    gpus: str | None = None
    gpu_memory: str | None = None
    variables: Mapping[str, dict[str, str]] = field(init=False)
    """Of `env`, by stage; "" where none was named."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "variables", _by_stage(self.env or ()))

    def override(self, definition: StageDefinition, stage: str = "") -> Override:
        """What changes of `definition`; `stage` picks the variables."""
        asked = Override(environment=self.variables.get(stage, {}))
        if stage:
            return asked
        if self.arg is not None:
            asked.arguments.CopyFrom(Arguments(values=self.arg))
        if self.image is not None:
            asked.image = self.image
        if self._resources_given:
            asked.resources.CopyFrom(self._resources(definition.resources))
        return asked

    @property
    def _resources_given(self) -> bool:
        given = (self.cpus, self.memory, self.shared_memory, self.gpus, self.gpu_memory)
        return any(value is not None for value in given)

    def _resources(self, defined: Resources) -> Resources:
        wanted = Resources()
        wanted.CopyFrom(defined)
        if self.cpus is not None:
            wanted.cpus = self.cpus
        if self.memory is not None:
            wanted.memory = parse_size(self.memory)
        if self.shared_memory is not None:
            wanted.shared_memory = parse_size(self.shared_memory)
        if self.gpus is not None:
            wanted.gpus.count, wanted.gpus.vendor = _gpus(self.gpus)
        if self.gpu_memory is not None:
            wanted.gpus.memory = parse_size(self.gpu_memory)
        return wanted


def overrides(asked: Asked, stages: Iterable[StageDefinition], first: Iterable[str]) -> dict[str, Override]:
    """By definition: what is said of no stage is for those in `first`. Raises InvalidArgument (STAGE_NOT_IN_PIPELINE)."""
    known = {stage.name: stage for stage in stages}
    made: dict[str, Override] = {}
    for name in first:
        definition = _of(known, name)
        made[name] = asked.override(definition)
    for name in asked.variables:
        if name:
            made.setdefault(name, Override()).MergeFrom(asked.override(_of(known, name), name))
    return {name: override for name, override in made.items() if override.ByteSize()}


def told(override: Override) -> str:
    """What changes, in a few words."""
    parts = [f"{name}={value}" for name, value in sorted(override.environment.items())]
    if override.HasField("image"):
        parts.append(f"image {override.image}")
    if override.HasField("arguments"):
        parts.append(f"arguments {shlex.join(override.arguments.values)}")
    if override.HasField("resources"):
        parts.append(needs(override.resources))
    return ", ".join(parts)


def needs(wanted: Resources) -> str:
    """`1 CPU, 512 MiB, 2 GPUs, ssd`."""
    cpus = wanted.cpus if wanted.HasField("cpus") else 1
    parts = [human.count(int(cpus), "CPU") if cpus == int(cpus) else f"{cpus:g} CPUs"]
    if wanted.memory:
        parts.append(human.size(wanted.memory))
    if wanted.gpus.count:
        parts.append(human.count(wanted.gpus.count, "GPU"))
    return ", ".join([*parts, *wanted.tags])


def first_of(stages: Iterable[StageDefinition]) -> list[str]:
    """Where a run starts by itself: at the definitions before which there is nothing."""
    return [stage.name for stage in stages if not stage.after]


def _of(known: Mapping[str, StageDefinition], name: str) -> StageDefinition:
    if name in known:
        return known[name]
    raise InvalidArgument(
        f"The project's pipeline has no stage {name!r}",
        reason="STAGE_NOT_IN_PIPELINE",
        subject=name,
        hint=f"It has: {', '.join(known)}" if known else "It has no pipeline yet: winslowctl project set-pipeline",
    )


def _by_stage(texts: Iterable[str]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for text in texts:
        stage, colon, rest = text.partition(":")
        if not colon or "=" in stage:
            stage, rest = "", text
        name, value = assignment(rest)
        found.setdefault(stage, {})[name] = value
    return found


def _gpus(text: str) -> tuple[int, GpuVendor]:
    vendor, colon, number = text.rpartition(":")
    if number.isascii() and number.isdigit() and len(number) < 5 and (not colon or vendor in _VENDORS):
        return int(number), _VENDORS[vendor or "any"]
    raise InvalidArgument(
        f"{text!r} does not say how many GPUs", reason="GPUS_INVALID", subject=text, hint="Write 1, or nvidia:2"
    )
