"""Subscriptions: each person says what they want to be told, and where. Telling them is the herald's.

A secret goes in and never comes out. How far somebody was told is a record of its own, so that being told changes no
revision that people compare.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from winslow.domain import notices
from winslow.domain.notices import Logged, Message
from winslow.domain.principal import Principal
from winslow.domain.records import Commit, Expect, Kind, Put, delivery_ref, subscription_ref
from winslow.domain.stage import ProjectId
from winslow.domain.subscription import Delivery, Notice, Occasion, Subscription, SubscriptionId
from winslow.domain.view import View
from winslow.errors import Exhausted, InvalidArgument, NotFound, Unimplemented, WinslowError
from winslow.ports import Clock, Store
from winslow.ports.telling import Teller
from winslowd.usecases import given, known, places
from winslowd.usecases.listing import Ask, Listing, Page
from winslowd.usecases.requests import Request, after, expect, once

OF_ONE_MAX, OF_ALL_MAX = 50, 1000
"""Subscriptions of one author, and of everybody."""
TAGS_MAX = 50


@dataclass(frozen=True, slots=True)
class SubscriptionShown:
    """A subscription with its revision, how far it was told, and how many notices wait for it."""

    subscription: Subscription
    revision: int
    delivery: Delivery
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class NewSubscription:
    """What a person asks for; exactly one of `url` and `email`."""

    occasions: frozenset[Occasion]
    url: str = ""
    email: str = ""
    secret: str = ""
    project: ProjectId | None = None
    tags: frozenset[str] = frozenset()
    disabled: bool = False


LISTING: Listing[Subscription] = Listing(
    name=lambda one: one.id,
    order="create_time",
    orders={"create_time": lambda one: one.created_at},
    fields={"author": lambda one: (one.author,)},
)


@dataclass(frozen=True, slots=True)
class Subscriptions:
    """The use cases of subscriptions. `new_id` gives small letters and digits, others each time. Without a `teller` nobody is told."""

    store: Store
    clock: Clock
    new_id: Callable[[], str]
    teller: Teller | None = None

    def get(self, asker: Principal, id_: SubscriptionId) -> SubscriptionShown:
        """Raises NotFound (SUBSCRIPTION_UNKNOWN), for those of others as well."""
        return shown(self.store.view, _known(self.store.view, asker, id_))

    def list(self, asker: Principal, ask: Ask) -> Page[SubscriptionShown]:
        """The asker's, or all for an admin, oldest first."""
        view = self.store.view
        page = LISTING.page([one for one in every(view) if one.belongs_to(asker)], ask)
        log = logged(view)  # once: what waits is counted for each subscription of the page among thousands of notices
        return Page(tuple([_shown(view, one, log) for one in page.items]), page.next_page_token, page.total)

    async def create(self, request: Request, new: NewSubscription) -> str:
        """The new subscription's name. Raises InvalidArgument, NotFound (PROJECT_UNKNOWN), Exhausted (SUBSCRIPTIONS_TOO_MANY).

        It is told what happens from now on.
        """
        by = request.principal
        made = _checked(
            Subscription(
                id=SubscriptionId(self.new_id()),
                author=by.name,
                created_at=self.clock(),
                occasions=new.occasions,
                url=new.url,
                email=new.email,
                secret=new.secret,
                project=new.project,
                tags=new.tags,
                disabled=new.disabled,
            )
        )

        def decide(view: View) -> tuple[Commit, str]:
            if made.project is not None:
                known.project(view, made.project)
            _room(view, by.name)
            ref, delivery = subscription_ref(made.id), delivery_ref(made.id)
            puts = (Put(ref, made), Put(delivery, Delivery(made.id, view.revision)))
            return Commit(puts=puts, expects=(Expect(ref, 0), Expect(delivery, 0))), f"subscriptions/{made.id}"

        return await once(self.store, request, decide)

    async def update(
        self, request: Request, id_: SubscriptionId, wanted: NewSubscription, fields: frozenset[str], expected: int = 0
    ) -> str:
        """Change the `fields` (of `NewSubscription`) to what is `wanted`. Raises what `create` does, NotFound (SUBSCRIPTION_UNKNOWN).

        Told more than before, or again, it is told what happens from now on; told elsewhere, also what waited.
        """
        ref, delivery = subscription_ref(id_), delivery_ref(id_)

        def decide(view: View) -> tuple[Commit, str]:
            before = _known(view, request.principal, id_)
            expectation = expect(view, ref, expected)
            changed = _checked(replace(before, **{name: getattr(wanted, name) for name in fields}))
            if changed.project is not None and changed.project != before.project:
                known.project(view, changed.project)
            if changed == before:
                return Commit(), f"subscriptions/{id_}"
            so_far = delivery_of(view, id_)
            told = so_far.told if _as_told(changed) == _as_told(before) else view.revision
            fresh = Delivery(id_, told) if _place(changed) != _place(before) else replace(so_far, told=told)
            puts = (Put(ref, changed), *([Put(delivery, fresh)] if fresh != so_far else []))
            return Commit(puts=puts, expects=(expectation, _as_seen(view, id_))), f"subscriptions/{id_}"

        return await once(self.store, request, decide)

    async def delete(self, request: Request, id_: SubscriptionId, expected: int = 0) -> str:
        """Raises NotFound (SUBSCRIPTION_UNKNOWN). What waited for it is told nobody."""
        ref = subscription_ref(id_)

        def decide(view: View) -> tuple[Commit, str]:
            _known(view, request.principal, id_)
            commit = Commit(deletes=(ref, delivery_ref(id_)), expects=(expect(view, ref, expected),))
            return commit, f"subscriptions/{id_}"

        return await once(self.store, request, decide)

    async def test(self, request: Request, id_: SubscriptionId) -> str:
        """Tell it that this is a test, now and from this node; how that went is shown with it afterwards.

        Raises NotFound (SUBSCRIPTION_UNKNOWN), Unimplemented (NOBODY_TELLS).
        """
        found = _known(self.store.view, request.principal, id_)
        if self.teller is None:
            raise Unimplemented("This node tells nobody", reason="NOBODY_TELLS", hint="Ask another node")
        teller = self.teller

        async def tell() -> None:
            error = ""
            try:
                await teller.tell(Message(self.new_id(), found, self.clock(), test=True))
            except WinslowError as fault:
                error = said(fault)
            await note(self.store, id_, lambda delivery: notices.attempted(delivery, self.clock(), error))

        return await after(self.store, request, tell, f"subscriptions/{id_}")


async def note(store: Store, id_: SubscriptionId, change: Callable[[Delivery], Delivery]) -> None:
    """Write down how an attempt went, whoever else writes meanwhile; nothing where the subscription is gone."""
    request = Request(Principal("winslow"))

    def decide(view: View) -> tuple[Commit, str]:
        if view.get(subscription_ref(id_)) is None:
            return Commit(), id_
        noted = change(delivery_of(view, id_))
        return Commit(puts=(Put(delivery_ref(id_), noted),), expects=(_as_seen(view, id_),)), id_

    await once(store, request, decide)


def said(fault: WinslowError) -> str:
    """What went wrong, in one line that is shown with the subscription."""
    return " ".join(f"{fault.message}. {fault.hint}".rstrip(". ").split())[:300]


def shown(view: View, subscription: Subscription) -> SubscriptionShown:
    return _shown(view, subscription, logged(view))


def _shown(view: View, subscription: Subscription, log: Sequence[Logged]) -> SubscriptionShown:
    delivery = delivery_of(view, subscription.id)
    return SubscriptionShown(
        subscription,
        view.revision_of(subscription_ref(subscription.id)),
        delivery,
        len(notices.waiting(subscription, delivery, log)),
    )


def every(view: View) -> list[Subscription]:
    found = (one.value for one in view.all(Kind.SUBSCRIPTION).values())
    return [one for one in found if isinstance(one, Subscription)]


def logged(view: View) -> list[Logged]:
    """The notices that are written down; the revision is that at which each was."""
    found = view.all(Kind.NOTICE).values()
    return [Logged(one.value, one.created) for one in found if isinstance(one.value, Notice)]


def delivery_of(view: View, id_: SubscriptionId) -> Delivery:
    found = view.get(delivery_ref(id_))
    return found.value if found and isinstance(found.value, Delivery) else Delivery(id_, view.revision)


def _as_seen(view: View, id_: SubscriptionId) -> Expect:
    return Expect(delivery_ref(id_), view.revision_of(delivery_ref(id_)))


def _as_told(one: Subscription) -> tuple[object, ...]:
    """What decides of what it is told."""
    return one.occasions, one.project, one.tags, one.disabled


def _place(one: Subscription) -> tuple[str, str]:
    return one.url, one.email


def _checked(one: Subscription) -> Subscription:
    """A subscription that somebody may have (SUBSCRIPTION_INVALID, URL_INVALID, EMAIL_INVALID, SECRET_INVALID, TAG_INVALID)."""
    if bool(one.url) == bool(one.email):
        raise _invalid("A subscription is told at a URL or at an e-mail address", "Give exactly one of the two")
    if not one.occasions:
        raise _invalid("A subscription without occasions is told nothing", "Say of what it is told")
    if len(one.tags) > TAGS_MAX:
        raise _invalid(f"{len(one.tags)} tags are too many", f"Give at most {TAGS_MAX}, or none for all projects")
    if one.email and one.secret:
        raise _invalid("A mail is not signed", "Leave the secret out")
    return replace(
        one,
        url=places.webhook(one.url) if one.url else "",
        email=places.email(one.email) if one.email else "",
        secret=places.secret(one.secret),
        tags=given.words("tags", one.tags),
    )


def _invalid(what: str, hint: str) -> InvalidArgument:
    return InvalidArgument(what, reason="SUBSCRIPTION_INVALID", subject="subscription", hint=hint)


def _room(view: View, author: str) -> None:
    there = every(view)
    if len(there) >= OF_ALL_MAX or sum(one.author == author for one in there) >= OF_ONE_MAX:
        raise Exhausted(
            f"{author} cannot have more subscriptions",
            reason="SUBSCRIPTIONS_TOO_MANY",
            subject="subscriptions",
            hint=f"One person may have {OF_ONE_MAX}, all together {OF_ALL_MAX}: delete those that nobody needs",
        )


def _known(view: View, asker: Principal, id_: SubscriptionId) -> Subscription:
    found = view.get(subscription_ref(id_))
    if found is None or not isinstance(found.value, Subscription) or not found.value.belongs_to(asker):
        raise NotFound(
            f"There is no subscription {id_!r}",
            reason="SUBSCRIPTION_UNKNOWN",
            subject=f"subscriptions/{id_}",
            hint="See what there is with: winslowctl notify list",
        )
    return found.value
