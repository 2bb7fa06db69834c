"""Tells subscribers what the herald has written down: at least once, folded together, and again later where it does not arrive.

How far each was told is a record, written once it has arrived; a daemon that is killed in between has told it once more than
needed, with the same ids. What a subscriber waits for is told in one message, however much it is. It never needs to know what is
news, nor how a message travels.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import replace

import structlog

from winslow.domain import notices
from winslow.domain.notices import FOLD, Logged
from winslow.domain.records import Commit, Fence, Ref, notice_ref
from winslow.domain.subscription import Delivery, Notice, Subscription, SubscriptionId
from winslow.errors import Conflict, WinslowError
from winslow.ports import Clock, Steady, Store
from winslow.ports.telling import Teller
from winslowd.engines import sightings
from winslowd.usecases.subscriptions import delivery_of, every, logged, note, said

log = structlog.get_logger(__name__)

AT_ONCE = 8
"""Subscribers that are told at the same time."""
DEADLINE = 30.0
"""Seconds that telling one may take, whatever its own deadlines are."""
LOG_MAX = 5000
"""Notices that are kept for those who cannot be told; beyond that the oldest go."""
SETTLE = 1.0
"""Seconds after a notice in which more of them are waited for: what fails together is told together."""
REST = 60.0
AGAIN = 2.0
"""Seconds until it is tried again to write down how an attempt went."""
PIECE = 100


class Messenger:
    """Runs in a herald's term. `steady` counts seconds and is never set."""

    def __init__(self, store: Store, teller: Teller, clock: Clock, steady: Steady) -> None:
        self._store = store
        self._teller = teller
        self._clock = clock
        self._steady = steady
        self._wake = asyncio.Event()
        self._under_way: set[SubscriptionId] = set()
        self._told: dict[SubscriptionId, tuple[float, int]] = {}
        """Who was told in this term: when, by the steady clock, and up to which revision, be it written down yet or not."""
        self._turns = asyncio.Semaphore(AT_ONCE)

    def stir(self) -> None:
        """Something may be to be told."""
        self._wake.set()

    async def run(self, fence: Fence | None) -> None:
        """Until cancelled. Raises Conflict (FENCED) when somebody else has become the herald."""
        self._under_way.clear()
        self._told.clear()
        async with asyncio.TaskGroup() as group:
            while True:
                self._wake.clear()
                rest = REST
                for wait, subscription, waiting in self.due():
                    if wait > 0:
                        rest = min(rest, wait)
                        continue
                    self._under_way.add(subscription.id)
                    group.create_task(self._tell(subscription, waiting), name=f"herald: tells {subscription.id}")
                await self._drop(fence)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(rest):
                        await self._wake.wait()

    def due(self) -> list[tuple[float, Subscription, list[Logged]]]:
        """Whom something waits for, with the seconds until they are told; not those that are being told."""
        log_ = logged(self._store.view)
        if not log_:
            return []
        found = []
        for subscription in every(self._store.view):
            waiting = self._waiting(subscription, log_)
            if waiting and subscription.id not in self._under_way:
                found.append((self._wait(subscription, waiting), subscription, waiting))
        return found

    def _waiting(self, subscription: Subscription, log_: Sequence[Logged]) -> list[Logged]:
        _, through = self._told.get(subscription.id, (0.0, 0))
        delivery = delivery_of(self._store.view, subscription.id)
        return notices.waiting(subscription, replace(delivery, told=max(delivery.told, through)), log_)

    def _wait(self, subscription: Subscription, waiting: Sequence[Logged]) -> float:
        now, steady = self._clock(), self._steady()
        after_failure = notices.next_attempt(delivery_of(self._store.view, subscription.id), now)
        told = self._told.get(subscription.id)
        folding = told[0] + FOLD - steady if told else 0.0
        newest = max(one.notice.at for one in waiting)
        settling = min(max(newest + SETTLE - now, 0.0), SETTLE)  # a clock that is ahead makes nobody wait
        return max(after_failure, folding, settling)

    async def _tell(self, subscription: Subscription, waiting: Sequence[Logged]) -> None:
        """Tell all that waits, and write down how that went."""
        through = waiting[-1].revision
        try:
            async with self._turns:
                if subscription not in every(self._store.view):  # changed or deleted while it waited for its turn
                    return
                news = await self._worth(waiting)
                error = await self._attempt(subscription, news) if news else ""
            if not error:
                self._told[subscription.id] = (self._steady() if news else 0.0, through)
            await self._note(subscription.id, bool(news), error, through)
        finally:
            self._under_way.discard(subscription.id)
            self.stir()

    async def _worth(self, waiting: Sequence[Logged]) -> list[Notice]:
        """What of it is still news: nobody is told of a gate that was answered long ago."""
        now = self._clock()
        kept = []
        for one in waiting:
            if notices.worth_telling(one.notice, self._is_still_so(one.notice, now), now):
                kept.append(one.notice)
            await asyncio.sleep(0)
        return kept

    def _is_still_so(self, notice: Notice, now: float) -> bool:
        try:
            return sightings.is_still_so(self._store.view, notice, now)
        except (
            Exception
        ):  # it was so when it was written down, and a project that cannot be made out now is worth a look
            log.exception("project cannot be looked at", project=notice.project)
            return True

    async def _attempt(self, subscription: Subscription, news: Sequence[Notice]) -> str:
        """What went wrong, "" for nothing."""
        message = notices.folded(subscription, news, self._clock())
        try:
            async with asyncio.timeout(DEADLINE):
                await self._teller.tell(message)
        except WinslowError as fault:
            log.warning("a subscriber is told later", subscription=subscription.id, reason=fault.reason)
            return said(fault)
        except TimeoutError:
            log.warning("a subscriber is told later", subscription=subscription.id, reason="DEADLINE_EXCEEDED")
            return f"It did not take the message within {DEADLINE:.0f} s"
        except Exception:  # one who cannot be told must not keep all others from being told, nor end the daemon
            log.exception("a subscriber cannot be told", subscription=subscription.id)
            return "Something went wrong inside Winslow. Look into the log of the daemon"
        log.info("a subscriber was told", subscription=subscription.id, notices=message.count)
        return ""

    async def _note(self, id_: SubscriptionId, attempted: bool, error: str, through: int) -> None:
        def after(delivery: Delivery) -> Delivery:
            if not attempted:
                return replace(delivery, told=max(delivery.told, through))
            return notices.attempted(delivery, self._clock(), error, None if error else through)

        while True:
            try:
                return await note(self._store, id_, after)
            except WinslowError as fault:  # whoever comes after us without this tells it again
                log.warning("how a subscriber was told is noted later", subscription=id_, reason=fault.reason)
                await asyncio.sleep(AGAIN)

    async def _drop(self, fence: Fence | None) -> None:
        try:
            await self.drop(fence)
        except Conflict:  # somebody else is the herald
            raise
        except WinslowError as fault:  # what is left over goes with the next
            log.warning("notices are dropped later", error=str(fault), reason=fault.reason)

    async def drop(self, fence: Fence | None) -> None:
        """Forget notices that nobody waits for any more, and the oldest where there are too many."""
        log_ = logged(self._store.view)
        if not log_:
            return
        wanted = self._wanted(log_)
        left = sorted(wanted.values(), key=lambda one: one.revision, reverse=True)[:LOG_MAX]
        if len(left) < len(wanted):
            log.warning("notices are dropped: too many wait to be told", dropped=len(wanted) - len(left))
        kept = {one.notice.id for one in left}
        gone: list[Ref] = [notice_ref(one.notice.id) for one in log_ if one.notice.id not in kept]
        for start in range(0, len(gone), PIECE):
            await self._store.commit(Commit(deletes=tuple(gone[start : start + PIECE]), fence=fence))

    def _wanted(self, log_: Sequence[Logged]) -> Mapping[str, Logged]:
        """By what is written down alone: what was told and is not noted yet is still to be kept for who comes after us."""
        view, now = self._store.view, self._clock()
        found: dict[str, Logged] = {}
        for subscription in every(view):
            waiting = notices.waiting(subscription, delivery_of(view, subscription.id), log_)
            found.update((one.notice.id, one) for one in waiting if now - one.notice.at < notices.OLD)
        return found
