"""StageService."""

# ruff: noqa: N802 - the contract names the methods

from __future__ import annotations

import stat
from typing import Any

from winslow.domain.stage import Stage, StageId
from winslow.ports import Entry, Listed
from winslow.v1 import election_pb2, file_pb2, stage_pb2, stage_service_pb2_grpc
from winslow.v1 import stage_service_pb2 as pb
from winslow.wire import names
from winslow.wire.election import bid_to_proto
from winslow.wire.file import file_to_proto
from winslow.wire.reading import reading_to_proto
from winslow.wire.stage import reason_to_proto
from winslowd.api import decoding, encoding
from winslowd.api.call import asker, request_of
from winslowd.usecases.comparing import Comparing, Comparison, Difference
from winslowd.usecases.explaining import Explaining
from winslowd.usecases.readings import Readings
from winslowd.usecases.retention import Retention
from winslowd.usecases.stages import Stages
from winslowd.usecases.workspaces import Workspaces


class StageService(stage_service_pb2_grpc.StageServiceServicer):
    def __init__(
        self,
        stages: Stages,
        workspaces: Workspaces,
        explaining: Explaining,
        comparing: Comparing,
        readings: Readings,
        retention: Retention,
    ) -> None:
        self._stages = stages
        self._workspaces = workspaces
        self._explaining = explaining
        self._comparing = comparing
        self._readings = readings
        self._retention = retention

    async def GetStage(self, request: pb.GetStageRequest, context: Any) -> stage_pb2.Stage:
        return await self._now(request.name)

    async def ListStages(self, request: pb.ListStagesRequest, context: Any) -> pb.ListStagesResponse:
        page = await self._stages.list(asker(), names.parse_projects(request.parent), decoding.ask(request))
        return pb.ListStagesResponse(
            stages=[encoding.stage(one) for one in page.items], next_page_token=page.next_page_token
        )

    async def AbortStage(self, request: pb.AbortStageRequest, context: Any) -> stage_pb2.Stage:
        if every := decoding.all_stages_of(request.name):
            return await self._now(await self._stages.abort_all(request_of(request), every))
        project, stage = decoding.stage_name(request.name)
        return await self._now(await self._stages.abort(request_of(request), project, stage, request.expected_revision))

    async def PinStage(self, request: pb.PinStageRequest, context: Any) -> stage_pb2.Stage:
        project, stage = decoding.stage_name(request.name)
        name = await self._stages.pin(
            request_of(request), project, stage, pinned=request.pinned, expected=request.expected_revision
        )
        return await self._now(name)

    async def MaterializeWorkspace(self, request: pb.MaterializeWorkspaceRequest, context: Any) -> stage_pb2.Stage:
        project, stage = decoding.stage_name(request.name)
        return await self._now(await self._workspaces.materialize(request_of(request), project, stage))

    async def DropWorkspace(self, request: pb.DropWorkspaceRequest, context: Any) -> stage_pb2.Stage:
        project, stage = decoding.stage_name(request.name)
        return await self._now(
            await self._retention.drop(request_of(request), project, stage, request.expected_revision)
        )

    async def ExplainStage(self, request: pb.ExplainStageRequest, context: Any) -> election_pb2.Explanation:
        found = await self._explaining.explain(asker(), *decoding.stage_name(request.name))
        return election_pb2.Explanation(
            stage=names.stage(found.stage.project, found.stage.id),
            reason=reason_to_proto(found.reason),
            remedies=found.remedies,
            queue_position=found.position,
            queue_length=found.length,
            bids=[bid_to_proto(answer) for answer in found.answers],
            warnings=found.warnings,
        )

    async def CompareStages(self, request: pb.CompareStagesRequest, context: Any) -> pb.CompareStagesResponse:
        before, after = decoding.stage_name(request.before), decoding.stage_name(request.after)
        found = await self._comparing.compare(asker(), before, after, decoding.ask(request))
        return pb.CompareStagesResponse(
            environment=[_difference(one) for one in found.environment],
            results=[_difference(one) for one in found.results],
            definition=[_difference(one) for one in found.definition],
            files=_files(found),
            next_page_token=found.next_page_token,
            unknown=[_name_of(found, stage) for stage in found.unknown],
        )

    async def ListStageReadings(
        self, request: pb.ListStageReadingsRequest, context: Any
    ) -> pb.ListStageReadingsResponse:
        page = await self._readings.of_stage(asker(), *decoding.stage_name(request.name), decoding.ask(request))
        return pb.ListStageReadingsResponse(
            readings=[reading_to_proto(one) for one in page.items], next_page_token=page.next_page_token
        )

    async def _now(self, name: str) -> stage_pb2.Stage:
        return encoding.stage(await self._stages.get(asker(), *decoding.stage_name(name)))


def _difference(one: Difference) -> pb.CompareStagesResponse.Difference:
    return pb.CompareStagesResponse.Difference(key=one.key, before=one.before, after=one.after)


def _name_of(found: Comparison, stage: StageId) -> str:
    one = found.before if found.before.id == stage else found.after
    return names.stage(one.project, one.id)


def _files(found: Comparison) -> list[pb.CompareStagesResponse.FileDifference]:
    return [
        pb.CompareStagesResponse.FileDifference(
            path=one.path,
            before=_file(found.before, one.path, one.before),
            after=_file(found.after, one.path, one.after),
        )
        for one in found.files
    ]


def _file(of: Stage, path: str, listed: Listed | None) -> file_pb2.File | None:
    if listed is None:
        return None
    kind = "other" if listed.kind == "special" else listed.kind
    executable = kind == "file" and bool(listed.mode & stat.S_IXUSR)
    entry = Entry(path.rpartition("/")[2], kind, listed.size, listed.time / 1e9, executable)
    message = file_to_proto(entry, f"{names.stage(of.project, of.id)}/{path}")
    message.sha256 = listed.sha256
    return message
