"""Records as bytes, cheaply: each is written down once and named by a number, and read back as the very same value.

Records never change, so all daemons of a world may share them. Whether records survive being bytes is tested elsewhere, and in
the worlds that run with the real codec.
"""

from __future__ import annotations

from winslow.domain.records import Kind, Record


class SharingCodec:
    """Implements `winslowd.etcd.transaction.Codec` for one world."""

    def __init__(self) -> None:
        self._kept: list[Record] = []
        self._names: dict[int, bytes] = {}

    def encode(self, record: Record, unknown: bytes = b"") -> bytes:
        name = self._names.get(id(record))
        if name is None:
            name = self._names[id(record)] = b"%d" % len(self._kept)
            self._kept.append(record)
        return name

    def decode(self, kind: Kind, data: bytes) -> Record:
        return self._kept[int(data)]

    def read(self, kind: Kind, data: bytes) -> tuple[Record, bytes]:
        return self.decode(kind, data), b""


class RememberingCodec:
    """The real codec, that does nothing twice."""

    def __init__(self) -> None:
        from winslow.wire import records

        self._real = records
        self._encoded: dict[int, tuple[Record, bytes]] = {}
        self._decoded: dict[tuple[Kind, bytes], Record] = {}

    def encode(self, record: Record, unknown: bytes = b"") -> bytes:
        found = self._encoded.get(id(record))
        if found is None:
            found = self._encoded[id(record)] = (record, self._real.encode(record))
        return found[1]

    def decode(self, kind: Kind, data: bytes) -> Record:
        found = self._decoded.get((kind, data))
        if found is None:
            found = self._decoded[(kind, data)] = self._real.decode(kind, data)
        return found

    def read(self, kind: Kind, data: bytes) -> tuple[Record, bytes]:
        return self.decode(kind, data), b""
