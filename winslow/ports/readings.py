"""What ended stages used, kept on the volume beside them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from winslow.domain.reading import OfStage, Reading


class KeptReadings(Protocol):
    """Readings of stages for when the node that measured them is gone."""

    async def keep(self, subject: OfStage, readings: Sequence[Reading]) -> None:
        """Keep them, in place of what was kept before. Raises NotFound (FILE_NOT_FOUND) when the attempt has no directory."""

    async def kept(self, subject: OfStage) -> tuple[Reading, ...]:
        """All that were kept, in order; none where none were. Raises DataLoss (ARCHIVE_DAMAGED)."""
