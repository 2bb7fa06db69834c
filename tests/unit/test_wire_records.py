"""Every record comes back from the store as it went, and what cannot be read is refused, never guessed at."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from enum import Enum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from winslow.domain.node import Attachment, Node, NodePolicy, Reservation, Silence
from winslow.domain.notices import Noted
from winslow.domain.pipeline import (
    NO_PIPELINE,
    DefinitionName,
    Pipeline,
    PipelineId,
    PipelineRecord,
    RetryPolicy,
    StageDefinition,
    UserInput,
)
from winslow.domain.project import Override, Project, Run, Sweep, SweepId
from winslow.domain.records import Comment, Done, Globals, Kind, Limits, Record, VolumeIdentity
from winslow.domain.resources import Capacity, Resources
from winslow.domain.retention import RetentionClock, RetentionPolicy
from winslow.domain.savedview import SavedView
from winslow.domain.stage import Cause, NodeId, Outcome, ProjectId, RunId, Stage, StageId, State
from winslow.domain.subscription import Delivery, Notice, Subscription
from winslow.errors import DataLoss, InvalidArgument
from winslow.v1 import pipeline_pb2, project_pb2, stage_pb2
from winslow.wire.pipeline import definition_from_proto
from winslow.wire.records import decode, encode, message_of
from winslow.wire.resources import resources_from_proto

KINDS: dict[type[Record], Kind] = {
    PipelineRecord: Kind.PIPELINE,
    Project: Kind.PROJECT,
    Run: Kind.RUN,
    Sweep: Kind.SWEEP,
    Stage: Kind.STAGE,
    Comment: Kind.COMMENT,
    Node: Kind.NODE,
    NodePolicy: Kind.NODE_POLICY,
    Reservation: Kind.RESERVATION,
    Silence: Kind.SILENCE,
    Attachment: Kind.ATTACHMENT,
    VolumeIdentity: Kind.VOLUME,
    Globals: Kind.GLOBALS,
    Limits: Kind.LIMITS,
    RetentionPolicy: Kind.RETENTION,
    RetentionClock: Kind.RETENTION_CLOCK,
    SavedView: Kind.VIEW,
    Subscription: Kind.SUBSCRIPTION,
    Delivery: Kind.DELIVERY,
    Notice: Kind.NOTICE,
    Noted: Kind.NOTED,
    Done: Kind.REQUEST,
}

IDS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,12}", fullmatch=True)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
TIMES = st.floats(1e8, 4e9)
LENGTHS = st.integers(0, 10**14).map(lambda nanos: nanos / 10**9)
INT64 = st.integers(-(2**63), 2**63 - 1)
INT32 = st.integers(-(2**31), 2**31 - 1)

FIELDS: dict[str, st.SearchStrategy[Any]] = {
    **dict.fromkeys(("created_at", "at", "registered_at", "since"), TIMES),
    **dict.fromkeys(("placed_at", "started_at", "ended_at", "drain_deadline"), st.none() | TIMES),
    **dict.fromkeys(("workspace_dropped_at", "waits_since", "asked_at"), st.none() | TIMES),
    "not_before": st.just(0.0) | TIMES,
    **dict.fromkeys(("timeout", "lost_after", "backoff", "backoff_max", "grace"), LENGTHS),
    **dict.fromkeys(("cpus", "factor", "waited"), st.floats(allow_nan=False)),
    "progress": st.none() | st.floats(0, 1),
    "drain_left": st.none() | LENGTHS,
    **dict.fromkeys(("memory", "shared_memory", "log_limit", "disk", "fence", "made", "first_number"), INT64),
    **dict.fromkeys(("source_version", "next_run", "succeeded", "failed", "quota"), INT64),
    **dict.fromkeys(("pids", "count", "attempt", "max_stages", "priority", "per_user", "per_project"), INT32),
    "exit_code": st.none() | INT32,
    "keep_succeeded": st.none() | INT32,
    "max_age": st.none() | LENGTHS,
}
"""What a field may hold where its type alone does not say it. Names mean the same in every record."""

OF_CLASS: dict[tuple[type, str], st.SearchStrategy[Any]] = {
    (PipelineRecord, "version"): INT64,
    (Reservation, "stages"): INT32,
    (RetryPolicy, "attempts"): INT32,
    (Run, "number"): INT64,
    (Comment, "number"): st.integers(0, 10**18 - 1),
    **dict.fromkeys(((Limits, "users"), (Limits, "projects")), st.dictionaries(TEXTS, INT32, max_size=2)),
    (Delivery, "told"): INT64,
    (Delivery, "failures"): INT32,
    **dict.fromkeys(((Delivery, "attempt_at"), (Delivery, "failing_since")), st.none() | TIMES),
    (Notice, "project"): IDS,
    (Notice, "definition"): st.none() | IDS,
    (Noted, "subject"): st.just("") | IDS,
    (Noted, "verdict_run"): INT64,
    (Noted, "warnings"): st.dictionaries(TEXTS, TIMES, max_size=2),
    (Stage, "workspace"): st.just("") | IDS,
    (Stage, "waited"): st.dictionaries(TEXTS, LENGTHS, max_size=2),
    (Project, "dropping"): st.dictionaries(IDS, TIMES, max_size=2),
}

REFERENCES = ("StageId", "ProjectId", "RunId", "NodeId", "SweepId", "PipelineId", "ViewId", "SubscriptionId")


def strategy_of(hint: Any) -> st.SearchStrategy[Any]:
    """Values of a type hint of the core, with every None, empty and missing that it allows."""
    if getattr(hint, "__name__", "") in REFERENCES and hasattr(hint, "__supertype__"):
        return IDS
    hint = getattr(hint, "__supertype__", hint)
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        return st.one_of(*(strategy_of(argument) for argument in arguments))
    if origin is tuple:
        if arguments[-1] is Ellipsis:
            return st.lists(strategy_of(arguments[0]), max_size=3).map(tuple)
        return st.tuples(*(strategy_of(argument) for argument in arguments))
    if origin is frozenset:
        return st.frozensets(strategy_of(arguments[0]), max_size=3)
    if origin is Mapping:
        return st.dictionaries(strategy_of(arguments[0]), strategy_of(arguments[1]), max_size=2)
    if dataclasses.is_dataclass(hint):
        return values_of(hint)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return st.sampled_from(hint)
    simple = {str: TEXTS, bool: st.booleans(), type(None): st.none()}
    return simple[hint]


def values_of(kind: Any) -> st.SearchStrategy[Any]:
    """Values of a dataclass, every field of it filled: a field that the wire forgets cannot come back equal."""
    hints = typing.get_type_hints(kind)
    fields = {}
    for field in dataclasses.fields(kind):
        known = OF_CLASS.get((kind, field.name), FIELDS.get(field.name))
        fields[field.name] = strategy_of(hints[field.name]) if known is None else known
    return st.builds(kind, **fields)


STRATEGIES = {kind: values_of(kind) for kind in KINDS}


def test_every_kind_of_record_is_tried() -> None:
    assert set(KINDS) == set(typing.get_args(Record))
    assert set(KINDS.values()) | {Kind.PIPELINE_VERSION} == set(Kind)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@given(data=st.data())
def test_a_record_comes_back_as_it_went(kind: type[Record], data: st.DataObject) -> None:
    record = data.draw(STRATEGIES[kind])
    assert decode(KINDS[kind], encode(record)) == record


@given(STRATEGIES[Project])
def test_equal_records_have_equal_bytes(project: Project) -> None:
    shuffled = dataclasses.replace(
        project,
        pipeline=dataclasses.replace(
            project.pipeline, environment=dict(reversed(list(project.pipeline.environment.items())))
        ),
    )
    assert encode(shuffled) == encode(project)


def test_a_version_of_a_pipeline_is_read_like_the_pipeline() -> None:
    record = PipelineRecord(PipelineId("traffic"), 3, Pipeline("traffic", ()), "ada", 1.7e9)
    assert decode(Kind.PIPELINE_VERSION, encode(record)) == record


def stage(**changes: Any) -> Stage:
    definition = StageDefinition(DefinitionName("detect"), "image")
    made = Stage(StageId("detect-1"), ProjectId("p"), RunId("1"), definition, 1, 1.7e9, "ada")
    return dataclasses.replace(made, **changes)


@pytest.mark.parametrize(
    "one, other",
    [
        (stage(progress=None), stage(progress=0.0)),
        (stage(outcome=None), stage(outcome=Outcome())),
        (stage(outcome=Outcome(exit_code=None)), stage(outcome=Outcome(exit_code=0))),
        (stage(started_at=None), stage(started_at=0.0)),
        (stage(node=None), stage(node=NodeId("n"))),
    ],
)
def test_nothing_and_zero_stay_apart(one: Stage, other: Stage) -> None:
    assert decode(Kind.STAGE, encode(one)) == one
    assert decode(Kind.STAGE, encode(other)) == other


@pytest.mark.parametrize(
    "override", [Override(), Override(arguments=()), Override(image=""), Override(resources=Resources())]
)
def test_an_override_that_clears_differs_from_one_that_leaves(override: Override) -> None:
    sweep = Sweep(SweepId("s"), ProjectId("p"), DefinitionName("detect"), (), 1.7e9, "ada", override=override)
    assert decode(Kind.SWEEP, encode(sweep)) == sweep


@given(st.sampled_from(Kind), st.binary(max_size=60))
def test_bytes_that_nobody_wrote_are_refused_or_read_but_never_crash(kind: Kind, data: bytes) -> None:
    try:
        record = decode(kind, data)
    except DataLoss as error:
        assert error.reason == "RECORD_UNREADABLE"
    else:
        assert isinstance(record, typing.get_args(Record))


def test_a_state_of_a_newer_version_is_data_loss_with_a_hint() -> None:
    message = message_of(stage(state=State.RUNNING))
    assert isinstance(message, stage_pb2.Stage)
    message.state = 99  # type: ignore[assignment]
    with pytest.raises(DataLoss, match="99 is no State") as caught:
        decode(Kind.STAGE, message.SerializeToString())
    assert "upgrade" in caught.value.hint


def test_a_cause_of_a_newer_version_is_data_loss() -> None:
    message = message_of(stage(state=State.FAILED, outcome=Outcome(1, Cause.EXIT_CODE)))
    assert isinstance(message, stage_pb2.Stage)
    message.outcome.cause = 77  # type: ignore[assignment]
    with pytest.raises(DataLoss):
        decode(Kind.STAGE, message.SerializeToString())


def test_fields_of_a_newer_version_are_passed_over() -> None:
    newer = encode(stage()) + b"\xc2\x3e\x03new"  # field 1000, a text
    assert decode(Kind.STAGE, newer) == stage()


def test_derived_fields_are_not_stored() -> None:
    message = message_of(Project(ProjectId("p"), "P", Pipeline("x", ()), "ada", 1.7e9, "abc"))
    assert isinstance(message, project_pb2.Project)
    stored = {field.name for field, _ in message.ListFields()}
    assert not stored & {"state", "reason", "gates", "current_stages", "progress", "latest_run", "revision"}


@pytest.mark.parametrize(
    "record",
    [
        Globals({"NAME": "half a pair \ud800"}),
        Node(NodeId("n"), "host:1", Capacity(1, 2**64)),
        Comment(ProjectId("a/b"), RunId("1"), 1, "ada", 1.7e9, "text"),
    ],
)
def test_what_no_message_can_hold_is_refused(record: Record) -> None:
    with pytest.raises(InvalidArgument):
        encode(record)


def test_an_empty_definition_takes_the_defaults_of_the_core() -> None:
    read = definition_from_proto(pipeline_pb2.StageDefinition(name="detect", image="image"))
    assert read == StageDefinition(DefinitionName("detect"), "image")


def test_a_retry_policy_that_names_only_its_attempts_retries_on_any_failure() -> None:
    message = pipeline_pb2.StageDefinition(name="d", image="i", retry=pipeline_pb2.RetryPolicy(attempts=3))
    assert definition_from_proto(message).retry == RetryPolicy(attempts=3)


def test_empty_parts_of_messages_are_the_values_of_the_core_that_say_nothing() -> None:
    message = pipeline_pb2.StageDefinition()
    assert resources_from_proto(message.resources) == Resources()
    assert definition_from_proto(message).user_input == UserInput()


def test_a_project_without_a_pipeline_says_nothing_of_one() -> None:
    project = Project(ProjectId("p"), "P", NO_PIPELINE, "ann", 1.0, "abc123")
    message = project_pb2.Project.FromString(encode(project))
    assert not message.HasField("pipeline")
    assert decode(Kind.PROJECT, encode(project)) == project
