"""The parts of a daemon: every adapter, opened in the order in which they need each other, and closed in reverse.

It never needs to know what is done with them; that is `winslowd.app`'s.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

from storage.mounting import Mounting
from winslow.domain.stage import NodeId
from winslow.errors import FailedPrecondition, InvalidArgument
from winslow.wire import records
from winslowd.ceph.fencing import CephFencer
from winslowd.ceph.health import CephServers
from winslowd.ceph.monitors import Key, Monitors
from winslowd.config import CephSettings, EtcdSettings, Settings
from winslowd.docker.driver import DockerDriver
from winslowd.docker.launcher import find_launcher
from winslowd.etcd.channels import Login, Tls
from winslowd.etcd.client import Client
from winslowd.etcd.maintenance import EtcdUpkeep
from winslowd.etcd.membership import EtcdMembership
from winslowd.etcd.secret import cluster_secret
from winslowd.etcd.session import Sessions
from winslowd.etcd.store import EtcdStore
from winslowd.files.process import FilesProcess, open_files
from winslowd.journal import DirectoryJournal
from winslowd.monitor.measuring import Measuring, open_measuring
from winslowd.peers.channels import PeerChannels
from winslowd.peers.credentials import Credentials
from winslowd.telling.addresses import Allowed
from winslowd.telling.mail import MailServer
from winslowd.telling.teller import Messages
from winslowd.telling.words import Home
from winslowd.usecases.attendance import Attendance
from winslowd.usecases.ledger import Ledger
from winslowd.usecases.volume import KnownVolume


@dataclass(frozen=True, slots=True)
class Parts:
    """`changed` is set when the node may have something else than it told: an image that was fetched, another mount.

    `attendance` and `ledger` are what a leader keeps in memory.

    Without the settings for them there is no `fencer`, and nobody asks the `servers` behind the volume.
    """

    settings: Settings
    store: EtcdStore
    membership: EtcdMembership
    upkeep: EtcdUpkeep
    credentials: Credentials
    channels: PeerChannels
    files: FilesProcess
    volume: KnownVolume
    fencer: CephFencer | None
    servers: CephServers | None
    journal: DirectoryJournal
    driver: DockerDriver
    measuring: Measuring
    changed: asyncio.Event
    teller: Messages
    attendance: Attendance = field(default_factory=Attendance)
    ledger: Ledger = field(default_factory=Ledger)


@contextlib.asynccontextmanager
async def open_parts(settings: Settings, *, warn_of_old_etcd: bool) -> AsyncIterator[Parts]:
    """Everything a daemon stands on, while the scope lasts. etcd and the engine are waited for, not needed to be up.

    Nor is the volume's file system. Raises FailedPrecondition (DIRECTORY_UNUSABLE), InvalidArgument (CONFIG_INVALID), and what
    `winslowd.files.process.open_files` raises for a volume that waiting does not mend.
    """
    node, etcd = NodeId(settings.node), settings.etcd
    async with contextlib.AsyncExitStack() as stack:
        files = await stack.enter_async_context(_files(settings))  # a wrong volume is told without an etcd
        client = await stack.enter_async_context(_client(etcd, warn_of_old_etcd))
        sessions = await stack.enter_async_context(
            Sessions.open(client.channels, settings.session_ttl, settings.state / "session", settings.keepalive)
        )
        store = await stack.enter_async_context(EtcdStore.open(client, settings.cluster, records, sessions))
        membership = await stack.enter_async_context(
            EtcdMembership.open(client, settings.cluster, node, sessions, store)
        )
        credentials = Credentials(await cluster_secret(client, settings.cluster), node)
        channels = await stack.enter_async_context(PeerChannels.open())
        volume = KnownVolume(files.state, lambda: files.worker, settings.volume_min_free)
        files.admit = volume.admit
        journal, changed = DirectoryJournal(settings.state / "stages"), asyncio.Event()
        owner = f"{settings.cluster}/{node}"  # nodes may share an engine, as in tests
        driver = DockerDriver(owner, find_launcher(), journal.control_root, settings.docker, changed.set)
        stack.push_async_callback(driver.close)
        measuring = await stack.enter_async_context(
            open_measuring(
                node,
                store,
                driver,
                volume.state,
                directory=settings.state / "readings",
                cpus=settings.cpus,
                memory=settings.memory,
            )
        )
        yield Parts(
            settings=settings,
            store=store,
            membership=membership,
            upkeep=EtcdUpkeep(client, etcd.quota),
            credentials=credentials,
            channels=channels,
            files=files,
            volume=volume,
            fencer=_fencer(settings.ceph),
            servers=_servers(settings.ceph),
            journal=journal,
            driver=driver,
            measuring=measuring,
            changed=changed,
            teller=stack.enter_context(_teller(settings)),
        )


def _files(settings: Settings) -> contextlib.AbstractAsyncContextManager[FilesProcess]:
    scheme, _, engine = settings.docker.partition("://")
    scratch = settings.scratch_directory
    made(scratch, mode=0o711)
    if scheme == "unix":
        mounting = Mounting(str(scratch.resolve()), engine, obstacle="")
    else:
        mounting = Mounting(
            obstacle=f"its container engine is reached by {scheme}, so it may not see the node's mounts"
        )
    # By its name alone: to look at the volume, even for links in its path, is for a process that may hang.
    return open_files(str(settings.volume), mounting=mounting)


def made(directory: Path, mode: int = 0o777) -> None:
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


def _client(etcd: EtcdSettings, warn_of_old: bool) -> contextlib.AbstractAsyncContextManager[Client]:
    login = Login(etcd.user, etcd.password) if etcd.user else None
    return Client.open(etcd.endpoints, tls=_tls(etcd), login=login, warn_of_old=warn_of_old)


def _teller(settings: Settings) -> contextlib.AbstractContextManager[Messages]:
    notify, smtp = settings.notify, settings.notify.smtp
    server = (
        MailServer(smtp.host, smtp.port, smtp.security, smtp.sender, smtp.user, smtp.password) if smtp.host else None
    )
    allowed = Allowed(notify.hosts, notify.networks, _own_ports(settings))
    return Messages.open(Home(settings.cluster, notify.web_url), allowed, server, notify.ca, time.time)


def _own_ports(settings: Settings) -> frozenset[int]:
    """Those of etcd and of the daemons, which are set alike on all nodes: no webhook has business there."""
    addresses = (*settings.etcd.endpoints, *settings.listen, *settings.http, settings.address)
    ports = (address.rpartition(":")[2] for address in addresses if not address.startswith("unix:"))
    return frozenset(int(port) for port in ports if port.isdigit() and int(port))


def _fencer(ceph: CephSettings) -> CephFencer | None:
    if ceph.conf is None or not ceph.fence:
        return None
    return CephFencer(Monitors(ceph.conf, Key(ceph.fence, ceph.fence_keyring)))


def _servers(ceph: CephSettings) -> CephServers | None:
    if ceph.conf is None or not ceph.watch:
        return None
    return CephServers(Monitors(ceph.conf, Key(ceph.watch, ceph.watch_keyring)))


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
