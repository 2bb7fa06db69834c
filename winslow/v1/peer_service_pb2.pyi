from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class GpuOffer(_message.Message):
    __slots__ = ("uuid", "utilisation", "memory_free")
    UUID_FIELD_NUMBER: _ClassVar[int]
    UTILISATION_FIELD_NUMBER: _ClassVar[int]
    MEMORY_FREE_FIELD_NUMBER: _ClassVar[int]
    uuid: str
    utilisation: float
    memory_free: int
    def __init__(self, uuid: _Optional[str] = ..., utilisation: _Optional[float] = ..., memory_free: _Optional[int] = ...) -> None: ...

class AttendRequest(_message.Message):
    __slots__ = ("node", "incarnation", "number", "cpus_idle", "memory_available", "disk_free", "gpus", "obstacles")
    NODE_FIELD_NUMBER: _ClassVar[int]
    INCARNATION_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    CPUS_IDLE_FIELD_NUMBER: _ClassVar[int]
    MEMORY_AVAILABLE_FIELD_NUMBER: _ClassVar[int]
    DISK_FREE_FIELD_NUMBER: _ClassVar[int]
    GPUS_FIELD_NUMBER: _ClassVar[int]
    OBSTACLES_FIELD_NUMBER: _ClassVar[int]
    node: str
    incarnation: str
    number: int
    cpus_idle: float
    memory_available: int
    disk_free: int
    gpus: _containers.RepeatedCompositeFieldContainer[GpuOffer]
    obstacles: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, node: _Optional[str] = ..., incarnation: _Optional[str] = ..., number: _Optional[int] = ..., cpus_idle: _Optional[float] = ..., memory_available: _Optional[int] = ..., disk_free: _Optional[int] = ..., gpus: _Optional[_Iterable[_Union[GpuOffer, _Mapping]]] = ..., obstacles: _Optional[_Iterable[str]] = ...) -> None: ...

class AttendResponse(_message.Message):
    __slots__ = ("number",)
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    number: int
    def __init__(self, number: _Optional[int] = ...) -> None: ...
