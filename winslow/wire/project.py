"""Projects, with their derived state where it is known."""

from __future__ import annotations

import sys

from winslow.domain.pipeline import DefinitionName
from winslow.domain.project import Project
from winslow.domain.stage import StageId
from winslow.domain.status import Status
from winslow.v1 import project_pb2 as pb
from winslow.wire import names
from winslow.wire.enums import PROJECT_STATE
from winslow.wire.pipeline import spec_from_proto, spec_to_proto
from winslow.wire.run import gate_to_proto
from winslow.wire.sharing import NOTHING
from winslow.wire.stage import reason_to_proto
from winslow.wire.times import timestamp, unix_seconds


def project_to_proto(project: Project, revision: int = 0, status: Status | None = None) -> pb.Project:
    message = pb.Project(
        name=names.project(project.id),
        revision=revision,
        display_name=project.name,
        pipeline=spec_to_proto(project.pipeline) if project.chosen else None,
        author=project.author,
        create_time=timestamp(project.created_at),
        source=names.pipeline(project.source) if project.source is not None else None,
        source_version=project.source_version,
        tags=sorted(project.tags),
        participants=sorted(project.participants),
        description=project.description,
        suffix=project.suffix,
        next_run=project.next_run,
        confirmed=sorted(project.confirmed),
        deleting=project.deleting,
        priority=project.priority,
        quota=project.quota,
        dropping={stage: timestamp(since) for stage, since in project.dropping.items()},
    )
    if status:
        message.MergeFrom(_derived(project, status))
    return message


def _derived(project: Project, status: Status) -> pb.Project:
    return pb.Project(
        state=PROJECT_STATE.to_proto(status.state),
        reason=reason_to_proto(status.reason),
        gates=[gate_to_proto(project.id, gate) for gate in status.gates],
        current_stages=[names.stage(project.id, stage) for stage in status.current],
    )


def project_from_proto(message: pb.Project) -> Project:
    return Project(
        id=names.parse_project(message.name),
        name=message.display_name,
        pipeline=spec_from_proto(message.pipeline),
        author=sys.intern(message.author),
        created_at=unix_seconds(message.create_time),
        suffix=message.suffix,
        source=names.parse_pipeline(message.source).pipeline if message.HasField("source") else None,
        source_version=message.source_version,
        tags=frozenset(map(sys.intern, message.tags)),
        participants=frozenset(map(sys.intern, message.participants)),
        description=message.description,
        next_run=message.next_run,
        confirmed=frozenset(DefinitionName(name) for name in message.confirmed),
        deleting=message.deleting,
        priority=message.priority,
        quota=message.quota,
        dropping={StageId(stage): unix_seconds(since) for stage, since in message.dropping.items()} or NOTHING,
    )
