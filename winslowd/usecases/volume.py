"""The volume as this daemon knows it: whether it may be used at all, how it is, and what should be told of it.

Three look at it: the files process (does it answer?), the surveyor (is it the cluster's, and are we let in?), and whoever
asks the servers behind it. Here is what they found, in one value, and the gate that keeps calls from another volume.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from winslow.domain.quantity import about_size
from winslow.errors import Unavailable
from winslow.ports import ServersShown, Storage, StorageState

OUTSIDE_THE_GATE = "standings."
"""What the calls begin with that find out whether the others may be made."""
NEARLY = 0.05
"""The part of the volume below which what is left of it is worth a warning."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why nothing may be done with what lies at the volume's path. `reason` is stable, the rest is for people."""

    reason: str
    text: str
    hint: str = ""

    def error(self) -> Unavailable:
        return Unavailable(self.text, reason=self.reason, subject="volume", hint=self.hint)

    def __str__(self) -> str:
        return f"{self.text}. {self.hint}" if self.hint else self.text


NOT_LOOKED_AT = Refusal(
    "STORAGE_DEGRADED", "What is mounted is not known yet", "It is looked at now: try again in seconds"
)


class KnownVolume:
    """`files` tells how the volume answers; `least` in bytes is what must be free for a stage to begin, `worker` who looks.

    Nothing is let in until the surveyor has written down a `verdict` of what the worker of the moment sees.
    """

    def __init__(self, files: StorageState, worker: Callable[[], int], least: int) -> None:
        self._files = files
        self._worker = worker
        self._least = least
        self._seen_by = -1
        self._refusal: Refusal | None = NOT_LOOKED_AT
        self.fault = ""
        """Why it is not well though it answers: we are shut out, say."""
        self.client = ""
        """By which the servers know us, once the cluster knows that too."""
        self.servers = ServersShown()
        """As they were seen last."""

    def judged(self, worker: int, refusal: Refusal | None) -> None:
        """Of what the worker of this number sees; None lets every call in."""
        self._seen_by, self._refusal = worker, refusal

    @property
    def refusal(self) -> Refusal | None:
        """Why calls are kept out now."""
        return self._refusal if self._worker() == self._seen_by else self._refusal or NOT_LOOKED_AT

    @property
    def sized(self) -> bool:
        """Whether its size is known; where the file system hung when the daemon began, it is not until that answers."""
        return self._files().size > 0

    def admit(self, call: str) -> None:
        """Raises Unavailable (VOLUME_DIFFERS, STORAGE_DEGRADED) for a call that must not reach what is mounted."""
        refusal = self.refusal
        if refusal is not None and not call.startswith(OUTSIDE_THE_GATE):
            raise refusal.error()

    def told(self) -> tuple[str, tuple[str, ...]]:
        """What the cluster is told of it: our client, and everything that somebody should see to."""
        seen = self.state()
        return self.client, tuple(one for one in (seen.fault, seen.full, *seen.warnings) if one)

    def state(self) -> Storage:
        """All of it, at once."""
        seen, servers = self._files(), self.servers
        refused = str(self.refusal) if self.refusal else ""
        known = seen.size > 0
        gone = known and seen.free < self._least
        scarce = known and not gone and seen.free < max(2 * self._least, NEARLY * seen.size)
        room = f"{about_size(seen.free)} of {about_size(seen.size)} are free on the volume"
        return replace(
            seen,
            fault=self.fault or seen.fault or refused,
            full=servers.full
            or (f"only {room}, and {about_size(self._least)} must be (volume_min_free)" if gone else ""),
            warnings=(
                *([f"only {room}"] if scarce else ()),
                *servers.warnings,
                *([f"Ceph cannot be asked how it is: {servers.fault}"] if servers.fault else ()),
            ),
        )
