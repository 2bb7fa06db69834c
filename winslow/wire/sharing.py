"""What is the same is there once: records repeat each other, and a daemon has all of a cluster's in memory.

A hundred thousand stages are attempts at a few definitions, in the same states, by the same people. Values never change, so they
may be shared by all who were told the same. Nothing is kept here for longer than somebody has it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar
from weakref import WeakValueDictionary

from google.protobuf.message import Message

M = TypeVar("M", bound=Message)
V = TypeVar("V")

NOTHING: Mapping[Any, Any] = {}
"""The mapping of a message that maps nothing. Nobody changes it, as no value is ever changed."""


class Shared(Generic[M, V]):
    """Reads messages by `read`; those of the same bytes give the very same value. `V` must take weak references."""

    def __init__(self, read: Callable[[M], V]) -> None:
        self._read = read
        self._known: WeakValueDictionary[bytes, V] = WeakValueDictionary()

    def __call__(self, message: M) -> V:
        """Raises what `read` does."""
        data = message.SerializeToString(deterministic=True)
        found = self._known.get(data)
        if found is None:
            found = self._known[data] = self._read(message)
        return found
