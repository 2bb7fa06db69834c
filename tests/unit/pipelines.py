"""Pipelines for tests: small ones by hand, and every kind that passes the checks for property tests."""

from __future__ import annotations

from hypothesis import strategies as st

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
from winslow.domain.resources import GpuRequest, GpuVendor, Resources


def graph_of(**after: str) -> Pipeline:
    """`graph_of(a="", b="a", c="a b")`: stages with the names of those before them."""
    return Pipeline(
        "graph",
        tuple(
            StageDefinition(
                DefinitionName(name), "image", after=tuple(Edge(DefinitionName(before)) for before in befores.split())
            )
            for name, befores in after.items()
        ),
    )


NAMES = st.from_regex(r"[a-z][a-z0-9-]{0,8}", fullmatch=True)
VARIABLES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True)
TEXTS = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20),
    st.sampled_from(
        [
            "yes",
            "no",
            "1.0",
            "0x1F",
            "null",
            "~",
            "1:30",
            "2001-01-01",
            "- x",
            "a: b",
            "#",
            "'",
            '"',
            "\n",
            " x ",
            "{}",
            "|",
        ]
    ),
    st.text(alphabet=" \t\n\r:#-'\"x\\\u2028\u0085\ufeff", max_size=8),
)
ENVIRONMENTS = st.dictionaries(VARIABLES, TEXTS, max_size=3)
CONDITIONS = st.sampled_from(["", "", "results.tracks > 0", 'env.MODE == "full" or\nnot results.x', "true"])
DURATIONS = st.one_of(st.integers(0, 86400).map(float), st.floats(0, 86400))
SIZES = st.one_of(
    st.just(0), st.integers(6 << 20, 1 << 50), st.integers(1, 1 << 20).map(lambda mebibytes: 6 * mebibytes << 20)
)
RESOURCES = st.builds(
    Resources,
    cpus=st.one_of(st.integers(1, 64).map(float), st.floats(0.001, 4096)),
    memory=SIZES,
    shared_memory=SIZES,
    pids=st.integers(1, 1 << 22),
    gpus=st.builds(GpuRequest, st.integers(0, 8), st.sampled_from(GpuVendor), SIZES),
    tags=st.frozensets(st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._:/=-]{0,8}", fullmatch=True), max_size=3),
)
RETRIES = st.builds(
    RetryPolicy,
    attempts=st.integers(1, 1000),
    backoff=DURATIONS,
    factor=st.floats(1, 1000),
    backoff_max=DURATIONS,
    on=st.frozensets(st.sampled_from(RetryOn), min_size=1),
)
LOG_PARSERS = st.lists(
    st.builds(
        LogParser,
        st.from_regex(r"[A-Za-z_][A-Za-z0-9_-]{0,5}", fullmatch=True),
        st.sampled_from(["(?P<x>.+)", r"a: '(?P<b>\d)'"]),
    ),
    max_size=2,
    unique_by=lambda parser: parser.name,
).map(tuple)
INPUTS = st.builds(UserInput, st.lists(VARIABLES, max_size=3, unique=True).map(tuple), st.sampled_from(Confirmation))


@st.composite
def edges(draw: st.DrawFn, names: list[str], conditions: st.SearchStrategy[str] = CONDITIONS) -> tuple[Edge, ...]:
    befores = draw(st.lists(st.sampled_from(names), max_size=3, unique=True)) if names else []
    return tuple(Edge(DefinitionName(name), draw(conditions)) for name in befores)


@st.composite
def graphs(draw: st.DrawFn) -> Pipeline:
    """Bare pipelines without cycles; the author's order is not that of the graph."""
    names = draw(st.lists(NAMES, min_size=1, max_size=10, unique=True))
    stages = [
        StageDefinition(DefinitionName(name), "image", after=draw(edges(names[:index])))
        for index, name in enumerate(names)
    ]
    return Pipeline("graph", tuple(draw(st.permutations(stages))))


@st.composite
def stages(draw: st.DrawFn, name: str, before: list[str]) -> StageDefinition:
    after = draw(st.one_of(edges(before), st.just(tuple(Edge(DefinitionName(one)) for one in before[-1:]))))
    return StageDefinition(
        name=DefinitionName(name),
        image=draw(st.sampled_from(["busybox", "registry.example:5000/team/tool:1.2", "tool@sha256:0f"])),
        description=draw(TEXTS),
        arguments=tuple(draw(st.lists(TEXTS, max_size=3))),
        environment=draw(ENVIRONMENTS),
        resources=draw(RESOURCES),
        after=after,
        timeout=draw(DURATIONS),
        lost_after=draw(DURATIONS),
        retry=draw(RETRIES),
        network=draw(st.sampled_from(Network)),
        user=draw(st.sampled_from(["", "1000", "1000:1000", "nobody"])),
        discardable=draw(st.booleans()),
        workspace=draw(st.sampled_from([WorkspaceMode.COPY, WorkspaceMode.EMPTY])),
        user_input=draw(INPUTS),
        log_parsers=draw(LOG_PARSERS),
        log_limit=draw(st.integers(1024, 1 << 50)),
        grace=draw(DURATIONS),
    )


@st.composite
def pipelines(draw: st.DrawFn) -> Pipeline:
    """Pipelines that make sense, with every field drawn."""
    names = draw(st.lists(NAMES, min_size=1, max_size=4, unique=True))
    made = tuple(draw(stages(name, names[:index])) for index, name in enumerate(names))
    return Pipeline(
        draw(st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,8}", fullmatch=True)), made, draw(TEXTS), draw(ENVIRONMENTS)
    )
