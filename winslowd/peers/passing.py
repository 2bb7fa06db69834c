"""Passing a call on to another node, as whoever asked, by the method's name alone: messages are found by the contract's descriptors.

It never needs to know why a call is passed on, nor to which node another one should go.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from functools import cache
from typing import Any

import grpc
from google.protobuf import descriptor_pool, message_factory
from google.protobuf.message import Message

from winslow.domain.principal import Principal
from winslow.errors import Unavailable, WinslowError
from winslow.wire.status import DETAILS, from_rpc_error
from winslowd.peers.channels import PeerChannels
from winslowd.peers.credentials import Credentials

DEAF = frozenset(
    {
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.CANCELLED,
        grpc.StatusCode.UNKNOWN,
        grpc.StatusCode.INTERNAL,
        grpc.StatusCode.UNIMPLEMENTED,
    }
)
"""What gRPC itself says of a node that cannot be reached, does not answer in time, stops, or is of another version."""


class Passing:
    """Calls to other nodes, told to come from this one. Only such calls are passed on as may be made twice."""

    def __init__(self, channels: PeerChannels, credentials: Credentials) -> None:
        self._channels = channels
        self._credentials = credentials

    async def unary(
        self, address: str, method: str, request: Message, principal: Principal, timeout: float | None
    ) -> Message:
        """The answer of the node at `address` to `principal`, within `timeout` seconds (None: however long it takes).

        Raises the error with which that node answers as it is, and Unavailable (NODE_UNREACHABLE) when it does not.
        """
        with self._channels.to(address) as channel:
            call = channel.unary_unary(
                method, request_serializer=_bytes, response_deserializer=_answer_of(method).FromString
            )(request, metadata=self._credentials.metadata(principal), timeout=timeout)
            try:
                answer: Message = await call
            except grpc.aio.AioRpcError as error:
                raise _told(error, address) from None
            return answer

    async def stream(
        self, address: str, method: str, request: Message, principal: Principal, timeout: float | None
    ) -> AsyncGenerator[Any, None]:
        """The same, of many answers; closing it ends the call."""
        with self._channels.to(address) as channel:
            call = channel.unary_stream(
                method, request_serializer=_bytes, response_deserializer=_answer_of(method).FromString
            )(request, metadata=self._credentials.metadata(principal), timeout=timeout)
            try:
                async for answer in call:
                    yield answer
            except grpc.aio.AioRpcError as error:
                raise _told(error, address) from None
            finally:
                call.cancel()


@cache
def _answer_of(method: str) -> type[Message]:
    """The message with which `/package.Service/Method` answers."""
    described = descriptor_pool.Default().FindMethodByName(method.strip("/").replace("/", "."))
    return message_factory.GetMessageClass(described.output_type)


def _bytes(message: Message) -> bytes:
    return message.SerializeToString()


def _told(error: grpc.aio.AioRpcError, address: str) -> WinslowError:
    said_by_node = any(key == DETAILS for key, _ in error.trailing_metadata() or ())
    if said_by_node or error.code() not in DEAF:
        return from_rpc_error(error)
    return Unavailable(
        f"The node at {address} cannot be reached from the one that was asked",
        reason="NODE_UNREACHABLE",
        subject=address,
        hint="Look whether it runs and whether the two reach each other; another node may reach it",
        metadata={"detail": error.details() or error.code().name},
    )
