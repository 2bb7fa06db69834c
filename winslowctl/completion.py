"""Names of projects, stages and the like for the shell's completion: quick, and silent when nobody answers."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from itertools import islice

from winslow.client import Client
from winslowctl.references import last

PATIENCE = 0.3
SHOWN_MAX = 200


def _names(read: Callable[[Client], Iterator[str]]) -> Callable[[str], list[str]]:
    def complete(incomplete: str) -> list[str]:
        try:
            with Client(patience=PATIENCE) as client:
                fitting = (name for name in read(client) if name.startswith(incomplete))
                return list(islice(fitting, SHOWN_MAX))
        except Exception:
            return []  # a completion that fails completes nothing; an error would garble the line being typed

    return complete


def _stages(client: Client) -> Iterator[str]:
    seen: set[str] = set()
    for stage in client.stages.list():
        for name in (stage.definition.name, last(stage.name)):
            if name not in seen:
                seen.add(name)
                yield name


def _definitions(client: Client) -> Iterator[str]:
    yield from {stage.name: None for project in client.projects.list() for stage in project.pipeline.stages}


def places(incomplete: str) -> list[str]:
    """Places in Winslow, as far as a slash; for what has no colon, projects and the global pool."""
    before, begun = _words(incomplete)
    try:
        with Client(patience=PATIENCE) as client:
            found = islice(_places(client, before + begun), SHOWN_MAX)
            return [one.removeprefix(before) for one in found]
    except Exception:
        return []  # as above


def _words(incomplete: str) -> tuple[str, str]:
    """What comes before the word that the shell completes, and that word: bash ends words at colons, others do not."""
    words = os.environ.get("COMP_WORDS", "").split()
    at = os.environ.get("COMP_CWORD", "")
    typed = words[: int(at)] if at.isdecimal() else []
    if incomplete == ":" and typed:
        return f"{typed[-1]}:", ""
    if len(typed) > 1 and typed[-1] == ":":
        return f"{typed[-2]}:", incomplete
    return "", incomplete


def _places(client: Client, text: str) -> Iterator[str]:
    from winslow.v1.file_pb2 import FILE_KIND_DIRECTORY
    from winslowctl.places import is_remote, remote

    if not is_remote(text):
        yield from (f"{one}:" for one in ("resources", *_projects(client)) if one.startswith(text))
        return
    typed, _, begun = (
        text.rpartition("/") if "/" in text else (text[: text.rindex(":") + 1], "", text.rpartition(":")[2])
    )
    above = f"{typed}/" if "/" in text else typed
    directory = remote(client, above, whole=True)
    for entry in client.files.list(directory.path):
        if entry.base_name.startswith(begun):
            yield f"{above}{entry.base_name}{'/' if entry.kind == FILE_KIND_DIRECTORY else ''}"


def _projects(client: Client) -> Iterator[str]:
    return (last(one.name) for one in client.projects.list())


projects = _names(_projects)
pipelines = _names(lambda client: (last(one.name) for one in client.pipelines.list()))
nodes = _names(lambda client: (last(one.name) for one in client.nodes.list()))
stages = _names(_stages)
definitions = _names(_definitions)
