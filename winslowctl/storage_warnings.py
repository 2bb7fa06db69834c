"""What should be known of the storage before a run begins: it may take hours, and a file system that is nearly full ends it."""

from __future__ import annotations

from collections.abc import Iterable

import typer

from winslow.errors import WinslowError
from winslow.v1.node_pb2 import Node, NodeState
from winslowctl.references import last
from winslowctl.render import words
from winslowctl.render.show import is_for_people
from winslowctl.render.style import plain
from winslowctl.session import client


def warn_of_storage() -> None:
    """Tell people, beside the output; what cannot be found out now keeps nobody from starting."""
    if not is_for_people():
        return
    try:
        nodes = list(client().nodes.list())
    except WinslowError:
        return
    for line in warned(nodes):
        typer.echo(f"{words.symbol('DEGRADED')} {plain(line)}", err=True)


def warned(nodes: Iterable[Node]) -> list[str]:
    """What nodes that are up say, each thing once, with those who say it."""
    said: dict[str, list[str]] = {}
    for node in nodes:
        if node.state == NodeState.NODE_STATE_READY:
            for warning in node.warnings:
                said.setdefault(warning, []).append(last(node.name))
    return [f"{', '.join(names)}: {warning}" for warning, names in said.items()]
