"""Who is told of what happened: from what was noticed before and what is so now to what is news, and from news to messages.

Level-triggered: what is so now is compared with what was noticed, so a thing is news once, whoever looks, however often, and
after whatever was missed. Three memories make that hold: of gates, until their run is over; of the last verdict on a project, by
the number of its run, which only rises; of nodes and warnings, until they are well again. Old news are noticed and not told.
It never needs to know where a memory is kept, nor how anybody is told.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from winslow.domain.stage import NodeId, RunId
from winslow.domain.subscription import Delivery, Notice, Occasion, Subscription

CLUSTER = ""
"""The subject of what is noticed of no project."""
OLD = 86_400.0
"""Seconds after which something is not told any more: nobody need act on it for being told."""
OVER_AFTER = 600.0
"""Seconds after which something that is no longer so is not told: a gate that was answered while nobody could be told of it."""
NODE_LOST_AFTER = 60.0
"""Seconds for which a node is away before it counts as lost: a daemon that starts anew takes three."""
WARNING_FORGOTTEN = 3600.0
"""Seconds after which a warning that is gone would be news again: one at its threshold comes and goes."""
FOLD = 30.0
"""Seconds between two messages to one subscriber; what happens meanwhile is in the second."""
SHOWN = 20
"""Notices of a message in full; the others are counted."""
BACKOFF, BACKOFF_MOST = 5.0, 600.0
"""Seconds after a failed attempt until the next; each wait is three times the last."""


@dataclass(frozen=True, slots=True)
class Noted:
    """What has been noticed of `subject`, a project's id or `CLUSTER`. An empty one is that of a project nobody looked at."""

    subject: str
    gates: frozenset[str] = frozenset()
    verdict_run: int = 0
    verdict: str = ""
    nodes: frozenset[str] = frozenset()
    lost: frozenset[str] = frozenset()
    warnings: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a project stands when nothing moves in it: `what` came of the run of that number."""

    run: int
    what: str
    notice: Notice


@dataclass(frozen=True, slots=True)
class Sight:
    """What is so of a project: its open gates by `gate_key`, the runs that go on, and its verdict while there is one."""

    project: str
    gates: Mapping[str, Notice] = field(default_factory=dict)
    active: frozenset[RunId] = frozenset()
    verdict: Verdict | None = None


def gate_key(run: str, definition: str, parent: str) -> str:
    """A gate that opens again over another attempt is another gate; one that was only paused is the same."""
    return f"{run}/{definition}/{parent}"


def of_project(before: Noted, sight: Sight) -> tuple[Noted, tuple[Notice, ...]]:
    """What is news of a project. Asked again with what it answered, and the same sight, there is none."""
    news = [notice for key, notice in sight.gates.items() if key not in before.gates]
    kept = {key for key in before.gates if key.partition("/")[0] in sight.active}
    after = replace(before, gates=frozenset(kept | sight.gates.keys()))
    verdict = sight.verdict
    # Where a later run has had its verdict, this one is only seen again, since what came after it was put aside.
    if verdict and verdict.run >= before.verdict_run and (verdict.run, verdict.what) != _last_verdict(before):
        news.append(verdict.notice)
        after = replace(after, verdict_run=verdict.run, verdict=verdict.what)
    return after, tuple(news)


def _last_verdict(noted: Noted) -> tuple[int, str]:
    return noted.verdict_run, noted.verdict


def of_nodes(
    before: Noted, there: Iterable[NodeId], away: Mapping[NodeId, float], leaving: Iterable[NodeId], at: float
) -> tuple[Noted, tuple[Notice, ...]]:
    """Which nodes are lost. `away` are seconds for which a node has been away that was there; of `leaving` ones nobody is told,
    and as soon as they are away they need not be leaving any more: they may have been removed.
    """
    here = frozenset(there)
    known = before.nodes - frozenset(leaving)
    gone = {node for node in known - here if away.get(NodeId(node), 0.0) >= NODE_LOST_AFTER}
    news = tuple(_lost(NodeId(node), at) for node in sorted(gone - before.lost))
    return replace(before, nodes=known | here, lost=((before.lost | gone) & known) - here), news


def _lost(node: NodeId, at: float) -> Notice:
    text = (
        f"The node {node} has been silent for a minute. Its stages go on elsewhere once they are given up;"
        " look at the machine, its network, and winslowd on it"
    )
    return Notice(_id(f"lost/{node}/{at:.0f}"), Occasion.NODE_LOST, at, text, node=node)


def of_warnings(before: Noted, warned: Mapping[str, Sequence[str]], at: float) -> tuple[Noted, tuple[Notice, ...]]:
    """Which warnings of the storage are new: `warned` are those of each node. Numbers in one may change; it stays the same."""
    now: dict[str, tuple[str, str]] = {}
    for node, sentences in sorted(warned.items()):
        for sentence in sentences:
            now.setdefault(_gist(sentence), (node, sentence))
    news = [_warning(gist, *now[gist], at) for gist in now if gist not in before.warnings]
    kept = {gist: seen for gist, seen in before.warnings.items() if at - seen < WARNING_FORGOTTEN}
    # When it was seen last is noted coarsely: not each look is worth a write.
    fresh = {gist: at for gist in now if gist not in kept or at - kept[gist] > WARNING_FORGOTTEN / 4}
    return replace(before, warnings={**kept, **fresh}), tuple(news)


def _warning(gist: str, node: str, sentence: str, at: float) -> Notice:
    return Notice(
        _id(f"warning/{gist}/{at:.0f}"), Occasion.STORAGE_WARNING, at, f"{node}: {sentence}", node=NodeId(node)
    )


def _gist(sentence: str) -> str:
    """A warning without its numbers and their units."""
    return re.sub(r"[0-9][0-9.,]*( ?[kKMGTP]?i?B\b)?", "#", sentence)[:200]


def _id(what: str) -> str:
    return hashlib.blake2b(what.encode(), digest_size=12).hexdigest()


def notice_id(project: str, what: str) -> str:
    """The id of a notice of a project: the same thing has the same one, so it is written down once."""
    return _id(f"{project}/{what}")


# ---- who is told


@dataclass(frozen=True, slots=True)
class Logged:
    """A notice that is written down, and at which revision."""

    notice: Notice
    revision: int


@dataclass(frozen=True, slots=True)
class Message:
    """What a subscriber is told at once: the newest `notices` in full, oldest first, and how many there are of each occasion.

    With `test` it tells of nothing: somebody wants to see whether it arrives.
    """

    id: str
    subscription: Subscription
    at: float
    notices: tuple[Notice, ...] = ()
    counts: Mapping[Occasion, int] = field(default_factory=dict)
    test: bool = False

    @property
    def count(self) -> int:
        return sum(self.counts.values())


def waiting(subscription: Subscription, delivery: Delivery, log: Iterable[Logged]) -> list[Logged]:
    """What the subscriber has not been told, oldest first."""
    mine = [one for one in log if one.revision > delivery.told and subscription.takes(one.notice)]
    return sorted(mine, key=lambda one: (one.revision, one.notice.at, one.notice.id))


def worth_telling(notice: Notice, still: bool, now: float) -> bool:
    """Whether it is news at `now`; `still`: it is as it says."""
    age = now - notice.at
    return age < OLD and (still or age < OVER_AFTER)


def folded(subscription: Subscription, notices: Sequence[Notice], now: float) -> Message:
    """All of `notices` (oldest first, at least one) as one message."""
    counts: dict[Occasion, int] = {}
    for notice in notices:
        counts[notice.occasion] = counts.get(notice.occasion, 0) + 1
    id_ = _id("/".join((subscription.id, notices[0].id, notices[-1].id, str(len(notices)))))
    return Message(id_, subscription, now, tuple(notices[-SHOWN:]), counts)


def next_attempt(delivery: Delivery, now: float) -> float:
    """Seconds until a failing subscriber is tried again. A clock that was set costs one wait at most."""
    if not delivery.failures or delivery.attempt_at is None:
        return 0.0
    wait = min(BACKOFF * 3.0 ** min(delivery.failures - 1, 10), BACKOFF_MOST)
    return min(max(delivery.attempt_at + wait - now, 0.0), wait)


def attempted(delivery: Delivery, now: float, error: str, told: int | None = None) -> Delivery:
    """After an attempt that failed with `error`, or with "" told all up to the revision `told` (None: it was a test)."""
    if error:
        since = delivery.failing_since if delivery.failing_since is not None else now
        return replace(
            delivery, attempt_at=now, error=error, failures=min(delivery.failures + 1, 1 << 20), failing_since=since
        )
    through = delivery.told if told is None else max(delivery.told, told)
    return replace(delivery, told=through, attempt_at=now, error="", failures=0, failing_since=None)
