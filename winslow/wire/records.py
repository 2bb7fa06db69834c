"""Records as the store keeps them: the contract's own messages, in binary.

So that nodes of two versions work side by side, `buf breaking` holds the messages readable. Fields that a newer version
added survive being written by this one (`winslow.wire.unknown`); a value that this one cannot understand, such as a new
member of an enum, makes the record DataLoss rather than a guess. It never needs to know where records are kept.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from google.protobuf.message import DecodeError, Message

from winslow.domain.node import Attachment, Node, NodePolicy, Reservation, Silence
from winslow.domain.notices import Noted
from winslow.domain.pipeline import PipelineRecord
from winslow.domain.project import Project, Run, Sweep
from winslow.domain.records import Comment, Done, Globals, Kind, Limits, Record, VolumeIdentity
from winslow.domain.retention import RetentionClock, RetentionPolicy
from winslow.domain.savedview import SavedView
from winslow.domain.stage import Stage
from winslow.domain.subscription import Delivery, Notice, Subscription
from winslow.errors import DataLoss, InvalidArgument
from winslow.v1 import (
    cluster_pb2,
    node_pb2,
    notice_pb2,
    pipeline_pb2,
    project_pb2,
    request_record_pb2,
    retention_pb2,
    run_pb2,
    settings_pb2,
    stage_pb2,
    subscription_pb2,
    sweep_pb2,
    view_pb2,
)
from winslow.wire.node import (
    attachment_from_proto,
    attachment_to_proto,
    node_from_proto,
    node_to_proto,
    policy_from_proto,
    policy_to_proto,
    reservation_from_proto,
    reservation_to_proto,
    silence_from_proto,
    silence_to_proto,
)
from winslow.wire.pipeline import pipeline_from_proto, pipeline_to_proto
from winslow.wire.project import project_from_proto, project_to_proto
from winslow.wire.retention import clock_from_proto, clock_to_proto, retention_from_proto, retention_to_proto
from winslow.wire.run import comment_from_proto, comment_to_proto, run_from_proto, run_to_proto
from winslow.wire.settings import globals_from_proto, globals_to_proto, limits_from_proto, limits_to_proto
from winslow.wire.stage import stage_from_proto, stage_to_proto
from winslow.wire.subscription import (
    delivery_from_proto,
    delivery_to_proto,
    noted_from_proto,
    noted_to_proto,
    notice_from_proto,
    notice_to_proto,
    subscription_from_proto,
    subscription_to_proto,
)
from winslow.wire.sweep import sweep_from_proto, sweep_to_proto
from winslow.wire.unknown import carry, holds_unknown
from winslow.wire.view import view_from_proto, view_to_proto


def encode(record: Record, unknown: bytes = b"") -> bytes:
    """The record's bytes; equal records give equal bytes. `unknown` is what `unknown` said of what the record was read from.

    Raises InvalidArgument (RECORD_INVALID) for what no message can hold.
    """
    try:
        message = message_of(record)
        if unknown:
            carry(type(message).FromString(unknown), message)
        return message.SerializeToString(deterministic=True)
    except (ValueError, TypeError, OverflowError) as error:  # half a surrogate pair, an int past 64 bits
        raise InvalidArgument(
            f"A {type(record).__name__} cannot be stored: {error}",
            reason="RECORD_INVALID",
            subject=type(record).__name__,
        ) from error


def decode(kind: Kind, data: bytes) -> Record:
    """The record that `encode` made. Raises DataLoss (RECORD_UNREADABLE)."""
    return read(kind, data)[0]


def read(kind: Kind, data: bytes) -> tuple[Record, bytes]:
    """The record that `encode` made, and the `unknown` to write it again with: `data` itself where there are fields in it
    that only a newer version knows, else b"". Raises DataLoss (RECORD_UNREADABLE).
    """
    try:
        of_kind, value_of = _DECODERS[kind]
        message = of_kind.FromString(data)
        return value_of(message), data if holds_unknown(message, data) else b""
    except (DecodeError, InvalidArgument) as error:
        raise DataLoss(
            f"A record of {kind.value} cannot be read: {error}",
            reason="RECORD_UNREADABLE",
            subject=kind.value,
            hint="If a newer version of Winslow wrote it, upgrade this node; otherwise restore it from a snapshot",
        ) from error


def message_of(record: Record) -> Message:
    """The record as its message, without revision or anything derived."""
    return _ENCODERS[type(record)](record)


def _volume(message: cluster_pb2.VolumeIdentity) -> VolumeIdentity:
    return VolumeIdentity(message.id)


def _done(message: request_record_pb2.RequestRecord) -> Done:
    return Done(message.fingerprint, message.answer)


_ENCODERS: dict[type, Callable[[Any], Message]] = {
    PipelineRecord: pipeline_to_proto,
    Project: project_to_proto,
    Run: run_to_proto,
    Sweep: sweep_to_proto,
    Stage: stage_to_proto,
    Comment: comment_to_proto,
    Node: node_to_proto,
    NodePolicy: policy_to_proto,
    Reservation: reservation_to_proto,
    Silence: silence_to_proto,
    Attachment: attachment_to_proto,
    VolumeIdentity: lambda volume: cluster_pb2.VolumeIdentity(id=volume.id),
    Globals: globals_to_proto,
    Limits: limits_to_proto,
    RetentionPolicy: retention_to_proto,
    RetentionClock: clock_to_proto,
    SavedView: view_to_proto,
    Subscription: subscription_to_proto,
    Delivery: delivery_to_proto,
    Notice: notice_to_proto,
    Noted: noted_to_proto,
    Done: lambda done: request_record_pb2.RequestRecord(fingerprint=done.fingerprint, answer=done.answer),
}
"""One for each member of `Record`; a test holds the two together."""

_DECODERS: dict[Kind, tuple[type[Message], Callable[[Any], Record]]] = {
    Kind.PIPELINE: (pipeline_pb2.Pipeline, pipeline_from_proto),
    Kind.PIPELINE_VERSION: (pipeline_pb2.Pipeline, pipeline_from_proto),
    Kind.PROJECT: (project_pb2.Project, project_from_proto),
    Kind.RUN: (run_pb2.Run, run_from_proto),
    Kind.SWEEP: (sweep_pb2.Sweep, sweep_from_proto),
    Kind.STAGE: (stage_pb2.Stage, stage_from_proto),
    Kind.COMMENT: (run_pb2.Comment, comment_from_proto),
    Kind.NODE: (node_pb2.Node, node_from_proto),
    Kind.NODE_POLICY: (node_pb2.NodePolicy, policy_from_proto),
    Kind.RESERVATION: (node_pb2.Reservation, reservation_from_proto),
    Kind.SILENCE: (node_pb2.Silence, silence_from_proto),
    Kind.ATTACHMENT: (node_pb2.Attachment, attachment_from_proto),
    Kind.VOLUME: (cluster_pb2.VolumeIdentity, _volume),
    Kind.LIMITS: (settings_pb2.Limits, limits_from_proto),
    Kind.GLOBALS: (settings_pb2.GlobalEnvironment, globals_from_proto),
    Kind.RETENTION: (retention_pb2.RetentionPolicy, retention_from_proto),
    Kind.RETENTION_CLOCK: (retention_pb2.RetentionClock, clock_from_proto),
    Kind.VIEW: (view_pb2.View, view_from_proto),
    Kind.SUBSCRIPTION: (subscription_pb2.Subscription, subscription_from_proto),
    Kind.DELIVERY: (notice_pb2.Delivery, delivery_from_proto),
    Kind.NOTICE: (notice_pb2.Notice, notice_from_proto),
    Kind.NOTED: (notice_pb2.Noted, noted_from_proto),
    Kind.REQUEST: (request_record_pb2.RequestRecord, _done),
}
