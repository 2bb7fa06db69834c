"""Logs to take away as plain text: `GET /logs/projects/P/stages/S`, what the stage wrote without times and streams.

Whoever wants those fetches the log as it lies, as a file. What a log says is hostile; the guard's headers see to that.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from winslow.domain.principal import Principal
from winslowd.gateway.guard import asker
from winslowd.gateway.naming import disposition
from winslowd.usecases.logs import Logs

_PIECE = 1 << 20
_HEAD = re.compile(rb"(?m)^[^ \n]+ (?:(?:stdout|stderr|winslow) F |std(?:out|err) P ([^\n]*)\n)")
"""Before a line, or around a piece of a long one: those become one line again, where nothing else was written between them."""


class LogRoutes:
    def __init__(self, logs: Logs) -> None:
        self._logs = logs

    def routes(self) -> list[Route]:
        return [Route("/logs/projects/{project}/stages/{stage}", self._log, methods=["GET"])]

    async def _log(self, request: Request) -> Response:
        """All that is there when it is asked for; what is written meanwhile is left out."""
        who, project, stage = asker(request), request.path_params["project"], request.path_params["stage"]
        first = await self._logs.read(who, project, stage, 0, _PIECE)
        headers = {"Content-Disposition": disposition(f"{stage}.txt", attached=True), "Cache-Control": "no-store"}
        text = self._text(who, project, stage, first.data, first.size)
        return StreamingResponse(text, 200, headers, "text/plain; charset=utf-8")

    async def _text(
        self, who: Principal, project: str, stage: str, data: bytes, size: int
    ) -> AsyncGenerator[bytes, None]:
        offset = 0
        while data:
            yield await asyncio.to_thread(_HEAD.sub, rb"\1", data)
            offset += len(data)
            if offset >= size:
                return
            data = (await self._logs.read(who, project, stage, offset, _PIECE)).data
