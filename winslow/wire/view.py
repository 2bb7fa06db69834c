"""Saved views of the list of projects."""

from __future__ import annotations

from winslow.domain.savedview import SavedView
from winslow.v1 import view_pb2 as pb
from winslow.wire import names
from winslow.wire.times import timestamp, unix_seconds


def view_to_proto(view: SavedView, revision: int = 0) -> pb.View:
    return pb.View(
        name=names.view(view.id),
        revision=revision,
        display_name=view.name,
        search=view.search,
        author=view.author,
        shared=view.shared,
        create_time=timestamp(view.created_at),
    )


def view_from_proto(message: pb.View) -> SavedView:
    return SavedView(
        id=names.parse_view(message.name),
        name=message.display_name,
        search=message.search,
        author=message.author,
        created_at=unix_seconds(message.create_time),
        shared=message.shared,
    )
