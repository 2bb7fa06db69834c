"""What may be archived on the volume now: of which ended stages, and in forms that every node can read.

Asked again with the same facts it answers the same; it never needs to know how anything is archived.
"""

from __future__ import annotations

from dataclasses import dataclass

from winslow.domain.stage import Stage, State
from winslow.domain.view import View

LOGS = "log.gz"
HISTORY = "history.gz"
READ = frozenset({LOGS, HISTORY})
"""The kinds of archives that this version reads; each node says in its record which it does."""


@dataclass(frozen=True, slots=True)
class Keeping:
    """When what an ended stage left is archived: `after` seconds past its end, and of a lost one `lost_after`.

    A lost stage may go on writing where nobody sees it, so it is left in peace for long. A project's history is condensed
    where nobody has added to it for `history_quiet` seconds.
    """

    after: float = 600.0
    lost_after: float = 86_400.0
    history_quiet: float = 86_400.0

    def waits(self, stage: Stage) -> float:
        """Seconds after its end for which a stage is left as it is."""
        return max(self.after, self.lost_after) if stage.state is State.LOST else self.after


def readable(view: View, kind: str) -> bool:
    """Whether every node that there is reads archives of this kind: one of an earlier version would find nothing there."""
    return all(kind in node.archives for node in view.nodes())


def due(view: View, project: str, now: float, keeping: Keeping) -> list[Stage]:
    """A project's stages among the records that have ended long enough ago, oldest first; none where it is being deleted."""
    found = view.project(project)
    if found is None or found.deleting:
        return []
    return [stage for stage in view.stages_of(project) if _is_due(stage, now, keeping)]


def _is_due(stage: Stage, now: float, keeping: Keeping) -> bool:
    return (
        stage.ended
        and stage.state is not State.SKIPPED
        and (stage.ended_at or stage.created_at) + keeping.waits(stage) <= now
    )
