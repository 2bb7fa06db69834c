"""Directories and selections as one stream, tar or zip: of any size, without temporary files, a MiB in memory at a time.

Files and directories only: a link may mean something else where it is unpacked, so links are left out. Content is stored
as it is, since what is large here is packed already. A zip's list of contents comes last and is kept in memory until
then, half a KiB for a file; a tar has none.
"""

from __future__ import annotations

import contextlib
import tarfile
import time
import zipfile
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from dataclasses import dataclass

from winslow.domain.principal import Principal
from winslow.errors import FailedPrecondition, NotFound
from winslowd.usecases.files import Files, FileShown
from winslowd.usecases.listing import Ask

PAGE = 1000
_BLOCK = tarfile.BLOCKSIZE
_EARLIEST = time.mktime((1980, 1, 1, 0, 0, 0, 0, 0, -1))
"""A zip knows no earlier time."""


@dataclass(frozen=True, slots=True)
class Archive:
    """What `asker` sees beneath `roots`, which have been looked at; names in it begin with the roots' own."""

    files: Files
    asker: Principal
    roots: Sequence[FileShown]

    async def members(self) -> AsyncIterator[tuple[str, FileShown]]:
        """Each file and directory with its name in the archive, a directory before what is in it."""
        common = _above([root.path for root in self.roots])
        for root in self.roots:
            async with contextlib.aclosing(self._beneath(root)) as found:
                async for shown in found:
                    if name := shown.path.removeprefix(common).lstrip("/"):
                        yield name, shown

    async def _beneath(self, root: FileShown) -> AsyncGenerator[FileShown, None]:
        """Without recursion: a stage may have made directories deeper than our stack."""
        yield root
        levels = [_Level(root.path, deque(), "")] if root.entry.kind == "directory" else []
        for level in levels:
            await self._turn(level)
        while levels:
            level = levels[-1]
            if level.waiting:
                shown = level.waiting.popleft()
                if shown.entry.kind == "directory":
                    levels.append(_Level(shown.path, deque(), ""))
                    await self._turn(levels[-1])
                if shown.entry.kind in ("file", "directory"):
                    yield shown
            elif level.next_page:
                await self._turn(level)
            else:
                levels.pop()

    async def _turn(self, level: _Level) -> None:
        """To the next page; a directory that is drawn, or went away, has none."""
        ask = Ask(page_size=PAGE, page_token=level.next_page)
        level.next_page = ""
        with contextlib.suppress(NotFound):
            page = await self.files.list(self.asker, level.path, ask)
            level.waiting.extend(page.items)
            level.next_page = page.next_page_token

    async def content(self, path: str) -> tuple[FileShown, AsyncIterator[bytes]] | None:
        """A file as it is now, and all its bytes; None when it went away. Cut short in between raises (FILE_CHANGED)."""
        try:
            shown, pieces = await self.files.read(self.asker, path)
        except NotFound:
            return None
        return shown, _complete(shown, pieces)


@dataclass(slots=True)
class _Level:
    path: str
    waiting: deque[FileShown]
    next_page: str


Packed = Callable[[Archive], AsyncIterator[bytes]]


async def tar(archive: Archive) -> AsyncIterator[bytes]:
    """As a tar stream, in the PAX format: any name, any size."""
    async for name, shown in archive.members():
        if shown.entry.kind == "directory":
            yield _tar_header(name, shown)
            continue
        found = await archive.content(shown.path)
        if found is None:
            continue
        now, pieces = found
        yield _tar_header(name, now)
        async for piece in pieces:
            yield piece
        yield bytes(-now.entry.size % _BLOCK)
    yield bytes(2 * _BLOCK)


async def zip_(archive: Archive) -> AsyncIterator[bytes]:
    """As a zip stream, with 64-bit sizes."""
    sink = _Sink()
    packed = zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED)
    async for name, shown in archive.members():
        if shown.entry.kind == "directory":
            packed.writestr(_zip_info(f"{name}/", shown), b"")
        elif found := await archive.content(shown.path):
            now, pieces = found
            with packed.open(_zip_info(name, now), "w", force_zip64=True) as member:
                async for piece in pieces:
                    member.write(piece)
                    yield sink.taken()
        yield sink.taken()
    packed.close()
    yield sink.taken()


FORMATS: dict[str, tuple[str, Packed]] = {
    "tar": ("application/x-tar", tar),
    "zip": ("application/zip", zip_),
}


class _Sink:
    """What a zip is written to: taken away at once."""

    def __init__(self) -> None:
        self._written = bytearray()

    def write(self, data: bytes) -> int:
        self._written += data
        return len(data)

    def flush(self) -> None:
        """Nothing waits here."""

    def close(self) -> None:
        """Nothing is open."""

    def taken(self) -> bytes:
        data, self._written = bytes(self._written), bytearray()
        return data


def _tar_header(name: str, shown: FileShown) -> bytes:
    info = tarfile.TarInfo(name)
    info.mtime = int(shown.entry.modified)
    if shown.entry.kind == "directory":
        info.type, info.mode = tarfile.DIRTYPE, 0o755
    else:
        info.size, info.mode = shown.entry.size, 0o644
    return info.tobuf(tarfile.PAX_FORMAT)


def _zip_info(name: str, shown: FileShown) -> zipfile.ZipInfo:
    at = time.localtime(max(shown.entry.modified, _EARLIEST))
    # Where '\' parts names it could lead out of the directory that is unpacked into.
    info = zipfile.ZipInfo(name.replace("\\", "_"), at[:6])
    info.external_attr = (0o40755 << 16 | 0x10) if name.endswith("/") else 0o100644 << 16
    return info


async def _complete(shown: FileShown, pieces: AsyncIterator[tuple[int, bytes]]) -> AsyncIterator[bytes]:
    missing = shown.entry.size
    async for _, data in pieces:
        missing -= len(data)
        yield data
    if missing:
        raise shortened(shown)


def shortened(shown: FileShown) -> FailedPrecondition:
    return FailedPrecondition(
        f"{shown.path!r} changed while it was read", reason="FILE_CHANGED", subject=shown.path, hint="Ask for it again"
    )


def _above(paths: Sequence[str]) -> str:
    """The directory that all of `paths` are in."""
    parents = [path.split("/")[:-1] for path in paths]
    common = parents[0]
    for parent in parents[1:]:
        shared = [one for one, other in zip(common, parent, strict=False)]
        common = next((shared[:at] for at, one in enumerate(shared) if one != parent[at]), shared)
    return "/".join(common)
