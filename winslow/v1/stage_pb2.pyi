import datetime

from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from winslow.v1 import common_pb2 as _common_pb2
from winslow.v1 import pipeline_pb2 as _pipeline_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class StageState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    STAGE_STATE_UNSPECIFIED: _ClassVar[StageState]
    STAGE_STATE_QUEUED: _ClassVar[StageState]
    STAGE_STATE_ELECTING: _ClassVar[StageState]
    STAGE_STATE_PREPARING: _ClassVar[StageState]
    STAGE_STATE_RUNNING: _ClassVar[StageState]
    STAGE_STATE_SUCCEEDED: _ClassVar[StageState]
    STAGE_STATE_FAILED: _ClassVar[StageState]
    STAGE_STATE_ABORTED: _ClassVar[StageState]
    STAGE_STATE_LOST: _ClassVar[StageState]
    STAGE_STATE_SKIPPED: _ClassVar[StageState]

class Cause(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CAUSE_UNSPECIFIED: _ClassVar[Cause]
    CAUSE_EXIT_CODE: _ClassVar[Cause]
    CAUSE_SIGNAL: _ClassVar[Cause]
    CAUSE_OUT_OF_MEMORY: _ClassVar[Cause]
    CAUSE_TIMEOUT: _ClassVar[Cause]
    CAUSE_IMAGE_MISSING: _ClassVar[Cause]
    CAUSE_COMMAND_NOT_FOUND: _ClassVar[Cause]
    CAUSE_DISK_FULL: _ClassVar[Cause]
    CAUSE_ABORTED: _ClassVar[Cause]
    CAUSE_NODE_LOST: _ClassVar[Cause]
    CAUSE_STORAGE: _ClassVar[Cause]
    CAUSE_ENGINE: _ClassVar[Cause]

class Layer(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LAYER_UNSPECIFIED: _ClassVar[Layer]
    LAYER_GLOBAL: _ClassVar[Layer]
    LAYER_PIPELINE: _ClassVar[Layer]
    LAYER_STAGE: _ClassVar[Layer]
    LAYER_SUBMISSION: _ClassVar[Layer]
    LAYER_INTERNAL: _ClassVar[Layer]
STAGE_STATE_UNSPECIFIED: StageState
STAGE_STATE_QUEUED: StageState
STAGE_STATE_ELECTING: StageState
STAGE_STATE_PREPARING: StageState
STAGE_STATE_RUNNING: StageState
STAGE_STATE_SUCCEEDED: StageState
STAGE_STATE_FAILED: StageState
STAGE_STATE_ABORTED: StageState
STAGE_STATE_LOST: StageState
STAGE_STATE_SKIPPED: StageState
CAUSE_UNSPECIFIED: Cause
CAUSE_EXIT_CODE: Cause
CAUSE_SIGNAL: Cause
CAUSE_OUT_OF_MEMORY: Cause
CAUSE_TIMEOUT: Cause
CAUSE_IMAGE_MISSING: Cause
CAUSE_COMMAND_NOT_FOUND: Cause
CAUSE_DISK_FULL: Cause
CAUSE_ABORTED: Cause
CAUSE_NODE_LOST: Cause
CAUSE_STORAGE: Cause
CAUSE_ENGINE: Cause
LAYER_UNSPECIFIED: Layer
LAYER_GLOBAL: Layer
LAYER_PIPELINE: Layer
LAYER_STAGE: Layer
LAYER_SUBMISSION: Layer
LAYER_INTERNAL: Layer

class Variable(_message.Message):
    __slots__ = ("name", "value", "layer")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    LAYER_FIELD_NUMBER: _ClassVar[int]
    name: str
    value: str
    layer: Layer
    def __init__(self, name: _Optional[str] = ..., value: _Optional[str] = ..., layer: _Optional[_Union[Layer, str]] = ...) -> None: ...

class Abort(_message.Message):
    __slots__ = ("by", "time")
    BY_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    by: str
    time: _timestamp_pb2.Timestamp
    def __init__(self, by: _Optional[str] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Outcome(_message.Message):
    __slots__ = ("exit_code", "cause", "message")
    EXIT_CODE_FIELD_NUMBER: _ClassVar[int]
    CAUSE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    exit_code: int
    cause: Cause
    message: str
    def __init__(self, exit_code: _Optional[int] = ..., cause: _Optional[_Union[Cause, str]] = ..., message: _Optional[str] = ...) -> None: ...

class Stage(_message.Message):
    __slots__ = ("name", "revision", "run", "definition", "attempt", "create_time", "author", "parent", "joined", "workspace", "environment", "state", "reason", "not_before", "node", "gpus", "fence", "image_digest", "place_time", "start_time", "end_time", "progress", "results", "outcome", "abort", "retry_of", "pinned", "comment", "estimated_end_time", "stale", "suspect", "workspace_drop_time", "waited", "wait_since_time")
    class JoinedEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    class ResultsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    class WaitedEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: _duration_pb2.Duration
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...
    NAME_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    RUN_FIELD_NUMBER: _ClassVar[int]
    DEFINITION_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    JOINED_FIELD_NUMBER: _ClassVar[int]
    WORKSPACE_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    NOT_BEFORE_FIELD_NUMBER: _ClassVar[int]
    NODE_FIELD_NUMBER: _ClassVar[int]
    GPUS_FIELD_NUMBER: _ClassVar[int]
    FENCE_FIELD_NUMBER: _ClassVar[int]
    IMAGE_DIGEST_FIELD_NUMBER: _ClassVar[int]
    PLACE_TIME_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    ABORT_FIELD_NUMBER: _ClassVar[int]
    RETRY_OF_FIELD_NUMBER: _ClassVar[int]
    PINNED_FIELD_NUMBER: _ClassVar[int]
    COMMENT_FIELD_NUMBER: _ClassVar[int]
    ESTIMATED_END_TIME_FIELD_NUMBER: _ClassVar[int]
    STALE_FIELD_NUMBER: _ClassVar[int]
    SUSPECT_FIELD_NUMBER: _ClassVar[int]
    WORKSPACE_DROP_TIME_FIELD_NUMBER: _ClassVar[int]
    WAITED_FIELD_NUMBER: _ClassVar[int]
    WAIT_SINCE_TIME_FIELD_NUMBER: _ClassVar[int]
    name: str
    revision: int
    run: str
    definition: _pipeline_pb2.StageDefinition
    attempt: int
    create_time: _timestamp_pb2.Timestamp
    author: str
    parent: str
    joined: _containers.ScalarMap[str, str]
    workspace: str
    environment: _containers.RepeatedCompositeFieldContainer[Variable]
    state: StageState
    reason: _common_pb2.Reason
    not_before: _timestamp_pb2.Timestamp
    node: str
    gpus: _containers.RepeatedScalarFieldContainer[str]
    fence: int
    image_digest: str
    place_time: _timestamp_pb2.Timestamp
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    progress: float
    results: _containers.ScalarMap[str, str]
    outcome: Outcome
    abort: Abort
    retry_of: str
    pinned: bool
    comment: str
    estimated_end_time: _timestamp_pb2.Timestamp
    stale: bool
    suspect: bool
    workspace_drop_time: _timestamp_pb2.Timestamp
    waited: _containers.MessageMap[str, _duration_pb2.Duration]
    wait_since_time: _timestamp_pb2.Timestamp
    def __init__(self, name: _Optional[str] = ..., revision: _Optional[int] = ..., run: _Optional[str] = ..., definition: _Optional[_Union[_pipeline_pb2.StageDefinition, _Mapping]] = ..., attempt: _Optional[int] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., author: _Optional[str] = ..., parent: _Optional[str] = ..., joined: _Optional[_Mapping[str, str]] = ..., workspace: _Optional[str] = ..., environment: _Optional[_Iterable[_Union[Variable, _Mapping]]] = ..., state: _Optional[_Union[StageState, str]] = ..., reason: _Optional[_Union[_common_pb2.Reason, _Mapping]] = ..., not_before: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., node: _Optional[str] = ..., gpus: _Optional[_Iterable[str]] = ..., fence: _Optional[int] = ..., image_digest: _Optional[str] = ..., place_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., progress: _Optional[float] = ..., results: _Optional[_Mapping[str, str]] = ..., outcome: _Optional[_Union[Outcome, _Mapping]] = ..., abort: _Optional[_Union[Abort, _Mapping]] = ..., retry_of: _Optional[str] = ..., pinned: _Optional[bool] = ..., comment: _Optional[str] = ..., estimated_end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., stale: _Optional[bool] = ..., suspect: _Optional[bool] = ..., workspace_drop_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., waited: _Optional[_Mapping[str, _duration_pb2.Duration]] = ..., wait_since_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...
