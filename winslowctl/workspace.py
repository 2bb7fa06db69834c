"""`winslowctl workspace`: what stages worked in, once they have ended."""

from __future__ import annotations

from winslowctl import references
from winslowctl.arguments import STAGE, YES, confirm
from winslowctl.command import Noun
from winslowctl.references import last
from winslowctl.render.show import show
from winslowctl.session import client

app = Noun("The workspaces of ended stages.")


@app.verb("materialize")
def materialize(stage: STAGE) -> None:
    """Make a plain directory of a layered workspace; it takes as long as a copy, and as much room."""
    done = client().stages.materialize(references.stage(client(), stage).name)
    show(done, lambda: [f"The workspace of {last(done.name)} is a plain directory"])


@app.verb("drop")
def drop(stage: STAGE, yes: YES = False) -> None:
    """Give up a stage's workspace now. Its output and log stay, but nothing can be made from it any more.

    Refused for one that is pinned, and for one that a run still needs.

    Example:  winslowctl workspace drop detect-1-1-x7k2
    """
    found = references.stage(client(), stage)
    confirm(f"Give up the workspace of {last(found.name)}?", yes)
    dropped = client().stages.drop_workspace(found.name)
    show(dropped, lambda: [f"The workspace of {last(dropped.name)} is given up"])
