"""What CephFS knows of a directory without a walk through it: its size, its quota, its snapshots.

All of it is asked for with extended attributes and the hidden directory `.snap`, so any client will do: the kernel's, or
ceph-fuse. Directories come open; `subject` is the path as people write it. It knows nothing of the volume's layout.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from storage.faults import about
from winslow.errors import AlreadyExists, FailedPrecondition, InvalidArgument, NotFound, PermissionDenied

SNAPSHOTS = ".snap"
"""The name of the directory of snapshots, in every directory; no listing shows it."""
_NOT_HERE = frozenset({errno.EOPNOTSUPP, errno.ENODATA, errno.ENOSYS})
"""What other file systems say to an attribute of CephFS."""
_NAME_MAX = 200
"""Bytes; below, CephFS shows a snapshot as _NAME_INODE, which must be a name too."""


@dataclass(frozen=True, slots=True)
class Quota:
    """What a directory may hold with all below it; 0 is no limit. `files` counts directories too."""

    bytes: int = 0
    files: int = 0


@dataclass(frozen=True, slots=True)
class Recursive:
    """What lies below a directory, itself not counted. `bytes` counts links by their length, `files` each file once.

    The metadata servers add up as they go: what was written through another client may come some seconds late.
    """

    bytes: int
    files: int
    directories: int


def is_cephfs(directory: int) -> bool:
    """Whether it lies on CephFS, whoever mounted it. Raises OSError where the mount does not answer."""
    return _attribute(directory, "ceph.dir.rsubdirs") is not None


def recursive(directory: int) -> Recursive | None:
    """In one question, however much it is; None where it is not on CephFS. Raises OSError."""
    values = [_attribute(directory, f"ceph.dir.{name}") for name in ("rbytes", "rfiles", "rsubdirs")]
    found = [value for value in values if value is not None]
    if len(found) < len(values):
        return None
    size, files, directories = found
    return Recursive(size, files, max(0, directories - 1))  # it counts itself among them


def quota(directory: int, subject: str) -> Quota:
    """Of the directory itself, not of those above. Raises FailedPrecondition (NOT_ON_CEPHFS)."""
    with about(subject):
        _require_cephfs(directory, subject)
        size, files = (_attribute(directory, f"ceph.quota.{name}") for name in ("max_bytes", "max_files"))
    return Quota(size or 0, files or 0)


def set_quota(directory: int, wanted: Quota, subject: str) -> None:
    """In place of the one that is there; less than what is there lets nothing more in. Cut between two limits, do it again.

    The limits hold for every client, each of which may be seconds late in seeing that they are reached; what does
    not fit then is EDQUOT. Raises FailedPrecondition (NOT_ON_CEPHFS), PermissionDenied (QUOTA_FORBIDDEN),
    InvalidArgument (QUOTA_INVALID).
    """
    if not (0 <= wanted.bytes < 1 << 63 and 0 <= wanted.files < 1 << 63):
        raise InvalidArgument(
            f"{wanted.bytes} bytes and {wanted.files} files are no quota for {subject!r}",
            reason="QUOTA_INVALID",
            subject=subject,
            hint="Give numbers that are not negative; 0 is no limit",
        )
    with about(subject), _permitted(subject, "QUOTA_FORBIDDEN", "p"):
        _require_cephfs(directory, subject)
        os.setxattr(directory, "ceph.quota.max_bytes", str(wanted.bytes).encode())
        os.setxattr(directory, "ceph.quota.max_files", str(wanted.files).encode())


def snapshot(directory: int, name: str, subject: str) -> None:
    """Keep the directory with all below it as it is now, under `name`; at once, however much it is.

    Raises AlreadyExists (SNAPSHOT_EXISTS), InvalidArgument (SNAPSHOT_INVALID), FailedPrecondition (NOT_ON_CEPHFS),
    PermissionDenied (SNAPSHOT_FORBIDDEN).
    """
    _require_name(name)
    with about(subject), _permitted(subject, "SNAPSHOT_FORBIDDEN", "s"):
        _require_cephfs(directory, subject)
        try:
            os.mkdir(f"{SNAPSHOTS}/{name}", dir_fd=directory)
        except FileExistsError as error:
            raise AlreadyExists(
                f"{subject!r} has a snapshot {name!r}",
                reason="SNAPSHOT_EXISTS",
                subject=subject,
                hint="Choose another name, or remove that one first",
            ) from error


def snapshots(directory: int, subject: str) -> list[str]:
    """The names of the directory's own snapshots, sorted; those of directories above are not among them.

    Raises FailedPrecondition (NOT_ON_CEPHFS).
    """
    with about(subject):
        _require_cephfs(directory, subject)
        handle = os.open(SNAPSHOTS, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=directory)
        try:
            return sorted(name for name in os.listdir(handle) if not name.startswith("_"))
        finally:
            os.close(handle)


def remove_snapshot(directory: int, name: str, subject: str) -> None:
    """Its space comes free by and by. Raises NotFound (SNAPSHOT_NOT_FOUND), and what `snapshot` does."""
    _require_name(name)
    with about(subject), _permitted(subject, "SNAPSHOT_FORBIDDEN", "s"):
        _require_cephfs(directory, subject)
        try:
            os.rmdir(f"{SNAPSHOTS}/{name}", dir_fd=directory)
        except FileNotFoundError as error:
            raise NotFound(
                f"{subject!r} has no snapshot {name!r}",
                reason="SNAPSHOT_NOT_FOUND",
                subject=subject,
                hint="List its snapshots to see which there are",
            ) from error


def _attribute(directory: int, name: str) -> int | None:
    try:
        return int(os.getxattr(directory, name))
    except OSError as error:
        if error.errno not in _NOT_HERE:
            raise
        return None


def _require_cephfs(directory: int, subject: str) -> None:
    if not is_cephfs(directory):
        raise FailedPrecondition(
            f"{subject!r} is not on CephFS, which alone knows quotas and snapshots",
            reason="NOT_ON_CEPHFS",
            subject=subject,
            hint="Put the volume on CephFS, or do without",
        )


def _require_name(name: str) -> None:
    """CephFS keeps names with a '_' before them for the snapshots of directories above."""
    if name in {"", ".", ".."} or name.startswith("_") or {"/", "\0"} & set(name) or len(os.fsencode(name)) > _NAME_MAX:
        raise InvalidArgument(
            f"A snapshot cannot be called {name!r}",
            reason="SNAPSHOT_INVALID",
            subject=name,
            hint=f"Use 1 to {_NAME_MAX} bytes without '/' or NUL, the first of them no '_'",
        )


@contextmanager
def _permitted(subject: str, reason: str, flag: str) -> Iterator[None]:
    """The right has a letter of its own in a client's key, so the modes of files say nothing of it."""
    try:
        yield
    except PermissionError as error:
        raise PermissionDenied(
            f"This node's key for CephFS does not allow that for {subject!r}",
            reason=reason,
            subject=subject,
            hint=f"Add '{flag}' to its rights: ceph fs authorize NAME CLIENT PATH rw{flag}",
        ) from error
