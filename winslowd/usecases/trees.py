"""Whole trees of files as people see them: searched, unpacked into, moved; also from where the tree is drawn of the records.

What lies on the volume is gone through there, a page at a time; the directories that are drawn are gone through here.
"""

from __future__ import annotations

import json
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field

from winslow.domain import layout
from winslow.domain.layout import Location, Pool
from winslow.domain.pattern import Matches, matcher
from winslow.domain.principal import Principal
from winslow.errors import FailedPrecondition, InvalidArgument, NotFound
from winslow.ports import Found, Steady, Store, Trail, UnpackLimits
from winslow.ports import Trees as TreesPort
from winslowd.usecases.files import CHILDREN, Files, FileShown, Folder, Place, writable
from winslowd.usecases.listing import Ask, Page, decode_token, encode_token, page_size
from winslowd.usecases.requests import Request, after

SECONDS = 1.0
"""For one page of a search; what was found by then is told, with where it goes on."""

Resume = tuple[str, ...]
"""The names of what was told last, from where a walk began."""
Spot = tuple[str, Place, FileShown | None]
"""A path, where it leads, and what it looks like, unless that was told before."""


@dataclass(frozen=True, slots=True)
class Trees:
    """The use cases of trees. All raise InvalidArgument (PATH_INVALID), NotFound (PROJECT_UNKNOWN, STAGE_UNKNOWN, FILE_NOT_FOUND)."""

    store: Store
    files: Files
    trees: TreesPort
    limits: UnpackLimits = field(default_factory=UnpackLimits)
    steady: Steady = time.monotonic

    async def search(self, asker: Principal, path: str, query: str, ask: Ask) -> Page[FileShown]:
        """Entries at any depth whose names match. A page may have fewer than asked for, also none, with more to come.

        Raises InvalidArgument (QUERY_INVALID, PAGE_TOKEN_INVALID).
        """
        asked = f"search\0{'/'.join(layout.safe_parts(path))}\0{query}"
        resume, trail = _position(ask.page_token, asked)
        page = _Looking(self, path, matcher(query), query, page_size(ask.page_size), self.steady() + SECONDS)
        rest = await page.fill(resume, trail)
        token = "" if rest is None else encode_token((json.dumps(rest, separators=(",", ":")), ""), asked)
        return Page(tuple(page.found), token, len(page.found))

    async def unpack(self, request: Request, path: str, target: str) -> str:
        """Make the directory `target` of the archive at `path`: the whole of it, or nothing.

        Raises FailedPrecondition (ARCHIVE_REFUSED, NOT_A_FILE, POOL_READ_ONLY), AlreadyExists (FILE_EXISTS), Exhausted.
        """
        source, place = await self.files.place(path), writable(self.store.view, target)
        if isinstance(source, Folder):
            raise FailedPrecondition(
                f"{path!r} is a directory",
                reason="NOT_A_FILE",
                subject=path,
                hint="Name a zip or a tar that was uploaded",
            )
        return await self._do(request, target, lambda mark: self.trees.unpack(source, place, self.limits, mark))

    async def move(self, request: Request, source: str, target: str) -> str:
        """Also to another pool or project. Raises AlreadyExists (FILE_EXISTS), FailedPrecondition (POOL_READ_ONLY)."""
        old, new = writable(self.store.view, source), writable(self.store.view, target)
        return await self._do(request, target, lambda mark: self.trees.move(old, new, mark))

    async def drawn(self, path: str, place: Folder, resume: Resume = ()) -> AsyncGenerator[Spot, None]:
        """What is beneath a drawn directory, until the volume begins: each directory before what is in it.

        From `resume` on, which comes first and without what it looks like: that was told before.
        """
        last = ""
        if resume:
            last = resume[0]
            async with aclosing(self._again(_join(path, last), resume[1:])) as found:
                async for one in found:
                    yield one
        while children := await self.files.children(path, place, last, CHILDREN):
            for child in children:
                below = await self.files.place(child.path)
                yield child.path, below, child
                if isinstance(below, Folder):
                    async for one in self.drawn(child.path, below):
                        yield one
            last = children[-1].entry.name

    async def _again(self, path: str, resume: Resume) -> AsyncGenerator[Spot, None]:
        try:
            place = await self.files.place(path)
        except NotFound:
            return  # it went away meanwhile
        if not resume:
            yield path, place, None
        if isinstance(place, Folder):
            async for one in self.drawn(path, place, resume):
                yield one

    async def _do(self, request: Request, path: str, work: Callable[[str], Awaitable[None]]) -> str:
        clean = "/".join(layout.safe_parts(path))
        return await after(self.store, request, lambda: work(request.mark), f"files/{clean}")


Rest = tuple[Resume, Trail | None]
"""Where a search goes on: in what was told last, from the trail on; None: behind it."""


@dataclass(slots=True)
class _Looking:
    """One page of a search."""

    trees: Trees
    path: str
    matches: Matches
    query: str
    size: int
    until: float
    found: list[FileShown] = field(default_factory=list)

    async def fill(self, resume: Resume, trail: Trail | None) -> Rest | None:
        """Where the next page begins; None at the end."""
        place = await self.trees.files.place(self.path)
        if not isinstance(place, Folder):
            rest = await self._look(self.path, place, trail or ())
            return None if rest is None else ((), rest)
        last: Rest | None = None
        further = False
        async with aclosing(self.trees.drawn(self.path, place, resume)) as spots:
            async for path, below, shown in spots:
                here = tuple(layout.safe_parts(path)[len(layout.safe_parts(self.path)) :])
                if shown is not None:
                    if further and self.trees.steady() >= self.until:  # each page comes further, however slow it is
                        return last
                    further = True
                    trail = ()
                    if self.matches(shown.entry.name):
                        self.found.append(shown)
                        if len(self.found) == self.size:
                            return here, ()
                rest = await self._look_inside(path, below, trail)
                if rest is not None:
                    return here, rest
                last = (here, ()) if isinstance(below, Folder) else (here, None)
        return None

    async def _look_inside(self, path: str, place: Place, trail: Trail | None) -> Trail | None:
        """What cannot be looked into now is passed over: an attempt that never began, one that is at work elsewhere."""
        if isinstance(place, Folder) or place.pool is Pool.STAGE_LOG or trail is None:
            return None
        try:
            return await self._look(path, place, trail)
        except (NotFound, FailedPrecondition):
            return None

    async def _look(self, path: str, place: Location, trail: Trail) -> Trail | None:
        left = max(0.0, self.until - self.trees.steady())
        page = await self.trees.trees.search(place, self.query, trail, self.size - len(self.found), left)
        self.found.extend(_shown(path, place, one) for one in page.found)
        return page.next


def _shown(path: str, place: Location, found: Found) -> FileShown:
    return FileShown(_join(path, found.path), found.entry, place.writable)


def _join(path: str, below: str) -> str:
    above = "/".join(layout.safe_parts(path))
    return f"{above}/{below}" if above else below


def _position(token: str, asked: str) -> Rest:
    """Raises InvalidArgument (PAGE_TOKEN_INVALID)."""
    if not token:
        return (), ()
    try:
        names, trail = json.loads(str(decode_token(token, asked)[0]))
        resume = tuple(layout.safe_parts("/".join(names)))
        return resume, None if trail is None else tuple((str(name), _place(at)) for name, at in trail)
    except (ValueError, TypeError):
        raise InvalidArgument(
            "The page token does not belong to this search",
            reason="PAGE_TOKEN_INVALID",
            hint="Repeat path and query of the page before, or begin again without a token",
        ) from None


def _place(at: object) -> str | int:
    if isinstance(at, str | int) and not isinstance(at, bool):
        return at
    raise TypeError(at)


def outermost(shown: Sequence[FileShown]) -> list[FileShown]:
    """Without those that lie in another of them, each once."""
    once = list(dict.fromkeys(shown))
    return [one for one in once if not any(other != one and _is_beneath(one.path, other.path) for other in once)]


def _is_beneath(path: str, above: str) -> bool:
    return path.startswith(f"{above}/" if above else "") and path != above
