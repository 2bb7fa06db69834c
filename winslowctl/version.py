"""`winslowctl version`."""

from __future__ import annotations

from winslow import __version__
from winslow.errors import WinslowError
from winslowctl.command import Noun
from winslowctl.session import client

app = Noun()


@app.verb("version")
def version() -> None:
    """Show the versions of this program and of the cluster's daemons, if one answers."""
    from winslowctl.render.show import show

    found = {"winslowctl": __version__}
    try:
        found["winslowd"] = ", ".join(sorted({node.version for node in client().nodes.list()}))
    except WinslowError as error:
        found["winslowd"] = ""
        found["error"] = error.message
    show(found, lambda: _lines(found))


def _lines(found: dict[str, str]) -> list[str]:
    daemon = found["winslowd"] or f"none ({found.get('error', '')})"
    return [f"winslowctl  {found['winslowctl']}", f"winslowd    {daemon}"]
