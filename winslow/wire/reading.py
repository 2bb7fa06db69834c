"""Readings of nodes and stages."""

from __future__ import annotations

from typing import assert_never

from winslow.domain.reading import GpuReading, OfNode, OfStage, Reading, Subject
from winslow.v1 import node_pb2 as pb
from winslow.wire import names
from winslow.wire.times import timestamp, unix_seconds


def subject_name(subject: Subject) -> str:
    """`nodes/N` or `projects/P/stages/S`."""
    match subject:
        case OfNode(node):
            return names.node(node)
        case OfStage(project, stage):
            return names.stage(project, stage)
        case _:
            assert_never(subject)


def parse_subject(name: str) -> Subject:
    """The other way round. Raises InvalidArgument (RESOURCE_NAME_INVALID)."""
    if name.startswith("nodes/"):
        return OfNode(names.parse_node(name))
    return OfStage(*names.parse_stage(name))


def reading_to_proto(reading: Reading) -> pb.Reading:
    return pb.Reading(
        subject=subject_name(reading.subject),
        time=timestamp(reading.time),
        seconds=reading.seconds,
        cpus=reading.cpus,
        memory=reading.memory,
        network_receive_rate=reading.network_receive_rate,
        network_send_rate=reading.network_send_rate,
        disk_read_rate=reading.disk_read_rate,
        disk_write_rate=reading.disk_write_rate,
        disk_used=reading.disk_used,
        gpus=[
            pb.GpuReading(
                uuid=gpu.uuid,
                utilisation=gpu.utilisation,
                memory_used=gpu.memory_used,
                temperature=gpu.temperature,
                power=gpu.power,
            )
            for gpu in reading.gpus
        ],
        load=reading.load,
    )


def reading_from_proto(message: pb.Reading) -> Reading:
    return Reading(
        subject=parse_subject(message.subject),
        time=unix_seconds(message.time),
        seconds=message.seconds,
        cpus=message.cpus,
        memory=message.memory,
        network_receive_rate=message.network_receive_rate,
        network_send_rate=message.network_send_rate,
        disk_read_rate=message.disk_read_rate,
        disk_write_rate=message.disk_write_rate,
        disk_used=message.disk_used,
        gpus=tuple(
            GpuReading(gpu.uuid, gpu.utilisation, gpu.memory_used, gpu.temperature, gpu.power) for gpu in message.gpus
        ),
        load=message.load,
    )
