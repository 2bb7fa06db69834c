"""Nodes and what operators decided about them."""

from __future__ import annotations

from winslow.domain.node import Node, NodePolicy
from winslow.v1 import node_pb2 as pb
from winslow.wire import names
from winslow.wire.resources import capacity_from_proto, capacity_to_proto
from winslow.wire.times import optional_timestamp, timestamp, unix_seconds


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
    )


def policy_to_proto(policy: NodePolicy, revision: int = 0) -> pb.NodePolicy:
    return pb.NodePolicy(
        name=names.node(policy.id),
        revision=revision,
        cordoned=policy.cordoned,
        drain_deadline=optional_timestamp(policy.drain_deadline),
        reason=policy.reason,
    )


def policy_from_proto(message: pb.NodePolicy) -> NodePolicy:
    return NodePolicy(
        id=names.parse_node(message.name),
        cordoned=message.cordoned,
        drain_deadline=unix_seconds(message.drain_deadline) if message.HasField("drain_deadline") else None,
        reason=message.reason,
    )
