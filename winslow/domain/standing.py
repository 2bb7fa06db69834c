"""Where each definition of a pipeline stands in a run: settled by an attempt, live, blocked, ready, open, or dead.

An edge is taken when what comes before has succeeded or was skipped and its condition holds on that
attempt's results and environment. A definition starts when everything before it is settled or dead and at least one
edge is taken; it is dead when none is (dead-path elimination, as in BPEL). What follows from it, `winslow.domain.progress` decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from winslow.domain import graph
from winslow.domain.condition import evaluate, parse
from winslow.domain.pipeline import DefinitionName, Edge, StageDefinition
from winslow.domain.project import Project, Run
from winslow.domain.stage import Stage, StageId, State
from winslow.domain.view import View

PASSED = frozenset({State.SUCCEEDED, State.SKIPPED})
"""Ends after which the pipeline goes on."""


@dataclass(frozen=True, slots=True)
class Situation:
    """A run and all it depends on. `attempts` holds the run's own stages, those it inherited, and its parent."""

    project: Project
    run: Run
    attempts: Mapping[StageId, Stage]
    globals: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Settled:
    stage: Stage


@dataclass(frozen=True, slots=True)
class Live:
    stage: Stage


@dataclass(frozen=True, slots=True)
class Blocked:
    stage: Stage


@dataclass(frozen=True, slots=True)
class Ready:
    """Nothing stands before it any more; `joined` are the other stages that came before, by definition."""

    parent: StageId | None
    joined: Mapping[DefinitionName, StageId]
    since: float


@dataclass(frozen=True, slots=True)
class Open:
    """Something before it has not ended yet."""


@dataclass(frozen=True, slots=True)
class Dead:
    """No edge leads to it in this run."""


@dataclass(frozen=True, slots=True)
class Outside:
    """This run neither executes nor inherits it."""


Standing = Settled | Live | Blocked | Ready | Open | Dead | Outside


def situation_of(view: View, run: Run) -> Situation | None:
    """The run with all that its next step depends on; None while its project is going, or is not seen yet."""
    project = view.project(run.project)
    if project is None or project.deleting:
        return None
    attempts = {stage.id: stage for stage in view.stages_of_run(run)}
    for id_ in (*run.inherited.values(), *([run.parent] if run.parent else ())):
        stage = view.stage(id_)
        if stage:
            attempts[id_] = stage
    wanted = {id_ for tries in run.attempts.values() for id_ in tries}
    if not wanted <= attempts.keys():
        return None
    return Situation(project, run, attempts, view.globals().environment)


def scope(project: Project, run: Run) -> frozenset[DefinitionName]:
    """The definitions that this run executes: where it starts, and what follows from there."""
    known = {definition.name for definition in project.pipeline.stages}
    starts = [name for name in run.start if name in known]
    return graph.reached(project.pipeline, starts).union(starts)


def standings(situation: Situation) -> dict[DefinitionName, Standing]:
    """The standing of every definition of the project's pipeline, in topological order."""
    found: dict[DefinitionName, Standing] = {}
    executed = scope(situation.project, situation.run)
    for name in graph.topological(situation.project.pipeline):
        found[name] = _standing(situation, name, executed, found)
    return found


def _standing(
    situation: Situation,
    name: DefinitionName,
    executed: frozenset[DefinitionName],
    before: Mapping[DefinitionName, Standing],
) -> Standing:
    run = situation.run
    tries = run.attempts.get(name, ())
    if tries:
        return _attempted(situation.attempts[tries[-1]])
    if name not in executed:
        inherited = run.inherited.get(name)
        stage = situation.attempts.get(inherited) if inherited else None
        return Settled(stage) if stage else Outside()
    definition = situation.project.pipeline.stage(name)
    assert definition is not None
    if name in run.start:
        return _first(situation, definition)
    return _following(situation, definition, before)


def _attempted(stage: Stage) -> Standing:
    if stage.live:
        return Live(stage)
    return Settled(stage) if stage.state in PASSED else Blocked(stage)


def _first(situation: Situation, definition: StageDefinition) -> Ready:
    run = situation.run
    inherited = {edge.stage: run.inherited[edge.stage] for edge in definition.after if edge.stage in run.inherited}
    joined = {name: stage for name, stage in inherited.items() if stage != run.parent}
    return Ready(run.parent, joined, run.created_at)


def _following(
    situation: Situation, definition: StageDefinition, before: Mapping[DefinitionName, Standing]
) -> Standing:
    taken: list[Stage] = []
    for edge in definition.after:
        match before.get(edge.stage, Outside()):
            case Settled(stage):
                if _holds(edge, stage):
                    taken.append(stage)
            case Dead() | Outside():
                continue
            case _:
                return Open()
    if not taken:
        return Dead()
    parent, *others = taken
    since = max(stage.ended_at or 0.0 for stage in taken)
    return Ready(parent.id, {stage.definition.name: stage.id for stage in others}, max(since, situation.run.created_at))


def _holds(edge: Edge, stage: Stage) -> bool:
    if not edge.when:
        return True
    values = {variable.name: variable.value for variable in stage.environment}
    return evaluate(parse(edge.when), stage.results, values)
