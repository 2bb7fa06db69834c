"""`winslowctl limits`: how many stages users and projects may have at a time. Of a node: `winslowctl node limit`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated

import typer

from winslow.errors import InvalidArgument
from winslow.v1.settings_pb2 import Limits
from winslowctl import references
from winslowctl.arguments import at_most, shown_limit
from winslowctl.command import Noun
from winslowctl.references import last
from winslowctl.render.show import show
from winslowctl.render.style import plain
from winslowctl.session import client

app = Noun("How many stages users and projects may have at a time, so that nobody has the cluster alone.")

DEFAULT = "default"
"""In place of a number: no limit of its own any more."""


@app.verb("show")
def show_limits() -> None:
    """Show the limits."""
    found = client().limits.get()
    show(found, lambda: _lines(found))


@app.verb("set")
def set_limits(
    per_user: Annotated[
        str | None, typer.Option("--per-user", metavar="N", help="Of each user; 'none' for as many as fit.")
    ] = None,
    per_project: Annotated[
        str | None, typer.Option("--per-project", metavar="N", help="Of each project; 'none' for as many as fit.")
    ] = None,
    user: Annotated[
        list[str] | None,
        typer.Option("--user", metavar="NAME=N", help="Of this user instead, or NAME=default; may be repeated."),
    ] = None,
    project: Annotated[
        list[str] | None,
        typer.Option("--project", metavar="PROJECT=N", help="Of this project instead, or PROJECT=default."),
    ] = None,
) -> None:
    """Change limits; the others stay, and so do stages that have a node."""
    before = client().limits.get()
    of_users = _pairs(user or ())
    of_projects = {last(references.project(client(), name).name): most for name, most in _pairs(project or ()).items()}
    changed = client().limits.update(
        per_user=None if per_user is None else at_most(per_user),
        per_project=None if per_project is None else at_most(per_project),
        users=_merged(before.users, of_users) if of_users else None,
        projects=_merged(before.projects, of_projects) if of_projects else None,
        expected_revision=before.revision,
    )
    show(changed, lambda: _lines(changed))


def _pairs(texts: Iterable[str]) -> dict[str, int | None]:
    """`NAME=N`, with None for `default`. Raises InvalidArgument (LIMIT_INVALID)."""
    return dict(_pair(text) for text in texts)


def _pair(text: str) -> tuple[str, int | None]:
    name, _, most = text.rpartition("=")
    if not name:
        raise InvalidArgument(
            f"{text!r} limits nobody", reason="LIMIT_INVALID", subject=text, hint="Write NAME=N, for instance ann=4"
        )
    return name, None if most == DEFAULT else at_most(most)


def _merged(before: Mapping[str, int], change: Mapping[str, int | None]) -> dict[str, int]:
    return {name: most for name, most in {**before, **change}.items() if most is not None}


def _lines(limits: Limits) -> Iterator[str]:
    yield f"Each user: {shown_limit(limits.per_user)}"
    yield from (f"  {plain(name)}: {shown_limit(most)}" for name, most in sorted(limits.users.items()))
    yield f"Each project: {shown_limit(limits.per_project)}"
    yield from (f"  {plain(name)}: {shown_limit(most)}" for name, most in sorted(limits.projects.items()))
