"""Saved views of the list of projects: each person keeps their own, and may share them.

What a view's search means is the pages' affair; here it is held to be short, and to be what an address may say.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl

from winslow.domain.principal import Principal
from winslow.domain.records import Commit, Expect, Kind, Put, saved_view_ref
from winslow.domain.savedview import SavedView, ViewId
from winslow.domain.view import View
from winslow.errors import Exhausted, InvalidArgument, NotFound, PermissionDenied
from winslow.ports import Clock, Store
from winslowd.usecases import given
from winslowd.usecases.listing import Ask, Listing, Page
from winslowd.usecases.requests import Request, expect, once

VIEWS_MAX = 200
"""Views of one author: all of them are told to every page that is open."""
SEARCH_MAX = 2000
PARTS_MAX = 50


@dataclass(frozen=True, slots=True)
class ViewShown:
    """A saved view with its revision."""

    view: SavedView
    revision: int


@dataclass(frozen=True, slots=True)
class ViewChange:
    """What to change of a view; None leaves it as it is."""

    name: str | None = None
    search: str | None = None
    shared: bool | None = None


LISTING: Listing[ViewShown] = Listing(
    name=lambda shown: shown.view.id,
    order="display_name",
    orders={"display_name": lambda shown: shown.view.name.lower()},
    fields={"display_name": lambda shown: (shown.view.name,), "author": lambda shown: (shown.view.author,)},
)


@dataclass(frozen=True, slots=True)
class Views:
    """The use cases of saved views. `new_id` gives small letters and digits that nobody can guess, others each time."""

    store: Store
    clock: Clock
    new_id: Callable[[], str]

    def get(self, asker: Principal, id_: ViewId) -> ViewShown:
        """Raises NotFound (VIEW_UNKNOWN), for views that the asker may not see as well."""
        return _known(self.store.view, asker, id_)

    def list(self, asker: Principal, ask: Ask) -> Page[ViewShown]:
        """The asker's own, and those that are shared, by name."""
        return LISTING.page([one for one in _all(self.store.view) if one.view.seen_by(asker)], ask)

    async def create(self, request: Request, name: str, search: str, *, shared: bool = False) -> str:
        """The new view's name. Raises InvalidArgument (NAME_INVALID, SEARCH_INVALID), Exhausted (VIEWS_TOO_MANY)."""
        by = request.principal
        made = SavedView(
            ViewId(self.new_id()), given.display_name(name), checked_search(search), by.name, self.clock(), shared
        )
        ref = saved_view_ref(made.id)

        def decide(view: View) -> tuple[Commit, str]:
            if sum(one.view.author == by.name for one in _all(view)) >= VIEWS_MAX:
                raise _too_many(by.name)
            return Commit(puts=(Put(ref, made),), expects=(Expect(ref, 0),)), f"views/{made.id}"

        return await once(self.store, request, decide)

    async def update(self, request: Request, id_: ViewId, change: ViewChange, expected: int = 0) -> str:
        """Raises NotFound (VIEW_UNKNOWN), PermissionDenied (NOT_YOURS), InvalidArgument (NAME_INVALID, SEARCH_INVALID)."""
        ref = saved_view_ref(id_)

        def decide(view: View) -> tuple[Commit, str]:
            before = _changeable(view, request.principal, id_)
            expectation = expect(view, ref, expected)
            after = replace(
                before,
                name=before.name if change.name is None else given.display_name(change.name),
                search=before.search if change.search is None else checked_search(change.search),
                shared=before.shared if change.shared is None else change.shared,
            )
            if after == before:
                return Commit(), f"views/{id_}"
            return Commit(puts=(Put(ref, after),), expects=(expectation,)), f"views/{id_}"

        return await once(self.store, request, decide)

    async def delete(self, request: Request, id_: ViewId, expected: int = 0) -> str:
        """Raises NotFound (VIEW_UNKNOWN), PermissionDenied (NOT_YOURS)."""
        ref = saved_view_ref(id_)

        def decide(view: View) -> tuple[Commit, str]:
            _changeable(view, request.principal, id_)
            return Commit(deletes=(ref,), expects=(expect(view, ref, expected),)), f"views/{id_}"

        return await once(self.store, request, decide)


def checked_search(search: str) -> str:
    """What an address may say behind its question mark, or nothing (SEARCH_INVALID)."""
    try:
        parts = parse_qsl(search, strict_parsing=True, max_num_fields=PARTS_MAX, errors="strict") if search else []
    except ValueError:  # not pairs, too many of them, or not UTF-8
        parts = [("", "")]
    plain = len(search) <= SEARCH_MAX and search.isascii() and search.isprintable() and not set(search) & set("#? ")
    if not plain or not all(re.fullmatch(r"[a-z][A-Za-z_]{0,30}", key) and value.isprintable() for key, value in parts):
        raise InvalidArgument(
            f"{search[:80]!r} is not what the address of a list says",
            reason="SEARCH_INVALID",
            subject="search",
            hint=f"Give what stands behind its question mark, state=FAILED&tag=lisbon for instance; at most {SEARCH_MAX} characters",
        )
    return search


def _all(view: View) -> list[ViewShown]:
    found = view.all(Kind.VIEW).values()
    return [ViewShown(one.value, one.revision) for one in found if isinstance(one.value, SavedView)]


def _known(view: View, asker: Principal, id_: ViewId) -> ViewShown:
    found = view.get(saved_view_ref(id_))
    if found is None or not isinstance(found.value, SavedView) or not found.value.seen_by(asker):
        raise NotFound(
            f"There is no view {id_!r}",
            reason="VIEW_UNKNOWN",
            subject=f"views/{id_}",
            hint="It may have been deleted, or be shared no more",
        )
    return ViewShown(found.value, found.revision)


def _changeable(view: View, asker: Principal, id_: ViewId) -> SavedView:
    found = _known(view, asker, id_).view
    if not found.changed_by(asker):
        raise PermissionDenied(
            f"{found.name} is {found.author}'s",
            reason="NOT_YOURS",
            subject=f"views/{id_}",
            hint="Keep a view of your own, or ask its author",
        )
    return found


def _too_many(author: str) -> Exhausted:
    return Exhausted(
        f"{author} has {VIEWS_MAX} views already",
        reason="VIEWS_TOO_MANY",
        subject="views",
        hint="Delete those that nobody needs any more",
    )
