"""A subscription is its author's, what is secret in it comes out nowhere, and what makes no sense is refused."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest

from tests.unit.little import ANN, BOB, Little
from winslow.domain import notices
from winslow.domain.principal import Principal
from winslow.domain.records import Kind
from winslow.domain.stage import ProjectId
from winslow.domain.subscription import Occasion, SubscriptionId
from winslow.errors import Conflict, Exhausted, InvalidArgument, NotFound
from winslowd.api import encoding
from winslowd.usecases import subscriptions as module
from winslowd.usecases.events import Wanted
from winslowd.usecases.listing import Ask
from winslowd.usecases.subscriptions import NewSubscription, SubscriptionShown, note

ADMIN = Principal("root", admin=True)
SECRET = "0123456789abcdef"
HOOK = NewSubscription(frozenset({Occasion.FAILED}), url="https://r.example.org/", secret=SECRET)


@pytest.fixture
async def little(tmp_path: Path) -> AsyncIterator[Little]:
    async with Little.led(tmp_path) as one:
        yield one


async def made(little: Little, new: NewSubscription = HOOK, by: Principal = ANN) -> SubscriptionId:
    name = await little.use_cases.subscriptions.create(little.request(by=by), new)
    return SubscriptionId(name.removeprefix("subscriptions/"))


async def test_it_is_its_authors_and_an_admins(little: Little) -> None:
    subscriptions, id_ = little.use_cases.subscriptions, await made(little)
    seen = [len(subscriptions.list(who, Ask()).items) for who in (ANN, BOB, ADMIN)]
    assert seen == [1, 0, 1]
    for refused in (
        subscriptions.update(little.request(by=BOB), id_, HOOK, frozenset({"url"})),
        subscriptions.delete(little.request(by=BOB), id_),
        subscriptions.test(little.request(by=BOB), id_),
    ):
        with pytest.raises(NotFound):
            await refused
    async with aclosing(little.use_cases.events.watch(BOB, Wanted(frozenset({Kind.SUBSCRIPTION})))) as batches:
        assert (await anext(batches)).told == ()
        await note(
            little.store, SubscriptionId(id_), lambda delivery: notices.attempted(delivery, 2000.0, "It is away")
        )
        await subscriptions.delete(little.request(by=ADMIN), id_)
        assert not little.view.all(Kind.DELIVERY)
        await subscriptions.create(little.request(by=BOB), HOOK)
        async with asyncio.timeout(30):
            while not (told := (await anext(batches)).told):
                pass
        authors = [one.shown.subscription.author for one in told if isinstance(one.shown, SubscriptionShown)]
        assert authors == ["bob"] and len(told) == 1, "that others' come and go is nobody's affair"


async def test_a_secret_comes_out_nowhere(little: Little) -> None:
    shown = little.use_cases.subscriptions.get(ANN, await made(little))
    message = encoding.subscription(shown)
    assert message.signed and SECRET not in str(message) and SECRET not in repr(shown)


async def test_a_secret_that_is_not_named_stays(little: Little) -> None:
    subscriptions, id_ = little.use_cases.subscriptions, await made(little)
    before = subscriptions.get(ANN, id_)
    later = NewSubscription(frozenset({Occasion.SUCCEEDED}))
    await subscriptions.update(little.request(), id_, later, frozenset({"occasions"}), before.revision)
    after = subscriptions.get(ANN, id_).subscription
    assert (after.secret, after.url, after.occasions) == (SECRET, HOOK.url, frozenset({Occasion.SUCCEEDED}))
    with pytest.raises(Conflict):
        await subscriptions.update(little.request(), id_, HOOK, frozenset({"occasions"}), before.revision)


@pytest.mark.parametrize(
    "new",
    [
        NewSubscription(frozenset({Occasion.FAILED})),
        NewSubscription(frozenset({Occasion.FAILED}), url="https://r/", email="ann@r"),
        NewSubscription(frozenset(), url="https://r/"),
        NewSubscription(frozenset({Occasion.FAILED}), email="ann@r", secret=SECRET),
        NewSubscription(frozenset({Occasion.FAILED}), url="https://r/", secret="short"),
        NewSubscription(frozenset({Occasion.FAILED}), url="https://r/", tags=frozenset({"a,b"})),
        NewSubscription(frozenset({Occasion.FAILED}), url="https://r/", tags=frozenset(map(str, range(60)))),
        NewSubscription(frozenset({Occasion.FAILED}), url="https://r/", project=ProjectId("nope")),
    ],
)
async def test_nonsense_is_refused(little: Little, new: NewSubscription) -> None:
    with pytest.raises((InvalidArgument, NotFound)):
        await made(little, new)
    assert not little.view.all(Kind.SUBSCRIPTION)


async def test_one_person_cannot_fill_the_cluster(little: Little, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "OF_ONE_MAX", 2)
    for _ in range(2):
        await made(little)
    with pytest.raises(Exhausted):
        await made(little)
    await made(little, by=BOB)


async def test_a_request_that_comes_twice_makes_one(little: Little) -> None:
    request = little.request("once")
    names = {await little.use_cases.subscriptions.create(request, HOOK) for _ in range(2)}
    assert len(names) == 1 and len(little.view.all(Kind.SUBSCRIPTION)) == 1


async def test_a_page_of_them_looks_once_at_what_waits_to_be_told_and_counts_for_its_own_only(
    little: Little, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Thousands of notices may wait for a thousand subscribers."""
    for _ in range(5):
        await made(little)
    looks: list[str] = []
    look, count = module.logged, module.notices.waiting
    monkeypatch.setattr(module, "logged", lambda view: (looks.append("look"), look(view))[1])
    monkeypatch.setattr(module.notices, "waiting", lambda *one: (looks.append("count"), count(*one))[1])
    page = little.use_cases.subscriptions.list(ANN, Ask(page_size=2))
    assert (len(page.items), page.total, bool(page.next_page_token)) == (2, 5, True)
    assert looks == ["look", "count", "count"]
