"""Names of projects, stages and the like for the shell's completion: quick, and silent when nobody answers."""

from __future__ import annotations

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


projects = _names(lambda client: (last(one.name) for one in client.projects.list()))
pipelines = _names(lambda client: (last(one.name) for one in client.pipelines.list()))
nodes = _names(lambda client: (last(one.name) for one in client.nodes.list()))
stages = _names(_stages)
definitions = _names(_definitions)
