"""Stored pipelines: presets with versions. Projects copy them, so nothing done here changes a project.

Each has a record of its latest version and one for every version that there was.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from winslow.domain.pipeline import Pipeline, PipelineId, PipelineRecord, StageDefinition
from winslow.domain.principal import Principal
from winslow.domain.records import Commit, Expect, Kind, Put, Ref, pipeline_ref, pipeline_version_ref
from winslow.domain.view import View
from winslow.errors import AlreadyExists
from winslow.ports import Clock, Store
from winslowd.usecases import given, known
from winslowd.usecases.listing import Ask, Listing, Page
from winslowd.usecases.requests import Request, expect, in_batches, once


@dataclass(frozen=True, slots=True)
class PipelineShown:
    """A version of a pipeline with its revision; `used_by` counts the projects made from it, whatever the version."""

    record: PipelineRecord
    revision: int
    used_by: int = 0


@dataclass(frozen=True, slots=True)
class PipelineChange:
    """What to change of a pipeline; None leaves it as it is."""

    name: str | None = None
    description: str | None = None
    environment: dict[str, str] | None = None
    stages: tuple[StageDefinition, ...] | None = None


LISTING: Listing[PipelineShown] = Listing(
    name=lambda shown: shown.record.id,
    order="display_name",
    orders={
        "display_name": lambda shown: shown.record.pipeline.name.lower(),
        "create_time": lambda shown: shown.record.created_at,
    },
    fields={
        "display_name": lambda shown: (shown.record.pipeline.name,),
        "author": lambda shown: (shown.record.author,),
    },
)

VERSIONS: Listing[PipelineShown] = Listing(
    name=lambda shown: f"{shown.record.version:08d}",
    order="version desc",
    orders={"version": lambda shown: shown.record.version},
    fields={"author": lambda shown: (shown.record.author,)},
)


@dataclass(frozen=True, slots=True)
class Pipelines:
    """The use cases of stored pipelines."""

    store: Store
    clock: Clock

    # ---- looking

    def get(self, asker: Principal, id_: PipelineId, version: int | None = None) -> PipelineShown:
        """Raises NotFound (PIPELINE_UNKNOWN, PIPELINE_VERSION_UNKNOWN)."""
        view = self.store.view
        return shown(view, known.pipeline(view, id_, version))

    def list(self, asker: Principal, ask: Ask) -> Page[PipelineShown]:
        """The latest version of each, by name."""
        view = self.store.view
        records = [found.value for found in view.all(Kind.PIPELINE).values()]
        return LISTING.page([shown(view, one) for one in records if isinstance(one, PipelineRecord)], ask)

    def versions(self, asker: Principal, id_: PipelineId, ask: Ask) -> Page[PipelineShown]:
        """All versions of one, newest first. Raises NotFound (PIPELINE_UNKNOWN)."""
        view = self.store.view
        known.pipeline(view, id_)
        found = [(ref, view.get(ref)) for ref in _version_refs(view, id_)]
        return VERSIONS.page(
            [
                PipelineShown(one.value, one.revision)
                for _, one in found
                if one and isinstance(one.value, PipelineRecord)
            ],
            ask,
        )

    # ---- changing

    async def create(self, request: Request, pipeline: Pipeline, id_: str = "", *, validate_only: bool = False) -> str:
        """Raises InvalidArgument (PIPELINE_INVALID, ID_INVALID), AlreadyExists (PIPELINE_EXISTS)."""
        given.pipeline(pipeline)
        chosen = PipelineId(given.new_id("pipeline", id_ or given.slug(pipeline.name)))

        def decide(view: View) -> tuple[Commit, str]:
            if view.get(pipeline_ref(chosen)):
                raise _exists(chosen)
            record = PipelineRecord(chosen, 1, pipeline, request.principal.name, self.clock())
            return _stored(record, Expect(pipeline_ref(chosen), 0)), f"pipelines/{chosen}"

        if validate_only:
            return decide(self.store.view)[1]
        return await once(self.store, request, decide)

    async def update(
        self,
        request: Request,
        id_: PipelineId,
        change: PipelineChange,
        expected: int = 0,
        *,
        validate_only: bool = False,
    ) -> str:
        """A new version, unless nothing changes. Raises NotFound, InvalidArgument (PIPELINE_INVALID)."""

        def decide(view: View) -> tuple[Commit, str]:
            before = known.pipeline(view, id_)
            expectation = expect(view, pipeline_ref(id_), expected)
            pipeline = given.pipeline(_changed(before.pipeline, change))
            if pipeline == before.pipeline:
                return Commit(), f"pipelines/{id_}"
            record = PipelineRecord(id_, before.version + 1, pipeline, request.principal.name, self.clock())
            return _stored(record, expectation), f"pipelines/{id_}"

        if validate_only:
            return decide(self.store.view)[1]
        return await once(self.store, request, decide)

    async def delete(self, request: Request, id_: PipelineId, expected: int = 0) -> str:
        """All versions; cut off, a repetition goes on. Raises NotFound (PIPELINE_UNKNOWN)."""
        view = self.store.view
        if view.get(pipeline_ref(id_)) is not None:
            expect(view, pipeline_ref(id_), expected)
        refs = [*_version_refs(view, id_), pipeline_ref(id_)]

        def decide(view: View, batch: Sequence[Ref]) -> tuple[Commit, str]:
            known.pipeline(view, id_)
            expectation = expect(view, pipeline_ref(id_), expected)
            return Commit(deletes=tuple(batch), expects=(expectation,)), f"pipelines/{id_}"

        return await in_batches(self.store, request, refs, decide)


def shown(view: View, record: PipelineRecord) -> PipelineShown:
    """A version as people see it."""
    revision = view.revision_of(pipeline_ref(record.id))
    latest = view.get(pipeline_ref(record.id))
    if latest is None or latest.value != record:
        revision = view.revision_of(pipeline_version_ref(record.id, record.version))
    return PipelineShown(record, revision, view.made_of(record.id))


def _version_refs(view: View, id_: str) -> list[Ref]:
    keys = (key for key in view.all(Kind.PIPELINE_VERSION) if key.startswith(f"{id_}/"))
    return [Ref(Kind.PIPELINE_VERSION, key) for key in sorted(keys)]


def _stored(record: PipelineRecord, latest: Expect) -> Commit:
    version = pipeline_version_ref(record.id, record.version)
    return Commit(
        puts=(Put(pipeline_ref(record.id), record), Put(version, record)), expects=(latest, Expect(version, 0))
    )


def _changed(before: Pipeline, change: PipelineChange) -> Pipeline:
    return replace(
        before,
        name=before.name if change.name is None else change.name,
        description=before.description if change.description is None else change.description,
        environment=before.environment if change.environment is None else change.environment,
        stages=before.stages if change.stages is None else change.stages,
    )


def _exists(id_: str) -> AlreadyExists:
    return AlreadyExists(
        f"There is a pipeline {id_} already",
        reason="PIPELINE_EXISTS",
        subject=f"pipelines/{id_}",
        hint=f"Update it, or choose another id; delete it with: winslowctl pipeline delete {id_}",
    )
