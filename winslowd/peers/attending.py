"""Being in the elections of a leader: offers over one stream, each answered. Implements `winslow.ports.Peers`."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine
from typing import Any, TypeVar

import grpc

from winslow.domain.node import Offer
from winslow.errors import Ambiguous, Unavailable, WinslowError
from winslow.ports import Attending
from winslow.v1 import peer_service_pb2 as pb
from winslow.wire.node import offer_to_proto
from winslow.wire.status import from_rpc_error
from winslowd.peers.channels import PeerChannels
from winslowd.peers.credentials import Credentials

ATTEND = "/winslow.v1.PeerService/Attend"
UNSENT = "Internal error from Core"
"""What gRPC says of a message that it could not send, since the stream had ended; with INTERNAL, whatever ended it."""

T = TypeVar("T")


class GrpcPeers:
    """The other nodes, reached by gRPC."""

    def __init__(self, channels: PeerChannels, credentials: Credentials) -> None:
        self._channels = channels
        self._credentials = credentials

    @contextlib.asynccontextmanager
    async def attend(self, address: str) -> AsyncIterator[Attending]:
        with self._channels.to(address) as channel:
            method = channel.stream_stream(
                ATTEND,
                request_serializer=pb.AttendRequest.SerializeToString,
                response_deserializer=pb.AttendResponse.FromString,
            )
            call = method(metadata=self._credentials.metadata())
            try:
                yield _Stream(call, address)
            finally:
                call.cancel()


class _Stream:
    """One stream of offers. Implements `winslow.ports.Attending`."""

    def __init__(self, call: Any, address: str) -> None:
        self._call = call
        self._address = address
        self._status: grpc.aio.AioRpcError | None = None
        # The first status is the one that counts: gRPC replaces it when it then fails to send (grpc/grpc#36066).
        call.add_done_callback(self._keep_status)

    @property
    def ended(self) -> bool:
        return bool(self._call.done())

    async def offer(self, offer: Offer) -> None:
        try:
            with contextlib.suppress(asyncio.InvalidStateError):  # the stream has ended: its status says why
                await self._call.write(offer_to_proto(offer))
            answer = await self._call.read()
        except grpc.RpcError as error:
            raise self._told(self._status or error) from None
        if answer is grpc.aio.EOF:
            raise self._over()

    def _keep_status(self, call: Any) -> None:
        self._status = grpc.aio.AioRpcError(
            _at_once(call.code()),
            _at_once(call.initial_metadata()),
            _at_once(call.trailing_metadata()),
            _at_once(call.details()),
        )

    def _told(self, error: grpc.RpcError) -> WinslowError:
        """An offer that was perhaps heard does no harm when it is made again: there is no doubt to settle."""
        if isinstance(error, grpc.aio.AioRpcError) and error.details() == UNSENT:
            return self._over()
        found = from_rpc_error(error)
        if isinstance(found, Ambiguous):
            return Unavailable(found.message, reason=found.reason, subject=self._address, hint=found.hint)
        return found

    def _over(self) -> Unavailable:
        return Unavailable(
            f"The node at {self._address} hears no more offers", reason="STREAM_ENDED", subject=self._address
        )


def _at_once(known: Coroutine[Any, Any, T]) -> T:
    """What a coroutine that has nothing to wait for returns, without going back to the loop."""
    try:
        known.send(None)
    except StopIteration as end:
        value: T = end.value
        return value
    known.close()
    raise AssertionError("a call that is done knows how it ended")
