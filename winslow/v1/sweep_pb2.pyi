import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from winslow.v1 import common_pb2 as _common_pb2
from winslow.v1 import run_pb2 as _run_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Axis(_message.Message):
    __slots__ = ("variable", "values", "expression")
    VARIABLE_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    EXPRESSION_FIELD_NUMBER: _ClassVar[int]
    variable: str
    values: _containers.RepeatedScalarFieldContainer[str]
    expression: str
    def __init__(self, variable: _Optional[str] = ..., values: _Optional[_Iterable[str]] = ..., expression: _Optional[str] = ...) -> None: ...

class Sweep(_message.Message):
    __slots__ = ("name", "revision", "start", "axes", "create_time", "author", "mode", "keep_going", "parent", "inherited", "override", "first_number", "made", "stopped", "comment", "count", "running_count", "succeeded_count", "failed_count")
    class InheritedEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    NAME_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    START_FIELD_NUMBER: _ClassVar[int]
    AXES_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    KEEP_GOING_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    INHERITED_FIELD_NUMBER: _ClassVar[int]
    OVERRIDE_FIELD_NUMBER: _ClassVar[int]
    FIRST_NUMBER_FIELD_NUMBER: _ClassVar[int]
    MADE_FIELD_NUMBER: _ClassVar[int]
    STOPPED_FIELD_NUMBER: _ClassVar[int]
    COMMENT_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    RUNNING_COUNT_FIELD_NUMBER: _ClassVar[int]
    SUCCEEDED_COUNT_FIELD_NUMBER: _ClassVar[int]
    FAILED_COUNT_FIELD_NUMBER: _ClassVar[int]
    name: str
    revision: int
    start: str
    axes: _containers.RepeatedCompositeFieldContainer[Axis]
    create_time: _timestamp_pb2.Timestamp
    author: str
    mode: _run_pb2.RunMode
    keep_going: bool
    parent: str
    inherited: _containers.ScalarMap[str, str]
    override: _run_pb2.Override
    first_number: int
    made: int
    stopped: _common_pb2.Reason
    comment: str
    count: int
    running_count: int
    succeeded_count: int
    failed_count: int
    def __init__(self, name: _Optional[str] = ..., revision: _Optional[int] = ..., start: _Optional[str] = ..., axes: _Optional[_Iterable[_Union[Axis, _Mapping]]] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., author: _Optional[str] = ..., mode: _Optional[_Union[_run_pb2.RunMode, str]] = ..., keep_going: _Optional[bool] = ..., parent: _Optional[str] = ..., inherited: _Optional[_Mapping[str, str]] = ..., override: _Optional[_Union[_run_pb2.Override, _Mapping]] = ..., first_number: _Optional[int] = ..., made: _Optional[int] = ..., stopped: _Optional[_Union[_common_pb2.Reason, _Mapping]] = ..., comment: _Optional[str] = ..., count: _Optional[int] = ..., running_count: _Optional[int] = ..., succeeded_count: _Optional[int] = ..., failed_count: _Optional[int] = ...) -> None: ...
