"""Logs of stages, live and ended, over the wire. A cut connection costs no line and repeats none."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from google.protobuf.timestamp_pb2 import Timestamp

from winslow.client import naming
from winslow.client.calls import Calls
from winslow.client.loglines import LineReader, LogLine
from winslow.client.patience import Patience
from winslow.errors import WinslowError
from winslow.v1 import log_service_pb2 as pb
from winslow.v1.log_pb2 import LogChunk, LogMatch


class Logs:
    """What LogService offers; a stage is named by its id or its whole name. Offsets are bytes, at beginnings of lines."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def read(self, stage: str, offset: int = 0, tail: int | None = None) -> Iterator[LogChunk]:
        """The log as it is now, from an offset, or its last `tail` lines; what is written meanwhile is left out."""
        if tail == 0:
            return
        request = pb.ReadLogRequest(name=naming.stage(stage), offset=offset, tail_lines=tail or 0)
        chunk = self._calls.unary("LogService/ReadLog", request, LogChunk)
        size = chunk.size
        while chunk.data:
            yield chunk
            request = pb.ReadLogRequest(name=request.name, offset=chunk.offset + len(chunk.data))
            if request.offset >= size:
                return
            chunk = self._calls.unary("LogService/ReadLog", request, LogChunk)

    def follow(self, stage: str, offset: int = 0, tail: int | None = None) -> Iterator[LogChunk]:
        """The log from an offset, or from its last `tail` lines, as it is written, until the stage has ended."""
        request = pb.FollowLogRequest(name=naming.stage(stage), offset=offset, tail_lines=tail)
        patience = Patience(self._calls.cut_patience)
        while True:
            try:
                for chunk in self._calls.stream("LogService/FollowLog", request, LogChunk):
                    patience.renew()
                    request = pb.FollowLogRequest(name=request.name, offset=chunk.offset + len(chunk.data))
                    yield chunk
                    if chunk.ended:
                        return
            except WinslowError as error:
                patience.pause(error)
            else:
                return

    def lines(
        self, stage: str, *, follow: bool = False, offset: int = 0, tail: int | None = None, unfinished: bool = False
    ) -> Iterator[LogLine]:
        """The same as lines, long ones put together again.

        With `unfinished` a line that is followed comes before its end, too: again and again, as it is then (`LogLine.ended`).
        """
        reader = LineReader()
        for chunk in self.follow(stage, offset, tail) if follow else self.read(stage, offset, tail):
            yield from reader.feed(chunk.data)
            if unfinished:
                yield from reader.so_far(chunk.unfinished)
        yield from reader.finish()

    def search(self, stage: str, pattern: str, offset: int = 0) -> Iterator[LogMatch]:
        """Lines that match (RE2 syntax), in order."""
        request = pb.SearchLogRequest(name=naming.stage(stage), pattern=pattern, offset=offset)
        return self._calls.pages("LogService/SearchLog", request, pb.SearchLogResponse, "matches")

    def locate(self, stage: str, at: datetime) -> int:
        """The offset of the first line at or after a time (with its zone)."""
        time = Timestamp()
        time.FromDatetime(at)
        request = pb.LocateLogTimeRequest(name=naming.stage(stage), time=time)
        return self._calls.unary("LogService/LocateLogTime", request, pb.LocateLogTimeResponse).offset
