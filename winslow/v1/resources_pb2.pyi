from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class GpuVendor(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    GPU_VENDOR_UNSPECIFIED: _ClassVar[GpuVendor]
    GPU_VENDOR_ANY: _ClassVar[GpuVendor]
    GPU_VENDOR_NVIDIA: _ClassVar[GpuVendor]
    GPU_VENDOR_AMD: _ClassVar[GpuVendor]
GPU_VENDOR_UNSPECIFIED: GpuVendor
GPU_VENDOR_ANY: GpuVendor
GPU_VENDOR_NVIDIA: GpuVendor
GPU_VENDOR_AMD: GpuVendor

class GpuRequest(_message.Message):
    __slots__ = ("count", "vendor", "memory")
    COUNT_FIELD_NUMBER: _ClassVar[int]
    VENDOR_FIELD_NUMBER: _ClassVar[int]
    MEMORY_FIELD_NUMBER: _ClassVar[int]
    count: int
    vendor: GpuVendor
    memory: int
    def __init__(self, count: _Optional[int] = ..., vendor: _Optional[_Union[GpuVendor, str]] = ..., memory: _Optional[int] = ...) -> None: ...

class Resources(_message.Message):
    __slots__ = ("cpus", "memory", "shared_memory", "pids", "gpus", "tags")
    CPUS_FIELD_NUMBER: _ClassVar[int]
    MEMORY_FIELD_NUMBER: _ClassVar[int]
    SHARED_MEMORY_FIELD_NUMBER: _ClassVar[int]
    PIDS_FIELD_NUMBER: _ClassVar[int]
    GPUS_FIELD_NUMBER: _ClassVar[int]
    TAGS_FIELD_NUMBER: _ClassVar[int]
    cpus: float
    memory: int
    shared_memory: int
    pids: int
    gpus: GpuRequest
    tags: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, cpus: _Optional[float] = ..., memory: _Optional[int] = ..., shared_memory: _Optional[int] = ..., pids: _Optional[int] = ..., gpus: _Optional[_Union[GpuRequest, _Mapping]] = ..., tags: _Optional[_Iterable[str]] = ...) -> None: ...

class Gpu(_message.Message):
    __slots__ = ("uuid", "vendor", "model", "memory", "driver")
    UUID_FIELD_NUMBER: _ClassVar[int]
    VENDOR_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    MEMORY_FIELD_NUMBER: _ClassVar[int]
    DRIVER_FIELD_NUMBER: _ClassVar[int]
    uuid: str
    vendor: GpuVendor
    model: str
    memory: int
    driver: str
    def __init__(self, uuid: _Optional[str] = ..., vendor: _Optional[_Union[GpuVendor, str]] = ..., model: _Optional[str] = ..., memory: _Optional[int] = ..., driver: _Optional[str] = ...) -> None: ...

class Capacity(_message.Message):
    __slots__ = ("cpus", "memory", "disk", "gpus")
    CPUS_FIELD_NUMBER: _ClassVar[int]
    MEMORY_FIELD_NUMBER: _ClassVar[int]
    DISK_FIELD_NUMBER: _ClassVar[int]
    GPUS_FIELD_NUMBER: _ClassVar[int]
    cpus: float
    memory: int
    disk: int
    gpus: _containers.RepeatedCompositeFieldContainer[Gpu]
    def __init__(self, cpus: _Optional[float] = ..., memory: _Optional[int] = ..., disk: _Optional[int] = ..., gpus: _Optional[_Iterable[_Union[Gpu, _Mapping]]] = ...) -> None: ...
