"""Unix seconds and lengths in seconds, as floats here and as whole nanoseconds in the contract.

A float of today's Unix time is coarser than a nanosecond, so it comes back as it went; a length comes back as it
went when it has at most nine decimals.
"""

from __future__ import annotations

import math

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

_NANOS = 1_000_000_000


def timestamp(at: float) -> Timestamp:
    return Timestamp(**_split(at))


def optional_timestamp(at: float | None) -> Timestamp | None:
    return None if at is None else timestamp(at)


def unix_seconds(at: Timestamp) -> float:
    return _joined(at.seconds, at.nanos)


def duration(length: float) -> Duration:
    """Of a length that is not negative."""
    return Duration(**_split(length))


def seconds(length: Duration) -> float:
    return _joined(length.seconds, length.nanos)


def _split(value: float) -> dict[str, int]:
    whole = math.floor(value)
    nanos = round((value - whole) * _NANOS)
    return {"seconds": whole + nanos // _NANOS, "nanos": nanos % _NANOS}


def _joined(whole: int, nanos: int) -> float:
    if not (whole or nanos):
        return 0.0  # of which there is one; most lengths are none
    # Python divides whole numbers exactly and rounds once; `whole + nanos / 1e9` rounds twice, and 1.1 would not come back.
    return (whole * _NANOS + nanos) / _NANOS
