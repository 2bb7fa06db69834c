"""`winslowctl sweep`: one stage over the product of several variables' values."""

from __future__ import annotations

from typing import Annotated

import typer

from winslow.errors import InvalidArgument
from winslow.v1.run_pb2 import Override, RunMode
from winslow.v1.run_service_pb2 import PreviewSweepResponse
from winslow.v1.sweep_pb2 import Sweep
from winslowctl import completion, references
from winslowctl import overrides as over
from winslowctl.arguments import COMMENT, PROJECT, TIMEOUT, WAIT, YES, confirm, is_asked
from winslowctl.command import Noun
from winslowctl.references import last
from winslowctl.render import human
from winslowctl.render.show import Column, show, show_list
from winslowctl.render.style import plain
from winslowctl.render.table import fields
from winslowctl.run import ZEROTH
from winslowctl.session import client
from winslowctl.waiting import asked as asked_to_wait
from winslowctl.waiting import settle_sweep, sweep_line

app = Noun("Try many values of parameters: one stage for each point of their product, side by side where nodes allow.")

AXIS = Annotated[
    list[str],
    typer.Option(
        "--axis",
        "-x",
        metavar="NAME=VALUES",
        help="Values: 'a,b', '10..50/10', '0.1..0.5/0.1'. Repeat for each variable.",
    ),
]
AT = Annotated[
    str, typer.Option("--at", metavar="STAGE", help="The stage to try them in.", autocompletion=completion.definitions)
]
SWEEP = Annotated[str, typer.Argument(metavar="SWEEP", help="Its id, or the beginning of it.")]
VALUES_SHOWN = 12


@app.verb("preview")
def preview(project: PROJECT, at: AT, axis: AXIS) -> None:
    """Show how many points a sweep would have; nothing is run."""
    found = references.project(client(), project)
    seen = client().sweeps.preview(found.name, at, _axes(axis))
    show(seen, lambda: _preview_lines(seen))


@app.verb("start")
def start(
    project: PROJECT,
    at: AT,
    axis: AXIS,
    source: Annotated[
        str | None, typer.Option("--from", metavar="STAGE", help="The attempt to begin from, or 'zeroth'.")
    ] = None,
    env: over.ENV = None,
    arg: over.ARG = None,
    image: over.IMAGE = None,
    cpus: over.CPUS = None,
    memory: over.MEMORY = None,
    shared_memory: over.SHARED_MEMORY = None,
    gpus: over.GPUS = None,
    gpu_memory: over.GPU_MEMORY = None,
    run_on: Annotated[
        bool, typer.Option("--run-on", help="Go on with the stages that follow, for each point.")
    ] = False,
    stop_on_failure: Annotated[
        bool, typer.Option("--stop-on-failure", help="Start no more points when one fails.")
    ] = False,
    comment: COMMENT = "",
    yes: YES = False,
    wait: WAIT = False,
    timeout: TIMEOUT = None,
) -> None:
    """Start a sweep. On a terminal it shows how many points there are and asks first.

    Example:  winslowctl sweep start bikes --at detect --axis SENSITIVITY=40..60/10 --axis MIN_AREA=200,420
    """
    waiting = asked_to_wait(wait, timeout)
    found = references.project(client(), project)
    axes = _axes(axis)
    seen = client().sweeps.preview(found.name, at, axes)
    if is_asked() and not yes:
        confirm(f"Start {human.count(seen.count, 'run')} of {at}?", yes)
    asked = over.Asked(env, arg, image, cpus, memory, shared_memory, gpus, gpu_memory)
    parent = (
        None if source is None else "" if source == ZEROTH else references.stage_in(client(), found.name, source).name
    )
    sweep = client().sweeps.start(
        found.name,
        at,
        axes,
        mode=RunMode.RUN_MODE_RUN_ON if run_on else RunMode.RUN_MODE_ONE_STAGE,
        stop_on_failure=stop_on_failure,
        parent=parent,
        override=over.overrides(asked, found.pipeline.stages, [at]).get(at, Override()),
        comment=comment,
        expected_count=seen.count,
    )
    if waiting.wanted:
        settle_sweep(sweep, waiting.limit)
    show(sweep, lambda: [f"Started sweep {last(sweep.name)}: {human.count(seen.count, 'point')}"])


@app.verb("list")
def list_sweeps(project: PROJECT) -> None:
    """List a project's sweeps, newest first."""
    found = references.project(client(), project)
    show_list(client().sweeps.list(found.name), _COLUMNS, "It has no sweeps.")


@app.verb("show")
def show_sweep(project: PROJECT, sweep: SWEEP) -> None:
    """Show one sweep: its axes, and how far it is."""
    found = references.project(client(), project)
    one = references.sweep(client(), found.name, sweep)
    show(one, lambda: _details(one))


@app.verb("stop")
def stop(
    project: PROJECT,
    sweep: SWEEP,
    abort: Annotated[bool, typer.Option("--abort", help="Abort the stages that are under way, too.")] = False,
) -> None:
    """Start no more points of a sweep."""
    found = references.project(client(), project)
    stopped = client().sweeps.stop(references.sweep(client(), found.name, sweep).name, abort_stages=abort)
    show(stopped, lambda: [f"Stopped {sweep_line(stopped)}"])


def _axes(texts: list[str]) -> dict[str, str]:
    axes: dict[str, str] = {}
    for text in texts:
        name, equals, values = text.partition("=")
        if not equals or not name.strip():
            raise _no_axis(f"{text!r} is no axis", text)
        if name.strip() in axes:
            raise _no_axis(f"The axis {name.strip()} is there twice", text)
        axes[name.strip()] = values
    return axes


def _no_axis(message: str, text: str) -> InvalidArgument:
    hint = "Write NAME=value,value or NAME=first..last/step, each NAME once"
    return InvalidArgument(message, reason="SWEEP_INVALID", subject=text, hint=hint)


def _values(values: list[str]) -> str:
    shown = ", ".join(values[:VALUES_SHOWN])
    return plain(f"{shown}, … ({len(values)} values)" if len(values) > VALUES_SHOWN else shown)


def _preview_lines(seen: PreviewSweepResponse) -> list[str]:
    return [
        human.count(seen.count, "point"),
        *(f"  {plain(one.variable)}: {_values(list(one.values))}" for one in seen.axes),
    ]


def _details(sweep: Sweep) -> list[str]:
    facts = fields(
        [
            ("Sweep", last(sweep.name)),
            ("Stage", sweep.start),
            ("Points", f"{sweep.made} of {sweep.count} made"),
            ("Running", str(sweep.running_count)),
            ("Succeeded", str(sweep.succeeded_count)),
            ("Failed", str(sweep.failed_count)),
            ("Stopped", sweep.stopped.text),
            ("Began", f"{human.when(sweep.create_time)} by {last(sweep.author)}"),
            ("Comment", sweep.comment),
        ]
    )
    return [*facts, *(f"  {plain(one.variable)}: {_values(list(one.values))}" for one in sweep.axes)]


_COLUMNS = (
    Column("SWEEP", lambda one: last(one.name)),
    Column("STAGE", lambda one: one.start),
    Column("VARIABLES", lambda one: ", ".join(axis.variable for axis in one.axes)),
    Column("POINTS", lambda one: str(one.count)),
    Column("RUNNING", lambda one: str(one.running_count)),
    Column("SUCCEEDED", lambda one: str(one.succeeded_count)),
    Column("FAILED", lambda one: str(one.failed_count)),
    Column("BEGAN", lambda one: human.when(one.create_time)),
    Column("COMMENT", lambda one: one.comment),
)
