"""When something will next be worth a look, as far as anybody can say: a run's end, or the next gate before it.

Foretold from how far its stages are and from how long the last successes took; None rather than a guess where one of them is
not known. It needs to know neither who asks nor how it is shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from winslow.domain import graph
from winslow.domain.pipeline import DefinitionName
from winslow.domain.progress import gate_of
from winslow.domain.stage import Stage, State
from winslow.domain.standing import Live, Open, Ready, Settled, Situation, Standing, scope, standings

TRUSTED = 0.05
"""A stage that says how far it is, is believed from here on."""
_STEPS = ((60.0, 1.0), (600.0, 10.0), (7200.0, 60.0))
_COARSEST = 300.0


def ends_at(situation: Situation, earlier: Iterable[Stage], now: float) -> float | None:
    """Unix seconds at which the run will have ended, or will wait for a person; `earlier` are stages of the project, oldest first.

    None while nothing of it lives, and where it cannot be foretold.
    """
    found = standings(situation)
    if situation.run.hold or not any(isinstance(standing, Live) for standing in found.values()):
        return None
    typical = {stage.definition.name: took for stage in earlier if (took := _took(stage)) is not None}
    left = _left(situation, found, typical, now)
    return None if left is None else now + _rounded(left)


def _left(
    situation: Situation, found: Mapping[DefinitionName, Standing], typical: Mapping[DefinitionName, float], now: float
) -> float | None:
    """Seconds to the end of the longest way through what is left; ways end at gates."""
    executed = scope(situation.project, situation.run)
    ends: dict[DefinitionName, float] = {}
    closed: set[DefinitionName] = set()
    for name, standing in found.items():
        if name not in executed:
            continue
        before = graph.parent_order(situation.project.pipeline, name)
        if any(one in closed for one in before) or _asks(situation, name, standing):
            closed.add(name)
            continue
        own = _own(standing, typical.get(name), now)
        if own is None:
            return None
        ends[name] = own + max((ends.get(one, 0.0) for one in before), default=0.0)
    return max(ends.values(), default=0.0)


def _asks(situation: Situation, name: DefinitionName, standing: Standing) -> bool:
    """Whether a person will be asked before it starts."""
    match standing:
        case Ready():
            return gate_of(situation, name, standing) is not None
        case Open():
            return gate_of(situation, name, Ready(None, {}, 0.0)) is not None
        case _:
            return False


def _own(standing: Standing, typical: float | None, now: float) -> float | None:
    match standing:
        case Live(stage):
            return _of_live(stage, typical, now)
        case Ready() | Open():
            return typical
        case Settled():
            return 0.0
        case _:  # it will not be executed, or has failed: what follows a failure is decided when it happens
            return 0.0


def _of_live(stage: Stage, typical: float | None, now: float) -> float | None:
    if stage.started_at is None:
        return typical
    elapsed = max(now - stage.started_at, 0.0)
    if stage.progress is not None and stage.progress >= TRUSTED:
        return elapsed * (1.0 - stage.progress) / stage.progress
    return None if typical is None else max(typical - elapsed, 0.0)


def _took(stage: Stage) -> float | None:
    if stage.state is not State.SUCCEEDED or stage.ended_at is None:
        return None
    began = stage.placed_at or stage.started_at
    return None if began is None else max(stage.ended_at - began, 0.0)


def _rounded(left: float) -> float:
    """As fine as it is worth: what is foretold anew each second should not be told anew each second."""
    step = next((step for below, step in _STEPS if left < below), _COARSEST)
    return -(-left // step) * step
