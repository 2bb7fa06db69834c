"""An etcd in memory, in etcd's own words: what its answers are made of, without processes, sockets or disks.

Requests and answers are the wire's messages, so that the real adapter can be run over it. It does what that adapter asks of
an etcd and refuses everything else loudly; tests/contract/test_fake_etcd.py holds it to a real one, operation by operation.
It knows no network: `tests.fakes.line` is what lies between it and a daemon.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import grpc

from winslowd.etcd.wire import etcd_pb2 as pb

MAX_OPERATIONS = 128
"""etcd's own default, written down again: this is not the adapter's."""


class Refused(Exception):
    """What etcd answers instead: its gRPC code and its words."""

    def __init__(self, code: grpc.StatusCode, details: str) -> None:
        super().__init__(details)
        self.code = code
        self.details = details


@dataclass
class Lease:
    ttl: int
    expires: float
    keys: set[bytes] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Applied:
    """One revision: all that happened at it."""

    revision: int
    events: tuple[pb.Event, ...]


@dataclass(eq=False)
class Watcher:
    """Somebody who watches a range from revision `next` on; `deliver` takes what etcd would send."""

    key: bytes
    end: bytes
    next: int
    deliver: Callable[[pb.WatchResponse], None]


class FakeEtcd:
    """`clock` is what leases run out by, in seconds; who owns it calls `expire` when `next_expiry` has come."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.revision = 1
        self.compacted = 0
        self.history: list[Applied] = []
        """Everything that ever happened, whatever was compacted: for those who judge."""
        self.leases: dict[int, Lease] = {}
        self._clock = clock
        self._versions: dict[bytes, list[tuple[int, pb.KeyValue | None]]] = {}
        self._current: dict[bytes, pb.KeyValue] = {}
        self._sorted: list[bytes] = []
        self._watchers: list[Watcher] = []
        self._granted = 0x7000

    def under(self, prefix: bytes) -> list[pb.KeyValue]:
        """All keys that begin with `prefix`, as they are now: for those who judge."""
        return [self._current[key] for key in self._keys(prefix, prefix[:-1] + bytes([prefix[-1] + 1]))]

    # ---- what it is asked

    def answer(self, method: str, request: Any) -> Any:
        """By the last part of the method's path. Raises Refused."""
        asked = getattr(self, f"_do_{method.rpartition('/')[2].lower()}", None)
        if asked is None:
            raise NotImplementedError(f"this etcd has no {method}")
        answer = asked(request)
        answer.header.revision = self.revision
        return answer

    def _do_range(self, request: pb.RangeRequest) -> pb.RangeResponse:
        if request.revision > self.revision:
            raise Refused(grpc.StatusCode.OUT_OF_RANGE, "etcdserver: mvcc: required revision is a future revision")
        if 0 < request.revision < self.compacted:
            raise Refused(grpc.StatusCode.OUT_OF_RANGE, "etcdserver: mvcc: required revision has been compacted")
        found = self._at(request.key, request.range_end, request.revision)
        if request.min_mod_revision:
            found = [pair for pair in found if pair.mod_revision >= request.min_mod_revision]
        if request.max_create_revision:
            found = [pair for pair in found if pair.create_revision <= request.max_create_revision]
        if request.sort_target == pb.RangeRequest.CREATE:
            found.sort(key=lambda pair: pair.create_revision, reverse=request.sort_order == pb.RangeRequest.DESCEND)
        shown = found[: request.limit] if request.limit else found
        answer = pb.RangeResponse(more=len(shown) < len(found), count=len(found))
        if not request.count_only:
            answer.kvs.extend(_bare(shown) if request.keys_only else shown)
        return answer

    def _at(self, key: bytes, end: bytes, revision: int) -> list[pb.KeyValue]:
        if not end and not revision:
            return [self._current[key]] if key in self._current else []
        if not revision:
            return [self._current[one] for one in self._keys(key, end)]
        versions = ((one, self._versions[one]) for one in sorted(self._versions) if _within(one, key, end))
        old = (next((pair for at, pair in reversed(made) if at <= revision), None) for _, made in versions)
        return [pair for pair in old if pair is not None]

    def _keys(self, key: bytes, end: bytes) -> list[bytes]:
        if not end:
            return [key] if key in self._current else []
        stop = len(self._sorted) if end == b"\0" else bisect_left(self._sorted, end)
        return self._sorted[bisect_left(self._sorted, key) : stop]

    def _do_txn(self, request: pb.TxnRequest) -> pb.TxnResponse:
        if max(len(request.compare), len(request.success), len(request.failure)) > MAX_OPERATIONS:
            raise Refused(grpc.StatusCode.INVALID_ARGUMENT, "etcdserver: too many operations in txn request")
        for branch in (request.success, request.failure):
            _refuse_duplicates(branch)
        succeeded = all(self._holds(compare) for compare in request.compare)
        chosen = request.success if succeeded else request.failure
        for operation in chosen:
            self._refuse_dead_lease(operation)
        events: list[pb.Event] = []
        answer = pb.TxnResponse(succeeded=succeeded)
        for operation in chosen:
            answer.responses.append(self._perform(operation, events))
        self._happen(events)
        for response in answer.responses:
            if response.HasField("response_range"):
                response.response_range.header.revision = self.revision
        return answer

    def _holds(self, compare: pb.Compare) -> bool:
        assert compare.result == pb.Compare.EQUAL, "only equality is compared"
        pair = self._current.get(compare.key)
        match compare.target:
            case pb.Compare.MOD:
                return bool((pair.mod_revision if pair else 0) == compare.mod_revision)
            case pb.Compare.CREATE:
                return bool((pair.create_revision if pair else 0) == compare.create_revision)
            case other:
                raise NotImplementedError(f"this etcd does not compare {other}")

    def _refuse_dead_lease(self, operation: pb.RequestOp) -> None:
        if operation.HasField("request_put") and operation.request_put.lease not in {0, *self.leases}:
            raise Refused(grpc.StatusCode.NOT_FOUND, "etcdserver: requested lease not found")

    def _perform(self, operation: pb.RequestOp, events: list[pb.Event]) -> pb.ResponseOp:
        match operation.WhichOneof("request"):
            case "request_put":
                events.append(self._put(operation.request_put))
                return pb.ResponseOp(response_put=pb.PutResponse())
            case "request_delete_range":
                asked = operation.request_delete_range
                gone = self._keys(asked.key, asked.range_end)
                events += [self._deleted(key) for key in gone]
                return pb.ResponseOp(response_delete_range=pb.DeleteRangeResponse(deleted=len(gone)))
            case "request_range":
                return pb.ResponseOp(response_range=self._do_range(operation.request_range))
            case other:
                raise NotImplementedError(f"this etcd does not do {other}")

    def _put(self, asked: pb.PutRequest) -> pb.Event:
        before = self._current.get(asked.key)
        now = pb.KeyValue(
            key=asked.key,
            value=asked.value,
            lease=asked.lease,
            mod_revision=self.revision + 1,
            create_revision=before.create_revision if before else self.revision + 1,
            version=before.version + 1 if before else 1,
        )
        self._keep(asked.key, now)
        return pb.Event(type=pb.Event.PUT, kv=now)

    def _deleted(self, key: bytes) -> pb.Event:
        self._keep(key, None)
        return pb.Event(type=pb.Event.DELETE, kv=pb.KeyValue(key=key, mod_revision=self.revision + 1))

    def _keep(self, key: bytes, now: pb.KeyValue | None) -> None:
        before = self._current.pop(key, None)
        if before is None:
            insort(self._sorted, key)
        elif before.lease in self.leases:
            self.leases[before.lease].keys.discard(key)
        if now is None:
            self._sorted.remove(key)
        else:
            self._current[key] = now
            if now.lease:
                self.leases[now.lease].keys.add(key)
        self._versions.setdefault(key, []).append((self.revision + 1, now))

    def _happen(self, events: list[pb.Event]) -> None:
        if not events:
            return
        self.revision += 1
        self.history.append(Applied(self.revision, tuple(events)))
        for watcher in list(self._watchers):
            self._tell(watcher, events)

    def _do_deleterange(self, request: pb.DeleteRangeRequest) -> pb.DeleteRangeResponse:
        gone = self._keys(request.key, request.range_end)
        self._happen([self._deleted(key) for key in gone])
        return pb.DeleteRangeResponse(deleted=len(gone))

    def _do_compact(self, request: pb.CompactionRequest) -> pb.CompactionResponse:
        if request.revision <= self.compacted:
            raise Refused(grpc.StatusCode.OUT_OF_RANGE, "etcdserver: mvcc: required revision has been compacted")
        if request.revision > self.revision:
            raise Refused(grpc.StatusCode.OUT_OF_RANGE, "etcdserver: mvcc: required revision is a future revision")
        self.compacted = request.revision
        return pb.CompactionResponse()

    # ---- watching

    def watch(self, watcher: Watcher) -> None:
        """Tell it everything from its revision on, now and later. What was compacted is told as etcd does: and it is over."""
        watcher.deliver(self._response(created=True))
        if 0 < watcher.next < self.compacted:
            watcher.deliver(self._response(canceled=True, compact_revision=self.compacted))
            return
        start = watcher.next or self.revision + 1
        for applied in self.history[bisect_left(self.history, start, key=lambda one: one.revision) :]:
            self._tell(watcher, applied.events)
        self._watchers.append(watcher)

    def unwatch(self, watcher: Watcher) -> None:
        if watcher in self._watchers:
            self._watchers.remove(watcher)

    def progress(self) -> pb.WatchResponse:
        """The answer to a ping, which is in no order with events."""
        return self._response(watch_id=-1)

    def _tell(self, watcher: Watcher, events: Iterable[pb.Event]) -> None:
        seen = [event for event in events if _within(event.kv.key, watcher.key, watcher.end)]
        if seen and seen[0].kv.mod_revision >= watcher.next:
            watcher.deliver(self._response(events=seen))

    def _response(self, **fields: Any) -> pb.WatchResponse:
        answer = pb.WatchResponse(**fields)
        answer.header.revision = self.revision
        return answer

    # ---- leases

    @property
    def next_expiry(self) -> float | None:
        return min((lease.expires for lease in self.leases.values()), default=None)

    def expire(self) -> None:
        """Drop the leases whose time is over, each with all its keys at one revision."""
        now = self._clock()
        for lease_id in [one for one, lease in self.leases.items() if lease.expires <= now]:
            self._drop(lease_id)

    def renew_all(self) -> None:
        """What a new leader of etcd does: every lease starts anew."""
        for lease in self.leases.values():
            lease.expires = self._clock() + lease.ttl

    def _drop(self, lease_id: int) -> None:
        lease = self.leases[lease_id]
        events = [self._deleted(key) for key in sorted(lease.keys)]
        del self.leases[lease_id]
        self._happen(events)

    def _do_leasegrant(self, request: pb.LeaseGrantRequest) -> pb.LeaseGrantResponse:
        self._granted += 1
        lease_id = request.ID or self._granted
        if lease_id in self.leases:
            raise Refused(grpc.StatusCode.FAILED_PRECONDITION, "etcdserver: lease already exists")
        self.leases[lease_id] = Lease(request.TTL, self._clock() + request.TTL)
        return pb.LeaseGrantResponse(ID=lease_id, TTL=request.TTL)

    def _do_leaserevoke(self, request: pb.LeaseRevokeRequest) -> pb.LeaseRevokeResponse:
        if request.ID not in self.leases:
            raise Refused(grpc.StatusCode.NOT_FOUND, "etcdserver: requested lease not found")
        self._drop(request.ID)
        return pb.LeaseRevokeResponse()

    def _do_leasekeepalive(self, request: pb.LeaseKeepAliveRequest) -> pb.LeaseKeepAliveResponse:
        lease = self.leases.get(request.ID)
        if lease is None:
            return pb.LeaseKeepAliveResponse(ID=request.ID, TTL=0)
        lease.expires = self._clock() + lease.ttl
        return pb.LeaseKeepAliveResponse(ID=request.ID, TTL=lease.ttl)


def _within(key: bytes, start: bytes, end: bytes) -> bool:
    if not end:
        return key == start
    return key >= start and (end == b"\0" or key < end)


def _bare(pairs: Iterable[pb.KeyValue]) -> Iterable[pb.KeyValue]:
    for pair in pairs:
        bare = pb.KeyValue()
        bare.CopyFrom(pair)
        bare.ClearField("value")
        yield bare


def _refuse_duplicates(branch: Iterable[pb.RequestOp]) -> None:
    """A key is put at most once in a transaction, and not deleted beside."""
    put: list[bytes] = []
    for operation in branch:
        if operation.HasField("request_put"):
            put.append(operation.request_put.key)
    deletes = [one.request_delete_range for one in branch if one.HasField("request_delete_range")]
    deleted = [key for key in put for one in deletes if _within(key, one.key, one.range_end)]
    if deleted or len(set(put)) < len(put):
        raise Refused(grpc.StatusCode.INVALID_ARGUMENT, "etcdserver: duplicate key given in txn request")
