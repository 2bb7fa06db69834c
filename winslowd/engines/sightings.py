"""What is so of projects and nodes that somebody may want to be told: the open gates, how a project stands, who is there.

Read off the view between two awaits; it remembers nothing. What of it is news is decided in `winslow.domain.notices`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from winslow.domain import sweep as expressions
from winslow.domain.history import ended_runs
from winslow.domain.notices import Sight, Verdict, gate_key, notice_id
from winslow.domain.progress import Gate
from winslow.domain.project import Project, ProjectState, Run, RunEnd, Sweep
from winslow.domain.records import Kind, Ref
from winslow.domain.stage import NodeId, Stage
from winslow.domain.status import UNSUCCESSFUL, Status, project_status
from winslow.domain.subscription import Notice, Occasion
from winslow.domain.view import View
from winslowd.usecases.derived import gates_of


def sight_of(view: View, project: Project, now: float) -> Sight:
    """What is so of a project at `now`, Unix seconds."""
    runs, stages = view.runs_of(project.id), view.stages_of(project.id)
    active = [run for run in runs if run.active]
    open_ = [(run, gate) for run in active for gate in gates_of(view, run, now)]
    status = project_status(runs, stages, tuple(gate for _, gate in open_))
    return Sight(
        project=project.id,
        gates={gate_key(run.id, gate.definition, gate.parent or ""): _gate(project, gate) for run, gate in open_},
        active=frozenset(run.id for run in active),
        verdict=_verdict(view, project, runs, {stage.id: stage for stage in stages}, status),
    )


def _gate(project: Project, gate: Gate) -> Notice:
    key = gate_key(gate.run, gate.definition, gate.parent or "")
    return Notice(
        id=notice_id(project.id, f"gate/{key}"),
        occasion=Occasion.AWAITING_INPUT,
        at=gate.since,
        text=f"{project.name}: {gate.reason.text}",
        project=project.id,
        project_name=project.name,
        tags=project.tags,
        run=gate.run,
        definition=gate.definition,
        stage=gate.parent,
    )


def _verdict(
    view: View, project: Project, runs: Sequence[Run], stages: Mapping[str, Stage], status: Status
) -> Verdict | None:
    if status.state is ProjectState.FAILED and (held := _held(runs, stages)):
        run, stage = held
        text = f"{project.name}: {status.reason.text if status.reason else f'{stage.definition.name} failed'}"
        at = run.hold.at if run.hold else 0.0
        return _judged(project, run, f"held/{stage.id}", Occasion.FAILED, at, text, stage)
    if status.state not in (ProjectState.FAILED, ProjectState.SUCCEEDED):
        return None
    ended = [run for run in runs if run.end not in (None, RunEnd.SUPERSEDED)]
    if not ended or _more_to_come(sweep := _sweep(view, ended[-1])):
        return None
    run, failed = ended[-1], status.state is ProjectState.FAILED
    how = _counts(view, sweep) if sweep else ("it failed" if failed else "it is done")
    occasion = Occasion.FAILED if failed else Occasion.SUCCEEDED
    return _judged(project, run, f"ended/{status.state.value}", occasion, run.ended_at or 0.0, f"{project.name}: {how}")


def _judged(
    project: Project, run: Run, what: str, occasion: Occasion, at: float, text: str, stage: Stage | None = None
) -> Verdict:
    notice = Notice(
        id=notice_id(project.id, f"verdict/{run.number}/{what}"),
        occasion=occasion,
        at=at,
        text=text,
        project=project.id,
        project_name=project.name,
        tags=project.tags,
        run=run.id,
        definition=stage.definition.name if stage else None,
        stage=stage.id if stage else None,
    )
    return Verdict(run.number, what, notice)


def _held(runs: Sequence[Run], stages: Mapping[str, Stage]) -> tuple[Run, Stage] | None:
    """The latest run that a failure holds, with the attempt that failed."""
    for run in reversed(runs):
        stage = stages.get(run.hold.stage) if run.active and run.hold and run.hold.stage else None
        if stage and stage.state in UNSUCCESSFUL:
            return run, stage
    return None


def _sweep(view: View, run: Run) -> Sweep | None:
    found = view.get(Ref(Kind.SWEEP, f"{run.project}/{run.sweep}")) if run.sweep else None
    return found.value if found and isinstance(found.value, Sweep) else None


def _more_to_come(sweep: Sweep | None) -> bool:
    """Whether points of it have no run yet: between two batches it looks as if all were over."""
    return sweep is not None and sweep.stopped is None and sweep.made < expressions.count(sweep.axes)


def _counts(view: View, sweep: Sweep) -> str:
    counted = ended_runs(view, sweep)
    points = counted.succeeded + counted.failed
    if not counted.failed:
        return f"all {points} points of a sweep are done"
    return f"{counted.failed} of {points} points of a sweep failed"


def nodes_there(view: View) -> frozenset[NodeId]:
    return frozenset(node.id for node in view.nodes())


def nodes_leaving(view: View, nodes: frozenset[str]) -> frozenset[NodeId]:
    """Those that an operator has cordoned: when such a one goes away, somebody meant it to."""
    policies = {node: view.policy(node) for node in nodes}
    return frozenset(NodeId(node) for node, policy in policies.items() if policy and policy.cordoned)


def warnings_of(view: View) -> dict[str, tuple[str, ...]]:
    """What is wrong with the storage, or will be soon, as each node says it."""
    return {node.id: node.warnings for node in view.nodes() if node.warnings}


def is_still_so(view: View, notice: Notice, now: float) -> bool:
    """Whether it is as a notice says: a gate waits still, a node is away still."""
    match notice.occasion:
        case Occasion.AWAITING_INPUT | Occasion.FAILED:
            project = view.project(notice.project or "")
            sight = sight_of(view, project, now) if project else Sight("")
            seen = [*sight.gates.values(), *([sight.verdict.notice] if sight.verdict else [])]
            return any(one.id == notice.id for one in seen)
        case Occasion.NODE_LOST:
            return notice.node is not None and view.node(notice.node) is None
        case Occasion.STORAGE_WARNING:
            return bool(warnings_of(view))
        case Occasion.SUCCEEDED:
            return view.project(notice.project or "") is not None
