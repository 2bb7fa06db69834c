"""What is kept on disk of an upload: a directory with what was promised (`record`) and what came (`data`).

It lies beside the pool that the file is for, never in it: no listing, no copy and no container sees it, and
yet no quota's border lies between, so that publishing is one rename. Three states can be read from it:
no `record`: never begun; `record` and `data`: under way; `record` alone: published, and what was published.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from typing import Any

from storage.beneath import held, make_directories, open_directory
from winslow.domain.layout import Location
from winslow.errors import DataLoss, InvalidArgument
from winslow.ports import UNSAID, Entry

DIRECTORY = ".uploads"
DATA = "data"
RECORD = "record"
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}\Z")
_DIGEST = re.compile(r"[0-9a-f]{64}\Z")


@dataclass(frozen=True, slots=True)
class Record:
    """What was promised; `entry` is what is shown once it is verified, set just before it is published."""

    root: str
    relative: str
    size: int
    sha256: str
    entry: Entry | None = None

    def showing(self, entry: Entry, sha256: str) -> Record:
        """With what is shown, and the SHA-256 that it was verified by."""
        return replace(self, entry=entry, sha256=sha256)

    def agrees(self, other: Record) -> bool:
        """Whether both promise the same; a size or a SHA-256 that is not said yet agrees with any."""
        same = (self.root, self.relative) == (other.root, other.relative)
        size = self.size == other.size or UNSAID in (self.size, other.size)
        return same and size and (self.sha256 == other.sha256 or not (self.sha256 and other.sha256))


def promise(id: str, location: Location, size: int, sha256: str) -> Record:
    """Check what a sender says; `sha256` may be "" until the commit. Raises InvalidArgument (UPLOAD_INVALID)."""
    if not _ID.match(id):
        raise _invalid(id, "its id is not 1 to 128 letters, digits, '.', '_' or '-', the first a letter or digit")
    if size != UNSAID and not 0 <= size < 1 << 63:
        raise _invalid(id, f"no file has {size} bytes")
    if sha256 and not _DIGEST.match(sha256):
        raise _invalid(id, "its SHA-256 is not 64 lower-case hexadecimal digits")
    return Record(location.root, location.relative, size, sha256)


def staging(root: str) -> str:
    """Where uploads for the pool at `root` lie, relative to the volume."""
    above = root.rpartition("/")[0]
    return f"{above}/{DIRECTORY}" if above else DIRECTORY


@contextmanager
def opened(volume: int, root: str, id: str, *, make: bool = False) -> Iterator[int]:
    """The directory of upload `id`. Raises FileNotFoundError when it is not there and not to be made."""
    path = f"{staging(root)}/{id}"
    # Nobody but the daemon looks in, whatever the modes of the directories above.
    fd = make_directories(volume, path, 0o700) if make else open_directory(volume, path, follow=False)
    with held(fd):
        yield fd


def read(directory: int) -> Record | None:
    """The record; None when the upload was never begun. Raises DataLoss (UPLOADRECORD_BROKEN)."""
    with suppress(FileNotFoundError), held(os.open(RECORD, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=directory)) as fd:
        return _decode(os.read(fd, 1 << 20))
    return None


def write(directory: int, record: Record) -> None:
    """Set the record, whole or not at all."""
    draft = f"{RECORD}.new"
    with held(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600, dir_fd=directory)) as fd:
        os.write(fd, json.dumps(_encoded(record)).encode())
        if record.entry is not None:
            os.fsync(fd)  # the data may be renamed before the system writes this by itself
    os.rename(draft, RECORD, src_dir_fd=directory, dst_dir_fd=directory)


def settle(directory: int) -> None:
    """Make the record and the names safe on disk."""
    with held(os.open(RECORD, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=directory)) as fd:
        os.fsync(fd)
    os.fsync(directory)


def _encoded(record: Record) -> dict[str, Any]:
    fields = asdict(record)
    if record.entry is not None and not record.entry.executable:
        del fields["entry"]["executable"]  # a daemon of the version before this field reads the rest
    return fields


def _decode(data: bytes) -> Record:
    try:
        fields: dict[str, Any] = json.loads(data)
        entry = fields.pop("entry")
        return Record(**fields, entry=Entry(**entry) if entry else None)
    except (ValueError, TypeError, KeyError) as error:
        raise DataLoss(
            "The record of an upload cannot be read",
            reason="UPLOADRECORD_BROKEN",
            hint="Cancel the upload and begin it again",
        ) from error


def _invalid(id: str, why: str) -> InvalidArgument:
    return InvalidArgument(
        f"The upload {id!r} cannot be begun: {why}",
        reason="UPLOAD_INVALID",
        subject=id,
        hint="Correct what it promises",
    )
