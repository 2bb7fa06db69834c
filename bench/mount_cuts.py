"""An upload over HTTP whose volume is torn away beneath it: ceph-fuse killed at random moments, and mounted again.

Beside the cuts of client, daemon and worker that `bench.transfer` makes on a plain directory. What the killed client held back
and had not been acknowledged is lost with it, and sent again; an acknowledged byte that is missing fails the measurement.
"""

from __future__ import annotations

import hashlib
import random
import sys
import tempfile
import threading
import time
from contextlib import ExitStack, closing
from pathlib import Path

from bench.figures import Figure
from tests import ceph, etcd
from tests.ceph import Cluster, Mount
from tests.daemon import NodeDaemon
from tests.etcd import free_ports
from tests.sender import Sender

CUTS = 10
SIZE = 768 << 20
PATH = "resources/torn"
_MIB = 1 << 20
_PIECE = 4 << 20
_AIM = 8.0
_BACK_WITHIN = 120.0


def measure() -> list[Figure]:
    address = f"127.0.0.1:{free_ports(1)[0]}"
    with (
        tempfile.TemporaryDirectory(prefix="winslow-bench-") as home,
        etcd.running(Path(home, "etcd")) as members,
        ceph.running() as cluster,
        ExitStack() as mounts,
    ):
        mount = mounts.enter_context(cluster.mounted())
        endpoints = [member.endpoint for member in members]
        volume = {"volume": str(mount.path), "http": [address], "volume_min_free": 0}
        with NodeDaemon(Path(home, "node"), "bench-mount", endpoints, **volume):
            resent = _torn(cluster, mount, mounts, address, Path(home, "source"))
    return [Figure("upload.resent.mount", "MiB", max(resent) / _MIB, _AIM, CUTS)]


def _torn(cluster: Cluster, mount: Mount, mounts: ExitStack, address: str, source: Path) -> list[int]:
    """Bytes that were sent again, by cut."""
    rng = random.Random(51)
    with source.open("wb") as file:
        for _ in range(SIZE // _PIECE):
            file.write(rng.randbytes(_PIECE))
    with closing(Sender(address, PATH, str(source))) as sender:
        sender.begin()
        for number in range(CUTS):
            sending = threading.Thread(target=sender.send)
            sending.start()
            time.sleep(rng.random() * 0.3)
            mount.kill()
            sending.join()
            mount = mounts.enter_context(cluster.mounted_again(mount))
            began = time.monotonic()
            while not _looked(sender):
                assert time.monotonic() < began + _BACK_WITHIN, "the daemon does not find its volume again"
                time.sleep(0.1)
            print(f"cut {number + 1}: {sender.acknowledged / _MIB:.1f} MiB are there", file=sys.stderr)
        sender.run(threading.Event())
        resent = sender.resent
    with (mount.path / PATH).open("rb") as arrived:
        digest = hashlib.file_digest(arrived, "sha256").digest()
    assert digest == hashlib.sha256(source.read_bytes()).digest(), "another file arrived than was sent"
    source.unlink()
    return resent


def _looked(sender: Sender) -> bool:
    try:
        sender.look()
    except OSError:
        return False
    return True
