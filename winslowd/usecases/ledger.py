"""The elections that this node held while it led, and those that are open: for those who wonder why there, or why not yet.

Kept in memory, the latest ones only: what an election decided is in the stage's record, this is how it came about.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass

from winslow.domain.election import Bid, Refusal
from winslow.domain.rounds import Rounds
from winslow.domain.stage import ProjectId, StageId

KEPT = 5000


@dataclass(frozen=True, slots=True)
class Election:
    """The search for one stage's node. Times in Unix seconds; `closed_at` is None while it is open.

    `answers` are what the nodes said, all of them in a small cluster, else the winner's alone. `round_` counts the
    leader's rounds within its term, `fence` is the term.
    """

    stage: StageId
    project: ProjectId
    opened_at: float
    closed_at: float | None = None
    winner: Bid | None = None
    answers: tuple[Bid | Refusal, ...] = ()
    fence: int = 0
    round_: int = 0


class Ledger:
    """One entry for each stage, its latest election. `rounds` are those of the term, None while this node does not lead."""

    def __init__(self) -> None:
        self.rounds: Rounds | None = None
        self._held: OrderedDict[StageId, Election] = OrderedDict()

    def note(self, election: Election) -> None:
        """An election was opened or closed."""
        self._held[election.stage] = election
        self._held.move_to_end(election.stage)
        if len(self._held) > KEPT:
            self._held.popitem(last=False)

    def forget(self, stage: StageId) -> None:
        """What it decided could not be recorded."""
        self._held.pop(stage, None)

    def of(self, stage: StageId) -> Election | None:
        return self._held.get(stage)

    def __iter__(self) -> Iterator[Election]:
        """The newest first."""
        return reversed(self._held.values())
