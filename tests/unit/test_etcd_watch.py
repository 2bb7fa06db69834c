"""Where a watch goes on after its stream broke: decided by the events it delivered, and by nothing that ran ahead of them."""

from __future__ import annotations

import pytest

from winslow.errors import OutOfRange
from winslowd.etcd.watch import Batch, Course
from winslowd.etcd.wire import etcd_pb2 as pb

PING_REPLY = -1


def event(revision: int, key: str = "k") -> pb.Event:
    return pb.Event(kv=pb.KeyValue(key=key.encode(), mod_revision=revision))


def response(revision: int, *events: pb.Event, **fields: object) -> pb.WatchResponse:
    return pb.WatchResponse(header=pb.ResponseHeader(revision=revision), events=events, **fields)  # type: ignore[arg-type]


class Recorded:
    """A course from revision 5 on, and what it delivered."""

    def __init__(self) -> None:
        self.batches: list[Batch] = []
        self.course = Course(b"k", b"", 5, self._deliver)
        self.course.begin()

    def _deliver(self, batch: Batch) -> bool:
        self.batches.append(batch)
        return False

    @property
    def revisions(self) -> list[int]:
        return [each.kv.mod_revision for batch in self.batches for each in batch.events]

    def resumed_at(self) -> int:
        return self.course.begin().start_revision


def test_a_catch_up_in_several_parts_is_resumed_after_its_last_event_and_not_after_the_header() -> None:
    recorded = Recorded()
    recorded.course.take(response(90, event(7), event(9)))
    assert recorded.resumed_at() == 10
    assert recorded.revisions == [7, 9]


def test_a_response_in_fragments_is_delivered_whole_or_not_at_all() -> None:
    recorded = Recorded()
    recorded.course.take(response(9, event(9, "a"), fragment=True))
    assert recorded.revisions == []
    assert recorded.resumed_at() == 5  # the stream broke here
    recorded.course.take(response(9, event(9, "a"), fragment=True))
    recorded.course.take(response(9, event(9, "b")))
    assert recorded.revisions == [9, 9]
    assert len(recorded.batches) == 1
    assert recorded.resumed_at() == 10


def test_the_reply_to_a_ping_shows_life_and_moves_nothing() -> None:
    recorded = Recorded()
    recorded.course.take(response(50, watch_id=PING_REPLY))
    assert recorded.batches == [Batch(4)]
    assert recorded.resumed_at() == 5


def test_the_watchers_own_progress_moves_it_on_unless_a_response_is_unfinished() -> None:
    recorded = Recorded()
    recorded.course.take(response(50, event(50), fragment=True))
    recorded.course.take(response(60))
    assert recorded.resumed_at() == 5
    recorded.course.take(response(60))
    assert recorded.batches[-1] == Batch(60)
    assert recorded.resumed_at() == 61


def test_progress_from_a_member_that_is_behind_never_moves_it_back() -> None:
    recorded = Recorded()
    recorded.course.take(response(20, event(20)))
    recorded.course.take(response(10))
    assert recorded.resumed_at() == 21


def test_the_creation_of_a_watch_on_a_member_that_is_ahead_moves_nothing() -> None:
    recorded = Recorded()
    recorded.course.take(response(99, created=True))
    assert recorded.resumed_at() == 5


def test_compacted_history_is_out_of_range() -> None:
    with pytest.raises(OutOfRange):
        Recorded().course.take(response(50, canceled=True, compact_revision=30))
