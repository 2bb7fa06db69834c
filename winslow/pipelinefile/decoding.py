"""From a tree of nodes to a Pipeline, as far as that can be done: what the schema has found wrong is left out.

So the graph of a half-broken file can still be checked and its author told everything at once. A default is that
of the value's own class, written nowhere else. It never needs to know about YAML or who reports a problem.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, fields
from enum import Enum
from typing import Any, TypeVar, cast

from winslow.domain.pipeline import (
    Confirmation,
    DefinitionName,
    Edge,
    LogParser,
    Network,
    Pipeline,
    RetryOn,
    RetryPolicy,
    StageDefinition,
    UserInput,
    WorkspaceMode,
)
from winslow.domain.quantity import parse_duration, parse_size
from winslow.domain.resources import GpuRequest, GpuVendor, Resources
from winslow.errors import InvalidArgument
from winslow.pipelinefile.nodes import Fields, Items, Node, Scalar

T = TypeVar("T")
E = TypeVar("E", bound=Enum)


class Unfit(Exception):
    """A node that is not what its field needs; the schema has said so."""


Decode = Callable[[Node], T]


def pipeline(root: Node) -> Pipeline:
    """The pipeline that the tree describes; whatever is unfit has its default, a name that is missing is empty."""
    return Pipeline(
        name=_field(root, "name", _text, ""),
        stages=_stages(root),
        description=_field(root, "description", _text, ""),
        environment=_field(root, "environment", _environment, {}),
    )


def _stages(root: Node) -> tuple[StageDefinition, ...]:
    none: tuple[Node, ...] = ()
    before: tuple[Edge, ...] = ()
    stages: list[StageDefinition] = []
    for node in _field(root, "stages", _nodes, none):
        stages.append(_stage(node, before))
        before = (Edge(stages[-1].name),)
    return tuple(stages)


def _stage(node: Node, before: tuple[Edge, ...]) -> StageDefinition:
    def field(name: str, decode: Decode[T], attribute: str = "") -> T:
        return _field(node, name, decode, cast(T, default(StageDefinition, attribute or name)))

    return StageDefinition(
        name=DefinitionName(_field(node, "name", _text, "")),
        image=_field(node, "image", _text, ""),
        description=field("description", _text),
        arguments=field("arguments", _texts),
        environment=field("environment", _environment),
        resources=field("resources", _resources),
        after=_field(node, "after", _edges, before),
        timeout=field("timeout", _duration),
        lost_after=field("lost-after", _duration, "lost_after"),
        retry=field("retry", _retry),
        network=field("network", _choice(Network)),
        user=field("user", _text),
        discardable=field("discardable", _boolean),
        workspace=field("workspace", _choice(WorkspaceMode)),
        user_input=field("input", _input, "user_input"),
        log_parsers=field("log-parsers", _log_parsers, "log_parsers"),
        log_limit=field("log-limit", _size, "log_limit"),
        grace=field("grace", _duration),
    )


def _resources(node: Node) -> Resources:
    def field(name: str, decode: Decode[T], attribute: str = "") -> T:
        return _field(node, name, decode, cast(T, default(Resources, attribute or name)))

    return Resources(
        cpus=field("cpus", _number),
        memory=field("memory", _size),
        shared_memory=field("shared-memory", _size, "shared_memory"),
        pids=field("pids", _integer),
        gpus=field("gpus", _gpus),
        tags=frozenset(field("tags", _texts)),
    )


def _gpus(node: Node) -> GpuRequest:
    if isinstance(node, Scalar):
        return GpuRequest(count=_integer(node))
    return GpuRequest(
        count=_field(node, "count", _integer, 0),
        vendor=_field(node, "vendor", _choice(GpuVendor), GpuVendor.ANY),
        memory=_field(node, "memory", _size, 0),
    )


def _retry(node: Node) -> RetryPolicy:
    def field(name: str, decode: Decode[T], attribute: str = "") -> T:
        return _field(node, name, decode, cast(T, default(RetryPolicy, attribute or name)))

    return RetryPolicy(
        attempts=field("attempts", _integer),
        backoff=field("backoff", _duration),
        factor=field("factor", _number),
        backoff_max=field("backoff-max", _duration, "backoff_max"),
        on=field("on", lambda on: frozenset(_choice(RetryOn)(one) for one in _nodes(on))),
    )


def _input(node: Node) -> UserInput:
    return UserInput(
        variables=_field(node, "variables", _texts, ()),
        confirmation=_field(node, "confirmation", _choice(Confirmation), Confirmation.NEVER),
    )


def _log_parsers(node: Node) -> tuple[LogParser, ...]:
    return tuple(LogParser(_field(one, "name", _text, ""), _field(one, "pattern", _text, "")) for one in _nodes(node))


def _edges(node: Node) -> tuple[Edge, ...]:
    return tuple(_edge(one) for one in _nodes(node))


def _edge(node: Node) -> Edge:
    if isinstance(node, Scalar):
        return Edge(DefinitionName(node.text))
    return Edge(DefinitionName(_field(node, "stage", _text, "")), _field(node, "when", _text, ""))


def default(of: type, attribute: str) -> object:
    """The default of a dataclass's field."""
    found: Any = next(field for field in fields(of) if field.name == attribute)
    return found.default if found.default_factory is MISSING else found.default_factory()


def _field(node: Node, name: str, decode: Decode[T], otherwise: T) -> T:
    if not isinstance(node, Fields) or name not in node.values:
        return otherwise
    try:
        return decode(node.values[name])
    except (Unfit, InvalidArgument):
        return otherwise


def _nodes(node: Node) -> tuple[Node, ...]:
    if not isinstance(node, Items):
        raise Unfit
    return tuple(node.items)


def _scalar(node: Node) -> Scalar:
    if not isinstance(node, Scalar) or node.data is None:
        raise Unfit
    return node


def _text(node: Node) -> str:
    """As written: 1.0 stays "1.0"."""
    return _scalar(node).text


def _texts(node: Node) -> tuple[str, ...]:
    return tuple(_text(one) for one in _nodes(node))


def _environment(node: Node) -> dict[str, str]:
    if not isinstance(node, Fields):
        raise Unfit
    return {key: value.text for key, value in node.values.items() if isinstance(value, Scalar)}


def _number(node: Node) -> float:
    data = _scalar(node).data
    if isinstance(data, bool) or not isinstance(data, int | float):
        raise Unfit
    return data


def _integer(node: Node) -> int:
    number = _number(node)
    if number != int(number):
        raise Unfit
    return int(number)


def _boolean(node: Node) -> bool:
    data = _scalar(node).data
    if not isinstance(data, bool):
        raise Unfit
    return data


def _size(node: Node) -> int:
    data = _scalar(node).data
    return parse_size(data) if isinstance(data, str) else _integer(node)


def _duration(node: Node) -> float:
    data = _scalar(node).data
    return parse_duration(data) if isinstance(data, str) else float(_number(node))


def _choice(of: type[E]) -> Decode[E]:
    def decode(node: Node) -> E:
        try:
            return of(_text(node))
        except ValueError:
            raise Unfit from None

    return decode
