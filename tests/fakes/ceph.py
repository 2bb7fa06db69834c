"""A shared file system and its servers in memory: clients write to it until they are shut out."""

from __future__ import annotations

from dataclasses import dataclass, field

from winslow.domain.cephclient import CephClient, parse_client
from winslow.errors import FailedPrecondition, WinslowError

FSID = "828bf11d-0679-4af2-8472-749b77e065ff"


def client_number(number: int) -> str:
    """How a node names that client of this file system."""
    return str(CephClient(FSID, number, f"10.0.0.{number % 250 + 1}:0/{1000 + number}"))


@dataclass
class FakeFencer:
    """`winslow.ports.Fencer`. With an `error` it raises that instead; `asked` is every client that it was called for."""

    error: WinslowError | None = None
    shut_out: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)

    async def fence(self, client: str) -> None:
        self.asked.append(client)
        if self.error is not None:
            raise self.error
        if parse_client(client).fsid != FSID:
            raise FailedPrecondition("It is of another cluster", reason="CLIENT_ELSEWHERE", subject=client)
        self.shut_out.add(client)

    def write(self, client: str) -> str:
        """What a client is told that writes now."""
        return "ESHUTDOWN" if client in self.shut_out else "ok"
