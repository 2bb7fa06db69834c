"""Retention: which workspaces are kept, and the time by which their ages are judged."""

from __future__ import annotations

from winslow.domain.retention import RetentionClock, RetentionPolicy
from winslow.v1 import retention_pb2 as pb
from winslow.wire.times import duration, seconds, timestamp, unix_seconds


def retention_to_proto(policy: RetentionPolicy, name: str = "", revision: int = 0) -> pb.RetentionPolicy:
    return pb.RetentionPolicy(
        name=name,
        revision=revision,
        keep_succeeded=policy.keep_succeeded,
        keep_failed=policy.keep_failed,
        max_age=None if policy.max_age is None else duration(policy.max_age),
        drop_discardable=policy.drop_discardable,
    )


def retention_from_proto(message: pb.RetentionPolicy) -> RetentionPolicy:
    return RetentionPolicy(
        keep_succeeded=message.keep_succeeded if message.HasField("keep_succeeded") else None,
        keep_failed=message.keep_failed,
        max_age=seconds(message.max_age) if message.HasField("max_age") else None,
        drop_discardable=message.drop_discardable,
    )


def clock_to_proto(clock: RetentionClock) -> pb.RetentionClock:
    return pb.RetentionClock(time=timestamp(clock.at))


def clock_from_proto(message: pb.RetentionClock) -> RetentionClock:
    return RetentionClock(unix_seconds(message.time))
