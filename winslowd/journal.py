"""The node's own memory of its stages, on its local disk: small files, each written whole and fsynced.

One directory a stage, made before its container and removed when the store knows everything. The launcher
inside the container keeps its claim and its exit record in the same directory. Implements `winslow.ports.Journal`.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path

from winslow.domain.stage import Cause, StageId
from winslow.ports import Verdict

VERDICT = "verdict"


class DirectoryJournal:
    """A journal in `root`. Its calls take a millisecond or two and may be made from an event loop."""

    def __init__(self, root: Path) -> None:
        self._control = root / "control"
        self._verdicts = root / "verdicts"
        for directory in (root, self._control, self._verdicts):
            directory.mkdir(mode=0o711, parents=True, exist_ok=True)

    @property
    def control_root(self) -> Path:
        """The directory of the stages' entries."""
        return self._control

    def open(self, stage: StageId) -> str:
        entry = self._control / stage
        entry.mkdir(mode=0o755, exist_ok=True)
        return str(entry)

    def has(self, stage: StageId) -> bool:
        return (self._control / stage).exists()

    def entries(self) -> tuple[StageId, ...]:
        return tuple(StageId(entry.name) for entry in self._control.iterdir())

    def judge(self, stage: StageId, verdict: Verdict) -> None:
        path = self._verdicts / stage
        if path.exists():
            return
        temporary = path.with_suffix(".tmp")
        with temporary.open("w", encoding="utf-8") as file:
            file.write(f"{verdict.cause.value}\n{verdict.message}")
            file.flush()
            os.fsync(file.fileno())
        temporary.rename(path)
        _fsync_directory(self._verdicts)

    def verdict(self, stage: StageId) -> Verdict | None:
        try:
            cause, _, message = (self._verdicts / stage).read_text(encoding="utf-8").partition("\n")
        except FileNotFoundError:
            return None
        return Verdict(Cause(cause), message)

    def close(self, stage: StageId) -> None:
        with contextlib.suppress(FileNotFoundError):
            (self._verdicts / stage).unlink()
        shutil.rmtree(self._control / stage, ignore_errors=True)  # last: what has no entry is never looked for again


def _fsync_directory(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
