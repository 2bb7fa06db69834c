"""etcd in its own words, without the product's client: what observers and clusters of tests read it with.

Blocking calls on one member each; whoever watches goes on with the next member when one fails. It uses the product's
generated messages of etcd's protocol, and nothing else of the product.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any

import grpc

from tests.etcd import Member
from winslowd.etcd.wire import etcd_pb2 as pb

TIMEOUT = 5.0
SILENCE = 5.0
"""Seconds between two signs of life that a watch asks for; without one in twice that, it asks another member."""


def call(endpoint: str, path: str, request: Any, answer: Any, timeout: float = TIMEOUT) -> Any:
    """One unary call. Raises grpc.RpcError."""
    with grpc.insecure_channel(endpoint, options=[("grpc.enable_http_proxy", 0)]) as channel:
        method = channel.unary_unary(
            path, request_serializer=lambda message: message.SerializeToString(), response_deserializer=answer
        )
        return method(request, timeout=timeout)


def prefix_end(prefix: bytes) -> bytes:
    return prefix[:-1] + bytes([prefix[-1] + 1])


def listed(endpoints: Sequence[str], prefix: bytes) -> list[Any]:
    """The key-values under `prefix`, oldest first, as the first member that answers has them."""
    request = pb.RangeRequest(key=prefix, range_end=prefix_end(prefix))
    answer = _first(endpoints, "/etcdserverpb.KV/Range", request, pb.RangeResponse.FromString)
    return sorted(answer.kvs, key=lambda kv: int(kv.create_revision))


def revision(endpoints: Sequence[str]) -> int:
    request = pb.RangeRequest(key=b"\0")
    return int(_first(endpoints, "/etcdserverpb.KV/Range", request, pb.RangeResponse.FromString).header.revision)


def compact(endpoints: Sequence[str], at: int) -> None:
    """Throw away history before revision `at`, on disk too."""
    request = pb.CompactionRequest(revision=at, physical=True)
    _first(endpoints, "/etcdserverpb.KV/Compact", request, pb.CompactionResponse.FromString)


def status(endpoint: str) -> Any:
    """A member's own word on how it is. Raises grpc.RpcError."""
    return call(endpoint, "/etcdserverpb.Maintenance/Status", pb.StatusRequest(), pb.StatusResponse.FromString, TIMEOUT)


def leader_among(members: Sequence[Member], within: float = 30.0) -> Member:
    """The member that leads etcd, by its own word."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        for member in members:
            if not member.running:
                continue
            with contextlib.suppress(grpc.RpcError):
                status = call(
                    member.endpoint,
                    "/etcdserverpb.Maintenance/Status",
                    pb.StatusRequest(),
                    pb.StatusResponse.FromString,
                    2,
                )
                if status.leader and status.leader == status.header.member_id:
                    return member
        time.sleep(0.05)
    raise AssertionError("no member of etcd leads")


def _first(endpoints: Sequence[str], path: str, request: Any, answer: Any) -> Any:
    error: grpc.RpcError | None = None
    for endpoint in endpoints:
        try:
            return call(endpoint, path, request, answer)
        except grpc.RpcError as failure:
            error = failure
    assert error is not None
    raise error


class Lost(Exception):
    """History that was never seen has been compacted away."""


class Watching:
    """Every event under `prefix` from revision `start` on, each once, in order, over whichever member answers."""

    def __init__(self, endpoints: Sequence[str], prefix: bytes, start: int) -> None:
        self._endpoints = endpoints
        self._prefix = prefix
        self._next = start
        self._ended = threading.Event()
        self._channel: grpc.Channel | None = None

    def end(self) -> None:
        self._ended.set()
        if self._channel:
            self._channel.close()

    def responses(self) -> Iterator[Any]:
        """Blocks; ends after `end`. Raises Lost."""
        turn = 0
        while not self._ended.is_set():
            endpoint = self._endpoints[turn % len(self._endpoints)]
            turn += 1
            try:
                yield from self._from(endpoint)
            except (grpc.RpcError, ValueError):  # ValueError: the channel was closed under it
                self._ended.wait(0.1)

    def _from(self, endpoint: str) -> Iterator[Any]:
        with grpc.insecure_channel(endpoint, options=[("grpc.enable_http_proxy", 0)]) as self._channel:
            stream = self._channel.stream_stream(
                "/etcdserverpb.Watch/Watch",
                request_serializer=lambda message: message.SerializeToString(),
                response_deserializer=pb.WatchResponse.FromString,
            )
            last = [time.monotonic()]
            answers = stream(self._asking(last, lambda: answers.cancel()), metadata=(("hasleader", "true"),))
            for answer in answers:
                last[0] = time.monotonic()
                if answer.compact_revision:
                    raise Lost(f"revisions {self._next} to {answer.compact_revision} were never seen")
                if answer.canceled:
                    return
                if answer.events:
                    self._next = answer.events[-1].kv.mod_revision + 1
                    yield answer

    def _asking(self, last: list[float], give_up: Any) -> Iterator[Any]:
        create = pb.WatchCreateRequest(key=self._prefix, range_end=prefix_end(self._prefix), start_revision=self._next)
        yield pb.WatchRequest(create_request=create)
        while not self._ended.wait(SILENCE / 2):
            if time.monotonic() - last[0] > SILENCE:
                give_up()
                return
            yield pb.WatchRequest(progress_request=pb.WatchProgressRequest())
