"""Sweeps and their axes."""

from __future__ import annotations

from winslow.domain import sweep as expressions
from winslow.domain.pipeline import DefinitionName
from winslow.domain.project import Axis, Sweep
from winslow.errors import InvalidArgument
from winslow.v1 import sweep_pb2 as pb
from winslow.wire import names
from winslow.wire.enums import RUN_MODE
from winslow.wire.run import override_from_proto, override_to_proto
from winslow.wire.stage import reason_from_proto, reason_to_proto, stage_id, stage_ids, stage_name, stage_names
from winslow.wire.times import timestamp, unix_seconds


def sweep_to_proto(sweep: Sweep, revision: int = 0) -> pb.Sweep:
    return pb.Sweep(
        name=names.sweep(sweep.project, sweep.id),
        revision=revision,
        start=sweep.start,
        axes=[axis_to_proto(axis) for axis in sweep.axes],
        create_time=timestamp(sweep.created_at),
        author=sweep.created_by,
        mode=RUN_MODE.to_proto(sweep.mode),
        keep_going=sweep.keep_going,
        parent=stage_name(sweep.project, sweep.parent),
        inherited=stage_names(sweep.project, sweep.inherited),
        override=override_to_proto(sweep.override),
        first_number=sweep.first_number,
        made=sweep.made,
        succeeded_count=sweep.succeeded,
        failed_count=sweep.failed,
        stopped=reason_to_proto(sweep.stopped),
        comment=sweep.comment,
        count=expressions.count(sweep.axes),
    )


def sweep_from_proto(message: pb.Sweep) -> Sweep:
    project, id_ = names.parse_sweep(message.name)
    return Sweep(
        id=id_,
        project=project,
        start=DefinitionName(message.start),
        axes=tuple(Axis(axis.variable, tuple(axis.values)) for axis in message.axes),
        created_at=unix_seconds(message.create_time),
        created_by=message.author,
        mode=RUN_MODE.from_proto(message.mode),
        keep_going=message.keep_going,
        parent=stage_id(message.parent) if message.HasField("parent") else None,
        inherited=stage_ids(message.inherited),
        override=override_from_proto(message.override),
        first_number=message.first_number,
        made=message.made,
        succeeded=message.succeeded_count,
        failed=message.failed_count,
        stopped=reason_from_proto(message.stopped) if message.HasField("stopped") else None,
        comment=message.comment,
    )


def axis_to_proto(axis: Axis) -> pb.Axis:
    return pb.Axis(variable=axis.variable, values=axis.values)


def axis_from_proto(message: pb.Axis) -> Axis:
    """An axis of a request. Raises InvalidArgument (SWEEP_INVALID, SWEEP_TOO_LARGE)."""
    if not message.expression:
        return Axis(message.variable, tuple(message.values))
    if message.values:
        raise InvalidArgument(
            f"{message.variable!r} has both values and an expression",
            reason="SWEEP_INVALID",
            subject=message.variable,
            hint="Give one of them",
        )
    return expressions.parse_axis(f"{message.variable}={message.expression}")
