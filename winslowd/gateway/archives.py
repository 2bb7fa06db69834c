"""Directories and selections as one stream: `GET /archive?path=A&path=B&format=zip`.

What was begun and cannot be ended well ends the connection: a client sees that bytes are missing. What an archive holds, and how
it is written, is known elsewhere.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from winslowd.gateway.guard import asker
from winslowd.gateway.naming import disposition
from winslowd.usecases.archives import Archives
from winslowd.usecases.packing import gathered


class ArchiveRoutes:
    def __init__(self, archives: Archives) -> None:
        self._archives = archives

    def routes(self) -> list[Route]:
        return [Route("/archive", self._archive, methods=["GET"])]

    async def _archive(self, request: Request) -> Response:
        asked = request.query_params
        archive = await self._archives.pack(asker(request), asked.getlist("path"), asked.get("format", "zip"))
        headers = {"Content-Disposition": disposition(archive.name, attached=True), "Cache-Control": "no-store"}
        return StreamingResponse(gathered(archive.stream), 200, headers, archive.media_type)
