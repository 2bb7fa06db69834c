"""Stages, over the wire."""

from __future__ import annotations

from collections.abc import Iterator

from winslow.client import naming
from winslow.client.calls import Calls
from winslow.client.transfer import DIGEST_DEADLINE
from winslow.v1 import election_service_pb2
from winslow.v1 import stage_service_pb2 as pb
from winslow.v1.election_pb2 import Election, Explanation
from winslow.v1.node_pb2 import Reading
from winslow.v1.stage_pb2 import Stage


class Stages:
    """What StageService offers; a stage is named by its id, unique in the cluster, or `projects/P/stages/S`."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def get(self, stage: str) -> Stage:
        return self._calls.unary("StageService/GetStage", pb.GetStageRequest(name=naming.stage(stage)), Stage)

    def list(self, project: str = "-", filter: str = "", order_by: str = "") -> Iterator[Stage]:
        """A project's stages, oldest first; of all projects when none is named."""
        request = pb.ListStagesRequest(parent=naming.project(f"projects/{project.removeprefix('projects/')}"))
        request.filter, request.order_by = filter, order_by
        return self._calls.pages("StageService/ListStages", request, pb.ListStagesResponse, "stages")

    def abort(self, stage: str, *, expected_revision: int = 0, request_id: str = "") -> Stage:
        """Wherever it is on its way; aborting twice is aborting once. `projects/P/stages/-`: all that live."""
        name = stage if stage.endswith("/stages/-") else naming.stage(stage)
        request = pb.AbortStageRequest(request_id=request_id, name=name, expected_revision=expected_revision)
        return self._calls.unary("StageService/AbortStage", request, Stage)

    def pin(self, stage: str, pinned: bool = True, *, expected_revision: int = 0, request_id: str = "") -> Stage:
        """Keep its workspace whatever the retention policy says, or let it go again."""
        request = pb.PinStageRequest(
            request_id=request_id, name=naming.stage(stage), pinned=pinned, expected_revision=expected_revision
        )
        return self._calls.unary("StageService/PinStage", request, Stage)

    def materialize(self, stage: str, *, request_id: str = "") -> Stage:
        """Make a plain directory of its layered workspace; as long as that takes."""
        request = pb.MaterializeWorkspaceRequest(request_id=request_id, name=naming.stage(stage))
        return self._calls.unary("StageService/MaterializeWorkspace", request, Stage, deadline=DIGEST_DEADLINE)

    def drop_workspace(self, stage: str, *, expected_revision: int = 0, request_id: str = "") -> Stage:
        """Give up its workspace now, whatever the policy says; its output and log stay. Dropping twice is dropping once."""
        request = pb.DropWorkspaceRequest(
            request_id=request_id, name=naming.stage(stage), expected_revision=expected_revision
        )
        return self._calls.unary("StageService/DropWorkspace", request, Stage)

    def explain(self, stage: str) -> Explanation:
        """Why it waits, or where it was put and why there."""
        request = pb.ExplainStageRequest(name=naming.stage(stage))
        return self._calls.unary("StageService/ExplainStage", request, Explanation)

    def election(self, stage: str) -> Election:
        """The last search for its node."""
        request = election_service_pb2.GetElectionRequest(name=f"{naming.stage(stage)}/election")
        return self._calls.unary("ElectionService/GetElection", request, Election)

    def compare(self, before: str, after: str) -> pb.CompareStagesResponse:
        """What differs between two attempts, with all differing files."""
        request = pb.CompareStagesRequest(before=naming.stage(before), after=naming.stage(after), page_size=1000)

        def page() -> pb.CompareStagesResponse:
            return self._calls.unary(
                "StageService/CompareStages", request, pb.CompareStagesResponse, deadline=DIGEST_DEADLINE
            )

        whole = page()
        while whole.next_page_token:
            request.page_token = whole.next_page_token
            more = page()
            whole.files.extend(more.files)
            whole.next_page_token = more.next_page_token
        return whole

    def readings(self, stage: str) -> Iterator[Reading]:
        """What it used, from its cgroup."""
        request = pb.ListStageReadingsRequest(name=naming.stage(stage))
        return self._calls.pages("StageService/ListStageReadings", request, pb.ListStageReadingsResponse, "readings")
