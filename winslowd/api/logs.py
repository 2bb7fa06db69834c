"""LogService."""

# ruff: noqa: N802 - the contract names the methods

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

from winslow.ports import LogValues
from winslow.v1 import log_pb2, log_service_pb2_grpc
from winslow.v1 import log_service_pb2 as pb
from winslow.wire.times import optional_timestamp, unix_seconds
from winslowd.api import decoding
from winslowd.api.call import asker
from winslowd.usecases.logs import Chunk, Logs
from winslowd.usecases.logsearch import Match


class LogService(log_service_pb2_grpc.LogServiceServicer):
    def __init__(self, logs: Logs) -> None:
        self._logs = logs

    async def ReadLog(self, request: pb.ReadLogRequest, context: Any) -> log_pb2.LogChunk:
        project, stage = decoding.stage_name(request.name)
        if request.align:
            return _chunk(await self._logs.lines(asker(), project, stage, request.offset, request.size))
        return _chunk(await self._logs.read(asker(), project, stage, request.offset, request.size, request.tail_lines))

    async def FollowLog(self, request: pb.FollowLogRequest, context: Any) -> AsyncIterator[log_pb2.LogChunk]:
        project, stage = decoding.stage_name(request.name)
        tail = request.tail_lines if request.HasField("tail_lines") else None
        async with aclosing(self._logs.follow(asker(), project, stage, request.offset, tail)) as chunks:
            async for chunk in chunks:
                yield _chunk(chunk)

    async def SearchLog(self, request: pb.SearchLogRequest, context: Any) -> pb.SearchLogResponse:
        project, stage = decoding.stage_name(request.name)
        page = await self._logs.search(asker(), project, stage, request.pattern, request.offset, decoding.ask(request))
        return pb.SearchLogResponse(
            matches=[_match(one, brief=request.brief) for one in page.items],
            next_page_token=page.next_page_token,
            offset=page.offset,
            size=page.size,
        )

    async def ExtractLogValues(self, request: pb.ExtractLogValuesRequest, context: Any) -> pb.ExtractLogValuesResponse:
        project, stage = decoding.stage_name(request.name)
        found = await self._logs.extract(asker(), project, stage, request.pattern, request.offset, request.max_rows)
        return pb.ExtractLogValuesResponse(
            values=_values(found.values), offset=found.values.offset, size=found.size, ended=found.ended
        )

    async def LocateLogTime(self, request: pb.LocateLogTimeRequest, context: Any) -> pb.LocateLogTimeResponse:
        project, stage = decoding.stage_name(request.name)
        at = unix_seconds(request.time)
        return pb.LocateLogTimeResponse(offset=await self._logs.locate(asker(), project, stage, at))


def _chunk(chunk: Chunk) -> log_pb2.LogChunk:
    return log_pb2.LogChunk(
        offset=chunk.offset,
        data=chunk.data,
        ended=chunk.ended,
        size=chunk.size,
        continued=chunk.continued,
        unfinished=chunk.unfinished,
    )


def _match(match: Match, *, brief: bool) -> log_pb2.LogMatch:
    line = b"" if brief else match.line
    return log_pb2.LogMatch(offset=match.offset, line=line, time=optional_timestamp(match.at))


def _values(values: LogValues) -> log_pb2.LogValues:
    columns = [log_pb2.LogColumn(group=one.group, values=one.values) for one in values.columns]
    return log_pb2.LogValues(times=values.times, columns=columns, matched=values.matched)
