"""Beginning a run: from the start, again, or from any earlier attempt. To redo or to jump is to branch.

A new run shares the project's tree: it inherits every attempt of its base run that it does not execute
again. What was active and waits is superseded; what is executing must end first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from winslow.domain import graph
from winslow.domain.needs import require_grounds
from winslow.domain.pipeline import DefinitionName
from winslow.domain.project import Override, Project, Run, RunEnd, RunMode
from winslow.domain.stage import Layer, ProjectId, RunId, Stage, StageId, State
from winslow.domain.standing import PASSED
from winslow.errors import FailedPrecondition, InvalidArgument, NotFound


@dataclass(frozen=True, slots=True)
class Beginning:
    """What a person asks for. `start` empty: the pipeline's first stages. `parent` None: from `base`, or the zeroth workspace.

    `unset`, of a redo: variables that were submitted for the attempt and are not now, so that what is defined holds again.
    """

    start: tuple[DefinitionName, ...] = ()
    parent: StageId | None = None
    overrides: Mapping[DefinitionName, Override] | None = None
    unset: frozenset[str] = frozenset()
    mode: RunMode = RunMode.RUN_ON
    comment: str = ""


def run_id(number: int) -> RunId:
    return RunId(f"{number:06d}")


def begin(
    project: Project, runs: Sequence[Run], stages: Mapping[StageId, Stage], ask: Beginning, by: str, now: float
) -> Run:
    """The new run. Raises NotFound (STAGE_UNKNOWN), InvalidArgument (DEFINITION_UNKNOWN), FailedPrecondition.

    The last is PIPELINE_MISSING, WORKSPACE_NOT_SEALED, or SOURCE_DROPPED where it would be made from a workspace that was
    given up.
    """
    require_pipeline(project)
    start = ask.start or graph.roots(project.pipeline)
    _known(project, start)
    _known(project, tuple(ask.overrides or ()))
    parent = _parent(project, stages, ask.parent) if ask.parent else _natural_parent(project, runs, stages, start)
    base = next((run for run in runs if parent and run.id == parent.run), None)
    run = Run(
        id=run_id(project.next_run),
        project=project.id,
        number=project.next_run,
        start=start,
        created_at=now,
        created_by=by,
        mode=ask.mode,
        only=frozenset(start) if ask.mode is RunMode.ONE_STAGE else frozenset(),
        parent=parent.id if parent else None,
        inherited=inherited(project, base, stages, start, parent),
        overrides=dict(ask.overrides or {}),
        comment=ask.comment,
    )
    require_grounds(project, run, stages)
    return run


def redo(
    project: Project,
    runs: Sequence[Run],
    stages: Mapping[StageId, Stage],
    again: StageId,
    ask: Beginning,
    by: str,
    now: float,
) -> Run:
    """The same stage again, beside the attempt `again`: same parent, same submission, plus what `ask` changes.

    Attempts of its run that do not depend on it are inherited. Raises what `begin` raises.
    """
    stage = _parent(project, stages, again)
    name = stage.definition.name
    _known(project, (name,))
    base = next((run for run in runs if run.id == stage.run), None)
    parent = stages.get(stage.parent) if stage.parent else None
    changed = (ask.overrides or {}).get(name, Override())
    run = Run(
        id=run_id(project.next_run),
        project=project.id,
        number=project.next_run,
        start=(name,),
        created_at=now,
        created_by=by,
        mode=ask.mode,
        only=frozenset({name}) if ask.mode is RunMode.ONE_STAGE else frozenset(),
        parent=stage.parent,
        inherited=inherited(project, base, stages, (name,), parent),
        overrides={name: merged(_submitted(stage, base, ask.unset), changed)},
        comment=ask.comment,
    )
    require_grounds(project, run, stages)
    return run


def _submitted(stage: Stage, base: Run | None, unset: frozenset[str]) -> Override:
    given = {
        one.name: one.value for one in stage.environment if one.layer is Layer.SUBMISSION and one.name not in unset
    }
    before = base.overrides.get(stage.definition.name, Override()) if base else Override()
    return replace(before, environment=given)


def merged(before: Override, after: Override) -> Override:
    """`after` wins where it says something."""
    return Override(
        environment={**before.environment, **after.environment},
        arguments=before.arguments if after.arguments is None else after.arguments,
        resources=after.resources or before.resources,
        image=after.image or before.image,
    )


def inherited(
    project: Project,
    base: Run | None,
    stages: Mapping[StageId, Stage],
    start: Iterable[DefinitionName],
    parent: Stage | None,
) -> dict[DefinitionName, StageId]:
    """The attempts that a run beginning at `start` takes over: what its base had settled and it does not execute."""
    start = tuple(start)
    executed = frozenset(start).union(*(graph.descendants(project.pipeline, name) for name in start))
    found = dict(base.inherited) if base else {}
    for name, tries in (base.attempts if base else {}).items():
        stage = stages.get(tries[-1])
        if stage and stage.state in PASSED:
            found[name] = stage.id
    if parent:
        found[parent.definition.name] = parent.id
    return {name: stage for name, stage in found.items() if name not in executed}


def superseded(runs: Iterable[Run], stages: Iterable[Stage], project: ProjectId, now: float) -> tuple[Run, ...]:
    """The active runs, ended, for a new one to take their place. Raises FailedPrecondition (PROJECT_RUNNING)."""
    live = [stage.id for stage in stages if stage.live]
    if live:
        raise FailedPrecondition(
            f"{project} is running {', '.join(sorted(live)[:3])}",
            reason="PROJECT_RUNNING",
            subject=f"projects/{project}",
            hint=f"Wait for it, or stop it with: winslowctl run abort {project}",
        )
    return tuple(replace(run, end=RunEnd.SUPERSEDED, ended_at=now) for run in runs if run.active)


def require_pipeline(project: Project) -> None:
    """Raise FailedPrecondition (PIPELINE_MISSING) where none was chosen yet."""
    if not project.chosen:
        raise FailedPrecondition(
            f"{project.id} has no pipeline yet, which says what is to be done",
            reason="PIPELINE_MISSING",
            subject=f"projects/{project.id}",
            hint=f"Choose one with: winslowctl project set-pipeline {project.id} PIPELINE",
        )


def _known(project: Project, names: Iterable[DefinitionName]) -> None:
    for name in names:
        if project.pipeline.stage(name) is None:
            have = ", ".join(stage.name for stage in project.pipeline.stages)
            raise InvalidArgument(
                f"{project.id} has no stage definition called {name!r}",
                reason="DEFINITION_UNKNOWN",
                subject=f"projects/{project.id}",
                hint=f"Its pipeline has: {have}",
            )


def _parent(project: Project, stages: Mapping[StageId, Stage], id_: StageId) -> Stage:
    stage = stages.get(id_)
    if stage is None:
        raise NotFound(
            f"{project.id} has no stage {id_!r}",
            reason="STAGE_UNKNOWN",
            subject=f"projects/{project.id}/stages/{id_}",
            hint=f"See its stages with: winslowctl status {project.id}",
        )
    if stage.live or stage.state is State.LOST:
        raise FailedPrecondition(
            f"{id_} is {stage.state.value}: its workspace may still change",
            reason="WORKSPACE_NOT_SEALED",
            subject=f"projects/{project.id}/stages/{id_}",
            hint="Wait until it has ended, or start from another stage",
        )
    return stage


def _natural_parent(
    project: Project, runs: Sequence[Run], stages: Mapping[StageId, Stage], start: tuple[DefinitionName, ...]
) -> Stage | None:
    """Where nobody named a parent: the latest attempt that passed of what comes right before, else the zeroth workspace."""
    before = graph.parent_order(project.pipeline, start[0])
    for name in before:
        for run in reversed(runs):
            tried = run.attempts.get(name, ())
            passed = [stages[id_] for id_ in tried if id_ in stages and stages[id_].state in PASSED]
            if passed:
                return passed[-1]
    return None
