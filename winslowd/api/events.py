"""EventService."""

# ruff: noqa: N802 - the contract names the methods

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

from winslow.v1 import event_service_pb2 as pb
from winslow.v1 import event_service_pb2_grpc
from winslow.wire import names
from winslowd.api import encoding
from winslowd.api.call import asker
from winslowd.api.encoding import RESOURCE_KIND
from winslowd.usecases.all import UseCases
from winslowd.usecases.events import Wanted

KINDS = {there: here for here, there in RESOURCE_KIND.items()}


class EventService(event_service_pb2_grpc.EventServiceServicer):
    def __init__(self, use_cases: UseCases) -> None:
        self._events = use_cases.events
        self._store = use_cases.store

    async def Watch(self, request: pb.WatchRequest, context: Any) -> AsyncIterator[pb.WatchResponse]:
        wanted = Wanted(
            kinds=frozenset(KINDS[kind] for kind in request.kinds if kind in KINDS),
            projects=frozenset(names.parse_project(name) for name in request.projects),
            details=frozenset(names.parse_project(name) for name in request.details_of),
        )
        async with aclosing(self._events.watch(asker(), wanted, request.revision)) as batches:
            async for batch in batches:
                yield pb.WatchResponse(
                    revision=batch.revision,
                    changes=[encoding.change(self._store.view, told, brief=request.brief) for told in batch.told],
                    initial=batch.initial,
                    stale=batch.stale,
                )
