"""What one watcher may see of what all are told: of others' own views and subscriptions nothing, not even that they come and go.

That something is gone is told only to who was told that it is there; when it was made or is no longer shared, others learn
nothing by it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from winslow.domain.principal import Principal
from winslow.domain.records import Change, Kind, Record, Ref
from winslow.domain.savedview import SavedView
from winslow.domain.subscription import Subscription
from winslow.domain.view import View
from winslowd.usecases.subscriptions import SubscriptionShown
from winslowd.usecases.telling import Shown, Told
from winslowd.usecases.views import ViewShown

OWN = (Kind.VIEW, Kind.SUBSCRIPTION)
"""Kinds of which not everybody sees everything."""


class Sight:
    """Of `asker`, who has been told nothing so far."""

    def __init__(self, asker: Principal) -> None:
        self._asker = asker
        self._known: set[Ref] = set()
        """Those of `OWN` that the watcher believes to be there."""

    def goes_on(self, view: View, missed: Iterable[Change]) -> None:
        """The watcher was told before of what it could see then: of `view` as it is without the changes it `missed`."""
        for kind in OWN:
            for key, found in view.all(kind).items():
                self._know(Ref(kind, key), found.value)
        for change in missed:
            if change.before and change.ref.kind in OWN:
                self._know(change.ref, change.before.value)

    def of(self, told: Iterable[Told]) -> tuple[Told, ...]:
        """What of it the watcher is told; of what it may see no more, that it is gone."""
        seen = (one if one.ref.kind not in OWN else self._seen(one) for one in told)
        return tuple([one for one in seen if one])

    def _seen(self, told: Told) -> Told | None:
        if told.shown is not None and not self._is_hidden(told.shown):
            self._known.add(told.ref)
            return told
        if told.ref not in self._known:
            return None
        self._known.discard(told.ref)
        return replace(told, shown=None)

    def _know(self, ref: Ref, record: Record) -> None:
        match record:
            case SavedView() if record.seen_by(self._asker):
                self._known.add(ref)
            case Subscription() if record.belongs_to(self._asker):
                self._known.add(ref)
            case _:
                return

    def _is_hidden(self, shown: Shown) -> bool:
        match shown:
            case ViewShown():
                return not shown.view.seen_by(self._asker)
            case SubscriptionShown():
                return not shown.subscription.belongs_to(self._asker)
            case _:
                return False
