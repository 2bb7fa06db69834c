"""What a newer version wrote and this one does not know: kept when this one writes the record again.

protobuf keeps unknown fields within a message, but records pass through the core's own values, which have no place for
them. So they are carried over from the bytes that were read to the bytes that are written.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message


def holds_unknown(message: Message, data: bytes) -> bool:
    """Whether there is any field in `data`, at any depth, that this version does not know. `message`, which was read of them,
    has lost it afterwards: a copy would cost more than the record.
    """
    message.DiscardUnknownFields()
    size = message.ByteSize()
    if size == len(data):  # nothing was lost, and nobody writes shorter than we
        return False
    return size != type(message).FromString(data).ByteSize()


def carry(old: Message, new: Message) -> None:
    """Add to `new` the unknown fields of `old`, the same record as it was before.

    Those of the record itself are always carried. Those of a message within it are where that is, in all that this
    version knows, as it was: what was changed here is this version's, and nobody knows whether the rest still fits.
    """
    new.MergeFromString(_only_unknown(old))
    for was, now in _unchanged(old, new):
        now.CopyFrom(was)


def _unchanged(old: Message, new: Message) -> Iterator[tuple[Message, Message]]:
    """Messages within, at any depth, that are as they were."""
    for was, now in _pairs(old, new):
        if _known(was) == now:
            yield was, now
        else:
            yield from _unchanged(was, now)


def _pairs(old: Message, new: Message) -> Iterator[tuple[Any, Any]]:
    """The messages directly within both, as they belong together: by field, by key, and in lists by what is known of them."""
    for field, was in old.ListFields():
        if field.type != FieldDescriptor.TYPE_MESSAGE:
            continue
        now = getattr(new, field.name)
        if not field.is_repeated:
            if new.HasField(field.name):
                yield was, now
        elif not _is_map(field):
            yield from _same_items(was, now)
        elif _value_of(field).type == FieldDescriptor.TYPE_MESSAGE:
            yield from ((was[key], now[key]) for key in was if key in now)


def _same_items(was: Any, now: Any) -> Iterator[tuple[Any, Any]]:
    left = list(was)
    for item in now:
        at = next((at for at, one in enumerate(left) if _known(one) == item), None)
        if at is not None:
            yield left.pop(at), item


def _is_map(field: FieldDescriptor) -> bool:
    return field.message_type is not None and field.message_type.GetOptions().map_entry


def _value_of(map_field: FieldDescriptor) -> FieldDescriptor:
    assert map_field.message_type is not None
    return map_field.message_type.fields_by_name["value"]


def _known(message: Message) -> Message:
    known = type(message)()
    known.CopyFrom(message)
    known.DiscardUnknownFields()
    return known


def _only_unknown(message: Message) -> bytes:
    rest = type(message)()
    rest.CopyFrom(message)
    for field in rest.DESCRIPTOR.fields:
        rest.ClearField(field.name)
    return rest.SerializeToString()
