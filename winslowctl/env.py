"""`winslowctl env`: the environment of every stage in the cluster, the outermost of the four layers."""

from __future__ import annotations

from typing import Annotated

import typer

from winslow.v1.settings_pb2 import GlobalEnvironment
from winslowctl.arguments import assignments
from winslowctl.command import Noun
from winslowctl.render.show import show
from winslowctl.render.style import paint, plain
from winslowctl.session import client

app = Noun("The environment of every stage in the cluster. Stages that have started stay as they are.")


@app.verb("list")
def list_variables() -> None:
    """List the variables."""
    found = client().environment.get()
    show(found, lambda: _lines(found))


@app.verb("set")
def set_variables(pairs: Annotated[list[str], typer.Argument(metavar="NAME=VALUE", help="May be repeated.")]) -> None:
    """Set variables; the others stay."""
    changed = client().environment.update(assignments(pairs))
    show(changed, lambda: _lines(changed))


@app.verb("unset")
def unset_variables(names: Annotated[list[str], typer.Argument(metavar="NAME", help="May be repeated.")]) -> None:
    """Remove variables."""
    changed = client().environment.update(unset=names)
    show(changed, lambda: _lines(changed))


def _lines(found: GlobalEnvironment) -> list[str]:
    lines = [f"{plain(name)}={plain(value)}" for name, value in sorted(found.environment.items())]
    return lines or [paint("There are no variables for all stages.", "dim")]
