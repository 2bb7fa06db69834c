"""Every error that Winslow tells a person or a program, in one tree.

An error says what happened, to what, why, and what to do next (`hint`); programs read `code` and the
stable `reason`. No library's exception crosses a port: adapters translate into this tree, and
`winslow.wire.status` is the only place that knows how an error looks on the wire.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import ClassVar


class Code(Enum):
    """The class of an error; names and meaning are those of gRPC's canonical codes."""

    CANCELLED = 1
    INTERNAL = 13
    INVALID_ARGUMENT = 3
    DEADLINE_EXCEEDED = 4
    NOT_FOUND = 5
    ALREADY_EXISTS = 6
    PERMISSION_DENIED = 7
    RESOURCE_EXHAUSTED = 8
    FAILED_PRECONDITION = 9
    ABORTED = 10
    OUT_OF_RANGE = 11
    UNIMPLEMENTED = 12
    UNAVAILABLE = 14
    DATA_LOSS = 15
    UNAUTHENTICATED = 16


class WinslowError(Exception):
    """What happened (`message`), to what (`subject`), a stable `reason` for programs, and what to do next (`hint`).

    `metadata` holds further facts for programs, for instance the line and column of a fault in a file.
    """

    code: ClassVar[Code] = Code.INTERNAL
    retryable: ClassVar[bool] = False

    def __init__(
        self,
        message: str,
        *,
        reason: str,
        subject: str = "",
        hint: str = "",
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.reason = reason
        self.subject = subject
        self.hint = hint
        self.metadata = dict(metadata or {})

    def __str__(self) -> str:
        return f"{self.message}. {self.hint}" if self.hint else self.message

    def __reduce__(self) -> tuple[object, ...]:
        """Whole, between the processes of one daemon; of arguments by name an exception keeps nothing by itself."""
        return _again, (type(self), self.message, self.reason, self.subject, self.hint, self.metadata)


def _again(
    kind: type[WinslowError], message: str, reason: str, subject: str, hint: str, metadata: Mapping[str, str]
) -> WinslowError:
    return kind(message, reason=reason, subject=subject, hint=hint, metadata=metadata)


class Internal(WinslowError):
    """A fault of Winslow itself; always worth a bug report."""


class InvalidArgument(WinslowError):
    """What was asked can never be right, whatever the state of the system."""

    code = Code.INVALID_ARGUMENT


class NotFound(WinslowError):
    code = Code.NOT_FOUND


class AlreadyExists(WinslowError):
    code = Code.ALREADY_EXISTS


class PermissionDenied(WinslowError):
    code = Code.PERMISSION_DENIED


class Unauthenticated(WinslowError):
    code = Code.UNAUTHENTICATED


class FailedPrecondition(WinslowError):
    """What was asked is not possible in the present state; the hint says what would make it so."""

    code = Code.FAILED_PRECONDITION


class Conflict(WinslowError):
    """Somebody else changed it first: read again, decide again."""

    code = Code.ABORTED
    retryable = True


class Exhausted(WinslowError):
    """No room: disk, quota, capacity."""

    code = Code.RESOURCE_EXHAUSTED


class OutOfRange(WinslowError):
    code = Code.OUT_OF_RANGE


class Unavailable(WinslowError):
    """A part cannot be reached now; nothing was changed; trying again may help."""

    code = Code.UNAVAILABLE
    retryable = True


class Ambiguous(Unavailable):
    """A change was sent and no answer came: it may or may not have happened. Read back before trying again."""

    retryable = False


class DeadlineExceeded(WinslowError):
    code = Code.DEADLINE_EXCEEDED
    retryable = True


class Unimplemented(WinslowError):
    code = Code.UNIMPLEMENTED


class DataLoss(WinslowError):
    """What was stored is not what is there: a checksum differs, a record cannot be read."""

    code = Code.DATA_LOSS
