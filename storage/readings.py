"""What ended attempts used, minute by minute, beside them: lines that somebody else writes and reads.

    projects/PROJECT/stages/STAGE/readings.gz     `zcat readings.gz | jq .cpus`

It never needs to know what a line says.
"""

from __future__ import annotations

from contextlib import suppress

from storage.beneath import held, open_directory, open_file
from storage.drafts import drafted
from storage.faults import about
from storage.members import MEMBER, Packing, contents, read_index
from storage.stop import Stop
from winslow.domain.layout import safe_parts, stage_root
from winslow.domain.stage import ProjectId, StageId

NAME = "readings.gz"


class Readings:
    """Blocking, any number of threads. `root` is the volume, held open."""

    def __init__(self, root: int) -> None:
        self._root = root

    def put(self, project: ProjectId, stage: StageId, lines: bytes, stop: Stop) -> None:
        """Show these lines, whole, in place of others. Raises NotFound (FILE_NOT_FOUND) when the attempt has no directory."""
        path = _home(project, stage)
        with (
            about(path),
            held(open_directory(self._root, path, follow=False)) as home,
            drafted(home, NAME) as fd,
        ):
            packing = Packing(fd)
            for start in range(0, len(lines), MEMBER):
                packing.add(bytes(lines[start : start + MEMBER]))
            packing.finish()

    def get(self, project: ProjectId, stage: StageId, stop: Stop) -> bytes:
        """The lines that are shown; none where there are none. Raises DataLoss (ARCHIVE_DAMAGED)."""
        path = f"{_home(project, stage)}/{NAME}"
        with about(path), suppress(FileNotFoundError), held(open_file(self._root, path, follow=False)) as fd:
            return b"".join(contents(fd, read_index(fd), path, stop))
        return b""


def _home(project: ProjectId, stage: StageId) -> str:
    return "/".join(safe_parts(stage_root(project, stage)))
