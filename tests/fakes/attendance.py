"""Nodes that answer every leader at once: each that is registered offers all that it has."""

from __future__ import annotations

from dataclasses import replace

from winslow.domain.election import idle_offer
from winslow.domain.records import Kind
from winslow.ports import Store
from winslowd.usecases.attendance import Attendance


async def everyone_attends(store: Store, attendance: Attendance) -> None:
    """Until cancelled: whoever registers is heard."""
    heard: dict[str, int] = {}
    term = attendance.over
    while True:
        seen = store.view.revision
        if attendance.over is not term:
            term = attendance.over
            heard.clear()
        for key, found in list(store.view.all(Kind.NODE).items()):
            node = store.view.node(key)
            if node and attendance.is_open and heard.get(key) != found.revision:
                heard[key] = found.revision
                attendance.hear(replace(idle_offer(node), number=found.revision))
        await store.changed(seen)
