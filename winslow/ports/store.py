"""The cluster's records, and the care of what keeps them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from winslow.domain.records import Change, Commit
from winslow.domain.stage import ProjectId
from winslow.domain.view import View


class Store(Protocol):
    """The cluster's records: one view, one way to change them."""

    @property
    def view(self) -> View:
        """What this daemon has seen so far; read it between two awaits."""

    async def commit(self, commit: Commit) -> int:
        """Do it whole and return its revision, once `view` shows it.

        Raises Conflict (REVISION_MISMATCH, once `view` shows what was different or is late with it; FENCED when the fence
        did not hold) and changes nothing; Unavailable when it certainly did not happen; Ambiguous when it may have.
        """

    async def changed(self, since: int) -> int:
        """Wait until `view.revision` is past `since`; returns it."""

    async def caught_up(self, project: ProjectId) -> None:
        """Return once `view` shows all that was committed to the project's stages before this call, by whomever.

        For what is done outside of the store and must not be done on an old view. Raises Unavailable.
        """

    def changes(self, since: int) -> AsyncIterator[tuple[Change, ...]]:
        """Every change after revision `since`, in order, one tuple a revision, without end.

        Raises OutOfRange (REVISION_COMPACTED) when changes that old are no longer kept: list again, go on from there.
        """

    def since(self, revision: int) -> Sequence[tuple[Change, ...]]:
        """What `changes` would tell at once: all after `revision` that `view` shows already. Raises the same."""

    @property
    def connected(self) -> bool:
        """Whether the store answered lately; `view` may be stale when not."""


@dataclass(frozen=True, slots=True)
class StoreMember:
    """One of the processes that keep the records, as it was when it was asked. Sizes in bytes.

    `fault` is why it did not answer, "" when it did; without an answer the rest is unknown. `leads` the others, or is at
    least `led` by one. Its database takes `size` on disk, of which `used` is in use; it may become `quota`. While an
    alarm stands that one is `full`, nothing can be changed.
    """

    address: str
    fault: str = ""
    version: str = ""
    leads: bool = False
    led: bool = False
    revision: int = 0
    size: int = 0
    used: int = 0
    quota: int = 0
    full: bool = False
    corrupt: bool = False

    @property
    def well(self) -> bool:
        """Whether it does its part, be it full or not."""
        return not self.fault and self.led and not self.corrupt


class Upkeep(Protocol):
    """The care that the store's members need. All but `members` raise what the store does: Unavailable, PermissionDenied."""

    async def members(self, within: float) -> tuple[StoreMember, ...]:
        """Every member, in the order of the settings; one that is silent for `within` seconds has a fault. Never fails."""

    async def compact(self, revision: int) -> None:
        """Forget history before `revision`. Nothing happens when it is forgotten already."""

    async def defragment(self, address: str) -> None:
        """Give the room that this member does not use back to its disk. It answers nobody meanwhile.

        Raises InvalidArgument (MEMBER_UNKNOWN).
        """

    async def disarm(self) -> None:
        """Take back every alarm that a member is full. One that still is raises it again with the next change."""
