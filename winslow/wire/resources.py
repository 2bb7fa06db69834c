"""What a stage asks of a node, and what a node has."""

from __future__ import annotations

from winslow.domain.resources import Capacity, Gpu, GpuRequest, Resources
from winslow.v1 import resources_pb2 as pb
from winslow.wire.enums import GPU_VENDOR

_DEFAULT = Resources()


def resources_to_proto(resources: Resources) -> pb.Resources:
    return pb.Resources(
        cpus=resources.cpus,
        memory=resources.memory,
        shared_memory=resources.shared_memory,
        pids=resources.pids,
        gpus=pb.GpuRequest(
            count=resources.gpus.count,
            vendor=GPU_VENDOR.to_proto(resources.gpus.vendor),
            memory=resources.gpus.memory,
        ),
        tags=sorted(resources.tags),
    )


def resources_from_proto(message: pb.Resources) -> Resources:
    return Resources(
        cpus=message.cpus if message.HasField("cpus") else _DEFAULT.cpus,
        memory=message.memory,
        shared_memory=message.shared_memory,
        pids=message.pids if message.HasField("pids") else _DEFAULT.pids,
        gpus=GpuRequest(
            count=message.gpus.count,
            vendor=GPU_VENDOR.from_proto(message.gpus.vendor),
            memory=message.gpus.memory,
        ),
        tags=frozenset(message.tags),
    )


def capacity_to_proto(capacity: Capacity) -> pb.Capacity:
    return pb.Capacity(
        cpus=capacity.cpus,
        memory=capacity.memory,
        disk=capacity.disk,
        gpus=[
            pb.Gpu(
                uuid=gpu.uuid,
                vendor=GPU_VENDOR.to_proto(gpu.vendor),
                model=gpu.model,
                memory=gpu.memory,
                driver=gpu.driver,
            )
            for gpu in capacity.gpus
        ],
    )


def capacity_from_proto(message: pb.Capacity) -> Capacity:
    return Capacity(
        cpus=message.cpus,
        memory=message.memory,
        disk=message.disk,
        gpus=tuple(
            Gpu(
                uuid=gpu.uuid,
                vendor=GPU_VENDOR.from_proto(gpu.vendor),
                model=gpu.model,
                memory=gpu.memory,
                driver=gpu.driver,
            )
            for gpu in message.gpus
        ),
    )
