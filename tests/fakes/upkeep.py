"""Members of a store in memory: they fill up, shrink when they are defragmented, and fail when a test wants it."""

from __future__ import annotations

from dataclasses import replace

from winslow.errors import InvalidArgument, Unavailable
from winslow.ports import StoreMember

QUOTA = 2 << 30


class FakeUpkeep:
    """Implements `winslow.ports.Upkeep`. `state` is how they are now, by address; `did` is what was done, in order.

    `needed` bytes stay in use of each member when its history is forgotten. The member at `failing` cannot be
    defragmented, and that at `unwell_after` is not well afterwards.
    """

    def __init__(self, *addresses: str, needed: int = 1 << 20) -> None:
        self.state = {
            address: StoreMember(address, version="3.6.11", led=True, leads=number == 0, revision=1, quota=QUOTA)
            for number, address in enumerate(addresses)
        }
        self.needed = needed
        self.did: list[str] = []
        self.failing = self.unwell_after = ""

    def each(self, **changes: object) -> None:
        """Change every member."""
        for address in self.state:
            self.one(address, **changes)

    def one(self, address: str, **changes: object) -> None:
        self.state[address] = replace(self.state[address], **changes)  # type: ignore[arg-type]

    async def members(self, within: float) -> tuple[StoreMember, ...]:
        return tuple(self.state.values())

    async def compact(self, revision: int) -> None:
        self.did.append(f"compact {revision}")
        for address, member in self.state.items():
            self.one(address, used=min(member.used, self.needed))

    async def defragment(self, address: str) -> None:
        self.did.append(f"defragment {address}")
        if address not in self.state:
            raise InvalidArgument(f"No member is at {address}", reason="MEMBER_UNKNOWN", subject=address)
        if address == self.failing:
            raise Unavailable(f"{address} does not answer", reason="ETCD_UNAVAILABLE")
        self.one(address, size=self.state[address].used, led=address != self.unwell_after)

    async def disarm(self) -> None:
        self.did.append("disarm")
        self.each(full=False)
