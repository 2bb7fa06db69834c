"""EventService: batches as bytes. What one change looks like is made out once for all who are told of it."""

# ruff: noqa: N802 - the contract names the methods

from __future__ import annotations

import asyncio
from asyncio import FIRST_COMPLETED
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import aclosing
from typing import Any

import grpc

from winslow.domain.records import Kind
from winslow.domain.view import View
from winslow.errors import InvalidArgument
from winslow.v1 import event_pb2
from winslow.v1 import event_service_pb2 as pb
from winslow.wire import names
from winslowd.api import encoding
from winslowd.api.call import asker
from winslowd.api.encoding import RESOURCE_KIND
from winslowd.api.gathering import Gathering, Measurement
from winslowd.usecases.all import UseCases
from winslowd.usecases.events import Batch, Wanted
from winslowd.usecases.telling import Told

KINDS = {there: here for here, there in RESOURCE_KIND.items()}
READING = event_pb2.RESOURCE_KIND_READING
SERVICE = "winslow.v1.EventService"
NAMES_MAX = {"readings_of": 1000, "projects": 10_000, "details_of": 1000, "fresh": 1000}
"""Names in one question: more than any screen shows, and each is looked at with each change."""


class EventService:
    """Not the generated servicer, whose answers are packed for each caller anew: `handlers` is what a server is given."""

    def __init__(self, use_cases: UseCases, gathering: Gathering) -> None:
        self._events = use_cases.events
        self._store = use_cases.store
        self._gathering = gathering

    def handlers(self) -> grpc.GenericRpcHandler:
        method: Any = grpc.unary_stream_rpc_method_handler(self.Watch, pb.WatchRequest.FromString, None)
        return grpc.method_handlers_generic_handler(SERVICE, {"Watch": method})

    async def Watch(self, request: pb.WatchRequest, context: Any) -> AsyncGenerator[bytes, None]:
        _require_few(request)
        changes = self._changes(request)
        told = self._beside(changes, request) if READING in request.kinds else changes
        async with aclosing(told):
            async for message, _ in told:
                yield message

    async def _changes(self, request: pb.WatchRequest) -> AsyncGenerator[tuple[bytes, int], None]:
        """Messages, each with its revision."""
        async with aclosing(self._events.watch(asker(), _wanted(request), request.revision)) as batches:
            async for batch in batches:
                yield packed(self._store.view, batch, brief=request.brief), batch.revision

    async def _beside(
        self, changes: AsyncGenerator[tuple[bytes, int], None], request: pb.WatchRequest
    ) -> AsyncGenerator[tuple[bytes, int], None]:
        """Changes, and beside them readings, once all there was has been told: they must not look like it."""
        revision = 0
        with self._gathering.watching(request.readings_of) as latest:
            coming = asyncio.ensure_future(anext(changes))
            measured: asyncio.Future[Sequence[Measurement]] | None = None
            try:
                while True:
                    under_way: list[asyncio.Future[Any]] = [task for task in (coming, measured) if task]
                    await asyncio.wait(under_way, return_when=FIRST_COMPLETED)
                    if coming.done():
                        message, told = coming.result()
                        revision = told or revision
                        coming = asyncio.ensure_future(anext(changes))
                        yield message, told
                    if measured is None and revision:
                        measured = asyncio.ensure_future(latest.next())
                    elif measured and measured.done():
                        readings, measured = measured.result(), asyncio.ensure_future(latest.next())
                        if readings:
                            yield _readings(readings, revision), revision
            finally:
                under_way = [task for task in (coming, measured) if task]
                for task in under_way:
                    task.cancel()
                await asyncio.gather(*under_way, return_exceptions=True)
                await changes.aclose()


def _readings(measured: Iterable[Measurement], revision: int) -> bytes:
    return b"".join([pb.WatchResponse(revision=revision).SerializeToString(), *map(_reading, measured)])


def _reading(measured: Measurement) -> bytes:
    if not measured.kept:
        reading = measured.reading
        change = event_pb2.Change(kind=READING, name=reading.subject, reading=reading)
        measured.kept = pb.WatchResponse(changes=[change]).SerializeToString()
    return measured.kept


def packed(view: View, batch: Batch, *, brief: bool) -> bytes:
    """A WatchResponse's bytes, which are those of its parts one after another."""
    head = pb.WatchResponse(revision=batch.revision, initial=batch.initial, stale=batch.stale)
    return b"".join([head.SerializeToString(), *(_packed(view, told, brief) for told in batch.told)])


def _packed(view: View, told: Told, brief: bool) -> bytes:
    if (kept := told.kept.get(brief)) is None:
        change = encoding.change(view, told, brief=brief)
        kept = told.kept[brief] = pb.WatchResponse(changes=[change]).SerializeToString()
    return kept


def _wanted(request: pb.WatchRequest) -> Wanted:
    """Who asks for readings alone, or for what is not there yet, asks for none of the records."""
    kinds = frozenset(KINDS[kind] for kind in request.kinds if kind in KINDS)
    return Wanted(
        kinds=kinds if kinds or not request.kinds else frozenset({Kind.REQUEST}),
        projects=frozenset(names.parse_project(name) for name in request.projects),
        details=frozenset(names.parse_project(name) for name in request.details_of),
        fresh=frozenset(names.parse_project(name) for name in request.fresh),
    )


def _require_few(request: pb.WatchRequest) -> None:
    """Raises InvalidArgument (NAMES_TOO_MANY)."""
    for field, most in NAMES_MAX.items():
        if len(getattr(request, field)) > most:
            raise InvalidArgument(
                f"Nobody can look at {len(getattr(request, field))} names at once",
                reason="NAMES_TOO_MANY",
                subject=field,
                hint=f"Name at most {most}, or none for all",
            )
