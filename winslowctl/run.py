"""`winslowctl run`: single walks of a project's pipeline."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer

from winslow.errors import FailedPrecondition, InvalidArgument
from winslow.v1.project_pb2 import Project
from winslow.v1.run_pb2 import Comment, Gate, Override, Run, RunMode, RunState
from winslow.v1.run_service_pb2 import PreviewRunResponse
from winslow.v1.stage_pb2 import Stage
from winslowctl import completion, references
from winslowctl import overrides as over
from winslowctl.arguments import COMMENT, PROJECT, RUN, STAGE, TIMEOUT, WAIT, is_asked
from winslowctl.command import Noun
from winslowctl.references import last
from winslowctl.render import human, words
from winslowctl.render.show import Column, show, show_list
from winslowctl.render.style import paint, plain
from winslowctl.render.table import fields
from winslowctl.render.tree import line as drawn
from winslowctl.session import client
from winslowctl.storage_warnings import warn_of_storage
from winslowctl.waiting import asked as asked_to_wait
from winslowctl.waiting import finish, outcome_lines

app = Noun("Start, pause, resume, confirm, skip and redo: single walks of a project's pipeline.")

ONE = Annotated[bool, typer.Option("--one", help="Only this stage, then pause.")]
PREVIEW = Annotated[bool, typer.Option("--preview", help="Only show what it would do.")]
ZEROTH = "zeroth"


@app.verb("start")
def start(
    project: PROJECT,
    at: Annotated[
        list[str] | None,
        typer.Option(
            "--at", metavar="STAGE", help="Where to start; may be repeated.", autocompletion=completion.definitions
        ),
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(
            "--from", metavar="STAGE", help="The attempt to begin from, or 'zeroth' for the zeroth workspace."
        ),
    ] = None,
    env: over.ENV = None,
    arg: over.ARG = None,
    image: over.IMAGE = None,
    cpus: over.CPUS = None,
    memory: over.MEMORY = None,
    shared_memory: over.SHARED_MEMORY = None,
    gpus: over.GPUS = None,
    gpu_memory: over.GPU_MEMORY = None,
    one: ONE = False,
    comment: COMMENT = "",
    preview: PREVIEW = False,
    wait: WAIT = False,
    timeout: TIMEOUT = None,
) -> None:
    """Start a project's pipeline, at its beginning or at any stage.

    Example:  winslowctl run start bikes --at track --from detect-1-1-x7k2 --env PATIENCE=1.5 --wait
    """
    waiting = asked_to_wait(wait, timeout)
    asked = over.Asked(env, arg, image, cpus, memory, shared_memory, gpus, gpu_memory)
    found = references.project(client(), project)
    parent = _parent(found, source)
    stages = found.pipeline.stages
    changed = over.overrides(asked, stages, at or over.first_of(stages))
    if preview:
        seen = client().runs.preview(found.name, start=at or (), parent=parent, mode=_mode(one))
        _show_preview(found.name, seen, changed)
        return
    warn_of_storage()
    run = client().runs.start(
        found.name,
        start=at or (),
        parent=parent,
        mode=_mode(one),
        overrides=changed,
        comment=comment,
    )
    finish(run, waiting, "Started")


@app.verb("redo")
def redo(
    stage: STAGE,
    env: over.ENV = None,
    unset: Annotated[
        list[str] | None,
        typer.Option("--unset", metavar="NAME", help="Back to the value that is defined; may be repeated."),
    ] = None,
    arg: over.ARG = None,
    image: over.IMAGE = None,
    cpus: over.CPUS = None,
    memory: over.MEMORY = None,
    shared_memory: over.SHARED_MEMORY = None,
    gpus: over.GPUS = None,
    gpu_memory: over.GPU_MEMORY = None,
    one: ONE = False,
    comment: COMMENT = "",
    preview: PREVIEW = False,
    wait: WAIT = False,
    timeout: TIMEOUT = None,
) -> None:
    """Do a stage again beside an earlier attempt, with what was given then and the changes given now.

    Example:  winslowctl run redo detect-1-1-x7k2 --env SENSITIVITY=75 --wait
    """
    waiting = asked_to_wait(wait, timeout)
    asked = over.Asked(env, arg, image, cpus, memory, shared_memory, gpus, gpu_memory)
    again: Stage = references.stage(client(), stage)
    project = "/".join(again.name.split("/")[:2])
    definitions = [again.definition]
    if any(name for name in asked.variables):
        definitions += [
            one for one in client().projects.get(project).pipeline.stages if one.name != again.definition.name
        ]
    changed = over.overrides(asked, definitions, [again.definition.name])
    if preview:
        _show_preview(project, client().runs.preview(project, redo=again.name, mode=_mode(one)), changed)
        return
    warn_of_storage()
    run = client().runs.redo(
        again.name,
        mode=_mode(one),
        overrides=changed,
        unset_environment=unset or (),
        comment=comment,
    )
    finish(run, waiting, "Started")


@app.verb("pause")
def pause(project: PROJECT, run: RUN = None, comment: COMMENT = "") -> None:
    """Go no further after what is running now; all active runs unless one is named."""
    paused = client().runs.pause(_run_name(project, run), comment=comment)
    show(paused, lambda: outcome_lines(paused))


@app.verb("resume")
def resume(
    project: PROJECT,
    run: RUN = None,
    env: over.ENV = None,
    one: ONE = False,
    run_on: Annotated[
        bool, typer.Option("--run-on", help="Go on to the end, where it was started with --one.")
    ] = False,
    wait: WAIT = False,
    timeout: TIMEOUT = None,
) -> None:
    """Go on after a pause; after a failure, by trying the failed stages again.

    Variables go to the stage that failed, or name it: --env STAGE:NAME=VALUE.
    """
    waiting = asked_to_wait(wait, timeout)
    name = _run_name(project, run)
    changed = _resume_overrides(name, over.Asked(env)) if env else {}
    mode = RunMode.RUN_MODE_RUN_ON if run_on else _mode(one) if one else RunMode.RUN_MODE_UNSPECIFIED
    finish(client().runs.resume(name, mode=mode, overrides=changed), waiting, "Resumed")


@app.verb("confirm")
def confirm(
    project: PROJECT,
    stage: Annotated[
        str | None,
        typer.Argument(help="The stage that waits, where several do.", autocompletion=completion.definitions),
    ] = None,
    run: RUN = None,
    env: over.ENV = None,
    arg: over.ARG = None,
    image: over.IMAGE = None,
    cpus: over.CPUS = None,
    memory: over.MEMORY = None,
    shared_memory: over.SHARED_MEMORY = None,
    gpus: over.GPUS = None,
    gpu_memory: over.GPU_MEMORY = None,
    one: ONE = False,
    wait: WAIT = False,
    timeout: TIMEOUT = None,
) -> None:
    """Let a stage start that waits for a person, and give the variables it asks for."""
    waiting = asked_to_wait(wait, timeout)
    found: Project = references.project(client(), project)
    gate = _gate(found, stage, run)
    asked = over.Asked(env, arg, image, cpus, memory, shared_memory, gpus, gpu_memory)
    changed = over.overrides(asked, found.pipeline.stages, [gate.definition]).get(gate.definition, Override())
    _ask_for(gate, changed)
    answered = client().runs.answer(
        gate.run,
        gate.definition,
        override=changed,
        mode=_mode(one) if one else RunMode.RUN_MODE_UNSPECIFIED,
    )
    finish(answered, waiting, f"Confirmed {gate.definition}:")


@app.verb("skip")
def skip(
    project: PROJECT,
    stage: Annotated[
        str, typer.Argument(help="The stage definition to go on without.", autocompletion=completion.definitions)
    ],
    run: RUN = None,
) -> None:
    """Go on as if a stage had succeeded without doing anything."""
    found = references.project(client(), project)
    name = references.run(client(), found.name, run).name
    skipped = client().runs.skip(name, stage)
    show(skipped, lambda: [f"Skipped {plain(stage)}: {last(found.name)} run {skipped.number}"])


@app.verb("abort")
def abort(project: PROJECT) -> None:
    """Abort every stage of a project that is under way; the project pauses. One stage: winslowctl stage abort."""
    found = references.project(client(), project)
    aborted = client().stages.abort(f"{found.name}/stages/-")
    show(aborted, lambda: [f"Aborting what is under way in {last(found.name)}"])


@app.verb("list")
def list_runs(project: PROJECT) -> None:
    """List a project's runs, newest first."""
    found = references.project(client(), project)
    show_list(client().runs.list(found.name), _COLUMNS, "It has not been run yet.")


@app.verb("show")
def show_run(
    project: PROJECT, run: Annotated[str | None, typer.Argument(help="Its number; the latest otherwise.")] = None
) -> None:
    """Show one run: where it started, what it did, what it waits for."""
    found = references.project(client(), project)
    one = references.run(client(), found.name, run)
    show(one, lambda: _details(one))


@app.verb("comment")
def comment(project: PROJECT, text: Annotated[str, typer.Argument(help="What to say.")], run: RUN = None) -> None:
    """Write a comment on a run."""
    found = references.project(client(), project)
    said = client().runs.comment(references.run(client(), found.name, run).name, text)
    show(said, lambda: [f"Commented on {last(found.name)} run {said.name.split('/')[3].lstrip('0')}"])


@app.verb("comments")
def comments(project: PROJECT, run: RUN = None) -> None:
    """Show what people said about a run, oldest first."""
    found = references.project(client(), project)
    said = list(client().runs.comments(references.run(client(), found.name, run).name))
    show(said, lambda: [line for one in said for line in _comment(one)] or [paint("Nobody said anything yet.", "dim")])


def _mode(one: bool) -> RunMode:
    return RunMode.RUN_MODE_ONE_STAGE if one else RunMode.RUN_MODE_RUN_ON


def _parent(project: Project, text: str | None) -> str | None:
    """None lets the server choose; "" is the zeroth workspace."""
    if text is None:
        return None
    if text == ZEROTH:
        return ""
    name: str = references.stage_in(client(), project.name, text).name
    return name


def _run_name(project: str, run: str | None) -> str:
    """All active runs unless one is named."""
    found = references.project(client(), project)
    if run is None:
        return f"{found.name}/runs/-"
    name: str = references.run(client(), found.name, run).name
    return name


def _resume_overrides(name: str, asked: over.Asked) -> dict[str, Override]:
    project = client().projects.get("/".join(name.split("/")[:2]))
    failed: list[str] = []
    if "" in asked.variables:
        run = client().runs.get(project.latest_run if name.endswith("/-") else name)
        if not run.hold.stage:
            raise InvalidArgument(
                "It is not said for which stage the variables are",
                reason="STAGE_NOT_NAMED",
                subject=name,
                hint="Write --env STAGE:NAME=VALUE",
            )
        failed = [client().stages.get(run.hold.stage).definition.name]
    return over.overrides(asked, project.pipeline.stages, failed)


def _gate(project: Project, stage: str | None, run: str | None) -> Gate:
    """The one gate that is meant. Raises FailedPrecondition (GATE_NOT_OPEN), InvalidArgument (REFERENCE_AMBIGUOUS)."""
    name = references.run(client(), project.name, run).name if run else None
    fitting = [gate for gate in project.gates if stage in {None, gate.definition} and name in {None, gate.run}]
    match fitting:
        case [gate]:
            return gate
        case []:
            raise FailedPrecondition(
                f"{last(project.name)} does not wait for a person{f' at {stage}' if stage else ''}",
                reason="GATE_NOT_OPEN",
                subject=project.name,
                hint=f"See what it does: winslowctl status {last(project.name)}",
            )
    waiting = ", ".join(f"{gate.definition} (run {last(gate.run).lstrip('0')})" for gate in fitting)
    raise InvalidArgument(
        f"Several stages wait for a person: {waiting}",
        reason="REFERENCE_AMBIGUOUS",
        subject=project.name,
        hint="Name the stage, and the run with --run",
    )


def _ask_for(gate: Gate, changed: Override) -> None:
    """Variables that the gate wants and nobody gave: asked for on a terminal, otherwise refused."""
    lacking = [name for name in gate.missing_variables if name not in changed.environment]
    if lacking and not is_asked():
        raise InvalidArgument(
            f"{gate.definition} needs a value for {', '.join(lacking)}",
            reason="VARIABLES_MISSING",
            subject=gate.run,
            hint=f"Give it:{''.join(f' --env {name}=VALUE' for name in lacking)}",
        )
    for name in lacking:
        changed.environment[name] = typer.prompt(name, err=True)


def _show_preview(project: str, seen: PreviewRunResponse, changed: Mapping[str, Override]) -> None:
    show(seen, lambda: _preview_lines(last(project), seen, changed))


def _preview_lines(project: str, seen: PreviewRunResponse, changed: Mapping[str, Override]) -> Iterator[str]:
    begins = last(seen.parent) if seen.parent else "the zeroth workspace"
    duration = seen.estimated_duration
    pairs = [
        ("Would execute", ", ".join(seen.definitions)),
        ("With", "; ".join(f"{name}: {over.told(override)}" for name, override in changed.items())),
        ("Begins from", f"{begins} ({human.size(seen.workspace_size)})"),
        ("Kept as they are", ", ".join(f"{name} ({last(stage)})" for name, stage in sorted(seen.inherited.items()))),
        ("No longer latest", ", ".join(last(stage) for stage in seen.stale_stages)),
        ("Takes about", human.duration(duration.seconds) if seen.HasField("estimated_duration") else ""),
    ]
    yield from fields(pairs)
    yield str(paint(f"Nothing was changed in {project}.", "dim"))


def _attempts(run: Run) -> int:
    return sum(len(attempts.stages) for attempts in run.attempts.values())


_COLUMNS = (
    Column("RUN", lambda run: str(run.number)),
    Column("STATE", lambda run: words.state(RunState, run.state)),
    Column("STARTED AT", lambda run: ", ".join(run.start)),
    Column("BEGAN", lambda run: human.when(run.create_time)),
    Column("TOOK", lambda run: human.since(run.create_time, run.end_time)),
    Column("ATTEMPTS", lambda run: str(_attempts(run))),
    Column("BY", lambda run: last(run.author)),
    Column("COMMENT", lambda run: run.comment),
)


def _details(run: Run) -> Iterator[str]:
    hold: Any = run.hold
    yield from fields(
        [
            ("Run", f"{run.name.split('/')[1]} {run.number}"),
            ("State", words.state(RunState, run.state)),
            ("Why", hold.reason.text or run.reason.text),
            ("Started at", ", ".join(run.start)),
            ("Begins from", last(run.parent) if run.parent else "the zeroth workspace"),
            ("Mode", "one stage, then pause" if run.mode == RunMode.RUN_MODE_ONE_STAGE else ""),
            ("Sweep", last(run.sweep)),
            ("Began", f"{human.when(run.create_time)} by {last(run.author)}"),
            ("Ended", human.when(run.end_time) if run.HasField("end_time") else ""),
            ("Skipped", ", ".join(run.skipped)),
            ("Comment", run.comment),
        ]
    )
    for gate in run.gates:
        yield f"{words.symbol('AWAITING_INPUT')} {plain(gate.reason.text)}"
    for name, stage in sorted(run.inherited.items()):
        yield f"  {paint(f'{name}: {last(stage)} was kept', 'dim')}"
    for attempt in client().stages.list("/".join(run.name.split("/")[:2])):  # oldest first
        if attempt.run == run.name:
            yield f"  {drawn(attempt)}"


def _comment(comment: Comment) -> Iterator[str]:
    yield str(paint(f"{last(comment.author)}, {human.when(comment.create_time)}", "bold"))
    for line in comment.text.splitlines():
        yield f"  {plain(line)}"
