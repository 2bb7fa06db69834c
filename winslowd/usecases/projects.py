"""Projects as people make and change them. What is executed in them is `runs`'.

A project is made with its own copy of a pipeline and a random tail in its id; its directories are made before its
record, so that whoever sees the project can put files into it. Deleting only marks it: the janitor does the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from winslow.domain.lifecycle import AbortRequested, advance
from winslow.domain.pipeline import NO_PIPELINE, DefinitionName, Pipeline, PipelineId, PipelineRecord, UserInput
from winslow.domain.principal import Principal
from winslow.domain.project import Override, Project
from winslow.domain.records import Commit, Expect, Kind, Put, project_ref, stage_ref
from winslow.domain.stage import ProjectId, Stage
from winslow.domain.view import View
from winslow.errors import AlreadyExists, FailedPrecondition, Unavailable
from winslow.ports import Clock, Quotas, Store, Workspaces
from winslowd.usecases import given, known
from winslowd.usecases.derivations import Derivations
from winslowd.usecases.derived import ProjectShown
from winslowd.usecases.listing import Ask, Listing, Page
from winslowd.usecases.requests import BATCH, Request, answered, expect, once

NewSuffix = Callable[[], str]
"""Six random characters of small letters and the digits 2 to 7, another each time."""


@dataclass(frozen=True, slots=True)
class NewProject:
    """What a project is made from: `pipeline`, a copy of the stored one called `source`, or neither yet.

    `id` "" makes one of the name.
    """

    display_name: str
    id: str = ""
    pipeline: Pipeline | None = None
    source: PipelineId | None = None
    source_version: int | None = None
    description: str = ""
    tags: frozenset[str] = frozenset()
    participants: frozenset[str] = frozenset()
    priority: int = 0
    quota: int = 0


@dataclass(frozen=True, slots=True)
class ProjectChange:
    """What to change of a project; None leaves it as it is."""

    display_name: str | None = None
    description: str | None = None
    tags: frozenset[str] | None = None
    participants: frozenset[str] | None = None
    pipeline: Pipeline | None = None
    priority: int | None = None
    quota: int | None = None


@dataclass(frozen=True, slots=True)
class Configuration:
    """A lasting change of one stage definition of a project."""

    definition: DefinitionName
    override: Override
    unset: tuple[str, ...] = ()
    user_input: UserInput | None = None


LISTING: Listing[ProjectShown] = Listing(
    name=lambda shown: shown.project.id,
    order="activity_time desc",
    orders={
        "display_name": lambda shown: shown.project.name.lower(),
        "create_time": lambda shown: shown.project.created_at,
        "activity_time": lambda shown: shown.activity_at,
    },
    fields={
        "display_name": lambda shown: (shown.project.name,),
        "name": lambda shown: (f"projects/{shown.project.id}", shown.project.id),
        "state": lambda shown: (shown.status.state.value,),
        "tags": lambda shown: shown.project.tags,
        "author": lambda shown: (shown.project.author,),
        "participants": lambda shown: shown.project.participants,
        "source": lambda shown: (f"pipelines/{shown.project.source}", shown.project.source or ""),
    },
)


@dataclass(frozen=True, slots=True)
class Projects:
    """The use cases of projects. Changes raise NotFound (PROJECT_UNKNOWN) and FailedPrecondition (PROJECT_DELETING)."""

    store: Store
    clock: Clock
    new_suffix: NewSuffix
    workspaces: Workspaces
    quotas: Quotas
    derivations: Derivations

    # ---- looking

    def get(self, asker: Principal, id_: ProjectId) -> ProjectShown:
        """Raises NotFound (PROJECT_UNKNOWN)."""
        return self.derivations.project(known.project(self.store.view, id_))

    async def list(self, asker: Principal, ask: Ask) -> Page[ProjectShown]:
        """Those with the latest activity first. Raises what `Listing.page` raises."""
        LISTING.query(ask)  # what cannot be asked is refused before anything is looked at
        return LISTING.page(await self.derivations.projects(), ask)

    # ---- making and changing

    async def create(self, request: Request, new: NewProject) -> str:
        """The new project's name. Raises AlreadyExists (PROJECT_EXISTS), NotFound (PIPELINE_UNKNOWN), InvalidArgument."""
        before = answered(self.store.view, request)
        if before is not None:
            return before
        project = self._made(request.principal, new)
        await self.workspaces.make_project(project.id, project.suffix)
        if project.quota:
            await self.quotas.set(project.id, project.quota)
        ref = project_ref(project.id)

        def decide(view: View) -> tuple[Commit, str]:
            if view.project(project.id):
                raise _exists(project.id)
            return Commit(puts=(Put(ref, project),), expects=(Expect(ref, 0),)), f"projects/{project.id}"

        return await once(self.store, request, decide)

    async def update(self, request: Request, id_: ProjectId, change: ProjectChange, expected: int = 0) -> str:
        """Raises InvalidArgument, FailedPrecondition (DEFINITION_RUNNING) for a pipeline without a stage that is live.

        A quota is on the volume when this returns, or as soon as the volume can be reached; PermissionDenied
        (QUOTA_FORBIDDEN) says that the volume will never keep to it.
        """
        name = await self._change(request, id_, lambda view, project: _updated(view, project, change), expected)
        if change.quota is not None:
            with suppress(Unavailable):  # the quartermaster sees to it later
                await self.quotas.set(id_, known.project(self.store.view, id_).quota)
        return name

    async def tag(self, request: Request, id_: ProjectId, add: Iterable[str], remove: Iterable[str]) -> str:
        """Add and remove tags, whatever others do to them meanwhile."""
        added, removed = given.words("tags", add), given.words("tags", remove)
        return await self._change(
            request, id_, lambda view, project: replace(project, tags=(project.tags | added) - removed)
        )

    async def assign(
        self, request: Request, id_: ProjectId, pipeline: PipelineId, version: int | None = None, expected: int = 0
    ) -> str:
        """Put a fresh copy of a stored pipeline in place of the project's own."""

        def assigned(view: View, project: Project) -> Project:
            record = known.pipeline(view, pipeline, version)
            _keep_running(view, project, record.pipeline)
            return replace(project, pipeline=record.pipeline, source=record.id, source_version=record.version)

        return await self._change(request, id_, assigned, expected)

    async def configure(self, request: Request, id_: ProjectId, configuration: Configuration, expected: int = 0) -> str:
        """Change one definition of the project's own pipeline; nothing is run, and what has started stays as it is."""
        return await self._change(request, id_, lambda view, project: _configured(project, configuration), expected)

    async def delete(self, request: Request, id_: ProjectId, *, force: bool = False, expected: int = 0) -> str:
        """Mark it; the janitor removes it. Raises FailedPrecondition (PROJECT_BUSY) while stages live, unless `force` aborts them.

        Deleting what is being deleted changes nothing.
        """
        ref, by = project_ref(id_), request.principal.name

        def decide(view: View) -> tuple[Commit, str]:
            project = known.project(view, id_)
            live = [stage for stage in view.stages_of(id_) if stage.live]
            if live and not force and not project.deleting:
                raise _busy(project, live)
            if project.deleting:
                return Commit(), f"projects/{id_}"
            aborts = [stage for stage in live if not stage.stopped][:BATCH]  # the janitor sees to any more
            moved = [advance(stage, AbortRequested(by), self.clock()) for stage in aborts]
            puts = (Put(ref, replace(project, deleting=True)), *(Put(stage_ref(stage), stage) for stage in moved))
            stages = (Expect(stage_ref(stage), view.revision_of(stage_ref(stage))) for stage in aborts)
            return Commit(puts=puts, expects=(expect(view, ref, expected), *stages)), f"projects/{id_}"

        return await once(self.store, request, decide)

    # ---- inside

    def _made(self, by: Principal, new: NewProject) -> Project:
        name = given.display_name(new.display_name)
        suffix = self._free_suffix()
        id_ = given.new_id("project", new.id) if new.id else f"{given.slug(name)}-{suffix}"
        if self.store.view.project(id_):
            raise _exists(id_)
        source = known.pipeline(self.store.view, new.source, new.source_version) if new.source else None
        return Project(
            id=ProjectId(id_),
            name=name,
            pipeline=_pipeline_of(new, source),
            author=by.name,
            created_at=self.clock(),
            suffix=suffix,
            source=source.id if source else None,
            source_version=source.version if source else 0,
            tags=given.words("tags", new.tags),
            participants=given.words("participants", new.participants),
            description=given.text("description", new.description),
            priority=given.priority(new.priority),
            quota=given.quota(new.quota),
        )

    def _free_suffix(self) -> str:
        """One that no project has: stages' ids are made of it, and they are unique in the cluster."""
        projects = self.store.view.all(Kind.PROJECT).values()
        taken = {found.value.suffix for found in projects if isinstance(found.value, Project)}
        while (suffix := self.new_suffix()) in taken:
            continue
        return suffix

    async def _change(
        self, request: Request, id_: ProjectId, change: Callable[[View, Project], Project], expected: int = 0
    ) -> str:
        ref = project_ref(id_)

        def decide(view: View) -> tuple[Commit, str]:
            project = known.lasting_project(view, id_)
            expectation = expect(view, ref, expected)
            changed = change(view, project)
            if changed == project:
                return Commit(), f"projects/{id_}"
            return Commit(puts=(Put(ref, changed),), expects=(expectation,)), f"projects/{id_}"

        return await once(self.store, request, decide)


def _pipeline_of(new: NewProject, source: PipelineRecord | None) -> Pipeline:
    if source:
        return source.pipeline
    return NO_PIPELINE if new.pipeline is None else given.pipeline(new.pipeline)


def _updated(view: View, project: Project, change: ProjectChange) -> Project:
    if change.pipeline is not None:
        given.pipeline(change.pipeline)
        _keep_running(view, project, change.pipeline)
    return replace(
        project,
        name=project.name if change.display_name is None else given.display_name(change.display_name),
        description=(
            project.description if change.description is None else given.text("description", change.description)
        ),
        tags=project.tags if change.tags is None else given.words("tags", change.tags),
        participants=(
            project.participants if change.participants is None else given.words("participants", change.participants)
        ),
        pipeline=change.pipeline or project.pipeline,
        priority=project.priority if change.priority is None else given.priority(change.priority),
        quota=project.quota if change.quota is None else given.quota(change.quota),
    )


def _configured(project: Project, configuration: Configuration) -> Project:
    before = known.definition(project, configuration.definition)
    after = given.configured(before, configuration.override, configuration.unset)
    if configuration.user_input is not None:
        after = replace(after, user_input=configuration.user_input)
    stages = tuple(after if stage.name == before.name else stage for stage in project.pipeline.stages)
    return replace(project, pipeline=given.pipeline(replace(project.pipeline, stages=stages)))


def _keep_running(view: View, project: Project, pipeline: Pipeline) -> None:
    """A definition whose stage lives must stay: its run could not go on from a stage that it does not know."""
    live = [stage for stage in view.stages_of(project.id) if stage.live]
    for stage in live:
        if pipeline.stage(stage.definition.name) is None:
            raise FailedPrecondition(
                f"{stage.definition.name} is being executed by {stage.id}",
                reason="DEFINITION_RUNNING",
                subject=f"projects/{project.id}/stages/{stage.id}",
                hint=f"Wait for it, or abort it first: winslowctl stage abort {stage.id}",
            )


def _busy(project: Project, live: Sequence[Stage]) -> FailedPrecondition:
    return FailedPrecondition(
        f"{project.id} is running {', '.join(stage.id for stage in live[:3])}",
        reason="PROJECT_BUSY",
        subject=f"projects/{project.id}",
        hint="Abort them first, or delete it with force",
    )


def _exists(id_: str) -> AlreadyExists:
    return AlreadyExists(
        f"There is a project {id_} already",
        reason="PROJECT_EXISTS",
        subject=f"projects/{id_}",
        hint="Choose another id, or leave it out",
    )
