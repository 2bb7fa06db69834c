"""The cluster's secret: what nodes know each other by. Made by whoever comes first, read by all; no record, and in no view."""

from __future__ import annotations

import asyncio
import secrets

import structlog

from winslow.errors import Exhausted, Unavailable
from winslowd.etcd import kv
from winslowd.etcd.client import Client
from winslowd.etcd.keys import Keys

log = structlog.get_logger(__name__)

PAUSE = 0.5
BYTES = 32


async def cluster_secret(client: Client, cluster: str) -> str:
    """The secret of `cluster`, made if there is none; the same in every daemon. While etcd is not up, it is waited for."""
    key, waiting = Keys(cluster).secret, False
    while True:
        try:
            return await _found_or_made(client, key)
        except (Unavailable, Exhausted) as error:
            if not waiting:
                log.warning("waiting for etcd", error=str(error))
            waiting = True
            await asyncio.sleep(PAUSE)


async def _found_or_made(client: Client, key: bytes) -> str:
    """One transaction either makes it or reads it, so that an answer that was lost costs a repetition and no more."""
    made = secrets.token_urlsafe(BYTES)
    answer = await client.kv.txn([kv.created(key, 0)], [kv.put(key, made.encode())], [kv.get(key)])
    return made if answer.succeeded else answer.responses[0].response_range.kvs[0].value.decode()
