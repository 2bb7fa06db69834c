"""The composition root: the only place where adapters (`winslowd.parts`) and engines meet.

`serve` builds a daemon from its settings and runs it until SIGTERM or SIGINT; `dev` does the same on one machine with
an etcd of its own. Stopping hands the leadership over and leaves containers running: the next daemon adopts them.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import gc
import os
import pwd
import secrets
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from pathlib import Path
from typing import Any

import structlog

from winslow import __version__
from winslow.domain import archives
from winslow.domain.archives import Keeping
from winslow.domain.history import Policy
from winslow.domain.node import Node
from winslow.domain.principal import Principal
from winslow.domain.resources import Capacity
from winslow.domain.stage import NodeId
from winslow.errors import FailedPrecondition
from winslow.ports import Effort, UnpackLimits
from winslowd import dev as development
from winslowd.api.peers import Neighbours
from winslowd.api.server import Server
from winslowd.config import EtcdSettings, Settings, load
from winslowd.docker.underway import LaunchersWords
from winslowd.engines.agent import Agent
from winslowd.engines.archivist import Archivist
from winslowd.engines.bidder import Bidder
from winslowd.engines.caretaker import NEGLECTED, Caretaker
from winslowd.engines.containers import Tools
from winslowd.engines.herald import Herald
from winslowd.engines.inquiry import Inquiry
from winslowd.engines.janitor import Janitor
from winslowd.engines.keeper import Keeper
from winslowd.engines.leader import Leader
from winslowd.engines.quartermaster import Quartermaster
from winslowd.engines.recorder import Recorder
from winslowd.engines.registrar import Registrar
from winslowd.engines.retirer import Retirer
from winslowd.engines.surveyor import Surveyor
from winslowd.files.standing import StandingClient
from winslowd.files.thumbnails import Thumbnails
from winslowd.monitor import host
from winslowd.parts import Parts, made, open_parts
from winslowd.peers.attending import GrpcPeers
from winslowd.peers.passing import Passing
from winslowd.stopping import obeying_signals
from winslowd.usecases.all import UseCases
from winslowd.usecases.cluster import Here

log = structlog.get_logger(__name__)

SOCKET = "winslowd.sock"
"""In the dev directory; `winslow.client.address` looks for it in the default one."""


def dev_directory() -> Path:
    """Where `winslowd dev` keeps everything when nobody says otherwise."""
    return Path.home() / ".winslow" / "dev"


async def dev(
    directory: Path,
    listen: tuple[str, ...],
    http: tuple[str, ...],
    cpus: float | None,
    tell: Callable[[str], None],
) -> None:
    """Everything on one machine, with all it keeps in `directory`. `tell` gets what a person at a terminal should know."""
    settings = load(
        None,
        cluster=development.cluster_name(directory),
        listen=(f"unix:{directory / SOCKET}", *listen),
        state=directory / "state",
        volume=directory / "files",
        cpus=cpus,
        **({"http": http} if http else {}),
        **({"example": example} if (example := development.example()) else {}),
    )
    with obeying_signals() as stop, _only_daemon(directory):
        async with development.etcd(directory / "etcd") as endpoint:
            own = EtcdSettings(endpoints=(endpoint,))
            # What etcd's old versions do wrong, they do among several members, or to who reaches them from elsewhere.
            async with _serving(settings.model_copy(update={"etcd": own}), warn_of_old_etcd=False):
                tell(development.welcome(directory, settings, at_home=directory == dev_directory()))
                await stop.told()
                tell("Stopping. Stages that run go on, and the next start finds them.")


async def serve(settings: Settings) -> None:
    """Run a daemon until it is told to stop. Raises WinslowError when it cannot be started."""
    with obeying_signals() as stop:
        async with _serving(settings):
            await stop.told()


@contextlib.asynccontextmanager
async def _serving(settings: Settings, *, warn_of_old_etcd: bool = True) -> AsyncIterator[None]:
    """A daemon that serves while the scope lasts."""
    with _only_daemon(settings.state):
        async with open_parts(settings, warn_of_old_etcd=warn_of_old_etcd) as parts:
            gc.freeze()  # all that was read refers to nothing new: to search it for garbage would hold everybody up
            surveyor = _surveyor(parts)
            await surveyor.first_look()
            node = _node(settings, parts.measuring.capacity())
            neighbours = Neighbours(parts.credentials, parts.attendance, Passing(parts.channels, parts.credentials))
            use_cases = _use_cases(parts, node)
            server = Server(use_cases, _authenticate, neighbours)
            async with _listening(server, use_cases, settings):
                async with _together(surveyor.run(), *_loops(parts, node)):
                    log.info("serving", node=settings.node, cluster=settings.cluster, addresses=list(settings.listen))
                    yield
                    log.info("stopping; containers go on")
                await parts.membership.leave()


@contextlib.asynccontextmanager
async def _listening(server: Server, use_cases: UseCases, settings: Settings) -> AsyncIterator[None]:
    """gRPC, and the gateway over it where there is one, while the scope lasts."""
    if not settings.http:
        async with server.listening(settings.listen):
            yield
        return
    # Only where it is switched on: it and the HTTP server that it stands on have 7 MB.
    from winslowd.gateway import server as gateway
    from winslowd.gateway.app import application
    from winslowd.gateway.inside import inside
    from winslowd.gateway.origins import Origins
    from winslowd.gateway.protocol import Patience

    async with inside() as own, server.listening((*settings.listen, own.address)):
        origins = Origins.of(settings.http_names, settings.http_origins)
        web = application(use_cases, _authenticate, time.time, origins, own.channel, settings.example)
        async with gateway.listening(web, settings.http, Patience(settings.http_head, settings.http_idle)):
            yield


def _use_cases(parts: Parts, node: Node) -> UseCases:
    return UseCases(
        here=Here(parts.settings.cluster, node.id, __version__, node.http),
        store=parts.store,
        membership=parts.membership,
        clock=time.time,
        token=_token,
        workspaces=parts.files.workspaces,
        layers=parts.files.workspaces,
        retiring=parts.files.retiring,
        compares=parts.files.compares,
        quotas=parts.files.quotas,
        files=parts.files.files,
        trees=parts.files.trees,
        limits=UnpackLimits(**parts.settings.unpack.model_dump()),
        pictures=Thumbnails(parts.files, parts.settings.state / "thumbnails"),
        uploads=parts.files.uploads,
        carrying=parts.files.carrying,
        small=parts.files.small,
        logs=parts.files.logs,
        underway=LaunchersWords(parts.journal.control_root),
        history=parts.files.history,
        storage=parts.volume.state,
        readings=parts.measuring.readings,
        kept_readings=parts.files.readings,
        upkeep=parts.upkeep,
        ledger=parts.ledger,
        teller=parts.teller,
    )


def _loops(parts: Parts, node: Node) -> Iterator[Coroutine[Any, Any, None]]:
    """What a daemon does all day: for its node, and for the cluster when its turn comes."""
    settings, store, membership, files = parts.settings, parts.store, parts.membership, parts.files
    yield Agent(_tools(parts, node)).run()
    capacity, images = parts.measuring.capacity, parts.driver.list_images
    yield Registrar(node, store, membership, capacity, images, parts.changed, parts.volume.told).run()
    if parts.servers is not None:
        yield Inquiry(parts.servers, parts.volume, parts.changed, settings.ceph.look_every).run()
    yield Bidder(
        node.id,
        store,
        GrpcPeers(parts.channels, parts.credentials),
        parts.attendance,
        parts.measuring.offering(node).offer,
    ).run()
    yield parts.measuring.run()
    yield parts.channels.keep_tidy(store)
    yield Leader(store, membership, time.time, parts.attendance, parts.ledger, fencer=parts.fencer).run()
    yield Herald(store, membership, parts.teller, time.time).run()
    yield Janitor(store, membership, files.workspaces, files.uploads, time.time).run()
    yield Quartermaster(store, membership, files.quotas).run()
    yield Retirer(store, membership, files.history, files.workspaces, files.retiring, files.manifests, time.time).run()
    yield Archivist(store, membership, files.history, time.time, Policy(settings.history_after)).run()
    yield Recorder(node.id, store, parts.measuring.readings, files.readings, time.time).run()
    yield Keeper(
        store,
        membership,
        files.history,
        files.manifests,
        files.logs,
        time.time,
        Keeping(settings.archive_after),
        Effort(settings.archive_rate, settings.archive_hashed),
    ).run()
    yield Caretaker(
        parts.upkeep,
        membership,
        time.monotonic,
        every=settings.etcd.compact_every,
        keep=settings.etcd.keep_history,
        neglected=secrets.SystemRandom().uniform(NEGLECTED, 2 * NEGLECTED),
    ).run()


def _surveyor(parts: Parts) -> Surveyor:
    settings, files = parts.settings, parts.files
    return Surveyor(
        NodeId(settings.node),
        settings.cluster,
        parts.store,
        StandingClient(files, settings.ceph.client_sockets),
        parts.volume,
        parts.changed,
        must_be_known=parts.fencer is not None,
    )


def _tools(parts: Parts, node: Node) -> Tools:
    return Tools(
        node=node.id,
        store=parts.store,
        driver=parts.driver,
        workspaces=parts.files.workspaces,
        scratch=parts.files.workspaces,
        logs=parts.files.logs,
        journal=parts.journal,
        quotas=parts.files.quotas,
        clock=time.time,
        default_user=parts.settings.default_user,
    )


@contextlib.asynccontextmanager
async def _together(*loops: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Loops that run while the scope does; one that breaks ends the scope with its error."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(loop, name=getattr(loop, "__qualname__", "engine")) for loop in loops]
        yield
        for task in tasks:
            task.cancel()


@contextlib.contextmanager
def _only_daemon(state: Path) -> Iterator[None]:
    """Hold the state directory: two daemons with one journal would adopt each other's stages."""
    made(state, mode=0o711)
    with (state / "lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FailedPrecondition(
                f"Another daemon uses {state}",
                reason="ALREADY_RUNNING",
                subject=str(state),
                hint="Stop it first, or give this one another directory",
            ) from None
        yield


def _node(settings: Settings, capacity: Capacity) -> Node:
    return Node(
        id=NodeId(settings.node),
        address=settings.address,
        capacity=capacity,
        tags=settings.tags,
        version=__version__,
        boot_id=host.boot_id(),
        incarnation=secrets.token_hex(8),
        registered_at=time.time(),
        archives=archives.READ,
        http=_http(settings),
    )


def _http(settings: Settings) -> tuple[str, ...]:
    """Where HTTP is served, as far as it is known before it is: a port that the system chooses is told by nobody."""
    return tuple(address for address in settings.http if not address.endswith(":0"))


def _token() -> str:
    """Six letters and digits that nobody can guess wrong: no 0, 1, l or o."""
    return "".join(secrets.choice("23456789abcdefghijkmnpqrstuvwxyz") for _ in range(6))


def _authenticate(metadata: Mapping[str, str]) -> Principal:
    """Identity follows later; until then whoever reaches the address is the user that the daemon runs as."""
    del metadata
    return Principal(_user_name(), admin=True)


def _user_name() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid-{os.getuid()}"
