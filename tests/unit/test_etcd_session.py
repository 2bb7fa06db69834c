"""A session is kept though answers are late, or are heard late."""

from __future__ import annotations

import asyncio

import pytest

from tests.fakes.etcd import FakeEtcd
from tests.fakes.line import Line, LineChannels
from winslowd.etcd import session as module
from winslowd.etcd.session import Sessions

TTL = 10


async def renewals(sessions: Sessions, count: int) -> None:
    session = await sessions.current()
    for _ in range(count):
        before = session.deadline
        while session.deadline == before:
            assert session.alive
            await asyncio.sleep(0.01)


async def test_an_answer_that_comes_late_renews_it_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each takes longer than one member is waited for: asked anew each time, none would ever be heard."""
    monkeypatch.setattr(module, "ATTEMPT", 0.02)
    etcd = FakeEtcd(asyncio.get_running_loop().time)
    line = Line(etcd, lambda: 0.05)
    async with Sessions.open(LineChannels(line), TTL, keepalive=0.05) as sessions, asyncio.timeout(TTL - 1):
        await renewals(sessions, 3)


async def test_a_renewal_counts_from_when_it_was_asked_for_and_not_from_when_it_was_heard(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Or a daemon would believe in a session that etcd has ended."""
    monkeypatch.setattr(module, "ATTEMPT", 0.02)
    loop = asyncio.get_running_loop()
    line = Line(FakeEtcd(loop.time), lambda: 0.15)
    async with Sessions.open(LineChannels(line), TTL, keepalive=0.05) as sessions, asyncio.timeout(TTL - 1):
        await renewals(sessions, 1)
        session = await sessions.current()
        assert session.deadline - loop.time() < TTL - 0.25
