"""The gateway's way to its own node's services: a socket in a directory that only this daemon may enter."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import grpc

OPTIONS = (
    ("grpc.max_receive_message_length", 64 << 20),  # what the server sends at most
    ("grpc.max_send_message_length", 16 << 20),
    ("grpc.enable_retries", 0),  # browsers and their libraries decide what is tried again
)


@dataclass(frozen=True, slots=True)
class Inside:
    """`address` is where the services must listen for `channel` to reach them."""

    address: str
    channel: grpc.aio.Channel


@contextlib.asynccontextmanager
async def inside() -> AsyncIterator[Inside]:
    """A way in while the scope lasts. Short, since a socket's path has at most 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="winslow-") as directory:
        address = f"unix:{Path(directory) / 'api'}"
        async with grpc.aio.insecure_channel(address, options=OPTIONS) as channel:
            yield Inside(address, channel)
