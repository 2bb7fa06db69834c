import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from winslow.v1 import common_pb2 as _common_pb2
from winslow.v1 import pipeline_pb2 as _pipeline_pb2
from winslow.v1 import run_pb2 as _run_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ProjectState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PROJECT_STATE_UNSPECIFIED: _ClassVar[ProjectState]
    PROJECT_STATE_IDLE: _ClassVar[ProjectState]
    PROJECT_STATE_RUNNING: _ClassVar[ProjectState]
    PROJECT_STATE_AWAITING_INPUT: _ClassVar[ProjectState]
    PROJECT_STATE_PAUSED: _ClassVar[ProjectState]
    PROJECT_STATE_FAILED: _ClassVar[ProjectState]
    PROJECT_STATE_SUCCEEDED: _ClassVar[ProjectState]
PROJECT_STATE_UNSPECIFIED: ProjectState
PROJECT_STATE_IDLE: ProjectState
PROJECT_STATE_RUNNING: ProjectState
PROJECT_STATE_AWAITING_INPUT: ProjectState
PROJECT_STATE_PAUSED: ProjectState
PROJECT_STATE_FAILED: ProjectState
PROJECT_STATE_SUCCEEDED: ProjectState

class Project(_message.Message):
    __slots__ = ("name", "revision", "display_name", "pipeline", "author", "create_time", "source", "source_version", "tags", "participants", "description", "suffix", "next_run", "confirmed", "deleting", "state", "reason", "gates", "current_stages", "progress", "latest_run", "estimated_end_time", "activity_time", "thumbnail_path", "priority", "quota", "dropping")
    class DroppingEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: _timestamp_pb2.Timestamp
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...
    NAME_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    PIPELINE_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    SOURCE_VERSION_FIELD_NUMBER: _ClassVar[int]
    TAGS_FIELD_NUMBER: _ClassVar[int]
    PARTICIPANTS_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    SUFFIX_FIELD_NUMBER: _ClassVar[int]
    NEXT_RUN_FIELD_NUMBER: _ClassVar[int]
    CONFIRMED_FIELD_NUMBER: _ClassVar[int]
    DELETING_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    GATES_FIELD_NUMBER: _ClassVar[int]
    CURRENT_STAGES_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    LATEST_RUN_FIELD_NUMBER: _ClassVar[int]
    ESTIMATED_END_TIME_FIELD_NUMBER: _ClassVar[int]
    ACTIVITY_TIME_FIELD_NUMBER: _ClassVar[int]
    THUMBNAIL_PATH_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    QUOTA_FIELD_NUMBER: _ClassVar[int]
    DROPPING_FIELD_NUMBER: _ClassVar[int]
    name: str
    revision: int
    display_name: str
    pipeline: _pipeline_pb2.PipelineSpec
    author: str
    create_time: _timestamp_pb2.Timestamp
    source: str
    source_version: int
    tags: _containers.RepeatedScalarFieldContainer[str]
    participants: _containers.RepeatedScalarFieldContainer[str]
    description: str
    suffix: str
    next_run: int
    confirmed: _containers.RepeatedScalarFieldContainer[str]
    deleting: bool
    state: ProjectState
    reason: _common_pb2.Reason
    gates: _containers.RepeatedCompositeFieldContainer[_run_pb2.Gate]
    current_stages: _containers.RepeatedScalarFieldContainer[str]
    progress: float
    latest_run: str
    estimated_end_time: _timestamp_pb2.Timestamp
    activity_time: _timestamp_pb2.Timestamp
    thumbnail_path: str
    priority: int
    quota: int
    dropping: _containers.MessageMap[str, _timestamp_pb2.Timestamp]
    def __init__(self, name: _Optional[str] = ..., revision: _Optional[int] = ..., display_name: _Optional[str] = ..., pipeline: _Optional[_Union[_pipeline_pb2.PipelineSpec, _Mapping]] = ..., author: _Optional[str] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., source: _Optional[str] = ..., source_version: _Optional[int] = ..., tags: _Optional[_Iterable[str]] = ..., participants: _Optional[_Iterable[str]] = ..., description: _Optional[str] = ..., suffix: _Optional[str] = ..., next_run: _Optional[int] = ..., confirmed: _Optional[_Iterable[str]] = ..., deleting: _Optional[bool] = ..., state: _Optional[_Union[ProjectState, str]] = ..., reason: _Optional[_Union[_common_pb2.Reason, _Mapping]] = ..., gates: _Optional[_Iterable[_Union[_run_pb2.Gate, _Mapping]]] = ..., current_stages: _Optional[_Iterable[str]] = ..., progress: _Optional[float] = ..., latest_run: _Optional[str] = ..., estimated_end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., activity_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., thumbnail_path: _Optional[str] = ..., priority: _Optional[int] = ..., quota: _Optional[int] = ..., dropping: _Optional[_Mapping[str, _timestamp_pb2.Timestamp]] = ...) -> None: ...
