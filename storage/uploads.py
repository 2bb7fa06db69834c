"""Files on their way in: resumed after any cut, verified, and shown at once by a rename.

What came is read back and hashed while more comes, so that nothing is hashed twice, nothing is held in memory,
and an upload that another process began is taken over by the same code. Who may upload what is not decided
here; that only one node commits is the caller's to see to, though two that do end the same.
"""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from storage import checksums, room, upload_faults, upload_record
from storage.beneath import held, make_directories, open_directory, open_path, sync_directories
from storage.carrying import receive
from storage.faults import about
from storage.flushing import Flusher
from storage.locks import Locks
from storage.pools import pool, require_name, require_writable
from storage.quotas import Quotas
from storage.removal import remove
from storage.stop import Stop
from storage.trees import describe
from storage.upload_record import DATA, DIRECTORY, Record
from storage.upload_state import Background, Data, OpenUploads
from winslow.domain.layout import Location
from winslow.errors import NotFound
from winslow.ports import UNSAID, Carried, Clock, Entry, Upload


def shown_mode(executable: bool) -> int:
    """Of what people put into a pool: every stage may read it."""
    return 0o755 if executable else 0o644


def _leave_it(work: object) -> None:
    """Without other threads, all hashing is left for the commit."""


class Uploads:
    """Implements the port `winslow.ports.Uploads`; blocking, any number of threads. `root` is the volume, held open."""

    def __init__(self, root: int, quotas: Quotas, background: Background = _leave_it, clock: Clock = time.time) -> None:
        self._root = root
        self._quotas = quotas
        self._clock = clock
        self._locks = Locks()
        self._open = OpenUploads(background)

    def begin(self, id: str, location: Location, size: int, sha256: str, stop: Stop) -> Upload:
        """See the port. Of an upload that was begun before, what is on disk is made safe and is the offset.

        Raises FailedPrecondition (IS_A_DIRECTORY, PATH_LEADS_OUT) already now where the commit would.
        """
        require_writable(location)
        require_name(location)
        record = upload_record.promise(id, location, size, sha256)
        upload = Upload(id, location, size, sha256, 0)
        with self._locks.hold(_key(upload), stop=stop), about(location):
            self._require_place(location)
            with upload_record.opened(self._root, location.root, id, make=True) as directory:
                known = upload_record.read(directory)
                if known is not None and not known.agrees(record):
                    raise upload_faults.differs(upload)
                if known is not None and known.entry is not None:
                    return _at(upload, size)
                if known is None:
                    _require_free(directory, upload, size)
                    self._quotas.require(str(location), lambda: size, stop)
                    os.close(os.open(DATA, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o600, dir_fd=directory))
                if known is None or known.size < size:
                    upload_record.write(directory, record)
            with self._data(upload) as data:
                _require_free(data.fd, upload, room.missing(os.fstat(data.fd), size))
                room.reserve(data.fd, size)
                return self._safe(upload, data) if known is not None and data.offset else _at(upload, data.offset)

    def require_room(self, upload: Upload, beside: tuple[Upload, ...], stop: Stop) -> None:
        """See the port. What has its room set aside needs no more."""
        with about(upload.location):
            needed = self._missing(upload)
            if needed:
                needed += sum(self._missing(other) for other in beside if other.id != upload.id)
                with self._directory(upload) as directory:
                    _require_free(directory, upload, needed)

    def append(self, upload: Upload, offset: int, data: bytes | bytearray | memoryview, stop: Stop) -> Upload:
        """See the port. Where the disk is full the bytes that fitted are kept; `begin` says how many.

        Raises InvalidArgument (UPLOAD_TOO_LONG) past the promised size.
        """
        with self._locks.hold(_key(upload), stop=stop), self._data(upload) as there:
            _require_next(upload, there, offset, len(data))
            with about(upload.location):
                there.write(memoryview(data))
            return _at(upload, there.offset)

    def receive(
        self, connection: int, upload: Upload, offset: int, size: int, begun: bytes, stop: Stop
    ) -> tuple[Upload, Carried]:
        """See the port `Carrying`. While more comes, what came is hashed and made safe."""
        with self._locks.hold(_key(upload), stop=stop), self._data(upload) as data, about(upload.location):
            _require_next(upload, data, offset, len(begun) + size)
            data.write(memoryview(begun))
            try:
                with Flusher(data.sync, data.offset) as flusher:

                    def take(source: int, count: int) -> int:
                        taken = data.take(source, count)
                        flusher.wrote(data.offset)
                        data.wake_follower(self._open.background)
                        return taken

                    carried = receive(connection, size, take, stop)
            finally:
                data.cut_off()
            return self._safe(upload, data), carried

    def join(self, upload: Upload, part: Upload, offset: int, stop: Stop) -> Upload:
        """See the port. Raises FailedPrecondition (UPLOAD_INCOMPLETE) where the part is not whole."""
        keys = (_key(upload), _key(part))
        with self._locks.hold(*keys, stop=stop), self._data(part) as source, self._data(upload) as data:
            if source.offset != part.size:
                raise upload_faults.incomplete(part, source.offset)
            if not offset <= data.offset <= offset + part.size <= upload.size:
                raise upload_faults.mismatch(upload, offset, data.offset)
            with about(upload.location):
                data.copy(source.fd, data.offset - offset, part.size, stop)
                return self._safe(upload, data)

    def flush(self, upload: Upload, stop: Stop) -> Upload:
        """See the port."""
        with self._locks.hold(_key(upload), stop=stop), self._data(upload) as data, about(upload.location):
            return self._safe(upload, data)

    def _safe(self, upload: Upload, data: Data) -> Upload:
        """The upload with all that came, which may be acknowledged."""
        data.make_safe(data.offset)
        if not data.settled:
            # A byte in a file that nobody finds again after a power cut is a lost one.
            with self._directory(upload) as directory:
                upload_record.settle(directory)
            sync_directories(self._root, upload_record.staging(upload.location.root))
            data.settled = True
        return _at(upload, data.offset)

    def digest(self, upload: Upload, stop: Stop) -> str:
        """See the port."""
        with self._locks.hold(_key(upload), stop=stop):
            with self._directory(upload) as directory:
                record = self._known(upload, directory)
            if record.entry is not None:
                return record.sha256
            with self._data(upload) as data, about(upload.location):
                return data.digest(stop)

    def commit(self, upload: Upload, stop: Stop) -> Entry:
        """See the port. A file that is there is replaced at once; a directory is not.

        Raises FailedPrecondition (UPLOAD_INCOMPLETE), InvalidArgument (SHA256_MISSING) where nobody has said it;
        after CHECKSUM_MISMATCH the upload stands at offset 0.
        """
        require_writable(upload.location)
        with self._locks.hold(_key(upload), stop=stop), self._directory(upload) as directory:
            record = self._known(upload, directory)
            entry = record.entry or self._verify(upload, record, directory, stop)
            self._open.close(_key(upload))
            self._publish(upload.location, directory)
            return entry

    def cancel(self, upload: Upload, stop: Stop) -> None:
        """See the port. What has been published stays."""
        place = upload_record.staging(upload.location.root)
        upload_record.promise(upload.id, upload.location, upload.size, upload.sha256)
        with self._locks.hold(_key(upload), stop=stop), about(upload.location), suppress(FileNotFoundError):
            self._open.close(_key(upload))
            with self._place(place) as directory:
                _forget(directory, upload.id, stop)

    def expire(self, before: float, stop: Stop) -> int:
        """Forget uploads that nobody touched since `before` (Unix seconds), published ones too; returns how many."""
        count = 0
        for place in self._places():
            with about(place), suppress(FileNotFoundError, NotADirectoryError), self._place(place) as directory:
                for id in _names(directory):
                    with self._locks.hold(f"{place}/{id}", stop=stop), suppress(FileNotFoundError):
                        if _touched(directory, id) < before:
                            self._open.close(f"{place}/{id}")
                            _forget(directory, id, stop)
                            count += 1
        return count

    def _verify(self, upload: Upload, record: Record, directory: int, stop: Stop) -> Entry:
        """Compare what came with what was promised, make it safe, and write down what will be shown."""
        expected = record.sha256 or upload.sha256
        if not expected:
            raise upload_faults.unverifiable(upload)
        with self._data(upload) as data:
            if data.offset != record.size:
                raise upload_faults.incomplete(upload, data.offset)
            found = data.digest(stop)
            if found != expected:
                os.ftruncate(data.fd, 0)
                self._open.close(_key(upload))
                raise upload_faults.corrupt(upload, expected, found)
            now = self._clock()
            os.fchmod(data.fd, shown_mode(upload.executable))
            os.utime(data.fd, (now, upload.modified or now))
            checksums.remember(data.fd, found)
            os.fsync(data.fd)
            entry = describe(record.relative.rpartition("/")[2], os.fstat(data.fd))
        upload_record.write(directory, record.showing(entry, expected))
        upload_record.settle(directory)
        return entry

    def _publish(self, location: Location, directory: int) -> None:
        """Rename the data to its place. Where it is gone from here, that has been done before."""
        above, _, name = location.relative.rpartition("/")
        with about(location), pool(self._root, location) as root:
            with suppress(FileNotFoundError):
                os.stat(DATA, dir_fd=directory)
                with held(make_directories(root, above)) as parent:
                    os.rename(DATA, name, src_dir_fd=directory, dst_dir_fd=parent)
            with suppress(FileNotFoundError):
                sync_directories(root, above)
            os.fsync(directory)

    @contextmanager
    def _directory(self, upload: Upload) -> Iterator[int]:
        upload_record.promise(upload.id, upload.location, upload.size, upload.sha256)
        try:
            with (
                about(upload.location),
                upload_record.opened(self._root, upload.location.root, upload.id) as directory,
            ):
                yield directory
        except NotFound as error:
            if error.reason != "FILE_NOT_FOUND":
                raise
            raise upload_faults.unknown(upload) from error

    @contextmanager
    def _data(self, upload: Upload) -> Iterator[Data]:
        """The data of an upload under way, as it is now on disk; what was published or forgotten is written to no more."""
        with self._open.use(_key(upload), lambda: self._opened(upload)) as data:
            try:
                with about(upload.location):
                    data.look()
            except NotFound as error:
                self._open.close(_key(upload))
                raise upload_faults.unknown(upload) from error
            yield data

    def _opened(self, upload: Upload) -> Data:
        with self._directory(upload) as directory:
            if self._known(upload, directory).entry is not None:
                raise upload_faults.ended(upload)
            return Data(directory, DATA)

    def _known(self, upload: Upload, directory: int) -> Record:
        record = upload_record.read(directory)
        if record is None:
            raise upload_faults.unknown(upload)
        if not record.agrees(upload_record.promise(upload.id, upload.location, upload.size, upload.sha256)):
            raise upload_faults.differs(upload)
        return record

    def _missing(self, upload: Upload) -> int:
        """Bytes that an upload under way will take beside what it has; of one that is gone, none."""
        place = f"{_key(upload)}/{DATA}"
        with suppress(FileNotFoundError), held(open_path(self._root, place, follow=False)) as data:
            return room.missing(os.fstat(data), upload.size)
        return 0

    def _require_place(self, location: Location) -> None:
        """Whether the commit could put a file there; what is missing below the pool will be made."""
        with (
            pool(self._root, location) as root,
            suppress(FileNotFoundError),
            held(open_path(root, location.relative)) as handle,
        ):
            if stat.S_ISDIR(os.fstat(handle).st_mode):
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))

    @contextmanager
    def _place(self, path: str) -> Iterator[int]:
        with held(open_directory(self._root, path, follow=False)) as directory:
            yield directory

    def _places(self) -> Iterator[str]:
        yield DIRECTORY
        with self._place("projects") as directory:
            names = _names(directory)
        yield from (f"projects/{name}/{DIRECTORY}" for name in names)


def _key(upload: Upload) -> str:
    return f"{upload_record.staging(upload.location.root)}/{upload.id}"


def _at(upload: Upload, offset: int) -> Upload:
    return Upload(upload.id, upload.location, upload.size, upload.sha256, offset)


def _require_next(upload: Upload, data: Data, offset: int, size: int) -> None:
    """`size` more bytes at `offset` are what comes next of what was promised."""
    if offset != data.offset:
        raise upload_faults.mismatch(upload, offset, data.offset)
    if upload.size != UNSAID and offset + size > upload.size:
        raise upload_faults.too_long(upload, offset + size)


def _require_free(fd: int, upload: Upload, needed: int) -> None:
    if needed > (free := room.free(fd)):
        raise upload_faults.too_large(upload, needed, free)


def _forget(directory: int, id: str, stop: Stop) -> None:
    """The record goes first: data without a record is an upload that was never begun."""
    with suppress(FileNotFoundError), held(open_directory(directory, id, follow=False)) as upload:
        remove(upload, upload_record.RECORD, stop)
    remove(directory, id, stop)


def _names(directory: int) -> list[str]:
    with os.scandir(directory) as entries:
        return [entry.name for entry in entries]


def _touched(directory: int, id: str) -> float:
    """When the upload was last written to, in Unix seconds."""
    with held(open_directory(directory, id, follow=False)) as upload, os.scandir(upload) as entries:
        times = [entry.stat(follow_symlinks=False).st_mtime for entry in entries]
        return max([os.fstat(upload).st_mtime, *times])
