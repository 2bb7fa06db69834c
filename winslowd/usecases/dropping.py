"""How a workspace is given up: what is known of a project's workspaces, and the transaction in which some are marked.

The records say that it is gone first, and the files go after (`winslowd.engines.retirer`): whoever begins a run either
changes the project before the mark, which is then refused and decided anew, or sees it and is refused. Attempts that
are history are marked on the volume, by a newer version of their record, while the project's record says so for them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from winslow.domain import retention
from winslow.domain.layers import Chain
from winslow.domain.needs import dropped, needed
from winslow.domain.pipeline import WorkspaceMode
from winslow.domain.project import Project
from winslow.domain.query import Query, Term
from winslow.domain.records import Commit, Expect, Kind, Put, project_ref, stage_ref
from winslow.domain.retention import Going, RetentionPolicy, Workspaces
from winslow.domain.stage import ProjectId, Stage, StageId
from winslow.domain.view import View
from winslow.ports import Archived, History, Layers
from winslowd.usecases.past import Past

PIECE = 500
"""Records of a history that are read at once."""
MARKED = 90
"""Records of one transaction, and what it expects; etcd takes 128 of each."""


@dataclass(frozen=True, slots=True)
class Volume:
    """What the volume says of a project: attempts that are history and have their workspaces, and what stands on what.

    `ended` are attempts among the records of which `chains` says all, since they had ended when it was looked.
    """

    archived: Mapping[StageId, Archived]
    chains: Mapping[StageId, Chain]
    ended: frozenset[StageId]


@dataclass(frozen=True, slots=True)
class Dropping:
    """Looks at workspaces on the volume. All raise Unavailable (STORAGE_DEGRADED) while it is away."""

    past: Past
    history: History
    layers: Layers

    async def look(self, project: ProjectId) -> Volume:
        """All that is needed to decide, beside the records."""
        ended = frozenset(stage.id for stage in self.past.store.view.stages_of(project) if stage.ended)
        return Volume(await self.archived(project), await self.layers.chains(project), ended)

    async def archived(self, project: ProjectId) -> dict[StageId, Archived]:
        """Attempts of the project's history whose workspaces are there. Some may be among the records, which are right then."""
        found: dict[StageId, Archived] = {}
        if not self.past.reached(project):
            return found
        query = Query("", PIECE, terms=(Term("workspace", "!=", "dropped"),))
        while True:
            piece = await self.history.page(project, Kind.STAGE, query)
            for one in piece:
                if isinstance(one.value, Stage) and one.value.workspace_dropped_at is None:
                    found[one.value.id] = one
            if len(piece) < PIECE:
                return found
            query = replace(query, after=("", piece[-1].ref.key))


def there(view: View, project: Project, volume: Volume) -> Workspaces:
    """The project's workspaces, as the records are now."""
    live = {stage.id: stage for stage in view.stages_of(project.id)}
    before = [one.value for id_, one in volume.archived.items() if id_ not in live]
    every = [*live.values(), *(one for one in before if isinstance(one, Stage))]
    stages = [stage for stage in every if not dropped(project, stage)]
    chains = {**dict(_presumed(stages, volume)), **volume.chains}
    return Workspaces(project.id, stages, needed(view, project.id), chains)


def _presumed(stages: Iterable[Stage], volume: Volume) -> Iterator[tuple[StageId, Chain]]:
    """Of layered attempts that began and ended since the volume was looked at: they stand on all that came before them."""
    owners = {stage.id: StageId(stage.workspace) for stage in stages}
    for stage in stages:
        seen = stage.id in volume.ended or stage.id in volume.archived
        if stage.ended and not seen and stage.definition.workspace is WorkspaceMode.LAYERED:
            before = [*([stage.parent] if stage.parent else []), *stage.joined.values()]
            yield stage.id, Chain("", tuple(owners.get(one, one) for one in before))


def going(view: View, project: Project, policy: RetentionPolicy, volume: Volume, now: float) -> Sequence[Going]:
    """What may go by the policy now; `now` in Unix seconds is `retention.counted`."""
    return () if project.deleting else retention.going(there(view, project, volume), policy, now)


def giving_up(view: View, project: Project, some: Iterable[Going], at: float) -> tuple[Commit, Sequence[Going]]:
    """The transaction that marks as many of `some` as fit, in their order, and which.

    Expects the project and every attempt as they are in `view`, on which it was decided; those that are history not to be back.
    """
    taken: list[Going] = []
    marked: list[Stage] = []
    for one in some:
        if len(marked) + len(one.shared) > MARKED:
            break
        taken.append(one)
        marked.extend(one.shared)
    dropping = {**project.dropping, **{StageId(one.stage.workspace): at for one in taken}}
    ref = project_ref(project.id)
    puts = [Put(ref, replace(project, dropping=dropping))]
    for stage in marked:
        if found := view.stage(stage.id):
            puts.append(Put(stage_ref(stage), replace(found, workspace_dropped_at=at)))
    expects = (Expect(one, view.revision_of(one)) for one in (ref, *map(stage_ref, marked)))
    return Commit(puts=tuple(puts), expects=tuple(expects)), taken


def marked(found: Archived, at: float) -> Archived:
    """The next version of an attempt's record that is history: its workspace is gone.

    No other version has its revision: the record left the store by a later change than its last one.
    """
    assert isinstance(found.value, Stage)
    return replace(found, value=replace(found.value, workspace_dropped_at=at), revision=found.revision + 1)
