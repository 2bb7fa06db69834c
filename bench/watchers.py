"""Clients that listen as a page does that is open and not looked at: one stream of gRPC-Web each, packed, from all there is on.

They read what comes and make nothing of it, so that hundreds of them cost the machine little beside what they cost the daemon.
"""

from __future__ import annotations

import selectors
import socket
import struct
import threading
import time
from urllib.parse import urlsplit

from winslow.v1 import event_service_pb2 as pb
from winslow.v1.event_pb2 import ResourceKind

KINDS = (
    ResourceKind.RESOURCE_KIND_PROJECT,
    ResourceKind.RESOURCE_KIND_NODE,
    ResourceKind.RESOURCE_KIND_PIPELINE,
)
QUIET = 1.0
"""Seconds of silence after which all there was at the beginning has come."""
HEAD = 1000
"""Bytes that are more than the head of an answer."""
WITHIN = 120.0


class Watchers:
    """So many of them, all of which have the whole beginning. Use as a context."""

    def __init__(self, address: str, count: int) -> None:
        self._address = urlsplit(address)
        self._count = count
        self._selector = selectors.DefaultSelector()
        self._sockets: list[socket.socket] = []
        self._ended = threading.Event()
        self._heard = time.monotonic()
        self._begun: set[int] = set()
        self.bytes_ = 0
        """That came, packed."""
        self._thread = threading.Thread(target=self._listen, name="watchers", daemon=True)

    def __enter__(self) -> Watchers:
        for _ in range(self._count):
            one = socket.create_connection((self._address.hostname, self._address.port or 80))
            one.sendall(self._request())
            self._sockets.append(one)
            self._selector.register(one, selectors.EVENT_READ)
        self._thread.start()
        deadline = time.monotonic() + WITHIN
        while len(self._begun) < self._count or time.monotonic() < self._heard + QUIET:
            assert time.monotonic() < deadline, "the beginning never ended"
            time.sleep(0.05)
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join(10)
        for one in self._sockets:
            one.close()
        self._selector.close()

    def _request(self) -> bytes:
        message = pb.WatchRequest(kinds=KINDS, brief=True).SerializeToString()
        body = struct.pack(">BI", 0, len(message)) + message
        return (
            "POST /winslow.v1.EventService/Watch HTTP/1.1\r\n"
            f"Host: {self._address.netloc}\r\nOrigin: {self._address.scheme}://{self._address.netloc}\r\n"
            "Content-Type: application/grpc-web+proto\r\nX-Grpc-Web: 1\r\nAccept-Encoding: gzip, deflate\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        ).encode() + body

    def _listen(self) -> None:
        while not self._ended.is_set():
            for key, _ in self._selector.select(0.2):
                came = key.fileobj.recv(1 << 18)  # type: ignore[union-attr]
                assert came, "a stream was ended"
                self.bytes_ += len(came)
                if len(came) > 100:  # more than a heartbeat
                    self._heard = time.monotonic()
                if len(came) > HEAD:
                    self._begun.add(key.fd)
