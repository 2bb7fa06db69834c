"""Records as the store keeps them: the contract's own messages, in binary.

So that nodes of two versions work side by side, `buf breaking` holds the messages readable; what a newer version wrote
and this one cannot understand is refused as DataLoss rather than guessed at. It never needs to know where records are kept.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from google.protobuf.message import DecodeError, Message

from winslow.domain.node import Node, NodePolicy, Reservation, Silence
from winslow.domain.pipeline import PipelineRecord
from winslow.domain.project import Project, Run, Sweep
from winslow.domain.records import Comment, Done, Globals, Kind, Limits, Record
from winslow.domain.stage import Stage
from winslow.errors import DataLoss, InvalidArgument
from winslow.v1 import (
    node_pb2,
    pipeline_pb2,
    project_pb2,
    request_record_pb2,
    run_pb2,
    settings_pb2,
    stage_pb2,
    sweep_pb2,
)
from winslow.wire.node import (
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
from winslow.wire.run import comment_from_proto, comment_to_proto, run_from_proto, run_to_proto
from winslow.wire.settings import globals_from_proto, globals_to_proto, limits_from_proto, limits_to_proto
from winslow.wire.stage import stage_from_proto, stage_to_proto
from winslow.wire.sweep import sweep_from_proto, sweep_to_proto


def encode(record: Record) -> bytes:
    """The record's bytes; equal records give equal bytes. Raises InvalidArgument (RECORD_INVALID) for what no message can hold."""
    try:
        return message_of(record).SerializeToString(deterministic=True)
    except (ValueError, TypeError, OverflowError) as error:  # half a surrogate pair, an int past 64 bits
        raise InvalidArgument(
            f"A {type(record).__name__} cannot be stored: {error}",
            reason="RECORD_INVALID",
            subject=type(record).__name__,
        ) from error


def decode(kind: Kind, data: bytes) -> Record:
    """The record that `encode` made. Raises DataLoss (RECORD_UNREADABLE)."""
    try:
        return _DECODERS[kind](data)
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
    Globals: globals_to_proto,
    Limits: limits_to_proto,
    Done: lambda done: request_record_pb2.RequestRecord(fingerprint=done.fingerprint, answer=done.answer),
}
"""One for each member of `Record`; a test holds the two together."""

_DECODERS: dict[Kind, Callable[[bytes], Record]] = {
    Kind.PIPELINE: lambda data: pipeline_from_proto(pipeline_pb2.Pipeline.FromString(data)),
    Kind.PIPELINE_VERSION: lambda data: pipeline_from_proto(pipeline_pb2.Pipeline.FromString(data)),
    Kind.PROJECT: lambda data: project_from_proto(project_pb2.Project.FromString(data)),
    Kind.RUN: lambda data: run_from_proto(run_pb2.Run.FromString(data)),
    Kind.SWEEP: lambda data: sweep_from_proto(sweep_pb2.Sweep.FromString(data)),
    Kind.STAGE: lambda data: stage_from_proto(stage_pb2.Stage.FromString(data)),
    Kind.COMMENT: lambda data: comment_from_proto(run_pb2.Comment.FromString(data)),
    Kind.NODE: lambda data: node_from_proto(node_pb2.Node.FromString(data)),
    Kind.NODE_POLICY: lambda data: policy_from_proto(node_pb2.NodePolicy.FromString(data)),
    Kind.RESERVATION: lambda data: reservation_from_proto(node_pb2.Reservation.FromString(data)),
    Kind.SILENCE: lambda data: silence_from_proto(node_pb2.Silence.FromString(data)),
    Kind.LIMITS: lambda data: limits_from_proto(settings_pb2.Limits.FromString(data)),
    Kind.GLOBALS: lambda data: globals_from_proto(settings_pb2.GlobalEnvironment.FromString(data)),
    Kind.REQUEST: lambda data: _done(request_record_pb2.RequestRecord.FromString(data)),
}
