"""Small pictures of files, and the one that stands for a project: the first picture or video of its input, or else of what
its stages published last.

What stands for a project is looked up when somebody looks, remembered for a while, and never waited for long: a file system that
hangs makes lists of projects plainer, not slower.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from mimetypes import guess_type

from winslow.domain.principal import Principal
from winslow.domain.stage import ProjectId, State
from winslow.errors import FailedPrecondition, InvalidArgument, NotFound, WinslowError
from winslow.ports import Clock, Pictures
from winslow.ports import Files as FilesPort
from winslowd.usecases import known
from winslowd.usecases.files import Files, FileShown, Folder

SIZE, LEAST, MOST = 320, 16, 1024
_LOOKED_AT = 1000
_FRESH = 30.0
"""Seconds for which what stands for a project is not looked up again."""
_PATIENCE = 0.5
"""Seconds, for all the projects of a page together."""
_KEPT = 10_000
_PUBLISHED = 4
"""Stages whose output is looked at, where the input has no picture."""


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A JPEG, and the file that it shows."""

    shown: FileShown
    data: bytes


@dataclass(frozen=True, slots=True)
class Thumbnails:
    """The use cases of small pictures."""

    files: Files
    port: FilesPort
    pictures: Pictures
    clock: Clock
    covers: dict[ProjectId, tuple[float, str]] = field(default_factory=dict)

    async def get(self, asker: Principal, path: str, size: int = 0) -> Thumbnail:
        """At most `size` pixels in width and height (0: 320). Raises InvalidArgument (THUMBNAIL_SIZE_INVALID),
        FailedPrecondition (NOT_A_FILE, THUMBNAIL_IMPOSSIBLE, FFMPEG_MISSING).
        """
        if size and not LEAST <= size <= MOST:
            raise InvalidArgument(
                f"A thumbnail cannot have {size} pixels",
                reason="THUMBNAIL_SIZE_INVALID",
                subject="size",
                hint=f"Use {LEAST} to {MOST}, or leave it out",
            )
        shown = await self.files.stat(asker, path)
        place = await self.files.place(path)
        if isinstance(place, Folder) or shown.entry.kind != "file":
            raise FailedPrecondition(
                f"{shown.path!r} is a {shown.entry.kind}",
                reason="NOT_A_FILE",
                subject=shown.path,
                hint="Only files have thumbnails",
            )
        return Thumbnail(shown, await self.pictures.thumbnail(place, shown.etag, size or SIZE))

    async def cover(self, projects: Iterable[ProjectId]) -> dict[ProjectId, str]:
        """The path of what stands for each project; "" for none, and where it cannot be seen now."""
        asked = list(projects)
        now = self.clock()
        old = [project for project in asked if self.covers.get(project, (0.0, ""))[0] <= now]
        if len(self.covers) > _KEPT:
            self.covers.clear()
        for project in old:  # also where nothing is found: what hangs is asked again no sooner
            self.covers[project] = now + _FRESH, self.covers.get(project, (0.0, ""))[1]
        try:
            async with asyncio.timeout(_PATIENCE), asyncio.TaskGroup() as group:
                for project in old:
                    group.create_task(self._look(project), name=f"cover: {project}")
        except TimeoutError:
            pass  # what was found by now is shown
        return {project: self.covers.get(project, (0.0, ""))[1] for project in asked}

    async def picture_of(self, asker: Principal, project: ProjectId, size: int = 0) -> Thumbnail | None:
        """What stands for a project, small; None where nothing does.

        Raises NotFound (PROJECT_UNKNOWN), InvalidArgument (THUMBNAIL_SIZE_INVALID).
        """
        known.project(self.files.store.view, project)
        path = (await self.cover([project]))[project]
        if not path:
            return None
        try:
            return await self.get(asker, path, size)
        except (FailedPrecondition, NotFound):  # it went, or is no picture after all
            return None

    async def _look(self, project: ProjectId) -> None:
        try:
            found = await self._first_in(f"projects/{project}/input") or await self._published(project)
        except WinslowError:
            return
        until, _ = self.covers.get(project, (self.clock() + _FRESH, ""))  # others may have had all forgotten meanwhile
        self.covers[project] = until, found

    async def _published(self, project: ProjectId) -> str:
        """A picture of the latest outputs, the latest first."""
        ended = [stage for stage in self.files.store.view.stages_of(project) if stage.state is State.SUCCEEDED]
        ended.sort(key=lambda stage: stage.ended_at or 0.0, reverse=True)
        for name in list(dict.fromkeys(stage.definition.name for stage in ended))[:_PUBLISHED]:
            if path := await self._first_in(f"projects/{project}/output/{name}"):
                return path
        return ""

    async def _first_in(self, directory: str) -> str:
        place = await self.files.place(directory)
        if isinstance(place, Folder):
            return ""
        try:
            page = await self.port.listing(place, "", _LOOKED_AT)
        except NotFound:
            return ""
        names = (entry.name for entry in page.entries if entry.kind == "file" and entry.size and is_picture(entry.name))
        first = next(names, "")
        return f"{directory}/{first}" if first else ""


def is_picture(name: str) -> bool:
    """Whether a file is an image or a video, by its name."""
    return (guess_type(name, strict=False)[0] or "").startswith(("image/", "video/"))
