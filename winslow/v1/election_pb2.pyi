import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from winslow.v1 import common_pb2 as _common_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Score(_message.Message):
    __slots__ = ("name", "value")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    name: str
    value: float
    def __init__(self, name: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...

class Bid(_message.Message):
    __slots__ = ("node", "lacks", "hopeless", "score", "parts")
    NODE_FIELD_NUMBER: _ClassVar[int]
    LACKS_FIELD_NUMBER: _ClassVar[int]
    HOPELESS_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    PARTS_FIELD_NUMBER: _ClassVar[int]
    node: str
    lacks: _containers.RepeatedScalarFieldContainer[str]
    hopeless: bool
    score: float
    parts: _containers.RepeatedCompositeFieldContainer[Score]
    def __init__(self, node: _Optional[str] = ..., lacks: _Optional[_Iterable[str]] = ..., hopeless: _Optional[bool] = ..., score: _Optional[float] = ..., parts: _Optional[_Iterable[_Union[Score, _Mapping]]] = ...) -> None: ...

class Election(_message.Message):
    __slots__ = ("name", "revision", "open_time", "close_time", "winner", "bids", "fence", "round")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    OPEN_TIME_FIELD_NUMBER: _ClassVar[int]
    CLOSE_TIME_FIELD_NUMBER: _ClassVar[int]
    WINNER_FIELD_NUMBER: _ClassVar[int]
    BIDS_FIELD_NUMBER: _ClassVar[int]
    FENCE_FIELD_NUMBER: _ClassVar[int]
    ROUND_FIELD_NUMBER: _ClassVar[int]
    name: str
    revision: int
    open_time: _timestamp_pb2.Timestamp
    close_time: _timestamp_pb2.Timestamp
    winner: str
    bids: _containers.RepeatedCompositeFieldContainer[Bid]
    fence: int
    round: int
    def __init__(self, name: _Optional[str] = ..., revision: _Optional[int] = ..., open_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., close_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., winner: _Optional[str] = ..., bids: _Optional[_Iterable[_Union[Bid, _Mapping]]] = ..., fence: _Optional[int] = ..., round: _Optional[int] = ...) -> None: ...

class Explanation(_message.Message):
    __slots__ = ("stage", "reason", "remedies", "queue_position", "queue_length", "bids", "warnings")
    STAGE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    REMEDIES_FIELD_NUMBER: _ClassVar[int]
    QUEUE_POSITION_FIELD_NUMBER: _ClassVar[int]
    QUEUE_LENGTH_FIELD_NUMBER: _ClassVar[int]
    BIDS_FIELD_NUMBER: _ClassVar[int]
    WARNINGS_FIELD_NUMBER: _ClassVar[int]
    stage: str
    reason: _common_pb2.Reason
    remedies: _containers.RepeatedScalarFieldContainer[str]
    queue_position: int
    queue_length: int
    bids: _containers.RepeatedCompositeFieldContainer[Bid]
    warnings: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, stage: _Optional[str] = ..., reason: _Optional[_Union[_common_pb2.Reason, _Mapping]] = ..., remedies: _Optional[_Iterable[str]] = ..., queue_position: _Optional[int] = ..., queue_length: _Optional[int] = ..., bids: _Optional[_Iterable[_Union[Bid, _Mapping]]] = ..., warnings: _Optional[_Iterable[str]] = ...) -> None: ...
