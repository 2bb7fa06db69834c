from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Health(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    HEALTH_UNSPECIFIED: _ClassVar[Health]
    HEALTH_OK: _ClassVar[Health]
    HEALTH_DEGRADED: _ClassVar[Health]
    HEALTH_DOWN: _ClassVar[Health]
HEALTH_UNSPECIFIED: Health
HEALTH_OK: Health
HEALTH_DEGRADED: Health
HEALTH_DOWN: Health

class Part(_message.Message):
    __slots__ = ("name", "health", "text")
    NAME_FIELD_NUMBER: _ClassVar[int]
    HEALTH_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    name: str
    health: Health
    text: str
    def __init__(self, name: _Optional[str] = ..., health: _Optional[_Union[Health, str]] = ..., text: _Optional[str] = ...) -> None: ...

class VolumeIdentity(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class Cluster(_message.Message):
    __slots__ = ("id", "answered_by", "version", "leader", "revision", "stale", "parts", "storage_size", "storage_free", "http_addresses")
    ID_FIELD_NUMBER: _ClassVar[int]
    ANSWERED_BY_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    LEADER_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    STALE_FIELD_NUMBER: _ClassVar[int]
    PARTS_FIELD_NUMBER: _ClassVar[int]
    STORAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    STORAGE_FREE_FIELD_NUMBER: _ClassVar[int]
    HTTP_ADDRESSES_FIELD_NUMBER: _ClassVar[int]
    id: str
    answered_by: str
    version: str
    leader: str
    revision: int
    stale: bool
    parts: _containers.RepeatedCompositeFieldContainer[Part]
    storage_size: int
    storage_free: int
    http_addresses: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, id: _Optional[str] = ..., answered_by: _Optional[str] = ..., version: _Optional[str] = ..., leader: _Optional[str] = ..., revision: _Optional[int] = ..., stale: _Optional[bool] = ..., parts: _Optional[_Iterable[_Union[Part, _Mapping]]] = ..., storage_size: _Optional[int] = ..., storage_free: _Optional[int] = ..., http_addresses: _Optional[_Iterable[str]] = ...) -> None: ...
