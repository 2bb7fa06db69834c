"""Makes a tree safe that nobody changes: what is to be shown at once, and relied upon.

Several files at once, since a disk is asked as often whoever waits. It never needs to know what the tree is for.
"""

from __future__ import annotations

import os

from storage.beneath import held, open_directory
from storage.crew import Crew
from storage.stop import Stop
from storage.trees import PlainTree
from storage.walks import join

_BATCH = 64


def settle(top: int, stop: Stop) -> None:
    """Have all that is in the directory `top` on the disk. Raises OSError, and Stopped."""
    tree = PlainTree(top)

    def work(item: tuple[str, tuple[str, ...]]) -> None:
        path, names = item
        with tree.directory(path) as directory:
            for name in names:
                stop.check()
                with held(directory.open(name)) as fd:
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
