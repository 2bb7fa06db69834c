"""Many files and whole directories, both ways, a few at once. Run again after a stop, it sends or fetches what is missing.

Symbolic links and special files are left out and told, never followed: a link in a workspace must not lead out of it. Small files
travel many in one call. What one file alone cannot have is told or raised, as the caller wants; what keeps all of them from
going on (nobody answers, no room) is always raised.
"""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Generic, TypeVar, assert_never

from google.protobuf.message import Message

from winslow.client import walking
from winslow.client.batches import COUNT_MAX, SIZE_MAX, Batches, In, Out
from winslow.client.calls import Calls
from winslow.client.crew import Crew, Job
from winslow.client.download import Download
from winslow.client.partial import leftovers
from winslow.client.patience import Patience
from winslow.client.transfer import SMALL, Halt, Meter, Options, Progress, Told, local_fault, unwatched
from winslow.client.upload import Upload
from winslow.errors import Code, InvalidArgument, NotFound, Unimplemented, WinslowError
from winslow.v1 import file_service_pb2 as pb
from winslow.v1.file_pb2 import FILE_KIND_DIRECTORY, FILE_KIND_FILE, FILE_KIND_SYMLINK, File

FATAL = frozenset({Code.UNAVAILABLE, Code.RESOURCE_EXHAUSTED, Code.UNAUTHENTICATED, Code.UNIMPLEMENTED, Code.INTERNAL})
"""What no other file would have better."""
PAGE = 1000
_KINDS = {FILE_KIND_SYMLINK: "a symbolic link"}

T = TypeVar("T")
M = TypeVar("M", bound=Message)


@dataclass(slots=True)
class Tree:
    """What was transferred: `files` and their bytes, those that were there already among them, and what was left out or failed."""

    files: int = 0
    size: int = 0
    left_out: Told[str] = field(default_factory=Told)
    """By name, with what each is."""
    failed: Told[WinslowError] = field(default_factory=Told)


class Trees:
    """Transfers of many files. Without `keep_going` the first error stops the rest and is raised."""

    def __init__(
        self,
        calls: Calls,
        options: Options,
        *,
        progress: Progress = unwatched,
        meter: Meter | None = None,
        keep_going: bool = False,
    ) -> None:
        self._calls = calls
        self._options = options
        self._meter = meter or Meter()
        self._halt = Halt()
        self._watch = progress
        self._keep_going = keep_going
        self._tree = Tree()
        self._telling = threading.Lock()
        self._batches = Batches(calls, options, self._meter, self._halt, self._fail)
        self._can_batch = True

    def upload(self, pairs: Iterable[tuple[Path, str]]) -> Tree:
        """Send each file or directory to its path: of a directory what is in it."""
        return self._run(self._sent(pairs))

    def download(self, pairs: Iterable[tuple[File, Path]]) -> Tree:
        """Fetch each file or directory to its place."""
        return self._run(self._fetched(pairs))

    def _run(self, jobs: Iterable[Job]) -> Tree:
        Crew(self._options.jobs, self._halt).do(jobs)
        self._tree.files = self._meter.files + self._meter.skipped
        self._tree.size = self._meter.size
        return self._tree

    # ---- to the server

    def _sent(self, pairs: Iterable[tuple[Path, str]]) -> Iterator[Job]:
        """What is to be done; directories are looked through as places come free."""
        batch = _Batch[Out]()
        for local, path in pairs:
            try:
                for thing in self._things(local, path.rstrip("/")):
                    if isinstance(thing, Out):
                        if batch.is_full_with(thing.status.st_size):
                            yield partial(self._send, batch.taken())
                        batch.add(thing, thing.status.st_size)
                    else:
                        yield thing
            except WinslowError as error:
                self._fail(str(local), error)
        if batch.items:
            yield partial(self._send, batch.taken())

    def _things(self, local: Path, path: str) -> Iterator[Out | Job]:
        """Of a file or directory: what travels with others, and jobs for all else."""
        walking.require_name(local)
        if not local.is_dir():
            status = _status(local)
            is_small = stat.S_ISREG(status.st_mode) and status.st_size <= SMALL and self._can_batch
            yield (
                Out(local, path, status)
                if is_small
                else partial(self._alone, str(local), partial(self._upload, local, path))
            )
            return
        fresh = not self._is_there(path)
        for thing in walking.walk(local):
            match thing:
                case walking.Found(found, relative, status):
                    if status.st_size <= SMALL and self._can_batch:
                        yield Out(found, f"{path}/{relative}", status, fresh)
                    else:
                        yield partial(self._alone, str(found), partial(self._upload, found, f"{path}/{relative}"))
                case walking.Empty(found, relative):
                    target = f"{path}/{relative}" if relative else path
                    yield partial(self._alone, str(found), partial(self._make, target))
                case walking.LeftOut(found, kind):
                    self._tree.left_out.add(str(found), kind)
                case walking.Unreadable(found, fault):
                    self._fail(str(found), fault)
                case _:
                    assert_never(thing)

    def _send(self, batch: Sequence[Out]) -> None:
        try:
            self._batches.send(batch)
        except Unimplemented:  # a daemon of the version before
            self._can_batch = False
            for one in batch:
                self._alone(str(one.local), partial(self._upload, one.local, one.path))

    def _upload(self, local: Path, path: str) -> None:
        Upload(self._calls, local, path, self._options, progress=self._watch, meter=self._meter, halt=self._halt).send()

    def _is_there(self, path: str) -> bool:
        try:
            self._unary("StatFile", pb.StatFileRequest(path=path), File)
        except NotFound as error:
            if error.reason != "FILE_NOT_FOUND":
                raise
            return False
        return True

    def _make(self, path: str) -> None:
        self._unary("MakeDirectory", pb.MakeDirectoryRequest(path=path), File)

    # ---- from the server

    def _fetched(self, pairs: Iterable[tuple[File, Path]]) -> Iterator[Job]:
        """What is to be done; directories are listed as places come free."""
        batch = _Batch[In]()
        left: dict[Path, Collection[str]] = {}
        for file, local in pairs:
            try:
                if file.kind == FILE_KIND_DIRECTORY:
                    things = self._listed(file.path, local)
                else:
                    things = iter([In(file, local, self._left(left, local.parent))])
                for one in things:
                    if one.file.size > SMALL or one.file.kind != FILE_KIND_FILE or not self._can_batch:
                        yield partial(self._alone, one.file.path, partial(self._download, one))
                        continue
                    if batch.is_full_with(one.file.size):
                        yield partial(self._fetch, batch.taken())
                    batch.add(one, one.file.size)
            except WinslowError as error:
                self._fail(file.path, error)
        if batch.items:
            yield partial(self._fetch, batch.taken())

    def _left(self, known: dict[Path, Collection[str]], directory: Path) -> Collection[str]:
        if directory not in known:
            known[directory] = leftovers(directory)
        return known[directory]

    def _listed(self, path: str, local: Path) -> Iterator[In]:
        """The files of a directory, at any depth; its directories are made here."""
        waiting = [(path, local)]
        while waiting:
            path, here = waiting.pop()
            try:
                left = _made(here)
                for found in self._entries(path):
                    target = here / _safe(found)
                    if found.kind == FILE_KIND_DIRECTORY:
                        waiting.append((found.path, target))
                    elif found.kind == FILE_KIND_FILE:
                        yield In(found, target, left)
                    else:
                        kind = _KINDS.get(found.kind, "no file, or of a name that is not UTF-8")
                        self._tree.left_out.add(found.path, kind)
            except WinslowError as error:
                self._fail(path, error)

    def _fetch(self, batch: Sequence[In]) -> None:
        try:
            alone: Sequence[In] = self._batches.fetch(batch)
        except Unimplemented:  # a daemon of the version before
            self._can_batch = False
            alone = batch
        for one in alone:
            self._alone(one.file.path, partial(self._download, one))

    def _download(self, one: In) -> None:
        Download(
            self._calls, one.file.path, self._options, progress=self._watch, meter=self._meter, halt=self._halt
        ).fetch(one.local, one.file if one.file.kind == FILE_KIND_FILE else None, one.left)

    def _entries(self, path: str) -> Iterator[File]:
        request = pb.ListFilesRequest(path=path, page_size=PAGE)
        while True:
            page = self._unary("ListFiles", request, pb.ListFilesResponse)
            yield from page.files
            if not page.next_page_token:
                return
            request.page_token = page.next_page_token

    # ---- both

    def _alone(self, name: str, work: Callable[[], None]) -> None:
        try:
            work()
        except WinslowError as error:
            self._fail(name, error)

    def _fail(self, name: str, error: WinslowError) -> None:
        """Tell it of the one file, or raise it."""
        if not self._keep_going or error.code in FATAL:
            raise error
        self._meter.finished(name, failed=True)
        with self._telling:
            self._tree.failed.add(name, error)

    def _unary(self, method: str, request: Message, kind: type[M]) -> M:
        patience = Patience(self._calls.cut_patience, sleep=self._halt.sleep)
        return self._calls.unary(f"FileService/{method}", request, kind, patience=patience)


class _Batch(Generic[T]):
    """Small files that will travel together."""

    def __init__(self) -> None:
        self.items: list[T] = []
        self._size = 0

    def is_full_with(self, size: int) -> bool:
        return len(self.items) >= COUNT_MAX or (bool(self.items) and self._size + size > SIZE_MAX)

    def add(self, item: T, size: int) -> None:
        self.items.append(item)
        self._size += size

    def taken(self) -> list[T]:
        items, self.items, self._size = self.items, [], 0
        return items


def _made(directory: Path) -> Collection[str]:
    """Have the directory; the names of partial files that lie in it."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        return leftovers(directory)
    except OSError as error:
        raise local_fault(error, directory) from error


def _status(local: Path) -> os.stat_result:
    try:
        return local.stat()
    except OSError as error:
        raise local_fault(error, local) from error


def _safe(file: File) -> str:
    """A name from elsewhere is one name: it cannot climb out of the directory it is put into."""
    name = file.base_name
    if name in {"", ".", ".."} or "/" in name or "\0" in name:
        raise InvalidArgument(f"{file.path!r} has a name that cannot be used", reason="PATH_INVALID", subject=file.path)
    return name
