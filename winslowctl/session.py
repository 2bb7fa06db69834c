"""One invocation: how its answers are shown, and its client, opened by the first command that needs it.

It never needs to know which command runs.
"""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from winslow.client import Client

PATIENCE = 2.0
"""Seconds: a person at a terminal is told soon that nobody answers; streams under way wait longer."""


class Format(StrEnum):
    """How answers are shown."""

    TABLE = "table"
    JSON = "json"
    YAML = "yaml"


@dataclass
class Session:
    format: Format = Format.TABLE
    address: str | None = None
    patience: float = PATIENCE
    if_interrupted: str = "Interrupted."
    """What Ctrl-C is answered with: what goes on all the same, and how to come back to it."""
    _warned: bool = field(default=False, repr=False)
    _client: Client | None = field(default=None, repr=False)

    @property
    def client(self) -> Client:
        if self._client is None:
            from winslow.client import Client

            self._client = Client(self.address, patience=self.patience, on_stale=self._warn_of_stale)
        return self._client

    def _warn_of_stale(self) -> None:
        """Once an invocation, however many answers were old."""
        from winslowctl.errors import warn

        if not self._warned:
            self._warned = True
            warn(
                "The node that answers is cut off from etcd: what it says may be old, and nothing can be changed there",
                "Its stages go on. Ask another node with --address, or look at etcd",
                self.format,
            )

    def close(self) -> None:
        if self._client:
            self._client.close()


_SESSION: ContextVar[Session] = ContextVar("session")


def begin() -> Session:
    """A fresh session for the calling context."""
    session = Session()
    _SESSION.set(session)
    return session


def current() -> Session:
    """The session of this invocation; one of its own for whoever has not begun any (shell completion)."""
    try:
        return _SESSION.get()
    except LookupError:
        return begin()


def client() -> Client:
    return current().client
