"""Room for files on their way in: set aside on the disk where that can be done, and counted where it cannot.

So two uploads that fit one by one and not together are not both begun. It knows no promises and no quotas.
"""

from __future__ import annotations

import ctypes
import errno
import os

_KEEP_SIZE = 1
_BLOCK = 512
"""The unit of st_blocks, whatever the file system's own is."""
_UNABLE = frozenset({errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL})
_libc = ctypes.CDLL(None, use_errno=True)
_fallocate = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64, use_errno=True)(
    ("fallocate64", _libc)
)


def reserve(fd: int, size: int) -> None:
    """Set `size` bytes aside for the file, whose own size stays. Nothing happens where the file system cannot.

    Raises OSError (ENOSPC, EDQUOT); what was set aside then is given back.
    """
    if size <= _allocated(os.fstat(fd)):
        return
    while _fallocate(fd, _KEEP_SIZE, 0, size):
        code = ctypes.get_errno()
        if code == errno.EINTR:
            continue
        if code in _UNABLE:
            return
        os.ftruncate(fd, os.fstat(fd).st_size)
        raise OSError(code, os.strerror(code))


def missing(status: os.stat_result, size: int) -> int:
    """Bytes that a file of `status` still needs to grow to `size`. CephFS takes a reservation and keeps none: it is looked at."""
    return max(0, size - max(status.st_size, _allocated(status)))


def free(fd: int) -> int:
    """Bytes that are free to the daemon on the file system of `fd`."""
    status = os.fstatvfs(fd)
    return status.f_bavail * status.f_frsize


def _allocated(status: os.stat_result) -> int:
    return status.st_blocks * _BLOCK
