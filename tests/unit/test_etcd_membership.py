"""Terms, over an etcd in memory: what is left of them, whatever etcd refused."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.fakes.etcd import FakeEtcd
from tests.fakes.line import Line, LineChannels
from winslow.domain.records import Fence
from winslow.domain.stage import NodeId
from winslow.errors import Exhausted
from winslow.wire import records
from winslowd.etcd.client import Client
from winslowd.etcd.keys import Keys
from winslowd.etcd.lock import Lock
from winslowd.etcd.membership import EtcdMembership
from winslowd.etcd.session import Session, Sessions
from winslowd.etcd.store import EtcdStore


@asynccontextmanager
async def member(etcd: FakeEtcd, name: str) -> AsyncIterator[EtcdMembership]:
    client = Client(LineChannels(Line(etcd, lambda: 0.001)))
    async with (
        Sessions.open(client.channels) as sessions,
        EtcdStore.open(client, "test", records, sessions) as store,
        EtcdMembership.open(client, "test", NodeId(name), sessions, store) as membership,
    ):
        yield membership


@pytest.mark.parametrize("full", [False, True])
async def test_a_term_leaves_no_claim_behind_though_it_began_in_a_full_etcd(
    monkeypatch: pytest.MonkeyPatch, full: bool
) -> None:
    async def refused(self: Lock, fence: Fence, session: Session) -> int:
        raise Exhausted("no room", reason="ETCD_NOSPACE")

    etcd = FakeEtcd(asyncio.get_running_loop().time)
    async with asyncio.timeout(10), member(etcd, "a") as one, member(etcd, "b") as other:
        with monkeypatch.context() as patched:
            if full:
                patched.setattr(Lock, "confirm", refused)
            async with one.lead():
                assert len(etcd.under(Keys("test").leader)) == 1
        async with other.lead():
            assert await one.leader() == "b"
