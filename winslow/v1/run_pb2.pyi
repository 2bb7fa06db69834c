import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from winslow.v1 import common_pb2 as _common_pb2
from winslow.v1 import resources_pb2 as _resources_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class RunMode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RUN_MODE_UNSPECIFIED: _ClassVar[RunMode]
    RUN_MODE_RUN_ON: _ClassVar[RunMode]
    RUN_MODE_ONE_STAGE: _ClassVar[RunMode]

class RunEnd(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RUN_END_UNSPECIFIED: _ClassVar[RunEnd]
    RUN_END_SUCCEEDED: _ClassVar[RunEnd]
    RUN_END_FAILED: _ClassVar[RunEnd]
    RUN_END_SUPERSEDED: _ClassVar[RunEnd]

class RunState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RUN_STATE_UNSPECIFIED: _ClassVar[RunState]
    RUN_STATE_RUNNING: _ClassVar[RunState]
    RUN_STATE_AWAITING_INPUT: _ClassVar[RunState]
    RUN_STATE_PAUSING: _ClassVar[RunState]
    RUN_STATE_PAUSED: _ClassVar[RunState]
    RUN_STATE_FAILED: _ClassVar[RunState]
    RUN_STATE_SUCCEEDED: _ClassVar[RunState]
    RUN_STATE_SUPERSEDED: _ClassVar[RunState]
RUN_MODE_UNSPECIFIED: RunMode
RUN_MODE_RUN_ON: RunMode
RUN_MODE_ONE_STAGE: RunMode
RUN_END_UNSPECIFIED: RunEnd
RUN_END_SUCCEEDED: RunEnd
RUN_END_FAILED: RunEnd
RUN_END_SUPERSEDED: RunEnd
RUN_STATE_UNSPECIFIED: RunState
RUN_STATE_RUNNING: RunState
RUN_STATE_AWAITING_INPUT: RunState
RUN_STATE_PAUSING: RunState
RUN_STATE_PAUSED: RunState
RUN_STATE_FAILED: RunState
RUN_STATE_SUCCEEDED: RunState
RUN_STATE_SUPERSEDED: RunState

class Arguments(_message.Message):
    __slots__ = ("values",)
    VALUES_FIELD_NUMBER: _ClassVar[int]
    values: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, values: _Optional[_Iterable[str]] = ...) -> None: ...

class Override(_message.Message):
    __slots__ = ("environment", "arguments", "resources", "image")
    class EnvironmentEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    ARGUMENTS_FIELD_NUMBER: _ClassVar[int]
    RESOURCES_FIELD_NUMBER: _ClassVar[int]
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    environment: _containers.ScalarMap[str, str]
    arguments: Arguments
    resources: _resources_pb2.Resources
    image: str
    def __init__(self, environment: _Optional[_Mapping[str, str]] = ..., arguments: _Optional[_Union[Arguments, _Mapping]] = ..., resources: _Optional[_Union[_resources_pb2.Resources, _Mapping]] = ..., image: _Optional[str] = ...) -> None: ...

class Answer(_message.Message):
    __slots__ = ("by", "time", "environment", "ask_time")
    class EnvironmentEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    BY_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    ASK_TIME_FIELD_NUMBER: _ClassVar[int]
    by: str
    time: _timestamp_pb2.Timestamp
    environment: _containers.ScalarMap[str, str]
    ask_time: _timestamp_pb2.Timestamp
    def __init__(self, by: _Optional[str] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., environment: _Optional[_Mapping[str, str]] = ..., ask_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Hold(_message.Message):
    __slots__ = ("reason", "by", "time", "stage")
    REASON_FIELD_NUMBER: _ClassVar[int]
    BY_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    STAGE_FIELD_NUMBER: _ClassVar[int]
    reason: _common_pb2.Reason
    by: str
    time: _timestamp_pb2.Timestamp
    stage: str
    def __init__(self, reason: _Optional[_Union[_common_pb2.Reason, _Mapping]] = ..., by: _Optional[str] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., stage: _Optional[str] = ...) -> None: ...

class Attempts(_message.Message):
    __slots__ = ("stages",)
    STAGES_FIELD_NUMBER: _ClassVar[int]
    stages: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, stages: _Optional[_Iterable[str]] = ...) -> None: ...

class Gate(_message.Message):
    __slots__ = ("run", "definition", "confirmation_needed", "missing_variables", "parent", "since", "reason")
    RUN_FIELD_NUMBER: _ClassVar[int]
    DEFINITION_FIELD_NUMBER: _ClassVar[int]
    CONFIRMATION_NEEDED_FIELD_NUMBER: _ClassVar[int]
    MISSING_VARIABLES_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    SINCE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    run: str
    definition: str
    confirmation_needed: bool
    missing_variables: _containers.RepeatedScalarFieldContainer[str]
    parent: str
    since: _timestamp_pb2.Timestamp
    reason: _common_pb2.Reason
    def __init__(self, run: _Optional[str] = ..., definition: _Optional[str] = ..., confirmation_needed: _Optional[bool] = ..., missing_variables: _Optional[_Iterable[str]] = ..., parent: _Optional[str] = ..., since: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., reason: _Optional[_Union[_common_pb2.Reason, _Mapping]] = ...) -> None: ...

class Run(_message.Message):
    __slots__ = ("name", "revision", "number", "start", "create_time", "author", "mode", "parent", "inherited", "attempts", "skipped", "again", "only", "overrides", "answers", "hold", "sweep", "end", "end_time", "comment", "resumed", "state", "reason", "gates", "progress")
    class InheritedEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    class AttemptsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: Attempts
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[Attempts, _Mapping]] = ...) -> None: ...
    class OverridesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: Override
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[Override, _Mapping]] = ...) -> None: ...
    class AnswersEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: Answer
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[Answer, _Mapping]] = ...) -> None: ...
    class ResumedEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    NAME_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    START_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    INHERITED_FIELD_NUMBER: _ClassVar[int]
    ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    SKIPPED_FIELD_NUMBER: _ClassVar[int]
    AGAIN_FIELD_NUMBER: _ClassVar[int]
    ONLY_FIELD_NUMBER: _ClassVar[int]
    OVERRIDES_FIELD_NUMBER: _ClassVar[int]
    ANSWERS_FIELD_NUMBER: _ClassVar[int]
    HOLD_FIELD_NUMBER: _ClassVar[int]
    SWEEP_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    COMMENT_FIELD_NUMBER: _ClassVar[int]
    RESUMED_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    GATES_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    name: str
    revision: int
    number: int
    start: _containers.RepeatedScalarFieldContainer[str]
    create_time: _timestamp_pb2.Timestamp
    author: str
    mode: RunMode
    parent: str
    inherited: _containers.ScalarMap[str, str]
    attempts: _containers.MessageMap[str, Attempts]
    skipped: _containers.RepeatedScalarFieldContainer[str]
    again: _containers.RepeatedScalarFieldContainer[str]
    only: _containers.RepeatedScalarFieldContainer[str]
    overrides: _containers.MessageMap[str, Override]
    answers: _containers.MessageMap[str, Answer]
    hold: Hold
    sweep: str
    end: RunEnd
    end_time: _timestamp_pb2.Timestamp
    comment: str
    resumed: _containers.ScalarMap[str, str]
    state: RunState
    reason: _common_pb2.Reason
    gates: _containers.RepeatedCompositeFieldContainer[Gate]
    progress: float
    def __init__(self, name: _Optional[str] = ..., revision: _Optional[int] = ..., number: _Optional[int] = ..., start: _Optional[_Iterable[str]] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., author: _Optional[str] = ..., mode: _Optional[_Union[RunMode, str]] = ..., parent: _Optional[str] = ..., inherited: _Optional[_Mapping[str, str]] = ..., attempts: _Optional[_Mapping[str, Attempts]] = ..., skipped: _Optional[_Iterable[str]] = ..., again: _Optional[_Iterable[str]] = ..., only: _Optional[_Iterable[str]] = ..., overrides: _Optional[_Mapping[str, Override]] = ..., answers: _Optional[_Mapping[str, Answer]] = ..., hold: _Optional[_Union[Hold, _Mapping]] = ..., sweep: _Optional[str] = ..., end: _Optional[_Union[RunEnd, str]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., comment: _Optional[str] = ..., resumed: _Optional[_Mapping[str, str]] = ..., state: _Optional[_Union[RunState, str]] = ..., reason: _Optional[_Union[_common_pb2.Reason, _Mapping]] = ..., gates: _Optional[_Iterable[_Union[Gate, _Mapping]]] = ..., progress: _Optional[float] = ...) -> None: ...

class Comment(_message.Message):
    __slots__ = ("name", "revision", "author", "create_time", "text")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    name: str
    revision: int
    author: str
    create_time: _timestamp_pb2.Timestamp
    text: str
    def __init__(self, name: _Optional[str] = ..., revision: _Optional[int] = ..., author: _Optional[str] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., text: _Optional[str] = ...) -> None: ...
