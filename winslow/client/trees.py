"""Whole directories, both ways, a few files at once. Run again after a stop, it sends or fetches what is missing.

Symbolic links and special files are left out and counted, never followed: a link in a workspace must not lead out of it.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path

from winslow.client.calls import Calls
from winslow.client.download import Download
from winslow.client.transfer import Progress, local_fault
from winslow.client.upload import Upload, under_way
from winslow.errors import InvalidArgument, NotFound, Unavailable
from winslow.v1 import file_service_pb2 as pb
from winslow.v1.file_pb2 import FILE_KIND_DIRECTORY, FILE_KIND_FILE, File

AT_ONCE = 4
"""Files under way at a time: enough to hide the round trips of small ones, few enough for a spinning disk."""


@dataclass(slots=True)
class Tree:
    """What was transferred: files, their bytes, and paths that were left out because they are neither file nor directory."""

    files: int = 0
    size: int = 0
    left_out: list[str] = field(default_factory=list)


class Trees:
    """Transfers of directories; the first error stops the rest and is raised."""

    def __init__(self, calls: Calls, replace: bool, progress: Progress) -> None:
        self._calls = calls
        self._replace = replace
        self._watch = progress
        self._stop = threading.Event()

    def upload(self, local: Path, path: str) -> Tree:
        """Raises NotFound (LOCAL_FILE_NOT_FOUND) and what one upload raises."""
        if not local.is_dir():
            raise NotFound(f"There is no directory {local}", reason="LOCAL_FILE_NOT_FOUND", subject=str(local))
        tree = Tree()
        begun = under_way(self._calls)

        def jobs() -> Iterator[Callable[[], object]]:
            for source, relative, size in _walk(local, tree):
                target = f"{path.rstrip('/')}/{relative}" if relative else path.rstrip("/")
                if size is None:
                    self._make(target)
                    continue
                tree.files += 1
                tree.size += size
                one = Upload(self._calls, source, target, replace=self._replace, progress=self._progress, begun=begun)
                yield one.send

        try:
            self._run(jobs())
        except OSError as error:
            raise local_fault(error, local) from error
        return tree

    def download(self, path: str, local: Path) -> Tree:
        """Raises what one download raises."""
        tree = Tree()

        def jobs() -> Iterator[Callable[[], object]]:
            for file, target in self._walk_remote(path.rstrip("/"), local, tree):
                tree.files += 1
                tree.size += file.size
                one = Download(self._calls, file.path, self._progress)
                yield lambda one=one, target=target: one.fetch(target, self._replace)  # type: ignore[misc]

        try:
            self._run(jobs())
        except OSError as error:
            raise local_fault(error, local) from error
        return tree

    def _run(self, jobs: Iterable[Callable[[], object]]) -> None:
        """Start jobs as places come free, so that a million files are not a million waiting ones."""
        running: set[Future[object]] = set()
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="winslow-transfer") as pool:
            try:
                for job in jobs:
                    running.add(pool.submit(job))
                    if len(running) >= AT_ONCE:
                        running = _first_ended(running)
                while running:
                    running = _first_ended(running)
            except BaseException:
                self._stop.set()
                raise

    def _progress(self, name: str, done: int, size: int) -> None:
        if self._stop.is_set():
            raise Unavailable("The transfer was stopped", reason="TRANSFER_STOPPED", hint="Run it again to go on")
        self._watch(name, done, size)

    def _make(self, path: str) -> None:
        self._calls.unary("FileService/MakeDirectory", pb.MakeDirectoryRequest(path=path), File)

    def _walk_remote(self, path: str, local: Path, tree: Tree) -> Iterator[tuple[File, Path]]:
        local.mkdir(parents=True, exist_ok=True)
        request = pb.ListFilesRequest(path=path)
        for file in self._calls.pages("FileService/ListFiles", request, pb.ListFilesResponse, "files"):
            target = local / _safe(file)
            if file.kind == FILE_KIND_DIRECTORY:
                yield from self._walk_remote(file.path, target, tree)
            elif file.kind == FILE_KIND_FILE:
                yield file, target
            else:
                tree.left_out.append(file.path)


def _first_ended(running: set[Future[object]]) -> set[Future[object]]:
    ended, left = wait(running, return_when=FIRST_COMPLETED)
    for one in ended:
        one.result()
    return left


def _walk(local: Path, tree: Tree) -> Iterator[tuple[Path, str, int | None]]:
    """Directories before what is in them, as (path, relative path, size); no size for a directory."""
    for directory, directories, files in os.walk(local, onerror=_raise):
        here = Path(directory)
        relative = here.relative_to(local)
        yield here, "" if relative == Path() else relative.as_posix(), None
        for name in sorted(directories):
            if (here / name).is_symlink():
                tree.left_out.append(str(here / name))
        directories.sort()
        for name in sorted(files):
            path = here / name
            if path.is_symlink() or not path.is_file():
                tree.left_out.append(str(path))
            else:
                yield path, (relative / name).as_posix(), path.stat().st_size


def _raise(error: OSError) -> None:
    raise error


def _safe(file: File) -> str:
    """A name from elsewhere is one name: it cannot climb out of the directory it is put into."""
    name = file.base_name
    if name in {"", ".", ".."} or "/" in name or "\0" in name:
        raise InvalidArgument(f"{file.path!r} has a name that cannot be used", reason="PATH_INVALID", subject=file.path)
    return name
