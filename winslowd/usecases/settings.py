"""Settings of the whole cluster: the environment of every stage, the outermost of its layers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from winslow.domain.principal import Principal
from winslow.domain.records import GLOBALS_REF, Commit, Globals, Put, View
from winslow.ports import Store
from winslowd.usecases import given
from winslowd.usecases.requests import Request, expect, once

NAME = "globalEnvironment"


@dataclass(frozen=True, slots=True)
class GlobalsShown:
    """The environment with its revision, 0 when it was never set."""

    globals: Globals
    revision: int


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
