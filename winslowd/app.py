"""The composition root: the only place where adapters and engines meet.

`serve` builds a daemon from its settings and runs it until SIGTERM or SIGINT; `dev` does the same on one machine with
an etcd of its own. Stopping hands the leadership over and leaves containers running: the next daemon adopts them.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import pwd
import secrets
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from pathlib import Path
from typing import Any

import structlog

from winslow import __version__
from winslow.domain.history import Policy
from winslow.domain.node import Node
from winslow.domain.principal import Principal
from winslow.domain.resources import Capacity
from winslow.domain.stage import NodeId
from winslow.errors import FailedPrecondition, InvalidArgument
from winslow.wire import records
from winslowd import dev as development
from winslowd.api.peers import Neighbours
from winslowd.api.server import Server
from winslowd.config import EtcdSettings, Settings, load
from winslowd.docker.driver import DockerDriver
from winslowd.docker.launcher import find_launcher
from winslowd.engines.agent import Agent
from winslowd.engines.archivist import Archivist
from winslowd.engines.bidder import Bidder
from winslowd.engines.caretaker import NEGLECTED, Caretaker
from winslowd.engines.containers import Tools
from winslowd.engines.janitor import Janitor
from winslowd.engines.leader import Leader
from winslowd.engines.registrar import Registrar
from winslowd.etcd.channels import Login, Tls
from winslowd.etcd.client import Client
from winslowd.etcd.maintenance import EtcdUpkeep
from winslowd.etcd.membership import EtcdMembership
from winslowd.etcd.secret import cluster_secret
from winslowd.etcd.session import Sessions
from winslowd.etcd.store import EtcdStore
from winslowd.files.process import open_files
from winslowd.journal import DirectoryJournal
from winslowd.monitor import host
from winslowd.monitor.measuring import open_measuring
from winslowd.peers.attending import GrpcPeers
from winslowd.peers.channels import PeerChannels
from winslowd.peers.credentials import Credentials
from winslowd.peers.passing import Passing
from winslowd.stopping import obeying_signals
from winslowd.usecases.all import UseCases
from winslowd.usecases.attendance import Attendance
from winslowd.usecases.cluster import Here
from winslowd.usecases.ledger import Ledger

log = structlog.get_logger(__name__)

SOCKET = "winslowd.sock"
"""In the dev directory; `winslow.client.address` looks for it in the default one."""


def dev_directory() -> Path:
    """Where `winslowd dev` keeps everything when nobody says otherwise."""
    return Path.home() / ".winslow" / "dev"


async def dev(directory: Path, listen: tuple[str, ...], cpus: float | None, tell: Callable[[str], None]) -> None:
    """Everything on one machine, with all it keeps in `directory`. `tell` gets what a person at a terminal should know."""
    settings = load(
        None,
        cluster=development.cluster_name(directory),
        listen=(f"unix:{directory / SOCKET}", *listen),
        state=directory / "state",
        volume=directory / "files",
        cpus=cpus,
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
        _made(settings.volume)
        async with contextlib.AsyncExitStack() as stack:
            etcd = settings.etcd
            client = await stack.enter_async_context(
                Client.open(
                    etcd.endpoints,
                    tls=_tls(etcd),
                    login=Login(etcd.user, etcd.password) if etcd.user else None,
                    warn_of_old=warn_of_old_etcd,
                )
            )
            memory = settings.state / "session"
            sessions = await stack.enter_async_context(
                Sessions.open(client.channels, settings.session_ttl, memory, settings.keepalive)
            )
            store = await stack.enter_async_context(EtcdStore.open(client, settings.cluster, records, sessions))
            membership = await stack.enter_async_context(
                EtcdMembership.open(client, settings.cluster, NodeId(settings.node), sessions, store)
            )
            credentials = Credentials(await cluster_secret(client, settings.cluster), NodeId(settings.node))
            channels = await stack.enter_async_context(PeerChannels.open())
            attendance, ledger = Attendance(), Ledger()
            upkeep = EtcdUpkeep(client, etcd.quota)
            files = await stack.enter_async_context(open_files(str(settings.volume.resolve())))
            journal = DirectoryJournal(settings.state / "stages")
            owner = f"{settings.cluster}/{settings.node}"  # nodes may share an engine, as in tests
            fetched = asyncio.Event()
            driver = DockerDriver(owner, find_launcher(), journal.control_root, settings.docker, fetched.set)
            stack.push_async_callback(driver.close)
            measuring = await stack.enter_async_context(
                open_measuring(
                    NodeId(settings.node),
                    store,
                    driver,
                    files.state,
                    volume=settings.volume,
                    directory=settings.state / "readings",
                    cpus=settings.cpus,
                    memory=settings.memory,
                )
            )
            node = _node(settings, measuring.capacity())
            tools = Tools(
                node=node.id,
                store=store,
                driver=driver,
                workspaces=files.workspaces,
                logs=files.logs,
                journal=journal,
                clock=time.time,
                default_user=settings.default_user,
            )
            use_cases = UseCases(
                here=Here(settings.cluster, node.id, __version__),
                store=store,
                membership=membership,
                clock=time.time,
                token=_token,
                workspaces=files.workspaces,
                files=files.files,
                uploads=files.uploads,
                logs=files.logs,
                history=files.history,
                storage=files.state,
                readings=measuring.readings,
                upkeep=upkeep,
                ledger=ledger,
            )
            server = Server(
                use_cases, _authenticate, Neighbours(credentials, attendance, Passing(channels, credentials))
            )
            bidder = Bidder(
                node.id, store, GrpcPeers(channels, credentials), attendance, measuring.offering(node).offer
            )
            await stack.enter_async_context(server.listening(settings.listen))
            async with _engines(
                Agent(tools).run(),
                Leader(store, membership, time.time, attendance, ledger).run(),
                Caretaker(
                    upkeep,
                    membership,
                    time.monotonic,
                    every=etcd.compact_every,
                    keep=etcd.keep_history,
                    neglected=secrets.SystemRandom().uniform(NEGLECTED, 2 * NEGLECTED),
                ).run(),
                Janitor(store, membership, files.workspaces, files.uploads, time.time).run(),
                Archivist(store, membership, files.history, time.time, Policy(settings.history_after)).run(),
                bidder.run(),
                channels.keep_tidy(store),
                measuring.run(),
                Registrar(node, membership, measuring.capacity, driver.list_images, fetched).run(),
            ):
                log.info("serving", node=settings.node, cluster=settings.cluster, addresses=list(settings.listen))
                yield
                log.info("stopping; containers go on")
            await membership.leave()


@contextlib.asynccontextmanager
async def _engines(*loops: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Loops that run while the scope does; one that breaks ends the scope with its error."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(loop, name=getattr(loop, "__qualname__", "engine")) for loop in loops]
        yield
        for task in tasks:
            task.cancel()


def _made(directory: Path, mode: int = 0o777) -> None:
    """Raises FailedPrecondition (DIRECTORY_UNUSABLE)."""
    try:
        directory.mkdir(mode=mode, parents=True, exist_ok=True)
    except OSError as error:
        raise FailedPrecondition(
            f"{directory} cannot be used: {error.strerror}",
            reason="DIRECTORY_UNUSABLE",
            subject=str(directory),
            hint="It must be a directory in which the daemon may write",
        ) from None


@contextlib.contextmanager
def _only_daemon(state: Path) -> Iterator[None]:
    """Hold the state directory: two daemons with one journal would adopt each other's stages."""
    _made(state, mode=0o711)
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
    )


def _tls(etcd: EtcdSettings) -> Tls | None:
    if etcd.ca is None:
        return None
    return Tls(
        authority=_pem(etcd.ca),
        certificate=_pem(etcd.certificate) if etcd.certificate else None,
        key=_pem(etcd.key) if etcd.key else None,
    )


def _pem(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InvalidArgument(
            f"{path} cannot be read: {error.strerror}",
            reason="CONFIG_INVALID",
            subject=str(path),
            hint="Look at the settings etcd.ca, etcd.certificate and etcd.key",
        ) from None


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
