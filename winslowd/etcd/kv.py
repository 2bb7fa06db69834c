"""Reading and changing keys: get, range, put, delete, transaction, in etcd3's words.

Reads are linearizable and may be repeated. A change is sent once: when no answer comes it raises Ambiguous,
and whoever asked for it reads back.
"""

from __future__ import annotations

from collections.abc import Iterable

from winslowd.etcd.channels import COMPACT, DELETE_RANGE, RANGE, TXN, Channels
from winslowd.etcd.wire import etcd_pb2 as pb

COMPACT_WITHIN = 60.0
"""Seconds; a long history is removed in small steps, between which etcd serves others."""


def created(key: bytes, revision: int) -> pb.Compare:
    """Holds while `key` has this create revision; 0: while there is no such key."""
    return pb.Compare(key=key, target=pb.Compare.CREATE, result=pb.Compare.EQUAL, create_revision=revision)


def modified(key: bytes, revision: int) -> pb.Compare:
    """Holds while `revision` is that of the key's last change; 0: while there is no such key."""
    if revision == 0:
        return created(key, 0)
    return pb.Compare(key=key, target=pb.Compare.MOD, result=pb.Compare.EQUAL, mod_revision=revision)


def put(key: bytes, value: bytes, lease: int = 0) -> pb.RequestOp:
    return pb.RequestOp(request_put=pb.PutRequest(key=key, value=value, lease=lease))


def delete(key: bytes) -> pb.RequestOp:
    return pb.RequestOp(request_delete_range=pb.DeleteRangeRequest(key=key))


def get(key: bytes, *, keys_only: bool = False) -> pb.RequestOp:
    return pb.RequestOp(request_range=pb.RangeRequest(key=key, keys_only=keys_only))


class Kv:
    """The keys of an etcd. Every method raises what `Channels.call` raises."""

    def __init__(self, channels: Channels) -> None:
        self._channels = channels

    async def get(self, key: bytes) -> pb.KeyValue | None:
        found = await self._channels.call(RANGE, pb.RangeRequest(key=key))
        return found.kvs[0] if found.kvs else None

    async def range(self, key: bytes, end: bytes, *, revision: int = 0, limit: int = 0) -> pb.RangeResponse:
        """Keys from `key` up to, not including, `end`, in order, as they were at `revision` (0: now).

        Raises OutOfRange (REVISION_COMPACTED) when that revision is gone.
        """
        request = pb.RangeRequest(key=key, range_end=end, revision=revision, limit=limit)
        return await self._channels.call(RANGE, request)

    async def changed_since(self, key: bytes, end: bytes, revision: int) -> int:
        """The revision of the last change among keys of a range that changed after `revision`; 0 when none did."""
        request = pb.RangeRequest(key=key, range_end=end, min_mod_revision=revision + 1, keys_only=True)
        found = await self._channels.call(RANGE, request)
        return max((pair.mod_revision for pair in found.kvs), default=0)

    async def last_created_before(self, prefix: bytes, end: bytes, revision: int) -> pb.RangeResponse:
        """The youngest key of a range that was created before `revision`: at most one."""
        request = pb.RangeRequest(
            key=prefix,
            range_end=end,
            limit=1,
            keys_only=True,
            max_create_revision=revision - 1,
            sort_order=pb.RangeRequest.DESCEND,
            sort_target=pb.RangeRequest.CREATE,
        )
        return await self._channels.call(RANGE, request)

    async def first_created(self, prefix: bytes, end: bytes) -> pb.KeyValue | None:
        """The oldest key of a range."""
        request = pb.RangeRequest(
            key=prefix,
            range_end=end,
            limit=1,
            sort_order=pb.RangeRequest.ASCEND,
            sort_target=pb.RangeRequest.CREATE,
        )
        found = await self._channels.call(RANGE, request)
        return found.kvs[0] if found.kvs else None

    async def revision(self, key: bytes) -> int:
        """The revision of the whole store now, agreed on by a majority. `key` is any that the daemon may read."""
        found = await self._channels.call(RANGE, pb.RangeRequest(key=key, count_only=True))
        return found.header.revision

    async def put(self, key: bytes, value: bytes, lease: int = 0) -> int:
        """Returns the revision. Raises NotFound (LEASE_NOT_FOUND)."""
        return (await self.txn((), [put(key, value, lease)])).header.revision

    async def delete(self, key: bytes) -> bool:
        """Whether there was such a key. Not a transaction: a full etcd takes none, but lets keys be deleted."""
        return (await self._channels.call(DELETE_RANGE, pb.DeleteRangeRequest(key=key))).deleted > 0

    async def txn(
        self,
        compare: Iterable[pb.Compare],
        success: Iterable[pb.RequestOp] = (),
        failure: Iterable[pb.RequestOp] = (),
        timeout: float | None = None,
    ) -> pb.TxnResponse:
        """Do `success` if all comparisons hold, else `failure`, at one revision."""
        return await self.transact(pb.TxnRequest(compare=compare, success=success, failure=failure), timeout)

    async def transact(self, request: pb.TxnRequest, timeout: float | None = None) -> pb.TxnResponse:
        return await self._channels.call(TXN, request, timeout)

    async def compact(self, revision: int) -> None:
        """Forget history before `revision`; its room is free when this returns.

        Raises OutOfRange (REVISION_COMPACTED) when that was done already, or when etcd has not come so far.
        """
        await self._channels.call(COMPACT, pb.CompactionRequest(revision=revision, physical=True), COMPACT_WITHIN)
