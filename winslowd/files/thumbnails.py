"""Thumbnails for the daemon: made by the worker, and kept on the node's own disk for as long as there is room for them.

A thumbnail is called after what it was made of (place, etag and size), so none is ever old; those that were not looked at
for longest go first. What has none is remembered for a while too, so that a page of broken files costs once. Losing all of it costs time.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections import OrderedDict
from contextlib import suppress
from pathlib import Path
from weakref import WeakValueDictionary

from winslow.domain.layout import Location
from winslow.errors import FailedPrecondition
from winslowd.files.client import Caller

ROOM = 256 << 20
"""Bytes of the node's disk."""
_REMEMBERED = 10_000


class Thumbnails:
    """`winslow.ports.Pictures`, in `directory`, which is made when it is first needed."""

    def __init__(self, caller: Caller, directory: Path, room: int = ROOM) -> None:
        self._call = caller.call
        self._directory = directory
        self._room = room
        self._kept: OrderedDict[str, int] | None = None
        """Sizes by name, the one that was not looked at for longest first; None until the directory was read."""
        self._none: OrderedDict[str, FailedPrecondition] = OrderedDict()
        self._making: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._disk = asyncio.Lock()

    async def thumbnail(self, location: Location, etag: str, size: int) -> bytes:
        name = hashlib.blake2b(f"{location}\0{etag}\0{size}".encode(), digest_size=20).hexdigest()
        lock = self._making.setdefault(name, asyncio.Lock())
        async with lock:  # who asks for the same meanwhile gets the same
            if name in self._none:
                raise self._none[name]
            if (known := await self._read(name)) is not None:
                return known
            try:
                data = await self._call(bytes, "pictures.thumbnail", location, size)
            except FailedPrecondition as error:
                if error.reason == "THUMBNAIL_IMPOSSIBLE":
                    self._forget_none(name, error)
                raise
            await self._write(name, data)
            return data

    def _forget_none(self, name: str, error: FailedPrecondition) -> None:
        self._none[name] = error
        while len(self._none) > _REMEMBERED:
            self._none.popitem(last=False)

    async def _read(self, name: str) -> bytes | None:
        async with self._disk:
            if self._kept is None:
                self._kept = await asyncio.to_thread(_found, self._directory)
            if name not in self._kept:
                return None
            self._kept.move_to_end(name)
            data = await asyncio.to_thread(_read, self._directory / name)
            if data is None:
                del self._kept[name]
            return data

    async def _write(self, name: str, data: bytes) -> None:
        """A disk without room for it is no reason not to show it."""
        async with self._disk:
            assert self._kept is not None
            self._kept[name] = len(data)
            gone: list[str] = []
            total = sum(self._kept.values())
            while total > self._room:
                old, size = self._kept.popitem(last=False)
                gone.append(old)
                total -= size
            with suppress(OSError):
                await asyncio.to_thread(_replace, self._directory, name, data, gone)


def _found(directory: Path) -> OrderedDict[str, int]:
    """What an earlier daemon left, by when it was looked at."""
    found: list[tuple[float, str, int]] = []
    with suppress(OSError), os.scandir(directory) as entries:
        for entry in entries:
            status = entry.stat()
            found.append((status.st_mtime, entry.name, status.st_size))
    return OrderedDict((name, size) for _, name, size in sorted(found))


def _read(path: Path) -> bytes | None:
    with suppress(OSError):
        data = path.read_bytes()
        os.utime(path)
        return data if data.endswith(b"\xff\xd9") else None  # a crash may have torn it
    return None


def _replace(directory: Path, name: str, data: bytes, gone: list[str]) -> None:
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    for old in gone:
        with suppress(OSError):
            (directory / old).unlink()
    if name not in gone:
        (directory / name).write_bytes(data)
