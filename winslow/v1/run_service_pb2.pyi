import datetime

from google.protobuf import duration_pb2 as _duration_pb2
from winslow.v1 import run_pb2 as _run_pb2
from winslow.v1 import sweep_pb2 as _sweep_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class GetRunRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ListRunsRequest(_message.Message):
    __slots__ = ("parent", "page_size", "page_token", "filter")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    parent: str
    page_size: int
    page_token: str
    filter: str
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., filter: _Optional[str] = ...) -> None: ...

class ListRunsResponse(_message.Message):
    __slots__ = ("runs", "next_page_token")
    RUNS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    runs: _containers.RepeatedCompositeFieldContainer[_run_pb2.Run]
    next_page_token: str
    def __init__(self, runs: _Optional[_Iterable[_Union[_run_pb2.Run, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class StartRunRequest(_message.Message):
    __slots__ = ("request_id", "project", "start", "parent", "mode", "overrides", "comment", "expected_revision", "redo", "unset_environment")
    class OverridesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: _run_pb2.Override
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[_run_pb2.Override, _Mapping]] = ...) -> None: ...
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    PROJECT_FIELD_NUMBER: _ClassVar[int]
    START_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    OVERRIDES_FIELD_NUMBER: _ClassVar[int]
    COMMENT_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_REVISION_FIELD_NUMBER: _ClassVar[int]
    REDO_FIELD_NUMBER: _ClassVar[int]
    UNSET_ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    project: str
    start: _containers.RepeatedScalarFieldContainer[str]
    parent: str
    mode: _run_pb2.RunMode
    overrides: _containers.MessageMap[str, _run_pb2.Override]
    comment: str
    expected_revision: int
    redo: str
    unset_environment: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, request_id: _Optional[str] = ..., project: _Optional[str] = ..., start: _Optional[_Iterable[str]] = ..., parent: _Optional[str] = ..., mode: _Optional[_Union[_run_pb2.RunMode, str]] = ..., overrides: _Optional[_Mapping[str, _run_pb2.Override]] = ..., comment: _Optional[str] = ..., expected_revision: _Optional[int] = ..., redo: _Optional[str] = ..., unset_environment: _Optional[_Iterable[str]] = ...) -> None: ...

class PreviewRunRequest(_message.Message):
    __slots__ = ("project", "start", "parent", "mode", "redo")
    PROJECT_FIELD_NUMBER: _ClassVar[int]
    START_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    REDO_FIELD_NUMBER: _ClassVar[int]
    project: str
    start: _containers.RepeatedScalarFieldContainer[str]
    parent: str
    mode: _run_pb2.RunMode
    redo: str
    def __init__(self, project: _Optional[str] = ..., start: _Optional[_Iterable[str]] = ..., parent: _Optional[str] = ..., mode: _Optional[_Union[_run_pb2.RunMode, str]] = ..., redo: _Optional[str] = ...) -> None: ...

class PreviewRunResponse(_message.Message):
    __slots__ = ("definitions", "parent", "inherited", "stale_stages", "estimated_duration", "workspace_size")
    class InheritedEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    DEFINITIONS_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    INHERITED_FIELD_NUMBER: _ClassVar[int]
    STALE_STAGES_FIELD_NUMBER: _ClassVar[int]
    ESTIMATED_DURATION_FIELD_NUMBER: _ClassVar[int]
    WORKSPACE_SIZE_FIELD_NUMBER: _ClassVar[int]
    definitions: _containers.RepeatedScalarFieldContainer[str]
    parent: str
    inherited: _containers.ScalarMap[str, str]
    stale_stages: _containers.RepeatedScalarFieldContainer[str]
    estimated_duration: _duration_pb2.Duration
    workspace_size: int
    def __init__(self, definitions: _Optional[_Iterable[str]] = ..., parent: _Optional[str] = ..., inherited: _Optional[_Mapping[str, str]] = ..., stale_stages: _Optional[_Iterable[str]] = ..., estimated_duration: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., workspace_size: _Optional[int] = ...) -> None: ...

class PauseRunRequest(_message.Message):
    __slots__ = ("request_id", "name", "comment", "expected_revision")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    COMMENT_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_REVISION_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    name: str
    comment: str
    expected_revision: int
    def __init__(self, request_id: _Optional[str] = ..., name: _Optional[str] = ..., comment: _Optional[str] = ..., expected_revision: _Optional[int] = ...) -> None: ...

class ResumeRunRequest(_message.Message):
    __slots__ = ("request_id", "name", "mode", "overrides", "expected_revision")
    class OverridesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: _run_pb2.Override
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[_run_pb2.Override, _Mapping]] = ...) -> None: ...
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    OVERRIDES_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_REVISION_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    name: str
    mode: _run_pb2.RunMode
    overrides: _containers.MessageMap[str, _run_pb2.Override]
    expected_revision: int
    def __init__(self, request_id: _Optional[str] = ..., name: _Optional[str] = ..., mode: _Optional[_Union[_run_pb2.RunMode, str]] = ..., overrides: _Optional[_Mapping[str, _run_pb2.Override]] = ..., expected_revision: _Optional[int] = ...) -> None: ...

class AnswerGateRequest(_message.Message):
    __slots__ = ("request_id", "name", "definition", "override", "mode", "expected_revision")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    DEFINITION_FIELD_NUMBER: _ClassVar[int]
    OVERRIDE_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_REVISION_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    name: str
    definition: str
    override: _run_pb2.Override
    mode: _run_pb2.RunMode
    expected_revision: int
    def __init__(self, request_id: _Optional[str] = ..., name: _Optional[str] = ..., definition: _Optional[str] = ..., override: _Optional[_Union[_run_pb2.Override, _Mapping]] = ..., mode: _Optional[_Union[_run_pb2.RunMode, str]] = ..., expected_revision: _Optional[int] = ...) -> None: ...

class SkipStageRequest(_message.Message):
    __slots__ = ("request_id", "name", "definition", "expected_revision")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    DEFINITION_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_REVISION_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    name: str
    definition: str
    expected_revision: int
    def __init__(self, request_id: _Optional[str] = ..., name: _Optional[str] = ..., definition: _Optional[str] = ..., expected_revision: _Optional[int] = ...) -> None: ...

class CreateCommentRequest(_message.Message):
    __slots__ = ("request_id", "parent", "comment")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    COMMENT_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    parent: str
    comment: _run_pb2.Comment
    def __init__(self, request_id: _Optional[str] = ..., parent: _Optional[str] = ..., comment: _Optional[_Union[_run_pb2.Comment, _Mapping]] = ...) -> None: ...

class ListCommentsRequest(_message.Message):
    __slots__ = ("parent", "page_size", "page_token")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    parent: str
    page_size: int
    page_token: str
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListCommentsResponse(_message.Message):
    __slots__ = ("comments", "next_page_token")
    COMMENTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    comments: _containers.RepeatedCompositeFieldContainer[_run_pb2.Comment]
    next_page_token: str
    def __init__(self, comments: _Optional[_Iterable[_Union[_run_pb2.Comment, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class PreviewSweepRequest(_message.Message):
    __slots__ = ("project", "start", "axes")
    PROJECT_FIELD_NUMBER: _ClassVar[int]
    START_FIELD_NUMBER: _ClassVar[int]
    AXES_FIELD_NUMBER: _ClassVar[int]
    project: str
    start: str
    axes: _containers.RepeatedCompositeFieldContainer[_sweep_pb2.Axis]
    def __init__(self, project: _Optional[str] = ..., start: _Optional[str] = ..., axes: _Optional[_Iterable[_Union[_sweep_pb2.Axis, _Mapping]]] = ...) -> None: ...

class PreviewSweepResponse(_message.Message):
    __slots__ = ("count", "axes")
    COUNT_FIELD_NUMBER: _ClassVar[int]
    AXES_FIELD_NUMBER: _ClassVar[int]
    count: int
    axes: _containers.RepeatedCompositeFieldContainer[_sweep_pb2.Axis]
    def __init__(self, count: _Optional[int] = ..., axes: _Optional[_Iterable[_Union[_sweep_pb2.Axis, _Mapping]]] = ...) -> None: ...

class StartSweepRequest(_message.Message):
    __slots__ = ("request_id", "project", "start", "axes", "mode", "stop_on_failure", "parent", "override", "comment", "expected_count", "expected_revision")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    PROJECT_FIELD_NUMBER: _ClassVar[int]
    START_FIELD_NUMBER: _ClassVar[int]
    AXES_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    STOP_ON_FAILURE_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    OVERRIDE_FIELD_NUMBER: _ClassVar[int]
    COMMENT_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_COUNT_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_REVISION_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    project: str
    start: str
    axes: _containers.RepeatedCompositeFieldContainer[_sweep_pb2.Axis]
    mode: _run_pb2.RunMode
    stop_on_failure: bool
    parent: str
    override: _run_pb2.Override
    comment: str
    expected_count: int
    expected_revision: int
    def __init__(self, request_id: _Optional[str] = ..., project: _Optional[str] = ..., start: _Optional[str] = ..., axes: _Optional[_Iterable[_Union[_sweep_pb2.Axis, _Mapping]]] = ..., mode: _Optional[_Union[_run_pb2.RunMode, str]] = ..., stop_on_failure: _Optional[bool] = ..., parent: _Optional[str] = ..., override: _Optional[_Union[_run_pb2.Override, _Mapping]] = ..., comment: _Optional[str] = ..., expected_count: _Optional[int] = ..., expected_revision: _Optional[int] = ...) -> None: ...

class GetSweepRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ListSweepsRequest(_message.Message):
    __slots__ = ("parent", "page_size", "page_token")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    parent: str
    page_size: int
    page_token: str
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListSweepsResponse(_message.Message):
    __slots__ = ("sweeps", "next_page_token")
    SWEEPS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    sweeps: _containers.RepeatedCompositeFieldContainer[_sweep_pb2.Sweep]
    next_page_token: str
    def __init__(self, sweeps: _Optional[_Iterable[_Union[_sweep_pb2.Sweep, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class StopSweepRequest(_message.Message):
    __slots__ = ("request_id", "name", "abort_stages", "expected_revision")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    ABORT_STAGES_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_REVISION_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    name: str
    abort_stages: bool
    expected_revision: int
    def __init__(self, request_id: _Optional[str] = ..., name: _Optional[str] = ..., abort_stages: _Optional[bool] = ..., expected_revision: _Optional[int] = ...) -> None: ...
