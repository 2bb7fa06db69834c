"""`winslowctl stage` and `winslowctl explain`: single attempts, live and ended."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Any

import typer

from winslow.errors import InvalidArgument
from winslow.v1.election_pb2 import Explanation
from winslow.v1.stage_pb2 import Cause, Layer, Stage, StageState
from winslow.v1.stage_service_pb2 import CompareStagesResponse
from winslowctl import completion, references
from winslowctl.arguments import STAGE
from winslowctl.command import Noun
from winslowctl.references import last
from winslowctl.render import human, words
from winslowctl.render.show import Column, show, show_list
from winslowctl.render.style import paint, plain
from winslowctl.render.table import fields, table
from winslowctl.session import client

app = Noun("Single attempts to execute a stage definition, live and ended.")


@app.verb("list")
def list_stages(
    project: Annotated[
        str | None, typer.Argument(help="A project; without one, all of them.", autocompletion=completion.projects)
    ] = None,
    state: Annotated[
        list[str] | None, typer.Option("--state", "-s", help="Only in this state, for instance running.")
    ] = None,
    definition: Annotated[str | None, typer.Option("--definition", "-d", help="Only attempts at this stage.")] = None,
    run: Annotated[str | None, typer.Option("--run", "-r", help="Only of this run of the project.")] = None,
) -> None:
    """List attempts, oldest first."""
    parent = references.project(client(), project).name if project else "projects/-"
    of_run = references.run(client(), parent, run).name if run and project else None
    wanted = {_state(one) for one in state or ()}
    found = (
        stage
        for stage in client().stages.list(parent)
        if (not wanted or words.word(StageState, stage.state) in wanted)
        and definition in {None, stage.definition.name}
        and of_run in {None, stage.run}
    )
    columns = _COLUMNS if project else (Column("PROJECT", lambda stage: stage.name.split("/")[1]), *_COLUMNS)
    show_list(found, columns, "There is no such stage.")


def _state(text: str) -> str:
    """Raises InvalidArgument (STATE_UNKNOWN)."""
    known = [words.word(StageState, value) for value in StageState.values() if value]
    if text.upper() not in known:
        raise InvalidArgument(
            f"There is no state {text!r}",
            reason="STATE_UNKNOWN",
            subject=text,
            hint=f"There are {', '.join(known).lower()}",
        )
    return text.upper()


@app.verb("show")
def show_stage(stage: STAGE) -> None:
    """Show one attempt: what it was given, how it went, what came out."""
    found = references.stage(client(), stage)
    show(found, lambda: _details(found))


@app.verb("abort")
def abort(stage: STAGE) -> None:
    """Abort a stage wherever it is on its way; its project pauses."""
    aborted = client().stages.abort(references.stage(client(), stage).name)
    show(aborted, lambda: [f"Aborting {last(aborted.name)}"])


@app.verb("pin")
def pin(stage: STAGE) -> None:
    """Keep a stage's workspace, whatever the retention policy says."""
    pinned = client().stages.pin(references.stage(client(), stage).name)
    show(pinned, lambda: [f"The workspace of {last(pinned.name)} is kept"])


@app.verb("unpin")
def unpin(stage: STAGE) -> None:
    """Leave a stage's workspace to the retention policy again."""
    unpinned = client().stages.pin(references.stage(client(), stage).name, pinned=False)
    show(unpinned, lambda: [f"The workspace of {last(unpinned.name)} is left to the retention policy"])


@app.verb("explain")
def explain(stage: STAGE) -> None:
    """Show why a stage waits and what each node says to it; or where it is, and how it ended."""
    explained = client().stages.explain(references.stage(client(), stage).name)
    show(explained, lambda: _explained(explained))


@app.verb("compare")
def compare(
    before: STAGE,
    after: Annotated[str, typer.Argument(metavar="STAGE", help="The other one.", autocompletion=completion.stages)],
) -> None:
    """Show what differs between two attempts: environment, definition, results, files."""
    first = references.stage(client(), before)
    second = references.stage_in(client(), "/".join(first.name.split("/")[:2]), after)
    compared = client().stages.compare(first.name, second.name)
    show(compared, lambda: _compared(last(first.name), last(second.name), compared))


_COLUMNS = (
    Column("STAGE", lambda stage: last(stage.name)),
    Column("STATE", lambda stage: words.state(StageState, stage.state)),
    Column("NODE", lambda stage: last(stage.node)),
    Column("STARTED", lambda stage: human.when(stage.start_time)),
    Column("TOOK", lambda stage: human.since(stage.start_time, stage.end_time)),
    Column("EXIT", lambda stage: str(stage.outcome.exit_code) if stage.outcome.HasField("exit_code") else ""),
    Column("WHY", lambda stage: stage.outcome.message or stage.reason.text),
)


def _details(stage: Stage) -> Iterator[str]:
    yield from fields(_facts(stage))
    if stage.results:
        yield ""
        yield str(paint("Results", "bold"))
        yield from (f"  {plain(name)} = {plain(value)}" for name, value in sorted(stage.results.items()))
    if stage.environment:
        yield ""
        rows = [[one.name, one.value, words.word(Layer, one.layer).lower()] for one in stage.environment]
        yield from table(["VARIABLE", "VALUE", "FROM"], rows)


def _facts(stage: Stage) -> list[tuple[str, str]]:
    outcome = stage.outcome
    cause = words.word(Cause, outcome.cause).lower().replace("_", " ") if outcome.HasField("cause") else ""
    ended = f"{human.when(stage.end_time)}, after {human.since(stage.start_time, stage.end_time)}"
    return [
        ("Stage", last(stage.name)),
        ("Project", stage.name.split("/")[1]),
        ("State", words.state(StageState, stage.state)),
        ("Why", outcome.message or stage.reason.text),
        ("Cause", cause),
        ("Exit code", str(outcome.exit_code) if outcome.HasField("exit_code") else ""),
        ("Run", last(stage.run).lstrip("0")),
        ("Attempt", str(stage.attempt)),
        ("Retry of", last(stage.retry_of)),
        ("Begins from", last(stage.parent) if stage.parent else "the zeroth workspace"),
        ("Image", stage.definition.image),
        ("Digest", stage.image_digest),
        ("Arguments", " ".join(stage.definition.arguments)),
        ("Node", last(stage.node)),
        ("GPUs", ", ".join(stage.gpus)),
        ("Made", f"{human.when(stage.create_time)} by {last(stage.author)}"),
        ("Started", human.when(stage.start_time) if stage.HasField("start_time") else ""),
        ("Ended", ended if stage.HasField("end_time") else ""),
        ("Progress", human.percent(stage.progress) if stage.HasField("progress") else ""),
        ("Aborted by", last(stage.abort.by)),
        ("Pinned", "yes" if stage.pinned else ""),
        (
            "Workspace",
            f"given up {human.when(stage.workspace_drop_time)}" if stage.HasField("workspace_drop_time") else "",
        ),
        ("Stale", "yes: what it was made from has been redone" if stage.stale else ""),
        ("Comment", stage.comment),
    ]


def _explained(explained: Explanation) -> Iterator[str]:
    yield f"{paint(last(explained.stage), 'bold')}: {plain(explained.reason.text)}"
    if explained.queue_position:
        yield f"It is number {explained.queue_position} of {explained.queue_length} that wait."
    for remedy in explained.remedies:
        yield f"  {plain(remedy)}"
    for warning in explained.warnings:
        yield f"{words.symbol('DEGRADED')} {plain(warning)}"
    if explained.bids:
        yield ""
        yield from table(["NODE", "ABLE", "SCORE", "WHY"], (_bid(bid) for bid in explained.bids))


def _bid(bid: Any) -> Sequence[str]:
    able = paint("never", "red") if bid.hopeless else paint("not now", "yellow") if bid.lacks else paint("yes", "green")
    parts = ", ".join(f"{part.name} {part.value:+g}" for part in bid.parts)
    return [last(bid.node), able, f"{bid.score:g}", "; ".join(bid.lacks) or parts]


def _compared(before: str, after: str, compared: CompareStagesResponse) -> Iterator[str]:
    sections = (
        ("ENVIRONMENT", compared.environment),
        ("DEFINITION", compared.definition),
        ("RESULTS", compared.results),
    )
    same = True
    for title, differences in sections:
        if differences:
            same = False
            rows = [
                [one.key, one.before if one.HasField("before") else "", one.after if one.HasField("after") else ""]
                for one in differences
            ]
            yield from table([title, before, after], rows)
            yield ""
    if compared.files:
        same = False
        yield from table(["FILE", "", before, after], (_file_difference(one) for one in compared.files))
        yield ""
        yield _counted(compared)
    elif same:
        yield "Nothing differs."
    for stage in compared.unknown:
        told = f"What the workspace of {last(stage)} held cannot be told any more: only outputs were compared."
        yield str(paint(told, "yellow"))


def _file_difference(one: Any) -> list[str]:
    what = _WHAT[one.HasField("before"), one.HasField("after")]
    return [one.path, str(paint(what, _COLOURS[what])), _side(one, "before"), _side(one, "after")]


_WHAT = {(False, True): "added", (True, False): "removed", (True, True): "changed"}
_COLOURS = {"added": "green", "removed": "red", "changed": "yellow"}
_HASH_SHOWN = 12
"""Characters of a hash that a person compares."""


def _side(one: Any, name: str) -> str:
    """`1.5 MiB  4f2a9c01b7de`; the hash where it is known."""
    if not one.HasField(name):
        return ""
    file = getattr(one, name)
    return f"{human.size(file.size)}  {file.sha256[:_HASH_SHOWN]}".rstrip()


def _counted(compared: CompareStagesResponse) -> str:
    kinds = [_WHAT[one.HasField("before"), one.HasField("after")] for one in compared.files]
    counts = [f"{kinds.count(what):,} {what}" for what in _COLOURS if what in kinds]
    more = sum(one.after.size for one in compared.files) - sum(one.before.size for one in compared.files)
    return f"{', '.join(counts)}; {human.size(abs(more))} {'more' if more >= 0 else 'less'} in all"
