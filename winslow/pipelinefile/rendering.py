"""Writing a Pipeline as the file that a person would have written: what has its default value is left out.

What is written reads back as an equal Pipeline, if it passes `winslow.domain.graph.check`, and means the same to tools
that know only YAML 1.1: what they would take for a boolean or a date is quoted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from winslow.domain.pipeline import Edge, LogParser, Pipeline, RetryPolicy, StageDefinition, UserInput
from winslow.domain.quantity import format_duration, format_size
from winslow.domain.resources import GpuRequest, GpuVendor, Resources
from winslow.pipelinefile.decoding import default
from winslow.pipelinefile.nodes import resolve

Tree = dict[str, Any]


def render(pipeline: Pipeline) -> str:
    """The pipeline as YAML, in the order of its stages, the same text for equal pipelines with equal order."""
    tree: Tree = {"name": pipeline.name}
    _put(tree, "description", pipeline.description, "")
    _put(tree, "environment", dict(pipeline.environment), {})
    tree["stages"] = [
        _stage(stage, (Edge(before.name),) if before else ())
        for before, stage in zip((None, *pipeline.stages), pipeline.stages, strict=False)
    ]
    return _yaml(tree)


def _stage(stage: StageDefinition, before: tuple[Edge, ...]) -> Tree:
    tree: Tree = {"name": stage.name, "image": stage.image}
    _put(tree, "description", stage.description, "")
    _put(tree, "after", [_edge(edge) for edge in stage.after], [_edge(edge) for edge in before])
    _put(tree, "arguments", list(stage.arguments), [])
    _put(tree, "environment", dict(stage.environment), {})
    _put(tree, "resources", _resources(stage.resources), {})
    _put(tree, "timeout", format_duration(stage.timeout), format_duration(_usual("timeout")))
    _put(tree, "lost-after", format_duration(stage.lost_after), format_duration(_usual("lost_after")))
    _put(tree, "retry", _retry(stage.retry), {})
    _put(tree, "network", stage.network.value, _usual("network").value)
    _put(tree, "user", stage.user, "")
    _put(tree, "workspace", stage.workspace.value, _usual("workspace").value)
    _put(tree, "discardable", stage.discardable, _usual("discardable"))
    _put(tree, "input", _input(stage.user_input), {})
    _put(tree, "log-parsers", [_log_parser(parser) for parser in stage.log_parsers], [])
    _put(tree, "log-limit", format_size(stage.log_limit), format_size(_usual("log_limit")))
    _put(tree, "grace", format_duration(stage.grace), format_duration(_usual("grace")))
    return tree


def _resources(resources: Resources) -> Tree:
    usual, tree = Resources(), Tree()
    _put(tree, "cpus", _number(resources.cpus), _number(usual.cpus))
    _put(tree, "memory", format_size(resources.memory), format_size(usual.memory))
    _put(tree, "shared-memory", format_size(resources.shared_memory), format_size(usual.shared_memory))
    _put(tree, "pids", resources.pids, usual.pids)
    _put(tree, "gpus", _gpus(resources.gpus), 0)
    _put(tree, "tags", sorted(resources.tags), [])
    return tree


def _gpus(gpus: GpuRequest) -> Tree | int:
    if gpus == GpuRequest(count=gpus.count):
        return gpus.count
    tree: Tree = {"count": gpus.count}
    _put(tree, "vendor", gpus.vendor.value, GpuVendor.ANY.value)
    _put(tree, "memory", format_size(gpus.memory), format_size(0))
    return tree


def _retry(retry: RetryPolicy) -> Tree:
    usual, tree = RetryPolicy(), Tree()
    _put(tree, "attempts", retry.attempts, usual.attempts)
    _put(tree, "backoff", format_duration(retry.backoff), format_duration(usual.backoff))
    _put(tree, "factor", _number(retry.factor), _number(usual.factor))
    _put(tree, "backoff-max", format_duration(retry.backoff_max), format_duration(usual.backoff_max))
    _put(tree, "on", sorted(one.value for one in retry.on), sorted(one.value for one in usual.on))
    return tree


def _input(user_input: UserInput) -> Tree:
    usual, tree = UserInput(), Tree()
    _put(tree, "variables", list(user_input.variables), list(usual.variables))
    _put(tree, "confirmation", user_input.confirmation.value, usual.confirmation.value)
    return tree


def _log_parser(parser: LogParser) -> Tree:
    return {"name": parser.name, "pattern": parser.pattern}


def _edge(edge: Edge) -> Tree | str:
    return {"stage": edge.stage, "when": edge.when} if edge.when else str(edge.stage)


def _usual(attribute: str) -> Any:
    return default(StageDefinition, attribute)


def _number(value: float) -> float:
    """2 rather than 2.0"""
    return int(value) if value == int(value) else value


def _put(tree: Tree, name: str, value: object, usual: object) -> None:
    if value != usual:
        tree[name] = value


_IN_ONE_LINE = ("arguments", "tags", "on", "variables")


def _yaml(tree: Tree) -> str:
    return "".join(f"{line}\n" for line in _fields(tree, ""))


def _fields(tree: Tree, indent: str) -> Iterator[str]:
    for name, value in tree.items():
        key = f"{indent}{_scalar(name)}:"
        match value:
            case dict():
                yield key
                yield from _fields(value, indent + "  ")
            case list() if not value or (name in _IN_ONE_LINE and all(len(one) <= 40 for one in value)):
                yield f"{key} [{', '.join(_scalar(one, listed=True) for one in value)}]"
            case list():
                yield key
                yield from _items(value, indent + "  ")
            case str() if _is_block(value):
                yield f"{key} |{'' if value.endswith(chr(10)) else '-'}"
                yield from (f"{indent}  {line}" if line else "" for line in value.removesuffix("\n").split("\n"))
            case _:
                yield f"{key} {_scalar(value)}"


def _items(items: list[Tree | str], indent: str) -> Iterator[str]:
    for item in items:
        if isinstance(item, str):
            yield f"{indent}- {_scalar(item)}"
        else:
            first, *others = _fields(item, indent + "  ")
            yield f"{indent}- {first.lstrip()}"
            yield from others


def _scalar(value: str | float, *, listed: bool = False) -> str:
    """One value in one line; in a list in one line, a comma would end it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        return repr(value)
    ambiguous = not isinstance(resolve(value), str) or _OTHER_IN_YAML_1_1.fullmatch(value)
    if _PLAIN.fullmatch(value) and not ambiguous and not (listed and "," in value):
        return value
    if ("\\" in value or '"' in value) and _PRINTABLE.fullmatch(value):
        return "'" + value.replace("'", "''") + "'"
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + _UNPRINTABLE.sub(lambda found: _escape(found[0]), escaped) + '"'


def _is_block(text: str) -> bool:
    """Whether a text of several lines can stand as it is: nothing unprintable, no spaces that one could not see."""
    lines = text.removesuffix("\n").split("\n")
    seen = all(_PRINTABLE.fullmatch(line) and line == line.rstrip() for line in lines)
    return "\n" in text and seen and lines[0] == lines[0].lstrip() != "" and lines[-1] != ""


def _escape(character: str) -> str:
    short = {"\n": "\\n", "\t": "\\t", "\r": "\\r"}
    return short.get(character) or f"\\u{ord(character):04x}"


_PLAIN = re.compile(
    r"(?:[A-Za-z0-9_./(]|-{1,2}[A-Za-z])[\w./@+=<>(),-]*(?:[ :][\w./@+=<>()][\w./@+=<>(),-]*)*", re.ASCII
)
_OTHER_IN_YAML_1_1 = re.compile(r"(?i:y|n|yes|no|on|off)|[-+.]?[0-9][-0-9_:.TtZz+ ]*")
"""What tools of YAML 1.1 take for a boolean, a date or a number in base 60 (`1000:1000`)."""
_PRINTABLE = re.compile(r"[ -~\u00a0-\u1fff]*")
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
