from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class RequestRecord(_message.Message):
    __slots__ = ("fingerprint", "answer")
    FINGERPRINT_FIELD_NUMBER: _ClassVar[int]
    ANSWER_FIELD_NUMBER: _ClassVar[int]
    fingerprint: str
    answer: str
    def __init__(self, fingerprint: _Optional[str] = ..., answer: _Optional[str] = ...) -> None: ...
