"""All that is served over HTTP, put together. It knows no addresses and no server."""

from __future__ import annotations

from collections.abc import Collection

import grpc
from starlette.routing import Route, Router
from starlette.types import ASGIApp

from winslow.ports import Clock
from winslowd.gateway.archives import ArchiveRoutes
from winslowd.gateway.carrying import Lending
from winslowd.gateway.downloads import DownloadRoutes
from winslowd.gateway.grpc_web import GrpcWeb
from winslowd.gateway.guard import Authenticate, Guard
from winslowd.gateway.health import HealthRoutes
from winslowd.gateway.metrics import MetricsRoutes
from winslowd.gateway.pages import Pages
from winslowd.gateway.uploads import UploadRoutes
from winslowd.usecases.all import UseCases


def application(
    use_cases: UseCases,
    authenticate: Authenticate,
    clock: Clock,
    names: Collection[str] = (),
    api: grpc.aio.Channel | None = None,
) -> ASGIApp:
    """`names` are the host names, beside localhost, under which it may be called; `api` leads to the node's own services."""
    lending = Lending(use_cases.carrying)
    rooms = (
        UploadRoutes(use_cases.uploads, clock, lending),
        DownloadRoutes(use_cases.files, use_cases.thumbnails, lending),
        ArchiveRoutes(use_cases.archives),
        HealthRoutes(use_cases.store, use_cases.cluster.storage),
        MetricsRoutes(use_cases.store, use_cases.cluster, clock),
    )
    services = [Route("/winslow.v1.{service}/{method}", GrpcWeb(api))] if api else []
    routes = [route for room in rooms for route in room.routes()]
    router = Router([*routes, *services], redirect_slashes=False, default=Pages())
    return Guard(router, authenticate, lambda: use_cases.store.connected, names)
