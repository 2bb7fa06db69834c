"""The graph of a pipeline: whether it makes sense, and the orders and neighbourhoods that decisions need.

`check` finds all that is wrong; the other functions answer for any pipeline, and take an edge to a stage that is
not there for no edge. Where the graph leaves a choice stages come in the author's order, so every answer is
always the same. It never needs to know what a stage does or how far a run has come.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from heapq import heappop, heappush
from weakref import ref

from winslow.domain import condition
from winslow.domain.definition import STAGES_MAX, Fault, Path, check_definition, check_pipeline_values, show_path
from winslow.domain.pipeline import DefinitionName, Edge, Pipeline, StageDefinition, WorkspaceMode
from winslow.errors import InvalidArgument

__all__ = [
    "Fault",
    "ancestors",
    "check",
    "descendants",
    "parent_order",
    "reached",
    "require",
    "roots",
    "show_path",
    "successors",
    "topological",
]


def check(pipeline: Pipeline) -> tuple[Fault, ...]:
    """Everything that is wrong with a pipeline, in the order of its stages; empty when it can be run."""
    found = list(check_pipeline_values(pipeline))
    if not 1 <= len(pipeline.stages) <= STAGES_MAX:
        has = f"has {len(pipeline.stages)} stages, not 1 to {STAGES_MAX}" if pipeline.stages else "has no stages"
        return (*found, Fault(("stages",), "STAGES_COUNT", has))
    for index, stage in enumerate(pipeline.stages):
        found += check_definition(stage, ("stages", index))
        found += _edges(pipeline, index)
    found += _same_names(pipeline)
    found += _cycles(pipeline)
    found += _workspaces(pipeline)
    return tuple(found)


def require(pipeline: Pipeline) -> None:
    """Raise InvalidArgument (PIPELINE_INVALID) when `check` finds anything; its message has all of it."""
    faults = check(pipeline)
    if faults:
        raise InvalidArgument(
            "The pipeline makes no sense: " + "; ".join(str(fault) for fault in faults[:20]),
            reason="PIPELINE_INVALID",
            subject=pipeline.name,
            metadata={"path": show_path(faults[0].path), "fault": faults[0].reason, "faults": str(len(faults))},
        )


def roots(pipeline: Pipeline) -> tuple[DefinitionName, ...]:
    """The stages that nothing comes before."""
    return tuple(stage.name for stage in pipeline.stages if not stage.after)


def successors(pipeline: Pipeline, name: str) -> tuple[tuple[DefinitionName, Edge], ...]:
    """The stages that come directly after `name`, each with the edge that leads to it."""
    return tuple((stage.name, edge) for stage in pipeline.stages for edge in stage.after if edge.stage == name)


def descendants(pipeline: Pipeline, name: str) -> frozenset[DefinitionName]:
    """All that comes after `name`, directly or not; `name` itself is not among them."""
    return _reach(name, _nexts(pipeline))


def reached(pipeline: Pipeline, names: Iterable[str]) -> frozenset[DefinitionName]:
    """All that comes after any of `names`, in one walk: a run may start at hundreds of stages."""
    return _walk([DefinitionName(name) for name in names], _nexts(pipeline))


def ancestors(pipeline: Pipeline, name: str) -> frozenset[DefinitionName]:
    """All that comes before `name`, directly or not; `name` itself is not among them."""
    return _reach(name, _befores(pipeline))


def parent_order(pipeline: Pipeline, name: str) -> tuple[DefinitionName, ...]:
    """The stages that may be the parent of `name`, best first: the first whose edge is taken passes its workspace on."""
    stage = pipeline.stage(name)
    return tuple(edge.stage for edge in stage.after) if stage else ()


def topological(pipeline: Pipeline) -> tuple[DefinitionName, ...]:
    """Every stage behind all that come before it. Raises InvalidArgument (PIPELINE_INVALID) when there is a cycle."""
    order = _shape(pipeline).order
    if len(order) < len(_befores(pipeline)):
        require(pipeline)
    return order


Neighbours = Mapping[DefinitionName, tuple[DefinitionName, ...]]


@dataclass(frozen=True, slots=True)
class _Shape:
    """What comes directly before and after each stage, and an order in which all that come before a stage stand before it.

    Stages on a cycle, and what comes after them, are not in the order.
    """

    befores: Neighbours
    nexts: Neighbours
    order: tuple[DefinitionName, ...]


_shapes: dict[int, tuple[ref[Pipeline], _Shape]] = {}
"""By the pipeline's identity, for as long as it is there: it never changes, and every step of each of its runs asks for this."""
_AT_MOST = 4096
"""Pipelines whose shapes are remembered; a shape is a few kilobytes."""


def _shape(pipeline: Pipeline) -> _Shape:
    known = _shapes.get(id(pipeline))
    if known is not None:
        return known[1]
    key = id(pipeline)
    befores = _find_befores(pipeline)
    nexts = _turned(befores)
    shape = _Shape(befores, nexts, _order(befores, nexts))
    while len(_shapes) >= _AT_MOST:
        del _shapes[next(iter(_shapes))]
    _shapes[key] = ref(pipeline, lambda _: _shapes.pop(key, None)), shape
    return shape


def _befores(pipeline: Pipeline) -> Neighbours:
    return _shape(pipeline).befores


def _nexts(pipeline: Pipeline) -> Neighbours:
    return _shape(pipeline).nexts


def _find_befores(pipeline: Pipeline) -> Neighbours:
    stages: dict[DefinitionName, StageDefinition] = {}
    for stage in pipeline.stages:
        stages.setdefault(stage.name, stage)  # of two stages with one name the first counts, as in Pipeline.stage
    return {
        name: tuple(dict.fromkeys(edge.stage for edge in stage.after if edge.stage in stages))
        for name, stage in stages.items()
    }


def _turned(befores: Neighbours) -> Neighbours:
    nexts: dict[DefinitionName, list[DefinitionName]] = {name: [] for name in befores}
    for name, before in befores.items():
        for one in before:
            nexts[one].append(name)
    return {name: tuple(after) for name, after in nexts.items()}


def _order(befores: Neighbours, nexts: Neighbours) -> tuple[DefinitionName, ...]:
    place = {name: index for index, name in enumerate(befores)}
    waits = {name: len(before) for name, before in befores.items()}
    ready = [place[name] for name in befores if not waits[name]]
    order: list[DefinitionName] = []
    names = tuple(befores)
    while ready:
        name = names[heappop(ready)]
        order.append(name)
        for after in nexts[name]:
            waits[after] -= 1
            if not waits[after]:
                heappush(ready, place[after])
    return tuple(order)


def _reach(name: str, neighbours: Neighbours) -> frozenset[DefinitionName]:
    return _walk([DefinitionName(name)], neighbours) - {name}


def _walk(front: list[DefinitionName], neighbours: Neighbours) -> frozenset[DefinitionName]:
    seen: set[DefinitionName] = set()
    while front:
        fresh = [one for one in neighbours.get(front.pop(), ()) if one not in seen]
        seen.update(fresh)
        front += fresh
    return frozenset(seen)


def _same_names(pipeline: Pipeline) -> Iterator[Fault]:
    first: dict[str, int] = {}
    for index, stage in enumerate(pipeline.stages):
        if stage.name in first:
            message = f"the name {stage.name!r} is taken by stages[{first[stage.name]}]"
            yield Fault(("stages", index, "name"), "STAGE_NAME_DUPLICATE", message, "Give each stage a name of its own")
        first.setdefault(stage.name, index)


def _edges(pipeline: Pipeline, index: int) -> Iterator[Fault]:
    stage, seen = pipeline.stages[index], set[str]()
    for number, edge in enumerate(stage.after):
        at: Path = ("stages", index, "after", number)
        if edge.stage == stage.name:
            yield Fault((*at, "stage"), "EDGE_SELF", f"{stage.name!r} cannot come after itself")
        elif pipeline.stage(edge.stage) is None:
            yield Fault(
                (*at, "stage"), "EDGE_UNKNOWN", f"there is no stage {edge.stage!r}", _closest(edge.stage, pipeline)
            )
        if edge.stage in seen:
            hint = "Join the conditions of both with 'or'"
            yield Fault((*at, "stage"), "EDGE_DUPLICATE", f"{edge.stage!r} is there twice", hint)
        seen.add(edge.stage)
        yield from _condition((*at, "when"), edge.when)


def _closest(name: str, pipeline: Pipeline) -> str:
    from difflib import get_close_matches

    found = get_close_matches(name, [stage.name for stage in pipeline.stages], 1)
    return f"Did you mean {found[0]!r}?" if found else ""


def _condition(path: Path, text: str) -> Iterator[Fault]:
    if not text:
        return
    try:
        condition.parse(text)
    except InvalidArgument as problem:
        said, column = f"the condition {problem.metadata['problem']}", int(problem.metadata["column"])
        yield Fault(path, problem.reason, said, problem.hint, column)


def _cycles(pipeline: Pipeline) -> Iterator[Fault]:
    """One fault for each cycle; cycles that share stages are reported one at a time."""
    index = {stage.name: number for number, stage in reversed(list(enumerate(pipeline.stages)))}
    left = {name: [one for one in before if one != name] for name, before in _befores(pipeline).items()}
    while left := _without_firsts(left):
        cycle = _some_cycle(left, min(left, key=index.__getitem__))
        head = min(cycle, key=index.__getitem__)
        turn = cycle.index(head)
        cycle = [*cycle[turn:], *cycle[:turn]]
        stage = pipeline.stages[index[head]]
        edge = next(number for number, edge in enumerate(stage.after) if edge.stage == cycle[-1])
        way = " -> ".join([*cycle, head])
        yield Fault(
            ("stages", index[head], "after", edge, "stage"),
            "GRAPH_CYCLE",
            f"the stages wait for one another: {way}",
            "To do a stage again, redo it in the project: a pipeline has no loops",
        )
        left = {name: before for name, before in left.items() if name not in cycle}


def _without_firsts(
    befores: Mapping[DefinitionName, Iterable[DefinitionName]],
) -> dict[DefinitionName, list[DefinitionName]]:
    """What is left when stages that wait for nothing are taken away again and again: nothing, unless there is a cycle."""
    left = {name: [one for one in before if one in befores] for name, before in befores.items()}
    while gone := {name for name, before in left.items() if not before}:
        left = {name: [one for one in before if one not in gone] for name, before in left.items() if name not in gone}
    return left


def _some_cycle(befores: Mapping[DefinitionName, list[DefinitionName]], start: DefinitionName) -> list[DefinitionName]:
    """Walk backwards until a stage comes again; each has one before it. In the order in which they would run."""
    way = [start]
    while (before := befores[way[-1]][0]) not in way:
        way.append(before)
    return way[way.index(before) :][::-1]


def _workspaces(pipeline: Pipeline) -> Iterator[Fault]:
    for index, stage in enumerate(pipeline.stages):
        if stage.workspace is not WorkspaceMode.CONTINUE:
            continue
        at: Path = ("stages", index, "workspace")
        if not stage.after:
            message = "a first stage has no workspace to continue in"
            yield Fault(at, "WORKSPACE_WITHOUT_PARENT", message, "Use 'copy' to start with the project's files")
        elif rival := _rival(pipeline, stage):
            message = f"{rival!r} may use the workspace of {stage.after[0].stage!r} while this stage changes it"
            yield Fault(at, "WORKSPACE_CONTENDED", message, "Use 'copy', or let one of both come after the other")


def _parents(pipeline: Pipeline, stage: StageDefinition) -> list[Edge]:
    """The edges over which its parent may come: the first that is taken.

    An edge without a condition is not taken where its stage is dead, or outside of a run that begins elsewhere; it bars
    only those after it whose stages never come without it.
    """
    return [
        edge
        for place, edge in enumerate(stage.after)
        if not any(
            not other.when and _always_before(pipeline, other.stage, edge.stage) for other in stage.after[:place]
        )
    ]


def _always_before(pipeline: Pipeline, first: DefinitionName, then: DefinitionName) -> bool:
    """Whether `then` never comes without `first` before it, whichever way it comes."""
    stage = pipeline.stage(then)
    ways = stage.after if stage else ()
    return bool(ways) and all(edge.stage == first or _always_before(pipeline, first, edge.stage) for edge in ways)


def _homes(
    pipeline: Pipeline, name: DefinitionName, seen: frozenset[DefinitionName] = frozenset()
) -> set[DefinitionName]:
    """The stages in whose directories it may work: its own, or where those may work that it may continue.

    None for a layered one and for what continues it: they work in layers, which nobody else works in.
    """
    stage = pipeline.stage(name)
    if stage is not None and stage.workspace is WorkspaceMode.LAYERED:
        return set()
    if stage is None or stage.workspace is not WorkspaceMode.CONTINUE or not stage.after or name in seen:
        return {name}
    return {home for edge in _parents(pipeline, stage) for home in _homes(pipeline, edge.stage, seen | {name})}


def _rival(pipeline: Pipeline, stage: StageDefinition) -> str:
    """A stage that may be made from the same workspace and is not kept apart by the graph; or "".

    Two different conditions are taken to be a choice between the two; one that is always taken is no choice. What is
    layered stands on that workspace for ever, so coming before this stage does not keep it apart.
    """
    after, before = descendants(pipeline, stage.name), ancestors(pipeline, stage.name)
    for other in pipeline.stages:
        related = other.name in after or other.name == stage.name
        if other.workspace is not WorkspaceMode.LAYERED:
            related = related or other.name in before
        if not related and other.workspace is not WorkspaceMode.EMPTY:
            pairs = ((mine, theirs) for mine in _parents(pipeline, stage) for theirs in _parents(pipeline, other))
            if any(_contend(pipeline, mine, theirs) for mine, theirs in pairs):
                return other.name
    return ""


def _contend(pipeline: Pipeline, mine: Edge, theirs: Edge) -> bool:
    choice = mine.when and theirs.when and mine.when != theirs.when
    return not choice and not _homes(pipeline, mine.stage).isdisjoint(_homes(pipeline, theirs.stage))
