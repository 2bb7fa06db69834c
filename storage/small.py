"""Small files on their way in, many in one call: what each costs is its own data on disk, not a round trip and a record.

They are written where uploads are, beside their pool, so that a rename shows each and what a crash leaves behind expires as an
upload does. Who may put them where is not decided here.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from storage import upload_record
from storage.beneath import held, make_directories, open_directory, open_file, rename_new, sync_directories
from storage.faults import about
from storage.pools import pool, require_name, require_writable
from storage.quotas import Quotas
from storage.removal import remove
from storage.stop import Stop
from storage.trees import describe
from storage.uploads import shown_mode
from winslow.domain.layout import Location
from winslow.errors import AlreadyExists, DataLoss, WinslowError
from winslow.ports import Clock, Entry, NewFile

Above = tuple[str, str]
"""A directory that files are put into: its pool's root, and its path beneath it."""


class SmallFiles:
    """Implements the port `winslow.ports.SmallFiles`; blocking, any number of threads. `root` is the volume, held open."""

    def __init__(self, root: int, quotas: Quotas, clock: Clock = time.time) -> None:
        self._root = root
        self._quotas = quotas
        self._clock = clock

    def put(self, files: Sequence[NewFile], replace: bool, stop: Stop) -> list[Entry | WinslowError]:
        """See the port. All are written before the first is shown; killed in between, a repetition ends the same."""
        outcomes: list[Entry | WinslowError | None] = [None] * len(files)
        together: dict[Above, list[int]] = {}
        for number, file in enumerate(files):
            together.setdefault(_above(file.location), []).append(number)
        for numbers in together.values():
            group = [files[number] for number in numbers]
            for number, outcome in zip(numbers, self._put_together(group, replace, stop), strict=True):
                outcomes[number] = outcome
        return [outcome for outcome in outcomes if outcome is not None]

    def _put_together(self, files: Sequence[NewFile], replace: bool, stop: Stop) -> list[Entry | WinslowError]:
        """Those of one directory. What keeps all of them from being written is the error of each."""
        location = files[0].location
        above = location.relative.rpartition("/")[0]
        try:
            require_writable(location)
            self._quotas.require(str(location), lambda: sum(len(file.data) for file in files), stop)
            with about(location), self._drafts(location.root, stop) as drafts, pool(self._root, location) as root:
                outcomes = [self._draft(drafts, str(number), file, stop) for number, file in enumerate(files)]
                with held(make_directories(root, above)) as directory:
                    for number, file in enumerate(files):
                        if isinstance(outcomes[number], Entry):
                            outcomes[number] = _show(drafts, str(number), directory, file, replace, outcomes[number])
                sync_directories(root, above)
                return outcomes
        except WinslowError as error:
            return [error] * len(files)

    @contextmanager
    def _drafts(self, root: str, stop: Stop) -> Iterator[int]:
        """A directory beside the pool at `root`, gone after."""
        id_ = f"small-{secrets.token_hex(8)}"
        place = upload_record.staging(root)
        with upload_record.opened(self._root, root, id_, make=True) as directory:
            try:
                yield directory
            finally:
                with suppress(FileNotFoundError), held(open_directory(self._root, place, follow=False)) as above:
                    remove(above, id_, stop)

    def _draft(self, drafts: int, name: str, file: NewFile, stop: Stop) -> Entry | WinslowError:
        """Write it and make it safe."""
        stop.check()
        try:
            require_name(file.location)
            if hashlib.sha256(file.data).hexdigest() != file.sha256:
                raise _corrupt(file.location)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
            with about(file.location), held(os.open(name, flags, 0o600, dir_fd=drafts)) as fd:
                left = memoryview(file.data)
                while left:
                    left = left[os.write(fd, left) :]
                os.fchmod(fd, shown_mode(file.executable))
                now = self._clock()
                os.utime(fd, (now, file.modified or now))
                os.fsync(fd)
                return describe(str(file.location).rpartition("/")[2], os.fstat(fd))
        except WinslowError as error:
            return error


def _show(
    drafts: int, draft: str, directory: int, file: NewFile, replace: bool, entry: Entry | WinslowError
) -> Entry | WinslowError:
    name = file.location.relative.rpartition("/")[2]
    try:
        with about(file.location):
            if replace:
                os.rename(draft, name, src_dir_fd=drafts, dst_dir_fd=directory)
            else:
                rename_new(drafts, draft, directory, name)
    except AlreadyExists as there:
        return _same(directory, name, file) or there
    except WinslowError as error:
        return error
    return entry


def _same(directory: int, name: str, file: NewFile) -> Entry | None:
    """What is there, when it is the same: most likely what an earlier call put there."""
    with suppress(OSError), held(open_file(directory, name, follow=False)) as fd:
        status = os.fstat(fd)
        if status.st_size == len(file.data) and os.pread(fd, status.st_size + 1, 0) == file.data:
            return describe(name, status)
    return None


def _above(location: Location) -> Above:
    return location.root, location.relative.rpartition("/")[0]


def _corrupt(location: Location) -> DataLoss:
    return DataLoss(
        f"What arrived for {str(location)!r} is not what was sent: its SHA-256 differs",
        reason="CHECKSUM_MISMATCH",
        subject=str(location),
        hint="Send it again; if this happens again, a memory or a network is at fault",
    )
