import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from winslow.v1 import log_pb2 as _log_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ReadLogRequest(_message.Message):
    __slots__ = ("name", "offset", "size", "tail_lines", "align")
    NAME_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    TAIL_LINES_FIELD_NUMBER: _ClassVar[int]
    ALIGN_FIELD_NUMBER: _ClassVar[int]
    name: str
    offset: int
    size: int
    tail_lines: int
    align: bool
    def __init__(self, name: _Optional[str] = ..., offset: _Optional[int] = ..., size: _Optional[int] = ..., tail_lines: _Optional[int] = ..., align: _Optional[bool] = ...) -> None: ...

class FollowLogRequest(_message.Message):
    __slots__ = ("name", "offset", "tail_lines")
    NAME_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    TAIL_LINES_FIELD_NUMBER: _ClassVar[int]
    name: str
    offset: int
    tail_lines: int
    def __init__(self, name: _Optional[str] = ..., offset: _Optional[int] = ..., tail_lines: _Optional[int] = ...) -> None: ...

class SearchLogRequest(_message.Message):
    __slots__ = ("name", "pattern", "offset", "page_size", "page_token", "brief")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PATTERN_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    BRIEF_FIELD_NUMBER: _ClassVar[int]
    name: str
    pattern: str
    offset: int
    page_size: int
    page_token: str
    brief: bool
    def __init__(self, name: _Optional[str] = ..., pattern: _Optional[str] = ..., offset: _Optional[int] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., brief: _Optional[bool] = ...) -> None: ...

class SearchLogResponse(_message.Message):
    __slots__ = ("matches", "next_page_token", "offset", "size")
    MATCHES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    matches: _containers.RepeatedCompositeFieldContainer[_log_pb2.LogMatch]
    next_page_token: str
    offset: int
    size: int
    def __init__(self, matches: _Optional[_Iterable[_Union[_log_pb2.LogMatch, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., offset: _Optional[int] = ..., size: _Optional[int] = ...) -> None: ...

class LocateLogTimeRequest(_message.Message):
    __slots__ = ("name", "time")
    NAME_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    name: str
    time: _timestamp_pb2.Timestamp
    def __init__(self, name: _Optional[str] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class LocateLogTimeResponse(_message.Message):
    __slots__ = ("offset",)
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    offset: int
    def __init__(self, offset: _Optional[int] = ...) -> None: ...

class ExtractLogValuesRequest(_message.Message):
    __slots__ = ("name", "pattern", "offset", "max_rows")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PATTERN_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    MAX_ROWS_FIELD_NUMBER: _ClassVar[int]
    name: str
    pattern: str
    offset: int
    max_rows: int
    def __init__(self, name: _Optional[str] = ..., pattern: _Optional[str] = ..., offset: _Optional[int] = ..., max_rows: _Optional[int] = ...) -> None: ...

class ExtractLogValuesResponse(_message.Message):
    __slots__ = ("values", "offset", "size", "ended")
    VALUES_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    ENDED_FIELD_NUMBER: _ClassVar[int]
    values: _log_pb2.LogValues
    offset: int
    size: int
    ended: bool
    def __init__(self, values: _Optional[_Union[_log_pb2.LogValues, _Mapping]] = ..., offset: _Optional[int] = ..., size: _Optional[int] = ..., ended: _Optional[bool] = ...) -> None: ...
