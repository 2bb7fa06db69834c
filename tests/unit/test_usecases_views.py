"""Saved views are kept by each person for themselves, shared where they say so, and told to who may see them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.little import ANN, BOB, Little
from winslow.domain.principal import Principal
from winslow.domain.records import Kind
from winslow.domain.savedview import ViewId
from winslow.errors import Conflict, Exhausted, InvalidArgument, NotFound, PermissionDenied
from winslowd.usecases import views as views_module
from winslowd.usecases.events import Batch, Wanted
from winslowd.usecases.listing import Ask
from winslowd.usecases.views import ViewChange, Views, ViewShown, checked_search

ADMIN = Principal("root", admin=True)
SEARCH = "state=FAILED&tag=lisbon%20north"


@pytest.fixture
async def little(tmp_path: Path) -> AsyncIterator[Little]:
    async with Little.led(tmp_path) as one:
        yield one


async def made(little: Little, by: Principal = ANN, *, name: str = "Broken", shared: bool = False) -> ViewId:
    answer = await little.use_cases.views.create(little.request(by=by), name, SEARCH, shared=shared)
    return ViewId(answer.removeprefix("views/"))


def names(views: Views, asker: Principal) -> list[str]:
    return [one.view.name for one in views.list(asker, Ask()).items]


class TestWhoSeesAView:
    async def test_its_author_alone_until_it_is_shared(self, little: Little) -> None:
        views = little.use_cases.views
        id_ = await made(little)
        assert (names(views, ANN), names(views, BOB)) == (["Broken"], [])
        with pytest.raises(NotFound):
            await views.update(little.request(by=BOB), id_, ViewChange(name="mine now"))
        await views.update(little.request(), id_, ViewChange(shared=True))
        assert names(views, BOB) == ["Broken"]

    async def test_others_may_neither_change_nor_delete_a_shared_one_but_an_admin_may(self, little: Little) -> None:
        views, id_ = little.use_cases.views, await made(little, shared=True)
        with pytest.raises(PermissionDenied):
            await views.update(little.request(by=BOB), id_, ViewChange(name="mine now"))
        with pytest.raises(PermissionDenied):
            await views.delete(little.request(by=BOB), id_)
        await views.delete(little.request(by=ADMIN), id_)
        with pytest.raises(NotFound):
            views.get(ANN, id_)

    async def test_a_watcher_is_told_of_those_it_may_see_and_that_one_is_shared_no_more(self, little: Little) -> None:
        views, id_ = little.use_cases.views, await made(little)
        await made(little, BOB, name="Bob's")
        wanted = Wanted(frozenset({Kind.VIEW}))
        async with aclosing(little.use_cases.events.watch(BOB, wanted)) as batches:
            assert told(await anext(batches)) == ["Bob's"]
            for shared, then in ((True, ["Broken"]), (False, [None])):
                await views.update(little.request(), id_, ViewChange(shared=shared))
                async with asyncio.timeout(5):
                    assert told(await anext(batches)) == then

    async def test_a_watcher_is_told_nothing_of_anothers_own_one_not_even_that_it_comes_and_goes(
        self, little: Little
    ) -> None:
        views = little.use_cases.views
        async with aclosing(little.use_cases.events.watch(BOB, Wanted(frozenset({Kind.VIEW})))) as batches:
            assert (await anext(batches)).told == ()
            id_ = await made(little)
            await views.update(little.request(), id_, ViewChange(name="Very broken"))
            await views.delete(little.request(), id_)
            await made(little, BOB, name="Bob's")
            assert await told_until(batches, "Bob's") == ["Bob's"]

    async def test_a_watcher_that_goes_on_is_told_that_what_it_knew_is_gone_and_of_nothing_else(
        self, little: Little
    ) -> None:
        views = little.use_cases.views
        shared, own = await made(little, shared=True), await made(little)
        seen = little.view.revision
        await views.update(little.request(), shared, ViewChange(shared=False))
        await views.update(little.request(), shared, ViewChange(name="Not for Bob"))
        await views.delete(little.request(), own)
        await made(little, BOB, name="Bob's")
        async with aclosing(little.use_cases.events.watch(BOB, Wanted(frozenset({Kind.VIEW})), seen)) as batches:
            assert await told_until(batches, "Bob's") == [None, "Bob's"]


async def told_until(batches: AsyncIterator[Batch], last: str) -> list[str | None]:
    """The names of all views that were told of, None for one that is gone, up to the `last`."""
    found: list[str | None] = []
    async with asyncio.timeout(30):
        while last not in found:
            found += told(await anext(batches))
    return found


def told(batch: Batch) -> list[str | None]:
    return [one.shown.view.name if isinstance(one.shown, ViewShown) else None for one in batch.told]


class TestAView:
    async def test_is_changed_field_by_field_and_by_who_saw_its_last_revision(self, little: Little) -> None:
        views, id_ = little.use_cases.views, await made(little)
        before = views.get(ANN, id_)
        await views.update(little.request(), id_, ViewChange(search="text=x"))
        after = views.get(ANN, id_)
        assert (after.view.name, after.view.search) == ("Broken", "text=x")
        with pytest.raises(Conflict):
            await views.update(little.request(), id_, ViewChange(name="late"), before.revision)

    async def test_is_made_once_for_one_request(self, little: Little) -> None:
        request = little.request("once")
        first, second = [await little.use_cases.views.create(request, "Broken", SEARCH) for _ in range(2)]
        assert first == second and names(little.use_cases.views, ANN) == ["Broken"]

    async def test_there_are_not_more_than_a_page_can_hold(
        self, little: Little, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(views_module, "VIEWS_MAX", 2)
        for _ in range(2):
            await made(little)
        with pytest.raises(Exhausted):
            await made(little)
        await made(little, BOB)


class TestASearch:
    @pytest.mark.parametrize(
        "search", ["", "state=FAILED", SEARCH, "text=%22two%20words%22&order=-name", "text=caf%C3%A9"]
    )
    def test_is_kept_as_it_is(self, search: str) -> None:
        assert checked_search(search) == search

    @pytest.mark.parametrize(
        "search",
        [
            *("?state=FAILED", "state", "a=b#c", "a=\n", "a=%00", "a=%ff", "a=é", "__proto__=1", "<b>=1"),
            *("a=" + "x" * 2000, "&".join(["a=1"] * 60)),
        ],
    )
    def test_that_no_address_says_is_refused(self, search: str) -> None:
        with pytest.raises(InvalidArgument) as refused:
            checked_search(search)
        assert refused.value.reason == "SEARCH_INVALID"

    @given(st.text())
    def test_is_refused_or_kept_whatever_it_is(self, search: str) -> None:
        try:
            assert checked_search(search) == search
        except InvalidArgument as refused:
            assert refused.reason == "SEARCH_INVALID"
