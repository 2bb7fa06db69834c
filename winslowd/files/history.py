"""The port History for the daemon: records as the contract's messages in binary, found and kept by the worker as bytes.

The worker knows no message, so that it stays small; what it is given to find a record by is all it knows of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from storage.history import Read
from storage.segments import Filed
from winslow.domain.query import Facts, Query
from winslow.domain.records import Kind, Ref
from winslow.domain.stage import ProjectId
from winslow.ports import EFFORT, Archived, Effort
from winslow.wire import records
from winslowd.files.client import Caller, Nothing


class HistoryClient:
    """`winslow.ports.History`."""

    def __init__(self, caller: Caller) -> None:
        self._call = caller.call

    async def append(self, project: ProjectId, entries: Sequence[tuple[Archived, Facts]]) -> None:
        filed = [
            Filed(one.ref.kind.value, one.ref.key, one.revision, facts, records.encode(one.value, one.unknown))
            for one, facts in entries
        ]
        await self._call(Nothing, "history.append", project, filed)

    async def condense(self, project: ProjectId, quiet: float, effort: Effort = EFFORT) -> bool:
        return await self._call(bool, "history.condense", project, quiet, effort)

    async def get(self, project: ProjectId, refs: Sequence[Ref]) -> list[Archived]:
        keys = [(ref.kind.value, ref.key) for ref in refs]
        return _archived(await self._call(list, "history.get", project, keys))

    async def page(self, project: ProjectId, kind: Kind, query: Query) -> list[Archived]:
        return _archived(await self._call(list, "history.page", project, kind.value, query))


def _archived(found: Iterable[Read]) -> list[Archived]:
    return [_record(Kind(one.kind), one) for one in found]


def _record(kind: Kind, one: Read) -> Archived:
    record, unknown = records.read(kind, one.data)
    return Archived(Ref(kind, one.key), record, one.revision, unknown)
