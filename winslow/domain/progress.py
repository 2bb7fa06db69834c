"""What a run does next: the one place that decides it.

`plan` looks at the standings of all definitions at once (`winslow.domain.standing`) and says which stages to make, which
gates wait for a person, and whether the run halts or ends. It is level-triggered: asked again with the same
facts it says the same; what it makes has ids that follow from the run alone, so doing it twice makes one stage.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from winslow.domain import environment
from winslow.domain.pipeline import Confirmation, DefinitionName, StageDefinition, WorkspaceMode
from winslow.domain.principal import SYSTEM
from winslow.domain.project import Hold, Override, Project, Run, RunEnd
from winslow.domain.restart import retry_delay
from winslow.domain.stage import Reason, RunId, Stage, StageId, State, WorkspaceId
from winslow.domain.standing import Blocked, Live, Ready, Situation, Standing, standings

MADE_AT_ONCE = 40
"""Stages made in one step, which is one transaction; etcd takes 128 operations in one by default. The next step makes more."""


@dataclass(frozen=True, slots=True)
class Gate:
    """Where a run waits for a person, holding no node. `variables` are to be given; `since` in Unix seconds."""

    run: RunId
    definition: DefinitionName
    parent: StageId | None
    confirmation: bool
    variables: tuple[str, ...]
    since: float

    @property
    def reason(self) -> Reason:
        wants = [f"a value for {name}" for name in self.variables]
        if self.confirmation:
            wants.insert(0, "confirmation")
        return Reason("AWAITING_INPUT", f"{self.definition} waits for {' and '.join(wants)}")


@dataclass(frozen=True, slots=True)
class Plan:
    """The run as it is to be recorded, the stages to make with it, and the gates that are open."""

    run: Run
    stages: tuple[Stage, ...] = ()
    gates: tuple[Gate, ...] = ()


def stage_id(project: Project, run: Run, definition: DefinitionName, attempt: int) -> StageId:
    return StageId(f"{definition}-{run.number}-{attempt}-{project.suffix}")


def plan(situation: Situation, now: float, at_once: int = MADE_AT_ONCE) -> Plan:
    """Decide what the run does next, with `at_once` new stages at most."""
    run = situation.run
    if run.end is not None:
        return Plan(run)
    found = standings(situation)
    again, failed = _tried_again(situation, found, now)
    run = _halt_on(failed, run, now)
    begun, gates, waits_for_pause = _begun(replace(situation, run=run), found, now)
    made = (again + begun)[:at_once]
    run = _with_made(run, made)
    if made or gates or run.hold or any(isinstance(standing, Live) for standing in found.values()):
        return Plan(run, tuple(made), tuple(gates))
    return Plan(_conclude(run, failed, waits_for_pause, now))


def foresee(situation: Situation, running: Stage, now: float, steps: int = 2) -> tuple[Stage, ...]:
    """The stages that would be made in the next `steps` if `running` succeeded now, and those after it at once.

    A guess to get ready by, from the results reported so far: what is made in the end may differ, or be nothing.
    """
    supposed = {**situation.attempts, running.id: _succeeded(running, now)}
    run, line, found = situation.run, {running.id}, list[Stage]()
    for _ in range(steps):
        decided = plan(replace(situation, run=run, attempts=supposed), now)
        made = [stage for stage in decided.stages if stage.live]
        found += [stage for stage in made if stage.parent in line]
        line |= {stage.id for stage in found}
        supposed |= {stage.id: _succeeded(stage, now) for stage in decided.stages}
        run = decided.run
    return tuple(found)


def _succeeded(stage: Stage, now: float) -> Stage:
    return replace(stage, state=State.SUCCEEDED, ended_at=now) if stage.live else stage


def _tried_again(
    situation: Situation, found: Mapping[DefinitionName, Standing], now: float
) -> tuple[list[Stage], list[Stage]]:
    """The next attempts of what is blocked, and the failed ones for which there is none."""
    made: list[Stage] = []
    failed: list[Stage] = []
    for standing in found.values():
        if isinstance(standing, Blocked):
            held = situation.run.hold and standing.stage.definition.name not in situation.run.skipped
            again = None if held else _make_again(situation, standing.stage, now)
            made.append(again) if again else failed.append(standing.stage)
    return made, failed


def _begun(
    situation: Situation, found: Mapping[DefinitionName, Standing], now: float
) -> tuple[list[Stage], list[Gate], bool]:
    """First attempts of what is ready, the gates before others, and whether something waits for a pause to end."""
    run = situation.run
    made: list[Stage] = []
    gates: list[Gate] = []
    waits = False
    for name, standing in found.items():
        if not isinstance(standing, Ready):
            continue
        if name in run.skipped:  # it executes nothing, so that a pause need not keep it from being seen
            made.append(_make(situation, name, standing, now))
        elif run.hold or (run.only and name not in run.only):
            waits = True
        elif gate := gate_of(situation, name, standing):
            gates.append(gate)
        else:
            made.append(_make(situation, name, standing, now))
    return made, gates, waits


def _with_made(run: Run, made: list[Stage]) -> Run:
    if not made:
        return run
    attempts = dict(run.attempts)
    for stage in made:
        name = stage.definition.name
        attempts[name] = (*attempts.get(name, ()), stage.id)
    begun = {stage.definition.name for stage in made}
    resumed = {name: by for name, by in run.resumed.items() if name not in begun}
    return replace(run, attempts=attempts, again=run.again - begun, resumed=resumed)


def _conclude(run: Run, failed: list[Stage], waits_for_pause: bool, now: float) -> Run:
    """Nothing lives and nothing can be made: the run halts or ends."""
    if failed:
        return replace(run, end=RunEnd.FAILED, ended_at=now)
    if waits_for_pause and not run.sweep:
        reason = Reason("ONE_STAGE", "asked for this one stage; resume to go on")
        return replace(run, hold=Hold(reason, run.created_by, now))
    return replace(run, end=RunEnd.SUCCEEDED, ended_at=now)


def _halt_on(failed: list[Stage], run: Run, now: float) -> Run:
    """A failure pauses the run for a person; a sweep's run ends with it instead (`_conclude`)."""
    if not failed or run.hold or run.sweep:
        return run
    stage = failed[0]
    said = stage.outcome.message if stage.outcome else ""
    text = f"{stage.definition.name} {stage.state.value.lower()}: {said or 'no cause was recorded'}"
    reason = Reason(f"STAGE_{stage.state.value}", f"{text}; resume to try it again, redo it with changes, or skip it")
    return replace(run, hold=Hold(reason, SYSTEM.name, now, stage.id))


def gate_of(situation: Situation, name: DefinitionName, ready: Ready) -> Gate | None:
    """The gate before `name`, or None when nothing is asked of a person or everything was given.

    Whoever starts a run at a stage has confirmed that stage; its variables are still needed.
    """
    project, run = situation.project, situation.run
    definition = project.pipeline.stage(name)
    assert definition is not None
    asks = definition.user_input.confirmation
    confirmed = (
        asks is Confirmation.NEVER
        or name in run.start
        or name in run.answers
        or (asks is Confirmation.ONCE and name in project.confirmed)
    )
    variables = environment.resolve(situation.globals, project.pipeline, definition, submission(run, name))
    lacks = environment.missing(definition, variables)
    if confirmed and not lacks:
        return None
    return Gate(run.id, name, ready.parent, not confirmed, lacks, ready.since)


def submission(run: Run, name: DefinitionName) -> dict[str, str]:
    """What people gave for the definition in this run; the answer at a gate wins over the submission form."""
    override, answer = run.overrides.get(name), run.answers.get(name)
    return {**(override.environment if override else {}), **(answer.environment if answer else {})}


def overridden(definition: StageDefinition, override: Override | None) -> StageDefinition:
    """The definition with what a person changed just before submission, environment apart."""
    if override is None:
        return definition
    return replace(
        definition,
        arguments=definition.arguments if override.arguments is None else override.arguments,
        resources=override.resources or definition.resources,
        image=override.image or definition.image,
    )


def _make_again(situation: Situation, failed: Stage, now: float) -> Stage | None:
    """The attempt after a failed one: granted by its policy, asked for by a person, moved on by a drain, or skipped."""
    run, name = situation.run, failed.definition.name
    if situation.project.pipeline.stage(name) is None:
        return None
    ready = Ready(failed.parent, failed.joined, now)
    if name in run.skipped or name in run.again or failed.moved_on:
        return replace(_make(situation, name, ready, now), retry_of=failed.id)
    cause = failed.outcome.cause if failed.outcome else None
    if failed.state is State.LOST and failed.workspace != WorkspaceId(failed.id):
        return (
            None  # its node may still be writing into the directory that the next attempt would share: a person decides
        )
    tries = sum(not situation.attempts[id_].moved_on for id_ in run.attempts[name])
    delay = retry_delay(failed.definition.retry, tries, cause)
    if delay is None:
        return None
    reason = Reason("RETRY_BACKOFF", f"tried again {delay:g} s after {failed.id} failed")
    return replace(
        _make(situation, name, ready, now),
        retry_of=failed.id,
        not_before=now + delay,  # not from `ended_at`: the clock of its node may be a day apart
        reason=reason if delay else None,
    )


def _make(situation: Situation, name: DefinitionName, ready: Ready, now: float) -> Stage:
    project, run = situation.project, situation.run
    preset = project.pipeline.stage(name)
    assert preset is not None
    parent = situation.attempts.get(ready.parent) if ready.parent else None
    definition = _with_mode(overridden(preset, run.overrides.get(name)), parent)
    attempt = len(run.attempts.get(name, ())) + 1
    id_ = stage_id(project, run, name, attempt)
    told = environment.internal(project, run, definition, id_, attempt, ready.parent)
    stage = Stage(
        id=id_,
        project=project.id,
        run=run.id,
        definition=definition,
        attempt=attempt,
        created_at=now,
        created_by=_author(run, name, attempt),
        parent=ready.parent,
        joined=ready.joined,
        workspace=_workspace(definition, id_, parent),
        environment=environment.resolve(situation.globals, project.pipeline, definition, submission(run, name), told),
    )
    return _skipped(stage, parent, now) if name in run.skipped else stage


def _author(run: Run, name: DefinitionName, attempt: int) -> str:
    """Who began just this stage: a person, or Winslow because something else had ended."""
    if attempt == 1 and name in run.answers:
        return run.answers[name].by
    if name in run.resumed:
        return run.resumed[name]
    return run.created_by if attempt == 1 and name in run.start else SYSTEM.name


def _with_mode(definition: StageDefinition, parent: Stage | None) -> StageDefinition:
    """What continues a layered workspace is one more layer on it: a layer never changes, others may lie on it."""
    goes_on = definition.workspace is WorkspaceMode.CONTINUE and _owns(parent)
    if goes_on and parent and parent.definition.workspace is WorkspaceMode.LAYERED:
        return replace(definition, workspace=WorkspaceMode.LAYERED)
    return definition


def _workspace(definition: StageDefinition, id_: StageId, parent: Stage | None) -> WorkspaceId:
    """A stage that continues works in its parent's directory; never in the zeroth one, which is the user's.

    What a skipped parent passes on is another stage's, which others may be made from at the same time: that is copied.
    """
    if definition.workspace is WorkspaceMode.CONTINUE and parent and _owns(parent):
        return parent.workspace
    return WorkspaceId(id_)


def _owns(parent: Stage | None) -> bool:
    return parent is not None and bool(parent.workspace) and parent.state is not State.SKIPPED


def _skipped(stage: Stage, parent: Stage | None, now: float) -> Stage:
    """A skipped stage passes its parent's workspace on as it is."""
    return replace(
        stage,
        state=State.SKIPPED,
        workspace=parent.workspace if parent else WorkspaceId(""),
        reason=Reason("SKIPPED", "skipped by a person"),
        ended_at=now,
    )
