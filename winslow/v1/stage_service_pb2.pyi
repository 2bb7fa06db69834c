from winslow.v1 import election_pb2 as _election_pb2
from winslow.v1 import file_pb2 as _file_pb2
from winslow.v1 import node_pb2 as _node_pb2
from winslow.v1 import stage_pb2 as _stage_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class GetStageRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ListStagesRequest(_message.Message):
    __slots__ = ("parent", "page_size", "page_token", "filter", "order_by")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    ORDER_BY_FIELD_NUMBER: _ClassVar[int]
    parent: str
    page_size: int
    page_token: str
    filter: str
    order_by: str
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., filter: _Optional[str] = ..., order_by: _Optional[str] = ...) -> None: ...

class ListStagesResponse(_message.Message):
    __slots__ = ("stages", "next_page_token")
    STAGES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    stages: _containers.RepeatedCompositeFieldContainer[_stage_pb2.Stage]
    next_page_token: str
    def __init__(self, stages: _Optional[_Iterable[_Union[_stage_pb2.Stage, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class AbortStageRequest(_message.Message):
    __slots__ = ("request_id", "name", "expected_revision")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_REVISION_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    name: str
    expected_revision: int
    def __init__(self, request_id: _Optional[str] = ..., name: _Optional[str] = ..., expected_revision: _Optional[int] = ...) -> None: ...

class PinStageRequest(_message.Message):
    __slots__ = ("request_id", "name", "pinned", "expected_revision")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    PINNED_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_REVISION_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    name: str
    pinned: bool
    expected_revision: int
    def __init__(self, request_id: _Optional[str] = ..., name: _Optional[str] = ..., pinned: _Optional[bool] = ..., expected_revision: _Optional[int] = ...) -> None: ...

class ExplainStageRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class CompareStagesRequest(_message.Message):
    __slots__ = ("before", "after", "page_size", "page_token")
    BEFORE_FIELD_NUMBER: _ClassVar[int]
    AFTER_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    before: str
    after: str
    page_size: int
    page_token: str
    def __init__(self, before: _Optional[str] = ..., after: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class CompareStagesResponse(_message.Message):
    __slots__ = ("environment", "results", "definition", "files", "next_page_token", "unknown")
    class Difference(_message.Message):
        __slots__ = ("key", "before", "after")
        KEY_FIELD_NUMBER: _ClassVar[int]
        BEFORE_FIELD_NUMBER: _ClassVar[int]
        AFTER_FIELD_NUMBER: _ClassVar[int]
        key: str
        before: str
        after: str
        def __init__(self, key: _Optional[str] = ..., before: _Optional[str] = ..., after: _Optional[str] = ...) -> None: ...
    class FileDifference(_message.Message):
        __slots__ = ("path", "before", "after")
        PATH_FIELD_NUMBER: _ClassVar[int]
        BEFORE_FIELD_NUMBER: _ClassVar[int]
        AFTER_FIELD_NUMBER: _ClassVar[int]
        path: str
        before: _file_pb2.File
        after: _file_pb2.File
        def __init__(self, path: _Optional[str] = ..., before: _Optional[_Union[_file_pb2.File, _Mapping]] = ..., after: _Optional[_Union[_file_pb2.File, _Mapping]] = ...) -> None: ...
    ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    DEFINITION_FIELD_NUMBER: _ClassVar[int]
    FILES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_FIELD_NUMBER: _ClassVar[int]
    environment: _containers.RepeatedCompositeFieldContainer[CompareStagesResponse.Difference]
    results: _containers.RepeatedCompositeFieldContainer[CompareStagesResponse.Difference]
    definition: _containers.RepeatedCompositeFieldContainer[CompareStagesResponse.Difference]
    files: _containers.RepeatedCompositeFieldContainer[CompareStagesResponse.FileDifference]
    next_page_token: str
    unknown: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, environment: _Optional[_Iterable[_Union[CompareStagesResponse.Difference, _Mapping]]] = ..., results: _Optional[_Iterable[_Union[CompareStagesResponse.Difference, _Mapping]]] = ..., definition: _Optional[_Iterable[_Union[CompareStagesResponse.Difference, _Mapping]]] = ..., files: _Optional[_Iterable[_Union[CompareStagesResponse.FileDifference, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., unknown: _Optional[_Iterable[str]] = ...) -> None: ...

class ListStageReadingsRequest(_message.Message):
    __slots__ = ("name", "page_size", "page_token")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    name: str
    page_size: int
    page_token: str
    def __init__(self, name: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListStageReadingsResponse(_message.Message):
    __slots__ = ("readings", "next_page_token")
    READINGS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    readings: _containers.RepeatedCompositeFieldContainer[_node_pb2.Reading]
    next_page_token: str
    def __init__(self, readings: _Optional[_Iterable[_Union[_node_pb2.Reading, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class MaterializeWorkspaceRequest(_message.Message):
    __slots__ = ("request_id", "name")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    name: str
    def __init__(self, request_id: _Optional[str] = ..., name: _Optional[str] = ...) -> None: ...

class DropWorkspaceRequest(_message.Message):
    __slots__ = ("request_id", "name", "expected_revision")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_REVISION_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    name: str
    expected_revision: int
    def __init__(self, request_id: _Optional[str] = ..., name: _Optional[str] = ..., expected_revision: _Optional[int] = ...) -> None: ...
