"""Clients of a real CephFS for tests: keys of theirs, and processes that hold files open on their mounts.

Whoever touches a mount whose servers may be dead hangs in the kernel; so it is a child that does, and that can be killed.
"""

from __future__ import annotations

import json
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.ceph import Cluster, Mount
from winslow.domain.cephclient import CephClient
from winslowd.ceph.monitors import Key, Monitors

FENCE = ("mon", 'allow command "osd blocklist" with blocklistop=add')
WATCH = ("mon", "allow r")
"""What the keys of docs/ceph.md may do."""

_WRITER = """
import errno, json, os, sys
path = sys.argv[1]
handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
print(json.dumps("open"), flush=True)
for line in sys.stdin:
    what, text = json.loads(line)
    try:
        if what == "write":
            os.pwrite(handle, text.encode(), 0)
            os.fsync(handle)
            said = "ok"
        elif what == "dirty":
            os.pwrite(handle, text.encode(), 0)
            said = "ok"
        elif what == "new":
            os.close(os.open(path + text, os.O_WRONLY | os.O_CREAT))
            said = "ok"
        else:
            fresh = os.open(text or path, os.O_RDONLY)
            said = os.read(fresh, 1000).decode()
            os.close(fresh)
    except OSError as error:
        said = errno.errorcode[error.errno]
    print(json.dumps(said), flush=True)
"""


class Writer:
    """A process with a file open for writing. Every call gives "ok", what was read, or the name of an errno."""

    def __init__(self, path: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _WRITER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert self._answer(30) == "open"

    def write(self, text: str, within: float = 30) -> str:
        """Down to the disk."""
        return self._do("write", text, within)

    def dirty(self, text: str) -> str:
        """Into the client's memory alone."""
        return self._do("dirty", text, 30)

    def make(self, suffix: str, within: float = 30) -> str:
        """Another file beside it."""
        return self._do("new", suffix, within)

    def read(self, within: float = 30, *, other: Path | None = None) -> str:
        """Its file as whoever opens it anew finds it, or the `other` one."""
        return self._do("read", str(other or ""), within)

    def _do(self, what: str, text: str, within: float) -> str:
        assert self._process.stdin
        self._process.stdin.write(json.dumps([what, text]).encode() + b"\n")
        self._process.stdin.flush()
        return self._answer(within)

    def _answer(self, within: float) -> str:
        assert self._process.stdout
        ready, _, _ = select.select([self._process.stdout], [], [], within)
        if not ready:
            raise TimeoutError(f"no answer within {within:g} s")
        return str(json.loads(self._process.stdout.readline()))

    def end(self) -> None:
        """SIGKILL; one that hangs in the kernel is left to it."""
        self._process.kill()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            return
        assert self._process.stdin and self._process.stdout
        self._process.stdout.close()
        self._process.stdin.close()


@contextmanager
def writing(path: Path) -> Iterator[Writer]:
    writer = Writer(path)
    try:
        yield writer
    finally:
        writer.end()


def keyring(cluster: Cluster, name: str, *caps: str) -> Path:
    """The file of a key that may do just that."""
    path = cluster.folder / f"{name}.keyring"
    path.write_text(cluster.ceph("auth", "get-or-create", name, *caps))
    return path


def monitors(cluster: Cluster, name: str, *caps: str, **options: object) -> Monitors:
    return Monitors(cluster.configuration, Key(name, keyring(cluster, name, *caps)), **options)  # type: ignore[arg-type]


def client_of(mount: Mount) -> str:
    """How a node that mounts it says who it is."""
    status = mount.daemon.ask("status")
    fsid = mount.daemon.ask("config get", var="fsid")["fsid"]
    return str(CephClient(str(fsid), mount.client, str(status["addr_str"])))


def sessions(cluster: Cluster) -> set[int]:
    """The clients that the metadata server knows."""
    return {int(one["id"]) for one in cluster.active.ask("session ls")["answer"]}


def until_gone(cluster: Cluster, mount: Mount, within: float = 5.0) -> None:
    deadline = time.monotonic() + within
    while mount.client in sessions(cluster):
        assert time.monotonic() < deadline, "its session is still there"
        time.sleep(0.02)
