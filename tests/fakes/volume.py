"""The storage without its process: the real volume on a directory, called in the test's own loop.

For tests of engines and use cases: files are real, nothing is started, and a call can be made to fail or to wait.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any, TypeVar

from storage.mounting import Mounting
from storage.stop import Stop
from storage.volume import PlainVolume
from winslow.errors import WinslowError
from winslowd.files.client import FilesClient, LogsClient, SmallFilesClient, UploadsClient, WorkspacesClient
from winslowd.files.differences import ComparesClient
from winslowd.files.history import HistoryClient
from winslowd.files.manifests import ManifestsClient
from winslowd.files.quotas import QuotasClient
from winslowd.files.readings import KeptReadingsClient
from winslowd.files.retiring import RetiringClient
from winslowd.files.trees import TreesClient

T = TypeVar("T")


class InlineVolume:
    """The ports of `winslow.ports` as `workspaces`, `files`, `uploads`, `logs`, `history` and `quotas`, over the directory `root`."""

    def __init__(self, root: str, clock: Callable[[], float] | None = None, mounting: Mounting | None = None) -> None:
        self.volume = PlainVolume(root, clock=clock or time.time, mounting=mounting)
        self.workspaces = WorkspacesClient(self, root)
        self.files = FilesClient(self)
        self.uploads = UploadsClient(self)
        self.small = SmallFilesClient(self)
        self.logs = LogsClient(self)
        self.history = HistoryClient(self)
        self.manifests = ManifestsClient(self)
        self.readings = KeptReadingsClient(self)
        self.retiring = RetiringClient(self)
        self.compares = ComparesClient(self)
        self.quotas = QuotasClient(self)
        self.trees = TreesClient(self)
        self.calls: list[str] = []
        """What was called, in order."""
        self.failing: dict[str, WinslowError] = {}
        """Calls that raise this instead, for as long as it stands here."""
        self.held: dict[str, asyncio.Event] = {}
        """Calls that wait for this before they begin."""

    async def call(self, kind: type[T], name: str, *arguments: object, data: bytes = b"") -> T:
        self.calls.append(name)
        if name in self.held:
            await self.held[name].wait()
        if name in self.failing:
            raise self.failing[name]
        method: Any = self.volume
        for part in name.split("."):
            method = getattr(method, part)
        value = method(*arguments, *([data] if data else []), Stop())
        assert isinstance(value, kind), (name, value)
        await asyncio.sleep(0)
        return value

    def close(self) -> None:
        self.volume.close()
