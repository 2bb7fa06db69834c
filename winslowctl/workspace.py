"""`winslowctl workspace`: what stages worked in, once they have ended."""

from __future__ import annotations

from winslowctl import references
from winslowctl.arguments import STAGE
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
