import datetime

from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class StatisticsGroup(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    STATISTICS_GROUP_UNSPECIFIED: _ClassVar[StatisticsGroup]
    STATISTICS_GROUP_PROJECT: _ClassVar[StatisticsGroup]
    STATISTICS_GROUP_USER: _ClassVar[StatisticsGroup]
    STATISTICS_GROUP_NODE: _ClassVar[StatisticsGroup]
    STATISTICS_GROUP_GPU: _ClassVar[StatisticsGroup]
STATISTICS_GROUP_UNSPECIFIED: StatisticsGroup
STATISTICS_GROUP_PROJECT: StatisticsGroup
STATISTICS_GROUP_USER: StatisticsGroup
STATISTICS_GROUP_NODE: StatisticsGroup
STATISTICS_GROUP_GPU: StatisticsGroup

class GetStatisticsRequest(_message.Message):
    __slots__ = ("start_time", "end_time", "group", "time_zone", "project")
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    GROUP_FIELD_NUMBER: _ClassVar[int]
    TIME_ZONE_FIELD_NUMBER: _ClassVar[int]
    PROJECT_FIELD_NUMBER: _ClassVar[int]
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    group: StatisticsGroup
    time_zone: str
    project: str
    def __init__(self, start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., group: _Optional[_Union[StatisticsGroup, str]] = ..., time_zone: _Optional[str] = ..., project: _Optional[str] = ...) -> None: ...

class GetStatisticsResponse(_message.Message):
    __slots__ = ("hours", "shares", "waits")
    class Hour(_message.Message):
        __slots__ = ("weekday", "hour", "running", "started_by_hand", "started_by_winslow")
        WEEKDAY_FIELD_NUMBER: _ClassVar[int]
        HOUR_FIELD_NUMBER: _ClassVar[int]
        RUNNING_FIELD_NUMBER: _ClassVar[int]
        STARTED_BY_HAND_FIELD_NUMBER: _ClassVar[int]
        STARTED_BY_WINSLOW_FIELD_NUMBER: _ClassVar[int]
        weekday: int
        hour: int
        running: float
        started_by_hand: int
        started_by_winslow: int
        def __init__(self, weekday: _Optional[int] = ..., hour: _Optional[int] = ..., running: _Optional[float] = ..., started_by_hand: _Optional[int] = ..., started_by_winslow: _Optional[int] = ...) -> None: ...
    class Share(_message.Message):
        __slots__ = ("name", "stages", "computing", "gpu_computing")
        NAME_FIELD_NUMBER: _ClassVar[int]
        STAGES_FIELD_NUMBER: _ClassVar[int]
        COMPUTING_FIELD_NUMBER: _ClassVar[int]
        GPU_COMPUTING_FIELD_NUMBER: _ClassVar[int]
        name: str
        stages: int
        computing: _duration_pb2.Duration
        gpu_computing: _duration_pb2.Duration
        def __init__(self, name: _Optional[str] = ..., stages: _Optional[int] = ..., computing: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., gpu_computing: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...
    class Wait(_message.Message):
        __slots__ = ("code", "stages", "total", "longest")
        CODE_FIELD_NUMBER: _ClassVar[int]
        STAGES_FIELD_NUMBER: _ClassVar[int]
        TOTAL_FIELD_NUMBER: _ClassVar[int]
        LONGEST_FIELD_NUMBER: _ClassVar[int]
        code: str
        stages: int
        total: _duration_pb2.Duration
        longest: _duration_pb2.Duration
        def __init__(self, code: _Optional[str] = ..., stages: _Optional[int] = ..., total: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., longest: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...
    HOURS_FIELD_NUMBER: _ClassVar[int]
    SHARES_FIELD_NUMBER: _ClassVar[int]
    WAITS_FIELD_NUMBER: _ClassVar[int]
    hours: _containers.RepeatedCompositeFieldContainer[GetStatisticsResponse.Hour]
    shares: _containers.RepeatedCompositeFieldContainer[GetStatisticsResponse.Share]
    waits: _containers.RepeatedCompositeFieldContainer[GetStatisticsResponse.Wait]
    def __init__(self, hours: _Optional[_Iterable[_Union[GetStatisticsResponse.Hour, _Mapping]]] = ..., shares: _Optional[_Iterable[_Union[GetStatisticsResponse.Share, _Mapping]]] = ..., waits: _Optional[_Iterable[_Union[GetStatisticsResponse.Wait, _Mapping]]] = ...) -> None: ...
