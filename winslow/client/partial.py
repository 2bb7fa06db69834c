"""Where a download is kept until it is whole: a hidden file beside its target, which one process at a time fills.

Its name holds what it is of, so that another content of the same name has another place, and a later call finds its own. It
never needs to know how the bytes come.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import re
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from winslow.client.transfer import Halt
from winslow.errors import AlreadyExists
from winslow.v1.file_pb2 import File

OTHERS_PAUSE = 0.2
"""Seconds after which a file that another process fetches to the same target is looked at again."""

SHOWN = 180
"""Bytes of the target's name that the hidden one begins with: with what is added it is one that any file system takes."""
_NAME = re.compile(r"\A\..*\.winslow-[0-9a-f]{8}-[0-9a-f]{12}\Z", re.DOTALL)


def partial_path(local: Path, file: File) -> Path:
    """Where the download of `file` to `local` is kept until it is complete."""
    mark = hashlib.sha256(f"{file.path}\n{file.etag}\n{file.size}".encode()).hexdigest()[:12]
    return local.with_name(f"{_prefix(local)}{mark}")


def leftovers(directory: Path) -> frozenset[str]:
    """Names of all partial files in a directory, of whichever target."""
    with suppress(FileNotFoundError, NotADirectoryError), os.scandir(directory) as entries:
        return frozenset(entry.name for entry in entries if _NAME.match(entry.name))
    return frozenset()


def _forget_others(local: Path, partial: Path, names: Collection[str]) -> None:
    """Remove what an earlier call fetched for `local` of another content, unless somebody fills it now."""
    for name in names:
        if name.startswith(_prefix(local)) and name != partial.name:
            with suppress(OSError), local.with_name(name).open("rb") as file:
                if _is_locked(file):
                    local.with_name(name).unlink()


def fetched(
    local: Path,
    file: File,
    *,
    is_kept: Callable[[], bool],
    fill: Callable[[Path, BinaryIO], None],
    left: Collection[str],
    replace: bool,
    halt: Halt,
) -> bool:
    """Have `fill` fetch the file and show it, unless `is_kept` says that it is here; whether it was fetched.

    A second process with the same target waits for the first, and then finds it here. `left` are names of partial files beside it.
    Raises FileExistsError where another file appeared, unless `replace`.
    """
    partial = partial_path(local, file)
    while not is_kept():
        with _filling(partial) as out:
            if out is not None and not is_kept():
                _forget_others(local, partial, left)
                fill(partial, out)
                _keep_attributes(out, file)
                _show(partial, local, replace=replace)
                return True
            if out is not None:
                partial.unlink()
                return False
        halt.sleep(OTHERS_PAUSE)
    return False


def _keep_attributes(out: BinaryIO, file: File) -> None:
    """Its time, and whether those who may read it may execute it; then all of it is made safe."""
    if file.executable:
        mode = os.fstat(out.fileno()).st_mode
        os.fchmod(out.fileno(), mode | (mode & 0o444) >> 2)
    at = file.modify_time.seconds * 10**9 + file.modify_time.nanos
    os.utime(out.fileno(), ns=(at, at))
    os.fsync(out.fileno())


@contextmanager
def _filling(path: Path) -> Iterator[BinaryIO | None]:
    """The partial file, to append to; None while another process fills it, or where one has just finished it."""
    with open(path, "ab", buffering=0, opener=_opened) as file:
        yield file if _is_locked(file) and _is_there(path, file) else None


def _show(partial: Path, local: Path, *, replace: bool) -> None:
    """Make it the target, at once. Raises FileExistsError unless `replace`."""
    if not replace:
        try:
            os.link(partial, local)
        except FileExistsError:
            raise
        except OSError:  # a file system without links
            if local.exists():
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(local)) from None
        else:
            partial.unlink()
            return
    os.replace(partial, local)  # noqa: PTH105 - as atomic as its name


def sync_directory(path: Path) -> None:
    """Make its names safe, where a file system can."""
    with suppress(OSError):
        fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)


def _opened(path: str, flags: int) -> int:
    """Never through a link, which another user of a shared directory could have put there."""
    return os.open(path, flags | os.O_NOFOLLOW, 0o666)


def _is_locked(file: BinaryIO) -> bool:
    """Whether we hold it now. A file system without locks is taken at its word: two at once spoil a copy, and the hash tells."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True


def _is_there(path: Path, file: BinaryIO) -> bool:
    """Not renamed or removed between our open and our lock."""
    try:
        return os.path.samestat(path.lstat(), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False


def _prefix(local: Path) -> str:
    name = os.fsencode(local.name)
    short = name[:SHOWN].decode("utf-8", "ignore")
    return f".{short}.winslow-{hashlib.sha256(name).hexdigest()[:8]}-"


def exists(local: Path) -> AlreadyExists:
    return AlreadyExists(
        f"{local} exists and is another file",
        reason="LOCAL_FILE_EXISTS",
        subject=str(local),
        hint="Put the new one in its place with --force, or choose another name",
    )
