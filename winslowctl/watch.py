"""`winslowctl watch`: every change in the cluster, or in some projects, as it happens."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any

import typer

from winslow.errors import InvalidArgument
from winslowctl import completion, references
from winslowctl.command import Noun
from winslowctl.references import last
from winslowctl.session import Format, client, current

app = Noun()


@app.verb("watch")
def watch(
    projects: Annotated[
        list[str] | None,
        typer.Argument(metavar="PROJECT", help="Only of these.", autocompletion=completion.projects),
    ] = None,
    kind: Annotated[
        list[str] | None, typer.Option("--kind", "-k", help="Only these, for instance stage; may be repeated.")
    ] = None,
    revision: Annotated[
        int, typer.Option("--revision", min=0, help="Begin after this revision; without it, with what is there now.")
    ] = 0,
) -> None:
    """Show every change as it happens, until interrupted. With -o json, one object a line."""
    names = [references.project(client(), one).name for one in projects or ()]
    format = current().format
    current().if_interrupted = ""
    for response in client().events.watch(revision, _kinds(kind or ()), names):
        for change in response.changes:
            if format is Format.TABLE:
                print(_line(change, response.initial), flush=True)
            else:
                from winslowctl.render import data

                data.write_each(change, format)


def _kinds(words: Iterable[str]) -> list[Any]:
    from winslow.v1.event_pb2 import ResourceKind

    known = {name.removeprefix("RESOURCE_KIND_").lower(): value for name, value in ResourceKind.items() if value}
    wanted = [word.lower().replace("-", "_") for word in words]
    if unknown := [word for word in wanted if word not in known]:
        raise InvalidArgument(
            f"There is no kind {', '.join(unknown)}", reason="KIND_UNKNOWN", hint=f"There are {', '.join(known)}"
        )
    return [known[word] for word in wanted]


def _line(change: Any, initial: bool) -> str:
    from winslow.v1.event_pb2 import ResourceKind
    from winslowctl.render import words
    from winslowctl.render.style import paint, plain

    kind = words.word(ResourceKind, change.kind).lower().replace("_", " ")
    at = "        " if initial else f"{datetime.now().astimezone():%H:%M:%S}"
    what = paint("deleted", "red") if change.deleted else _state(change)
    return f"{at}  {kind:<18}  {plain(_short(change.name))}  {what}".rstrip()


def _short(name: str) -> str:
    """`bikes/detect-1-1-x7k2` for a stage of a project."""
    parts = name.split("/")
    return "/".join(parts[1::2]) if len(parts) > 2 else last(name)


def _state(change: Any) -> str:
    from winslow.v1.node_pb2 import NodeState
    from winslow.v1.project_pb2 import ProjectState
    from winslow.v1.run_pb2 import RunState
    from winslow.v1.stage_pb2 import StageState
    from winslowctl.render import words
    from winslowctl.render.style import plain

    enums: dict[str, Any] = {"stage": StageState, "run": RunState, "project": ProjectState, "node": NodeState}
    field = change.WhichOneof("resource")
    if field == "comment":
        return plain(change.comment.text)
    if field not in enums:
        return ""
    thing = getattr(change, field)
    reason = getattr(thing, "reason", None)
    return f"{words.state(enums[field], thing.state)}  {plain(reason.text) if reason else ''}".rstrip()
