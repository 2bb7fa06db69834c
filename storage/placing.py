"""What is made out of sight and put in its place at once: copies, and archives that are unpacked.

A draft lies where uploads lie until they are shown, so that what is cut off is forgotten as they are. A mark on what was put
in its place says for which request: who asks again after a crash finds that it is done. It knows nothing of what is made.

These functions raise OSError.
"""

from __future__ import annotations

import errno
import os
import stat
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from storage import upload_record
from storage.beneath import (
    held,
    make_directories,
    open_directory,
    open_file,
    open_path,
    rename_new,
    sync_directories,
)
from storage.removal import remove
from storage.stop import Stop
from winslow.domain.layout import Location

DRAFT = "data"
"""The name of what is made, in its directory of drafts."""
_MARK = "user.winslow.request"
_NO_MARKS = frozenset({errno.EOPNOTSUPP, errno.ENOSYS, errno.ENODATA, errno.ENOSPC, errno.EPERM})


@contextmanager
def drafts(volume: int, target: Location, purpose: str) -> Iterator[int]:
    """A directory of one's own beside the pool of `target`. It is gone afterwards, with what is left in it."""
    place, name = upload_record.staging(target.root), f"{purpose}-{uuid.uuid4().hex}"
    try:
        with held(make_directories(volume, f"{place}/{name}", 0o700)) as directory:
            yield directory
    finally:
        with held(open_directory(volume, place, follow=False)) as above:
            remove(above, name, Stop())  # its own: who stopped the work wants the draft gone


def require_free(root: int, relative: str) -> None:
    """EEXIST where something is at `relative`: said before long work, not only after it."""
    with suppress(FileNotFoundError), held(open_path(root, relative, follow=False)):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))


def show(root: int, drafts: int, relative: str, mark: str = "") -> None:
    """Give the draft its place, at once, with a mark; directories above are made. EEXIST where something is there."""
    if mark:
        _mark(drafts, mark)
    above, _, name = relative.rpartition("/")
    with held(make_directories(root, above)) as parent:
        rename_new(drafts, DRAFT, parent, name)
    sync_directories(root, above)


def set_mark(fd: int, mark: str) -> None:
    """Say on a file or directory for which request it is there. A file system without room for that goes without."""
    try:
        os.setxattr(fd, _MARK, mark.encode())
    except OSError as error:
        if error.errno not in _NO_MARKS:
            raise


def has_mark(root: int, relative: str, mark: str) -> bool:
    """Whether what is at `relative` was put there for this request."""
    if not mark:
        return False
    for opened in (open_directory, open_file):
        with suppress(OSError), held(opened(root, relative, follow=False)) as fd:
            return os.getxattr(fd, _MARK) == mark.encode()
    return False


def _mark(drafts: int, mark: str) -> None:
    is_directory = stat.S_ISDIR(os.stat(DRAFT, dir_fd=drafts, follow_symlinks=False).st_mode)
    with held((open_directory if is_directory else open_file)(drafts, DRAFT, follow=False)) as fd:
        set_mark(fd, mark)
