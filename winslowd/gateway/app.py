"""All that is served over HTTP, put together. It knows no addresses and no server."""

from __future__ import annotations

from pathlib import Path

import grpc
from starlette.routing import Route, Router
from starlette.types import ASGIApp

from winslow.ports import Clock
from winslowd.gateway.archives import ArchiveRoutes
from winslowd.gateway.carrying import Lending
from winslowd.gateway.downloads import DownloadRoutes
from winslowd.gateway.example import ExampleRoutes
from winslowd.gateway.grpc_web import GrpcWeb
from winslowd.gateway.guard import Authenticate, Guard
from winslowd.gateway.health import HealthRoutes
from winslowd.gateway.logs import LogRoutes
from winslowd.gateway.metrics import MetricsRoutes
from winslowd.gateway.origins import Origins
from winslowd.gateway.pages import Pages
from winslowd.gateway.uploads import UploadRoutes
from winslowd.usecases.all import UseCases


def application(
    use_cases: UseCases,
    authenticate: Authenticate,
    clock: Clock,
    origins: Origins = Origins(),  # noqa: B008 - a frozen value
    api: grpc.aio.Channel | None = None,
    example: Path | None = None,
) -> ASGIApp:
    """`origins` says whose pages may act here; `api` leads to the node's own services.

    `example` is a directory with what a newcomer begins with.
    """
    lending = Lending(use_cases.carrying)
    rooms = (
        UploadRoutes(use_cases.uploads, clock, lending),
        DownloadRoutes(use_cases.files, use_cases.thumbnails, lending),
        ArchiveRoutes(use_cases.archives),
        LogRoutes(use_cases.logs),
        HealthRoutes(use_cases.store, use_cases.cluster.storage),
        MetricsRoutes(use_cases.store, use_cases.cluster, clock),
        ExampleRoutes(example),
    )
    services = [Route("/winslow.v1.{service}/{method}", GrpcWeb(api))] if api else []
    routes = [route for room in rooms for route in room.routes()]
    router = Router([*routes, *services], redirect_slashes=False, default=Pages())
    return Guard(router, authenticate, lambda: use_cases.store.connected, origins)
