from winslow.v1 import event_pb2 as _event_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class WatchRequest(_message.Message):
    __slots__ = ("revision", "kinds", "projects", "readings_of", "details_of", "brief", "fresh")
    REVISION_FIELD_NUMBER: _ClassVar[int]
    KINDS_FIELD_NUMBER: _ClassVar[int]
    PROJECTS_FIELD_NUMBER: _ClassVar[int]
    READINGS_OF_FIELD_NUMBER: _ClassVar[int]
    DETAILS_OF_FIELD_NUMBER: _ClassVar[int]
    BRIEF_FIELD_NUMBER: _ClassVar[int]
    FRESH_FIELD_NUMBER: _ClassVar[int]
    revision: int
    kinds: _containers.RepeatedScalarFieldContainer[_event_pb2.ResourceKind]
    projects: _containers.RepeatedScalarFieldContainer[str]
    readings_of: _containers.RepeatedScalarFieldContainer[str]
    details_of: _containers.RepeatedScalarFieldContainer[str]
    brief: bool
    fresh: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, revision: _Optional[int] = ..., kinds: _Optional[_Iterable[_Union[_event_pb2.ResourceKind, str]]] = ..., projects: _Optional[_Iterable[str]] = ..., readings_of: _Optional[_Iterable[str]] = ..., details_of: _Optional[_Iterable[str]] = ..., brief: _Optional[bool] = ..., fresh: _Optional[_Iterable[str]] = ...) -> None: ...

class WatchResponse(_message.Message):
    __slots__ = ("revision", "changes", "initial", "stale")
    REVISION_FIELD_NUMBER: _ClassVar[int]
    CHANGES_FIELD_NUMBER: _ClassVar[int]
    INITIAL_FIELD_NUMBER: _ClassVar[int]
    STALE_FIELD_NUMBER: _ClassVar[int]
    revision: int
    changes: _containers.RepeatedCompositeFieldContainer[_event_pb2.Change]
    initial: bool
    stale: bool
    def __init__(self, revision: _Optional[int] = ..., changes: _Optional[_Iterable[_Union[_event_pb2.Change, _Mapping]]] = ..., initial: _Optional[bool] = ..., stale: _Optional[bool] = ...) -> None: ...
