"""Pipeline files: what is read, what is refused and where, and that what is written reads back."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.unit.pipelines import pipelines
from winslow.domain.definition import BOUNDS
from winslow.domain.pipeline import (
    Confirmation,
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
from winslow.domain.resources import GpuRequest, GpuVendor, Resources
from winslow.errors import Code
from winslow.pipelinefile import PipelineInvalid, Problem, parse, render, schema

FULL = """\
name: traffic
description: Cars, counted
environment: {FPS: "25"}
stages:
  - name: detect
    image: winslow/traffic:1
    description: Finds cars
    arguments: [detect, --fast]
    environment: {SENSITIVITY: "16"}
    resources:
      cpus: 1.5
      memory: 512MiB
      shared-memory: 64MiB
      pids: 512
      gpus: {count: 1, vendor: nvidia, memory: 8GiB}
      tags: [ssd]
    timeout: 2h
    lost-after: 90
    retry: {attempts: 3, backoff: 20s, factor: 3, backoff-max: 2h, on: [out-of-memory, node-lost]}
    network: bridge
    user: "1000:1000"
    workspace: empty
    discardable: true
    input: {variables: [REGION], confirmation: once}
    log-parsers: [{name: mae, pattern: 'mae=(?P<mae>[0-9.]+)'}]
    log-limit: 2GiB
    grace: 30s
  - name: track
    image: winslow/traffic:1
    workspace: continue
  - name: count
    image: winslow/traffic:1
    after: []
  - name: report
    image: winslow/traffic:1
    after: [{stage: track, when: 'results.tracks > 0 and env.MODE == "full"'}, count]
"""


def test_every_field_is_read() -> None:
    traffic = parse(FULL)
    assert (traffic.name, traffic.description, traffic.environment) == ("traffic", "Cars, counted", {"FPS": "25"})
    assert traffic.stages[0] == StageDefinition(
        name=traffic.stages[0].name,
        image="winslow/traffic:1",
        description="Finds cars",
        arguments=("detect", "--fast"),
        environment={"SENSITIVITY": "16"},
        resources=Resources(
            cpus=1.5,
            memory=512 << 20,
            shared_memory=64 << 20,
            pids=512,
            gpus=GpuRequest(1, GpuVendor.NVIDIA, 8 << 30),
            tags=frozenset({"ssd"}),
        ),
        timeout=7200,
        lost_after=90,
        retry=RetryPolicy(3, 20, 3, 7200, frozenset({RetryOn.OUT_OF_MEMORY, RetryOn.NODE_LOST})),
        network=Network.BRIDGE,
        user="1000:1000",
        discardable=True,
        workspace=WorkspaceMode.EMPTY,
        user_input=UserInput(("REGION",), Confirmation.ONCE),
        log_parsers=(LogParser("mae", "mae=(?P<mae>[0-9.]+)"),),
        log_limit=2 << 30,
        grace=30,
    )


def test_a_stage_comes_after_the_one_before_it_unless_it_says_otherwise() -> None:
    detect, track, count, report = parse(FULL).stages
    assert (detect.after, track.after, count.after) == ((), (Edge(detect.name),), ())
    assert report.after == (Edge(track.name, 'results.tracks > 0 and env.MODE == "full"'), Edge(count.name))


def test_what_is_left_out_has_the_default_of_the_domain() -> None:
    (stage,) = parse("{name: p, stages: [{name: a, image: b}]}").stages
    assert stage == StageDefinition(stage.name, "b")


def test_a_number_of_gpus_is_enough() -> None:
    (stage,) = parse("{name: p, stages: [{name: a, image: b, resources: {gpus: 2}}]}").stages
    assert stage.resources.gpus == GpuRequest(2)


@pytest.mark.parametrize(
    "written",
    [
        "1.0",
        "yes",
        "No",
        "on",
        "True",
        "0x1F",
        "0o17",
        "014",
        "1_000",
        "1e3",
        "-0",
        ".inf",
        ".nan",
        "2001-01-01",
        "12:30:45",
        "9" * 40,
        "=",
    ],
)
def test_a_variable_is_what_was_written(written: str) -> None:
    pipeline = parse(
        f"name: p\nenvironment:\n  X: {written}\nstages: [{{name: a, image: b, arguments: [{written}]}}]\n"
    )
    assert pipeline.environment == {"X": written}
    assert pipeline.stages[0].arguments == (written,)


def test_json_is_read_as_it_is() -> None:
    text = json.dumps(
        {
            "name": "p",
            "environment": {"A": "\U0001f600\u2028/\t", "B": 1.5, "C": True},
            "stages": [{"name": "a", "image": "b"}],
        },
        indent="\t",
    )
    assert parse(text).environment == {"A": "\U0001f600\u2028/\t", "B": "1.5", "C": "true"}
    assert parse(text.replace("/", r"\/")) == parse(text)


def test_windows_line_ends_and_a_byte_order_mark_do_not_matter() -> None:
    assert parse("\ufeff" + FULL.replace("\n", "\r\n")) == parse(FULL)


def problems_of(text: str) -> tuple[Problem, ...]:
    with pytest.raises(PipelineInvalid) as raised:
        parse(text, "p.yaml")
    return raised.value.problems


def brief(text: str) -> list[tuple[int, int, str]]:
    return [(problem.line, problem.column, problem.reason) for problem in problems_of(text)]


def test_all_problems_are_told_with_their_place_at_once() -> None:
    text = """\
nmae: p
environment: {OK: 1, 1a: 2, WINSLOW_X: 3, EMPTY: }
stages:
  - name: detect
    imgae: foo
    memory: 5
    resources: {memory: 5x, cpus: 0, gpus: {vendor: nvida}}
    timeout:
    after: foo
    log-parsers: [{name: a, pattern: '(?P<x>'}, {name: b, pattern: 'x'}]
  - name: a
    image: two words
    after: [b, zz, {stage: b, when: "results.x = 1"}]
  - name: b
    image: i
    after: [a, detcet]
    retry: 3
    workspace: continu
"""
    with pytest.raises(PipelineInvalid) as raised:
        parse(text, "p.yaml")
    assert str(raised.value).splitlines() == [
        "p.yaml:1:1: the field 'name' is missing (the pipeline's name)",
        "p.yaml:1:1: unknown field 'nmae' (did you mean 'name'?)",
        "p.yaml:2:22: '1a' cannot name a variable "
        "(name variables with letters, digits and '_', no digit first; names with WINSLOW_ are reserved)",
        "p.yaml:2:29: 'WINSLOW_X' cannot name a variable "
        "(name variables with letters, digits and '_', no digit first; names with WINSLOW_ are reserved)",
        'p.yaml:2:43: expected text or a number or true or false, not nothing (write "" for an empty text)',
        "p.yaml:4:5: the field 'image' is missing (the image to run, as for docker run)",
        "p.yaml:5:5: unknown field 'imgae' (did you mean 'image'?)",
        "p.yaml:6:5: unknown field 'memory' (it belongs in 'resources')",
        "p.yaml:7:25: '5x' is not valid here (write bytes, or a number with a unit, such as 512MiB or 2G)",
        "p.yaml:7:35: 0 is less than 0.001",
        "p.yaml:7:53: 'nvida' is none of any, nvidia, amd (did you mean 'nvidia'?)",
        "p.yaml:8:5: expected text or a number, not nothing (leave the field out, or give it a value)",
        "p.yaml:9:12: expected a list, not the text 'foo' (write [foo])",
        "p.yaml:10:38: is no regular expression: missing ): (?P<x> (patterns are RE2: no look-around, no back-references)",
        "p.yaml:10:68: has no named group (write (?P<NAME>...) around what becomes the result NAME)",
        "p.yaml:12:12: 'two words' is not valid here "
        "(write an image as for docker run, for instance registry.example/team/tool:1.2)",
        "p.yaml:13:13: the stages wait for one another: a -> b -> a "
        "(to do a stage again, redo it in the project: a pipeline has no loops)",
        "p.yaml:13:16: there is no stage 'zz'",
        "p.yaml:13:28: 'b' is there twice (join the conditions of both with 'or')",
        "p.yaml:13:48: the condition has an unexpected '=' (write '==')",
        "p.yaml:16:16: there is no stage 'detcet' (did you mean 'detect'?)",
        "p.yaml:17:12: expected fields, not the number 3",
        "p.yaml:18:16: 'continu' is none of copy, empty, continue, layered (did you mean 'continue'?)",
    ]
    assert raised.value.code is Code.INVALID_ARGUMENT
    assert raised.value.reason == "PIPELINE_INVALID"
    assert raised.value.metadata == {
        "line": "1",
        "column": "1",
        "path": "name",
        "problem": "FIELD_MISSING",
        "problems": "23",
    }


STAGES = "stages: [{name: a, image: b}]\n"


@pytest.mark.parametrize(
    ("text", "line", "column", "reason"),
    [
        ("", 1, 1, "EMPTY"),
        ("# nothing\n", 1, 1, "EMPTY"),
        ("just text", 1, 1, "TYPE"),
        ("- a\n- b\n", 1, 1, "TYPE"),
        ("name: [\n", 2, 1, "SYNTAX"),
        ("name: a: b\n", 1, 8, "SYNTAX"),
        ("name: p\n\tstages: []\n", 2, 1, "SYNTAX"),
        ("name: 'p\n", 2, 1, "SYNTAX"),
        ("name: @p\n", 1, 7, "SYNTAX"),
        ("name: \x07\n", 1, 7, "SYNTAX"),
        ("%YAML 3.0\n---\nname: p\n", 1, 1, "SYNTAX"),
        ("%YAML 1.1\n---\nname: p\n" + STAGES, 2, 1, "VERSION"),
        ("name: p\nname: q\n" + STAGES, 2, 1, "KEY_DUPLICATE"),
        ("name: p\n'name': q\n" + STAGES, 2, 1, "KEY_DUPLICATE"),
        ("name: p\nenvironment: {A: 1, B: 2, A: 3}\n" + STAGES, 2, 27, "KEY_DUPLICATE"),
        ("name: p\n? [a, b]\n: c\n" + STAGES, 2, 3, "KEY"),
        ("name: &x p\n" + STAGES, 1, 7, "ALIAS"),
        ("name: p\ndescription: *x\n" + STAGES, 2, 14, "ALIAS"),
        ("name: p\nenvironment: *x\n" + STAGES, 2, 14, "ALIAS"),
        ("name: !!str p\n" + STAGES, 1, 7, "TAG"),
        ("name: ! p\n" + STAGES, 1, 7, "TAG"),
        ("name: p\n" + STAGES + "description: !!python/object/apply:os.system [id]\n", 3, 14, "TAG"),
        ("name: p\n" + STAGES + "---\nname: q\n" + STAGES, 3, 1, "DOCUMENTS"),
        ("name: p\n" + STAGES + "...\n---\n", 4, 1, "DOCUMENTS"),
        ("name: p\nstages: " + "[" * 100, 1 + 1, 9 + 19, "TOO_DEEP"),
        ("name: p\nstages: []\n", 2, 9, "TOO_FEW"),
        ("name: p\nstages: {a: {image: b}}\n", 2, 9, "TYPE"),
        ("name: 5\n" + STAGES, 1, 7, "TYPE"),
        ("name: two words\n" + STAGES, 1, 7, "VALUE_INVALID"),
        ('name: "p\\n"\n' + STAGES, 1, 7, "NAME_INVALID"),
        ('name: p\nenvironment: {A: "\\0"}\n' + STAGES, 2, 18, "TEXT_INVALID"),
        ('name: p\nenvironment: {"A_B\\n": x}\n' + STAGES, 2, 24, "VARIABLE_NAME_INVALID"),
        ('name: p\ndescription: "\\ud800"\n' + STAGES, 2, 14, "TEXT_INVALID"),
    ],
)
def test_what_is_no_pipeline_is_refused_where_it_goes_wrong(text: str, line: int, column: int, reason: str) -> None:
    assert brief(text) == [(line, column, reason)]


@pytest.mark.parametrize(
    ("field", "column", "reason"),
    [
        ("resources: {cpus: .inf}", 22, "TYPE"),
        ("resources: {cpus: '1'}", 22, "TYPE"),
        ("resources: {cpus: true}", 22, "TYPE"),
        ("resources: {memory: 1.5}", 24, "TYPE"),
        ("resources: {memory: 5MiB}", 24, "VALUE_OUT_OF_RANGE"),
        ("resources: {memory: -1}", 24, "VALUE_OUT_OF_RANGE"),
        ("resources: {pids: 1.5}", 22, "TYPE"),
        ("resources: {gpus: {nvidia: 1}}", 23, "FIELD_UNKNOWN"),
        ("resources: {gpus: -1}", 22, "VALUE_OUT_OF_RANGE"),
        ("resources: {tags: [a, b c]}", 26, "VALUE_INVALID"),
        ("timeout: 2 hours", 13, "VALUE_INVALID"),
        ("timeout: 1h30", 13, "VALUE_INVALID"),
        ("timeout: 1e999", 13, "VALUE_INVALID"),
        ("timeout: -1", 13, "VALUE_OUT_OF_RANGE"),
        ("timeout: 400d", 13, "VALUE_OUT_OF_RANGE"),
        ("retry: {attempts: 0}", 22, "VALUE_OUT_OF_RANGE"),
        ("retry: {on: []}", 16, "TOO_FEW"),
        ("retry: {on: [oom]}", 17, "VALUE_UNKNOWN"),
        ("discardable: yes", 17, "TYPE"),
        ("user: 1:2:3", 10, "VALUE_INVALID"),
        ("input: {variables: [1]}", 24, "TYPE"),
        ("log-limit: 1kB", 15, "VALUE_OUT_OF_RANGE"),
        ("log-parsers: [{name: x, pattern: '(?P<x>a)(?=b)'}]", 37, "LOG_PARSER_INVALID"),
        ("workspace: continue", 15, "WORKSPACE_WITHOUT_PARENT"),
        ("after: [{when: 'true'}]", 12, "FIELD_MISSING"),
        ("after: [a]", 12, "EDGE_SELF"),
        ("image: c", 3, "KEY_DUPLICATE"),
    ],
)
def test_a_bad_value_of_a_stage_is_refused(field: str, column: int, reason: str) -> None:
    assert brief(f"name: p\nstages:\n- image: b\n  name: a\n  {field}\n") == [(5, max(column - 1, 3), reason)]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("needs", "'after'"),
        ("env", "'environment'"),
        ("command", "'arguments'"),
        ("retries", "'retry'"),
        ("lost_after", "'lost-after'"),
    ],
)
def test_what_other_systems_call_a_field_is_understood_well_enough_to_help(written: str, meant: str) -> None:
    (problem,) = problems_of(f"name: p\nstages:\n- name: a\n  image: b\n  {written}: x\n")
    assert problem.reason == "FIELD_UNKNOWN"
    assert problem.hint == f"did you mean {meant}?"


def test_the_column_in_a_condition_is_told_only_where_it_is_that_of_the_file() -> None:
    def column(when: str) -> int:
        (found,) = brief(
            f"name: p\nstages:\n- {{name: a, image: b}}\n- name: c\n  image: d\n  after: [{{stage: a, when: {when}}}]\n"
        )
        return found[1]

    start = len("  after: [{stage: a, when: ") + 1
    assert column("results.x = 1") == start + 10
    assert column("'results.x = 1'") == start + 11
    assert column('"results.x == \\"a\\" = 1"') == start


def test_a_stage_without_a_name_is_not_reported_missing_by_those_after_it() -> None:
    text = "name: p\nstages:\n- {nmae: a, image: b}\n- {name: c, image: d, after: [a]}\n"
    assert [reason for _, _, reason in brief(text)] == ["FIELD_MISSING", "FIELD_UNKNOWN"]


def test_an_alias_bomb_is_refused_at_once() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]" for level in range(1, 30)]
    start = time.process_time()
    assert {problem.reason for problem in problems_of("\n".join(lines))} >= {"ALIAS", "FIELD_UNKNOWN"}
    assert time.process_time() - start < 5


def hostile() -> Iterator[Any]:
    for name, text in {
        "large": "name: " + "x" * (1 << 20),
        "large in bytes": "description: " + "ä" * (1 << 19),
        "many": "stages: [" + "1," * 400_000,
        "deep": "[" * 500_000,
        "deep fields": "{a: " * 200_000,
        "deep block": "- " * 500_000,
        "deep keys": "? " * 500_000,
        "unclosed": 'name: "' + "\\n" * 400_000,
        "blank": "name: |\n" + "  \n" * 300_000,
        "comments": "# x\n" * 250_000,
        "unknown": "\n".join(f"k{index}: v" for index in range(20_000)),
        "duplicate": "k: v\n" * 20_000,
        "arguments": "name: p\nstages: [{name: a, image: b, arguments: [" + "null, " * 40_000 + "]}]",
    }.items():
        yield pytest.param(text, id=name)


@pytest.mark.parametrize("text", list(hostile()))
def test_a_hostile_file_costs_seconds_and_few_problems(text: str) -> None:
    start = time.process_time()
    assert 1 <= len(problems_of(text)) <= 100
    assert time.process_time() - start < 15


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(pipelines())
def test_what_is_written_reads_back_equal(pipeline: Pipeline) -> None:
    assert parse(render(pipeline)) == pipeline


@pytest.mark.parametrize("piece", ["a", "a b", "a:", "-", " \n", "a\n", "(", '"', "\\", "0", ","])
def test_a_long_text_is_written_in_no_time(piece: str) -> None:
    text = piece * (30_000 // len(piece)) + "!\t"
    pipeline = Pipeline("p", parse(FULL).stages, text, {"X": text})
    start = time.process_time()
    assert parse(render(pipeline)) == pipeline
    assert time.process_time() - start < 5


def test_what_is_written_is_what_a_person_would_write() -> None:
    text = render(parse(FULL))
    assert parse(text) == parse(FULL)
    assert "  - name: track\n    image: winslow/traffic:1\n    workspace: continue\n  - name: count\n" in text
    assert "timeout: 2h\n" in text
    assert "memory: 512MiB\n" in text
    assert 'user: "1000:1000"\n' in text


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(max_size=100), st.text(alphabet="ab: -[]{}#&*!|>'\"%@`\\\n\t?,~0x", max_size=60)))
@example('"\\U99999999"')
@example('"\\xZZ"')
@example("%TAG ! !\n---\na")
@example("%YAML\n---\na")
@example("%YAML 1\n---\na")
def test_any_text_is_a_pipeline_or_invalid(text: str) -> None:
    with pytest.raises(PipelineInvalid) as raised:
        parse(text)
    assert all(problem.line >= 1 and problem.column >= 1 and problem.reason for problem in raised.value.problems)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_file_with_a_piece_cut_out_or_put_in_is_a_pipeline_or_invalid(data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(FULL)))
    end = data.draw(st.integers(start, min(len(FULL), start + 30)))
    piece = data.draw(
        st.sampled_from(["", "\n", "  ", "- ", ": ", "[", "}", "'", "&a ", "*a", "!!int ", "null", "9", "\t", "<<: "])
    )
    try:
        parse(FULL[:start] + piece + FULL[end:])
    except PipelineInvalid as invalid:
        assert invalid.problems


def test_the_schema_is_a_schema_and_says_what_the_domain_says() -> None:
    from jsonschema import Draft202012Validator

    Draft202012Validator.check_schema(schema())
    stage = schema()["$defs"]["stage"]["properties"]
    for bound in BOUNDS:
        found = stage
        for part in bound.path:
            field = found[part.replace("_", "-")]
            field |= schema()["$defs"].get(field.get("$ref", "").removeprefix("#/$defs/"), {}) | field
            found = field.get("properties", {})
        low, high = field.get("minimum"), field.get("maximum")
        assert (low, high) == (0 if bound.or_zero else bound.low, bound.high), bound.path


def test_the_defaults_in_the_schema_are_those_of_the_domain() -> None:
    def filled(part: dict[str, Any]) -> Any:
        if "default" in part:
            return part["default"]
        target = schema()["$defs"].get(part.get("$ref", "").removeprefix("#/$defs/"), part)
        fields = {name: filled(field) for name, field in target.get("properties", {}).items()}
        return {name: value for name, value in fields.items() if value not in (None, {})}

    stage = filled({"$ref": "#/$defs/stage"})
    assert {
        "timeout",
        "lost-after",
        "retry",
        "network",
        "workspace",
        "discardable",
        "log-limit",
        "grace",
        "resources",
    } <= set(stage)
    bare = {"name": "a", "image": "b"}
    assert parse(json.dumps({"name": "p", "stages": [stage | bare]})) == parse(
        json.dumps({"name": "p", "stages": [bare]})
    )


def test_a_callers_change_of_the_schema_changes_nothing() -> None:
    schema()["properties"].clear()
    assert parse(FULL).name == "traffic"


def test_importing_loads_neither_the_yaml_nor_the_schema_library() -> None:
    program = (
        "import sys, winslow.pipelinefile\n"
        "print([name for name in ('ruamel.yaml', 'jsonschema', 're2', 'difflib') if name in sys.modules])"
    )
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert loaded.stdout.strip() == "[]"


def test_the_guides_example_is_a_pipeline_that_reads_back() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "pipelines.md").read_text(encoding="utf-8")
    examples = [block.partition("```")[0] for block in guide.split("```yaml\n")[1:]]
    whole = [text for text in examples if text.startswith(("name:", "# ")) and "\nstages:" in text]
    assert whole
    for text in whole:
        assert parse(render(parse(text))) == parse(text)
