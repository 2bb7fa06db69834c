"""Which workspaces may go, and why: a policy over what is there, what somebody needs, and what stands on what.

Retention is of workspaces alone. Outputs, logs and records stay, so the attempt whose output is published may lose its
workspace like any other. A workspace goes only when every attempt that uses its directory may go, and a layer only when
nothing that stays is seen through it. Asked again with the same facts it answers the same; it never needs to know where
anything lies or how it is removed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from winslow.domain.layers import Chain, standing_on
from winslow.domain.pipeline import DefinitionName
from winslow.domain.stage import ProjectId, Stage, StageId, State

DAY = 86_400.0
MARGIN = 3600.0
"""Seconds past its age that a workspace stays at most: what the clocks of two nodes may be apart."""
TWENTIETH = 0.05
LOST_KEPT = DAY
"""Seconds that the workspace of a lost attempt stays: its node may be back, and write into it."""
SHARED_MOST = 60
"""Attempts that use one directory; with more it stays, since all of them are marked in one transaction."""
CATCHING_UP = 24.0
"""How much faster than it is counted the time of retention may go, until it is what the clocks say."""


@dataclass(frozen=True, slots=True)
class RetentionPolicy:
    """What is kept: everything for which no rule says that it goes. As it is here, all of it.

    `keep_succeeded`: the newest so many of each definition that succeeded, None for all. `max_age` in seconds, None for
    ever. With `drop_discardable` workspaces of discardable definitions go as soon as nobody needs them.
    """

    keep_succeeded: int | None = None
    keep_failed: bool = True
    max_age: float | None = None
    drop_discardable: bool = False

    @property
    def keeps_all(self) -> bool:
        return self == RetentionPolicy()


@dataclass(frozen=True, slots=True)
class RetentionClock:
    """The time by which ages are judged, in Unix seconds; see `counted`."""

    at: float


@dataclass(frozen=True, slots=True)
class Workspaces:
    """What is known of a project's workspaces.

    `stages`: every attempt whose workspace has not been dropped, live or ended. `needed`: whose workspaces somebody needs,
    and who. `chains`: what each layered workspace is seen through.
    """

    project: ProjectId
    stages: Sequence[Stage]
    needed: Mapping[StageId, str]
    chains: Mapping[StageId, Chain]


@dataclass(frozen=True, slots=True)
class Going:
    """The workspace `stage` may go, for `reason`; `shared` are all attempts that use its directory, its own first."""

    stage: Stage
    reason: str
    shared: tuple[Stage, ...]


def going(there: Workspaces, policy: RetentionPolicy, now: float) -> tuple[Going, ...]:
    """What may go by the policy, in the order in which it may: what stands on a layer before the layer.

    `now` in Unix seconds is `counted`.
    """
    if policy.keeps_all:
        return ()
    reasons_of = _reasons(there.stages, policy, now)
    decided: dict[StageId, Going] = {}
    for owner, shared in _directories(there.stages).items():
        if not any(held(there, stage) for stage in shared) and len(shared) <= SHARED_MOST:
            reasons = [reasons_of.get(stage.id, "") for stage in shared if stage.state is not State.SKIPPED]
            if reasons and all(reasons):
                decided[owner] = Going(shared[0], reasons[0], shared)
    return tuple(_highest_first(there, decided))


def held(there: Workspaces, stage: Stage) -> str:
    """Why the stage's directory stays whatever the policy says, layers aside: who needs it, or "" when nobody does."""
    if stage.live:
        return f"{stage.id} is {stage.state.value}"
    if stage.pinned:
        return f"{stage.id} is pinned"
    return there.needed.get(stage.id, "")


def sharing(there: Workspaces, stage: Stage) -> tuple[Stage, ...]:
    """All attempts that use the directory of `stage`, the one that it was made for first if it is known."""
    return _directories(there.stages).get(StageId(stage.workspace), ())


def above(there: Workspaces, stage: Stage) -> tuple[StageId, ...]:
    """The workspaces that are seen through that of `stage`."""
    return standing_on(there.project, StageId(stage.workspace), there.chains)


def counted(before: RetentionClock | None, elapsed: float, said: float, newest: float) -> RetentionClock:
    """The time by which ages are judged, now that a machine's clock has `said` what it does, in Unix seconds.

    `elapsed` seconds have passed by a steady clock since `before` was noted, 0 where nobody counted. Whoever judges has
    one clock, and it may be years ahead: so the time goes `CATCHING_UP` times as fast as it is counted at most, and never
    past what the clock says. One that was wrong for an hour has added a day, and takes it back when it is right. The first
    time there is nothing to go on from but `newest`, the latest moment that any record tells of.
    """
    if before is None:
        return RetentionClock(min(said, newest))
    return RetentionClock(min(said, before.at + elapsed * (1 + CATCHING_UP)))


def ended_at(stage: Stage) -> float:
    """When an attempt ended, in Unix seconds: the latest of all times that were written of it, whoever's clock was behind."""
    return max(stage.created_at, stage.placed_at or 0.0, stage.started_at or 0.0, stage.ended_at or 0.0)


def _reasons(stages: Iterable[Stage], policy: RetentionPolicy, now: float) -> dict[StageId, str]:
    """Why the workspaces of ended attempts may go, of those that may by some rule."""
    found = {stage.id: why for stage in stages if stage.ended and (why := _by_itself(stage, policy, now))}
    if policy.keep_succeeded is not None:
        for stage, count in _newer_successes(stage for stage in stages if stage.id not in found):
            if count >= policy.keep_succeeded:
                newer = f"{count} newer {'one' if count == 1 else 'ones'} succeeded"
                found[stage.id] = newer if count else "none that succeeded is kept"
    return found


def _by_itself(stage: Stage, policy: RetentionPolicy, now: float) -> str:
    """Why the workspace of an ended attempt may go, whatever others there are; "" when no rule says so."""
    age = now - ended_at(stage)
    if stage.state is State.LOST and age < LOST_KEPT:
        return ""
    if stage.definition.discardable and policy.drop_discardable:
        return "discardable, and nobody needs it"
    if stage.state is not State.SUCCEEDED and not policy.keep_failed:
        return f"it is {stage.state.value}"
    if policy.max_age is not None and age > policy.max_age + min(MARGIN, TWENTIETH * policy.max_age):
        return f"older than {spoken(policy.max_age)}"
    return ""


def spoken(seconds: float) -> str:
    """A length of time, as people say it: `30 days`."""
    for unit, name in ((DAY, "day"), (3600.0, "hour"), (60.0, "minute"), (1.0, "second")):
        count = seconds / unit
        if count >= 1 and count == round(count):
            return f"{round(count)} {name}{'' if count == 1 else 's'}"
    return f"{seconds:g} seconds"


def _newer_successes(stages: Iterable[Stage]) -> Iterator[tuple[Stage, int]]:
    """Each success, and how many newer ones of its definition there are: by their awards, which no clock orders."""
    of: defaultdict[DefinitionName, list[Stage]] = defaultdict(list)
    for stage in stages:
        if stage.state is State.SUCCEEDED:
            of[stage.definition.name].append(stage)
    for succeeded in of.values():
        newest_first = sorted(succeeded, key=lambda stage: (stage.fence, stage.id), reverse=True)
        yield from ((stage, count) for count, stage in enumerate(newest_first))


def _directories(stages: Iterable[Stage]) -> dict[StageId, tuple[Stage, ...]]:
    """The attempts by the directory that they use, the one that it was made for first. The zeroth one is the user's."""
    found: defaultdict[StageId, list[Stage]] = defaultdict(list)
    for stage in stages:
        if stage.workspace and (stage.live or stage.placed_at is not None or stage.state is State.SKIPPED):
            found[StageId(stage.workspace)].append(stage)
    return {
        owner: tuple(sorted(shared, key=lambda stage: (stage.id != owner, stage.created_at, stage.id)))
        for owner, shared in found.items()
    }


def _highest_first(there: Workspaces, decided: Mapping[StageId, Going]) -> Iterator[Going]:
    """Those on which nothing that stays stands, each after all that stand on it."""
    on = {owner: standing_on(there.project, owner, there.chains) for owner in decided}
    going = _without_staying(on)
    done: set[StageId] = set()
    waiting = sorted(going)
    while waiting:
        free = [owner for owner in waiting if done.issuperset(on[owner])]
        yield from (decided[owner] for owner in free)
        done.update(free)
        waiting = [owner for owner in waiting if owner not in done]


def _without_staying(on: Mapping[StageId, Collection[StageId]]) -> set[StageId]:
    """Those all of whose standing ones go, too. `on` says which stand on each, whether directly or through others."""
    going = set(on)
    while staying := {owner for owner in going if not going.issuperset(on[owner])}:
        going -= staying
    return going
