"""A commit as one etcd transaction, and what its answer means. Pure: it sends nothing.

Its failure branch reads the revisions that were compared, so that a refusal can name what was different.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from winslow.domain.records import Change, Commit, Expect, Kind, Lifetime, Record, Ref, Versioned
from winslow.errors import Conflict, InvalidArgument
from winslowd.etcd import kv
from winslowd.etcd.keys import Keys
from winslowd.etcd.wire import etcd_pb2 as pb

MAX_OPERATIONS = 128
"""etcd's default limit (--max-txn-ops) on the comparisons, and on the operations, of a transaction."""


class Codec(Protocol):
    """How records become bytes. `read` may raise anything for bytes that it cannot read.

    With the record it gives what a newer version wrote in the bytes; `encode` writes that again.
    """

    def encode(self, record: Record, unknown: bytes = b"") -> bytes: ...

    def read(self, kind: Kind, data: bytes) -> tuple[Record, bytes]: ...


@dataclass(frozen=True, slots=True)
class Transaction:
    """`values` are the bytes put, by record; None for those deleted. `absent` are deleted ones that were not there."""

    request: pb.TxnRequest
    commit: Commit
    values: dict[Ref, bytes | None]
    absent: frozenset[Ref] = frozenset()

    @property
    def guarded(self) -> bool:
        """Whether happening makes its own expectations false, so that sent twice it happens at most once.

        True but for one case: a record that it makes and that somebody deletes again before it is sent a second time.
        """
        return any(
            expect.ref in self.values and (expect.revision or self.values[expect.ref] is not None)
            for expect in self.commit.expects
        )

    @property
    def leases(self) -> dict[Ref, int]:
        """The lease of each record that is put, 0 for none."""
        sent = zip(self.commit.puts, self.request.success, strict=False)  # puts come before deletions
        return {put.ref: operation.request_put.lease for put, operation in sent}

    def made(self, changes: tuple[Change, ...], codec: Codec) -> bool:
        """Whether `changes`, all those of one revision, hold all that this transaction does.

        To delete what is not there changes nothing, and no change tells of it.
        """
        seen = {change.ref: change.now for change in changes}
        told = {ref: value for ref, value in self.values.items() if ref in seen or ref not in self.absent}
        return bool(told) and all(ref in seen and _same(seen[ref], value, codec) for ref, value in told.items())


def _same(now: Versioned | None, value: bytes | None, codec: Codec) -> bool:
    if now is None or value is None:
        return now is None and value is None
    return codec.encode(now.value, now.unknown) == value


def build(
    commit: Commit,
    keys: Keys,
    codec: Codec,
    lease_of: Callable[[Lifetime], int],
    unknown_of: Callable[[Ref], bytes | None],
) -> Transaction:
    """The transaction that does `commit`. `unknown_of` is `Versioned.unknown` of a record that is there, else None.

    Raises InvalidArgument (COMMIT_TOO_LARGE).
    """
    values: dict[Ref, bytes | None] = {
        put.ref: codec.encode(put.value, put.unknown or unknown_of(put.ref) or b"") for put in commit.puts
    }
    values.update((ref, None) for ref in commit.deletes)
    compare = [kv.modified(keys.record(expect.ref), expect.revision) for expect in commit.expects]
    failure = [kv.get(keys.record(expect.ref), keys_only=True) for expect in commit.expects]
    if commit.fence:
        key = commit.fence.key.encode()
        compare.append(kv.created(key, commit.fence.revision))
        failure.append(kv.get(key, keys_only=True))
    success = [kv.put(keys.record(put.ref), values[put.ref] or b"", lease_of(put.lifetime)) for put in commit.puts]
    success += [kv.delete(keys.record(ref)) for ref in commit.deletes]
    if max(len(compare), len(success)) > MAX_OPERATIONS:
        raise InvalidArgument(
            f"A commit has at most {MAX_OPERATIONS} changes and as many expectations",
            reason="COMMIT_TOO_LARGE",
            hint="Split it",
        )
    absent = frozenset(ref for ref in commit.deletes if unknown_of(ref) is None)
    return Transaction(pb.TxnRequest(compare=compare, success=success, failure=failure), commit, values, absent)


def changed_something(answer: pb.TxnResponse) -> bool:
    """Whether a transaction that succeeded made a revision of its own: deleting what is not there does not."""
    return any(
        response.HasField("response_put") or response.response_delete_range.deleted for response in answer.responses
    )


def found(commit: Commit, answer: pb.TxnResponse) -> Iterator[tuple[Expect, int]]:
    """Each expectation of a refused commit with the revision that there was instead."""
    for expect, response in zip(commit.expects, answer.responses, strict=False):
        kvs = response.response_range.kvs
        yield expect, kvs[0].mod_revision if kvs else 0


def refusal(commit: Commit, answer: pb.TxnResponse) -> Conflict:
    """Why a commit was refused: FENCED when the fence did not hold, else REVISION_MISMATCH with the records in it."""
    if commit.fence:
        kvs = answer.responses[-1].response_range.kvs
        if not kvs or kvs[0].create_revision != commit.fence.revision:
            return fenced(commit.fence.key)
    return mismatch({expect.ref: actual for expect, actual in found(commit, answer) if actual != expect.revision})


def fenced(key: str) -> Conflict:
    return Conflict(
        "The writer no longer holds what it held when it began",
        reason="FENCED",
        subject=key,
        hint="Another has taken over: stop",
    )


def mismatch(actual: dict[Ref, int]) -> Conflict:
    names = ", ".join(str(ref) for ref in actual)
    return Conflict(
        f"Changed by somebody else: {names}",
        reason="REVISION_MISMATCH",
        subject=names,
        hint="Read again, decide again",
        metadata={str(ref): str(revision) for ref, revision in actual.items()},
    )
