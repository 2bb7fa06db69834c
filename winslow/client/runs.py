"""Runs and what people say to them, over the wire."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from winslow.client import naming
from winslow.client.calls import Calls
from winslow.v1 import run_service_pb2 as pb
from winslow.v1.run_pb2 import Comment, Override, Run, RunMode

RUN_ON = RunMode.RUN_MODE_RUN_ON
ONE_STAGE = RunMode.RUN_MODE_ONE_STAGE
AS_IT_IS = RunMode.RUN_MODE_UNSPECIFIED


class Runs:
    """What RunService offers for runs; a run is named `projects/P/runs/R`, R being `-` for all active ones where said."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def get(self, run: str) -> Run:
        return self._calls.unary("RunService/GetRun", pb.GetRunRequest(name=naming.run(run)), Run)

    def list(self, project: str, filter: str = "") -> Iterator[Run]:
        """A project's runs, newest first."""
        request = pb.ListRunsRequest(parent=naming.project(project), filter=filter)
        return self._calls.pages("RunService/ListRuns", request, pb.ListRunsResponse, "runs")

    def start(
        self,
        project: str,
        *,
        start: Iterable[str] = (),
        parent: str | None = None,
        mode: RunMode = RUN_ON,
        overrides: Mapping[str, Override] | None = None,
        comment: str = "",
        expected_revision: int = 0,
        request_id: str = "",
    ) -> Run:
        """Walk the pipeline from the definitions in `start` (none: its first ones).

        `parent` is the attempt whose workspace is begun with: None lets the server choose the latest success before, ""
        is the zeroth workspace. `overrides` are by definition.
        """
        request = pb.StartRunRequest(
            request_id=request_id,
            project=naming.project(project),
            start=start,
            parent=naming.stage(parent) if parent else parent,
            mode=mode,
            overrides=overrides,
            comment=comment,
            expected_revision=expected_revision,
        )
        return self._calls.unary("RunService/StartRun", request, Run)

    def redo(
        self,
        stage: str,
        *,
        mode: RunMode = RUN_ON,
        overrides: Mapping[str, Override] | None = None,
        unset_environment: Iterable[str] = (),
        comment: str = "",
        expected_revision: int = 0,
        request_id: str = "",
    ) -> Run:
        """The same stage again beside that attempt, with what was submitted for it, changed by `overrides`.

        What was submitted for variables in `unset_environment` is not now: what is defined holds for them again.
        `stage` is a whole name, `projects/P/stages/S`.
        """
        request = pb.StartRunRequest(
            request_id=request_id,
            project=naming.project_of(naming.stage(stage)),
            redo=stage,
            mode=mode,
            overrides=overrides,
            unset_environment=unset_environment,
            comment=comment,
            expected_revision=expected_revision,
        )
        return self._calls.unary("RunService/StartRun", request, Run)

    def preview(
        self,
        project: str,
        *,
        start: Iterable[str] = (),
        parent: str | None = None,
        mode: RunMode = RUN_ON,
        redo: str = "",
    ) -> pb.PreviewRunResponse:
        """What `start` or `redo` would execute, leave and make stale; changes nothing."""
        request = pb.PreviewRunRequest(
            project=naming.project(project), start=start, parent=parent, mode=mode, redo=redo
        )
        return self._calls.unary("RunService/PreviewRun", request, pb.PreviewRunResponse)

    def pause(self, run: str, *, comment: str = "", expected_revision: int = 0, request_id: str = "") -> Run:
        """Go no further after what is running now. `projects/P/runs/-`: all active runs."""
        request = pb.PauseRunRequest(
            request_id=request_id, name=naming.run(run), comment=comment, expected_revision=expected_revision
        )
        return self._calls.unary("RunService/PauseRun", request, Run)

    def resume(
        self,
        run: str,
        *,
        mode: RunMode = AS_IT_IS,
        overrides: Mapping[str, Override] | None = None,
        expected_revision: int = 0,
        request_id: str = "",
    ) -> Run:
        """Go on; after a failure, by trying again. `projects/P/runs/-`: all active runs."""
        request = pb.ResumeRunRequest(
            request_id=request_id,
            name=naming.run(run),
            mode=mode,
            overrides=overrides,
            expected_revision=expected_revision,
        )
        return self._calls.unary("RunService/ResumeRun", request, Run)

    def answer(
        self,
        run: str,
        definition: str = "",
        *,
        override: Override | None = None,
        mode: RunMode = AS_IT_IS,
        expected_revision: int = 0,
        request_id: str = "",
    ) -> Run:
        """Confirm at a gate and fill in its variables, which are in the override's environment."""
        request = pb.AnswerGateRequest(
            request_id=request_id,
            name=naming.run(run),
            definition=definition,
            override=override,
            mode=mode,
            expected_revision=expected_revision,
        )
        return self._calls.unary("RunService/AnswerGate", request, Run)

    def skip(self, run: str, definition: str, *, expected_revision: int = 0, request_id: str = "") -> Run:
        """Go on as if the definition had succeeded without doing anything."""
        request = pb.SkipStageRequest(
            request_id=request_id, name=naming.run(run), definition=definition, expected_revision=expected_revision
        )
        return self._calls.unary("RunService/SkipStage", request, Run)

    def comment(self, run: str, text: str, *, request_id: str = "") -> Comment:
        request = pb.CreateCommentRequest(request_id=request_id, parent=naming.run(run), comment=Comment(text=text))
        return self._calls.unary("RunService/CreateComment", request, Comment)

    def comments(self, run: str) -> Iterator[Comment]:
        """Oldest first."""
        request = pb.ListCommentsRequest(parent=naming.run(run))
        return self._calls.pages("RunService/ListComments", request, pb.ListCommentsResponse, "comments")
