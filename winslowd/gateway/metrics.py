"""`/metrics` for Prometheus: what this node sees of the cluster, and how it is itself.

Everything about the cluster is told by every node, from its own view; who adds up takes one of them. Made when it is asked
for, so a daemon that nobody scrapes spends nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from winslow.domain.principal import Principal
from winslow.domain.stage import ENDED, State
from winslow.ports import Clock, Store
from winslowd.gateway.guard import asker
from winslowd.usecases.census import Census, census
from winslowd.usecases.cluster import Cluster, ClusterShown
from winslowd.usecases.parts import Health

WELL = {Health.OK: 1.0, Health.DEGRADED: 0.5, Health.DOWN: 0.0}


class MetricsRoutes:
    """One route. `clock` in Unix seconds."""

    def __init__(self, store: Store, cluster: Cluster, clock: Clock) -> None:
        self._store = store
        self._cluster = cluster
        self._clock = clock

    def routes(self) -> list[Route]:
        return [Route("/metrics", self._metrics, methods=["GET"])]

    async def _metrics(self, request: Request) -> Response:
        shown = await self._shown(asker(request))
        registry = CollectorRegistry()
        registry.register(_Told(lambda: _families(shown, census(self._store.view, self._clock()))))
        ProcessCollector(registry=registry)
        encode, kind = choose_encoder(request.headers.get("accept", ""))
        return Response(encode(registry), headers={"Content-Type": kind, "Cache-Control": "no-store"})

    async def _shown(self, principal: Principal) -> ClusterShown:
        return await self._cluster.get(principal)


class _Told(Collector):
    """What a registry asks for what it tells."""

    def __init__(self, tell: Callable[[], Iterator[Metric]]) -> None:
        self._tell = tell

    def collect(self) -> Iterator[Metric]:
        return self._tell()


def _families(shown: ClusterShown, counted: Census) -> Iterator[Metric]:
    yield InfoMetricFamily(
        "winslow",
        "Who answers.",
        {"cluster": shown.here.cluster, "node": shown.here.node, "version": shown.here.version},
    )
    leads = float(shown.leader == shown.here.node)
    yield GaugeMetricFamily("winslow_leader", "1 on the node that leads the cluster.", leads)
    connected = "1 while what this node says is fresh; 0 while it is cut off from etcd."
    yield GaugeMetricFamily("winslow_connected", connected, float(shown.connected))
    yield GaugeMetricFamily("winslow_revision", "What this node has seen of the cluster's records.", shown.revision)
    yield _by("winslow_part_health", "1 ok, 0.5 somebody should look, 0 down.", "part", _health(shown))
    yield GaugeMetricFamily("winslow_storage_size_bytes", "Of the shared file system.", shown.storage.size)
    yield GaugeMetricFamily("winslow_storage_free_bytes", "Of the shared file system.", shown.storage.free)
    yield GaugeMetricFamily("winslow_projects", "Projects.", counted.projects)
    yield GaugeMetricFamily("winslow_held_runs", "Runs that a person must resume.", counted.held_runs)
    stages = {state.value: float(counted.stages.get(state, 0)) for state in State if state not in ENDED}
    yield _by("winslow_stages", "Stages that have not ended, by state.", "state", stages)
    placed = {str(node): float(count) for node, count in counted.placed.items()}
    yield _by("winslow_placed_stages", "Stages that hold a node's resources, by node.", "node", placed)
    longest = "For how long the stage has been waiting that waits longest."
    yield GaugeMetricFamily("winslow_oldest_waiting_seconds", longest, counted.oldest_waiting)
    yield GaugeMetricFamily("winslow_nodes", "Nodes whose sessions live.", counted.nodes)
    yield GaugeMetricFamily(
        "winslow_silent_nodes", "Nodes that are waited for since stages are theirs.", counted.silent
    )
    yield GaugeMetricFamily("winslow_cordoned_nodes", "Nodes that get no more stages.", counted.cordoned)


def _health(shown: ClusterShown) -> dict[str, float]:
    return {part.name: WELL[part.health] for part in shown.parts}


def _by(name: str, text: str, label: str, values: dict[str, float]) -> Metric:
    family = GaugeMetricFamily(name, text, labels=[label])
    for of, value in sorted(values.items()):
        family.add_metric([of], value)
    return family
