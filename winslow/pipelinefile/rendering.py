"""Writing a Pipeline as the file that a person would have written: what has its default value is left out.

What is written reads back as an equal Pipeline, if it passes `winslow.domain.graph.check`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from io import StringIO
from typing import Any

from winslow.domain.pipeline import Edge, LogParser, Pipeline, RetryPolicy, StageDefinition, UserInput
from winslow.domain.quantity import format_duration, format_size
from winslow.domain.resources import GpuRequest, GpuVendor, Resources
from winslow.pipelinefile.decoding import default

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


_NO_TEXT_IN_YAML_1_1 = re.compile(r"(?i:y|n|yes|no|on|off)|[-+]?[0-9][0-9_:.]*")
"""Texts that tools of YAML 1.1 take for booleans and numbers (`1000:1000`); quotes make them texts everywhere."""
_SHORT_LISTS = ("arguments", "after", "tags", "on", "variables")


def _yaml(tree: Tree) -> str:
    from ruamel.yaml import YAML
    from ruamel.yaml.comments import CommentedSeq
    from ruamel.yaml.scalarstring import LiteralScalarString, SingleQuotedScalarString

    def styled(value: object, name: str = "") -> object:
        match value:
            case str() if "\n" in value:
                return LiteralScalarString(value)
            case str():
                return SingleQuotedScalarString(value) if _NO_TEXT_IN_YAML_1_1.fullmatch(value) else str(value)
            case Mapping():
                return {key: styled(one, str(key)) for key, one in value.items()}
            case list():
                items = CommentedSeq(styled(one) for one in value)
                if name in _SHORT_LISTS and not any(isinstance(one, str) and "\n" in one for one in value):
                    items.fa.set_flow_style()
                return items
            case _:
                return value

    writer = YAML(typ="rt", pure=True)
    writer.width = 4096  # a line is never folded
    writer.indent(mapping=2, sequence=4, offset=2)
    written = StringIO()
    writer.dump(styled(tree), written)
    return written.getvalue()
