"""Nodes and what operators decided about them."""

from __future__ import annotations

from winslow.domain.node import Attachment, GpuOffer, Node, NodePolicy, Offer, Reservation, Silence
from winslow.v1 import node_pb2 as pb
from winslow.v1 import peer_service_pb2 as peer_pb
from winslow.wire import names
from winslow.wire.resources import capacity_from_proto, capacity_to_proto
from winslow.wire.times import duration, optional_timestamp, seconds, timestamp, unix_seconds


def node_to_proto(node: Node, revision: int = 0) -> pb.Node:
    return pb.Node(
        name=names.node(node.id),
        revision=revision,
        address=node.address,
        capacity=capacity_to_proto(node.capacity),
        tags=sorted(node.tags),
        images=sorted(node.images),
        version=node.version,
        boot_id=node.boot_id,
        incarnation=node.incarnation,
        register_time=timestamp(node.registered_at),
        storage_client=node.storage_client,
        warnings=node.warnings,
        archives=sorted(node.archives),
        http_addresses=node.http,
    )


def node_from_proto(message: pb.Node) -> Node:
    return Node(
        id=names.parse_node(message.name),
        address=message.address,
        capacity=capacity_from_proto(message.capacity),
        tags=frozenset(message.tags),
        images=frozenset(message.images),
        version=message.version,
        boot_id=message.boot_id,
        incarnation=message.incarnation,
        registered_at=unix_seconds(message.register_time),
        storage_client=message.storage_client,
        warnings=tuple(message.warnings),
        archives=frozenset(message.archives),
        http=tuple(message.http_addresses),
    )


def policy_to_proto(policy: NodePolicy, revision: int = 0) -> pb.NodePolicy:
    return pb.NodePolicy(
        name=names.node(policy.id),
        revision=revision,
        cordoned=policy.cordoned,
        drain_deadline=optional_timestamp(policy.drain_deadline),
        reason=policy.reason,
        max_stages=policy.max_stages,
        drain_left=duration(policy.drain_left) if policy.drain_left is not None else None,
    )


def policy_from_proto(message: pb.NodePolicy) -> NodePolicy:
    return NodePolicy(
        id=names.parse_node(message.name),
        cordoned=message.cordoned,
        drain_deadline=unix_seconds(message.drain_deadline) if message.HasField("drain_deadline") else None,
        reason=message.reason,
        max_stages=message.max_stages,
        drain_left=seconds(message.drain_left) if message.HasField("drain_left") else None,
    )


def reservation_to_proto(reservation: Reservation) -> pb.Reservation:
    return pb.Reservation(
        name=names.node(reservation.node),
        stage_count=reservation.stages,
        cpus=reservation.cpus,
        memory=reservation.memory,
        gpus=reservation.gpus,
    )


def reservation_from_proto(message: pb.Reservation) -> Reservation:
    return Reservation(
        node=names.parse_node(message.name),
        stages=message.stage_count,
        cpus=message.cpus,
        memory=message.memory,
        gpus=tuple(message.gpus),
    )


def silence_to_proto(silence: Silence) -> pb.Silence:
    return pb.Silence(
        name=names.node(silence.node),
        start_time=timestamp(silence.since),
        waited=silence.waited,
        fenced=silence.fenced,
        fault=silence.fault,
    )


def silence_from_proto(message: pb.Silence) -> Silence:
    return Silence(
        node=names.parse_node(message.name),
        since=unix_seconds(message.start_time),
        waited=message.waited,
        fenced=tuple(message.fenced),
        fault=message.fault,
    )


def attachment_to_proto(attachment: Attachment) -> pb.Attachment:
    return pb.Attachment(name=names.node(attachment.node), clients=attachment.clients)


def attachment_from_proto(message: pb.Attachment) -> Attachment:
    return Attachment(names.parse_node(message.name), tuple(message.clients))


def offer_to_proto(offer: Offer) -> peer_pb.AttendRequest:
    return peer_pb.AttendRequest(
        node=names.node(offer.node),
        incarnation=offer.incarnation,
        number=offer.number,
        cpus_idle=offer.cpus_idle,
        memory_available=offer.memory_available,
        disk_free=offer.disk_free,
        gpus=[
            peer_pb.GpuOffer(uuid=gpu.uuid, utilisation=gpu.utilisation, memory_free=gpu.memory_free)
            for gpu in offer.gpus
        ],
        obstacles=offer.obstacles,
    )


def offer_from_proto(message: peer_pb.AttendRequest) -> Offer:
    return Offer(
        node=names.parse_node(message.node),
        incarnation=message.incarnation,
        number=message.number,
        cpus_idle=message.cpus_idle,
        memory_available=message.memory_available,
        disk_free=message.disk_free,
        gpus=tuple(GpuOffer(gpu.uuid, gpu.utilisation, gpu.memory_free) for gpu in message.gpus),
        obstacles=tuple(message.obstacles),
    )
