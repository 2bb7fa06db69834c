"""Stages: attempts, their environment, and how they ended."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import lru_cache

from google.protobuf.duration_pb2 import Duration

from winslow.domain.pipeline import DefinitionName
from winslow.domain.stage import Abort, Layer, Outcome, ProjectId, Reason, Stage, StageId, Variable, WorkspaceId
from winslow.v1 import common_pb2
from winslow.v1 import stage_pb2 as pb
from winslow.wire import names
from winslow.wire.enums import CAUSE, LAYER, STAGE_STATE
from winslow.wire.pipeline import definition_from_proto, definition_to_proto
from winslow.wire.sharing import NOTHING
from winslow.wire.times import duration, optional_timestamp, seconds, timestamp, unix_seconds

_SUCCESS = Outcome(0)
SHORT = 200
"""Characters of a value that may be remembered, to be shared with the next stage that has it."""


def stage_to_proto(stage: Stage, revision: int = 0) -> pb.Stage:
    return pb.Stage(
        name=names.stage(stage.project, stage.id),
        revision=revision,
        run=names.run(stage.project, stage.run),
        definition=definition_to_proto(stage.definition),
        attempt=stage.attempt,
        create_time=timestamp(stage.created_at),
        author=stage.created_by,
        parent=stage_name(stage.project, stage.parent),
        joined=stage_names(stage.project, stage.joined),
        workspace=names.stage(stage.project, stage.workspace) if stage.workspace else "",
        environment=[
            pb.Variable(name=variable.name, value=variable.value, layer=LAYER.to_proto(variable.layer))
            for variable in stage.environment
        ],
        state=STAGE_STATE.to_proto(stage.state),
        reason=reason_to_proto(stage.reason),
        not_before=timestamp(stage.not_before) if stage.not_before else None,
        node=names.node(stage.node) if stage.node is not None else None,
        gpus=stage.gpus,
        fence=stage.fence,
        image_digest=stage.image_digest,
        place_time=optional_timestamp(stage.placed_at),
        start_time=optional_timestamp(stage.started_at),
        end_time=optional_timestamp(stage.ended_at),
        progress=stage.progress,
        results=stage.results,
        outcome=outcome_to_proto(stage.outcome),
        abort=pb.Abort(by=stage.abort.by, time=timestamp(stage.abort.at)) if stage.abort else None,
        retry_of=stage_name(stage.project, stage.retry_of),
        pinned=stage.pinned,
        comment=stage.comment,
        workspace_drop_time=optional_timestamp(stage.workspace_dropped_at),
        waited={code: duration(length) for code, length in stage.waited.items()},
        wait_since_time=optional_timestamp(stage.waits_since),
    )


def stage_from_proto(message: pb.Stage) -> Stage:
    project, id_ = names.parse_stage(message.name)
    return Stage(
        id=id_,
        project=project,
        run=names.parse_run(message.run).run,
        definition=definition_from_proto(message.definition),
        attempt=message.attempt,
        created_at=unix_seconds(message.create_time),
        created_by=sys.intern(message.author),
        parent=stage_id(message.parent) if message.HasField("parent") else None,
        joined=stage_ids(message.joined),
        workspace=WorkspaceId(stage_id(message.workspace)) if message.workspace else WorkspaceId(""),
        environment=tuple(map(_variable, message.environment)),
        state=STAGE_STATE.from_proto(message.state),
        reason=reason_from_proto(message.reason) if message.HasField("reason") else None,
        not_before=unix_seconds(message.not_before) if message.HasField("not_before") else 0.0,
        node=names.parse_node(message.node) if message.HasField("node") else None,
        gpus=tuple(message.gpus),
        fence=message.fence,
        image_digest=sys.intern(message.image_digest),
        placed_at=unix_seconds(message.place_time) if message.HasField("place_time") else None,
        started_at=unix_seconds(message.start_time) if message.HasField("start_time") else None,
        ended_at=unix_seconds(message.end_time) if message.HasField("end_time") else None,
        progress=_progress(message.progress) if message.HasField("progress") else None,
        results=_results(message.results),
        outcome=outcome_from_proto(message.outcome) if message.HasField("outcome") else None,
        abort=Abort(message.abort.by, unix_seconds(message.abort.time)) if message.HasField("abort") else None,
        retry_of=stage_id(message.retry_of) if message.HasField("retry_of") else None,
        pinned=message.pinned,
        comment=message.comment,
        workspace_dropped_at=(
            unix_seconds(message.workspace_drop_time) if message.HasField("workspace_drop_time") else None
        ),
        waited=_waited(message.waited),
        waits_since=unix_seconds(message.wait_since_time) if message.HasField("wait_since_time") else None,
    )


def _variable(message: pb.Variable) -> Variable:
    known = _known_variable if len(message.value) <= SHORT else Variable
    return known(sys.intern(message.name), message.value, LAYER.from_proto(message.layer))


@lru_cache(maxsize=4096)
def _known_variable(name: str, value: str, layer: Layer) -> Variable:
    """Most variables of a project's stages are the same ones."""
    return Variable(name, value, layer)


def _progress(share: float) -> float:
    return 1.0 if share == 1.0 else share  # the end of nearly all, which need not be a number each


def _results(results: Mapping[str, str]) -> Mapping[str, str]:
    return {sys.intern(name): value for name, value in results.items()} if results else NOTHING


def _waited(waited: Mapping[str, Duration]) -> Mapping[str, float]:
    return {sys.intern(code): seconds(length) for code, length in waited.items()} if waited else NOTHING


def outcome_to_proto(outcome: Outcome | None) -> pb.Outcome | None:
    if outcome is None:
        return None
    return pb.Outcome(
        exit_code=outcome.exit_code,
        cause=CAUSE.to_proto(outcome.cause) if outcome.cause is not None else None,
        message=outcome.message,
    )


def outcome_from_proto(message: pb.Outcome) -> Outcome:
    code = message.exit_code if message.HasField("exit_code") else None
    cause = CAUSE.from_proto(message.cause) if message.HasField("cause") else None
    if code == 0 and cause is None and not message.message:
        return _SUCCESS
    return Outcome(code, cause, message.message)


def reason_to_proto(reason: Reason | None) -> common_pb2.Reason | None:
    return common_pb2.Reason(code=reason.code, text=reason.text) if reason else None


def reason_from_proto(message: common_pb2.Reason) -> Reason:
    return Reason(sys.intern(message.code), message.text)


def stage_name(project: ProjectId, stage: StageId | None) -> str | None:
    """The name of another stage of the same project, for an optional field."""
    return None if stage is None else names.stage(project, stage)


def stage_id(name: str) -> StageId:
    return names.parse_stage(name).stage


def stage_names(project: ProjectId, stages: Mapping[DefinitionName, StageId]) -> dict[str, str]:
    return {definition: names.stage(project, stage) for definition, stage in stages.items()}


def stage_ids(stages: Mapping[str, str]) -> Mapping[DefinitionName, StageId]:
    if not stages:
        return NOTHING
    return {DefinitionName(sys.intern(definition)): stage_id(name) for definition, name in stages.items()}
