"""What the volume is, and who we are to the servers behind it: asked anew each time, since a mount may go or come.

A file at the volume's root holds its identity, so that a directory where the mount is absent is not taken for it. On CephFS
each mount is a client of its own, by whose address it can be shut out; the client itself says which it is: the kernel's in
debugfs, ceph-fuse on its admin socket. What follows from any of it is decided elsewhere.
"""

from __future__ import annotations

import errno
import json
import os
import re
import secrets
import socket
import struct
from collections.abc import Iterator, Sequence
from contextlib import suppress
from glob import iglob
from pathlib import Path

from storage.beneath import make_directories, open_file
from storage.faults import about
from storage.stop import Stop
from winslow.domain.cephclient import CephClient
from winslow.errors import DataLoss, Unavailable
from winslow.ports import Standing

MARK = ".winslow-volume"
"""At the volume's root: the identity, as one line."""
DEBUG = "/sys/kernel/debug/ceph"
"""Where the kernel's client tells of itself, to root."""
ANSWER_WITHIN = 1.0
"""Seconds that a ceph-fuse has to say who it is; it does not read a file for that."""
SOCKETS = 64
"""Admin sockets that are asked; old ones of clients that died refuse at once."""
_SHAPE = re.compile(r"[a-z0-9][a-z0-9.-]{0,62}/[0-9a-f]{32}")
"""The cluster's name and what is the volume's alone."""
_NOT_CEPH = frozenset({errno.EOPNOTSUPP, errno.ENODATA, errno.ENOSYS})


class Standings:
    """Of the volume at `path`, whose root is open as `root`; `path` is looked up again each time."""

    def __init__(self, path: str, root: int) -> None:
        self._path = path
        self._root = root
        self._known: tuple[str, int, str] | None = None

    def look(self, sockets: Sequence[str], stop: Stop) -> Standing:
        """The volume's identity, and our client. `sockets` are patterns of admin sockets of ceph-fuse.

        Raises Unavailable (STORAGE_DEGRADED) when something else lies at the path now, (STORAGE_FENCED) when this client was
        shut out; DataLoss (VOLUME_MARK_DAMAGED).
        """
        self.require_in_place()
        with about(self._path):
            identity = _read(self._root)
            number = _number(self._root)
        if number is None:
            return Standing(identity)
        fsid, client = number
        address = self._address(fsid, client, sockets)
        return Standing(identity, str(CephClient(fsid, client, address)) if address else "", on_ceph=True)

    def mark(self, cluster: str, stop: Stop) -> str:
        """Give the volume an identity, and its top; returns the identity it has then. Cut or done by two, it has one, whole."""
        with about(f"{self._path}/{MARK}"):
            make_top(self._root)
            if not _read(self._root):
                _write(self._root, f"{cluster}/{secrets.token_hex(16)}")
            return _read(self._root)

    def unmark(self, identity: str, stop: Stop) -> None:
        """Take this identity away again, which the cluster did not take. Another one stays."""
        with about(f"{self._path}/{MARK}"):
            if _read(self._root) == identity:
                os.unlink(MARK, dir_fd=self._root)

    def require_in_place(self) -> None:
        """Raises Unavailable: STORAGE_DEGRADED where the path leads elsewhere than when it was opened, STORAGE_FENCED."""
        with about(self._path):
            held = _held(self._root)
            now = Path(self._path).stat()
        if (now.st_dev, now.st_ino) != (held.st_dev, held.st_ino):
            raise Unavailable(
                f"Something else lies at {self._path} than when it was opened",
                reason="STORAGE_DEGRADED",
                subject=self._path,
                hint="It looks like it was mounted or unmounted under the daemon: mount the volume there again",
            )

    def _address(self, fsid: str, number: int, sockets: Sequence[str]) -> str:
        """It stays the client's as long as that has its number. "" where nothing tells."""
        if self._known is None or self._known[:2] != (fsid, number):
            address = _of_kernel(fsid, number) or _of_fuse(number, sockets)
            self._known = (fsid, number, address) if address else None
        return self._known[2] if self._known else ""


def make_top(root: int) -> None:
    """The directories in which everything lies, where they are not there yet."""
    for name in ("resources", "projects"):
        os.close(make_directories(root, name))


def _held(root: int) -> os.stat_result:
    """What was opened. Of a directory that is open, a ceph-fuse that was shut out says that it does not exist."""
    try:
        return os.fstat(root)
    except FileNotFoundError as error:
        raise OSError(errno.ESHUTDOWN, os.strerror(errno.ESHUTDOWN)) from error


def _read(root: int) -> str:
    """The identity, "" where there is none."""
    try:
        handle = open_file(root, MARK, follow=False)
    except FileNotFoundError:
        return ""
    try:
        text = os.read(handle, 200).decode(errors="replace").strip()
    finally:
        os.close(handle)
    if _SHAPE.fullmatch(text) is None:
        raise DataLoss(
            f"{MARK} at the volume's root is not what Winslow wrote: {text!r}",
            reason="VOLUME_MARK_DAMAGED",
            subject=MARK,
            hint="docs/ceph.md says where the identity is found, and how it is written there again",
        )
    return text


def _write(root: int, identity: str) -> None:
    """Whole or not at all, and never over another's."""
    draft = f"{MARK}.{secrets.token_hex(4)}"
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644, dir_fd=root)
    try:
        os.write(handle, f"{identity}\n".encode())
        os.fsync(handle)
        with suppress(FileExistsError):
            os.link(draft, MARK, src_dir_fd=root, dst_dir_fd=root)
    finally:
        os.close(handle)
        os.unlink(draft, dir_fd=root)
    os.fsync(root)


def _number(root: int) -> tuple[str, int] | None:
    """Our cluster's id and our number there, None off CephFS."""
    try:
        fsid = os.getxattr(root, "ceph.cluster_fsid").decode()
        client = os.getxattr(root, "ceph.client_id").decode()
    except BrokenPipeError as error:  # how Python calls ESHUTDOWN
        raise OSError(errno.ESHUTDOWN, os.strerror(errno.ESHUTDOWN)) from error
    except OSError as error:
        if error.errno in _NOT_CEPH:
            return None
        raise
    return fsid, int(client.removeprefix("client"))


def _of_kernel(fsid: str, number: int) -> str:
    """The kernel's client writes `instance: client.4119 (1)10.0.0.1:0/2699893154`."""
    with suppress(OSError):
        status = Path(f"{DEBUG}/{fsid}.client{number}/status").read_text(encoding="utf-8")
        if found := re.search(rf"instance: client\.{number} \(\d+\)(\S+)", status):
            return found.group(1)
    return ""


def _of_fuse(number: int, patterns: Sequence[str]) -> str:
    """What the ceph-fuse says that has our number: there may be several on a machine."""
    for path in _newest(patterns):
        status = _asked(path)
        if status.get("id") == number and isinstance(address := status.get("addr_str"), str):
            return address
    return ""


def _newest(patterns: Sequence[str]) -> list[str]:
    found = {path for pattern in patterns for path in iglob(pattern)}  # noqa: PTH207 - it is absolute
    return sorted(found, key=_changed, reverse=True)[:SOCKETS]


def _changed(path: str) -> float:
    with suppress(OSError):
        return Path(path).stat().st_mtime
    return 0.0


def _asked(path: str) -> dict[str, object]:
    """A client's status; {} where nobody answers, or another sort of daemon does."""
    with suppress(OSError, struct.error, ValueError), socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(ANSWER_WITHIN)
        connection.connect(path)
        connection.sendall(b'{"prefix": "status", "format": "json"}\0')
        (size,) = struct.unpack(">I", b"".join(_exactly(connection, 4)))
        decoded = json.loads(b"".join(_exactly(connection, min(size, 1 << 20))))
        return decoded if isinstance(decoded, dict) else {}
    return {}


def _exactly(connection: socket.socket, size: int) -> Iterator[bytes]:
    while size > 0:
        data = connection.recv(size)
        if not data:
            raise ConnectionResetError
        size -= len(data)
        yield data
