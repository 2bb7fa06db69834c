"""What the operating system says, in Winslow's words: the one table from errno to `winslow.errors`.

It knows no operation; who calls says which path was meant, as people write it.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager

from winslow.errors import (
    AlreadyExists,
    Conflict,
    Exhausted,
    FailedPrecondition,
    Internal,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    Unavailable,
    WinslowError,
)

_Row = tuple[type[WinslowError], str, str, str]

_DEGRADED: _Row = (
    Unavailable,
    "STORAGE_DEGRADED",
    "The file system does not answer for {path!r} ({why})",
    "Look at the mount and the servers behind it on this node; trying again is safe",
)
_OUTSIDE: _Row = (
    FailedPrecondition,
    "PATH_LEADS_OUT",
    "A symbolic link in {path!r} leads out of its directory or in a circle",
    "Name the file itself; links may only lead to files in the same workspace or pool",
)
_FORBIDDEN: _Row = (
    PermissionDenied,
    "FILE_PERMISSION",
    "The daemon may not touch {path!r} ({why})",
    "Look at the owner and the mode of the file, and at the user that the daemon runs as",
)
_TOO_MANY: _Row = (Exhausted, "TOO_MANY_FILES", "Too many open files ({why})", "Raise the daemon's limit of open files")

_TABLE: dict[int, _Row] = {
    errno.ENOENT: (NotFound, "FILE_NOT_FOUND", "There is no {path!r}", "List the directory to see what is there"),
    errno.EEXIST: (AlreadyExists, "FILE_EXISTS", "{path!r} exists", "Delete it first, or choose another name"),
    errno.ENOTDIR: (
        FailedPrecondition,
        "NOT_A_DIRECTORY",
        "{path!r} is not a directory, or leads through something that is not",
        "Look at each part of the path; one of them is a file",
    ),
    errno.EISDIR: (FailedPrecondition, "IS_A_DIRECTORY", "{path!r} is a directory", "Name a file in it"),
    errno.ENXIO: (
        FailedPrecondition,
        "NOT_A_FILE",
        "{path!r} is neither a file nor a directory",
        "FIFOs, sockets and devices are never opened",
    ),
    errno.ENOTEMPTY: (
        FailedPrecondition,
        "DIRECTORY_NOT_EMPTY",
        "The directory {path!r} is not empty",
        "Delete it with all that is in it by asking for a recursive delete",
    ),
    errno.EXDEV: _OUTSIDE,
    errno.ELOOP: _OUTSIDE,
    errno.ENAMETOOLONG: (
        InvalidArgument,
        "NAME_TOO_LONG",
        "A name in {path!r} is longer than the file system takes",
        "Use names of at most 255 bytes",
    ),
    errno.EINVAL: (InvalidArgument, "PATH_INVALID", "The file system refuses {path!r} ({why})", "Choose another name"),
    errno.ENOSPC: (
        Exhausted,
        "DISK_FULL",
        "The file system is full: {path!r} could not be written",
        "Free some space, for instance by deleting old attempts or projects, then try again",
    ),
    errno.EDQUOT: (
        Exhausted,
        "QUOTA_EXCEEDED",
        "The quota is used up: {path!r} could not be written",
        "Delete old attempts of the project, or have its quota raised",
    ),
    errno.EFBIG: (Exhausted, "FILE_TOO_LARGE", "{path!r} is larger than the file system takes", "Split the file"),
    errno.EMFILE: _TOO_MANY,
    errno.ENFILE: _TOO_MANY,
    errno.EACCES: _FORBIDDEN,
    errno.EPERM: _FORBIDDEN,
    errno.EROFS: (
        FailedPrecondition,
        "READ_ONLY_FILE_SYSTEM",
        "The file system is read-only: {path!r} could not be changed",
        "A file system often turns read-only after an error of its disk: look at the node's kernel log",
    ),
    errno.EAGAIN: (
        Conflict,
        "PATH_CHANGES",
        "{path!r} was changed too often while it was being opened",
        "Try again when nothing renames directories above it",
    ),
    errno.ESHUTDOWN: (
        Unavailable,
        "STORAGE_FENCED",
        "The file system has shut this node out: {path!r} cannot be reached",
        "The node was declared lost; restart its mount and its daemon",
    ),
    errno.EIO: _DEGRADED,
    errno.ESTALE: _DEGRADED,
    errno.ETIMEDOUT: _DEGRADED,
    errno.ENOTCONN: _DEGRADED,
    errno.EHOSTDOWN: _DEGRADED,
    errno.ECONNABORTED: _DEGRADED,
}


def translate(error: OSError, path: str) -> WinslowError:
    """The error that a person reads for `error`, which concerned `path`."""
    code = error.errno or 0
    why = f"{errno.errorcode.get(code, code)}: {os.strerror(code)}"
    row = _TABLE.get(code)
    if row is None:
        return Internal(f"The file system failed for {path!r} ({why})", reason="STORAGE_FAULT", subject=path)
    kind, reason, text, hint = row
    return kind(text.format(path=path, why=why), reason=reason, subject=path, hint=hint)


@contextmanager
def about(path: object) -> Iterator[None]:
    """Whatever OSError leaves the body is told as an error about `path`."""
    try:
        yield
    except OSError as error:
        raise translate(error, str(path)) from error
