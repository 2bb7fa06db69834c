"""What a person can do next with a project: sentences with the command that does it. Pure: it only reads what it is given."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from winslow.v1.project_pb2 import Project, ProjectState
from winslow.v1.run_pb2 import Gate, Run
from winslow.v1.stage_pb2 import Cause, Stage, StageState
from winslowctl.references import last

FAILED = frozenset({StageState.STAGE_STATE_FAILED, StageState.STAGE_STATE_LOST, StageState.STAGE_STATE_ABORTED})
WAITING = frozenset({StageState.STAGE_STATE_QUEUED, StageState.STAGE_STATE_ELECTING})
SHOWN_MAX = 3
CHANGES = {Cause.CAUSE_IMAGE_MISSING: "--image IMAGE", Cause.CAUSE_OUT_OF_MEMORY: "--memory SIZE"}
"""What is most likely to help, by why the stage failed."""


@dataclass(frozen=True, slots=True)
class Advice:
    text: str
    command: str


def advise(project: Project, stages: Sequence[Stage], runs: Iterable[Run]) -> list[Advice]:
    """The likeliest first."""
    known = {stage.name: stage for stage in stages}
    match project.state:
        case ProjectState.PROJECT_STATE_AWAITING_INPUT:
            return [advice for gate in project.gates[:SHOWN_MAX] for advice in _at_gate(project, gate)]
        case ProjectState.PROJECT_STATE_FAILED | ProjectState.PROJECT_STATE_PAUSED:
            return list(_on_hold(project, known, runs))
        case ProjectState.PROJECT_STATE_RUNNING:
            return list(_while_running(project, stages))
        case ProjectState.PROJECT_STATE_SUCCEEDED:
            return list(_when_done(project, stages))
        case ProjectState.PROJECT_STATE_IDLE:
            return [
                Advice("Put its files in", f"winslowctl cp FILE {last(project.name)}:input/"),
                _to_begin(project),
            ]
        case _:
            return []


def _to_begin(project: Project) -> Advice:
    if project.reason.code == "PIPELINE_MISSING":
        return Advice("Choose what is done", f"winslowctl project set-pipeline {last(project.name)} PIPELINE")
    return Advice("Start it", f"winslowctl run start {last(project.name)}")


def _at_gate(project: Project, gate: Gate) -> Iterator[Advice]:
    id_ = last(project.name)
    if gate.parent:
        yield Advice("Look at what it would begin with", f"winslowctl ls @{last(gate.parent)}:workspace/")
    which = "" if len(project.gates) == 1 else f" {gate.definition} --run {last(gate.run)}"
    values = "".join(f" --env {name}=VALUE" for name in gate.missing_variables)
    yield Advice(f"Let {gate.definition} start", f"winslowctl run confirm {id_}{which}{values}")
    if gate.parent:
        yield Advice("Do the stage before again", f"winslowctl run redo {last(gate.parent)} --env NAME=VALUE")
    yield Advice("Go on without it", f"winslowctl run skip {id_} {gate.definition}")


def _on_hold(project: Project, known: Mapping[str, Stage], runs: Iterable[Run]) -> Iterator[Advice]:
    id_ = last(project.name)
    held = next((run for run in runs if run.HasField("hold") and not run.HasField("end")), None)
    stage = known.get(held.hold.stage) if held else None
    if stage is not None and stage.state in FAILED:
        if stage.HasField("start_time"):
            yield Advice("See what it wrote", f"winslowctl logs {last(stage.name)} --tail 50")
        yield Advice("Try it again as it is", f"winslowctl run resume {id_}")
        change = CHANGES.get(stage.outcome.cause, "--env NAME=VALUE")
        yield Advice("Do it again with a change", f"winslowctl run redo {last(stage.name)} {change}")
        yield Advice("Go on without it", f"winslowctl run skip {id_} {stage.definition.name}")
    elif held:
        yield Advice("Go on", f"winslowctl run resume {id_}")
    else:
        yield Advice("Begin anew", f"winslowctl run start {id_}")


def _while_running(project: Project, stages: Sequence[Stage]) -> Iterator[Advice]:
    running = [stage for stage in stages if stage.state == StageState.STAGE_STATE_RUNNING]
    waiting = [stage for stage in stages if stage.state in WAITING]
    if running:
        yield Advice("Follow what it writes", f"winslowctl logs -f {last(running[-1].name)}")
        yield Advice("Pause after this stage", f"winslowctl run pause {last(project.name)}")
    elif waiting:
        yield Advice("See why it waits", f"winslowctl explain {last(waiting[0].name)}")


def _when_done(project: Project, stages: Sequence[Stage]) -> Iterator[Advice]:
    id_ = last(project.name)
    yield Advice("See its results", f"winslowctl ls {id_}:output/")
    yield Advice("Fetch them", f"winslowctl cp -r {id_}:output/ .")
    ended = [stage for stage in stages if stage.state == StageState.STAGE_STATE_SUCCEEDED]
    if ended:
        yield Advice("Do a stage again with a change", f"winslowctl run redo {last(ended[0].name)} --env NAME=VALUE")
