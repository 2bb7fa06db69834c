"""Reading all of a range as it was at one revision, in pages: the next one is on its way while one is worked on.

etcd counts the whole range for each page, so a page is as large as it may be. It knows keys, not records.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

from winslowd.etcd.kv import Kv
from winslowd.etcd.wire import etcd_pb2 as pb

FIRST = 500
"""Keys of the first page; how many the next has follows from how large they are."""
MOST = 2_000
"""Keys of any page: behind a thousand small records others begin, a hundred times as large, and a page must come in time."""
SIZE = 2 << 20
"""Bytes of a page, about: what is taken apart in some milliseconds."""


async def pages(kv: Kv, key: bytes, end: bytes) -> AsyncGenerator[pb.RangeResponse, None]:
    """The keys from `key` up to, not including, `end`, in order, all at the revision of the first page, which says it.

    Raises what `Kv.range` does: OutOfRange (REVISION_COMPACTED) when that revision is gone before all is read.
    """
    page = await kv.range(key, end, limit=FIRST)
    revision = page.header.revision
    while page.more:
        following = asyncio.create_task(
            kv.range(page.kvs[-1].key + b"\0", end, revision=revision, limit=_limit(page)),
            name="etcd-store: reads ahead",
        )
        try:
            yield page
        except BaseException:
            following.cancel()
            await asyncio.wait((following,))
            raise
        page = await following
    yield page


def _limit(page: pb.RangeResponse) -> int:
    """How many keys of such a size a page has room for."""
    return min(max(len(page.kvs) * SIZE // max(page.ByteSize(), 1), 1), MOST)
