"""What is live and what is history, as one: finding, listing, and putting back what somebody wants to go on from.

What left the records was safe in the history before, so whoever looks at the records first and at the history then misses
nothing, and where both have something, the records are right. A project whose runs are all among the records
is answered without the volume, which may be away. It never needs to know how a history is kept.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from winslow.domain.project import Project, Run
from winslow.domain.query import Query, Term
from winslow.domain.records import Comment, Commit, Expect, Kind, Put, Ref, project_ref, run_ref, stage_ref
from winslow.domain.stage import ProjectId, Stage, StageId
from winslow.domain.status import RunState
from winslow.domain.view import View
from winslow.errors import Conflict, NotFound
from winslow.ports import Archived, History, Store
from winslowd.usecases import known
from winslowd.usecases.derived import RunShown, StageShown
from winslowd.usecases.listing import Ask, Listing, Page
from winslowd.usecases.requests import TRIES, look_again

T = TypeVar("T")

RECALLED = 90
"""Records put back in one transaction, and what they expect; etcd takes 128 of each."""
PIECE = 500
"""Records of a run that are read at once."""


@dataclass(frozen=True, slots=True)
class Past:
    """Looks into histories, and brings back. All raise Unavailable (STORAGE_DEGRADED) while the volume is away, if they need it."""

    store: Store
    history: History

    def reached(self, project: str) -> bool:
        """Whether a list of the project's runs reaches into its history: some of its runs are not among the records."""
        found = self.store.view.project(project)
        return found is not None and len(self.store.view.runs_of(project)) < found.next_run - 1

    # ---- finding

    async def stage(self, project: str, id_: str) -> Archived:
        """A stage, wherever it is; its project may be `-`. Raises NotFound (PROJECT_UNKNOWN, STAGE_UNKNOWN)."""
        view = self.store.view
        try:
            stage = known.stage(view, project, id_)
            return Archived(stage_ref(stage), stage, view.revision_of(stage_ref(stage)))
        except NotFound as missing:
            if missing.reason == "STAGE_UNKNOWN":
                for one in self._homes(project, id_):
                    if found := await self.history.get(one, (Ref(Kind.STAGE, f"{one}/{id_}"),)):
                        return found[0]
            raise

    async def run(self, project: ProjectId, id_: str) -> Archived:
        """A run, wherever it is. Raises NotFound (PROJECT_UNKNOWN, RUN_UNKNOWN)."""
        view = self.store.view
        try:
            run = known.run(view, project, id_)
            return Archived(run_ref(run), run, view.revision_of(run_ref(run)))
        except NotFound as missing:
            if missing.reason != "RUN_UNKNOWN" or not self.reached(project):
                raise
            found = await self.history.get(project, (Ref(Kind.RUN, f"{project}/{id_}"),))
            if not found:
                raise
            return found[0]

    async def stages(self, project: ProjectId, after: str, limit: int) -> Sequence[Stage]:
        """Up to `limit` stages of the project's history behind the id `after`, by id; some may have been recalled."""
        if not self.reached(project):
            return ()
        found = await self.history.page(project, Kind.STAGE, Query("", limit, after=("", f"{project}/{after}")))
        return [stage_shown(one).stage for one in found]

    async def comments(self, project: ProjectId, id_: str) -> Sequence[Comment]:
        """All comments of a run. Raises what `run` raises."""
        await self.run(project, id_)
        prefix = f"{project}/{id_}/"
        found = {key: one.value for key, one in self.store.view.all(Kind.COMMENT).items() if key.startswith(prefix)}
        if self.reached(project):
            archived = await self._all(project, Kind.COMMENT, id_)
            found = {**{one.ref.key: one.value for one in archived}, **found}
        return [one for one in found.values() if isinstance(one, Comment)]

    def _homes(self, project: str, stage: str) -> list[ProjectId]:
        """The projects whose history may have the stage: a stage's id ends with its project's suffix."""
        found = (one.value for one in self.store.view.all(Kind.PROJECT).values())
        suffix = stage.rpartition("-")[2]
        named = project != known.ANY
        return [
            one.id
            for one in found
            if isinstance(one, Project)
            and (one.id == project if named else one.suffix == suffix)
            and self.reached(one.id)
        ]

    # ---- listing

    async def page(
        self,
        listing: Listing[T],
        kind: Kind,
        project: ProjectId,
        live: Mapping[str, T],
        ask: Ask,
        shown: Callable[[Archived], T],
    ) -> Page[T]:
        """One page of what is live, by its keys, and of the project's history together. Raises what `Listing.page` raises."""
        query = listing.query(ask)
        first = listing.behind(listing.kept(live.values(), query), query)[: query.limit]
        if not self.reached(project):
            return listing.cut(first, ask)
        before = [shown(one) async for one in self._pieces(listing, kind, project, live, query, shown)]
        together = sorted([*first, *before], key=lambda item: listing.key(item, query), reverse=query.backwards)
        return listing.cut(together, ask)

    async def _pieces(
        self,
        listing: Listing[T],
        kind: Kind,
        project: ProjectId,
        live: Mapping[str, T],
        query: Query,
        shown: Callable[[Archived], T],
    ) -> AsyncIterator[Archived]:
        """As many as the query asks for of those that are not live: what was recalled is in both."""
        found = 0
        while True:
            piece = await self.history.page(project, kind, query)
            for one in piece:
                if one.ref.key not in live and found < query.limit:
                    found += 1
                    yield one
            if found == query.limit or len(piece) < query.limit:
                return
            query = replace(query, after=listing.key(shown(piece[-1]), query))

    # ---- bringing back

    async def recalling(self, act: Callable[[], Awaitable[T]]) -> T:
        """Do `act`; what it misses and the history has is put back, and it is done again."""
        missed: list[str] = []
        while True:
            try:
                return await act()
            except NotFound as missing:
                missed.append(missing.subject)
                if missed.count(missing.subject) == TRIES or not await self._recalled(missing):
                    raise

    async def _recalled(self, missing: NotFound) -> bool:
        """Whether what was missed is among the records now."""
        _, project, _, id_ = [*missing.subject.split("/"), "", "", ""][:4]
        match missing.reason:
            case "RUN_UNKNOWN":
                return await self.recall(ProjectId(project), id_)
            case "STAGE_UNKNOWN":
                try:
                    stage = (await self.stage(project, id_)).value
                except NotFound:
                    return False
                assert isinstance(stage, Stage)
                return await self.recall(stage.project, stage.run)
            case _:
                return False

    async def recall(self, project: ProjectId, run: str) -> bool:
        """Put an ended run with its stages and comments back among the records; False where the history has none.

        The run comes last: while it is there, all that belongs to it is. Done twice, or by two at once, it is done once.
        """
        unit: Sequence[Archived] = ()
        read_at = -1
        tries = 0
        while tries < TRIES + len(unit) // RECALLED:
            tries += 1
            view = self.store.view
            if view.run(project, run):
                return True
            seen, ground = view.revision, view.get(project_ref(project))
            # Who gives up a workspace changes the project: what was read before that may not say so.
            if ground is None or ground.revision != read_at:
                unit = await self._unit(project, run, ground.value if ground else None)
                read_at = ground.revision if ground else 0
            if not unit:
                return False
            try:
                await self.store.commit(_putting_back(self.store.view, project, read_at, unit))
            except Conflict:
                await look_again(self.store, seen)
        raise Conflict(
            f"Others keep changing run {run} of {project}",
            reason="REVISION_MISMATCH",
            subject=f"projects/{project}/runs/{run}",
            hint="Ask again",
        )

    async def _unit(self, project: ProjectId, run: str, ground: object) -> Sequence[Archived]:
        """A run of the history with all that belongs to it, the run last; empty where there is none.

        `ground` is the project as it was before: what is being given up there is not marked in the history yet, perhaps.
        """
        found = await self.history.get(project, (Ref(Kind.RUN, f"{project}/{run}"),))
        if not found:
            return ()
        stages = [_marked(one, ground) for one in await self._all(project, Kind.STAGE, run)]
        return [*stages, *await self._all(project, Kind.COMMENT, run), *found]

    async def _all(self, project: ProjectId, kind: Kind, run: str) -> list[Archived]:
        """All records of one kind that belong to a run."""
        query = Query("", PIECE, terms=(Term("run", "=", run.lower()),))
        found: list[Archived] = []
        while True:
            piece = await self.history.page(project, kind, query)
            found += piece
            if len(piece) < query.limit:
                return found
            query = replace(query, after=("", piece[-1].ref.key))


def _marked(found: Archived, ground: object) -> Archived:
    """A stage's record, which says that its workspace is gone where the project says that it is going."""
    stage = found.value
    if not isinstance(stage, Stage) or not isinstance(ground, Project) or stage.workspace_dropped_at is not None:
        return found
    since = ground.dropping.get(StageId(stage.workspace))
    return found if since is None else replace(found, value=replace(stage, workspace_dropped_at=since))


def _putting_back(view: View, project: ProjectId, read_at: int, unit: Sequence[Archived]) -> Commit:
    """The next records of a unit, whose last is its run; the project must be as it was when the unit was read.

    Raises NotFound, FailedPrecondition (PROJECT_DELETING).
    """
    known.lasting_project(view, project)
    missing = [one for one in unit if view.get(one.ref) is None]
    now, last = missing[:RECALLED], len(missing) <= RECALLED
    there = [one.ref for one in unit if last and view.get(one.ref) is not None][: RECALLED + 30 - len(now)]
    expects = (
        Expect(project_ref(project), read_at),
        *(Expect(one.ref, 0) for one in now),
        *(Expect(ref, view.revision_of(ref)) for ref in there),
    )
    return Commit(puts=tuple(Put(one.ref, one.value, unknown=one.unknown) for one in now), expects=expects)


# ---- what archived records are shown as, and found by


def stage_shown(found: Archived) -> StageShown:
    """A stage that has ended."""
    assert isinstance(found.value, Stage)
    return StageShown(found.value, found.revision)


def run_shown(found: Archived) -> RunShown:
    """A run that has ended; how far one came that did not succeed is not known any more."""
    run = found.value
    assert isinstance(run, Run) and run.end is not None
    state = RunState[run.end.name]
    return RunShown(run, found.revision, state, progress=1.0 if state is RunState.SUCCEEDED else None)
