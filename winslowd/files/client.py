"""The ports Workspaces, Files, Uploads and Logs for the daemon: each method is one call to the worker.

They know neither how the worker is kept alive nor what it does; `winslowd.files.process` makes them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

from winslow.domain.layers import Chain
from winslow.domain.layout import Location, WorkspacePlan, safe_parts
from winslow.domain.mounts import Mounted
from winslow.domain.pipeline import DefinitionName, LogParser
from winslow.domain.stage import ProjectId, StageId
from winslow.errors import WinslowError
from winslow.ports import EFFORT, Carried, Effort, Entry, Findings, Listing, LogValues, NewFile, Totals, Upload

T = TypeVar("T")
Nothing = type(None)


class Caller(Protocol):
    """Has a call done within its deadline."""

    async def call(
        self, kind: type[T], name: str, *arguments: object, data: bytes = b"", connection: int | None = None
    ) -> T:
        """The value of `name`, which is a `kind`. It is given a `connection` (descriptor) first, its own."""


class WorkspacesClient:
    """`winslow.ports.Workspaces`, `Layers` and `Scratch` of the volume at `root`."""

    def __init__(self, caller: Caller, root: str) -> None:
        self._call = caller.call
        self._root = root

    def absolute(self, path: str) -> str:
        return "/".join([self._root, *safe_parts(path)])

    async def make_project(self, project: ProjectId, token: str = "") -> None:
        await self._call(Nothing, "workspaces.make_project", project, token)

    async def delete_project(self, project: ProjectId, token: str = "") -> None:
        await self._call(Nothing, "workspaces.delete_project", project, token)

    async def reserve(self, plan: WorkspacePlan, owner: tuple[int, int]) -> None:
        await self._call(Nothing, "workspaces.reserve", plan, owner)

    async def prepare(self, plan: WorkspacePlan, owner: tuple[int, int]) -> Mounted:
        return await self._call(Mounted, "workspaces.prepare", plan, owner)

    async def seal(self, plan: WorkspacePlan) -> None:
        await self._call(Nothing, "workspaces.seal", plan)

    async def publish(self, plan: WorkspacePlan, definition: DefinitionName) -> None:
        await self._call(Nothing, "workspaces.publish", plan, definition)

    async def drop(self, project: ProjectId, stage: StageId) -> None:
        await self._call(Nothing, "workspaces.drop", project, stage)

    async def chains(self, project: ProjectId) -> dict[StageId, Chain]:
        return await self._call(dict, "workspaces.chains", project)

    async def materialize(self, project: ProjectId, stage: StageId) -> None:
        await self._call(Nothing, "workspaces.materialize", project, stage)

    async def remove_bases(self, project: ProjectId) -> int:
        return await self._call(int, "workspaces.remove_bases", project)

    async def left(self) -> list[StageId]:
        return await self._call(list, "workspaces.left")

    async def discard(self, stage: StageId) -> None:
        await self._call(Nothing, "workspaces.discard", stage)


class FilesClient:
    """`winslow.ports.Files`."""

    def __init__(self, caller: Caller) -> None:
        self._call = caller.call

    async def stat(self, location: Location) -> Entry:
        return await self._call(Entry, "files.stat", location)

    async def entries(self, location: Location, after: str, limit: int) -> list[Entry]:
        return await self._call(list, "files.entries", location, after, limit)

    async def listing(self, location: Location, at: str | int, limit: int) -> Listing:
        return await self._call(Listing, "files.listing", location, at, limit)

    async def read(self, location: Location, offset: int, size: int) -> bytes:
        return await self._call(bytes, "files.read", location, offset, size)

    async def make_directory(self, location: Location) -> None:
        await self._call(Nothing, "files.make_directory", location)

    async def copy(self, source: Location, target: Location, mark: str = "") -> None:
        await self._call(Nothing, "files.copy", source, target, mark)

    async def delete(self, location: Location, recursive: bool) -> None:
        await self._call(Nothing, "files.delete", location, recursive)

    async def usage(self, location: Location) -> Totals:
        return await self._call(Totals, "files.usage", location)

    async def known_digest(self, location: Location) -> str:
        return await self._call(str, "files.known_digest", location)

    async def digest(self, location: Location) -> str:
        return await self._call(str, "files.digest", location)


class UploadsClient:
    """`winslow.ports.Uploads`."""

    def __init__(self, caller: Caller) -> None:
        self._call = caller.call

    async def begin(self, id: str, location: Location, size: int, sha256: str) -> Upload:
        return await self._call(Upload, "uploads.begin", id, location, size, sha256)

    async def require_room(self, upload: Upload, beside: Sequence[Upload]) -> None:
        await self._call(Nothing, "uploads.require_room", upload, tuple(beside))

    async def join(self, upload: Upload, part: Upload, offset: int) -> Upload:
        return await self._call(Upload, "uploads.join", upload, part, offset)

    async def append(self, upload: Upload, offset: int, data: bytes) -> Upload:
        if not data:  # a frame without data has no last argument
            return await self._call(Upload, "uploads.append", upload, offset, b"")
        return await self._call(Upload, "uploads.append", upload, offset, data=data)

    async def flush(self, upload: Upload) -> Upload:
        return await self._call(Upload, "uploads.flush", upload)

    async def digest(self, upload: Upload) -> str:
        return await self._call(str, "uploads.digest", upload)

    async def commit(self, upload: Upload) -> Entry:
        return await self._call(Entry, "uploads.commit", upload)

    async def cancel(self, upload: Upload) -> None:
        await self._call(Nothing, "uploads.cancel", upload)

    async def expire(self, before: float) -> int:
        return await self._call(int, "uploads.expire", before)


class SmallFilesClient:
    """`winslow.ports.SmallFiles`."""

    def __init__(self, caller: Caller) -> None:
        self._call = caller.call

    async def put(self, files: Sequence[NewFile], replace: bool) -> list[Entry | WinslowError]:
        return await self._call(list, "small.put", files, replace) if files else []


class LogsClient:
    """`winslow.ports.Logs`."""

    def __init__(self, caller: Caller) -> None:
        self._call = caller.call

    async def size(self, project: ProjectId, stage: StageId) -> int:
        return await self._call(int, "logs.size", project, stage)

    async def read(self, project: ProjectId, stage: StageId, offset: int, size: int) -> bytes:
        return await self._call(bytes, "logs.read", project, stage, offset, size)

    async def scan(self, project: ProjectId, stage: StageId, offset: int, parsers: tuple[LogParser, ...]) -> Findings:
        return await self._call(Findings, "logs.scan", project, stage, offset, parsers)

    async def extract(
        self, project: ProjectId, stage: StageId, offset: int, size: int, pattern: str, rows: int
    ) -> LogValues:
        return await self._call(LogValues, "logs.extract", project, stage, offset, size, pattern, rows)

    async def span(self, project: ProjectId, stage: StageId, at: int) -> tuple[int, int]:
        return await self._call(tuple, "logs.span", project, stage, at)

    async def archive(self, project: ProjectId, stage: StageId, quiet: float, effort: Effort = EFFORT) -> bool:
        return await self._call(bool, "logs.archive", project, stage, quiet, effort)

    async def note(self, project: ProjectId, stage: StageId, text: str) -> None:
        await self._call(Nothing, "logs.note", project, stage, text)


class CarryingClient:
    """`winslow.ports.Carrying`."""

    def __init__(self, caller: Caller) -> None:
        self._call = caller.call

    async def send(
        self, connection: int, location: Location, offset: int, size: int, expected: Entry | None
    ) -> Carried:
        return await self._call(Carried, "files.send", location, offset, size, expected, connection=connection)

    async def receive(
        self, connection: int, upload: Upload, offset: int, size: int, begun: bytes
    ) -> tuple[Upload, Carried]:
        return await self._call(
            tuple, "uploads.receive", upload, offset, size, *([] if begun else [b""]), data=begun, connection=connection
        )
