"""ViewService."""

# ruff: noqa: N802 - the contract names the methods

from __future__ import annotations

from typing import Any

from google.protobuf.empty_pb2 import Empty

from winslow.v1 import view_pb2, view_service_pb2_grpc
from winslow.v1 import view_service_pb2 as pb
from winslow.wire import names
from winslowd.api import decoding, encoding
from winslowd.api.call import asker, request_of
from winslowd.usecases.views import ViewChange, Views

CHANGEABLE = ("display_name", "search", "shared")


class ViewService(view_service_pb2_grpc.ViewServiceServicer):
    def __init__(self, views: Views) -> None:
        self._views = views

    async def ListViews(self, request: pb.ListViewsRequest, context: Any) -> pb.ListViewsResponse:
        page = self._views.list(asker(), decoding.ask(request))
        return pb.ListViewsResponse(
            views=[encoding.saved_view(one) for one in page.items], next_page_token=page.next_page_token
        )

    async def CreateView(self, request: pb.CreateViewRequest, context: Any) -> view_pb2.View:
        view = request.view
        made = self._views.create(request_of(request), view.display_name, view.search, shared=view.shared)
        return self._now(await made)

    async def UpdateView(self, request: pb.UpdateViewRequest, context: Any) -> view_pb2.View:
        view = request.view
        fields = decoding.masked(view, request.update_mask.paths, CHANGEABLE)
        change = ViewChange(
            name=view.display_name if "display_name" in fields else None,
            search=view.search if "search" in fields else None,
            shared=view.shared if "shared" in fields else None,
        )
        id_ = names.parse_view(view.name)
        return self._now(await self._views.update(request_of(request), id_, change, request.expected_revision))

    async def DeleteView(self, request: pb.DeleteViewRequest, context: Any) -> Empty:
        await self._views.delete(request_of(request), names.parse_view(request.name), request.expected_revision)
        return Empty()

    def _now(self, name: str) -> view_pb2.View:
        return encoding.saved_view(self._views.get(asker(), names.parse_view(name)))
