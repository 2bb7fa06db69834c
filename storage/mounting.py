"""Whether this node can have layered workspaces: tried once, with a mount, and not guessed from names and versions.

It takes a kernel with overlays, the right to mount, a scratch disk that an overlay can write to, a volume that keeps
deletions as the overlay writes them down, and a container engine that sees the mounts. What is mounted it never needs to know.
"""

from __future__ import annotations

import os
import stat
import threading
from contextlib import suppress
from dataclasses import dataclass

from storage.beneath import held, open_directory
from storage.faults import about
from storage.layers import set_opaque
from storage.onlookers import why_unseen
from storage.overlay import Look, Overlays
from storage.removal import remove
from storage.stop import Stop
from winslow.domain.stage import StageId
from winslow.errors import Exhausted, FailedPrecondition, Unavailable, WinslowError

PROBE = StageId("probe")
"""In the place of an attempt: what is mounted to see whether anything can be."""


@dataclass(frozen=True, slots=True)
class Mounting:
    """How layered workspaces are mounted here: what they change lies below `scratch`, a directory on a local disk.

    `engine` is the unix socket of the container engine, which must see the mounts; "" where nobody must. `obstacle` is why
    none is mounted, whatever the node can; "" where nothing is in the way.
    """

    scratch: str = ""
    engine: str = ""
    obstacle: str = "it has no scratch disk"


class Ability:
    """What this node can, on the volume that is held open as `root`; blocking, any number of threads."""

    def __init__(self, root: int, mounting: Mounting) -> None:
        self.overlays = Overlays(mounting.scratch) if mounting.scratch else None
        self._root = root
        self._engine = mounting.engine
        self._obstacle = mounting.obstacle or None
        self._lock = threading.Lock()

    def why_not(self) -> str:
        """Why this node can have no layered workspaces; "" when it can. Looked at once.

        Raises Unavailable (ENGINE_UNAVAILABLE, STORAGE_DEGRADED) while it cannot be known.
        """
        with self._lock:
            if self._obstacle is None:
                self._obstacle = self._tried()
            return self._obstacle

    def required(self) -> Overlays:
        """Raises FailedPrecondition (OVERLAY_UNSUPPORTED) without a scratch disk."""
        if self.overlays is None:
            raise FailedPrecondition(
                "This node has no scratch disk for layered workspaces",
                reason="OVERLAY_UNSUPPORTED",
                hint="Set `scratch` to a directory on a local disk",
            )
        return self.overlays

    def _tried(self) -> str:
        overlays = self.required()
        try:
            at = overlays.mount(PROBE, [self._root], Look((os.geteuid(), os.getegid())))
            with about("the volume"):
                self._keep_a_deletion()
            return why_unseen(self._engine, at) if self._engine else ""
        except (Unavailable, Exhausted):  # for now
            raise
        except WinslowError as error:
            return str(error)
        finally:
            with suppress(WinslowError):
                overlays.drop(PROBE, Stop())

    def _keep_a_deletion(self) -> None:
        """On the volume, as a layer has it."""
        name = f".probe.{os.getpid():x}"
        remove(self._root, name, Stop())
        os.mkdir(name, 0o700, dir_fd=self._root)
        try:
            with held(open_directory(self._root, name, follow=False)) as here:
                os.mknod("deleted", stat.S_IFCHR, 0, dir_fd=here)
                set_opaque(here)
        finally:
            remove(self._root, name, Stop())
