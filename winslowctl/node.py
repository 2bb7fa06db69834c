"""`winslowctl node`: machines that run stages, and what operators decide about them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated

import typer

from winslow.domain.quantity import parse_duration
from winslow.v1.node_pb2 import Node, NodeState
from winslow.v1.resources_pb2 import Capacity
from winslowctl import references, top
from winslowctl.arguments import AT_MOST, NODE, YES, at_most, confirm, shown_limit
from winslowctl.command import Noun
from winslowctl.references import last
from winslowctl.render import human, words
from winslowctl.render.show import Column, is_for_people, show, show_list
from winslowctl.render.style import Painted, paint, plain
from winslowctl.render.table import fields
from winslowctl.session import client

app = Noun("Machines that run stages, and what is decided about them.")

REASON = Annotated[str, typer.Option("--reason", "-m", help="Why, for those who wonder later.")]


@app.verb("list")
def list_nodes() -> None:
    """List all nodes, by name."""
    show_list(client().nodes.list(), _COLUMNS, "There is no node yet. Start one: winslowd --config FILE")


@app.verb("show")
def show_node(node: NODE) -> None:
    """Show one node: what it has, what is free, what runs there."""
    found = references.node(client(), node)
    show(found, lambda: _details(found))


app.verb("top")(top.top)


@app.verb("cordon")
def cordon(node: NODE, reason: REASON = "") -> None:
    """Give a node no more stages; those it has go on."""
    changed = client().nodes.cordon(references.node(client(), node).name, reason=reason)
    show(changed, lambda: [f"{last(changed.name)} gets no more stages"])


@app.verb("uncordon")
def uncordon(node: NODE) -> None:
    """Give a node stages again; also ends a drain."""
    changed = client().nodes.uncordon(references.node(client(), node).name)
    show(changed, lambda: [f"{last(changed.name)} gets stages again"])


@app.verb("drain")
def drain(
    node: NODE,
    within: Annotated[
        str, typer.Option("--within", metavar="DURATION", help="How long stages may take to end.")
    ] = "1h",
    reason: REASON = "",
    yes: YES = False,
) -> None:
    """Empty a node: no more stages, and what still runs when the time is up is aborted, to be tried elsewhere."""
    found = references.node(client(), node)
    confirm(f"Abort what still runs on {last(found.name)} in {within}?", yes)
    changed = client().nodes.drain(found.name, timedelta(seconds=parse_duration(within)), reason=reason)
    show(changed, lambda: [f"Draining {last(changed.name)} until {human.when(changed.policy.drain_deadline)}"])


@app.verb("limit")
def limit(node: NODE, stages: Annotated[str, typer.Argument(metavar="N", help=AT_MOST)]) -> None:
    """Give a node at most so many stages at a time; those it has go on."""
    changed = client().nodes.limit(references.node(client(), node).name, at_most(stages))
    show(changed, lambda: [f"{last(changed.name)} gets {shown_limit(changed.policy.max_stages)}"])


@app.verb("remove")
def remove(
    node: NODE,
    give_up: Annotated[
        bool, typer.Option("--give-up", help="It will not come back: do not wait longer for its stages.")
    ] = False,
    yes: YES = False,
) -> None:
    """Forget a node that is no longer there."""
    found = references.node(client(), node)
    lost = f" and give up {human.count(len(found.stages), 'stage')}" if give_up and found.stages else ""
    confirm(f"Forget node {last(found.name)}{lost}?", yes)
    client().nodes.remove(found.name, give_up=give_up)
    if is_for_people():
        typer.echo(f"Removed {last(found.name)}")


def _state(node: Node) -> str:
    state = words.state(NodeState, node.state)
    if node.policy.HasField("drain_deadline"):
        return f"{state} {paint('draining', 'yellow')}"
    return f"{state} {paint('cordoned', 'yellow')}" if node.policy.cordoned else state


def _stages(node: Node) -> str:
    most = node.policy.max_stages
    return f"{len(node.stages)} of {most}" if most else str(len(node.stages))


def _capacity(has: Capacity) -> str:
    gpus = f", {human.count(len(has.gpus), 'GPU')}" if has.gpus else ""
    return f"{has.cpus:g} CPUs, {human.size(has.memory)}{gpus}"


_COLUMNS = (
    Column("NODE", lambda node: last(node.name) + (" (leader)" if node.leader else "")),
    Column("STATE", lambda node: Painted(_state(node))),
    Column("STAGES", _stages),
    Column("FREE", lambda node: _capacity(node.free) if node.HasField("free") else ""),
    Column("OF", lambda node: _capacity(node.capacity) if node.HasField("capacity") else ""),
    Column("TAGS", lambda node: ", ".join(node.tags)),
    Column("WARNINGS", lambda node: "; ".join(node.warnings)),
)


def _details(node: Node) -> Iterator[str]:
    yield from fields(
        [
            ("Node", last(node.name)),
            ("State", words.state(NodeState, node.state)),
            ("Cordoned", (node.policy.reason or "yes") if node.policy.cordoned else ""),
            ("Drained until", human.when(node.policy.drain_deadline) if node.policy.HasField("drain_deadline") else ""),
            ("Silent since", human.when(node.silent_since) if node.HasField("silent_since") else ""),
            ("Stages at most", str(node.policy.max_stages or "")),
            ("Leader", "yes" if node.leader else ""),
            ("Address", node.address),
            ("CephFS client", node.storage_client),
            ("Version", node.version),
            ("Has", _capacity(node.capacity) if node.HasField("capacity") else ""),
            ("Free", _capacity(node.free) if node.HasField("free") else ""),
            ("Tags", ", ".join(node.tags)),
            ("Since", human.when(node.register_time) if node.HasField("register_time") else ""),
        ]
    )
    for gpu in node.capacity.gpus:
        yield f"  {plain(gpu.uuid)}  {plain(gpu.model)}  {human.size(gpu.memory)}"
    for warning in node.warnings:
        yield f"{words.symbol('DEGRADED')} {plain(warning)}"
    for stage in node.stages:
        yield f"{words.symbol('RUNNING')} {last(stage)}"
