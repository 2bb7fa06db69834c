import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from winslow.v1 import subscription_pb2 as _subscription_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Notice(_message.Message):
    __slots__ = ("id", "occasion", "time", "text", "project", "project_display_name", "tags", "run", "definition", "stage", "node")
    ID_FIELD_NUMBER: _ClassVar[int]
    OCCASION_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    PROJECT_FIELD_NUMBER: _ClassVar[int]
    PROJECT_DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    TAGS_FIELD_NUMBER: _ClassVar[int]
    RUN_FIELD_NUMBER: _ClassVar[int]
    DEFINITION_FIELD_NUMBER: _ClassVar[int]
    STAGE_FIELD_NUMBER: _ClassVar[int]
    NODE_FIELD_NUMBER: _ClassVar[int]
    id: str
    occasion: _subscription_pb2.Occasion
    time: _timestamp_pb2.Timestamp
    text: str
    project: str
    project_display_name: str
    tags: _containers.RepeatedScalarFieldContainer[str]
    run: str
    definition: str
    stage: str
    node: str
    def __init__(self, id: _Optional[str] = ..., occasion: _Optional[_Union[_subscription_pb2.Occasion, str]] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., text: _Optional[str] = ..., project: _Optional[str] = ..., project_display_name: _Optional[str] = ..., tags: _Optional[_Iterable[str]] = ..., run: _Optional[str] = ..., definition: _Optional[str] = ..., stage: _Optional[str] = ..., node: _Optional[str] = ...) -> None: ...

class Delivery(_message.Message):
    __slots__ = ("subscription", "told_revision", "last_attempt_time", "last_error", "failures", "failing_since")
    SUBSCRIPTION_FIELD_NUMBER: _ClassVar[int]
    TOLD_REVISION_FIELD_NUMBER: _ClassVar[int]
    LAST_ATTEMPT_TIME_FIELD_NUMBER: _ClassVar[int]
    LAST_ERROR_FIELD_NUMBER: _ClassVar[int]
    FAILURES_FIELD_NUMBER: _ClassVar[int]
    FAILING_SINCE_FIELD_NUMBER: _ClassVar[int]
    subscription: str
    told_revision: int
    last_attempt_time: _timestamp_pb2.Timestamp
    last_error: str
    failures: int
    failing_since: _timestamp_pb2.Timestamp
    def __init__(self, subscription: _Optional[str] = ..., told_revision: _Optional[int] = ..., last_attempt_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., last_error: _Optional[str] = ..., failures: _Optional[int] = ..., failing_since: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Noted(_message.Message):
    __slots__ = ("subject", "gates", "verdict_run", "verdict", "nodes", "lost_nodes", "warnings")
    class WarningsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: _timestamp_pb2.Timestamp
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    GATES_FIELD_NUMBER: _ClassVar[int]
    VERDICT_RUN_FIELD_NUMBER: _ClassVar[int]
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    NODES_FIELD_NUMBER: _ClassVar[int]
    LOST_NODES_FIELD_NUMBER: _ClassVar[int]
    WARNINGS_FIELD_NUMBER: _ClassVar[int]
    subject: str
    gates: _containers.RepeatedScalarFieldContainer[str]
    verdict_run: int
    verdict: str
    nodes: _containers.RepeatedScalarFieldContainer[str]
    lost_nodes: _containers.RepeatedScalarFieldContainer[str]
    warnings: _containers.MessageMap[str, _timestamp_pb2.Timestamp]
    def __init__(self, subject: _Optional[str] = ..., gates: _Optional[_Iterable[str]] = ..., verdict_run: _Optional[int] = ..., verdict: _Optional[str] = ..., nodes: _Optional[_Iterable[str]] = ..., lost_nodes: _Optional[_Iterable[str]] = ..., warnings: _Optional[_Mapping[str, _timestamp_pb2.Timestamp]] = ...) -> None: ...
