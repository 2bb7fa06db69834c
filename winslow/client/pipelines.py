"""Pipelines, over the wire. Reading and writing pipeline files needs no server: `winslow.pipelinefile`."""

from __future__ import annotations

from collections.abc import Iterator

from google.protobuf.empty_pb2 import Empty

from winslow.client import naming
from winslow.client.calls import Calls
from winslow.v1 import pipeline_service_pb2 as pb
from winslow.v1.pipeline_pb2 import Pipeline, PipelineSpec


class Pipelines:
    """What PipelineService offers; a pipeline is named `traffic`, or `traffic@3` for one version."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def get(self, pipeline: str) -> Pipeline:
        """The latest version, or the one that is named."""
        request = pb.GetPipelineRequest(name=naming.pipeline(pipeline))
        return self._calls.unary("PipelineService/GetPipeline", request, Pipeline)

    def list(self, filter: str = "") -> Iterator[Pipeline]:
        request = pb.ListPipelinesRequest(filter=filter)
        return self._calls.pages("PipelineService/ListPipelines", request, pb.ListPipelinesResponse, "pipelines")

    def versions(self, pipeline: str) -> Iterator[Pipeline]:
        """All versions, newest first."""
        request = pb.ListPipelineVersionsRequest(parent=naming.pipeline(pipeline))
        return self._calls.pages(
            "PipelineService/ListPipelineVersions", request, pb.ListPipelineVersionsResponse, "pipelines"
        )

    def create(
        self, spec: PipelineSpec, *, pipeline_id: str = "", validate_only: bool = False, request_id: str = ""
    ) -> Pipeline:
        request = pb.CreatePipelineRequest(
            request_id=request_id, pipeline_id=pipeline_id, pipeline=Pipeline(spec=spec), validate_only=validate_only
        )
        return self._calls.unary("PipelineService/CreatePipeline", request, Pipeline)

    def update(
        self, pipeline: str, spec: PipelineSpec, *, expected_revision: int = 0, request_id: str = ""
    ) -> Pipeline:
        """Make a new version; projects keep their copies."""
        request = pb.UpdatePipelineRequest(
            request_id=request_id,
            pipeline=Pipeline(name=naming.pipeline(pipeline), spec=spec),
            expected_revision=expected_revision,
        )
        return self._calls.unary("PipelineService/UpdatePipeline", request, Pipeline)

    def delete(self, pipeline: str, *, expected_revision: int = 0, request_id: str = "") -> None:
        """All versions; projects keep their copies."""
        request = pb.DeletePipelineRequest(
            request_id=request_id, name=naming.pipeline(pipeline), expected_revision=expected_revision
        )
        self._calls.unary("PipelineService/DeletePipeline", request, Empty)
