"""Two versions side by side: what a newer one wrote survives that this one writes the same record again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from google.protobuf.message import Message
from hypothesis import given
from hypothesis import strategies as st

from tests.unit import world
from tests.unit.test_wire_records import KINDS, STRATEGIES, stage
from winslow.domain.project import Override, Run
from winslow.domain.records import Kind, Record
from winslow.domain.stage import Reason, State
from winslow.v1 import project_pb2, run_pb2, stage_pb2
from winslow.wire.records import decode, encode, message_of, read

NEWER = b"\xc2\x3e\x03new"
"""Field 1000, a text: no message has it."""


def within(message: Message) -> Iterator[Message]:
    """The message and all messages in it."""
    yield message
    for field, value in message.ListFields():
        if field.message_type is None:
            continue
        if not field.is_repeated:
            yield from within(value)
        elif not field.message_type.GetOptions().map_entry:
            for item in value:
                yield from within(item)
        elif field.message_type.fields_by_name["value"].message_type is not None:
            for item in value.values():
                yield from within(item)


def of_tomorrow(record: Record) -> Any:
    """The record as a newer version writes it: something new in it, and in everything in it."""
    message = message_of(record)
    for each in list(within(message)):
        each.MergeFromString(NEWER)
    return message


def rewritten(newer: Message, record: Record, change: Record | None = None) -> bytes:
    """`newer` after this version has read it, and written it again as `change` (default: as it was)."""
    kind = KINDS[type(record)]
    data = newer.SerializeToString(deterministic=True)
    found, unknown = read(kind, data)
    assert found == record
    return encode(change or found, unknown)


def is_kept(message: Message) -> bool:
    """Whether the newer field is in the message itself."""
    bare = type(message)()
    bare.CopyFrom(message)
    for field in bare.DESCRIPTOR.fields:
        bare.ClearField(field.name)
    return bare.SerializeToString() == NEWER


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@given(data=st.data())
def test_a_record_that_is_written_again_unchanged_keeps_all_that_is_new_in_it(
    kind: type[Record], data: st.DataObject
) -> None:
    record = data.draw(STRATEGIES[kind])
    newer = of_tomorrow(record)
    assert rewritten(newer, record) == newer.SerializeToString(deterministic=True)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@given(data=st.data())
def test_a_record_in_which_nothing_is_new_takes_no_room_twice(kind: type[Record], data: st.DataObject) -> None:
    record = data.draw(STRATEGIES[kind])
    assert read(KINDS[kind], encode(record)) == (record, b"")


@given(st.data())
def test_what_was_carried_is_recognised_as_what_was_written(data: st.DataObject) -> None:
    """The store compares what it meant to write with what it sees."""
    one, other = data.draw(STRATEGIES[Run]), data.draw(STRATEGIES[Run])
    written = rewritten(of_tomorrow(one), one, other)
    assert decode(Kind.RUN, written) == other
    assert encode(*read(Kind.RUN, written)) == written


def test_a_stage_that_moves_on_keeps_what_is_new_in_it_and_in_its_definition() -> None:
    before = stage(reason=Reason("NO_NODE", "none is able"))
    after = replace(before, state=State.ELECTING, reason=Reason("HELD", "it is paused"))
    written = stage_pb2.Stage.FromString(rewritten(of_tomorrow(before), before, after))
    assert is_kept(written)
    assert is_kept(written.definition)
    assert is_kept(written.definition.resources)
    assert not is_kept(written.reason)  # another reason: nobody knows what was new of the old one


def test_what_was_taken_away_does_not_come_back_for_what_was_new_in_it() -> None:
    before = stage(reason=Reason("NO_NODE", "none is able"))
    after = replace(before, reason=None)
    assert decode(Kind.STAGE, rewritten(of_tomorrow(before), before, after)) == after


def test_of_a_projects_pipeline_only_the_definition_that_was_changed_loses_what_was_new() -> None:
    before = world.project(world.pipeline(*(world.definition(name) for name in "abc")))
    changed = replace(before.pipeline.stages[1], image="another")
    stages = (before.pipeline.stages[2], changed, before.pipeline.stages[0])
    after = replace(before, pipeline=replace(before.pipeline, stages=stages))
    written = project_pb2.Project.FromString(rewritten(of_tomorrow(before), before, after))
    assert [is_kept(one) for one in written.pipeline.stages] == [True, False, True]


def test_values_of_a_mapping_are_kept_by_their_key() -> None:
    before = replace(
        world.run(world.project(world.chain("a", "b")), "a"),
        overrides={"a": Override(image="one"), "b": Override(image="two")},  # type: ignore[dict-item]
    )
    after = replace(before, overrides={"b": Override(image="two"), "c": Override(image="one")})  # type: ignore[dict-item]
    written = run_pb2.Run.FromString(rewritten(of_tomorrow(before), before, after))
    assert {name: is_kept(one) for name, one in written.overrides.items()} == {"b": True, "c": False}
