import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class LogChunk(_message.Message):
    __slots__ = ("offset", "data", "ended", "size", "continued", "unfinished")
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    ENDED_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    CONTINUED_FIELD_NUMBER: _ClassVar[int]
    UNFINISHED_FIELD_NUMBER: _ClassVar[int]
    offset: int
    data: bytes
    ended: bool
    size: int
    continued: _containers.RepeatedScalarFieldContainer[str]
    unfinished: bytes
    def __init__(self, offset: _Optional[int] = ..., data: _Optional[bytes] = ..., ended: _Optional[bool] = ..., size: _Optional[int] = ..., continued: _Optional[_Iterable[str]] = ..., unfinished: _Optional[bytes] = ...) -> None: ...

class LogMatch(_message.Message):
    __slots__ = ("offset", "line", "time")
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    LINE_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    offset: int
    line: bytes
    time: _timestamp_pb2.Timestamp
    def __init__(self, offset: _Optional[int] = ..., line: _Optional[bytes] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class LogValues(_message.Message):
    __slots__ = ("times", "columns", "matched")
    TIMES_FIELD_NUMBER: _ClassVar[int]
    COLUMNS_FIELD_NUMBER: _ClassVar[int]
    MATCHED_FIELD_NUMBER: _ClassVar[int]
    times: _containers.RepeatedScalarFieldContainer[float]
    columns: _containers.RepeatedCompositeFieldContainer[LogColumn]
    matched: int
    def __init__(self, times: _Optional[_Iterable[float]] = ..., columns: _Optional[_Iterable[_Union[LogColumn, _Mapping]]] = ..., matched: _Optional[int] = ...) -> None: ...

class LogColumn(_message.Message):
    __slots__ = ("group", "values")
    GROUP_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    group: str
    values: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, group: _Optional[str] = ..., values: _Optional[_Iterable[float]] = ...) -> None: ...
