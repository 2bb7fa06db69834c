"""Connections to etcd's members: one channel an endpoint, failover between them, and the login.

It knows which methods may be sent twice and sends no other one twice. What the methods mean is for `kv`,
`watch` and `session`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import grpc
from google.protobuf.message import Message

from winslow.errors import Unavailable
from winslowd.etcd import faults
from winslowd.etcd.wire import etcd_pb2 as pb

Answer = TypeVar("Answer", bound=Message)
Stream = grpc.aio.StreamStreamCall[Any, Any]

PAUSE = 0.05
"""Seconds between two attempts of a call, so that a refusing member is not hammered."""
LOGINS = 2
"""A call logs in anew so many times before it gives up."""

OPTIONS: Sequence[tuple[str, int]] = (
    # 10 s finds a black hole in 8 to 13 s; 6 s drew too_many_pings from etcd, and so does probing for bandwidth.
    ("grpc.keepalive_time_ms", 10_000),
    ("grpc.keepalive_timeout_ms", 3_000),
    # gRPC 1.85 waits for a ping's answer as long as this says, whatever the keepalive's own timeout is.
    ("grpc.http2.ping_timeout_ms", 3_000),
    # etcd allows no pings on a connection without calls: members that we only keep in reserve said too_many_pings
    # after half a minute. The one in use always has a call, the store's watch.
    ("grpc.keepalive_permit_without_calls", 0),
    ("grpc.http2.max_pings_without_data", 0),
    ("grpc.http2.bdp_probe", 0),
    # A member that comes back is found within two seconds, however long it was away.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 1_000),
    ("grpc.max_reconnect_backoff_ms", 2_000),
    # A connection of its own for each channel: shared ones fail together.
    ("grpc.use_local_subchannel_pool", 1),
    # Retrying is decided here, method by method; gRPC must not do it behind our back.
    ("grpc.enable_retries", 0),
    ("grpc.enable_http_proxy", 0),
    ("grpc.max_receive_message_length", -1),
)


@dataclass(frozen=True, slots=True)
class Method(Generic[Answer]):
    """A method of etcd's. `repeatable`: carried out twice it does no harm."""

    path: str
    answer: type[Answer]
    repeatable: bool


RANGE = Method("/etcdserverpb.KV/Range", pb.RangeResponse, True)
TXN = Method("/etcdserverpb.KV/Txn", pb.TxnResponse, False)
DELETE_RANGE = Method("/etcdserverpb.KV/DeleteRange", pb.DeleteRangeResponse, False)
COMPACT = Method("/etcdserverpb.KV/Compact", pb.CompactionResponse, False)
WATCH = Method("/etcdserverpb.Watch/Watch", pb.WatchResponse, True)
# A lease granted twice leaves one that nobody uses and that runs out by itself.
GRANT = Method("/etcdserverpb.Lease/LeaseGrant", pb.LeaseGrantResponse, True)
REVOKE = Method("/etcdserverpb.Lease/LeaseRevoke", pb.LeaseRevokeResponse, True)
KEEP_ALIVE = Method("/etcdserverpb.Lease/LeaseKeepAlive", pb.LeaseKeepAliveResponse, True)
TIME_TO_LIVE = Method("/etcdserverpb.Lease/LeaseTimeToLive", pb.LeaseTimeToLiveResponse, True)
STATUS = Method("/etcdserverpb.Maintenance/Status", pb.StatusResponse, True)
ALARM = Method("/etcdserverpb.Maintenance/Alarm", pb.AlarmResponse, True)
DEFRAGMENT = Method("/etcdserverpb.Maintenance/Defragment", pb.DefragmentResponse, True)
AUTHENTICATE = Method("/etcdserverpb.Auth/Authenticate", pb.AuthenticateResponse, True)


@dataclass(frozen=True, slots=True)
class Tls:
    """PEM: the authority that signed etcd's certificates, and the daemon's own pair when etcd asks for one."""

    authority: bytes
    certificate: bytes | None = None
    key: bytes | None = None


@dataclass(frozen=True, slots=True)
class Login:
    user: str
    password: str


class Endpoint:
    """One member of etcd, as `host:port`."""

    def __init__(self, address: str, tls: Tls | None) -> None:
        self.address = address
        self._calls: dict[str, Any] = {}
        if tls is None:
            self.channel = grpc.aio.insecure_channel(address, options=OPTIONS)
        else:
            credentials = grpc.ssl_channel_credentials(tls.authority, tls.key, tls.certificate)
            self.channel = grpc.aio.secure_channel(address, credentials, options=OPTIONS)

    @property
    def ready(self) -> bool:
        """Whether it is connected; asking begins to connect."""
        return self.channel.get_state(try_to_connect=True) is grpc.ChannelConnectivity.READY

    def unary(self, method: Method[Answer]) -> Any:
        if method.path not in self._calls:
            self._calls[method.path] = self.channel.unary_unary(method.path, _bytes, method.answer.FromString)
        return self._calls[method.path]

    def stream(self, method: Method[Any], requests: Iterator[Any] | AsyncIterator[Any], metadata: Metadata) -> Stream:
        call = self.channel.stream_stream(method.path, _bytes, method.answer.FromString)
        return call(requests, metadata=metadata)


Metadata = tuple[tuple[str, str], ...]


class Channels:
    """The members of one etcd. `timeout` bounds a call, `attempt` one attempt of a repeatable call, in seconds."""

    def __init__(
        self,
        endpoints: Sequence[str],
        *,
        tls: Tls | None = None,
        login: Login | None = None,
        timeout: float = 5.0,
        attempt: float = 1.5,
    ) -> None:
        self.endpoints = [self._connect(_address(endpoint), tls) for endpoint in endpoints]
        self.timeout = timeout
        self._attempt = attempt
        self._current = self.endpoints[0]
        self._login = login
        self._token = ""
        self._logging_in = asyncio.Lock()

    def _connect(self, address: str, tls: Tls | None) -> Endpoint:
        return Endpoint(address, tls)

    async def close(self) -> None:
        for endpoint in self.endpoints:
            await endpoint.channel.close()

    async def call(self, method: Method[Answer], request: Message, timeout: float | None = None) -> Answer:
        """The answer of whichever member gives one within `timeout` seconds (default: the channels').

        Raises Unavailable, Ambiguous (only for a method that is not repeatable), and what `faults` makes of a refusal.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + (timeout or self.timeout)
        logins = 0
        while True:
            endpoint = await self.ready(deadline)
            metadata = await self.metadata() if method is not AUTHENTICATE else ()
            left = max(deadline - loop.time(), 0.01)
            patience = min(left, self._attempt) if method.repeatable else left
            token = self._token
            try:
                answer: Answer = await endpoint.unary(method)(request, metadata=metadata, timeout=patience)
            except grpc.aio.AioRpcError as error:
                if faults.stale_token(error) and logins < LOGINS and self._login:
                    logins += 1
                    await self.renew(token)
                    continue
                again = faults.transient(error) and (method.repeatable or faults.unsent(error))
                if faults.transient(error):
                    self.leave(endpoint)
                if not again or loop.time() + PAUSE >= deadline:
                    raise faults.translate(error, method.path, repeatable=method.repeatable) from error
            else:
                return answer
            await asyncio.sleep(PAUSE)

    async def ask(self, endpoint: Endpoint, method: Method[Answer], request: Message, timeout: float) -> Answer:
        """The answer of this one member within `timeout` seconds; for what each must be asked for itself.

        Raises as `call` does.
        """
        try:
            async with asyncio.timeout(timeout):
                await self.metadata()
                token = self._token
                try:
                    return await self._ask(endpoint, method, request, timeout)
                except grpc.aio.AioRpcError as error:
                    if not (faults.stale_token(error) and self._login):
                        raise
                    await self.renew(token)
                return await self._ask(endpoint, method, request, timeout)
        except grpc.aio.AioRpcError as error:
            raise faults.translate(error, method.path, repeatable=method.repeatable) from error
        except TimeoutError:
            raise faults.unreachable(endpoint.address) from None

    async def _ask(self, endpoint: Endpoint, method: Method[Answer], request: Message, timeout: float) -> Answer:
        answer: Answer = await endpoint.unary(method)(request, metadata=await self.metadata(), timeout=timeout)
        return answer

    # Which member to ask

    async def ready(self, deadline: float) -> Endpoint:
        """A connected member: the current one if it is, else the first to be. `deadline` is in the loop's time.

        Raises Unavailable (ETCD_UNAVAILABLE).
        """
        if self._current.ready:
            return self._current
        for endpoint in self.endpoints:
            if endpoint.ready:
                self._current = endpoint
                return endpoint
        try:
            async with asyncio.timeout_at(deadline):
                self._current = await self._first_ready()
        except TimeoutError:
            raise faults.unreachable(", ".join(each.address for each in self.endpoints)) from None
        return self._current

    async def _first_ready(self) -> Endpoint:
        first: asyncio.Future[Endpoint] = asyncio.get_running_loop().create_future()

        async def connect(endpoint: Endpoint) -> None:
            await endpoint.channel.channel_ready()
            if not first.done():
                first.set_result(endpoint)

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(connect(each), name=f"etcd-connect-{each.address}") for each in self.endpoints]
            winner = await first
            for task in tasks:
                task.cancel()
        return winner

    def leave(self, endpoint: Endpoint) -> None:
        """`endpoint` did not answer: ask the next one from now on."""
        if self._current is endpoint:
            following = (self.endpoints.index(endpoint) + 1) % len(self.endpoints)
            self._current = self.endpoints[following]

    # Who we are

    async def metadata(self, *more: tuple[str, str]) -> Metadata:
        """What goes with every call: the token of the login, when there is one, and `more`."""
        if self._login is None:
            return more
        if not self._token:
            await self.renew("")
        return (("token", self._token), *more)

    async def renew(self, stale: str | None = None) -> None:
        """Log in anew, unless another call already did since `stale` (default: the present token) was refused."""
        if self._login is None:
            return
        refused = self._token if stale is None else stale
        async with self._logging_in:
            if self._token == refused:
                request = pb.AuthenticateRequest(name=self._login.user, password=self._login.password)
                self._token = (await self.call(AUTHENTICATE, request)).token

    async def try_renew(self) -> None:
        """Log in anew if etcd is there to do it."""
        with suppress(Unavailable):
            await self.renew()


def _bytes(message: Message) -> bytes:
    return message.SerializeToString()


def _address(endpoint: str) -> str:
    """`host:port` of an endpoint that may be written as a URL, as etcd's own tools like it."""
    return endpoint.removeprefix("http://").removeprefix("https://").rstrip("/")
