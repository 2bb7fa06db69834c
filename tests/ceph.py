"""A real Ceph cluster on loopback for a test session: mon, mgr, one OSD on a sparse file, one MDS, and ceph-fuse mounts.

Everything is a child process of the test's in a temporary directory, with cephx keys of its own; each can be killed, frozen
and restarted. It takes root and /dev/fuse. It knows nothing of Winslow.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.etcd import free_ports

READY_WITHIN = 90.0
"""Seconds; seen to take 2 for each part on an idle machine. A mount waits a minute for what a client that died may still have."""
_TOOLS = ("ceph", "ceph-authtool", "ceph-fuse", "ceph-mds", "ceph-mgr", "ceph-mon", "ceph-osd", "monmaptool")
FILE_SYSTEM = "cephfs"

_CONFIGURATION = """\
[global]
fsid = {fsid}
mon host = v2:127.0.0.1:{port}
mon initial members = a
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
public network = 127.0.0.0/8
run dir = {folder}
admin socket = {folder}/$name.asok
log file = {folder}/$name.log
pid file = {folder}/$name.pid
keyring = {folder}/keyring
osd pool default size = 1
osd pool default min size = 1
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
osd memory target = 939524096
mon allow pool size one = true
mon warn on pool no redundancy = false
[mon.a]
mon data = {folder}/mon
[mgr]
mgr data = {folder}/mgr
mgr initial modules =
[osd.0]
osd data = {folder}/osd0
osd objectstore = bluestore
bluestore block size = {size}
[mds]
mds data = {folder}/$name.data
"""

_ALL = {"mon": "allow *", "osd": "allow *", "mds": "allow *", "mgr": "allow *"}
_KEYS: Mapping[str, Mapping[str, str]] = {
    "mon.": {"mon": "allow *"},
    "client.admin": _ALL,
    "mgr.x": {"mon": "allow profile mgr", "osd": "allow *", "mds": "allow *"},
    "osd.0": {"mon": "allow profile osd", "mgr": "allow profile osd", "osd": "allow *"},
    "mds.a": {"mon": "allow profile mds", "mgr": "allow profile mds", "osd": "allow *", "mds": "allow *"},
    "mds.b": {"mon": "allow profile mds", "mgr": "allow profile mds", "osd": "allow *", "mds": "allow *"},
}


def why_no_fuse() -> str:
    """Why nothing can be mounted through FUSE here; empty when it can."""
    if os.geteuid() != 0:
        return "a Ceph cluster and its mounts take root"
    try:
        os.close(os.open("/dev/fuse", os.O_RDWR))
    except OSError as error:
        return f"FUSE is not possible here: /dev/fuse: {error.strerror}"
    return ""


class Daemon:
    """One process of the cluster, in the foreground. `start` after `kill` goes on with the data that it had."""

    def __init__(self, name: str, folder: Path, command: list[str], ready: Callable[[Daemon], bool]) -> None:
        self.name = name
        self._folder = folder
        self._command = command
        self._ready = ready
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        assert self._process is not None, f"{self.name} was never started"
        return self._process.pid

    def start(self) -> None:
        assert not self.running
        (self._folder / f"{self.name}.asok").unlink(missing_ok=True)
        with (self._folder / f"{self.name}.out").open("ab") as out:
            self._process = subprocess.Popen(self._command, stdin=subprocess.DEVNULL, stdout=out, stderr=out)

    def wait_until_ready(self) -> None:
        """Raises AssertionError with the end of its log."""
        deadline = time.monotonic() + READY_WITHIN
        while not self._ready(self):
            assert self.running, f"{self.name} has ended: {self.log()}"
            assert time.monotonic() < deadline, f"{self.name} is not ready: {self.log()}"
            time.sleep(0.05)

    def wait_until_answering(self) -> None:
        """Until it runs well enough to be asked; a metadata server may then be one that waits."""
        deadline = time.monotonic() + READY_WITHIN
        while not self.ask("status"):
            assert self.running and time.monotonic() < deadline, f"{self.name} does not answer: {self.log()}"
            time.sleep(0.05)

    def ask(self, prefix: str, **arguments: str | list[str]) -> dict[str, Any]:
        """Its admin socket's answer; {} while there is none."""
        with suppress(OSError, struct.error, ValueError), socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(10)
            connection.connect(str(self._folder / f"{self.name}.asok"))
            connection.sendall(json.dumps({"prefix": prefix, "format": "json", **arguments}).encode() + b"\0")
            with connection.makefile("rb") as answer:
                (size,) = struct.unpack(">I", answer.read(4))
                decoded = json.loads(answer.read(size) or b"{}")
                return decoded if isinstance(decoded, dict) else {"answer": decoded}
        return {}

    def log(self) -> str:
        """The end of what it said."""
        said = [self._folder / f"{self.name}.{kind}" for kind in ("out", "log")]
        return "\n".join(file.read_text(errors="replace")[-3000:] for file in said if file.exists())

    def kill(self) -> None:
        """SIGKILL, and wait. Nothing happens when it does not run."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def freeze(self) -> None:
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    def ended_within(self, seconds: float) -> bool:
        assert self._process is not None
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
        return not self.running


class Mount:
    """A directory of the file system, mounted at `path` by a ceph-fuse of its own with a key for that directory alone."""

    def __init__(self, path: Path, daemon: Daemon, directory: str) -> None:
        self.path = path
        self.daemon = daemon
        self.directory = directory
        """Which of the file system's it is."""
        self.client = int(daemon.ask("status")["id"])
        """The number under which the cluster knows it, as eviction names it."""

    def freeze(self) -> None:
        self.daemon.freeze()

    def thaw(self) -> None:
        self.daemon.thaw()

    def kill(self) -> None:
        """SIGKILL: whoever uses `path` gets ENOTCONN."""
        self.daemon.kill()


class Cluster:
    """Started by `running`. Its parts are daemons, to kill, freeze and start again."""

    def __init__(self, folder: Path, *, standby: bool) -> None:
        self.folder = folder
        self.configuration = folder / "ceph.conf"
        self.mon = self._daemon("mon.a", "ceph-mon", lambda mon: mon.ask("mon_status").get("state") == "leader")
        self.mgr = self._daemon("mgr.x", "ceph-mgr", lambda mgr: bool(mgr.ask("status")))
        self.osd = self._daemon("osd.0", "ceph-osd", lambda osd: osd.ask("status").get("state") == "active")
        self.mds = self._daemon("mds.a", "ceph-mds", _is_active)
        self.standby = self._daemon("mds.b", "ceph-mds", lambda mds: bool(mds.ask("status"))) if standby else None
        """Takes over from `mds` when that is gone."""
        self._mounts = 0

    def ceph(self, *arguments: str) -> str:
        """What `ceph ARGUMENTS` prints, as client.admin; it takes about half a second."""
        return self._run("ceph", "--connect-timeout=30", *arguments)

    def rados(self, *arguments: str) -> str:
        """What `rados ARGUMENTS` prints."""
        return self._run("rados", *arguments)

    def up(self) -> None:
        """From an empty directory to an active file system."""
        self._write_down()
        self.mon.start()
        self.mon.wait_until_ready()
        self.mgr.start()
        osd_id = str(uuid.uuid4())
        self.ceph("osd", "new", osd_id, "0")
        self._run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", osd_id)
        self.osd.start()
        self.mds.start()
        for pool in ("data", "meta"):
            self.ceph("osd", "pool", "create", f"{FILE_SYSTEM}_{pool}", "8")
        self.ceph("fs", "new", FILE_SYSTEM, f"{FILE_SYSTEM}_meta", f"{FILE_SYSTEM}_data")
        for daemon in (self.osd, self.mds, self.mgr):
            daemon.wait_until_ready()
        if self.standby:
            self.standby.start()
            self.standby.wait_until_ready()

    def down(self) -> None:
        """End every daemon, whatever state it is in."""
        for daemon in (self.standby, self.mds, self.osd, self.mgr, self.mon):
            if daemon is not None:
                daemon.kill()

    @contextmanager
    def mounted_new(self) -> Iterator[Mount]:
        """A directory that nobody used before, mounted; a test that has it is alone."""
        with self.mounted() as top:
            directory = f"/{uuid.uuid4().hex[:12]}"
            (top.path / directory[1:]).mkdir()
        with self.mounted(directory) as mount:
            yield mount

    @contextmanager
    def mounted(self, directory: str = "/", rights: str = "rwps") -> Iterator[Mount]:
        """`directory` of the file system, which must be there, mounted until the end of the block. Several may be at once."""
        self._mounts += 1
        path = self.folder / f"mount{self._mounts}"
        path.mkdir()
        with self._mounted_at(path, directory, rights) as mount:
            yield mount

    @contextmanager
    def mounted_again(self, mount: Mount) -> Iterator[Mount]:
        """The same directory at the same place, by another client, after the one that had it was killed."""
        self._let_go(mount)  # or the new one would wait a minute for what the dead one may still have
        _detach(mount.path)
        self._mounts += 1
        with self._mounted_at(mount.path, mount.directory, "rwps") as again:
            yield again

    @contextmanager
    def _mounted_at(self, path: Path, directory: str, rights: str) -> Iterator[Mount]:
        user = f"client.m{self._mounts}"
        key = self.folder / f"{user}.keyring"
        key.write_text(self.ceph("fs", "authorize", FILE_SYSTEM, user, directory, rights))
        command = ["ceph-fuse", "-f", "-c", str(self.configuration), "-n", user, f"--keyring={key}", "-r", directory]
        daemon = Daemon(user, self.folder, [*command, str(path)], lambda _: os.path.ismount(path))
        try:
            daemon.start()
            daemon.wait_until_ready()
            mount = Mount(path, daemon, directory)
            try:
                yield mount
            finally:
                self._let_go(mount)
        finally:
            self._unmount(path, daemon)

    def evict(self, mount: Mount) -> None:
        """Shut a mount out, also one that is frozen or killed: the metadata server ends its session and blocklists it."""
        # A filter of its own: without any, every client would be evicted.
        self.active.ask("client evict", filters=[f"id={mount.client}"])

    @property
    def active(self) -> Daemon:
        """The metadata server that serves; waits for one."""
        deadline = time.monotonic() + READY_WITHIN
        while (serving := self._serving()) is None:
            assert time.monotonic() < deadline, self.mds.log()
            time.sleep(0.05)
        return serving

    def fail_over(self) -> Daemon:
        """Kill the metadata server that serves, so that the one that waits takes over; returns the killed one.

        The monitor is told, or it would wait for the beacons of the dead: 15 s at best, 54 were seen.
        """
        killed = self.active
        killed.kill()
        self.ceph("mds", "fail", killed.name.partition(".")[2])
        return killed

    @contextmanager
    def without_metadata(self) -> Iterator[None]:
        """No metadata server runs in the block. Those that did are back after it, one of them serving."""
        killed = [mds for mds in (self.mds, self.standby) if mds is not None and mds.running]
        for mds in killed:
            mds.kill()
            self.ceph("mds", "fail", mds.name.partition(".")[2])
        try:
            yield
        finally:
            for mds in killed:
                mds.start()
            _ = self.active
            for mds in killed:
                mds.wait_until_answering()

    @contextmanager
    def without_data(self) -> Iterator[None]:
        """The one OSD is killed in the block, so nothing is written and nothing read that no client has; it is back after it."""
        self.osd.kill()
        try:
            yield
        finally:
            self.osd.start()
            self.osd.wait_until_ready()

    def _serving(self) -> Daemon | None:
        daemons = [mds for mds in (self.mds, self.standby) if mds is not None and mds.running]
        return next((mds for mds in daemons if _is_active(mds)), None)

    def _let_go(self, mount: Mount) -> None:
        """Of a session that cannot end itself, for which the next metadata server would wait 45 s."""
        if not mount.daemon.running and self._serving() is not None:
            self.evict(mount)

    def _unmount(self, path: Path, daemon: Daemon) -> None:
        # Lazily: a test may have left a process in it. Without users it ends by itself, and ends its session.
        if daemon.running:
            daemon.thaw()
        _detach(path)
        if not daemon.ended_within(5):
            daemon.kill()
            _detach(path)

    def _daemon(self, name: str, program: str, ready: Callable[[Daemon], bool]) -> Daemon:
        command = [program, "-f", "-i", name.partition(".")[2], "-c", str(self.configuration)]
        return Daemon(name, self.folder, command, ready)

    def _write_down(self) -> None:
        (port,) = free_ports(1)
        fsid = str(uuid.uuid4())
        for name in ("mon", "mgr", "osd0", "mds.a.data", "mds.b.data"):
            (self.folder / name).mkdir()
        self.configuration.write_text(_CONFIGURATION.format(fsid=fsid, port=port, folder=self.folder, size=10 << 30))
        keyring, monmap = str(self.folder / "keyring"), str(self.folder / "monmap")
        self._run("ceph-authtool", "--create-keyring", keyring)
        for name, rights in _KEYS.items():
            caps = [word for part, right in rights.items() for word in ("--cap", part, right)]
            self._run("ceph-authtool", keyring, "--gen-key", "-n", name, *caps)
        self._run("monmaptool", "--create", "--addv", "a", f"[v2:127.0.0.1:{port}]", "--fsid", fsid, monmap)
        self._run("ceph-mon", "--mkfs", "-i", "a", "--monmap", monmap, "--keyring", keyring)

    def _run(self, *command: str) -> str:
        environment = os.environ | {"CEPH_CONF": str(self.configuration)}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=90, check=False)
        assert done.returncode == 0, f"{' '.join(command)}: {done.stderr[-3000:]}"
        return done.stdout


def _detach(path: Path) -> None:
    # By the name alone: to look at it could wait for servers that are gone.
    with suppress(subprocess.TimeoutExpired):
        subprocess.run(["umount", "-c", "-l", path], check=False, timeout=10, capture_output=True)


def _is_active(mds: Daemon) -> bool:
    return mds.ask("status").get("state") == "up:active"


@contextmanager
def running(*, standby: bool = False) -> Iterator[Cluster]:
    """A cluster with an empty file system, healthy; gone at the end with its mounts, whatever state the test left it in.

    `standby`: with a second metadata server that waits. Raises AssertionError where a part does not come up.
    """
    missing = [tool for tool in _TOOLS if shutil.which(tool) is None]
    assert not missing, f"{', '.join(missing)} not found: run scripts/setup ceph"
    with ExitStack() as stack:
        # Short, since a socket's path has at most 107 bytes.
        folder = Path(tempfile.mkdtemp(prefix="ceph-", dir="/tmp"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        cluster = Cluster(folder, standby=standby)
        stack.callback(cluster.down)
        cluster.up()
        yield cluster
