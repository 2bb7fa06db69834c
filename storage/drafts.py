"""Files that are shown whole: written under a hidden name that nobody else uses, made safe, then given their name.

    .NAME.TOKEN.partial     a draft, beside what it will be; one that a crash left is removed by a later one of the same name

It knows nothing of what is written. These functions raise OSError.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from storage.beneath import held, rename_new

MODE = 0o444
"""Of what is shown: it is read only, by anybody."""
_LEFT_AFTER = 86_400.0
"""Seconds after which a draft that nobody writes to was left behind."""


@contextmanager
def drafted(directory: int, name: str, *, replace: bool = True) -> Iterator[int]:
    """A new file, open for reading and writing; when the body is left well, it is safe and called `name`, in place of another.

    Cut at any moment, what was called `name` before is untouched. Two at once do not disturb each other: the later one stays,
    or without `replace` the first one (EEXIST).
    """
    _sweep(directory, name)
    draft = f".{name}.{secrets.token_hex(4)}.partial"
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    with held(os.open(draft, flags, 0o600, dir_fd=directory)) as fd:
        try:
            yield fd
            os.fchmod(fd, MODE)
            os.fsync(fd)
            if replace:
                os.rename(draft, name, src_dir_fd=directory, dst_dir_fd=directory)
            else:
                rename_new(directory, draft, directory, name)
        except BaseException:
            with suppress(OSError):
                os.unlink(draft, dir_fd=directory)
            raise
    os.fsync(directory)


def _sweep(directory: int, name: str) -> None:
    """Remove drafts of `name` that were left behind."""
    before = time.time() - _LEFT_AFTER
    for found in os.listdir(directory):
        if found.startswith(f".{name}.") and found.endswith(".partial"):
            with suppress(FileNotFoundError):
                if os.stat(found, dir_fd=directory, follow_symlinks=False).st_mtime < before:
                    os.unlink(found, dir_fd=directory)
