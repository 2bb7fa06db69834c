"""A request to stop, looked at between two steps of long work: who waits for a copy may give it up at any moment."""

from __future__ import annotations


class Stopped(Exception):
    """The work was given up because it was asked to; nobody waits for its answer."""


class Stop:
    """Set once, by any thread; never cleared."""

    __slots__ = ("requested",)

    def __init__(self) -> None:
        self.requested = False

    def request(self) -> None:
        self.requested = True

    def check(self) -> None:
        """Raises Stopped when a stop was requested."""
        if self.requested:
            raise Stopped
