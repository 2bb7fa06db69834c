"""The frame of every change, where the store fails it: what is certain is said, and what is not is not made up."""

from __future__ import annotations

import asyncio

import pytest

from tests.fakes.store import FakeStore
from tests.unit.little import ANN
from winslow.domain.node import NodePolicy
from winslow.domain.records import Commit, Put, node_policy_ref
from winslow.domain.stage import NodeId
from winslow.errors import Ambiguous, Unavailable
from winslowd.usecases.requests import Request, after, once

REQUEST = Request(ANN, "first", "what")
POLICY = NodePolicy(NodeId("a"), cordoned=True)
REF = node_policy_ref("a")


def doubt() -> Ambiguous:
    return Ambiguous("No answer came", reason="ETCD_AMBIGUOUS")


class Decision:
    """Cordons node a; counts how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, view) -> tuple[Commit, str]:
        self.asked += 1
        return Commit(puts=(Put(REF, POLICY),)), "nodes/a"


async def test_a_node_that_is_cut_off_refuses_at_once_and_decides_nothing_on_what_may_be_old() -> None:
    store, decide = FakeStore(), Decision()
    store.disconnect()
    with pytest.raises(Unavailable) as caught:
        await once(store, REQUEST, decide)
    assert caught.value.reason == "ETCD_UNAVAILABLE" and "Stages go on" in caught.value.hint
    assert not isinstance(caught.value, Ambiguous) and decide.asked == 0
    store.reconnect()
    assert await once(store, REQUEST, decide) == "nodes/a"


async def test_what_was_done_before_is_answered_though_it_is_cut_off() -> None:
    store, decide = FakeStore(), Decision()
    assert await once(store, REQUEST, decide) == "nodes/a"
    store.disconnect()
    assert await once(store, REQUEST, decide) == "nodes/a"
    assert decide.asked == 1


async def test_etcd_that_is_lost_just_now_is_said_in_the_same_words() -> None:
    store = FakeStore()
    store.fail_next(Unavailable("No etcd endpoint answers", reason="ETCD_UNAVAILABLE"), happens=False)
    with pytest.raises(Unavailable) as caught:
        await once(store, REQUEST, Decision())
    assert "Stages go on" in caught.value.hint
    assert store.view.policy("a") is None


async def test_other_refusals_of_the_store_keep_their_words() -> None:
    store = FakeStore()
    store.fail_next(Unavailable("The lease is lost", reason="LEASE_LOST"))
    with pytest.raises(Unavailable) as caught:
        await once(store, REQUEST, Decision())
    assert caught.value.reason == "LEASE_LOST"


async def test_a_doubt_is_not_turned_into_a_promise_that_nothing_happened() -> None:
    """It may have happened before the connection was lost: only that may be said."""
    store, decide = FakeStore(), Decision()
    store.fail_next(doubt(), happens=False)
    store.fail_next(Unavailable("No etcd endpoint answers", reason="ETCD_UNAVAILABLE"), happens=False)
    with pytest.raises(Ambiguous):
        await once(store, REQUEST, decide)
    assert decide.asked == 2


async def test_a_doubt_that_the_view_dispels_is_none() -> None:
    store, decide = FakeStore(), Decision()
    store.fail_next(doubt(), happens=True)
    assert await once(store, REQUEST, decide) == "nodes/a"
    assert decide.asked == 1


async def test_work_that_is_not_the_stores_is_not_begun_where_it_cannot_be_remembered() -> None:
    store, done = FakeStore(), asyncio.Event()

    async def work() -> None:
        done.set()

    store.disconnect()
    with pytest.raises(Unavailable):
        await after(store, REQUEST, work, "nodes/a")
    assert not done.is_set()
