"""`winslowctl status`: the first thing a person asks. Of everything, or of one project with its tree and what to do next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Any

import typer

from winslow.errors import WinslowError
from winslowctl import completion, references
from winslowctl.command import Noun
from winslowctl.references import last
from winslowctl.session import client

app = Noun()


@app.verb("status")
def status(
    project: Annotated[
        str | None, typer.Argument(help="A project; without one, all of them.", autocompletion=completion.projects)
    ] = None,
    everything: Annotated[bool, typer.Option("--all", "-a", help="Draw every attempt, however many.")] = False,
) -> None:
    """Show what goes on and what to do next: of all projects, or of one as a tree of its attempts."""
    if project is None:
        _overview()
    else:
        _one(project, everything)


def _overview() -> None:
    from winslowctl.render.show import show

    projects = list(client().projects.list())
    nodes = _optional(lambda: list(client().nodes.list())) or []
    cluster = _optional(client().nodes.cluster)
    show(
        {"cluster": cluster, "nodes": nodes, "projects": projects},
        lambda: _overview_lines(cluster, nodes, projects),
    )


def _optional(read: Any) -> Any:
    """Part of an overview; a daemon that cannot say it now still says the rest."""
    try:
        return read()
    except WinslowError:
        return None


def _overview_lines(cluster: Any, nodes: Sequence[Any], projects: Sequence[Any]) -> Iterator[str]:
    from winslow.v1.cluster_pb2 import Health
    from winslow.v1.node_pb2 import NodeState
    from winslowctl.render import human, words
    from winslowctl.render.style import paint, plain
    from winslowctl.render.table import table

    ready = sum(node.state == NodeState.NODE_STATE_READY for node in nodes)
    if nodes:
        running = sum(len(node.stages) for node in nodes)
        yield f"{ready} of {human.count(len(nodes), 'node')} ready, {human.count(running, 'stage')} placed"
    for node in nodes:
        if node.warnings:
            yield f"{words.state(NodeState, node.state)}  {plain(last(node.name))}: {plain('; '.join(node.warnings))}"
    for part in cluster.parts if cluster else ():
        if part.health != Health.HEALTH_OK:
            yield f"{words.state(Health, part.health)}  {plain(part.name)}: {plain(part.text)}"
    if cluster and cluster.stale:
        yield str(paint("The daemon has lost its etcd: what follows may be old.", "yellow"))
    if nodes or cluster:
        yield ""
    if not projects:
        yield from _beginning()
        return
    yield from table(["PROJECT", "STATE", "PROGRESS", "ACTIVITY", "WHY"], (_row(project) for project in projects))


def _beginning() -> Iterator[str]:
    from winslowctl.render.style import paint, plain

    pipelines = _optional(lambda: list(client().pipelines.list())) or []
    yield "There is no project yet."
    yield ""
    yield str(paint("Next", "bold"))
    if pipelines:
        name = plain(last(pipelines[0].name))
        yield f"  Make a project    {paint(f'winslowctl project create NAME --pipeline {name}', 'cyan')}"
    else:
        yield f"  Store a pipeline  {paint('winslowctl pipeline create FILE', 'cyan')}"
        yield f"  Make a project    {paint('winslowctl project create NAME --pipeline PIPELINE', 'cyan')}"


def _row(project: Any) -> list[str]:
    from winslow.v1.project_pb2 import ProjectState
    from winslowctl.render import human, words

    progress = human.percent(project.progress) if project.HasField("progress") else ""
    return [
        last(project.name),
        words.state(ProjectState, project.state),
        progress,
        human.when(project.activity_time),
        "is being deleted" if project.deleting else project.reason.text,
    ]


def _one(reference: str, everything: bool) -> None:
    from winslowctl.render.show import show

    project = references.project(client(), reference)
    stages = list(client().stages.list(project.name))
    runs = list(client().runs.list(project.name))
    show(
        {"project": project, "runs": runs, "stages": stages},
        lambda: _project_lines(project, stages, runs, everything),
    )


def _project_lines(project: Any, stages: Sequence[Any], runs: Sequence[Any], everything: bool) -> Iterator[str]:
    from winslow.v1.project_pb2 import ProjectState
    from winslowctl.advice import advise
    from winslowctl.render import human, words
    from winslowctl.render.style import paint, plain
    from winslowctl.render.tree import tree

    title = plain(project.display_name or last(project.name))
    progress = f"  {human.percent(project.progress)}" if project.HasField("progress") else ""
    id_ = "" if title == last(project.name) else f"  {paint(last(project.name), 'dim')}"
    yield f"{paint(title, 'bold')}{id_}  {words.state(ProjectState, project.state)}{progress}"
    if project.reason.text and not project.gates:
        yield f"  {plain(project.reason.text)}"
    for gate in project.gates:
        yield f"  {words.symbol('AWAITING_INPUT')} {plain(gate.reason.text)} (for {human.since(gate.since)})"
    yield ""
    yield from tree(stages, everything)
    if advice := advise(project, stages, runs):
        yield ""
        yield str(paint("Next", "bold"))
        widest = max(len(one.text) for one in advice)
        for one in advice:
            yield f"  {plain(one.text).ljust(widest)}  {paint(one.command, 'cyan')}"
