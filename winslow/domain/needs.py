"""Whose workspaces are still needed, and by whom: what lives, what an active run may yet begin, what a sweep makes its runs from.

One question from two sides: retention asks what must stay, and whoever begins a run is refused when what it would be made
from has been given up. It never needs to know what a policy says, or how a workspace is made.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from winslow.domain import sweep as expressions
from winslow.domain.pipeline import StageDefinition, WorkspaceMode
from winslow.domain.project import Project, Run, Sweep
from winslow.domain.stage import ProjectId, Stage, StageId
from winslow.domain.standing import Blocked, Dead, Live, Open, Outside, Ready, Settled, scope, situation_of, standings
from winslow.domain.view import View
from winslow.errors import FailedPrecondition


def needed(view: View, project: ProjectId) -> dict[StageId, str]:
    """The attempts of a project whose workspaces somebody needs, and who, as people say it.

    Where it cannot be told yet what a run needs, it needs all that it knows.
    """
    found: dict[StageId, str] = {}
    for sweep in _unfinished_sweeps(view, project):
        _note(found, _below(sweep), f"sweep {sweep.id} makes its runs from it")
    for run in view.active_runs_of(project):
        _note(found, _of_run(view, run), f"run {run.number}, which has not ended, goes on from it")
    for stage in view.stages_of(project):
        if stage.live:
            _note(found, (stage.id, *_made_of(stage)), f"{stage.id}, which is {stage.state.value}, needs it")
    return found


def grounds(project: Project, run: Run) -> frozenset[StageId]:
    """The attempts of other runs whose workspaces `run`, which has not begun, is made from or mounts."""
    executed = scope(project, run)
    found: set[StageId] = set()
    for definition in project.pipeline.stages:
        if definition.name in executed:
            before = [
                run.inherited[edge.stage]
                for edge in definition.after
                if edge.stage in run.inherited and edge.stage not in executed
            ]
            if definition.name in run.start and run.parent:
                before = [run.parent, *(one for one in before if one != run.parent)]
            found.update(_made_from(definition, before))
    return frozenset(found)


def require_grounds(project: Project, run: Run, stages: Mapping[StageId, Stage]) -> None:
    """Raises FailedPrecondition (SOURCE_DROPPED) when `run` would be made from a workspace that was given up."""
    for id_ in sorted(grounds(project, run)):
        stage = stages.get(id_)
        if stage is not None and dropped(project, stage):
            raise source_dropped(stage)


def dropped(project: Project, stage: Stage) -> bool:
    """Whether the stage's workspace was given up, or is being removed now."""
    return stage.workspace_dropped_at is not None or StageId(stage.workspace) in project.dropping


def source_dropped(stage: Stage) -> FailedPrecondition:
    return FailedPrecondition(
        f"The workspace of {stage.id} was given up to save space",
        reason="SOURCE_DROPPED",
        subject=f"projects/{stage.project}/stages/{stage.id}",
        hint="Its output and log are still there, but nothing can be made from it: begin from an earlier stage, "
        f"winslowctl run start {stage.project} --from STAGE; to keep workspaces: winslowctl retention show {stage.project}",
    )


def _note(found: dict[StageId, str], ids: Iterable[StageId], who: str) -> None:
    for id_ in ids:
        found.setdefault(id_, who)


def _made_from(definition: StageDefinition, before: list[StageId]) -> list[StageId]:
    """Of the attempts that come before, those whose workspaces are looked at: an empty one needs none but joined ones."""
    return [] if definition.workspace is WorkspaceMode.EMPTY and len(before) <= 1 else before


def _made_of(stage: Stage) -> Iterator[StageId]:
    if stage.parent:
        yield stage.parent
    yield from stage.joined.values()


def _below(one: Run | Sweep) -> Iterator[StageId]:
    if one.parent:
        yield one.parent
    yield from one.inherited.values()


def _of_run(view: View, run: Run) -> Iterator[StageId]:
    """What an active run may yet be made from: all that lies right before what it has not been through yet."""
    situation = situation_of(view, run)
    if situation is None:
        yield from _below(run)
        yield from (id_ for tries in run.attempts.values() for id_ in tries)
        return
    found = standings(situation)
    executed = scope(situation.project, run)
    for definition in situation.project.pipeline.stages:
        name = definition.name
        match found.get(name, Outside()):
            case Blocked(stage) | Live(stage):  # it may be tried again
                yield from _made_of(stage)
            case Ready() | Open() if name in executed:
                settled = [
                    one.stage.id for edge in definition.after if isinstance(one := found.get(edge.stage), Settled)
                ]
                begins = [run.parent] if name in run.start and run.parent else []
                yield from _made_from(definition, [*begins, *settled])
            case Ready() | Open() | Settled() | Dead() | Outside():
                continue


def _unfinished_sweeps(view: View, project: ProjectId) -> Iterator[Sweep]:
    sweeps = view.sweeps_of(project)
    yield from (one for one in sweeps if one.stopped is None and one.made < expressions.count(one.axes))
