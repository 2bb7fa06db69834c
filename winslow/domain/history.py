"""Which ended runs leave the cluster's records for their project's history, so that etcd holds what is live and recent.

A unit is a run with all its stages and comments. It stays while anything that is decided on the records may look at
it: what runs or may begin without being recalled stands on it, or what the project shows is derived of it. Asked again
with the same facts it answers the same; it never needs to know where the history is kept.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from winslow.domain import sweep as expressions
from winslow.domain.exits import published
from winslow.domain.pipeline import DefinitionName
from winslow.domain.project import Run, RunEnd, Sweep
from winslow.domain.records import Kind, Ref, run_ref, stage_ref
from winslow.domain.stage import ProjectId, RunId, Stage, StageId
from winslow.domain.standing import PASSED
from winslow.domain.view import View


@dataclass(frozen=True, slots=True)
class Policy:
    """When a run is old enough: `after` seconds past its end, or beyond the `most` newest ended stages of its project.

    The `newest` ended runs of a project stay whatever their age, so that everyday redo needs no history.
    """

    after: float = 3600.0
    newest: int = 2
    most: int = 200


ORPHANS_AFTER = 60.0
"""Seconds that a stage or a comment may be without its run: a recall under way puts the run back last."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A run and what belongs to it, the run first: while the run is among the records, all of the unit is.

    Without a run it is what a move that was cut left behind.
    """

    project: ProjectId
    run: RunId
    refs: tuple[Ref, ...]


def archivable(view: View, project: ProjectId, now: float, policy: Policy, seen: Mapping[Ref, float]) -> Iterator[Unit]:
    """The units of a project that may go, oldest first; of one that is being deleted none.

    `seen` says since when (Unix seconds) each of `noticed` has been seen.
    """
    if _stays(view, project):
        yield from _of_project(view, project, now, policy, seen)


def noticed(view: View, project: ProjectId) -> Iterator[Ref]:
    """What only time tells about: runs that were recalled, and what is without its run."""
    if _stays(view, project):
        runs = view.runs_of(project)
        yield from (run_ref(run) for run in runs if was_recalled(view, run))
        yield from (ref for _, ref in _orphans(view, project, runs))


def _stays(view: View, project: ProjectId) -> bool:
    found = view.project(project)
    return found is not None and not found.deleting


def was_recalled(view: View, run: Run) -> bool:
    """Whether an ended run was put back whole: a run that ended here was changed by its end."""
    found = view.get(run_ref(run))
    return found is not None and not run.active and found.created == found.revision


def ended_runs(view: View, sweep: Sweep) -> Sweep:
    """The sweep with its ended runs counted: as it says itself once any of them may be history, before that one by one."""
    if sweep.succeeded or sweep.failed:
        return sweep
    ends = [run.end for run in view.runs_of(sweep.project) if run.sweep == sweep.id]
    return replace(sweep, succeeded=ends.count(RunEnd.SUCCEEDED), failed=ends.count(RunEnd.FAILED))


def _comments(view: View, project: ProjectId) -> Mapping[RunId, list[Ref]]:
    found: defaultdict[RunId, list[Ref]] = defaultdict(list)
    for key, one in view.comments_of(project).items():
        found[one.run].append(Ref(Kind.COMMENT, key))
    return found


def _of_project(
    view: View, project: ProjectId, now: float, policy: Policy, seen: Mapping[Ref, float]
) -> Iterator[Unit]:
    runs, comments = view.runs_of(project), _comments(view, project)
    for run in _going(view, runs, _held(view, project, runs, policy), now, policy, seen):
        owned = tuple(stage_ref(stage) for stage in view.stages_of_run(run))
        yield Unit(project, run.id, (run_ref(run), *owned, *comments.get(run.id, ())))
    orphaned: defaultdict[RunId, list[Ref]] = defaultdict(list)
    for run_id, ref in _orphans(view, project, runs):
        if seen.get(ref, now) + ORPHANS_AFTER <= now:
            orphaned[run_id].append(ref)
    yield from (Unit(project, run_id, tuple(refs)) for run_id, refs in orphaned.items())


def _going(
    view: View, runs: Sequence[Run], held: set[RunId], now: float, policy: Policy, seen: Mapping[Ref, float]
) -> list[Run]:
    """Ended runs that are old enough or too many, oldest first. One that was recalled goes by its age alone."""
    going: list[Run] = []
    kept = 0
    for run in reversed([run for run in runs if not run.active]):
        kept += sum(map(len, run.attempts.values()))
        if run.id in held:
            continue
        recalled = was_recalled(view, run)
        since = seen.get(run_ref(run), now) if recalled else run.ended_at or run.created_at
        old = since + policy.after <= now or (kept > policy.most and not recalled)
        if old and not any(stage.live for stage in view.stages_of_run(run)):
            going.append(run)
    return going[::-1]


def _orphans(view: View, project: ProjectId, runs: Sequence[Run]) -> Iterator[tuple[RunId, Ref]]:
    """Ended stages and comments whose run is not among the records."""
    there = {run.id for run in runs}
    for stage in view.stages_of(project):
        if stage.run not in there and stage.ended:
            yield stage.run, stage_ref(stage)
    for run_id, refs in _comments(view, project).items():
        if run_id not in there:
            yield from ((run_id, ref) for ref in refs)


def _held(view: View, project: ProjectId, runs: Sequence[Run], policy: Policy) -> set[RunId]:
    """Runs that stay whatever their age."""
    ended = [run for run in runs if not run.active]
    sweeps = _unfinished(view.sweeps_of(project), runs)
    unfinished = {sweep.id for sweep in sweeps}
    above: list[Run | Sweep] = [*(run for run in runs if run.active), *sweeps]
    held = {run.id for run in ended[-max(policy.newest, 1) :]}
    held |= {stage.run for id_ in _below(above) if (stage := view.stage(id_))}
    held |= {run.id for run in runs if run.sweep in unfinished}
    return held | _telling(ended) | _passed(view, project, runs)


def _below(above: Iterable[Run | Sweep]) -> Iterator[StageId]:
    """The attempts of other runs that these begin from or take over."""
    for one in above:
        yield from one.inherited.values()
        if one.parent:
            yield one.parent


def _unfinished(sweeps: Iterable[Sweep], runs: Sequence[Run]) -> list[Sweep]:
    """Sweeps that make more runs, or whose runs go on."""
    active = {run.sweep for run in runs if run.active}
    return [
        sweep
        for sweep in sweeps
        if sweep.id in active or (sweep.stopped is None and sweep.made < expressions.count(sweep.axes))
    ]


def _telling(ended: Sequence[Run]) -> set[RunId]:
    """Those that the project's state is derived of: the last that was not superseded, and failures of its sweep."""
    last = next((run for run in reversed(ended) if run.end is not RunEnd.SUPERSEDED), None)
    if last is None:
        return set()
    return {last.id, *(run.id for run in ended if last.sweep and run.sweep == last.sweep and run.end is RunEnd.FAILED)}


def _passed(view: View, project: ProjectId, runs: Sequence[Run]) -> set[RunId]:
    """For each definition, whose attempt is published, and whose a run begins from where nobody names another."""
    by_name: defaultdict[DefinitionName, list[Stage]] = defaultdict(list)
    for stage in view.stages_of(project):
        if stage.state in PASSED:
            by_name[stage.definition.name].append(stage)
    order = {run.id: run.number for run in runs}
    found: set[RunId] = set()
    for name, stages in by_name.items():
        shown = published(stages, name)
        found |= {stage.run for stage in stages if stage.id == shown}
        found.add(max(stages, key=lambda stage: order.get(stage.run, 0)).run)
    return found
