"""Who holds a claim, as the watch tells it: the oldest claim under a prefix holds. Plain data."""

from __future__ import annotations

from collections.abc import Iterable

from winslow.domain.stage import NodeId
from winslowd.etcd.wire import etcd_pb2 as pb


class Claims:
    """The claims under one prefix, in the order in which they were made."""

    def __init__(self, prefix: bytes) -> None:
        self._prefix = prefix
        self._made: dict[bytes, tuple[int, NodeId]] = {}

    def take(self, pairs: Iterable[pb.KeyValue]) -> None:
        """Take in what was put; keys of others are not looked at."""
        for pair in pairs:
            if pair.key.startswith(self._prefix):
                self._made[pair.key] = (pair.create_revision, NodeId(pair.value.decode(errors="replace")))

    def gone(self, key: bytes) -> None:
        self._made.pop(key, None)

    @property
    def holder(self) -> NodeId | None:
        """Whoever's claim is the oldest; None while there is none."""
        return min(self._made.values())[1] if self._made else None
