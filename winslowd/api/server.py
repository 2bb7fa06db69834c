"""The gRPC server: all services over the use cases, with health and reflection, at the addresses it is given."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from winslow.errors import FailedPrecondition
from winslowd.api.cluster import ClusterService
from winslowd.api.elections import ElectionService
from winslowd.api.events import EventService
from winslowd.api.files import FileService
from winslowd.api.forwarding import Forwarding
from winslowd.api.gathering import Gathering
from winslowd.api.identity import IdentityService
from winslowd.api.interceptor import Authenticate, Guard
from winslowd.api.logs import LogService
from winslowd.api.nodes import NodeService
from winslowd.api.peers import Neighbours, PeerService
from winslowd.api.pipelines import PipelineService
from winslowd.api.projects import ProjectService
from winslowd.api.runs import RunService
from winslowd.api.settings import SettingsService
from winslowd.api.stages import StageService
from winslowd.api.statistics import StatisticsService
from winslowd.api.subscriptions import SubscriptionService
from winslowd.api.views import ViewService
from winslowd.usecases.all import UseCases

NOUNS = (
    *("cluster", "election", "event", "file", "identity", "log", "node", "peer", "pipeline", "project", "run"),
    *("settings", "stage", "statistics", "subscription", "view"),
)
"""The contract's services, one a file."""
MEBIBYTE = 1 << 20
OPTIONS = (
    ("grpc.max_receive_message_length", 16 * MEBIBYTE),
    ("grpc.max_send_message_length", 64 * MEBIBYTE),
    ("grpc.so_reuseport", 0),  # two daemons on one port would each get half of the calls
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.http2.ping_timeout_ms", 10_000),  # what gRPC 1.85 goes by; its default is a minute
    ("grpc.keepalive_permit_without_calls", 1),
    (
        "grpc.http2.min_ping_interval_without_data_ms",
        5_000,
    ),  # clients ping each 20 s; the default allows one in 5 minutes
    ("grpc.http2.max_ping_strikes", 0),
)
GRACE = 1.0
"""Seconds that calls under way have when the server stops; streams are cut then, and taken up elsewhere."""
SOCKET_MODE = 0o600


class Server:
    """Serves `use_cases`; `authenticate` says who makes a call from its metadata. Without `neighbours`, a node alone."""

    def __init__(self, use_cases: UseCases, authenticate: Authenticate, neighbours: Neighbours | None = None) -> None:
        self._use_cases = use_cases
        self._neighbours = neighbours
        self._authenticate = authenticate
        self._nodes = NodeService(use_cases.nodes, use_cases.readings)

    @contextlib.asynccontextmanager
    async def listening(self, addresses: Sequence[str]) -> AsyncIterator[tuple[str, ...]]:
        """Serve at `addresses`, `host:port` or `unix:/path`, while the scope lasts; yields them with the ports that port 0 became.

        Raises FailedPrecondition (ADDRESS_UNUSABLE).
        """
        async with self._gathering() as gathering:
            server = grpc.aio.server(interceptors=(self._guard(gathering),), options=OPTIONS)
            status = health.aio.HealthServicer()
            self._register(server, gathering, status)
            bound = tuple([_bind(server, address) for address in addresses])
            await server.start()
            for address in addresses:
                _protect(address)
            await status.set("", health_pb2.HealthCheckResponse.SERVING)
            try:
                yield bound
            finally:
                await status.enter_graceful_shutdown()
                await server.stop(GRACE)

    def _gathering(self) -> contextlib.AbstractAsyncContextManager[Gathering]:
        one, passing = self._use_cases, self._neighbours.passing if self._neighbours else None
        return Gathering.open(one.cluster.here.node, one.store, self._nodes.WatchReadings, passing)

    def _guard(self, gathering: Gathering) -> Guard:
        near, store = self._neighbours, self._use_cases.store
        forwarding = Forwarding(self._use_cases.cluster.here.node, store, near.passing, gathering) if near else None
        return Guard(self._authenticate, near.credentials if near else None, forwarding, lambda: store.connected)

    def _register(self, server: grpc.aio.Server, gathering: Gathering, status: Any) -> None:
        """Services of later versions are there too: each of their methods says that it is not there yet."""
        one = self._use_cases
        servicers: dict[str, Any] = {
            "PipelineService": PipelineService(one.pipelines),
            "ProjectService": ProjectService(one.projects, one.thumbnails),
            "RunService": RunService(one),
            "StageService": StageService(
                one.stages, one.workspaces, one.explaining, one.comparing, one.readings, one.retention
            ),
            "SettingsService": SettingsService(one.settings, one.retention),
            "NodeService": self._nodes,
            "FileService": FileService(one.files, one.uploads, one.small, one.trees, one.archives, one.thumbnails),
            "LogService": LogService(one.logs),
            "ClusterService": ClusterService(one.cluster),
            "ElectionService": ElectionService(one.explaining),
            "StatisticsService": StatisticsService(one.statistics),
            "IdentityService": IdentityService(),
            "ViewService": ViewService(one.views),
            "SubscriptionService": SubscriptionService(one.subscriptions),
        }
        if self._neighbours:
            servicers["PeerService"] = PeerService(self._neighbours.attendance)
        events = EventService(one, gathering)
        server.add_generic_rpc_handlers((events.handlers(),))  # in place of the generated one, which would come first
        served = [health.SERVICE_NAME, reflection.SERVICE_NAME]
        for noun in NOUNS:
            descriptor = import_module(f"winslow.v1.{noun}_service_pb2").DESCRIPTOR
            stubs = import_module(f"winslow.v1.{noun}_service_pb2_grpc")
            for name, service in descriptor.services_by_name.items():
                if name != "EventService":
                    servicer = servicers.get(name) or getattr(stubs, f"{name}Servicer")()
                    getattr(stubs, f"add_{name}Servicer_to_server")(servicer, server)
                served.append(service.full_name)
        health_pb2_grpc.add_HealthServicer_to_server(status, server)
        reflection.enable_server_reflection(served, server)


def _bind(server: grpc.aio.Server, address: str) -> str:
    try:
        port = server.add_insecure_port(address)
    except RuntimeError:  # gRPC says no more than that
        raise FailedPrecondition(
            f"Nothing can be served at {address}",
            reason="ADDRESS_UNUSABLE",
            subject=address,
            hint="Another daemon may use it: stop that one, or listen elsewhere",
        ) from None
    host, _, wanted = address.rpartition(":")
    return f"{host}:{port}" if wanted == "0" else address


def _protect(address: str) -> None:
    """Until there is identity, who may open the socket may do anything: its owner only."""
    if address.startswith("unix:"):
        Path(address.removeprefix("unix:")).chmod(SOCKET_MODE)
