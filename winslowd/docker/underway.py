"""Lines that stages on this node have begun and not ended, as their launchers show them: implements `winslow.ports.Underway`.

It never needs to know of the engine, nor of the logs into which those lines go.
"""

from __future__ import annotations

from pathlib import Path

from winslow.domain.stage import StageId
from winslowd.docker.control import Control


class LaunchersWords:
    """`control_root` has every stage's control directory under the stage's id, on the node's own disk."""

    def __init__(self, control_root: Path) -> None:
        self._control_root = control_root

    def unfinished(self, stage: StageId) -> bytes:
        """See the port."""
        return Control(str(self._control_root / stage)).unfinished()
