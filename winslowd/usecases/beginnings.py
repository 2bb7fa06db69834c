"""How a run begins: from what a person asks for to the run, without committing it. `runs` starts it, or shows it first.

Beginning ends what was active in the project before: its runs are superseded, its sweeps make no more of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from winslow.domain import branching, graph, sweep
from winslow.domain.branching import Beginning
from winslow.domain.exits import published
from winslow.domain.pipeline import DefinitionName
from winslow.domain.project import Override, Project, Run, RunMode, Sweep
from winslow.domain.records import Commit, Expect, Put, run_ref, sweep_ref
from winslow.domain.stage import ProjectId, Reason, Stage, StageId
from winslow.domain.standing import scope
from winslow.domain.view import View
from winslow.errors import InvalidArgument
from winslow.ports import Clock, Store
from winslowd.usecases import given, known
from winslowd.usecases.derived import sweeps_of
from winslowd.usecases.requests import BATCH, Request, answered, in_batches


@dataclass(frozen=True, slots=True)
class Start:
    """What a person asks for. `parent` None lets us choose, "" is the zeroth workspace; `redo` excludes `start` and `parent`.

    `unset` are variables that were submitted for the attempt that is redone, and are not now.
    """

    start: tuple[DefinitionName, ...] = ()
    parent: StageId | None = None
    redo: StageId | None = None
    overrides: Mapping[DefinitionName, Override] = field(default_factory=dict)
    unset: tuple[str, ...] = ()
    mode: RunMode = RunMode.RUN_ON
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a start would do. `duration` in seconds, None when a stage of it has never ended; `parent` None: zeroth workspace."""

    definitions: tuple[DefinitionName, ...]
    parent: StageId | None
    inherited: Mapping[DefinitionName, StageId]
    stale: tuple[StageId, ...]
    duration: float | None


def begun(view: View, project: Project, ask: Start, by: str, now: float) -> Run:
    """The run that `ask` means. Raises what `branching.begin` and `branching.redo` raise, and InvalidArgument."""
    overrides = given.overrides(project, ask.overrides)
    said = given.text("comment", ask.comment)
    beginning = Beginning(ask.start, ask.parent or None, overrides, frozenset(ask.unset), ask.mode, said)
    runs = view.runs_of(project.id)
    stages = {stage.id: stage for stage in view.stages_of(project.id)}
    if ask.redo is not None:
        if ask.start or ask.parent is not None:
            raise InvalidArgument(
                "A redo begins where the attempt began",
                reason="REDO_WITH_START",
                subject=f"projects/{project.id}/stages/{ask.redo}",
                hint="Leave out start and parent, or leave out redo",
            )
        run = branching.redo(project, runs, stages, ask.redo, beginning, by, now)
        return replace(run, overrides={**overrides, **run.overrides})
    if ask.parent == "":
        return branching.begin(project, (), {}, beginning, by, now)
    return branching.begin(project, runs, stages, beginning, by, now)


def superseding(view: View, project: Project, now: float) -> tuple[Sequence[Run | Sweep], Sequence[Run | Sweep]]:
    """What a new run ends: (to be ended before, to be ended with it), so that no transaction grows too large.

    Raises FailedPrecondition (PROJECT_RUNNING) while a stage of the project lives.
    """
    runs = branching.superseded(view.runs_of(project.id), view.stages_of(project.id), project.id, now)
    stopped = [
        replace(one, stopped=Reason("SUPERSEDED", "a later run took its place"))
        for one in sweeps_of(view, project.id)
        if one.stopped is None and one.made < sweep.count(one.axes)
    ]
    ended: list[Run | Sweep] = [*stopped, *runs]
    return ended[:-BATCH], ended[-BATCH:]


def puts(view: View, ended: Sequence[Run | Sweep]) -> tuple[list[Put], list[Expect]]:
    """The changes that record what was ended, and what they expect."""
    refs = [run_ref(one) if isinstance(one, Run) else sweep_ref(one) for one in ended]
    changes = [Put(ref, one) for ref, one in zip(refs, ended, strict=True)]
    return changes, [Expect(ref, view.revision_of(ref)) for ref in refs]


async def end_earlier(
    store: Store,
    request: Request,
    project: ProjectId,
    clock: Clock,
    decide: Callable[[View], tuple[Commit, str]],
) -> None:
    """End what a new run supersedes, as far as it does not fit into the new run's own transaction.

    `decide` is asked first, so that nothing is ended for a request that is refused.
    """
    view = store.view
    if answered(view, request) is not None:
        return
    decide(view)
    earlier, _ = superseding(view, known.project(view, project), clock())

    def end(view: View, batch: Sequence[object]) -> tuple[Commit, str]:
        before, _ = superseding(view, known.project(view, project), clock())
        changes, expects = puts(view, before[: len(batch)])
        return Commit(puts=tuple(changes), expects=tuple(expects)), ""

    if earlier:
        await in_batches(store, replace(request, id=""), earlier, end)


def standing_on(view: View, began: Run | Sweep, expects: Sequence[Expect] = ()) -> list[Expect]:
    """What a beginning expects of the runs that it goes on from, beside `expects`: that none of them becomes history meanwhile.

    Raises NotFound (STAGE_UNKNOWN, RUN_UNKNOWN) for what is not among the records.
    """
    known_of = {expect.ref for expect in expects}
    below = (*began.inherited.values(), *((began.parent,) if began.parent else ()))
    runs = {known.stage(view, began.project, stage).run for stage in below}
    refs = [run_ref(known.run(view, began.project, run)) for run in sorted(runs)]
    return [Expect(ref, view.revision_of(ref)) for ref in refs if ref not in known_of]


def preview(view: View, project: Project, run: Run) -> Preview:
    """What `run`, which is not recorded, would do."""
    executed = scope(project, run)
    definitions = tuple(name for name in graph.topological(project.pipeline) if name in executed)
    stages = view.stages_of(project.id)
    latest = [stage for name in definitions if (stage := published(stages, name))]
    return Preview(definitions, run.parent, run.inherited, tuple(latest), _duration(project, stages, definitions))


def parent_workspace(view: View, run: Run) -> str:
    """The stage whose directory the run's first stage is made from; "" for the zeroth one."""
    return known.stage(view, run.project, run.parent).workspace if run.parent else ""


def _duration(project: Project, stages: Sequence[Stage], definitions: Sequence[DefinitionName]) -> float | None:
    """The longest way through the graph, each stage as long as its latest success took."""
    took = {stage.definition.name: _took(stage) for stage in stages if stage.outcome and stage.outcome.cause is None}
    ends: dict[DefinitionName, float] = {}
    for name in definitions:
        length = took.get(name)
        if length is None:
            return None
        before = graph.parent_order(project.pipeline, name)
        ends[name] = length + max((ends.get(one, 0.0) for one in before), default=0.0)
    return max(ends.values(), default=0.0)


def _took(stage: Stage) -> float | None:
    began = stage.placed_at or stage.started_at
    return stage.ended_at - began if stage.ended_at is not None and began is not None else None
