"""A whole cluster for tests and benchmarks: three real members of etcd, and real daemons over one volume.

    with Cluster(directory, "t-1", nodes=3, cpus=2) as cluster, cluster.client() as client:
        ...
        cluster.node_of(stage).kill()

It starts, kills, stops, freezes and thaws, and cleans up whatever state that left; what happened meanwhile is for an
observer (`tests/observer.py`) to say. Faults of networks need `Cluster(..., apart=True)`: then every daemon is in a network
namespace of its own.
"""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from docker import APIClient
from docker.errors import DockerException

from tests import etcd_raw
from tests.daemon import NodeDaemon
from tests.etcd import Member, free_ports
from tests.network import Network, Port
from winslow.client import Client

PORT = 7411
"""Where daemons listen that have a network of their own."""


class Cluster:
    """`nodes` daemons called node-a, node-b, ... `each` has settings of single nodes, `settings` those of all.

    The settings `clock` (seconds that a node's clock is ahead) and `within` (a command in front of the daemon's) are
    the harness's own; all others are those of the daemon's file. `flags` are further ones of etcd's members.
    """

    def __init__(
        self,
        directory: Path,
        name: str,
        nodes: int = 3,
        *,
        members: int = 3,
        apart: bool = False,
        each: Mapping[str, Mapping[str, Any]] | None = None,
        flags: tuple[str, ...] = (),
        **settings: Any,
    ) -> None:
        self.directory = directory
        self.name = name
        self.volume = directory / "volume"
        self.members: list[Member] = []
        self.nodes: dict[str, NodeDaemon] = {}
        self.ports: dict[str, Port] = {}
        """Networks of the nodes, where they have their own."""
        self._count = members
        self._names = [f"node-{chr(ord('a') + index)}" for index in range(nodes)]
        self._settings = {"session_ttl": 5, **settings}
        self._each = each or {}
        self._flags = flags
        self._network = Network() if apart else None
        self._stack = contextlib.ExitStack()

    # Life

    def __enter__(self) -> Cluster:
        with contextlib.ExitStack() as stack:
            self._start_etcd(stack)
            stack.callback(self._clean_up)
            for name in self._names:
                self.add(name)
            with ThreadPoolExecutor(len(self._names)) as pool:
                list(pool.map(lambda node: node.start(), self.nodes.values()))
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _start_etcd(self, stack: contextlib.ExitStack) -> None:
        host = stack.enter_context(self._network).address if self._network else ""
        self.members = _planned(self.directory / "etcd", self._count, host, self._flags)
        for member in self.members:
            stack.callback(member.kill)
            member.start()
        for member in self.members:
            member.wait_until_healthy()

    def add(self, name: str) -> NodeDaemon:
        """One more node, not started yet."""
        settings = {**self._settings, **self._each.get(name, {})}
        endpoints = self.endpoints
        if self._network:
            port = self.ports[name] = self._network.port()
            settings |= {"within": port.within, "listen": [f"{port.address}:{PORT}"]}
            endpoints = [f"{self._network.address}:{endpoint.split(':')[1]}" for endpoint in endpoints]
        settings.setdefault("volume", str(self.volume))
        self.nodes[name] = NodeDaemon(self.directory / name, self.name, endpoints, **settings)
        return self.nodes[name]

    def _clean_up(self) -> None:
        """The daemons in whatever state they are, then what they left in their engines."""
        for node in self.nodes.values():
            if node.running:
                node.thaw()
                node.kill_whole()
        for node in self.nodes.values():
            with contextlib.suppress(DockerException), self.engine_of(node) as engine:
                for container in self.containers(node):
                    with contextlib.suppress(DockerException):  # it is removed already, by its daemon
                        engine.remove_container(container, force=True, v=True)

    # Who is who

    @property
    def endpoints(self) -> list[str]:
        """The members of etcd, as this process reaches them."""
        return [member.endpoint for member in self.members]

    def client(self, node: str = "node-a", **options: float) -> Client:
        return self.nodes[node].client(**options)

    def node(self, name: str) -> NodeDaemon:
        """By its name, or as resources name it: `nodes/NAME`."""
        return self.nodes[name.removeprefix("nodes/")]

    def leader(self) -> NodeDaemon | None:
        """Whose claim etcd has as the oldest: None while there is none."""
        claims = etcd_raw.listed(self.endpoints, f"/winslow/v1/{self.name}/elections/leader/".encode())
        return self.nodes[claims[0].value.decode()] if claims else None

    @contextlib.contextmanager
    def engine_of(self, node: NodeDaemon) -> Iterator[APIClient]:
        client = APIClient(node.engine, version="auto")
        try:
            yield client
        finally:
            client.close()

    def containers(self, node: NodeDaemon) -> list[str]:
        """The ids of a node's containers, whatever their state."""
        with self.engine_of(node) as engine:
            found = engine.containers(all=True, filters={"label": f"winslow.cluster={node.owner}"})
        return [str(one["Id"]) for one in found]

    # Faults

    def kill_with_containers(self, node: NodeDaemon) -> list[str]:
        """As when its machine loses power: the daemon, what it started, and its containers. The containers' ids."""
        node.kill_whole()
        killed = self.containers(node)
        with self.engine_of(node) as engine:
            for container in killed:
                with contextlib.suppress(DockerException):  # it does not run, or not any more
                    engine.kill(container, signal.SIGKILL)
        return killed

    def cut_from_etcd(self, node: NodeDaemon) -> None:
        """Drop every packet between the node and all members of etcd. Needs `apart`; mended by `mend`."""
        assert self._network
        ports = (int(endpoint.split(":")[1]) for endpoint in self.endpoints)
        self.ports[node.name].cut_from(self._network.address, *ports)

    def cut_from_clients(self, node: NodeDaemon) -> None:
        """Drop every packet of anybody who calls the node."""
        self.ports[node.name].cut_own(PORT)

    def cut_from_peer(self, node: NodeDaemon, peer: NodeDaemon) -> None:
        self.ports[node.name].cut_from(self.ports[peer.name].address)

    def mend(self, node: NodeDaemon) -> None:
        self.ports[node.name].mend()


def _planned(folder: Path, count: int, host: str, flags: tuple[str, ...]) -> list[Member]:
    """Members on loopback that also listen at `host`, where there is one."""
    ports = free_ports(2 * count)
    peers = ",".join(f"m{index}=http://127.0.0.1:{ports[2 * index + 1]}" for index in range(count))
    members = []
    for index in range(count):
        client, peer = ports[2 * index : 2 * index + 2]
        # The last of two equal flags counts.
        more = (f"--listen-client-urls=http://127.0.0.1:{client},http://{host}:{client}",) if host else ()
        members.append(Member(f"m{index}", folder / f"m{index}", client, peer, peers, *more, *flags))
    return members
