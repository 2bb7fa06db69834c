"""`winslowctl project`: work items, usually one video each, and their own copies of pipelines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer

from winslow.domain.quantity import parse_size
from winslow.errors import InvalidArgument
from winslow.v1.pipeline_pb2 import Confirmation, UserInput
from winslow.v1.project_pb2 import Project, ProjectState
from winslow.v1.run_pb2 import Override
from winslowctl import completion, references, specs
from winslowctl import overrides as over
from winslowctl.arguments import PIPELINE, PROJECT, YES, confirm
from winslowctl.command import Noun
from winslowctl.pipeline import definition_lines
from winslowctl.references import last
from winslowctl.render import human, words
from winslowctl.render.show import Column, show, show_list
from winslowctl.render.style import plain
from winslowctl.render.table import fields
from winslowctl.session import client

app = Noun("Work items, usually one video each: name, tags, participants, a pipeline of their own.")

QUOTA = "What all its files may take, for instance 50GiB; 'none' for as much as there is."
PRIORITY = "Among stages that wait, those of a higher one come first; -100 to 100."
TAGS = Annotated[list[str], typer.Argument(metavar="TAG", help="A word, or several in quotes.")]
CONFIRMATIONS = {
    "never": Confirmation.CONFIRMATION_NEVER,
    "once": Confirmation.CONFIRMATION_ONCE,
    "always": Confirmation.CONFIRMATION_ALWAYS,
}


@app.verb("create")
def create(
    name: Annotated[str, typer.Argument(help="Its display name.")],
    pipeline: Annotated[
        str | None,
        typer.Option(
            "--pipeline",
            "-p",
            help="The pipeline to copy; NAME@3 for one version.",
            autocompletion=completion.pipelines,
        ),
    ] = None,
    file: Annotated[
        str | None, typer.Option("--file", "-f", help="A pipeline file instead; '-' for standard input.")
    ] = None,
    id_: Annotated[str, typer.Option("--id", help="Its id; made from its name otherwise.")] = "",
    description: Annotated[str, typer.Option("--description", help="What it is about.")] = "",
    tag: Annotated[list[str] | None, typer.Option("--tag", "-t", help="A tag; may be repeated.")] = None,
    participant: Annotated[
        list[str] | None, typer.Option("--participant", help="Somebody who works on it; may be repeated.")
    ] = None,
    priority: Annotated[int, typer.Option("--priority", help=PRIORITY)] = 0,
    quota: Annotated[str, typer.Option("--quota", metavar="SIZE", help=QUOTA)] = "none",
) -> None:
    """Make a project with its own copy of a pipeline; without one it takes files, and a pipeline is chosen later."""
    if pipeline is not None and file is not None:
        raise InvalidArgument(
            "A project has one pipeline", reason="PIPELINE_TWICE", hint="Give either --pipeline NAME or --file FILE"
        )
    made = client().projects.create(
        name,
        references.pipeline(client(), pipeline).name if pipeline else "",
        spec=specs.read(file) if file else None,
        project_id=id_,
        description=description,
        tags=tag or (),
        participants=participant or (),
        priority=priority,
        quota=_size(quota),
    )
    show(made, lambda: [f"Created project {last(made.name)}", *_to_choose(made)])


@app.verb("list")
def list_projects(
    filter_: Annotated[str, typer.Option("--filter", help="For instance 'state = \"FAILED\"', or a bare word.")] = "",
    order_by: Annotated[
        str, typer.Option("--order-by", help="display_name, create_time or activity_time, with ' desc' to turn around.")
    ] = "",
) -> None:
    """List projects, those with the latest activity first."""
    show_list(
        client().projects.list(filter_, order_by),
        _COLUMNS,
        "There is no such project."
        if filter_
        else "There is no project yet. Make one: winslowctl project create NAME --pipeline PIPELINE",
    )


@app.verb("show")
def show_project(project: PROJECT) -> None:
    """Show one project and its own copy of the pipeline. Its attempts: winslowctl status PROJECT."""
    found = references.project(client(), project)
    show(found, lambda: _details(found))


@app.verb("rename")
def rename(project: PROJECT, name: Annotated[str, typer.Argument(help="Its new display name.")]) -> None:
    """Change a project's display name; its id stays."""
    renamed = client().projects.update(references.project(client(), project).name, display_name=name)
    show(renamed, lambda: [f"{last(renamed.name)} is now called {plain(renamed.display_name)}"])


@app.verb("set")
def set_project(
    project: PROJECT,
    quota: Annotated[str | None, typer.Option("--quota", metavar="SIZE", help=QUOTA)] = None,
    description: Annotated[str | None, typer.Option("--description", help="What it is about.")] = None,
    priority: Annotated[int | None, typer.Option("--priority", help=PRIORITY)] = None,
) -> None:
    """Change what a project may take and what is said of it; what is not given stays."""
    if quota is None and description is None and priority is None:
        raise InvalidArgument(
            "It is not said what shall change",
            reason="NOTHING_TO_CHANGE",
            subject=project,
            hint="Give --quota SIZE, --description TEXT or --priority NUMBER",
        )
    changed = client().projects.update(
        references.project(client(), project).name,
        description=description,
        priority=priority,
        quota=None if quota is None else _size(quota),
    )
    show(changed, lambda: [f"Changed {last(changed.name)}", *_quota(changed)])


@app.verb("priority")
def prioritise(project: PROJECT, priority: Annotated[int, typer.Argument(help=PRIORITY)]) -> None:
    """Change a project's priority; a negative one is written behind two hyphens: -- -10."""
    changed = client().projects.update(references.project(client(), project).name, priority=priority)
    show(changed, lambda: [f"{last(changed.name)} has priority {changed.priority}"])


@app.verb("tag")
def tag(project: PROJECT, tags: TAGS) -> None:
    """Add tags to a project."""
    tagged = client().projects.tag(references.project(client(), project).name, add=tags)
    show(tagged, lambda: [_tags(tagged)])


@app.verb("untag")
def untag(project: PROJECT, tags: TAGS) -> None:
    """Remove tags from a project."""
    tagged = client().projects.tag(references.project(client(), project).name, remove=tags)
    show(tagged, lambda: [_tags(tagged)])


@app.verb("participants")
def participants(
    project: PROJECT,
    add: Annotated[list[str] | None, typer.Option("--add", help="May be repeated.")] = None,
    remove: Annotated[list[str] | None, typer.Option("--remove", help="May be repeated.")] = None,
) -> None:
    """Show who works on a project; add and remove people."""
    found = references.project(client(), project)
    if add or remove:
        kept = [one for one in found.participants if one not in (remove or ())]
        wanted = [*kept, *(one for one in add or () if one not in kept)]
        found = client().projects.update(found.name, participants=wanted, expected_revision=found.revision)
    show(list(found.participants), lambda: [plain(one) for one in found.participants] or ["Nobody but its author."])


@app.verb("set-pipeline")
def set_pipeline(project: PROJECT, pipeline: PIPELINE, yes: YES = False) -> None:
    """Put a fresh copy of a pipeline in place of the project's own. Stages that have started stay as they are."""
    found = references.project(client(), project)
    source = references.pipeline(client(), pipeline)
    if found.HasField("pipeline"):
        confirm(f"Replace {last(found.name)}'s own copy of its pipeline?", yes)
    changed = client().projects.assign_pipeline(found.name, source.name, expected_revision=found.revision)
    show(
        changed,
        lambda: [f"{last(changed.name)} has its own copy of {last(changed.source)}, version {changed.source_version}"],
    )


@app.verb("edit")
def edit(
    project: PROJECT,
    file: Annotated[
        str | None,
        typer.Option("--file", "-f", help="Take this pipeline file instead of editing; '-' for standard input."),
    ] = None,
) -> None:
    """Edit the project's own pipeline in $EDITOR. Stages that have started stay as they are."""
    found = references.project(client(), project)
    spec = specs.read(file) if file else specs.edit(found.pipeline, last(found.name))
    if spec is None:
        show(found, lambda: ["Nothing was changed."])
        return
    changed = client().projects.update(found.name, pipeline=spec, expected_revision=found.revision)
    show(changed, lambda: [f"Changed the pipeline of {last(changed.name)}"])


@app.verb("configure")
def configure(
    project: PROJECT,
    stage: Annotated[
        str, typer.Argument(help="The stage definition to change.", autocompletion=completion.definitions)
    ],
    env: Annotated[
        list[str] | None, typer.Option("--env", "-e", metavar="NAME=VALUE", help="Set a variable; may be repeated.")
    ] = None,
    unset: Annotated[
        list[str] | None, typer.Option("--unset", metavar="NAME", help="Remove a variable; may be repeated.")
    ] = None,
    arg: over.ARG = None,
    image: over.IMAGE = None,
    cpus: over.CPUS = None,
    memory: over.MEMORY = None,
    shared_memory: over.SHARED_MEMORY = None,
    gpus: over.GPUS = None,
    gpu_memory: over.GPU_MEMORY = None,
    confirmation: Annotated[
        str | None, typer.Option("--confirmation", help="Whether a person must confirm: never, once, always.")
    ] = None,
    require: Annotated[
        list[str] | None,
        typer.Option("--require", metavar="NAME", help="A variable that a person must give; may be repeated."),
    ] = None,
) -> None:
    """Change one stage of the project's own pipeline, for all runs to come; nothing is run."""
    found: Project = references.project(client(), project)
    asked = over.Asked(env, arg, image, cpus, memory, shared_memory, gpus, gpu_memory)
    override = over.overrides(asked, found.pipeline.stages, [stage]).get(stage, Override())
    user_input = _user_input(found, stage, confirmation, require)
    if not (override.ByteSize() or unset or user_input):
        raise InvalidArgument(
            f"It is not said what shall change of {stage}",
            reason="NOTHING_TO_CHANGE",
            subject=stage,
            hint="Give --env, --memory or another option; the whole pipeline: winslowctl project edit",
        )
    changed = client().projects.configure_stage(
        found.name,
        stage,
        override,
        unset_environment=unset or (),
        user_input=user_input,
        expected_revision=found.revision,
    )
    done = f"Changed {plain(stage)} of {last(changed.name)}, for runs to come"
    show(changed, lambda: [done if changed.pipeline != found.pipeline else "Nothing was changed: it is so already."])


@app.verb("delete")
def delete(
    project: PROJECT,
    force: Annotated[bool, typer.Option("--force", help="Abort what runs.")] = False,
    yes: YES = False,
) -> None:
    """Delete a project with everything that belongs to it: files, logs, history."""
    found = references.project(client(), project)
    confirm(f"Delete project {last(found.name)} with all its files, logs and history?", yes)
    gone = client().projects.delete(found.name, force=force, expected_revision=found.revision)
    show(gone, lambda: [f"Deleting project {last(gone.name)}"])


def _user_input(project: Project, stage: str, confirmation: str | None, require: list[str] | None) -> UserInput | None:
    """What the user must give instead of what is defined; None leaves it."""
    if confirmation is None and require is None:
        return None
    if confirmation is not None and confirmation not in CONFIRMATIONS:
        raise InvalidArgument(
            f"{confirmation!r} is no confirmation", reason="CONFIRMATION_INVALID", hint="Write never, once or always"
        )
    defined = next(one.user_input for one in project.pipeline.stages if one.name == stage)
    return UserInput(
        confirmation=CONFIRMATIONS[confirmation] if confirmation else defined.confirmation,
        variables=defined.variables if require is None else require,
    )


_COLUMNS = (
    Column("PROJECT", lambda one: last(one.name)),
    Column("NAME", lambda one: one.display_name),
    Column("STATE", lambda one: words.state(ProjectState, one.state)),
    Column("PROGRESS", lambda one: human.percent(one.progress) if one.HasField("progress") else ""),
    Column("PIPELINE", lambda one: last(one.source) or one.pipeline.display_name),
    Column("TAGS", lambda one: ", ".join(one.tags)),
    Column("ACTIVITY", lambda one: human.when(one.activity_time)),
    Column("AUTHOR", lambda one: last(one.author)),
)


def _size(text: str) -> int:
    """Bytes, 0 for 'none'. Raises InvalidArgument (SIZE_INVALID)."""
    return 0 if text == "none" else parse_size(text)


def _to_choose(project: Project) -> list[str]:
    """What to do in one that has no pipeline yet."""
    if project.HasField("pipeline"):
        return []
    return [f"It has no pipeline yet. Choose one: winslowctl project set-pipeline {last(project.name)} PIPELINE"]


def _quota(project: Project) -> list[str]:
    """What it may take; what it takes is told by `winslowctl du`."""
    return [f"Its files may take {human.size(project.quota)}"] if project.quota else []


def _tags(project: Project) -> str:
    return f"{last(project.name)}: {plain(', '.join(project.tags)) or 'no tags'}"


def _details(project: Project) -> Iterator[str]:
    source = f"{last(project.source)}, version {project.source_version}" if project.source else ""
    yield from fields(
        [
            ("Project", last(project.name)),
            ("Name", project.display_name),
            ("State", words.state(ProjectState, project.state)),
            ("Why", project.reason.text),
            ("Description", project.description),
            ("Tags", ", ".join(project.tags)),
            ("Author", last(project.author)),
            ("Participants", ", ".join(project.participants)),
            ("Priority", str(project.priority) if project.priority else ""),
            ("Quota", human.size(project.quota) if project.quota else ""),
            ("Made", human.when(project.create_time)),
            ("Activity", human.when(project.activity_time)),
            ("Pipeline", f"{project.pipeline.display_name}{f' (a copy of {source})' if source else ''}" or "none yet"),
            ("Being deleted", "yes" if project.deleting else ""),
        ]
    )
    yield ""
    yield from definition_lines(project.pipeline) if project.HasField("pipeline") else _to_choose(project)
