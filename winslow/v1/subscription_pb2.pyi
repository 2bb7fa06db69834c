import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Occasion(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    OCCASION_UNSPECIFIED: _ClassVar[Occasion]
    OCCASION_AWAITING_INPUT: _ClassVar[Occasion]
    OCCASION_FAILED: _ClassVar[Occasion]
    OCCASION_SUCCEEDED: _ClassVar[Occasion]
    OCCASION_NODE_LOST: _ClassVar[Occasion]
    OCCASION_STORAGE_WARNING: _ClassVar[Occasion]
OCCASION_UNSPECIFIED: Occasion
OCCASION_AWAITING_INPUT: Occasion
OCCASION_FAILED: Occasion
OCCASION_SUCCEEDED: Occasion
OCCASION_NODE_LOST: Occasion
OCCASION_STORAGE_WARNING: Occasion

class Subscription(_message.Message):
    __slots__ = ("name", "revision", "url", "email", "secret", "occasions", "project", "tags", "disabled", "author", "last_attempt_time", "last_error", "create_time", "signed", "failing_since", "waiting_count")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    URL_FIELD_NUMBER: _ClassVar[int]
    EMAIL_FIELD_NUMBER: _ClassVar[int]
    SECRET_FIELD_NUMBER: _ClassVar[int]
    OCCASIONS_FIELD_NUMBER: _ClassVar[int]
    PROJECT_FIELD_NUMBER: _ClassVar[int]
    TAGS_FIELD_NUMBER: _ClassVar[int]
    DISABLED_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    LAST_ATTEMPT_TIME_FIELD_NUMBER: _ClassVar[int]
    LAST_ERROR_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    SIGNED_FIELD_NUMBER: _ClassVar[int]
    FAILING_SINCE_FIELD_NUMBER: _ClassVar[int]
    WAITING_COUNT_FIELD_NUMBER: _ClassVar[int]
    name: str
    revision: int
    url: str
    email: str
    secret: str
    occasions: _containers.RepeatedScalarFieldContainer[Occasion]
    project: str
    tags: _containers.RepeatedScalarFieldContainer[str]
    disabled: bool
    author: str
    last_attempt_time: _timestamp_pb2.Timestamp
    last_error: str
    create_time: _timestamp_pb2.Timestamp
    signed: bool
    failing_since: _timestamp_pb2.Timestamp
    waiting_count: int
    def __init__(self, name: _Optional[str] = ..., revision: _Optional[int] = ..., url: _Optional[str] = ..., email: _Optional[str] = ..., secret: _Optional[str] = ..., occasions: _Optional[_Iterable[_Union[Occasion, str]]] = ..., project: _Optional[str] = ..., tags: _Optional[_Iterable[str]] = ..., disabled: _Optional[bool] = ..., author: _Optional[str] = ..., last_attempt_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., last_error: _Optional[str] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., signed: _Optional[bool] = ..., failing_since: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., waiting_count: _Optional[int] = ...) -> None: ...
