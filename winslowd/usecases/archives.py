"""Directories and selections as they are taken away: every file and directory beneath, in one walk, a MiB in memory at a time.

Links are kept where they lead to something in the archive; others, special files and names that are not UTF-8 are left out.
What changes while it is read ends the walk with an error, so that nobody takes a part for the whole. It knows no formats
(`winslowd.usecases.packing`).
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from winslow.domain.layout import Location, Pool
from winslow.domain.principal import Principal
from winslow.errors import FailedPrecondition, InvalidArgument, NotFound
from winslow.ports import Gathered, Trail
from winslowd.usecases.files import FileShown, Folder
from winslowd.usecases.packing import FORMATS, Member
from winslowd.usecases.trees import Trees, outermost

SELECTED_MAX = 1000
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Archive:
    """`stream` raises FailedPrecondition (FILE_CHANGED), and what else reading does; `name` is what a person may call it."""

    name: str
    media_type: str
    stream: AsyncIterator[bytes]


@dataclass(frozen=True, slots=True)
class Archives:
    """The use cases of archives that are taken away."""

    trees: Trees

    async def pack(self, asker: Principal, paths: Sequence[str], format_: str) -> Archive:
        """What is beneath `paths`, by names relative to where they all lie. Raises InvalidArgument (ARCHIVE_INVALID)."""
        if format_ not in FORMATS or not 0 < len(paths) <= SELECTED_MAX:
            raise InvalidArgument(
                f"There is no archive of {len(paths)} paths in the format {format_!r}",
                reason="ARCHIVE_INVALID",
                subject="paths" if format_ in FORMATS else "format",
                hint=f"Give 1 to {SELECTED_MAX} paths, and the format zip or tar",
            )
        roots = outermost([await self.trees.files.stat(asker, path) for path in paths])
        name = roots[0].entry.name if len(roots) == 1 and roots[0].entry.name else "files"
        media_type, packed = FORMATS[format_]
        return Archive(f"{name}.{format_}", media_type, packed(self._members(asker, roots)))

    async def _members(self, asker: Principal, roots: Sequence[FileShown]) -> AsyncIterator[Member]:
        """A directory before what is in it."""
        common = _above([root.path for root in roots])
        for root in roots:
            async with aclosing(self._beneath(root)) as found:
                async for path, item in found:
                    name = path.removeprefix(common).lstrip("/")
                    if name and (member := await self._member(asker, path, name, item)) is not None:
                        yield member

    async def _member(self, asker: Principal, path: str, name: str, item: Gathered) -> Member | None:
        entry = item.entry
        if entry.kind == "directory":
            return Member(name, entry)
        if entry.kind == "symlink":
            return Member(name, entry, link=item.link) if _stays_inside(name, item.link) else None
        if item.content is not None:
            return Member(name, entry, _whole(item.content))
        try:
            shown, pieces = await self.trees.files.read(asker, path)
        except NotFound:
            return None  # it went away before anything of it was told
        return Member(name, shown.entry, self._steady(asker, shown, pieces))

    async def _steady(
        self, asker: Principal, shown: FileShown, pieces: AsyncIterator[tuple[int, bytes]]
    ) -> AsyncIterator[bytes]:
        """The bytes of one and the same file; a log may have grown, and is told as long as it was."""
        missing = shown.entry.size
        async for _, data in pieces:
            missing -= len(data)
            yield data
        now = await self.trees.files.stat(asker, shown.path)
        if missing or (now.etag != shown.etag and shown.entry.name != "log"):
            raise changed(shown)

    async def _beneath(self, root: FileShown) -> AsyncGenerator[tuple[str, Gathered], None]:
        """With their paths, the root itself first."""
        yield root.path, Gathered("", root.entry)
        if root.entry.kind != "directory":
            return
        place = await self.trees.files.place(root.path)
        if isinstance(place, Location):
            async for one in self._gathered(root.path, place):
                yield one
            return
        async with aclosing(self.trees.drawn(root.path, place)) as spots:
            async for path, below, shown in spots:
                async for one in self._drawn(path, below, shown):
                    yield one

    async def _drawn(
        self, path: str, place: Location | Folder, shown: FileShown | None
    ) -> AsyncIterator[tuple[str, Gathered]]:
        """What is not there is not told: an attempt that never began has no directories."""
        assert shown is not None
        if isinstance(place, Folder):
            yield path, Gathered("", shown.entry)
            return
        try:
            entry = await self.trees.files.files.stat(place)
            yield path, Gathered("", entry)
            if place.pool is not Pool.STAGE_LOG:
                async for one in self._gathered(path, place):
                    yield one
        except NotFound:
            return

    async def _gathered(self, path: str, place: Location) -> AsyncIterator[tuple[str, Gathered]]:
        at: Trail | None = ()
        while at is not None:
            page = await self.trees.trees.gather(place, at, _PIECE)
            for item in page.items:
                yield f"{path}/{item.path}", item
            at = page.next


def changed(shown: FileShown) -> FailedPrecondition:
    """Of a file that is no longer what was promised."""
    return FailedPrecondition(
        f"{shown.path!r} changed while it was read", reason="FILE_CHANGED", subject=shown.path, hint="Ask for it again"
    )


async def _whole(content: bytes) -> AsyncIterator[bytes]:
    if content:
        yield content


def _stays_inside(name: str, link: str) -> bool:
    """Whether a link leads to a place in the archive, by its words."""
    depth = name.count("/")
    for part in link.split("/"):
        depth += 0 if part in ("", ".") else -1 if part == ".." else 1
        if depth < 0:
            return False
    return not link.startswith("/")


def _above(paths: Sequence[str]) -> str:
    """The directory that all of `paths` are in."""
    parents = [path.split("/")[:-1] for path in paths]
    common = parents[0]
    for parent in parents[1:]:
        shared = [one for one, other in zip(common, parent, strict=False)]
        common = next((shared[:at] for at, one in enumerate(shared) if one != parent[at]), shared)
    return "/".join(common)
