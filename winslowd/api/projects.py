"""ProjectService."""

# ruff: noqa: N802 - the contract names the methods

from __future__ import annotations

from typing import Any

from winslow.domain.pipeline import DefinitionName
from winslow.errors import NotFound
from winslow.v1 import project_pb2, project_service_pb2_grpc
from winslow.v1 import project_service_pb2 as pb
from winslow.wire import names
from winslow.wire.pipeline import spec_from_proto, user_input_from_proto
from winslow.wire.run import override_from_proto
from winslowd.api import decoding, encoding
from winslowd.api.call import asker, request_of
from winslowd.usecases.projects import Configuration, NewProject, ProjectChange, Projects
from winslowd.usecases.thumbnails import Thumbnails

CHANGEABLE = ("display_name", "description", "tags", "participants", "pipeline", "priority", "quota")


class ProjectService(project_service_pb2_grpc.ProjectServiceServicer):
    def __init__(self, projects: Projects, thumbnails: Thumbnails) -> None:
        self._projects = projects
        self._thumbnails = thumbnails

    async def GetProject(self, request: pb.GetProjectRequest, context: Any) -> project_pb2.Project:
        return await self._covered(self._now(request.name))

    async def ListProjects(self, request: pb.ListProjectsRequest, context: Any) -> pb.ListProjectsResponse:
        page = await self._projects.list(asker(), decoding.ask(request))
        covers = await self._thumbnails.cover(one.project.id for one in page.items)
        projects = [encoding.project(one, brief=request.brief) for one in page.items]
        for shown, message in zip(page.items, projects, strict=True):
            message.thumbnail_path = covers[shown.project.id]
        return pb.ListProjectsResponse(
            projects=projects,
            next_page_token=page.next_page_token,
            total_size=page.total,
            revision=self._projects.store.view.revision,
        )

    async def CreateProject(self, request: pb.CreateProjectRequest, context: Any) -> project_pb2.Project:
        return self._now(await self._projects.create(request_of(request), _new(request)))

    async def UpdateProject(self, request: pb.UpdateProjectRequest, context: Any) -> project_pb2.Project:
        id_ = names.parse_project(request.project.name)
        change = _change(request)
        return self._now(await self._projects.update(request_of(request), id_, change, request.expected_revision))

    async def TagProject(self, request: pb.TagProjectRequest, context: Any) -> project_pb2.Project:
        id_ = names.parse_project(request.name)
        return self._now(await self._projects.tag(request_of(request), id_, request.add_tags, request.remove_tags))

    async def AssignPipeline(self, request: pb.AssignPipelineRequest, context: Any) -> project_pb2.Project:
        id_ = names.parse_project(request.name)
        pipeline, version = names.parse_pipeline(request.pipeline)
        name = await self._projects.assign(request_of(request), id_, pipeline, version, request.expected_revision)
        return self._now(name)

    async def ConfigureStage(self, request: pb.ConfigureStageRequest, context: Any) -> project_pb2.Project:
        configuration = Configuration(
            definition=DefinitionName(request.definition),
            override=override_from_proto(request.override),
            unset=tuple(request.unset_environment),
            user_input=user_input_from_proto(request.user_input) if request.HasField("user_input") else None,
        )
        id_ = names.parse_project(request.name)
        name = await self._projects.configure(request_of(request), id_, configuration, request.expected_revision)
        return self._now(name)

    async def DeleteProject(self, request: pb.DeleteProjectRequest, context: Any) -> project_pb2.Project:
        id_ = names.parse_project(request.name)
        name = await self._projects.delete(
            request_of(request), id_, force=request.force, expected=request.expected_revision
        )
        try:
            return self._now(name)
        except NotFound:  # it was gone before it could be read again
            return project_pb2.Project(name=name, deleting=True)

    async def _covered(self, message: project_pb2.Project) -> project_pb2.Project:
        project = names.parse_project(message.name)
        message.thumbnail_path = (await self._thumbnails.cover([project]))[project]
        return message

    def _now(self, name: str) -> project_pb2.Project:
        return encoding.project(self._projects.get(asker(), names.parse_project(name)))


def _new(request: pb.CreateProjectRequest) -> NewProject:
    project = request.project
    source, version = names.parse_pipeline(request.pipeline) if request.pipeline else (None, None)
    return NewProject(
        display_name=project.display_name,
        id=request.project_id,
        pipeline=spec_from_proto(project.pipeline) if project.HasField("pipeline") else None,
        source=source,
        source_version=version,
        description=project.description,
        tags=frozenset(project.tags),
        participants=frozenset(project.participants),
        priority=project.priority,
        quota=project.quota,
    )


def _change(request: pb.UpdateProjectRequest) -> ProjectChange:
    project = request.project
    fields = decoding.masked(project, request.update_mask.paths, CHANGEABLE)
    return ProjectChange(
        display_name=project.display_name if "display_name" in fields else None,
        description=project.description if "description" in fields else None,
        tags=frozenset(project.tags) if "tags" in fields else None,
        participants=frozenset(project.participants) if "participants" in fields else None,
        pipeline=spec_from_proto(project.pipeline) if "pipeline" in fields else None,
        priority=project.priority if "priority" in fields else None,
        quota=project.quota if "quota" in fields else None,
    )
