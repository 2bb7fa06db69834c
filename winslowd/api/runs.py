"""RunService: runs, their comments, and sweeps."""

# ruff: noqa: N802 - the contract names the methods

from __future__ import annotations

import contextlib
from typing import Any

from winslow.domain.pipeline import DefinitionName
from winslow.domain.project import RunMode
from winslow.errors import NotFound
from winslow.v1 import run_pb2, run_service_pb2_grpc, sweep_pb2
from winslow.v1 import run_service_pb2 as pb
from winslow.wire import names
from winslow.wire.enums import RUN_MODE
from winslow.wire.run import override_from_proto, overrides_from_proto
from winslow.wire.sweep import axis_from_proto, axis_to_proto
from winslow.wire.times import duration
from winslowd.api import decoding, encoding
from winslowd.api.call import asker, request_of
from winslowd.usecases.all import UseCases
from winslowd.usecases.beginnings import Start
from winslowd.usecases.runs import GateAnswer
from winslowd.usecases.sweeps import NewSweep


class RunService(run_service_pb2_grpc.RunServiceServicer):
    def __init__(self, use_cases: UseCases) -> None:
        self._store = use_cases.store
        self._runs = use_cases.runs
        self._sweeps = use_cases.sweeps
        self._files = use_cases.files

    # ---- runs

    async def GetRun(self, request: pb.GetRunRequest, context: Any) -> run_pb2.Run:
        return await self._now(request.name)

    async def ListRuns(self, request: pb.ListRunsRequest, context: Any) -> pb.ListRunsResponse:
        page = await self._runs.list(asker(), names.parse_project(request.parent), decoding.ask(request))
        return pb.ListRunsResponse(runs=[encoding.run(one) for one in page.items], next_page_token=page.next_page_token)

    async def StartRun(self, request: pb.StartRunRequest, context: Any) -> run_pb2.Run:
        project = names.parse_project(request.project)
        ask = Start(
            start=tuple(DefinitionName(name) for name in request.start),
            parent=decoding.parent(request),
            redo=decoding.stage_name(request.redo)[1] if request.redo else None,
            overrides=overrides_from_proto(request.overrides),
            unset=tuple(request.unset_environment),
            mode=RUN_MODE.from_proto(request.mode),
            comment=request.comment,
        )
        return await self._now(await self._runs.start(request_of(request), project, ask, request.expected_revision))

    async def PreviewRun(self, request: pb.PreviewRunRequest, context: Any) -> pb.PreviewRunResponse:
        project = names.parse_project(request.project)
        ask = Start(
            start=tuple(DefinitionName(name) for name in request.start),
            parent=decoding.parent(request),
            redo=decoding.stage_name(request.redo)[1] if request.redo else None,
            mode=RUN_MODE.from_proto(request.mode),
        )
        preview, _ = await self._runs.preview(asker(), project, ask)
        parent = names.stage(project, preview.parent) if preview.parent else ""
        return pb.PreviewRunResponse(
            definitions=preview.definitions,
            parent=parent,
            inherited={name: names.stage(project, stage) for name, stage in preview.inherited.items()},
            stale_stages=[names.stage(project, stage) for stage in preview.stale],
            estimated_duration=duration(preview.duration) if preview.duration is not None else None,
            workspace_size=await self._size(f"{parent or f'projects/{project}'}/workspace"),
        )

    async def _size(self, path: str) -> int:
        with contextlib.suppress(NotFound):
            return (await self._files.usage(asker(), path)).size
        return 0

    async def PauseRun(self, request: pb.PauseRunRequest, context: Any) -> run_pb2.Run:
        project, run = decoding.run_name(request.name)
        name = await self._runs.pause(request_of(request), project, run, request.comment, request.expected_revision)
        return await self._now(name)

    async def ResumeRun(self, request: pb.ResumeRunRequest, context: Any) -> run_pb2.Run:
        project, run = decoding.run_name(request.name)
        overrides = overrides_from_proto(request.overrides)
        name = await self._runs.resume(
            request_of(request), project, run, decoding.mode(request.mode), overrides, request.expected_revision
        )
        return await self._now(name)

    async def AnswerGate(self, request: pb.AnswerGateRequest, context: Any) -> run_pb2.Run:
        project, run = names.parse_run(request.name)
        answer = GateAnswer(
            definition=DefinitionName(request.definition) if request.definition else None,
            override=override_from_proto(request.override),
            mode=decoding.mode(request.mode),
        )
        return await self._now(
            await self._runs.answer(request_of(request), project, run, answer, request.expected_revision)
        )

    async def SkipStage(self, request: pb.SkipStageRequest, context: Any) -> run_pb2.Run:
        project, run = names.parse_run(request.name)
        definition = DefinitionName(request.definition)
        name = await self._runs.skip(request_of(request), project, run, definition, request.expected_revision)
        return await self._now(name)

    async def _now(self, name: str) -> run_pb2.Run:
        project, run = decoding.run_name(name)
        return encoding.run(await self._runs.get(asker(), project, run))

    # ---- comments

    async def CreateComment(self, request: pb.CreateCommentRequest, context: Any) -> run_pb2.Comment:
        project, run = names.parse_run(request.parent)
        name = await self._runs.comment(request_of(request), project, run, request.comment.text)
        made = await self._runs.get_comment(asker(), *names.parse_comment(name))
        return encoding.comment(self._store.view, made)

    async def ListComments(self, request: pb.ListCommentsRequest, context: Any) -> pb.ListCommentsResponse:
        project, run = names.parse_run(request.parent)
        page = await self._runs.comments(asker(), project, run, decoding.ask(request))
        return pb.ListCommentsResponse(
            comments=[encoding.comment(self._store.view, one) for one in page.items],
            next_page_token=page.next_page_token,
        )

    # ---- sweeps

    async def PreviewSweep(self, request: pb.PreviewSweepRequest, context: Any) -> pb.PreviewSweepResponse:
        axes = tuple(axis_from_proto(axis) for axis in request.axes)
        project = names.parse_project(request.project)
        count = self._sweeps.preview(asker(), project, DefinitionName(request.start), axes)
        return pb.PreviewSweepResponse(count=count, axes=[axis_to_proto(axis) for axis in axes])

    async def StartSweep(self, request: pb.StartSweepRequest, context: Any) -> sweep_pb2.Sweep:
        new = NewSweep(
            start=DefinitionName(request.start),
            axes=tuple(axis_from_proto(axis) for axis in request.axes),
            mode=decoding.mode(request.mode) or RunMode.ONE_STAGE,
            keep_going=not request.stop_on_failure,
            parent=decoding.parent(request),
            override=override_from_proto(request.override),
            comment=request.comment,
            expected_count=request.expected_count,
        )
        project = names.parse_project(request.project)
        return self._sweep(await self._sweeps.start(request_of(request), project, new, request.expected_revision))

    async def GetSweep(self, request: pb.GetSweepRequest, context: Any) -> sweep_pb2.Sweep:
        return self._sweep(request.name)

    async def ListSweeps(self, request: pb.ListSweepsRequest, context: Any) -> pb.ListSweepsResponse:
        page = self._sweeps.list(asker(), names.parse_project(request.parent), decoding.ask(request))
        return pb.ListSweepsResponse(
            sweeps=[encoding.sweep(one) for one in page.items], next_page_token=page.next_page_token
        )

    async def StopSweep(self, request: pb.StopSweepRequest, context: Any) -> sweep_pb2.Sweep:
        project, sweep = names.parse_sweep(request.name)
        name = await self._sweeps.stop(
            request_of(request),
            project,
            sweep,
            abort_stages=request.abort_stages,
            expected=request.expected_revision,
        )
        return self._sweep(name)

    def _sweep(self, name: str) -> sweep_pb2.Sweep:
        return encoding.sweep(self._sweeps.get(asker(), *names.parse_sweep(name)))
