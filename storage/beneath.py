"""Opening what lies beneath a directory, and nothing else: the kernel (openat2) resolves every path.

Containers write names, links and special files as they please, also while we look. So a path is resolved with
RESOLVE_BENEATH and RESOLVE_NO_MAGICLINKS, and what it leads to is first held with O_PATH, which opens no device
and wakes no FIFO; only what fstat calls a regular file is then opened for real, through the very handle that
was looked at. What is swapped meanwhile is swapped in vain. Nothing here knows what the directories mean.

These functions raise OSError; `storage.faults` gives it words.
"""

from __future__ import annotations

import ctypes
import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from winslow.errors import FailedPrecondition

_OPENAT2 = 437
"""The number of the system call, the same on every architecture."""
_NO_MAGIC_LINKS = 0x02
_NO_SYMLINKS = 0x04
_BENEATH = 0x08
_RENAME_NOREPLACE = 1
_RACES = 128
"""How often a resolution is begun again that the kernel gave up because a directory above was renamed."""
_STEP = 3072
"""Bytes of path that are resolved at once where a tree may be deeper than PATH_MAX."""
_LINKS = frozenset({errno.ELOOP, errno.ENOTDIR})
"""What the system says to a symbolic link where only a directory is taken."""
_NO_RENAMEAT2 = frozenset({errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP})


class _How(ctypes.Structure):
    _fields_ = (("flags", ctypes.c_uint64), ("mode", ctypes.c_uint64), ("resolve", ctypes.c_uint64))


_libc = ctypes.CDLL(None, use_errno=True)
_syscall = ctypes.CFUNCTYPE(
    ctypes.c_long, ctypes.c_long, ctypes.c_int, ctypes.c_char_p, ctypes.POINTER(_How), ctypes.c_size_t, use_errno=True
)(("syscall", _libc))
_renameat2 = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint, use_errno=True
)(("renameat2", _libc))


def open_root(path: str) -> int:
    """Open the directory `path` to resolve beneath it. Raises FailedPrecondition when the system lacks what that takes."""
    root = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.close(_resolve(root, ".", os.O_PATH, follow=True))
    except OSError as error:
        os.close(root)
        if error.errno not in (errno.ENOSYS, errno.EPERM):
            raise
        raise FailedPrecondition(
            "This system has no openat2, so paths in workspaces cannot be opened safely",
            reason="KERNEL_TOO_OLD",
            subject=path,
            hint="Linux 5.6 or later is needed; in a container, a seccomp profile that knows openat2",
        ) from error
    return root


@contextmanager
def held(fd: int) -> Iterator[int]:
    """Close `fd` when the body is left."""
    try:
        yield fd
    finally:
        os.close(fd)


def open_path(root: int, relative: str, *, follow: bool = True) -> int:
    """A handle (O_PATH) of whatever `relative` is; without `follow`, of a last part that is a symbolic link, too."""
    return _resolve(root, relative, os.O_PATH if follow else os.O_PATH | os.O_NOFOLLOW, follow=True)


def open_directory(root: int, relative: str, *, follow: bool = True) -> int:
    """The directory at `relative`; without `follow`, no part of it may be a symbolic link."""
    return _resolve(root, relative, os.O_RDONLY | os.O_DIRECTORY, follow=follow)


def open_file(root: int, relative: str, flags: int = os.O_RDONLY, *, follow: bool = True) -> int:
    """The regular file at `relative`. EISDIR for a directory; FIFOs, sockets and devices are never opened: ELOOP, ENXIO."""
    with held(_resolve(root, relative, os.O_PATH | (0 if follow else os.O_NOFOLLOW), follow=follow)) as handle:
        _require_regular(os.fstat(handle).st_mode)
        return os.open(f"/proc/self/fd/{handle}", flags | os.O_NOCTTY | os.O_NONBLOCK)


def _require_regular(mode: int) -> None:
    if stat.S_ISREG(mode):
        return
    if stat.S_ISDIR(mode):
        raise OSError(errno.EISDIR, os.strerror(errno.EISDIR))
    if stat.S_ISLNK(mode):
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
    raise OSError(errno.ENXIO, os.strerror(errno.ENXIO))


def open_parent(root: int, relative: str) -> tuple[int, str]:
    """The directory in which the last part of `relative` lies, and that part."""
    above, _, name = relative.rpartition("/")
    return open_directory(root, above), name


def descend(root: int, relative: str) -> int:
    """A directory deep in a tree, without following any link; also where its path is longer than PATH_MAX."""
    if len(relative) < _STEP // 4:  # a character is at most four bytes
        return open_directory(root, relative, follow=False)
    current = os.dup(root)
    for step in _steps(relative):
        with held(current):
            current = open_directory(current, step, follow=False)
    return current


def _steps(relative: str) -> Iterator[str]:
    step: list[str] = []
    length = 0
    for part in relative.split("/"):
        size = len(os.fsencode(part)) + 1
        if length + size > _STEP:
            yield "/".join(step)
            step, length = [], 0
        step.append(part)
        length += size
    yield "/".join(step)


def make_directories(root: int, relative: str, mode: int = 0o755) -> int:
    """Open the directory at `relative`; what of it is missing is made. What is there stays as it is."""
    with suppress(FileNotFoundError):
        return open_directory(root, relative)
    parts = relative.split("/")
    current = open_directory(root, "")
    for depth, part in enumerate(parts, start=1):
        with held(current):
            with suppress(FileExistsError):
                os.mkdir(part, mode, dir_fd=current)
            current = _enter(root, current, parts, depth)
    return current


def _enter(root: int, current: int, parts: list[str], depth: int) -> int:
    """The directory at the first `depth` of `parts`, the last of which lies in `current`.

    From there, since each step from the root takes longer than the one before, which a network file system makes felt.
    """
    try:
        return open_directory(current, parts[depth - 1], follow=False)
    except OSError as error:
        if error.errno not in _LINKS:
            raise
    # Resolved from the root: a link that lies in its place may lead beside it, but not out.
    return open_directory(root, "/".join(parts[:depth]))


def sync_directories(root: int, relative: str) -> None:
    """Make the names along a path safe."""
    parts = relative.split("/") if relative else []
    for depth in range(len(parts), -1, -1):
        with held(open_directory(root, "/".join(parts[:depth]))) as directory:
            os.fsync(directory)


def rename_new(source: int, name: str, target: int, new_name: str) -> None:
    """Rename `name` in directory `source` to `new_name` in `target`, which must not be there (EEXIST)."""
    while True:
        if not _renameat2(source, _encoded(name), target, _encoded(new_name), _RENAME_NOREPLACE):
            return
        code = ctypes.get_errno()
        if code in _NO_RENAMEAT2 and _exists(source, name):
            return _rename_without_help(source, name, target, new_name, code)
        if code != errno.EINTR:
            raise OSError(code, os.strerror(code))


def _rename_without_help(source: int, name: str, target: int, new_name: str, code: int) -> None:
    """For file systems that cannot rename without replacing (NFS): a link does not replace either."""
    if stat.S_ISDIR(os.stat(name, dir_fd=source, follow_symlinks=False).st_mode):
        if _exists(target, new_name):
            raise OSError(errno.EEXIST, os.strerror(errno.EEXIST))
        return os.rename(name, new_name, src_dir_fd=source, dst_dir_fd=target)
    try:
        os.link(name, new_name, src_dir_fd=source, dst_dir_fd=target, follow_symlinks=False)
    except PermissionError as error:
        raise OSError(code, os.strerror(code)) from error
    os.unlink(name, dir_fd=source)
    return None


def _exists(directory: int, name: str) -> bool:
    try:
        os.stat(name, dir_fd=directory, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def _resolve(root: int, relative: str, flags: int, *, follow: bool) -> int:
    resolve = _BENEATH | _NO_MAGIC_LINKS | (0 if follow else _NO_SYMLINKS)
    how = _How(flags | os.O_CLOEXEC, 0, resolve)
    path = _encoded(relative or ".")
    for _ in range(_RACES):
        fd = _syscall(_OPENAT2, root, path, ctypes.byref(how), ctypes.sizeof(how))
        if fd >= 0:
            return int(fd)
        code = ctypes.get_errno()
        if code not in (errno.EAGAIN, errno.EINTR):
            break
    raise OSError(code, os.strerror(code))


def _encoded(path: str) -> bytes:
    encoded = os.fsencode(path)
    if b"\0" in encoded:
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
    return encoded
