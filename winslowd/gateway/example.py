"""The example that a newcomer begins with: a pipeline and a clip, read from a directory of the node's and never changed.

`/example/` says what there is, `/example/NAME` gives it: exactly those files that were there at the start, by name. It never needs
to know what becomes of them; the pages make a pipeline and a project of them as a person would.
"""

from __future__ import annotations

from collections.abc import Mapping
from mimetypes import guess_type
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from winslow.errors import NotFound
from winslowd.gateway.naming import content_type

PIPELINE = "pipeline.yaml"
_ASK = {"Cache-Control": "no-cache"}


class ExampleRoutes:
    """Without a directory, or with one that lacks a pipeline or a clip, it says that there is none."""

    def __init__(self, directory: Path | None) -> None:
        self._files = _found(directory) if directory else {}

    def routes(self) -> list[Route]:
        return [
            Route("/example/", self._told, methods=["GET"]),
            Route("/example/{name}", self._file, methods=["GET", "HEAD"]),
        ]

    async def _told(self, request: Request) -> Response:
        files = [{"name": name, "size": path.stat().st_size} for name, path in self._files.items() if path.is_file()]
        complete = len(files) == len(self._files)
        return JSONResponse({"files": files if complete else []}, headers=_ASK)

    async def _file(self, request: Request) -> Response:
        name = request.path_params["name"]
        path = self._files.get(name)
        if path is None or not path.is_file():
            raise NotFound(
                f"The example has no file {name!r}" if self._files else "There is no example on this node",
                reason="EXAMPLE_NOT_FOUND",
                subject=name,
                hint="scripts/setup example makes one; the setting `example` says where it is",
            )
        return FileResponse(path, media_type=content_type(name), headers=_ASK)


def _found(directory: Path) -> Mapping[str, Path]:
    """The pipeline and the first video; nothing where one of them is missing."""
    try:
        clips = sorted(path for path in directory.iterdir() if path.is_file() and _is_video(path.name))
    except OSError:
        return {}
    if not clips or not (directory / PIPELINE).is_file():
        return {}
    return {PIPELINE: directory / PIPELINE, clips[0].name: clips[0]}


def _is_video(name: str) -> bool:
    return (guess_type(name, strict=False)[0] or "").startswith("video/")
