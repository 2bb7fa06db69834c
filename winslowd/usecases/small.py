"""Small files, many in one call: the path of each is looked up in the view, and what one cannot have stops no other.

Nothing is remembered of them in the store: what is there and the same is the answer to a repetition.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from winslow.domain.principal import Principal
from winslow.errors import Exhausted, InvalidArgument, WinslowError
from winslow.ports import NewFile, Store
from winslow.ports import SmallFiles as SmallFilesPort
from winslowd.usecases.files import PIECE, Files, FileShown, writable
from winslowd.usecases.requests import cut_off

SIZE_MAX = 4 << 20
"""Bytes that are put in one call."""
COUNT_MAX = 512
READ_TOGETHER = 8
"""Files that are read at once, and told of together: as many as the storage does quickly at a time."""


@dataclass(frozen=True, slots=True)
class Given:
    """A file as its sender gives it; `path` is the API's, `modified` in Unix seconds, 0 for now."""

    path: str
    data: bytes
    sha256: str
    modified: float = 0.0
    executable: bool = False


@dataclass(frozen=True, slots=True)
class Whole:
    """A small file with its content, and the SHA-256 of that."""

    shown: FileShown
    data: bytes
    sha256: str


@dataclass(frozen=True, slots=True)
class SmallFiles:
    """The use cases of many files at once. All raise InvalidArgument (BATCH_TOO_LARGE)."""

    store: Store
    files: Files
    small: SmallFilesPort

    async def stat(self, asker: Principal, paths: Sequence[str]) -> list[FileShown | WinslowError]:
        """One outcome for each, in their order."""
        _require_few(len(paths), 0)
        return await asyncio.gather(*(self._stat(asker, path) for path in paths))

    async def put(
        self, asker: Principal, given: Sequence[Given], *, replace: bool = False
    ) -> list[FileShown | WinslowError]:
        """One outcome for each, in their order. Raises Unavailable (ETCD_UNAVAILABLE) while this node is cut off."""
        _require_few(len(given), sum(len(one.data) for one in given))
        if not self.store.connected:
            raise cut_off()
        places = [self._placed(one) for one in given]
        entries = iter(await self.small.put([one for one in places if isinstance(one, NewFile)], replace))
        outcomes: list[FileShown | WinslowError] = []
        for one, place in zip(given, places, strict=True):
            found = place if isinstance(place, WinslowError) else next(entries)
            outcomes.append(found if isinstance(found, WinslowError) else FileShown(one.path, found, True))
        return outcomes

    async def read(self, asker: Principal, paths: Sequence[str]) -> AsyncIterator[list[Whole | WinslowError]]:
        """Outcomes in the order of `paths`, a few at a time, so that memory holds no more than those."""
        _require_few(len(paths), 0)
        for start in range(0, len(paths), READ_TOGETHER):
            together = (self._read(asker, path) for path in paths[start : start + READ_TOGETHER])
            yield await asyncio.gather(*together)

    def _placed(self, one: Given) -> NewFile | WinslowError:
        try:
            location = writable(self.store.view, one.path)
        except WinslowError as error:
            return error
        return NewFile(location, one.data, one.sha256.lower(), one.modified, one.executable)

    async def _stat(self, asker: Principal, path: str) -> FileShown | WinslowError:
        try:
            return await self.files.stat(asker, path)
        except WinslowError as error:
            return error

    async def _read(self, asker: Principal, path: str) -> Whole | WinslowError:
        try:
            shown, pieces = await self.files.read(asker, path)
            if shown.entry.size > PIECE:
                return _too_large(shown)
            data = b"".join([data async for _, data in pieces])
        except WinslowError as error:
            return error
        return Whole(shown, data, hashlib.sha256(data).hexdigest())


def _require_few(count: int, size: int) -> None:
    if count > COUNT_MAX or size > SIZE_MAX:
        raise InvalidArgument(
            f"{count} files with {size} bytes are too many for one call",
            reason="BATCH_TOO_LARGE",
            hint=f"Send at most {COUNT_MAX} files and {SIZE_MAX} bytes at a time, and larger files as uploads",
        )


def _too_large(shown: FileShown) -> Exhausted:
    return Exhausted(
        f"{shown.path!r} has {shown.entry.size} bytes, too many to be read with others",
        reason="FILE_TOO_LARGE",
        subject=shown.path,
        hint="Read it with ReadFile",
    )
