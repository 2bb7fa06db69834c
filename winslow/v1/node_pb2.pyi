import datetime

from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from winslow.v1 import resources_pb2 as _resources_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class NodeState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    NODE_STATE_UNSPECIFIED: _ClassVar[NodeState]
    NODE_STATE_READY: _ClassVar[NodeState]
    NODE_STATE_SUSPECT: _ClassVar[NodeState]
    NODE_STATE_LOST: _ClassVar[NodeState]
NODE_STATE_UNSPECIFIED: NodeState
NODE_STATE_READY: NodeState
NODE_STATE_SUSPECT: NodeState
NODE_STATE_LOST: NodeState

class NodePolicy(_message.Message):
    __slots__ = ("name", "revision", "cordoned", "drain_deadline", "reason", "max_stages", "drain_left")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    CORDONED_FIELD_NUMBER: _ClassVar[int]
    DRAIN_DEADLINE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    MAX_STAGES_FIELD_NUMBER: _ClassVar[int]
    DRAIN_LEFT_FIELD_NUMBER: _ClassVar[int]
    name: str
    revision: int
    cordoned: bool
    drain_deadline: _timestamp_pb2.Timestamp
    reason: str
    max_stages: int
    drain_left: _duration_pb2.Duration
    def __init__(self, name: _Optional[str] = ..., revision: _Optional[int] = ..., cordoned: _Optional[bool] = ..., drain_deadline: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., reason: _Optional[str] = ..., max_stages: _Optional[int] = ..., drain_left: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class Reservation(_message.Message):
    __slots__ = ("name", "stage_count", "cpus", "memory", "gpus")
    NAME_FIELD_NUMBER: _ClassVar[int]
    STAGE_COUNT_FIELD_NUMBER: _ClassVar[int]
    CPUS_FIELD_NUMBER: _ClassVar[int]
    MEMORY_FIELD_NUMBER: _ClassVar[int]
    GPUS_FIELD_NUMBER: _ClassVar[int]
    name: str
    stage_count: int
    cpus: float
    memory: int
    gpus: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, name: _Optional[str] = ..., stage_count: _Optional[int] = ..., cpus: _Optional[float] = ..., memory: _Optional[int] = ..., gpus: _Optional[_Iterable[str]] = ...) -> None: ...

class Silence(_message.Message):
    __slots__ = ("name", "start_time", "waited", "fenced", "fault")
    NAME_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    WAITED_FIELD_NUMBER: _ClassVar[int]
    FENCED_FIELD_NUMBER: _ClassVar[int]
    FAULT_FIELD_NUMBER: _ClassVar[int]
    name: str
    start_time: _timestamp_pb2.Timestamp
    waited: float
    fenced: _containers.RepeatedScalarFieldContainer[str]
    fault: str
    def __init__(self, name: _Optional[str] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., waited: _Optional[float] = ..., fenced: _Optional[_Iterable[str]] = ..., fault: _Optional[str] = ...) -> None: ...

class Attachment(_message.Message):
    __slots__ = ("name", "clients")
    NAME_FIELD_NUMBER: _ClassVar[int]
    CLIENTS_FIELD_NUMBER: _ClassVar[int]
    name: str
    clients: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, name: _Optional[str] = ..., clients: _Optional[_Iterable[str]] = ...) -> None: ...

class Node(_message.Message):
    __slots__ = ("name", "revision", "address", "capacity", "tags", "images", "version", "boot_id", "incarnation", "register_time", "policy", "state", "free", "stages", "leader", "warnings", "silent_since", "storage_client", "archives", "http_addresses")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    CAPACITY_FIELD_NUMBER: _ClassVar[int]
    TAGS_FIELD_NUMBER: _ClassVar[int]
    IMAGES_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    BOOT_ID_FIELD_NUMBER: _ClassVar[int]
    INCARNATION_FIELD_NUMBER: _ClassVar[int]
    REGISTER_TIME_FIELD_NUMBER: _ClassVar[int]
    POLICY_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    FREE_FIELD_NUMBER: _ClassVar[int]
    STAGES_FIELD_NUMBER: _ClassVar[int]
    LEADER_FIELD_NUMBER: _ClassVar[int]
    WARNINGS_FIELD_NUMBER: _ClassVar[int]
    SILENT_SINCE_FIELD_NUMBER: _ClassVar[int]
    STORAGE_CLIENT_FIELD_NUMBER: _ClassVar[int]
    ARCHIVES_FIELD_NUMBER: _ClassVar[int]
    HTTP_ADDRESSES_FIELD_NUMBER: _ClassVar[int]
    name: str
    revision: int
    address: str
    capacity: _resources_pb2.Capacity
    tags: _containers.RepeatedScalarFieldContainer[str]
    images: _containers.RepeatedScalarFieldContainer[str]
    version: str
    boot_id: str
    incarnation: str
    register_time: _timestamp_pb2.Timestamp
    policy: NodePolicy
    state: NodeState
    free: _resources_pb2.Capacity
    stages: _containers.RepeatedScalarFieldContainer[str]
    leader: bool
    warnings: _containers.RepeatedScalarFieldContainer[str]
    silent_since: _timestamp_pb2.Timestamp
    storage_client: str
    archives: _containers.RepeatedScalarFieldContainer[str]
    http_addresses: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, name: _Optional[str] = ..., revision: _Optional[int] = ..., address: _Optional[str] = ..., capacity: _Optional[_Union[_resources_pb2.Capacity, _Mapping]] = ..., tags: _Optional[_Iterable[str]] = ..., images: _Optional[_Iterable[str]] = ..., version: _Optional[str] = ..., boot_id: _Optional[str] = ..., incarnation: _Optional[str] = ..., register_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., policy: _Optional[_Union[NodePolicy, _Mapping]] = ..., state: _Optional[_Union[NodeState, str]] = ..., free: _Optional[_Union[_resources_pb2.Capacity, _Mapping]] = ..., stages: _Optional[_Iterable[str]] = ..., leader: _Optional[bool] = ..., warnings: _Optional[_Iterable[str]] = ..., silent_since: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., storage_client: _Optional[str] = ..., archives: _Optional[_Iterable[str]] = ..., http_addresses: _Optional[_Iterable[str]] = ...) -> None: ...

class GpuReading(_message.Message):
    __slots__ = ("uuid", "utilisation", "memory_used", "temperature", "power")
    UUID_FIELD_NUMBER: _ClassVar[int]
    UTILISATION_FIELD_NUMBER: _ClassVar[int]
    MEMORY_USED_FIELD_NUMBER: _ClassVar[int]
    TEMPERATURE_FIELD_NUMBER: _ClassVar[int]
    POWER_FIELD_NUMBER: _ClassVar[int]
    uuid: str
    utilisation: float
    memory_used: int
    temperature: float
    power: float
    def __init__(self, uuid: _Optional[str] = ..., utilisation: _Optional[float] = ..., memory_used: _Optional[int] = ..., temperature: _Optional[float] = ..., power: _Optional[float] = ...) -> None: ...

class Reading(_message.Message):
    __slots__ = ("subject", "time", "seconds", "cpus", "memory", "network_receive_rate", "network_send_rate", "disk_read_rate", "disk_write_rate", "disk_used", "gpus", "load")
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    SECONDS_FIELD_NUMBER: _ClassVar[int]
    CPUS_FIELD_NUMBER: _ClassVar[int]
    MEMORY_FIELD_NUMBER: _ClassVar[int]
    NETWORK_RECEIVE_RATE_FIELD_NUMBER: _ClassVar[int]
    NETWORK_SEND_RATE_FIELD_NUMBER: _ClassVar[int]
    DISK_READ_RATE_FIELD_NUMBER: _ClassVar[int]
    DISK_WRITE_RATE_FIELD_NUMBER: _ClassVar[int]
    DISK_USED_FIELD_NUMBER: _ClassVar[int]
    GPUS_FIELD_NUMBER: _ClassVar[int]
    LOAD_FIELD_NUMBER: _ClassVar[int]
    subject: str
    time: _timestamp_pb2.Timestamp
    seconds: int
    cpus: float
    memory: int
    network_receive_rate: float
    network_send_rate: float
    disk_read_rate: float
    disk_write_rate: float
    disk_used: int
    gpus: _containers.RepeatedCompositeFieldContainer[GpuReading]
    load: float
    def __init__(self, subject: _Optional[str] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., seconds: _Optional[int] = ..., cpus: _Optional[float] = ..., memory: _Optional[int] = ..., network_receive_rate: _Optional[float] = ..., network_send_rate: _Optional[float] = ..., disk_read_rate: _Optional[float] = ..., disk_write_rate: _Optional[float] = ..., disk_used: _Optional[int] = ..., gpus: _Optional[_Iterable[_Union[GpuReading, _Mapping]]] = ..., load: _Optional[float] = ...) -> None: ...
