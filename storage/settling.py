"""Makes a tree safe that nobody changes: what is to be shown at once, and relied upon.

Several files at once, since a disk is asked as often whoever waits. File by file, since a file system in user space is not
told when all is to be safe. It never needs to know what the tree is for.
"""

from __future__ import annotations

import errno
import os
from contextlib import suppress

from storage.beneath import held, open_directory
from storage.crew import Crew
from storage.stop import Stop
from storage.trees import PlainTree
from storage.walks import join
from winslow.errors import DataLoss

_BATCH = 64


def settle(top: int, stop: Stop) -> None:
    """Have all that is in the directory `top` on the disk; what we may not open is left to the system. Raises OSError, and Stopped."""
    tree = PlainTree(top)

    def work(item: tuple[str, tuple[str, ...]]) -> None:
        with suppress(PermissionError, FileNotFoundError):
            settle_directory(*item)

    def settle_directory(path: str, names: tuple[str, ...]) -> None:
        with tree.directory(path) as directory:
            for name in names:
                stop.check()
                with suppress(PermissionError, FileNotFoundError), held(directory.open(name)) as fd:
                    os.fsync(fd)
            if names:
                return
            found: list[str] = []
            for named in directory.names(0, stop):
                if named.kind == "directory":
                    crew.add((join(path, named.name), ()))
                elif named.kind == "file":
                    found.append(named.name)
            for start in range(0, len(found), _BATCH):
                crew.offer((path, tuple(found[start : start + _BATCH])))
        with held(open_directory(top, path, follow=False)) as fd:
            os.fsync(fd)

    crew: Crew[tuple[str, tuple[str, ...]]] = Crew(work, stop)
    crew.run(("", ()))


def settle_left(top: int, subject: str, stop: Stop) -> None:
    """The same, of what an attempt left. Raises DataLoss (OUTPUT_DAMAGED), and what else `settle` raises.

    A fault of the disk is told once; asked again, the system says that all is well. So it is no outage to be waited out.
    """
    try:
        settle(top, stop)
    except OSError as error:
        if error.errno != errno.EIO:
            raise
        raise DataLoss(
            f"What was left in {subject!r} did not reach the disk",
            reason="OUTPUT_DAMAGED",
            subject=subject,
            hint="Look at the disks behind the volume, then try the stage again",
        ) from error
