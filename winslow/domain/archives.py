"""What may be archived on the volume now: of which ended stages, and in forms that every node can read.

Asked again with the same facts it answers the same; it never needs to know how anything is archived.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from winslow.domain.project import Project
from winslow.domain.records import Kind, View
from winslow.domain.stage import Stage, State

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


def due(view: View, now: float, keeping: Keeping) -> Iterator[Stage]:
    """Stages among the records that have ended long enough ago, of projects that stay, oldest first in each."""
    for found in view.all(Kind.PROJECT).values():
        if isinstance(found.value, Project) and not found.value.deleting:
            yield from (stage for stage in view.stages_of(found.value.id) if _is_due(stage, now, keeping))


def _is_due(stage: Stage, now: float, keeping: Keeping) -> bool:
    return (
        stage.ended
        and stage.state is not State.SKIPPED
        and (stage.ended_at or stage.created_at) + keeping.waits(stage) <= now
    )
