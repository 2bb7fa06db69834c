"""How the daemon and its worker talk: frames over a socket pair that only these two processes hold.

A frame is a header (call, length of the message, length of the data), a message, and data such as a file's
bytes, which is passed on without being packed. Messages are pickles: a pickle can run code, so it must never
come from elsewhere, and it cannot: the pair has no address, is inherited, and both ends are this program of this
version. Nothing that a container or a client wrote is unpickled; it travels as strings and bytes within.
"""

from __future__ import annotations

import pickle
import struct
from dataclasses import dataclass
from typing import Any

from winslow import errors
from winslow.errors import WinslowError

HEADER = struct.Struct("<QII")
"""Call, bytes of the message, bytes of the data."""
HELLO = 0
"""The call under which the worker says that it is up, or why not."""


@dataclass(frozen=True, slots=True)
class Call:
    """Do `name` with `arguments`, and the frame's data as the last one when there is some."""

    name: str
    arguments: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Cancel:
    """Nobody waits for the call any more: stop when it can be stopped."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The call's value; with `data`, the frame's data is."""

    value: Any
    data: bool = False


@dataclass(frozen=True, slots=True)
class Failure:
    """The call's error, `kind` by its name in `winslow.errors`."""

    kind: str
    message: str
    reason: str
    subject: str
    hint: str
    metadata: dict[str, str]

    @classmethod
    def of(cls, error: WinslowError) -> Failure:
        kind = type(error).__name__
        return cls(kind, error.message, error.reason, error.subject, error.hint, error.metadata)

    def error(self) -> WinslowError:
        kind: type[WinslowError] = getattr(errors, self.kind)
        return kind(self.message, reason=self.reason, subject=self.subject, hint=self.hint, metadata=self.metadata)


Message = Call | Cancel | Answer | Failure


def pack(call: int, message: Message, data_size: int = 0) -> bytes:
    """Header and message of a frame; the data follows."""
    body = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    return HEADER.pack(call, len(body), data_size) + body


def unpack(body: bytes | bytearray | memoryview) -> Message:
    """The message of a frame."""
    message: Message = pickle.loads(body)  # noqa: S301 - see the module's docstring
    return message
