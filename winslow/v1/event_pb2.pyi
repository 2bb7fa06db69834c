from winslow.v1 import election_pb2 as _election_pb2
from winslow.v1 import node_pb2 as _node_pb2
from winslow.v1 import pipeline_pb2 as _pipeline_pb2
from winslow.v1 import project_pb2 as _project_pb2
from winslow.v1 import run_pb2 as _run_pb2
from winslow.v1 import settings_pb2 as _settings_pb2
from winslow.v1 import stage_pb2 as _stage_pb2
from winslow.v1 import subscription_pb2 as _subscription_pb2
from winslow.v1 import sweep_pb2 as _sweep_pb2
from winslow.v1 import view_pb2 as _view_pb2
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ResourceKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RESOURCE_KIND_UNSPECIFIED: _ClassVar[ResourceKind]
    RESOURCE_KIND_PIPELINE: _ClassVar[ResourceKind]
    RESOURCE_KIND_PROJECT: _ClassVar[ResourceKind]
    RESOURCE_KIND_RUN: _ClassVar[ResourceKind]
    RESOURCE_KIND_SWEEP: _ClassVar[ResourceKind]
    RESOURCE_KIND_STAGE: _ClassVar[ResourceKind]
    RESOURCE_KIND_COMMENT: _ClassVar[ResourceKind]
    RESOURCE_KIND_NODE: _ClassVar[ResourceKind]
    RESOURCE_KIND_GLOBAL_ENVIRONMENT: _ClassVar[ResourceKind]
    RESOURCE_KIND_ELECTION: _ClassVar[ResourceKind]
    RESOURCE_KIND_READING: _ClassVar[ResourceKind]
    RESOURCE_KIND_VIEW: _ClassVar[ResourceKind]
    RESOURCE_KIND_SUBSCRIPTION: _ClassVar[ResourceKind]
RESOURCE_KIND_UNSPECIFIED: ResourceKind
RESOURCE_KIND_PIPELINE: ResourceKind
RESOURCE_KIND_PROJECT: ResourceKind
RESOURCE_KIND_RUN: ResourceKind
RESOURCE_KIND_SWEEP: ResourceKind
RESOURCE_KIND_STAGE: ResourceKind
RESOURCE_KIND_COMMENT: ResourceKind
RESOURCE_KIND_NODE: ResourceKind
RESOURCE_KIND_GLOBAL_ENVIRONMENT: ResourceKind
RESOURCE_KIND_ELECTION: ResourceKind
RESOURCE_KIND_READING: ResourceKind
RESOURCE_KIND_VIEW: ResourceKind
RESOURCE_KIND_SUBSCRIPTION: ResourceKind

class Change(_message.Message):
    __slots__ = ("kind", "name", "revision", "deleted", "pipeline", "project", "run", "sweep", "stage", "comment", "node", "global_environment", "election", "reading", "view", "subscription")
    KIND_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    DELETED_FIELD_NUMBER: _ClassVar[int]
    PIPELINE_FIELD_NUMBER: _ClassVar[int]
    PROJECT_FIELD_NUMBER: _ClassVar[int]
    RUN_FIELD_NUMBER: _ClassVar[int]
    SWEEP_FIELD_NUMBER: _ClassVar[int]
    STAGE_FIELD_NUMBER: _ClassVar[int]
    COMMENT_FIELD_NUMBER: _ClassVar[int]
    NODE_FIELD_NUMBER: _ClassVar[int]
    GLOBAL_ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    ELECTION_FIELD_NUMBER: _ClassVar[int]
    READING_FIELD_NUMBER: _ClassVar[int]
    VIEW_FIELD_NUMBER: _ClassVar[int]
    SUBSCRIPTION_FIELD_NUMBER: _ClassVar[int]
    kind: ResourceKind
    name: str
    revision: int
    deleted: bool
    pipeline: _pipeline_pb2.Pipeline
    project: _project_pb2.Project
    run: _run_pb2.Run
    sweep: _sweep_pb2.Sweep
    stage: _stage_pb2.Stage
    comment: _run_pb2.Comment
    node: _node_pb2.Node
    global_environment: _settings_pb2.GlobalEnvironment
    election: _election_pb2.Election
    reading: _node_pb2.Reading
    view: _view_pb2.View
    subscription: _subscription_pb2.Subscription
    def __init__(self, kind: _Optional[_Union[ResourceKind, str]] = ..., name: _Optional[str] = ..., revision: _Optional[int] = ..., deleted: _Optional[bool] = ..., pipeline: _Optional[_Union[_pipeline_pb2.Pipeline, _Mapping]] = ..., project: _Optional[_Union[_project_pb2.Project, _Mapping]] = ..., run: _Optional[_Union[_run_pb2.Run, _Mapping]] = ..., sweep: _Optional[_Union[_sweep_pb2.Sweep, _Mapping]] = ..., stage: _Optional[_Union[_stage_pb2.Stage, _Mapping]] = ..., comment: _Optional[_Union[_run_pb2.Comment, _Mapping]] = ..., node: _Optional[_Union[_node_pb2.Node, _Mapping]] = ..., global_environment: _Optional[_Union[_settings_pb2.GlobalEnvironment, _Mapping]] = ..., election: _Optional[_Union[_election_pb2.Election, _Mapping]] = ..., reading: _Optional[_Union[_node_pb2.Reading, _Mapping]] = ..., view: _Optional[_Union[_view_pb2.View, _Mapping]] = ..., subscription: _Optional[_Union[_subscription_pb2.Subscription, _Mapping]] = ...) -> None: ...
