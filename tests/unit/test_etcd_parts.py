"""The pure parts of the etcd adapter: keys, history, versions, and what a transaction's answer means."""

from __future__ import annotations

import pytest

from winslow.domain.records import Change, Commit, Done, Expect, Fence, Kind, Lifetime, Put, Ref, Versioned
from winslow.errors import InvalidArgument, OutOfRange
from winslow.wire import records
from winslowd.etcd import transaction
from winslowd.etcd.history import Entry, History
from winslowd.etcd.keys import Keys, prefix_end
from winslowd.etcd.version import outdated
from winslowd.etcd.wire import etcd_pb2 as pb

A = Ref(Kind.REQUEST, "a")
B = Ref(Kind.STAGE, "project/stage")
KEYS = Keys("lab")


def put(ref: Ref, value: str = "") -> Put:
    return Put(ref, Done(value, ""))


def build(commit: Commit) -> transaction.Transaction:
    leases = {Lifetime.SESSION: 7}
    return transaction.build(commit, KEYS, records, lambda lifetime: leases.get(lifetime, 0), lambda _: b"")


@pytest.mark.parametrize("ref", [A, B, Ref(Kind.PIPELINE_VERSION, "p/00000001")])
def test_a_record_is_found_again_by_its_key(ref: Ref) -> None:
    assert KEYS.ref(KEYS.record(ref)) == ref


def test_keys_that_hold_no_record_are_none_of_ours() -> None:
    assert KEYS.ref(KEYS.lock("x") + b"1") is None
    assert KEYS.ref(KEYS.election("leader") + b"1") is None
    assert KEYS.ref(KEYS.prefix + b"kinds-of-tomorrow/x") is None
    assert KEYS.ref(KEYS.prefix + b"stages/") is None
    assert KEYS.ref(KEYS.prefix + b"\xff\xfe") is None


def test_the_claims_on_a_lock_never_include_those_on_a_longer_name() -> None:
    assert not KEYS.lock("a/b").startswith(KEYS.lock("a"))


def test_the_records_of_a_cluster_end_before_those_of_one_with_a_longer_name() -> None:
    assert not Keys("lab").prefix <= Keys("lab-2").record(A) < Keys("lab").end


@pytest.mark.parametrize("name", ["", "Lab", "a/b", "-a", "a-", "x" * 64])
def test_a_name_that_would_not_be_one_place_in_etcd_is_refused(name: str) -> None:
    with pytest.raises(InvalidArgument, match="not a name"):
        Keys(name)


@pytest.mark.parametrize(("prefix", "end"), [(b"a/", b"a0"), (b"a\xff", b"b"), (b"\xff\xff", b"\0")])
def test_a_range_ends_after_the_last_key_with_its_prefix(prefix: bytes, end: bytes) -> None:
    assert prefix_end(prefix) == end


@pytest.mark.parametrize(
    ("version", "old"),
    [
        ("3.4.23", True),
        ("3.4.44", False),
        ("3.5.29", True),
        ("3.5.30", False),
        ("3.6.10", True),
        ("3.6.11", False),
        ("3.3.27", True),
        ("3.7.0", False),
        ("4.0.0", False),
        ("3.6.0-rc.1", True),
        ("unknown", False),
    ],
)
def test_a_server_older_than_the_fixes_is_outdated(version: str, old: bool) -> None:
    assert outdated(version) is old


def entry(revision: int) -> Entry:
    return Entry(revision, (Change(A, revision, None, None),))


def test_history_is_read_from_any_revision_that_is_kept() -> None:
    history = History(limit=3)
    history.begin(10)
    for revision in (12, 13, 15, 16):
        history.append(entry(revision))
    assert [history.at(history.seek(since)) for since in (12, 13, 14, 15)] == [
        entry(13),
        entry(15),
        entry(15),
        entry(16),
    ]
    assert history.at(history.seek(16)) is None
    assert history.at(history.seek(99)) is None


def test_history_that_was_dropped_is_out_of_range_for_a_new_reader_and_for_a_slow_one() -> None:
    history = History(limit=2)
    history.begin(10)
    with pytest.raises(OutOfRange):
        history.seek(9)
    slow = history.seek(10)
    for revision in (11, 12, 13):
        history.append(entry(revision))
    with pytest.raises(OutOfRange):
        history.seek(10)
    with pytest.raises(OutOfRange):
        history.at(slow)
    assert history.at(slow + 1) == entry(12)


def test_a_commit_compares_what_it_expects_and_leases_what_goes_with_the_session() -> None:
    commit = Commit(
        puts=(put(A), Put(B, Done("", ""), Lifetime.SESSION)),
        deletes=(Ref(Kind.RUN, "r"),),
        expects=(Expect(A, 0), Expect(B, 5)),
        fence=Fence("/f", 3),
    )
    request = build(commit).request
    compared = [(each.target, each.create_revision or each.mod_revision, each.key) for each in request.compare]
    create, mod = pb.Compare.CREATE, pb.Compare.MOD
    assert compared == [(create, 0, KEYS.record(A)), (mod, 5, KEYS.record(B)), (create, 3, b"/f")]
    assert [each.request_put.lease for each in request.success[:2]] == [0, 7]
    assert request.success[2].request_delete_range.key == KEYS.record(Ref(Kind.RUN, "r"))


def test_a_record_that_comes_back_is_written_with_what_a_newer_version_knew_of_it() -> None:
    newer = records.encode(Done("1", "")) + b"\xc0\x3e\x01"  # field 1000
    request = build(Commit(puts=(Put(A, Done("2", ""), unknown=newer),))).request
    assert request.success[0].request_put.value == records.encode(Done("2", "")) + b"\xc0\x3e\x01"


@pytest.mark.parametrize(
    ("commit", "guarded"),
    [
        (Commit(puts=(put(A),)), False),
        (Commit(puts=(put(A),), expects=(Expect(B, 1),)), False),
        (Commit(puts=(put(A),), fence=Fence("/f", 1)), False),
        (Commit(puts=(put(A),), expects=(Expect(A, 1),)), True),
        (Commit(puts=(put(A),), expects=(Expect(A, 0),)), True),
        (Commit(deletes=(A,), expects=(Expect(A, 1),)), True),
        (Commit(deletes=(A,), expects=(Expect(A, 0),)), False),
    ],
)
def test_only_a_commit_that_falsifies_its_own_expectations_may_be_sent_twice(commit: Commit, guarded: bool) -> None:
    assert build(commit).guarded is guarded


def test_a_transaction_is_recognised_in_the_changes_it_made() -> None:
    planned = build(Commit(puts=(put(A, "1"),), deletes=(B,)))
    made = Change(A, 5, None, Versioned(Done("1", ""), 5, 5))
    gone = Change(B, 5, None, None)
    assert planned.made((made, gone), records)
    assert not planned.made((made,), records)
    assert not planned.made((Change(A, 5, None, Versioned(Done("2", ""), 5, 5)), gone), records)
    assert not planned.made((Change(A, 5, None, None), gone), records)
