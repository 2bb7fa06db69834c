"""`winslowctl retention`: which workspaces are kept, and what would go. One by hand: `winslowctl workspace drop`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer

from winslow.client.retention import UNSET, Preview, Unset, changed
from winslow.errors import InvalidArgument
from winslow.v1.retention_pb2 import RetentionPolicy
from winslow.v1.settings_service_pb2 import PreviewRetentionResponse
from winslowctl import completion, references
from winslowctl.arguments import seconds
from winslowctl.command import Noun
from winslowctl.references import last
from winslowctl.render import human
from winslowctl.render.show import show
from winslowctl.render.style import paint, plain
from winslowctl.render.table import table
from winslowctl.session import client

app = Noun("Which workspaces are kept. Outputs, logs and records always are.")

ALL, NEVER = "all", "never"

PROJECT = Annotated[
    str | None,
    typer.Argument(
        metavar="PROJECT",
        help="A project; without one, the cluster's policy, for all that have none of their own.",
        autocompletion=completion.projects,
    ),
]
KEEP_SUCCEEDED = Annotated[
    str | None,
    typer.Option(
        "--keep-succeeded", metavar="N", help="Of each stage definition, the newest N that succeeded; or 'all'."
    ),
]
KEEP_FAILED = Annotated[
    bool | None, typer.Option("--keep-failed/--drop-failed", help="Workspaces of attempts that did not succeed.")
]
MAX_AGE = Annotated[
    str | None, typer.Option("--max-age", metavar="AGE", help="Older ones go, for instance 30d; or 'never'.")
]
DROP_DISCARDABLE = Annotated[
    bool | None,
    typer.Option(
        "--drop-discardable/--keep-discardable",
        help="Those of definitions marked discardable go as soon as nobody needs them.",
    ),
]


@app.verb("show")
def show_policy(project: PROJECT = None) -> None:
    """Show the policy in force."""
    found = client().retention.get(_project(project))
    show(found, lambda: _lines(found))


@app.verb("set")
def set_policy(
    project: PROJECT = None,
    keep_succeeded: KEEP_SUCCEEDED = None,
    keep_failed: KEEP_FAILED = None,
    max_age: MAX_AGE = None,
    drop_discardable: DROP_DISCARDABLE = None,
) -> None:
    """Change a policy; what is not said stays. What it lets go goes at once: see it first with 'preview'.

    Example:  winslowctl retention set bikes --keep-succeeded 3 --max-age 30d
    """
    after = client().retention.update(
        _project(project),
        keep_succeeded=_count(keep_succeeded),
        keep_failed=_told(keep_failed),
        max_age=_age(max_age),
        drop_discardable=_told(drop_discardable),
    )
    show(after, lambda: _lines(after))


@app.verb("reset")
def reset(project: PROJECT = None) -> None:
    """Forget a policy: a project has the cluster's again, and the cluster keeps everything."""
    after = client().retention.reset(_project(project))
    show(after, lambda: _lines(after))


@app.verb("preview")
def preview(
    project: PROJECT = None,
    keep_succeeded: KEEP_SUCCEEDED = None,
    keep_failed: KEEP_FAILED = None,
    max_age: MAX_AGE = None,
    drop_discardable: DROP_DISCARDABLE = None,
) -> None:
    """Show what would go now, why, and how much room it makes: by the policy in force, or as options would change it.

    Example:  winslowctl retention preview bikes --keep-succeeded 3
    """
    policy = changed(
        client().retention.get(_project(project)),
        keep_succeeded=_count(keep_succeeded),
        keep_failed=_told(keep_failed),
        max_age=_age(max_age),
        drop_discardable=_told(drop_discardable),
    )
    found = client().retention.preview(policy)
    message = PreviewRetentionResponse(candidates=found.candidates, total_size=found.total_size)
    show(message, lambda: _previewed(found, several=project is None))


def _project(text: str | None) -> str:
    return references.project(client(), text).name if text else ""


def _told(value: bool | None) -> bool | Unset:
    return UNSET if value is None else value


def _count(text: str | None) -> int | Unset | None:
    """Raises InvalidArgument (RETENTION_INVALID)."""
    if text is None:
        return UNSET
    if text == ALL:
        return None
    if not (text.isascii() and text.isdecimal()) or len(text) > 9:
        raise InvalidArgument(
            f"{text!r} is not a number of workspaces",
            reason="RETENTION_INVALID",
            subject=text,
            hint=f"Write a number, or {ALL}",
        )
    return int(text)


def _age(text: str | None) -> float | Unset | None:
    if text is None:
        return UNSET
    return None if text == NEVER else seconds(text)


def _lines(policy: RetentionPolicy) -> Iterator[str]:
    project = policy.name.rpartition("/")[0]
    if policy.inherited:
        yield str(paint(f"{last(project)} has the cluster's policy:", "dim"))
    kept = policy.keep_succeeded
    if not policy.HasField("keep_succeeded"):
        yield "Succeeded: all are kept"
    elif kept:
        yield f"Succeeded: the newest {human.count(kept, 'one')} of each definition {'is' if kept == 1 else 'are'} kept"
    else:
        yield "Succeeded: none are kept"
    yield f"Not succeeded: {'all are kept' if policy.keep_failed else 'none are kept'}"
    if policy.HasField("max_age"):
        yield f"Older than {human.duration(policy.max_age.ToTimedelta().total_seconds())}: none are kept"
    else:
        yield "Age: they are kept however old they are"
    yield f"Discardable: {'they go as soon as nobody needs them' if policy.drop_discardable else 'like any other'}"
    yield str(paint("Pinned ones stay, what runs still need, and layers that others stand on.", "dim"))


def _previewed(found: Preview, *, several: bool) -> Iterator[str]:
    if not found.candidates:
        yield "Nothing would go."
        return
    rows = [
        [*([one.stage.split("/")[1]] if several else ()), last(one.stage), human.size(one.size), plain(one.reason)]
        for one in found.candidates
    ]
    yield from table([*(["PROJECT"] if several else ()), "STAGE", "FREES", "WHY"], rows)
    yield ""
    yield f"{human.count(len(found.candidates), 'workspace')} would go, which frees {human.size(found.total_size)}."
