"""The port KeptReadings for the daemon: readings as lines of JSON, the contract's own, kept and read by the worker as bytes."""

from __future__ import annotations

import json
from collections.abc import Sequence

from google.protobuf import json_format

from winslow.domain.reading import OfStage, Reading
from winslow.errors import DataLoss
from winslow.v1 import node_pb2 as pb
from winslow.wire.reading import reading_from_proto, reading_to_proto
from winslowd.files.client import Caller, Nothing


class KeptReadingsClient:
    """`winslow.ports.KeptReadings`."""

    def __init__(self, caller: Caller) -> None:
        self._call = caller.call

    async def keep(self, subject: OfStage, readings: Sequence[Reading]) -> None:
        if lines := b"".join(map(_line, readings)):
            await self._call(Nothing, "readings.put", subject.project, subject.stage, data=lines)

    async def kept(self, subject: OfStage) -> tuple[Reading, ...]:
        lines = await self._call(bytes, "readings.get", subject.project, subject.stage)
        try:
            return tuple(_reading(line) for line in lines.splitlines())
        except json_format.ParseError as error:
            raise DataLoss(
                f"The readings of {subject.stage} cannot be read: {error}",
                reason="ARCHIVE_DAMAGED",
                subject=f"projects/{subject.project}/stages/{subject.stage}",
                hint="Restore the stage's readings.gz from a snapshot or a backup, or delete it",
            ) from error


def _line(reading: Reading) -> bytes:
    values = json_format.MessageToDict(reading_to_proto(reading), preserving_proto_field_name=True)
    return json.dumps(values, separators=(",", ":")).encode() + b"\n"


def _reading(line: bytes) -> Reading:
    return reading_from_proto(json_format.Parse(line, pb.Reading(), ignore_unknown_fields=True))
