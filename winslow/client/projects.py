"""Projects, over the wire."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from google.protobuf.field_mask_pb2 import FieldMask

from winslow.client import naming
from winslow.client.calls import Calls
from winslow.v1 import project_service_pb2 as pb
from winslow.v1.pipeline_pb2 import PipelineSpec, UserInput
from winslow.v1.project_pb2 import Project
from winslow.v1.run_pb2 import Override


class Projects:
    """What ProjectService offers; a project is named by its id or its whole name."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def get(self, project: str) -> Project:
        return self._calls.unary(
            "ProjectService/GetProject", pb.GetProjectRequest(name=naming.project(project)), Project
        )

    def list(self, filter: str = "", order_by: str = "") -> Iterator[Project]:
        """All projects, those with the latest activity first unless `order_by` says otherwise."""
        request = pb.ListProjectsRequest(filter=filter, order_by=order_by)
        return self._calls.pages("ProjectService/ListProjects", request, pb.ListProjectsResponse, "projects")

    def create(
        self,
        display_name: str,
        pipeline: str = "",
        *,
        spec: PipelineSpec | None = None,
        project_id: str = "",
        description: str = "",
        tags: Iterable[str] = (),
        participants: Iterable[str] = (),
        priority: int = 0,
        quota: int = 0,
        request_id: str = "",
    ) -> Project:
        """Make a project with a copy of `pipeline` (`traffic`, `traffic@3`), or with `spec` where none is named."""
        request = pb.CreateProjectRequest(
            request_id=request_id,
            project_id=project_id,
            project=Project(
                display_name=display_name,
                description=description,
                tags=tags,
                participants=participants,
                pipeline=spec,
                priority=priority,
                quota=quota,
            ),
            pipeline=naming.pipeline(pipeline) if pipeline else "",
        )
        return self._calls.unary("ProjectService/CreateProject", request, Project)

    def update(
        self,
        project: str,
        *,
        display_name: str | None = None,
        description: str | None = None,
        participants: Iterable[str] | None = None,
        pipeline: PipelineSpec | None = None,
        priority: int | None = None,
        quota: int | None = None,
        expected_revision: int = 0,
        request_id: str = "",
    ) -> Project:
        """Change what is given; None leaves a thing as it is."""
        given = {
            "display_name": display_name,
            "description": description,
            "participants": participants,
            "pipeline": pipeline,
            "priority": priority,
            "quota": quota,
        }
        fields = {name: value for name, value in given.items() if value is not None}
        request = pb.UpdateProjectRequest(
            request_id=request_id,
            project=Project(name=naming.project(project), **fields),  # type: ignore[arg-type]
            update_mask=FieldMask(paths=fields),
            expected_revision=expected_revision,
        )
        return self._calls.unary("ProjectService/UpdateProject", request, Project)

    def tag(
        self, project: str, add: Iterable[str] = (), remove: Iterable[str] = (), *, request_id: str = ""
    ) -> Project:
        request = pb.TagProjectRequest(
            request_id=request_id, name=naming.project(project), add_tags=add, remove_tags=remove
        )
        return self._calls.unary("ProjectService/TagProject", request, Project)

    def assign_pipeline(
        self, project: str, pipeline: str, *, expected_revision: int = 0, request_id: str = ""
    ) -> Project:
        """Put a fresh copy of a pipeline in place of the project's own."""
        request = pb.AssignPipelineRequest(
            request_id=request_id,
            name=naming.project(project),
            pipeline=naming.pipeline(pipeline),
            expected_revision=expected_revision,
        )
        return self._calls.unary("ProjectService/AssignPipeline", request, Project)

    def configure_stage(
        self,
        project: str,
        definition: str,
        override: Override,
        *,
        unset_environment: Iterable[str] = (),
        user_input: UserInput | None = None,
        expected_revision: int = 0,
        request_id: str = "",
    ) -> Project:
        """Change one stage definition of the project's own pipeline; nothing is run."""
        request = pb.ConfigureStageRequest(
            request_id=request_id,
            name=naming.project(project),
            definition=definition,
            override=override,
            unset_environment=unset_environment,
            user_input=user_input,
            expected_revision=expected_revision,
        )
        return self._calls.unary("ProjectService/ConfigureStage", request, Project)

    def delete(self, project: str, *, force: bool = False, expected_revision: int = 0, request_id: str = "") -> Project:
        """Mark it for deletion with all that belongs to it; `force` aborts what runs."""
        request = pb.DeleteProjectRequest(
            request_id=request_id, name=naming.project(project), force=force, expected_revision=expected_revision
        )
        return self._calls.unary("ProjectService/DeleteProject", request, Project)
