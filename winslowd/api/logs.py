"""LogService."""

# ruff: noqa: N802 - the contract names the methods

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

from winslow.v1 import log_pb2, log_service_pb2_grpc
from winslow.v1 import log_service_pb2 as pb
from winslow.wire.times import optional_timestamp, unix_seconds
from winslowd.api import decoding
from winslowd.api.call import asker
from winslowd.usecases.logs import Chunk, Logs, Match


class LogService(log_service_pb2_grpc.LogServiceServicer):
    def __init__(self, logs: Logs) -> None:
        self._logs = logs

    async def ReadLog(self, request: pb.ReadLogRequest, context: Any) -> log_pb2.LogChunk:
        project, stage = decoding.stage_name(request.name)
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
        return pb.SearchLogResponse(matches=[_match(one) for one in page.items], next_page_token=page.next_page_token)

    async def LocateLogTime(self, request: pb.LocateLogTimeRequest, context: Any) -> pb.LocateLogTimeResponse:
        project, stage = decoding.stage_name(request.name)
        at = unix_seconds(request.time)
        return pb.LocateLogTimeResponse(offset=await self._logs.locate(asker(), project, stage, at))


def _chunk(chunk: Chunk) -> log_pb2.LogChunk:
    return log_pb2.LogChunk(offset=chunk.offset, data=chunk.data, ended=chunk.ended, size=chunk.size)


def _match(match: Match) -> log_pb2.LogMatch:
    return log_pb2.LogMatch(offset=match.offset, line=match.line, time=optional_timestamp(match.at))
