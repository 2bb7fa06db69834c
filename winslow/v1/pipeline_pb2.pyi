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

class Confirmation(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CONFIRMATION_UNSPECIFIED: _ClassVar[Confirmation]
    CONFIRMATION_NEVER: _ClassVar[Confirmation]
    CONFIRMATION_ONCE: _ClassVar[Confirmation]
    CONFIRMATION_ALWAYS: _ClassVar[Confirmation]

class WorkspaceMode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    WORKSPACE_MODE_UNSPECIFIED: _ClassVar[WorkspaceMode]
    WORKSPACE_MODE_COPY: _ClassVar[WorkspaceMode]
    WORKSPACE_MODE_EMPTY: _ClassVar[WorkspaceMode]
    WORKSPACE_MODE_CONTINUE: _ClassVar[WorkspaceMode]
    WORKSPACE_MODE_LAYERED: _ClassVar[WorkspaceMode]

class Network(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    NETWORK_UNSPECIFIED: _ClassVar[Network]
    NETWORK_NONE: _ClassVar[Network]
    NETWORK_BRIDGE: _ClassVar[Network]
    NETWORK_HOST: _ClassVar[Network]

class RetryOn(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RETRY_ON_UNSPECIFIED: _ClassVar[RetryOn]
    RETRY_ON_ANY: _ClassVar[RetryOn]
    RETRY_ON_EXIT_CODE: _ClassVar[RetryOn]
    RETRY_ON_OUT_OF_MEMORY: _ClassVar[RetryOn]
    RETRY_ON_TIMEOUT: _ClassVar[RetryOn]
    RETRY_ON_IMAGE: _ClassVar[RetryOn]
    RETRY_ON_DISK_FULL: _ClassVar[RetryOn]
    RETRY_ON_ENGINE: _ClassVar[RetryOn]
    RETRY_ON_NODE_LOST: _ClassVar[RetryOn]
    RETRY_ON_NOTHING: _ClassVar[RetryOn]
CONFIRMATION_UNSPECIFIED: Confirmation
CONFIRMATION_NEVER: Confirmation
CONFIRMATION_ONCE: Confirmation
CONFIRMATION_ALWAYS: Confirmation
WORKSPACE_MODE_UNSPECIFIED: WorkspaceMode
WORKSPACE_MODE_COPY: WorkspaceMode
WORKSPACE_MODE_EMPTY: WorkspaceMode
WORKSPACE_MODE_CONTINUE: WorkspaceMode
WORKSPACE_MODE_LAYERED: WorkspaceMode
NETWORK_UNSPECIFIED: Network
NETWORK_NONE: Network
NETWORK_BRIDGE: Network
NETWORK_HOST: Network
RETRY_ON_UNSPECIFIED: RetryOn
RETRY_ON_ANY: RetryOn
RETRY_ON_EXIT_CODE: RetryOn
RETRY_ON_OUT_OF_MEMORY: RetryOn
RETRY_ON_TIMEOUT: RetryOn
RETRY_ON_IMAGE: RetryOn
RETRY_ON_DISK_FULL: RetryOn
RETRY_ON_ENGINE: RetryOn
RETRY_ON_NODE_LOST: RetryOn
RETRY_ON_NOTHING: RetryOn

class RetryPolicy(_message.Message):
    __slots__ = ("attempts", "backoff", "factor", "backoff_max", "on")
    ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    BACKOFF_FIELD_NUMBER: _ClassVar[int]
    FACTOR_FIELD_NUMBER: _ClassVar[int]
    BACKOFF_MAX_FIELD_NUMBER: _ClassVar[int]
    ON_FIELD_NUMBER: _ClassVar[int]
    attempts: int
    backoff: _duration_pb2.Duration
    factor: float
    backoff_max: _duration_pb2.Duration
    on: _containers.RepeatedScalarFieldContainer[RetryOn]
    def __init__(self, attempts: _Optional[int] = ..., backoff: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., factor: _Optional[float] = ..., backoff_max: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., on: _Optional[_Iterable[_Union[RetryOn, str]]] = ...) -> None: ...

class UserInput(_message.Message):
    __slots__ = ("variables", "confirmation")
    VARIABLES_FIELD_NUMBER: _ClassVar[int]
    CONFIRMATION_FIELD_NUMBER: _ClassVar[int]
    variables: _containers.RepeatedScalarFieldContainer[str]
    confirmation: Confirmation
    def __init__(self, variables: _Optional[_Iterable[str]] = ..., confirmation: _Optional[_Union[Confirmation, str]] = ...) -> None: ...

class LogParser(_message.Message):
    __slots__ = ("name", "pattern")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PATTERN_FIELD_NUMBER: _ClassVar[int]
    name: str
    pattern: str
    def __init__(self, name: _Optional[str] = ..., pattern: _Optional[str] = ...) -> None: ...

class Edge(_message.Message):
    __slots__ = ("stage", "when")
    STAGE_FIELD_NUMBER: _ClassVar[int]
    WHEN_FIELD_NUMBER: _ClassVar[int]
    stage: str
    when: str
    def __init__(self, stage: _Optional[str] = ..., when: _Optional[str] = ...) -> None: ...

class StageDefinition(_message.Message):
    __slots__ = ("name", "image", "description", "arguments", "environment", "resources", "after", "timeout", "lost_after", "retry", "network", "user", "discardable", "workspace", "user_input", "log_parsers", "log_limit", "grace")
    class EnvironmentEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    NAME_FIELD_NUMBER: _ClassVar[int]
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    ARGUMENTS_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    RESOURCES_FIELD_NUMBER: _ClassVar[int]
    AFTER_FIELD_NUMBER: _ClassVar[int]
    TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    LOST_AFTER_FIELD_NUMBER: _ClassVar[int]
    RETRY_FIELD_NUMBER: _ClassVar[int]
    NETWORK_FIELD_NUMBER: _ClassVar[int]
    USER_FIELD_NUMBER: _ClassVar[int]
    DISCARDABLE_FIELD_NUMBER: _ClassVar[int]
    WORKSPACE_FIELD_NUMBER: _ClassVar[int]
    USER_INPUT_FIELD_NUMBER: _ClassVar[int]
    LOG_PARSERS_FIELD_NUMBER: _ClassVar[int]
    LOG_LIMIT_FIELD_NUMBER: _ClassVar[int]
    GRACE_FIELD_NUMBER: _ClassVar[int]
    name: str
    image: str
    description: str
    arguments: _containers.RepeatedScalarFieldContainer[str]
    environment: _containers.ScalarMap[str, str]
    resources: _resources_pb2.Resources
    after: _containers.RepeatedCompositeFieldContainer[Edge]
    timeout: _duration_pb2.Duration
    lost_after: _duration_pb2.Duration
    retry: RetryPolicy
    network: Network
    user: str
    discardable: bool
    workspace: WorkspaceMode
    user_input: UserInput
    log_parsers: _containers.RepeatedCompositeFieldContainer[LogParser]
    log_limit: int
    grace: _duration_pb2.Duration
    def __init__(self, name: _Optional[str] = ..., image: _Optional[str] = ..., description: _Optional[str] = ..., arguments: _Optional[_Iterable[str]] = ..., environment: _Optional[_Mapping[str, str]] = ..., resources: _Optional[_Union[_resources_pb2.Resources, _Mapping]] = ..., after: _Optional[_Iterable[_Union[Edge, _Mapping]]] = ..., timeout: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., lost_after: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., retry: _Optional[_Union[RetryPolicy, _Mapping]] = ..., network: _Optional[_Union[Network, str]] = ..., user: _Optional[str] = ..., discardable: _Optional[bool] = ..., workspace: _Optional[_Union[WorkspaceMode, str]] = ..., user_input: _Optional[_Union[UserInput, _Mapping]] = ..., log_parsers: _Optional[_Iterable[_Union[LogParser, _Mapping]]] = ..., log_limit: _Optional[int] = ..., grace: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class PipelineSpec(_message.Message):
    __slots__ = ("display_name", "description", "environment", "stages")
    class EnvironmentEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    STAGES_FIELD_NUMBER: _ClassVar[int]
    display_name: str
    description: str
    environment: _containers.ScalarMap[str, str]
    stages: _containers.RepeatedCompositeFieldContainer[StageDefinition]
    def __init__(self, display_name: _Optional[str] = ..., description: _Optional[str] = ..., environment: _Optional[_Mapping[str, str]] = ..., stages: _Optional[_Iterable[_Union[StageDefinition, _Mapping]]] = ...) -> None: ...

class Pipeline(_message.Message):
    __slots__ = ("name", "revision", "version", "spec", "author", "create_time", "used_by_count")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    SPEC_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    USED_BY_COUNT_FIELD_NUMBER: _ClassVar[int]
    name: str
    revision: int
    version: int
    spec: PipelineSpec
    author: str
    create_time: _timestamp_pb2.Timestamp
    used_by_count: int
    def __init__(self, name: _Optional[str] = ..., revision: _Optional[int] = ..., version: _Optional[int] = ..., spec: _Optional[_Union[PipelineSpec, _Mapping]] = ..., author: _Optional[str] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., used_by_count: _Optional[int] = ...) -> None: ...
