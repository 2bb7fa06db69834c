"""Which workspaces are kept: the policies of the cluster and of projects, what would go, and giving one up by hand.

A project's own policy holds in place of the cluster's. What goes is carried out by `winslowd.engines.retirer`; here it is
decided what people may ask, and shown what would happen.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from winslow.domain import retention
from winslow.domain.needs import dropped, needed
from winslow.domain.principal import Principal
from winslow.domain.project import Project
from winslow.domain.records import RETENTION_CLOCK_REF, Commit, Expect, Kind, Put, retention_ref, stage_ref
from winslow.domain.retention import Going, RetentionClock, RetentionPolicy
from winslow.domain.stage import ProjectId, Stage, StageId
from winslow.domain.view import View
from winslow.errors import FailedPrecondition, InvalidArgument
from winslow.ports import Clock, Retiring, Store
from winslowd.usecases import dropping, known
from winslowd.usecases.dropping import Dropping, Volume
from winslowd.usecases.listing import Ask, decode_token, encode_token, page_size
from winslowd.usecases.past import Past
from winslowd.usecases.requests import Request, expect, once

EVERY = 3600.0
"""Seconds between two looks of the retirer, at which the time of retention is noted."""
WEIGHED = 20_000
"""Sizes remembered: a workspace that was weighed does not change any more."""
AT_ONCE = 2
"""Workspaces weighed at the same time."""


@dataclass(frozen=True, slots=True)
class PolicyShown:
    """The policy in force for a project, or the cluster's (None). `inherited`: the project has none of its own."""

    project: ProjectId | None
    policy: RetentionPolicy
    revision: int
    inherited: bool


@dataclass(frozen=True, slots=True)
class Candidate:
    """A workspace that would go, why, and the bytes that it would free."""

    stage: Stage
    reason: str
    size: int


@dataclass(frozen=True, slots=True)
class Preview:
    """A page of what would go, by project and stage; `size` counts the bytes of all pages."""

    candidates: tuple[Candidate, ...]
    next_page_token: str
    size: int


class Weights:
    """What workspaces of ended attempts weigh, remembered."""

    def __init__(self, retiring: Retiring) -> None:
        self._retiring = retiring
        self._known: OrderedDict[StageId, int] = OrderedDict()
        self._at_once = asyncio.Semaphore(AT_ONCE)

    async def of(self, stage: Stage) -> int:
        """Bytes that giving up the workspace of an ended attempt frees."""
        owner = StageId(stage.workspace)
        if owner not in self._known:
            async with self._at_once:
                weight = await self._retiring.weigh(stage.project, owner)
            self._known[owner] = weight
            while len(self._known) > WEIGHED:
                self._known.popitem(last=False)
        self._known.move_to_end(owner)
        return self._known[owner]


@dataclass(frozen=True, slots=True)
class Retention:
    """The use cases of retention. All raise NotFound (PROJECT_UNKNOWN) where they name a project."""

    store: Store
    clock: Clock
    past: Past
    dropping: Dropping
    weights: Weights = field(repr=False)

    def get(self, asker: Principal, project: ProjectId | None) -> PolicyShown:
        view = self.store.view
        if project is not None:
            known.project(view, project)
        own = view.get(retention_ref(project or ""))
        return PolicyShown(
            project, view.retention(project or ""), own.revision if own else 0, project is not None and own is None
        )

    async def update(
        self,
        request: Request,
        project: ProjectId | None,
        policy: RetentionPolicy,
        fields: frozenset[str],
        expected: int = 0,
    ) -> None:
        """Set `fields` of the policy; the others stay as they are in force. Raises InvalidArgument (RETENTION_INVALID).

        What it lets go goes with the retirer's next look, which is at once.
        """
        _check(policy)
        ref = retention_ref(project or "")

        def decide(view: View) -> tuple[Commit, str]:
            if project is not None:
                known.lasting_project(view, project)
            expectation = expect(view, ref, expected)
            changed = replace(view.retention(project or ""), **{name: getattr(policy, name) for name in fields})
            found = view.get(ref)
            if found and found.value == changed:
                return Commit(), str(ref)
            return Commit(puts=(Put(ref, changed),), expects=(expectation,)), str(ref)

        await once(self.store, request, decide)

    async def reset(self, request: Request, project: ProjectId | None, expected: int = 0) -> None:
        """Forget the policy: a project has the cluster's again, the cluster keeps everything. Done twice it is done once."""
        ref = retention_ref(project or "")

        def decide(view: View) -> tuple[Commit, str]:
            if project is not None:
                known.project(view, project)
            expectation = expect(view, ref, expected)
            if view.get(ref) is None:
                return Commit(), str(ref)
            return Commit(deletes=(ref,), expects=(expectation,)), str(ref)

        await once(self.store, request, decide)

    async def preview(self, asker: Principal, project: ProjectId | None, policy: RetentionPolicy, ask: Ask) -> Preview:
        """What `policy` would let go now of a project, or as the cluster's of all that have none of their own.

        Those that have one are shown by their own. Changes nothing. The first time each workspace is weighed, which takes
        as long as looking at all that is in it where the file system does not add up itself.
        """
        _check(policy)
        asked = f"retention\0{project or ''}\0{policy}"
        last = decode_token(ask.page_token, asked) if ask.page_token else ("", "")
        size = page_size(ask.page_size)
        found = await self._candidates(project, policy)
        behind = [one for one in found if (str(one.stage.project), str(one.stage.id)) > last]
        shown = tuple(behind[:size])
        token = encode_token((shown[-1].stage.project, shown[-1].stage.id), asked) if len(behind) > size else ""
        return Preview(shown, token, sum(one.size for one in found))

    async def _candidates(self, project: ProjectId | None, policy: RetentionPolicy) -> list[Candidate]:
        view = self.store.view
        of = [known.project(view, project)] if project is not None else _projects(view)
        found: list[Candidate] = []
        for one in sorted(of, key=lambda of: of.id):
            own = view.get(retention_ref(one.id)) if project is None else None
            in_force = view.retention(one.id) if own else policy
            gone = await self._going(one.id, in_force)
            sizes = await asyncio.gather(*(self.weights.of(each.stage) for each in gone))
            pairs = zip(gone, sizes, strict=True)
            of_one = [Candidate(each.stage, each.reason, size) for each, size in pairs]
            found += sorted(of_one, key=lambda candidate: candidate.stage.id)
        return found

    async def _going(self, project: ProjectId, policy: RetentionPolicy) -> Sequence[Going]:
        if policy.keeps_all:
            return ()
        volume = await self.dropping.look(project)
        view = self.store.view
        found = view.project(project)
        return dropping.going(view, found, policy, volume, self.now()) if found else ()

    def now(self) -> float:
        """The time by which ages are judged until the retirer looks again, in Unix seconds."""
        found = self.store.view.get(RETENTION_CLOCK_REF)
        noted = found.value.at if found and isinstance(found.value, RetentionClock) else None
        return self.clock() if noted is None else min(self.clock(), noted + EVERY)

    # ---- by hand

    async def drop(self, request: Request, project: str, id_: StageId, expected: int = 0) -> str:
        """Give up a stage's workspace whatever the policy says; answers the stage's name. Dropping twice is dropping once.

        Raises NotFound (STAGE_UNKNOWN), FailedPrecondition: WORKSPACE_NEEDED, which says by whom; STAGE_PINNED, LAYER_IN_USE,
        WORKSPACE_NONE for one that has none of its own.
        """

        async def act() -> str:
            found = known.stage(self.store.view, project, id_)
            volume = await self.dropping.look(found.project)
            return await once(self.store, request, lambda view: self._drop(view, project, id_, volume, expected))

        return await self.past.recalling(act)

    def _drop(self, view: View, project: str, id_: StageId, volume: Volume, expected: int) -> tuple[Commit, str]:
        stage = known.stage(view, project, id_)
        of = known.lasting_project(view, stage.project)
        name = f"projects/{stage.project}/stages/{stage.id}"
        expectation = expect(view, stage_ref(stage), expected)
        if dropped(of, stage):
            return Commit(), name
        going = _by_hand(view, of, stage, volume)
        commit, taken = dropping.giving_up(view, of, (going,), self.clock())
        assert taken
        return replace(commit, expects=tuple(_merged((*commit.expects, expectation)))), name


def _by_hand(view: View, project: Project, stage: Stage, volume: Volume) -> Going:
    there = dropping.there(view, project, volume)
    shared = retention.sharing(there, stage)
    if not shared or len(shared) > retention.SHARED_MOST:
        raise _none(stage, shared)
    for one in shared:
        if one.pinned:
            raise _pinned(one)
        if why := retention.held(there, one):
            raise _needed(stage, needed(view, project.id).get(one.id, why))
    if standing := retention.above(there, stage):
        raise _stood_on(stage, standing)
    return Going(shared[0], "by hand", shared)


def _merged(expects: Sequence[Expect]) -> list[Expect]:
    """Each once: a transaction names no key twice."""
    return list({one.ref: one for one in expects}.values())


def _projects(view: View) -> list[Project]:
    found = (one.value for one in view.all(Kind.PROJECT).values())
    return [one for one in found if isinstance(one, Project) and not one.deleting]


def _check(policy: RetentionPolicy) -> None:
    if policy.keep_succeeded is not None and policy.keep_succeeded < 0:
        raise _invalid("keep_succeeded", f"No {policy.keep_succeeded} workspaces can be kept")
    if policy.max_age is not None and not 0 <= policy.max_age < 1e10:
        raise _invalid("max_age", f"No workspace becomes {policy.max_age:g} seconds old")


def _invalid(subject: str, message: str) -> InvalidArgument:
    return InvalidArgument(
        message, reason="RETENTION_INVALID", subject=subject, hint="Use 0 or more, or leave it unset"
    )


def _pinned(stage: Stage) -> FailedPrecondition:
    return FailedPrecondition(
        f"{stage.id} is pinned",
        reason="STAGE_PINNED",
        subject=f"projects/{stage.project}/stages/{stage.id}",
        hint=f"Unpin it first: winslowctl stage unpin {stage.id}",
    )


def _needed(stage: Stage, who: str) -> FailedPrecondition:
    return FailedPrecondition(
        f"The workspace of {stage.id} is needed: {who}",
        reason="WORKSPACE_NEEDED",
        subject=f"projects/{stage.project}/stages/{stage.id}",
        hint="Wait until that has ended, or end it first",
    )


def _stood_on(stage: Stage, above: Sequence[StageId]) -> FailedPrecondition:
    return FailedPrecondition(
        f"{len(above)} workspaces are seen through that of {stage.id}: {', '.join(above[:5])}",
        reason="LAYER_IN_USE",
        subject=f"projects/{stage.project}/stages/{stage.id}",
        hint=f"Drop those first, or materialize them: winslowctl workspace materialize {above[0]}",
    )


def _none(stage: Stage, shared: Sequence[Stage]) -> FailedPrecondition:
    why = f"is shared by {len(shared)} attempts" if shared else "is not its own, or it never had one"
    return FailedPrecondition(
        f"The workspace of {stage.id} {why}",
        reason="WORKSPACE_NONE",
        subject=f"projects/{stage.project}/stages/{stage.id}",
        hint=f"See what there is: winslowctl stage show {stage.id}",
    )
