"""`winslowctl pipeline`: named, versioned graphs of stage definitions."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Annotated, Any

import typer

from winslow.errors import InvalidArgument, WinslowError
from winslow.pipelinefile import PipelineInvalid, Problem, schema
from winslow.v1.pipeline_pb2 import Confirmation, Pipeline, PipelineSpec, StageDefinition
from winslowctl import references, specs
from winslowctl.arguments import PIPELINE, YES, confirm
from winslowctl.command import Noun
from winslowctl.errors import ExitCode
from winslowctl.overrides import needs
from winslowctl.references import last
from winslowctl.render import human
from winslowctl.render.show import Column, is_for_people, show, show_list
from winslowctl.render.style import plain
from winslowctl.render.table import fields, table
from winslowctl.session import client

app = Noun("Pipelines: named, versioned graphs of stages, written as YAML files.")

FILE = Annotated[str, typer.Argument(metavar="FILE", help="A pipeline file; '-' for standard input.")]


@app.verb("validate")
def validate(files: Annotated[list[str], typer.Argument(metavar="FILE", help="Pipeline files.")]) -> None:
    """Check pipeline files and say all that is wrong with them. Needs no daemon."""
    problems: list[dict[str, Any]] = []
    for file in files:
        problems += _problems(file)
    show(problems, lambda: _verdicts(files, problems))
    if problems:
        raise typer.Exit(ExitCode.USAGE)


def _problems(file: str) -> Iterator[dict[str, Any]]:
    try:
        specs.read(file)
    except PipelineInvalid as error:
        for one in error.problems:
            yield {"file": file, **asdict(one)}
    except WinslowError as error:  # the other files are still looked at
        yield {"file": file, **asdict(Problem(0, 0, "", error.message, error.reason, error.hint))}


def _verdicts(files: list[str], problems: list[dict[str, Any]]) -> Iterator[str]:
    for one in problems:
        hint = f" ({one['hint']})" if one["hint"] else ""
        where = f"{one['file']}:{one['line']}:{one['column']}" if one["line"] else one["file"]
        yield plain(f"{where}: {one['message']}{hint}")
    faulty = {one["file"] for one in problems}
    yield from (f"{file}: valid" for file in files if file not in faulty)


@app.verb("create")
def create(
    file: FILE,
    id_: Annotated[str, typer.Option("--id", help="Its id; made from its name otherwise.")] = "",
) -> None:
    """Store a pipeline from a file."""
    made = client().pipelines.create(specs.read(file), pipeline_id=id_)
    show(made, lambda: [f"Created pipeline {last(made.name)}, version {made.version}"])


@app.verb("update")
def update(pipeline: PIPELINE, file: FILE) -> None:
    """Make a new version of a pipeline from a file. Projects keep their copies."""
    if "@" in pipeline:
        raise InvalidArgument(
            "A version stays as it is; a new one is made of the pipeline",
            reason="VERSION_GIVEN",
            subject=pipeline,
            hint=f"Name the pipeline alone: {pipeline.partition('@')[0]}",
        )
    spec = specs.read(file)
    found = references.pipeline(client(), pipeline)
    made = client().pipelines.update(found.name, spec, expected_revision=found.revision)
    done = f"Updated pipeline {last(made.name)}, now version {made.version}"
    same = f"Nothing was changed: version {made.version} of {last(made.name)} is the same"
    show(made, lambda: [same if made.version == found.version else done])


@app.verb("list")
def list_pipelines() -> None:
    """List pipelines, the latest version of each."""
    show_list(
        client().pipelines.list(), _COLUMNS, "There is no pipeline yet. Make one: winslowctl pipeline create FILE"
    )


@app.verb("versions")
def versions(pipeline: PIPELINE) -> None:
    """List all versions of a pipeline, newest first."""
    found = references.pipeline(client(), pipeline)
    show_list(client().pipelines.versions(found.name), _VERSION_COLUMNS, "It has no versions.")


@app.verb("show")
def show_pipeline(
    pipeline: PIPELINE,
    as_file: Annotated[bool, typer.Option("--as-file", help="Print it as a pipeline file.")] = False,
) -> None:
    """Show a pipeline; with --as-file, what 'pipeline create' reads."""
    found = references.pipeline(client(), pipeline)
    if as_file:
        typer.echo(specs.render(found.spec), nl=False)
        return
    show(found, lambda: _details(found))


@app.verb("delete")
def delete(pipeline: PIPELINE, yes: YES = False) -> None:
    """Delete a pipeline with all its versions. Projects keep their copies."""
    found = references.pipeline(client(), pipeline)
    confirm(f"Delete pipeline {last(found.name)} with all its versions?", yes)
    client().pipelines.delete(found.name, expected_revision=found.revision)
    if is_for_people():
        typer.echo(f"Deleted pipeline {last(found.name)}")


@app.verb("schema")
def show_schema() -> None:
    """Print the JSON Schema of pipeline files, for editors. Needs no daemon."""
    found = schema()
    show(found, lambda: [json.dumps(found, indent=2)])


_COLUMNS = (
    Column("PIPELINE", lambda one: last(one.name)),
    Column("NAME", lambda one: one.spec.display_name),
    Column("VERSION", lambda one: str(one.version)),
    Column("STAGES", lambda one: ", ".join(stage.name for stage in one.spec.stages)),
    Column("USED BY", lambda one: human.count(one.used_by_count, "project")),
    Column("MADE", lambda one: human.when(one.create_time)),
    Column("BY", lambda one: last(one.author)),
)
_VERSION_COLUMNS = (
    Column("VERSION", lambda one: str(one.version)),
    Column("STAGES", lambda one: ", ".join(stage.name for stage in one.spec.stages)),
    Column("MADE", lambda one: human.when(one.create_time)),
    Column("BY", lambda one: last(one.author)),
)


def _details(pipeline: Pipeline) -> Iterator[str]:
    id_ = pipeline.name.split("/")[1]
    yield from fields(
        [
            ("Pipeline", id_),
            ("Name", pipeline.spec.display_name),
            ("Version", str(pipeline.version)),
            ("Description", pipeline.spec.description),
            ("Made", f"{human.when(pipeline.create_time)} by {last(pipeline.author)}"),
            ("Used by", human.count(pipeline.used_by_count, "project")),
        ]
    )
    yield ""
    yield from definition_lines(pipeline.spec)


def definition_lines(spec: PipelineSpec) -> Iterable[str]:
    """A pipeline's stages as a table, and the environment of all of them."""
    yield from table(["STAGE", "IMAGE", "AFTER", "NEEDS", "PERSON"], (_definition(stage) for stage in spec.stages))
    for name, value in sorted(spec.environment.items()):
        yield f"  {plain(name)} = {plain(value)}"


def _definition(stage: StageDefinition) -> list[str]:
    after = ", ".join(edge.stage + (f" when {edge.when}" if edge.when else "") for edge in stage.after)
    return [stage.name, stage.image, after, needs(stage.resources), _person(stage)]


def _person(stage: StageDefinition) -> str:
    said = {
        Confirmation.CONFIRMATION_ONCE: ["confirms once"],
        Confirmation.CONFIRMATION_ALWAYS: ["confirms"],
    }.get(stage.user_input.confirmation, [])
    gives = [f"gives {', '.join(stage.user_input.variables)}"] if stage.user_input.variables else []
    return ", ".join([*said, *gives])
