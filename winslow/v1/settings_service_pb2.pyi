from google.protobuf import field_mask_pb2 as _field_mask_pb2
from winslow.v1 import retention_pb2 as _retention_pb2
from winslow.v1 import settings_pb2 as _settings_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class GetGlobalEnvironmentRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class UpdateGlobalEnvironmentRequest(_message.Message):
    __slots__ = ("request_id", "set", "unset", "replace", "expected_revision")
    class SetEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    SET_FIELD_NUMBER: _ClassVar[int]
    UNSET_FIELD_NUMBER: _ClassVar[int]
    REPLACE_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_REVISION_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    set: _containers.ScalarMap[str, str]
    unset: _containers.RepeatedScalarFieldContainer[str]
    replace: bool
    expected_revision: int
    def __init__(self, request_id: _Optional[str] = ..., set: _Optional[_Mapping[str, str]] = ..., unset: _Optional[_Iterable[str]] = ..., replace: _Optional[bool] = ..., expected_revision: _Optional[int] = ...) -> None: ...

class GetLimitsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class UpdateLimitsRequest(_message.Message):
    __slots__ = ("request_id", "limits", "update_mask", "expected_revision")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_REVISION_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    limits: _settings_pb2.Limits
    update_mask: _field_mask_pb2.FieldMask
    expected_revision: int
    def __init__(self, request_id: _Optional[str] = ..., limits: _Optional[_Union[_settings_pb2.Limits, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ..., expected_revision: _Optional[int] = ...) -> None: ...

class GetRetentionPolicyRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class UpdateRetentionPolicyRequest(_message.Message):
    __slots__ = ("request_id", "retention_policy", "update_mask", "expected_revision", "reset")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    RETENTION_POLICY_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_REVISION_FIELD_NUMBER: _ClassVar[int]
    RESET_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    retention_policy: _retention_pb2.RetentionPolicy
    update_mask: _field_mask_pb2.FieldMask
    expected_revision: int
    reset: bool
    def __init__(self, request_id: _Optional[str] = ..., retention_policy: _Optional[_Union[_retention_pb2.RetentionPolicy, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ..., expected_revision: _Optional[int] = ..., reset: _Optional[bool] = ...) -> None: ...

class PreviewRetentionRequest(_message.Message):
    __slots__ = ("retention_policy", "page_size", "page_token")
    RETENTION_POLICY_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    retention_policy: _retention_pb2.RetentionPolicy
    page_size: int
    page_token: str
    def __init__(self, retention_policy: _Optional[_Union[_retention_pb2.RetentionPolicy, _Mapping]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class PreviewRetentionResponse(_message.Message):
    __slots__ = ("candidates", "next_page_token", "total_size")
    CANDIDATES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    TOTAL_SIZE_FIELD_NUMBER: _ClassVar[int]
    candidates: _containers.RepeatedCompositeFieldContainer[_retention_pb2.RetentionCandidate]
    next_page_token: str
    total_size: int
    def __init__(self, candidates: _Optional[_Iterable[_Union[_retention_pb2.RetentionCandidate, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., total_size: _Optional[int] = ...) -> None: ...
