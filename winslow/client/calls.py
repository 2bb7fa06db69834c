"""Calls over one channel: request IDs, deadlines, retries and errors, the same for every method of the contract.

A mutation gets a request ID when it has none, and every retry carries the same one, so a call that was cut off half-way
has its effect once. It never needs to know what a method does.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

import grpc
from google.protobuf.message import Message

from winslow.client.patience import Patience
from winslow.errors import Ambiguous, Unavailable, WinslowError
from winslow.wire.status import STALE, from_rpc_error

M = TypeVar("M", bound=Message)

UNARY_DEADLINE = 30.0
"""Seconds for one try; what takes longer (a digest of a large file, say) names its own."""
PACKAGE = "winslow.v1"
_MEBIBYTE = 1 << 20

_OPTIONS = (
    ("grpc.enable_http_proxy", 0),  # a cluster's own traffic; a proxy in the environment is for the web
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 2000),
    ("grpc.max_receive_message_length", 64 * _MEBIBYTE),
)
_KEEPALIVE = (
    # A peer that vanished without a word is found in half a minute, not when TCP gives up.
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.http2.ping_timeout_ms", 10_000),  # what gRPC 1.85 goes by; its default is a minute
)


class Calls:
    """A channel to one address, opened by the first call. Safe for threads.

    `patience` is for how many seconds a call is tried again while nobody answers, `cut_patience` the same for streams that
    were under way and uploads, which have more to lose. `on_stale` is called with each answer that may be old, since the node that
    gave it is cut off from etcd; in whichever thread the call is made.
    """

    def __init__(
        self,
        address: str,
        *,
        patience: float = 10.0,
        cut_patience: float = 60.0,
        on_stale: Callable[[], None] | None = None,
    ) -> None:
        self.address = address
        self._on_stale = on_stale
        self.patience = patience
        self.cut_patience = cut_patience
        self._lock = threading.Lock()
        self._channel: grpc.Channel | None = None
        self._methods: dict[str, Any] = {}

    def close(self) -> None:
        """Closing twice is closing once; calls under way end with Unavailable."""
        with self._lock:
            channel, self._channel = self._channel, None
            self._methods.clear()
        if channel:
            channel.close()

    def unary(
        self,
        method: str,
        request: Message,
        response: type[M],
        *,
        deadline: float = UNARY_DEADLINE,
        retry: bool = True,
        patience: Patience | None = None,
    ) -> M:
        """Ask and be answered, for instance `unary("RunService/GetRun", GetRunRequest(name=...), Run)`."""
        _identify(request)
        patience = patience or Patience(self.patience if retry else 0)
        while True:
            call = self._method("unary_unary", method, type(request), response)
            try:
                answer: M
                answer, ended = call.with_call(request, timeout=deadline)
            except grpc.RpcError as error:
                self._look_at_the_end_of(error)
                patience.pause(self.translate(error))
            else:
                self._look_at_the_end_of(ended)
                return answer

    def stream(self, method: str, request: Message, response: type[M], *, deadline: float | None = None) -> Iterator[M]:
        """Answers as they come, in one try: only the caller knows how to go on after a cut. Closing it cancels the call."""
        call = self._method("unary_stream", method, type(request), response)(request, timeout=deadline)
        try:
            yield from call
            self._look_at_the_end_of(call)
        except grpc.RpcError as error:
            self._look_at_the_end_of(error)
            raise self.translate(error) from None
        finally:
            call.cancel()

    def send(self, method: str, requests: Iterable[Message], kind: type[Message], response: type[M]) -> M:
        """Many messages and one answer, in one try."""
        call = self._method("stream_unary", method, kind, response)
        try:
            answer: M = call(iter(requests))
        except grpc.RpcError as error:
            raise self.translate(error) from None
        return answer

    def pages(self, method: str, request: Message, response: type[Message], field: str) -> Iterator[Any]:
        """Every item of a list, page after page; `request` is changed as it goes."""
        while True:
            page: Any = self.unary(method, request, response)
            yield from getattr(page, field)
            if not page.next_page_token:
                return
            request.page_token = page.next_page_token  # type: ignore[attr-defined]

    def translate(self, error: grpc.RpcError) -> WinslowError:
        """The error that a person should see; one of gRPC itself gets the address and what to do."""
        found = from_rpc_error(error)
        match found.reason:
            case "SERVER_UNREACHABLE":
                return Unavailable(
                    f"Nobody answers at {self.address}",
                    reason=found.reason,
                    subject=self.address,
                    hint="Start a daemon with 'winslowd dev', or name another with --address or WINSLOW_ADDRESS",
                    metadata={"detail": found.message},
                )
            case "CONNECTION_LOST":
                return Ambiguous(
                    f"The connection to {self.address} was lost",
                    reason=found.reason,
                    subject=self.address,
                    hint="Look whether it was done before trying again",
                    metadata={"detail": found.message},
                )
        return found

    def _look_at_the_end_of(self, call: Any) -> None:
        """What a node remarks with the end of a call, which may be an error."""
        if self._on_stale and any(key == STALE for key, _ in call.trailing_metadata() or ()):
            self._on_stale()

    def _method(self, shape: str, method: str, request: type[Message], response: type[Message]) -> Any:
        with self._lock:
            if self._channel is None:
                remote = () if self.address.startswith("unix:") else _KEEPALIVE
                self._channel = grpc.insecure_channel(self.address, options=_OPTIONS + remote)
            if method not in self._methods:
                self._methods[method] = getattr(self._channel, shape)(
                    f"/{PACKAGE}.{method}",
                    request_serializer=request.SerializeToString,
                    response_deserializer=response.FromString,
                )
            return self._methods[method]


def _identify(request: Message) -> None:
    """Give a mutation its request ID, unless the caller did."""
    if "request_id" in request.DESCRIPTOR.fields_by_name and not request.request_id:  # type: ignore[attr-defined]
        request.request_id = uuid.uuid4().hex  # type: ignore[attr-defined]
