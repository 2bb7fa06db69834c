"""Short references: what a person types, to the name of the one resource they mean.

A whole name, an id, the unique beginning of an id, or what people call it: a project's display name, a stage's definition
(its latest attempt). What fits several is refused with the candidates, never guessed. `PROJECT/STAGE` says in which project.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from typing import Any, TypeVar

from winslow.client import Client
from winslow.errors import InvalidArgument, NotFound, WinslowError

T = TypeVar("T")

SHOWN_MAX = 8
"""Candidates that an error names; nobody reads more."""
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


def last(name: str) -> str:
    """The last id of a resource name: what people call it."""
    return name.rpartition("/")[2]


def project(client: Client, text: str) -> Any:
    """The project (a message) that `text` means: whole name, id, unique beginning, or display name."""
    return _one(
        text.removeprefix("projects/"),
        "project",
        client.projects.get,
        client.projects.list,
        lambda found: (last(found.name), found.display_name),
        "winslowctl project list",
    )


def pipeline(client: Client, text: str) -> Any:
    """The pipeline that `text` means; `traffic@3` means that version."""
    reference, at, version = text.removeprefix("pipelines/").replace("/versions/", "@").partition("@")
    found = _one(
        reference,
        "pipeline",
        client.pipelines.get,
        client.pipelines.list,
        lambda found: (last(found.name), found.spec.display_name),
        "winslowctl pipeline list",
    )
    return client.pipelines.get(f"{found.name}@{version}") if at else found


def node(client: Client, text: str) -> Any:
    return _one(
        text.removeprefix("nodes/"),
        "node",
        client.nodes.get,
        client.nodes.list,
        lambda found: (last(found.name),),
        "winslowctl node list",
    )


def run(client: Client, project_name: str, text: str | None) -> Any:
    """A run of a project by its number or id; none given: the latest."""
    if text is None:
        latest = client.projects.get(project_name).latest_run
        if not latest:
            raise NotFound(
                f"{last(project_name)} has not been run yet",
                reason="RUN_UNKNOWN",
                subject=project_name,
                hint=f"Start it: winslowctl run start {last(project_name)}",
            )
        return client.runs.get(latest)
    return _one(
        last(text),
        "run",
        lambda id_: client.runs.get(f"{project_name}/runs/{id_}"),
        lambda: client.runs.list(project_name),
        lambda found: (last(found.name), str(found.number)),
        f"winslowctl run list {last(project_name)}",
    )


def sweep(client: Client, project_name: str, text: str) -> Any:
    return _one(
        last(text),
        "sweep",
        lambda id_: client.sweeps.get(f"{project_name}/sweeps/{id_}"),
        lambda: client.sweeps.list(project_name),
        lambda found: (last(found.name),),
        f"winslowctl sweep list {last(project_name)}",
    )


def stage(client: Client, text: str) -> Any:
    """The stage that `text` means: `[PROJECT/]STAGE`, an id, its unique beginning, or a definition's name."""
    if "/stages/" in text:
        return client.stages.get(text)
    where, slash, reference = text.removeprefix("projects/").rpartition("/")
    if slash:
        return _stage_in(client, project(client, where).name, reference)
    return _exact(client.stages.get, reference) or _stage_in(client, "projects/-", reference)


def stage_in(client: Client, project_name: str, text: str) -> Any:
    """The same, where a bare reference means a stage of this project."""
    return stage(client, text) if "/" in text else _stage_in(client, project_name, text)


def _stage_in(client: Client, parent: str, reference: str) -> Any:
    known = list(client.stages.list(parent))
    for found in known:
        if last(found.name) == reference:
            return found
    attempts = [found for found in known if found.definition.name == reference]
    if attempts and len({found.name.split("/")[1] for found in attempts}) == 1:
        return max(attempts, key=lambda found: (found.create_time.seconds, found.create_time.nanos, found.name))
    if attempts:
        projects = {f"{found.name.split('/')[1]}/{reference}" for found in attempts}
        raise _ambiguous("stage", reference, sorted(projects))
    fitting = [found for found in known if reference and last(found.name).startswith(reference)]
    _require_no_project(client, parent, reference, fitting)
    names = [name for found in known for name in (found.definition.name, last(found.name))]
    return _only(fitting, "stage", reference, "winslowctl stage list", names)


def _require_no_project(client: Client, parent: str, reference: str, fitting: list[Any]) -> None:
    """Whoever names a project where a stage is wanted is told its stages. Raises NotFound (STAGE_UNKNOWN)."""
    named = None if fitting or parent != "projects/-" else _exact(client.projects.get, reference)
    named = named or next((one for one in client.projects.list() if one.display_name == reference), None)
    if fitting or named is None:
        return
    stages = ", ".join(f"{reference}/{stage.name}" for stage in named.pipeline.stages[:SHOWN_MAX])
    raise NotFound(
        f"{reference!r} is a project, and a stage is wanted",
        reason="STAGE_UNKNOWN",
        subject=reference,
        hint=f"Name one of its stages: {stages}",
    )


def _one(
    reference: str,
    kind: str,
    get: Callable[[str], T],
    items: Callable[[], Iterable[T]],
    calls_it: Callable[[T], tuple[str, ...]],
    see: str,
) -> T:
    if found := _exact(get, reference):
        return found
    known = list(items())
    exact = [one for one in known if reference in calls_it(one)]
    fitting = exact or [one for one in known if reference and calls_it(one)[0].startswith(reference)]
    return _only(fitting, kind, reference, see, [name for one in known for name in calls_it(one)])


def _exact(get: Callable[[str], T], reference: str) -> T | None:
    if not _ID.fullmatch(reference):
        return None
    try:
        return get(reference)
    except NotFound:
        return None
    except WinslowError as error:
        if error.code is InvalidArgument.code:  # no id of this kind looks like it
            return None
        raise


def _only(fitting: list[T], kind: str, reference: str, see: str, names: Iterable[str]) -> T:
    """`names` are all that could have been meant, of which the nearest are offered."""
    match fitting:
        case [only]:
            return only
        case []:
            near = get_close_matches(reference, sorted(set(names)), n=3, cutoff=0.7)
            raise NotFound(
                f"There is no {kind} {reference!r}",
                reason=f"{kind.upper()}_UNKNOWN",
                subject=reference,
                hint=f"Did you mean {' or '.join(near)}?" if near else f"See what there is: {see}",
            )
    raise _ambiguous(kind, reference, [last(one.name) for one in fitting])  # type: ignore[attr-defined]


def _ambiguous(kind: str, reference: str, names: list[str]) -> InvalidArgument:
    shown = ", ".join(names[:SHOWN_MAX]) + (f" and {len(names) - SHOWN_MAX} more" if len(names) > SHOWN_MAX else "")
    return InvalidArgument(
        f"{reference!r} could be any of {len(names)} {kind}s: {shown}",
        reason="REFERENCE_AMBIGUOUS",
        subject=reference,
        hint="Write more of it",
        metadata={"candidates": ",".join(names[:100])},
    )
