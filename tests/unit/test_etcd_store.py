"""What the store does where its watch is slower than its transactions."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.fakes.etcd import FakeEtcd
from tests.fakes.line import Line, LineChannels
from winslow.domain.records import GLOBALS_REF, Commit, Expect, Globals, Put
from winslow.errors import Conflict
from winslow.wire import records
from winslowd.etcd import store as module
from winslowd.etcd.client import Client
from winslowd.etcd.session import Sessions
from winslowd.etcd.store import EtcdStore


@asynccontextmanager
async def daemon(line: Line) -> AsyncIterator[EtcdStore]:
    client = Client(LineChannels(line))
    async with (
        Sessions.open(client.channels) as sessions,
        EtcdStore.open(client, "test", records, sessions) as store,
    ):
        yield store


def etcd() -> FakeEtcd:
    return FakeEtcd(asyncio.get_running_loop().time)


def putting(value: str, *expects: Expect) -> Commit:
    return Commit(puts=(Put(GLOBALS_REF, Globals({"NAME": value})),), expects=expects)


async def test_who_is_refused_sees_what_was_different_before_he_decides_again() -> None:
    """Else he decides the same on the same view, as fast as etcd refuses it, until the watch has caught up."""
    shared = etcd()
    slow = Line(shared, lambda: 0.001)
    async with daemon(slow) as late, daemon(Line(shared, lambda: 0.001)) as other:
        slow.break_streams()
        revision = await other.commit(putting("theirs"))
        with pytest.raises(Conflict):
            await late.commit(putting("ours", Expect(GLOBALS_REF, 0)))
        assert late.view.revision_of(GLOBALS_REF) == revision


async def test_a_refusal_is_told_though_the_watch_has_gone_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SHOWN_WITHIN", 0.1)
    shared = etcd()
    deaf = Line(shared, lambda: 0.001)
    async with daemon(deaf) as late, daemon(Line(shared, lambda: 0.001)) as other:
        deaf.drop_streams()
        await other.commit(putting("theirs"))
        async with asyncio.timeout(2):
            with pytest.raises(Conflict):
                await late.commit(putting("ours", Expect(GLOBALS_REF, 0)))


async def test_a_refusal_is_told_at_once_of_what_is_gone_again() -> None:
    shared = etcd()
    slow = Line(shared, lambda: 0.001)
    async with daemon(slow) as late, daemon(Line(shared, lambda: 0.001)) as other:
        slow.break_streams()
        await other.commit(putting("theirs"))
        with_gone = asyncio.ensure_future(late.commit(putting("ours", Expect(GLOBALS_REF, 0))))
        await asyncio.sleep(0.01)  # it was refused by then, and waits to see why
        await other.commit(Commit(deletes=(GLOBALS_REF,)))
        async with asyncio.timeout(1):
            with pytest.raises(Conflict):
                await with_gone
