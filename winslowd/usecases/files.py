"""Files as people see them: one tree of paths, in which some directories are drawn of the records.

A path of the API is looked up in the view first, so that a project's output is the published attempt's the moment it has
succeeded, and a stage's workspace is the directory it really works in. What lies beneath is the port's.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from winslow.domain import layout, needs
from winslow.domain.exits import published
from winslow.domain.layout import Location, Pool
from winslow.domain.pipeline import DefinitionName
from winslow.domain.principal import Principal
from winslow.domain.records import Kind
from winslow.domain.stage import ProjectId, Stage, StageId
from winslow.domain.view import View
from winslow.errors import FailedPrecondition, InvalidArgument, NotFound, OutOfRange
from winslow.ports import Entry, Store, Totals
from winslow.ports import Files as FilesPort
from winslowd.usecases import known, past
from winslowd.usecases.listing import Ask, Page, decode_token, encode_token, page_size
from winslowd.usecases.past import Past
from winslowd.usecases.requests import Request, after

PIECE = 1 << 20
"""Bytes of one piece of a file that is read."""
CHILDREN = 1000
"""Entries of a drawn directory that are looked at together."""


@dataclass(frozen=True, slots=True)
class Folder:
    """A directory that is drawn of the records: it has these entries, and nothing can be put into it."""

    names: tuple[str, ...]
    modified: float = 0.0


Place = Location | Folder


@dataclass(frozen=True, slots=True)
class FileShown:
    """A file or directory. `path` is as the API has it; `etag` changes with the content."""

    path: str
    entry: Entry
    writable: bool

    @property
    def etag(self) -> str:
        return f"{self.entry.size:x}-{round(self.entry.modified * 1e6):x}"


@dataclass(frozen=True, slots=True)
class Listed(Page[FileShown]):
    """A page of a directory: by name, or `unordered` where there are too many to sort."""

    unordered: bool = False


@dataclass(frozen=True, slots=True)
class Files:
    """The use cases of files. All raise InvalidArgument (PATH_INVALID) and NotFound (PROJECT_UNKNOWN, STAGE_UNKNOWN, FILE_NOT_FOUND)."""

    store: Store
    files: FilesPort
    past: Past

    # ---- looking

    async def stat(self, asker: Principal, path: str) -> FileShown:
        place = await self._locate(path)
        if isinstance(place, Folder):
            return _drawn(path, place)
        entry = await self.files.stat(place)
        return FileShown(_clean(path), replace(entry, name=_base(path)), place.writable)

    async def place(self, path: str) -> Place:
        """Where a path leads, whether or not something is there."""
        return await self._locate(path)

    async def list(self, asker: Principal, path: str, ask: Ask) -> Listed:
        """A directory's entries; "" lists the roots. `total` counts this page's only."""
        place = await self._locate(path)
        asked, size = f"files\0{_clean(path)}", page_size(ask.page_size)
        at = _position(ask.page_token, asked)
        if isinstance(place, Folder):
            entries = await self.children(path, place, str(at), size + 1)
            shown, more = tuple(entries[:size]), len(entries) > size
            return Listed(shown, encode_token((shown[-1].entry.name, ""), asked) if more else "", len(shown))
        page = await self.files.listing(place, at, size)
        above = _clean(path)
        shown = tuple(FileShown(f"{above}/{entry.name}", entry, place.writable) for entry in page.entries)
        token = "" if page.next is None else encode_token((page.next, ""), asked)
        return Listed(shown, token, len(shown), unordered=isinstance(at, int) or isinstance(page.next, int))

    async def read(
        self, asker: Principal, path: str, offset: int = 0, size: int = 0, expected_etag: str = ""
    ) -> tuple[FileShown, AsyncIterator[tuple[int, bytes]]]:
        """The file, and its bytes from `offset` on (`size` 0: all that follow) in pieces of at most a MiB, with their offsets.

        Raises FailedPrecondition (FILE_CHANGED, NOT_A_FILE), OutOfRange (OFFSET_PAST_END).
        """
        shown = await self.stat(asker, path)
        place = await self._locate(path)
        if isinstance(place, Folder) or shown.entry.kind != "file":
            raise _not_a_file(shown)
        _require_etag(shown, expected_etag)
        _require_within(shown, offset, size)
        end = shown.entry.size if size == 0 else min(offset + size, shown.entry.size)
        return shown, self._pieces(place, offset, end)

    async def _pieces(self, place: Location, offset: int, end: int) -> AsyncIterator[tuple[int, bytes]]:
        while offset < end:
            data = await self.files.read(place, offset, min(PIECE, end - offset))
            if not data:
                return  # it became shorter: the reader sees that bytes are missing
            yield offset, data
            offset += len(data)

    async def usage(self, asker: Principal, path: str) -> Totals:
        """Recursive size and counts; of a drawn directory those of all it shows, and of that what is there."""
        place = await self._locate(path)
        if isinstance(place, Location):
            return await self.files.usage(place)
        parts: list[Totals] = []
        last = ""
        while children := await self.children(path, place, last, CHILDREN):
            for child in children:
                with suppress(NotFound):  # an attempt that never began has no directories
                    parts += [await self.usage(asker, child.path)] if not _is_log(path, child.entry.name) else []
            last = children[-1].entry.name
        return Totals(
            size=sum(part.size for part in parts),
            files=sum(part.files for part in parts),
            directories=sum(part.directories + 1 for part in parts),
        )

    async def known_digest(self, asker: Principal, path: str) -> str:
        """The SHA-256 that a file's upload was verified by, "" where it is not known."""
        place = await self._locate(path)
        return "" if isinstance(place, Folder) else await self.files.known_digest(place)

    async def digest(self, asker: Principal, path: str) -> tuple[FileShown, str]:
        """The file, and the SHA-256 of its content. Raises FailedPrecondition (NOT_A_FILE)."""
        shown = await self.stat(asker, path)
        place = await self._locate(path)
        if isinstance(place, Folder) or shown.entry.kind != "file":
            raise _not_a_file(shown)
        return shown, await self.files.digest(place)

    # ---- changing; all raise FailedPrecondition (POOL_READ_ONLY, PROJECT_DELETING)

    async def make_directory(self, request: Request, path: str) -> str:
        """With its parents; one that is there stays."""
        place = writable(self.store.view, path)
        return await self._do(request, path, lambda: self.files.make_directory(place))

    async def copy(self, request: Request, source: str, target: str) -> str:
        """A file, or a directory with all that is in it. Raises AlreadyExists (FILE_EXISTS), FailedPrecondition (NOT_COPYABLE)."""
        old = await self._locate(source)
        if isinstance(old, Folder):
            raise FailedPrecondition(
                f"{_clean(source)!r} only shows what lies in several places",
                reason="NOT_COPYABLE",
                subject=_clean(source),
                hint="Copy what is in it, one by one",
            )
        new = writable(self.store.view, target)
        return await self._do(request, target, lambda: self.files.copy(old, new, request.mark))

    async def delete(self, request: Request, path: str, *, recursive: bool = False, expected_etag: str = "") -> str:
        """Raises FailedPrecondition (DIRECTORY_NOT_EMPTY, FILE_CHANGED)."""
        place = writable(self.store.view, path)

        async def work() -> None:
            if expected_etag:
                _require_etag(await self.stat(request.principal, path), expected_etag)
            await self.files.delete(place, recursive)

        return await self._do(request, path, work)

    async def _do(self, request: Request, path: str, work: Callable[[], Awaitable[None]]) -> str:
        return await after(self.store, request, work, f"files/{_clean(path)}")

    async def _locate(self, path: str) -> Place:
        """Where a path leads, also beneath a stage that is history."""
        try:
            return locate(self.store.view, path)
        except NotFound as missing:
            if missing.reason != "STAGE_UNKNOWN":
                raise
            _, project, _, stage = layout.safe_parts(path)[:4]
            return locate(self.store.view, path, past.stage_shown(await self.past.stage(project, stage)).stage)

    async def children(self, path: str, folder: Folder, last: str, limit: int) -> Sequence[FileShown]:
        """Up to `limit` entries of a drawn directory behind the name `last`; their own content is not looked at."""
        children: dict[str, FileShown] = {}
        match layout.safe_parts(path):
            case ["projects", project, "stages"]:
                for stage in await self.past.stages(ProjectId(project), last, limit):
                    shown = Folder((), stage.created_at)
                    children[stage.id] = _drawn(_join(path, stage.id), shown)
        for name in sorted(name for name in folder.names if name > last)[:limit]:
            children[name] = await self._child(path, name)
        return [children[name] for name in sorted(children)[:limit]]

    async def _child(self, path: str, name: str) -> FileShown:
        """An entry of a drawn directory; its own content is not looked at."""
        child = _join(path, name)
        kind = "file" if _is_log(path, name) else "directory"
        place = await self._locate(child)
        modified = place.modified if isinstance(place, Folder) else 0.0
        return FileShown(child, Entry(name, kind, 0, modified), isinstance(place, Location) and place.writable)


def locate(view: View, path: str, stage: Stage | None = None) -> Place:
    """Where a path of the API leads, whether or not something is there; `stage` is the one in it, if it is history."""
    parts = layout.safe_parts(path)
    return _folder(view, parts, stage) or _location(view, "/".join(parts), parts, stage)


def writable(view: View, path: str) -> Location:
    """The same for a path that people want to change."""
    place = locate(view, path)
    if isinstance(place, Folder) or not place.writable:
        raise FailedPrecondition(
            f"{_clean(path)!r} cannot be changed by people",
            reason="POOL_READ_ONLY",
            subject=_clean(path),
            hint="Use resources/, projects/PROJECT/input/ or projects/PROJECT/workspace/; what an attempt made stays as it is",
        )
    if place.project:
        known.lasting_project(view, place.project)
    return place


def _folder(view: View, parts: Sequence[str], archived: Stage | None) -> Folder | None:
    match parts:
        case []:
            return Folder(("resources", "projects"))
        case ["projects"]:
            return Folder(tuple(view.all(Kind.PROJECT)))
        case ["projects", project]:
            return Folder(("input", "workspace", "output", "stages"), known.project(view, project).created_at)
        case ["projects", project, "output"]:
            known.project(view, project)
            return Folder(_published(view, project))
        case ["projects", project, "stages"]:
            known.project(view, project)
            return Folder(tuple(stage.id for stage in view.stages_of(project)))
        case ["projects", project, "stages", stage]:
            found = archived or known.stage(view, project, stage)
            gone = needs.dropped(known.project(view, project), found)
            return Folder((*(() if gone else ("workspace",)), "output", "log"), found.created_at)
        case _:
            return None


def _published(view: View, project: str) -> tuple[str, ...]:
    stages = view.stages_of(project)
    names = {stage.definition.name for stage in stages}
    return tuple(sorted(name for name in names if published(stages, name)))


def _location(view: View, path: str, parts: Sequence[str], archived: Stage | None) -> Location:
    location = layout.parse(path)
    if location.project is None:
        return location
    project = known.project(view, location.project)
    if location.stage is not None:
        stage = archived or known.stage(view, project.id, location.stage)
        if location.pool is Pool.STAGE_WORKSPACE:  # a stage that was skipped, or continues, has another's directory
            if needs.dropped(project, stage):
                raise _given_up(stage)
            return replace(location, root=layout.workspace_path(project.id, stage.workspace))
        return location
    return _output(view, project.id, parts) if location.pool is Pool.OUTPUT else location


def _given_up(stage: Stage) -> NotFound:
    return NotFound(
        f"The workspace of {stage.id} was given up to save space",
        reason="WORKSPACE_DROPPED",
        subject=f"projects/{stage.project}/stages/{stage.id}/workspace",
        hint=f"Its output and log are there; what it held is listed: winslowctl stage compare {stage.id} OTHER",
    )


def _output(view: View, project: ProjectId, parts: Sequence[str]) -> Location:
    definition = DefinitionName(parts[3])
    stage = published(view.stages_of(project), definition)
    if stage is None:
        raise NotFound(
            f"{definition} has published nothing in {project} yet",
            reason="OUTPUT_NOT_PUBLISHED",
            subject="/".join(parts),
            hint=f"An attempt's output is published when it succeeds; see: winslowctl status {project}",
        )
    return stage_output(project, stage, "/".join(parts[4:]))


def stage_output(project: ProjectId, stage: StageId, relative: str) -> Location:
    """Beneath the output of an attempt."""
    return Location(Pool.STAGE_OUTPUT, f"{layout.stage_root(project, stage)}/output", relative, project, stage)


def _drawn(path: str, folder: Folder) -> FileShown:
    return FileShown(_clean(path), Entry(_base(path), "directory", 0, folder.modified), False)


def _position(token: str, asked: str) -> str | int:
    """Where a page begins. Raises InvalidArgument (PAGE_TOKEN_INVALID)."""
    at = decode_token(token, asked)[0] if token else ""
    return int(at) if isinstance(at, float) else at


def _clean(path: str) -> str:
    return "/".join(layout.safe_parts(path))


def _join(path: str, name: str) -> str:
    above = _clean(path)
    return f"{above}/{name}" if above else name


def _base(path: str) -> str:
    return _clean(path).rpartition("/")[2]


def _is_log(path: str, name: str) -> bool:
    return name == "log" and len(layout.safe_parts(path)) == 4


def _not_a_file(shown: FileShown) -> FailedPrecondition:
    return FailedPrecondition(
        f"{shown.path!r} is a {shown.entry.kind}",
        reason="NOT_A_FILE",
        subject=shown.path,
        hint="Name a file in it" if shown.entry.kind == "directory" else "Only files can be read",
    )


def _require_etag(shown: FileShown, expected: str) -> None:
    if expected and expected != shown.etag:
        raise FailedPrecondition(
            f"{shown.path!r} is no longer what it was",
            reason="FILE_CHANGED",
            subject=shown.path,
            hint="Look at it again",
            metadata={"etag": shown.etag},
        )


def _require_within(shown: FileShown, offset: int, size: int) -> None:
    if offset < 0 or size < 0:
        raise InvalidArgument(
            f"No file has {size} bytes at offset {offset}", reason="RANGE_INVALID", subject=shown.path
        )
    if offset > shown.entry.size:
        raise OutOfRange(
            f"{shown.path!r} has {shown.entry.size} bytes, none at {offset}",
            reason="OFFSET_PAST_END",
            subject=shown.path,
            hint="Begin within the file",
            metadata={"size": str(shown.entry.size)},
        )
