"""Pipelines and their stage definitions; in requests, what is left out takes the core's defaults."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from winslow.domain.definition import Fault, show_path
from winslow.domain.pipeline import (
    DefinitionName,
    Edge,
    LogParser,
    Pipeline,
    PipelineRecord,
    RetryOn,
    RetryPolicy,
    StageDefinition,
    UserInput,
)
from winslow.v1 import common_pb2
from winslow.v1 import pipeline_pb2 as pb
from winslow.wire import names
from winslow.wire.enums import CONFIRMATION, NETWORK, RETRY_ON, WORKSPACE_MODE
from winslow.wire.resources import resources_from_proto, resources_to_proto
from winslow.wire.sharing import Shared
from winslow.wire.times import duration, seconds, timestamp, unix_seconds

_DEFAULT = StageDefinition(DefinitionName("default"), "default")
_RETRY = RetryPolicy()


def pipeline_to_proto(record: PipelineRecord, revision: int = 0, *, with_version: bool = False) -> pb.Pipeline:
    """A stored pipeline; `with_version` names the version rather than the pipeline."""
    return pb.Pipeline(
        name=names.pipeline(record.id, record.version if with_version else None),
        revision=revision,
        version=record.version,
        spec=spec_to_proto(record.pipeline),
        author=record.author,
        create_time=timestamp(record.created_at),
    )


def pipeline_from_proto(message: pb.Pipeline) -> PipelineRecord:
    return PipelineRecord(
        id=names.parse_pipeline(message.name).pipeline,
        version=message.version,
        pipeline=spec_from_proto(message.spec),
        author=message.author,
        created_at=unix_seconds(message.create_time),
    )


def spec_to_proto(pipeline: Pipeline) -> pb.PipelineSpec:
    return pb.PipelineSpec(
        display_name=pipeline.name,
        description=pipeline.description,
        environment=pipeline.environment,
        stages=[definition_to_proto(stage) for stage in pipeline.stages],
    )


def _spec(message: pb.PipelineSpec) -> Pipeline:
    return Pipeline(
        name=message.display_name,
        description=message.description,
        environment=dict(message.environment),
        stages=tuple(definition_from_proto(stage) for stage in message.stages),
    )


spec_from_proto = Shared(_spec)


def definition_to_proto(stage: StageDefinition) -> pb.StageDefinition:
    return pb.StageDefinition(
        name=stage.name,
        image=stage.image,
        description=stage.description,
        arguments=stage.arguments,
        environment=stage.environment,
        resources=resources_to_proto(stage.resources),
        after=[pb.Edge(stage=edge.stage, when=edge.when) for edge in stage.after],
        timeout=duration(stage.timeout),
        lost_after=duration(stage.lost_after),
        retry=retry_to_proto(stage.retry),
        network=NETWORK.to_proto(stage.network),
        user=stage.user,
        discardable=stage.discardable,
        workspace=WORKSPACE_MODE.to_proto(stage.workspace),
        user_input=user_input_to_proto(stage.user_input),
        log_parsers=[pb.LogParser(name=parser.name, pattern=parser.pattern) for parser in stage.log_parsers],
        log_limit=stage.log_limit,
        grace=duration(stage.grace),
    )


def _definition(message: pb.StageDefinition) -> StageDefinition:
    return StageDefinition(
        name=DefinitionName(sys.intern(message.name)),
        image=message.image,
        description=message.description,
        arguments=tuple(message.arguments),
        environment=dict(message.environment),
        resources=resources_from_proto(message.resources),
        after=tuple(Edge(DefinitionName(sys.intern(edge.stage)), edge.when) for edge in message.after),
        timeout=seconds(message.timeout),
        lost_after=seconds(message.lost_after) if message.HasField("lost_after") else _DEFAULT.lost_after,
        retry=retry_from_proto(message.retry),
        network=NETWORK.from_proto(message.network),
        user=message.user,
        discardable=message.discardable,
        workspace=WORKSPACE_MODE.from_proto(message.workspace),
        user_input=user_input_from_proto(message.user_input),
        log_parsers=tuple(LogParser(parser.name, parser.pattern) for parser in message.log_parsers),
        log_limit=message.log_limit if message.HasField("log_limit") else _DEFAULT.log_limit,
        grace=seconds(message.grace) if message.HasField("grace") else _DEFAULT.grace,
    )


definition_from_proto = Shared(_definition)


def retry_to_proto(retry: RetryPolicy) -> pb.RetryPolicy:
    on = [RETRY_ON.to_proto(failure) for failure in sorted(retry.on, key=lambda failure: failure.value)]
    return pb.RetryPolicy(
        attempts=retry.attempts,
        backoff=duration(retry.backoff),
        factor=retry.factor,
        backoff_max=duration(retry.backoff_max),
        on=on or [pb.RETRY_ON_NOTHING],
    )


def retry_from_proto(message: pb.RetryPolicy) -> RetryPolicy:
    return RetryPolicy(
        attempts=message.attempts if message.HasField("attempts") else _RETRY.attempts,
        backoff=seconds(message.backoff) if message.HasField("backoff") else _RETRY.backoff,
        factor=message.factor if message.HasField("factor") else _RETRY.factor,
        backoff_max=seconds(message.backoff_max) if message.HasField("backoff_max") else _RETRY.backoff_max,
        on=_failures(message),
    )


def _failures(message: pb.RetryPolicy) -> frozenset[RetryOn]:
    if not message.on:
        return _RETRY.on
    if list(message.on) == [pb.RETRY_ON_NOTHING]:
        return frozenset()
    return frozenset(RETRY_ON.from_proto(failure) for failure in message.on)


def user_input_to_proto(wanted: UserInput) -> pb.UserInput:
    return pb.UserInput(variables=wanted.variables, confirmation=CONFIRMATION.to_proto(wanted.confirmation))


def user_input_from_proto(message: pb.UserInput) -> UserInput:
    return UserInput(tuple(message.variables), CONFIRMATION.from_proto(message.confirmation))


def problem_to_proto(fault: Fault, line: int = 0, column: int = 0) -> common_pb2.Problem:
    """A fault, and where it is in the text that it was read from, if it was."""
    return common_pb2.Problem(
        reason=fault.reason,
        message=fault.message,
        path=show_path(fault.path),
        line=line,
        column=column,
        hint=fault.hint,
    )


def problems_to_proto(faults: Iterable[Fault]) -> list[common_pb2.Problem]:
    return [problem_to_proto(fault) for fault in faults]
