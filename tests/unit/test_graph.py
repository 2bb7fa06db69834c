"""A pipeline's graph: all that can be wrong with it, and the orders that decisions rely on."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.pipelines import graph_of, graphs, pipelines
from winslow.domain import graph
from winslow.domain.pipeline import (
    DefinitionName,
    Edge,
    LogParser,
    Pipeline,
    RetryPolicy,
    StageDefinition,
    UserInput,
    WorkspaceMode,
)
from winslow.domain.resources import GpuRequest, Resources
from winslow.errors import InvalidArgument


def faults(pipeline: Pipeline) -> list[tuple[str, str]]:
    return [(graph.show_path(fault.path), fault.reason) for fault in graph.check(pipeline)]


def of_one(**changes: Any) -> list[tuple[str, str]]:
    """The faults of a pipeline of one stage that is sound but for `changes`."""
    return faults(Pipeline("p", (replace(StageDefinition(DefinitionName("a"), "image"), **changes),)))


@given(pipelines())
def test_a_sound_pipeline_has_no_faults(pipeline: Pipeline) -> None:
    assert graph.check(pipeline) == ()
    graph.require(pipeline)


def test_a_pipeline_has_a_stage_at_least_and_five_hundred_at_most() -> None:
    assert faults(Pipeline("p", ())) == [("stages", "STAGES_COUNT")]
    many = tuple(StageDefinition(DefinitionName(f"s{index}"), "image") for index in range(501))
    assert faults(Pipeline("p", many[:500])) == []
    assert faults(Pipeline("p", many)) == [("stages", "STAGES_COUNT")]


@pytest.mark.parametrize("name", ["", "A", "1a", "-a", "a_b", "a" * 41, "a b", "a\n", "ä"])
def test_a_stages_name_is_checked(name: str) -> None:
    assert of_one(name=DefinitionName(name)) == [("stages[0].name", "STAGE_NAME_INVALID")]


@pytest.mark.parametrize(
    ("changes", "path", "reason"),
    [
        ({"image": ""}, "image", "IMAGE_INVALID"),
        ({"image": "two words"}, "image", "IMAGE_INVALID"),
        ({"image": "-rm"}, "image", "IMAGE_INVALID"),
        ({"user": "root user"}, "user", "USER_INVALID"),
        ({"user": "1:2:3"}, "user", "USER_INVALID"),
        ({"description": "\0"}, "description", "TEXT_INVALID"),
        ({"arguments": ("x", "\ud800")}, "arguments[1]", "TEXT_INVALID"),
        ({"arguments": ("x" * 100_001,)}, "arguments[0]", "TEXT_INVALID"),
        ({"environment": {"A": "\0"}}, "environment.A", "TEXT_INVALID"),
        ({"environment": {"1A": ""}}, "environment.1A", "VARIABLE_NAME_INVALID"),
        ({"environment": {"WINSLOW_X": ""}}, "environment.WINSLOW_X", "VARIABLE_RESERVED"),
        ({"user_input": UserInput(("A", "A"))}, "user_input.variables[1]", "VARIABLE_DUPLICATE"),
        ({"user_input": UserInput(("a b",))}, "user_input.variables[0]", "VARIABLE_NAME_INVALID"),
        ({"resources": Resources(tags=frozenset({"a b"}))}, "resources.tags", "TAG_INVALID"),
        ({"resources": Resources(cpus=0)}, "resources.cpus", "VALUE_OUT_OF_RANGE"),
        ({"resources": Resources(cpus=float("nan"))}, "resources.cpus", "VALUE_OUT_OF_RANGE"),
        ({"resources": Resources(memory=(6 << 20) - 1)}, "resources.memory", "VALUE_OUT_OF_RANGE"),
        ({"resources": Resources(memory=-1)}, "resources.memory", "VALUE_OUT_OF_RANGE"),
        ({"resources": Resources(pids=0)}, "resources.pids", "VALUE_OUT_OF_RANGE"),
        ({"resources": Resources(gpus=GpuRequest(-1))}, "resources.gpus.count", "VALUE_OUT_OF_RANGE"),
        ({"timeout": -1}, "timeout", "VALUE_OUT_OF_RANGE"),
        ({"timeout": float("inf")}, "timeout", "VALUE_OUT_OF_RANGE"),
        ({"grace": 86401}, "grace", "VALUE_OUT_OF_RANGE"),
        ({"log_limit": 0}, "log_limit", "VALUE_OUT_OF_RANGE"),
        ({"retry": RetryPolicy(attempts=0)}, "retry.attempts", "VALUE_OUT_OF_RANGE"),
        ({"retry": RetryPolicy(factor=0.5)}, "retry.factor", "VALUE_OUT_OF_RANGE"),
        ({"retry": RetryPolicy(on=frozenset())}, "retry.on", "RETRY_NEVER"),
        ({"log_parsers": (LogParser("x", "no group"),)}, "log_parsers[0].pattern", "LOG_PARSER_INVALID"),
        ({"log_parsers": (LogParser("x y", "(?P<x>.)"),)}, "log_parsers[0].name", "NAME_INVALID"),
        ({"log_parsers": (LogParser("x", "(?P<x>.)"),) * 2}, "log_parsers[1].name", "LOG_PARSER_DUPLICATE"),
        ({"workspace": WorkspaceMode.CONTINUE}, "workspace", "WORKSPACE_WITHOUT_PARENT"),
    ],
)
def test_a_value_is_checked(changes: dict[str, Any], path: str, reason: str) -> None:
    assert of_one(**changes) == [(f"stages[0].{path}", reason)]


def test_no_memory_limit_is_a_limit_of_zero() -> None:
    assert of_one(resources=Resources(memory=0)) == of_one(resources=Resources(memory=6 << 20)) == []


def test_the_pipelines_own_name_and_variables_are_checked() -> None:
    pipeline = replace(graph_of(a=""), name="two words", environment={"A-B": "x"})
    assert faults(pipeline) == [("name", "NAME_INVALID"), ("environment.A-B", "VARIABLE_NAME_INVALID")]


def test_two_stages_cannot_have_one_name() -> None:
    pipeline = graph_of(a="", b="a")
    twice = replace(pipeline, stages=(*pipeline.stages, pipeline.stages[0]))
    assert faults(twice) == [("stages[2].name", "STAGE_NAME_DUPLICATE")]


def test_an_edge_leads_to_another_stage_that_is_there_once() -> None:
    assert faults(graph_of(detect="", track="detcet")) == [("stages[1].after[0].stage", "EDGE_UNKNOWN")]
    assert graph.check(graph_of(detect="", track="detcet"))[0].hint == "Did you mean 'detect'?"
    assert faults(graph_of(a="a")) == [("stages[0].after[0].stage", "EDGE_SELF")]
    assert faults(graph_of(a="", b="a a")) == [("stages[1].after[1].stage", "EDGE_DUPLICATE")]


def test_a_cycle_is_named_from_its_first_stage_on() -> None:
    (fault,) = graph.check(graph_of(x="", b="x c", a="b", c="a", after="c"))
    assert (fault.reason, graph.show_path(fault.path)) == ("GRAPH_CYCLE", "stages[1].after[1].stage")
    assert "b -> a -> c -> b" in fault.message


def test_each_cycle_is_named() -> None:
    found = graph.check(graph_of(a="b", b="a", c="d b", d="c"))
    assert [fault.message.partition(": ")[2] for fault in found] == ["a -> b -> a", "c -> d -> c"]


def test_a_condition_is_checked_and_its_column_kept() -> None:
    pipeline = graph_of(a="", b="a")
    broken = replace(pipeline.stages[1], after=(Edge(DefinitionName("a"), "results.x = 1"),))
    (fault,) = graph.check(replace(pipeline, stages=(pipeline.stages[0], broken)))
    assert (fault.reason, fault.column, graph.show_path(fault.path)) == (
        "CONDITION_INVALID",
        11,
        "stages[1].after[0].when",
    )


def continuing(pipeline: Pipeline, *names: str) -> Pipeline:
    stages = tuple(
        replace(stage, workspace=WorkspaceMode.CONTINUE) if stage.name in names else stage for stage in pipeline.stages
    )
    return replace(pipeline, stages=stages)


def test_a_workspace_is_not_changed_while_another_stage_uses_it() -> None:
    assert faults(continuing(graph_of(a="", b="a", c="a"), "b")) == [("stages[1].workspace", "WORKSPACE_CONTENDED")]
    assert faults(continuing(graph_of(a="", b="a", c="a b"), "b")) == []
    assert faults(continuing(graph_of(a="", b="a", c="b"), "b", "c")) == []
    # `b` and `d` both work in the directory of `a`, so `c`, made from `b`, is made from what `d` may be changing.
    assert faults(continuing(graph_of(a="", b="a", c="b", d="a b"), "b", "d")) == [
        ("stages[3].workspace", "WORKSPACE_CONTENDED")
    ]


def layered(pipeline: Pipeline, *names: str) -> Pipeline:
    stages = tuple(
        replace(stage, workspace=WorkspaceMode.LAYERED) if stage.name in names else stage for stage in pipeline.stages
    )
    return replace(pipeline, stages=stages)


def test_what_continues_a_layered_workspace_disturbs_nobody() -> None:
    assert faults(layered(continuing(graph_of(a="", b="a", c="a"), "b"), "a")) == []
    assert faults(layered(continuing(graph_of(a="", b="a", c="b", d="b"), "b", "c"), "a")) == []


def test_what_a_layer_lies_on_cannot_be_continued_even_after_it() -> None:
    contended = [("stages[2].workspace", "WORKSPACE_CONTENDED")]
    assert faults(layered(continuing(graph_of(a="", b="a", c="a b"), "c"), "b")) == contended
    assert faults(layered(continuing(graph_of(a="", b="a", c="a"), "c"), "b")) == contended
    assert faults(layered(continuing(graph_of(a="", b="a", c="b a"), "b"), "c")) == []


def test_branches_of_which_one_may_be_taken_may_both_continue() -> None:
    pipeline = continuing(graph_of(a="", b="a", c="a"), "b", "c")
    branches = tuple(
        replace(stage, after=tuple(Edge(edge.stage, f'env.WAY == "{stage.name}"') for edge in stage.after))
        for stage in pipeline.stages
    )
    assert faults(replace(pipeline, stages=branches)) == []


def test_a_branch_that_is_always_taken_is_no_choice() -> None:
    pipeline = continuing(graph_of(a="", b="a", c="a"), "b")
    edge = Edge(DefinitionName("a"), 'env.WAY == "b"')
    sometimes = tuple(replace(stage, after=(edge,)) if stage.name == "b" else stage for stage in pipeline.stages)
    both = tuple(replace(stage, after=(edge,)) if stage.after else stage for stage in pipeline.stages)
    for stages in (sometimes, both):
        assert faults(replace(pipeline, stages=stages)) == [("stages[1].workspace", "WORKSPACE_CONTENDED")]


def test_a_parent_that_may_be_left_out_of_a_run_bars_no_other() -> None:
    """A run that begins at `b` alone has no `a`: then `d` is made from `b`, as `c` is."""
    pipeline = continuing(graph_of(a="", b="", c="b", d="a b"), "c")
    assert faults(pipeline) == [("stages[2].workspace", "WORKSPACE_CONTENDED")]


def test_a_parent_that_comes_only_when_another_does_not_is_one_too() -> None:
    pipeline = continuing(graph_of(a="", b="a", c="a b", d="b"), "c")
    assert faults(pipeline) == []
    unless = (Edge(DefinitionName("a"), "results.x"), Edge(DefinitionName("b")))
    stages = tuple(replace(stage, after=unless) if stage.name == "c" else stage for stage in pipeline.stages)
    assert faults(replace(pipeline, stages=stages)) == [("stages[2].workspace", "WORKSPACE_CONTENDED")]


def test_require_raises_with_everything_that_is_wrong() -> None:
    with pytest.raises(InvalidArgument, match=r"no stage 'x'.*no stage 'y'") as raised:
        graph.require(graph_of(a="x", b="y"))
    assert raised.value.reason == "PIPELINE_INVALID"
    assert raised.value.metadata == {"path": "stages[0].after[0].stage", "fault": "EDGE_UNKNOWN", "faults": "2"}


DIAMOND = graph_of(join="left right", left="top", right="top", top="", alone="")


def test_neighbourhoods_of_a_diamond() -> None:
    assert graph.roots(DIAMOND) == ("top", "alone")
    assert graph.successors(DIAMOND, "top") == (
        ("left", Edge(DefinitionName("top"))),
        ("right", Edge(DefinitionName("top"))),
    )
    assert graph.successors(DIAMOND, "join") == ()
    assert graph.descendants(DIAMOND, "top") == {"left", "right", "join"}
    assert graph.ancestors(DIAMOND, "join") == {"left", "right", "top"}
    assert graph.parent_order(DIAMOND, "join") == ("left", "right")
    assert graph.topological(DIAMOND) == ("top", "left", "right", "join", "alone")


def test_a_cycle_has_no_order() -> None:
    with pytest.raises(InvalidArgument) as raised:
        graph.topological(graph_of(a="b", b="a"))
    assert raised.value.reason == "PIPELINE_INVALID"


def test_what_is_known_of_a_pipeline_goes_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    known: dict[int, Any] = {}
    monkeypatch.setattr(graph, "_shapes", known)
    pipeline = graph_of(a="", b="a")
    assert graph.topological(pipeline) == graph.topological(pipeline) == ("a", "b")
    assert len(known) == 1
    del pipeline
    assert not known


def test_no_more_than_so_many_pipelines_are_known_and_all_are_answered_for(monkeypatch: pytest.MonkeyPatch) -> None:
    known: dict[int, Any] = {}
    monkeypatch.setattr(graph, "_shapes", known)
    monkeypatch.setattr(graph, "_AT_MOST", 2)
    many = [graph_of(**{name: "", "after": name}) for name in "abcd"]
    for _ in range(2):
        assert [graph.topological(one) for one in many] == [(name, "after") for name in "abcd"]
        assert len(known) <= 2


@given(graphs())
def test_in_topological_order_each_stage_stands_behind_all_before_it(pipeline: Pipeline) -> None:
    order = graph.topological(pipeline)
    assert sorted(order) == sorted(stage.name for stage in pipeline.stages)
    for stage in pipeline.stages:
        assert all(order.index(edge.stage) < order.index(stage.name) for edge in stage.after)


@given(graphs())
def test_descendants_are_the_successors_and_theirs(pipeline: Pipeline) -> None:
    for stage in pipeline.stages:
        nexts = {name for name, _ in graph.successors(pipeline, stage.name)}
        further = {name for one in nexts for name in graph.descendants(pipeline, one)}
        assert graph.descendants(pipeline, stage.name) == nexts | further
        assert all(stage.name in graph.ancestors(pipeline, name) for name in nexts | further)


@given(graphs())
def test_every_stage_is_a_root_or_comes_after_one(pipeline: Pipeline) -> None:
    roots = graph.roots(pipeline)
    reached = set(roots).union(*(graph.descendants(pipeline, root) for root in roots))
    assert reached == {stage.name for stage in pipeline.stages}


@given(graphs(), st.data())
def test_an_edge_backwards_makes_a_cycle_that_is_found_and_really_is_one(
    pipeline: Pipeline, data: st.DataObject
) -> None:
    backwards = [(stage.name, later) for stage in pipeline.stages for later in graph.descendants(pipeline, stage.name)]
    if not backwards:
        return
    name, later = data.draw(st.sampled_from(sorted(backwards)))
    stages = tuple(
        replace(stage, after=(*stage.after, Edge(later))) if stage.name == name else stage for stage in pipeline.stages
    )
    looped = replace(pipeline, stages=stages)
    (fault,) = (fault for fault in graph.check(looped) if fault.reason == "GRAPH_CYCLE")
    way = fault.message.partition(": ")[2].split(" -> ")
    assert way[0] == way[-1]
    for before, after in pairwise(way):
        assert after in {found for found, _ in graph.successors(looped, before)}
    (_, stage, _, edge, _) = fault.path
    assert isinstance(stage, int)
    assert isinstance(edge, int)
    assert looped.stages[stage].after[edge].stage in way
