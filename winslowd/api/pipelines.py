"""PipelineService. Reading and writing YAML is `winslow.pipelinefile`'s, in a thread: a hostile file takes seconds."""

# ruff: noqa: N802 - the contract names the methods

from __future__ import annotations

import asyncio
from typing import Any

from google.protobuf.empty_pb2 import Empty

from winslow import pipelinefile
from winslow.domain.pipeline import Pipeline, PipelineRecord
from winslow.pipelinefile import PipelineInvalid
from winslow.v1 import common_pb2, pipeline_pb2, pipeline_service_pb2_grpc
from winslow.v1 import pipeline_service_pb2 as pb
from winslow.wire import names
from winslow.wire.pipeline import spec_from_proto, spec_to_proto
from winslowd.api import decoding, encoding
from winslowd.api.call import asker, request_of
from winslowd.usecases import given
from winslowd.usecases.pipelines import PipelineChange, Pipelines, PipelineShown

PARTS = ("display_name", "description", "environment", "stages")


class PipelineService(pipeline_service_pb2_grpc.PipelineServiceServicer):
    def __init__(self, pipelines: Pipelines) -> None:
        self._pipelines = pipelines

    async def GetPipeline(self, request: pb.GetPipelineRequest, context: Any) -> pipeline_pb2.Pipeline:
        id_, version = names.parse_pipeline(request.name)
        return encoding.pipeline(self._pipelines.get(asker(), id_, version), with_version=version is not None)

    async def ListPipelines(self, request: pb.ListPipelinesRequest, context: Any) -> pb.ListPipelinesResponse:
        page = self._pipelines.list(asker(), decoding.ask(request))
        return pb.ListPipelinesResponse(
            pipelines=[encoding.pipeline(one) for one in page.items], next_page_token=page.next_page_token
        )

    async def ListPipelineVersions(
        self, request: pb.ListPipelineVersionsRequest, context: Any
    ) -> pb.ListPipelineVersionsResponse:
        id_, _ = names.parse_pipeline(request.parent)
        page = self._pipelines.versions(asker(), id_, decoding.ask(request))
        return pb.ListPipelineVersionsResponse(
            pipelines=[encoding.pipeline(one, with_version=True) for one in page.items],
            next_page_token=page.next_page_token,
        )

    async def CreatePipeline(self, request: pb.CreatePipelineRequest, context: Any) -> pipeline_pb2.Pipeline:
        spec = spec_from_proto(request.pipeline.spec)
        name = await self._pipelines.create(
            request_of(request), spec, request.pipeline_id, validate_only=request.validate_only
        )
        return _only_valid(name, spec) if request.validate_only else self._now(name)

    async def UpdatePipeline(self, request: pb.UpdatePipelineRequest, context: Any) -> pipeline_pb2.Pipeline:
        id_, _ = names.parse_pipeline(request.pipeline.name)
        change = _change(request)
        name = await self._pipelines.update(
            request_of(request), id_, change, request.expected_revision, validate_only=request.validate_only
        )
        return self._now(name)

    async def DeletePipeline(self, request: pb.DeletePipelineRequest, context: Any) -> Empty:
        id_, _ = names.parse_pipeline(request.name)
        await self._pipelines.delete(request_of(request), id_, request.expected_revision)
        return Empty()

    async def ParsePipeline(self, request: pb.ParsePipelineRequest, context: Any) -> pb.ParsePipelineResponse:
        try:
            found = await asyncio.to_thread(pipelinefile.parse, request.yaml)
        except PipelineInvalid as error:
            return pb.ParsePipelineResponse(
                problems=[
                    common_pb2.Problem(
                        reason=one.reason,
                        message=one.message,
                        path=one.path,
                        line=one.line,
                        column=one.column,
                        hint=one.hint,
                    )
                    for one in error.problems
                ]
            )
        return pb.ParsePipelineResponse(spec=spec_to_proto(found))

    async def RenderPipeline(self, request: pb.RenderPipelineRequest, context: Any) -> pb.RenderPipelineResponse:
        spec = given.pipeline(spec_from_proto(request.spec))
        return pb.RenderPipelineResponse(yaml=await asyncio.to_thread(pipelinefile.render, spec))

    def _now(self, name: str) -> pipeline_pb2.Pipeline:
        return encoding.pipeline(self._pipelines.get(asker(), names.parse_pipeline(name).pipeline))


def _change(request: pb.UpdatePipelineRequest) -> PipelineChange:
    """A mask names parts of the spec, or all of it as `spec`; without one the spec that is set takes the old one's place."""
    mask = [path.removeprefix("spec.") for path in request.update_mask.paths if path != "spec"]
    whole = "spec" in request.update_mask.paths or not mask
    fields = frozenset(PARTS) if whole else decoding.masked(request.pipeline.spec, mask, PARTS)
    spec = spec_from_proto(request.pipeline.spec)
    return PipelineChange(
        name=spec.name if "display_name" in fields else None,
        description=spec.description if "description" in fields else None,
        environment=dict(spec.environment) if "environment" in fields else None,
        stages=spec.stages if "stages" in fields else None,
    )


def _only_valid(name: str, spec: Pipeline) -> pipeline_pb2.Pipeline:
    """What would have been made."""
    record = PipelineRecord(names.parse_pipeline(name).pipeline, 1, spec, asker().name, 0.0)
    return encoding.pipeline(PipelineShown(record, 0))
