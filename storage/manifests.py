"""Manifests of ended attempts: what workspace and output held, compressed beside them, and kept when they are dropped.

    projects/PROJECT/stages/STAGE/manifest.gz     a list of JSON lines: `zcat manifest.gz | jq -r .path`

The first line says whose it is; then one line for each entry, as those of a layer's manifest (`storage.manifest`), sorted by
the parts of their paths; the last one adds up, and has the SHA-256 of all before it. It is written under a hidden name and
shown whole. It never needs to know what a manifest is wanted for.
"""

from __future__ import annotations

import hashlib
import heapq
import json
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, fields
from itertools import islice
from typing import Any

from storage.beneath import held, open_directory, open_file
from storage.drafts import drafted
from storage.faults import about
from storage.listing import listing
from storage.locks import Locks
from storage.logarchive import LEAST
from storage.members import MEMBER, Packing, Unpacked
from storage.pace import Pace
from storage.stop import Stop
from winslow.domain.layout import project_root, safe_parts, stage_root
from winslow.domain.stage import ProjectId, StageId, WorkspaceId
from winslow.errors import DataLoss, NotFound
from winslow.ports import Clock, Effort, Left, Listed, ListedPage, Manifest

NAME = "manifest.gz"
PAGE = 5000
_VERSION = 1
_PIECE = 256 << 10
_LINE_MAX = 64 << 10
_DEFAULTS = {one.name: one.default for one in fields(Listed) if one.name not in ("path", "kind")}


@dataclass(frozen=True, slots=True)
class Head:
    """The first line: whose manifest it is, when it was made (Unix seconds), whether a workspace is listed."""

    stage: StageId
    made: float
    workspace: bool


class Manifests:
    """Implements the port `winslow.ports.Manifests`; blocking, any number of threads. `root` is the volume, held open."""

    def __init__(self, root: int, clock: Clock = time.time, unpacked: Unpacked | None = None) -> None:
        self._root = root
        self._clock = clock
        self._unpacked = unpacked or Unpacked()
        self._locks = Locks()

    def make(self, project: ProjectId, stage: StageId, workspace: WorkspaceId, effort: Effort, stop: Stop) -> Manifest:
        """See the port."""
        path = stage_root(project, _name(stage))
        with about(path), self._locks.hold(path, stop=stop):
            there: Manifest | None = None
            with suppress(NotFound):
                there = self.get(project, stage, stop)
            if there is not None and there.workspace:
                return there
            with (
                held(open_directory(self._root, path, follow=False)) as home,
                listing(self._root, project, stage, workspace) as found,
            ):
                if there is not None and not found.workspace:
                    return there
                head = Head(stage, self._clock(), found.workspace)
                return write(home, head, found.entries(effort.hashed, Pace(effort.rate), stop))

    def get(self, project: ProjectId, stage: StageId, stop: Stop) -> Manifest:
        """See the port."""
        with about(_path(project, stage)), held(self._open(project, stage)) as fd:
            return read(fd, self._unpacked, _path(project, stage))

    def left(self, project: ProjectId, after: str, limit: int, stop: Stop) -> Left:
        """See the port. Nothing is left of a project that has no directory."""
        path, found = f"{project_root(project)}/stages", []
        with about(path), suppress(FileNotFoundError), held(open_directory(self._root, path, follow=False)) as above:
            names = (name for name in os.listdir(above) if name > after and not name.startswith("."))
            looked = heapq.nsmallest(limit, names)
            for name in looked:
                stop.check()
                with suppress(FileNotFoundError, NotADirectoryError):
                    if _is_left(above, name):
                        found.append(StageId(name))
            return Left(tuple(found), looked[-1] if len(looked) == limit else "")
        return Left((), "")

    def page(self, project: ProjectId, stage: StageId, at: int, limit: int, stop: Stop) -> ListedPage:
        """See the port."""
        path, entries = _path(project, stage), []
        with about(path), held(self._open(project, stage)) as fd:
            found = iterate(fd, self._unpacked, path, at)
            for after, entry in islice(found, max(1, min(limit, PAGE))):
                stop.check()
                entries.append(entry)
                at = after
            more = next(found, None) is not None
        return ListedPage(tuple(entries), at if more else 0)

    def _open(self, project: ProjectId, stage: StageId) -> int:
        """Raises NotFound (MANIFEST_MISSING), NotFound (FILE_NOT_FOUND) where there is no such attempt."""
        with held(open_directory(self._root, stage_root(project, _name(stage)), follow=False)) as home:
            try:
                return open_file(home, NAME, follow=False)
            except FileNotFoundError:
                raise NotFound(
                    f"Nobody has listed yet what {stage} left",
                    reason="MANIFEST_MISSING",
                    subject=_path(project, stage),
                    hint="A manifest is made some time after an attempt has ended, at the latest when its files are dropped",
                ) from None


def _is_left(above: int, name: str) -> bool:
    try:
        os.stat(f"{name}/{NAME}", dir_fd=above, follow_symlinks=False)
        return os.stat(f"{name}/log", dir_fd=above, follow_symlinks=False).st_size >= LEAST
    except FileNotFoundError:
        with held(open_directory(above, name, follow=False)) as home:
            return NAME not in os.listdir(home)


def write(home: int, head: Head, entries: Iterable[Listed]) -> Manifest:
    """Write a manifest into the attempt's directory `home`: whole and safe, or not at all."""
    with drafted(home, NAME) as fd:
        return _packed(Packing(fd), head, entries)


def read(fd: int, unpacked: Unpacked, path: str) -> Manifest:
    """What a manifest says of itself: its first and its last line. Raises DataLoss (ARCHIVE_DAMAGED)."""
    size = unpacked.index(fd).size
    first = _decoded(unpacked.read(fd, 0, _LINE_MAX, path).split(b"\n", 1)[0], path)
    begins = max(0, size - _LINE_MAX)
    last = _decoded(unpacked.read(fd, begins, _LINE_MAX, path).rstrip(b"\n").rsplit(b"\n", 1)[-1], path)
    if first.get("version") != _VERSION or "sha256" not in last or "files" not in last:
        raise _damaged(path)
    return Manifest(
        stage=StageId(str(first["stage"])),
        made=float(first["made"]),
        workspace=bool(first["workspace"]),
        files=int(last["files"]),
        directories=int(last["directories"]),
        size=int(last["size"]),
    )


def iterate(fd: int, unpacked: Unpacked, path: str, at: int = 0) -> Iterator[tuple[int, Listed]]:
    """The entries from `at` on (0, or where one ended), each with where it ends."""
    for after, line in _lines(fd, unpacked, path, at):
        values = _decoded(line, path)
        if "path" in values:
            known = {name: values[name] for name in _DEFAULTS if name in values}
            yield after, Listed(path=str(values["path"]), kind=str(values["kind"]), **known)


def intact(fd: int, unpacked: Unpacked, path: str) -> bool:
    """Whether all lines are there as they were written: by the hash in the last one."""
    digest, last = hashlib.sha256(), b""
    for _, line in _lines(fd, unpacked, path, 0):
        digest.update(last)
        last = line + b"\n"
    return bool(last) and _decoded(last, path).get("sha256") == digest.hexdigest()


def _packed(packing: Packing, head: Head, entries: Iterable[Listed]) -> Manifest:
    digest, buffer = hashlib.sha256(), bytearray()
    files = directories = size = 0

    def put(values: dict[str, Any]) -> None:
        line = json.dumps(values, separators=(",", ":")).encode("ascii") + b"\n"
        if len(buffer) + len(line) > MEMBER:
            packing.add(bytes(buffer))
            buffer.clear()
        digest.update(line)
        buffer.extend(line)

    put({"version": _VERSION, "stage": head.stage, "made": head.made, "workspace": head.workspace})
    for entry in entries:
        files += entry.kind == "file"
        directories += entry.kind == "directory"
        size += 0 if entry.same_as else entry.size
        put(_fields(entry))
    put({"files": files, "directories": directories, "size": size, "sha256": digest.hexdigest()})
    packing.add(bytes(buffer))
    packing.finish()
    return Manifest(head.stage, head.made, head.workspace, files, directories, size)


def _fields(entry: Listed) -> dict[str, Any]:
    given = {name: value for name, default in _DEFAULTS.items() if (value := getattr(entry, name)) != default}
    return {"path": entry.path, "kind": entry.kind, **given}


def _lines(fd: int, unpacked: Unpacked, path: str, at: int) -> Iterator[tuple[int, bytes]]:
    """Lines without their ends, each with where the next begins."""
    rest = b""
    read_to = at
    while data := unpacked.read(fd, read_to, _PIECE, path):
        read_to += len(data)
        *lines, rest = (rest + data).split(b"\n")
        for line in lines:
            at += len(line) + 1
            yield at, line


def _decoded(line: bytes, path: str) -> dict[str, Any]:
    try:
        values = json.loads(line)
    except ValueError:
        raise _damaged(path) from None
    if not isinstance(values, dict):
        raise _damaged(path)
    return values


def _damaged(path: str) -> DataLoss:
    return DataLoss(
        f"The manifest {path!r} is damaged",
        reason="ARCHIVE_DAMAGED",
        subject=path,
        hint="Restore it from a snapshot or a backup, or delete it while the attempt's files are there: it is made again",
    )


def _name(stage: StageId) -> StageId:
    return StageId("/".join(safe_parts(stage)))


def _path(project: ProjectId, stage: StageId) -> str:
    return f"{stage_root(project, stage)}/{NAME}"
