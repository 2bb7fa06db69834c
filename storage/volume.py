"""The volume on one directory of a POSIX file system: an ordinary disk, XFS with reflinks, a CephFS or NFS mount.

Brings the six ports together over one open root. A file system that can do more (snapshots, recursive sizes,
layers) gets a volume of its own beside this one; the worker asks for no more than these attributes.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType

from storage.beneath import held, open_root
from storage.ceph import is_cephfs
from storage.differences import Comparing
from storage.faults import about
from storage.files import Files
from storage.history import History
from storage.layered import Layered
from storage.logs import Logs
from storage.manifests import Manifests
from storage.members import Unpacked
from storage.merged import Merged
from storage.mounting import Mounting
from storage.pictures import Pictures
from storage.quotas import Quotas
from storage.readings import Readings
from storage.retiring import Retiring
from storage.small import SmallFiles
from storage.standing import Standings, make_top
from storage.stop import Stop
from storage.tree_port import Trees
from storage.upload_state import Background
from storage.uploads import Uploads
from storage.workspaces import Workspaces
from winslow.ports import Clock


@dataclass(frozen=True, slots=True)
class Space:
    """Bytes of the file system: all, and what is free to the daemon."""

    total: int
    free: int


def _leave_it(work: object) -> None:
    """Without other threads nothing is done in the background."""


class PlainVolume:
    """Opens the volume at the absolute path `root`, which must exist.

    What is missing of its top is made, unless it is not to `make` anything: an empty directory may be one where a mount is
    absent, and what lies in it keeps the mount from coming back. Without `mounting` no layered workspace is mounted here.

    Raises NotFound (FILE_NOT_FOUND), FailedPrecondition (KERNEL_TOO_OLD), PermissionDenied (FILE_PERMISSION).
    """

    def __init__(
        self,
        root: str,
        background: Background = _leave_it,
        clock: Clock = time.time,
        mounting: Mounting | None = None,
        make: bool = True,
    ) -> None:
        with about(root):
            self._root = open_root(root)
            if make:
                make_top(self._root)
        unpacked = Unpacked()
        self.logs = Logs(self._root, clock, unpacked)
        self.quotas = Quotas(self._root)
        layered = Layered(self._root, mounting or Mounting())
        self.workspaces = Workspaces(self._root, self.logs, self.quotas, layered)
        opened = Merged(layered)
        self.files = Files(self._root, opened, self.logs)
        self.trees = Trees(self._root, opened)
        self.pictures = Pictures(self._root, opened)
        self.uploads = Uploads(self._root, self.quotas, background, clock)
        self.small = SmallFiles(self._root, self.quotas, clock)
        self.history = History(self._root, clock, unpacked)
        self.readings = Readings(self._root)
        self.manifests = Manifests(self._root, clock, unpacked)
        self.retiring = Retiring(self._root)
        self.compares = Comparing(self._root, self.manifests)
        self._path = root
        self.standings = Standings(root, self._root)

    def space(self, stop: Stop) -> Space:
        """Asks the file system itself, so it also tells whether that answers. Raises Unavailable (STORAGE_DEGRADED)."""
        self.standings.require_in_place()
        with about(self._path):
            is_cephfs(self._root)  # asks the metadata server, where there is one: room is told by others
            status = os.fstatvfs(self._root)
        return Space(status.f_blocks * status.f_frsize, status.f_bavail * status.f_frsize)

    def probe(self, stop: Stop) -> None:
        """Whether data can be written and made safe. Raises what keeps it from that, and whatever it raises is an answer."""
        name, flags = f".probe-{os.uname().nodename}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
        with about(self._path), held(os.open(name, flags, 0o600, dir_fd=self._root)) as fd:
            os.write(fd, b"probe")
            os.fsync(fd)
            with suppress(FileNotFoundError):  # of another daemon on this machine
                os.unlink(name, dir_fd=self._root)

    def close(self) -> None:
        """Let go of the root."""
        os.close(self._root)

    def __enter__(self) -> PlainVolume:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
