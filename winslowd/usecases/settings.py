"""Settings of the whole cluster: the environment of every stage, the outermost of its layers, and who may have how much."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from winslow.domain.principal import Principal
from winslow.domain.records import GLOBALS_REF, LIMITS_REF, Commit, Globals, Limits, Put
from winslow.domain.stage import ProjectId
from winslow.domain.view import View
from winslow.ports import Store
from winslowd.usecases import given, known
from winslowd.usecases.requests import Request, expect, once

NAME = "globalEnvironment"
LIMITS_NAME = "limits"


@dataclass(frozen=True, slots=True)
class GlobalsShown:
    """The environment with its revision, 0 when it was never set."""

    globals: Globals
    revision: int


@dataclass(frozen=True, slots=True)
class LimitsShown:
    """The limits with their revision, 0 when they were never set."""

    limits: Limits
    revision: int


@dataclass(frozen=True, slots=True)
class LimitsChange:
    """What to change; None leaves it. `users` and `projects` are all that then have limits of their own."""

    per_user: int | None = None
    per_project: int | None = None
    users: Mapping[str, int] | None = None
    projects: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """The use cases of settings."""

    store: Store

    def get(self, asker: Principal) -> GlobalsShown:
        view = self.store.view
        return GlobalsShown(view.globals(), view.revision_of(GLOBALS_REF))

    async def update(
        self,
        request: Request,
        set_: Mapping[str, str],
        unset: Iterable[str] = (),
        *,
        replace_all: bool = False,
        expected: int = 0,
    ) -> str:
        """Set and remove variables, or replace them all. Stages that were made stay as they are.

        Raises InvalidArgument (VARIABLE_NAME_INVALID, VARIABLE_RESERVED, TEXT_INVALID).
        """
        wanted, gone = given.environment(set_), frozenset(unset)

        def decide(view: View) -> tuple[Commit, str]:
            expectation = expect(view, GLOBALS_REF, expected)
            before = {} if replace_all else view.globals().environment
            kept = {name: value for name, value in {**before, **wanted}.items() if name not in gone}
            if kept == view.globals().environment:
                return Commit(), NAME
            return Commit(puts=(Put(GLOBALS_REF, Globals(kept)),), expects=(expectation,)), NAME

        return await once(self.store, request, decide)

    def limits(self, asker: Principal) -> LimitsShown:
        view = self.store.view
        return LimitsShown(view.limits(), view.revision_of(LIMITS_REF))

    async def limit(self, request: Request, change: LimitsChange, expected: int = 0) -> str:
        """Say how many stages users and projects may have at a time. Stages that are placed stay.

        Raises InvalidArgument (LIMIT_INVALID), NotFound (PROJECT_UNKNOWN) for a project that has no limit yet.
        """
        for of, stages in _given(change):
            given.limit(of, stages)

        def decide(view: View) -> tuple[Commit, str]:
            expectation = expect(view, LIMITS_REF, expected)
            before = view.limits()
            for id_ in (change.projects or {}).keys() - before.projects.keys():
                known.project(view, ProjectId(id_))
            after = Limits(
                per_user=before.per_user if change.per_user is None else change.per_user,
                per_project=before.per_project if change.per_project is None else change.per_project,
                users=before.users if change.users is None else dict(change.users),
                projects=before.projects if change.projects is None else dict(change.projects),
            )
            if after == before:
                return Commit(), LIMITS_NAME
            return Commit(puts=(Put(LIMITS_REF, after),), expects=(expectation,)), LIMITS_NAME

        return await once(self.store, request, decide)


def _given(change: LimitsChange) -> Iterator[tuple[str, int]]:
    """Each number with what it limits."""
    yield "per_user", change.per_user or 0
    yield "per_project", change.per_project or 0
    yield from (change.users or {}).items()
    yield from (change.projects or {}).items()
