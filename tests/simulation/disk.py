"""A node's own disk: the journal of its stages, and what power loss leaves of it.

What is fsynced stays. What is not stays too, unless the machine loses its power within moments: then a seed decides, thing by
thing. The launcher's files are here as well, since it keeps them in the journal's entries.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from winslow.domain.container import Exit
from winslow.domain.stage import StageId
from winslow.ports import Verdict

SETTLES = 5.0
"""Seconds after which the kernel has written what nobody fsynced."""


@dataclass
class Entry:
    """One stage's directory. `made` and `claimed` are times, None for what is not there."""

    made: float
    claimed: float | None = None
    claim_synced: bool = False
    refused: bool = False
    released: bool = False
    exit: Exit | None = None


@dataclass
class Disk:
    """What lies on it now."""

    clock: Callable[[], float]
    entries: dict[StageId, Entry] = field(default_factory=dict)
    verdicts: dict[StageId, Verdict] = field(default_factory=dict)
    _closed: dict[StageId, tuple[float, Entry]] = field(default_factory=dict)

    def lose_power(self, random: Random) -> None:
        """A directory made or removed a moment ago may be as if it had not been; a claim that was not synced too."""
        young = self.clock() - SETTLES
        for stage, entry in list(self.entries.items()):
            if entry.claimed is not None and not entry.claim_synced and random.random() < 0.5:
                entry.claimed = None
            if entry.made > young and entry.claimed is None and entry.exit is None and random.random() < 0.5:
                del self.entries[stage]
        for stage, (at, entry) in self._closed.items():
            if at > young and stage not in self.entries and random.random() < 0.5:
                self.entries[stage] = entry
        self._closed.clear()

    def close(self, stage: StageId) -> None:
        self.verdicts.pop(stage, None)
        entry = self.entries.pop(stage, None)
        if entry is not None:
            self._closed[stage] = (self.clock(), entry)


class SimulatedJournal:
    """Implements `winslow.ports.Journal` for one daemon; `die` is asked before everything and raises once it is dead."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk

    def open(self, stage: StageId) -> str:
        self._disk.entries.setdefault(stage, Entry(self._disk.clock()))
        return f"/journal/{stage}"

    def has(self, stage: StageId) -> bool:
        return stage in self._disk.entries

    def entries(self) -> tuple[StageId, ...]:
        return tuple(self._disk.entries)

    def judge(self, stage: StageId, verdict: Verdict) -> None:
        self._disk.verdicts.setdefault(stage, verdict)

    def verdict(self, stage: StageId) -> Verdict | None:
        return self._disk.verdicts.get(stage)

    def close(self, stage: StageId) -> None:
        self._disk.close(stage)
